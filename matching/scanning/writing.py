"""What was found is written back set-wise: the differences alone, for one need as for a country.

The result travels by COPY into temporary tables; a handful of statements then set aside what is gone, update what
changed, insert what is new, and leave the rest alone. Pairs that people have decided on are never touched.

Whoever writes holds the needs' locks and has entered the barrier (`barrier`). A scan takes them before it reads. A
rescan reads without any lock, and writes only what nobody has touched since (`rescans.horizon`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.db.models import QuerySet

import engine
from engine.results import RULE_CODES
from matching.lifecycle import Act, Role, arrow
from matching.models import LIVE_STATES, Match, MatchState
from matching.scanning.found import NO_STANDING, NUMPY, TABLES, Result, Table

# A temporary table with more rows is worth a look by the planner.
MANY_ROWS = 1000
COPY_BYTES = 1 << 20

_PREPARE = "; ".join(
    f"CREATE TEMPORARY TABLE IF NOT EXISTS {table} ({', '.join(map(' '.join, columns.items()))})"
    " ON COMMIT DELETE ROWS"
    for table, columns in TABLES.items()
)
# Within one transaction a scan may follow another.
_EMPTY = "; ".join(f"DELETE FROM pg_temp.{table}" for table in TABLES)  # noqa: S608 (our own names)
# Of the temporary tables: how many rows they have is all that the planner needs to know.
_FEW_STATISTICS = "SET LOCAL default_statistics_target = 10"
_GONE = """
    UPDATE matching_match m SET state = %(superseded)s, changed_at = %(now)s
    WHERE m.need_id = ANY(%(needs)s) AND m.state = 'suggested'
      AND NOT EXISTS (SELECT FROM matching_found f WHERE f.need_id = m.need_id AND f.offer_id = m.offer_id)
"""
# A suggestion that stands hides one of the same pair that was set aside before; of several of those, the last counts.
_CHANGED = """
    UPDATE matching_match m
    SET state = 'suggested', rank = f.rank, score = f.score, part_values = f.parts, weight_values = %(weights)s,
        facts = NULL, algorithm = %(algorithm)s, distance_km = f.distance_km, first_day = f.first_day,
        last_day = f.last_day, quantity = f.quantity, need_revision = f.need_revision,
        offer_revision = f.offer_revision, changed_at = %(now)s
    FROM (SELECT *, ARRAY[part_1, part_2, part_3, part_4, part_5, part_6] AS parts FROM matching_found) f
    WHERE m.need_id = f.need_id AND m.offer_id = f.offer_id AND m.need_id = ANY(%(needs)s)
      AND m.state IN ('suggested', 'superseded')
      AND (m.state, m.rank, m.score, m.part_values, m.weight_values, m.algorithm, m.distance_km, m.first_day,
           m.last_day, m.quantity, m.need_revision, m.offer_revision)
          IS DISTINCT FROM
          ('suggested', f.rank, f.score, f.parts, %(weights)s, %(algorithm)s, f.distance_km, f.first_day,
           f.last_day, f.quantity, f.need_revision, f.offer_revision)
      AND (m.state = 'suggested' OR NOT EXISTS (
          SELECT FROM matching_match other
          WHERE other.need_id = m.need_id AND other.offer_id = m.offer_id
            AND (other.state = 'suggested' OR other.state = 'superseded' AND other.id > m.id)))
"""
_FRESH = """
    WITH fresh AS (
        INSERT INTO matching_match
            (city_id, need_id, offer_id, state, rank, score, part_values, weight_values, algorithm, distance_km,
             first_day, last_day, quantity, need_revision, offer_revision, created_at, changed_at)
        SELECT %(city)s, f.need_id, f.offer_id, 'suggested', f.rank, f.score,
               ARRAY[part_1, part_2, part_3, part_4, part_5, part_6], %(weights)s, %(algorithm)s, f.distance_km,
               f.first_day, f.last_day, f.quantity, f.need_revision, f.offer_revision, %(now)s, %(now)s
        FROM matching_found f LEFT JOIN (
            SELECT need_id, offer_id, true AS is_known FROM matching_match
            WHERE need_id = ANY(%(needs)s) AND state = ANY(%(known)s)
        ) k ON k.need_id = f.need_id AND k.offer_id = f.offer_id
        WHERE k.is_known IS NULL
        RETURNING need_id
    )
    SELECT need_id, count(*) FROM fresh GROUP BY need_id
