"""Prices of needs, where days matter: a bound that no plan exceeds, and which pairs are worth a search.

Suppose that a need could be served by several offers at once, at a price for each unit served twice. Offers then
decide alone: an offer is so many beds, and the best use of one bed is a chain of stays that follow each other,
found by dynamic programming over the slots. The sum over all offers, plus all prices, bounds every plan
(Lagrangian relaxation; interval matrices are totally unimodular, so at the best prices it equals the bound of
the linear program with one row for each day). Prices then move against the crowd: up where a need is served more
than once, down where not at all.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from engine.arrays import Floats, Ints
from engine.planning.problem import Problem

ROUNDS = 400
# How far the prices move: measured on towns of 300, 1,000 and 4,000 homes' needs (docs/adr/0008).
FIRST_STEP = 0.15
STEADY_ROUNDS = 40  # the steps shrink as 1 / (1 + round / this)
MOMENTUM = 0.8
MOST_CROWDED = 3.0
# Without this much progress in that many rounds, the prices are good.
PROGRESS = 2e-4
PATIENCE = 40
# Slots × offers looked at together: 12 bytes each, 16 at the end.
CELLS = 4_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Priced:
    """`bound`: no plan is worth more. `loss` per pair: what the bound loses if one step of this pair is chosen."""

    bound: float
    loss: Floats


def priced(problem: Problem, *, stop: Callable[[], bool]) -> Priced:
    """The best prices found, as long as `stop` does not say so."""
    beds = _Beds(problem)
    highest = np.zeros(len(problem.quantity))
    np.maximum.at(highest, problem.need, problem.value)
    prices = highest / 2
    drift = np.zeros(len(prices))
    # At the highest prices no offer gains anything: a bound that costs nothing.
    best, best_prices, last_progress = float(highest @ problem.quantity), highest, 0
    for turn in range(ROUNDS):
        bound, served = beds.best_use(prices)
        if bound < best * (1 - PROGRESS):
            last_progress = turn
        if bound < best:
            best, best_prices = bound, prices
        if turn - last_progress > PATIENCE or turn + 1 == ROUNDS or stop():
            break
        crowd = np.clip(served / np.maximum(problem.quantity, 1) - 1, -1, MOST_CROWDED)
        crowd[(prices <= 0) & (crowd < 0)] = 0
        drift = MOMENTUM * drift + (1 - MOMENTUM) * crowd
        prices = np.clip(prices + FIRST_STEP / (1 + turn / STEADY_ROUNDS) * highest * drift, 0, highest)
    return Priced(best, beds.loss(best_prices) * problem.step)


class _Beds:
    """Chains of stays on one unit of capacity of each offer, some offers at a time."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        most = max(1, CELLS // (problem.slots + 1))
        turn = problem.offer // most
        by_last = np.lexsort((problem.last, turn))
        turns = np.flatnonzero(np.diff(turn[by_last])) + 1
        self._some = [_Some(problem, pairs, most) for pairs in np.split(by_last, turns)]

    def best_use(self, prices: Floats) -> tuple[float, Floats]:
        """The bound at these prices, and the units of each need that all offers together would serve."""
        problem = self._problem
        gain = problem.value - prices[problem.need]
        chain, stays = np.zeros(len(problem.capacity)), []
        for some in self._some:
            chains, chosen = some.chains(gain)
            chain[some.offers] = chains[-1]
            stays.append(some.stays(chosen))
        bound = float(prices @ problem.quantity + problem.capacity @ chain)
        stay = np.concatenate(stays)
        served = np.bincount(problem.need[stay], problem.capacity[problem.offer[stay]], len(prices))
        return bound, served.astype(np.float64)

    def loss(self, prices: Floats) -> Floats:
        """Per pair: the best chain of its offer, less the best chain that holds it."""
        problem = self._problem
        gain = problem.value - prices[problem.need]
        lost = np.empty(len(problem))
        for some in self._some:
            lost[some.pairs] = some.loss(gain)
        return lost


class _Some:
    """Offers side by side: their pairs by last slot. Each `gain` is that of all pairs of the problem."""

    def __init__(self, problem: Problem, pairs: Ints, most: int) -> None:
        self.pairs = pairs
        begin = int(problem.offer[pairs[0]]) // most * most
        self.offers = slice(begin, min(begin + most, len(problem.capacity)))
        self._shape = (problem.slots + 1, self.offers.stop - begin)
        self._offer = problem.offer[pairs] - begin
        self._first, self._last = problem.first[pairs], problem.last[pairs]

    def chains(self, gain: Floats) -> tuple[Floats, Ints]:
        """[slot, offer]: the gain of the best chain that ends before the slot, and which of the pairs here ends it just
        there.
        """
        gain = gain[self.pairs]
        best = np.zeros(self._shape)
        chosen = np.full(best.shape, -1, np.int32)
        worth = np.flatnonzero(gain > 0)
        ends = np.searchsorted(self._last[worth], np.arange(len(best)))
        first, offer, gain = self._first[worth], self._offer[worth], gain[worth]
        for slot in range(len(best) - 1):
            best[slot + 1] = best[slot]
            here = slice(ends[slot], ends[slot + 1])
            if here.start == here.stop:
                continue
            whose = offer[here]
            chain = best[first[here], whose] + gain[here]
            np.maximum.at(best[slot + 1], whose, chain)
            longer = np.flatnonzero((chain >= best[slot + 1][whose]) & (chain > best[slot][whose]))
            chosen[slot + 1][whose[longer]] = worth[here.start + longer]
        return best, chosen

    def stays(self, chosen: Ints) -> Ints:
        """The pairs of the best chain of each offer."""
        slot = np.full(chosen.shape[1], len(chosen) - 1)
        found = []
        for end in range(len(chosen) - 1, 0, -1):
            here = np.flatnonzero(slot == end)
            pair = chosen[end][here]
            ending = pair >= 0
            found.append(pair[ending])
            slot[here] = np.where(ending, self._first[np.maximum(pair, 0)], end - 1)
        return self.pairs[np.concatenate(found)]

    def loss(self, gain: Floats) -> Floats:
        """Of the pairs here, in their order."""
        before, _ = self.chains(gain)
        after = self._chains_backward(gain[self.pairs])
        through = before[self._first, self._offer] + gain[self.pairs] + after[self._last + 1, self._offer]
        return np.maximum(before[-1][self._offer] - through, 0)

    def _chains_backward(self, gain: Floats) -> Floats:
        """[slot, offer]: the gain of the best chain that begins at the slot or later."""
        best = np.zeros(self._shape)
        worth = np.flatnonzero(gain > 0)
        worth = worth[np.argsort(self._first[worth], kind="stable")]
        starts = np.searchsorted(self._first[worth], np.arange(len(best)))
        for slot in range(len(best) - 2, -1, -1):
            best[slot] = best[slot + 1]
            here = worth[starts[slot] : starts[slot + 1]]
            whose = self._offer[here]
            np.maximum.at(best[slot], whose, gain[here] + best[self._last[here] + 1, whose])
        return best
