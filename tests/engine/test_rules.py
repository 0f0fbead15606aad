"""Each rule by an example that it lets through and one that it stops."""

import pytest

import engine
from engine import Hold, Slot, rank
from engine.goods import ANY, MIXED, OTHER
from engine.vocabulary import SAME_LANGUAGES

from .builders import (
    ADULTS,
    CHILDREN,
    CUT,
    DUVETS,
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
    for kind in ("goods", "skill"):
        assert broken_rules(need(kind=kind), offer(kind=kind, reach_km=10.1, **far)) == ()
        assert broken_rules(need(kind=kind, reach_km=9.9), offer(kind=kind, reach_km=10, **far)) == (
            "distance",
        )


def test_a_home_does_not_travel():
    far = {"lat": STRASBOURG[0] + 0.09}
    assert broken_rules(need(reach_km=9.9), offer(reach_km=500, **far)) == ("distance",)
    (ranking,) = rank([need(reach_km=9.9)], [offer(reach_km=500, **far)], today=TODAY)
    assert ranking.near_misses[0].gap == pytest.approx(0.107557, abs=1e-6)


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
        ((days(0, 4), days(5, 8)), (0, 8)),  # windows that touch are one
        ((days(5, 8), days(0, 2)), (5, 8)),
        ((days(9),), (9, 9)),
    ],
)
def test_the_run_is_the_longest_unbroken_one(windows, run):
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
    assert run_of(need(kind="goods", quantity=3), stock) == (0, 0, 3)
    assert broken_rules(need(kind="goods", quantity=4), stock) == ("dates",)
    assert run_of(need(kind="goods", quantity=4, part_useful=True), stock) == (0, 0, 3)


def test_dates_ask_for_nine_tenths_of_a_stay_unless_fewer_are_useful():
    shorter = offer(available=(days(0, 7),))
    assert broken_rules(need(), offer(available=(days(0, 8),))) == ()
    assert broken_rules(need(), shorter) == ("dates",)
    assert broken_rules(need(min_days=8), shorter) == ()
    # Rounded up, and two weeks are useful whatever follows.
    assert broken_rules(need(last_day=day(10)), offer(available=(days(0, 8),))) == ("dates",)
    assert broken_rules(need(last_day=day(40)), offer(available=(days(0, 13),))) == ()
    assert broken_rules(need(last_day=day(40)), offer(available=(days(0, 12),))) == ("dates",)
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
    assert broken_rules(need(quantity=5), offer(capacity=4, available=(days(2),))) == ("dates", "capacity")


def interpreter(**fields):
    return offer(kind="skill", category="interpreting", **fields)


def appointment(**fields):
    return need(kind="skill", category="interpreting", rhythm="once", **fields)


EVENING = Slot(1, 1080, 1200)  # Mondays are 0; `TODAY` is a Sunday


