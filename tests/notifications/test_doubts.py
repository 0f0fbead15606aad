"""Nobody knows whether it arrived: what decides a night is said once more and the desk told; the rest waits."""

import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from django.db import DatabaseError, connection

from accounts.models import Role
from notifications import (
    channel_registry,
    connections,
    delivery,
    doubts,
    outages,
    queued,
    selectors,
)
from notifications.events import Priority
from notifications.models import Message, MessageState
from tests.conftest import database_url
from tests.factories.accounts import CityRoleFactory, UserFactory
from tests.factories.cities import CityFactory
from tests.factories.notifications import MessageFactory
from tests.mail_server import HANG_UP

S = MessageState
NOW = datetime(2026, 3, 9, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
TONIGHT = {"event": "match_question", "priority": Priority.NIGHT}

pytestmark = pytest.mark.usefixtures("reasons_stand")


def deliver(now=NOW, channel="email"):
    return delivery.deliver_batch(channel=channel, by=None, clock=lambda: now)


def state_of(message):
    message.refresh_from_db()
    return message.state


def alerts():
    return Message.objects.filter(event="message_in_doubt")


# --- At most once ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fields", [{}, {"event": "match_question", "priority": Priority.ASK}], ids=["news", "planned"]
)
def test_an_interrupted_message_is_never_sent_again_by_itself(db, scripted_server, fields):
    server = scripted_server(END=HANG_UP)
    message = MessageFactory(**fields)
    CityRoleFactory(city=message.city)
    deliver()
    server.answers.clear()
    for days in range(5):
        doubts.mark_interrupted(by=None, now=NOW + timedelta(days=days))
        deliver(NOW + timedelta(days=days))

    assert state_of(message) == S.UNCERTAIN
    assert len(server.content) == Message.objects.count() == 1


# --- At least once --------------------------------------------------------------------------------------


def test_what_decides_a_night_is_said_once_more_and_marked_so(db, scripted_server):
    server = scripted_server(END=HANG_UP)
    message = MessageFactory(**TONIGHT)
    deliver()
    server.answers.clear()
    for minutes in range(1, 10):
        deliver(NOW + minutes * MINUTE)

    repeat = Message.objects.get(repeat_of=message)
    assert (state_of(message), repeat.state, repeat.channel, repeat.priority) == (
        S.UNCERTAIN, S.SENT, "email", Priority.NIGHT,
    )  # fmt: skip
    first, second = server.content
    assert "Rappel du même message" not in first
    assert "Rappel du m=C3=AAme message" in second or "Rappel du même message" in second
    identifiers = [
        line for content in (first, second) for line in content.splitlines() if line.startswith("Message-ID")
    ]
    assert len(identifiers) == 2
    assert len(set(identifiers)) == 1


def test_a_repeat_is_in_the_language_of_its_reader(db, scripted_server):
    scripted_server(END=HANG_UP)
    message = MessageFactory(**TONIGHT, language="en")
    deliver()

    assert Message.objects.get(repeat_of=message).body.startswith("The same message again")


def test_a_repeat_is_not_repeated(db, scripted_server):
    server = scripted_server(END=HANG_UP)
    message = MessageFactory(**TONIGHT)
    for minutes in range(0, 120, 5):
        deliver(NOW + minutes * MINUTE)

    assert len(server.content) == Message.objects.count() == 2
    assert set(Message.objects.values_list("state", flat=True)) == {S.UNCERTAIN}
    assert Message.objects.get(repeat_of=message)


def test_it_goes_by_another_way_if_the_person_has_one(db, courier, scripted_server):
    scripted_server(END=HANG_UP)
    message = MessageFactory(**TONIGHT, recipient__email="agent@mairie.exemple.fr")
    deliver()
    deliver(channel="courier")

    repeat = Message.objects.get(repeat_of=message)
    assert (repeat.channel, repeat.state, repeat.provider_ref) == ("courier", S.SENT, message.subject_key)
    assert len(courier.content) == 1


def test_but_not_by_one_that_is_out_of_order(db, courier, scripted_server):
    scripted_server(END=HANG_UP)
    message = MessageFactory(**TONIGHT, recipient__email="agent@mairie.exemple.fr")
    outages.note(channel="courier", error="x", may_lose=False, by=None, now=NOW)
    deliver()

    assert Message.objects.get(repeat_of=message).channel == "email"


