"""Whom a plan leaves out and why: by hand, and as the slow reference counts it."""

from collections import Counter
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import RULES, Vocabulary, need_columns, offer_columns
from engine.planning import plan
from engine.planning.gaps import LeftOut, Reason, left_out

from .. import reference
from ..builders import (
    CATEGORIES,
    PLACES,
    TODAY,
    day,
    days,
    held,
    need,
    offer,
    plain_need,
    random_offer,
    words,
)
from . import all_parts
from .towns import columns, planned

NORTH_30_KM = 48.5734 + 30 / 111.195


def reasons(needs, offers, excluded=frozenset(), links=frozenset()):
    both = columns(needs, offers)
    made = plan(*both, today=TODAY, excluded=excluded, links=links)
    return {one.need_id: one.reason for one in left_out(made, *both, excluded=excluded, links=links)}


def test_nobody_is_left_out_of_a_plan_that_serves_all():
    assert reasons([need(1)], [offer(1)]) == {}


def test_what_is_closed_is_not_asked_for():
    assert reasons([need(1, is_open=False)], []) == {}


def test_nothing_of_the_kind():
    needs = [need(1), need(2, "goods"), need(3, forms=words("whole_dwelling"))]
    offers = [offer(1, is_open=False), offer(2, "goods", city="elsewhere"), offer(3, "skill"), offer(4)]
    left = reasons(needs, offers)
    assert left == {2: Reason("nothing_of_kind"), 3: Reason("nothing_of_kind")}


def test_one_rule_with_how_many_would_do_but_for_it():
    offers = [offer(number) for number in range(3)] + [offer(3, pets_accepted=True, capacity=1)]
    assert reasons([need(1, pets=True)], offers) == {1: Reason("one_rule", 3, ("pets",))}


def test_of_a_rule_with_numbers_the_offer_that_comes_nearest():
    offers = [offer(1, lat=NORTH_30_KM), offer(2, lat=NORTH_30_KM + 1, reach_km=7)]
    reason = reasons([need(1, reach_km=5)], offers)[1]
    assert (reason.code, reason.rules, reason.count, reason.needed) == ("one_rule", ("distance",), 2, 5)
    assert reason.found == pytest.approx(30, abs=0.01)

    offers = [offer(1, available=(days(0, 5),)), offer(2, available=(days(2, 8),))]
    assert reasons([need(1)], offers)[1] == Reason("one_rule", 2, ("dates",), (), 9, 7)

    offers = [offer(1, capacity=1), offer(2, capacity=3)]
    assert reasons([need(1, quantity=4)], offers)[1] == Reason("one_rule", 2, ("capacity",), (), 4, 3)


def test_of_rules_that_exclude_as_many_the_first():
    offers = [offer(1, pets_accepted=True), offer(2, step_free=True)]
    reason = reasons([need(1, pets=True, step_free_needed=True)], offers)[1]
    assert reason == Reason("one_rule", 1, ("step_free",))


def test_several_rules_and_the_two_that_exclude_most():
    offers = [offer(1), offer(2, capacity=1), offer(3, pets_accepted=True, capacity=1)]
    reason = reasons([need(1, pets=True, step_free_needed=True)], offers)[1]
    assert reason == Reason("several_rules", 3, ("step_free", "capacity"), (3, 2))


def test_a_pair_that_people_have_said_no_to_is_told_of():
    assert reasons([need(1)], [offer(7)], excluded={(1, 7)}) == {1: Reason("one_rule", 1, ("open",))}
    far = offer(7, lat=NORTH_30_KM)
    left = reasons([need(1)], [far], excluded={(1, 7)})
    assert left == {1: Reason("several_rules", 1, ("distance", "open"), (1, 1))}


def test_others_were_served_and_a_part():
    needs = [need(1, people=3), need(2, people=4)]
    assert reasons(needs, [offer(1, capacity=3)]) == {1: Reason("served_others", 1)}

    blankets = [need(1, "goods", quantity=10, part_useful=True, people=4)]
    both = columns(blankets, [offer(1, "goods", capacity=4), offer(2, "goods", capacity=1)])
    made = plan(*both, today=TODAY)
    assert left_out(made, *both) == (LeftOut(1, 5, 0, 2.0, Reason("part", 2)),)


def test_one_that_is_missing_is_told_as_one():
    blankets = [need(1, "goods", quantity=3, part_useful=True)]
    both = columns(blankets, [offer(1, "goods", capacity=2)])
    assert [one.missing for one in left_out(plan(*both, today=TODAY), *both)] == [1]


