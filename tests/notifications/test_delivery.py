"""Messages leave once at most, whatever breaks on the way. The mail servers are real sockets."""

import logging
import signal
from datetime import UTC, datetime, timedelta

import pytest

from config import embedded
from notifications import delivery, services, tasks
from notifications.models import Message, MessageState
from tests.factories.accounts import UserFactory
from tests.factories.cities import CityFactory
from tests.factories.notifications import MessageFactory
from tests.notifications.conftest import HANG_UP, SAY_NOTHING

NOW = datetime(2026, 3, 9, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def deliver(now: datetime = NOW, channel: str = "email") -> bool:
    return delivery.deliver_batch(channel=channel, by=None, now=now)


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


# --- The server is down --------------------------------------------------------------------------------


def test_while_the_server_is_down_everything_waits_and_goes_later(db, smtp_server):
    messages = MessageFactory.create_batch(3)
    smtp_server.stop()

    assert not deliver()

    for message in messages:
        message.refresh_from_db()
        assert (message.state, message.attempts) == (MessageState.QUEUED, 0)
        assert message.due_at == NOW + MINUTE
        assert message.last_error == "connect ConnectionRefusedError"
    smtp_server.start()
    deliver(NOW + MINUTE / 2)
    assert smtp_server.messages == []
    deliver(NOW + MINUTE)
    assert len(smtp_server.messages) == 3
    deliver(NOW + 2 * MINUTE)
    assert len(smtp_server.messages) == 3


def test_one_failed_connection_is_enough_for_a_batch(db, scripted_server):
    server = scripted_server(CONNECT="554 no service")
    MessageFactory.create_batch(3)

    deliver()

    assert server.connections == 1


def test_after_three_days_without_a_server_a_message_fails(db, smtp_server):
    message = MessageFactory()
    younger = MessageFactory(due_at=NOW + timedelta(days=2))
    smtp_server.stop()
    deliver(NOW)
    deliver(NOW + timedelta(days=2, hours=23))
    message.refresh_from_db()
    assert message.state == MessageState.QUEUED

    deliver(NOW + timedelta(days=3, minutes=5))

    message.refresh_from_db()
    younger.refresh_from_db()
    assert message.state == MessageState.FAILED
    assert younger.state == MessageState.QUEUED


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
    mail, note = two_ways
    smtp_server.stop()

    deliver()
    note.refresh_from_db()
    assert (note.state, note.due_at, note.tried_since, note.last_error) == (
        MessageState.QUEUED,
        NOW,
        None,
        "",
    )
    deliver(channel="courier")

    mail.refresh_from_db()
    assert (mail.state, mail.due_at, mail.last_error) == (
        MessageState.QUEUED, NOW + MINUTE, "connect ConnectionRefusedError",
    )  # fmt: skip
    assert len(courier.content) == 1


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
    assert (note.state, note.attempts, note.due_at, note.last_error) == (
        MessageState.QUEUED, 0, NOW + MINUTE, code,
    )  # fmt: skip
    mail.refresh_from_db()
    assert (mail.state, mail.last_error) == (MessageState.SENT, "")


def test_each_channel_with_something_due_has_a_task_of_its_own(transactional_db, two_ways, wake_ups):
    MessageFactory(to_call=True)

    tasks.deliver()

    task = "notifications.tasks.deliver_through"
    assert sorted(wake_ups()) == [(task, ["courier"]), (task, ["email"])]


def test_the_worker_sends_mail_while_the_courier_is_down(worker, courier, smtp_server, settings, eventually):
    settings.COURIER_PORT = embedded._free_port(None)
    now = datetime.now(UTC)
    note = MessageFactory(channel="courier", recipient__email="agent@mairie.exemple.fr", due_at=now)
    mail = MessageFactory(due_at=now)

    tasks.deliver.delay()

    eventually(lambda: smtp_server.to(mail.recipient.email))
    eventually(lambda: Message.objects.get(pk=note.pk).last_error == "connect")


def test_what_waits_for_a_channel_that_is_no_more_comes_to_the_desk(db):
    gone = MessageFactory(channel="pigeon")
    younger = MessageFactory(channel="pigeon", due_at=NOW + MINUTE)
    sent = MessageFactory(channel="pigeon", state=MessageState.SENT, sent_at=NOW)
    others = [MessageFactory(), MessageFactory(to_call=True)]

    assert delivery.fail_orphans(by=None, now=NOW + 10 * MINUTE) == 1

    gone.refresh_from_db()
    assert (gone.state, gone.last_error) == (MessageState.FAILED, "no such channel")
    for message in (younger, sent, *others):
        before = message.state
        message.refresh_from_db()
        assert message.state == before
    services.retry_uncertain(message_id=gone.pk, by=UserFactory(), now=NOW + 11 * MINUTE)
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


# --- Interrupted in mid-send ---------------------------------------------------------------------------


def test_an_interrupted_message_is_never_sent_again_by_itself(db, scripted_server):
    server = scripted_server(END=HANG_UP)
    message = MessageFactory()
    deliver()
    server.answers.clear()
    for days in range(5):
        delivery.mark_interrupted(by=None, now=NOW + timedelta(days=days))
        deliver(NOW + timedelta(days=days))

    message.refresh_from_db()
    assert message.state == MessageState.UNCERTAIN
    assert len(server.content) == 1


def test_the_line_that_breaks_costs_one_message_not_the_batch(db, scripted_server):
    server = scripted_server(END=HANG_UP)
    MessageFactory.create_batch(3)

    deliver()

    assert len(server.content) == 1
    states = sorted(Message.objects.values_list("state", flat=True))
    assert states == [MessageState.QUEUED, MessageState.QUEUED, MessageState.UNCERTAIN]


def test_a_claim_without_a_result_becomes_uncertain_after_ten_minutes(db, smtp_server):
    lost = MessageFactory(state=MessageState.SENDING, claimed_at=NOW - 10 * MINUTE, attempts=1)
    under_way = MessageFactory(state=MessageState.SENDING, claimed_at=NOW - 9 * MINUTE, attempts=1)

    assert delivery.mark_interrupted(by=None, now=NOW) == 1
    deliver(NOW)

    lost.refresh_from_db()
    under_way.refresh_from_db()
    assert (lost.state, under_way.state) == (MessageState.UNCERTAIN, MessageState.SENDING)
    assert smtp_server.messages == []


def test_a_worker_that_was_only_slow_still_says_what_it_knows(db, smtp_server):
    """Its message was set aside meanwhile: the late answer is worth more than the doubt."""
    message = MessageFactory()
    claimed = delivery._claim("email", now=NOW)
    delivery.mark_interrupted(by=None, now=NOW + 11 * MINUTE)
    delivery._record(claimed, MessageState.SENT, sent_at=NOW)

    message.refresh_from_db()
    assert message.state == MessageState.SENT


def test_a_late_answer_never_touches_a_newer_attempt(db, smtp_server):
    message = MessageFactory()
    claimed = delivery._claim("email", now=NOW)
    delivery.mark_interrupted(by=None, now=NOW + 11 * MINUTE)
    services.retry_uncertain(message_id=message.pk, by=UserFactory(), now=NOW + 12 * MINUTE)
    delivery._claim("email", now=NOW + 12 * MINUTE)
    delivery._record(claimed, MessageState.QUEUED, error="rcpt 450", due_at=NOW)

    message.refresh_from_db()
    assert (message.state, message.attempts) == (MessageState.SENDING, 2)


def test_an_operator_sends_an_interrupted_message_again(db, smtp_server):
    message = MessageFactory(state=MessageState.UNCERTAIN, attempts=1, tried_since=NOW)

    services.retry_uncertain(message_id=message.pk, by=UserFactory(), now=NOW + MINUTE)
    deliver(NOW + MINUTE)

    assert len(smtp_server.messages) == 1


@pytest.mark.parametrize("state", [MessageState.SENDING, MessageState.QUEUED])
def test_only_what_ended_without_success_is_sent_again(db, state):
    message = MessageFactory(state=state, claimed_at=NOW, due_at=NOW + MINUTE)

    services.retry_uncertain(message_id=message.pk, by=UserFactory(), now=NOW)

    message.refresh_from_db()
    assert (message.state, message.due_at) == (state, NOW + MINUTE)


def test_a_refused_message_whose_person_has_a_phone_alone_becomes_a_call(db):
    message = MessageFactory(state=MessageState.FAILED, recipient=UserFactory(phone_only=True))

    services.retry_uncertain(message_id=message.pk, by=UserFactory(), now=NOW)

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


def test_a_worker_killed_in_mid_send_leaves_one_uncertain_message(
    worker_process, scripted_server, eventually, monkeypatch
):
    """The server has the content and is silent; the worker dies; nothing is sent a second time."""
    server = scripted_server(END=SAY_NOTHING)
    monkeypatch.setenv("EMAIL_HOST", "127.0.0.1")
    monkeypatch.setenv("EMAIL_PORT", str(server.port))
    process = worker_process("-Q", "messages")
    message = MessageFactory(due_at=datetime.now(UTC))
    tasks.deliver.delay()
    eventually(lambda: server.content, seconds=60)

    process.send_signal(signal.SIGKILL)
    process.wait()
    server.release.set()
    server.answers.clear()

    message.refresh_from_db()
    assert message.state == MessageState.SENDING
    later = datetime.now(UTC) + 11 * MINUTE
    delivery.mark_interrupted(by=None, now=later)
    deliver(later)
    message.refresh_from_db()
    assert message.state == MessageState.UNCERTAIN
    assert len(server.content) == 1


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
