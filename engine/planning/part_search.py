"""Better and better parts: take back all that some offers near each other give, and give it anew, as well as can be.

Large neighbourhood search (Shaw, 1998), as `search` does it where days are not to be chosen.
"""

import numpy as np

from engine.arrays import Floats, Ints
from engine.planning import part_program
from engine.planning.lasting import Calendar, Lasting, Parts
from engine.planning.neighbours import Neighbours
from engine.planning.part_choices import Neighbourhood
from engine.planning.time_budget import TimeBudget

# Offers that are given anew at once, pairs of each need among them, and days at which parts of a pair may turn.
STAGES = ((7, 3, 2), (12, 4, 3), (25, 5, 4))
MOST_CHOICES = 4_000
# Pairs of an offer, and of a need, that lead to other offers.
OF_OFFER, OF_NEED = 20, 12
NODES = 50
GAP = 1e-3
# A stage ends when each offer has been looked at this often without any gain.
IDLE_LOOKS = 2


def improved(problem: Lasting, start: Parts, loss: Floats, *, budget: TimeBudget, seed: int = 1) -> Parts:
    """Parts worth `start` or more. `loss` says which pairs are promising: the smaller the better."""
    parts = start
    chance = np.random.default_rng(seed)
    neighbours = Neighbours(
        problem.need, problem.offer, len(problem.left), loss=loss, of_offer=OF_OFFER, of_need=OF_NEED
    )
    for size, pairs, days in STAGES:
        parts = _searched(problem, loss, neighbours, parts, size, pairs, days, budget, chance)
    return parts


def _searched(
    problem: Lasting,
    loss: Floats,
    neighbours: Neighbours,
    parts: Parts,
    size: int,
    pairs: int,
    days: int,
    budget: TimeBudget,
    chance: np.random.Generator,
) -> Parts:
    looks = np.zeros(len(problem.left), np.int64)
    around = Calendar(problem, parts)
    while looks.min(initial=IDLE_LOOKS) < IDLE_LOOKS and not budget.is_over():
        seed = int(chance.choice(np.flatnonzero(looks == looks.min())))
        inside = neighbours.near(seed, size, chance)
        looks[inside] += 1
        is_inside = np.zeros(len(problem.left), np.bool_)
        is_inside[inside] = True
        here = is_inside[problem.offer[parts.pair]]
        taken, kept = parts.take(here), parts.take(~here)
        free = np.union1d(_promising(problem, loss, neighbours, inside, pairs), taken.pair)
        for row in range(len(taken)):
            around.take(taken, row, sign=-1)
        choices = Neighbourhood(problem, around, free, chance).choices(taken, most_days=days)
        if len(choices) > MOST_CHOICES:
            choices = Neighbourhood(problem, around, free, chance).choices(taken, most_days=1)
        answer = part_program.solve(problem, around, choices, taken, budget=budget, nodes=NODES, gap=GAP)
        gains = answer.parts is not taken
        for row in range(len(answer.parts)):
            around.take(answer.parts, row)
        if gains:
            parts = kept.joined(answer.parts)
            looks[inside] = 0
        elif len(inside) == neighbours.used:
            break
    return parts


def _promising(problem: Lasting, loss: Floats, neighbours: Neighbours, inside: Ints, most: int) -> Ints:
    """The pairs of these offers that lose least, so many of each need."""
    pairs = np.concatenate([neighbours.pairs_of(one) for one in inside.tolist()])
    pairs = pairs[np.lexsort((loss[pairs], problem.need[pairs]))]
    need = problem.need[pairs]
    place = np.arange(len(pairs)) - np.searchsorted(need, need)
    return pairs[place < most]