class TestOneDay:
    """Goods, and skills that are wanted once, take the earliest day."""

    def test_it_is_the_first_on_which_all_fits(self):
        asked = need(kind="goods", quantity=3)
        assert run_of(asked, offer(kind="goods", available=(days(4, 5), days(8)))) == (4, 4, 4)
        assert run_of(asked, offer(kind="goods", notice_days=6)) == (6, 6, 4)
        assert run_of(appointment(), interpreter(available=(days(3, 9),))) == (3, 3, 4)
        # A weekly need takes all days.
        weekly = need(kind="skill", category="interpreting")
        assert run_of(weekly, interpreter(available=(days(3, 9),))) == (3, 9, 4)

    def test_whatever_is_said_of_the_shortest_run(self):
        for asked in (need(kind="goods", min_days=10), appointment(min_days=10)):
            one_day = offer(kind=asked.kind, category=asked.category, available=(days(5, 5),))
            assert broken_rules(asked, one_day) == ()

    def test_of_an_appointment_the_hours_of_the_whole_week_count(self):
        """From Monday to Sunday: the days 1 to 7, 8 to 14."""
        busy = interpreter(available=(days(1),), holds=(held(6, 6, 3),))
        assert run_of(appointment(quantity=1), busy) == (1, 1, 1)
        assert run_of(appointment(quantity=2), busy) == (8, 8, 4)
        after = interpreter(available=(days(1),), holds=(held(8, 30, 3),))
        assert run_of(appointment(quantity=2), after) == (1, 1, 4)
        assert run_of(appointment(quantity=2, first_day=day(2)), after) == (2, 2, 4)
        assert broken_rules(appointment(quantity=2, first_day=day(9), last_day=day(20)), after) == ("dates",)

    def test_the_hours_of_an_appointment_count_against_weekly_hours_too(self):
        busy = offer(kind="skill", capacity=4, holds=(Hold.of_appointment(day(10), 3),))
        assert run_of(need(kind="skill", quantity=2, last_day=day(20)), busy) == (0, 7, 4)
        assert run_of(need(kind="skill", quantity=2, first_day=day(8), last_day=day(20)), busy) == (15, 20, 4)

    def test_an_appointment_is_on_a_weekday_with_the_hours(self):
        tuesdays = interpreter(slots=(Slot(0, 1080, 1140), EVENING))
        assert run_of(appointment(slots=(Slot(0, 1080, 1200), EVENING)), tuesdays) == (2, 2, 4)
        late = appointment(slots=(Slot(0, 1080, 1200), EVENING), first_day=day(3))
        assert run_of(late, tuesdays) == (9, 9, 4)
        # A part is useful: one hour.
        some = appointment(slots=(Slot(0, 1080, 1200), EVENING), part_useful=True)
        assert run_of(some, tuesdays) == (1, 1, 4)

    def test_where_no_such_day_is_there_only_the_slots_are_told(self):
        tuesdays = interpreter(slots=(EVENING,))
        asked = {"slots": (EVENING,), "first_day": day(3), "last_day": day(8)}
        assert broken_rules(appointment(**asked), tuesdays) == ("slots",)
        assert broken_rules(appointment(**asked | {"last_day": day(9)}), tuesdays) == ()
        # With no day at all, the hours alone are judged.
        gone = interpreter(slots=(EVENING,), available=(days(30),))
        assert broken_rules(appointment(**asked), gone) == ("dates",)
        assert broken_rules(appointment(**asked | {"slots": (Slot(3, 0, 60),)}), gone) == ("dates", "slots")

    def test_a_notice_that_is_too_long_is_told_alone(self):
        told_late = interpreter(slots=(EVENING,), notice_days=12)
        asked = appointment(slots=(EVENING,))
        assert broken_rules(asked, told_late) == ("notice",)
        assert broken_rules(appointment(slots=(EVENING,), first_day=day(3), last_day=day(8)), told_late) == (
            "notice",
            "slots",
        )
        # The Tuesday after notice is too late; the slots are what is missing.
        assert broken_rules(asked, interpreter(slots=(Slot(0, 1080, 1200),), notice_days=3)) == ("slots",)
        assert run_of(asked, interpreter(slots=(EVENING,), notice_days=3)) == (9, 9, 4)

    def test_an_appointment_asks_for_its_longest_slot_at_most(self):
        asked = appointment(quantity=4, slots=(Slot(1, 600, 650), EVENING))
        assert broken_rules(asked, interpreter(capacity=1)) == ("capacity",)
        assert run_of(asked, interpreter(capacity=2)) == (0, 0, 2)
        (pairing,) = rank([asked], [interpreter()], today=TODAY)[0].pairings
        assert pairing.quantity == 2
        half = appointment(quantity=4, slots=(Slot(1, 600, 655),))  # half an hour, and a little
        (pairing,) = rank([half], [interpreter(capacity=1)], today=TODAY)[0].pairings
        assert (pairing.quantity, pairing.parts.fit) == (0.5, 1)

    @pytest.mark.parametrize(
        ("best_before", "last_day", "first"),
        [
            (12, 9, 0),
            (9, 9, 0),  # the need is over when it goes off
            (8, 9, 0),
            (3, 9, 0),
            (2, 9, None),  # not good for three days more
            (2, 2, 0),
        ],
    )
    def test_food_is_given_while_it_keeps(self, best_before, last_day, first):
        asked = need(kind="goods", category="food", last_day=day(last_day))
        food = offer(kind="goods", category="food", best_before=day(best_before))
        if first is None:
            assert broken_rules(asked, food) == ("dates",)
        else:
            assert run_of(asked, food)[0] == first

    def test_food_is_not_given_on_the_last_days_before_it_goes_off(self):
        asked = need(kind="goods", category="food")
        food = {"kind": "goods", "category": "food", "available": (days(5),)}
        assert broken_rules(asked, offer(best_before=day(7), **food)) == ("dates",)
        assert run_of(asked, offer(best_before=day(8), **food))[0] == 5


