"""What waits: for the week to have room, for the night to end. Nothing waits for ever."""

from datetime import UTC, datetime, time, timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from cities.days import at_hour, local_time, waking_hour
from notifications import delivery, doubts, holding, preferences, reasons, sweeps
from notifications.events import Priority
from notifications.models import Message, MessageState, Preference
from notifications.queued import hold_on, let_go, take_back
from notifications.services import NewMessage, Text, queue, queue_many
from tests.factories.accounts import CityRoleFactory, MembershipFactory, UserFactory
from tests.factories.cities import CityFactory
from tests.factories.matching import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("reasons_stand")]
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
NIGHT = NOW.replace(hour=22)  # eleven in Strasbourg
MORNING = NIGHT.replace(day=NIGHT.day + 1, hour=7)
REMINDER, QUESTION = "offer_reminder", "match_question"


@pytest.fixture
def town():
    return CityFactory(messages_a_week=2)


@pytest.fixture
def host():
    return UserFactory(phone="+33612345678")


def say(person, town, subject="offer:1", *, event=REMINDER, now=NOW, **more):
    return queue(
        recipient=person,
        event=event,
        subject_key=subject,
        city=town,
        compose=lambda: Text("Bonjour", "Bonjour."),
        now=now,
        **more,
    )


def fill(person, town, now=NOW):
    return [say(person, town, f"offer:{number}", now=now) for number in range(town.messages_a_week)]


def leave(messages, at):
    Message.objects.filter(pk__in=[message.pk for message in messages]).update(
        state=MessageState.SENT, sent_at=at, claimed_at=at
    )


def release(now):
    return sweeps.release_held(by=None, now=now)


# --- So many a week ------------------------------------------------------------------------------------


def test_beyond_the_week_s_number_a_message_waits_until_there_is_room(town, host):
    sent = fill(host, town)
    more = say(host, town, "offer:9")
    assert {message.state for message in sent} == {MessageState.QUEUED}
    assert (more.state, more.why) == (MessageState.HELD, holding.WEEK)
    leave(sent, NOW)
    release(more.due_at)
    more.refresh_from_db()
    assert more.state == MessageState.HELD
    for days in range(1, 7):
        release(NOW + days * DAY)
    assert Message.objects.get(pk=more.pk).due_at == NOW + 7 * DAY
    assert release(NOW + 7 * DAY - MINUTE) == 0
    assert release(NOW + 7 * DAY) == 1
    more.refresh_from_db()
    assert (more.state, more.why) == (MessageState.QUEUED, "")


@pytest.mark.parametrize(
    ("event", "priority"),
    [
        ("match_question", Priority.NIGHT),
        ("match_confirmed", None),
        ("offer_receipt", None),
        # It says what has become of what they take part in.
        ("match_cancelled", None),
    ],
)
def test_what_answers_or_cannot_wait_leaves_all_the_same_and_takes_no_room(town, host, event, priority):
    for number in range(3):
        assert say(host, town, f"match:{number}", event=event, priority=priority).state == MessageState.QUEUED
    assert {message.state for message in fill(host, town)} == {MessageState.QUEUED}
    assert say(host, town, "match:9", event=event, priority=priority).state == MessageState.QUEUED


@pytest.mark.parametrize("factory", [CityRoleFactory, MembershipFactory])
def test_who_works_here_is_told_without_a_limit(town, factory):
    person = factory().user
    fill(person, town)
    assert say(person, town, "offer:9", event="followup_question").state == MessageState.QUEUED


def test_one_thing_told_by_two_channels_counts_once(town, host):
    say(host, town, channel="email")
    say(host, town, channel="call")
    assert say(host, town, "offer:2").state == MessageState.QUEUED
    assert say(host, town, "offer:3").state == MessageState.HELD


def test_who_waits_longest_is_told_first(town, host):
    leave(fill(host, town), NOW)
    first, second = (say(host, town, f"offer:{number}", now=NOW + HOUR) for number in (8, 9))
    Message.objects.filter(pk=first.pk).update(due_at=NOW + 20 * DAY)
    # Though there is room when it comes, what came later does not overtake.
    third = say(host, town, "offer:10", now=NOW + 8 * DAY)
    assert third.state == MessageState.HELD
    release(NOW + 8 * DAY)
    states = dict(Message.objects.values_list("subject_key", "state"))
    assert [states[message.subject_key] for message in (first, second, third)] == ["queued", "queued", "held"]


