"""What may come, by hand: what counts how much, what is known of weekdays and seasons, what nothing is known of."""

from dataclasses import replace
from datetime import timedelta
from random import Random

import numpy as np
import pytest

from engine.foresight import Arrived, Shape, drawn, expected, futures
from engine.foresight import arrivals as module

from ..builders import TODAY, day, need


def shape(lead=1, days=7, **fields):
    asked = need(first_day=day(lead), last_day=day(lead + days - 1), **fields)
    return Shape.of(asked, posted=TODAY)


def each_day(of, days, count=1, until=TODAY):
    return [Arrived(of, until - timedelta(days=ago), count) for ago in range(1, days + 1)]


def test_a_shape_knows_nobody():
    """Whoever asks for the same is the same: neither an id, nor a day, nor what was given remains."""
    one = need(7, first_day=day(3), last_day=day(8), people=1)
    other = need("x", first_day=day(13), last_day=day(18), people=1, urgency="planned")
    assert Shape.of(one, posted=TODAY) == Shape.of(other, posted=day(10))
    assert Shape.of(one, posted=TODAY).asks.id == 0
    assert Shape.of(one, posted=TODAY) != Shape.of(replace(one, step_free_needed=True), posted=TODAY)


@pytest.mark.parametrize(
    ("lead", "days", "counted"),
    [(0, 1, (0, 1)), (2, 4, (1, 5)), (5, 30, (3, 30)), (6, 61, (3, 90)), (200, 900, (30, 365))],
)
def test_lengths_and_leads_are_counted_coarsely(lead, days, counted):
    found = shape(lead, days)
    assert (found.lead, found.days) == counted


def test_a_shape_becomes_a_need_again():
    made = shape(3, 7, min_days=5).need(4, TODAY)
    assert (made.id, made.first_day, made.last_day, made.min_days) == (4, day(3), day(9), 5)


def test_nothing_known_is_nothing_expected():
    for coming in (
        expected([], today=TODAY, days=30),
        expected([], today=TODAY, days=30, since=day(-90)),
        expected(each_day(shape(), 9), today=TODAY, days=0),
        expected([Arrived(shape(), TODAY)], today=TODAY, days=30),
    ):
        assert coming.total == 0
        assert [len(days) for days, _ in drawn(coming, futures=3, seed=1)] == [0, 0, 0]


def test_what_came_each_day_is_expected_each_day_the_surer_the_longer_it_was_seen():
    """Known: Σ ½^(ago / 28). A week of one a day counts 6.35 of 6.35 + 14 days: 0.312 a day; half a year, 0.74."""
    week = expected(each_day(shape(), 7), today=TODAY, days=14)
    known = sum(2 ** (-ago / 28) for ago in range(1, 8))
    assert week.a_day[:, 0].mean() == pytest.approx(known / (known + 14))
    long = expected(each_day(shape(), 182), today=TODAY, days=14)
    assert 0.7 < long.a_day[:, 0].mean() < 0.75


def test_the_last_weeks_weigh_more():
    older = [Arrived(shape(), TODAY - timedelta(days=ago)) for ago in range(57, 85)]
    recent = [Arrived(shape(days=30), TODAY - timedelta(days=ago)) for ago in range(1, 29)]
    coming = expected(older + recent, today=TODAY, days=7)
    assert coming.shapes == (shape(), shape(days=30))
    # 56 days are two half-lives.
    assert coming.a_day[0, 1] == pytest.approx(4 * coming.a_day[0, 0])


def test_a_surge_that_nothing_announced_is_believed_within_days():
    calm = each_day(shape(), 180, until=TODAY - timedelta(days=7))
    surge = calm + each_day(shape(), 7, count=20)
    before, after = (expected(some, today=TODAY, days=28).total for some in (calm, surge))
    assert after > 3 * before


def test_the_order_of_the_rows_changes_no_last_bit():
    some = [Arrived(shape(days=1 + ago % 3), day(-ago), 1 + ago % 7) for ago in range(1, 120)]
    some += [Arrived(shape(), day(-ago), 3) for ago in range(1, 120)]
    found = {
        expected(Random(seed).sample(some, len(some)), today=TODAY, days=14).a_day.tobytes()
        for seed in range(20)
    }
    assert len(found) == 1


def test_weekdays_differ_as_they_did():
    """Ten weeks in which all came on Mondays; `TODAY` is a Sunday."""
    mondays = [Arrived(shape(), TODAY - timedelta(days=7 * week - 1), 7) for week in range(1, 11)]
    a_day = expected(mondays, today=TODAY, days=7, since=day(-70)).a_day[:, 0]
    assert np.argmax(a_day) == 0
    assert a_day[1:] == pytest.approx(a_day[1], rel=0.1)
    assert a_day[0] > 5 * a_day[1] > 0


