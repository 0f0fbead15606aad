"""Reasons as codes and numbers."""

from dataclasses import replace

import pytest

from engine import Slot, broken_rules, explain, explain_near_miss, rank
from engine.explain import common_slots

from .builders import ADULTS, STRASBOURG, TODAY, day, days, held, need, offer, words


def reasons(asked, offered, **circumstances):
    (ranking,) = rank([asked], [offered], today=TODAY, **circumstances)
    return {reason.code: reason for reason in explain(ranking.pairings[0], asked, offered, TODAY)}


def test_one_reason_for_each_part_and_then_the_conditions():
    family = need(
        quantity=3, adult_women=1, children=2, min_days=5, reach_km=20, languages=words("ti ar"), pets=True
    )
    room = offer(
        lat=STRASBOURG[0] + 0.09,
        available=(days(2),),
        holds=(held(3, 3, 1),),
        capacity=5,
        languages=words("fr ar ti"),
        accepts=words("women families"),
        confirmed_on=day(-9),
        asked_last_30_days=2,
        pets_accepted=True,
        step_free=True,
        shared_home=True,
    )
    found = reasons(family, room)
    assert {code: dict(reason.params) for code, reason in found.items()} == {
        "distance": {"distance_km": 10.007557, "reach_km": 20},
        "some_days": {
            "run_days": 8,
            "days_asked": 10,
            "first_day": day(2),
            "last_day": day(9),
            "open_ended": True,
            "begins_late": True,
        },
        "places_to_spare": {"quantity": 3, "asked": 3, "remaining": 4, "capacity": 5, "kind": "housing"},
        "shared_languages": {"languages": ("ar", "ti")},
        "confirmed": {"days": 9, "on": day(-9)},
        "asked": {"times": 2},
        "kept_for_others": {"what": ("step_free",)},
        "accepts": {"words": ("women", "families")},
        "pets_accepted": {},
        "shared_home": {},
    }
    assert [code for code, reason in found.items() if not reason.good] == [
        "distance",
        "some_days",
        "asked",
        "kept_for_others",
    ]


def test_what_a_home_was_required_to_be_is_said_of_it():
    found = reasons(
        need(quantity=1, step_free_needed=True, smoke_free_needed=True, pets=True),
        offer(step_free=True, smoke_free=True, pets_accepted=True),
    )
    assert {"step_free", "smoke_free", "pets_accepted"} <= found.keys()
    assert all(found[code].good for code in ("step_free", "smoke_free", "pets_accepted"))


def test_the_plainest_pair():
    assert list(reasons(need(quantity=4), offer(available=(days(0, 9),)))) == [
        "same_place",
        "all_days",
        "places_exact",
        "languages_unknown",
        "confirmation_unknown",
        "not_asked",
        "accepts_everyone",
    ]


def test_open_ended_is_about_the_window_of_the_run():
    asked = need(min_days=1)
    assert reasons(asked, offer(available=(days(0),)))["all_days"].params["open_ended"] is True
    later = offer(available=(days(0, 9), days(20)))
    assert reasons(asked, later)["all_days"].params["open_ended"] is False


def test_goods():
    asked = need(kind="goods", quantity=10, part_useful=True, languages=words("fr"))
    found = reasons(asked, offer(kind="goods", capacity=4, languages=words("en")))
    assert found["part_quantity"].params["quantity"] == 4
    assert found["on_a_day"].params == {"day": day(0), "last_day": day(9)}
    assert found["language_not_needed"].good
    assert "accepts_everyone" not in found
    assert reasons(need(kind="goods"), offer(kind="goods"))["whole_quantity"].good


