"""The best homes in turn for one household, one after the other, whatever each gains on each day.

    gain, parts = best_chain(gains, shortest=14, longest=longest, move=0.5, turns=3)

By dynamic programming over the days: the best that ends before each day with one home, then with one more. The same
serves days, and blocks of days whose gains are summed up (`home_prices`).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from engine.arrays import Bools, Floats, Ints
from engine.planning.lasting import Lasting

# What is gained no more than this is rounding.
NOTHING = 1e-9

# The row, its first day, and the day after its last.
Stay = tuple[int, int, int]


@dataclass(frozen=True, slots=True, eq=False)
class _Turn:
    """Up to so many homes: `best` that ends before each day; `before`: what is had when the last of them begins, and
    `worth`, per row, that it ends before each day.
    """

    best: Floats  # (days + 1)
    before: Floats  # (days + 1 - shortest)
    worth: Floats  # (rows, days + 1 - shortest)


def best_chain(
    gains: Floats, *, shortest: int, longest: Ints, move: float, turns: int
) -> tuple[float, list[Stay]]:
    """What is gained most by parts of `turns` rows at most, from day to day (rows, days), and these parts, the last
    one first. Each is `shortest` days or more and no longer than its row's `longest`; each after the first costs
    `move`.
    """
    rows, days = gains.shape
    if days < shortest or not rows:
        return 0.0, []
    total = np.zeros((rows, days + 1))
    np.cumsum(gains, axis=1, out=total[:, 1:])
    begins = days + 1 - shortest
    tied = np.flatnonzero(longest < days)
    made: list[_Turn] = []
    best = np.zeros(days + 1)
    for turn in range(turns):
        before = best[:begins]
        begun = before - total[:, :begins]
        _keep_best_begin(begun, longest - shortest + 1, tied)
        worth = total[:, shortest:] + begun
        if turn:
            worth -= move
        after = best.copy()
        np.maximum(after[shortest:], np.maximum.accumulate(worth.max(axis=0)), out=after[shortest:])
        if (after <= best + NOTHING).all():
            break
        best = after
        made.append(_Turn(best, before, worth))
    return float(best[-1]), [*_traced(made, total, shortest, longest)]


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


def _traced(made: list[_Turn], total: Floats, shortest: int, longest: Ints) -> Iterator[Stay]:
    """From the last turn and day back: what each `best` came from."""
    stop = total.shape[1] - 1
    turn = len(made) - 1
    while turn >= 0:
        best = made[turn].best
        if best[stop] <= NOTHING:
            return
        if turn and made[turn - 1].best[stop] >= best[stop]:
            turn -= 1
            continue
        # The earliest day by which as much was gained.
        stop = int(np.searchsorted(best, best[stop]))
        row = int(made[turn].worth[:, stop - shortest].argmax())
        earliest, latest = max(0, stop - int(longest[row])), stop - shortest
        begun = made[turn].before[earliest : latest + 1] - total[row, earliest : latest + 1]
        start = earliest + int(begun.argmax())
        yield row, start, stop
        stop = start
        turn -= 1


@dataclass(frozen=True, slots=True, eq=False)
class Household:
    """What is the same for all pairs of a need."""

    pairs: slice
    size: int
    shortest: int
    move: float
    turns: int


def households(problem: Lasting) -> list[Household] | None:
    """All needs, where each takes one home at a time, wholly or not at all, for days that may be chosen; else None."""
    if (problem.fewest < problem.most).any() or (problem.of_slot >= 0).any() or problem.once.any():
        return None
    starts = problem.need_starts
    has_pairs = np.diff(starts) > 0
    first = np.minimum(starts[:-1], max(len(problem) - 1, 0))
    size, shortest = problem.most[first], problem.shortest[first]
    if (size[problem.need] != problem.most).any() or (shortest[problem.need] != problem.shortest).any():
        return None
    alone: Bools = problem.missing.max(axis=1, initial=0) < 2 * size
    if not (alone | ~has_pairs).all():
        return None
    columns = (starts[:-1], starts[1:], size, shortest, problem.move, problem.turns)
    return [
        Household(slice(begin, end), units, days, move, turns)
        for begin, end, units, days, move, turns in zip(*(column.tolist() for column in columns), strict=True)
    ]
