"""What is left aside by an estimate is feasible, and surpassed; whatever may be among the best is worked out."""

from dataclasses import replace
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import Vocabulary, Weights, estimates, feasible_pairs, need_columns, offer_columns, scoring
from engine.arrays import MICRO, NO_CODES
from engine.candidates import fields_of
from engine.coarse import Beyond
from engine.estimates import Estimates
from engine.pairs import Sides
from engine.rules import SEEN, at_stake, quick_look, sure_look

from .builders import CATEGORIES, PLACES, TODAY, days, random_need, random_offer
from .reference import broken

NEARBY = [(48.5 + step / 50, 7.5 + step / 70) for step in range(10)]
FAR = [*PLACES, (0.0, 0.0), (0.0, 179.9), (-48.5, -172.5)]


def crowd(seed, kind, places, *, needs=6, offers=80):
    """Needs and offers of one town and category, most of which suit each other."""
    random = Random(seed)
    category = "" if kind == "housing" else CATEGORIES[kind][0]
    return (
        [
            replace(
                random_need(random, number, kind, places), kind=kind, category=category, city="a", is_open=True,
                reach_km=20_000.0, items=(), sizes=(), series=(), languages_from=frozenset(),
                languages_to=frozenset(), forms=frozenset(), last_day=days(40).first_day, quantity=1, given=(),
                slots=() if random.random() < 0.8 else random_need(random, 0, kind).slots,
            )
            for number in range(needs)
        ],
        [
            replace(
                random_offer(random, number, kind, places), kind=kind, category=category or "separate_room",
                city="a", is_open=True, item="", size="", series=None, capacity=random.randint(1, 5),
                accepts=frozenset(), dwelling_state="",
                **({"available": (days(random.randint(-9, 9)),), "holds": ()} if random.random() < 0.8 else {}),
            )
            for number in range(offers)
        ],
    )  # fmt: skip


def sides_of(needs, offers):
    words = Vocabulary()
    needs, offers = need_columns(needs, words), offer_columns(offers, words)
    return Sides.of(needs, offers, today=TODAY, links=(), excluded=NO_CODES)


def blocks_of(sides):
    for field in fields_of(sides):
        for block in field.blocks(np.arange(len(field.need_rows)), beyond=Beyond(), tolerate=0):
            yield field, block


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    kind=st.sampled_from(sorted(CATEGORIES)),
    places=st.sampled_from((NEARBY, FAR)),
)
def test_a_quick_look_is_sure_only_of_what_is_so(seed, kind, places):
    random = Random(seed)
    needs = [random_need(random, number, kind, places) for number in range(6)]
    offers = [random_offer(random, number, kind, places) for number in range(40)]
    for field, block in blocks_of(sides_of(needs, offers)):
        need, offer = block.pairs(sure_look(block, quick_look(block)))
        for one, other in zip(field.need_rows[need].tolist(), field.offer_rows[offer].tolist(), strict=True):
            assert not broken(needs[one], offers[other], frozenset(), frozenset(), TODAY) & set(SEEN)


@settings(max_examples=100, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    kind=st.sampled_from(sorted(CATEGORIES)),
    places=st.sampled_from((NEARBY, NEARBY[:1], FAR)),
    keep=st.sampled_from((1, 3, 10)),
    many=st.sampled_from((0.0, 1.0)),
)
def test_no_estimate_is_wronger_than_it_may_be(seed, kind, places, keep, many):
    sides = sides_of(*crowd(seed, kind, places))
    pairs = feasible_pairs(sides.needs, sides.offers, today=TODAY)
    exact = {
        (need, offer): standing / MICRO
        for need, offer, standing in zip(pairs.need, pairs.offer, pairs.standing, strict=True)
    }
    points = scoring.points_per_need(sides.needs, Weights())
    for field, block in blocks_of(sides):
        known = scoring.Known.of(field.sides, TODAY)
        some = Estimates.of(field.sides, known, points, at_stake(field.sides), keep)
        may = quick_look(block)
        sure = some._sure(block, may)
        need, offer = block.pairs(sure)
        worth = some._worth(block)[sure]
        assert np.array_equal(worth, some._worth(block, block.places(sure)))
        rows = zip(field.need_rows[need].tolist(), field.offer_rows[offer].tolist(), worth, strict=True)
        for one, other, value in rows:
            assert abs(exact[one, other] - value) <= some._error(block)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(estimates, "MANY", many)
            need, offer = block.pairs(some.surpassed(block, may))
        for one, other in zip(field.need_rows[need].tolist(), field.offer_rows[offer].tolist(), strict=True):
            better = [value for (row, _), value in exact.items() if row == one and value > exact[one, other]]
            assert len(better) >= keep


@pytest.mark.parametrize("kind", sorted(CATEGORIES))
def test_most_of_a_crowd_is_left_aside(kind):
    """Otherwise the tests above would prove little."""
    left, feasible = 0, 0
    for seed in range(10):
        sides = sides_of(*crowd(seed, kind, NEARBY))
        points = scoring.points_per_need(sides.needs, Weights())
        for field, block in blocks_of(sides):
            known = scoring.Known.of(field.sides, TODAY)
            some = Estimates.of(field.sides, known, points, at_stake(field.sides), 3)
            left += int(some.surpassed(block, quick_look(block)).sum())
        feasible += len(feasible_pairs(sides.needs, sides.offers, today=TODAY))
    assert left > feasible / 3
