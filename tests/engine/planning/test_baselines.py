"""Pairs that take what they can one after the other, held to a plain count of what each offer has on each slot."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import feasible_pairs
from engine.planning import baselines, plan_pairs, prices
from engine.planning.baselines import in_turn
from engine.planning.problem import Problem, problem_of

from ..builders import TODAY, day, days, need, offer
from . import exhaustive
from .towns import columns, planned

SLOTS, OFFERS = 30, 3


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_the_best_score_has_its_turn_first_in_whatever_order_a_need_s_pairs_come(data):
    problem = data.draw(problems())
    numbers = st.lists(st.integers(0, 9), min_size=len(problem), max_size=len(problem))
    score = np.array(data.draw(numbers), np.int32)
    order = np.argsort(-score, kind="stable")
    assert baselines.best_score_first(problem, score).tolist() == in_turn(problem, order).tolist()


@st.composite
def problems(draw):
    """Stays of many lengths in few homes, some of which have less left on some slots."""

    def stretches(most):
        slot = st.integers(0, SLOTS - 1)
        both = st.lists(st.tuples(slot, slot).map(sorted), max_size=most)
        ends = np.array(draw(both), np.int32).reshape(-1, 2)
        return ends[:, 0], ends[:, 1]

    def numbers(least, most, length):
        return np.array(draw(st.lists(st.integers(least, most), min_size=length, max_size=length)), np.int64)

    first, last = stretches(40)
    block_first, block_last = stretches(6)
    pairs, blocks = len(first), len(block_first)
    need = np.sort(numbers(0, max(pairs // 2, 1) - 1, pairs)).astype(np.int32)
    quantity = numbers(1, 4, max(pairs // 2, 1))
    return Problem(
        need=need,
        offer=numbers(0, OFFERS - 1, pairs).astype(np.int32),
        first=first,
        last=last,
        most=numbers(1, 4, pairs),
        value=numbers(1, 9, pairs) / 2,
        quantity=quantity,
        whole=numbers(0, 1, len(quantity)) > 0,
        capacity=numbers(3, 9, OFFERS),
        block_offer=numbers(0, OFFERS - 1, blocks),
        block_first=block_first,
        block_last=block_last,
        block_units=numbers(1, 2, blocks),
    )


def in_use(problem, units):
    """[offer, slot]"""
    used = np.zeros((OFFERS, SLOTS), np.int64)
    stays = zip(problem.offer, problem.first, problem.last, units, strict=True)
    blocks = zip(
        problem.block_offer, problem.block_first, problem.block_last, problem.block_units, strict=True
    )
    for offer_, first, last, some in (*stays, *blocks):
        used[offer_, first : last + 1] += some
    return used


def in_turn_slowly(problem, order, units):
    units = units.copy()
    for pair in order:
        offer_, who = problem.offer[pair], problem.need[pair]
        there = in_use(problem, units)[offer_, problem.first[pair] : problem.last[pair] + 1]
        taken = min(
            problem.most[pair] - units[pair],
            problem.quantity[who] - units[problem.need == who].sum(),
            problem.capacity[offer_] - there.max(),
        )
        units[pair] += max(taken - taken % problem.step[pair], 0)
    return units


@settings(max_examples=100, deadline=None)
@given(problems(), st.randoms(use_true_random=False))
def test_in_turn_as_by_counting_every_slot(problem, random):
    order = np.array(random.sample(range(len(problem)), len(problem)), np.int64)
    nothing = np.zeros(len(problem), np.int64)
    before = in_turn_slowly(problem, order[::3], nothing)
    assert (in_turn(problem, order[::3], nothing) == before).all()
    assert (in_turn(problem, order, before) == in_turn_slowly(problem, order, before)).all()


@settings(max_examples=200, deadline=None)
@given(problems(), st.lists(st.integers(0, 3), min_size=40, max_size=40), st.integers(1, 40))
def test_settled_in_rounds_as_one_after_the_other(problem, scores, at_once):
    """Units come one by one, and all stays share a slot."""
    none = problem.block_offer[:0]
    flow = replace(
        problem,
        first=np.minimum(problem.first, SLOTS // 2),
        last=np.maximum(problem.last, SLOTS // 2),
        whole=problem.quantity == 1,
        **dict.fromkeys(("block_offer", "block_first", "block_last", "block_units"), none),
    )
    assert flow.is_flow
    score = np.array(scores[: len(flow)], np.int32) * 10_000_000
    score = score[np.lexsort((-score, flow.need))]
    nothing = np.zeros(len(flow), np.int64)
    with pytest.MonkeyPatch.context() as few:
        few.setattr(baselines, "SETTLED_AT_ONCE", at_once)
        few.setattr("engine.planning.rounds.CHOICES", 1)
        first_come = baselines.first_come(flow)
        by_score = baselines.best_score_first(flow, score)
    assert (first_come == in_turn_slowly(flow, range(len(flow)), nothing)).all()
    assert (by_score == in_turn_slowly(flow, np.argsort(-score, kind="stable"), nothing)).all()


@settings(max_examples=100, deadline=None)
@given(problems(), st.randoms(use_true_random=False))
def test_peaks_as_by_counting_every_slot(problem, random):
    units = np.array([random.randint(0, 4) for _ in range(len(problem))], np.int64)
    assert (problem.peaks(units) == in_use(problem, units).max(axis=1)).all()


@settings(max_examples=30, deadline=None)
@given(problems())
def test_prices_are_the_same_however_many_offers_are_looked_at_together(problem):
    if not len(problem):
        return
    together = prices.priced(problem, stop=lambda: False)
    for cells in (1, 2 * (SLOTS + 1)):
        with pytest.MonkeyPatch.context() as few:
            few.setattr("engine.planning.prices.CELLS", cells)
            apart = prices.priced(problem, stop=lambda: False)
        assert apart.bound == together.bound
        assert (apart.loss == together.loss).all()


def test_one_home_and_twenty_thousand_long_stays():
    """It ends: a stay is not compared with all stays before it."""
    needs = [
        need(
            number,
            quantity=1 + number % 3,
            first_day=day(number % 97),
            last_day=day(number % 97 + 3 + number % 17),
            min_days=4 + number % 17,
        )
        for number in range(20_000)
    ]
    pairs = feasible_pairs(*columns(needs, [offer(1, capacity=50, available=(days(0, 200),))]), today=TODAY)
    assert len(pairs) == len(needs)
    made = plan_pairs(pairs, seconds=0)
    problem = problem_of(made.pairs)
    assert problem.peaks(made.units).tolist() == [50]
    assert made.people == made.units.sum() > 400


def test_a_neighbourhood_of_very_many_pairs_frees_the_most_promising(monkeypatch):
    monkeypatch.setattr("engine.planning.SMALL_PAIRS", 0)
    monkeypatch.setattr("engine.planning.EXACT_PAIRS", 0)
    monkeypatch.setattr("engine.planning.search.MOST_PAIRS", 20)
    needs = [
        need(
            number, quantity=1 + number % 3, first_day=day(number % 9), last_day=day(number % 9 + number % 5)
        )
        for number in range(60)
    ]
    both = needs, [offer(1, capacity=6, available=(days(0, 20),))]
    made = planned(*both)
    assert exhaustive.broken_promises(made, *both) == []
    assert made.in_time
    assert made.objective >= max(made.first_come.objective, made.greedy.objective)
