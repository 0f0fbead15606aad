"""The plan is the best there is: all choices of small towns tried one by one, and what must not matter."""

import time
from dataclasses import replace
from datetime import date
from math import nan, radians
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import Weights, Window, feasible_pairs
from engine.planning import AUCTION_STEP, auction, baselines, plan, plan_pairs, prices
from engine.planning.problem import problem_of

from ..builders import (
    CATEGORIES,
    PLACES,
    TODAY,
    chance,
    day,
    days,
    held,
    need,
    offer,
    plain_need,
    random_holds,
    random_offer,
)
from ..test_invariance import turned
from . import exhaustive
from .towns import columns, lines, planned

LINKS = frozenset({frozenset({"a", "b"})})
URGENCIES = ("tonight", "this_week", "planned")
# Few places, so that many pairs are feasible; or anywhere round a town, so that no two values are the same.
NEAR = PLACES[:3]
TOWN = (48.5734, 7.7521)
randoms = st.randoms(use_true_random=False)


def somewhere(random):
    return {"lat": TOWN[0] + random.uniform(-0.1, 0.1), "lon": TOWN[1] + random.uniform(-0.1, 0.1)}


def easy_need(random, id_, kind, **fields):
    """A need that many offers fit: of any quantity, whole or not, of which some may be served already."""
    first, length = random.randint(0, 10), random.choice((1, 2, 4, 7, 12))
    quantity = random.choice((1, 1, 2, 3, 4))
    served = random.choice((0, 0, 2)) if kind == "goods" else 0
    asked = {
        "reach_km": 40,
        "first_day": day(first),
        "last_day": day(first + length - 1),
        "min_days": random.choice((None, None, 1, max(1, length // 2))),
        "quantity": quantity + served,
        "given": (held(0, 0, served),) if served else (),
        "people": random.choice((None, 1, 2, 5)),
        "part_useful": chance(random, 50),
        "urgency": random.choice(URGENCIES),
    }
    return whole(need(id_, kind, **somewhere(random), **(asked | fields)))


def whole(one):
    """What lasts is wanted on all its days and in full, so that there is nothing to choose of it: see test_parts."""
    if one.kind == "goods":
        return one
    length = (one.last_day - one.first_day).days + 1
    return replace(one, min_days=length, part_useful=False, given=())


def easy_offer(random, id_, kind, **fields):
    windows = (days(random.randint(-3, 3)),) if chance(random, 60) else (days(0, 6), days(7, 15))
    fields = {
        "available": windows,
        "capacity": random.choice((1, 2, 3, 4, 6)),
        "holds": random_holds(random),
        "confirmed_on": day(-random.randint(0, 80)),
    } | fields
    return offer(id_, kind, **somewhere(random), **fields)


def easy_town(random, kind, needs=8, offers=4, **offer_fields):
    return (
        [easy_need(random, number, kind) for number in range(random.randint(1, needs))],
        [
            easy_offer(random, 100 + number, kind, **offer_fields)
            for number in range(random.randint(1, offers))
        ],
    )


def odd_town(random, kind):
    """Anything that the rules can meet."""
    needs = [plain_need(random, number, kind, NEAR) for number in range(random.randint(0, 8))]
    needs = [whole(replace(one, urgency=random.choice(URGENCIES))) for one in needs]
    return needs, [random_offer(random, 100 + number, kind, NEAR) for number in range(random.randint(0, 5))]


def solved(needs, offers, **circumstances):
    """A plan that is proven, and checked day by day."""
    made = planned(needs, offers, **circumstances)
    assert made.proven
    assert made.gap == 0
    assert made.in_time
    assert exhaustive.broken_promises(made, needs, offers) == []
    return made


# Against all choices


def agrees(needs, offers, **circumstances):
    pairs = exhaustive.pairs_of(needs, offers, **circumstances)
    best = exhaustive.optimum(pairs)
    made = solved(needs, offers, **circumstances)
    assert made.objective == pytest.approx(best, abs=1e-6)
    assert made.bound == pytest.approx(best, abs=1e-6)
    assert float(made.values.sum()) == pytest.approx(made.objective)
    for baseline, way in (
        (made.first_come, exhaustive.first_come),
        (made.greedy, exhaustive.best_score_first),
    ):
        naive = way(pairs)
        assert baseline.objective == pytest.approx(exhaustive.objective(naive), abs=1e-6)
        assert baseline.people == pytest.approx(exhaustive.people(naive))

    hurried = planned(needs, offers, seconds=0, **circumstances)
    assert exhaustive.broken_promises(hurried, needs, offers) == []
    assert hurried.objective >= max(hurried.first_come.objective, hurried.greedy.objective) - 1e-9
    assert hurried.objective <= best + 1e-6
    assert hurried.bound >= best - 1e-6
    return best


@settings(max_examples=60, deadline=None)
@given(randoms, st.sampled_from(sorted(CATEGORIES)))
def test_no_choice_is_better(random, kind):
    agrees(*easy_town(random, kind))


@settings(max_examples=40, deadline=None)
@given(randoms, st.sampled_from(sorted(CATEGORIES)))
def test_no_choice_is_better_whatever_the_rules_meet(random, kind):
    needs, offers = odd_town(random, kind)
    excluded = {(random.randrange(8), 100 + random.randrange(5)) for _ in range(4)}
    weights = {"a": Weights(), "b": Weights(0, 60, 10, 10, 10, 10)}
    agrees(needs, offers, links=LINKS, excluded=excluded, weights=weights)


@settings(max_examples=40, deadline=None)
@given(randoms, st.sampled_from(sorted(CATEGORIES)))
def test_no_choice_is_better_by_the_way_of_large_towns(random, kind):
    """Prices or an auction, then a search, then the proof of what is still open."""
    needs, offers = easy_town(random, kind)
    with pytest.MonkeyPatch.context() as large:
        large.setattr("engine.planning.SMALL_PAIRS", 0)
        best = agrees(needs, offers)
        large.setattr("engine.planning.EXACT_PAIRS", 0)
        unproven = planned(needs, offers)
    assert exhaustive.broken_promises(unproven, needs, offers) == []
    assert unproven.objective - 1e-6 <= best <= unproven.bound + 1e-6
    assert unproven.objective >= max(unproven.first_come.objective, unproven.greedy.objective) - 1e-9


@settings(max_examples=30, deadline=None)
@given(randoms)
def test_large_flows_that_are_auctioned_together_are_bounded_together(random):
    """Towns that share nothing: units one by one in two of them, whole needs and days in the others."""
    towns = [
        units_town(random, random.randint(1, 6), random.randint(1, 3), items=3),
        units_town(random, random.randint(1, 6), random.randint(1, 3), items=3),
        easy_town(random, "goods", needs=4),
        easy_town(random, "housing", needs=4),
    ]
    sides = [
        [
            replace(one, id=one.id + 100_000 * place, city=str(place))
            for place, town in enumerate(towns)
            for one in town[side]
        ]
        for side in (0, 1)
    ]
    best = sum(exhaustive.optimum(exhaustive.pairs_of(*town)) for town in towns)
    with pytest.MonkeyPatch.context() as large:
        large.setattr("engine.planning.SMALL_PAIRS", 0)
        large.setattr("engine.planning.COARSE_PAIRS", 0)
        large.setattr("engine.planning.problem.AT_ONCE", 3)
        large.setattr("engine.planning.auction.LOOKED_AT", 3)
        made = planned(*sides)
    assert exhaustive.broken_promises(made, *sides) == []
    assert made.objective - 1e-6 <= best <= made.bound + 1e-6


@pytest.mark.parametrize("kind", sorted(CATEGORIES))
def test_the_baselines_are_the_same_however_many_pairs_are_looked_at_together(kind, monkeypatch):
    needs, offers = easy_town(Random(kind), kind, needs=40, offers=15)
    pairs = feasible_pairs(*columns(needs, offers), today=TODAY)
    problem = problem_of(pairs)
    by_score = np.argsort(-pairs.micro_points, kind="stable")
    in_order = [baselines.in_turn(problem, order) for order in (np.arange(len(pairs)), by_score)]
    for at_once, turns in ((7, 2), (8192, 256)):
        monkeypatch.setattr("engine.planning.problem.AT_ONCE", at_once)
        monkeypatch.setattr("engine.planning.baselines.AT_ONCE", at_once)
        monkeypatch.setattr("engine.planning.baselines.TURNS", turns)
        assert (baselines.first_come(problem) == in_order[0]).all()
        assert (baselines.best_score_first(problem, pairs.micro_points) == in_order[1]).all()


def test_an_auction_is_the_same_however_many_threads_look(monkeypatch):
    needs, offers = easy_town(Random(3), "goods", needs=80, offers=30)
    problem = problem_of(feasible_pairs(*columns(needs, offers), today=TODAY))
    alone = auction.auction(problem, step=0.01, stop=lambda: False)
    monkeypatch.setattr(auction, "LOOKED_AT", 5)
    monkeypatch.setattr(auction, "THREADS", 4)
    for one, other in zip(alone, auction.auction(problem, step=0.01, stop=lambda: False), strict=True):
        assert (one == other).all()
    assert alone[0].sum() > 20


def test_goods_in_parts_and_whole():
    needs = [
        need(1, "goods", quantity=4, people=4),
        need(2, "goods", quantity=3, people=3, part_useful=True),
        need(3, "goods", quantity=2, people=2, urgency="tonight"),
    ]
    offers = [offer(1, "goods", capacity=5), offer(2, "goods", capacity=6, holds=(held(50, 60, 3),))]
    # 4 + 1 items of the first, 2 + 1 of the second, of which 3 are gone.
    made = solved(needs, offers)
    assert made.people == 8
    assert agrees(needs, offers) == made.objective


def test_hours_come_back_each_day():
    needs = [
        need(number, "skill", quantity=2, first_day=day(number), last_day=day(number)) for number in range(5)
    ]
    offers = [offer(1, "skill", capacity=2, holds=(held(3, 3, 1),))]
    assert lines(solved(needs, offers)) == [(0, 1, 2), (1, 1, 2), (2, 1, 2), (4, 1, 2)]


def test_stays_share_a_home_and_follow_each_other():
    needs = [
        need(1, quantity=2, first_day=day(0), last_day=day(4)),
        need(2, quantity=2, first_day=day(0), last_day=day(9)),
        need(3, quantity=2, first_day=day(5), last_day=day(9)),
        need(4, quantity=1, first_day=day(4), last_day=day(5)),
    ]
    made = solved(needs, [offer(1, capacity=4)])
    assert [need_id for need_id, _, _ in lines(made)] == [1, 2, 3]
    assert agrees(needs, [offer(1, capacity=4)]) == made.objective


def test_a_linked_town_helps_when_its_citizen_agreed():
    needs = [need(1, city="a"), need(2, city="b", reach_km=1)]
    offers = [offer(1, city="b", capacity=2, shared_with_linked=True), offer(2, city="b", capacity=2)]
    assert lines(solved(needs, offers, links=LINKS)) == [(1, 1, 2), (2, 2, 2)]
    assert lines(solved(needs, offers)) == [(2, 1, 2)]


def test_the_plan_helps_more_than_both_baselines():
    """The first to come, who needs a single bed, has the best score for the only home with four."""
    french = {"languages": frozenset({"fr"})}
    far = {"lat": TOWN[0] + 0.2, "reach_km": 40}
    needs = [need(1, quantity=1, **french), need(2, quantity=4, **far, **french)]
    offers = [
        offer(1, capacity=1, available=(days(0, 9),)),
        offer(2, capacity=4, available=(days(0, 9),), confirmed_on=TODAY, **french),
    ]
    made = solved(needs, offers)
    assert made.people == made.people_asked == 5
    assert made.first_come.people == made.greedy.people == 1


# What must not matter, and what must


@settings(max_examples=40, deadline=None)
@given(randoms, st.sampled_from(sorted(CATEGORIES)))
def test_an_offer_more_never_lowers_the_objective_and_a_need_less_never_raises_it(random, kind):
    needs, offers = easy_town(random, kind, needs=9, offers=5)
    best = solved(needs, offers).objective
    assert solved(needs, offers[:-1]).objective <= best + 1e-6
    assert solved(needs[:-1], offers).objective <= best + 1e-6


@settings(max_examples=40, deadline=None)
@given(randoms, st.sampled_from(("goods", "skill")))
def test_more_capacity_never_lowers_the_objective(random, kind):
    """Of goods; and of hours of which none is held. (Fewer holds may make a run longer, and a home that is larger than
    a household fits it less well.)
    """
    needs, offers = easy_town(random, kind, needs=9, **({} if kind == "goods" else {"holds": ()}))
    more = [replace(one, capacity=one.capacity + random.choice((0, 1, 3))) for one in offers]
    assert solved(needs, more).objective >= solved(needs, offers).objective - 1e-6


@settings(max_examples=40, deadline=None)
@given(randoms, st.sampled_from(sorted(CATEGORIES)))
def test_the_order_of_needs_and_offers_does_not_matter(random, kind):
    needs, offers = easy_town(random, kind, needs=10, offers=5)
    made = solved(needs, offers)
    shuffled = random.sample(needs, len(needs)), random.sample(offers, len(offers))
    again = solved(*shuffled)
    assert again.objective == pytest.approx(made.objective, abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(randoms, st.sampled_from(sorted(CATEGORIES)))
def test_where_values_differ_not_a_line_does(random, kind):
    people = list(range(1, 200))
    random.shuffle(people)
    needs, offers = easy_town(random, kind, needs=10, offers=5)
    needs = [replace(one, people=people.pop(), part_useful=False) for one in needs]
    offers = [replace(one, confirmed_on=day(-number), holds=()) for number, one in enumerate(offers)]
    made = solved(needs, offers)
    again = solved(random.sample(needs, len(needs)), random.sample(offers, len(offers)))
    values = [round(float(value), 9) for value in made.pairs.score]
    if len(set(values)) == len(values):
        assert set(lines(again)) == set(lines(made))


@settings(max_examples=30, deadline=None)
@given(randoms, st.sampled_from(sorted(CATEGORIES)), st.sampled_from(sorted(CATEGORIES)))
def test_towns_planned_apart_make_the_plan_of_both(random, kind, other_kind):
    here = easy_town(random, kind)
    away = easy_town(random, other_kind)
    away = (
        [replace(one, id=one.id + 50, city="elsewhere") for one in away[0]],
        [replace(one, id=one.id + 50, city="elsewhere") for one in away[1]],
    )
    both = solved(here[0] + away[0], here[1] + away[1])
    apart = [solved(*here), solved(*away)]
    assert both.objective == pytest.approx(sum(one.objective for one in apart))
    assert both.people == pytest.approx(sum(one.people for one in apart))
    assert lines(both) == [line for one in apart for line in lines(one)]


@pytest.mark.parametrize(
    "to",
    [(0.0, 172.25), (-70.0, 47.7), (41.4, 0.0)],
    ids=["across the antimeridian", "to La Réunion", "round the pole"],
)
@pytest.mark.parametrize("kind", sorted(CATEGORIES))
def test_the_place_on_earth_does_not_matter(kind, to):
    needs, offers = easy_town(Random(kind), kind, needs=25, offers=12)
    here = solved(needs, offers)
    north, east = map(radians, to)
    there = solved([turned(one, north, east) for one in needs], [turned(one, north, east) for one in offers])
    assert there.objective == pytest.approx(here.objective, abs=1e-4)
    assert there.people == pytest.approx(here.people)


@pytest.mark.parametrize("kind", sorted(CATEGORIES))
def test_the_same_question_gets_the_same_answer(kind):
    random = Random(kind)
    needs = [easy_need(random, number, kind) for number in range(60)]
    offers = [easy_offer(random, 100 + number, kind) for number in range(20)]
    made = planned(needs, offers, seconds=600)
    again = planned(needs, offers, seconds=600)
    assert made.in_time
    assert again.in_time
    assert lines(made) == lines(again)
    assert (made.objective, made.bound) == (again.objective, again.bound)


# Bounds, steps and time


@settings(max_examples=40, deadline=None)
@given(randoms, st.sampled_from(sorted(CATEGORIES)))
def test_prices_bound_every_plan(random, kind):
    needs, offers = easy_town(random, kind)
    best = exhaustive.optimum(exhaustive.pairs_of(needs, offers))
    problem = problem_of(feasible_pairs(*columns(needs, offers), today=TODAY))
    total = 0.0
    stops = random.choice((True, False))
    for rows in problem.components():
        priced = prices.priced(problem.local(rows), stop=lambda: stops)
        total += priced.bound
        assert (priced.loss >= 0).all()
    assert total >= best - 1e-6


def some_of(random, items):
    """What is given already: all but one at most."""
    given = random.randint(0, items - 1)
    return (held(0, 0, given),) if given else ()


def units_town(random, needs, offers, items=4):
    """Goods that come one by one: an auction serves them."""
    return (
        [
            easy_need(random, number, "goods", quantity=items, given=some_of(random, items), part_useful=True)
            for number in range(needs)
        ],
        [easy_offer(random, 10_000 + number, "goods", holds=()) for number in range(offers)],
    )


def test_the_last_unit_of_a_need_is_the_least_of_its_dearest():
    """Three duvets are wanted and four given: the third is what another would replace. Of a need that capacity
    leaves wanting, nothing.
    """
    needs = [
        need(1, "goods", quantity=3, part_useful=True, people=3, urgency="tonight"),
        need(2, "goods", quantity=9, part_useful=True),
    ]
    offers = [
        offer(number, "goods", capacity=1, confirmed_on=day(-days_ago))
        for number, days_ago in enumerate((0, 30, 60, 80))
    ]
    problem = problem_of(feasible_pairs(*columns(needs, offers), today=TODAY))
    free, nothing = np.zeros(4), np.zeros(len(problem), np.int64)
    bound, last = auction.bound(problem, free, nothing)
    first = np.sort(problem.value[problem.need == 0])[::-1]
    other = problem.value[problem.need == 1]
    assert bound == pytest.approx(first[:3].sum() + other.sum())
    assert last.tolist() == pytest.approx([first[2], 0])
    chosen = nothing.copy()
    chosen[(problem.need == 0).nonzero()[0][np.argsort(-problem.value[problem.need == 0])[:3]]] = 1
    assert auction.bound(problem, free, chosen)[1].tolist() == pytest.approx([first[2], 0])
    lost = auction.loss(problem, free, last)
    assert lost[problem.need == 0] == pytest.approx(
        np.maximum(first[2] - problem.value[problem.need == 0], 0)
    )
    assert (lost[problem.need == 1] == 0).all()


@settings(max_examples=30, deadline=None)
@given(randoms, st.sampled_from((1e-4, 1e-2, 0.5)))
def test_an_auction_is_within_a_step_of_the_best_for_each_unit(random, step):
    needs, offers = units_town(random, random.randint(1, 8), random.randint(1, 5), items=3)
    problem = problem_of(feasible_pairs(*columns(needs, offers), today=TODAY))
    best = exhaustive.optimum(exhaustive.pairs_of(needs, offers))
    assert problem.is_flow
    units, offer_prices = auction.auction(problem, step=step, stop=lambda: False)
    problem.refuse_impossible(units)
    bound, last = auction.bound(problem, offer_prices, units)
    loss = auction.loss(problem, offer_prices, last)
    asked = sum(one.quantity for one in needs)
    assert problem.worth(units) >= best - step * asked - 1e-6
    assert best - 1e-6 <= bound <= best + step * asked + 1e-6
    assert (loss >= 0).all()


def test_units_by_the_thousand_are_auctioned_within_the_stated_step(monkeypatch):
    needs, offers = units_town(Random(3), 120, 60)
    made = planned(needs, offers)
    assert exhaustive.broken_promises(made, needs, offers) == []
    monkeypatch.setattr("engine.planning.SMALL_PAIRS", 10**6)
    proven = solved(needs, offers)
    pairs = feasible_pairs(*columns(needs, offers), today=TODAY)
    assert len(pairs) > 5000
    monkeypatch.undo()
    monkeypatch.setattr("engine.planning.EXACT_PAIRS", 0)
    auctioned = plan_pairs(pairs)
    step = AUCTION_STEP * float(problem_of(pairs).value.mean())
    asked = sum(one.quantity for one in needs)
    assert proven.objective - step * asked - 1e-6 <= auctioned.objective <= proven.objective + 1e-6
    assert auctioned.bound >= proven.objective - 1e-6
    assert auctioned.objective <= made.objective + 1e-6 <= proven.objective + 2e-6


@pytest.mark.parametrize("kind", sorted(CATEGORIES))
@pytest.mark.parametrize("seconds", [0, 1.5])
def test_a_large_town_in_little_time(kind, seconds):
    random = Random(kind)
    needs = [
        easy_need(random, number, kind, quantity=random.randint(1, 5), given=()) for number in range(500)
    ]
    offers = [easy_offer(random, 10_000 + number, kind) for number in range(120)]
    began = time.monotonic()
    made = planned(needs, offers, seconds=seconds)
    assert time.monotonic() - began < seconds + 20
    assert exhaustive.broken_promises(made, needs, offers) == []
    assert made.bound >= made.objective - 1e-6
    assert made.objective >= max(made.first_come.objective, made.greedy.objective) - 1e-9
    assert 0 <= made.gap < 1
    if not made.proven:
        assert made.gap == pytest.approx((made.bound - made.objective) / made.bound)
    assert made.people <= made.people_asked


# Odd input


def test_nothing_at_all():
    for made in (planned([], []), planned([need()], []), planned([], [offer()], seconds=0)):
        assert made.objective == made.bound == 0
        assert made.proven
    assert planned([], []).people_asked == 0


@pytest.mark.parametrize("name", ["lat", "lon", "reach_km"])
@pytest.mark.parametrize("side", [0, 1])
def test_numbers_that_are_none_are_refused(name, side):
    both = list(columns([need()], [offer()]))
    both[side] = replace(both[side], **{name: np.array([nan])})
    with pytest.raises(ValueError, match=f"^{name}: "):
        plan(*both, today=TODAY)


def test_a_need_of_ten_thousand_items():
    needs = [
        need(1, "goods", quantity=10_000, people=400, part_useful=True),
        need(2, "goods", quantity=50, urgency="tonight"),
    ]
    offers = [offer(number, "goods", capacity=300) for number in range(20)]
    made = solved(needs, offers)
    assert made.units.sum() == 6000
    assert (2, 50) in [(need_id, units) for need_id, _, units in lines(made)]


@pytest.mark.parametrize("kind", sorted(CATEGORIES))
def test_one_offer_and_fifty_thousand_needs(kind):
    needs = [
        need(number, kind, quantity=1, first_day=day(number % 30), last_day=day(number % 30), reach_km=1)
        for number in range(50_000)
    ]
    both = columns(needs, [offer(1, kind, capacity=3)])
    began = time.monotonic()
    made = plan(*both, today=TODAY)
    assert time.monotonic() - began < 20
    assert made.units.sum() == (3 if kind == "goods" else 90)
    assert made.gap < 0.005


@pytest.mark.parametrize("kind", sorted(CATEGORIES))
def test_offers_that_are_the_same(kind):
    needs = [need(number, kind, quantity=2) for number in range(12)]
    offers = [offer(number, kind, capacity=4) for number in range(5)]
    made = solved(needs, offers)
    assert made.units.sum() == 20
    assert lines(made) == lines(solved(needs, offers))


def test_holds_may_exceed_what_there_is_and_end_after_all_runs():
    needs = [need(1, first_day=day(0), last_day=day(3)), need(2, first_day=day(5), last_day=day(6))]
    offers = [
        offer(1, capacity=2, holds=(held(1, 2, 5), held(7, 400, 1))),
        offer(2, holds=(held(-3, 900, 2),)),
    ]
    assert lines(solved(needs, offers)) == [(1, 2, 2), (2, 1, 2)]


def test_days_far_apart():
    needs = [need(1, last_day=day(3000), min_days=1), need(2, first_day=day(-3000), min_days=2)]
    offers = [offer(1, capacity=2), offer(2, capacity=2, available=(days(0, 3),))]
    assert len(lines(solved(needs, offers))) == 2
    forever = date(1, 1, 1), date(9999, 12, 31)
    always = offer(1, available=(Window(forever[0]),))
    asked = need(1, first_day=forever[0], last_day=forever[1])
    made = planned([asked], [always])
    to_come = (forever[1] - TODAY).days + 1
    assert made.people == pytest.approx(2 * to_come / forever[1].toordinal())


@pytest.mark.parametrize("seconds", [float("nan"), -1.0, float("inf")])
def test_seconds_that_are_no_time_are_refused(seconds):
    needs, offers = [need(1, quantity=1)], [offer(1, capacity=1)]
    with pytest.raises(ValueError, match=r"^seconds: "):
        plan(*columns(needs, offers), today=TODAY, seconds=seconds)
