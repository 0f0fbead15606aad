"""Columns that are filled without records: the helpers give what records give, and wrong rows are named."""

from dataclasses import replace
from random import Random

import numpy as np
import pytest

from engine import Vocabulary, arrays, filling, need_columns, offer_columns, rank_columns
from engine.columns import NEVER

from .builders import CATEGORIES, TODAY, days, held, need, offer, random_need, random_offer, words

KINDS = sorted(CATEGORIES)


def tables(seed=0, needs=12, offers=60):
    random, vocabulary = Random(seed), Vocabulary()
    return (
        need_columns([random_need(random, number, KINDS[number % 3]) for number in range(needs)], vocabulary),
        offer_columns(
            [random_offer(random, number, KINDS[number % 3]) for number in range(offers)], vocabulary
        ),
    )


def test_records_make_columns_without_fault():
    for table in tables():
        assert table.faults() == {}
        table.refuse_faults()


def test_some_rows_are_what_those_records_would_make():
    random, vocabulary = Random(4), Vocabulary()
    offers = [random_offer(random, number, KINDS[number % 3]) for number in range(40)]
    rows = np.array([7, 3, 39, 0, 12])
    whole = offer_columns(offers, vocabulary)
    some = offer_columns([offers[row] for row in rows], vocabulary)
    taken = whole.take(rows)
    assert list(taken.ids) == list(some.ids)
    for name in (
        "category",
        "capacity",
        "x",
        "stretches_from",
        "stretch_first",
        "stretch_left",
        "slot_start",
    ):
        assert np.array_equal(getattr(taken, name), getattr(some, name)), name
    assert taken.faults() == {}
    nothing = whole.take(rows[:0])
    assert len(nothing) == 0
    assert nothing.faults() == {}


def test_what_a_need_asks_in_the_plan():
    part = need(
        kind="goods", quantity=10, given=(held(1, 1, 7),), part_useful=True, urgency="tonight", people=7
    )
    table = need_columns([part, need(2), need(3, kind="skill", urgency="this_week")])
    assert table.quantity.tolist() == [3, 2, 2]
    assert table.asked.tolist() == [10, 2, 2]
    assert table.people.tolist() == [7, 2, 1]
    assert table.priority.tolist() == [4, 1, 2]
    assert table.least_quantity.tolist() == [1, 2, 2]


def test_the_quantities_of_needs():
    asked, quantity, least = filling.need_quantities(
        asked=np.array([5, 5, 5, 5, 4, 4, 4]),
        given=np.array([0, 2, 2, 5, 0, 0, 3]),
        one_day=np.array([True, True, False, True, True, False, True]),
        part_useful=np.array([True, False, False, False, True, True, True]),
        longest=np.array([0, 0, 0, 0, 1, 1, 7]),  # halves of an hour
    )
    assert asked.tolist() == [5, 5, 5, 5, 0.5, 4, 3.5]
    assert quantity.tolist() == [5, 3, 5, 5, 0.5, 4, 0.5]
    assert least.tolist() == [1, 3, 5, 5, 0.5, 1, 0.5]


def test_windows_that_touch_are_one_stretch_where_as_much_is_left():
    table = offer_columns(
        [
            offer(1, available=(days(0, 3), days(4, 9), days(11, 12)), holds=(held(6, 6, 1),)),
            offer(2, available=(days(4, 9), days(0, 3)), holds=(held(3, 4, 2),)),
        ]
    )
    first, last = table.stretch_first - TODAY.toordinal(), table.stretch_last - TODAY.toordinal()
    assert table.stretches_from.tolist() == [0, 4, 7]
    assert list(zip(first.tolist(), last.tolist(), table.stretch_left.tolist(), strict=True)) == [
        (0, 5, 4), (6, 6, 3), (7, 9, 4), (11, 12, 4), (0, 2, 4), (3, 4, 2), (5, 9, 4),
    ]  # fmt: skip


def test_masks_from_sets_and_from_codes_are_the_same():
    table: dict[str, int] = {}
    sets = [words("fr ar"), frozenset(), frozenset(f"x{number}" for number in range(70))]
    made = arrays.masks(sets, table)
    assert made.shape == (3, 2)
    row = [row for row, some in enumerate(sets) for _ in some]
    word = [table[one] for some in sets for one in some]
    again = arrays.masks_of_codes(np.array(row), np.array(word), rows=3, words=len(table))
    assert np.array_equal(made, again)
    assert arrays.masks([], {}).shape == (0, 1)