def test_skills():
    asked = need(
        kind="skill",
        category="interpreting",
        languages_from=words("ti"),
        languages_to=words("fr"),
        slots=(Slot(0, 1080, 1200), Slot(2, 600, 720)),
        quantity=1,
        remote_ok=True,
    )
    offered = offer(
        kind="skill",
        category="interpreting",
        languages_from=words("fr ti en"),
        slots=(Slot(0, 1100, 1300), Slot(2, 700, 900)),
        remote=True,
        city="kehl",
        shared_with_linked=True,
    )
    found = reasons(asked, offered, links=frozenset({frozenset({"strasbourg", "kehl"})}))
    assert found["remote"].good
    assert found["languages"].params == {"languages": ("fr", "ti"), "spoken": ()}
    assert found["slots"].params == {"slots": (Slot(0, 1100, 1200),)}
    dari = replace(asked, languages_from=words("prs"), languages_to=words("fr"))
    persian = replace(offered, languages_from=words("fr fa"))
    spoken = reasons(dari, persian, links=frozenset({frozenset({"strasbourg", "kehl"})}))["languages"]
    assert spoken.params == {"languages": ("fr", "prs"), "spoken": (("prs", "fa"),)}
    assert found["linked_city"].params == {"city": "kehl"}


@pytest.mark.parametrize(
    ("asked", "offered", "params"),
    [
        (
            need(reach_km=6),
            offer(lat=STRASBOURG[0] + 0.09, reach_km=50),
            {"gap_km": 4.007557, "distance_km": 10.007557, "reach_km": 6},
        ),
        (need(), offer(available=(days(0, 6),)), {"gap_days": 2, "least_days": 9}),
        (
            need(min_days=8),
            offer(longest_stay_days=5),
            {"gap_days": 3, "stay_days": 5, "least_days": 8},
        ),
        (
            need(kind="goods", items=("coat", "hat")),
            offer(kind="goods", item="cup"),
            {
                "category": "bedding",
                "asked": ("coat", "hat"),
                "offered": "cup",
                "items": ("coat", "hat"),
                "sizes": (),
                "item": "cup",
                "size": "",
            },
        ),
        (
            need(kind="goods", items=("coat",), sizes=("M", "L"), series=(ADULTS,)),
            offer(kind="goods", item="coat", size="S", series=ADULTS),
            {
                "category": "bedding",
                "asked": ("M", "L"),
                "offered": "S",
                "items": ("coat",),
                "sizes": ("M", "L"),
                "item": "coat",
                "size": "S",
            },
        ),
        (
            need(adult_women=1, adult_men=2, couple=True),
            offer(accepts=words("couples women")),
            {"needed": ("men",), "accepted": ("women", "couples")},
        ),
        (
            need(quantity=5),
            offer(),
            {"gap": 1, "asked": 5, "capacity": 4, "kind": "housing"},
        ),
        (
            need(adult_women=1, adult_men=1),
            offer(accepts=words("women lone_minors")),
            {"needed": ("men",), "accepted": ("women", "lone_minors")},
        ),
        (
            need(
                kind="skill", category="interpreting", languages_from=words("ti ar"), languages_to=words("fr")
            ),
            offer(kind="skill", category="interpreting", languages_to=words("ar")),
            {"missing": ("fr", "ti")},
        ),
        (
            need(kind="skill", slots=(Slot(0, 0, 60),)),
            offer(kind="skill", slots=(Slot(1, 0, 60),)),
            {"asked": (Slot(0, 0, 60),), "offered": (Slot(1, 0, 60),)},
        ),
        (need(step_free_needed=True), offer(), {}),
    ],
)
def test_a_near_miss_says_what_it_would_take(asked, offered, params):
    (ranking,) = rank([asked], [offered], today=TODAY)
    (near_miss,) = ranking.near_misses
    reason = explain_near_miss(near_miss, asked, offered, TODAY)
    assert reason.code == near_miss.rule
    assert reason.params == params
    assert not reason.good


