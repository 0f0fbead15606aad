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

from matching.engine.columns import Floats, Ints
from matching.engine.planning.problem import Problem

ROUNDS = 400
# How far the prices move: measured on towns of 300, 1,000 and 4,000 homes' needs (docs/adr/0008).
FIRST_STEP = 0.15
STEADY_ROUNDS = 40  # the steps shrink as 1 / (1 + round / this)
MOMENTUM = 0.8
MOST_CROWDED = 3.0
# Without this much progress in that many rounds, the prices are good.
PROGRESS = 2e-4
PATIENCE = 40


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
    """Chains of stays on one unit of capacity of each offer: pairs by their last slot, offers side by side."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._by_last = np.argsort(problem.last, kind="stable")
        self._ends = np.searchsorted(problem.last[self._by_last], np.arange(problem.slots + 1))

    def best_use(self, prices: Floats) -> tuple[float, Floats]:
        """The bound at these prices, and the units of each need that all offers together would serve."""
        problem = self._problem
        gain = problem.value - prices[problem.need]
        chains, chosen = self._chains(gain)
        bound = float(prices @ problem.quantity + problem.capacity @ chains[-1])
        stays = self._stays(chosen)
        served = np.bincount(problem.need[stays], problem.capacity[problem.offer[stays]], len(prices))
        return bound, served.astype(np.float64)

    def loss(self, prices: Floats) -> Floats:
        """Per pair: the best chain of its offer, less the best chain that holds it."""
        problem = self._problem
        gain = problem.value - prices[problem.need]
        before, _ = self._chains(gain)
        after = self._chains_backward(gain)
        through = before[problem.first, problem.offer] + gain + after[problem.last + 1, problem.offer]
        return np.maximum(before[-1][problem.offer] - through, 0)

    def _chains(self, gain: Floats) -> tuple[Floats, Ints]:
        """[slot, offer]: the gain of the best chain that ends before the slot, and the pair that ends it just there."""
        problem = self._problem
        best = np.zeros((problem.slots + 1, len(problem.capacity)))
        chosen = np.full(best.shape, -1, np.int32)
        worth = self._by_last[gain[self._by_last] > 0]
        ends = np.searchsorted(problem.last[worth], np.arange(problem.slots + 1))
        first, offer, gain = problem.first[worth], problem.offer[worth], gain[worth]
        for slot in range(problem.slots):
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

    def _chains_backward(self, gain: Floats) -> Floats:
        """[slot, offer]: the gain of the best chain that begins at the slot or later."""
        problem = self._problem
        best = np.zeros((problem.slots + 1, len(problem.capacity)))
        worth = np.flatnonzero(gain > 0)
        worth = worth[np.argsort(problem.first[worth], kind="stable")]
        starts = np.searchsorted(problem.first[worth], np.arange(problem.slots + 1))
        for slot in range(problem.slots - 1, -1, -1):
            best[slot] = best[slot + 1]
            here = worth[starts[slot] : starts[slot + 1]]
            np.maximum.at(
                best[slot],
                problem.offer[here],
                gain[here] + best[problem.last[here] + 1, problem.offer[here]],
            )
        return best

    def _stays(self, chosen: Ints) -> Ints:
        """The pairs of the best chain of each offer."""
        problem = self._problem
        slot = np.full(len(problem.capacity), problem.slots)
        found = []
        for end in range(problem.slots, 0, -1):
            here = np.flatnonzero(slot == end)
            pair = chosen[end][here]
            ending = pair >= 0
            found.append(pair[ending])
            slot[here] = np.where(ending, problem.first[np.maximum(pair, 0)], end - 1)
        return np.concatenate(found) if found else np.zeros(0, np.int64)
