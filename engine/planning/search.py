"""Better and better plans: free all that concerns some offers near each other, and give them anew, as well as can be.

Large neighbourhood search (Shaw, 1998). Only pairs that the prices call promising take part.
"""

from dataclasses import replace

import numpy as np

from engine.arrays import Bools, Floats, Ints
from engine.planning import program
from engine.planning.neighbours import Neighbours
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
    neighbours = Neighbours(problem.need, problem.offer, len(problem.capacity))
    looks = np.zeros(len(problem.capacity), np.int64)
    looks[~neighbours.has_pairs] = np.iinfo(np.int64).max
    while looks.min(initial=IDLE_LOOKS) < IDLE_LOOKS and not budget.is_over():
        inside = neighbours.near(_pick(looks, chance), size, chance)
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
        elif len(inside) == neighbours.used:
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
