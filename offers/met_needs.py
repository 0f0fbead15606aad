"""How many needs an offer would meet as it is being written: asked of whoever knows needs (`register`, in its
AppConfig), since offers knows nothing above it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from offers.models import Offer
from offers.periods import Period


class Counts(Protocol):
    """How many open needs of its town an offer that is not stored would meet on these days."""

    def __call__(self, *, offer: Offer, periods: Sequence[Period], now: datetime) -> int: ...


_counts: list[Counts] = []


def register(counts: Counts) -> None:
    """Who is asked."""
    _counts.append(counts)


def count(*, offer: Offer, periods: Sequence[Period], now: datetime) -> int:
    """How many needs it would meet, of all who are asked."""
    return sum(counts(offer=offer, periods=periods, now=now) for counts in _counts)
