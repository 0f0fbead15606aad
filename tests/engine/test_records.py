"""Wrong input is refused when a record is made, by the name of the field."""

from dataclasses import FrozenInstanceError, replace
from datetime import UTC, datetime
from math import inf, nan

import pytest

from engine import Hold, Need, Offer, Slot, Weights, Window

from .builders import day, days, need, offer, words


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("category", ""),
        ("lat", nan),
        ("lat", 90.1),
        ("lat", "48.5"),
        ("lon", nan),
        ("lon", -180.5),
        ("reach_km", -1),
        ("reach_km", nan),
        ("reach_km", inf),
        ("languages", "fr"),
        ("languages", frozenset({""})),
        ("languages_from", frozenset({""})),
        ("languages_to", ["fr"]),
        ("available", ()),
        ("available", (days(0, 5), days(5, 9))),
        ("available", (days(8, 9), days(0, 8))),
        ("available", (days(0), days(5, 9))),
        ("capacity", 0),
        ("capacity", 1.5),
        ("capacity", True),
        ("confirmed_on", datetime(2026, 3, 1, tzinfo=UTC)),
        ("asked_last_30_days", -1),
        ("registered_at", day(0)),
        ("accepts", words("women dogs")),
        ("holds", [Hold(day(0), day(1), 1)]),
        ("item", None),
        ("size", 38),
        ("series", ("S", "M")),
        ("best_before", "2026-03-01"),
        ("slots", ("mon 18:00-20:00",)),
        ("slots", (Slot(0, 600, 660), Slot(0, 600, 660))),
    ],
)
def test_offer_names_the_field_at_fault(field, value):
    with pytest.raises(ValueError, match=f"^{field}: "):
        offer(**{field: value})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("lat", nan),
        ("lon", 181),
        ("reach_km", -0.1),
        ("first_day", "2026-03-01"),
        ("last_day", day(-1)),
        ("last_day", None),
        ("min_days", 0),
        ("min_days", 11),
        ("quantity", 0),
        ("people", 0),
        ("urgency", "soon"),
        ("children", -1),
        ("forms", "separate_room"),
        ("languages", "fr"),
        ("languages_from", ["fr"]),
        ("languages_to", frozenset({""})),
        ("slots", None),
        ("slots", (Slot(0, 600, 629),)),
        ("slots", (Slot(0, 600, 700), Slot(1, 0, 60), Slot(0, 699, 760))),
        ("couple", True),
        ("given", [Hold(day(0), day(1), 1)]),
        ("items", frozenset({"duvet"})),
        ("sizes", (38,)),
        ("series", (None,)),
        ("rhythm", "daily"),
    ],
)
def test_need_names_the_field_at_fault(field, value):
    with pytest.raises(ValueError, match=f"^{field}: "):
        need(**{field: value})


def test_an_unknown_kind_is_refused():
    for record in (offer(), need()):
        with pytest.raises(ValueError, match=r"^kind: "):
            replace(record, kind="housings")


def test_only_a_need_for_housing_may_come_without_category():
    assert need(kind="housing", category="").category == ""
    with pytest.raises(ValueError, match=r"^category: "):
        need(kind="goods", category="")


def test_windows_may_touch_and_come_in_any_order():
    offer(available=(days(6), days(0, 5)))


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: Window(day(3), day(2)), "last_day"),
        (lambda: Hold(day(3), day(2), 1), "last_day"),
        (lambda: Hold(day(0), day(0), 0), "quantity"),
        (lambda: Slot(7, 600, 660), "weekday"),
        (lambda: Slot(0, -1, 660), "start_minute"),
        (lambda: Slot(0, 660, 660), "end_minute"),
        (lambda: Slot(0, 1400, 1441), "end_minute"),
        (lambda: Weights(proximity=31), "weights"),
        (lambda: Weights(proximity=-10, dates=65), "proximity"),
        (lambda: Weights(nan), "proximity"),
    ],
)
def test_the_smaller_records_too(make, field):
    with pytest.raises(ValueError, match=f"^{field}: "):
        make()


def test_weights_that_make_100():
    assert sum(Weights().points) == 100
    assert Weights(0, 0, 0, 0, 0, 100).courtesy == 100
    assert Weights(33.3, 33.3, 33.4, 0, 0, 0).fit == 33.4


