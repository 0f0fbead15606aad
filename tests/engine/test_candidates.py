"""Boxes and the space index may hold too much, never too little."""

from dataclasses import replace
from itertools import chain
from math import acos, asin, cos, degrees, inf, radians, sin, tan
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import Vocabulary, Window, need_columns, offer_columns
from engine.arrays import NO_CODES
from engine.candidates import fields_of, half_sizes
from engine.coarse import Beyond
from engine.pairs import Sides

from .builders import CATEGORIES, PLACES, TODAY, blocks, random_need, random_offer
from .reference import broken, haversine, reach


class Point:
    def __init__(self, lat, lon):
        self.lat, self.lon = lat, lon


latitudes = st.one_of(st.floats(-90, 90), st.sampled_from((-90.0, -89.9, 0.0, 48.5, 89.99, 90.0)))
longitudes = st.one_of(st.floats(-180, 180), st.sampled_from((-180.0, -179.95, 0.0, 179.95, 180.0)))


def box(lat, radius):
    """Half height and half width, in degrees."""
    height, width = half_sizes(np.array([lat]), np.array([float(radius)]))
    return float(height[0]), float(width[0])


def inside(lat, lon, other_lat, other_lon, radius):
    height, width = box(lat, radius)
    around = abs((other_lon - lon + 180) % 360 - 180)
    return abs(other_lat - lat) <= height and around <= width


@settings(max_examples=300)
@given(latitudes, longitudes, latitudes, longitudes, st.floats(0, 1500))
def test_every_point_within_the_radius_is_in_a_box(lat, lon, other_lat, other_lon, radius):
    if haversine(Point(lat, lon), Point(other_lat, other_lon)) <= radius:
        assert inside(lat, lon, other_lat, other_lon, radius)


@settings(max_examples=300)
@given(latitudes, longitudes, st.floats(-1, 1), st.floats(-1, 1), st.floats(0, 1500))
def test_so_are_the_points_near_its_edge(lat, lon, up, right, radius):
    height, width = radius / 111.0, radius / 111.0 / max(0.01, np.cos(np.radians(lat)))
    other_lat = float(np.clip(lat + up * height, -90, 90))
    other_lon = float((lon + right * width + 180) % 360 - 180)
    if haversine(Point(lat, lon), Point(other_lat, other_lon)) <= radius:
        assert inside(lat, lon, other_lat, other_lon, radius)


def test_boxes_are_tight():
    height, width = box(48.5734, 20)
    assert height == pytest.approx(0.179864, abs=2e-5)
    # asin(sin(20/6371.0088) / cos 48.5734°), a little more than 20/6371.0088/cos 48.5734°
    assert width == pytest.approx(0.271845, abs=2e-5)
    assert max(box(0, 0)) < 1e-4
    # All longitudes where it holds a pole.
    assert box(89.95, 10)[1] == box(-89.95, 10)[1] == 180
    height, width = box(10, 25_000)
    assert height > 180
    assert width == 180


@pytest.mark.parametrize(("lat", "radius"), [(48.5734, 500), (-75, 1500), (60, 1000), (0, 9000), (85, 550)])
def test_a_box_is_as_wide_as_its_circle_where_that_is_widest(lat, radius):
    """Where a meridian touches the circle: at latitude asin(sin(lat) / cos(r)), nearer to the pole."""
    angle = radius / 6371.0088
    touching = degrees(asin(sin(radians(lat)) / cos(angle)))
    across = degrees(acos(tan(radians(lat)) / tan(radians(touching)))) if lat else degrees(angle)
    assert haversine(Point(lat, 0), Point(touching, across)) == pytest.approx(radius, abs=1e-4)
    assert across <= box(lat, radius)[1] <= across + 1e-3


@pytest.fixture(autouse=True, params=[None, 1, 40], ids=["few", "blocks of one", "small blocks"])
def _blocks(request):
    with blocks(request.param):
        yield


def candidates(needs, offers, *, beyond=Beyond(), tolerate=0, batch=50, links=frozenset()):  # noqa: B008 (frozen)
    """What `Field.candidates` finds in all categories, batch by batch, as rows of the whole tables."""
    words = Vocabulary()
    needs, offers = need_columns(needs, words), offer_columns(offers, words)
    sides = Sides.of(needs, offers, today=TODAY, links=links, excluded=NO_CODES)
    for field in fields_of(sides):
        rows = np.arange(len(field.need_rows))
        for need, offer in field.candidates(rows, beyond=beyond, tolerate=tolerate, batch=batch):
            yield list(zip(field.need_rows[need].tolist(), field.offer_rows[offer].tolist(), strict=True))


def scattered(seed, needs=12, offers=200):
    random = Random(seed)
    places = [
        *PLACES,
        *((random.uniform(-90, 90), random.uniform(-180, 180)) for _ in range(20)),
        *((48.5 + random.random() / 2, 7.5 + random.random() / 2) for _ in range(40)),
    ]
    kinds = sorted(CATEGORIES)
    return (
        [random_need(random, number, kinds[number % 3], places) for number in range(needs)],
        [random_offer(random, number, kinds[number % 3], places) for number in range(offers)],
    )


