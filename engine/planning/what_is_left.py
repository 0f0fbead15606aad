"""What is left when a plan is kept, of what needs miss and of what offers have.

Its lines are taken from the offers, on the days of their runs (goods: from the stock) and from what the needs miss. Of
what is left, runs are worked out anew, and whatever is then feasible is given too, by the better of the two baselines,
again and again until nothing is.
"""

from collections.abc import Collection, Hashable, Mapping
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from engine.arrays import Ints
from engine.columns import NeedColumns, OfferColumns
from engine.pairs import Sides
from engine.planning import Plan, plan_pairs
from engine.planning.afterwards import needs_afterwards
from engine.planning.problem import weeks_of
from engine.ranking import rank_columns
from engine.records import Weights
from engine.stretches import cut_windows, with_stretches
from engine.uncovered import Uncovered
from engine.vocabulary import GOODS

PAIRS = 500_000


@dataclass(frozen=True, slots=True)
class Asker:
    """What all plans of what is left have in common."""

    today: date
    weights: Weights | Mapping[Hashable, Weights]
    links: Collection[frozenset[Hashable]]

    def plan(self, sides: Sides, seconds: float) -> Plan:
        ranked = rank_columns(
            sides.needs,
            sides.offers,
            today=self.today,
            weights=self.weights,
            links=self.links,
            excluded=sides.excluded,
            keep=max(1, PAIRS // max(1, len(sides.needs))),
            near=0,
        )
        return plan_pairs(ranked.feasible, seconds=seconds)

    def rest(
        self,
        made: Plan,
        needs: NeedColumns,
        offers: OfferColumns,
        excluded: Collection[tuple[Hashable, Hashable]] | Ints,
    ) -> Sides:
        """Needs and offers with what is left of them when no more can be given."""
        sides = Sides.of(needs, offers, today=self.today, links=self.links, excluded=excluded)
        while True:
            sides = _after(sides, made)
            made = self.plan(sides, seconds=0)
            if not len(made.units):
                return sides


def _after(sides: Sides, made: Plan) -> Sides:
    """What the plan leaves: open needs that miss something on days to come, open offers that have something."""
    needs, offers = needs_afterwards(sides.needs, made), _less(sides.offers, made)
    asking = np.flatnonzero(needs.is_open & (Uncovered.of(needs, sides.today).days > 0))
    some_left = np.logical_or.reduceat(offers.stretch_left > 0, offers.stretches_from[:-1])
    having = np.flatnonzero(offers.is_open & some_left)
    return replace(sides, needs=needs, offers=offers).take(asking, having)


def _less(offers: OfferColumns, made: Plan) -> OfferColumns:
    """The offers without what the plan uses of them."""
    goods = [code for (kind, _), code in offers.vocabulary.categories.items() if kind == GOODS]
    is_stock = np.isin(offers.category, goods)
    offer, units = made.pairs.offer.astype(np.int64), np.ceil(made.units).astype(np.int64)
    monday, sunday = weeks_of(made.first)
    once = made.pairs.needs.one_day[made.pairs.need]
    first, last = np.where(once, monday, made.first), np.where(once, sunday, made.last)
    # Each stretch is cut as if it were a window.
    cut = cut_windows(
        window_owner=np.repeat(np.arange(len(offers)), np.diff(offers.stretches_from)),
        window_first=offers.stretch_first,
        window_last=offers.stretch_last,
        hold_owner=offer,
        hold_first=first,
        hold_last=last,
        hold_quantity=np.where(is_stock[offer], 0, units),
    )
    gone = np.bincount(offer, units, len(offers)).astype(np.int64)
    left = offers.stretch_left[cut.window] - np.where(is_stock, gone, 0)[cut.owner] - cut.held
    return with_stretches(offers, cut.owner, cut.first, cut.last, left)
