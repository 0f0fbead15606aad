"""A plan by auction, where units come one by one and days do not matter: goods of which part is useful, single hours.

Needs bid for units, offers sell to the highest bidders, prices only rise. A need bids up to where its second-best
choice would serve it as well, plus `step`: when nobody wants to bid any more, the choice is within `step` of the best
for each unit, and the prices prove it (Bertsekas, *The auction algorithm*, 1988; offers with several units as in
Bertsekas and Castañon, 1989). All needs that want something bid at once, in NumPy.

Bids are counted in 32 bits, which moves half the memory; what a plan is worth, and its bound, in 64.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
from numpy.typing import NDArray

from engine.arrays import Bools, Floats, Ints, ranges
from engine.planning.problem import Problem, pairs_where, summed
from engine.threads import THREADS

# Pairs of each need that are looked at to begin with. Prices never fall below zero and pairs are sorted by value, so
# that nobody has to look beyond the value of a second-best gain; whoever has to looks at twice as many.
CHOICES = 8
# Pairs that one thread looks at together: of fewer, starting it would take longer.
LOOKED_AT = 262_144
NOTHING = np.float32(0)
# A step smaller than this share of the highest value could be lost in rounding, and a price would not rise.
LEAST_STEP = 2.0**-21
# The gain of a pair that is held in full: nobody can want more of it.
FULL = np.float32(-np.inf)


def auction(problem: Problem, *, step: float, stop: Callable[[], bool]) -> tuple[Ints, Floats]:
    """Units per pair, and a price per unit of each offer; see `bound`. `stop` ends it early, with what is sold."""
    step = max(step, LEAST_STEP * problem.value.max(initial=0.0))
    choices = _Choices(problem)
    sold = _Sold(problem)
    need, most = problem.need, problem.most
    missing = problem.quantity.astype(np.int64)
    held = np.zeros(len(problem), np.int32)
    bidders = np.flatnonzero((missing > 0) & (choices.counts > 0))
    with ThreadPoolExecutor(THREADS) as pool:
        while len(bidders) and not stop():
            wants_more = np.zeros(len(missing), np.bool_)
            look = partial(choices.bids, prices=sold.prices, looks_on=wants_more)
            turns = list(choices.in_turns(bidders))
            bids = pool.map(look, turns) if len(turns) > 1 else map(look, turns)
            by, chosen, second = (np.concatenate(column) for column in zip(*bids, strict=True))
            units = np.minimum(missing[by], most[chosen] - held[chosen])
            missing[by] -= units
            held[chosen] += units.astype(np.int32)
            choices.gain[chosen[held[chosen] == most[chosen]]] = FULL
            bid = (problem.value[chosen] - second + step).astype(np.float32)
            lost = sold.sell(np.repeat(chosen, units), np.repeat(bid, units))
            loser = need[lost]
            missing += np.bincount(loser, minlength=len(missing))
            np.subtract.at(held, lost, np.int32(1))
            choices.gain[lost] = problem.value[lost]
            wants_more[by] = wants_more[loser] = True
            bidders = np.flatnonzero(wants_more & (missing > 0))
    return held, sold.prices.astype(np.float64)


def bound(problem: Problem, prices: Floats, units: Ints) -> tuple[float, Floats]:
    """What no choice can exceed, whatever the prices; and of each need the gain of the last unit that it would take,
    which one more unit of another pair would replace (0: more capacity is left).

    Each need takes its dearest units at these prices, each offer sells all: by duality that is an upper bound.
    `units` is a choice that is possible: of a need that it serves in full, pairs that gain less than the worst of those
    are not looked at. Nor is what gains less than one pair that could serve all of the need.
    """
    chosen = np.flatnonzero(units != 0)
    worst = np.full(len(problem.quantity), np.inf)
    np.minimum.at(worst, problem.need[chosen], problem.value[chosen] - prices[problem.offer[chosen]])
    least = np.where(problem.missing(units) > 0, 0.0, np.maximum(worst, 0.0))

    def is_dear(some: slice) -> Bools:
        gain = problem.value[some] - prices.take(problem.offer[some])
        return (gain >= least.take(problem.need[some])) & (gain > 0)

    good = pairs_where(len(problem), is_dear)
    gain = problem.value[good] - prices[problem.offer[good]]
    need = problem.need[good]
    serves_all = problem.most[good] >= problem.quantity[need]
    best = np.zeros(len(problem.quantity))
    np.maximum.at(best, need[serves_all], gain[serves_all])
    dear = gain >= best[need]
    good, gain = good[dear], gain[dear]
    order = np.lexsort((-gain, problem.need[good]))
    good, gain = good[order], gain[order]
    need, most = problem.need[good], problem.most[good].astype(np.int64)
    taken = np.cumsum(most) - most
    taken -= taken[np.searchsorted(need, need)]
    taken_here = np.clip(problem.quantity[need] - taken, 0, most)
    last = np.zeros(len(problem.quantity))
    full = (taken + taken_here >= problem.quantity[need]) & (taken_here > 0)
    last[need[full]] = gain[full]
    return float(gain @ taken_here + prices @ problem.capacity), last


def loss(problem: Problem, prices: Floats, last: Floats) -> Floats:
    """What a unit of each pair loses against the bound; `last` as `bound` gives it."""
    return np.maximum(last[problem.need] - (problem.value - prices[problem.offer]), 0)


class _Choices:
    """Each need's pairs, of which it looks at the first few before it bids, at more when it has to."""

    def __init__(self, problem: Problem) -> None:
        self._value = problem.value
        # What a unit of each pair is worth to who does not hold it in full.
        self.gain = problem.value.astype(np.float32)
        self._offer = problem.offer
        starts = problem.need_starts
        self._starts, self.counts = starts[:-1], np.diff(starts)
        self._depth = np.minimum(self.counts, CHOICES)

    def in_turns(self, bidders: Ints) -> Iterator[Ints]:
        """As many at a time as look at `LOOKED_AT` pairs, or one."""
        looked = np.cumsum(self._depth[bidders])
        cuts = np.searchsorted(looked, np.arange(LOOKED_AT, looked[-1], LOOKED_AT))
        yield from (some for some in np.split(bidders, cuts) if len(some))

    def bids(self, bidders: Ints, prices: NDArray[np.float32], looks_on: Bools) -> tuple[Ints, Ints, Floats]:
        """Who bids, for which pair, and what the second-best choice gains; whoever has to look on first is marked."""
        looked, starts, counts = self._depth[bidders], self._starts[bidders], self.counts[bidders]
        pair = ranges(starts, looked)
        gain = self.gain.take(pair)
        gain -= prices.take(self._offer.take(pair))
        first = np.cumsum(looked) - looked
        best = np.maximum.reduceat(gain, first)
        # Equal offers are bid for by turns, or all would want the first.
        equal = np.flatnonzero(gain == np.repeat(best, looked))
        head = np.searchsorted(equal, first)
        choice = equal[head + bidders % np.diff(head, append=len(equal))]
        gain[choice] = FULL
        second = np.maximum(np.maximum.reduceat(gain, first), NOTHING)

        deeper = np.flatnonzero(looked < counts)
        deeper = deeper[self._value[starts[deeper] + looked[deeper]] > second[deeper]]
        self._depth[bidders[deeper]] = np.minimum(2 * looked, counts)[deeper]
        looks_on[bidders[deeper]] = True
        bids = best > 0
        bids[deeper] = False
        return bidders[bids], pair[choice[bids]], second[bids]


