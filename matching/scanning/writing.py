"""What the engine found, written back set-wise: the differences alone, for one need as for a country.

The result travels by COPY into temporary tables; a handful of statements then set aside what is gone, update what
changed, insert what is new, and leave the rest alone. Pairs that people have decided on are never touched.

Whoever writes holds the needs' locks and has announced it (`scans.py`). A scan takes them before it reads. A rescan
reads without any lock; it therefore names the horizon of its reading, and what anybody has touched since is left
to the scan that follows from it (docs/adr/0006).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import numpy as np
from django.db import connection
from django.db.backends.utils import CursorWrapper
from numpy.typing import NDArray

import engine
from accounts.models import Organisation
from cities.models import City
from engine.ranking import RULE_CODES, Ranked
from engine.rules import MICRO
from matching.lifecycle import Act, Role, arrow
from matching.models import LIVE_STATES, MatchState
from needs.models import OPEN_STATES

Ints = NDArray[np.int64]
Table = NDArray[np.void]

# PostgreSQL counts days from here.
DAY_ZERO = date(2000, 1, 1).toordinal()
# A temporary table with more rows is worth a look by the planner.
MANY_ROWS = 1000
COPY_BYTES = 1 << 20

_LOOKED_AT = {
    "need_id": "bigint", "revision": "integer", "feasible": "integer", "suggested": "integer",
    "lowest_score": "float8",
}  # fmt: skip
_FOUND = {
    "need_id": "bigint", "offer_id": "bigint", "need_revision": "integer", "offer_revision": "integer",
    "rank": "integer", "score": "float8", "part_1": "float8", "part_2": "float8", "part_3": "float8",
    "part_4": "float8", "part_5": "float8", "part_6": "float8", "distance_km": "float8", "first_day": "date",
    "last_day": "date", "quantity": "integer",
}  # fmt: skip
_MISSED = {
    "need_id": "bigint", "place": "integer", "offer_id": "bigint", "rule": "integer", "gap": "float8",
    "distance_km": "float8",
}  # fmt: skip
_TABLES = {"matching_looked_at": _LOOKED_AT, "matching_found": _FOUND, "matching_missed": _MISSED}
_NUMPY = {"bigint": "i8", "integer": "i4", "date": "i4", "float8": "f8"}

_PREPARE = "; ".join(
    f"CREATE TEMPORARY TABLE IF NOT EXISTS {table} ({', '.join(map(' '.join, columns.items()))})"
    " ON COMMIT DELETE ROWS"
    for table, columns in _TABLES.items()
)
# Within one transaction a scan may follow another.
_EMPTY = "; ".join(f"DELETE FROM pg_temp.{table}" for table in _TABLES)  # noqa: S608 (our own names)
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
        (need_id, revision, feasible, suggested, lowest_score, near_misses, algorithm, scanned_at)
    SELECT l.need_id, l.revision, l.feasible, l.suggested, nullif(l.lowest_score, 'Infinity'),
           coalesce(n.misses, '[]'), %(algorithm)s, %(now)s
    FROM matching_looked_at l LEFT JOIN (
        SELECT need_id, jsonb_agg(
            jsonb_build_object('offer', offer_id, 'rule', (%(rules)s::text[])[rule + 1],
                               'gap', nullif(gap, 'NaN'), 'distance_km', distance_km) ORDER BY place) AS misses
        FROM matching_missed GROUP BY need_id
    ) n ON n.need_id = l.need_id
    ON CONFLICT (need_id) DO UPDATE
    SET revision = excluded.revision, feasible = excluded.feasible, suggested = excluded.suggested,
        lowest_score = excluded.lowest_score, near_misses = excluded.near_misses, algorithm = excluded.algorithm,
        scanned_at = excluded.scanned_at
"""
# `age` counts transactions back from now: a row's own `xmin` says which one wrote it last. What has been written
# since the horizon, or by a transaction that had not ended then, is younger.
_UNTOUCHED_NEEDS = """
    SELECT n.id FROM needs_need n LEFT JOIN accounts_organisation a ON a.id = n.organisation_id
    WHERE n.id = ANY(%(needs)s) AND n.state = ANY(%(open)s)
      AND (n.organisation_id IS NULL OR a.state = %(verified)s)
      AND age(n.xmin) > age(%(horizon)s::text::xid8::xid)
    ORDER BY n.id FOR NO KEY UPDATE OF n SKIP LOCKED
"""
_TOUCHED_OFFERS = """
    SELECT id FROM offers_offer
    WHERE id = ANY(%(offers)s) AND age(xmin) <= age(%(horizon)s::text::xid8::xid)
"""
_TOUCHED_OFFERS_OF_TOWNS = """
    SELECT id FROM offers_offer
    WHERE city_id = ANY(%(towns)s) AND age(xmin) <= age(%(horizon)s::text::xid8::xid)
"""
SUPERSEDED = arrow(MatchState.SUGGESTED, Act.SUPERSEDE, frozenset({Role.ENGINE}), reason="")[0].to
KNOWN_STATES = [*map(str, LIVE_STATES), str(MatchState.SUPERSEDED)]


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """What was found for some needs of one town: rows of the temporary tables, each in order of the need's id."""

    city: City
    weights: engine.Weights
    looked_at: Table
    found: Table
    missed: Table

    @property
    def need_ids(self) -> list[int]:
        """Every need that was looked at, in order."""
        return _list(self.looked_at["need_id"])

    @property
    def offer_ids(self) -> list[int]:
        """The offers that are suggested."""
        return _list(np.unique(self.found["offer_id"]))

    @property
    def full(self) -> set[int]:
        """The needs that have as many suggestions as are kept."""
        return set(_list(self.looked_at["need_id"][self.looked_at["suggested"] >= engine.KEEP]))

    @property
    def feasible(self) -> int:
        """How many pairs are possible, before any cut."""
        return int(self.looked_at["feasible"].sum(dtype=np.int64))

    def slices(self, size: int) -> Iterator["Result"]:
        """The same, so many needs at a time."""
        for start in range(0, len(self.looked_at), size):
            yield self.of(self.looked_at["need_id"][start : start + size])

    def of(self, need_ids: Iterable[int]) -> "Result":
        """What was found for these needs."""
        wanted = np.fromiter(need_ids, np.int64)
        return self._where(**{name: np.isin(table["need_id"], wanted) for name, table in self._tables()})

    def without(self, offer_ids: Iterable[int]) -> tuple["Result", set[int]]:
        """The same without these offers, and the needs that miss one."""
        gone = np.isin(self.found["offer_id"], np.fromiter(offer_ids, np.int64))
        return self._where(found=~gone), set(_list(self.found["need_id"][gone]))

    def _tables(self) -> tuple[tuple[str, Table], ...]:
        return (("looked_at", self.looked_at), ("found", self.found), ("missed", self.missed))

    def _where(self, **rows: NDArray[np.bool_]) -> "Result":
        return replace(self, **{name: getattr(self, name)[chosen] for name, chosen in rows.items()})


