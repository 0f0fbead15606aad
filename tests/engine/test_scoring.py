"""The score by hand, and the total order."""

from datetime import UTC, datetime, timedelta, timezone
from math import sqrt

import pytest

from engine import Slot, Vocabulary, Weights, arithmetic, feasible_pairs, need_columns, offer_columns, rank

from .builders import STRASBOURG, TODAY, day, days, held, need, offer, words


def only(asked, offered, **circumstances):
    (ranking,) = rank([asked], [offered], today=TODAY, **circumstances)
    (pairing,) = ranking.pairings
    return pairing


def columns(asked, offered):
    words = Vocabulary()
    return feasible_pairs(need_columns([asked], words), offer_columns([offered], words), today=TODAY)


def order(asked, offers, **circumstances):
    (ranking,) = rank([asked], offers, today=TODAY, **circumstances)
    return [pairing.offer_id for pairing in ranking.pairings]


def test_a_score_worked_out_by_hand():
    """A family of three for fourteen days from next month, 10 km from a room for five of which one place is taken.

    proximity  0.09 degrees north = 6371.0088 × 0.09 × π/180 = 10.007557 km   25 × 10/20.007557      = 12.495278
    dates      12 of 14 days                                                  20 × 12/14             = 17.142857
    fit        3 persons in the 4 places left, animals, 200 € of 400          25 × √¾ × 0.9 × 3/4    = 14.614179
    language   Arabic                                                         10 × 1                 = 10
    freshness  confirmed 9 days ago                                           10 × 36/45             =  8
    courtesy   asked once                                                     10 × 1/2               =  5

    12 of 14 days at priority 1: 12/14 × (1 + 0.67252314) = 1.433591.
    """
    family = need(
        quantity=3,
        first_day=day(30),
        last_day=day(43),
        min_days=7,
        reach_km=20,
        languages=words("ar ti"),
        adult_women=1,
        children=2,
        rent_up_to=400,
    )
    room = offer(
        lat=STRASBOURG[0] + 0.09,
        capacity=5,
        holds=(held(34, 35, 1),),
        available=(days(32, 60),),
        reach_km=5,
        languages=words("fr ar"),
        confirmed_on=day(-9),
        asked_last_30_days=1,
        pets_accepted=True,
        rent=200,
    )
    pairing = only(family, room)
    assert pairing.distance_km == 10.007557
    assert pairing.score == pytest.approx(67.252314, abs=2e-6)
    assert (pairing.run_first_day, pairing.run_last_day, pairing.run_days) == (day(32), day(43), 12)
    assert (pairing.quantity, pairing.remaining, pairing.reach_km) == (3, 4, 20)
    assert family.share(pairing.quantity, pairing.run_days) == pytest.approx(12 / 14)
    assert pairing.parts.values == pytest.approx((0.499811, 12 / 14, 0.584567, 1, 0.8, 0.5), abs=1e-6)
    assert columns(family, room).standing.tolist() == [1_433_591]

    lines = arithmetic(pairing.parts, Weights())
    assert [line.part for line in lines] == [
        "proximity", "dates", "fit", "language", "freshness", "courtesy",
    ]  # fmt: skip
    assert [line.points for line in lines] == pytest.approx(
        [12.495278, 17.142857, 14.614179, 10, 8, 5], abs=1e-6
    )
    assert [line.value for line in lines] == list(pairing.parts.values)
    assert [line.weight for line in lines] == [25, 20, 25, 10, 10, 10]
    assert round(sum(line.points for line in lines), 6) == pairing.score


def test_proximity_knows_one_scale_whatever_the_reaches():
    assert only(need(), offer()).parts.proximity == 1
    for reach_km in (10.007557, 50):
        away = only(need(reach_km=reach_km), offer(lat=STRASBOURG[0] + 0.09))
        assert away.parts.proximity == pytest.approx(10 / 20.007557, abs=1e-7)


@pytest.mark.parametrize(("degrees", "value"), [(0, 1), (0.045, 0.6665), (0.09, 0.5), (4, 0.5)])
def test_what_is_possible_remotely_is_at_least_half_as_near(degrees, value):
    far = offer(kind="skill", remote=True, lat=STRASBOURG[0] - degrees)
    remote = only(need(kind="skill", remote_ok=True), far)
    assert remote.exempt
    assert remote.parts.proximity == pytest.approx(value, abs=1e-4)


