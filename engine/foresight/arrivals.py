"""What came, counted; and how many of each shape are to be expected on each day that comes.

A *shape* is what is asked for, without anybody who asks: all that the rules read of a need, how long it lasts, how long
beforehand it is told. Of a shape that came n times on a day so many days ago, n × ½^(days / 28) counts; what counts,
divided by what all days that were looked at count and 14 days more, is how many are expected a day: what was seen for
a week only weighs little. Weekdays differ by how many came on them, as if a week more had been seen, of even days.
Where the same weeks of the year before were looked at, the season counts as well, from half to twice.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Self

import numpy as np

from engine.arrays import Floats
from engine.records import Need
from engine.runs import DAYS_A_WEEK

HALF_LIFE_DAYS = 28
# What is known before anything was seen: that in so many days nothing came.
DOUBT_DAYS = 14.0
# Lengths are counted as the nearest of these that is no shorter; longer ones as the last.
LENGTHS = (1, 2, 3, 5, 7, 14, 30, 60, 90, 180, 365)
LEADS = (0, 1, 3, 7, 14, 30)
YEAR = 365
SEASON_DAYS, SEASON_DOUBT = 15, 20.0
LONGEST_LOOK = 120
# No more shapes than this are told apart: the rarest are left out, and the others of their kind count for them.
MOST_SHAPES = 400
_BEGIN = date(2000, 1, 3)


@dataclass(frozen=True, slots=True)
class Shape:
    """What is asked for, so many days beforehand. `asks` begins on a day of no meaning, and has no id."""

    asks: Need
    lead: int

    @classmethod
    def of(cls, need: Need, *, posted: date) -> Self:
        """The shape of a need that was posted on this day; lengths and leads are counted coarsely."""
        days = _at_least((need.last_day - need.first_day).days + 1, LENGTHS)
        lead = _at_most(max((need.first_day - posted).days, 0), LEADS)
        asks = replace(
            need,
            id=0,
            first_day=_BEGIN,
            last_day=_BEGIN + timedelta(days=days - 1),
            min_days=None if need.min_days is None else min(need.min_days, days),
            given=(),
            is_open=True,
        )
        return cls(asks, lead)

    @property
    def days(self) -> int:
        return (self.asks.last_day - self.asks.first_day).days + 1

    def need(self, number: int, posted: date) -> Need:
        """A need of this shape."""
        first = posted + timedelta(days=self.lead)
        return replace(self.asks, id=number, first_day=first, last_day=first + timedelta(days=self.days - 1))


def _at_least(value: int, choices: Sequence[int]) -> int:
    return next((choice for choice in choices if choice >= value), choices[-1])


def _at_most(value: int, choices: Sequence[int]) -> int:
    return max(choice for choice in choices if choice <= value)


@dataclass(frozen=True, slots=True)
class Arrived:
    """So many needs of one shape were posted on this day."""

    shape: Shape
    day: date
    count: int = 1

    def __post_init__(self) -> None:
        if self.count < 1:
            raise ValueError(f"count: a number from 1 up is expected, not {self.count!r}")


@dataclass(frozen=True, slots=True, eq=False)
class Coming:
    """How many needs of each shape are expected on each of the days after `today`: (days, shapes)."""

    today: date
    shapes: tuple[Shape, ...]
    a_day: Floats

    @property
    def days(self) -> int:
        return len(self.a_day)

    @property
    def total(self) -> float:
        return float(self.a_day.sum())


def expected(arrived: Iterable[Arrived], *, today: date, days: int, since: date | None = None) -> Coming:
    """What may come on so many days after today, by what came before today.

    `since`: from which day on arrivals were noted; without it, from the first of them. With nothing noted, or 0 days,
    nothing is expected. A `ValueError` names what cannot be.
    """
    if not 0 <= days <= LONGEST_LOOK:
        raise ValueError(f"days: a number from 0 to {LONGEST_LOOK} is expected, not {days!r}")
    # In order: sums of fractions differ in their last bits by the order in which they are made.
    seen = sorted((one for one in arrived if one.day < today), key=_in_order)
    if since is not None and any(one.day < since for one in seen):
        raise ValueError("since: something had come before")
    first = min((one.day for one in seen), default=today) if since is None else since
    if not seen or not days:
        return Coming(today, (), np.zeros((days, 0)))
    shapes = list(dict.fromkeys(one.shape for one in seen))
    place = {shape: number for number, shape in enumerate(shapes)}
    counts = np.zeros(len(shapes))
    by_weekday = np.zeros(DAYS_A_WEEK)
    for one in seen:
        counted = one.count * _weight((today - one.day).days)
        counts[place[one.shape]] += counted
        by_weekday[one.day.weekday()] += counted
    known_of = np.zeros(DAYS_A_WEEK)
    for ago in range(1, (today - first).days + 1):
        known_of[(today - timedelta(days=ago)).weekday()] += _weight(ago)
    known = float(known_of.sum())
    weekday = _weekdays(by_weekday, known_of)
    seasons = _seasons(seen, today, first, days)
    shapes, rate = _most_frequent(shapes, counts / (known + DOUBT_DAYS))
    factors = np.array(
        [weekday[(today + timedelta(days=day)).weekday()] * seasons[day - 1] for day in range(1, days + 1)]
    )
    return Coming(today, tuple(shapes), factors[:, None] * rate)


def _weight(days_ago: int) -> float:
    return 2.0 ** (-days_ago / HALF_LIFE_DAYS)


def _in_order(one: Arrived) -> tuple[date, int, str, int]:
    return one.day, one.shape.lead, repr(_sorted(one.shape.asks)), one.count


def _sorted(asks: Need) -> list[object]:
    """All that a need says, with sets in order: `repr` of a set is not the same in every process."""
    values = (getattr(asks, name) for name in Need.__dataclass_fields__)
    return [sorted(value) if isinstance(value, frozenset) else value for value in values]


def _weekdays(counted: Floats, known: Floats) -> Floats:
    """By how much each weekday differs from all: as if one more of each, full of what comes a day, had been seen."""
    a_day = counted.sum() / known.sum()
    found: Floats = (counted + a_day) / ((known + 1) * a_day)
    return found


def _seasons(seen: Sequence[Arrived], today: date, first: date, days: int) -> Floats:
    """By how much each day that comes differs from today, as the same days of the year before did."""
    if (today - first).days < YEAR + SEASON_DAYS:
        return np.ones(days)
    length = YEAR + 2 * SEASON_DAYS + 1
    by_age = np.zeros(length)
    for one in seen:
        ago = (today - one.day).days
        if ago < length:
            by_age[ago] += one.count
    mean = float(by_age[1 : YEAR + 1].mean())

    def season(day: int) -> float:
        """Of the days round this one, a year before."""
        ages = range(max(YEAR - day - SEASON_DAYS, 1), YEAR - day + SEASON_DAYS + 1)
        came = float(by_age[ages.start : ages.stop].sum())
        return (came + SEASON_DOUBT) / (mean * len(ages) + SEASON_DOUBT)

    now = season(0)
    return np.array([min(max(season(day) / now, 0.5), 2.0) for day in range(1, days + 1)])


def _most_frequent(shapes: list[Shape], rate: Floats) -> tuple[list[Shape], Floats]:
    if len(shapes) <= MOST_SHAPES:
        return shapes, rate
    kept = np.sort(np.argsort(-rate, kind="stable")[:MOST_SHAPES])
    some = [shapes[place] for place in kept.tolist()]
    kinds = np.array([shape.asks.kind for shape in shapes])
    rate_kept = rate[kept]
    for kind in sorted(set(kinds[kept].tolist())):
        of_kind = kinds[kept] == kind
        rate_kept[of_kind] *= rate[kinds == kind].sum() / rate_kept[of_kind].sum()
    return some, rate_kept
