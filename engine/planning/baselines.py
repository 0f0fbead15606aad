"""The two baselines, on the same pairs: first come, first served; and the best score first.

They are what the plan is compared with, and the better of them is where its search begins.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator

import numpy as np

from engine.arrays import Ints, ranges
from engine.planning.problem import Problem, pieces
from engine.planning.rounds import in_rounds

# Pairs looked at together, and how many of them, at least and at most, take their turn before the rest is looked at
# again: few enough that what is taken meanwhile spoils little of them, and not of the rest more than this share.
AT_ONCE, FEW_TURNS, TURNS, SPOILT = 8192, 16, 256, 1 / 16
# The best scores have their turn first, these shares of all pairs: whoever is served by then need not be looked at
# again. So many scores tell where they end.
BEST_FIRST, SAMPLE = (1 / 64, 1 / 16, 1 / 4), 65_536
# Pairs of needs that come one after the other whose turns are decided together: of more, most would ask in vain.
SETTLED_AT_ONCE = 524_288
LONG_AGO = -(2**62)  # before every slot


def first_come(problem: Problem) -> Ints:
    """Units per pair when each need in turn, in order of arrival, takes the best that is left."""
    if problem.is_flow:
        return in_rounds(problem, np.zeros(len(problem), np.int32), _by_arrival(problem))
    giving = _Giving(problem, np.zeros(len(problem), np.int32))
    for some in pieces(len(problem)):
        giving.take_turns(np.arange(some.start, some.stop))
    return giving.units


def best_score_first(problem: Problem, score: Ints) -> Ints:
    """Units per pair when the pair with the best score takes what it can, then the next. `score` in millionths."""
    falls = (score[1:] <= score[:-1]) | (problem.need[1:] != problem.need[:-1])
    if falls.all():
        return _highest_first(problem, score)
    # A need's pairs come in the order of what they are worth to it, which is not that of their scores.
    order = np.argsort((problem.need.astype(np.int64) << 32) - score, kind="stable")
    units = np.empty(len(problem), np.int32)
    units[order] = _highest_first(problem.take(order), score[order])
    return units


def _highest_first(problem: Problem, score: Ints) -> Ints:
    """The same, of pairs of which each need's come with the best score first."""
    if problem.is_flow:
        return in_rounds(problem, score, _by_score(problem, score))
    giving = _Giving(problem, np.zeros(len(problem), np.int32))
    start = problem.need_starts[:-1]
    for stop in _by_score(problem, score):
        pairs = giving.waiting(ranges(start, stop - start))
        giving.take_turns(pairs[np.argsort(-score[pairs], kind="stable")])
        start = stop
    return giving.units


def _by_arrival(problem: Problem) -> Iterator[Ints]:
    """The turns in parts: per need, where its pairs of this part end. So many pairs, then the next."""
    ends = problem.need_starts[1:]
    for begin in range(0, len(problem), SETTLED_AT_ONCE):
        yield np.minimum(ends, begin + SETTLED_AT_ONCE)


def _by_score(problem: Problem, score: Ints) -> Iterator[Ints]:
    """The same, the best scores first."""
    starts = problem.need_starts
    some = np.sort(score[:: len(score) // SAMPLE + 1])[::-1]
    for share in BEST_FIRST:
        if len(some):
            yield _reaching(score, some[int(share * len(some))], starts)
    yield starts[1:]


def _reaching(score: Ints, least: int, starts: Ints) -> Ints:
    """Per need, where its pairs of such a score end: they come first."""
    low, high = starts[:-1].copy(), starts[1:].copy()
    while len(unsure := np.flatnonzero(low < high)):
        middle = (low[unsure] + high[unsure]) // 2
        reaches = score[middle] >= least
        low[unsure[reaches]] = middle[reaches] + 1
        high[unsure[~reaches]] = middle[~reaches]
    return low


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
        self._remaining = Remaining(problem, units)
        self._missing = problem.missing(units)
        # The same as a list, which one need after the other is read from much sooner.
        self._misses = self._missing.tolist()

    def take_turns(self, order: Ints) -> None:
        turns = TURNS
        for begin in range(0, len(order), AT_ONCE):
            some = self.waiting(order[begin : begin + AT_ONCE])
            while len(some):
                self._take_turns(some[:turns])
                rest = some[turns:]
                some = self.waiting(rest)
                much = len(rest) - len(some) > SPOILT * len(rest)
                turns = max(turns // 2, FEW_TURNS) if much else min(2 * turns, TURNS)

    def waiting(self, pairs: Ints) -> Ints:
        """Without those whose need has all, or whose offer has nothing left for sure."""
        need, offer = self._problem.need[pairs], self._problem.offer[pairs]
        return pairs[(self._missing[need] > 0) & (self._remaining.capacity[offer] > 0)]

    def _take_turns(self, pairs: Ints) -> None:
        problem, remaining, misses = self._problem, self._remaining, self._misses
        need, most = problem.need[pairs], problem.most[pairs] - self.units[pairs]
        step = np.where(problem.whole[need], problem.quantity[need], 1)
        columns = (pairs, need, most, step, problem.offer[pairs], problem.first[pairs], problem.last[pairs])
        for pair, who, wanted, step_, offer, first, last in zip(*(c.tolist() for c in columns), strict=True):
            missing = misses[who]
            taken = wanted if wanted < missing else missing
            if taken < step_:
                continue
            left = remaining.left(offer, first, last)
            if left < taken:
                taken = left
            taken -= taken % step_
            if taken > 0:
                remaining.take(offer, first, last, taken)
                self.units[pair] += taken
                self._missing[who] = misses[who] = missing - taken


class Remaining:
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
