"""What a gateway calls us with: whether it is the gateway, and what it says, as the settings say where to look."""

import hmac
import json
from base64 import b64encode
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from notifications.channels.sms.payloads import at
from notifications.models import MessageState

# A receipt is a few hundred bytes, an SMS a thousand signs at most; some gateways send several together.
LONGEST = 64 * 1024


class Refused(Exception):
    """Not the gateway, or not what it was said to send. `status`: what it is answered."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


def read(request: HttpRequest, secret: str) -> list[Any]:
    """What was sent, one after the other: JSON objects, or forms as dictionaries. Raises Refused."""
    if not (
        settings.SMS_WEBHOOK_SECRET
        and constant_time_compare(secret.encode(), settings.SMS_WEBHOOK_SECRET.encode())
    ):
        raise Refused(404)  # to whoever does not know the word there is nothing here
    if request.method not in ("POST", settings.SMS_WEBHOOK_METHOD):
        raise Refused(405)
    length = request.headers.get("Content-Length") or "0"
    if not length.isascii() or not length.isdigit() or int(length[:10]) > LONGEST:
        raise Refused(413)
    if request.content_type == "multipart/form-data":
        raise Refused(415)
    if settings.SMS_WEBHOOK_SIGNATURE and not _is_signed(request):
        raise Refused(403)
    sent = _content(request)
    return sent if isinstance(sent, list) else [sent]


def receipt(sent: Any) -> tuple[str, MessageState | None]:
    """The reference of a receipt, and what became of the message; None where that changes nothing. Raises Refused."""
    reference = at(sent, settings.SMS_RECEIPT_REFERENCE)
    if not reference:
        raise Refused(400)
    state = at(sent, settings.SMS_RECEIPT_STATE).casefold()
    if state in _words(settings.SMS_RECEIPT_DELIVERED):
        return reference, MessageState.DELIVERED
    return reference, MessageState.FAILED if state in _words(settings.SMS_RECEIPT_FAILED) else None


def reply(sent: Any) -> tuple[str, str, str]:
    """The number that wrote, what it wrote, and by what name the gateway speaks of it. Raises Refused."""
    number, text = at(sent, settings.SMS_ANSWER_NUMBER), at(sent, settings.SMS_ANSWER_TEXT)
    if not number:
        raise Refused(400)
    return number, text, at(sent, settings.SMS_ANSWER_REFERENCE)[:200]


def _content(request: HttpRequest) -> Any:
    if settings.SMS_WEBHOOK_METHOD == "GET":
        return request.GET.dict()
    if request.content_type == "application/x-www-form-urlencoded":
        return request.POST.dict()
    try:
        return json.loads(request.body)
    except (ValueError, RecursionError):
        raise Refused(400) from None


def _is_signed(request: HttpRequest) -> bool:
    """By HMAC-SHA256 of the body as it came, in hexadecimal or base 64, with or without "sha256=" before it."""
    made = hmac.digest(settings.SMS_WEBHOOK_KEY.encode(), request.body, "sha256")
    given = request.headers.get(settings.SMS_WEBHOOK_SIGNATURE, "").strip().removeprefix("sha256=").encode()
    in_hex = hmac.compare_digest(given.lower(), made.hex().encode())
    in_base_64 = hmac.compare_digest(given, b64encode(made))
    return in_hex or in_base_64


def _words(setting: str) -> set[str]:
    return {word.strip().casefold() for word in setting.split(",")}
