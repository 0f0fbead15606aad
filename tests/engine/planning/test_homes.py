"""Homes in turn in towns that are too large to look at all parts: chains, prices and search, held to every choice."""

from itertools import pairwise, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import feasible_pairs
from engine.planning import home_prices, home_search
from engine.planning.home_chains import alike, best_chains, households
from engine.planning.home_prices import Places
from engine.planning.lasting import Parts
from engine.planning.lasting_pairs import lasting_of
from engine.planning.time_budget import TimeBudget

from ..builders import TODAY, day, days, need, offer
from . import all_parts
from .test_parts import small_town
from .towns import columns, planned

randoms = st.randoms(use_true_random=False)
PLENTY = 10**6


def problem_of(needs, offers):
    pairs = feasible_pairs(*columns(needs, offers), today=TODAY)
    return lasting_of(pairs, np.arange(len(pairs)), whole_hours=False).problem if len(pairs) else None


def every_chain(gains, shortest, longest, move, turns):
    """What all parts of all rows in all orders gain, the slow way."""
    rows, length = len(gains), len(gains[0])

    def after(day_, left, used):
        best = 0.0
        if not left:
            return best
        for row in range(rows):
            for start in range(day_, length):
                for stop in range(start + shortest, min(start + longest[row], length) + 1):
                    gain = sum(gains[row][start:stop]) - (move if used else 0.0)
                    best = max(best, gain + after(stop, left - 1, used + 1))
        return best

    return after(0, turns, 0)


@settings(max_examples=100, deadline=None)
@given(randoms)
def test_no_chain_gains_more(random):
    """Of several households side by side, each of which has its own rows and its own price of a move."""
    length, shortest, turns = random.randint(1, 7), random.randint(1, 3), random.randint(1, 3)
    rows = [random.randint(1, 3) for _ in range(random.randint(1, 3))]
    gains = [[random.choice((-1.0, -0.3, 0.2, 0.5, 1.0)) for _ in range(length)] for _ in range(sum(rows))]
    longest = [random.randint(shortest, 7) for _ in gains]
    move = [random.choice((0.0, 0.25, 0.6)) for _ in rows]
    starts = np.cumsum([0, *rows])
    found = best_chains(
        np.array(gains),
        starts[:-1],
        shortest=shortest,
        longest=np.array(longest),
        move=np.array(move),
        turns=turns,
    )
    for one, (begin, end) in enumerate(pairwise(starts.tolist())):
        best = every_chain(gains[begin:end], shortest, longest[begin:end], move[one], turns)
        assert found.gain[one] == pytest.approx(best, abs=1e-9)
        mine = found.household == one
        chain = sorted(
            zip(found.start[mine].tolist(), found.stop[mine].tolist(), found.row[mine].tolist(), strict=True)
        )
        worth = sum(sum(gains[row][start:stop]) for start, stop, row in chain)
        assert worth - move[one] * max(len(chain) - 1, 0) == pytest.approx(best, abs=1e-9)
        assert len(chain) <= turns
        assert all(begin <= row < end for _, _, row in chain)
        assert all(shortest <= stop - start <= longest[row] for start, stop, row in chain)
        assert all(earlier[1] <= later[0] for earlier, later in pairwise(chain))


def test_what_is_looked_at_side_by_side_is_as_short(monkeypatch):
    monkeypatch.setattr("engine.planning.home_chains.CELLS", 100)
    shortest, length, rows = np.array([14, 3, 14, 14]), np.array([40, 5, 20, 10]), np.array([2, 1, 2, 2])
    lots = [lot.tolist() for lot in alike(shortest, length, rows)]
    assert lots == [[1], [3, 2], [0]]


def test_the_households_that_fit_into_a_home_take_no_more_places_than_it_has():
    """Of each kind of places, whatever the order in which sizes are put together."""
    sizes = range(1, 8)
    needs = [need(size, quantity=size, first_day=day(0), last_day=day(20)) for size in sizes]
    offers = [offer(100 + beds, capacity=beds, available=(days(0, 20),)) for beds in sizes]
    problem = problem_of(needs, offers)
    places = Places.of(problem)
    for home, beds in enumerate(problem.left.max(axis=1).tolist()):
        for count in range(1, 4):
            for together in permutations([*sizes] * 2, count):
                if sum(together) > beds:
                    continue
                taken = np.zeros(len(places.had))
                for size in together:
                    kinds = places.taken(size)
                    np.add.at(taken, places.row_of[: len(kinds), home], kinds)
                had = places.had[:, 0] / (places.edges[1] - places.edges[0])
                rows = places.row_of[:, home]
                rows = rows[rows < len(taken) - 1]
                assert (taken[rows] <= had[rows]).all()


