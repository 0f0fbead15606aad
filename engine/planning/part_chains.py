"""A sharper bound on parts, dearer than `part_prices`: what one bed, or one unit of hours, is worth at best.

Needs pay a price for each day and for each home, as there; offers decide alone. An offer is so many beds, and the best
use of one is a chain of parts that follow each other, each as long as it has to be and with its whole move: found by
dynamic programming over the days. How long a part may be is left out. So many beds as a household has people bring its
gain together; but where it leaves beds that no other could use it may count for more of them, as long as no households
that fit into the home together count for more than its beds: by dual feasible functions (Fekete and Schepers, 2001),
which hold where each takes all or nothing.

Prices then follow what is given too much or too little, in steps that the best parts found tell (Polyak, 1969).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from engine.arrays import Floats, Ints
from engine.planning.lasting import Lasting

# Days of all pairs together, of which more would take too long.
MOST_CELLS = 5_000_000
PASSES = 150
# How much of a step is taken, and how soon less, where the bound has not fallen for so many passes.
STEP, SHRINK, PATIENCE = 0.7, 0.7, 5
# Of each function so much, the rest is as many beds as people.
SHARES = (0.5, 0.9)
FOLDS = (1, 2, 3)


def sharper(
    problem: Lasting, prices: Floats, moves: Floats, *, found: float, stop: Callable[[], bool]
) -> float:
    """No parts are worth more than this. Prices: per need and day, of a unit; moves: per need, of a unit; where it
    begins. `found`: what the best parts so far are worth.
    """
    if (problem.last - problem.first + 1).sum() > MOST_CELLS or stop():
        return np.inf
    beds = _Beds(problem)
    best, idle, step = np.inf, 0, STEP
    beds.weigh(prices, moves)
    for _turn in range(PASSES):
        bound, given, homes = beds.best_use(prices, moves)
        if bound < best - 1e-4 * (best - found if np.isfinite(best) else 1):
            best, best_prices, best_moves, idle = bound, prices, moves, 0
        else:
            idle += 1
            if idle == PATIENCE:
                step, idle = step * SHRINK, 0
                prices, moves = best_prices, best_moves
                continue
        if stop() or best - found <= 1e-9 * best:
            break
        excess = given - problem.missing
        excess[(prices <= 0) & (excess < 0)] = 0
        too_many = homes - beds.quantity
        too_many[((moves <= 0) & (too_many < 0)) | ((moves >= beds.most_move) & (too_many > 0))] = 0
        length = float((excess**2).sum() + (too_many**2).sum())
        if not length:
            break
        by = step * (bound - found) / length
        prices = np.maximum(prices + by * excess, 0)
        moves = np.clip(moves + by * too_many, 0, beds.most_move)
    return best


@dataclass(frozen=True, slots=True, eq=False)
class _Day:
    """Pairs of which a part may end on this day, by offer: where each offer's begin, and whose they are."""

    pairs: Ints
    starts: Ints
    offers: Ints


