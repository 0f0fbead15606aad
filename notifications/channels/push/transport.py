"""Web push: one request to the push service of each of somebody's devices.

What is said twice appears once (its `tag`), so that a service which does not answer is simply asked again. Nothing
stops the channel: each device has its own service, and one that is down says nothing of the others.
"""

from datetime import timedelta
from http import HTTPStatus
from types import TracebackType
from typing import Self

from django.conf import settings
from django.utils import timezone
from py_vapid import Vapid
from pywebpush import WebPushException, webpush
from requests import RequestException, Response

from notifications.channel_transport import NotSent
from notifications.channels.push import keys, receipts, words
from notifications.channels.push.models import Device
from notifications.events import Priority
from notifications.models import Message
from outside.addresses import OutsideSession, Refused, refuse_private

# How long a push service keeps it for a device that is switched off.
KEPT = {Priority.NIGHT: timedelta(hours=6)}
KEPT_ELSE = timedelta(hours=24)
_GONE = (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)
_LATER = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS)


class Transport:
    """The installation's key, and a session for all services."""

    _vapid: Vapid
    _session: OutsideSession

    def __enter__(self) -> Self:
        if not settings.PUSH_PRIVATE_KEY:
            raise NotSent("no key", retry=True, stop=True)
        try:
            self._vapid = keys.vapid()
        except ValueError as error:
            raise NotSent("key", retry=True, stop=True) from error
        self._session = OutsideSession()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._session.close()

    @staticmethod
    def connections() -> int:
        return 2

    def send(self, message: Message) -> str:
        """Send to each device; sent when one has taken it. There are no receipts. Raises NotSent."""
        devices = list(Device.objects.filter(person=message.recipient))
        refusals = [refusal for device in devices if (refusal := self._push(device, message)) is not None]
        if len(refusals) < len(devices):
            return ""
        if not devices:
            raise NotSent("no device", retry=False, was_tried=False)
        # What one service may take later is tried again with all.
        raise next((refusal for refusal in refusals if refusal.retry), refusals[0])

    def _push(self, device: Device, message: Message) -> NotSent | None:
        """Why this device does not have it; None when it does."""
        is_urgent = message.priority == Priority.NIGHT
        kept = KEPT.get(Priority(message.priority), KEPT_ELSE)
        try:
            refuse_private(device.endpoint)
            webpush(
                {"endpoint": device.endpoint, "keys": {"p256dh": device.p256dh, "auth": device.auth}},
                data=words.payload(message),
                vapid_private_key=self._vapid,
                vapid_claims={"sub": keys.contact()},
                ttl=int(kept.total_seconds()),
                headers={"Urgency": "high" if is_urgent else "normal"},
                timeout=settings.PUSH_TIMEOUT,
                requests_session=self._session,
            )
        except Refused as error:
            return NotSent(f"address {error.why}", retry=error.why == "unknown")
        except WebPushException as error:
            return self._refused(device, error.response)
        except RequestException as error:
            return NotSent(type(error).__name__, retry=True)
        receipts.note_taken(device_id=device.pk, by=None, now=timezone.now())
        return None

    @staticmethod
    def _refused(device: Device, response: Response | None) -> NotSent:
        if response is None:
            return NotSent("key of the device", retry=False)
        status = response.status_code
        if status in _GONE:
            receipts.note_gone(device_id=device.pk, by=None, now=timezone.now())
        may_later = status in _LATER or status >= HTTPStatus.INTERNAL_SERVER_ERROR
        return NotSent(f"http {status}", retry=may_later)
