"""What a gateway needs, said at the start rather than at the first message."""

import json
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error

_NEEDED = {
    "http": ("SMS_HTTP_URL",),
    "ovh": (
        *("SMS_OVH_ENDPOINT", "SMS_OVH_APPLICATION_KEY", "SMS_OVH_APPLICATION_SECRET"),
        *("SMS_OVH_CONSUMER_KEY", "SMS_OVH_SERVICE"),
    ),
}


def gateway_is_complete(**_: Any) -> list[CheckMessage]:
    """One error for each setting that does not go with the others; none as long as there is no gateway."""
    chosen = settings.SMS_GATEWAY
    if not chosen:
        return []
    if chosen not in _NEEDED:
        return [Error(f"SMS_GATEWAY is one of {', '.join(_NEEDED)}.", id="sms.E001")]
    missing = [name for name in _NEEDED[chosen] if not getattr(settings, name)]
    errors = [Error(f"{name} is missing: the gateway {chosen} needs it.", id="sms.E002") for name in missing]
    if chosen == "http":
        errors += _http_errors()
    if not 2 <= settings.SMS_MAX_SEGMENTS <= 10:
        # In one segment of Arabic there is no room for town, link and how to stop.
        errors.append(Error("SMS_MAX_SEGMENTS lies between 2 and 10.", id="sms.E005"))
    if settings.SMS_PER_MINUTE < 0:
        errors.append(Error("SMS_PER_MINUTE is 0 (no limit) or more.", id="sms.E011"))
    if settings.SMS_WEBHOOK_METHOD not in ("POST", "GET"):
        errors.append(
            Error("SMS_WEBHOOK_METHOD is POST, or GET for a gateway that knows no other.", id="sms.E006")
        )
    if 0 < len(settings.SMS_WEBHOOK_SECRET) < 20:
        errors.append(Error("SMS_WEBHOOK_SECRET is shorter than 20 characters.", id="sms.E007"))
    if bool(settings.SMS_WEBHOOK_SIGNATURE) != bool(settings.SMS_WEBHOOK_KEY):
        errors.append(Error("SMS_WEBHOOK_SIGNATURE and SMS_WEBHOOK_KEY go together.", id="sms.E008"))
    return list(errors)


def _http_errors() -> list[Error]:
    errors = []
    for name in ("SMS_HTTP_BODY", "SMS_HTTP_HEADERS"):
        try:
            is_object = isinstance(json.loads(getattr(settings, name) or "{}"), dict)
        except ValueError:
            is_object = False
        if not is_object:
            errors.append(Error(f"{name} is no JSON object.", id="sms.E003"))
    if not settings.SMS_HTTP_HEADERS.isascii():
        errors.append(Error("SMS_HTTP_HEADERS holds more than ASCII.", id="sms.E010"))
    body = settings.SMS_HTTP_BODY
    if body and any(word not in body for word in ("{number}", "{text}")):
        errors.append(Error("SMS_HTTP_BODY lacks {number} or {text}.", id="sms.E004"))
    if settings.SMS_HTTP_FORMAT not in ("json", "form"):
        errors.append(Error("SMS_HTTP_FORMAT is json or form.", id="sms.E009"))
    return errors
