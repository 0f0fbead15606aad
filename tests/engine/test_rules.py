"""Each rule by an example that it lets through and one that it stops."""

import pytest

import engine
from engine import Slot, rank

from .builders import (
    SAINT_DENIS,
    STRASBOURG,
    TODAY,
    broken_rules,
    day,
    days,
    held,
    need,
    offer,
    words,
)

LINK = frozenset({frozenset({"strasbourg", "kehl"})})


def test_a_plain_pair_is_feasible():
    assert broken_rules(need(), offer()) == ()


@pytest.mark.parametrize(
    ("asked", "offered", "codes"),
    [
        (need(kind="goods"), offer(kind="goods"), ()),
        (need(kind="goods"), offer(kind="goods", category="clothes"), ("category",)),
        (need(kind="goods"), offer(kind="skill", category="bedding"), ("category",)),
        (need(), offer(category="shared_room"), ()),
        (need(forms=words("separate_room whole_dwelling")), offer(category="whole_dwelling"), ()),
        (need(forms=words("separate_room whole_dwelling")), offer(category="shared_room"), ("category",)),
        (need(forms=words("igloo")), offer(category="shared_room"), ("category",)),
    ],
)
def test_category(asked, offered, codes):
    assert broken_rules(asked, offered) == codes


@pytest.mark.parametrize(
    ("consent", "links", "codes"),
    [(True, LINK, ()), (False, LINK, ("city",)), (True, frozenset(), ("city",))],
)
def test_city(consent, links, codes):
    assert broken_rules(need(), offer(city="kehl", shared_with_linked=consent), links=links) == codes


def test_distance_counts_both_reaches():
    far = {"lat": STRASBOURG[0] + 0.09}  # 10.0076 km
    assert broken_rules(need(), offer(**far)) == ("distance",)
    assert broken_rules(need(reach_km=10.1), offer(**far)) == ()
    assert broken_rules(need(), offer(reach_km=10.1, **far)) == ()
    assert broken_rules(need(reach_km=9.9), offer(reach_km=10, **far)) == ("distance",)


def test_distance_at_zero_reach_asks_for_the_same_point():
    assert broken_rules(need(), offer()) == ()
    assert broken_rules(need(), offer(lat=STRASBOURG[0] + 1e-6)) == ("distance",)
    assert broken_rules(need(lat=0, lon=180), offer(lat=0, lon=-180)) == ()
    assert broken_rules(need(lat=90, lon=10), offer(lat=90, lon=-99)) == ()


def test_distance_across_the_antimeridian_and_overseas():
    wallis = {"lat": -14.3, "lon": -179.9}
    assert broken_rules(need(lat=-14.3, lon=179.9, reach_km=22), offer(**wallis)) == ()
    here, there = dict(zip(("lat", "lon"), SAINT_DENIS, strict=True)), {"lat": -21.3393, "lon": 55.4781}
    assert broken_rules(need(reach_km=52, **here), offer(**there)) == ()
    assert broken_rules(need(reach_km=500), offer(**here)) == ("distance",)


def test_distance_exempts_skills_that_both_sides_allow_remotely():
    far = {"lat": 45.0, "kind": "skill"}
    assert broken_rules(need(kind="skill", remote_ok=True), offer(remote=True, **far)) == ()
    assert broken_rules(need(kind="skill", remote_ok=True), offer(remote=False, **far)) == ("distance",)
    assert broken_rules(need(kind="skill", remote_ok=False), offer(remote=True, **far)) == ("distance",)
    assert broken_rules(need(remote_ok=True), offer(remote=True, lat=45.0)) == ("distance",)


def run_of(asked, offered):
    (ranking,) = rank([asked], [offered], today=TODAY)
    (pairing,) = ranking.pairings
    first, last = pairing.run_first_day - TODAY, pairing.run_last_day - TODAY
    return first.days, last.days, pairing.remaining


