"""The drawing of a case: who lies where around the need, and no point hides another."""

import math
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from desk.drawing import DISC, chart
from matching.models import Match
from needs.models import Need
from offers.models import Offer

# Strasbourg, where a degree of longitude is 73.7 km, one of latitude 111.2.
LATITUDE, LONGITUDE = 48.58, 7.75
NEED = Need(latitude=LATITUDE, longitude=LONGITUDE, reach_km=10)


@dataclass(frozen=True, slots=True)
class Placed:
    """As much of a card as the drawing reads."""

    match: Match


def placed(*at: tuple[float, float]) -> list[Placed]:
    """Suggestions at so many degrees north and east of the need, by rank."""
    return [
        Placed(Match(rank=rank, offer=Offer(latitude=LATITUDE + north, longitude=LONGITUDE + east)))
        for rank, (north, east) in enumerate(at, start=1)
    ]


def places(drawing):
    return {point["rank"]: (point["x"], point["y"]) for point in drawing["points"]}


def test_north_is_up_east_is_right_and_the_farthest_sets_the_scale():
    drawing = chart(NEED, placed((0.18, 0), (0, 0.1)))  # 20 km north, 7.4 km east
    north, east = places(drawing)[1], places(drawing)[2]
    assert north[0] == 100
    assert 100 - north[1] == round(100 / 1.15, 1)
    assert east[1] == 100
    assert math.isclose((east[0] - 100) / (100 - north[1]), 7.36 / 20.02, rel_tol=0.01)
    assert math.isclose(drawing["radius"], (100 - north[1]) / 2, rel_tol=0.01)


@given(st.lists(st.sampled_from([(0.0, 0.0), (0.01, 0.0), (0.0, 0.09), (-0.05, 0.05)]), max_size=20))
def test_no_point_hides_another_nor_the_need(at):
    found = [*places(chart(NEED, placed(*at))).values(), (100.0, 100.0)]
    rounding = 0.15
    assert all(
        math.dist(one, other) >= DISC - rounding for index, one in enumerate(found) for other in found[:index]
    )
    assert len(found) == len(at) + 1


def test_the_best_is_drawn_last_so_that_it_lies_on_top():
    assert [point["rank"] for point in chart(NEED, placed((0.1, 0), (0.2, 0)))["points"]] == [2, 1]