class TestGiven:
    """Of what lasts, the days that live matches provide for are wanted no more; of the rest, what they give."""

    def test_the_run_lies_on_days_that_are_uncovered(self):
        assert run_of(need(min_days=1, given=(held(0, 3, 2),)), offer())[:2] == (4, 9)
        assert run_of(need(min_days=1, given=(held(4, 4, 2),)), offer())[:2] == (5, 9)
        assert run_of(need(min_days=1, given=(held(5, 5, 2),)), offer())[:2] == (0, 4)
        assert run_of(need(min_days=1, given=(held(3, 6, 2),)), offer())[:2] == (0, 2)  # a tie
        short = offer(available=(days(2, 3), days(6)))
        assert run_of(need(min_days=1, given=(held(4, 5, 2),)), short)[:2] == (6, 9)

    def test_what_is_useful_is_counted_of_the_days_still_uncovered(self):
        partly = need(last_day=day(40), given=(held(0, 30, 2),))
        assert broken_rules(partly, offer(available=(days(31, 39),))) == ()
        assert broken_rules(partly, offer(available=(days(31, 38),))) == ("dates",)
        assert broken_rules(need(min_days=5, given=(held(0, 6, 2),)), offer()) == ()

    def test_on_no_day_is_more_given_than_asked(self):
        weekly = need(kind="skill", quantity=3, part_useful=True, given=(held(0, 4, 2), held(7, 7, 3)))
        (pairing,) = rank([weekly], [offer(kind="skill")], today=TODAY)[0].pairings
        assert (pairing.run_first_day, pairing.run_last_day, pairing.quantity) == (day(0), day(6), 1)
        # Where a part is not useful, a day with a part is provided for.
        whole = need(kind="skill", quantity=3, given=(held(0, 4, 2),))
        assert run_of(whole, offer(kind="skill"))[:2] == (5, 9)

    def test_of_what_is_given_once_the_rest_is_missing(self):
        asked = need(kind="goods", quantity=5, given=(held(3, 3, 2),))
        assert run_of(asked, offer(kind="goods", capacity=3)) == (0, 0, 3)
        assert broken_rules(asked, offer(kind="goods", capacity=2)) == ("capacity",)
        (pairing,) = rank([asked], [offer(kind="goods", capacity=9)], today=TODAY)[0].pairings
        assert pairing.quantity == 3

    def test_a_need_that_lacks_nothing_is_offered_nothing(self):
        assert broken_rules(need(given=(held(0, 9, 2),)), offer()) == ("dates",)
        assert broken_rules(need(kind="goods", given=(held(3, 3, 2),)), offer(kind="goods")) == ("dates",)
        assert engine.is_provided_for(need(given=(held(0, 9, 2),)), today=TODAY)
        assert engine.is_provided_for(need(given=(held(4, 9, 2),)), today=day(4))
        assert not engine.is_provided_for(need(given=(held(0, 8, 2),)), today=TODAY)
        assert not engine.is_provided_for(need(), today=TODAY)


def clothes(**fields):
    return offer(kind="goods", category="clothes", **fields)


def asks(*items, series=None, **fields):
    return need(kind="goods", category="clothes", items=items, series=(series,) * len(items), **fields)


def factor_of(asked, offered):
    """How far the goods fit, as the score takes it."""
    words = engine.Vocabulary()
    needs, offers = engine.need_columns([asked], words), engine.offer_columns([offered], words)
    return engine.feasible_pairs(needs, offers, today=TODAY).pairs.goods_factor.tolist()


