"""Which pairs are feasible for sure but cannot be among the best of their need: they need not be worked out exactly.

What a pair is worth is estimated by the formulas of `scoring`, on a whole block at once and in single precision. Of
pairs of which a quick look is sure, days and quantities are the exact ones (`rules.sure_look`), and the distance alone
may be a little wrong.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any, Self, TypeVar

import numpy as np

from engine import scoring
from engine.arrays import MICRO, NO_CODES, Bools, Floats, Ints
from engine.coarse import POINT_SLACK, Block, Places
from engine.pairs import Pairs, Sides
from engine.rules import RULES, SEEN, sure_look
from engine.runs import Runs
from engine.vocabulary import EARTH_RADIUS_KM, HALF_AS_NEAR_KM

# So much of what a pair is worth may single precision take, and of nearness the chord, taken for the arc.
ROUNDING = 5e-5
BY_CHORD = 3e-4
# Of a block: where a larger part of the pairs is feasible, all of it is worth working out at once.
MANY = 1 / 3
# A need's pairs fall into so many parts for each that is kept, which tell how much the last that is kept is worth.
PARTS = 6
NOTHING = -1.0  # less than any pair is worth

Table = TypeVar("Table", bound=Any)
Single = Any  # an array in single precision, where the formulas name their own


@dataclass(frozen=True, slots=True, eq=False)
class Estimates:
    """Of blocks of two sides; all numbers in single precision."""

    sides: Sides
    known: scoring.Known
    points: Single
    rules: tuple[str, ...]  # those at stake that no quick look sees
    keep: int

    @classmethod
    def of(
        cls, sides: Sides, known: scoring.Known, points: Floats, at_stake: Collection[str], keep: int
    ) -> Self:
        # Whoever has slots or is given something is not clear at a glance.
        none: dict[str, Any] = dict.fromkeys(
            ("slot_start", "slot_end", "given_first", "given_last", "given_quantity"), NO_CODES
        )
        needs = replace(_in_singles(sides.needs, "first_day", "last_day", "quantity"), **none)
        return cls(
            replace(sides, needs=needs),
            _in_singles(known, *scoring.NUMBERS_KNOWN),
            points.astype(np.float32),
            tuple(code for code in at_stake if code not in SEEN),
            keep,
        )

    def surpassed(self, block: Block, may: Bools) -> Bools:
        """Of the pairs of a block that may be feasible, those that are, and so are `keep` better ones of their need."""
        sure = self._sure(block, may)
        if np.count_nonzero(sure) > sure.size * MANY:
            worth = np.where(sure, self._worth(block), NOTHING)
        else:
            places = block.places(sure)
            worth = np.full(sure.shape, NOTHING, np.float32)
            worth.ravel()[places.number] = self._worth(block, places)
        lowest = _lowest_kept(worth, self.keep) - 2 * self._error(block)
        return sure & (worth < lowest[:, None])

    def _sure(self, block: Block, may: Bools) -> Bools:
        """The pairs that are feasible for sure."""
        sure = sure_look(block, may)
        if self.rules:
            pairs = Pairs(self.sides, *block.pairs(sure))
            for code in self.rules:
                holds = RULES[code](pairs)
                sure[sure] = holds
                pairs = pairs.where(holds)
        return sure

    def _worth(self, block: Block, places: Places | None = None) -> Floats:
        """See `scoring.worth`: of every pair of a block, or of those at some places."""
        need, offer, squared_chord = block.need_rows[:, None], block.offer_rows, block.squared_chord
        coarse: list[Single] = [
            getattr(block.offers, name) for name in ("first", "last", "longest", "most_left")
        ]
        if places:
            need, offer = block.need_rows[places.row], block.offer_rows[places.column]
            squared_chord = squared_chord.ravel()[places.number]
            coarse = [column[places.column] for column in coarse]
        chord: Single = np.sqrt(np.maximum(squared_chord, 0))
        runs = self._runs(need, *coarse)
        pairs = Pairs(self.sides, need, offer, chord * np.float32(EARTH_RADIUS_KM), _runs=runs)
        with np.errstate(divide="ignore", invalid="ignore"):  # of pairs that are not feasible
            points = scoring.weighted(scoring.parts(pairs, self.known), self.points, pairs)
            worth = scoring.worth(pairs, scoring.shares(pairs, self.known), points, self.known)
        return scoring.first_tonight(worth, scoring.BEFORE_ALL / MICRO, pairs, self.known)

    def _runs(self, need: Ints, first: Single, last: Single, longest: Single, left: Single) -> Runs:
        """Of offers of one stretch."""
        needs = self.sides.needs
        first = np.maximum(needs.first_day[need], first)
        if self.known.none_lasts:
            return Runs(first, first, np.ones_like(left), left)
        last = np.minimum(needs.last_day[need], last)
        if self.sides.some_limit_stays:
            last = np.minimum(last, first + longest - 1)
        if not self.known.all_last:
            last = np.where(needs.one_day[need], first, last)
        return Runs(first, last, last - first + 1, left)

    def _error(self, block: Block) -> float:
        """How wrong it may be: most where there is no distance, for there nearness falls fastest."""
        wrong_km = EARTH_RADIUS_KM * (block.slack**0.5 + POINT_SLACK)
        nearness = wrong_km / HALF_AS_NEAR_KM + BY_CHORD
        return float(self.points[0].max(initial=0)) / 100 * nearness + ROUNDING


def _lowest_kept(worth: Floats, keep: int) -> Floats:
    """Of each row no more than its `keep`-th highest: that of the highest of some parts, which are quicker to sort."""
    parts = min(worth.shape[1], PARTS * keep)
    if parts < keep:
        return np.full(len(worth), NOTHING)
    size = worth.shape[1] // parts
    highest = worth[:, : size * parts].reshape(len(worth), size, parts).max(axis=1)
    return np.partition(highest, parts - keep, axis=1)[:, parts - keep]


def _in_singles(table: Table, *names: str) -> Table:
    found: Table = replace(table, **{name: getattr(table, name).astype(np.float32) for name in names})
    return found
