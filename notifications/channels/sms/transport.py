"""SMS: one request to the gateway of the settings for each."""

import contextlib
from collections.abc import Iterator
from types import TracebackType
from typing import Self

from django.conf import settings
from django.utils import timezone

from notifications.channel_transport import NotSent
from notifications.channels.sms import links, selectors, spending, words
from notifications.channels.sms.alphabet import segments
from notifications.channels.sms.gateways import Gateway
from notifications.channels.sms.gateways.http import HttpGateway
from notifications.channels.sms.gateways.ovh import OvhGateway
from notifications.channels.sms.numbers import can_receive
from notifications.models import Message

_GATEWAYS: dict[str, type[HttpGateway] | type[OvhGateway]] = {"http": HttpGateway, "ovh": OvhGateway}


def gateway() -> Gateway:
    """An open line to the gateway of the settings. Raises NotSent."""
    chosen = _GATEWAYS.get(settings.SMS_GATEWAY)
    if chosen is None:
        raise NotSent("no gateway", retry=True, stop=True)
    return chosen.connect()


class Transport:
    """The gateway of the settings."""

    _gateway: Gateway

    def __enter__(self) -> Self:
        self._gateway = gateway()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):
            self._gateway.close()

    @staticmethod
    def per_minute() -> int:
        return settings.SMS_PER_MINUTE

    def send(self, message: Message) -> str:
        """Send one message; the gateway's reference. Raises NotSent or Unknown."""
        phone = message.recipient.proven_phone
        if not can_receive(phone):
            raise NotSent("no proven mobile number", retry=False, was_tried=False)
        if selectors.is_stopped(phone.as_e164):
            raise NotSent("stopped", retry=False, was_tried=False)
        try:
            text = words.compose(message, link=links.short_address(message))
        except Exception as error:
            # A mistake of ours: this message cannot be written, the next one can.
            raise NotSent(f"compose {type(error).__name__}", retry=False, was_tried=False) from error
        with _paid(message, segments(text)):
            return self._gateway.send(number=phone.as_e164, text=text, reference=str(message.pk))


@contextlib.contextmanager
def _paid(message: Message, count: int) -> Iterator[None]:
    """Within the town's limit for the month, and not counted when it surely did not leave. Raises NotSent."""
    city = message.city
    if city is None:  # of the installation itself
        yield
        return
    now = timezone.now()
    if not spending.spend(city=city, segments=count, priority=message.priority, by=None, now=now):
        raise NotSent("monthly limit", retry=False, was_tried=False)
    try:
        yield
    except NotSent:
        spending.give_back(city=city, segments=count, by=None, now=now)
        raise
