"""Whose contact a message tells, besides being addressed to somebody: whoever reads it to them has read that too.

Each app says so for its own events (`register`, in its AppConfig). Of an event of which nobody says anything, nobody's.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from accounts.models import User
from accounts.services import log_contact_reading
from notifications.models import Message

Told = Callable[[Message], User | None]

# A message that is opened again and again has been read once.
ONE_LOOK = timedelta(minutes=15)

_told: dict[str, Told] = {}
_open: dict[str, Callable[[Message], bool]] = {}


def register(told: Mapping[str, Told], still_open: Mapping[str, Callable[[Message], bool]]) -> None:
    """By event, the person whose contact its message tells, None where that is nobody's, as an association's; and
    whether its reader may still see it, since what was told once stands in the message for good.
    """
    _told.update(told)
    _open.update(still_open)


def is_open(message: Message) -> bool:
    """Whether whoever was told may still read the contacts in this message."""
    return message.event not in _open or _open[message.event](message)


def note_read(message: Message, *, by: User, now: datetime) -> None:
    """Keep that `by` has the contact that this message tells before them; of a message that tells none, nothing."""
    subject = told_by(message)
    if subject is not None and subject != by:
        log_contact_reading(
            subject=subject,
            reason="message",
            reference=f"message:{message.pk}",
            city=message.city,
            by=by,
            now=now,
            once_in=ONE_LOOK,
        )


def told_by(message: Message) -> User | None:
    """The person whose contact stands in the text of this message."""
    find = _told.get(message.event)
    return find(message) if find is not None else None
