"""What must not matter: the order of the input, the batches, who is ranked beside whom, where on Earth."""

from dataclasses import replace
from math import asin, atan2, cos, degrees, radians, sin
from random import Random

import numpy as np
import pytest

from engine import Feasible, Missed, Vocabulary, need_columns, offer_columns, rank, rank_columns

from .builders import CATEGORIES, PLACES, TODAY, blocks, days, need, offer, random_need, random_offer

LINKS = frozenset({frozenset({"a", "b"})})
seeds = pytest.mark.parametrize("seed", range(9))


def country(seed, places=PLACES):
    random = Random(seed)
    kinds = sorted(CATEGORIES)
    needs = [random_need(random, number, kinds[number % 3], places) for number in range(12)]
    offers = [random_offer(random, number, kinds[number % 3], places) for number in range(300)]
    return needs, offers


@pytest.fixture(autouse=True, params=[None, 20], ids=["a town", "blocks of a country"])
def _both_ways(request):
    with blocks(request.param):
        yield


def ranked(needs, offers, **circumstances):
    return rank(needs, offers, today=TODAY, links=LINKS, **circumstances)


@seeds
def test_the_order_of_the_input_does_not_matter(seed):
    needs, offers = country(seed)
    expected = {ranking.need_id: ranking for ranking in ranked(needs, offers)}
    Random(seed).shuffle(needs)
    Random(seed).shuffle(offers)
    assert {ranking.need_id: ranking for ranking in ranked(needs, offers)} == expected


@seeds
def test_batches_do_not_matter(seed):
    needs, offers = country(seed)
    expected = ranked(needs, offers)
    assert any(ranking.pairings for ranking in expected)
    for batch in (1, 7, 100, 10**9):
        assert ranked(needs, offers, batch=batch) == expected


@seeds
def test_one_need_and_many_take_the_same_path(seed):
    needs, offers = country(seed)
    assert [ranked([need], offers)[0] for need in needs] == ranked(needs, offers)


@seeds
def test_ready_columns_and_records_give_the_same(seed):
    needs, offers = country(seed)
    expected = ranked(needs, offers)
    words = Vocabulary()
    offer_table, need_table = offer_columns(offers, words), need_columns(needs, words)
    assert ranked(need_table, offer_table) == expected
    assert ranked(needs, offer_table) == expected
    assert ranked(need_table, offers) == expected


def test_columns_of_two_vocabularies_are_refused():
    needs, offers = country(0)
    with pytest.raises(ValueError, match=r"^vocabulary: "):
        ranked(need_columns(needs), offer_columns(offers))


def test_an_id_that_comes_twice_is_refused():
    needs, offers = country(0)
    with pytest.raises(ValueError, match=r"^id: "):
        ranked(needs, [*offers, offers[0]])


@seeds
def test_passing_over_what_is_out_of_reach_changes_no_pairing(seed):
    needs, offers = country(seed)
    expected = [(ranking.pairings, ranking.feasible_count) for ranking in ranked(needs, offers)]
    indexed = ranked(needs, offers, near=0)
    assert [(ranking.pairings, ranking.feasible_count) for ranking in indexed] == expected


@seeds
def test_an_offer_that_is_not_feasible_changes_nothing(seed):
    needs, offers = country(seed)
    expected = [ranking.pairings for ranking in ranked(needs, offers)]
    closed = [replace(offer, id=1000 + offer.id, is_open=False) for offer in offers]
    assert [ranking.pairings for ranking in ranked(needs, offers + closed)] == expected


def test_nothing_at_all():
    needs, offers = country(0)
    assert ranked([], offers) == []
    assert ranked([], []) == []
    for near in (0, 10):
        assert all(ranking.feasible_count == 0 for ranking in ranked(needs, [], near=near))


def tables(seed):
    needs, offers = country(seed)
    words = Vocabulary()
    return need_columns(needs, words), offer_columns(offers, words)


@seeds
def test_needs_ranked_in_parts_make_the_same_together(seed):
    needs, offers = tables(seed)
    whole = rank_columns(needs, offers, today=TODAY, links=LINKS)
    assert len(whole.feasible) + len(whole.missed) > 20
    parts = np.array_split(np.random.default_rng(seed).permutation(len(needs)), 4)
    for rows in parts:
        rows = np.sort(rows)
        part = rank_columns(needs.take(rows), offers, today=TODAY, links=LINKS)
        for got, all_of_it, columns in (
            (part.feasible, whole.feasible, Feasible.COLUMNS),
            (part.missed, whole.missed, Missed.COLUMNS),
        ):
            own = all_of_it.take(np.isin(all_of_it.need, rows))
            assert np.array_equal(rows[got.need], own.need)
            for name in set(columns) - {"need"}:
                assert np.array_equal(getattr(got, name), getattr(own, name), equal_nan=True), name


