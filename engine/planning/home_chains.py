"""The best homes in turn for many households, each by itself, whatever each home gains on each day.

    found = best_chains(gains, starts, shortest=14, longest=longest, move=move, turns=3)

By dynamic programming over the days: the best that ends before each day with one home, then with one more. Households
are looked at side by side, for most of the time would go into asking for arrays that are short; `alike` says which.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np

from engine.arrays import Bools, Floats, Ints
from engine.planning.lasting import Lasting

# What is gained no more than this is rounding.
NOTHING = 1e-9
# Rows × days that are looked at together, about what a processor has at hand; and households.
CELLS, TOGETHER = 60_000, 256

# The row, its first day, and the day after its last.
Stay = tuple[int, int, int]


@dataclass(frozen=True, slots=True, eq=False)
class Chains:
    """`gain`: per household. Its parts, one line each: whose, which row, its first day and the day after its last."""

    gain: Floats
    household: Ints
    row: Ints
    start: Ints
    stop: Ints


@dataclass(frozen=True, slots=True, eq=False)
class _Turn:
    """Of the next home: what households have `before` each day without it, and `after`; and `worth`, per row, that it
    ends before each day.
    """

    before: Floats  # (households, days + 1)
    worth: Floats  # (rows, days + 1 - shortest)
    after: Floats  # (households, days + 1)


def best_chains(
    gains: Floats, starts: Ints, *, shortest: int, longest: Ints, move: Floats, turns: int
) -> Chains:
    """What each household gains most by parts of `turns` of its rows at most, from day to day (rows, days). Its rows
    begin at `starts`; each has some. Each part is `shortest` days or more and no longer than its row's `longest`; each
    after the first costs the household `move`.
    """
    rows, days = gains.shape
    begins = days + 1 - shortest
    none = np.empty(0, np.int64)
    if begins <= 0 or not rows:
        return Chains(np.zeros(len(starts)), none, none, none, none)
    whose = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, rows)))
    total = np.zeros((rows, days + 1))
    np.cumsum(gains, axis=1, out=total[:, 1:])
    tied = np.flatnonzero(longest < days)
    made: list[_Turn] = []
    best = np.zeros((len(starts), days + 1))
    for turn in range(turns):
        worth = best[:, :begins].take(whose, axis=0)
        worth -= total[:, :begins]
        _keep_best_begin(worth, longest - shortest + 1, tied)
        worth += total[:, shortest:]
        ends = np.maximum.reduceat(worth, starts, axis=0)
        if turn:
            ends -= move[:, None]
        after = best.copy()
        np.maximum(after[:, shortest:], np.maximum.accumulate(ends, axis=1), out=after[:, shortest:])
        if (after <= best + NOTHING).all():
            break
        made.append(_Turn(best, worth, after))
        best = after
    return Chains(best[:, -1].copy(), *_traced(made, total, whose, starts, shortest, longest))


def _keep_best_begin(begun: Floats, width: Ints, tied: Ints) -> None:
    """Replace what it is worth to begin on each day by the best of that day and those before it; of tied rows by the
    best of so many days.
    """
    kept = begun[tied]
    np.maximum.accumulate(begun, axis=1, out=begun)
    for row, values in zip(tied.tolist(), kept, strict=True):
        wide = int(width[row])
        padded = np.concatenate([np.full(wide - 1, -np.inf), values])
        begun[row] = np.lib.stride_tricks.sliding_window_view(padded, wide).max(axis=1)


def _traced(
    made: list[_Turn], total: Floats, whose: Ints, starts: Ints, shortest: int, longest: Ints
) -> tuple[Ints, Ints, Ints, Ints]:
    """From the last turn and day back: what each `after` came from, household by household."""
    every, day = np.arange(len(starts)), np.arange(total.shape[1])
    until = np.full(len(starts), total.shape[1] - 1)
    found = [(every[:0],) * 4]
    for turn in reversed(made):
        had, has = turn.before[every, until], turn.after[every, until]
        some = np.flatnonzero(has > np.maximum(had, NOTHING))
        if not len(some):
            continue
        # The earliest day by which as much was gained, and the first row that gains it.
        stop = (turn.after[some] >= has[some, None]).argmax(axis=1)
        place = np.zeros(len(starts), np.int64)
        place[some] = stop - shortest
        worth = turn.worth[np.arange(len(whose)), place[whose]]
        tops = np.flatnonzero(worth == np.maximum.reduceat(worth, starts)[whose])
        row = tops[np.searchsorted(whose[tops], some)]
        begun = turn.before[some] - total[row]
        begun[(day > (stop - shortest)[:, None]) | (day < (stop - longest[row])[:, None])] = -np.inf
        until[some] = start = begun.argmax(axis=1)
        found.append((some, row, start, stop))
    household, row, start, stop = (np.concatenate(column) for column in zip(*found, strict=True))
    return household, row, start, stop


def alike(shortest: Ints, days: Ints, rows: Ints) -> Iterator[Ints]:
    """The places of all, in lots that can be looked at side by side: as short, and about as many days."""
    some: list[int] = []
    total = 0
    least, length, count = shortest.tolist(), days.tolist(), rows.tolist()
    for place in np.lexsort((days, shortest)).tolist():
        other = some and least[place] != least[some[0]]
        if some and (other or len(some) == TOGETHER or (total + count[place]) * length[place] > CELLS):
            yield np.array(some)
            some, total = [], 0
        some.append(place)
        total += count[place]
    if some:
        yield np.array(some)


@dataclass(frozen=True, slots=True, eq=False)
class Households:
    """What is the same for all pairs of a need, per need."""

    starts: Ints  # pairs of need i lie from [i] up to [i + 1]
    size: Ints
    shortest: Ints
    move: Floats
    turns: int
    begin: Ints  # the first day of any of its pairs
    end: Ints  # the day after the last

    def __len__(self) -> int:
        return len(self.size)

    @classmethod
    def of(cls, problem: Lasting) -> Self:
        starts = problem.need_starts
        some = np.flatnonzero(np.diff(starts))
        first = np.minimum(starts[:-1], max(len(problem) - 1, 0))
        begin, end = np.zeros(len(first), np.int64), np.zeros(len(first), np.int64)
        begin[some] = np.minimum.reduceat(problem.first, starts[some]) if len(some) else 0
        end[some] = np.maximum.reduceat(problem.last, starts[some]) + 1 if len(some) else 0
        size, shortest = problem.most[first], problem.shortest[first]
        return cls(starts, size, shortest, problem.move, int(problem.turns.max()), begin, end)

    def pairs(self, one: int) -> Ints:
        return np.arange(self.starts[one], self.starts[one + 1])


def households(problem: Lasting) -> Households | None:
    """All needs, where each takes one home at a time, wholly or not at all, for days that may be chosen; else None."""
    if (problem.fewest < problem.most).any() or (problem.of_slot >= 0).any() or problem.once.any():
        return None
    found = Households.of(problem)
    need = problem.need
    if (found.size[need] != problem.most).any() or (found.shortest[need] != problem.shortest).any():
        return None
    has_pairs = np.diff(found.starts) > 0
    alone: Bools = problem.missing.max(axis=1, initial=0) < 2 * found.size
    return found if (alone | ~has_pairs).all() else None
