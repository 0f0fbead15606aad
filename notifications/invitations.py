"""The date of what a message speaks of, for its reader's calendar.

Each app says for its own events how it is composed (`register`, in its AppConfig); the mail takes it along as it
leaves, so that it says what is so in that moment. Its method says what a calendar does with it (`catalogue.calendars`).
"""

from collections.abc import Callable, Mapping

from accounts.models import User

# subject_id (the number in the message's `subject_key`), reader; the method and the file, or nothing for this reader.
Composer = Callable[[int, User], tuple[str, bytes] | None]

_composers: dict[str, Composer] = {}


def register(composers: Mapping[str, Composer]) -> None:
    """By event, what composes the invitation that goes with its message."""
    _composers.update(composers)


def composed(*, event: str, subject_key: str, reader: User) -> tuple[str, bytes] | None:
    """What goes with a message of that event; nothing with most."""
    compose = _composers.get(event)
    return compose(int(subject_key.split(":")[1]), reader) if compose else None
