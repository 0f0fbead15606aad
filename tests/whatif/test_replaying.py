"""One change beside the same months without it: what is the same, what differs, and what the years say of it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulation.behaviour import BASE
from simulation.towns import TOWNS, Town
from simulation.year import FIRST, NEVER, START, year_of
from tests.factories.whatif import counted_figures
from whatif import own
from whatif.replaying import Change, changed, replayed
from whatif.results import MOST_YEARS, Compared, compared, is_enough

TINY = TOWNS["essai"]


def years(*pairs):
    """Of people housed, without and with."""
    return [[{"people": before}, {"people": after}] for before, after in pairs]


@settings(max_examples=10, deadline=None)
@given(rooms=st.integers(0, 20), at=st.integers(0, 9), seed=st.integers(1, 1000))
def test_rooms_that_are_more_change_nobody_else(rooms, at, seed):
    before = year_of(TINY, BASE, seed)
    after = year_of(Town(**{**_fields(TINY), "more_rooms": rooms, "rooms_at": at}), BASE, seed)
    assert after.wanted == before.wanted
    numbers = {one.number for one in before.given}
    assert [one for one in after.given if one.number in numbers] == list(before.given)
    more = [one for one in after.given if one.number not in numbers]
    assert len(more) == rooms
    for one in more:
        assert (one.commune, one.record.category, one.record.kind) == (at, "separate_room", "housing")
        assert one.record.available[0].first_day == START
        assert one.gone == NEVER or one.gone >= one.registered


def _fields(town):
    return {name: getattr(town, name) for name in town.__dataclass_fields__}


def test_homes_wait_for_their_visit_and_nothing_else_does():
    before = {one.number: one for one in year_of(TINY, BASE, 1).given}
    later = year_of(Town(**{**_fields(TINY), "vetting_days": 5}), BASE, 1)
    for one in later.given:
        waited = one.registered - before[one.number].registered
        assert waited == (5 * 1440 if one.record.kind == "housing" else 0)
    assert START.toordinal() == FIRST


def test_the_same_seed_says_the_same_and_no_change_changes_nothing():
    counted = counted_figures()
    first = replayed(counted, Change(), hours=1, seed=3)
    assert first[0] == first[1]
    assert replayed(counted, Change(), hours=1, seed=3) == first
    assert first[0]["people_asked"] > 0


def test_a_change_is_this_and_nothing_else():
    town = own.town_of(counted_figures(vetting_days=9), hours=4)
    assert town.minutes == (240, 30)
    with_more = changed(town, Change(coordinators=1, answer_hours=12, vetting_days=3))
    assert with_more.minutes == (480, 60)
    assert with_more.answer_hours == (2, 12, 72)
    assert with_more.vetting_days == 3
    assert changed(town, Change()) == town


def test_rooms_stand_in_their_commune_or_in_one_that_is_new():
    town = own.town_of(counted_figures(communes=[[1, 0.0, 0.0, 30], [2, 6.0, -2.0, 9]]), hours=4)
    assert changed(town, Change(rooms=2, rooms_at=(6.2, -2.1))).rooms_at == 1
    far = changed(town, Change(rooms=2, rooms_at=(0.0, 9.0)))
    assert far.rooms_at == 2
    assert far.communes[2] == ((0.0, 9.0), 0.0)
    # Where nothing was asked, nothing is.
    assert {one.commune for one in year_of(far, BASE, 1).wanted} <= {0, 1}


def test_what_is_little_is_the_published_tables():
    town = own.town_of(counted_figures(), hours=4)
    published = TOWNS["ville"]
    assert (town.stays, town.households, town.communes) == (
        published.stays,
        published.households,
        published.communes,
    )
    assert own.behaviour_of(counted_figures()) == BASE
    assert own.behaviour_of(counted_figures(delay_hours=2.5))["answer_hours"] == 2.5
    told = own.town_of(counted_figures(households=[[1, 0, 2, False, 40]], stays=[[7, 30]]), hours=4)
    assert told.households == (((1, 0, 2, False), 40),)
    assert told.stays == ((7, 30),)


def test_a_town_without_offers_and_rooms_that_are_none():
    bare = counted_figures(there=0, offers=0)
    without, with_rooms = replayed(bare, Change(rooms=60, rooms_at=(0.0, 0.0)), hours=4, seed=1)
    assert without["people"] == 0
    assert with_rooms["people"] > 0
    with pytest.raises(ValueError, match="more_rooms"):
        Town(**{**_fields(TINY), "more_rooms": -1})
    with pytest.raises(ValueError, match="rooms_at"):
        Town(**{**_fields(TINY), "rooms_at": 10})


def test_differences_are_taken_year_by_year_by_hand():
    """10 → 12, 20 → 23, 30 → 34: on average 3 more, ± 4.303 × 1 ÷ √3, though years differ by ten."""
    found = compared(years((10, 12), (20, 23), (30, 34)), "people")
    assert found.without[0] == 20
    assert found.more == pytest.approx((3, 4.303 / 3**0.5))
    assert found.is_established
    assert not compared(years((10, 12), (20, 19), (30, 34)), "people").is_established
    # One year alone establishes nothing; a year that cannot tell is left out.
    assert not compared(years((10, 30)), "people").is_established
    assert compared(years((10, 11), (None, 3)), "people").without[0] == 10
    assert compared(years((None, 3)), "people") is None
    assert not Compared((1, 0), (1, 0), (0, 0)).is_established


def test_it_goes_on_until_the_difference_is_narrow_or_the_work_was_long():
    wide = years((10, 12), (20, 60), (30, 10))
    assert not is_enough(years((10, 12), (20, 22)), cpu_seconds=500)
    assert is_enough(years((10, 12), (20, 22), (30, 32)), cpu_seconds=1)
    assert not is_enough(wide, cpu_seconds=1)
    assert is_enough(wide, cpu_seconds=100)
    assert is_enough(wide * 3, cpu_seconds=1)
    assert len(wide * 3) > MOST_YEARS
