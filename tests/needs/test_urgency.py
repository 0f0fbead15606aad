"""Urgency follows the calendar: in Python, in SQL and in the engine's columns the same."""

from datetime import UTC, date, datetime, timedelta

import pytest

from catalogue.vocabulary import Kind, Urgency
from cities.days import TownDay, local_day
from engine import Vocabulary
from engine.uncovered import Uncovered
from engine.urgency import priorities_on
from engine.vocabulary import PRIORITIES, URGENCIES
from matching import scanning, services
from matching.models import Match
from matching.scanning import reading
from needs.models import Need
from needs.urgency import urgency_rank_on
from tests.factories.accounts import CityRoleFactory
from tests.factories.cities import CityFactory
from tests.factories.matching import NOW, drain, due_need, due_offer
from tests.factories.needs import NeedFactory

TODAY = date(2026, 3, 9)


@pytest.fixture
def coordinator(city):
    return CityRoleFactory(city=city).user


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
    found = told(city, TODAY)
    assert len(found) == 117
    assert set(found.values()) == set(Urgency)


def told(city, today):
    """How urgent each open need of the town is on this day, by its id: the same in Python, SQL and the columns."""
    needs = list(Need.objects.open().filter(city=city).annotate(rank=urgency_rank_on(today)).order_by("pk"))
    python = {need.pk: need.urgency_on(today) for need in needs}
    assert {need.pk: URGENCIES[need.rank] for need in needs} == python
    where = reading.Where("n.city_id = %(c)s AND n.state IN ('open', 'partly_met')", {"c": city.pk})
    columns = reading.read_needs(where, today=today, words=Vocabulary()).columns
    priorities = priorities_on(columns, Uncovered.of(columns, today.toordinal()), today.toordinal())
    by_id = dict(zip(columns.ids.tolist(), priorities.tolist(), strict=True))
    assert by_id == {pk: PRIORITIES[urgency] for pk, urgency in python.items()}
    return python


def give(need, coordinator, *windows):
    """Confirm a home for each of these stretches of days."""
    for first, last in windows:
        offer = due_offer(city=need.city, windows=[(after(first), after(last))])
        drain()
        match = Match.objects.get(need=need, offer=offer)
        services.propose(match_id=match.pk, by=coordinator, now=NOW)
        services.accept(match_id=match.pk, by=offer.owner, now=NOW)
        services.confirm(match_id=match.pk, by=coordinator, now=NOW)
    drain()


def the_morning_of(day):
    """What every morning brings, and what it leads to."""
    now = NOW + timedelta(days=day)
    scanning.mark_pressing(by=None, now=now)
    drain(now)


@pytest.mark.parametrize(
    ("windows", "day", "urgency"),
    [
        ([], 0, "tonight"),
        ([(0, 0)], 0, "tonight"),
        ([(0, 5)], 0, "this_week"),
        ([(0, 6)], 0, "this_week"),
        ([(0, 7)], 0, "planned"),
        ([(0, 7)], 1, "this_week"),
        ([(0, 7)], 7, "tonight"),
        ([(0, 7)], 20, "tonight"),
        # The first days are lost; those after them are covered, and what comes then is far away.
        ([(2, 12)], 0, "tonight"),
        ([(2, 12)], 1, "tonight"),
        ([(2, 12)], 3, "planned"),
        ([(2, 12)], 6, "this_week"),
        ([(0, 3), (5, 20)], 0, "this_week"),
        ([(0, 3), (5, 20)], 5, "planned"),
    ],
)
def test_what_is_partly_met_presses_on_the_first_day_that_is_not_covered(
    city, coordinator, windows, day, urgency
):
    need = due_need(city=city, min_days=1, **days(0, 40))
    give(need, coordinator, *windows)
    the_morning_of(day)
    assert told(city, after(day)) == {need.pk: urgency}


def test_hours_that_are_partly_given_press_while_some_are_missing(city, coordinator):
    need = due_need(city=city, kind=Kind.SKILL, quantity=3, part_useful=True, **days(0, 40))
    helper = due_offer(city=city, kind=Kind.SKILL, capacity=2)
    drain()
    match = Match.objects.get(need=need, offer=helper)
    services.propose(match_id=match.pk, by=coordinator, now=NOW)
    services.accept(match_id=match.pk, by=helper.owner, now=NOW)
    services.confirm(match_id=match.pk, by=coordinator, now=NOW)
    drain()
    assert told(city, TODAY) == {need.pk: "tonight"}


def test_a_question_covers_nothing_yet(city, coordinator):
    """While a host is asked for all of it, the case stays where the desk looks for it."""
    need = due_need(city=city, **days(0, 40))
    due_offer(city=city)
    drain()
    services.propose(match_id=Match.objects.get(need=need).pk, by=coordinator, now=NOW)
    drain()
    need.refresh_from_db()
    assert need.urgency_on(TODAY) == "tonight"
    assert need in Need.objects.of_urgency(Urgency.TONIGHT, TODAY)


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


def test_who_was_posted_for_tonight_comes_before_what_the_calendar_made_so(city):
    """A planned need that has begun waits longer than tonight's family, which has come an hour ago."""
    posted = datetime(2026, 3, 9, 10, tzinfo=UTC)
    begun = NeedFactory(city=city, created_at=posted - timedelta(days=77), **days(-70, 3))
    week = NeedFactory(city=city, created_at=posted - timedelta(days=60), urgency="this_week", **days(-50, 3))
    family = NeedFactory(city=city, created_at=posted, urgency="tonight", **days(0, 3))
    later = NeedFactory(
        city=city, created_at=posted - timedelta(days=90), urgency="this_week", **days(20, 30)
    )
    assert list(Need.objects.by_urgency(TODAY)) == [family, week, begun, later]
