"""The score by hand, and the total order."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from engine import Weights, arithmetic, rank

from .builders import STRASBOURG, TODAY, day, days, held, need, offer, words


def only(asked, offered, **circumstances):
    (ranking,) = rank([asked], [offered], today=TODAY, **circumstances)
    (pairing,) = ranking.pairings
    return pairing


def order(asked, offers, **circumstances):
    (ranking,) = rank([asked], offers, today=TODAY, **circumstances)
    return [pairing.offer_id for pairing in ranking.pairings]


def test_a_score_worked_out_by_hand():
    """A family of three for fourteen days, 10 km from a room for five of which one place is taken.

    proximity  0.09 degrees north = 6371.0088 × 0.09 × π/180 = 10.007557 km of 20   30 × 0.499622 = 14.988664
    dates      12 of 14 days                                                         25 × 12/14    = 21.428571
    fit        3 persons in the 4 places left                                        15 × 3/4      = 11.25
    language   Arabic                                                                10 × 1        = 10
    freshness  confirmed 9 days ago                                                  10 × 81/90    =  9
    courtesy   asked once                                                            10 × 1/2      =  5
    """
    family = need(
        quantity=3,
        last_day=day(13),
        min_days=7,
        reach_km=20,
        languages=words("ar ti"),
        adult_women=1,
        children=2,
    )
    room = offer(
        lat=STRASBOURG[0] + 0.09,
        capacity=5,
        holds=(held(4, 5, 1),),
        available=(days(2, 30),),
        reach_km=5,
        languages=words("fr ar"),
        confirmed_on=day(-9),
        asked_last_30_days=1,
    )
    pairing = only(family, room)
    assert pairing.distance_km == 10.007557
    assert pairing.score == pytest.approx(71.667235, abs=2e-6)
    assert (pairing.run_first_day, pairing.run_last_day, pairing.run_days) == (day(2), day(13), 12)
    assert (pairing.quantity, pairing.remaining, pairing.reach_km) == (3, 4, 20)
    assert pairing.parts.values == pytest.approx((0.499622, 12 / 14, 0.75, 1, 0.9, 0.5), abs=1e-6)

    lines = arithmetic(pairing.parts, Weights())
    assert [line.part for line in lines] == [
        "proximity", "dates", "fit", "language", "freshness", "courtesy",
    ]  # fmt: skip
    assert [line.points for line in lines] == pytest.approx([14.988664, 21.428571, 11.25, 10, 9, 5], abs=1e-6)
    assert [line.value for line in lines] == list(pairing.parts.values)
    assert [line.weight for line in lines] == [30, 25, 15, 10, 10, 10]
    assert round(sum(line.points for line in lines), 6) == pairing.score


def test_proximity():
    assert only(need(), offer()).parts.proximity == 1  # both reaches 0, no distance
    assert only(need(reach_km=5), offer()).parts.proximity == 1
    remote = only(need(kind="skill", remote_ok=True), offer(kind="skill", remote=True, lat=45.0))
    assert (remote.parts.proximity, remote.exempt) == (1, True)
    edge = only(need(reach_km=10.007557), offer(lat=STRASBOURG[0] + 0.09))
    assert edge.parts.proximity == pytest.approx(0, abs=1e-6)


def test_fit():
    assert only(need(quantity=2), offer(capacity=4)).parts.fit == 0.5
    assert only(need(quantity=2), offer(capacity=4, holds=(held(3, 3, 2),))).parts.fit == 1
    plenty, few = offer(kind="goods", capacity=9), offer(kind="goods", capacity=3)
    assert only(need(kind="goods", quantity=4), plenty).parts.fit == 1
    part = only(need(kind="goods", quantity=4, part_useful=True), few)
    assert (part.parts.fit, part.quantity) == (0.75, 3)


@pytest.mark.parametrize(
    ("asked", "offered", "value"),
    [("fr ar", "ar", 1), ("fr", "ar", 0), ("", "ar", 0.5), ("fr", "", 0.5), ("", "", 0.5)],
)
def test_language(asked, offered, value):
    pairing = only(need(languages=words(asked)), offer(languages=words(offered)))
    assert pairing.parts.language == value


@pytest.mark.parametrize(
    ("confirmed", "value"), [(0, 1), (-45, 0.5), (-90, 0), (-4000, 0), (None, 0), (5, 1)]
)
def test_freshness(confirmed, value):
    pairing = only(need(), offer(confirmed_on=None if confirmed is None else day(confirmed)))
    assert pairing.parts.freshness == value


@pytest.mark.parametrize(("times", "value"), [(None, 1), (0, 1), (1, 0.5), (4, 0.2)])
def test_courtesy(times, value):
    assert only(need(), offer(asked_last_30_days=times)).parts.courtesy == value


def test_weights_of_the_needs_city():
    courtesy = Weights(0, 0, 0, 0, 0, 100)
    asked, offered = need(), offer(asked_last_30_days=1)
    assert only(asked, offered, weights=courtesy).score == 50
    assert only(asked, offered, weights={"strasbourg": courtesy}).score == 50
    assert only(asked, offered, weights={"grenoble": courtesy}).score == only(asked, offered).score


def test_order_is_score_then_distance_then_registration_then_id():
    early, late = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)
    nowhere = Weights(0, 50, 20, 10, 10, 10)
    offers = [
        offer(9, registered_at=late),
        offer(8, registered_at=late),
        offer(7),
        offer(6, registered_at=early),
        offer(5, registered_at=early, lat=STRASBOURG[0] + 0.01),
        offer(4, registered_at=late, confirmed_on=TODAY, lat=STRASBOURG[0] + 0.02),
    ]
    assert order(need(reach_km=50), offers, weights=nowhere) == [4, 6, 8, 9, 7, 5]


def test_ids_are_compared_as_what_they_are():
    assert order(need(), [offer(10), offer(9), offer(100)]) == [9, 10, 100]
    assert order(need(), [offer("10"), offer("9"), offer("100")]) == ["10", "100", "9"]


def test_registration_is_a_moment_whatever_the_time_zone():
    paris = timezone(timedelta(hours=2))
    first = offer(2, registered_at=datetime(2026, 6, 1, 1, 30, tzinfo=paris))
    second = offer(1, registered_at=datetime(2026, 6, 1, 0, 0, tzinfo=UTC))
    third = offer(0, registered_at=datetime(2026, 6, 1, 0, 0, 1))  # noqa: DTZ001 (taken for UTC)
    assert order(need(), [second, third, first]) == [2, 1, 0]
