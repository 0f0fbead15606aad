"""Who is told as well of a question that none of those who were told has opened in its time.

Each app says how for its own events (`register`, in its AppConfig): it knows for which association it asks, and whom
that has named.
"""

from collections.abc import Callable, Mapping
from datetime import datetime

from notifications.answers import number_of

# subject_id (the number in the message's `subject_key`), by, now; how many messages, none the second time.
Fallback = Callable[[int, None, datetime], int]

_fallbacks: dict[str, Fallback] = {}


def register(fallbacks: Mapping[str, Fallback]) -> None:
    """By event, how whoever stands in is told of its question."""
    _fallbacks.update(fallbacks)


def events() -> frozenset[str]:
    """The events of which somebody who stands in is told."""
    return frozenset(_fallbacks)


def tell(*, event: str, subject_key: str, by: None, now: datetime) -> int:
    """Tell them of the question of that message, in the caller's transaction; how many messages."""
    return _fallbacks[event](number_of(subject_key), by, now)
