"""What people choose about the messages to them: what they are spared, and what nobody is."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from matching import services as matching
from matching.lifecycle import NotPossible
from notifications import preferences, pursuit, reach, services
from notifications.events import EVENTS, Priority, Refusable
from notifications.models import Message, MessageState, Preference
from notifications.services import Text
from tests.factories.accounts import UserFactory
from tests.factories.cities import CityFactory
from tests.factories.matching import NOW, story
from tests.factories.notifications import MessageFactory

pytestmark = pytest.mark.django_db
MOBILE = "+33612345678"
# Half past eleven at night in Strasbourg.
NIGHT = datetime(2026, 3, 9, 22, 30, tzinfo=UTC)
CHOSEN = {"refused_channels": [], "refused_sorts": [], "paused_until": None, "rings_at_night": False}


@pytest.fixture(autouse=True)
def has_sms(settings):
    settings.SMS_GATEWAY = "http"


@pytest.fixture
def host():
    return UserFactory(phone=MOBILE)


def choose(person, **chosen):
    return preferences.choose(person=person, **{**CHOSEN, **chosen}, by=person, now=NOW)


def queue(person, event="match_declined", subject="match:1", **more):
    return services.queue(
        recipient=person, event=event, subject_key=subject, compose=lambda: Text("Bonjour", "Bonjour"),
        **{"city": None, "now": NOW, **more},
    )  # fmt: skip


def told(person):
    rows = Message.objects.filter(recipient=person).order_by("pk")
    return [(message.channel, message.state, message.why) for message in rows]


def test_a_refused_channel_is_left_out(host):
    assert queue(host).channel == "email"
    choose(host, refused_channels=["email"])
    assert queue(host, subject="match:2").channel == "sms"
    choose(host, refused_channels=["email", "sms"])
    assert queue(host, subject="match:3").channel == "call"


@pytest.mark.parametrize("event", [name for name, event in EVENTS.items() if event.always])
def test_what_nobody_may_refuse_arrives_all_the_same(host, event):
    choose(host, refused_channels=["email", "sms"], refused_sorts=list(Refusable))
    message = queue(host, event)
    assert (message.channel, message.state) == ("email", MessageState.QUEUED)


def test_who_is_on_call_is_rung_by_two_channels_whatever_they_chose(host):
    choose(host, refused_channels=["sms"])
    rung = services.alert(
        recipient=host, event="tonight_waits", subject_key="city:1:1", city=CityFactory(),
        compose=lambda: Text("Ce soir", "Un besoin attend."), now=NIGHT,
    )  # fmt: skip
    assert rung == 2
    assert [channel for channel, *_rest in told(host)] == ["email", "sms"]


@pytest.mark.parametrize("event", [name for name, event in EVENTS.items() if event.sort])
def test_what_somebody_does_without_is_kept_and_not_sent(host, event):
    choose(host, refused_sorts=[EVENTS[event].sort])
    queue(host, event)
    assert told(host) == [("email", MessageState.SUPPRESSED, "refused")]


def test_only_the_sort_that_was_refused(host):
    choose(host, refused_sorts=[Refusable.DIGEST])
    assert queue(host, "offer_reminder").state == MessageState.QUEUED


def test_nothing_is_both_told_always_and_refusable():
    assert not [name for name, event in EVENTS.items() if event.always and event.sort]


def test_what_waits_goes_by_the_next_channel_or_not_at_all(host):
    for number, event in enumerate(("match_declined", "offer_receipt", "offer_reminder")):
        queue(host, event, f"match:{number}", due_at=NOW + timedelta(hours=number))
    choose(host, refused_channels=["email"], refused_sorts=[Refusable.REMINDERS])
    assert told(host) == [
        ("email", MessageState.SUPPRESSED, "not by this channel"),
        ("email", MessageState.QUEUED, ""),
        ("email", MessageState.SUPPRESSED, "refused"),
        ("sms", MessageState.QUEUED, ""),
    ]
    first, *_others, last = Message.objects.order_by("pk")
    assert (last.subject_key, last.body, last.due_at) == (first.subject_key, first.body, first.due_at)


def test_what_has_left_or_concerns_others_stays_as_it_is(host):
    left = MessageFactory(recipient=host, event="match_declined", state="sent", sent_at=NOW)
    of_another = MessageFactory(event="match_declined")
    choose(host, refused_channels=["email"])
    assert set(Message.objects.values_list("pk", "state")) == {(left.pk, "sent"), (of_another.pk, "queued")}


def test_who_was_told_by_the_next_channel_already_is_not_told_again(host):
    queue(host)
    queue(host, channel="sms")
    choose(host, refused_channels=["email"])
    assert told(host) == [
        ("email", MessageState.SUPPRESSED, "not by this channel"),
        ("sms", MessageState.QUEUED, ""),
        ("call", MessageState.QUEUED, ""),
    ]


def test_without_a_number_one_way_remains():
    person = UserFactory()
    with pytest.raises(ValidationError, match="une façon de vous joindre"):
        choose(person, refused_channels=["email"])
    assert not Preference.objects.exists()


def test_the_list_of_calls_cannot_be_refused(host):
    assert choose(host, refused_channels=["call", "email", "sms"]).refused_channels == ["email", "sms"]


def test_each_change_says_who_and_when(host):
    preference = choose(host, paused_until=date(2026, 4, 1))
    choose(host, paused_until=date(2026, 4, 1))
    preferences.refuse(person=host, sort=Refusable.REMINDERS, by=host, now=NOW + timedelta(hours=1))
    preferences.refuse(person=host, sort=Refusable.REMINDERS, by=host, now=NOW + timedelta(hours=2))
    preferences.refuse(person=host, sort=Refusable.FOLLOW_UP, by=host, now=NOW + timedelta(hours=3))
    assert [(edit.what, edit.by, edit.at) for edit in preference.edits.all()] == [
        ({"paused_until": [None, "2026-04-01"]}, host, NOW),
        ({"refused_sorts": [[], ["reminders"]]}, host, NOW + timedelta(hours=1)),
        ({"refused_sorts": [["reminders"], ["follow_up", "reminders"]]}, host, NOW + timedelta(hours=3)),
    ]
    with pytest.raises(IntegrityError), transaction.atomic():
        preference.edits.all().delete()


def test_two_refusals_at_once_both_count(transactional_db, at_once):
    person = UserFactory()
    at_once(
        *(
            lambda sort=sort: preferences.refuse(person=person, sort=sort, by=person, now=NOW)
            for sort in Refusable
        )
    )
    assert set(Preference.objects.get().refused_sorts) == set(Refusable)


def test_the_database_knows_the_sorts(host):
    with pytest.raises(IntegrityError, match="preference_sorts_known"):
        Preference.objects.create(person=host, refused_sorts=["contacts"])


# --- At night ------------------------------------------------------------------------------------------


def tonight(person, now=NIGHT, **more):
    return queue(person, "match_question", city=CityFactory(), now=now, priority=Priority.NIGHT, **more)


@pytest.mark.parametrize(
    ("hour", "minute", "consents", "channel"),
    [
        (20, 59, False, "sms"),
        (21, 0, False, "call"),
        (7, 59, False, "call"),
        (8, 0, False, "sms"),
        (21, 0, True, "sms"),
        (3, 0, True, "sms"),
    ],
)
def test_an_sms_rings_at_night_with_who_said_so(hour, minute, consents, channel):
    person = UserFactory(email=None, phone=MOBILE)
    choose(person, rings_at_night=consents)
    # One hour less by UTC.
    assert tonight(person, datetime(2026, 3, 9, (hour - 1) % 24, minute, tzinfo=UTC)).channel == channel


def test_at_night_a_mail_rings_with_nobody(host):
    assert tonight(host).channel == "email"


@pytest.mark.parametrize(("consents", "channel"), [(False, "call"), (True, "sms")])
def test_a_question_for_tonight_that_nobody_opens_goes_on(reasons_stand, host, consents, channel):
    choose(host, rings_at_night=consents)
    message = tonight(host)
    Message.objects.filter(pk=message.pk).update(state="sent", sent_at=NIGHT, claimed_at=NIGHT)
    pursuit.pursue(by=None, now=NIGHT + timedelta(minutes=10))
    assert [way for way, *_rest in told(host)] == ["email", channel]


# --- A pause -------------------------------------------------------------------------------------------


def test_who_has_paused_is_asked_nothing_new():
    it = story()
    choose(it.citizen, paused_until=date(2026, 3, 9))
    with pytest.raises(NotPossible, match="paused"):
        matching.propose(match_id=it.match.pk, by=it.coordinator, now=NOW)
    assert not Message.objects.filter(event="match_question").exists()


def test_after_the_last_day_of_a_pause_they_are_asked_again():
    it = story()
    choose(it.citizen, paused_until=date(2026, 3, 8))
    matching.propose(match_id=it.match.pk, by=it.coordinator, now=NOW)
    assert Message.objects.get(event="match_question").recipient == it.citizen


def test_what_was_asked_before_a_pause_goes_on():
    it = story()
    matching.propose(match_id=it.match.pk, by=it.coordinator, now=NOW)
    choose(it.citizen, paused_until=date(2026, 4, 1))
    matching.accept(match_id=it.match.pk, by=it.citizen, now=NOW)
    matching.confirm(match_id=it.match.pk, by=it.member, now=NOW)
    assert Message.objects.get(event="match_confirmed", recipient=it.citizen).state == MessageState.QUEUED


def test_whom_nothing_was_asked_of_yet_is_reached_as_ever(host):
    assert reach.reaching(host, "match_question") == ["email", "sms", "call"]
    assert reach.known([host])[host.pk].channels_for("match_question", quiet=True) == ["email", "call"]
