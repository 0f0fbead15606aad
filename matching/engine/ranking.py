"""Who could help these needs? Each need's best pairings, its near misses, and why a pair is not feasible.

One need and a whole country take the same path: candidates in batches, rules, score, and the best of each
need kept.
"""

from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Self

import numpy as np

from matching.engine import candidates, scoring
from matching.engine.columns import (
    Bools,
    Floats,
    Ints,
    NeedColumns,
    OfferColumns,
    Vocabulary,
    need_columns,
    offer_columns,
)
from matching.engine.records import NearMiss, Need, Offer, Pairing, Parts, Ranking, Weights
from matching.engine.rules import ESSENTIAL, MICRO, MISSABLE, RULES, Pairs, excluded_codes, link_codes

KEEP = 20
NEAR = 10
BATCH = 131_072  # pairs judged at a time: some 50 MB

NO_RULE = -1
RULE_CODES = tuple(RULES)
SHORTEST_REACH_KM = 1.0  # the least that a gap in distance is compared with


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Columns of equal length that are cut, filtered and joined together."""

    need: Ints
    offer: Ints

    def take(self, rows: Ints) -> Self:
        return type(self)(*(getattr(self, field.name)[rows] for field in fields(self)))

    @classmethod
    def joined(cls, some: Sequence[Self]) -> Self:
        return cls(*(np.concatenate([getattr(one, field.name) for one in some]) for field in fields(cls)))


@dataclass(frozen=True, slots=True, eq=False)
class Feasible(Rows):
    """Feasible pairs with their score; `turn` is the offer's place in order of registration, then id."""

    score: Floats
    distance_km: Floats
    turn: Ints
    reach_km: Floats
    exempt: Bools
    run_first: Ints
    run_last: Ints
    left: Ints
    proximity: Floats
    dates: Floats
    fit: Floats
    language: Floats
    freshness: Floats
    courtesy: Floats

    def best(self, keep: int) -> Self:
        """Score descending, distance ascending (both to 6 decimals), earlier registered, id."""
        keys = (-self.score, np.rint(self.distance_km * MICRO), self.turn)
        return self.take(scoring.best_first(self.need, keys, keep))


@dataclass(frozen=True, slots=True, eq=False)
class Missed(Rows):
    """Pairs that break one rule, `rule` in `RULE_CODES`; `gap` is NaN where the rule has no number."""

    rule: Ints
    gap: Floats
    relative_gap: Floats
    distance_km: Floats
    turn: Ints

    def nearest(self, keep: int) -> Self:
        """Smallest relative gap first, then distance (both to 6 decimals), earlier registered, id."""
        keys = (np.rint(self.relative_gap * MICRO), np.rint(self.distance_km * MICRO), self.turn)
        return self.take(scoring.best_first(self.need, keys, keep))


def rank(
    needs: Sequence[Need] | NeedColumns,
    offers: Sequence[Offer] | OfferColumns,
    *,
    today: date,
    weights: Weights | Mapping[Hashable, Weights] = Weights(),  # noqa: B008 (frozen)
    links: Collection[frozenset[Hashable]] = frozenset(),
    excluded: Collection[tuple[Hashable, Hashable]] = frozenset(),
    keep: int = KEEP,
    near: int = NEAR,
    batch: int = BATCH,
) -> list[Ranking]:
    """One ranking per need, in the order given, among the offers given.

    `weights` may differ by the need's city (a city that is not in the mapping has the defaults). `links`
    holds pairs of cities, `excluded` the (need id, offer id) that were dismissed or declined. With `near=0`
    no near miss is looked for, and offers out of reach are passed over by the space index. Columns of both
    sides must share one vocabulary.
    """
    needs, offers = _columns(needs, offers)
    look = candidates.of_category if near else candidates.within_reach
    points = scoring.points_per_need(needs, weights)
    linked, set_aside = link_codes(needs, links), excluded_codes(needs, offers, excluded)

    feasible_count = np.zeros(len(needs), np.int64)
    best: list[Feasible] = []
    missed: list[Missed] = []
    for need, offer in look(needs, offers).batches(batch):
        pairs, broken = judge(Pairs(needs, offers, need, offer, linked, set_aside), tolerate=1 if near else 0)
        feasible = _scored(pairs.where(broken == NO_RULE), points, today)
        feasible_count += np.bincount(feasible.need, minlength=len(needs))
        best.append(feasible.best(keep))
        if near:
            missed.append(_missed(pairs.where(broken != NO_RULE), broken[broken != NO_RULE]).nearest(near))

    # Batches cut through needs: what is best in each batch competes once more.
    pairings: list[list[Pairing]] = [[] for _ in range(len(needs))]
    if best:
        for row, pairing in _pairings(Feasible.joined(best).best(keep), needs, offers):
            pairings[row].append(pairing)
    near_misses: list[list[NearMiss]] = [[] for _ in range(len(needs))]
    if missed:
        for row, near_miss in _near_misses(Missed.joined(missed).nearest(near), needs, offers):
            near_misses[row].append(near_miss)
    return [
        Ranking(id_, tuple(pairings[row]), tuple(near_misses[row]), int(feasible_count[row]))
        for row, id_ in enumerate(needs.ids)
    ]


