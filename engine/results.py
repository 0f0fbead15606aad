"""What comes of ranking: tables of pairs, and their rows as records."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import ClassVar, Self

import numpy as np

from engine import scoring
from engine.arrays import MICRO, NO_CODES, Amounts, Bools, Floats, Ints
from engine.columns import NeedColumns, OfferColumns
from engine.pairs import Pairs, Sides
from engine.records import NearMiss, Pairing, Parts
from engine.rules import RULES
from engine.runs import Runs

RULE_CODES = tuple(RULES)


@dataclass(frozen=True, slots=True, eq=False)
class Feasible:
    """Feasible pairs, one row each. Held is what was dear to find, in few bytes; the rest is worked out again when
    it is asked for, so that whoever reads a property often keeps it.
    """

    needs: NeedColumns
    offers: OfferColumns
    today: date
    need: Ints  # int32, row in `needs`
    offer: Ints  # int32, row in `offers`
    micro_points: Ints  # int32, the score in millionths of a point
    run_first: Ints  # int32, day number
    run_last: Ints  # int32, day number
    left: Ints  # int32, on the run's tightest day (goods: in stock)

    COLUMNS: ClassVar[Mapping[str, type[np.generic]]] = dict.fromkeys(
        ("need", "offer", "micro_points", "run_first", "run_last", "left"), np.int32
    )

    def __len__(self) -> int:
        return len(self.need)

    def take(self, rows: Ints | Bools | slice) -> Self:
        return replace(self, **{name: getattr(self, name)[rows] for name in self.COLUMNS})

    def alone(self) -> Self:
        """With no more offers than are in it: what follows from a table of offers is then soon worked out."""
        offers, offer = np.unique(self.offer, return_inverse=True)
        return replace(self, offers=self.offers.take(offers), offer=offer)

    @property
    def score(self) -> Floats:
        return self.micro_points / MICRO

    @property
    def turn(self) -> Ints:
        """The offer's place in order of registration, then id."""
        return self.offers.turn[self.offer]

    @property
    def distance_km(self) -> Floats:
        return self.pairs.distance_km

    @property
    def reach_km(self) -> Floats:
        return self.pairs.reach_km

    @property
    def exempt(self) -> Bools:
        return self.pairs.exempt

    @property
    def quantity(self) -> Amounts:
        """What this offer could give to this need; hours may have halves."""
        return self.pairs.quantity

    @property
    def days_asked(self) -> Ints:
        return self.needs.last_day[self.need] - self.needs.first_day[self.need] + 1

    @property
    def parts(self) -> scoring.Parts6:
        """The six parts of the score, in the order of `PARTS`."""
        pairs = self.pairs
        return scoring.parts(pairs, self._known)

    @property
    def share(self) -> Floats:
        """What part of what was asked this offer alone could give: of the quantity and, of what lasts, of the days."""
        return scoring.shares(self.pairs, self._known)

    @property
    def standing(self) -> Ints:
        """What the order of a need's list goes by before anything else, highest first: see `scoring.standings`."""
        pairs, known = self.pairs, self._known
        return scoring.standings(pairs, scoring.shares(pairs, known), self.micro_points, known)

    @property
    def _known(self) -> scoring.Known:
        return scoring.Known.of(self._sides, self.today)

    @property
    def _sides(self) -> Sides:
        return Sides(self.needs, self.offers, NO_CODES, NO_CODES, self.today.toordinal())

    @property
    def _runs(self) -> Runs:
        return Runs(self.run_first, self.run_last, self.run_last - self.run_first + 1, self.left)

    @property
    def pairs(self) -> Pairs:
        return Pairs(self._sides, self.need, self.offer, _runs=self._runs)

    def best_first(self, standing: Ints, keep: int | None) -> Self:
        """Highest `standing` first, then distance (to 6 decimals), earlier registered, id; so many of each need.

        Rows of one need come together.
        """

        def among_equals(rows: Ints) -> tuple[Floats, Ints]:
            equals = self.take(rows)
            return np.rint(equals.distance_km * MICRO), equals.turn

        return self.take(scoring.highest_first(self.need, standing, among_equals, keep))


@dataclass(frozen=True, slots=True, eq=False)
class Missed:
    """Pairs that break one rule, one row each, with what is told of them."""

    need: Ints  # row in the needs
    offer: Ints  # row in the offers
    rule: Ints  # place in `RULE_CODES`
    gap: Floats  # km, days, units or euros, NaN where the rule has no number
    relative_gap: Floats  # compared with what was needed
    distance_km: Floats
    turn: Ints  # the offer's place in order of registration, then id

    COLUMNS: ClassVar[Mapping[str, type[np.generic]]] = {
        "need": np.int64,
        "offer": np.int64,
        "rule": np.int8,
        "gap": np.float64,
        "relative_gap": np.float64,
        "distance_km": np.float64,
        "turn": np.int32,
    }

    def __len__(self) -> int:
        return len(self.need)

    def take(self, rows: Ints | Bools | slice) -> Self:
        return replace(self, **{name: getattr(self, name)[rows] for name in self.COLUMNS})

    def nearest(self, keep: int) -> Self:
        """Smallest relative gap first, then distance (both to 6 decimals), earlier registered, id."""
        keys = (np.rint(self.relative_gap * MICRO), np.rint(self.distance_km * MICRO), self.turn)
        return self.take(scoring.smallest_first(self.need, keys, keep))


@dataclass(frozen=True, slots=True, eq=False)
class Ranked:
    """What `rank` says, as columns: of each need its best pairs and its nearest misses."""

    needs: NeedColumns
    offers: OfferColumns
    feasible: Feasible  # by need's row, then best first
    missed: Missed  # by need's row, then nearest first
    feasible_count: Ints  # per need, before any cut


def as_pairings(rows: Feasible) -> Iterator[tuple[int, Pairing]]:
    columns = (
        rows.need, rows.offer, rows.score, np.rint(rows.distance_km * MICRO) / MICRO, rows.reach_km, rows.exempt,
        rows.run_first, rows.run_last, rows.days_asked, rows.quantity, rows.left,
    )  # fmt: skip
    parts = zip(*(column.tolist() for column in rows.parts), strict=True)
    for row, six in zip(zip(*(column.tolist() for column in columns), strict=True), parts, strict=True):
        need, offer, score, distance_km, reach_km, exempt, first, last, asked, taken, left = row
        yield (
            need,
            Pairing(
                need_id=rows.needs.id_of(need),
                offer_id=rows.offers.id_of(offer),
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


def as_near_misses(needs: NeedColumns, offers: OfferColumns, rows: Missed) -> Iterator[tuple[int, NearMiss]]:
    columns = (rows.need, rows.offer, rows.rule, rows.gap, rows.distance_km)
    for need, offer, rule, gap, distance_km in zip(*(column.tolist() for column in columns), strict=True):
        yield (
            need,
            NearMiss(
                need_id=needs.id_of(need),
                offer_id=offers.id_of(offer),
                rule=RULE_CODES[rule],
                gap=None if gap != gap else round(gap, 6),
                distance_km=round(distance_km, 6),
            ),
        )
