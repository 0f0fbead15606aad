"""The baseline of the engine: plain SQL on a plain B-tree (category, band, longitude), and nothing else in the way.

The best SQL that was found before the engine was chosen: a table of its own, all that the query reads within the
index, exact distances of stored points of the unit sphere. It knows category, distance, dates and capacity, which is
all that differs in this data (no notice, no longest stay, no rent, no works), and has the engine's score and order.
"""

from collections.abc import Mapping, Sequence

import psycopg

from engine.goods import UNSURE
from engine.scoring import BEFORE_ALL
from engine.uncovered import LEAST_NIGHTS
from engine.vocabulary import (
    EARTH_RADIUS_KM,
    HALF_AS_NEAR_KM,
    PRIORITIES,
    UNKNOWN_CONFIRMATION_DAYS,
    URGENCIES,
    URGENT_WITHIN_DAYS,
)

MICRO = 1_000_000
_SQUARED_CHORD = "((o.x - n.x) * (o.x - n.x) + (o.y - n.y) * (o.y - n.y) + (o.z - n.z) * (o.z - n.z))"


def _case(value: str, cases: Mapping[str, int], otherwise: int) -> str:
    whens = " ".join(f"WHEN {value} {test} THEN {then}" for test, then in cases.items())
    return f"(CASE {whens} ELSE {otherwise} END)"


_POSTED = _case("n.urgency", {f"= {rank}": PRIORITIES[urgency] for rank, urgency in enumerate(URGENCIES)}, 0)
_BY_CALENDAR = _case(
    "((CASE WHEN n.lasts = 1 THEN q.wanted ELSE n.last_day END) - %(today)s)",
    {f"<= {days}": PRIORITIES[urgency] for urgency, days in URGENT_WITHIN_DAYS.items()},
    PRIORITIES[URGENCIES[-1]],
)
# Rules and score of a pair of rows `n` and `o`, as `p`; `standing` is what the list goes by.
_PAIR = f"""
    CROSS JOIN LATERAL (SELECT
        {2 * EARTH_RADIUS_KM} * asin(least(1, sqrt({_SQUARED_CHORD}) / 2)) AS km,
        greatest(o.first_day, n.first_day) AS begins,
        least(o.last_day, n.last_day) - greatest(o.first_day, n.first_day) + 1 AS days,
        n.last_day - n.first_day + 1 AS asked,
        greatest(n.first_day, %(today)s) AS wanted
    ) q
    CROSS JOIN LATERAL (SELECT greatest({_POSTED}, {_BY_CALENDAR}) AS priority) u
    CROSS JOIN LATERAL (SELECT round({MICRO} * (
        25 * ({HALF_AS_NEAR_KM} / ({HALF_AS_NEAR_KM} + q.km))
        + 20 * CASE WHEN n.lasts = 0 THEN (n.last_day - q.begins + 1)::float8 / q.asked
                    WHEN u.priority > 1 AND q.begins > q.wanted THEN q.days::float8 / q.asked / 2
                    ELSE q.days::float8 / q.asked END
        + 25 * CASE WHEN n.is_housing = 1 THEN sqrt(n.units::float8 / o.units)
                    WHEN n.lasts = 0 THEN least(1, o.units::float8 / n.units) * {UNSURE}
                    ELSE least(1, o.units::float8 / n.units) END
        + 10 * CASE WHEN n.lasts = 0 OR o.languages & n.languages <> 0 THEN 1 ELSE 0 END
        + 10 * (1 - least(greatest(%(today)s - o.confirmed_day, 0), {UNKNOWN_CONFIRMATION_DAYS})
                    / {UNKNOWN_CONFIRMATION_DAYS}::float8)
        + 10)) AS micro_points
    ) s
    CROSS JOIN LATERAL (SELECT q.km, s.micro_points, round({MICRO} * (
        CASE WHEN n.lasts = 1 THEN (least(n.units, o.units) * q.days)::float8 / (n.units * q.asked)
             ELSE least(n.units, o.units)::float8 / n.units END
        * (u.priority + s.micro_points / {MICRO} / 100)))
        + {BEFORE_ALL} * (n.lasts = 1 AND u.priority = {PRIORITIES["tonight"]} AND q.begins = q.wanted)::int AS standing
    ) p
"""
_FEASIBLE = f"""
    o.units >= n.least_units
    AND least(o.last_day, n.last_day) - greatest(o.first_day, n.first_day) + 1 >= CASE
        WHEN n.lasts = 0 THEN 1
        WHEN n.is_housing = 1 THEN least({LEAST_NIGHTS}, (9 * (n.last_day - n.first_day + 1) + 9) / 10)
        ELSE n.least_days END
    AND {_SQUARED_CHORD} <= CASE WHEN n.is_housing = 1 THEN n.squared_reach
                                 ELSE greatest(o.squared_reach, n.squared_reach) END
"""
_BEST = f"""
    SELECT o.id, p.micro_points, row_number() OVER (ORDER BY p.standing DESC, round({MICRO} * p.km), o.id) AS rank
    FROM plain_offers o {_PAIR}
    WHERE o.category = n.category AND o.band = ANY (ARRAY(SELECT generate_series(n.south, n.north)))
    AND o.longitude BETWEEN n.west AND n.east AND {_FEASIBLE}
    ORDER BY p.standing DESC, round({MICRO} * p.km), o.id LIMIT 20
"""  # noqa: S608 (our own words)
_LISTS = f"""
    SELECT n.id, (SELECT coalesce(array_agg(best.id ORDER BY best.rank), '{{}}') FROM ({_BEST}) best)
    FROM plain_needs n WHERE n.id = ANY (%(needs)s)
"""  # noqa: S608
_SUMS = f"""
    SELECT count(*), coalesce(sum(best.id), 0), coalesce(sum(best.micro_points), 0)::bigint
    FROM plain_needs n CROSS JOIN LATERAL ({_BEST}) best
    WHERE n.id BETWEEN %(first)s AND %(last)s AND n.id %% %(every)s = 0
"""  # noqa: S608
# The other way round no need reaches farther than the farthest of all: the box is as large as for a need.
_NEEDS_OF = f"""
    SELECT n.id, p.standing
    FROM (SELECT *, degrees(asin(sin(%(angle)s) / cos(radians(latitude)))) + 1e-6 AS width,
                 degrees(%(angle)s) + 1e-6 AS height FROM plain_offers WHERE id = %(offer)s) o
    JOIN plain_needs n ON n.category = o.category
        AND n.band = ANY (ARRAY(SELECT generate_series(
            floor((o.latitude - o.height) * 10)::int, floor((o.latitude + o.height) * 10)::int)))
        AND n.longitude BETWEEN o.longitude - o.width AND o.longitude + o.width
    {_PAIR}
    WHERE {_FEASIBLE}
"""  # noqa: S608