@dataclass(frozen=True, slots=True)
class Written:
    """What a write has changed. `fresh`: how many suggestions are new, by need."""

    fresh: Mapping[int, int]
    changed: int
    unchanged: int
    gone: int


def result(
    ranked: Ranked,
    *,
    city: City,
    weights: engine.Weights,
    revisions: Mapping[int, int],
    offer_revisions: Ints,
) -> Result:
    """What the engine said, as rows. `revisions` names all needs looked at, also those that it was not given, with
    the revision compared; `offer_revisions` go by row.
    """
    pairs, misses = ranked.feasible, ranked.missed
    need_ids = np.asarray(ranked.needs.ids, np.int64)
    offer_ids = np.asarray(ranked.offers.ids, np.int64)
    everyone = np.array(sorted(revisions), np.int64)
    places = np.searchsorted(everyone, need_ids)
    count = np.zeros(len(everyone), np.int64)
    feasible = count.copy()
    count[places] = np.bincount(pairs.need, minlength=len(need_ids))
    feasible[places] = ranked.feasible_count
    lowest = np.full(len(everyone), np.inf)
    np.minimum.at(lowest, places[pairs.need], pairs.score)
    need_revisions = np.array([revisions[id_] for id_ in need_ids.tolist()], np.int64)
    parts = {f"part_{place}": values for place, values in enumerate(pairs.parts, start=1)}
    looked_at = _table(
        _LOOKED_AT,
        need_id=everyone,
        revision=np.array([revisions[id_] for id_ in everyone.tolist()], np.int64),
        feasible=feasible,
        suggested=count,
        lowest_score=lowest,
    )
    found = _table(
        _FOUND,
        need_id=need_ids[pairs.need],
        offer_id=offer_ids[pairs.offer],
        need_revision=need_revisions[pairs.need],
        offer_revision=offer_revisions[pairs.offer],
        rank=_places(pairs.need),
        score=pairs.score,
        distance_km=np.rint(pairs.distance_km * MICRO) / MICRO,
        first_day=pairs.run_first - DAY_ZERO,
        last_day=pairs.run_last - DAY_ZERO,
        quantity=pairs.quantity,
        **parts,
    )
    missed = _table(
        _MISSED,
        need_id=need_ids[misses.need],
        place=_places(misses.need),
        offer_id=offer_ids[misses.offer],
        rule=misses.rule,
        gap=np.round(misses.gap, 6),
        distance_km=np.round(misses.distance_km, 6),
    )
    return Result(city, weights, looked_at, _by_need(found), _by_need(missed))


