"""What pairs get when each in its turn takes what it can, worked out for many at once.

Each need asks the first of its pairs that would still give it something. Each offer keeps those whose turn comes first
and sends the others on, who ask their next one (Gale and Shapley, 1962). As needs and offers go by the same turns, what
is kept in the end is what pairs take one after the other. That holds where units come one by one and days do not
matter.
"""

from collections.abc import Iterable

import numpy as np

from engine.arrays import Ints, ranges
from engine.planning.problem import Problem

# Pairs of each need that are looked at to begin with; whoever finds nothing looks at twice as many.
CHOICES = 8
NOT_AT_ALL, ANY_TIME = np.iinfo(np.int64).min, np.iinfo(np.int64).max


def in_rounds(problem: Problem, score: Ints, stops: Iterable[Ints]) -> Ints:
    """Units per pair when the pair with the best score takes what it can, then the next; of equals the first.

    `stops` cuts the turns in parts, each of which is decided before the next: per need, where its pairs of this part
    end.
    """
    rounds = _Rounds(problem, score)
    for stop in stops:
        rounds.serve(stop)
    return rounds.units


class _Rounds:
    """`units` per pair, while part after part is decided."""

    def __init__(self, problem: Problem, score: Ints) -> None:
        self.units = np.zeros(len(problem), np.int32)
        self._problem = problem
        self._score = score
        self._missing = problem.quantity.astype(np.int64)
        self._next = problem.need_starts[:-1].copy()
        self._looks = np.full(len(self._missing), CHOICES)
        self._left = problem.capacity.astype(np.int64)
        # An offer gives something to pairs whose turn comes before this.
        self._gives_until = np.where(self._left > 0, ANY_TIME, NOT_AT_ALL)

    def serve(self, stop: Ints) -> None:
        """Decide this part for good."""
        problem = self._problem
        kept = np.empty(0, np.int64)
        needs = self._asking(np.arange(len(stop)), stop)
        while len(needs):
            asked, new = self._ask(needs, stop)
            called = np.zeros(len(self._left), np.bool_)
            called[problem.offer[asked]] = True
            here = called[problem.offer[kept]]
            keep, lose = self._choose(np.concatenate([kept[here], new]))
            kept = np.concatenate([kept[~here], keep])
            concerned = np.zeros(len(stop), np.bool_)
            concerned[needs] = concerned[problem.need[lose]] = True
            needs = self._asking(np.flatnonzero(concerned), stop)
        self._left -= np.bincount(problem.offer[kept], self.units[kept], len(self._left)).astype(np.int64)

    def _asking(self, needs: Ints, stop: Ints) -> Ints:
        return needs[(self._missing[needs] > 0) & (self._next[needs] < stop[needs])]

    def _turn(self, pairs: Ints) -> Ints:
        """Smaller the earlier it is."""
        return pairs - (self._score.take(pairs).astype(np.int64) << 32)

    def _ask(self, needs: Ints, stop: Ints) -> tuple[Ints, Ints]:
        """Of each need the first pair that would give it something, if it finds one, which now has all that is asked
        for; and those of them that had nothing before.
        """
        problem, starts = self._problem, self._next[needs]
        looks = np.minimum(self._looks[needs], stop[needs] - starts)
        pairs, first = ranges(starts, looks), np.cumsum(looks) - looks
        gives = self._turn(pairs) < self._gives_until.take(problem.offer.take(pairs))
        gives &= self.units.take(pairs) < problem.most.take(pairs)
        good = np.append(np.flatnonzero(gives), len(pairs))
        found = good[np.searchsorted(good, first)]
        finds = found < first + looks
        self._next[needs] = starts + np.minimum(found - first, looks)
        self._looks[needs] = np.where(finds, CHOICES, 2 * looks)
        needs, asked = needs[finds], pairs[found[finds]]
        had = self.units[asked]
        units = np.minimum(self._missing[needs], problem.most[asked] - had)
        self.units[asked] = had + units
        self._missing[needs] -= units
        return asked, asked[had == 0]

    def _choose(self, pairs: Ints) -> tuple[Ints, Ints]:
        """Of all pairs of some offers, those that keep something and those that lose something."""
        offer, turn = self._problem.offer[pairs], self._turn(pairs)
        order = np.lexsort((turn, offer))
        pairs, offer, turn = pairs[order], offer[order], turn[order]
        units, left = self.units[pairs].astype(np.int64), self._left[offer]
        before = np.cumsum(units) - units
        before -= before[np.searchsorted(offer, offer)]
        kept = np.clip(left - before, 0, units)
        last = (kept > 0) & (before + kept == left)
        self._gives_until[offer[last]] = turn[last]
        loses = kept < units
        np.add.at(self._missing, self._problem.need[pairs[loses]], (units - kept)[loses])
        self.units[pairs] = kept
        return pairs[kept > 0], pairs[loses]