def test_what_unknown_stands_for():
    home, duvets = need(quantity=4), need(kind="goods", quantity=10)
    assert (home.persons, home.lasts) == (4, True)
    assert (duvets.persons, duvets.lasts) == (1, False)
    assert need(kind="skill").lasts
    assert not need(kind="skill", rhythm="once").lasts
    assert need(rhythm="once").lasts  # which a home does not ask


def test_a_household_is_as_large_as_its_members_whatever_is_said():
    family = need(quantity=9, people=7, adult_women=1, children=2)
    assert (family.quantity, family.people) == (3, 3)
    assert need(kind="goods", quantity=9, people=7, adult_women=1).quantity == 9


def test_an_appointment_is_as_long_as_its_longest_slot_at_most():
    slots = (Slot(0, 600, 640), Slot(1, 600, 695))
    assert need(kind="skill", rhythm="once", quantity=4, slots=slots).whole_quantity == 1.5
    assert need(kind="skill", rhythm="once", quantity=1, slots=slots).whole_quantity == 1
    assert need(kind="skill", rhythm="once", quantity=4).whole_quantity == 4
    assert need(kind="skill", quantity=4, slots=slots).whole_quantity == 4


def test_what_is_not_said_is_as_the_tables_of_an_import_leave_it_out():
    """An offer promises nothing and a need asks for nothing beyond what it names."""
    said = {"id": 1, "kind": "goods", "category": "bedding", "city": "a", "lat": 48.5, "lon": 7.7}
    silent = Offer(**said, available=(Window(day(0)),), capacity=1)
    for name, value in {
        "reach_km": 0.0, "languages": frozenset(), "confirmed_on": None, "asked_last_30_days": None,
        "registered_at": None, "holds": (), "shared_with_linked": False, "is_open": True, "shared_home": False,
        "accepts": frozenset(), "step_free": False, "pets_accepted": False, "languages_from": frozenset(),
        "languages_to": frozenset(), "slots": (), "remote": False,
    }.items():  # fmt: skip
        assert getattr(silent, name) == value, name
    asks = Need(**said, first_day=day(0), last_day=day(1), quantity=1)
    for name, value in {
        "reach_km": 0.0, "languages": frozenset(), "min_days": None, "given": (), "part_useful": False,
        "people": None, "urgency": "planned", "is_open": True, "adult_women": 0, "adult_men": 0, "children": 0,
        "couple": False, "lone_minor": False, "step_free_needed": False, "pets": False, "shared_home_ok": True,
        "forms": frozenset(), "languages_from": frozenset(), "languages_to": frozenset(), "slots": (),
        "remote_ok": False,
    }.items():  # fmt: skip
        assert getattr(asks, name) == value, name
    home = {name: value for name, value in said.items() if name != "category"} | {"kind": "housing"}
    assert Need(**home, first_day=day(0), last_day=day(1), quantity=1).category == ""
    with pytest.raises(FrozenInstanceError):
        silent.capacity = 2


def test_the_limits_themselves_are_allowed():
    for lat, lon in ((90, 180), (-90, -180), (0, 0)):
        assert (offer(lat=lat, lon=lon).lat, need(lat=lat, lon=lon).lon) == (lat, lon)
    assert offer(reach_km=0, capacity=1, asked_last_30_days=0).capacity == 1
    assert need(last_day=day(0), min_days=1, quantity=1, people=1).days_asked == 1
    assert need(last_day=day(9), min_days=10).min_days == 10
    assert Window(day(0), day(0)).last_day == Hold(day(0), day(0), 1).last_day == day(0)
    assert (Slot(0, 0, 1).weekday, Slot(6, 0, 24 * 60).end_minute) == (0, 1440)
    assert Weights(0, 100, 0, 0, 0, 0).points == (0, 100, 0, 0, 0, 0)


def test_an_adult_with_a_lone_minor_is_refused():
    with pytest.raises(ValueError, match=r"^lone_minor: "):
        need(lone_minor=True, adult_women=1)
    assert need(kind="goods", lone_minor=True, adult_women=1, couple=True).lone_minor  # not about goods