def test_what_has_lost_its_reason_does_not_wait_on(town, host, monkeypatch):
    fill(host, town)
    more = say(host, town, "message:0", event="message_in_doubt", held=holding.WEEK)
    monkeypatch.setattr(reasons, "_reasons", doubts.reasons_of_doubts())
    sweeps.set_moot_aside(by=None, now=NOW)
    more.refresh_from_db()
    assert (more.state, more.why) == (MessageState.MOOT, "")


def test_two_at_once_never_exceed_the_week(transactional_db, at_once):
    town, host = CityFactory(messages_a_week=1), UserFactory()
    at_once(*[lambda n=n: say(User.objects.get(pk=host.pk), town, f"offer:{n}") for n in range(3)])
    assert Message.objects.filter(state=MessageState.QUEUED).count() <= 1
    at_once(*[lambda: release(NOW)] * 2)
    assert Message.objects.filter(state=MessageState.QUEUED).count() == 1
    Message.objects.filter(state=MessageState.QUEUED).update(
        state=MessageState.SENT, sent_at=NOW, claimed_at=NOW
    )
    Message.objects.filter(state=MessageState.HELD).update(due_at=NOW)
    at_once(*[lambda: release(NOW + 8 * DAY)] * 2)
    assert Message.objects.filter(state=MessageState.QUEUED).count() == 1
    assert Message.objects.filter(state=MessageState.HELD).count() == 1


STEPS = st.lists(
    st.tuples(st.sampled_from(["say", "ask", "press", "leave", "fail", "sweep"]), st.integers(0, 60)),
    min_size=5,
    max_size=40,
)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(limit=st.integers(1, 3), steps=STEPS)
def test_whatever_happens_no_seven_days_have_more_and_nothing_waits_for_ever(limit, steps):
    Message.objects.all().delete()
    town, host = CityFactory(messages_a_week=limit), UserFactory()
    now = NOW
    for number, (act, hours) in enumerate(steps):
        now += hours * HOUR
        due = Message.objects.filter(state=MessageState.QUEUED, due_at__lte=now).order_by("pk").first()
        if act == "say":
            say(host, town, f"offer:{number}", now=now)
        elif act in ("ask", "press"):
            say(host, town, f"{act}:{number}", event=QUESTION, now=now, held=holding.QUESTION)
        elif act == "sweep" or due is None:
            release(now)
            ask_next(host, town, now)
        elif act == "leave":
            leave([due], now)
        else:
            Message.objects.filter(pk=due.pk).update(state=MessageState.FAILED, claimed_at=now)
    for _ in range(8 * len(steps)):
        if not Message.objects.filter(state__in=[MessageState.QUEUED, MessageState.HELD]).exists():
            break
        release(now)
        ask_next(host, town, now)
        leave(Message.objects.filter(state=MessageState.QUEUED, due_at__lte=now), now)
        now += DAY
    assert not Message.objects.filter(state__in=[MessageState.QUEUED, MessageState.HELD]).exists()
    left = _told_in_order()
    for first, beyond in zip(left, left[limit:], strict=False):
        assert beyond - first >= holding.A_WEEK


def ask_next(person, town, now):
    """Have the next question leave, as the app does that asks: those that press first, whenever they came."""
    if Message.objects.filter(event=QUESTION, state=MessageState.QUEUED).exists():
        return
    waiting = Message.objects.filter(event=QUESTION, state=MessageState.HELD).exclude(why=holding.QUIET)
    message = waiting.order_by("-subject_key", "pk").first()  # "press:9" before "ask:1"
    if message is None:
        return
    holding.take_turn([person.pk])
    if holding.has_room(person, town, now=now, message=message):
        let_go(message=message, compose=lambda: Text("Bonjour", "?"), priority=None, by=None, now=now)
    else:
        hold_on(message=message, why=holding.WEEK, by=None, now=now)


