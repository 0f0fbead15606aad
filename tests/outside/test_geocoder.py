"""What the geocoder says is believed of the commune and of a sure answer alone."""

from typing import Any

import pytest

from cities.places.districts import codes_with_districts
from outside import geocoder
from tests.http_server import HttpServer
from tests.outside.conftest import POINT, Answering, feature, question

ADDRESS = "12 rue du Dôme"


def where(codes: Any = ("67482",), town: str = "Strasbourg") -> tuple[float, float] | None:
    return geocoder.point_of(ADDRESS, town=town, codes=frozenset(codes))


def test_an_address_is_a_point_to_a_hundred_metres(state: HttpServer, knows: Answering) -> None:
    knows(feature())
    assert where() == POINT
    [request] = state.requests
    assert question(request) == (
        "/geocodage/search",
        {"q": "12 rue du Dôme Strasbourg", "limit": "1", "autocomplete": "0", "index": "address", "citycode": "67482"},
    )  # fmt: skip
    assert not request.headers.get("Authorization")


@pytest.mark.parametrize("sort", ["street", "locality"])
def test_a_street_and_a_hamlet_are_places(knows: Answering, sort: str) -> None:
    knows(feature(type=sort))
    assert where() == POINT


@pytest.mark.parametrize(
    "found",
    [
        feature(citycode="67218"),
        feature(score=0.49),
        feature(score=1.2),
        feature(score=float("nan")),
        feature(type="municipality"),
    ],
)
def test_another_commune_a_guess_and_the_town_hall_are_not_taken(knows: Answering, found: Any) -> None:
    knows(found)
    assert where() is None
    knows(feature())
    assert where() == POINT, "and it is no outage"


@pytest.mark.parametrize(
    "found",
    [
        feature((7.7, 148.5)),
        feature((7.7,)),  # type: ignore[arg-type]
        feature(score="0.9"),
        {"type": "Feature"},
        feature() | {"geometry": {"type": "Polygon", "coordinates": [7.7, 48.5]}},
        None,
    ],
)
def test_what_is_not_its_form_is_an_outage(state: HttpServer, knows: Answering, found: Any) -> None:
    knows(found)
    assert [where(), where()] == [None, None]
    assert len(state.requests) == 1


def test_nothing_found_is_none(knows: Answering) -> None:
    knows()
    assert where() is None


def test_an_arrondissement_is_its_town(state: HttpServer, knows: Answering) -> None:
    paris = codes_with_districts("75056")
    assert {"75056", "75101", "75120"} < paris
    assert len(paris) == 21
    assert codes_with_districts("67482") == {"67482"}
    assert {"69381", "69389"} < codes_with_districts("69123")
    assert {"13201", "13216"} < codes_with_districts("13055")
    knows(feature(citycode="75111"))
    assert where(paris, "Paris") == POINT
    assert "citycode" not in question(state.requests[0])[1], "it knows arrondissements alone"
    assert where(("67482",)) is None


def test_a_long_address_is_cut(state: HttpServer, knows: Answering) -> None:
    knows(feature())
    assert geocoder.point_of("1 " * 150, town="Strasbourg", codes={"67482"}) == POINT