@pytest.mark.parametrize(
    ("windows", "run"),
    [
        ((days(-5),), (0, 9)),
        ((days(2, 30),), (2, 9)),
        ((days(-3, 3), days(6, 12)), (0, 3)),  # a tie: the earliest
        ((days(0, 2), days(5, 9)), (5, 9)),
        ((days(0, 4), days(5, 8)), (0, 4)),  # windows that touch stay two
        ((days(5, 8), days(0, 2)), (5, 8)),
        ((days(9),), (9, 9)),
    ],
)
def test_the_run_is_the_longest_stretch_in_one_window(windows, run):
    assert run_of(need(min_days=1), offer(available=windows))[:2] == run


@pytest.mark.parametrize(
    ("holds", "run"),
    [
        ((), (0, 9, 4)),
        ((held(0, 3, 2),), (0, 9, 2)),  # stays may share
        ((held(0, 3, 3),), (4, 9, 4)),  # or follow each other
        ((held(0, 3, 1), held(2, 5, 2)), (4, 9, 2)),
        ((held(3, 3, 3),), (4, 9, 4)),
        ((held(5, 5, 3),), (0, 4, 4)),
        ((held(5, 5, 3), held(7, 7, 1)), (0, 4, 4)),
        ((held(-9, -1, 4), held(10, 20, 4)), (0, 9, 4)),
        ((held(0, 0, 9), held(9, 9, 4)), (1, 8, 4)),  # held more than there is
    ],
)
def test_housing_is_renewed_each_day(holds, run):
    assert run_of(need(min_days=1), offer(holds=holds)) == run


def test_a_run_goes_on_where_what_is_held_changes_but_enough_is_left():
    busy = offer(kind="skill", capacity=6, holds=(held(0, 2, 1), held(3, 3, 4), held(4, 9, 2)))
    assert run_of(need(kind="skill", quantity=2), busy) == (0, 9, 2)
    assert run_of(need(kind="skill", quantity=3), busy) == (4, 9, 4)
    assert run_of(need(kind="skill", quantity=9, part_useful=True), busy) == (0, 9, 2)


def test_goods_are_a_stock():
    stock = offer(kind="goods", capacity=10, holds=(held(-99, -90, 4), held(50, 60, 3)))
    assert run_of(need(kind="goods", quantity=3), stock) == (0, 9, 3)
    assert broken_rules(need(kind="goods", quantity=4), stock) == ("dates",)
    assert run_of(need(kind="goods", quantity=4, part_useful=True), stock) == (0, 9, 3)


def test_dates_ask_for_all_days_of_a_stay_unless_fewer_are_useful():
    shorter = offer(available=(days(0, 8),))
    assert broken_rules(need(), shorter) == ("dates",)
    assert broken_rules(need(min_days=9), shorter) == ()
    assert broken_rules(need(kind="goods"), offer(kind="goods", available=(days(9, 9),))) == ()
    assert broken_rules(need(kind="goods"), offer(kind="goods", available=(days(10),))) == ("dates",)


def test_capacity_is_judged_as_if_nothing_were_held():
    assert broken_rules(need(quantity=5), offer(capacity=5)) == ()
    assert broken_rules(need(quantity=5), offer(capacity=4)) == ("capacity",)
    assert broken_rules(need(quantity=4), offer(capacity=4, holds=(held(0, 9, 1),))) == ("dates",)
    assert broken_rules(need(quantity=5, part_useful=True), offer(capacity=4)) == ("capacity",)
    for kind in ("goods", "skill"):
        assert broken_rules(need(kind=kind, quantity=5), offer(kind=kind, capacity=4)) == ("capacity",)
        assert broken_rules(need(kind=kind, quantity=5, part_useful=True), offer(kind=kind)) == ()


def test_dates_are_judged_as_if_capacity_were_enough_when_it_is_not():
    small = offer(capacity=4, holds=(held(0, 9, 4),))
    assert broken_rules(need(quantity=5), small) == ("capacity",)
    assert broken_rules(need(quantity=5), offer(capacity=4, available=(days(1),))) == ("dates", "capacity")