"""
_SCANS = """
    INSERT INTO matching_scan
        (need_id, revision, feasible, suggested, lowest_standing, near_misses, algorithm, scanned_at)
    SELECT l.need_id, l.revision, l.feasible, l.suggested, nullif(l.lowest_standing, %(no_standing)s),
           coalesce(n.misses, '[]'), %(algorithm)s, %(now)s
    FROM matching_looked_at l LEFT JOIN (
        SELECT need_id, jsonb_agg(
            jsonb_build_object('offer', offer_id, 'rule', (%(rules)s::text[])[rule + 1],
                               'gap', nullif(gap, 'NaN'), 'distance_km', distance_km) ORDER BY place) AS misses
        FROM matching_missed GROUP BY need_id
    ) n ON n.need_id = l.need_id
    ON CONFLICT (need_id) DO UPDATE
    SET revision = excluded.revision, feasible = excluded.feasible, suggested = excluded.suggested,
        lowest_standing = excluded.lowest_standing, near_misses = excluded.near_misses, algorithm = excluded.algorithm,
        scanned_at = excluded.scanned_at
"""
SUPERSEDED = arrow(MatchState.SUGGESTED, Act.SUPERSEDE, frozenset({Role.ENGINE}), reason="")[0].to
KNOWN_STATES = [*map(str, LIVE_STATES), str(MatchState.SUPERSEDED)]


@dataclass(frozen=True, slots=True)
class Written:
    """What a write has changed. `fresh`: how many suggestions are new, by need."""

    fresh: Mapping[int, int]
    changed: int
    unchanged: int
    gone: int


def write(result: Result, *, now: datetime) -> Written:
    """Write what differs. Needs without any pair found lose the suggestions that they had."""
    with connection.cursor() as cursor:
        cursor.execute(f"{_PREPARE}; {_EMPTY}; {_FEW_STATISTICS}")
        for name, rows in zip(TABLES, (result.looked_at, result.found, result.missed), strict=True):
            _copy(cursor, name, rows)
        values: dict[str, Any] = {
            "needs": result.need_ids,
            "city": result.city.pk,
            "weights": [float(points) for points in result.weights.points],
            "algorithm": engine.VERSION,
            "rules": list(RULE_CODES),
            "no_standing": int(NO_STANDING),
            "superseded": str(SUPERSEDED),
            "known": KNOWN_STATES,
            "now": now,
        }
        cursor.execute(_GONE, values)
        gone = cursor.rowcount
        cursor.execute(_CHANGED, values)
        changed = cursor.rowcount
        cursor.execute(_FRESH, values)
        fresh = dict(cursor.fetchall())
        cursor.execute(_SCANS, values)
    return Written(fresh, changed, len(result.found) - changed - sum(fresh.values()), gone)


def supersede(suggestions: QuerySet[Match], *, now: datetime) -> int:
    """Set suggestions aside; how many. Locked in one order, so that two callers never wait for each other."""
    locked = suggestions.select_for_update(no_key=True, of=("self",)).order_by("pk").only("pk")
    gone = Match.objects.filter(pk__in=[match.pk for match in locked])
    return gone.update(state=SUPERSEDED, changed_at=now)


def without_waiting_for_the_disk() -> None:
    """Have the commit of this transaction return at once; for what can be done again.

    The log is one: whatever is committed later, and waits for the disk, makes sure of this too. When the machine fails
    before, both the suggestions and the mark that their part is done are lost, and the part is done again.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")


def _copy(cursor: CursorWrapper, name: str, rows: Table) -> None:
    """Send rows in PostgreSQL's binary format: each value behind its length, each row behind its number of values."""
    if not len(rows):
        return
    columns = TABLES[name]
    layout: list[tuple[str, str]] = [("fields", ">i2")]
    for column, type_ in columns.items():
        layout += [(f"{column} length", ">i4"), (column, f">{NUMPY[type_]}")]
    framed = np.empty(len(rows), layout)
    framed["fields"] = len(columns)
    for column in columns:
        framed[f"{column} length"] = rows.dtype[column].itemsize
        framed[column] = rows[column]
    with cursor.copy(f"COPY pg_temp.{name} ({', '.join(columns)}) FROM STDIN (FORMAT BINARY)") as copy:
        copy.write(b"PGCOPY\n\xff\r\n\0" + bytes(8))
        data = framed.view(np.uint8).data
        for start in range(0, len(data), COPY_BYTES):
            copy.write(data[start : start + COPY_BYTES])
        copy.write(b"\xff\xff")
    if len(rows) > MANY_ROWS:
        cursor.execute(f"ANALYZE pg_temp.{name}")