class TestItem:
    @pytest.mark.parametrize(
        ("asked", "offered", "factor"),
        [
            (("coat",), "coat", 1),
            (("coat", "hat"), "hat", 0.75),
            (("coat",), "hat", None),
            (("coat",), "", 0.5),
            (("coat",), ANY, 0.5),
            ((ANY,), "coat", 0.5),
            ((), "coat", 0.5),
            ((), "", 0.5),
            (("coat",), OTHER, None),
            ((OTHER,), "coat", None),
            ((OTHER,), OTHER, None),
            ((OTHER,), "", None),
            ((), OTHER, None),
            ((OTHER, "coat"), "coat", 1),  # the something else, named first
        ],
    )
    def test_the_same_thing_or_one_that_would_do(self, asked, offered, factor):
        pair = asks(*asked), clothes(item=offered)
        if factor is None:
            assert broken_rules(*pair) == ("item",)
        else:
            assert factor_of(*pair) == [factor]

    def test_another_thing_is_a_near_miss(self):
        (ranking,) = rank([asks("coat")], [clothes(item="hat")], today=TODAY)
        assert [(miss.rule, miss.gap) for miss in ranking.near_misses] == [("item", None)]

    def test_it_is_about_goods_alone(self):
        assert broken_rules(need(items=("coat",)), offer(item="hat")) == ()


class TestSize:
    @pytest.mark.parametrize(
        ("series", "asked", "offered", "factor"),
        [
            (ADULTS, ("M",), "M", 1),
            (ADULTS, ("S", "M"), "M", 0.75),
            (ADULTS, ("M",), "L", None),
            (ADULTS, ("M",), "S", None),
            (ADULTS, ("M",), MIXED, 0.5),
            (ADULTS, ("M",), "", None),
            (ADULTS, (), "", 1),
            (ADULTS, (), "L", 1),
            (CUT, ("fem-M",), "M", 0.75),
            (CUT, ("M",), "fem-M", 0.75),
            (CUT, ("fem-M",), "masc-M", None),
            (CUT, ("masc-M",), "M", None),
            (CUT, ("fem",), "", 0.75),
            (CUT, ("fem-M",), "", None),
            (CUT, ("fem-M",), "fem", 0.5),
            (CUT, ("masc-M",), "fem", None),
            (CUT, ("fem-L",), "M", 0.75),
            (CUT, ("fem-L",), "fem", None),
            (CHILDREN, ("2y",), "3y", 0.75),
            (CHILDREN, ("2y",), "4y", None),
            (CHILDREN, ("3y",), "2y", None),
            (DUVETS, ("140",), "220", 0.75),
            (DUVETS, ("220",), "140", None),
            (None, ("M",), "", 1),
        ],
    )
    def test_one_that_is_asked_for_or_larger_where_that_does(self, series, asked, offered, factor):
        pair = asks("coat", series=series, sizes=asked), clothes(item="coat", size=offered, series=series)
        if factor is None:
            assert broken_rules(*pair) == ("size",)
        else:
            assert factor_of(*pair) == [factor]

    def test_an_offer_of_any_item_is_judged_by_what_is_asked(self):
        asked = asks("coat", series=CHILDREN, sizes=("2y",))
        assert broken_rules(asked, clothes()) == ("size",)
        assert factor_of(asked, clothes(size="3y")) == [0.5]
        assert factor_of(asks("coat", series=CHILDREN), clothes()) == [0.5]

    def test_the_sizes_of_another_series_do_not_count(self):
        asked = need(
            kind="goods", category="clothes", items=("coat", "duvet"), series=(ADULTS, DUVETS), sizes=("M", "140"),
        )  # fmt: skip
        assert factor_of(asked, clothes(item="duvet", size="140", series=DUVETS)) == [0.75]
        assert factor_of(asked, clothes(item="duvet", size="200", series=DUVETS)) == [0.75]
        assert broken_rules(asked, clothes(item="coat", size="S", series=ADULTS)) == ("size",)

    def test_the_lower_factor_counts(self):
        asked = asks("hat", "coat", series=ADULTS, sizes=("M",))
        assert factor_of(asked, clothes(item="coat", size="M", series=ADULTS)) == [0.75]
        assert factor_of(asked, clothes(item="coat", size=MIXED, series=ADULTS)) == [0.5]


