"""The engine gives what the slow, obvious reference gives: rules broken, runs, scores, order, near misses."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.engine import RULES, Weights, broken_rules, rank

from . import reference
from .builders import CATEGORIES, PLACES, TODAY, random_need, random_offer

LINKS = frozenset({frozenset({"a", "b"})})
WEIGHTS = {"a": Weights(), "b": Weights(0, 60, 10, 10, 10, 10)}
kinds = st.sampled_from(sorted(CATEGORIES))


@settings(max_examples=400, deadline=None)
@given(st.randoms(use_true_random=False), kinds, st.booleans())
def test_a_pair_breaks_the_same_rules(random, kind, set_aside):
    need, offer = random_need(random, 1, kind), random_offer(random, 2, kind)
    excluded = {(1, 2)} if set_aside else set()
    codes = broken_rules(need, offer, links=LINKS, excluded=excluded)
    assert set(codes) == reference.broken(need, offer, LINKS, excluded)
    assert list(codes) == [code for code in RULES if code in codes]


@settings(max_examples=300, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    kind=kinds,
    needs=st.sampled_from((4, 1, 0)),
    offers=st.sampled_from((40, 10, 1, 0)),
    keep=st.sampled_from((1, 3, 20)),
    near=st.sampled_from((0, 2, 10)),
    batch=st.sampled_from((1, 13, 131_072)),
    one_town=st.booleans(),
)
def test_rankings_are_the_same(seed, kind, needs, offers, keep, near, batch, one_town):
    random = Random(seed)
    places = PLACES[:3] if one_town else PLACES
    needs = [random_need(random, number, kind, places) for number in range(needs)]
    offers = [random_offer(random, f"o{number}", kind, places) for number in range(offers)]
    random.shuffle(offers)
    pairs = [(need.id, offer.id) for need in needs for offer in offers]
    excluded = frozenset(random.sample(pairs, len(pairs) // 20)) | {("gone", "o1")}
    circumstances = {"weights": WEIGHTS, "links": LINKS, "excluded": excluded, "keep": keep, "near": near}

    rankings = rank(needs, offers, today=TODAY, batch=batch, **circumstances)
    expected = reference.rank(needs, offers, today=TODAY, **circumstances)

    assert [ranking.need_id for ranking in rankings] == [need.id for need in needs]
    for ranking, (pairings, near_misses, feasible_count) in zip(rankings, expected, strict=True):
        assert ranking.feasible_count == feasible_count
        assert [pairing.offer_id for pairing in ranking.pairings] == [one[0] for one in pairings]
        for pairing, (_, score, parts, distance, run, quantity) in zip(
            ranking.pairings, pairings, strict=True
        ):
            assert pairing.score == score
            assert pairing.parts.values == pytest.approx(parts, abs=1e-9)
            assert pairing.distance_km == pytest.approx(distance, abs=1e-6)
            assert (pairing.run_first_day, pairing.run_last_day) == (run[0], run[-1])
            assert pairing.run_days == len(run)
            assert pairing.quantity == quantity
        found = [(one.offer_id, one.rule) for one in ranking.near_misses]
        assert found == [(offer_id, rule) for offer_id, rule, _ in near_misses]
        for near_miss, (_, _, gap) in zip(ranking.near_misses, near_misses, strict=True):
            assert near_miss.gap == (None if gap is None else pytest.approx(gap, abs=1e-6))


def test_the_random_cases_reach_every_rule_and_every_near_miss():
    """Otherwise the two tests above would prove little."""
    seen, missed, ties, feasible = set(), set(), 0, 0
    for seed in range(120):
        random = Random(seed)
        kind = sorted(CATEGORIES)[seed % 3]
        places = PLACES if seed % 2 else PLACES[:3]
        needs = [random_need(random, number, kind, places) for number in range(4)]
        offers = [random_offer(random, number, kind, places) for number in range(40)]
        for ranking in rank(needs, offers, today=TODAY, near=30, keep=30):
            missed |= {near_miss.rule for near_miss in ranking.near_misses}
            scores = [pairing.score for pairing in ranking.pairings]
            feasible += len(scores)
            ties += len(scores) - len(set(scores))
        seen |= {code for need in needs for offer in offers[:10] for code in broken_rules(need, offer)}
    assert seen == set(RULES)
    assert missed == set(RULES) - {"category", "city", "open"}
    assert feasible > 500
    assert ties > 10
