"""What a provider calls us with: whether it is the provider, and what it says, read by anymail."""

from collections.abc import Iterator
from typing import Any

from anymail.exceptions import AnymailError
from anymail.signals import EventType
from django.conf import settings
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare
from django.utils.module_loading import import_string

from notifications.channels.email.providers import PROVIDERS
from notifications.channels.email.receipts import News, Said

# Mailjet sends what happens in a second together.
LONGEST = 1024 * 1024


class Refused(Exception):
    """Not the provider, or not what it was said to send. `status`: what it is answered."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


_SAID = {
    EventType.DELIVERED: Said.DELIVERED,
    EventType.OPENED: Said.OPENED,
    EventType.BOUNCED: Said.REFUSED,
    EventType.REJECTED: Said.REFUSED,
    EventType.FAILED: Said.REFUSED,
    EventType.COMPLAINED: Said.UNWANTED,
    EventType.UNSUBSCRIBED: Said.UNWANTED,
}


def read(request: HttpRequest, secret: str) -> list[News]:
    """What was said that changes something. Raises Refused."""
    known = settings.EMAIL_WEBHOOK_SECRET
    provider = PROVIDERS.get(settings.EMAIL_PROVIDER)
    if not (provider and known and constant_time_compare(secret.encode(), known.encode())):
        raise Refused(404)  # to whoever does not know the word there is nothing here
    if request.method != "POST":
        raise Refused(405)
    length = request.headers.get("Content-Length") or "0"
    if not length.isascii() or not length.isdigit() or int(length[:10]) > LONGEST:
        raise Refused(413)
    # Its own guard is a name and a password: the word in the address stands for both.
    reader = import_string(provider.webhook)(webhook_secret=[f"accorde:{known}"])
    try:
        events = reader.parse_events(request)
    except (AnymailError, ValueError, TypeError, KeyError, AttributeError):
        raise Refused(400) from None
    return list(_news(events, settings.EMAIL_PROVIDER))


def _news(events: list[Any], name: str) -> Iterator[News]:
    provider = PROVIDERS[name]
    for event in events:
        said = _SAID.get(event.event_type)
        if (
            said is Said.REFUSED
            and event.event_type == EventType.BOUNCED
            and provider.is_for_good(event.esp_event)
        ):
            said = Said.NO_SUCH_ADDRESS
        if said is None or (said is Said.OPENED and provider.is_a_machine(event.esp_event)):
            continue
        if event.message_id:
            yield News(str(event.message_id)[:200], said, str(event.recipient or ""), event.timestamp)
