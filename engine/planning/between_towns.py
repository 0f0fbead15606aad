"""Which household goes to which places of another town, so that together most is served, and a bound on it.

A household goes to one of its places at most, whole, and on no day do more people stay in places than they hold. What
is large is the sum of what the moves are worth. Few rows, so that the best is proven at once (`program`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite

import highspy
import numpy as np

from engine.arrays import Ints
from engine.planning.program import Row, model_of, rounded, solved
from engine.planning.time_budget import TimeBudget

NODES = 100_000


@dataclass(frozen=True, slots=True)
class Stay:
    """So many people from one day to another, both included (day numbers)."""

    people: int
    first: int
    last: int

    def is_on(self, day: int) -> bool:
        return self.first <= day <= self.last


@dataclass(frozen=True, slots=True)
class Room:
    """Places, and who is promised some of them already."""

    capacity: int
    taken: Sequence[Stay] = ()

    def left(self, day: int) -> int:
        return max(self.capacity - sum(stay.people for stay in self.taken if stay.is_on(day)), 0)


@dataclass(frozen=True, slots=True)
class Moves:
    """`chosen`: the room of each stay that moves, by their places in the lists; `bound` on any choice's worth."""

    chosen: Mapping[int, int]
    worth: float
    bound: float


def best_moves(
    stays: Sequence[Stay],
    rooms: Sequence[Room],
    worths: Mapping[tuple[int, int], float],
    *,
    seconds: float,
) -> Moves:
    """`worths`: what each possible pair of a stay and a room is worth, above 0; other pairs do not come about."""
    pairs = sorted(worths)
    if not pairs:
        return Moves({}, 0.0, 0.0)
    worth = np.array([worths[pair] for pair in pairs], np.float64)
    model = model_of(worth, np.ones(len(pairs)), [*_one_each(pairs), *_room_rows(stays, rooms, pairs)])
    model.integrality_ = [highspy.HighsVarType.kInteger] * len(pairs)
    found = solved(model, np.zeros(len(pairs)), budget=TimeBudget(seconds), nodes=NODES, gap=0.0)
    chosen = {pairs[n][0]: pairs[n][1] for n in np.flatnonzero(np.rint(found.values))}
    # Nobody does better than at their best, each by themselves: a bound where the time was too short for another.
    at_best = sum(
        max(worths[pair] for pair in pairs if pair[0] == stay) for stay in {pair[0] for pair in pairs}
    )
    reached = sum(worths[pair] for pair in chosen.items())
    return Moves(chosen, reached, min(found.bound, at_best) if isfinite(found.bound) else at_best)


def _one_each(pairs: Sequence[tuple[int, int]]) -> Iterator[Row]:
    for stay in sorted({pair[0] for pair in pairs}):
        columns = _columns(n for n, pair in enumerate(pairs) if pair[0] == stay)
        yield Row(columns, np.ones(len(columns), np.int64), 1)


def _room_rows(
    stays: Sequence[Stay], rooms: Sequence[Room], pairs: Sequence[tuple[int, int]]
) -> Iterator[Row]:
    for room in sorted({pair[1] for pair in pairs}):
        there = [n for n, pair in enumerate(pairs) if pair[1] == room]
        # It is fullest on a day on which somebody comes.
        days = {stays[pairs[n][0]].first for n in there} | {stay.first for stay in rooms[room].taken}
        for day in sorted(days):
            columns = _columns(n for n in there if stays[pairs[n][0]].is_on(day))
            people = np.array([stays[pairs[n][0]].people for n in columns], np.int64)
            left = rooms[room].left(day)
            if people.sum() > left:
                yield from rounded(columns, people, left)


def _columns(numbers: Iterator[int]) -> Ints:
    return np.array(list(numbers), np.int64)
