"""One delivery on its way: signed as standardwebhooks.com says, to the open internet. Its answer is a status."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime

from requests.exceptions import Timeout
from standardwebhooks import Webhook

from outside.addresses import OutsideSession, Private
from webhooks.models import Delivery, Endpoint

TIMEOUT = 10
GONE = 410


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it: a status, or the name of what went wrong; `is_gone`: the receiver wants nothing more."""

    said: str
    is_taken: bool
    is_gone: bool
    milliseconds: int


def send(delivery: Delivery, *, now: datetime) -> Outcome:
    """Whatever is not 2xx within ten seconds is a failure; an answer that points elsewhere is one, and not followed."""
    begun = time.monotonic()
    said, status = _post(delivery, now)
    took = round((time.monotonic() - begun) * 1000)
    return Outcome(said, 200 <= status < 300, status == GONE, took)


def signature(endpoint: Endpoint, *, key: str, body: str, now: datetime) -> str:
    """By the secret, and for a day by the one before as well."""
    # The library takes any moment for one in UTC.
    moment = now.astimezone(UTC)
    return " ".join(Webhook(secret).sign(key, moment, body) for secret in endpoint.secrets_at(now))


def _post(delivery: Delivery, now: datetime) -> tuple[str, int]:
    """What it said, and its status; 0 without one."""
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Accorde-Webhooks",
        "webhook-id": delivery.key,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signature(delivery.endpoint, key=delivery.key, body=delivery.body, now=now),
    }
    try:
        with OutsideSession() as session:
            # No password of this machine's own files for a host of that name.
            session.auth = lambda request: request
            with session.post(
                delivery.endpoint.url,
                data=delivery.body.encode(),
                headers=headers,
                timeout=TIMEOUT,
                allow_redirects=False,
                stream=True,
            ) as response:
                return str(response.status_code), response.status_code
    except Exception as error:
        # A library's own, or the worker's time is up because the answer came letter by letter: it was not taken.
        return _named(error), 0


def _named(error: Exception) -> str:
    """Without its sentence, which quotes the address."""
    if isinstance(error, Timeout):
        return "timeout"
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, Private):
            return "private address"
        cause = cause.__cause__ or cause.__context__
    return type(error).__name__
