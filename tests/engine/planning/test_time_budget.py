"""A plan says so whenever its seconds ended anything; when they did not, every budget leads to the same plan."""

from itertools import count
from random import Random

import numpy as np
import pytest

from engine import feasible_pairs
from engine.planning import Plan, plan_pairs, program
from engine.planning.baselines import first_come
from engine.planning.problem import problem_of
from engine.planning.time_budget import TimeBudget

from ..builders import CATEGORIES, TODAY
from .test_plan import easy_need, easy_offer, easy_town, units_town
from .towns import columns, lines

PLENTY = 10**6


def town_of(kind, needs, offers):
    random = Random(kind)
    return (
        [easy_need(random, number, kind) for number in range(needs)],
        [easy_offer(random, 1000 + number, kind) for number in range(offers)],
    )


def found(made: Plan):
    return lines(made), made.objective, made.bound


@pytest.mark.parametrize("kind", [*sorted(CATEGORIES), "units"])
@pytest.mark.parametrize("exact_pairs", [0, 20_000])
def test_budgets_that_end_nothing_lead_to_the_same_plan(kind, exact_pairs, monkeypatch):
    """Each look at this budget takes a second, so that a budget ends the work after so many looks."""
    monkeypatch.setattr("engine.planning.SMALL_PAIRS", 0)
    monkeypatch.setattr("engine.planning.EXACT_PAIRS", exact_pairs)
    needs, offers = units_town(Random(1), 30, 12) if kind == "units" else town_of(kind, 20, 8)
    pairs = feasible_pairs(*columns(needs, offers), today=TODAY)
    plans = []
    for seconds in (0, *(int(1.7**step) for step in range(2, 16)), PLENTY):
        ticks = count()
        monkeypatch.setattr("engine.planning.time_budget.monotonic", lambda ticks=ticks: float(next(ticks)))
        plans.append(plan_pairs(pairs, seconds=seconds))
    assert plans[-1].in_time
    ended = [made for made in plans if not made.in_time]
    assert any(found(made) != found(plans[-1]) for made in ended)
    by_themselves = [made for made in plans if made.in_time]
    assert len(by_themselves) > 1
    assert all(found(made) == found(plans[-1]) for made in by_themselves)


@pytest.mark.parametrize("kind", sorted(CATEGORIES))
def test_budgets_on_a_real_clock(kind):
    pairs = feasible_pairs(*columns(*town_of(kind, 150, 40)), today=TODAY)
    plans = [plan_pairs(pairs, seconds=seconds) for seconds in (0, 0.02, 0.1, 0.5)]
    assert not plans[0].in_time
    in_time = [found(made) for made in plans if made.in_time]
    assert all(one == in_time[0] for one in in_time)


def test_what_highs_did_not_end_by_itself_is_known():
    problem = problem_of(feasible_pairs(*columns(*town_of("housing", 300, 60)), today=TODAY))
    problem = problem.local(max(problem.components(), key=lambda rows: len(problem.local(rows))))
    nothing = np.zeros(len(problem), np.int64)
    over, by_nodes = TimeBudget(0), TimeBudget(PLENTY)
    assert not program.solve(problem, nothing, budget=over, nodes=PLENTY, gap=0.0).optimal
    assert not over.in_time
    # So many branches are the same on every machine.
    program.solve(problem, nothing, budget=by_nodes, nodes=0, gap=0.0)
    assert by_nodes.in_time


def test_units_one_by_one_that_the_budget_ends_keep_what_there_was(monkeypatch):
    """Until it is done, a linear program has nothing that can be given."""
    problem = problem_of(feasible_pairs(*columns(*units_town(Random(3), 60, 20)), today=TODAY))
    assert problem.is_flow
    monkeypatch.setattr(program, "LEAST_SECONDS", 0.0)
    start, over = first_come(problem), TimeBudget(0)
    answer = program.solve(problem, start, budget=over, nodes=PLENTY, gap=0.0)
    assert not answer.optimal
    assert answer.bound == np.inf
    assert (answer.units == start).all()
    assert not over.in_time


def test_what_a_part_of_the_time_ended_the_whole_of_it_knows():
    whole = TimeBudget(PLENTY)
    part = whole.share(0.5).until(0.5)
    assert 0 < part.left() <= PLENTY / 4
    assert not part.is_over()
    assert whole.in_time
    assert whole.share(0).is_over()
    assert not whole.in_time
    assert not part.in_time
    assert not whole.is_over()


def test_to_end_by_itself_is_not_to_be_ended():
    """Nobody who is done asks for the time."""
    pairs = feasible_pairs(*columns([], []), today=TODAY)
    assert plan_pairs(pairs, seconds=0).in_time
    pairs = feasible_pairs(*columns(*easy_town(Random(1), "goods")), today=TODAY)
    assert plan_pairs(pairs, seconds=60).in_time


def test_highs_is_not_asked_what_would_end_far_too_late(monkeypatch):
    """It looks at no budget while it makes a question smaller."""
    problem = problem_of(feasible_pairs(*columns(*town_of("goods", 8, 4)), today=TODAY))
    nothing = np.zeros(len(problem), np.int64)
    monkeypatch.setattr(program, "ENTRY_SECONDS", 1.0)
    little, enough = TimeBudget(0), TimeBudget(PLENTY)
    answer = program.solve(problem, nothing, budget=little, nodes=PLENTY, gap=0.0)
    assert (answer.units == nothing).all()
    assert not answer.optimal
    assert answer.bound == np.inf
    assert not little.in_time
    assert program.solve(problem, nothing, budget=enough, nodes=PLENTY, gap=0.0).optimal
    assert enough.in_time


def test_steps_that_time_will_end_go_by_the_time(monkeypatch):
    clock = iter([0.0, 1.0, 5.0, 5.0])
    monkeypatch.setattr("engine.planning.time_budget.monotonic", lambda: next(clock))
    budget = TimeBudget(10)
    assert budget.progress(0.01) == 0.01  # early: the first may have been slow
    assert budget.progress(0.6) == 0.6
    assert budget.in_time
    assert budget.progress(0.1) == 0.5
    assert not budget.in_time
