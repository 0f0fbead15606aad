"""A plan by auction, where units come one by one and days do not matter: goods of which part is useful, single hours.

Needs bid for units, offers sell to the highest bidders, prices only rise. A need bids up to where its second-best
choice would serve it as well, plus `step`: when nobody wants to bid any more, the choice is within `step` of the best
for each unit, and the prices prove it (Bertsekas, *The auction algorithm*, 1988; offers with several units as in
Bertsekas and Castañon, 1989). All needs that want something bid at once, in NumPy.
"""

from collections.abc import Callable

import numpy as np

from matching.engine.columns import Floats, Ints
from matching.engine.planning.problem import Problem

# Pairs of each need that are looked at to begin with. Prices never fall below zero and pairs are sorted by value, so
# that nobody has to look beyond the value of a second-best gain; whoever has to looks at twice as many.
CHOICES = 8


def auction(problem: Problem, *, step: float, stop: Callable[[], bool]) -> tuple[Ints, Floats]:
    """Units per pair, and a price per unit of each offer; see `bound`. `stop` ends it early, with what is sold."""
    need, offer, value, most = problem.need, problem.offer, problem.value, problem.most
    starts = problem.need_starts
    counts = np.diff(starts)
    depth = np.minimum(counts, CHOICES)
    # Of the first pair that is not looked at; nothing for who has looked at all.
    beyond = np.append(value, 0.0)
    missing = problem.quantity.copy()
    held = np.zeros(len(problem), np.int64)
    shelves = _Shelves(problem)
    prices = shelves.prices
    bidders = np.flatnonzero((missing > 0) & (counts > 0))
    while len(bidders) and not stop():
        looked = depth[bidders]
        first = np.cumsum(looked) - looked
        pair = np.repeat(starts[bidders] - first, looked) + np.arange(looked.sum())
        gain = value[pair] - prices[offer[pair]]
        # A need that holds all it can of an offer cannot want more of it.
        gain[held[pair] >= most[pair]] = -1.0
        best = np.maximum.reduceat(gain, first)
        who = np.repeat(np.arange(len(bidders)), looked)
        equal = np.flatnonzero(gain == best[who])
        # Equal offers are bid for by turns, or all would want the first.
        head = np.searchsorted(who[equal], np.arange(len(bidders)))
        ties = np.diff(np.append(head, len(equal)))
        choice = equal[head + bidders % ties]
        gain[choice] = -1.0
        second = np.maximum(np.maximum.reduceat(gain, first), 0.0)

        unseen = np.where(looked < counts[bidders], beyond[starts[bidders] + looked], 0.0)
        looks_on = unseen > second
        depth[bidders[looks_on]] = np.minimum(2 * looked, counts[bidders])[looks_on]
        bids = ~looks_on & (best > 0)
        chosen, by = pair[choice[bids]], bidders[bids]
        units = np.minimum(missing[by], most[chosen] - held[chosen])
        missing[by] -= units
        held[chosen] += units
        lost = shelves.sell(np.repeat(chosen, units), np.repeat(value[chosen] - second[bids] + step, units))
        np.add.at(missing, need[lost], 1)
        np.subtract.at(held, lost, 1)
        again = np.unique(np.concatenate([bidders[looks_on], by, need[lost]]))
        bidders = again[missing[again] > 0]
    return held, prices


def bound(problem: Problem, prices: Floats) -> tuple[float, Floats]:
    """What no choice can exceed, whatever the prices, and what a unit of each pair loses against it.

    Each need takes its dearest units at these prices, each offer sells all: by duality that is an upper bound.
    """
    gain = problem.value - prices[problem.offer]
    good = np.flatnonzero(gain > 0)
    good = good[np.lexsort((-gain[good], problem.need[good]))]
    need, most = problem.need[good], problem.most[good]
    taken = np.cumsum(most) - most
    taken -= taken[np.searchsorted(need, need)]
    units = np.clip(problem.quantity[need] - taken, 0, most)
    # The gain of the last unit: what one more of another pair would replace. Nothing while there is room.
    last = np.zeros(len(problem.quantity))
    full = taken + units >= problem.quantity[need]
    np.maximum.at(last, need[full], gain[good][full] * (units[full] > 0))
    total = float(gain[good] @ units + prices @ problem.capacity)
    return total, np.maximum(last[problem.need] - gain, 0)


class _Shelves:
    """Each offer's units side by side, each with the pair that holds it and its bid, the highest first.

    `prices`: the lowest bid of an offer that has sold all it has, 0 of the others.
    """

    def __init__(self, problem: Problem) -> None:
        self._offer = problem.offer
        wanted = np.bincount(problem.offer, problem.most, len(problem.capacity)).astype(np.int64)
        # What nobody could want needs no shelf; then the offer never sells out.
        self._sells_out = wanted >= problem.capacity
        self._size = np.minimum(problem.capacity, wanted)
        self._start = np.cumsum(self._size) - self._size
        self._pair = np.full(self._size.sum(), -1)
        self._bid = np.full(self._size.sum(), -1.0)
        self.prices = np.zeros(len(problem.capacity))

    def sell(self, pair: Ints, bid: Floats) -> Ints:
        """Put bids for one unit each on the shelves; the pairs of all units that are outbid."""
        if not len(pair):
            return pair
        touched = np.unique(self._offer[pair])
        size = self._size[touched]
        first = np.cumsum(size) - size
        shelf = np.repeat(self._start[touched] - first, size) + np.arange(size.sum())
        offer = np.concatenate([np.repeat(touched, size), self._offer[pair]])
        pair = np.concatenate([self._pair[shelf], pair])
        bid = np.concatenate([self._bid[shelf], bid])
        order = np.lexsort((pair, -bid, offer))
        offer, pair, bid = offer[order], pair[order], bid[order]
        place = np.arange(len(offer)) - np.searchsorted(offer, touched)[np.searchsorted(touched, offer)]
        stays = place < self._size[offer]
        self._pair[shelf], self._bid[shelf] = pair[stays], bid[stays]
        last = self._start[touched] + size - 1
        sold_out = self._sells_out[touched] & (self._pair[last] >= 0)
        self.prices[touched] = np.where(sold_out, self._bid[last], 0.0)
        lost = pair[~stays]
        return lost[lost >= 0]
