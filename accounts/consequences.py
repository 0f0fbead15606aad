"""What stands on a consent, and what becomes of it when it is taken back or given again. Each app says it of its own
rows (`register`, in its AppConfig), since accounts knows nothing above it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from accounts.models import User

# Of a consent's person and purpose: by whom, and when.
Writes = Callable[[User, str, User, datetime], None]


@dataclass(frozen=True, slots=True)
class GoesOn:
    """What goes on although a consent is taken back, and the page on which its person ends it."""

    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Foreseen:
    """In sentences: what `stops` when a consent is taken back; what `comes_back` when it is given again."""

    stops: Sequence[str] = ()
    goes_on: Sequence[GoesOn] = ()
    comes_back: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Consequence:
    """Of one app: what would happen, and the writes, in the transaction that takes the consent back or gives it.

    `locks` takes the rows that it will write, before anything is written of the consent: what somebody offers and needs
    is locked before the person, wherever both are.
    """

    foresee: Callable[[User, str], Foreseen]
    taken_back: Writes
    given_again: Writes
    locks: Callable[[User], None] = lambda _person: None


_consequences: list[Consequence] = []


def register(consequence: Consequence) -> None:
    """Something else stands on consents."""
    _consequences.append(consequence)


def lock(person: User) -> None:
    """All that is written of when this person takes a consent back or gives it."""
    for consequence in registered():
        consequence.locks(person)


def registered() -> Sequence[Consequence]:
    return _consequences


def foresee(person: User, purpose: str) -> Foreseen:
    """All that is said of a consent before it is taken back or given again."""
    found = [consequence.foresee(person, purpose) for consequence in registered()]
    return Foreseen(
        stops=[line for one in found for line in one.stops],
        goes_on=[line for one in found for line in one.goes_on],
        comes_back=[line for one in found for line in one.comes_back],
    )
