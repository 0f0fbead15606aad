"""What a need has been given, in its own nature: day by day of a home or of weekly hours, in all of the rest."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Given:
    """So much on each of these days, both included; of what is given once, so much in all."""

    quantity: int
    first_day: date
    last_day: date


@dataclass(frozen=True, slots=True)
class Progress:
    """`days`: on how many of the days asked something is given, and `quantity` the least that it is on one of them.

    Of what is given once, `quantity` in all, and no days. `is_all`: nothing is missing on any day from today on.
    `uncovered_from`: the day since which something is missing today, or from which it will be; the day after the last
    when nothing is. None where nothing is given, and of what is given once.
    """

    days: int
    quantity: int
    is_all: bool
    uncovered_from: date | None = None


def given_once(given: Iterable[Given], *, quantity: int) -> Progress:
    """How far a need has come that is served once: so many objects."""
    total = sum(one.quantity for one in given)
    return Progress(days=0, quantity=total, is_all=total >= quantity)


def given_by_day(
    given: Iterable[Given], *, quantity: int, first_day: date, last_day: date, today: date
) -> Progress:
    """How far a need has come that is served each day, from its first to its last."""
    levels = list(_levels(list(given), first_day, last_day))
    some = [(since, until, level) for since, until, level in levels if level]
    still = min(today, last_day)
    missing = [since for since, until, level in levels if until >= still and level < quantity]
    return Progress(
        days=sum((until - since).days + 1 for since, until, _ in some),
        quantity=min((level for _, _, level in some), default=0),
        is_all=not missing,
        uncovered_from=(missing or [last_day + ONE_DAY])[0] if some else None,
    )


def _levels(given: list[Given], first_day: date, last_day: date) -> Iterator[tuple[date, date, int]]:
    """The days from first to last in runs on which as much is given: their first, their last, how much."""
    turns = {first_day, *(one.first_day for one in given), *(one.last_day + ONE_DAY for one in given)}
    starts = sorted(day for day in turns if first_day <= day <= last_day)
    for since, after in zip(starts, [*starts[1:], last_day + ONE_DAY], strict=True):
        yield (
            since,
            after - ONE_DAY,
            sum(one.quantity for one in given if one.first_day <= since <= one.last_day),
        )
