"""The two usual ways of giving, on the same pairs: first come, first served; and the best score first.

They are what the plan is compared with, and the better of them is where its search begins.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from functools import partial

import numpy as np

from matching.engine.columns import Bools, Ints
from matching.engine.planning.problem import Problem, pairs_where, pieces, summed

# Pairs looked at together, and how many of them, at least and at most, take their turn before the rest is looked at
# again: few enough that what is taken meanwhile spoils little of them, and not of the rest more than this share.
AT_ONCE, FEW_TURNS, TURNS, SPOILT = 8192, 16, 256, 1 / 16
# The best scores are put in order first, these shares of all pairs: whoever is served by then needs no place in the
# order.
BEST_FIRST = (1 / 64, 1 / 16, 1 / 4)
SCORE_STEP = 16  # bits: scores are counted by steps of 0.07 points
LONG_AGO = -(2**62)  # before every slot


def first_come(problem: Problem) -> Ints:
    """Units per pair when each need in turn, in order of arrival, takes the best that is left."""
    giving = _Giving(problem, np.zeros(len(problem), np.int32))
    for some in pieces(len(problem)):
        giving.take_turns(np.arange(some.start, some.stop))
    return giving.units


def best_score_first(problem: Problem, score: Ints) -> Ints:
    """Units per pair when the pair with the best score takes what it can, then the next. `score` in millionths."""
    giving = _Giving(problem, np.zeros(len(problem), np.int32))
    below = np.iinfo(score.dtype).max
    for least in _best_first(score):
        pairs = pairs_where(len(problem), partial(giving.could_take, score, least, below))
        giving.take_turns(pairs[np.argsort(-score[pairs], kind="stable")])
        below = least
    return giving.units


def _best_first(score: Ints) -> Iterator[int]:
    """The least score of each of `BEST_FIRST`, and of all."""
    steps = score >> SCORE_STEP
    counts = summed(steps, np.broadcast_to(1, len(score)), int(steps.max(initial=0)) + 1)
    reached = np.cumsum(counts[::-1])[::-1]  # by so many pairs
    for share in BEST_FIRST:
        yield int(np.count_nonzero(reached > share * len(score))) << SCORE_STEP
    yield 0


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
        # The same as a list, which one need after the other is read from much sooner.
        self._misses = self._missing.tolist()

    def take_turns(self, order: Ints) -> None:
        turns = TURNS
        for begin in range(0, len(order), AT_ONCE):
            some = self._waiting(order[begin : begin + AT_ONCE])
            while len(some):
                self._take_turns(some[:turns])
                rest = some[turns:]
                some = self._waiting(rest)
                much = len(rest) - len(some) > SPOILT * len(rest)
                turns = max(turns // 2, FEW_TURNS) if much else min(2 * turns, TURNS)

    def could_take(self, score: Ints, least: int, below: int, some: slice) -> Bools:
        """Per pair: it has such a score, and its turn may come."""
        return (score[some] >= least) & (score[some] < below) & self._may_take(some)

    def _may_take(self, pairs: slice | Ints) -> Bools:
        """False where the need has all, or the offer has nothing left for sure."""
        need, offer = self._problem.need[pairs], self._problem.offer[pairs]
        return (self._missing[need] > 0) & (self._rooms.capacity[offer] > 0)

    def _waiting(self, pairs: Ints) -> Ints:
        return pairs[self._may_take(pairs)]

    def _take_turns(self, pairs: Ints) -> None:
        problem, rooms, misses = self._problem, self._rooms, self._misses
        need, most = problem.need[pairs], problem.most[pairs] - self.units[pairs]
        step = np.where(problem.whole[need], problem.quantity[need], 1)
        columns = (pairs, need, most, step, problem.offer[pairs], problem.first[pairs], problem.last[pairs])
        for pair, who, wanted, step_, offer, first, last in zip(*(c.tolist() for c in columns), strict=True):
            missing = misses[who]
            taken = wanted if wanted < missing else missing
            if taken < step_:
                continue
            left = rooms.left(offer, first, last)
            if left < taken:
                taken = left
            taken -= taken % step_
            if taken > 0:
                rooms.take(offer, first, last, taken)
                self.units[pair] += taken
                self._missing[who] = misses[who] = missing - taken


class Rooms:
    """What each offer has left while pairs are placed one after the other.

    `capacity`: where there is one slot only, what is left; else what there is.
    """

    def __init__(self, problem: Problem, given: Ints) -> None:
        # With one slot only, what is taken is simply gone: there are no stays to compare.
        self._is_flat = problem.is_flat
        self.capacity = problem.capacity.copy()
        self._left = self.capacity.tolist()
        # Of each offer: where what is in use changes, in order, and how much is from there up to the next change. Few
        # slots change anything for one offer, and looking at a stay costs those within it, however many came before.
        self._uses: dict[int, tuple[list[int], list[int]]] = {}
        blocks = (problem.block_offer, problem.block_first, problem.block_last, problem.block_units)
        placed = np.flatnonzero(given)
        stays = (problem.offer[placed], problem.first[placed], problem.last[placed], given[placed])
        for columns in (blocks, stays):
            for offer, first, last, units in zip(*(column.tolist() for column in columns), strict=True):
                self.take(offer, first, last, units)

    def left(self, offer: int, first: int, last: int) -> int:
        """Units that the offer has left on the tightest slot from first to last."""
        left: int = self._left[offer]
        if self._is_flat or offer not in self._uses:
            return left
        changes, used = self._uses[offer]
        return left - max(used[bisect_right(changes, first) - 1 : bisect_right(changes, last)])

    def take(self, offer: int, first: int, last: int, units: int) -> None:
        if self._is_flat:
            self._left[offer] -= units
            self.capacity[offer] = self._left[offer]
            return
        changes, used = self._uses.setdefault(offer, ([LONG_AGO], [0]))
        begin, end = (_cut(changes, used, slot) for slot in (first, last + 1))
        used[begin:end] = [there + units for there in used[begin:end]]


def _cut(changes: list[int], used: list[int], slot: int) -> int:
    """The place of the change at this slot, which is put in if there is none."""
    place = bisect_left(changes, slot)
    if place == len(changes) or changes[place] != slot:
        changes.insert(place, slot)
        used.insert(place, used[place - 1])
    return place