@pytest.mark.parametrize(
    ("asked", "offered", "code", "params"),
    [
        (
            need(kind="goods"),
            offer(kind="goods", category="clothes", item="coat", size="S", series=ADULTS),
            "category",
            {
                "kind": "goods",
                "asked": ("bedding",),
                "offered_kind": "goods",
                "offered": "clothes",
                "items": (),
                "sizes": (),
                "item": "coat",
                "size": "S",
            },
        ),
        (
            need(forms=words("whole_dwelling shared_room")),
            offer(),
            "category",
            {
                "kind": "housing",
                "asked": ("shared_room", "whole_dwelling"),
                "offered_kind": "housing",
                "offered": "separate_room",
            },
        ),
        (
            need(),
            offer(city="kehl", shared_with_linked=True),
            "city",
            {"need": "strasbourg", "offer": "kehl", "shared": True},
        ),
        (need(is_open=False), offer(), "open", {"need_open": False, "offer_open": True}),
    ],
)
def test_what_no_near_miss_breaks_is_explained_too(asked, offered, code, params):
    (broken,) = broken_rules(asked, offered, today=TODAY)
    reason = explain_near_miss(broken, asked, offered, TODAY)
    assert (reason.code, reason.params, reason.good) == (code, params, False)


def test_a_pairing_is_not_explained_by_the_wrong_records():
    asked, offered = need(), offer()
    (ranking,) = rank([asked], [offered], today=TODAY)
    with pytest.raises(ValueError, match=r"^pairing: "):
        explain(ranking.pairings[0], asked, offer(2), TODAY)
    (near_miss,) = rank([need(step_free_needed=True)], [offered], today=TODAY)[0].near_misses
    with pytest.raises(ValueError, match=r"^near_miss: "):
        explain_near_miss(near_miss, need(2), offered, TODAY)
    with pytest.raises(ValueError, match=r"^near_miss: "):
        explain_near_miss(near_miss, need(), offer(2), TODAY)


@pytest.mark.parametrize(
    ("asked", "offered", "code", "params", "good"),
    [
        (need(), offer(), "same_place", {"distance_km": 0, "reach_km": 0}, True),
        (need(), offer(languages=words("fr")), "languages_unknown", {"unknown": ("need",)}, False),
        (need(languages=words("fr")), offer(), "languages_unknown", {"unknown": ("offer",)}, False),
        (need(), offer(), "languages_unknown", {"unknown": ("need", "offer")}, False),
        (need(), offer(), "confirmation_unknown", {}, False),
        (need(), offer(confirmed_on=day(0)), "confirmed", {"days": 0, "on": day(0)}, True),
        (need(), offer(confirmed_on=day(3)), "confirmed", {"days": 0, "on": day(3)}, True),
        (need(), offer(confirmed_on=day(-29)), "confirmed", {"days": 29, "on": day(-29)}, True),
        (need(), offer(confirmed_on=day(-30)), "confirmed", {"days": 30, "on": day(-30)}, False),
        (need(), offer(), "not_asked", {"times": 0}, True),
        (need(), offer(asked_last_30_days=1), "asked", {"times": 1}, False),
        (need(), offer(), "accepts_everyone", {}, True),
        (need(), offer(accepts=words("men women")), "accepts", {"words": ("women", "men")}, True),
        (need(step_free_needed=True), offer(step_free=True), "step_free", {}, True),
        (need(pets=True), offer(pets_accepted=True), "pets_accepted", {}, True),
        (need(), offer(shared_home=True), "shared_home", {}, True),
        (need(forms=words("separate_room")), offer(), "form", {"form": "separate_room"}, True),
        (
            need(quantity=2),
            offer(capacity=4),
            "places_to_spare",
            {"quantity": 2, "asked": 2, "remaining": 4, "capacity": 4, "kind": "housing"},
            True,
        ),
        (
            need(quantity=2),
            offer(capacity=5),
            "places_to_spare",
            {"quantity": 2, "asked": 2, "remaining": 5, "capacity": 5, "kind": "housing"},
            False,
        ),
        (
            need(kind="goods", quantity=5, part_useful=True),
            offer(kind="goods"),
            "part_quantity",
            {"quantity": 4, "asked": 5, "remaining": 4, "capacity": 4, "kind": "goods"},
            False,
        ),
        (
            need(kind="skill", rhythm="once", quantity=3, slots=(Slot(0, 840, 930),)),
            offer(kind="skill"),
            "whole_quantity",
            {"quantity": 1.5, "asked": 1.5, "remaining": 4, "capacity": 4, "kind": "skill"},
            True,
        ),
        (
            need(kind="skill", rhythm="once", quantity=3, slots=(Slot(0, 840, 930),), part_useful=True),
            offer(kind="skill", capacity=1),
            "part_quantity",
            {"quantity": 1, "asked": 1.5, "remaining": 1, "capacity": 1, "kind": "skill"},
            False,
        ),
    ],
)
def test_a_reason_says_its_numbers_and_which_way_it_speaks(asked, offered, code, params, good):
    found = reasons(asked, offered)[code]
    assert (dict(found.params), found.good) == (params, good)