def test_turns_are_by_registration_then_id():
    registered = np.array([5, NEVER, 5, 1])
    assert filling.turns(registered, np.array([9, 1, 8, 7])).tolist() == [2, 3, 1, 0]
    assert filling.turns(registered, ["b", "x", "a", "z"]).tolist() == [2, 3, 1, 0]


def test_slots_come_in_any_order():
    start_from, start, end = filling.slot_columns(
        owner=np.array([2, 0, 2]),
        weekday=np.array([1, 0, 0]),
        start_minute=np.array([600, 60, 0]),
        end_minute=np.array([660, 120, 1440]),
        rows=3,
    )
    assert start_from.tolist() == [0, 1, 1, 3]
    assert start.tolist() == [60, 0, 2040]
    assert end.tolist() == [120, 1440, 2100]


def spoilt(table, name, row, value):
    column = np.array(getattr(table, name))
    column[row] = value
    return replace(table, **{name: column})


@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [
        ("ids", 3, "id"),
        ("lat", np.nan, "lat"),
        ("lat", 91.0, "lat"),
        ("lon", np.nan, "lon"),
        ("lon", 200.0, "lon"),
        ("x", np.nan, "x"),
        ("z", 0.123, "z"),
        ("reach_km", np.nan, "reach_km"),
        ("reach_km", np.inf, "reach_km"),
        ("reach_km", -0.1, "reach_km"),
        ("capacity", 0, "capacity"),
        ("asked", -1, "asked"),
        ("category", -1, "category"),
        ("accepts", 64, "accepts"),
        ("turn", 3, "turn"),
        ("goods", -1, "item"),
        ("stretch_last", 0, "available"),
        ("stretch_left", 10**6, "stretch_left"),
    ],
)
def test_an_offer_that_cannot_be_right_is_named(name, value, fault):
    needs, offers = tables()
    offers = replace(offers, ids=np.array(offers.ids), turn=np.arange(len(offers)))
    row = int(offers.stretches_from[5]) if name.startswith("stretch_") else 5
    wrong = spoilt(offers, name, row, value)
    assert wrong.faults()[fault].tolist() == [5]
    with pytest.raises(ValueError, match=rf"^{fault}: row 5 \(id [35]\)"):
        rank_columns(needs, wrong, today=TODAY)
    kept = np.delete(np.arange(len(offers)), wrong.faults()[fault])
    assert wrong.take(kept).faults() == {}


def test_two_stretches_of_an_offer_share_no_day():
    _, offers = tables()
    (row,) = np.flatnonzero(np.diff(offers.stretches_from) > 1)[:1]
    first = int(offers.stretches_from[row])
    touching = spoilt(offers, "stretch_last", first, offers.stretch_first[first + 1] - 1)
    assert touching.faults() == {}
    shared = spoilt(offers, "stretch_last", first, offers.stretch_first[first + 1])
    assert shared.faults()["available"].tolist() == [row]


def test_coordinates_that_were_swapped_on_one_side_of_the_table_are_seen():
    _, offers = tables()
    swapped = replace(offers, lat=np.clip(offers.lon, -90, 90), lon=offers.lat)
    assert set(swapped.faults()) & {"x", "y", "z"}


@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [
        ("last_day", 1, "last_day"),
        ("least_days", -1, "min_days"),
        ("least_days", 400, "min_days"),
        ("quantity", 0, "quantity"),
        ("asked", 0, "quantity"),
        ("goods", 999, "items"),
        ("least_quantity", 99, "least_quantity"),
        ("people", 0, "people"),
        ("priority", 3, "urgency"),
        ("lat", np.nan, "lat"),
        ("household", -1, "household"),
        ("household", 128, "household"),
    ],
)
def test_a_need_that_cannot_be_right_is_named(name, value, fault):
    needs, offers = tables()
    wrong = spoilt(needs, name, 4, value)
    assert 4 in wrong.faults()[fault]
    with pytest.raises(ValueError, match=r"row 4 \(id 4\)"):
        rank_columns(wrong, offers, today=TODAY)