class TestNotice:
    """The host is told so many days before somebody comes."""

    def test_what_is_left_after_notice_is_long_enough_or_not(self):
        in_three_days = offer(notice_days=3)
        assert broken_rules(need(min_days=7), in_three_days) == ()
        assert broken_rules(need(min_days=8), in_three_days) == ("notice",)
        assert broken_rules(need(first_day=day(3), last_day=day(12)), in_three_days) == ()
        assert broken_rules(need(first_day=day(1), last_day=day(10)), in_three_days) == ("notice",)

    def test_the_run_begins_after_notice(self):
        (pairing,) = rank([need(min_days=1)], [offer(notice_days=3)], today=TODAY)[0].pairings
        assert (pairing.run_first_day, pairing.run_last_day) == (day(3), day(9))

    def test_windows_that_touch_are_one_after_notice_too(self):
        touching = offer(available=(days(0, 4), days(5, 9)), notice_days=3)
        assert run_of(need(min_days=1), touching) == (3, 9, 4)

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
    for said in (None, 10):
        begun = need(first_day=day(-5), last_day=day(4), min_days=said)
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
    # Whatever its host says.
    assert broken_rules(need(shared_home_ok=False), offer(category="shared_room")) == ("shared_home",)


TWO = {"adult_women": 1, "adult_men": 1, "couple": True}


@pytest.mark.parametrize(
    ("members", "enough", "not_enough"),
    [
        ({"adult_women": 2}, "women", "men couples families lone_minors"),
        ({"adult_women": 1, "adult_men": 1}, "women men", "women couples families"),
        ({"adult_women": 1, "adult_men": 1, "couple": True}, "couples", "women men families"),
        ({"adult_women": 1, "adult_men": 2, "couple": True}, "couples men", "couples women"),
        ({"adult_women": 3, "couple": True}, "couples women", "couples"),
        ({"adult_men": 2, "couple": True}, "couples", "men"),
        ({"adult_women": 1, "children": 1}, "families", "women couples"),
        ({"adult_women": 1, "children": 1}, "families women", "families men"),
        ({"adult_women": 1, "adult_men": 1, "children": 1}, "families women men", "families women"),
        ({**TWO, "children": 2}, "families couples women", "families women"),
        ({**TWO, "children": 2}, "families couples", "couples women men"),
        ({**TWO, "adult_men": 2, "children": 1}, "families couples men", "families couples women"),
        ({"lone_minor": True, "children": 1}, "lone_minors", "families women men"),
        ({"lone_minor": True}, "lone_minors", "families women men"),
        ({"children": 2}, "lone_minors", "families women men"),  # nobody said that they are alone
    ],
)
def test_household(members, enough, not_enough):
    assert broken_rules(need(**members), offer(accepts=words(enough))) == ()
    assert broken_rules(need(**members), offer(accepts=words(not_enough))) == ("household",)
    alone = not members.get("adult_women", 0) + members.get("adult_men", 0)
    everyone = ("household",) if alone else ()
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


@pytest.mark.parametrize(
    ("asked", "offered", "spoken"),
    [
        ("fa", "prs", True),
        ("prs", "fa", True),
        ("prs", "pes", False),
        ("prs", "fa-AF", True),
        ("fa-IR", "pes", True),
        ("fa-IR", "fa-AF", False),
        ("fa prs", "prs", False),  # who names a part does not mean it by the whole
        ("fa prs", "fa prs", True),
        ("pes", "fa prs", False),
        ("ku", "kmr", True),
        ("ckb", "ku", True),
        ("ar", "apc", True),
        ("ary", "ar", True),
        ("ary", "apc", False),
        ("ar fa", "apc pes", True),
        ("fr", "en", False),
    ],
)
def test_a_language_is_spoken_by_whoever_speaks_the_whole_or_a_part(asked, offered, spoken):
    side = {"kind": "skill", "category": "interpreting"}
    pair = need(**side, languages_from=words(asked)), offer(**side, languages_to=words(offered))
    assert broken_rules(*pair) == (() if spoken else ("languages",))
    # Beside others, which fill their part of the table.
    needs = [pair[0], *(need(f"n{n}", **side, languages_to=words(f"x{n}")) for n in range(70))]
    rankings = rank(needs, [pair[1]], today=TODAY)
    assert bool(rankings[0].pairings) is spoken