def test_what_was_taken_back_meanwhile_neither_leaves_nor_waits_on(host, town):
    message = say(host, town)
    Message.objects.filter(pk=message.pk).update(state=MessageState.HELD, why=holding.WEEK)
    message.refresh_from_db()
    assert take_back(recipient=host, events=[REMINDER], subject_key="offer:1", by=None, now=NOW)
    hold_on(message=message, why=holding.QUIET, by=None, now=NOW)
    assert message.state == MessageState.HELD, "as it was read"
    let_go(message=message, compose=lambda: Text("Bonjour", "?"), priority=None, by=None, now=NOW)
    message.refresh_from_db()
    assert (message.state, message.why) == (MessageState.MOOT, "")


def test_a_message_that_is_being_taken_back_is_waited_for(transactional_db, meanwhile, host, town):
    message = say(host, town)
    Message.objects.filter(pk=message.pk).update(state=MessageState.HELD, why=holding.WEEK)
    message.refresh_from_db()
    with transaction.atomic():
        take_back(recipient=host, events=[REMINDER], subject_key="offer:1", by=None, now=NOW)
        left = meanwhile(
            lambda: let_go(
                message=message, compose=lambda: Text("Bonjour", "?"), priority=None, by=None, now=NOW
            )
        )
    assert left().state == MessageState.MOOT


def _told_in_order():
    return list(
        Message.objects.filter(sent_at__isnull=False).order_by("sent_at").values_list("sent_at", flat=True)
    )


# --- By night ------------------------------------------------------------------------------------------


def test_what_does_not_press_waits_for_the_morning(host):
    message = say(host, CityFactory(), event="match_declined", now=NIGHT)
    assert (message.state, message.why, message.due_at) == (MessageState.HELD, holding.QUIET, MORNING)
    assert release(MORNING - MINUTE) == 0
    assert release(MORNING) == 1
    message.refresh_from_db()
    assert (message.state, message.why) == (MessageState.QUEUED, "")


@pytest.mark.parametrize(
    ("event", "priority"),
    [("match_question", Priority.NIGHT), ("offer_receipt", None), ("shift_taken_over", None)],
)
def test_by_night_leaves_what_is_for_tonight_or_what_they_wait_for(host, event, priority):
    assert say(host, CityFactory(), event=event, priority=priority, now=NIGHT).state == MessageState.QUEUED


def test_a_call_is_for_a_person_who_looks_at_the_clock():
    assert (
        say(
            UserFactory(email=None, phone="+33612345678"), CityFactory(), event="match_declined", now=NIGHT
        ).state
        == "queued"
    )


def test_the_page_of_the_site_makes_no_noise(host):
    host = CityRoleFactory(user__last_login=NIGHT).user
    say(host, CityFactory(), event="match_declined", now=NIGHT)
    assert dict(Message.objects.values_list("channel", "state")) == {"email": "held", "inapp": "queued"}


@pytest.mark.parametrize(
    ("zone", "moment", "until"),
    [
        ("Indian/Reunion", datetime(2026, 3, 9, 18, tzinfo=UTC), datetime(2026, 3, 10, 4, tzinfo=UTC)),
        ("America/Martinique", datetime(2026, 3, 9, 11, tzinfo=UTC), datetime(2026, 3, 9, 12, tzinfo=UTC)),
        ("Europe/Paris", datetime(2026, 3, 28, 22, tzinfo=UTC), datetime(2026, 3, 29, 6, tzinfo=UTC)),
        ("Europe/Paris", datetime(2026, 10, 24, 22, tzinfo=UTC), datetime(2026, 10, 25, 7, tzinfo=UTC)),
    ],
)
def test_the_hours_are_those_of_the_town(host, zone, moment, until):
    town = CityFactory(timezone=zone)
    assert say(host, town, event="match_declined", now=moment).due_at == until
    assert say(host, town, "match:2", event="match_declined", now=until).state == MessageState.QUEUED


def test_somebody_s_own_hours_count(host):
    Preference.objects.create(person=host, quiet_from=time(6), quiet_until=time(14, 30))
    town = CityFactory()
    assert say(host, town, event="match_declined", now=NIGHT).state == MessageState.QUEUED
    by_day = say(host, town, "match:2", event="match_declined", now=NOW)
    assert by_day.due_at == NOW.replace(hour=13, minute=30)


