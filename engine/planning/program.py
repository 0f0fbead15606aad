"""The plan as an integer program, solved by HiGHS: exactly for a town, and for the neighbourhoods of a search.

One variable for each pair: how many steps of it are given (the household, or so many units). One row for each
need, and for each offer one row for every slot on which no other row says more. Rows are tightened by rounding:
if 3 of 5 beds go to one household then no second household of 3 fits, which a solver that thinks in fractions
does not see (Chvátal, 1973). Where units come one by one and days do not matter, the best in fractions is whole by
itself (Hoffman and Kruskal, 1956), and is sooner found.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import highspy
import numpy as np

from engine.arrays import Floats, Ints
from engine.planning.problem import Problem
from engine.planning.time_budget import TimeBudget

# Sizes by which the rows of one slot are divided and rounded: more make the rows many and help little.
DIVISORS = 8
# HiGHS is asked for no less than this.
LEAST_SECONDS = 0.01
# About so long, for each entry of its rows, it works before it first looks at the time. What would end so late is not
# asked.
ENTRY_SECONDS, LATE_SECONDS = 1e-5, 2.0


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """`units` per pair; `bound` on what any choice of these pairs is worth; `optimal`: proven."""

    units: Ints
    bound: float
    optimal: bool


def solve(problem: Problem, start: Ints, *, budget: TimeBudget, nodes: int, gap: float) -> Answer:
    """The best choice found from `start` on in the time that is left and so many branches; never worse than `start`.

    `gap` is relative: with less than this to gain the search ends. The same question gets the same answer unless the
    budget ended it, which it then knows.
    """
    model, step = _model(problem)
    found = solved(model, start / step, budget=budget, nodes=nodes, gap=gap)
    units = start
    if len(found.values):
        units = np.rint(found.values).astype(np.int64) * step
    if problem.worth(units) <= problem.worth(start):
        units = start
    return Answer(units, found.bound, found.optimal)


@dataclass(frozen=True, slots=True, eq=False)
class Solved:
    """`values` of the columns, if any were found; `bound` on the sum that is to be large; `optimal`: proven."""

    values: Floats
    bound: float
    optimal: bool


def solved(model: highspy.HighsLp, start: Floats, *, budget: TimeBudget, nodes: int, gap: float) -> Solved:
    """What HiGHS finds from `start` on, where costs are what a choice is worth, turned round."""
    limit = max(budget.left(), LEAST_SECONDS)
    if len(model.a_matrix_.index_) * ENTRY_SECONDS > limit + LATE_SECONDS:
        budget.has_ended_something()
        return Solved(np.empty(0), np.inf, optimal=False)
    highs = highspy.Highs()
    highs.silent()
    options = {
        "threads": 1,
        "random_seed": 1,
        "time_limit": limit,
        "mip_max_nodes": nodes,
        "mip_rel_gap": gap,
        "mip_abs_gap": 1e-9,
    }
    for name, value in options.items():
        highs.setOptionValue(name, value)
    highs.passModel(model)
    begin = highspy.HighsSolution()
    begin.col_value = start.tolist()
    highs.setSolution(begin)
    highs.run()
    status = highs.getModelStatus()
    if status == highspy.HighsModelStatus.kTimeLimit or highs.getRunTime() >= limit:
        budget.has_ended_something()
    optimal, comes_whole = status == highspy.HighsModelStatus.kOptimal, len(model.integrality_) > 0
    if not (optimal or comes_whole):
        # Until it is done, what a linear program has is no choice and no bound.
        return Solved(np.empty(0), np.inf, optimal=False)
    info = highs.getInfo()
    bound = -(info.mip_dual_bound if comes_whole else info.objective_function_value)
    values = np.asarray(highs.getSolution().col_value)
    if len(values) != model.num_col_:
        values = np.empty(0)
    return Solved(values, float(bound) if np.isfinite(bound) else np.inf, optimal)


def _model(problem: Problem) -> tuple[highspy.HighsLp, Ints]:
    step = problem.step
    rows = [*_need_rows(problem, step), *_offer_rows(problem, step)]
    model = model_of(problem.value * step, (problem.most // step).astype(np.float64), rows)
    if not problem.is_flow:
        model.integrality_ = [highspy.HighsVarType.kInteger] * len(problem)
    return model, step


def model_of(worth: Floats, most: Floats, rows: Sequence["Row"]) -> highspy.HighsLp:
    """Columns from 0 to `most`, each worth so much, under these rows."""
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = len(worth), len(rows)
    model.col_cost_ = -worth
    model.col_lower_ = np.zeros(len(worth))
    model.col_upper_ = most
    model.row_lower_ = np.full(len(rows), -highspy.kHighsInf)
    model.row_upper_ = np.array([row.most for row in rows], np.float64)
    model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    model.a_matrix_.start_ = np.cumsum([0, *(len(row.columns) for row in rows)]).astype(np.int32)
    none = np.empty(0, np.int64)
    model.a_matrix_.index_ = np.concatenate([none, *(row.columns for row in rows)]).astype(np.int32)
    model.a_matrix_.value_ = np.concatenate([none, *(row.each for row in rows)]).astype(np.float64)
    return model


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """Σ `each` × `columns` ≤ `most`."""

    columns: Ints
    each: Ints
    most: int


def _need_rows(problem: Problem, step: Ints) -> Iterator[Row]:
    order = np.arange(len(problem))
    for pairs in np.split(order, np.flatnonzero(np.diff(problem.need)) + 1):
        yield Row(pairs, step[pairs], int(problem.quantity[problem.need[pairs[0]]]))


def _offer_rows(problem: Problem, step: Ints) -> Iterator[Row]:
    order = np.argsort(problem.offer, kind="stable")
    blocks = np.argsort(problem.block_offer, kind="stable")
    block_starts = np.searchsorted(problem.block_offer[blocks], np.arange(len(problem.capacity) + 1))
    for pairs in np.split(order, np.flatnonzero(np.diff(problem.offer[order])) + 1):
        offer = problem.offer[pairs[0]]
        taken = blocks[block_starts[offer] : block_starts[offer + 1]]
        for there, most in _tightest_slots(problem, pairs, taken):
            if problem.most[there] @ np.ones(len(there), np.int64) > most:
                yield from rounded(there, step[there], most)


def _tightest_slots(problem: Problem, pairs: Ints, taken: Ints) -> Iterator[tuple[Ints, int]]:
    """Which pairs meet on a slot and what is left for them there; slots that another one covers are left out."""
    first, last = problem.first[pairs], problem.last[pairs]
    slots = np.unique(np.concatenate([first, np.clip(problem.block_first[taken], first.min(), last.max())]))
    there = (first <= slots[:, None]) & (last >= slots[:, None])
    blocked = (problem.block_first[taken] <= slots[:, None]) & (problem.block_last[taken] >= slots[:, None])
    left = problem.capacity[problem.offer[pairs[0]]] - blocked @ problem.block_units[taken]
    # Up to the next slot nobody leaves: all of these, and more, meet there.
    following = np.append(slots[1:], np.iinfo(np.int64).max)
    leaves = np.where(there, last, np.iinfo(np.int64).max - 1).min(axis=1) < following
    if len(taken):
        leaves[:] = True
    for row in np.flatnonzero(leaves & there.any(axis=1)):
        yield pairs[there[row]], int(left[row])


def rounded(columns: Ints, each: Ints, most: int) -> Iterator[Row]:
    """The row itself, and what is left of it when all its numbers are divided and rounded down."""
    yield Row(columns, each, most)
    said = {most}
    for divisor in _divisors(each, most):
        part = each // divisor
        some = part > 0
        # The same right side with a larger divisor says less.
        if most // divisor in said or part.sum() <= most // divisor:
            continue
        said.add(most // divisor)
        yield Row(columns[some], part[some], most // divisor)


def _divisors(each: Ints, most: int) -> list[int]:
    sizes = {int(size) for size in each if 1 < size <= most}
    if most <= DIVISORS:
        return list(range(2, most + 1))
    return sorted({*sorted(sizes)[-DIVISORS:], most // 2 + 1})