@pytest.mark.parametrize(
    ("first", "urgency", "starts", "value"),
    [
        (30, "planned", 30, 1),
        (30, "planned", 32, 0.8),
        (30, "this_week", 30, 1),
        (30, "this_week", 31, 0.45),
        (30, "tonight", 32, 0.4),
        (8, "planned", 9, 0.9),
        (7, "planned", 8, 0.45),
        (-2, "planned", 0, 0.8),
        (-2, "planned", 1, 0.35),
    ],
)
def test_dates_of_what_lasts_are_days_and_half_of_them_where_a_pressing_need_waits(
    first, urgency, starts, value
):
    """The first uncovered day is the first from today on."""
    home = offer(available=(days(starts),))
    asked = need(first_day=day(first), last_day=day(first + 9), min_days=1, urgency=urgency)
    assert only(asked, home).parts.dates == pytest.approx(value)
    weekly = offer(kind="skill", available=(days(starts),))
    hours = need(kind="skill", first_day=day(first), last_day=day(first + 9), urgency=urgency)
    assert only(hours, weekly).parts.dates == pytest.approx(value)


@pytest.mark.parametrize(("starts", "value"), [(-5, 1), (0, 1), (1, 0.9), (9, 0.1)])
def test_things_are_better_sooner(starts, value):
    asked = need(kind="goods", urgency="tonight")
    assert only(asked, offer(kind="goods", available=(days(starts),))).parts.dates == pytest.approx(value)


@pytest.mark.parametrize(
    ("asked", "offered", "value"),
    [
        ({}, {"capacity": 4}, sqrt(1 / 2)),
        ({}, {"capacity": 4, "holds": (held(3, 3, 2),)}, 1),
        ({}, {"step_free": True}, 0.9),
        ({"step_free_needed": True}, {"step_free": True}, 1),
        ({}, {"pets_accepted": True, "step_free": True}, 0.81),
        ({"pets": True}, {"pets_accepted": True}, 1),
        ({"adult_women": 2}, {"accepts": words("women lone_minors")}, 0.9),
        ({"lone_minor": True}, {"accepts": words("women lone_minors")}, 1),
        ({}, {"accepts": words("lone_minors"), "step_free": True, "pets_accepted": True}, 0.729),
        ({"rent_up_to": 400}, {"rent": 400}, 0.5),
        ({"rent_up_to": 400}, {"rent": 100}, 0.875),
        ({"rent_up_to": 400}, {}, 1),
    ],
)
def test_fit_of_homes(asked, offered, value):
    """How well they are filled, without using up what others need, and without rent."""
    assert only(need(**asked), offer(**{"capacity": 2} | offered)).parts.fit == pytest.approx(value)


def test_fit_of_things_and_hours_is_how_much_of_them_there_is():
    duvet = {"kind": "goods", "item": "duvet"}
    asked = {"kind": "goods", "items": ("duvet", "blanket"), "quantity": 4}
    assert only(need(**asked), offer(capacity=9, **duvet)).parts.fit == 1
    part = only(need(part_useful=True, **asked), offer(capacity=3, **duvet))
    assert (part.parts.fit, part.quantity) == (0.75, 3)
    assert only(need(**asked), offer(capacity=9, **duvet | {"item": "blanket"})).parts.fit == 0.75
    assert only(need(**asked), offer(capacity=9, **duvet | {"item": "any"})).parts.fit == 0.5
    hours = need(kind="skill", quantity=4, part_useful=True, slots=(Slot(0, 540, 660),))
    assert only(hours, offer(kind="skill", capacity=9, slots=(Slot(0, 600, 900),))).parts.fit == 0.25
    assert only(hours, offer(kind="skill", capacity=3)).parts.fit == 0.75


def test_a_language_that_contains_the_other_counts_half():
    assert only(need(languages=words("prs")), offer(languages=words("fa"))).parts.language == 0.5
    assert only(need(languages=words("prs")), offer(languages=words("fa pes"))).parts.language == 0
    assert only(need(languages=words("prs")), offer(languages=words("fa-AF"))).parts.language == 1


@pytest.mark.parametrize(
    ("asked", "offered", "value"),
    [("fr ar", "ar", 1), ("fr", "ar", 0), ("", "ar", 0), ("fr", "", 0), ("", "", 0)],
)
def test_language(asked, offered, value):
    pairing = only(need(languages=words(asked)), offer(languages=words(offered)))
    assert pairing.parts.language == value
    thing = only(need(kind="goods", languages=words(asked)), offer(kind="goods", languages=words(offered)))
    assert thing.parts.language == 1


def test_who_interprets_a_language_speaks_it():
    asked = need(kind="skill", category="interpreting", languages=words("ti"))
    offered = offer(kind="skill", category="interpreting", languages_to=words("ti"))
    assert only(asked, offered).parts.language == 1
    assert (
        only(
            need(kind="skill", languages=words("ti")), offer(kind="skill", languages_to=words("ti"))
        ).parts.language
        == 0
    )


