"""How a message leaves: the narrow interface of every `transport.py`.

A transport is opened once for a batch, then sends one message at a time. It says one of three things, on which
"never twice" rests: nothing (sent), `NotSent` (surely not sent), `Unknown` (perhaps sent).
"""

from datetime import timedelta
from types import TracebackType
from typing import Protocol, Self

from notifications import channel_folders
from notifications.models import Message


class ChannelError(Exception):
    """What went wrong, as a code without personal data: servers quote addresses in their sentences."""

    def __init__(self, code: str, *, stop: bool = False) -> None:
        super().__init__(code)
        self.code = code
        # The channel itself is out of order: trying the next message now would only hammer it.
        self.stop = stop


class NotSent(ChannelError):
    """Surely not sent; `retry` says whether trying later makes sense, `was_tried` whether the channel was asked.

    `wait`: how long the server asks to be left alone. `no_such_address`: nothing will ever arrive there.
    """

    def __init__(
        self,
        code: str,
        *,
        retry: bool,
        stop: bool = False,
        was_tried: bool = True,
        wait: timedelta = timedelta(0),
        no_such_address: bool = False,
    ) -> None:
        super().__init__(code, stop=stop)
        self.retry = retry
        self.was_tried = was_tried
        self.wait = wait
        self.no_such_address = no_such_address


class Unknown(ChannelError):
    """Interrupted after the message was handed over: it may have arrived, so nobody sends it again unasked."""

    def __init__(self, code: str, *, stop: bool = True) -> None:
        super().__init__(code, stop=stop)


class Transport(Protocol):
    """Each folder's own is called Transport. Entering opens it, and raises NotSent when it is out of reach.

    `connections()`, a static method, says how many may be open at once; where there is none, one. `per_minute()`,
    another, how many messages it takes a minute; where there is none, or 0, as many as it can. `prepare(message)`,
    where there is such a method, writes what is likely to be sent next. It sends nothing, asks the database nothing and
    raises nothing: what it did not manage is done by `send`.
    """

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def send(self, message: Message) -> str:
        """Send one message; by what name receipts will speak of it, if any. Raises NotSent or Unknown."""
        ...


def transport_of(channel: str) -> Transport:
    """The transport of a channel, not yet opened."""
    transport: Transport = channel_folders.part(channel, "transport").Transport()
    return transport