def test_what_was_held_up_does_not_leave_by_night(host, smtp_server):
    message = say(host, CityFactory(), event="match_declined")
    delivery.deliver_batch(channel="email", by=None, clock=lambda: NIGHT)
    message.refresh_from_db()
    assert (message.state, message.why, message.due_at) == (MessageState.HELD, holding.QUIET, MORNING)
    assert not smtp_server.to(host.email)
    release(MORNING)
    delivery.deliver_batch(channel="email", by=None, clock=lambda: MORNING)
    assert len(smtp_server.to(host.email)) == 1


def test_a_message_that_goes_over_to_another_channel_waits_on(host, settings):
    settings.SMS_GATEWAY = "http"
    say(host, CityFactory(), event="match_declined", now=NIGHT)
    preferences.choose(
        person=host,
        refused_channels=["email"],
        refused_sorts=[],
        paused_until=None,
        rings_at_night=False,
        by=host,
        now=NIGHT,
    )
    following = Message.objects.get(channel="sms")
    assert (following.state, following.why, following.due_at) == (MessageState.HELD, holding.QUIET, MORNING)


ZONES = ["Europe/Paris", "Indian/Reunion", "America/Martinique", "Pacific/Noumea", "Australia/Lord_Howe"]


@settings(max_examples=300, deadline=None)
@given(
    zone=st.sampled_from(ZONES),
    moment=st.datetimes(
        NOW.replace(tzinfo=None), (NOW + 365 * DAY).replace(tzinfo=None), timezones=st.just(UTC)
    ),
    morning=st.times().map(lambda hour: hour.replace(second=0, microsecond=0)),
    night=st.times().map(lambda hour: hour.replace(second=0, microsecond=0)),
)
def test_whoever_sleeps_wakes_within_a_day_and_when_their_clock_says_so(zone, moment, morning, night):
    if morning == night:
        return
    town = CityFactory.build(timezone=zone)
    wakes = waking_hour(moment, town, morning, night)
    assert moment <= wakes <= moment + 25 * HOUR
    if wakes > moment:
        shown = local_time(wakes, town)
        # The hour itself, or the moment to which the clocks of that day leap over it.
        assert shown.time() == morning or at_hour(shown.date(), morning, town).astimezone(UTC) == wakes


# --- Many at once --------------------------------------------------------------------------------------


def test_many_are_queued_as_one_by_one_in_a_fixed_number_of_queries(town, host):
    people = [host, *(UserFactory() for _ in range(3)), CityRoleFactory(user__last_login=NOW).user]
    people.append(Preference.objects.create(person=UserFactory(), refused_sorts=["reminders"]).person)

    def drafts(subject, each):
        return [
            NewMessage(person, REMINDER, f"{subject}{number}", town, lambda: Text("Bonjour", "Bonjour."))
            for person in people
            for number in range(each)
        ]

    few, many = _queries(drafts("offer:1", 1)), _queries(drafts("offer:2", 20))
    assert few == many
    assert queue_many(drafts=drafts("offer:2", 20), now=NOW) == []
    states = {
        person: list(
            Message.objects.filter(recipient=person, channel="email")
            .order_by("pk")
            .values_list("state", flat=True)[:3]
        )
        for person in people
    }
    assert states[host] == ["queued", "queued", "held"]
    assert states[people[4]] == ["queued"] * 3
    assert states[people[5]] == ["suppressed"] * 3
    assert Message.objects.filter(recipient=people[4], channel="inapp").count() == 21


def _queries(drafts):
    with CaptureQueriesContext(connection) as queries:
        queue_many(drafts=drafts, now=NOW)
    return len(queries)


def test_one_that_another_has_queued_meanwhile_stops_none_of_the_others(transactional_db, at_once):
    town, people = CityFactory(), [UserFactory() for _ in range(30)]

    def all_of_them():
        drafts = [
            NewMessage(person, "match_declined", "match:1", town, lambda: Text("Bonjour", "Bonjour."))
            for person in people
        ]
        return len(queue_many(drafts=drafts, now=NOW))

    assert sum(at_once(all_of_them, all_of_them)) == 30
    assert Message.objects.count() == 30
