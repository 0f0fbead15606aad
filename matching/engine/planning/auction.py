"""A plan by auction, where units come one by one and days do not matter: goods of which part is useful, single hours.

Needs bid for units, offers sell to the highest bidders, prices only rise. A need bids up to where its second-best
choice would serve it as well, plus `step`: when nobody wants to bid any more, the choice is within `step` of the best
for each unit, and the prices prove it (Bertsekas, *The auction algorithm*, 1988; offers with several units as in
Bertsekas and Castañon, 1989). All needs that want something bid at once, in NumPy.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from matching.engine.columns import Bools, Floats, Ints
from matching.engine.planning.problem import Problem

# Pairs that bid at first, per need and per offer: most of the others are too dear to be worth a look.
CHOICES = 16


@dataclass(slots=True, eq=False)
class _Sales:
    """What is sold so far: one row each time that a need won units of a pair."""

    pair: Ints
    units: Ints
    bid: Floats

    def where(self, keep: Bools) -> "_Sales":
        return _Sales(self.pair[keep], self.units[keep], self.bid[keep])


def auction(problem: Problem, *, step: float, stop: Callable[[], bool]) -> tuple[Ints, Floats]:
    """Units per pair, and a price per unit of each offer; see `bound`. `stop` ends it early, with what is sold."""
    prices = np.zeros(len(problem.capacity))
    sales = _Sales(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))
    among = _likely(problem)
    while True:
        sales = _bid(problem, among, prices, sales, step, stop)
        if len(among) == len(problem) or stop():
            break
        # Whoever would now rather have another pair gives back what it holds, and bids again.
        gain = problem.value - prices[problem.offer]
        best = np.full(len(problem.quantity), 0.0)
        np.maximum.at(best, problem.need[among], gain[among])
        missed = gain > best[problem.need] + step
        missed[among] = False
        if not missed.any():
            break
        regrets = np.zeros(len(problem.quantity), np.bool_)
        regrets[problem.need[missed]] = True
        sales = sales.where(~regrets[problem.need[sales.pair]])
        among = np.union1d(among, np.flatnonzero(missed))
    units = np.bincount(sales.pair, sales.units, len(problem)).astype(np.int64)
    return units, prices


def bound(problem: Problem, prices: Floats) -> tuple[float, Floats]:
    """What no choice can exceed, whatever the prices, and what a unit of each pair loses against it.

    Each need takes its dearest units at these prices, each offer sells all: by duality that is an upper bound.
    """
    gain = problem.value - prices[problem.offer]
    best = np.zeros(len(problem.quantity))
    np.maximum.at(best, problem.need, gain)
    total = float(best @ problem.quantity + prices @ problem.capacity)
    return total, best[problem.need] - gain


def _likely(problem: Problem) -> Ints:
    """The best pairs of each need and of each offer."""
    if len(problem) <= 4 * CHOICES * len(problem.quantity):
        return np.arange(len(problem))
    keep = np.zeros(len(problem), np.bool_)
    for side in (problem.need, problem.offer):
        order = np.lexsort((-problem.value, side))
        start = np.searchsorted(side[order], side[order])
        keep[order[np.arange(len(order)) - start < CHOICES]] = True
    return np.flatnonzero(keep)


def _bid(
    problem: Problem, among: Ints, prices: Floats, sales: _Sales, step: float, stop: Callable[[], bool]
) -> _Sales:
    """Rounds of bids on the pairs `among`, until nobody bids. `prices` is written to."""
    need, offer, value = problem.need[among], problem.offer[among], problem.value[among]
    needs = len(problem.quantity)
    starts = np.searchsorted(need, np.arange(needs + 1))
    counts = np.diff(starts)
    place = np.full(len(problem), -1)
    place[among] = np.arange(len(among))
    missing = problem.quantity - np.bincount(problem.need[sales.pair], sales.units, needs).astype(np.int64)
    # A need that holds all of an offer cannot want more of it.
    held = np.bincount(place[sales.pair], sales.units, len(among)).astype(np.int64)
    whole_offer = problem.most[among]
    bidders = np.flatnonzero((missing > 0) & (counts > 0))
    while len(bidders) and not stop():
        count = counts[bidders]
        first = np.cumsum(count) - count
        row = np.repeat(starts[bidders] - first, count) + np.arange(count.sum())
        gain = value[row] - prices[offer[row]]
        gain[held[row] >= whole_offer[row]] = -1.0
        best = np.maximum.reduceat(gain, first)
        bidder = np.repeat(np.arange(len(bidders)), count)
        equal = np.flatnonzero(gain == best[bidder])
        choice = equal[np.append(True, np.diff(bidder[equal]) > 0)]
        gain[choice] = -1.0
        second = np.maximum(np.maximum.reduceat(gain, first), 0.0)
        wants = best > 0
        if not wants.any():
            break
        chosen, who = row[choice[wants]], bidders[wants]
        new = _Sales(
            among[chosen],
            np.minimum(missing[who], (whole_offer - held)[chosen]),
            value[chosen] - second[wants] + step,
        )
        missing[who] -= new.units
        held[chosen] += new.units
        sales, lost = _sell(problem, sales, new, prices)
        losers = problem.need[lost.pair]
        np.add.at(missing, losers, lost.units)
        np.subtract.at(held, place[lost.pair], lost.units)
        changed = np.unique(np.concatenate([who, losers]))
        bidders = changed[(missing[changed] > 0) & (counts[changed] > 0)]
    return sales


def _sell(problem: Problem, sales: _Sales, new: _Sales, prices: Floats) -> tuple[_Sales, _Sales]:
    """Offers that have new bids keep the highest; what they keep, with all other sales, and what is lost.

    The price of an offer that has sold all is its lowest bid.
    """
    touched = np.zeros(len(prices), np.bool_)
    touched[problem.offer[new.pair]] = True
    again = touched[problem.offer[sales.pair]]
    pair = np.concatenate([sales.pair[again], new.pair])
    units = np.concatenate([sales.units[again], new.units])
    bid = np.concatenate([sales.bid[again], new.bid])
    order = np.lexsort((pair, -bid, problem.offer[pair]))
    pair, units, bid = pair[order], units[order], bid[order]
    offer = problem.offer[pair]
    begins = np.append(True, np.diff(offer) > 0)
    heads = np.flatnonzero(begins)
    group = np.cumsum(begins) - 1
    sold = np.cumsum(units)
    before = sold - units - (sold - units)[heads][group]
    kept = np.clip(problem.capacity[offer] - before, 0, units)
    some = kept > 0
    lowest = np.full(len(heads), np.inf)
    np.minimum.at(lowest, group[some], bid[some])
    ends = np.append(heads[1:], len(offer)) - 1
    sold_out = (before + units)[ends] >= problem.capacity[offer[ends]]
    prices[offer[heads]] = np.where(sold_out, lowest, 0.0)
    rest = sales.where(~again)
    return (
        _Sales(
            np.concatenate([rest.pair, pair[some]]),
            np.concatenate([rest.units, kept[some]]),
            np.concatenate([rest.bid, bid[some]]),
        ),
        _Sales(pair[kept < units], (units - kept)[kept < units], bid[kept < units]),
    )