def test_nor_by_one_that_brings_it_already(db, courier, scripted_server):
    """Who is told by two channels at once gets each once, and the one in doubt again."""
    scripted_server(END=HANG_UP)
    message = MessageFactory(**TONIGHT, recipient__email="agent@mairie.exemple.fr")
    same = {"recipient": message.recipient, "subject_key": message.subject_key}
    MessageFactory(**TONIGHT, **same, channel="courier")
    deliver()

    assert Message.objects.get(repeat_of=message).channel == "email"


# --- The desk is told -----------------------------------------------------------------------------------


@pytest.fixture
def desk(db):
    """A town, its two coordinators, and an operator who is not told."""
    city = CityFactory()
    CityRoleFactory(city=city, role=Role.OPERATOR)
    return city, [CityRoleFactory(city=city, role=Role.COORDINATOR).user for _ in range(2)]


def test_the_desk_is_told_at_once_and_called_when_no_channel_works(desk, scripted_server):
    """Its mails would go by the server that has just failed."""
    city, coordinators = desk
    scripted_server(END=HANG_UP)
    message = MessageFactory(**TONIGHT, city=city, recipient__name="Marie", title="Pouvez-vous aider ?")
    deliver()

    assert {alert.recipient for alert in alerts()} == set(coordinators)
    assert {(alert.channel, alert.state, alert.priority) for alert in alerts()} == {
        ("call", S.QUEUED, Priority.NIGHT)
    }
    assert all("Marie" in alert.body and "Pouvez-vous aider ?" in alert.body for alert in alerts())
    assert state_of(message) == S.UNCERTAIN


def test_the_desk_is_told_by_mail_when_only_a_worker_died(desk, smtp_server):
    city, coordinators = desk
    MessageFactory(**TONIGHT, city=city, state=S.SENDING, claimed_at=NOW, attempts=1)
    doubts.mark_interrupted(by=None, now=NOW + MINUTE)

    assert {alert.channel for alert in alerts()} == {"email"}
    deliver(NOW + MINUTE)
    assert all(smtp_server.to(person.email) for person in coordinators)


def test_an_alert_in_doubt_is_not_said_again(desk, scripted_server):
    city, coordinators = desk
    scripted_server(END=HANG_UP)
    MessageFactory(city=city, recipient=coordinators[0], event="message_in_doubt", priority=Priority.NIGHT)
    deliver()

    assert Message.objects.count() == 1


def test_what_concerns_no_town_is_said_again_all_the_same(db, scripted_server):
    scripted_server(END=HANG_UP)
    message = MessageFactory(**TONIGHT, city=None)
    deliver()

    assert Message.objects.get(repeat_of=message)
    assert not alerts().exists()


# --- A worker that died, and one that lives -------------------------------------------------------------


def test_what_a_dead_worker_was_sending_is_set_aside_at_once(db, smtp_server):
    lost = MessageFactory(state=S.SENDING, claimed_at=NOW, attempts=1)

    assert doubts.mark_interrupted(by=None, now=NOW) == 1

    assert (state_of(lost), lost.last_error) == (S.UNCERTAIN, "worker lost")


def test_whoever_takes_its_connection_sets_it_aside_too(db, smtp_server):
    lost = MessageFactory(state=S.SENDING, claimed_at=NOW, attempts=1)
    other = MessageFactory(state=S.SENDING, claimed_at=NOW, attempts=1, connection=1)
    deliver()

    assert (state_of(lost), state_of(other)) == (S.UNCERTAIN, S.SENDING)
    assert smtp_server.messages == []


@contextmanager
def another_worker():
    """It holds the first connection of the mails, in a session of its own."""
    holds, may_go = threading.Event(), threading.Event()

    def hold():
        with connections.one_of("email", 1) as number:
            assert number == 0
            holds.set()
            may_go.wait(30)
        connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    assert holds.wait(30)
    yield
    may_go.set()
    thread.join()


def test_a_worker_that_lives_keeps_what_it_sends_however_long(transactional_db, smtp_server):
    slow = MessageFactory(state=S.SENDING, claimed_at=NOW, attempts=1)
    with another_worker():
        assert doubts.mark_interrupted(by=None, now=NOW + timedelta(hours=1)) == 0
        assert state_of(slow) == S.SENDING
        deliver()
        assert state_of(slow) == S.SENDING, "there is a second connection, and it robs nobody"
    assert doubts.mark_interrupted(by=None, now=NOW + timedelta(hours=1)) == 1


def test_as_many_deliver_at_once_as_the_channel_has_connections(transactional_db, smtp_server, settings):
    MessageFactory()
    with another_worker():
        settings.EMAIL_CONNECTIONS = 1
        assert not deliver()
        assert smtp_server.messages == []
        settings.EMAIL_CONNECTIONS = 2
        deliver()
    assert len(smtp_server.messages) == 1