def write(result: Result, *, now: datetime) -> Written:
    """Write what differs. Needs without any pair found lose the suggestions that they had."""
    with connection.cursor() as cursor:
        cursor.execute(f"{_PREPARE}; {_EMPTY}; {_FEW_STATISTICS}")
        for name, rows in zip(_TABLES, (result.looked_at, result.found, result.missed), strict=True):
            _copy(cursor, name, rows)
        values: dict[str, Any] = {
            "needs": result.need_ids,
            "city": result.city.pk,
            "weights": [float(points) for points in result.weights.points],
            "algorithm": engine.VERSION,
            "rules": list(RULE_CODES),
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


def without_waiting_for_the_disk() -> None:
    """Have the commit of this transaction return at once; for what can be done again.

    The log is one: whatever is committed later, and waits for the disk, makes sure of this too. When the machine fails
    before, both the suggestions and the mark that their part is done are lost, and the part is done again.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")


def horizon() -> int:
    """The moment before a reading, as the database counts: everything older is read as it stands."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        return int(cursor.fetchone()[0])


def lock_untouched(need_ids: Sequence[int], *, horizon: int) -> list[int]:
    """Lock those of the needs that are open, that nobody has touched since, and that nobody holds just now."""
    with connection.cursor() as cursor:
        values: dict[str, Any] = {
            "needs": list(need_ids),
            "horizon": horizon,
            "open": [str(state) for state in OPEN_STATES],
            "verified": str(Organisation.State.VERIFIED),
        }
        cursor.execute(_UNTOUCHED_NEEDS, values)
        return [row[0] for row in cursor.fetchall()]


def touched_offers(offer_ids: Sequence[int], *, horizon: int) -> list[int]:
    """Those of the offers that somebody has changed, or held a part of, since."""
    with connection.cursor() as cursor:
        cursor.execute(_TOUCHED_OFFERS, {"offers": list(offer_ids), "horizon": horizon})
        return [row[0] for row in cursor.fetchall()]


def touched_offers_of(city_ids: Iterable[int], *, horizon: int) -> list[int]:
    """The same of all offers of some towns, new ones included."""
    with connection.cursor() as cursor:
        cursor.execute(_TOUCHED_OFFERS_OF_TOWNS, {"towns": list(city_ids), "horizon": horizon})
        return [row[0] for row in cursor.fetchall()]


def _places(need: Ints) -> Ints:
    """1, 2, 3 … within each need; its rows lie together."""
    start = np.flatnonzero(np.concatenate([[True], need[1:] != need[:-1]])[: len(need)])
    return np.arange(len(need)) - np.repeat(start, np.diff(np.concatenate([start, [len(need)]]))) + 1


def _by_need(rows: Table) -> Table:
    return rows[np.argsort(rows["need_id"], kind="stable")]


def _list(values: Ints) -> list[int]:
    found: list[int] = values.tolist()
    return found


def _table(columns: Mapping[str, str], **values: NDArray[np.generic]) -> Table:
    table = np.empty(len(values["need_id"]), [(name, f">{_NUMPY[type_]}") for name, type_ in columns.items()])
    for name in columns:
        table[name] = values[name]
    return table


def _copy(cursor: CursorWrapper, name: str, rows: Table) -> None:
    """Send rows in PostgreSQL's binary format: each value behind its length, each row behind its number of values."""
    if not len(rows):
        return
    columns = _TABLES[name]
    layout: list[tuple[str, str]] = [("fields", ">i2")]
    for column, type_ in columns.items():
        layout += [(f"{column} length", ">i4"), (column, f">{_NUMPY[type_]}")]
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
