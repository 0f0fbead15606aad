"""The date of what a message speaks of, for its reader's calendar.

Each app says for its own events how it is composed (`register`, in its AppConfig); the mail takes it along as it
leaves, so that it says what is so in that moment. Its method says what a calendar does with it (`catalogue.calendars`).
"""

from collections.abc import Callable, Mapping
from email.utils import parseaddr

from django.conf import settings

from accounts.models import User
from catalogue.calendars import Entry, Party, invitation
from cities.models import City

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


def from_town(entry: Entry, *, city: City, reader: User) -> tuple[str, bytes]:
    """The invitation of a town to somebody who has an address."""
    return invitation(
        entry,
        organiser=Party(city.name, city.email or parseaddr(settings.DEFAULT_FROM_EMAIL)[1]),
        guest=Party(reader.name, reader.email or ""),
    )