@seeds
def test_the_order_of_the_rows_does_not_matter(seed):
    needs, offers = tables(seed)
    whole = rank_columns(needs, offers, today=TODAY, links=LINKS)
    random = np.random.default_rng(seed)
    need_rows, offer_rows = random.permutation(len(needs)), random.permutation(len(offers))
    mixed = rank_columns(needs.take(need_rows), offers.take(offer_rows), today=TODAY, links=LINKS)
    for name in ("feasible", "missed"):
        one, other = getattr(whole, name), getattr(mixed, name)
        back = np.argsort(need_rows[other.need], kind="stable")
        assert np.array_equal(one.need, need_rows[other.need][back])
        assert np.array_equal(one.offer, offer_rows[other.offer][back])


@seeds
def test_an_offer_with_a_wide_reach_changes_nothing_for_the_others(seed):
    needs, offers = country(seed)
    expected = [[one.offer_id for one in ranking.pairings] for ranking in ranked(needs, offers, keep=500)]
    wide = [replace(offer, id=9000 + offer.id, reach_km=15_000.0) for offer in offers[:40]]
    got = [[one.offer_id for one in ranking.pairings] for ranking in ranked(needs, offers + wide, keep=500)]
    assert max(max(ids, default=0) for ids in got) >= 9000
    assert [[id_ for id_ in ids if id_ < 9000] for ids in got] == expected


def test_one_offer_for_fifty_thousand_needs():
    words = Vocabulary()
    one = need_columns([need(kind="goods", quantity=1)], words)
    needs = replace(one.take(np.zeros(50_000, np.int64)), ids=np.arange(50_000))
    for capacity, feasible, missed in ((1, 50_000, 0), (None, 0, 50_000)):
        given = offer(kind="goods", capacity=capacity or 1, available=(days(0 if capacity else 30),))
        ranked = rank_columns(needs, offer_columns([given], words), today=TODAY)
        assert (len(ranked.feasible), len(ranked.missed)) == (feasible, missed)
        assert ranked.feasible_count.sum() == feasible
        assert np.array_equal(np.concatenate([ranked.feasible.need, ranked.missed.need]), np.arange(50_000))


def turned(record, north, east):
    """The record's place after the globe was turned about an axis in the equator, then about the poles."""
    lat, lon = radians(record.lat), radians(record.lon)
    x, y, z = cos(lat) * cos(lon), cos(lat) * sin(lon), sin(lat)
    x, z = x * cos(north) - z * sin(north), x * sin(north) + z * cos(north)
    lon = degrees(atan2(y, x) + east)
    return replace(record, lat=degrees(asin(max(-1, min(1, z)))), lon=(lon + 180) % 360 - 180)


@seeds
@pytest.mark.parametrize(
    "to",
    [(0.0, 172.25), (-70.0, 47.7), (41.4, 0.0)],
    ids=["across the antimeridian", "to La Réunion", "round the pole"],
)
def test_the_place_on_earth_does_not_matter(seed, to):
    town = ((48.5734, 7.7521), (48.60, 7.7521), (48.5734, 7.80), (48.70, 7.70), (48.45, 7.60))
    needs, offers = country(seed, town)
    here = ranked(needs, offers)
    north, east = map(radians, to)
    there = ranked(
        [turned(need, north, east) for need in needs], [turned(offer, north, east) for offer in offers]
    )
    if to[0] == 0:
        assert {offer.lon > 0 for offer in (turned(offer, north, east) for offer in offers)} == {True, False}
    for one, other in zip(here, there, strict=True):
        assert [pairing.offer_id for pairing in one.pairings] == [
            pairing.offer_id for pairing in other.pairings
        ]
        assert [near.offer_id for near in one.near_misses] == [near.offer_id for near in other.near_misses]
        for before, after in zip(one.pairings, other.pairings, strict=True):
            assert after.score == pytest.approx(before.score, abs=2e-6)
            assert after.distance_km == pytest.approx(before.distance_km, abs=2e-6)
