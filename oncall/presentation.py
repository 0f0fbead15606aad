"""The rota as its page shows it: spans in order, each with who is called first, or nobody, and in whose support."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts.models import User
from cities.days import at_hour, local_time
from cities.models import City
from oncall import selectors
from oncall.models import Rank, Shift
from oncall.words import span_words

# How soon the rota must end for the week after it to be offered.
SOON = timedelta(weeks=4)
FAR = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class Line:
    """`shift` is None where nobody is on call."""

    starts_at: datetime
    ends_at: datetime
    when: str
    shift: Shift | None
    is_mine: bool
    is_now: bool
    deputies: list[Shift]


def lines(city: City, reader: User, *, now: datetime) -> list[Line]:
    """From now on; empty in a town that keeps no rota."""
    if not selectors.keeps_rota(city, now):
        return []
    shifts = selectors.coming(city, now, now + FAR)
    first = [shift for shift in shifts if shift.rank == Rank.FIRST]
    deputies = [shift for shift in shifts if shift.rank == Rank.DEPUTY]
    spans: list[tuple[datetime, datetime, Shift | None]] = [
        *((shift.starts_at, shift.ends_at, shift) for shift in first),
        *((start, end, None) for start, end in _free(city, first, now=now)),
    ]
    return [
        Line(
            starts_at=start,
            ends_at=end,
            when=span_words(start, end, city),
            shift=shift,
            is_mine=shift is not None and shift.person == reader,
            is_now=start <= now,
            deputies=[one for one in deputies if one.starts_at < end and start < one.ends_at],
        )
        for start, end, shift in sorted(spans, key=lambda span: span[0])
    ]


def _free(city: City, first: list[Shift], *, now: datetime) -> Iterator[tuple[datetime, datetime]]:
    """What can be taken: the holes up to the end of the rota, and the week after it when that is near."""
    end = max((shift.ends_at for shift in first), default=now)
    yield from selectors.holes(city, now, end)
    if end < now + SOON:
        there = local_time(end, city)
        yield end, at_hour(there.date() + timedelta(weeks=1), there.time(), city)
