"""Urgency follows the calendar: in Python, in SQL and in the engine's columns the same."""

from datetime import UTC, date, datetime, timedelta

import pytest

from catalogue.vocabulary import Kind, Urgency
from cities.days import TownDay, local_day
from engine import Vocabulary
from engine.uncovered import Uncovered
from engine.urgency import priorities_on
from engine.vocabulary import PRIORITIES, URGENCIES
from matching.scanning import reading
from needs.models import Need, urgency_rank_on
from tests.factories.cities import CityFactory
from tests.factories.needs import NeedFactory

TODAY = date(2026, 3, 9)


def after(days):
    return TODAY + timedelta(days=days)


def days(first, last):
    return {"first_day": after(first), "last_day": after(last)}


@pytest.mark.parametrize(
    ("first", "posted", "urgency"),
    [
        (8, "planned", "planned"),
        (7, "planned", "this_week"),
        (2, "planned", "this_week"),
        (1, "planned", "tonight"),
        (-3, "planned", "tonight"),
        (8, "this_week", "this_week"),
        (1, "this_week", "tonight"),
        (30, "tonight", "tonight"),
        (2, "tonight", "tonight"),
    ],
)
@pytest.mark.parametrize("kind", [Kind.HOUSING, Kind.SKILL])
def test_what_lasts_presses_on_its_first_day(kind, first, posted, urgency):
    need = Need(kind=kind, urgency=posted, **days(first, first + 40))
    assert need.urgency_on(TODAY) == Urgency(urgency)


@pytest.mark.parametrize(
    ("last", "urgency"), [(8, "planned"), (7, "this_week"), (1, "tonight"), (0, "tonight")]
)
def test_things_press_on_their_last_day(last, urgency):
    assert Need(kind=Kind.GOODS, urgency="planned", **days(-5, last)).urgency_on(TODAY) == Urgency(urgency)


def test_sql_and_the_engine_say_the_same(city):
    shapes = {Kind.HOUSING: {}, Kind.GOODS: {"goods": True}, Kind.SKILL: {"skill": True}}
    for kind in shapes:
        for number, posted in enumerate(URGENCIES):
            for day in range(-2, 11):
                NeedFactory(city=city, urgency=posted, **shapes[kind], **days(day, max(day + number, 0)))
    needs = list(Need.objects.annotate(rank=urgency_rank_on(TODAY)).order_by("pk"))
    assert len(needs) == 117
    assert [URGENCIES[need.rank] for need in needs] == [need.urgency_on(TODAY) for need in needs]
    read = reading.read_needs(
        reading.Where("n.city_id = %(c)s", {"c": city.pk}), today=TODAY, words=Vocabulary()
    )
    today = TODAY.toordinal()
    found = priorities_on(read.columns, Uncovered.of(read.columns, today), today)
    by_id = dict(zip(read.columns.ids, found, strict=True))
    assert by_id == {need.pk: PRIORITIES[need.urgency_on(TODAY)] for need in needs}
    assert {need.urgency_on(TODAY) for need in needs} == set(Urgency)


def test_each_town_has_its_own_day(db):
    """At eleven in the evening of Paris the next day has begun in Nouméa."""
    now = datetime(2026, 3, 9, 22, tzinfo=UTC)
    paris, noumea = CityFactory(timezone="Europe/Paris"), CityFactory(timezone="Pacific/Noumea")
    here, there = (NeedFactory(city=city, **days(2, 30)) for city in (paris, noumea))
    found = Need.objects.of_urgency(Urgency.TONIGHT, TownDay(now, "city__timezone"))
    assert list(found) == [there]
    assert [need.urgency_on(local_day(now, need.city)) for need in (here, there)] == ["this_week", "tonight"]
    this_week = Need.objects.of_urgency(Urgency.THIS_WEEK, TownDay(now, "city__timezone"))
    assert list(this_week) == [here]


def test_the_desk_s_order_is_by_urgency_then_by_waiting(city):
    posted = datetime(2026, 3, 1, tzinfo=UTC)
    planned = NeedFactory(city=city, created_at=posted, **days(20, 50))
    week = NeedFactory(city=city, created_at=posted + timedelta(hours=1), **days(7, 50))
    tonight = NeedFactory(city=city, created_at=posted + timedelta(hours=2), **days(1, 50))
    asked_for = NeedFactory(city=city, created_at=posted, urgency="tonight", **days(20, 50))
    assert list(Need.objects.by_urgency(TODAY)) == [asked_for, tonight, week, planned]
