"""What a yes or a no means that somebody writes back to a message.

Each app says it for those of its own events that ask a question (`register`, in its AppConfig), and takes the answer by
the same service as the page behind the message's link. A channel that hears people asks here; it knows nothing of what
was asked.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import Enum, auto

from accounts.models import User


class Outcome(Enum):
    """What became of an answer."""

    TAKEN = auto()
    # It was answered before, or the time for it is over: nothing has changed.
    CLOSED = auto()
    # More is asked than a yes or a no, or the answer is not theirs: a person of the desk goes on.
    NEEDS_A_PERSON = auto()


# subject_id (the number in the message's `subject_key`), yes, by, now
Answer = Callable[[int, bool, User, datetime], Outcome]

_answers: dict[str, Answer] = {}


def register(answers: Mapping[str, Answer]) -> None:
    """By event, how an answer to its message is taken."""
    _answers.update(answers)


def events() -> frozenset[str]:
    """The events whose messages ask for a yes or a no."""
    return frozenset(_answers)


def take(*, event: str, subject_key: str, yes: bool, by: User, now: datetime) -> Outcome:
    """Give an answer to the question of that message, in the caller's transaction."""
    return _answers[event](int(subject_key.split(":")[1]), yes, by, now)