def test_a_channel_that_says_nothing_of_it_has_one_connection(courier):
    assert [channel_registry.connections_of(name) for name in ("courier", "email")] == [1, 2]


def test_what_came_while_the_connection_was_taken_is_seen_when_it_is_free(db, smtp_server):
    """Whoever was woken for it found the connection taken, and left."""
    MessageFactory(due_at=NOW)
    MessageFactory(due_at=NOW + MINUTE)

    def locks():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
            )
            return cursor.fetchone()[0]

    before = locks()

    def clock():
        return NOW if locks() > before else NOW + MINUTE

    assert delivery.deliver_batch(channel="email", by=None, clock=clock)
    assert len(smtp_server.messages) == 1


def test_the_session_asks_after_a_client_that_has_vanished(transactional_db):
    with connections.one_of("email", 1), connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('tcp_keepalives_idle')::int + "
            "current_setting('tcp_keepalives_interval')::int * current_setting('tcp_keepalives_count')::int"
        )
        assert cursor.fetchone()[0] < 60


def _claimed(now=NOW):
    return delivery._Batch("email", 0, lambda: now)._next()


def _sent(message):
    return delivery.Result(message, S.SENT)


def test_a_worker_that_was_only_cut_off_still_says_what_it_knows(db, smtp_server):
    """Its message was set aside meanwhile: the late answer is worth more than the doubt."""
    message = MessageFactory(**TONIGHT)
    claimed = _claimed()
    doubts.mark_interrupted(by=None, now=NOW + MINUTE)
    assert Message.objects.get(repeat_of=message).state == S.QUEUED
    delivery._record(_sent(claimed), now=NOW)

    assert (state_of(message), message.sent_at) == (S.SENT, NOW)
    assert Message.objects.get(repeat_of=message).state == S.MOOT, "nobody is told twice of what has arrived"


def test_a_late_answer_never_touches_a_newer_attempt(db, smtp_server):
    message = MessageFactory()
    claimed = _claimed()
    doubts.mark_interrupted(by=None, now=NOW + MINUTE)
    queued.retry_uncertain(message_id=message.pk, by=UserFactory(), now=NOW + 12 * MINUTE)
    _claimed(NOW + 12 * MINUTE)
    delivery._record(delivery.Result(claimed, S.QUEUED, "rcpt 450", due_at=NOW), now=NOW)

    assert (state_of(message), message.attempts) == (S.SENDING, 2)


def end_the_session():
    """Of this very connection, as a server that is started anew does."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    with psycopg.connect(database_url(), autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])


def test_a_result_is_written_when_the_next_claim_fails(at_once, smtp_server):
    """The session breaks between a mail that was taken and the note of it."""
    messages = MessageFactory.create_batch(2)

    def send_and_break():
        batch = delivery._Batch("email", 0, lambda: NOW)
        claimed = batch._next()
        end_the_session()
        batch._next(after=_sent(claimed))

    (broken,) = at_once(send_and_break)

    assert isinstance(broken, Exception)
    assert sorted(state_of(message) for message in messages) == [S.QUEUED, S.SENT]


def test_and_when_what_was_claimed_cannot_be_put_back(at_once, smtp_server, monkeypatch):
    messages = MessageFactory.create_batch(3)
    monkeypatch.setattr(delivery, "LONGEST_CLAIM_SECONDS", 0)

    def send_and_break():
        batch = delivery._Batch("email", 0, lambda: NOW)
        batch.seconds_each = 0.001
        claimed = batch._next()
        assert len(batch.taken) == 2
        end_the_session()
        batch._next(after=_sent(claimed))

    (broken,) = at_once(send_and_break)
    assert isinstance(broken, DatabaseError)
    assert state_of(messages[0]) == S.SENT

    doubts.mark_interrupted(by=None, now=NOW)
    assert [state_of(message) for message in messages] == [S.SENT, S.QUEUED, S.QUEUED]


# --- What the desk sees of it ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "listed"), [("queued", "first"), ("sent", None), ("uncertain", "repeat"), ("failed", "repeat")]
)
def test_what_was_said_again_with_success_is_no_open_end(db, state, listed):
    message = MessageFactory(**TONIGHT, state=S.UNCERTAIN)
    same = {"recipient": message.recipient, "event": message.event, "subject_key": message.subject_key}
    repeat = MessageFactory(
        **same, city=message.city, repeat_of=message, state=state, sent_at=NOW if state == "sent" else None
    )

    expected = {"first": {message}, None: set(), "repeat": {repeat}}[listed]
    assert set(selectors.undelivered(message.city)) == expected