@settings(max_examples=30, deadline=None)
@given(randoms, st.sampled_from((1, 2, 3)))
def test_at_any_prices_of_places_the_bound_is_one(random, block):
    needs, offers = small_town(random, "housing", needs=4)
    best = all_parts.optimum(needs, offers)
    problem = problem_of(needs, offers)
    if problem is None:
        return
    chance = np.random.default_rng(random.randrange(10**6))
    some = households(problem)
    start = chance.random(problem.days) * problem.value.max()
    with pytest.MonkeyPatch.context() as short:
        short.setattr(home_prices, "one_price_for_all", lambda *_: start)
        short.setattr(home_prices, "BLOCKS", ((PLENTY, block),))
        for passes in (0, 1, 8):
            short.setattr(home_prices, "MOST_PASSES", passes)
            short.setattr(home_prices, "FEWEST_PASSES", passes)
            time = TimeBudget(PLENTY)
            found = home_prices.home_prices(problem, some, budget=time, look=time)
            assert found.bound >= best - 1e-6


@settings(max_examples=20, deadline=None)
@given(randoms)
def test_households_that_choose_anew_keep_all_promises(random):
    """And what they have is worth no more than the best, and no less than what they began with."""
    needs, offers = small_town(random, "housing", needs=4, offers=3)
    with pytest.MonkeyPatch.context() as large:
        large.setattr("engine.planning.parts.MOST_CHOICES", 0)
        made = planned(needs, offers, seconds=600)
    best = all_parts.optimum(needs, offers)
    assert all_parts.broken_promises(made, needs, offers) == []
    assert made.objective - 1e-6 <= best <= made.bound + 1e-6
    assert made.objective >= max(made.first_come.objective, made.greedy.objective) - 1e-9
    assert made.in_time


def test_the_search_alone_finds_the_best_of_a_small_town():
    """Two homes that only one order of choosing fills, without prices that tell."""
    needs = [
        need(1, quantity=2, first_day=day(0), last_day=day(39)),
        need(2, quantity=3, first_day=day(0), last_day=day(39)),
    ]
    offers = [offer(1, capacity=3, available=(days(0, 39),)), offer(2, capacity=2, available=(days(0, 39),))]
    problem = problem_of(needs, offers)
    some, time = households(problem), TimeBudget(PLENTY)
    prices = home_prices.home_prices(problem, some, budget=TimeBudget(0), look=TimeBudget(0))
    parts = home_search.improved(problem, some, Parts.none(), prices, budget=time)
    problem.refuse_impossible(parts)
    assert sorted(problem.most[parts.pair].tolist()) == [2, 3]
    assert (parts.last - parts.first + 1).tolist() == [40, 40]


def test_who_takes_what_there_is_is_no_household():
    whole = need(1, "skill", quantity=3, rhythm="weekly")
    in_part = need(2, "skill", quantity=2, rhythm="weekly", part_useful=True)
    once = need(3, "skill", quantity=2, rhythm="once")
    there = [offer(1, "skill", capacity=5)]
    assert households(problem_of([whole], there)) is not None
    assert households(problem_of([whole, in_part], there)) is None
    assert households(problem_of([once], there)) is None


@pytest.mark.parametrize("exact_from", [0.0, 2.0])
def test_prices_that_settle_bring_the_bound_down(exact_from, monkeypatch):
    """Whether stays end on any day, or with blocks."""
    needs = [
        need(number, quantity=1 + number % 3, first_day=day(number % 5), last_day=day(30 + 3 * number))
        for number in range(1, 13)
    ]
    offers = [
        offer(100 + number, capacity=1 + number % 4, available=(days(0, 20 + 5 * number),))
        for number in range(1, 7)
    ]
    problem = problem_of(needs, offers)
    some, time = households(problem), TimeBudget(PLENTY)
    monkeypatch.setattr(home_prices, "EXACT_FROM", exact_from)
    settled = home_prices.home_prices(problem, some, budget=time, look=time).bound
    monkeypatch.setattr(home_prices, "MOST_PASSES", 0)
    monkeypatch.setattr(home_prices, "FEWEST_PASSES", 0)
    begun = home_prices.home_prices(problem, some, budget=time, look=time)
    found = problem.worth(home_search.improved(problem, some, Parts.none(), begun, budget=time))
    assert found <= settled < begun.bound