class TestNotice:
    """The host is told so many days before somebody comes."""

    def test_what_is_left_after_notice_is_long_enough_or_not(self):
        in_three_days = offer(notice_days=3)
        assert broken_rules(need(min_days=7), in_three_days) == ()
        assert broken_rules(need(min_days=8), in_three_days) == ("notice",)
        assert broken_rules(need(first_day=day(3), last_day=day(12)), in_three_days) == ()
        assert broken_rules(need(first_day=day(2), last_day=day(11)), in_three_days) == ("notice",)

    def test_the_run_begins_after_notice(self):
        (pairing,) = rank([need(min_days=1)], [offer(notice_days=3)], today=TODAY)[0].pairings
        assert (pairing.run_first_day, pairing.run_last_day) == (day(3), day(9))

    def test_the_gap_is_the_notice_less_the_longest_that_would_do(self):
        (miss,) = rank([need(min_days=8)], [offer(notice_days=7)], today=TODAY)[0].near_misses
        assert (miss.rule, miss.gap) == ("notice", 5)
        # The first four days are the longest run, but the last three would do.
        twice = offer(notice_days=30, available=(days(0, 3), days(6, 8)))
        (miss,) = rank([need(min_days=3)], [twice], today=TODAY)[0].near_misses
        assert (miss.rule, miss.gap) == ("notice", 24)

    def test_goods_have_notice_too(self):
        lent = offer(kind="goods", notice_days=10)
        assert broken_rules(need(kind="goods"), lent) == ("notice",)
        assert broken_rules(need(kind="goods", last_day=day(10)), lent) == ()

    def test_it_is_not_told_of_days_that_are_not_there_at_all(self):
        assert broken_rules(need(), offer(available=(days(0, 4),), notice_days=3)) == ("dates",)

    def test_notice_longer_than_the_need_leaves_nothing(self):
        (ranking,) = rank([need(min_days=1)], [offer(notice_days=365)], today=TODAY)
        assert ranking.pairings == ()
        assert [(miss.rule, miss.gap) for miss in ranking.near_misses] == [("notice", 356)]


class TestStay:
    """Nobody stays longer than the host lets them."""

    def test_as_long_as_is_useful_or_not(self):
        a_week = offer(longest_stay_days=7)
        assert broken_rules(need(min_days=7), a_week) == ()
        assert broken_rules(need(min_days=8), a_week) == ("stay",)
        assert broken_rules(need(), a_week) == ("stay",)
        assert broken_rules(need(kind="skill"), offer(kind="skill", longest_stay_days=1)) == ()

    def test_the_run_is_cut_from_its_first_day(self):
        (pairing,) = rank([need(min_days=1)], [offer(longest_stay_days=4)], today=TODAY)[0].pairings
        assert (pairing.run_first_day, pairing.run_last_day, pairing.parts.dates) == (day(0), day(3), 0.4)

    def test_what_is_held_after_the_cut_is_not_counted(self):
        filling = offer(longest_stay_days=4, capacity=3, holds=(held(4, 9, 1),))
        (pairing,) = rank([need(min_days=1)], [filling], today=TODAY)[0].pairings
        assert (pairing.run_days, pairing.remaining) == (4, 3)

    def test_the_cut_comes_after_notice(self):
        both = offer(longest_stay_days=4, notice_days=2)
        (pairing,) = rank([need(min_days=1)], [both], today=TODAY)[0].pairings
        assert (pairing.run_first_day, pairing.run_last_day) == (day(2), day(5))

    def test_the_gap_is_in_days(self):
        (miss,) = rank([need(min_days=8)], [offer(longest_stay_days=5)], today=TODAY)[0].near_misses
        assert (miss.rule, miss.gap) == ("stay", 3)

    def test_it_is_judged_beside_notice_and_not_beside_dates(self):
        short = {"longest_stay_days": 3, "notice_days": 5}
        assert broken_rules(need(), offer(**short)) == ("notice", "stay")
        assert broken_rules(need(), offer(available=(days(0, 4),), **short)) == ("dates",)


def test_days_before_today_never_count():
    begun = need(first_day=day(-5), last_day=day(4), min_days=5)
    (pairing,) = rank([begun], [offer(available=(days(-9),))], today=TODAY)[0].pairings
    assert (pairing.run_first_day, pairing.run_last_day) == (day(0), day(4))
    assert broken_rules(begun, offer(available=(days(-9, 3),))) == ("dates",)
    over = need(first_day=day(-5), last_day=day(-1), min_days=1)
    assert broken_rules(over, offer(available=(days(-9),))) == ("dates",)


