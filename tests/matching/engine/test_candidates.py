"""Boxes and the space index may hold too much, never too little."""

from itertools import chain
from math import acos, asin, cos, degrees, radians, sin, tan
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.engine import Vocabulary, band, boxes, need_columns, offer_columns
from matching.engine.candidates import Ranges, within_reach

from .builders import CATEGORIES, PLACES, random_need, random_offer
from .reference import broken, haversine


class Point:
    def __init__(self, lat, lon):
        self.lat, self.lon = lat, lon


latitudes = st.one_of(st.floats(-90, 90), st.sampled_from((-90.0, -89.9, 0.0, 48.5, 89.99, 90.0)))
longitudes = st.one_of(st.floats(-180, 180), st.sampled_from((-180.0, -179.95, 0.0, 179.95, 180.0)))


def inside(lat, lon, found):
    return any(south <= lat <= north and west <= lon <= east for south, north, west, east in found)


@settings(max_examples=300)
@given(latitudes, longitudes, latitudes, longitudes, st.floats(0, 1500))
def test_every_point_within_the_radius_is_in_a_box(lat, lon, other_lat, other_lon, radius):
    if haversine(Point(lat, lon), Point(other_lat, other_lon)) <= radius:
        assert inside(other_lat, other_lon, boxes(lat, lon, radius))


@settings(max_examples=300)
@given(latitudes, longitudes, st.floats(-1, 1), st.floats(-1, 1), st.floats(0, 1500))
def test_so_are_the_points_near_its_edge(lat, lon, up, right, radius):
    height, width = radius / 111.0, radius / 111.0 / max(0.01, np.cos(np.radians(lat)))
    other_lat = float(np.clip(lat + up * height, -90, 90))
    other_lon = float((lon + right * width + 180) % 360 - 180)
    if haversine(Point(lat, lon), Point(other_lat, other_lon)) <= radius:
        assert inside(other_lat, other_lon, boxes(lat, lon, radius))


def test_boxes_are_tight_and_few():
    ((south, north, west, east),) = boxes(48.5734, 7.7521, 20)
    assert (north - south) / 2 == pytest.approx(0.179864, abs=2e-5)
    # asin(sin(20/6371.0088) / cos 48.5734°), a little more than 20/6371.0088/cos 48.5734°
    assert (east - west) / 2 == pytest.approx(0.271845, abs=2e-5)
    assert (south + north) / 2 == pytest.approx(48.5734)
    assert boxes(0, 0, 0)[0][1] < 1e-4
    assert len(boxes(-16.9, 179.98, 10)) == len(boxes(-16.9, -179.98, 10)) == 2
    (east_side, west_side) = boxes(-16.9, -179.98, 10)
    assert east_side[2] == -180
    assert west_side[3] == 180
    assert boxes(89.95, 20, 10)[0][1:] == (90, -180, 180)
    assert boxes(-89.95, 20, 10)[0][0] == -90
    assert boxes(10, 10, 25_000) == [(-90, 90, -180, 180)]


@pytest.mark.parametrize(("lat", "radius"), [(48.5734, 500), (-75, 1500), (60, 1000), (0, 9000), (85, 550)])
def test_a_box_is_as_wide_as_its_circle_where_that_is_widest(lat, radius):
    """Where a meridian touches the circle: at latitude asin(sin(lat) / cos(r)), nearer to the pole."""
    angle = radius / 6371.0088
    touching = degrees(asin(sin(radians(lat)) / cos(angle)))
    across = degrees(acos(tan(radians(lat)) / tan(radians(touching)))) if lat else degrees(angle)
    assert haversine(Point(lat, 0), Point(touching, across)) == pytest.approx(radius, abs=1e-4)
    ((_, _, west, east),) = boxes(lat, 0, radius)
    assert across <= east <= across + 1e-3
    assert west == -east


@pytest.mark.parametrize(
    ("lat", "number"), [(48.5734, 485), (48.6, 486), (0, 0), (-0.01, -1), (-20.88, -209), (90, 900)]
)
def test_band(lat, number):
    assert band(lat) == number


@pytest.mark.parametrize("seed", range(8))
def test_the_index_loses_no_pair_and_names_none_twice(seed):
    random = Random(seed)
    places = [
        *PLACES,
        *((random.uniform(-90, 90), random.uniform(-180, 180)) for _ in range(20)),
        *((48.5 + random.random() / 2, 7.5 + random.random() / 2) for _ in range(40)),
    ]
    kinds = sorted(CATEGORIES)
    needs = [random_need(random, number, kinds[number % 3], places) for number in range(12)]
    offers = [random_offer(random, number, kinds[number % 3], places) for number in range(200)]
    words = Vocabulary()
    ranges = within_reach(need_columns(needs, words), offer_columns(offers, words))
    found = [
        (int(one), int(other)) for batch in ranges.batches(50) for one, other in zip(*batch, strict=True)
    ]
    assert len(found) == len(set(found)) == len(ranges)
    wanted = {
        (need.id, offer.id)
        for need in needs
        for offer in offers
        if not {"category", "distance"} & broken(need, offer, frozenset(), frozenset())
    }
    assert wanted <= set(found)
    assert len(found) < len(needs) * len(offers) / 2


@pytest.mark.parametrize("size", [1, 2, 3, 5, 100])
def test_batches_hold_every_pair_once_in_order(size):
    ranges = Ranges(
        order=np.array([4, 3, 2, 1, 0]),
        need=np.array([0, 1, 2, 3]),
        start=np.array([0, 2, 2, 1]),
        stop=np.array([3, 2, 3, 5]),
    )
    batches = [list(zip(*map(np.ndarray.tolist, batch), strict=True)) for batch in ranges.batches(size)]
    assert list(chain.from_iterable(batches)) == [
        (0, 4),
        (0, 3),
        (0, 2),
        (2, 2),
        (3, 3),
        (3, 2),
        (3, 1),
        (3, 0),
    ]
    assert all(len(batch) == size for batch in batches[:-1])
