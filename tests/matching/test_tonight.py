"""No need for tonight stays silent: told at once with or without suggestions, then again until somebody takes it."""

import threading
from datetime import UTC, datetime, time, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from catalogue.vocabulary import Kind, Urgency
from cities.models import City
from config import embedded
from matching import services, tasks, tonight
from matching.lifecycle import Reason
from matching.models import CaseTaken, DeskReminder
from needs import services as needs
from notifications.models import Message
from notifications.reasons import has_reason
from oncall import services as oncall
from oncall.models import Rank
from tests.factories.accounts import CityRoleFactory
from tests.factories.cities import CityFactory
from tests.factories.matching import NOW, drain, due_need, due_offer, suggested_match
from tests.matching.locks import waiting_for_us

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def tonights(city, *, now=NOW, **fields):
    """A need for tonight that was just posted, and scanned."""
    need = due_need(city=city, urgency=Urgency.TONIGHT, now=now, **fields)
    drain(now)
    return need


def reminders(person=None):
    found = Message.objects.filter(event="tonight_waits").order_by("created_at", "pk")
    return found.filter(recipient=person) if person else found


def reminded_at(*, until, step=MINUTE, start=NOW, person=None):
    """Minute after minute, as the scheduler does: at which of them the desk is reminded, from the start."""
    now, told, before = start, [], reminders(person).count()
    while now <= start + until:
        tonight.remind_desks(by=None, now=now)
        if (count := reminders(person).count()) > before:
            told.append((now - start) // MINUTE)
        now, before = now + step, count
    return told


# --- At once -------------------------------------------------------------------------------------------


def test_a_need_for_tonight_is_told_though_nothing_was_found(city, coordinator):
    need = tonights(city)
    (message,) = Message.objects.filter(recipient=coordinator)
    assert message.event == "need_tonight"
    assert need.title in message.body
    assert message.action_url == reverse("desk:case", args=[city.slug, need.reference])


def test_what_is_found_later_is_told_too_and_never_that_nothing_was_found_after_it(city, coordinator):
    need = tonights(city)
    offer = due_offer(city=city)
    drain()
    offer.state = "paused"
    offer.scan_due_at = NOW
    offer.save()
    drain()
    needs.mark_due(need_ids=[need.pk], now=NOW)
    drain()
    assert list(Message.objects.order_by("pk").values_list("event", flat=True)) == [
        "need_tonight",
        "need_suggestions",
    ]


def test_what_is_not_for_tonight_is_told_when_something_is_found_alone(city, coordinator):
    due_need(city=city, urgency=Urgency.THIS_WEEK)
    drain()
    assert not Message.objects.exists()


# --- And again -----------------------------------------------------------------------------------------


def test_the_desk_is_reminded_ever_less_often_two_hours_at_most(city, coordinator):
    tonights(city)
    assert reminded_at(until=9 * HOUR) == [10, 30, 70, 150, 270, 390, 510]


@pytest.mark.parametrize(
    ("posted", "morning"),
    [
        # Seven in the morning of Paris, after the night that has an hour more, and after the one that has an hour less.
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 6, tzinfo=UTC)),
        (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), datetime(2026, 10, 25, 6, tzinfo=UTC)),
        (datetime(2026, 3, 29, 0, 30, tzinfo=UTC), datetime(2026, 3, 29, 5, tzinfo=UTC)),
    ],
)
def test_in_a_night_of_a_change_what_days_made_urgent_lets_people_sleep_until_the_town_wakes(
    city, coordinator, posted, morning
):
    City.objects.update(quiet_from=time(22), quiet_until=time(7))
    due_need(city=city, now=posted, first_day=posted.date() - timedelta(days=3))
    drain(posted)
    wait = morning - posted
    told = reminded_at(start=posted, until=wait + 10 * MINUTE, step=5 * MINUTE, person=coordinator)
    assert told == [wait // MINUTE]


def test_a_new_need_begins_the_reminders_anew_and_all_stand_in_one(city, coordinator):
    first = tonights(city, title="Une mère seule")
    assert reminded_at(until=50 * MINUTE) == [10, 30]
    later = NOW + HOUR
    second = tonights(city, now=later, title="Deux frères")
    assert reminded_at(start=later, until=50 * MINUTE) == [10, 30]
    body = reminders().last().body
    assert first.title in body
    assert second.title in body
    assert reminders().count() == 4


def test_one_that_is_taken_beside_another_does_not_begin_them_anew(city, coordinator):
    first, second = tonights(city, title="Une mère seule"), tonights(city, title="Deux frères")
    assert reminded_at(until=50 * MINUTE) == [10, 30]
    tonight.take(need=first, by=coordinator, now=NOW)
    assert reminded_at(start=NOW + HOUR, until=HOUR) == [10]
    assert first.title not in reminders().last().body
    assert second.title in reminders().last().body
    assert reminders().last().action_url.endswith(f"/{second.reference}/")


def test_of_many_needs_five_are_named(city, coordinator):
    for _ in range(7):
        tonights(city)
    reminded_at(until=15 * MINUTE)
    message = reminders().get()
    assert message.title == "Ce soir\u202f: 7 besoins attendent quelqu’un"
    assert message.body.count("Une mère et deux enfants") == 5
    assert "et 2 autres" in message.body
    assert message.action_url == reverse("desk:queue", args=[city.slug])


def test_it_rings_with_who_is_on_call_then_with_the_deputy_then_with_all(city, coordinator):
    deputy, other = (CityRoleFactory(city=city).user for _ in range(2))
    for person, rank in ((coordinator, Rank.FIRST), (deputy, Rank.DEPUTY)):
        oncall.cover(city=city, rank=rank, starts_at=NOW, ends_at=NOW + 24 * HOUR, by=person, now=NOW)
    tonights(city)
    assert [message.recipient for message in Message.objects.filter(event="need_tonight")] == [coordinator]
    reminded_at(until=2 * HOUR)
    assert {
        person: [(message.created_at - NOW) // MINUTE for message in reminders(person)]
        for person in (coordinator, deputy, other)
    } == {coordinator: [10, 20, 30, 40, 60, 100], deputy: [20, 30, 40, 60, 100], other: [30, 40, 60, 100]}


def test_each_step_takes_the_minutes_that_the_town_has_set(coordinator, city):
    type(city).objects.filter(pk=city.pk).update(escalate_after_minutes=3)
    oncall.cover(city=city, rank=Rank.FIRST, starts_at=NOW, ends_at=NOW + HOUR, by=coordinator, now=NOW)
    tonights(city)
    assert reminded_at(until=10 * MINUTE) == [3, 6, 9]


def test_when_it_is_taken_nobody_else_is_rung(city, coordinator):
    other = CityRoleFactory(city=city).user
    oncall.cover(city=city, rank=Rank.FIRST, starts_at=NOW, ends_at=NOW + HOUR, by=coordinator, now=NOW)
    need = tonights(city)
    assert reminded_at(until=10 * MINUTE) == [10]
    tonight.take(need=need, by=coordinator, now=NOW + 11 * MINUTE)
    assert reminded_at(start=NOW + 12 * MINUTE, until=HOUR) == []
    assert not Message.objects.filter(recipient=other).exists()


def test_who_comes_on_call_meanwhile_is_rung(city, coordinator):
    after = CityRoleFactory(city=city).user
    for person, start, end in (
        (coordinator, NOW, NOW + 5 * MINUTE), (after, NOW + 5 * MINUTE, NOW + HOUR)
    ):  # fmt: skip
        oncall.cover(city=city, rank=Rank.FIRST, starts_at=start, ends_at=end, by=person, now=NOW)
    tonights(city)
    assert reminded_at(until=10 * MINUTE, person=after) == [10]
    assert not reminders(coordinator).exists()


def asked(need, coordinator):
    match = suggested_match(need=need, city=need.city)
    return services.propose(match_id=match.pk, by=coordinator, now=NOW)


def withdrawn(need, coordinator):
    needs.withdraw(need_id=need.pk, by=coordinator, reason="", now=NOW)


def taken(need, coordinator):
    tonight.take(need=need, by=coordinator, now=NOW)


@pytest.mark.parametrize("what_happens", [asked, taken, withdrawn])
def test_nobody_is_reminded_of_what_somebody_looks_after(city, coordinator, what_happens):
    what_happens(tonights(city), coordinator)
    assert reminded_at(until=5 * HOUR) == []


def test_a_no_brings_the_need_back(city, coordinator):
    match = asked(tonights(city), coordinator)
    services.decline(
        match_id=match.pk, by=match.offer.owner, reason=Reason.NOT_AVAILABLE, note="", now=NOW + HOUR
    )
    assert reminded_at(start=NOW + HOUR, until=20 * MINUTE) == [10]


def test_what_was_given_back_waits_again(city, coordinator):
    need = tonights(city)
    tonight.take(need=need, by=coordinator, now=NOW)
    assert reminded_at(until=HOUR) == []
    tonight.give_back(need=need, by=CityRoleFactory(city=city).user, now=NOW + HOUR)
    assert reminded_at(start=NOW + HOUR, until=20 * MINUTE, person=coordinator) == [10]


def test_each_town_has_its_own(city, coordinator):
    elsewhere = CityRoleFactory(city=CityFactory()).user
    tonights(city)
    reminded_at(until=15 * MINUTE)
    assert reminders(coordinator).count() == 1
    assert not reminders(elsewhere).exists()


def test_a_reminder_that_was_not_sent_in_time_has_no_reason_any_more(city, coordinator):
    need = tonights(city)
    reminded_at(until=15 * MINUTE)
    assert reminders().annotate(stands=has_reason()).get().stands
    tonight.take(need=need, by=coordinator, now=NOW)
    assert not reminders().annotate(stands=has_reason()).get().stands


def test_the_scheduler_reminds(city, coordinator):
    now = timezone.now()
    need = tonights(city, now=now)
    DeskReminder.objects.create(city=city, need_ids=[need.pk], next_at=now - MINUTE)
    tasks.advance_time()
    assert reminders(coordinator).count() == 1


# --- Taken ---------------------------------------------------------------------------------------------


def test_a_case_is_taken_by_one_and_taking_it_twice_changes_nothing(city, coordinator):
    need, other = tonights(city), CityRoleFactory(city=city).user
    tonight.take(need=need, by=coordinator, now=NOW)
    tonight.take(need=need, by=coordinator, now=NOW + HOUR)
    with pytest.raises(tonight.AlreadyTaken):
        tonight.take(need=need, by=other, now=NOW)
    assert tonight.taken(need).by == coordinator
    tonight.give_back(need=need, by=other, now=NOW + HOUR)
    assert tonight.taken(need) is None
    tonight.take(need=need, by=other, now=NOW + HOUR)
    assert list(CaseTaken.objects.order_by("pk").values_list("by", "given_back_by")) == [
        (coordinator.pk, other.pk),
        (other.pk, None),
    ]


def test_it_is_the_coordination_s_to_take(city):
    need = tonights(city)
    for by in (CityRoleFactory(city=city, role="operator").user, CityRoleFactory(city=CityFactory()).user):
        with pytest.raises(PermissionDenied):
            tonight.take(need=need, by=by, now=NOW)
        with pytest.raises(PermissionDenied):
            tonight.give_back(need=need, by=by, now=NOW)


def test_two_take_a_case_at_once_and_one_has_it(transactional_db, at_once, city, coordinator):
    need, other = tonights(city), CityRoleFactory(city=city).user
    is_ours = threading.Event()

    def first():
        with transaction.atomic():
            tonight.take(need=need, by=coordinator, now=NOW)
            is_ours.set()
            embedded.wait_until(waiting_for_us, 10)

    def second():
        is_ours.wait(10)
        return tonight.take(need=need, by=other, now=NOW)

    _, late = at_once(first, second)
    assert isinstance(late, tonight.AlreadyTaken)
    assert CaseTaken.objects.get().by == coordinator


# --- On the page ---------------------------------------------------------------------------------------


def test_one_tap_on_the_case_takes_it(city, coordinator, as_user):
    client = as_user(coordinator)
    need = tonights(city, now=timezone.now())
    case = reverse("desk:case", args=[city.slug, need.reference])
    assert "Personne ne s’en occupe encore" in client.get(case).content.decode()
    page = client.post(reverse("desk:take", args=[city.slug, need.reference]), follow=True).content.decode()
    assert "Vous vous occupez de ce dossier" in page
    assert "Personne ne s’en occupe encore" not in page
    assert tonight.taken(need).by == coordinator
    page = client.post(
        reverse("desk:give_back", args=[city.slug, need.reference]), follow=True
    ).content.decode()
    assert "Personne ne s’en occupe encore" in page


def test_who_comes_second_reads_that_another_has_it(city, coordinator, as_user):
    client = as_user(coordinator)
    other = CityRoleFactory(city=city, user__name="Nadia Ferrand").user
    need = tonights(city, now=timezone.now())
    tonight.take(need=need, by=other, now=timezone.now())
    page = client.post(reverse("desk:take", args=[city.slug, need.reference]), follow=True).content.decode()
    assert "Nadia Ferrand vient de prendre ce dossier" in page


def test_what_is_not_for_tonight_presses_nobody_to_take_it(city, coordinator, as_user):
    need = due_need(city=city, kind=Kind.GOODS, now=timezone.now())
    page = as_user(coordinator).get(reverse("desk:case", args=[city.slug, need.reference])).content.decode()
    assert need.title in page
    assert "Je m’en occupe" in page
    assert "Personne ne s’en occupe encore" not in page
