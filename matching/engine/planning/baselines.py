"""The two usual ways of giving, on the same pairs: first come, first served; and the best score first.

They are what the plan is compared with, and the better of them is where its search begins.
"""

from collections.abc import Sequence

import numpy as np

from matching.engine.columns import Ints
from matching.engine.planning.problem import Problem

# Pairs looked at together, and how many of them take their turn before the rest is looked at again: few enough that
# what is taken meanwhile spoils little.
AT_ONCE, TURNS = 8192, 256
# The best scores are put in order first, so many of all pairs: whoever is served by then needs no place in the order.
BEST_FIRST = (1 / 64, 1 / 16, 1 / 4, 1)
SCORE_STEP = 16  # bits: scores are counted by steps of 0.07 points


def first_come(problem: Problem) -> Ints:
    """Units per pair when each need in turn, in order of arrival, takes the best that is left."""
    return in_turn(problem, np.arange(len(problem)))


def best_score_first(problem: Problem) -> Ints:
    """Units per pair when the pair with the best score takes what it can, then the next."""
    giving = _Giving(problem, np.zeros(len(problem), np.int32))
    score = problem.micro_points
    # How many pairs have at least so many steps of the score.
    reached = np.cumsum(np.bincount(score >> SCORE_STEP)[::-1])[::-1] if len(score) else np.zeros(0, np.int64)
    above = np.inf
    for share in BEST_FIRST:
        least = np.count_nonzero(reached > share * len(score)) << SCORE_STEP if share < 1 else -np.inf
        some = giving.waiting(np.flatnonzero((score >= least) & (score < above)))
        giving.take_turns(some[np.argsort(-score[some], kind="stable")])
        above = min(above, least)
    return giving.units


def in_turn(problem: Problem, order: Ints, units: Ints | None = None) -> Ints:
    """Units per pair when pairs take what they can in this order, after what `units` gives already."""
    giving = _Giving(problem, np.zeros(len(problem), np.int32) if units is None else units.copy())
    giving.take_turns(order)
    return giving.units


class _Giving:
    """`units` per pair, while pairs take what they can one after the other."""

    def __init__(self, problem: Problem, units: Ints) -> None:
        self.units = units
        self._problem = problem
        self._rooms = Rooms(problem, units)
        self._missing = problem.missing(units)

    def waiting(self, pairs: Ints) -> Ints:
        """Without those whose need has all, or whose offer has nothing left for sure."""
        problem = self._problem
        pairs = pairs[self._missing[problem.need[pairs]] > 0]
        return pairs[self._rooms.capacity[problem.offer[pairs]] > 0]

    def take_turns(self, order: Ints) -> None:
        for begin in range(0, len(order), AT_ONCE):
            some = self.waiting(order[begin : begin + AT_ONCE])
            while len(some):
                self._take_turns(some[:TURNS])
                some = self.waiting(some[TURNS:])

    def _take_turns(self, pairs: Ints) -> None:
        problem, rooms, missing = self._problem, self._rooms, self._missing
        need, most = problem.need[pairs], problem.most[pairs] - self.units[pairs]
        step = np.where(problem.whole[need], problem.quantity[need], 1)
        columns = (pairs, need, most, step, problem.offer[pairs], problem.first[pairs], problem.last[pairs])
        for pair, who, most_, step_, offer, first, last in zip(*(c.tolist() for c in columns), strict=True):
            wanted = min(int(missing[who]), most_)
            if wanted < step_:
                continue
            taken = min(wanted, rooms.left(offer, first, last))
            taken -= taken % step_
            if taken > 0:
                rooms.take(offer, first, last, taken)
                self.units[pair] += taken
                missing[who] -= taken


class Rooms:
    """What each offer has left while pairs are placed one after the other.

    `capacity`: without the stays that are placed; where there is one slot only, what is left.
    """

    def __init__(self, problem: Problem, given: Ints) -> None:
        # With one slot only, what is taken is simply gone: there are no stays to compare.
        self._is_flat = problem.is_flat
        self.capacity = problem.capacity.copy()
        self._stays: dict[int, list[tuple[int, int, int]]] = {}
        blocks = (problem.block_offer, problem.block_first, problem.block_last, problem.block_units)
        placed = np.flatnonzero(given)
        stays = (problem.offer[placed], problem.first[placed], problem.last[placed], given[placed])
        for columns in (blocks, stays):
            for offer, first, last, units in zip(*(column.tolist() for column in columns), strict=True):
                self.take(offer, first, last, units)

    def left(self, offer: int, first: int, last: int) -> int:
        """Units that the offer has left on the tightest slot from first to last."""
        left = int(self.capacity[offer])
        return left if self._is_flat else left - _peak(self._stays.get(offer, ()), first, last)

    def take(self, offer: int, first: int, last: int, units: int) -> None:
        if self._is_flat:
            self.capacity[offer] -= units
        else:
            self._stays.setdefault(offer, []).append((first, last, units))


def _peak(stays: Sequence[tuple[int, int, int]], first: int, last: int) -> int:
    """The most units in use on one slot from first to last: it is reached where some stay begins."""
    there = [stay for stay in stays if stay[0] <= last and stay[1] >= first]
    peak = 0
    for start, _, _ in there:
        slot = max(start, first)
        peak = max(peak, sum(units for begin, end, units in there if begin <= slot <= end))
    return peak