@pytest.mark.parametrize("tag", sorted(SAME_LANGUAGES))
def test_a_tag_of_a_country_is_the_language_that_it_begins_with(tag):
    """Or one that has a name of its own."""
    own = {"fa-AF": "prs", "fa-IR": "pes", "ar-001": "arb"}
    assert SAME_LANGUAGES[tag] == own.get(tag, tag.partition("-")[0])


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
        ((Slot(0, 1080, 1200),), (Slot(0, 1080, 1200),), ()),
        ((Slot(0, 1080, 1200),), (Slot(0, 1081, 1201),), ("slots",)),  # an hour and a half
        ((Slot(0, 1080, 1200),), (Slot(1, 1080, 1200),), ("slots",)),
        ((Slot(0, 0, 600), Slot(3, 600, 700)), (Slot(1, 0, 600), Slot(3, 610, 900)), ("slots",)),
        ((Slot(0, 0, 600), Slot(3, 600, 740)), (Slot(1, 0, 600), Slot(3, 610, 900)), ()),
        # What one slot of the offer has in common with all of the need's is added up, then rounded down.
        ((Slot(0, 600, 645), Slot(0, 650, 725)), (Slot(0, 600, 900),), ()),
        ((Slot(0, 600, 720),), (Slot(0, 600, 645), Slot(0, 650, 725)), ("slots",)),
        ((Slot(0, 600, 660), Slot(3, 600, 660)), (Slot(0, 600, 660), Slot(3, 600, 660)), ()),
        ((), (Slot(0, 600, 660),), ()),
        ((Slot(0, 600, 660),), (), ()),
        ((Slot(6, 1380, 1440),), (Slot(0, 0, 60),), ("slots",)),
    ],
)
def test_slots(asked, offered, codes):
    """Two hours are asked for."""
    assert broken_rules(need(kind="skill", slots=asked), offer(kind="skill", slots=offered)) == codes


def test_of_hours_a_part_may_be_useful():
    asked = {"kind": "skill", "quantity": 4, "part_useful": True, "slots": (Slot(0, 600, 900),)}
    (pairing,) = rank([need(**asked)], [offer(kind="skill", slots=(Slot(0, 810, 900),))], today=TODAY)[
        0
    ].pairings
    assert pairing.quantity == 1.5
    assert broken_rules(need(**asked), offer(kind="skill", slots=(Slot(0, 841, 900),))) == ("slots",)


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
        ({"adult_men": 1}, {"adult_women": 1}, WOMEN, {}),
        ({"given": (held(0, 9, 2),)}, {}, {}, {"available": (days(3),)}),
        ({"given": (held(3, 9, 2),), "min_days": 3}, {"min_days": 1}, {"available": (days(2),)}, {}),
        (
            {"kind": "goods", "items": ("hat",)},
            {"kind": "goods"},
            {"kind": "goods", "item": "cup"},
            {"kind": "goods"},
        ),
        (
            {"kind": "goods", "sizes": ("M",)},
            {"kind": "goods"},
            {"kind": "goods"},
            {"kind": "goods", "size": "M"},
        ),
        ({"kind": "goods"}, {"kind": "goods"}, {"kind": "goods", "best_before": day(1)}, {"kind": "goods"}),
        (
            {"kind": "skill", "rhythm": "once", "slots": (EVENING,)},
            {"kind": "skill", "slots": (EVENING,)},
            {"kind": "skill", "slots": (Slot(0, 1080, 1200),)},
            {"kind": "skill", "slots": (EVENING,), "holds": (held(3, 3, 3),)},
        ),
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
    far_and_small = offer(lat=STRASBOURG[0] + 0.09, capacity=1, available=(days(0, 6),))
    broken = engine.broken_rules(need(pets=True, reach_km=6), far_and_small, today=TODAY)
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
        offer("far", **far),
        offer("short", available=(days(0, 6),)),
        offer("small", capacity=1),
        offer("far and small", capacity=1, **far),
        offer("other city", city="kehl"),
        offer("closed", is_open=False),
        offer("men only", accepts=words("men")),
        offer("right"),
    ]
    (ranking,) = rank([need(adult_women=2, reach_km=6)], offers, today=TODAY)
    assert [pairing.offer_id for pairing in ranking.pairings] == ["right"]
    found = {one.offer_id: (one.rule, one.gap) for one in ranking.near_misses}
    assert found == {
        "far": ("distance", pytest.approx(4.007557, abs=1e-6)),
        "short": ("dates", 2),
        "small": ("capacity", 1),
        "men only": ("household", None),
    }
    # 2 of 9 days, 1 of 2 beds, 4 of 6 km, then what has no number.
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