class PlainIndex:
    """The query on a connection of its own."""

    def __init__(self, url: str, *, today: int, most_reach_km: float) -> None:
        self._connection = psycopg.connect(url, autocommit=True)
        self._connection.execute(
            "SET jit = off"
        )  # compiling takes longer than it saves, here as in the product
        self._today = today
        self._angle = (most_reach_km + 1e-3) / EARTH_RADIUS_KM

    def close(self) -> None:
        self._connection.close()

    def best(self, need_ids: Sequence[int]) -> dict[int, list[int]]:
        """Of each of these needs the ids of its best 20 offers, best first."""
        rows = self._connection.execute(
            _LISTS, {"needs": list(need_ids), "today": self._today}, prepare=True, binary=True
        )
        return dict(rows.fetchall())

    def sums(self, first: int, last: int, *, every: int = 1) -> tuple[int, int, int]:
        """Over the best 20 of every so many-th need from id to id: pairs, and the sums of offers' ids and of points."""
        count, offers, points = self._connection.execute(
            _SUMS, {"first": first, "last": last, "every": every, "today": self._today}
        ).fetchone() or (0, 0, 0)
        return int(count), int(offers), int(points)

    def needs_of(self, offer_id: int) -> dict[int, int]:
        """The needs that this offer could help, with what the list of each goes by: `Feasible.standing`."""
        rows = self._connection.execute(
            _NEEDS_OF, {"offer": offer_id, "angle": self._angle, "today": self._today}, prepare=True
        )
        return {need: int(standing) for need, standing in rows.fetchall()}