class _Sold:
    """Each offer's units side by side, each with the pair that holds it and its bid, the highest first.

    `prices`: the lowest bid of an offer that has sold all it has, 0 of the others.
    """

    def __init__(self, problem: Problem) -> None:
        self._offer = problem.offer
        wanted = summed(problem.offer, problem.most, len(problem.capacity))
        # Units that nobody could want have no place here; then the offer never sells out.
        self._sells_out = wanted >= problem.capacity
        self._size = np.minimum(problem.capacity, wanted)
        self._start = np.cumsum(self._size) - self._size
        self._pair = np.full(self._size.sum(), -1)
        self._bid = np.zeros(self._size.sum(), np.float32)
        self._row = np.zeros(len(problem.capacity), np.int64)
        self.prices = np.zeros(len(problem.capacity), np.float32)

    def sell(self, pair: Ints, bid: Floats) -> Ints:
        """Sell to bids for one unit each where they are higher; the pairs of all units that are outbid."""
        offer = self._offer[pair]
        called = np.bincount(offer, minlength=len(self.prices))
        touched = np.flatnonzero(called)
        size, called = self._size[touched], called[touched]
        units = ranges(self._start[touched], size)
        self._row[touched] = np.arange(len(touched))
        row = self._row[np.concatenate([np.repeat(touched, size), offer])]
        pair = np.concatenate([self._pair[units], pair])
        bid = np.concatenate([self._bid[units], bid])
        # By offer, then the highest bid, then who holds it already: the bits of numbers above zero are in their order.
        order = np.argsort((row << 32) - bid.view(np.int32), kind="stable")
        pair, bid = pair[order], bid[order]
        kept, outbid = ranges(np.cumsum(size + called) - size - called, size), np.ones(len(pair), np.bool_)
        outbid[kept] = False
        self._pair[units], self._bid[units] = pair[kept], bid[kept]
        last = self._start[touched] + size - 1
        sold_out = self._sells_out[touched] & (self._pair[last] >= 0)
        self.prices[touched] = np.where(sold_out, self._bid[last], NOTHING)
        lost = pair[outbid]
        return lost[lost >= 0]
