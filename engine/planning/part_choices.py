"""Of all parts that could be given, those that a best choice can be made of.

What parts are worth grows evenly with their days. So where one ends and others begin, all of these days can be moved
together without loss, until one of them meets a day on which something changes by itself (a window begins or ends, an
offer has less, a need misses less), or a part is as short or as long as it may be; which ties it to its other end. The
days that are such changes, or any number of shortest and longest parts away from one, are enough.
"""

import numpy as np
from numpy.typing import NDArray

from engine.arrays import Bools, Ints
from engine.planning.lasting import Calendar, Lasting, Parts
from engine.planning.part_program import Choices


def enough_choices(problem: Lasting, *, most: int) -> Choices | None:
    """Parts among which the best choice of all is; None where they would be more than so many."""
    if len(problem) > most:
        return None
    turns = _closed(problem, _changes(problem))
    count = np.cumsum(np.append(0, turns))
    # On each day on which a part may begin one does, so that nothing is made only to be counted.
    if (count[problem.last + 2 - problem.shortest] - count[problem.first]).sum() > most:
        return None
    found, total = [], 0
    days = np.flatnonzero(turns)
    for pair in range(len(problem)):
        first, end = int(problem.first[pair]), int(problem.last[pair]) + 1
        some = days[np.searchsorted(days, first) : np.searchsorted(days, end, "right")]
        start, stop = _combined(some, some, int(problem.shortest[pair]), int(problem.longest[pair]))
        total += len(start)
        if total > most:
            return None
        found.append((np.full(len(start), pair), start, stop - 1))
    return _choices(found)


def _combined(starts: Ints, stops: Ints, shortest: int, longest: int) -> tuple[Ints, Ints]:
    """First days, and days after the last, that are neither too near nor too far from each other."""
    length = stops[None, :] - starts[:, None]
    one, other = np.nonzero((length >= shortest) & (length <= longest))
    return starts[one], stops[other]


def _choices(found: list[tuple[Ints, Ints, Ints]]) -> Choices:
    pair, first, last = (np.concatenate(column) for column in zip(*found, strict=True))
    return Choices.of(pair, first, last)


def _changes(problem: Lasting) -> Bools:
    """[day, up to the one after all]: on which of them something begins or has just ended."""
    found = np.zeros(problem.days + 1, np.bool_)
    found[problem.first] = found[problem.last + 1] = True
    for table in (problem.left, problem.missing):
        found[1:-1] |= (np.diff(table, axis=1) != 0).any(axis=0)
    return found


def _closed(problem: Lasting, days: Bools) -> Bools:
    """These days, and all that lie any number of shortest and longest parts away from them."""
    tied = problem.longest < problem.last - problem.first + 1
    # A part of one day that may not be longer is tied; one that may not be shorter may as well not be given.
    limits = [(problem.shortest > 1, problem.shortest), (tied, problem.longest)]
    spans = np.concatenate(
        [np.column_stack([problem.first, problem.last + 1, length])[some] for some, length in limits]
    )
    spans = np.unique(spans, axis=0)
    found = days.copy()
    while True:
        before = np.count_nonzero(found)
        for first, end, length in spans.tolist():
            there = found[first : end + 1]
            away = np.zeros(length, np.bool_)
            away[np.flatnonzero(there) % length] = True
            there |= away[np.arange(len(there)) % length]
        if np.count_nonzero(found) == before:
            return found


class Neighbourhood:
    """Choices of some pairs, of what is left when their parts are taken back: ends at changes nearby."""

    def __init__(self, problem: Lasting, around: Calendar, pairs: Ints, chance: np.random.Generator) -> None:
        self._problem, self._around, self._pairs, self._chance = problem, around, pairs, chance

    def choices(self, taken: Parts, *, most_days: int) -> Choices:
        """Of each pair parts between so many days; among them those that were taken."""
        problem = self._problem
        of_need, of_offer = (
            self._changes_by(problem.need, self._around.missing, taken),
            self._changes_by(problem.offer, self._around.left, taken),
        )
        found = [(taken.pair, taken.first, taken.last)]
        for pair in self._pairs.tolist():
            days = np.union1d(of_need[int(problem.need[pair])], of_offer[int(problem.offer[pair])])
            found.append(self._of_pair(pair, days, most_days))
        return _choices(found)

    def _changes_by(self, owner: Ints, table: NDArray[np.int32], taken: Parts) -> dict[int, Ints]:
        """By need or offer, the days on which its pairs begin or end, those taken did, or it has or misses less."""
        problem = self._problem
        days: dict[int, list[Ints]] = {}
        for pairs, first, last in (
            (self._pairs, problem.first[self._pairs], problem.last[self._pairs]),
            (taken.pair, taken.first, taken.last),
        ):
            for whose, begin, end in zip(owner[pairs].tolist(), first.tolist(), last.tolist(), strict=True):
                days.setdefault(whose, []).extend((begin, end + 1))
        return {
            whose: np.unique(np.concatenate([np.array(some), np.flatnonzero(np.diff(table[whose])) + 1]))
            for whose, some in days.items()
        }

    def _of_pair(self, pair: int, days: Ints, most_days: int) -> tuple[Ints, Ints, Ints]:
        problem = self._problem
        need, offer = int(problem.need[pair]), int(problem.offer[pair])
        first, end = int(problem.first[pair]), int(problem.last[pair]) + 1
        shortest, longest = int(problem.shortest[pair]), int(problem.longest[pair])
        days = days[(days > first) & (days < end)]
        if len(days) > most_days:
            days = np.sort(self._chance.choice(days, most_days, replace=False))
        days = np.concatenate([[first], days, [end]])
        starts = np.unique(np.concatenate([days, days - longest])) if longest < end - first else days
        stops = np.unique(np.concatenate([days, days + longest])) if longest < end - first else days
        starts, stops = _combined(starts[starts >= first], stops[stops <= end], shortest, longest)
        here = np.minimum(self._around.left[offer, first:end], self._around.missing[need, first:end])
        short = np.cumsum(np.append(0, here < problem.fewest[pair]))
        good = short[stops - first] == short[starts - first]
        starts, stops = starts[good], stops[good]
        return np.full(len(starts), pair), starts, stops - 1
