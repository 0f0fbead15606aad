"""How indicators are computed: for a town and some months, by month, kind or commune. Three queries in all."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import CharField, F, IntegerField, QuerySet, Value
from django.db.models.functions import Cast, Concat, Left, TruncMonth

from cities.days import midnight
from cities.models import City
from insight.indicators import COUNTED, SHARES, SPREADS, Counted
from matching.lifecycle import Act
from matching.models import MatchState

BY_MONTH, BY_KIND, BY_COMMUNE = "month", "kind", "commune"
# "2026-03 housing": of numbers alone.
BY_MONTH_AND_KIND = "month_and_kind"
# The whole of what is looked at, beside its parts.
ALL = ""


@dataclass(frozen=True, slots=True)
class Scope:
    """Rows from `first` until before `until`, of a kind and a commune where they are named, by one of three keys."""

    city: City
    first: date
    until: date
    kind: str = ""
    commune: str = ""
    by: str = BY_MONTH

    @property
    def begins(self) -> datetime:
        return midnight(self.first, self.city)

    @property
    def ends(self) -> datetime:
        return midnight(self.until, self.city)

    @property
    def months(self) -> list[str]:
        """ "2026-03", the oldest first."""
        first, last = self.first.year * 12 + self.first.month - 1, self.until.year * 12 + self.until.month - 1
        return [f"{number // 12}-{number % 12 + 1:02}" for number in range(first, last)]


@dataclass(slots=True)
class Figures:
    """By indicator and key. Where nothing was counted there is nothing: of numbers, that is none."""

    numbers: dict[str, dict[str, float]] = field(default_factory=dict)
    # Median and ninetieth centile, in seconds.
    times: dict[str, dict[str, tuple[float, float]]] = field(default_factory=dict)

    def keys(self) -> set[str]:
        named: list[Mapping[str, Any]] = [*self.numbers.values(), *self.times.values()]
        return {key for keys in named for key in keys} - {ALL}


def measure(scope: Scope, *, today: date) -> Figures:
    """All indicators of `insight.indicators`."""
    figures = Figures()
    figures.numbers = count({one.name: rows_of(one, scope) for one in COUNTED}, scope)
    figures.numbers["nights"] = _nights(scope, today)
    for share in SHARES:
        parts = figures.numbers.get(share.part, {})
        wholes = [figures.numbers.get(name, {}) for name in share.whole]
        figures.numbers[share.name] = {
            key: 100 * parts.get(key, 0) / whole
            for key in {key for keys in wholes for key in keys}
            if (whole := sum(keys.get(key, 0) for keys in wholes))
        }
    figures.times = _times(scope)
    return figures


# --- Numbers -------------------------------------------------------------------------------------------


def rows_of(indicator: Counted, scope: Scope) -> QuerySet:
    """What is counted, by key: rows of (key, n)."""
    rows = indicator.rows(scope.city)
    return grouped(rows, scope, moment=indicator.moment, entry=indicator.entry, value=indicator.value)


def grouped(rows: QuerySet, scope: Scope, *, moment: str, entry: str, value: Any) -> QuerySet:
    """The rows of the scope's time and place, by its key: (key, n) each."""
    wanted: dict[str, Any] = {f"{moment}__gte": scope.begins, f"{moment}__lt": scope.ends}
    if scope.kind:
        wanted[f"{entry}kind"] = scope.kind
    if scope.commune:
        wanted[f"{entry}commune"] = scope.commune
    month = TruncMonth(moment, tzinfo=ZoneInfo(scope.city.timezone))
    of_month = Left(Cast(month, CharField()), len("2026-03"))
    key: Any = {
        BY_MONTH: of_month,
        BY_KIND: F(f"{entry}kind"),
        BY_COMMUNE: F(f"{entry}commune"),
        BY_MONTH_AND_KIND: Concat(of_month, Value(" "), f"{entry}kind"),
    }[scope.by]
    return (
        rows.filter(**wanted)
        .order_by()
        .annotate(key=Cast(key, CharField()))
        .values("key")
        .annotate(n=Cast(value, IntegerField()))
    )


def count(named: Mapping[str, QuerySet], scope: Scope) -> dict[str, dict[str, float]]:
    """All in one query: by name and key, with their sum under `ALL`."""
    counted: dict[str, dict[str, float]] = {name: {} for name in named}
    each = [
        rows.annotate(name=Value(name, CharField())).values_list("name", "key", "n")
        for name, rows in named.items()
    ]
    first, *others = each
    for name, key, n in first.union(*others, all=True) if others else first:
        if n:
            counted[name][key] = n
    for keys in counted.values():
        if keys:
            keys[ALL] = sum(keys.values())
    return counted


