"""Homes in turn and hours of the week in the plan: held to every choice of days, units and slots in small towns."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import Slot, feasible_pairs
from engine.planning import part_chains
from engine.planning.lasting_pairs import lasting_of

from .. import reference
from ..builders import TODAY, chance, day, days, held, need, offer
from . import all_parts
from .towns import columns, planned

randoms = st.randoms(use_true_random=False)
TOWN = (48.5734, 7.7521)
URGENCIES = ("tonight", "this_week", "planned")
NATURES = ("housing", "weekly", "once", "hours")


def somewhere(random):
    return {"lat": TOWN[0] + random.uniform(-0.1, 0.1), "lon": TOWN[1] + random.uniform(-0.1, 0.1)}


def some_slots(random):
    """Two evenings at most, in halves of an hour."""
    evenings = random.sample(range(7), random.randint(1, 2))
    return tuple(
        Slot(weekday, 17 * 60 + 30 * random.randint(0, 2), 18 * 60 + 30 * random.randint(1, 3))
        for weekday in sorted(evenings)
    )


def small_need(random, id_, nature):
    first, length = random.randint(0, 4), random.choice((1, 2, 3, 5))
    home = nature == "housing"
    fields = {
        "reach_km": 40,
        "first_day": day(first),
        "last_day": day(first + length - 1),
        "min_days": random.choice((None, 1, 2)) if length > 1 else None,
        "quantity": random.choice((1, 2, 3)),
        "people": None if home else random.choice((1, 3)),
        "urgency": random.choice(URGENCIES),
    }
    if not home:
        fields["part_useful"] = chance(random, 60)
        fields["rhythm"] = random.choice(("weekly", "once")) if nature == "hours" else nature
        if nature == "hours":
            fields["slots"] = some_slots(random)
    elif length > 3 and chance(random, 30):
        fields["given"] = (held(first + 1, first + 1, fields["quantity"]),)
    return need(id_, "housing" if home else "skill", **somewhere(random), **fields)


def small_offer(random, id_, nature):
    begin = random.randint(-1, 3)
    windows = (days(begin, begin + random.choice((1, 2, 4, 8))),)
    fields = {
        "available": windows,
        "capacity": random.choice((1, 2, 3, 4)),
        "confirmed_on": day(-random.randint(0, 80)),
    }
    if nature == "housing":
        fields["longest_stay_days"] = random.choice((None, None, 2, 3))
        fields["notice_days"] = random.choice((0, 0, 1))
    if nature == "hours":
        fields["slots"] = some_slots(random)
    if chance(random, 20):
        fields["holds"] = (held(begin + 1, begin + 1, 1),)
    return offer(id_, "housing" if nature == "housing" else "skill", **somewhere(random), **fields)


def small_town(random, nature, needs=3, offers=2):
    return (
        [small_need(random, number, nature) for number in range(random.randint(1, needs))],
        [small_offer(random, 100 + number, nature) for number in range(random.randint(1, offers))],
    )


def agrees(needs, offers):
    best = all_parts.optimum(needs, offers)
    made = planned(needs, offers)
    assert all_parts.broken_promises(made, needs, offers) == []
    assert made.objective == pytest.approx(best, abs=1e-6)
    assert made.objective == pytest.approx(all_parts.objective(made, needs, offers), abs=1e-6)
    assert made.proven
    assert made.bound == pytest.approx(best, abs=1e-6)
    assert made.in_time
    assert max(made.first_come.objective, made.greedy.objective) <= best + 1e-6
    lines = all_parts.lines(made, needs, offers)
    people = sum(one.persons * reference.share(one, some, units) for one, _offer, some, units in lines)
    assert made.people == pytest.approx(people, abs=1e-9)
    asked = sum(one.persons * all_parts.missing_share(one) for one in needs if one.is_open)
    assert made.people_asked == pytest.approx(asked, abs=1e-9)
    assert made.people <= made.people_asked + 1e-9
    return best


@settings(max_examples=50, deadline=None)
@given(randoms, st.sampled_from(NATURES))
def test_no_choice_of_days_hours_and_slots_is_better(random, nature):
    agrees(*small_town(random, nature))


@settings(max_examples=40, deadline=None)
@given(randoms)
def test_no_homes_in_turn_are_better(random):
    """One household that stays long, and homes that are there for a while."""
    asked = need(1, first_day=day(0), last_day=day(7), min_days=random.choice((1, 2, 3)), reach_km=40,
                 urgency=random.choice(URGENCIES), **somewhere(random))  # fmt: skip
    agrees([asked], [small_offer(random, 100 + number, "housing") for number in range(4)])


@settings(max_examples=30, deadline=None)
@given(randoms, st.sampled_from(NATURES))
def test_what_is_searched_for_is_possible_and_below_the_bound(random, nature):
    """As in a town whose parts are too many to look at all of them."""
    needs, offers = small_town(random, nature)
    best = all_parts.optimum(needs, offers)
    with pytest.MonkeyPatch.context() as large:
        large.setattr("engine.planning.parts.MOST_CHOICES", 0)
        made = planned(needs, offers)
    assert all_parts.broken_promises(made, needs, offers) == []
    assert made.objective - 1e-6 <= best <= made.bound + 1e-6
    assert made.objective >= max(made.first_come.objective, made.greedy.objective) - 1e-9
    hurried = planned(needs, offers, seconds=0)
    assert all_parts.broken_promises(hurried, needs, offers) == []
    assert hurried.objective <= best + 1e-6 <= hurried.bound + 2e-6


@settings(max_examples=60, deadline=None)
@given(randoms, st.sampled_from(NATURES))
def test_at_any_prices_the_sharper_bound_is_one(random, nature):
    needs, offers = small_town(random, nature)
    best = all_parts.optimum(needs, offers)
    pairs = feasible_pairs(*columns(needs, offers), today=TODAY)
    if not len(pairs):
        return
    problem = lasting_of(pairs, np.arange(len(pairs)), whole_hours=False).problem
    highest = np.zeros(len(problem.move))
    np.maximum.at(highest, problem.need, problem.value)
    chance = np.random.default_rng(random.randrange(10**6))
    prices = highest[:, None] * chance.random(problem.missing.shape)
    moves = problem.move * chance.random(len(problem.move)) / np.maximum(problem.missing.max(axis=1), 1)
    for passes in (1, 20):
        with pytest.MonkeyPatch.context() as few:
            few.setattr("engine.planning.part_chains.PASSES", passes)
            bound = part_chains.sharper(problem, prices, moves, found=best, stop=lambda: False)
        assert bound >= best - 1e-6


def test_who_takes_a_part_counts_hour_by_hour():
    """Three hours of five for who takes all or nothing, and the two that are left for who takes what there is."""
    needs = [
        need(1, "skill", quantity=3, rhythm="weekly"),
        need(2, "skill", quantity=2, rhythm="weekly", part_useful=True),
    ]
    pairs = feasible_pairs(*columns(needs, [offer(1, "skill", capacity=5)]), today=TODAY)
    problem = lasting_of(pairs, np.arange(len(pairs)), whole_hours=False).problem
    worth = float((problem.value * problem.most).sum() * problem.days)
    prices = np.zeros(problem.missing.shape)
    prices[1] = problem.value[1] - 0.75 * problem.value[0]
    with pytest.MonkeyPatch.context() as few:
        few.setattr("engine.planning.part_chains.PASSES", 1)
        bound = part_chains.sharper(problem, prices, np.zeros(2), found=worth, stop=lambda: False)
    assert bound >= worth - 1e-9
