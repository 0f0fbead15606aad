"""Queuing: once per (recipient, event, subject), in the recipient's language, whatever the broker does."""

from datetime import UTC, datetime

import pytest
from celery import Celery
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import get_language

from config.celery import app
from notifications import channel_registry, selectors, services
from notifications.events import Priority
from notifications.models import Message, MessageState
from notifications.services import Text
from tests.factories.accounts import CityRoleFactory, UserFactory
from tests.factories.cities import CityFactory
from tests.factories.notifications import MessageFactory

NOW = datetime(2026, 3, 9, 9, tzinfo=UTC)


def queue(
    person, subject="match:1", *, event="match_question", city=None, due_at=None, priority=None, **more
):
    return services.queue(
        recipient=person,
        event=event,
        subject_key=subject,
        city=city,
        compose=lambda: Text(f"Bonjour ({get_language()})", "Bonjour"),
        now=NOW,
        due_at=due_at,
        priority=priority,
        **more,
    )


def test_a_message_is_queued_in_the_recipients_language_and_wakes_a_worker(transactional_db, wake_ups):
    message = queue(UserFactory(language="ar"))

    assert (message.title, message.language) == ("Bonjour (ar)", "ar")
    assert (message.state, message.due_at, message.created_at) == (MessageState.QUEUED, NOW, NOW)
    assert wake_ups() == [("notifications.tasks.deliver", [])]


def test_a_language_that_we_do_not_speak_becomes_french(db):
    assert queue(UserFactory(language="ps")).language == "fr"


def test_somebody_without_an_address_gets_a_call_and_no_wake_up(transactional_db, wake_ups):
    message = queue(UserFactory(phone_only=True))

    assert message.channel == "call"
    assert wake_ups() == []


def test_the_desk_reads_what_it_calls_about_in_its_own_language(transactional_db, wake_ups):
    message = queue(UserFactory(language="ar"), channel=channel_registry.by_person(), language="fr")

    assert (message.channel, message.language, message.title) == ("call", "fr", "Bonjour (fr)")
    assert wake_ups() == []


def test_the_channel_is_the_preferred_of_those_that_reach_the_person(transactional_db, courier, wake_ups):
    message = queue(UserFactory(email="agent@mairie.exemple.fr"))

    assert message.channel == "courier"
    assert wake_ups() == [("notifications.tasks.deliver", [])]


def test_what_is_due_later_wakes_nobody(transactional_db, wake_ups):
    assert queue(UserFactory(), due_at=timezone.now()) is not None
    assert wake_ups() == []


def test_the_same_message_is_queued_once(db):
    person = UserFactory()
    assert queue(person) is not None
    assert queue(person) is None
    assert queue(person, "match:2") is not None
    assert queue(person, event="match_confirmed") is not None
    assert queue(UserFactory()) is not None
    assert Message.objects.count() == 4


def test_two_connections_at_the_same_moment_queue_it_once(at_once):
    person = UserFactory()

    results = at_once(*[lambda: queue(person)] * 6)

    assert sorted(result is None for result in results) == [False] + [True] * 5
    assert Message.objects.count() == 1


def test_the_second_one_waits_for_the_first_and_then_counts_on_its_outcome(at_once):
    """The first one's transaction fails after queuing: the second one's message is the message."""
    person = UserFactory()

    def failing():
        with transaction.atomic():
            queue(person)
            raise RuntimeError("later in the same transaction")

    failed, _queued = at_once(failing, lambda: queue(person))

    assert isinstance(failed, RuntimeError)
    assert Message.objects.count() == 1


def test_the_database_holds_the_uniqueness_by_itself(db):
    first = MessageFactory()
    with pytest.raises(IntegrityError, match="message_once"):
        MessageFactory(recipient=first.recipient, event=first.event, subject_key=first.subject_key)


