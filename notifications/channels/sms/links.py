"""Short addresses: an SMS has no room for the signed link itself. They lead to it, and do nothing."""

from django.conf import settings
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.http import base36_to_int, int_to_base36

from accounts.links import note_altered, secrets
from notifications.models import Message

_SALT = "notifications.sms.link"
_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
# 62^12: 71 bits, which nobody tries out over a network.
_LENGTH = 12


def short_address(message: Message) -> str:
    """The whole short address of what a message asks its reader to open; "" where there is nothing."""
    if not message.action_url:
        return ""
    number = int_to_base36(message.pk)
    return settings.SITE_URL + reverse("sms:link", args=[f"{number}-{_signature(number)}"])


def message_id(token: str) -> int | None:
    """The message of a short address; None when it was cut or altered."""
    number, _, signature = token.partition("-")
    if not any(constant_time_compare(signature, _signature(number, secret)) for secret in secrets()):
        note_altered()
        return None
    return base36_to_int(number)


def _signature(number: str, secret: str | None = None) -> str:
    rest = int.from_bytes(salted_hmac(_SALT, number, secret, algorithm="sha256").digest())
    signs = []
    for _ in range(_LENGTH):
        rest, sign = divmod(rest, len(_LETTERS))
        signs.append(_LETTERS[sign])
    return "".join(signs)
