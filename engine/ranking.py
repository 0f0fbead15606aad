"""Who could help these needs? Each need's best pairings, its near misses, and why a pair is not feasible.

One need and a whole country take the same path: candidates in batches, rules, score, and the best of each
need kept.
"""

from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
from math import inf
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from engine import candidates, scoring
from engine.arrays import MICRO, Bools, Floats, Ints, ranges
from engine.coarse import SHORTEST_REACH_KM, Beyond
from engine.columns import NeedColumns, OfferColumns, Vocabulary
from engine.estimates import Estimates
from engine.filling import need_columns, offer_columns
from engine.pairs import Pairs, Sides
from engine.records import NearMiss, Need, Offer, Pairing, Ranking, Weights
from engine.results import RULE_CODES, Feasible, Missed, Ranked, as_near_misses, as_pairings
from engine.rules import ESSENTIAL, NUMBERS, RULES, at_stake, quick_look
from engine.threads import THREADS

KEEP = 20
NEAR = 10
# Where not all near misses are looked for: so far beyond what both sides reach (docs/algorithm.md).
NEAR_KM = 20.0
BATCH = 131_072  # pairs judged at a time: some 50 MB

NO_RULE = -1
# Near misses are looked for in widening rings: so many times the larger reach beyond it, at last everywhere.
RINGS = (0.5, 2.0, 10.0, inf)


def rank(
    needs: Sequence[Need] | NeedColumns,
    offers: Sequence[Offer] | OfferColumns,
    *,
    today: date,
    weights: Weights | Mapping[Hashable, Weights] = Weights(),  # noqa: B008 (frozen)
    links: Collection[frozenset[Hashable]] = frozenset(),
    excluded: Collection[tuple[Hashable, Hashable]] | Ints = frozenset(),
    keep: int = KEEP,
    near: int = NEAR,
    near_when_full: bool = True,
    near_km: float = inf,
    batch: int = BATCH,
) -> list[Ranking]:
    """`rank_columns` of records or columns, as records: one ranking per need, in the order given."""
    ranked = rank_columns(
        *_columns(needs, offers),
        today=today,
        weights=weights,
        links=links,
        excluded=excluded,
        keep=keep,
        near=near,
        near_when_full=near_when_full,
        near_km=near_km,
        batch=batch,
    )
    pairings: list[list[Pairing]] = [[] for _ in range(len(ranked.needs))]
    for row, pairing in as_pairings(ranked.feasible.alone()):
        pairings[row].append(pairing)
    near_misses: list[list[NearMiss]] = [[] for _ in range(len(ranked.needs))]
    for row, near_miss in as_near_misses(ranked.needs, ranked.offers, ranked.missed):
        near_misses[row].append(near_miss)
    return [
        Ranking(ranked.needs.id_of(row), tuple(pairings[row]), tuple(near_misses[row]), count)
        for row, count in enumerate(ranked.feasible_count.tolist())
    ]


def rank_columns(
    needs: NeedColumns,
    offers: OfferColumns,
    *,
    today: date,
    weights: Weights | Mapping[Hashable, Weights] = Weights(),  # noqa: B008 (frozen)
    links: Collection[frozenset[Hashable]] = frozenset(),
    excluded: Collection[tuple[Hashable, Hashable]] | Ints = frozenset(),
    keep: int = KEEP,
    near: int = NEAR,
    near_when_full: bool = True,
    near_km: float = inf,
    batch: int = BATCH,
) -> Ranked:
    """The best pairs and the nearest misses of each need among these offers.

    `weights` may differ by the need's city (a city that is not in the mapping has the defaults). `links` holds
    pairs of cities, `excluded` the pairs that were set aside: (need id, offer id), or an array of
    `row_codes(need rows, offer rows)`. Near misses are looked for up to `near_km` beyond the larger reach and, unless
    `near_when_full`, only for needs with fewer than `keep` feasible offers; `near=0`: for none. Columns of both sides
    share one vocabulary; a `ValueError` begins with the name of a field that cannot be right.
    """
    search = _Search.of(needs, offers, today, weights, links, excluded, batch)
    count = np.zeros(len(needs), np.int64)
    feasible, missed = _Gathered(Feasible.COLUMNS), _Gathered(Missed.COLUMNS)
    for field in candidates.fields_of(search.sides):
        for best in search.feasible(field, keep, count):
            feasible.add(best)
        if near:
            wanting = np.flatnonzero(near_when_full | (count[field.need_rows] < keep))
            for nearest in search.missed(field, wanting, near, near_km):
                missed.add(nearest)
    return Ranked(
        needs,
        offers,
        Feasible(needs, offers, today, *feasible.by_need()),
        Missed(*missed.by_need()),
        count,
    )


