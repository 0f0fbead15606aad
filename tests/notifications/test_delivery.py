"""Messages leave once at most, whatever breaks on the way. The mail servers are real sockets."""

import logging
import signal
from datetime import UTC, datetime, timedelta

import pytest

from notifications import services, tasks
from notifications.models import Channel, Message, MessageState
from tests.factories.accounts import UserFactory
from tests.factories.cities import CityFactory
from tests.factories.notifications import MessageFactory
from tests.notifications.conftest import HANG_UP, SAY_NOTHING

NOW = datetime(2026, 3, 9, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def deliver(now: datetime = NOW) -> bool:
    return services.deliver_batch(by=None, now=now)


# --- What is sent --------------------------------------------------------------------------------------


def test_a_due_message_arrives_with_its_text_and_its_link(db, smtp_server, settings):
    settings.SITE_URL = "https://accorde.exemple.fr"
    city = CityFactory(name="Strasbourg", email="ville@exemple.fr")
    message = MessageFactory(city=city, recipient__email="marie@exemple.fr")

    assert not deliver()

    (mail,) = smtp_server.to("marie@exemple.fr")
    assert mail["Subject"] == "Votre proposition est enregistrée (P-3467-CDFG)"
    assert mail["Message-ID"] == f"<message.{message.pk}.20260309090000@accorde.exemple.fr>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Content-Language"] == "fr"
    assert mail["Reply-To"] == "ville@exemple.fr"
    plain, html = (part.get_content() for part in mail.iter_parts())
    assert "Votre proposition « Chambre » est enregistrée." in plain
    assert "https://accorde.exemple.fr/strasbourg/propositions/P-3467-CDFG/" in plain
    assert 'href="https://accorde.exemple.fr/strasbourg/propositions/P-3467-CDFG/"' in html
    assert 'lang="fr" dir="ltr"' in html
    message.refresh_from_db()
    assert (message.state, message.sent_at, message.attempts) == (MessageState.SENT, NOW, 1)


def test_arabic_is_written_from_right_to_left(db, smtp_server):
    MessageFactory(language="ar", title="تم تسجيل عرضكم", body="شكرا\n03 88 60 90 90")

    deliver()

    (mail,) = smtp_server.messages
    assert mail["Subject"] == "تم تسجيل عرضكم"
    assert mail["Content-Language"] == "ar"
    html = mail.get_body(["html"]).get_content()
    assert 'lang="ar" dir="rtl"' in html
    # The number is set apart, or its groups would be read in the wrong order.
    assert "\u206603 88 60 90 90\u2069" in html
    assert "\u206603 88 60 90 90\u2069" in mail.get_body(["plain"]).get_content()


def test_what_people_wrote_cannot_change_the_mail(db, smtp_server):
    MessageFactory(
        title="Chambre\nBcc: autre@exemple.fr", body="<script>alert(1)</script>\n.\nMAIL FROM", action_url=""
    )

    deliver()

    (mail,) = smtp_server.messages
    assert mail["Subject"] == "Chambre Bcc: autre@exemple.fr"
    assert mail["Bcc"] is None
    assert "<script>" not in mail.get_body(["html"]).get_content()
    lines = mail.get_body(["plain"]).get_content().splitlines()
    assert lines[:3] == ["<script>alert(1)</script>", ".", "MAIL FROM"]


def test_what_is_not_due_and_what_is_a_call_stay(db, smtp_server):
    MessageFactory(due_at=NOW + MINUTE)
    MessageFactory(to_call=True)

    deliver()

    assert smtp_server.messages == []
    assert set(Message.objects.values_list("state", flat=True)) == {MessageState.QUEUED}


def test_a_batch_uses_one_connection_and_says_when_more_waits(db, scripted_server, monkeypatch):
    server = scripted_server()
    monkeypatch.setattr(services, "BATCH", 3)
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


def test_after_a_refusal_the_same_connection_serves_the_next_message(db, scripted_server):
    server = scripted_server(RCPT="450 greylisted")
    messages = MessageFactory.create_batch(2)

    deliver()

    assert server.connections == 1
    for message in messages:
        message.refresh_from_db()
        assert (message.state, message.attempts, message.last_error) == (MessageState.QUEUED, 1, "rcpt 450")
        assert message.due_at == NOW + MINUTE