def test_columns_of_unequal_length_are_refused():
    needs, offers = tables()
    with pytest.raises(ValueError, match=r"^capacity: 60 values"):
        rank_columns(needs, replace(offers, capacity=offers.capacity[1:]), today=TODAY)
    with pytest.raises(ValueError, match=r"^stretches_from: "):
        rank_columns(needs, replace(offers, stretches_from=offers.stretches_from[::-1]), today=TODAY)
    with pytest.raises(ValueError, match=r"^slots_from: "):
        rank_columns(replace(needs, slots_from=needs.slots_from[1:]), offers, today=TODAY)


def test_ids_may_be_an_array():
    needs, offers = tables()
    ranked = rank_columns(
        replace(needs, ids=np.array(needs.ids)), replace(offers, ids=np.array(offers.ids)), today=TODAY
    )
    plain = rank_columns(needs, offers, today=TODAY)
    assert ranked.feasible.offer.tolist() == plain.feasible.offer.tolist()
    assert type(ranked.needs.id_of(0)) is int


def test_pairs_may_be_set_aside_by_id_or_by_row():
    needs, offers = tables(needs=30, offers=300)
    plain = rank_columns(needs, offers, today=TODAY)
    some = plain.feasible.take(np.arange(0, len(plain.feasible), 2))
    by_id = {
        (needs.id_of(one), offers.id_of(other)) for one, other in zip(some.need, some.offer, strict=True)
    }
    by_row = arrays.row_codes(some.need, some.offer)
    without = [rank_columns(needs, offers, today=TODAY, excluded=excluded) for excluded in (by_id, by_row)]
    assert len(some) > 5
    for ranked in without:
        assert ranked.feasible_count.sum() == plain.feasible_count.sum() - len(some)
        assert not np.isin(arrays.row_codes(ranked.feasible.need, ranked.feasible.offer), by_row).any()
    assert without[0].missed.offer.tolist() == without[1].missed.offer.tolist()


def test_a_row_that_is_not_there_cannot_be_set_aside():
    needs, offers = tables()
    for code in ((12 << 32) + 0, (0 << 32) + 60, -1):
        with pytest.raises(ValueError, match=r"^excluded: "):
            rank_columns(needs, offers, today=TODAY, excluded=np.array([code]))


@pytest.mark.parametrize(
    ("start", "end", "wrong"),
    [
        (0, 30, True),
        (120, 180, False),
        (600, 1440, False),  # to midnight
        (6 * 1440, 7 * 1440, False),
        (600, 1441, True),  # past midnight
        (600, 600, True),
        (660, 600, True),
        (600, 629, True),  # shorter than half an hour
        (60, 120, True),  # the one before has those hours
        (119, 150, True),
        (120, 150, False),
        (-60, -1, True),
        (7 * 1440, 7 * 1440 + 60, True),
    ],
)
def test_a_slot_is_within_one_day_of_the_week(start, end, wrong):
    needs, _ = tables(needs=3)
    needs = replace(
        needs,
        slots_from=np.array([0, 0, 2, 2]),
        slot_start=np.array([60, start]),
        slot_end=np.array([120, end]),
    )
    assert needs.faults().keys() == ({"slots"} if wrong else set())
    if wrong:
        assert needs.faults()["slots"].tolist() == [1]


@pytest.mark.parametrize(
    ("name", "value"), [("lat", -90.0), ("lat", 90.0), ("lon", -180.0), ("lon", 180.0), ("reach_km", 0.0)]
)
def test_the_limits_of_a_place_are_places(name, value):
    _, offers = tables()
    fields = {"lat": offers.lat, "lon": offers.lon, "reach_km": offers.reach_km}
    fields[name] = np.where(np.arange(len(offers)) == 5, value, fields[name])
    x, y, z = arrays.unit_sphere(fields["lat"], fields["lon"])
    assert replace(offers, **fields, x=x, y=y, z=z).faults() == {}


def test_words_of_both_are_those_of_either_whichever_has_more_columns():
    narrow, wide = np.array([[1], [2]], np.uint64), np.array([[4, 1], [2, 8]], np.uint64)
    for one, other in ((narrow, wide), (wide, narrow)):
        assert arrays.words_of_both(one, other).tolist() == [[5, 1], [2, 8]]