# Days of a stay that are over, each in its month; without an end of its own a stay ends as it was agreed.
_NIGHTS = """
SELECT {key}, sum(stay.quantity * (
    least(stay.last_day, month.last_day) - greatest(stay.first_day, month.first_day) + 1))
FROM (
    SELECT hold.quantity, hold.first_day, need.kind, need.commune_id,
           least(hold.last_day, match.ended_on, %(yesterday)s) AS last_day
    FROM matching_hold hold
    JOIN matching_match match ON match.id = hold.match_id
    JOIN needs_need need ON need.id = hold.need_id
    WHERE match.city_id = %(city)s AND need.kind = 'housing' AND match.state = ANY(%(states)s)
) stay
JOIN LATERAL (
    SELECT begun::date AS first_day, (begun + interval '1 month')::date - 1 AS last_day
    FROM generate_series(%(first)s::timestamp, %(last)s::timestamp, '1 month') begun
) month ON month.first_day <= stay.last_day AND month.last_day >= stay.first_day
WHERE (%(kind)s = '' OR stay.kind = %(kind)s) AND (%(commune)s = '' OR stay.commune_id = %(commune)s)
GROUP BY GROUPING SETS ((1), ())
"""
_STAYED = [MatchState.UNDER_WAY, MatchState.COMPLETED, MatchState.BROKEN_OFF]


def _nights(scope: Scope, today: date) -> dict[str, float]:
    key = {
        BY_MONTH: "to_char(month.first_day, 'YYYY-MM')",
        BY_KIND: "stay.kind",
        BY_COMMUNE: "stay.commune_id",
    }[scope.by]
    asked = _asked(scope) | {
        "yesterday": date.fromordinal(today.toordinal() - 1),
        "states": [str(state) for state in _STAYED],
        "first": scope.first,
        "last": date.fromordinal(scope.until.toordinal() - 1),
    }
    return {key or ALL: n for key, n in _rows(_NIGHTS.format(key=key), asked) if n}


# --- Times ---------------------------------------------------------------------------------------------

# Each need with its first of everything. Matches are read once, and of decisions those of these needs alone.
_TIMES = """
WITH posted AS (
    SELECT id, kind, commune_id, created_at AS posted_at FROM needs_need
    WHERE city_id = %(city)s AND state <> 'draft' AND created_at >= %(begins)s AND created_at < %(ends)s
      AND (%(kind)s = '' OR kind = %(kind)s) AND (%(commune)s = '' OR commune_id = %(commune)s)
), matched AS (
    SELECT need_id, min(match.created_at) AS suggested_at, min(match.asked_at) AS asked_at
    FROM matching_match match JOIN posted ON posted.id = match.need_id GROUP BY need_id
), decided AS (
    SELECT match.need_id,
           min(at) FILTER (WHERE act = ANY(%(answers)s) AND decision.by_id IS NOT NULL) AS answered_at,
           min(at) FILTER (WHERE act = %(confirm)s) AS placed_at
    FROM matching_decision decision JOIN matching_match match ON match.id = decision.match_id
    JOIN posted ON posted.id = match.need_id GROUP BY match.need_id
)
SELECT {key}, {spreads}
FROM posted LEFT JOIN matched ON matched.need_id = posted.id LEFT JOIN decided ON decided.need_id = posted.id
GROUP BY GROUPING SETS ((1), ())
"""


def _times(scope: Scope) -> dict[str, dict[str, tuple[float, float]]]:
    key = {
        BY_MONTH: "to_char(posted_at AT TIME ZONE %(timezone)s, 'YYYY-MM')",
        BY_KIND: "posted.kind",
        BY_COMMUNE: "posted.commune_id",
    }[scope.by]
    spreads = ", ".join(
        "percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY extract(epoch FROM "
        f"greatest({spread.end} - {spread.start}, interval '0'))) "
        f"FILTER (WHERE {spread.end} IS NOT NULL AND {spread.start} IS NOT NULL)"
        for spread in SPREADS
    )
    asked = _asked(scope) | {"answers": [str(Act.ACCEPT), str(Act.DECLINE)], "confirm": str(Act.CONFIRM)}
    found: dict[str, dict[str, tuple[float, float]]] = {spread.name: {} for spread in SPREADS}
    for name, *values in _rows(_TIMES.format(key=key, spreads=spreads), asked):
        for spread, value in zip(SPREADS, values, strict=True):
            if value is not None:
                found[spread.name][name or ALL] = (value[0], value[1])
    return found


def _asked(scope: Scope) -> dict[str, Any]:
    return {
        "city": scope.city.pk,
        "timezone": scope.city.timezone,
        "begins": scope.begins,
        "ends": scope.ends,
        "kind": scope.kind,
        "commune": scope.commune,
    }


def _rows(sql: str, asked: Mapping[str, Any]) -> Iterable[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, asked)
        return cursor.fetchall()
