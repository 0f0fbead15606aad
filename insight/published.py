"""What everybody may know of a town: numbers of months that are over, none of which tells of a few people
(docs/adr/0026).

One cell is an indicator, a month and a kind. It is shown when it is nothing, or made of at least `LEAST` offers or
needs; otherwise it is "fewer than five". **Whatever else is shown is computed from the cells that are shown, and from
nothing else**: a sum says at least how many. No two numbers of the page then differ by one that is hidden. A month that
is over is computed anew each day: where what came of it changes later, whoever read it before sees that it did.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from django.db.models import Avg, Count, F

from catalogue.vocabulary import Kind
from cities.days import midnight
from cities.models import City
from insight.indicators import NAMED, Counted
from insight.measuring import BY_MONTH_AND_KIND, Scope, count, rows_of
from matching.lifecycle import Act
from matching.models import Decision

LEAST = 5
MONTHS = 12
ANSWER_MONTHS = 3
# What is published, and of what each of its cells must hold `LEAST`: six people may be one family.
PUBLISHED = {
    "offers": "offers",
    "needs": "needs",
    "needs_served": "needs_served",
    "people_helped": "needs_served",
}


@dataclass(frozen=True, slots=True)
class Sum:
    """`number` is exact, or at least so much: a cell that is hidden counts as the one that it holds for certain."""

    number: int
    is_exact: bool


@dataclass(frozen=True, slots=True)
class Published:
    """By indicator, month and kind; None is hidden."""

    months: tuple[str, ...]
    cells: Mapping[tuple[str, str, str], int | None]

    def cell(self, name: str, month: str, kind: str) -> int | None:
        return self.cells[name, month, kind]

    def of_month(self, name: str, month: str) -> Sum:
        return _sum(self.cells[name, month, kind] for kind in Kind.values)

    def of_kind(self, name: str, kind: str) -> Sum:
        return _sum(self.cells[name, month, kind] for month in self.months)

    def total(self, name: str) -> Sum:
        return _sum(self.cells[name, month, kind] for month in self.months for kind in Kind.values)


def published(city: City, *, today: date) -> Published:
    """The last twelve months that are over."""
    first, until = _months_over(MONTHS, today=today)
    scope = Scope(city=city, first=first, until=until, by=BY_MONTH_AND_KIND)
    counted = count({name: rows_of(_counted(name), scope) for name in PUBLISHED}, scope)
    months = tuple(scope.months)
    return Published(
        months,
        {
            (name, month, kind): _shown(
                counted[name].get(f"{month} {kind}", 0), made_of=counted[of].get(f"{month} {kind}", 0)
            )
            for name, of in PUBLISHED.items()
            for month in months
            for kind in Kind.values
        },
    )


def answer_hours(city: City, *, today: date) -> float | None:
    """The mean time until somebody who was asked said yes or no, over the last three months that are over; None where
    fewer than `LEAST` people did.
    """
    first, until = _months_over(ANSWER_MONTHS, today=today)
    answers = Decision.objects.filter(
        match__city=city,
        act__in=[Act.ACCEPT, Act.DECLINE],
        at__gte=midnight(first, city),
        at__lt=midnight(until, city),
        by__isnull=False,
    ).aggregate(mean=Avg(F("at") - F("match__asked_at")), people=Count("match__offer__owner", distinct=True))
    return answers["mean"].total_seconds() / 3600 if answers["people"] >= LEAST else None


def _months_over(count: int, *, today: date) -> tuple[date, date]:
    """The first day of the last months that are over, and the first day after them."""
    until = today.year * 12 + today.month - 1
    first = until - count
    return date(first // 12, first % 12 + 1, 1), date(until // 12, until % 12 + 1, 1)


def _counted(name: str) -> Counted:
    indicator = NAMED[name]
    assert isinstance(indicator, Counted)
    return indicator


def _shown(number: float, *, made_of: float) -> int | None:
    return None if 0 < made_of < LEAST else int(number)


def _sum(cells: Iterable[int | None]) -> Sum:
    listed = list(cells)
    hidden = listed.count(None)
    return Sum(sum(cell for cell in listed if cell is not None) + hidden, is_exact=not hidden)