def broken_rules(
    need: Need,
    offer: Offer,
    *,
    links: Collection[frozenset[Hashable]] = frozenset(),
    excluded: Collection[tuple[Hashable, Hashable]] = frozenset(),
) -> tuple[str, ...]:
    """Every rule that the pair breaks, in the order of `RULES`; none means that it is feasible.

    A pair of different categories is judged no further: the other conditions would be about nothing.
    """
    needs, offers = _columns([need], [offer])
    pairs = Pairs(
        needs,
        offers,
        np.array([0]),
        np.array([0]),
        link_codes(needs, links),
        excluded_codes(needs, offers, excluded),
    )
    broken = tuple(code for code, holds in RULES.items() if not holds(pairs)[0])
    return ("category",) if "category" in broken else broken


def judge(pairs: Pairs, *, tolerate: int) -> tuple[Pairs, Ints]:
    """The pairs that break no more than `tolerate` (0 or 1) of the rules that may be missed, and the one
    that each breaks.

    That rule is its place in `RULE_CODES`, or `NO_RULE`. A pair that breaks one of `ESSENTIAL` is never
    among them.
    """
    for code in ESSENTIAL:
        pairs = pairs.where(RULES[code](pairs))
    count = np.zeros(len(pairs), np.int64)
    broken = np.full(len(pairs), NO_RULE)
    for code in MISSABLE:
        breaks = ~RULES[code](pairs)
        count += breaks
        broken[breaks] = RULE_CODES.index(code)
        keep = count <= tolerate
        pairs, count, broken = pairs.where(keep), count[keep], broken[keep]
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
    if needs.vocabulary is not offers.vocabulary:
        raise ValueError("vocabulary: the columns of both sides must share one")
    return needs, offers


def _scored(pairs: Pairs, points: Floats, today: date) -> Feasible:
    values = scoring.parts(pairs, today)
    return Feasible(
        pairs.need,
        pairs.offer,
        scoring.score(values, points, pairs.need),
        pairs.distance_km,
        pairs.offers.turn[pairs.offer],
        pairs.reach_km,
        pairs.exempt,
        pairs.runs.first,
        pairs.runs.last,
        pairs.runs.left,
        *values,
    )


def _missed(pairs: Pairs, broken: Ints) -> Missed:
    """Gaps, and how they compare: with the reach (1 km at least), the days that are needed, the quantity
    that is needed.

    A rule without a number is missed by its whole: 1.
    """
    needs = pairs.needs
    distance, dates, capacity = (
        broken == RULE_CODES.index(code) for code in ("distance", "dates", "capacity")
    )
    reach, least_days = pairs.reach_km, needs.least_days[pairs.need]
    least_quantity = needs.least_quantity[pairs.need]
    gap = np.full(len(pairs), np.nan)
    gap[distance] = (pairs.distance_km - reach)[distance]
    gap[dates] = (least_days - pairs.runs.days)[dates]
    gap[capacity] = (least_quantity - pairs.offers.capacity[pairs.offer])[capacity]
    full = np.ones(len(pairs))
    full[distance] = np.maximum(reach, SHORTEST_REACH_KM)[distance]
    full[dates] = least_days[dates]
    full[capacity] = least_quantity[capacity]
    return Missed(
        pairs.need,
        pairs.offer,
        broken,
        gap,
        np.where(np.isnan(gap), 1.0, gap / full),
        pairs.distance_km,
        pairs.offers.turn[pairs.offer],
    )


def _pairings(rows: Feasible, needs: NeedColumns, offers: OfferColumns) -> Iterator[tuple[int, Pairing]]:
    quantity = np.minimum(needs.quantity[rows.need], rows.left)
    days_asked = (needs.last_day - needs.first_day + 1)[rows.need]
    columns = (
        rows.need, rows.offer, rows.score, np.rint(rows.distance_km * MICRO) / MICRO, rows.reach_km,
        rows.exempt, rows.run_first, rows.run_last, days_asked, quantity, rows.left,
    )  # fmt: skip
    values = (rows.proximity, rows.dates, rows.fit, rows.language, rows.freshness, rows.courtesy)
    parts = zip(*(column.tolist() for column in values), strict=True)
    for row, six in zip(zip(*(column.tolist() for column in columns), strict=True), parts, strict=True):
        need, offer, score, distance_km, reach_km, exempt, first, last, asked, taken, left = row
        yield (
            need,
            Pairing(
                need_id=needs.ids[need],
                offer_id=offers.ids[offer],
                score=score,
                parts=Parts(*six),
                distance_km=distance_km,
                reach_km=reach_km,
                exempt=exempt,
                run_first_day=date.fromordinal(first),
                run_last_day=date.fromordinal(last),
                days_asked=asked,
                quantity=taken,
                remaining=left,
            ),
        )


def _near_misses(rows: Missed, needs: NeedColumns, offers: OfferColumns) -> Iterator[tuple[int, NearMiss]]:
    columns = (rows.need, rows.offer, rows.rule, rows.gap, rows.distance_km)
    for need, offer, rule, gap, distance_km in zip(*(column.tolist() for column in columns), strict=True):
        yield (
            need,
            NearMiss(
                need_id=needs.ids[need],
                offer_id=offers.ids[offer],
                rule=RULE_CODES[rule],
                gap=None if gap != gap else round(gap, 6),
                distance_km=round(distance_km, 6),
            ),
        )
