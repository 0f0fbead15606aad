"""Messages leave once at most, whatever breaks on the way. The mail servers are real sockets."""

import logging
from datetime import UTC, datetime, timedelta

import pytest

from config import embedded
from notifications import delivery, queued, selectors, services, sweeps, tasks
from notifications.models import Message, MessageState, Outage
from tests.factories.accounts import UserFactory
from tests.factories.cities import CityFactory
from tests.factories.notifications import MessageFactory

NOW = datetime(2026, 3, 9, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def deliver(now: datetime = NOW, channel: str = "email") -> bool:
    return delivery.deliver_batch(channel=channel, by=None, clock=lambda: now)


# --- What is sent --------------------------------------------------------------------------------------


def test_what_is_not_due_and_what_is_a_call_stay(db, smtp_server):
    MessageFactory(due_at=NOW + MINUTE)
    MessageFactory(to_call=True)

    deliver()

    assert smtp_server.messages == []
    assert set(Message.objects.values_list("state", flat=True)) == {MessageState.QUEUED}


def test_a_batch_uses_one_connection_and_says_when_more_waits(db, scripted_server, monkeypatch):
    server = scripted_server()
    monkeypatch.setattr(delivery, "BATCH", 3)
    MessageFactory.create_batch(4)

    assert deliver()
    assert len(server.content) == 3
    assert server.connections == 1
    assert not deliver()
    assert len(server.content) == 4


# --- Each channel for itself ---------------------------------------------------------------------------


@pytest.fixture
def two_ways(db, courier, smtp_server):
    """A mail and a courier's note, both due."""
    return MessageFactory(), MessageFactory(channel="courier", recipient__email="agent@mairie.exemple.fr")


def test_a_batch_is_one_channels(two_ways, courier, smtp_server):
    _mail, note = two_ways

    deliver()
    assert (len(smtp_server.messages), courier.content) == (1, [])
    deliver(channel="courier")

    assert len(smtp_server.messages) == 1
    assert [content.strip() for content in courier.content] == [note.subject_key]
    assert set(Message.objects.values_list("state", "attempts")) == {(MessageState.SENT, 1)}


def test_while_mail_is_down_the_courier_goes_on(two_ways, courier, smtp_server):
    mail, _note = two_ways
    smtp_server.stop()

    deliver()
    deliver(channel="courier")

    mail.refresh_from_db()
    assert mail.state == MessageState.QUEUED
    assert len(courier.content) == 1
    assert selectors.channels_down() == ["email"]


@pytest.mark.parametrize(("set_up", "code"), [(True, "connect"), (False, "AttributeError")])
def test_a_courier_that_is_down_or_not_set_up_holds_up_no_mail(two_ways, settings, set_up, code):
    """Even where its folder's own code fails: its messages wait, and nothing was tried."""
    mail, note = two_ways
    if set_up:
        settings.COURIER_PORT = embedded._free_port(None)
    else:
        del settings.COURIER_PORT

    assert not deliver(channel="courier")
    assert not deliver()

    note.refresh_from_db()
    assert (note.state, note.attempts, note.due_at) == (MessageState.QUEUED, 0, NOW)
    assert Outage.objects.get().error == code
    mail.refresh_from_db()
    assert (mail.state, mail.last_error) == (MessageState.SENT, "")


def test_each_channel_with_something_due_has_a_task_of_its_own(transactional_db, two_ways, wake_ups):
    MessageFactory(to_call=True)

    tasks.deliver()

    task = "notifications.tasks.deliver_through"
    assert sorted(wake_ups()) == [(task, ["courier"]), (task, ["email"])]


def test_a_long_queue_makes_room_for_the_other_channels_and_wakes_the_next(
    transactional_db, smtp_server, wake_ups, monkeypatch
):
    monkeypatch.setattr(tasks, "LONGEST_RUN_SECONDS", 0)
    monkeypatch.setattr(delivery, "BATCH", 2)
    MessageFactory.create_batch(5)

    tasks.deliver_through("email")

    assert len(smtp_server.messages) == 2
    assert wake_ups() == [("notifications.tasks.deliver", [])]


def test_the_worker_sends_mail_while_the_courier_is_down(worker, courier, smtp_server, settings, eventually):
    settings.COURIER_PORT = embedded._free_port(None)
    now = datetime.now(UTC)
    note = MessageFactory(channel="courier", recipient__email="agent@mairie.exemple.fr", due_at=now)
    mail = MessageFactory(due_at=now)

    tasks.deliver.delay()

    eventually(lambda: smtp_server.to(mail.recipient.email))
    eventually(lambda: Outage.objects.filter(channel="courier", error="connect").exists())
    assert Message.objects.get(pk=note.pk).state == MessageState.QUEUED


def test_what_waits_for_a_channel_that_is_no_more_comes_to_the_desk(db):
    gone = MessageFactory(channel="pigeon")
    younger = MessageFactory(channel="pigeon", due_at=NOW + MINUTE)
    sent = MessageFactory(channel="pigeon", state=MessageState.SENT, sent_at=NOW)
    others = [MessageFactory(), MessageFactory(to_call=True)]

    assert sweeps.fail_orphans(by=None, now=NOW + 10 * MINUTE) == 1

    gone.refresh_from_db()
    assert (gone.state, gone.last_error) == (MessageState.FAILED, "no such channel")
    for message in (younger, sent, *others):
        before = message.state
        message.refresh_from_db()
        assert message.state == before
    queued.retry_uncertain(message_id=gone.pk, by=UserFactory(), now=NOW + 11 * MINUTE)
    gone.refresh_from_db()
    assert (gone.state, gone.channel) == (MessageState.QUEUED, "email")


# --- The server says no --------------------------------------------------------------------------------


def test_a_refused_recipient_fails_at_once_and_the_others_go_on(db, scripted_server):
    server = scripted_server(RCPT="550 5.1.1 <marie@exemple.fr> unknown")
    refused = MessageFactory(recipient__email="marie@exemple.fr")
    deliver()
    refused.refresh_from_db()
    assert (refused.state, refused.last_error) == (MessageState.FAILED, "rcpt 550")
    assert server.content == []
    server.answers.clear()
    MessageFactory()

    deliver()

    assert len(server.content) == 1


def test_waits_grow_and_stay_below_an_hour_until_three_days_have_passed(db, scripted_server):
    server = scripted_server(RCPT="451 not now")
    message = MessageFactory()
    now, waits = NOW, []
    while message.state == MessageState.QUEUED:
        deliver(now)
        message.refresh_from_db()
        waits.append(message.due_at - now)
        now = max(message.due_at, now + MINUTE)

    assert [wait // MINUTE for wait in waits[:6]] == [1, 5, 15, 60, 60, 60]
    assert message.state == MessageState.FAILED
    assert 72 <= message.attempts <= 76
    assert server.content == []


# --- Again, because a person says so --------------------------------------------------------------------


def test_an_operator_sends_an_interrupted_message_again(db, smtp_server):
    message = MessageFactory(state=MessageState.UNCERTAIN, attempts=1, tried_since=NOW)

    queued.retry_uncertain(message_id=message.pk, by=UserFactory(), now=NOW + MINUTE)
    deliver(NOW + MINUTE)

    assert len(smtp_server.messages) == 1


@pytest.mark.parametrize("state", [MessageState.SENDING, MessageState.QUEUED])
def test_only_what_ended_without_success_is_sent_again(db, state):
    message = MessageFactory(state=state, claimed_at=NOW, due_at=NOW + MINUTE)

    queued.retry_uncertain(message_id=message.pk, by=UserFactory(), now=NOW)

    message.refresh_from_db()
    assert (message.state, message.due_at) == (state, NOW + MINUTE)


def test_a_refused_message_whose_person_has_a_phone_alone_becomes_a_call(db):
    message = MessageFactory(state=MessageState.FAILED, recipient=UserFactory(phone_only=True))

    queued.retry_uncertain(message_id=message.pk, by=UserFactory(), now=NOW)

    message.refresh_from_db()
    assert (message.state, message.channel) == (MessageState.QUEUED, "call")


# --- At the same time, and with real workers -----------------------------------------------------------


def test_workers_at_the_same_moment_send_each_message_once(smtp_server, at_once):
    people = UserFactory.create_batch(20)
    city = CityFactory()
    for person in people:
        MessageFactory(recipient=person, city=city)

    results = at_once(deliver, deliver, deliver)

    assert not [result for result in results if isinstance(result, Exception)]
    received = sorted(str(mail["To"]) for mail in smtp_server.messages)
    assert received == sorted(person.email for person in people)
    assert set(Message.objects.values_list("state", "attempts")) == {(MessageState.SENT, 1)}


def test_the_wake_up_has_the_worker_send_at_once(worker, smtp_server, eventually):
    person = UserFactory()

    services.queue(
        recipient=person,
        event="need_receipt",
        subject_key="person:1",
        city=None,
        compose=lambda: services.Text("Bonjour", "Bonjour"),
        now=datetime.now(UTC),
    )

    eventually(lambda: smtp_server.to(person.email))
    eventually(lambda: Message.objects.filter(state=MessageState.SENT).exists())


def test_the_sweep_sends_what_no_wake_up_announced(worker, smtp_server, eventually):
    now = datetime.now(UTC)
    MessageFactory(due_at=now)
    lost = MessageFactory(state=MessageState.SENDING, claimed_at=now - timedelta(hours=1), attempts=1)
    orphan = MessageFactory(channel="pigeon", due_at=now - timedelta(hours=1))

    tasks.sweep()

    eventually(lambda: len(smtp_server.messages) == 1)
    lost.refresh_from_db()
    orphan.refresh_from_db()
    assert (lost.state, orphan.state) == (MessageState.UNCERTAIN, MessageState.FAILED)


# --- Logs ----------------------------------------------------------------------------------------------


def test_logs_name_no_person(db, scripted_server, caplog):
    scripted_server(RCPT="550 <marie@exemple.fr> unknown")
    message = MessageFactory(recipient__email="marie@exemple.fr", recipient__name="Marie")
    caplog.set_level(logging.DEBUG)

    deliver()

    assert f"message {message.pk} failed: rcpt 550" in caplog.text
    assert "arie" not in caplog.text
    message.refresh_from_db()
    assert "marie" not in message.last_error