def test_what_is_useful_is_never_more_than_what_is_left():
    begun = need(first_day=day(-5), last_day=day(4))
    assert broken_rules(begun, offer()) == ()
    assert broken_rules(begun, offer(longest_stay_days=5)) == ()
    assert broken_rules(begun, offer(longest_stay_days=4)) == ("stay",)


@pytest.mark.parametrize(
    ("paid", "asked", "codes"),
    [(350, 350, ()), (349, 350, ("rent",)), (0, 1, ("rent",)), (0, 0, ()), (900, 0, ())],
)
def test_somebody_pays_the_rent(paid, asked, codes):
    assert broken_rules(need(rent_up_to=paid), offer(rent=asked)) == codes
    assert broken_rules(need(kind="goods", rent_up_to=paid), offer(kind="goods", rent=asked)) == ()


def test_the_gap_of_a_rent_is_in_euros():
    (miss,) = rank([need(rent_up_to=300)], [offer(rent=450)], today=TODAY)[0].near_misses
    assert (miss.rule, miss.gap) == ("rent", 150)


@pytest.mark.parametrize("form", ["shared_room", "separate_room", "whole_dwelling", "empty_dwelling"])
@pytest.mark.parametrize(
    ("state", "codes"), [("", ()), ("ready", ()), ("light_works", ("open",)), ("to_renovate", ("open",))]
)
def test_a_home_with_works_is_not_open(form, state, codes):
    assert broken_rules(need(), offer(category=form, dwelling_state=state)) == codes


@pytest.mark.parametrize(
    ("form", "said", "codes"),
    [
        ("shared_room", None, ("smoke_free",)),
        ("separate_room", None, ("smoke_free",)),
        ("whole_dwelling", None, ()),
        ("empty_dwelling", None, ()),
        ("empty_dwelling", False, ("smoke_free",)),
        ("shared_room", True, ()),
    ],
)
def test_a_home_that_says_nothing_is_smoke_free_where_nobody_lives(form, said, codes):
    assert broken_rules(need(smoke_free_needed=True), offer(category=form, smoke_free=said)) == codes
    assert broken_rules(need(), offer(category=form, smoke_free=said)) == ()


@pytest.mark.parametrize(
    ("asked", "offered", "rule"),
    [("step_free_needed", "step_free", "step_free"), ("pets", "pets_accepted", "pets")],
)
def test_what_the_household_requires_the_home_has(asked, offered, rule):
    assert broken_rules(need(**{asked: True}), offer(**{offered: True})) == ()
    assert broken_rules(need(**{asked: True}), offer()) == (rule,)
    assert broken_rules(need(), offer(**{offered: True})) == ()
    assert broken_rules(need(kind="goods", **{asked: True}), offer(kind="goods")) == ()  # not about goods


def test_shared_home():
    assert broken_rules(need(shared_home_ok=False), offer(shared_home=True)) == ("shared_home",)
    assert broken_rules(need(shared_home_ok=False), offer()) == ()
    assert broken_rules(need(), offer(shared_home=True)) == ()


@pytest.mark.parametrize(
    ("members", "enough", "not_enough"),
    [
        ({"adult_women": 2}, "women", "men couples families lone_minors"),
        ({"adult_women": 1, "adult_men": 1}, "women men", "women couples families"),
        ({"adult_women": 1, "adult_men": 1, "couple": True}, "couples", "women men families"),
        ({"adult_women": 1, "couple": True, "children": 1}, "families", "women couples"),
        ({"lone_minor": True, "children": 1}, "lone_minors", "families women men"),
    ],
)
def test_household(members, enough, not_enough):
    assert broken_rules(need(**members), offer(accepts=words(enough))) == ()
    assert broken_rules(need(**members), offer(accepts=words(not_enough))) == ("household",)
    everyone = () if "lone_minor" not in members else ("household",)
    assert broken_rules(need(**members), offer(accepts=words(""))) == everyone