def test_people_are_those_of_what_is_missing_of_all_that_was_asked():
    blankets = [need(1, "goods", quantity=12, given=(held(0, 0, 6),), part_useful=True, people=4)]
    both = columns(blankets, [offer(1, "goods", capacity=3)])
    assert left_out(plan(*both, today=TODAY), *both)[0].people == 1.0


def told(need, offers, links, excluded):
    """The reason of a need that gets nothing, pair by pair from the slow reference."""
    broken = [reference.broken(need, offer, links, excluded, TODAY) for offer in offers if offer.can_be_given]
    broken = [codes for codes in broken if not codes & {"category", "city"}]
    fit = sum(not codes for codes in broken)
    if fit:
        return "served_others", fit, ()
    alone = Counter(code for codes in broken if len(codes) == 1 for code in codes)
    if alone:
        rule = max(RULES, key=lambda code: (alone[code], -list(RULES).index(code)))
        return "one_rule", alone[rule], (rule,)
    if not broken:
        return "nothing_of_kind", 0, ()
    each = Counter(code for codes in broken for code in codes)
    most = sorted(RULES, key=lambda code: (-each[code], list(RULES).index(code)))[:2]
    return "several_rules", len(broken), tuple(most)


def test_of_a_stay_the_nights_that_are_missing_are_told():
    """Ten nights, of which the home is there for six: two people are without a roof for four of them."""
    both = columns([need(1, min_days=3)], [offer(1, available=(days(0, 5),))])
    (left,) = left_out(plan(*both, today=TODAY), *both)
    assert (left.missing, left.days, left.reason.code) == (2, 4, "part")
    assert left.people == pytest.approx(0.8)


@settings(max_examples=60, deadline=None)
@given(st.randoms(use_true_random=False))
def test_reasons_are_those_of_the_slow_reference(random):
    kinds = sorted(CATEGORIES)
    places = PLACES[: random.choice((2, len(PLACES)))]
    needs = [plain_need(random, number, random.choice(kinds), places) for number in range(8)]
    offers = [random_offer(random, 100 + number, random.choice(kinds), places) for number in range(10)]
    links = frozenset({frozenset({"a", "b"})})
    excluded = {(random.randrange(8), 100 + random.randrange(10)) for _ in range(6)}
    both = columns(needs, offers)
    made = plan(*both, today=TODAY, links=links, excluded=excluded)
    shares = Counter()
    for one, _offer, some_days, units in all_parts.lines(made, needs, offers):
        shares[one.id] += reference.share(one, some_days, units)
    left = {one.need_id: one for one in left_out(made, *both, links=links, excluded=excluded)}
    asked = {one.id: all_parts.missing_share(one) - shares[one.id] for one in needs}
    assert set(left) == {one.id for one in needs if one.is_open and asked[one.id] > 1e-9}
    for one in needs:
        if one.id not in left:
            continue
        assert left[one.id].people == pytest.approx(one.persons * asked[one.id])
        reason = left[one.id].reason
        if shares[one.id]:
            assert reason.code == "part"
        else:
            assert (reason.code, reason.count, reason.rules) == told(one, offers, links, excluded)


def test_the_random_cases_reach_every_reason():
    seen = Counter()
    for seed in range(90):
        random = Random(seed)
        kind = sorted(CATEGORIES)[seed % 3]
        needs = [plain_need(random, number, kind, PLACES[:3]) for number in range(10)]
        offers = [random_offer(random, number, kind, PLACES[:3]) for number in range(seed % 7)]
        seen.update(reason.code for reason in reasons(needs, offers).values())
    assert set(seen) == {"nothing_of_kind", "one_rule", "several_rules", "served_others", "part"}


def test_thousands_of_needs_and_none_that_fits():
    """Every pair has to be looked at, by every rule."""
    words_ = Vocabulary()
    offers = offer_columns(
        (offer(number, capacity=1, available=(days(0, 3),)) for number in range(1000)), words_
    )
    needs = need_columns((need(number, first_day=day(1), last_day=day(9)) for number in range(2000)), words_)
    left = left_out(plan(needs, offers, today=TODAY), needs, offers)
    assert {one.reason for one in left} == {
        Reason("several_rules", 1000, ("dates", "capacity"), (1000, 1000))
    }


def test_an_empty_town():
    assert left_out(planned([], []), *columns([], [])) == ()
