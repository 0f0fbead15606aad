"""The two usual ways of giving, on the same pairs: first come, first served; and the best score first.

They are what the plan is compared with, and the better of them is where its search begins.
"""

from collections.abc import Iterable, Sequence

import numpy as np

from matching.engine.columns import Ints
from matching.engine.planning.problem import Problem


def first_come(problem: Problem) -> Ints:
    """Units per pair when each need in turn, in order of arrival, takes the best that is left."""
    return in_turn(problem, range(len(problem)))


def best_score_first(problem: Problem) -> Ints:
    """Units per pair when the pair with the best score takes what it can, then the next."""
    return in_turn(problem, np.argsort(-problem.score, kind="stable").tolist())


def in_turn(problem: Problem, order: Iterable[int], units: Ints | None = None) -> Ints:
    """Units per pair when pairs take what they can in this order, after what `units` gives already."""
    given = np.zeros(len(problem), np.int64) if units is None else units.copy()
    rooms = Rooms(problem, given)
    need, missing = problem.need.tolist(), (problem.quantity - _served(problem, given)).tolist()
    most, step = problem.most.tolist(), problem.step.tolist()
    for pair in order:
        wanted = missing[need[pair]]
        if not wanted:
            continue
        wanted = min(wanted, most[pair] - int(given[pair]))
        if wanted < step[pair]:
            continue
        taken = min(wanted, rooms.left(pair))
        taken -= taken % step[pair]
        if taken:
            rooms.take(pair, taken)
            given[pair] += taken
            missing[need[pair]] -= taken
    return given


class Rooms:
    """What each offer has left while pairs are placed one after the other."""

    def __init__(self, problem: Problem, given: Ints) -> None:
        self._offer = problem.offer.tolist()
        self._first, self._last = problem.first.tolist(), problem.last.tolist()
        self._capacity: list[int] = problem.capacity.tolist()
        # With one slot only, what is taken is simply gone: there are no stays to compare.
        self._is_flat = problem.slots <= 1
        self._stays: list[list[tuple[int, int, int]]] = [[] for _ in self._capacity]
        blocks = (problem.block_offer, problem.block_first, problem.block_last, problem.block_units)
        for offer, first, last, units in zip(*(column.tolist() for column in blocks), strict=True):
            if self._is_flat:
                self._capacity[offer] -= units
            else:
                self._stays[offer].append((first, last, units))
        for pair in np.flatnonzero(given).tolist():
            self.take(pair, int(given[pair]))

    def left(self, pair: int) -> int:
        """Units that the pair's offer has left on the tightest slot of its run."""
        offer = self._offer[pair]
        stays = self._stays[offer]
        if self._is_flat or not stays:
            return self._capacity[offer]
        return self._capacity[offer] - _peak(stays, self._first[pair], self._last[pair])

    def take(self, pair: int, units: int) -> None:
        if self._is_flat:
            self._capacity[self._offer[pair]] -= units
            return
        self._stays[self._offer[pair]].append((self._first[pair], self._last[pair], units))


def _peak(stays: Sequence[tuple[int, int, int]], first: int, last: int) -> int:
    """The most units in use on one slot from first to last: it is reached where some stay begins."""
    there = [stay for stay in stays if stay[0] <= last and stay[1] >= first]
    peak = 0
    for start, _, _ in there:
        slot = max(start, first)
        peak = max(peak, sum(units for begin, end, units in there if begin <= slot <= end))
    return peak


def _served(problem: Problem, given: Ints) -> Ints:
    return np.bincount(problem.need, given, len(problem.quantity)).astype(np.int64)
