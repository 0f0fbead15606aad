"""Whom do we ask, so that together most people are helped? The plan: the best set of pairs, and how good it is.

    made = plan(needs, offers, today=today)
    made.objective, made.bound, made.first_come.objective

A plan chooses units of feasible pairs, and of what lasts the days, that maximise

    Σ people × share served × (priority + score / 100)  −  Σ ¼ × people × (homes − 1),

exceed no offer's capacity on any day nor in any slot of the week, serve no need beyond its quantity on any day, and
serve needs of which part is not useful wholly by each offer that serves them. It is worked out apart for each group of
needs and offers that share nothing with the others.

Where each pair gives its whole run or nothing of it:

* `problem` says it as arrays; `baselines` are the two baselines, `rounds` works them out for many at once;
* `auction` serves units that come one by one, however many, to within a stated step;
* `prices` bounds everything else from above and says which pairs are promising; `search` improves on them;
* `program` proves the best for what is small enough.

Where homes follow each other, or hours of the week are shared:

* `lasting` says it as arrays, and what each pair gets in its turn; `part_choices` names the parts that can be enough;
* `parts` has `part_program` prove the best of few. Of more households `home_prices` says what places in homes are
  worth, which bounds all that can be done, and `home_search` has them choose at these prices, both by `home_chains`;
* of hours `part_prices` and `part_chains` bound it, and `part_search` improves on it.
"""

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from math import inf
from typing import Self

import numpy as np

from engine.arrays import Amounts, Floats, Ints
from engine.columns import NeedColumns, OfferColumns
from engine.planning import auction, program, search
from engine.planning.baselines import best_score_first, first_come, in_turn
from engine.planning.lasting import Parts, parts_in_turn
from engine.planning.lasting_pairs import Component, has_parts, lasting_of
from engine.planning.parts import best_parts
from engine.planning.prices import priced
from engine.planning.problem import Problem, pairs_where, people_per_unit, problem_of, summed
from engine.planning.time_budget import TimeBudget
from engine.ranking import feasible_pairs
from engine.records import Weights
from engine.results import Feasible
from engine.scoring import are_goods
from engine.uncovered import missing_shares

SECONDS = 10.0
# A bid's step compared with the mean value of a unit: what an auction may lose. Of very many pairs the last thousandth
# would take most of the time; such flows are auctioned side by side, and too much of them stays open to be proven.
AUCTION_STEP, COARSE_STEP, COARSE_PAIRS = 4e-3, 2e-2, 1_000_000
# With no more open pairs than this, the best is proven rather than searched for.
EXACT_PAIRS = 20_000
SMALL_PAIRS = 1_500
EXACT_NODES = 1_000_000
# By when prices and search are done, in shares of the time; proof has the rest.
PRICES_SHARE, SEARCH_SHARE = 0.3, 0.75
# What hangs together has no less of the time that is left: what is small is done long before.
LEAST_SHARE = 0.05
# Two sums of the same plan may differ by rounding.
EQUAL = 1e-9


@dataclass(frozen=True, slots=True)
class Baseline:
    """What one baseline would reach on the same pairs."""

    objective: float
    people: float


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """`pairs`: what is chosen, by need in order of arrival, best first; `rank`: the place of each among all that are
    possible for its need, from 1. `units`, from `first` to `last` (day numbers), is what it gives: of what lasts any
    days of the pair's run, of all else the run. Hours may have halves. `row`: of each line, its row in the pairs that
    were given.

    No choice whatever is worth more than `bound`. `values` is what each line adds to the objective, from which moves
    are taken off. `shares`: per need, what part of all that was asked the plan gives; `people` adds them up, in people.
    `in_time` is False when the seconds ended any part of the work: another run may then find another plan. When it is
    True, whoever asks the same in any seconds that are enough gets the same plan.
    """

    pairs: Feasible
    units: Amounts
    first: Ints
    last: Ints
    values: Floats
    row: Ints
    rank: Ints
    objective: float
    bound: float
    shares: Floats
    people: float
    people_asked: float
    first_come: Baseline
    greedy: Baseline
    in_time: bool

    @property
    def gap(self) -> float:
        """How far, at most, the plan is from the best: 0 when it is proven to be the best."""
        return gap_of(self.objective, self.bound)

    @property
    def proven(self) -> bool:
        return not self.gap


