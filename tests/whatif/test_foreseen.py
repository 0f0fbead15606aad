"""What was foreseen beside what came, by hand."""

from datetime import date, timedelta

from engine import Need
from engine.foresight import Arrived, Shape
from whatif.foreseen import DAYS, rows

THEN = date(2026, 5, 4)


def shape(**changes):
    asked = {
        "id": 1, "kind": "housing", "city": 1, "lat": 48.5, "lon": 7.7, "reach_km": 20.0, "quantity": 1,
        "adult_men": 1, "first_day": THEN, "last_day": THEN + timedelta(days=6), "urgency": "this_week",
    }  # fmt: skip
    return Shape.of(Need(**(asked | changes)), posted=THEN)


def test_one_a_day_is_foreseen_and_half_as_many_came():
    before = [Arrived(shape(), THEN - timedelta(days=ago)) for ago in range(1, 200)]
    since = [Arrived(shape(), THEN + timedelta(days=day)) for day in range(1, DAYS + 1, 2)]
    found = {row.feature: row for row in rows(before, [*before, *since], then=THEN)}
    everything = found["all"]
    # 14 days without anything are counted besides.
    assert 20 < everything.expected < DAYS
    assert everything.low < everything.expected < everything.high
    assert everything.came == 15
    assert everything.is_within == (everything.low <= 15)
    assert found["alone"] == found["housing"].__class__("alone", *_numbers(found["housing"]))
    assert "step_free" not in found


def _numbers(row):
    return row.expected, row.low, row.high, row.came


def test_what_nobody_had_asked_before_was_not_foreseen():
    before = [Arrived(shape(), THEN - timedelta(days=ago)) for ago in range(1, 60)]
    came = [Arrived(shape(step_free_needed=True), THEN + timedelta(days=3), 2)]
    found = {row.feature: row for row in rows(before, [*before, *came], then=THEN)}
    assert _numbers(found["step_free"]) == (0.0, 0, 0, 2)
    assert not found["step_free"].is_within


def test_without_history_nothing_was_foreseen():
    assert rows([], [Arrived(shape(), THEN + timedelta(days=1))], then=THEN) == []
    late = [Arrived(shape(), THEN)]  # of that day itself nothing was known
    assert rows(late, late, then=THEN) == []