def test_the_season_counts_once_a_year_was_seen():
    """Three times as many came in the weeks that follow, a year ago."""

    def count(ago):
        return 3 if 300 <= ago <= 364 else 1

    year = [Arrived(shape(), TODAY - timedelta(days=ago), count(ago)) for ago in range(1, 400)]
    a_day = expected(year, today=TODAY, days=60).a_day[:, 0].reshape(-1, 15).mean(axis=1)
    assert a_day[1] > 1.3 * expected(year[:300], today=TODAY, days=60).a_day.mean()
    level = [Arrived(shape(), TODAY - timedelta(days=ago)) for ago in range(1, 400)]
    assert expected(level, today=TODAY, days=60).a_day[:, 0] == pytest.approx(
        expected(level, today=TODAY, days=60).a_day[:, 0].mean(), rel=0.05
    )


def test_the_rarest_are_left_out_and_their_kind_counts_for_them(monkeypatch):
    monkeypatch.setattr(module, "MOST_SHAPES", 2)
    often, seldom = each_day(shape(), 20, 3), each_day(shape(days=30), 20, 2)
    once = [Arrived(shape(days=90), day(-1))]
    coming = expected(often + seldom + once, today=TODAY, days=7)
    monkeypatch.undo()
    assert coming.shapes == (shape(), shape(days=30))
    assert coming.total == pytest.approx(expected(often + seldom + once, today=TODAY, days=7).total)


@pytest.mark.parametrize("days", [-1, 121])
def test_how_far_it_looks_has_bounds(days):
    with pytest.raises(ValueError, match="days"):
        expected([], today=TODAY, days=days)


def test_what_cannot_be_is_refused():
    with pytest.raises(ValueError, match="count"):
        Arrived(shape(), TODAY, 0)
    with pytest.raises(ValueError, match="since"):
        expected(each_day(shape(), 5), today=TODAY, days=7, since=day(-3))


def test_the_order_in_which_arrivals_are_told_changes_nothing():
    some = each_day(shape(languages=frozenset({"ar", "fr", "uk"})), 9) + each_day(shape(days=30), 9, 2)
    one, other = (expected(told, today=TODAY, days=14) for told in (some, some[::-1]))
    assert one.shapes == other.shapes
    assert (one.a_day == other.a_day).all()


def test_futures_are_drawn_as_often_as_they_are_expected():
    coming = expected(each_day(shape(), 90, 4) + each_day(shape(days=30), 90, 1), today=TODAY, days=28)
    drawings = list(drawn(coming, futures=200, seed=3))
    counts = np.bincount(np.concatenate([shapes for _, shapes in drawings]), minlength=2) / 200
    assert counts == pytest.approx(coming.a_day.sum(axis=0), rel=0.05)
    assert min(days.min() for days, _ in drawings) == 1
    assert max(days.max() for days, _ in drawings) == 28


def test_the_same_seed_draws_the_same_everywhere():
    """These numbers were drawn once: another machine, or another NumPy, draws them too."""
    coming = expected(each_day(shape(), 30, 2), today=TODAY, days=7)
    first, second = ([days.tolist() for days, _ in drawn(coming, futures=2, seed=1)] for _ in range(2))
    assert first == second
    assert [days.tolist() for days, _ in drawn(coming, futures=2, seed=2)] != first
    assert first == DRAWN


def test_many_a_day_are_drawn_too():
    coming = expected(each_day(shape(), 60, 2000), today=TODAY, days=1)
    ((days, _),) = drawn(coming, futures=1, seed=1)
    assert len(days) == pytest.approx(coming.total, rel=0.1)


DRAWN = [[1, 3, 3, 3, 4, 6, 6, 7, 7], [1, 2, 3, 3, 4, 5, 5]]


def test_the_seasons_count_all_that_came_on_a_day():
    """However the day's needs are told apart."""
    one = [Arrived(shape(), TODAY - timedelta(days=ago), 3 + ago % 40) for ago in range(1, 400)]
    split = [
        replace(each, shape=of, count=count)
        for each in one
        for of, count in ((shape(), each.count - 1), (shape(days=3), 1))
    ]
    first = TODAY - timedelta(days=400)
    seasons = module._seasons(one, TODAY, first, 30)
    assert len(set(seasons.tolist())) > 1
    assert module._seasons(split, TODAY, first, 30).tolist() == seasons.tolist()


def test_where_nothing_comes_nothing_is_drawn():
    """So that a day without needs does not change what comes on the next ones."""
    shares = futures._Shares(1, 2)
    assert futures._poisson(0.0, shares) == 0
    assert shares.next(3).tolist() == futures._Shares(1, 2).next(3).tolist()