@pytest.mark.parametrize("tolerate", [0, 1])
@pytest.mark.parametrize("seed", range(8))
def test_no_pair_that_may_be_wanted_is_passed_over_and_none_comes_twice(seed, tolerate):
    needs, offers = scattered(seed)
    links = frozenset({frozenset({"a", "b"})} if seed % 2 else ())
    found = list(chain.from_iterable(candidates(needs, offers, tolerate=tolerate, links=links)))
    assert len(found) == len(set(found))
    wanted = set()
    for need in needs:
        for offer in offers:
            codes = broken(need, offer, links, frozenset(), TODAY)
            if (
                len(codes) <= tolerate
                and not codes & {"category", "city", "open"}
                and "distance" not in codes
            ):
                wanted.add((need.id, offer.id))
    assert wanted <= set(found)
    assert len(found) < len(needs) * len(offers) / 2


@pytest.mark.parametrize("beyond", [Beyond(0.5), Beyond(3.0, 20.0), Beyond(inf, 20.0), Beyond(inf)])
@pytest.mark.parametrize("seed", range(4))
def test_one_may_look_beyond_the_reach(seed, beyond):
    needs, offers = scattered(seed)
    found = set(chain.from_iterable(candidates(needs, offers, tolerate=1, beyond=beyond)))
    wanted = set()
    for need in needs:
        for offer in offers:
            larger = reach(need, offer)
            look = larger + min(max(larger, 1) * beyond.share, beyond.km)
            if (
                broken(need, offer, frozenset(), frozenset(), TODAY) == {"distance"}
                and haversine(need, offer) <= look
            ):
                wanted.add((need.id, offer.id))
    assert wanted <= found
    assert wanted or beyond != Beyond(inf)


@pytest.mark.parametrize("batch", [1, 5, 10**6])
def test_the_pairs_of_a_need_come_together(batch):
    needs, offers = scattered(3)
    batches = list(candidates(needs, offers, batch=batch))
    owners = [{need for need, _ in some} for some in batches]
    assert sum(map(len, owners)) == len(set().union(*owners))
    assert sum(len(some) < batch for some in batches) <= 6  # the last of each category
    assert {pair for some in batches for pair in some} == set(chain.from_iterable(candidates(needs, offers)))


def test_a_far_reaching_offer_widens_no_box_but_its_own():
    """The widest of 300 offers reaches 500 km; a need still looks at its own town and at that one."""
    random = Random(1)
    offers = [
        replace(
            random_offer(random, number, "goods", [(42 + number / 30, 2.0)]), category="bedding", reach_km=4.0
        )
        for number in range(300)
    ]
    need = replace(random_need(random, 1, "goods", [(47.0, 2.0)]), category="bedding", reach_km=5.0)
    offers[0] = replace(offers[0], reach_km=600.0)
    with blocks(5):
        field = next(fields_of(sides_of([need], offers)))
        (group,) = field._groups(np.array([0]), Beyond())
    seen = {int(row) for start, stop in group.spans for row in field.offer_rows[start:stop]}
    assert {150, 151, 149} <= seen
    assert len(seen - {0}) < 20
    assert len(set(chain.from_iterable(candidates([need], offers, tolerate=1)))) < 10


def sides_of(needs, offers):
    words = Vocabulary()
    open_needs = [replace(need, is_open=True) for need in needs]
    return Sides.of(
        need_columns(open_needs, words),
        offer_columns([replace(offer, is_open=True) for offer in offers], words),
        today=TODAY,
        links=(),
        excluded=NO_CODES,
    )


points = st.tuples(latitudes, longitudes)


@settings(max_examples=150, deadline=None)
@given(st.lists(points, min_size=1, max_size=5), st.lists(points, min_size=1, max_size=30), st.data())
def test_a_quick_look_never_misses_a_pair_within_reach(here, there, data):
    """At the very edge too: the reach is the distance itself."""
    random = Random(0)
    reaches = st.sampled_from((0.0, 1.0, 7.5, 60.0, 2000.0, 15_000.0))
    offers = [
        replace(random_offer(random, number, "goods", [place]), kind="goods", city="a", category="bedding",
                reach_km=data.draw(reaches), available=(Window(TODAY),), capacity=9, holds=(), is_open=True,
                notice_days=0, longest_stay_days=None, item="", best_before=None)
        for number, place in enumerate(there)
    ]  # fmt: skip
    needs = []
    for number, place in enumerate(here):
        plain = replace(random_need(random, number, "goods", [place]), city="a", category="bedding",
                        first_day=TODAY, last_day=TODAY, min_days=1, quantity=1, is_open=True, items=(), sizes=(),
                        series=(), given=())  # fmt: skip
        nearest = data.draw(st.sampled_from(offers))
        needs.append(replace(plain, reach_km=haversine(plain, nearest)))
    found = set(chain.from_iterable(candidates(needs, offers)))
    for need in needs:
        for offer in offers:
            rules = set(broken(need, offer, frozenset(), frozenset(), TODAY))
            assert rules <= {"distance"}
            assert rules or (need.id, offer.id) in found
