"""A month of an offer, for its owner: which days are free, asked for, promised, under way."""

from calendar import Calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from typing import Any

from django.utils.dates import WEEKDAYS, WEEKDAYS_ABBR
from django.utils.formats import get_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from offers.engagements import Engagement, Turn
from offers.periods import Period

# Months before and after this one to which the page goes.
FARTHEST = 12


class Day(Enum):
    """What is on a day: its sign, which is no colour and no letter of one script, and its words. The latter win."""

    NOT_OFFERED = "–", _("Pas proposé")
    FREE = "○", pgettext_lazy("a day of an offer", "Libre")
    ASKED = "?", pgettext_lazy("a day of an offer", "Demandé")
    PROMISED = "✓", pgettext_lazy("a day of an offer", "Promis")
    UNDER_WAY = "●", pgettext_lazy("a day of an offer", "En cours")

    @property
    def sign(self) -> str:
        return str(self.value[0])

    @property
    def words(self) -> Any:
        return self.value[1]

    @property
    def style(self) -> str:
        return self.name.lower().replace("_", "-")


_OF_TURN = {
    Turn.YOURS: Day.ASKED,
    Turn.THEIRS: Day.PROMISED,
    Turn.AGREED: Day.PROMISED,
    Turn.UNDER_WAY: Day.UNDER_WAY,
}
_ORDER = list(Day)


@dataclass(frozen=True, slots=True)
class Cell:
    """A day of the month."""

    day: date
    what: Day
    is_today: bool


@dataclass(frozen=True, slots=True)
class Month:
    """`weeks` from the first day of the reader's week; None stands for a day of another month."""

    first_day: date
    weekdays: list[dict[str, Any]]
    weeks: list[list[Cell | None]]
    before: str
    after: str

    @property
    def signs(self) -> list[Day]:
        return _ORDER[::-1]


def month_of(
    asked: str, periods: Sequence[Period], lines: Sequence[Engagement], *, is_open: bool, today: date
) -> Month:
    """The month that an address asks for ("2026-12"), else this one. Of what is not `is_open` no day is free."""
    first = _asked(asked, today=today)
    begins = (int(get_format("FIRST_DAY_OF_WEEK")) - 1) % 7
    weeks: list[list[Cell | None]] = [
        [_cell(day, periods, lines, is_open, today) if day.month == first.month else None for day in week]
        for week in Calendar(begins).monthdatescalendar(first.year, first.month)
    ]
    names = [(begins + n) % 7 for n in range(7)]
    return Month(
        first_day=first,
        weekdays=[{"name": WEEKDAYS[n], "short": WEEKDAYS_ABBR[n]} for n in names],
        weeks=weeks,
        before=_name(_months_on(first, -1)) if _months_between(today, first) > -FARTHEST else "",
        after=_name(_months_on(first, 1)) if _months_between(today, first) < FARTHEST else "",
    )


def _cell(
    day: date, periods: Sequence[Period], lines: Sequence[Engagement], is_open: bool, today: date
) -> Cell:
    is_offered = any(first <= day and (last is None or day <= last) for first, last in periods)
    found = [Day.FREE if is_offered and is_open and day >= today else Day.NOT_OFFERED]
    found += [
        _OF_TURN[line.turn]
        for line in lines
        if line.turn in _OF_TURN and line.first_day <= day <= line.last_day
    ]
    return Cell(day, max(found, key=_ORDER.index), is_today=day == today)


def _asked(text: str, *, today: date) -> date:
    this = today.replace(day=1)
    try:
        first = date.fromisoformat(f"{text}-01")
    except ValueError:
        return this
    return first if abs(_months_between(today, first)) <= FARTHEST else this


def _months_between(one: date, other: date) -> int:
    return (other.year - one.year) * 12 + other.month - one.month


def _months_on(first: date, months: int) -> date:
    return (
        (first + timedelta(days=31)).replace(day=1)
        if months > 0
        else (first - timedelta(days=1)).replace(day=1)
    )


def _name(first: date) -> str:
    return f"{first:%Y-%m}"
