"""Better and better plans: free all that concerns some offers near each other, and give them anew, as well as can be.

Large neighbourhood search (Shaw, 1998). Only pairs that the prices call promising take part.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from engine.columns import Bools, Floats, Ints
from engine.planning import program
from engine.planning.problem import Problem
from engine.planning.time_budget import TimeBudget

# Promising pairs of each need, and how many offers are given anew at once: first small neighbourhoods, then larger.
STAGES = ((4, 60), (6, 150), (6, 400))
# Where a home has thousands of pairs, so many at most are given anew, the most promising.
MOST_PAIRS = 5_000
NODES = 200
GAP = 1e-3
# A stage ends when each offer has been looked at this often without any gain.
IDLE_LOOKS = 2


def improved(problem: Problem, start: Ints, loss: Floats, *, budget: TimeBudget, seed: int = 1) -> Ints:
    """Units per pair, worth `start` or more."""
    units = start
    for choices, size in STAGES:
        pairs = np.flatnonzero(_promising(problem, loss, choices) | (units > 0))
        part = problem.take(pairs)
        found = _search(part, units[pairs], loss[pairs], size, budget, np.random.default_rng(seed))
        units = np.zeros(len(problem), np.int64)
        units[pairs] = found
    return units


def _promising(problem: Problem, loss: Floats, choices: int) -> Bools:
    """The pairs of each need that lose least."""
    order = np.lexsort((loss, problem.need))
    place = np.arange(len(order)) - problem.need_starts[problem.need[order]]
    keep = np.zeros(len(problem), np.bool_)
    keep[order[place < choices]] = True
    return keep


def _search(
    problem: Problem, units: Ints, loss: Floats, size: int, budget: TimeBudget, chance: np.random.Generator
) -> Ints:
    units = units.copy()
    ways = _Ways(problem)
    looks = np.zeros(len(problem.capacity), np.int64)
    looks[~ways.has_pairs] = np.iinfo(np.int64).max
    while looks.min(initial=IDLE_LOOKS) < IDLE_LOOKS and not budget.is_over():
        inside = ways.near(_pick(looks, chance), size, chance)
        looks[inside] += 1
        free = _free(problem, units, loss, inside)
        if len(free) < 2:
            continue
        part = _rest(problem, units, free)
        answer = program.solve(part, units[free], budget=budget, nodes=NODES, gap=GAP)
        if part.worth(answer.units) > part.worth(units[free]) * (1 + 1e-12):
            units[free] = answer.units
            # What was moved may let its neighbours move.
            looks[inside] = 0
        elif len(inside) == ways.used:
            # All of it again would be the same question.
            break
    return units


def _pick(looks: Ints, chance: np.random.Generator) -> int:
    """One of the offers that were looked at least."""
    return int(chance.choice(np.flatnonzero(looks == looks.min())))


def _free(problem: Problem, units: Ints, loss: Floats, inside: Ints) -> Ints:
    """Pairs of these offers, except those of needs that must be whole and are served elsewhere; not too many."""
    here = np.zeros(len(problem.capacity), np.bool_)
    here[inside] = True
    pair_here = here[problem.offer]
    elsewhere = np.zeros(len(problem.quantity), np.bool_)
    elsewhere[problem.need[(units > 0) & ~pair_here]] = True
    free = np.flatnonzero(pair_here & ~(elsewhere & problem.whole)[problem.need])
    if len(free) > MOST_PAIRS:
        chosen = units[free] > 0
        free = free[np.lexsort((loss[free], ~chosen))[: max(MOST_PAIRS, np.count_nonzero(chosen))]]
        free.sort()
    return free


def _rest(problem: Problem, units: Ints, free: Ints) -> Problem:
    """The question that is left when all other pairs keep what they have."""
    kept = units.copy()
    kept[free] = 0
    served = np.bincount(problem.need, kept, len(problem.quantity)).astype(np.int64)
    missing = replace(problem, quantity=problem.quantity - served)
    return missing.local(free)


class _Ways:
    """From offer to offer through the needs that could take either."""

    def __init__(self, problem: Problem) -> None:
        self._offer, self._need = problem.offer, problem.need
        self._starts = problem.need_starts
        self._by_offer = np.argsort(problem.offer, kind="stable")
        self._offer_starts = np.searchsorted(
            problem.offer[self._by_offer], np.arange(len(problem.capacity) + 1)
        )
        self.has_pairs = np.diff(self._offer_starts) > 0
        self.used = np.count_nonzero(self.has_pairs)

    def near(self, offer: int, size: int, chance: np.random.Generator) -> Ints:
        """About `size` offers, the given one first, then those that share needs with it, and so on."""
        found = {offer: None}
        for one in self._widening(offer, found, chance):
            found.setdefault(one)
            if len(found) >= size:
                break
        return np.fromiter(found, np.int64)

    def _widening(self, offer: int, found: dict[int, None], chance: np.random.Generator) -> Iterator[int]:
        queue, place = [offer], 0
        while place < len(queue):
            here = queue[place]
            place += 1
            needs = self._need[self._by_offer[self._offer_starts[here] : self._offer_starts[here + 1]]]
            for need in chance.permutation(needs)[:6].tolist():
                for one in self._offer[self._starts[need] : self._starts[need + 1]].tolist():
                    if one not in found:
                        queue.append(one)
                        yield one