@pytest.mark.parametrize(("degrees", "good"), [(0.0899, True), (0.09, False)], ids=["9.996 km", "10.008 km"])
def test_up_to_ten_kilometres_are_near(degrees, good):
    assert reasons(need(reach_km=50), offer(lat=STRASBOURG[0] + degrees))["distance"].good is good


@pytest.mark.parametrize(("first", "good"), [(5, True), (6, False)])
def test_things_that_come_in_the_first_half_of_the_days_come_soon(first, good):
    asked, offered = need(kind="goods"), offer(kind="goods", available=(days(first),))
    assert reasons(asked, offered)["on_a_day"].good is good


def test_only_a_need_that_presses_says_that_it_begins_late():
    late = offer(available=(days(22),))
    asked = need(first_day=day(20), last_day=day(29), min_days=1)
    assert reasons(asked, late)["some_days"].params["begins_late"] is False
    pressing = need(first_day=day(20), last_day=day(29), min_days=1, urgency="this_week")
    assert reasons(pressing, late)["some_days"].params["begins_late"] is True


def test_what_is_rare_is_better_kept_for_whoever_asks_for_it():
    rare = offer(step_free=True, pets_accepted=True, accepts=words("women lone_minors"))
    assert reasons(need(adult_women=1), rare)["kept_for_others"].params == {
        "what": ("step_free", "pets_accepted", "lone_minors")
    }
    assert "kept_for_others" not in reasons(need(lone_minor=True, pets=True, step_free_needed=True), rare)


def test_an_interpreter_speaks_what_they_interpret():
    asked = need(kind="skill", category="interpreting", languages=words("ti"), languages_from=words("ti"))
    offered = offer(kind="skill", category="interpreting", languages_from=words("fr ti"))
    assert reasons(asked, offered)["shared_languages"].params == {"languages": ("ti",)}
    lessons = offer(kind="skill", languages_from=words("ti"))
    assert "languages_unknown" in reasons(need(kind="skill", languages=words("ti")), lessons)


def test_what_nobody_asked_for_is_no_reason():
    plain = need(kind="skill", category="french_lessons")
    found = reasons(plain, offer(kind="skill", languages_from=words("fr"), slots=(Slot(0, 600, 720),)))
    assert not found.keys() & {"languages", "slots", "accepts_everyone", "step_free", "remote", "linked_city"}
    home = reasons(need(), offer(step_free=True, pets_accepted=True))
    assert not home.keys() & {"step_free", "pets_accepted", "shared_home", "form", "linked_city"}


def test_hours_in_common_are_those_of_a_day_in_the_order_of_the_week():
    asked = need(kind="skill", slots=(Slot(4, 540, 720), Slot(0, 540, 720), Slot(0, 1080, 1200)))
    offered = offer(
        kind="skill", slots=(Slot(0, 1140, 1260), Slot(4, 500, 569), Slot(0, 0, 1140), Slot(4, 660, 900))
    )
    assert common_slots(asked, offered) == (
        Slot(0, 540, 720),
        Slot(0, 1080, 1140),
        Slot(0, 1140, 1200),
        Slot(4, 660, 720),
    )
