"""Whom do we ask, so that together most people are helped? The plan: the best set of pairs, and how good it is.

    made = plan(needs, offers, today=today)
    made.objective, made.bound, made.first_come.objective

A plan chooses units of feasible pairs that maximise Σ people × share served × (priority + score / 100), exceed
no offer's capacity on any day, serve no need beyond its quantity, and serve needs of which part is not useful
wholly by one offer or not at all. It is worked out apart for each group of needs and offers that share nothing
with the others:

* `problem` says it as arrays; `baselines` are the two baselines, `rounds` works them out for many at once;
* `auction` serves units that come one by one, however many, to within a stated step;
* `prices` bounds everything else from above and says which pairs are promising; `search` improves on them;
* `program` proves the best for what is small enough.
"""

from collections.abc import Collection, Hashable, Mapping
from dataclasses import dataclass
from datetime import date
from math import inf

import numpy as np

from engine.columns import Floats, Ints, NeedColumns, OfferColumns
from engine.planning import auction, program, search
from engine.planning.baselines import best_score_first, first_come, in_turn
from engine.planning.prices import priced
from engine.planning.problem import Problem, pairs_where, problem_of, summed
from engine.planning.time_budget import TimeBudget
from engine.ranking import Feasible, feasible_pairs
from engine.records import Weights

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
    """`pairs` and `units`: what is chosen, by need in order of arrival, best first; `rank`: the place of each among all
    that are possible for its need, from 1.

    No choice whatever is worth more than `bound`. `people` counts a need that is served in part by its share.
    `in_time` is False when the seconds ended any part of the work: another run may then find another plan. When it is
    True, whoever asks the same in any seconds that are enough gets the same plan.
    """

    pairs: Feasible
    units: Ints
    rank: Ints
    objective: float
    bound: float
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

    @property
    def values(self) -> Floats:
        """What each line adds to the objective."""
        return self.units * problem_of(self.pairs).value


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
) -> Plan:
    """The best set of pairs among all that are feasible, or the best found in `seconds` (0: the better baseline).

    Needs are in order of arrival, which only `first_come` looks at. Arguments are those of `rank_columns`.
    """
    pairs = feasible_pairs(needs, offers, today=today, weights=weights, links=links, excluded=excluded)
    return plan_pairs(pairs, seconds=seconds)


def plan_pairs(pairs: Feasible, *, seconds: float = SECONDS) -> Plan:
    """The plan among these pairs: all feasible ones, by need, best first, as `feasible_pairs` gives them.

    Raises ValueError for seconds that are no time.
    """
    if not 0 <= seconds < inf:
        raise ValueError(f"seconds: a time from 0 up is expected, not {seconds!r}")
    budget = TimeBudget(seconds)
    problem = problem_of(pairs)
    baselines = [first_come(problem), best_score_first(problem, pairs.micro_points)]
    units = np.zeros(len(problem), np.int32)
    bound, waiting = 0.0, len(problem)
    for rows in problem.components(joined=COARSE_PAIRS):
        part = problem.local(rows)
        start = max((way[rows] for way in baselines), key=part.worth)
        found, most = _best(part, start, budget.share(max(len(part) / waiting, LEAST_SHARE)))
        part.refuse_impossible(found)
        waiting -= len(part)
        units[rows] = found
        bound += max(most, part.worth(found))
    people = pairs.needs.people / np.ceil(pairs.needs.asked)
    first, greedy = (Baseline(problem.worth(way), float(people @ problem.given(way))) for way in baselines)
    chosen = np.flatnonzero(units)
    objective = problem.worth(units)
    return Plan(
        pairs=pairs.take(chosen),
        units=units[chosen].astype(np.int64),
        rank=chosen - np.searchsorted(pairs.need, pairs.need[chosen]) + 1,
        objective=objective,
        bound=max(bound, objective),
        people=float(people @ problem.given(units)),
        people_asked=float((pairs.needs.people * pairs.needs.quantity / pairs.needs.asked).sum()),
        first_come=first,
        greedy=greedy,
        in_time=budget.in_time,
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
        found = priced(problem, stop=budget.until(PRICES_SHARE).is_over)
        bound, loss = found.bound, found.loss
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
