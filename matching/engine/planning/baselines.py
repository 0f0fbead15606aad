"""The two usual ways of giving, on the same pairs: first come, first served; and the best score first.

They are what the plan is compared with, and the better of them is where its search begins.
"""

from collections.abc import Sequence

import numpy as np

from matching.engine.columns import Bools, Ints
from matching.engine.planning.problem import Problem

# Pairs looked at together: few enough that what is taken meanwhile spoils little.
AT_ONCE = 8192


def first_come(problem: Problem) -> Ints:
    """Units per pair when each need in turn, in order of arrival, takes the best that is left."""
    return in_turn(problem, np.arange(len(problem)))


def best_score_first(problem: Problem) -> Ints:
    """Units per pair when the pair with the best score takes what it can, then the next."""
    return in_turn(problem, np.argsort(-problem.micro_points, kind="stable"))


def in_turn(problem: Problem, order: Ints, units: Ints | None = None) -> Ints:
    """Units per pair when pairs take what they can in this order, after what `units` gives already."""
    given = np.zeros(len(problem), np.int64) if units is None else units.copy()
    rooms = Rooms(problem, given)
    missing = problem.quantity - np.bincount(problem.need, given, len(problem.quantity)).astype(np.int64)
    for begin in range(0, len(order), AT_ONCE):
        some = order[begin : begin + AT_ONCE]
        # Whoever has all, or has nothing left, is passed over at once.
        some = some[(missing[problem.need[some]] > 0) & rooms.may_have(problem.offer[some])]
        need, most = problem.need[some], problem.most[some] - given[some]
        step = np.where(problem.whole[need], problem.quantity[need], 1)
        columns = (some, need, most, step, problem.offer[some], problem.first[some], problem.last[some])
        for pair, who, most_, step_, offer, first, last in zip(*(c.tolist() for c in columns), strict=True):
            wanted = min(int(missing[who]), most_)
            if wanted < step_:
                continue
            taken = min(wanted, rooms.left(offer, first, last))
            taken -= taken % step_
            if taken > 0:
                rooms.take(offer, first, last, taken)
                given[pair] += taken
                missing[who] -= taken
    return given


class Rooms:
    """What each offer has left while pairs are placed one after the other."""

    def __init__(self, problem: Problem, given: Ints) -> None:
        # With one slot only, what is taken is simply gone: there are no stays to compare.
        self._is_flat = problem.slots <= 1
        self._capacity = problem.capacity.copy()
        self._stays: dict[int, list[tuple[int, int, int]]] = {}
        blocks = (problem.block_offer, problem.block_first, problem.block_last, problem.block_units)
        placed = np.flatnonzero(given)
        stays = (problem.offer[placed], problem.first[placed], problem.last[placed], given[placed])
        for columns in (blocks, stays):
            for offer, first, last, units in zip(*(column.tolist() for column in columns), strict=True):
                self.take(offer, first, last, units)

    def may_have(self, offers: Ints) -> Bools:
        """False where the offer has nothing left for sure."""
        return self._capacity[offers] > 0

    def left(self, offer: int, first: int, last: int) -> int:
        """Units that the offer has left on the tightest slot from first to last."""
        return int(self._capacity[offer]) - _peak(self._stays.get(offer, ()), first, last)

    def take(self, offer: int, first: int, last: int, units: int) -> None:
        if self._is_flat:
            self._capacity[offer] -= units
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