def gap_of(objective: float, bound: float) -> float:
    """How far this objective is from the bound, as a share of it: 0 when they are equal but for rounding."""
    if bound - objective <= EQUAL * max(1.0, abs(bound)):
        return 0.0
    return (bound - objective) / bound


def plan(
    needs: NeedColumns,
    offers: OfferColumns,
    *,
    today: date,
    weights: Weights | Mapping[Hashable, Weights] = Weights(),  # noqa: B008 (frozen)
    links: Collection[frozenset[Hashable]] = frozenset(),
    excluded: Collection[tuple[Hashable, Hashable]] | Ints = frozenset(),
    seconds: float = SECONDS,
    whole_hours: bool = False,
) -> Plan:
    """The best set of pairs among all that are feasible, or the best found in `seconds` (0: the better baseline).

    Needs are in order of arrival, which only `first_come` looks at. `whole_hours`: no halves of them are given, for
    whom keeps whole ones. Arguments are those of `rank_columns`.
    """
    pairs = feasible_pairs(needs, offers, today=today, weights=weights, links=links, excluded=excluded)
    return plan_pairs(pairs, seconds=seconds, whole_hours=whole_hours)


def plan_pairs(
    pairs: Feasible, *, seconds: float = SECONDS, whole_hours: bool = False, points: Floats | None = None
) -> Plan:
    """The plan among these pairs: all feasible ones, by need, best first, as `feasible_pairs` gives them.

    `whole_hours`: no halves of hours are given. `points`: per pair, what it is worth for each whole person helped,
    instead of priority + score / 100 (`engine.foresight.Weighing`); what is worth nothing is not chosen. Objective,
    bound and baselines are then in these points. Raises ValueError for seconds that are no time.
    """
    if not 0 <= seconds < inf:
        raise ValueError(f"seconds: a time from 0 up is expected, not {seconds!r}")
    budget = TimeBudget(seconds)
    every_pair, worth_it = pairs, None
    if points is not None:
        worth_it = np.flatnonzero(points > EQUAL)
        pairs, points = pairs.take(worth_it), points[worth_it]
    problem = problem_of(pairs, points)
    components = [*problem.components(joined=COARSE_PAIRS)]
    every, by_runs, of_parts = np.arange(len(problem)), [], {}
    for place, rows in enumerate(components):
        if _is_of_parts(pairs, problem, rows):
            of_parts[place] = _Parts.of(pairs, every[rows], whole_hours=whole_hours, points=points)
        else:
            by_runs.append(rows)
    runs = _Runs.of(problem, pairs, by_runs)
    # The baselines are had whatever the time.
    made, waiting = _Made(pairs, every_pair, worth_it), len(problem)
    for place, rows in enumerate(components):
        size = len(problem.need[rows])
        part_of_budget = budget.share(max(size / waiting, LEAST_SHARE))
        waiting -= size
        if place in of_parts:
            made.add_parts(of_parts[place], part_of_budget)
        else:
            made.add_runs(runs, rows, part_of_budget)
    return made.plan(in_time=budget.in_time)


def _is_of_parts(pairs: Feasible, problem: Problem, rows: Ints | slice) -> bool:
    """Days or hours are to be chosen in what hangs together so."""
    if problem.is_flat:
        return False
    some = pairs.take(rows)
    if are_goods(some.offers)[some.offer[0]]:
        return False
    if has_parts(some):
        return True
    # Where days matter, halves of hours may do better than whole ones.
    in_part = some.needs.least_quantity < some.needs.quantity
    return bool(in_part[some.need].any()) and not problem.local(rows).is_flow