@pytest.mark.parametrize(
    ("verb", "answer", "state"),
    [
        ("MAIL", "550 sender not allowed", MessageState.QUEUED),
        ("MAIL", HANG_UP, MessageState.QUEUED),
        ("RCPT", HANG_UP, MessageState.QUEUED),
        ("RCPT", "421 closing", MessageState.QUEUED),
        ("DATA", "451 not now", MessageState.QUEUED),
        ("DATA", "554 no", MessageState.FAILED),
        ("END", "452 disk full", MessageState.QUEUED),
        ("END", "552 too big", MessageState.FAILED),
        ("DATA", HANG_UP, MessageState.UNCERTAIN),
        ("END", HANG_UP, MessageState.UNCERTAIN),
    ],
)
def test_each_step_of_the_dialogue_says_what_became_of_the_message(db, scripted_server, verb, answer, state):
    scripted_server(**{verb: answer})
    message = MessageFactory()

    deliver()

    message.refresh_from_db()
    assert message.state == state
    assert message.attempts == 1


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


def test_a_person_without_address_any_more_is_not_written_to(db, smtp_server):
    message = MessageFactory(recipient=UserFactory(phone_only=True))

    deliver()

    message.refresh_from_db()
    assert (message.state, message.last_error) == (MessageState.FAILED, "no address")


# --- Interrupted in mid-send ---------------------------------------------------------------------------


def test_an_interrupted_message_is_never_sent_again_by_itself(db, scripted_server):
    server = scripted_server(END=HANG_UP)
    message = MessageFactory()
    deliver()
    server.answers.clear()
    for days in range(5):
        services.mark_interrupted(by=None, now=NOW + timedelta(days=days))
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


def test_a_claim_that_nobody_settled_becomes_uncertain_after_ten_minutes(db, smtp_server):
    lost = MessageFactory(state=MessageState.SENDING, claimed_at=NOW - 10 * MINUTE, attempts=1)
    under_way = MessageFactory(state=MessageState.SENDING, claimed_at=NOW - 9 * MINUTE, attempts=1)

    assert services.mark_interrupted(by=None, now=NOW) == 1
    deliver(NOW)

    lost.refresh_from_db()
    under_way.refresh_from_db()
    assert (lost.state, under_way.state) == (MessageState.UNCERTAIN, MessageState.SENDING)
    assert smtp_server.messages == []


def test_a_worker_that_was_only_slow_still_says_what_it_knows(db, smtp_server):
    """Its message was set aside meanwhile: the late answer is worth more than the doubt."""
    message = MessageFactory()
    claimed = services._claim(now=NOW)
    services.mark_interrupted(by=None, now=NOW + 11 * MINUTE)
    services._settle(claimed, MessageState.SENT, sent_at=NOW)

    message.refresh_from_db()
    assert message.state == MessageState.SENT


def test_a_late_answer_never_touches_a_newer_attempt(db, smtp_server):
    message = MessageFactory()
    claimed = services._claim(now=NOW)
    services.mark_interrupted(by=None, now=NOW + 11 * MINUTE)
    services.retry_uncertain(message_id=message.pk, by=UserFactory(), now=NOW + 12 * MINUTE)
    services._claim(now=NOW + 12 * MINUTE)
    services._settle(claimed, MessageState.QUEUED, error="rcpt 450", due_at=NOW)

    message.refresh_from_db()
    assert (message.state, message.attempts) == (MessageState.SENDING, 2)


def test_an_operator_sends_an_interrupted_message_again(db, smtp_server):
    message = MessageFactory(state=MessageState.UNCERTAIN, attempts=1, tried_since=NOW)

    services.retry_uncertain(message_id=message.pk, by=UserFactory(), now=NOW + MINUTE)
    deliver(NOW + MINUTE)

    assert len(smtp_server.messages) == 1


@pytest.mark.parametrize("state", [MessageState.SENDING, MessageState.QUEUED])
def test_only_what_is_settled_without_success_is_sent_again(db, state):
    message = MessageFactory(state=state, claimed_at=NOW, due_at=NOW + MINUTE)

    services.retry_uncertain(message_id=message.pk, by=UserFactory(), now=NOW)

    message.refresh_from_db()
    assert (message.state, message.due_at) == (state, NOW + MINUTE)


def test_a_refused_message_whose_person_has_a_phone_alone_becomes_a_call(db):
    message = MessageFactory(state=MessageState.FAILED, recipient=UserFactory(phone_only=True))

    services.retry_uncertain(message_id=message.pk, by=UserFactory(), now=NOW)

    message.refresh_from_db()
    assert (message.state, message.channel) == (MessageState.QUEUED, Channel.CALL)


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
        event="hello",
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
    services.mark_interrupted(by=None, now=later)
    deliver(later)
    message.refresh_from_db()
    assert message.state == MessageState.UNCERTAIN
    assert len(server.content) == 1


def test_the_sweep_sends_what_no_wake_up_announced(db, smtp_server):
    MessageFactory(due_at=datetime.now(UTC))
    MessageFactory(state=MessageState.SENDING, claimed_at=datetime.now(UTC) - timedelta(hours=1), attempts=1)

    tasks.sweep()

    assert len(smtp_server.messages) == 1
    assert Message.objects.filter(state=MessageState.UNCERTAIN).count() == 1


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
