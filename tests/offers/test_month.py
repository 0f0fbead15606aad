"""A month of an offer on its own page: what is on each day, in a sign and in words."""

from collections.abc import Callable
from datetime import date

import pytest
from django.test import Client
from django.utils import timezone, translation

from accounts.models import User
from catalogue.vocabulary import Kind
from cities.models import City
from matching import services as matching
from offers.engagements import Engagement, Turn
from offers.month import Day, month_of
from tests.factories.matching import suggested_match

TODAY = date(2026, 11, 10)


def line(turn: Turn, first: int, last: int) -> Engagement:
    days = {"first_day": date(2026, 11, first), "last_day": date(2026, 11, last)}
    return Engagement(turn=turn, title="", days="", says="", url="", **days)


def days_of(month) -> dict[int, Day]:
    return {cell.day.day: cell.what for week in month.weeks for cell in week if cell}


def test_each_day_says_what_is_on_it_and_the_strongest_wins() -> None:
    lines = [
        line(Turn.YOURS, 12, 16),
        line(Turn.THEIRS, 16, 17),
        line(Turn.UNDER_WAY, 9, 12),
        line(Turn.OVER, 20, 22),
    ]
    month = month_of("", [(date(2026, 11, 1), date(2026, 11, 25))], lines, is_open=True, today=TODAY)
    days = days_of(month)
    assert days[8] == Day.NOT_OFFERED, "it is over"
    assert {days[n] for n in (9, 12)} == {Day.UNDER_WAY}
    assert {days[n] for n in (13, 15)} == {Day.ASKED}
    assert {days[n] for n in (16, 17)} == {Day.PROMISED}
    assert {days[n] for n in (18, 21, 25)} == {Day.FREE}
    assert days[26] == Day.NOT_OFFERED
    assert len(days) == 30


def test_what_is_set_aside_is_free_on_no_day_and_keeps_what_is_promised() -> None:
    days = days_of(month_of("", [(TODAY, None)], [line(Turn.AGREED, 12, 12)], is_open=False, today=TODAY))
    assert set(days.values()) == {Day.NOT_OFFERED, Day.PROMISED}


@pytest.mark.parametrize(
    ("asked", "first", "before", "after"),
    [
        ("", date(2026, 11, 1), "2026-10", "2026-12"),
        ("2026-12", date(2026, 12, 1), "2026-11", "2027-01"),
        ("2027-11", date(2027, 11, 1), "2027-10", ""),
        ("2025-11", date(2025, 11, 1), "", "2025-12"),
        ("2027-12", date(2026, 11, 1), "2026-10", "2026-12"),
        ("2026-13", date(2026, 11, 1), "2026-10", "2026-12"),
        ("<script>", date(2026, 11, 1), "2026-10", "2026-12"),
        ("9999-12", date(2026, 11, 1), "2026-10", "2026-12"),
    ],
)
def test_months_are_turned_a_year_ahead_and_back(asked: str, first: date, before: str, after: str) -> None:
    month = month_of(asked, [], [], is_open=True, today=TODAY)
    assert (month.first_day, month.before, month.after) == (first, before, after)


@pytest.mark.parametrize(("language", "begins"), [("fr", "lundi"), ("en", "Sunday")])
def test_a_week_begins_as_the_reader_s_does(language: str, begins: str) -> None:
    with translation.override(language):
        month = month_of("", [], [], is_open=True, today=TODAY)
        assert str(month.weekdays[0]["name"]).lower() == begins.lower()
    assert all(len(week) == 7 for week in month.weeks)


@pytest.mark.django_db
def test_the_owner_s_page_shows_it_and_the_desk_s_does_not(
    city: City, citizen: User, operator: User, coordinator: User, as_user: Callable[[User], Client]
) -> None:
    now = timezone.now()
    match = suggested_match(
        city=city, now=now, kind=Kind.GOODS, need={"category": "furniture"}, offer={"category": "furniture"}
    )
    page = f"/strasbourg/propositions/{match.offer.reference}/"
    day = {"mois": f"{match.first_day:%Y-%m}"}
    owner = as_user(match.offer.owner)
    assert days_of(owner.get(page, day).context["month"])[match.first_day.day] == Day.FREE
    matching.propose(match_id=match.pk, by=coordinator, now=now)
    shown = owner.get(page, day)
    assert days_of(shown.context["month"])[match.first_day.day] == Day.ASKED
    assert "Demandé" in shown.text
    assert "/compte/agenda/" in shown.text
    matching.accept(match_id=match.pk, by=match.offer.owner, now=now)
    assert days_of(owner.get(page, day).context["month"])[match.first_day.day] == Day.PROMISED
    assert as_user(operator).get(page).context["month"] is None