def feasible_pairs(
    needs: NeedColumns,
    offers: OfferColumns,
    *,
    today: date,
    weights: Weights | Mapping[Hashable, Weights] = Weights(),  # noqa: B008 (frozen)
    links: Collection[frozenset[Hashable]] = frozenset(),
    excluded: Collection[tuple[Hashable, Hashable]] | Ints = frozenset(),
    batch: int = BATCH,
) -> Feasible:
    """All feasible pairs, by the need's row, then best first: what the plan chooses from. See `rank_columns`."""
    search = _Search.of(needs, offers, today, weights, links, excluded, batch)
    count = np.zeros(len(needs), np.int64)
    found = _Gathered(Feasible.COLUMNS)
    with ThreadPoolExecutor(THREADS) as pool:  # a need is of one category: no two count the same
        fields = candidates.fields_of(search.sides)
        for category in pool.map(lambda field: [*search.feasible(field, None, count)], fields):
            for pairs in category:
                found.add(pairs)
    return Feasible(needs, offers, today, *found.by_need())


@dataclass(frozen=True, slots=True, eq=False)
class _Search:
    """One pass over two tables, category by category."""

    sides: Sides
    today: date
    points: Floats
    batch: int

    @classmethod
    def of(
        cls,
        needs: NeedColumns,
        offers: OfferColumns,
        today: date,
        weights: Weights | Mapping[Hashable, Weights],
        links: Collection[frozenset[Hashable]],
        excluded: Collection[tuple[Hashable, Hashable]] | Ints,
        batch: int,
    ) -> Self:
        if needs.vocabulary is not offers.vocabulary:
            raise ValueError("vocabulary: the columns of both sides must share one")
        needs.refuse_faults()
        offers.refuse_faults()
        sides = Sides.of(needs, offers, today=today, links=links, excluded=excluded)
        return cls(sides, today, scoring.points_per_need(needs, weights), batch)

    def feasible(self, field: candidates.Field, keep: int | None, count: Ints) -> Iterator[Feasible]:
        """The best of each need of a category (None: all), counted in `count` before the cut.

        Rows of one need come together, best first.
        """
        points = self.points if self.points.shape[1] == 1 else self.points[:, field.need_rows]
        rules, known = at_stake(field.sides), scoring.Known.of(field.sides, self.today)
        rows = np.arange(len(field.need_rows))
        if keep is None:
            found = field.candidates(rows, beyond=Beyond(), tolerate=0, batch=self.batch)
        else:
            estimates = Estimates.of(field.sides, known, points, rules, keep)
            found = candidates.batches(self._not_surpassed(field, estimates, count), self.batch)
        for need, offer in found:
            pairs, _ = judge(Pairs(field.sides, need, offer), rules, tolerate=0)
            count[field.need_rows] += np.bincount(pairs.need, minlength=len(rows))
            best = _best(pairs, points, known, self.today, keep)
            yield replace(
                best,
                needs=self.sides.needs,
                offers=self.sides.offers,
                need=field.need_rows[best.need].astype(np.int32),
                offer=field.offer_rows[best.offer].astype(np.int32),
            )

    def _not_surpassed(
        self, field: candidates.Field, estimates: Estimates, count: Ints
    ) -> Iterator[tuple[Ints, Ints]]:
        """Candidates that may be among the best of their need. Feasible pairs that cannot be are counted, no more."""
        for block in field.blocks(np.arange(len(field.need_rows)), beyond=Beyond(), tolerate=0):
            may = quick_look(block)
            surpassed = estimates.surpassed(block, may)
            count[field.need_rows[block.need_rows]] += np.count_nonzero(surpassed, axis=1)
            yield block.pairs(may ^ surpassed)

    def missed(self, field: candidates.Field, rows: Ints, near: int, near_km: float) -> Iterator[Missed]:
        """The nearest misses of these needs of a category; rows of one need come together, nearest first."""
        rules = at_stake(field.sides)
        for share in RINGS if len(rows) * len(field.offer_rows) > candidates.SMALL else RINGS[-1:]:
            enough = np.zeros(len(field.need_rows), np.int64)
            found = []
            for need, offer in field.candidates(
                rows, beyond=Beyond(share, near_km), tolerate=1, batch=self.batch
            ):
                pairs, broken = judge(Pairs(field.sides, need, offer), rules, tolerate=1)
                missed = _missed(pairs.where(broken != NO_RULE), broken[broken != NO_RULE])
                found.append(missed.take(~_too_far(missed, near_km)).nearest(near))
                # Whatever lies beyond this ring is missed by a larger share of what was needed.
                sure = np.rint(found[-1].relative_gap * MICRO) < np.rint(share * MICRO)
                enough += np.bincount(found[-1].need[sure], minlength=len(enough))
            done = (enough >= near) | (share == RINGS[-1])
            for missed in found:
                final = missed.take(done[missed.need])
                yield replace(final, need=field.need_rows[final.need], offer=field.offer_rows[final.offer])
            rows = rows[~done[rows]]
            if not len(rows):
                return