@pytest.mark.parametrize(("confirmed", "value"), [(0, 1), (-9, 0.8), (-45, 0), (-4000, 0), (None, 0), (5, 1)])
def test_freshness(confirmed, value):
    pairing = only(need(), offer(confirmed_on=None if confirmed is None else day(confirmed)))
    assert pairing.parts.freshness == value


def test_who_has_many_things_may_be_asked_for_them_more_often():
    asked = need(kind="goods", quantity=1)
    assert only(asked, offer(kind="goods", capacity=8, asked_last_30_days=4)).parts.courtesy == pytest.approx(
        2 / 3
    )
    assert only(asked, offer(kind="goods", capacity=1, asked_last_30_days=4)).parts.courtesy == 0.2
    held_ = offer(kind="goods", capacity=8, holds=(held(0, 9, 7),), asked_last_30_days=4)
    assert only(asked, held_).parts.courtesy == pytest.approx(2 / 3)
    assert (
        only(need(kind="skill"), offer(kind="skill", capacity=8, asked_last_30_days=4)).parts.courtesy == 0.2
    )


@pytest.mark.parametrize(("times", "value"), [(None, 1), (0, 1), (1, 0.5), (4, 0.2)])
def test_courtesy(times, value):
    assert only(need(), offer(asked_last_30_days=times)).parts.courtesy == value


def test_weights_of_the_needs_city():
    courtesy = Weights(0, 0, 0, 0, 0, 100)
    asked, offered = need(), offer(asked_last_30_days=1)
    assert only(asked, offered, weights=courtesy).score == 50
    assert only(asked, offered, weights={"strasbourg": courtesy}).score == 50
    assert only(asked, offered, weights={"grenoble": courtesy}).score == only(asked, offered).score


def test_the_larger_part_comes_before_the_better_score():
    """Half of the nights next door do not come before all of them a little further."""
    asked = need(first_day=day(20), last_day=day(29), min_days=1, reach_km=50)
    half = offer("half", available=(days(20, 24),))
    whole = offer("whole", available=(days(20),), lat=STRASBOURG[0] + 0.4)
    assert only(asked, half).score > only(asked, whole).score
    assert order(asked, [half, whole]) == ["whole", "half"]
    things = need(kind="goods", quantity=4, part_useful=True, reach_km=50)
    some, all_ = offer("some", "goods", capacity=2), offer("all", "goods", lat=STRASBOURG[0] + 0.4)
    assert order(things, [some, all_]) == ["all", "some"]


def test_more_than_is_asked_is_no_larger_part():
    asked = need(kind="goods", quantity=2)
    assert order(asked, [offer(2, "goods", capacity=9), offer(1, "goods", capacity=2)]) == [1, 2]


@pytest.mark.parametrize(
    ("kind", "fields", "share"),
    [
        ("goods", {"given": (held(0, 0, 6),)}, 2 / 8),
        ("skill", {}, 4 * 6 / (8 * 10)),
        ("housing", {"quantity": 2}, 6 / 10),
    ],
)
def test_the_part_is_of_the_quantity_asked_at_first_and_of_the_days_of_what_lasts(kind, fields, share):
    asked = need(kind=kind, **{"quantity": 8, "part_useful": True, "min_days": 1} | fields)
    offered = offer(kind=kind, capacity=4, available=(days(0, 5),))
    assert columns(asked, offered).share.tolist() == [pytest.approx(share)]
    pairing = only(asked, offered)
    assert asked.share(pairing.quantity, pairing.run_days) == pytest.approx(share)


@pytest.mark.parametrize(
    ("kind", "first", "urgency", "expected"),
    [
        ("housing", 0, "planned", ["now", "longer"]),
        ("housing", 1, "planned", ["now", "longer"]),
        ("housing", 20, "tonight", ["now", "longer"]),
        ("housing", 20, "this_week", ["longer", "now"]),
        ("housing", 20, "planned", ["longer", "now"]),
        ("skill", 0, "planned", ["now", "longer"]),
    ],
)
def test_tonight_whoever_can_begin_comes_first(kind, first, urgency, expected):
    quantity = {"quantity": 4, "part_useful": True} if kind == "skill" else {}
    asked = need(
        kind=kind, first_day=day(first), last_day=day(first + 9), min_days=1, urgency=urgency, **quantity
    )
    now = offer("now", kind, available=(days(first, first + 2),))
    longer = offer("longer", kind, available=(days(first + 1),))
    assert order(asked, [longer, now]) == expected


def test_tonight_is_about_beginning_for_what_lasts_alone():
    asked = need(kind="goods", quantity=4, part_useful=True, urgency="tonight")
    now, more = offer("now", "goods", capacity=1), offer("more", "goods", available=(days(1),))
    assert order(asked, [now, more]) == ["more", "now"]


def test_order_is_value_then_distance_then_registration_then_id():
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
