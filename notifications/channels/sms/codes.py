"""Codes that prove a number, and the news to a number that gave way: sent at once, beside the outbox.

A code is a secret, which the outbox would keep for all who read the messages. Its reader waits, and a gateway that is
silent holds a thread of the site for each: it may hold so many, so long.
"""

import logging
import threading

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts import sign_in
from notifications.channel_registry import CodeNotSent
from notifications.channel_transport import ChannelError
from notifications.channels.sms.alphabet import for_sms
from notifications.channels.sms.numbers import can_receive
from notifications.channels.sms.transport import gateway

__all__ = ["NotSentError", "are_sent", "can_receive", "send_code", "send_counted", "tell_of_change"]

log = logging.getLogger(__name__)

AT_ONCE = 2
_places = threading.BoundedSemaphore(AT_ONCE)


class NotSentError(CodeNotSent):
    """The gateway did not take it, or keeps others waiting."""


def are_sent() -> bool:
    """Whether the installation sends SMS at all; else the desk proves numbers by calling."""
    return bool(settings.SMS_GATEWAY)


def send_code(*, number: str, code: str) -> None:
    """To a number that nobody has proven yet: nothing else leaves for one. Raises NotSentError."""
    words = _(
        "%(code)s est votre code Accorde. Il prouve que ce numéro est le vôtre. Ne le donnez à personne."
    )
    _send(number, words % {"code": code}, reference="code")


def send_counted(*, request: HttpRequest, number: str, code: str) -> None:
    """The same, as one of so many that the installation sends. Raises accounts.sign_in.TooManyCodesError as well."""
    counted = sign_in.count(request, action="codes_by_sms", key="all")
    if counted is None:
        raise sign_in.TooManyCodesError(sign_in.wait_for(request, action="codes_by_sms", key="all"))
    try:
        send_code(number=number, code=code)
    except NotSentError:
        counted.rollback()
        raise


def tell_of_change(*, number: str, stop_url: str) -> None:
    """To the number that somebody had until now. Raises NotSentError."""
    words = _(
        "Accorde\u202f: ce numéro n’est plus celui de votre compte. Ce n’était pas vous\u202f? Ouvrez %(link)s"
    )
    _send(number, words % {"link": stop_url}, reference="change")


def _send(number: str, text: str, *, reference: str) -> None:
    if not _places.acquire(blocking=False):
        raise NotSentError
    try:
        line = gateway()
        try:
            line.send(number=number, text=for_sms(text), reference=reference)
        finally:
            line.close()
    except ChannelError as failure:
        # Neither the number nor the code is logged.
        log.warning("sms %s not sent: %s", reference, failure.code)
        raise NotSentError from None
    finally:
        _places.release()
