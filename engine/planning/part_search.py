"""Better and better parts: take back all that some offers near each other give, and give it anew, as well as can be.

Large neighbourhood search (Shaw, 1998), as `search` does it where days are not to be chosen.
"""

from collections.abc import Iterator

import numpy as np

from engine.columns import Floats, Ints
from engine.planning import part_program
from engine.planning.lasting import Calendar, Lasting, Parts
from engine.planning.part_choices import Neighbourhood
from engine.planning.time_budget import TimeBudget

# Offers that are given anew at once, pairs of each need among them, and days at which parts of a pair may turn.
STAGES = ((7, 3, 2), (12, 4, 3), (25, 5, 4))
MOST_CHOICES = 4_000
NODES = 50
GAP = 1e-3
# A stage ends when each offer has been looked at this often without any gain.
IDLE_LOOKS = 2


def improved(problem: Lasting, start: Parts, loss: Floats, *, budget: TimeBudget, seed: int = 1) -> Parts:
    """Parts worth `start` or more. `loss` says which pairs are promising: the smaller the better."""
    parts = start
    chance = np.random.default_rng(seed)
    ways = _Ways(problem, loss)
    for size, pairs, days in STAGES:
        parts = _searched(problem, ways, parts, size, pairs, days, budget, chance)
    return parts


def _searched(
    problem: Lasting,
    ways: "_Ways",
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
        inside = ways.near(seed, size, chance)
        looks[inside] += 1
        is_inside = np.zeros(len(problem.left), np.bool_)
        is_inside[inside] = True
        here = is_inside[problem.offer[parts.pair]]
        taken, kept = parts.take(here), parts.take(~here)
        free = np.union1d(ways.promising(inside, pairs), taken.pair)
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
        elif len(inside) == ways.used:
            break
    return parts


class _Ways:
    """From offer to offer through the needs that could take either."""

    def __init__(self, problem: Lasting, loss: Floats) -> None:
        self._problem, self._loss = problem, loss
        self._starts = problem.need_starts
        self._by_offer = np.lexsort((loss, problem.offer))
        self._offer_starts = np.searchsorted(problem.offer[self._by_offer], np.arange(len(problem.left) + 1))
        self._by_need = np.lexsort((loss, problem.need))
        self.used = int(np.count_nonzero(np.diff(self._offer_starts)))

    def promising(self, inside: Ints, most: int) -> Ints:
        """The pairs of these offers that lose least, so many of each need."""
        problem = self._problem
        pairs = np.concatenate(
            [self._by_offer[self._offer_starts[one] : self._offer_starts[one + 1]] for one in inside.tolist()]
        )
        pairs = pairs[np.lexsort((self._loss[pairs], problem.need[pairs]))]
        need = problem.need[pairs]
        place = np.arange(len(pairs)) - np.searchsorted(need, need)
        return pairs[place < most]

    def near(self, offer: int, size: int, chance: np.random.Generator) -> Ints:
        """About `size` offers, the given one first, then those that share promising needs with it, and so on."""
        found = {offer: None}
        for one in self._widening(offer, found, chance):
            found.setdefault(one)
            if len(found) >= size:
                break
        return np.fromiter(found, np.int64)

    def _widening(self, offer: int, found: dict[int, None], chance: np.random.Generator) -> Iterator[int]:
        problem, queue, place = self._problem, [offer], 0
        while place < len(queue):
            here = queue[place]
            place += 1
            pairs = self._by_offer[self._offer_starts[here] : self._offer_starts[here + 1]][:20]
            for need in chance.permutation(problem.need[pairs])[:6].tolist():
                some = self._by_need[self._starts[need] : self._starts[need + 1]][:12]
                for one in problem.offer[some].tolist():
                    if one not in found:
                        queue.append(one)
                        yield one
