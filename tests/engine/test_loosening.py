"""A limit that is loosened loses nobody: whatever was feasible stays so."""

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import rank

from .builders import CATEGORIES, PLACES, TODAY, random_need, random_offer

randoms = st.randoms(use_true_random=False)

OFFERS = {
    "notice": lambda one: replace(one, notice_days=one.notice_days // 2),
    "no notice": lambda one: replace(one, notice_days=0),
    "a longer stay": lambda one: replace(
        one, longest_stay_days=one.longest_stay_days and one.longest_stay_days + 5
    ),
    "any stay": lambda one: replace(one, longest_stay_days=None),
    "less rent": lambda one: replace(one, rent=one.rent // 2),
    "more reach": lambda one: replace(one, reach_km=one.reach_km + 10),
    "more capacity": lambda one: replace(one, capacity=one.capacity + 1),
    "fewer holds": lambda one: replace(one, holds=one.holds[:-1]),
    "keeps longer": lambda one: replace(one, best_before=None),
}
NEEDS = {
    "more reach": lambda one: replace(one, reach_km=one.reach_km + 10),
    "fewer days": lambda one: replace(one, min_days=1),
    "a part is useful": lambda one: replace(one, part_useful=one.kind != "housing"),
    "more is paid": lambda one: (
        replace(one, rent_up_to=one.rent_up_to + 300) if one.kind == "housing" else one
    ),
    "steps will do": lambda one: replace(one, step_free_needed=False),
    "no pets": lambda one: replace(one, pets=False),
    "smoke will do": lambda one: replace(one, smoke_free_needed=False),
    "a shared home will do": lambda one: replace(one, shared_home_ok=True),
}


def feasible(needs, offers):
    ranked = rank(needs, offers, today=TODAY, keep=10**6, near=0)
    return {(pairing.need_id, pairing.offer_id) for one in ranked for pairing in one.pairings}


def town(random):
    kind = random.choice(sorted(CATEGORIES))
    places = PLACES[: random.choice((2, 6))]
    needs = [random_need(random, number, kind, places) for number in range(12)]
    return needs, [random_offer(random, 100 + number, kind, places) for number in range(12)]


@pytest.mark.parametrize("limit", sorted(OFFERS))
@settings(max_examples=25, deadline=None)
@given(randoms)
def test_a_limit_of_offers(limit, random):
    needs, offers = town(random)
    assert feasible(needs, offers) <= feasible(needs, [OFFERS[limit](one) for one in offers])


@pytest.mark.parametrize("limit", sorted(NEEDS))
@settings(max_examples=25, deadline=None)
@given(randoms)
def test_a_limit_of_needs(limit, random):
    needs, offers = town(random)
    assert feasible(needs, offers) <= feasible([NEEDS[limit](one) for one in needs], offers)


@settings(max_examples=25, deadline=None)
@given(randoms)
def test_who_is_called_otherwise_is_paired_as_before(random):
    """Ids decide among equals alone: with others of the same order, not even there."""
    needs, offers = town(random)
    renamed = feasible(
        [replace(one, id=one.id + 5000) for one in needs], [replace(one, id=one.id + 7000) for one in offers]
    )
    assert {(need - 5000, offer - 7000) for need, offer in renamed} == feasible(needs, offers)


def test_the_random_towns_have_pairs():
    """Otherwise the tests above would prove nothing."""
    assert sum(len(feasible(*town(Random(seed)))) for seed in range(40)) > 40