def test_languages():
    def interpreter(**named):
        return offer(
            kind="skill", category="interpreting", **{key: words(value) for key, value in named.items()}
        )

    def asked(category="interpreting", **named):
        return need(kind="skill", category=category, **{key: words(value) for key, value in named.items()})

    tigrinya = asked(languages_from="ti", languages_to="fr")
    assert broken_rules(tigrinya, interpreter(languages_from="fr", languages_to="ti en")) == ()
    assert broken_rules(tigrinya, interpreter(languages_from="fr", languages_to="en")) == ("languages",)
    assert broken_rules(tigrinya, interpreter(languages="ti fr")) == ("languages",)  # spoken is not named
    assert broken_rules(asked(), interpreter()) == ()
    lesson = need(kind="skill", languages_from=words("ti"))
    assert broken_rules(lesson, offer(kind="skill")) == ()


def test_languages_beyond_the_64th():
    many = frozenset(f"x{number}" for number in range(200))
    asked = need(kind="skill", category="translation", languages_from=many, languages=words("x150 fr"))
    offered = offer(kind="skill", category="translation", languages_to=many, languages=words("x150"))
    assert broken_rules(asked, offered) == ()
    for missing in ("x0", "x63", "x64", "x199"):
        less = offer(kind="skill", category="translation", languages_to=many - {missing})
        assert broken_rules(asked, less) == ("languages",)
    (ranking,) = rank([asked], [offered], today=TODAY)
    assert ranking.pairings[0].parts.language == 1


@pytest.mark.parametrize(
    ("asked", "offered", "codes"),
    [
        ((Slot(0, 1080, 1200),), (Slot(0, 1140, 1260),), ()),
        ((Slot(0, 1080, 1200),), (Slot(0, 1141, 1260),), ("slots",)),
        ((Slot(0, 1080, 1200),), (Slot(1, 1080, 1200),), ("slots",)),
        ((Slot(0, 0, 600), Slot(3, 600, 700)), (Slot(1, 0, 600), Slot(3, 610, 900)), ()),
        ((Slot(0, 600, 630), Slot(0, 630, 660)), (Slot(0, 600, 660),), ("slots",)),  # no two overlap an hour
        ((), (Slot(0, 600, 660),), ()),
        ((Slot(0, 600, 660),), (), ()),
        ((Slot(6, 1380, 1440),), (Slot(0, 0, 60),), ("slots",)),
    ],
)
def test_slots(asked, offered, codes):
    assert broken_rules(need(kind="skill", slots=asked), offer(kind="skill", slots=offered)) == codes


def test_open():
    assert broken_rules(need(is_open=False), offer()) == ("open",)
    assert broken_rules(need(), offer(is_open=False)) == ("open",)
    assert broken_rules(need(5), offer(7), excluded={(5, 7)}) == ("open",)
    assert broken_rules(need(5), offer(7), excluded={(7, 5), (5, 6)}) == ()


FAR = {"lat": STRASBOURG[0] + 0.09}
WOMEN = {"accepts": words("women")}
TIGRINYA = {"languages_from": words("ti"), "languages_to": words("fr")}
ENGLISH = {"languages_from": words("en"), "languages_to": words("fr")}


