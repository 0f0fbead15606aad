"""Numbers that can receive an SMS, and how gateways write them."""

from typing import Any

from django.conf import settings
from phonenumber_field.phonenumber import to_python
from phonenumbers import PhoneNumberType, is_valid_number, number_type

# FIXED_LINE_OR_MOBILE: in a few countries (United States, Canada) the number does not tell.
_MOBILE = frozenset({PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})


def can_receive(phone: Any) -> bool:
    """Whether this is a mobile's number, of France, of overseas or of elsewhere: no landline, no premium number."""
    return bool(phone) and is_valid_number(phone) and number_type(phone) in _MOBILE


def e164(written: str) -> str:
    """The number that a gateway names, as "+33612345678"; "" for a short code, a name or nothing.

    They write "+33612345678", "33612345678", "0033612345678" and "0612345678".
    """
    found = to_python(written, region=settings.PHONENUMBER_DEFAULT_REGION)
    if not (found and found.is_valid()):
        found = to_python("+" + written.lstrip("+0"))
    return found.as_e164 if found and found.is_valid() else ""