class _Gathered:
    """Rows of many batches, in columns that grow in place: at no time is there much more than once all of it."""

    def __init__(self, dtypes: Mapping[str, type[np.generic]]) -> None:
        self._columns: dict[str, NDArray[Any]] = {name: np.empty(0, dtype) for name, dtype in dtypes.items()}
        self._length = 0

    def add(self, rows: Feasible | Missed) -> None:
        """Rows of one need come together, and all at once."""
        length = self._length + len(rows)
        for name, column in self._columns.items():
            if length > len(column):
                column.resize(length + length // 16, refcheck=False)
            column[self._length : length] = getattr(rows, name)
        self._length = length

    def by_need(self) -> Iterator[NDArray[Any]]:
        """Each column, in the order of the needs' rows, and of each need's as it came."""
        need = self._columns["need"][: self._length]
        first = np.flatnonzero(np.concatenate([[True], need[1:] != need[:-1]])[: len(need)])
        count = np.diff(np.append(first, len(need)))
        order = np.argsort(need[first])
        rows = ranges(first[order].astype(np.int32), count[order])
        del need
        for name in list(self._columns):
            yield self._columns.pop(name)[rows]


def _too_far(missed: Missed, near_km: float) -> Bools:
    too_far = np.rint(missed.gap * MICRO) > np.rint(near_km * MICRO)
    return too_far & (missed.rule == RULE_CODES.index("distance"))


def broken_rules(
    need: Need,
    offer: Offer,
    *,
    today: date,
    links: Collection[frozenset[Hashable]] = frozenset(),
    excluded: Collection[tuple[Hashable, Hashable]] = frozenset(),
) -> tuple[NearMiss, ...]:
    """Every rule that the pair breaks with its gap, in the order of `RULES`; none means that it is feasible.

    A pair of different categories is judged no further: the other conditions would be about nothing.
    """
    needs, offers = _columns([need], [offer])
    sides = Sides.of(needs, offers, today=today, links=links, excluded=excluded)
    pair = Pairs(sides, np.array([0]), np.array([0]))
    broken = [code for code, holds in RULES.items() if not holds(pair)[0]]
    if "category" in broken:
        broken = ["category"]
    same_pair = np.zeros(len(broken), np.int64)
    places = np.array([RULE_CODES.index(code) for code in broken], np.int8)
    missed = _missed(Pairs(sides, same_pair, same_pair), places)
    return tuple(miss for _row, miss in as_near_misses(needs, offers, missed))


def judge(pairs: Pairs, rules: Sequence[str], *, tolerate: int) -> tuple[Pairs, Ints]:
    """The pairs that break no more than `tolerate` (0 or 1) of the rules that may be missed, and the one that each
    breaks.

    That rule is its place in `RULE_CODES`, or `NO_RULE`. A pair that breaks one of `ESSENTIAL` is never among them.
    """
    broken = np.full(len(pairs), NO_RULE, np.int8)
    for code in rules:
        breaks = ~RULES[code](pairs)
        if not breaks.any():
            continue
        if code in ESSENTIAL or not tolerate:
            keep = ~breaks
        else:
            keep = ~breaks | (broken == NO_RULE)
            broken[breaks] = RULE_CODES.index(code)
        pairs, broken = pairs.where(keep), broken[keep]
    return pairs, broken


def _columns(
    needs: Sequence[Need] | NeedColumns, offers: Sequence[Offer] | OfferColumns
) -> tuple[NeedColumns, OfferColumns]:
    if isinstance(needs, NeedColumns):
        words = needs.vocabulary
    elif isinstance(offers, OfferColumns):
        words = offers.vocabulary
    else:
        words = Vocabulary()
    if not isinstance(offers, OfferColumns):
        offers = offer_columns(offers, words)
    if not isinstance(needs, NeedColumns):
        needs = need_columns(needs, words)
    return needs, offers


def _best(pairs: Pairs, points: Floats, known: scoring.Known, today: date, keep: int | None) -> Feasible:
    """The best of each need (None: all), best first; rows of one need come together."""
    need, runs = pairs.need, pairs.runs
    micro_points = scoring.score(scoring.parts(pairs, known), points, pairs)
    standing = scoring.standings(pairs, scoring.shares(pairs, known), micro_points, known)
    rows = slice(None) if keep is None else scoring.contenders(need, standing, keep)
    columns = (need, pairs.offer, micro_points, runs.first, runs.last, runs.left)
    some = (column[rows].astype(np.int32, copy=False) for column in columns)
    return Feasible(pairs.needs, pairs.offers, today, *some).best_first(standing[rows], keep)


def _missed(pairs: Pairs, broken: Ints) -> Missed:
    """Gaps, and how they compare: with the reach (1 km at least), the days or the quantity that are needed, the
    notice or the rent that is asked for.

    A rule without a number is missed by its whole: 1.
    """
    gap, full = np.full(len(pairs), np.nan), np.ones(len(pairs))
    for code, numbers in NUMBERS.items():
        here = broken == RULE_CODES.index(code)
        if here.any():
            needed, found = numbers(pairs.where(here))
            gap[here], full[here] = np.abs(needed - found), np.maximum(needed, SHORTEST_REACH_KM)
    return Missed(
        pairs.need,
        pairs.offer,
        broken,
        gap,
        np.where(np.isnan(gap), 1.0, gap / full),
        pairs.distance_km,
        pairs.offers.turn[pairs.offer],
    )
