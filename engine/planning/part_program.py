"""Which of some possible parts to give, as an integer program solved by HiGHS.

One variable says whether a part is given; where its units may be chosen, others say how many, in all or of each slot.
There is a row for each set of parts that meet on some day at an offer or at a need, one for the parts of a pair, of
which one is given at most, and those for the homes that a need has in turn.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import highspy
import numpy as np
from numpy.typing import NDArray

from engine.arrays import Bools, Floats, Ints
from engine.planning.lasting import Calendar, Lasting, Parts
from engine.planning.program import Row, model_of, rounded, solved
from engine.planning.time_budget import TimeBudget

INTEGER, CONTINUOUS = highspy.HighsVarType.kInteger, highspy.HighsVarType.kContinuous
GIVEN = 0.5  # of a variable that is 0 or 1


@dataclass(frozen=True, slots=True, eq=False)
class Choices:
    """Parts of which some may be given, one row each: pair and days."""

    pair: Ints
    first: Ints
    last: Ints

    def __len__(self) -> int:
        return len(self.pair)

    @classmethod
    def of(cls, pair: Ints, first: Ints, last: Ints) -> Self:
        """Each once, by pair."""
        rows = np.unique(np.column_stack([pair, first, last]).astype(np.int64), axis=0)
        return cls(rows[:, 0], rows[:, 1], rows[:, 2])

    def where(self, parts: Parts) -> Ints:
        """The row of each of these parts, all of which are among the choices."""
        width = int(max(self.last.max(initial=0), parts.last.max(initial=0))) + 1
        code = (self.pair * width + self.first) * width + self.last
        rows: Ints = np.searchsorted(code, (parts.pair * width + parts.first) * width + parts.last)
        return rows


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """The best parts found; `bound` on what any of these choices is worth; `optimal`: proven."""

    parts: Parts
    bound: float
    optimal: bool


def solve(
    problem: Lasting,
    around: Calendar,
    choices: Choices,
    start: Parts,
    *,
    budget: TimeBudget,
    nodes: int,
    gap: float,
) -> Answer:
    """The best of these choices on what `around` leaves of offers and needs; never worse than `start`, which is among
    them. What parts are worth is counted as if nothing else were given, but for the moves.
    """
    program = _Program(problem, around, choices)
    found = solved(program.model(), program.start(start), budget=budget, nodes=nodes, gap=gap)
    parts = start
    if len(found.values):
        better = program.parts(found.values)
        if program.worth(better) > program.worth(start):
            parts = better
    return Answer(parts, found.bound, found.optimal)


class _Program:
    """Columns: `given` of each choice, then the units of those that have a choice of them, then one for each need that
    may have a first home at no cost.
    """

    def __init__(self, problem: Lasting, around: Calendar, choices: Choices) -> None:
        self._problem, self._around, self._choices = problem, around, choices
        pair, count = choices.pair, len(choices)
        self._days = choices.last - choices.first + 1
        has_slots: Bools = np.any(problem.of_slot[pair] >= 0, axis=1)
        self._fixed = (problem.fewest[pair] == problem.most[pair]) & ~has_slots
        # One column of units, or one for each slot that can give any.
        of_slot = problem.of_slot[pair] * has_slots[:, None]
        slotted, slot = np.nonzero(of_slot > 0)
        free = np.flatnonzero(~self._fixed & ~has_slots)
        self._unit_choice = np.concatenate([free, slotted])
        self._unit_slot = np.concatenate([np.full(len(free), -1), slot])
        self._unit_most = np.concatenate([problem.most[pair[free]], of_slot[slotted, slot]])
        self._unit_column = count + np.arange(len(self._unit_choice))
        needs = np.unique(problem.need[pair])
        self._first_homes = needs[(problem.move[needs] > 0) & (around.homes[needs] == 0)]

    # --- The model ---------------------------------------------------------------------------------------

    def model(self) -> highspy.HighsLp:
        problem, pair, days = self._problem, self._choices.pair, self._days
        per_unit = problem.value[pair] * days
        given = np.where(self._fixed, per_unit * problem.fewest[pair], 0.0) - problem.move[problem.need[pair]]
        firsts = problem.move[self._first_homes]
        worth = np.concatenate([given, per_unit[self._unit_choice], firsts])
        most = np.concatenate([np.ones(len(pair)), self._unit_most, np.ones(len(firsts))])
        model = model_of(worth, most.astype(np.float64), [*self._rows()])
        whole = len(pair) + len(self._unit_choice)
        model.integrality_ = [INTEGER] * whole + [CONTINUOUS] * len(firsts)
        return model

    def _rows(self) -> Iterator[Row]:
        problem, choices = self._problem, self._choices
        need, offer = problem.need[choices.pair], problem.offer[choices.pair]
        yield from self._unit_rows()
        for some in _grouped(choices.pair):
            if len(some) > 1:
                yield Row(some, np.ones(len(some), np.int64), 1)
        for some in _grouped(need):
            one = int(need[some[0]])
            first, last = choices.first[some], choices.last[some]
            if problem.once[one]:
                first, last = np.zeros_like(first), np.full_like(last, problem.days - 1)
            for here, most in _meetings(first, last, self._around.missing[one]):
                yield from self._units(some[here], most)
            turns = int(problem.turns[one] - self._around.homes[one])
            if turns < len(some):
                yield Row(some, np.ones(len(some), np.int64), turns)
        for place, one in enumerate(self._first_homes.tolist()):
            column = len(choices) + len(self._unit_choice) + place
            some = np.flatnonzero(need == one)
            each = np.concatenate([[1], np.full(len(some), -1)])
            yield Row(np.concatenate([[column], some]), each, 0)
        for some in _grouped(offer):
            one = int(offer[some[0]])
            first, last = choices.first[some], choices.last[some]
            for here, most in _meetings(first, last, self._around.left[one]):
                yield from self._units(some[here], most)
            for slot in range(problem.slots):
                left = self._around.slot_left[one, slot]
                for here, most in _meetings(first, last, left):
                    taken = np.isin(self._unit_choice, some[here]) & (self._unit_slot == slot)
                    if self._unit_most[taken].sum() > most:
                        columns = self._unit_column[taken]
                        yield Row(columns, np.ones(len(columns), np.int64), most)

    def _units(self, some: Ints, most: int) -> Iterator[Row]:
        """These choices give no more than so many units, where they could."""
        problem, pair = self._problem, self._choices.pair[some]
        fixed = self._fixed[some]
        if problem.most[pair].sum() <= most:
            return
        if fixed.all():
            yield from rounded(some, problem.fewest[pair], most)
            return
        units = self._unit_column[np.isin(self._unit_choice, some[~fixed])]
        each = np.concatenate([problem.fewest[pair[fixed]], np.ones(len(units), np.int64)])
        yield Row(np.concatenate([some[fixed], units]), each, most)

    def _unit_rows(self) -> Iterator[Row]:
        """Units are given of what is given, neither too few nor too many."""
        problem, pair = self._problem, self._choices.pair
        order = np.argsort(self._unit_choice, kind="stable")
        for some in (
            np.split(order, np.flatnonzero(np.diff(self._unit_choice[order])) + 1) if len(order) else ()
        ):
            choice = int(self._unit_choice[some[0]])
            columns, ones = self._unit_column[some], np.ones(len(some), np.int64)
            fewest, most = int(problem.fewest[pair[choice]]), int(problem.most[pair[choice]])
            with_choice = np.append(columns, choice)
            yield Row(with_choice, np.append(ones, -most), 0)
            yield Row(with_choice, np.append(-ones, fewest), 0)
            if len(some) > 1:
                for column, limit in zip(columns.tolist(), self._unit_most[some].tolist(), strict=True):
                    yield Row(np.array([column, choice]), np.array([1, -limit]), 0)

    # --- From and to parts -------------------------------------------------------------------------------

    def start(self, parts: Parts) -> Floats:
        rows = self._choices.where(parts)
        given = np.zeros(len(self._choices))
        given[rows] = 1
        units = np.zeros(len(self._unit_choice))
        row_of = np.full(len(self._choices), -1)
        row_of[rows] = np.arange(len(rows))
        part = row_of[self._unit_choice]
        some = np.flatnonzero(part >= 0)
        slot = self._unit_slot[some]
        if self._problem.slots:
            of_slot = parts.of_slot[part[some], np.maximum(slot, 0)]
        else:
            of_slot = np.zeros(len(some), np.int32)
        units[some] = np.where(slot >= 0, of_slot, parts.units[part[some]])
        served = np.isin(self._first_homes, self._problem.need[parts.pair])
        return np.concatenate([given, units, served])

    def parts(self, values: Floats) -> Parts:
        choices, problem = self._choices, self._problem
        given = np.flatnonzero(values[: len(choices)] > GIVEN)
        row_of = np.full(len(choices), -1)
        row_of[given] = np.arange(len(given))
        units = np.where(self._fixed[given], problem.fewest[choices.pair[given]], 0)
        of_slot = np.zeros((len(given), problem.slots), np.int32)
        amounts = np.rint(values[self._unit_column]).astype(np.int64)
        row = row_of[self._unit_choice]
        some = row >= 0
        np.add.at(units, row[some], amounts[some])
        slotted = some & (self._unit_slot >= 0)
        of_slot[row[slotted], self._unit_slot[slotted]] = amounts[slotted]
        return Parts(choices.pair[given], choices.first[given], choices.last[given], units, of_slot)

    def worth(self, parts: Parts) -> float:
        problem = self._problem
        homes = self._around.homes + np.bincount(problem.need[parts.pair], minlength=len(problem.move))
        return float(problem.values(parts).sum() - problem.move @ np.maximum(homes - 1, 0))


def _grouped(owner: Ints) -> list[Ints]:
    """Rows by whose they are."""
    order = np.argsort(owner, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(owner[order])) + 1) if len(order) else []


def _meetings(first: Ints, last: Ints, left: NDArray[np.int32]) -> Iterator[tuple[Bools, int]]:
    """Which of these days meet, and the least that is left on a day on which just these do; what another set of them
    says as well is left out.
    """
    changes = np.flatnonzero(np.diff(left)) + 1
    days = np.unique(
        np.concatenate([first, last + 1, changes[(changes > first.min()) & (changes <= last.max())]])
    )
    days = days[days <= last.max()]
    there = (first <= days[:, None]) & (last >= days[:, None])
    sets, which = np.unique(there, axis=0, return_inverse=True)
    least = np.full(len(sets), np.iinfo(np.int32).max)
    np.minimum.at(least, which.ravel(), left[days])
    size = sets.sum(axis=1)
    common = sets.astype(np.float32) @ sets.astype(np.float32).T
    within = (common >= size[:, None]) & (least[:, None] >= least[None, :])
    np.fill_diagonal(within, val=False)
    for row in np.flatnonzero(~within.any(axis=1) & (size > 0)):
        yield sets[row], int(least[row])