@pytest.mark.parametrize(
    ("asked", "plain", "offered", "plain_offered"),
    [
        ({"step_free_needed": True}, {}, {}, {"step_free": True}),
        ({"pets": True}, {}, {}, {"pets_accepted": True}),
        ({"shared_home_ok": False}, {}, {"shared_home": True}, {}),
        ({"adult_men": 1}, {}, WOMEN, {}),
        ({"quantity": 5}, {"quantity": 4}, {"capacity": 4}, {"capacity": 5}),
        ({"is_open": False}, {}, {}, {}),
        ({}, {}, {"is_open": False}, {}),
        ({}, {}, {"dwelling_state": "light_works"}, {}),
        ({"smoke_free_needed": True}, {}, {"smoke_free": False}, {"smoke_free": True}),
        ({}, {"rent_up_to": 300}, {"rent": 300}, {}),
        ({}, {"min_days": 1}, {"longest_stay_days": 3}, {}),
        ({}, {"min_days": 1}, {"notice_days": 3}, {}),
        ({"city": "kehl"}, {}, {}, {"city": "kehl"}),
        (
            {"kind": "skill", "slots": (Slot(0, 0, 60),)},
            {"kind": "skill"},
            {"kind": "skill", "slots": (Slot(1, 0, 60),)},
            {"kind": "skill"},
        ),
        (
            {"kind": "skill", "category": "interpreting", **TIGRINYA},
            {"kind": "skill", "category": "interpreting"},
            {"kind": "skill", "category": "interpreting", **ENGLISH},
            {"kind": "skill", "category": "interpreting", **TIGRINYA},
        ),
        (
            {"kind": "skill", "remote_ok": True, "reach_km": 1},
            {"kind": "skill"},
            {"kind": "skill", **FAR},
            {"kind": "skill", "remote": True, **FAR},
        ),
    ],
)
def test_a_rule_is_judged_though_one_alone_of_many_can_break_it(asked, plain, offered, plain_offered):
    """Of pairs judged together each is judged as if it were alone, whatever the others ask or give."""
    needs = [need(1, **asked), need(2, **plain)]
    offers = [offer(1, **offered), offer(2, **plain_offered)]
    alone = {(n.id, o.id) for n in needs for o in offers if not broken_rules(n, o)}
    together = {
        (ranking.need_id, pairing.offer_id)
        for ranking in rank(needs, offers, today=TODAY)
        for pairing in ranking.pairings
    }
    assert (1, 1) not in together
    assert together == alone


def test_every_rule_that_is_broken_says_by_how_much():
    far_and_small = offer(lat=STRASBOURG[0] + 0.09, reach_km=6, capacity=1, available=(days(0, 7),))
    broken = engine.broken_rules(need(pets=True), far_and_small, today=TODAY)
    assert [(one.rule, one.gap) for one in broken] == [
        ("distance", pytest.approx(4.007557, abs=1e-6)),
        ("dates", 2),
        ("capacity", 1),
        ("pets", None),
    ]
    assert {(one.need_id, one.offer_id, one.distance_km) for one in broken} == {(1, 1, 10.007557)}


def test_a_near_miss_breaks_one_rule_and_says_by_how_much():
    far = {"lat": STRASBOURG[0] + 0.09}
    offers = [
        offer("far", reach_km=6, **far),
        offer("short", available=(days(0, 7),)),
        offer("small", capacity=1),
        offer("far and small", reach_km=6, capacity=1, **far),
        offer("other city", city="kehl"),
        offer("closed", is_open=False),
        offer("men only", accepts=words("men")),
        offer("right"),
    ]
    (ranking,) = rank([need(adult_women=2)], offers, today=TODAY)
    assert [pairing.offer_id for pairing in ranking.pairings] == ["right"]
    found = {one.offer_id: (one.rule, one.gap) for one in ranking.near_misses}
    assert found == {
        "far": ("distance", pytest.approx(4.007557, abs=1e-6)),
        "short": ("dates", 2),
        "small": ("capacity", 1),
        "men only": ("household", None),
    }
    # 2 of 10 days, 1 of 2 beds, 4 of 6 km, then what has no number.
    assert list(found) == ["short", "small", "far", "men only"]


def test_a_gap_from_zero_reach_is_compared_with_a_kilometre():
    near, nearer = offer(1, lat=STRASBOURG[0] + 0.02), offer(2, lat=STRASBOURG[0] + 0.004)
    (ranking,) = rank([need()], [near, nearer, offer(3, capacity=1)], today=TODAY)
    assert [one.offer_id for one in ranking.near_misses] == [2, 3, 1]  # 0.44, half, 2.2


def test_near_misses_are_cut():
    offers = [offer(number, capacity=1) for number in range(30)]
    assert len(rank([need()], offers, today=TODAY)[0].near_misses) == 10
    assert len(rank([need()], offers, today=TODAY, near=3)[0].near_misses) == 3
    assert rank([need()], offers, today=TODAY, near=0)[0].near_misses == ()


def test_a_need_keeps_its_best_twenty_and_counts_all():
    offers = [offer(number) for number in range(30)]
    (ranking,) = rank([need()], offers, today=day(0))
    assert [pairing.offer_id for pairing in ranking.pairings] == list(range(20))
    assert ranking.feasible_count == 30
