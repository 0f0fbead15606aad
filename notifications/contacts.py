"""Whose contact a message tells, besides being addressed to somebody: whoever reads it to them has read that too.

Each app says so for its own events (`register`, in its AppConfig). Of an event of which nobody says anything, nobody's.
"""

from collections.abc import Callable, Mapping

from accounts.models import User
from notifications.models import Message

Told = Callable[[Message], User | None]

_told: dict[str, Told] = {}


def register(told: Mapping[str, Told]) -> None:
    """By event, the person whose contact its message tells; None where that is nobody's, as an association's."""
    _told.update(told)


def told_by(message: Message) -> User | None:
    """The person whose contact stands in the text of this message."""
    find = _told.get(message.event)
    return find(message) if find is not None else None
