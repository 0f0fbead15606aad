"""What a yes or a no means that somebody writes back to a message.

Each app says it for those of its own events that ask a question (`register`, in its AppConfig), and takes the answer by
the same service as the page behind the message's link. A channel that hears people asks here; it knows nothing of what
was asked.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from enum import Enum, auto

from accounts.models import User


class Outcome(Enum):
    """What became of an answer."""

    TAKEN = auto()
    # It was answered before, or the time for it is over: nothing has changed.
    CLOSED = auto()
    # It was answered before, and otherwise: the first answer stands, and a person looks at the second.
    CONTRADICTS = auto()
    # The time for it is over, and a yes could still be of use: nothing has changed, and a person looks at it.
    LATE = auto()
    # More is asked than a yes or a no, or the answer is not theirs: a person of the desk goes on.
    NEEDS_A_PERSON = auto()


# subject_id (the number in the message's `subject_key`), yes, by, now
Answer = Callable[[int, bool, User, datetime], Outcome]

# By subject_id, the page on which the desk goes on with what was asked.
Pages = Callable[[Collection[int]], Mapping[int, str]]

_answers: dict[str, Answer] = {}
_pages: dict[str, Pages] = {}


def register(answers: Mapping[str, Answer], pages: Mapping[str, Pages] | None = None) -> None:
    """By event, how an answer to its message is taken, and where the desk goes on with it."""
    _answers.update(answers)
    _pages.update(pages or {})


def desk_pages(asked: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """By event and subject_key, the page on which the desk goes on; for each event it is asked once."""
    by_event: dict[str, list[str]] = defaultdict(list)
    for event, key in asked:
        by_event[event].append(key)
    found: dict[tuple[str, str], str] = {}
    for event, keys in by_event.items():
        pages = _pages[event]({number_of(key) for key in keys}) if event in _pages else {}
        found |= {(event, key): pages[number_of(key)] for key in keys if number_of(key) in pages}
    return found


def number_of(subject_key: str) -> int:
    return int(subject_key.split(":")[1])


def events() -> frozenset[str]:
    """The events whose messages ask for a yes or a no."""
    return frozenset(_answers)


def take(*, event: str, subject_key: str, yes: bool, by: User, now: datetime) -> Outcome:
    """Give an answer to the question of that message, in the caller's transaction."""
    return _answers[event](number_of(subject_key), yes, by, now)
