"""A visit runs out: the desk is told before and when it has; nothing new is proposed, and what is promised stays."""

import importlib
from datetime import date, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from homes import services, tasks
from homes.models import Visit, VisitChange
from matching import services as matching
from matching import visits
from matching.lifecycle import NotPossible
from matching.models import MatchState
from notifications.models import Message
from offers import services as offers
from tests.factories.matching import due_need, story
from tests.factories.offers import OfferFactory
from tests.homes.conftest import NOW, THURSDAY

LAST = date(2027, 3, 12)


def at(day, hour=9):
    return THURSDAY.replace(year=day.year, month=day.month, day=day.day, hour=hour)


def told(event):
    return Message.objects.filter(event=event)


def test_the_desk_is_told_a_month_before_once(desk):
    desk.pass_()
    before = at(LAST - timedelta(days=31))
    assert services.remind_running_out(city=desk.city, by=None, now=before) == 0
    assert services.remind_running_out(city=desk.city, by=None, now=before + timedelta(days=1)) == 1
    assert services.remind_running_out(city=desk.city, by=None, now=before + timedelta(days=2)) == 0
    assert {message.recipient for message in told("visit_runs_out")} == {desk.coordinator, desk.colleague}
    assert "12 mars 2027" in told("visit_runs_out").first().body


def test_on_its_last_day_it_counts_and_on_the_next_no_more(desk):
    desk.pass_()
    assert services.run_out(city=desk.city, by=None, now=at(LAST)) == 0
    assert desk.vetted() is not None
    assert services.run_out(city=desk.city, by=None, now=at(LAST + timedelta(days=1))) == 1
    assert desk.vetted() is None
    assert services.run_out(city=desk.city, by=None, now=at(LAST + timedelta(days=1))) == 0
    assert told("visit_ran_out").count() == 2


def test_whoever_reads_that_it_has_ended_comes_to_where_a_new_one_is_planned_or_begun(desk, client):
    desk.pass_()
    services.run_out(city=desk.city, by=None, now=at(LAST + timedelta(days=1)))
    client.force_login(desk.coordinator)
    message = told("visit_ran_out").first()
    assert "Visiter de nouveau" in f"{message.action_label}"
    page = client.get(message.action_url)
    assert page.context["form"] is not None
    assert "Je suis sur place" in page.text


def test_a_home_that_was_visited_anew_does_not_run_out(desk):
    desk.pass_()
    again = at(LAST - timedelta(days=5))
    desk.pass_(now=again)
    assert services.run_out(city=desk.city, by=None, now=at(LAST + timedelta(days=9))) == 0
    assert desk.vetted() == again
    assert services.remind_running_out(city=desk.city, by=None, now=at(LAST)) == 0


def test_what_was_taken_back_and_concluded_again_is_warned_of_again(desk):
    visit = desk.pass_()
    near = at(LAST - timedelta(days=3))
    services.remind_running_out(city=desk.city, by=None, now=near)
    services.reopen(visit_id=visit.pk, by=desk.coordinator, now=near)
    services.conclude(visit_id=visit.pk, by=desk.coordinator, now=near)
    assert Visit.objects.get(pk=visit.pk).reminded_at is None
    later = at(LAST + timedelta(days=340))
    assert services.remind_running_out(city=desk.city, by=None, now=later) == 1
    assert told("visit_runs_out").values("subject_key").distinct().count() == 2


def test_every_town_is_looked_at(desk, django_capture_on_commit_callbacks):
    Visit.objects.filter(pk=desk.pass_().pk).update(valid_until=date(2020, 1, 1))
    with django_capture_on_commit_callbacks(execute=True):
        tasks.look_after_visits()
    assert desk.vetted() is None


def test_what_is_promised_stays_and_the_desk_of_the_case_is_told(desk):
    desk.pass_()
    it = story(city=desk.city, offer=desk.home, now=THURSDAY)
    matching.propose(match_id=it.match.pk, by=it.coordinator, now=THURSDAY)
    Visit.objects.update(valid_until=THURSDAY.date())
    assert services.run_out(city=desk.city, by=None, now=THURSDAY + timedelta(days=1)) == 1
    assert visits.tell_desks(by=None, now=THURSDAY + timedelta(days=1)) > 0
    assert it.state == MatchState.PROPOSED
    assert told("match_home_changed").filter(recipient=it.coordinator).exists()


def test_nothing_new_is_proposed(desk):
    Visit.objects.filter(pk=desk.pass_().pk).update(valid_until=THURSDAY.date())
    need = due_need(city=desk.city, now=NOW)
    it = story(city=desk.city, offer=desk.home, need=need, now=THURSDAY)
    services.run_out(city=desk.city, by=None, now=THURSDAY + timedelta(days=1))
    with pytest.raises(NotPossible, match="vetting"):
        matching.propose(match_id=it.match.pk, by=it.coordinator, now=THURSDAY + timedelta(days=1))


def test_nobody_goes_to_a_home_that_was_taken_back(desk):
    visit = desk.plan(visitor=desk.colleague)
    offers.withdraw(offer_id=desk.home.pk, by=desk.host, now=NOW)
    assert services.call_off_closed(city=desk.city, by=None, now=NOW) == 1
    assert services.call_off_closed(city=desk.city, by=None, now=NOW) == 0
    visit.refresh_from_db()
    assert visit.state == "cancelled"
    assert {message.recipient for message in told("visit_cancelled")} == {desk.host, desk.colleague}


def test_homes_that_were_visited_before_get_the_visit_by_which_they_count(desk):
    """What the migration does; nobody's home runs out before its desk was told."""
    known = importlib.import_module("homes.migrations.0002_known_visits")
    long_ago = timezone.now() - timedelta(days=800)
    lately = timezone.now() - timedelta(days=20)
    homes = [
        OfferFactory(city=desk.city, vetted_at=when, vetted_by=desk.coordinator)
        for when in (long_ago, lately)
    ]
    with connection.cursor() as cursor:
        cursor.execute(known.VISITS + known.CHANGES)
    old, new = (Visit.objects.get(offer=home) for home in homes)
    today = timezone.localdate()
    assert today + timedelta(days=58) < old.valid_until < today + timedelta(days=62)
    assert new.valid_until > today + timedelta(days=300)
    assert not Visit.objects.filter(offer=desk.home).exists()
    assert VisitChange.objects.filter(by=desk.coordinator).count() == 2
    assert services.run_out(city=desk.city, by=None, now=timezone.now()) == 0
    assert services.run_out(city=desk.city, by=None, now=timezone.now() + timedelta(days=70)) == 1
