"""What the answer of an HTTP service means for the message that it was given, and what no answer means.

As long as the request has not left, the message surely was not sent. Once it has, only a word of the service itself
says so: a line that breaks, or a proxy that speaks for a server which says nothing, leaves it unknown.
"""

import ssl
from collections.abc import Iterator
from datetime import timedelta
from http import HTTPStatus

from requests import Response
from requests.exceptions import (
    ConnectTimeout,
    InvalidHeader,
    InvalidSchema,
    InvalidURL,
    MissingSchema,
    ProxyError,
    RequestException,
)
from urllib3.exceptions import NewConnectionError
from urllib3.exceptions import ProxyError as NoProxy

from notifications.channel_transport import ChannelError, NotSent, Unknown

# Nothing of the request has left when one of these is among the causes.
_BEFORE = (
    *(ConnectTimeout, ProxyError, NewConnectionError, NoProxy, ssl.SSLCertVerificationError),
    *(InvalidURL, InvalidSchema, MissingSchema, InvalidHeader),
)
# It is for whoever installed the gateway: every message would meet it.
_SETTINGS = frozenset(
    {
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.PAYMENT_REQUIRED,
        HTTPStatus.FORBIDDEN,
        HTTPStatus.NOT_FOUND,
        HTTPStatus.METHOD_NOT_ALLOWED,
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    }
)
_LATER = frozenset(
    {
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.TOO_EARLY,
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.INTERNAL_SERVER_ERROR,
        HTTPStatus.SERVICE_UNAVAILABLE,
    }
)


def of_no_answer(error: RequestException) -> ChannelError:
    """What a request that brought no answer means."""
    name = type(error).__name__
    if any(isinstance(cause, _BEFORE) for cause in _causes(error)):
        return NotSent(f"connect {name}", retry=True, stop=True)
    return Unknown(f"answer {name}")


def of_status(response: Response) -> ChannelError | None:
    """What a status means; None when the message was taken."""
    status = response.status_code
    code = f"http {status}"
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return None
    if status in _LATER:
        return NotSent(code, retry=True, stop=True, wait=_asked_wait(response))
    if status in _SETTINGS or status < HTTPStatus.BAD_REQUEST:
        return NotSent(code, retry=True, stop=True)
    if status < HTTPStatus.INTERNAL_SERVER_ERROR:
        # This message, its number say: the next one may do better.
        return NotSent(code, retry=False)
    return Unknown(code)


def _asked_wait(response: Response) -> timedelta:
    """Retry-After in seconds; a date says no more to us than our own waits do."""
    asked = response.headers.get("Retry-After", "")
    return timedelta(seconds=int(asked[:6])) if asked.isascii() and asked.isdigit() else timedelta(0)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error, and what it wraps: requests keeps it as an argument, urllib3 as `reason`."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        inner = [*one.args, getattr(one, "reason", None), one.__cause__, one.__context__]
        waiting += [each for each in inner if isinstance(each, BaseException)]