def test_by_another_channel_it_may_be_told_and_in_doubt_once_more(db):
    """The same words by another way are a row of their own, and so is what repeats a message; each once."""
    first = MessageFactory(state="uncertain")
    same = {"recipient": first.recipient, "event": first.event, "subject_key": first.subject_key}
    MessageFactory(**same, channel="courier")
    repeat = MessageFactory(**same, repeat_of=first)

    assert repeat.channel == first.channel
    with pytest.raises(IntegrityError, match="repeat_of_id"):
        MessageFactory(**same, repeat_of=first)


def test_no_message_repeats_itself(db):
    message = MessageFactory()
    with pytest.raises(IntegrityError, match="message_repeats_another"):
        Message.objects.filter(pk=message.pk).update(repeat_of=message)


def test_an_event_has_its_priority_unless_it_is_for_tonight(db):
    usual, tonight = queue(UserFactory()), queue(UserFactory(), priority=Priority.NIGHT)

    assert (usual.priority, tonight.priority) == (Priority.ASK, Priority.NIGHT)


def test_what_nobody_has_said_the_urgency_of_is_not_queued(db):
    with pytest.raises(KeyError):
        queue(UserFactory(), event="never_heard_of")


def test_a_broker_that_is_down_loses_no_message(transactional_db, caplog):
    elsewhere = Celery("elsewhere", broker="redis://127.0.0.1:1/0", set_as_current=False)
    elsewhere.conf.task_publish_retry = False
    elsewhere.set_current()
    try:
        message = queue(UserFactory())
    finally:
        app.set_current()

    assert Message.objects.get() == message
    assert "wake-up not sent: notifications.tasks.deliver" in caplog.text


# --- What the database holds, and who sees what --------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"state": "sent"}, "message_sent_at_with_state"),
        ({"sent_at": NOW}, "message_sent_at_with_state"),
        ({"state": "delivered", "delivered_at": NOW}, "message_sent_at_with_state"),
        ({"state": "uncertain", "sent_at": NOW}, "message_sent_at_with_state"),
        ({"state": "sending"}, "message_sending_is_claimed"),
        ({"state": "held"}, "message_why_with_state"),
        ({"state": "suppressed"}, "message_why_with_state"),
        ({"why": "quiet hours"}, "message_why_with_state"),
        ({"priority": 0}, "message_priority_known"),
        ({"provider_ref": "7"}, "message_reference_once_sent"),
        ({"state": "delivered", "sent_at": NOW}, "message_delivered_at_with_state"),
        ({"state": "sent", "sent_at": NOW, "delivered_at": NOW}, "message_delivered_at_with_state"),
        ({"state": "opened", "sent_at": NOW}, "message_opened_at_with_state"),
        (
            {"state": "delivered", "sent_at": NOW, "delivered_at": NOW, "opened_at": NOW},
            "message_opened_at_with_state",
        ),
        ({"state": "answered", "sent_at": NOW}, "message_answered_at_with_state"),
        (
            {"state": "opened", "sent_at": NOW, "opened_at": NOW, "answered_at": NOW},
            "message_answered_at_with_state",
        ),
    ],
)
def test_the_database_refuses_half_told_stories(db, fields, constraint):
    with pytest.raises(IntegrityError, match=constraint):
        MessageFactory(**fields)


def test_undelivered_are_those_that_only_a_person_can_settle(db):
    city = CityFactory()
    failed = MessageFactory(city=city, state="failed")
    uncertain = MessageFactory(city=city, state="uncertain")
    MessageFactory(city=city)
    MessageFactory(state="failed")

    assert set(selectors.undelivered(city)) == {failed, uncertain}


@pytest.mark.parametrize(
    ("role", "sees"), [("coordinator", True), ("operator", True), ("administrator", False)]
)
def test_the_desk_sees_the_towns_messages(db, role, sees):
    message = MessageFactory()
    person = CityRoleFactory(city=message.city, role=role).user
    stranger = CityRoleFactory(role=role).user

    assert (message in Message.objects.visible_to(person)) is sees
    assert message not in Message.objects.visible_to(stranger)


def test_everybody_sees_their_own_messages_and_no_others(db):
    mine, _other = MessageFactory(), MessageFactory()

    assert list(Message.objects.visible_to(mine.recipient)) == [mine]