@dataclass(frozen=True, slots=True, eq=False)
class _Runs:
    """Pairs that give their whole runs, and what the baselines would give of each: units per pair."""

    problem: Problem
    first_come: Ints
    greedy: Ints

    @classmethod
    def of(cls, problem: Problem, pairs: Feasible, components: Sequence[Ints | slice]) -> Self:
        if len(components) == 1 and isinstance(components[0], slice):
            return cls(problem, first_come(problem), best_score_first(problem, pairs.micro_points))
        every = np.arange(len(problem))
        rows = np.sort(np.concatenate([every[:0], *(every[some] for some in components)]))
        if len(rows) == len(problem):
            return cls(problem, first_come(problem), best_score_first(problem, pairs.micro_points))
        some = problem.take(rows)
        ways = first_come(some), best_score_first(some, pairs.micro_points[rows])
        units = np.zeros((2, len(problem)), np.int32)
        units[:, rows] = ways
        return cls(problem, units[0], units[1])


@dataclass(frozen=True, slots=True, eq=False)
class _Parts:
    """Pairs of which days or hours are to be chosen, and what the baselines give of them."""

    component: Component
    first_come: Parts
    greedy: Parts

    @classmethod
    def of(cls, pairs: Feasible, rows: Ints, *, whole_hours: bool, points: Floats | None) -> Self:
        component = lasting_of(pairs, rows, whole_hours=whole_hours, points=points)
        by_score = np.argsort(-pairs.micro_points[rows], kind="stable")
        orders = np.arange(len(rows)), by_score
        return cls(component, *(parts_in_turn(component.problem, order) for order in orders))


class _Made:
    """A plan, component by component."""

    def __init__(self, pairs: Feasible, every_pair: Feasible, places: Ints | None) -> None:
        """`places`: where these pairs are among every pair; None where they are all of them."""
        self._pairs, self._every_pair, self._places = pairs, every_pair, places
        self._lines: list[tuple[Ints, Ints, Ints, Amounts, Floats, Floats]] = []
        self._bound = self._moves = 0.0
        self._objectives = np.zeros(2)
        self._people = np.zeros(2)

    def add_runs(self, runs: _Runs, rows: Ints | slice, budget: TimeBudget) -> None:
        pairs, part = self._pairs, runs.problem.local(rows)
        every = np.arange(len(pairs))[rows]
        ways = [way[rows] for way in (runs.first_come, runs.greedy)]
        units, most = _best(part, max(ways, key=part.worth), budget)
        part.refuse_impossible(units)
        self._bound += max(most, part.worth(units))
        chosen = np.flatnonzero(units)
        row = every[chosen]
        given = units[chosen].astype(np.int64)
        helped = people_per_unit(pairs, row) * given
        self._lines.append(
            (row, pairs.run_first[row], pairs.run_last[row], given, part.value[chosen] * given, helped)
        )
        for place, way in enumerate(ways):
            some = np.flatnonzero(way)
            self._objectives[place] += part.worth(way)
            self._people[place] += float(people_per_unit(pairs, every[some]) @ way[some])

    def add_parts(self, found: _Parts, budget: TimeBudget) -> None:
        pairs, component, problem = self._pairs, found.component, found.component.problem
        ways = [found.first_come, found.greedy]
        parts, most = best_parts(problem, max(ways, key=problem.worth), budget)
        problem.refuse_impossible(parts)
        worth = problem.worth(parts)
        self._bound += max(most, worth)
        self._moves += float(problem.values(parts).sum()) - worth
        parts = parts.take(np.argsort(parts.pair, kind="stable"))
        row = component.rows[parts.pair]
        once = pairs.needs.one_day[pairs.need[row]]
        first = np.where(once, pairs.run_first[row], parts.first + component.zero)
        last = np.where(once, pairs.run_last[row], parts.last + component.zero)
        units = parts.units if component.scale == 1 else parts.units / component.scale
        self._lines.append((row, first, last, units, problem.values(parts), component.helped(parts)))
        for place, way in enumerate(ways):
            self._objectives[place] += problem.worth(way)
            self._people[place] += float(component.helped(way).sum())

    def plan(self, *, in_time: bool) -> Plan:
        pairs = self._pairs
        empty = np.empty(0, np.int64)
        columns = zip(*self._lines, strict=True) if self._lines else ((empty,),) * 6
        row, *rest = (np.concatenate(column) for column in columns)
        order = np.argsort(row, kind="stable")
        row, (first, last, units, values, helped) = row[order], (column[order] for column in rest)
        needs, need = pairs.needs, pairs.need[row]
        people = np.bincount(need, helped, len(needs))
        baselines = [
            Baseline(float(objective), float(people))
            for objective, people in zip(self._objectives, self._people, strict=True)
        ]
        objective = float(values.sum()) - self._moves
        row = row if self._places is None else self._places[row]
        return Plan(
            pairs=self._every_pair.take(row),
            units=units,
            first=first.astype(np.int64),
            last=last.astype(np.int64),
            values=values,
            row=row,
            rank=row - np.searchsorted(self._every_pair.need, need) + 1,
            objective=objective,
            bound=max(self._bound, objective),
            shares=people / needs.people,
            people=float(people.sum()),
            people_asked=float(needs.people @ missing_shares(needs, pairs.pairs.sides.uncovered)),
            first_come=baselines[0],
            greedy=baselines[1],
            in_time=in_time,
        )


