"""What the engine found, as rows of the tables that are written back: each in order of the need's id."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

import engine
from cities.models import City
from engine.arrays import MICRO, Ints
from engine.results import Ranked

Table = NDArray[np.void]

# PostgreSQL counts days from here.
DAY_ZERO = date(2000, 1, 1).toordinal()

# More than any has: of a need without a pair.
NO_STANDING = np.iinfo(np.int32).max

# The columns of each table, and how numpy holds what PostgreSQL calls so.
LOOKED_AT = {
    "need_id": "bigint", "revision": "integer", "feasible": "integer", "suggested": "integer",
    "lowest_standing": "integer",
}  # fmt: skip
FOUND = {
    "need_id": "bigint", "offer_id": "bigint", "need_revision": "integer", "offer_revision": "integer",
    "rank": "integer", "score": "float8", "part_1": "float8", "part_2": "float8", "part_3": "float8",
    "part_4": "float8", "part_5": "float8", "part_6": "float8", "distance_km": "float8", "first_day": "date",
    "last_day": "date", "quantity": "integer",
}  # fmt: skip
MISSED = {
    "need_id": "bigint", "place": "integer", "offer_id": "bigint", "rule": "integer", "gap": "float8",
    "distance_km": "float8",
}  # fmt: skip
TABLES = {"matching_looked_at": LOOKED_AT, "matching_found": FOUND, "matching_missed": MISSED}
NUMPY = {"bigint": "i8", "integer": "i4", "date": "i4", "float8": "f8"}


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


def from_ranked(
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
    lowest = np.full(len(everyone), NO_STANDING)
    np.minimum.at(lowest, places[pairs.need], pairs.standing)
    need_revisions = np.array([revisions[id_] for id_ in need_ids.tolist()], np.int64)
    parts = {f"part_{place}": values for place, values in enumerate(pairs.parts, start=1)}
    looked_at = _table(
        LOOKED_AT,
        need_id=everyone,
        revision=np.array([revisions[id_] for id_ in everyone.tolist()], np.int64),
        feasible=feasible,
        suggested=count,
        lowest_standing=lowest,
    )
    found = _table(
        FOUND,
        need_id=need_ids[pairs.need],
        offer_id=offer_ids[pairs.offer],
        need_revision=need_revisions[pairs.need],
        offer_revision=offer_revisions[pairs.offer],
        rank=_places(pairs.need),
        score=pairs.score,
        distance_km=np.rint(pairs.distance_km * MICRO) / MICRO,
        first_day=pairs.run_first - DAY_ZERO,
        last_day=pairs.run_last - DAY_ZERO,
        # Hours are held whole: who comes for half an hour gives that hour to nobody else.
        quantity=np.ceil(pairs.quantity),
        **parts,
    )
    missed = _table(
        MISSED,
        need_id=need_ids[misses.need],
        place=_places(misses.need),
        offer_id=offer_ids[misses.offer],
        rule=misses.rule,
        gap=np.round(misses.gap, 6),
        distance_km=np.round(misses.distance_km, 6),
    )
    return Result(city, weights, looked_at, _by_need(found), _by_need(missed))


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
    table = np.empty(len(values["need_id"]), [(name, f">{NUMPY[type_]}") for name, type_ in columns.items()])
    for name in columns:
        table[name] = values[name]
    return table