class _Beds:
    """Chains of parts on one bed of each offer, all offers side by side."""

    def __init__(self, problem: Lasting) -> None:
        self._problem = problem
        self.quantity = np.ones(len(problem.move))
        self.quantity[problem.need] = problem.most
        self.most_move = problem.move / self.quantity
        # On days on which less is left than at most nobody has the beds that are gone: they count as there.
        self._beds = problem.left.max(axis=1, initial=0)
        self._order = np.argsort(problem.offer, kind="stable")
        self._days = [*self._ending()]
        self._weight = np.ones(len(problem))

    def _ending(self) -> Iterator[_Day]:
        problem, order = self._problem, self._order
        soonest, last, offer = (
            (problem.first + problem.shortest)[order],
            problem.last[order] + 1,
            problem.offer[order],
        )
        for day in range(1, problem.days + 1):
            here = np.flatnonzero((soonest <= day) & (day <= last))
            whose = offer[here]
            starts = np.flatnonzero(np.append(True, whose[1:] != whose[:-1])[: len(whose)])
            yield _Day(order[here], starts, whose[starts])

    def weigh(self, prices: Floats, moves: Floats) -> None:
        """Choose for each offer how households count that its bound is lowest at these prices."""
        problem = self._problem
        # Who takes what there is counts bed by bed, and so does whoever shares an offer with them.
        in_part = np.bincount(problem.offer, problem.fewest < problem.most, len(self._beds)) > 0
        whole = ~in_part[problem.offer]
        beds, people = self._beds[problem.offer], problem.most
        lowest, weights = self._chains(prices, moves)[0][-1], self._weight
        for fold in FOLDS:
            parts = (fold + 1) * people
            exact = parts % np.maximum(beds, 1) == 0
            folded = np.where(exact, people, parts // np.maximum(beds, 1) * beds / fold)
            for share in SHARES:
                counted = np.where(whole, share * folded + (1 - share) * people, people)
                self._weight = np.where(people > 0, people / np.maximum(counted, 1e-9), 1.0)
                chain = self._chains(prices, moves)[0][-1]
                better = chain < lowest - 1e-12
                lowest = np.minimum(lowest, chain)
                weights = np.where(better[problem.offer], self._weight, weights)
        self._weight = weights

    def best_use(self, prices: Floats, moves: Floats) -> tuple[float, Floats, Floats]:
        """The bound; what offers would give each need on each day, and how often a move is paid for, in units."""
        problem = self._problem
        chain, ends, since = self._chains(prices, moves)
        bound = float(self._beds @ chain[-1] + (prices * problem.missing).sum() + moves @ self.quantity)
        given = np.zeros((len(problem.move), problem.days + 1))
        homes = np.zeros(len(problem.move))
        day = np.full(len(self._beds), problem.days)
        for end in range(problem.days, 0, -1):
            here = np.flatnonzero(day == end)
            pair = ends[end, here]
            some = pair >= 0
            part, offer = pair[some], here[some]
            units = self._beds[offer] * self._weight[part]
            first = since[end, offer]
            np.add.at(given, (problem.need[part], first), units)
            np.add.at(given, (problem.need[part], end), -units)
            np.add.at(homes, problem.need[part], units)
            day[here] = end - 1
            day[offer] = first
        return bound, np.cumsum(given, axis=1)[:, :-1], homes

    def _chains(self, prices: Floats, moves: Floats) -> tuple[Floats, Ints, Ints]:
        """[day, offer]: the gain of the best chain that ends before the day, the pair that ends it just there, or -1,
        and on which day its part begins.
        """
        problem = self._problem
        paid = np.zeros((len(problem.move), problem.days + 1))
        np.cumsum(prices, axis=1, out=paid[:, 1:])
        shape = (problem.days + 1, len(self._beds))
        best, ends, since = np.zeros(shape), np.full(shape, -1, np.int32), np.zeros(shape, np.int32)
        start_worth = np.full(len(problem), -np.inf)
        start_day = np.zeros(len(problem), np.int32)
        need, shortest, weight = problem.need, problem.shortest, self._weight
        move = moves[need] * weight
        for day, ending in enumerate(self._days, start=1):
            best[day] = best[day - 1]
            pairs = ending.pairs
            if not len(pairs):
                continue
            whose, each, value = need[pairs], weight[pairs], problem.value[pairs]
            first = day - shortest[pairs]
            worth = best[first, problem.offer[pairs]] - each * (value * first - paid[whose, first])
            later = worth > start_worth[pairs]
            start_worth[pairs[later]], start_day[pairs[later]] = worth[later], first[later]
            gain = start_worth[pairs] + each * (value * day - paid[whose, day]) - move[pairs]
            top = np.maximum.reduceat(gain, ending.starts)
            higher = np.flatnonzero(top > best[day, ending.offers])
            if not len(higher):
                continue
            offers = ending.offers[higher]
            best[day, offers] = top[higher]
            counts = np.diff(np.append(ending.starts, len(pairs)))
            is_top = np.flatnonzero(gain == np.repeat(top, counts))
            group = np.searchsorted(ending.starts, is_top, "right") - 1
            ends[day, ending.offers[group]] = pairs[is_top]
            since[day, ending.offers[group]] = start_day[pairs[is_top]]
            lower = np.setdiff1d(ending.offers, offers)
            ends[day, lower] = -1
        return best, ends, since