def _best(problem: Problem, start: Ints, budget: TimeBudget) -> tuple[Ints, float]:
    """The best choice found, and what none exceeds."""
    most = inf
    if len(problem) <= SMALL_PAIRS and not budget.is_over():
        answer = _proven(problem, start, budget)
        if answer.optimal:
            return answer.units, problem.worth(answer.units)
        start, most = answer.units, answer.bound
    if problem.is_flow:
        units, prices = _auctioned(problem, budget)
        units = max(start, units, key=problem.worth)
        bound, last = auction.bound(problem, prices, units)
        if len(problem) > COARSE_PAIRS:
            return units, bound
        loss = auction.loss(problem, prices, last)
    else:
        bound, loss = _bounded(problem, budget.until(PRICES_SHARE))
        units = in_turn(problem, np.lexsort((-problem.value, np.round(loss, 3))))
        units = max(start, units, key=problem.worth)
        units = search.improved(problem, units, loss, budget=budget.until(SEARCH_SHARE))
    bound = min(bound, most)
    slack = bound - problem.worth(units)
    # A pair that costs more than there is to gain is in no better plan.
    still_open = np.flatnonzero((loss <= slack + EQUAL * max(1.0, bound)) | (units > 0))
    if EQUAL * bound < slack and len(still_open) <= EXACT_PAIRS and not budget.is_over():
        answer = _proven(problem.take(still_open), units[still_open], budget)
        units = np.zeros(len(problem), np.int64)
        units[still_open] = answer.units
        bound = min(bound, max(answer.bound, problem.worth(units)))
    return units, bound


def _bounded(problem: Problem, budget: TimeBudget) -> tuple[float, Floats]:
    """What no choice exceeds; and what is lost for certain by a step of each pair."""
    if problem.is_flat and not len(problem.block_offer):
        # If whatever must be whole could be had in parts, all would be units that come one by one.
        loosened = replace(problem, whole=np.zeros_like(problem.whole))
        units, prices = _auctioned(loosened, budget)
        bound, last = auction.bound(loosened, prices, units)
        return bound, auction.loss(loosened, prices, last) * problem.step
    found = priced(problem, stop=budget.is_over)
    return found.bound, found.loss


def _auctioned(problem: Problem, budget: TimeBudget) -> tuple[Ints, Floats]:
    """Units per pair, and a price for each offer's units."""
    part = AUCTION_STEP if len(problem) <= COARSE_PAIRS else COARSE_STEP
    step = part * float(problem.value.mean())
    units, prices = auction.auction(problem, step=step, stop=budget.is_over)
    # What nobody bid for is still worth giving.
    misses = problem.missing(units) > 0
    if not misses.any():
        return units, prices
    has_left = problem.capacity > summed(problem.offer, units, len(problem.capacity))
    wanted = pairs_where(
        len(problem), lambda some: misses.take(problem.need[some]) & has_left.take(problem.offer[some])
    )
    return in_turn(problem, wanted[np.argsort(-problem.value[wanted], kind="stable")], units), prices


def _proven(problem: Problem, start: Ints, budget: TimeBudget) -> program.Answer:
    return program.solve(problem, start, budget=budget, nodes=EXACT_NODES, gap=0.0)


__all__ = ["EQUAL", "SECONDS", "Baseline", "Plan", "gap_of", "plan", "plan_pairs"]
