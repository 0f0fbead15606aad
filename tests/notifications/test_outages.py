"""A channel that is out of order: the queue stays as it is, one tries alone, and what may be lost is one message."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, connection

from notifications import delivery, outages, selectors, sweeps, tasks
from notifications.events import Priority
from notifications.models import Message, MessageState, Outage
from tests.factories.accounts import UserFactory
from tests.factories.notifications import MessageFactory
from tests.mail_server import HANG_UP, SAY_NOTHING

S = MessageState
NOW = datetime(2026, 3, 9, 9, tzinfo=UTC)
SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def deliver(now=NOW, channel="email"):
    return delivery.deliver_batch(channel=channel, by=None, clock=lambda: now)


def states():
    return sorted(Message.objects.values_list("state", flat=True))


def tries_of(server, *, until, step=30 * SECOND):
    """At which moments a worker that is woken all the time knocks at the server's door."""
    found, now = [], NOW
    while now <= until:
        before = server.connections
        deliver(now)
        if server.connections > before:
            found.append(now - NOW)
        now += step
    return found


# --- It does not answer ---------------------------------------------------------------------------------


def test_while_the_server_is_down_no_message_is_touched_and_then_all_go(db, smtp_server):
    MessageFactory.create_batch(3)
    before = list(Message.objects.order_by("pk").values())
    smtp_server.stop()

    assert not deliver()
    assert not deliver(NOW + 10 * SECOND)

    assert list(Message.objects.order_by("pk").values()) == before
    outage = Outage.objects.get()
    assert (outage.channel, outage.since, outage.error) == ("email", NOW, "connect ConnectionRefusedError")
    assert selectors.channels_with_something_due(NOW + 10 * SECOND) == {}
    smtp_server.start()
    deliver(NOW + 29 * SECOND)
    assert smtp_server.messages == []
    deliver(NOW + 30 * SECOND)
    assert len(smtp_server.messages) == 3
    outage.refresh_from_db()
    assert outage.ended_at == NOW + 30 * SECOND
    deliver(NOW + 2 * MINUTE)
    assert len(smtp_server.messages) == 3


def test_one_failed_connection_is_enough_for_a_batch(db, scripted_server):
    server = scripted_server(CONNECT="554 no service")
    MessageFactory.create_batch(3)

    deliver()

    assert server.connections == 1
    assert states() == [S.QUEUED] * 3


def test_it_is_tried_more_and_more_seldom_and_at_least_every_two_minutes(db, scripted_server):
    server = scripted_server(CONNECT="554 no service")
    MessageFactory()

    tried = tries_of(server, until=NOW + 10 * MINUTE)

    assert [wait // SECOND for wait in tried] == [0, 30, 90, 210, 330, 450, 570]
    outage = Outage.objects.get()
    assert (outage.since, outage.tries, outage.ended_at) == (NOW, 6, None)


def test_what_comes_first_goes_first_when_the_server_is_back(db, smtp_server):
    """No message was handed over, so none is at stake when it is tried."""
    MessageFactory(priority=Priority.DIGEST)
    urgent = MessageFactory(priority=Priority.NIGHT)
    smtp_server.stop()
    deliver()
    smtp_server.start()
    deliver(NOW + MINUTE)

    assert str(smtp_server.messages[0]["To"]) == urgent.recipient.email


def test_while_nothing_waits_nobody_knocks(db, scripted_server):
    server = scripted_server(CONNECT="554 no service")
    message = MessageFactory()
    deliver()
    Message.objects.filter(pk=message.pk).update(state=S.MOOT)
    deliver(NOW + HOUR)

    assert server.connections == 1


def test_after_three_days_without_a_server_a_message_fails(db, smtp_server):
    MessageFactory()
    younger = MessageFactory(due_at=NOW + 2 * DAY)
    smtp_server.stop()
    deliver(NOW)
    assert sweeps.give_up(by=None, now=NOW + 3 * DAY - SECOND) == 0

    assert sweeps.give_up(by=None, now=NOW + 3 * DAY) == 1

    younger.refresh_from_db()
    assert (states(), younger.state) == ([S.FAILED, S.QUEUED], S.QUEUED)
    assert sweeps.give_up(by=None, now=NOW + 3 * DAY) == 0


def test_what_a_working_channel_is_behind_with_is_not_given_up(db, smtp_server):
    MessageFactory()
    smtp_server.stop()
    deliver()
    outages.end(channel="email", by=None, now=NOW + MINUTE)

    assert sweeps.give_up(by=None, now=NOW + 4 * DAY) == 0


# --- It says no to all ----------------------------------------------------------------------------------


@pytest.mark.parametrize("refusal", [{"MAIL": "550 sender not allowed"}, {"RCPT": "421 closing"}])
def test_a_no_that_the_next_message_would_meet_too_opens_it(db, scripted_server, refusal):
    server = scripted_server(**refusal)
    MessageFactory.create_batch(3)

    deliver()

    assert sorted(Message.objects.values_list("state", "attempts")) == [
        (S.QUEUED, 0),
        (S.QUEUED, 0),
        (S.QUEUED, 1),
    ]
    assert selectors.channels_down() == ["email"]
    server.answers.clear()
    deliver(NOW + MINUTE)
    assert states() == [S.SENT] * 3


@pytest.mark.parametrize(
    ("since", "wait"), [(0, 20 * MINUTE), (2 * HOUR, 20 * MINUTE)], ids=["at first", "again"]
)
def test_a_server_that_asks_to_be_left_alone_is(db, courier, since, wait):
    MessageFactory(channel="courier", recipient__email="agent@mairie.exemple.fr", due_at=NOW - DAY)
    if since:
        outages.note(channel="courier", error="busy", may_lose=False, by=None, now=NOW - since)
    courier.answers["RCPT"] = "450 busy"

    deliver(channel="courier")

    assert Outage.objects.get().next_try_at == NOW + wait
    deliver(NOW + wait - SECOND, channel="courier")
    assert courier.connections == 1


def test_a_server_that_asks_to_be_left_alone_for_ever_is_not(db):
    outage = outages.note(channel="email", error="busy", may_lose=False, by=None, now=NOW, wait=30 * DAY)
    assert outage.next_try_at == NOW + HOUR


def test_a_no_to_one_message_opens_nothing(db, scripted_server):
    scripted_server(RCPT="550 unknown")
    MessageFactory.create_batch(2)
    deliver()

    assert states() == [S.FAILED] * 2
    assert not Outage.objects.exists()


def test_a_no_to_the_message_that_tries_says_that_the_channel_works(db, scripted_server):
    server = scripted_server(CONNECT="554 no service")
    MessageFactory.create_batch(2)
    deliver()
    server.answers = {"RCPT": "550 unknown"}
    deliver(NOW + MINUTE)

    assert Outage.objects.get().ended_at == NOW + MINUTE
    assert states() == [S.FAILED] * 2


def test_a_message_that_never_reached_the_channel_says_nothing_of_it(db, scripted_server):
    server = scripted_server(END=HANG_UP)
    MessageFactory()
    deliver()
    no_address = MessageFactory(recipient=UserFactory(phone_only=True), priority=Priority.DIGEST)
    MessageFactory()
    deliver(NOW + MINUTE)

    no_address.refresh_from_db()
    assert no_address.state == S.FAILED
    outage = Outage.objects.get()
    assert (outage.ended_at, outage.tries, len(server.content)) == (None, 1, 2)


# --- It takes a message and says nothing ----------------------------------------------------------------


def test_a_server_that_hangs_costs_one_message(db, scripted_server, settings):
    settings.EMAIL_DATA_TIMEOUT = 0.3
    server = scripted_server(END=SAY_NOTHING)
    MessageFactory.create_batch(11)

    for seconds in range(0, 60, 5):
        deliver(NOW + seconds * SECOND)

    server.release.set()
    assert len(server.content) == 1
    assert states() == [S.QUEUED] * 10 + [S.UNCERTAIN]


def test_the_line_that_breaks_costs_one_message_then_one_for_each_try(db, scripted_server):
    server = scripted_server(END=HANG_UP)
    MessageFactory.create_batch(20)

    tried = tries_of(server, until=NOW + HOUR)

    assert [wait // MINUTE for wait in tried] == [0, 1, 3, 8, 23, 53]
    assert len(server.content) == len(tried)
    assert states().count(S.UNCERTAIN) == len(tried)


def test_what_tries_is_what_would_be_said_again_or_else_what_matters_least(
    db, reasons_stand, scripted_server
):
    server = scripted_server(END=HANG_UP)
    first = MessageFactory(priority=Priority.NORMAL)
    deliver()
    normal = MessageFactory(priority=Priority.NORMAL)
    digest = MessageFactory(priority=Priority.DIGEST)
    night = MessageFactory(priority=Priority.NIGHT, event="match_question")
    deliver(NOW + MINUTE)
    deliver(NOW + HOUR)

    got = [
        message.recipient.email in content
        for message, content in zip([first, night, digest], server.content, strict=True)
    ]
    assert got == [True] * 3
    normal.refresh_from_db()
    assert normal.state == S.QUEUED


def test_a_knock_at_the_door_does_not_end_it(db, scripted_server):
    """The server greets, and still says nothing to a message: the waits go on growing."""
    scripted_server(END=HANG_UP)
    MessageFactory.create_batch(3)
    deliver()
    deliver(NOW + MINUTE)

    outage = Outage.objects.get()
    assert (outage.since, outage.tries, outage.ended_at) == (NOW, 1, None)
    assert outage.next_try_at == NOW + 3 * MINUTE


def test_a_server_that_goes_from_silent_to_gone_is_tried_as_seldom(db, scripted_server):
    server = scripted_server(END=HANG_UP)
    MessageFactory.create_batch(3)
    deliver()
    server.answers = {"CONNECT": "554 no service"}
    deliver(NOW + MINUTE)

    outage = Outage.objects.get()
    assert (outage.error, outage.may_lose) == ("connect 554", True)


# --- Side by side ---------------------------------------------------------------------------------------


def test_of_several_workers_one_tries(at_once):
    outage = outages.note(channel="email", error="x", may_lose=False, by=None, now=NOW)

    def take():
        return outages.take_turn(outage_id=outage.pk, by=None, now=NOW + MINUTE)

    assert sorted(at_once(take, take, take)) == [False, False, True]


def test_two_that_fail_at_once_write_one_outage(at_once):
    def note():
        return outages.note(channel="email", error="x", may_lose=False, by=None, now=NOW)

    assert at_once(note, note, note) == [Outage.objects.get()] * 3


def test_the_database_holds_one_outage_for_each_channel(db):
    Outage.objects.create(channel="email", since=NOW, error="x", next_try_at=NOW)
    Outage.objects.create(channel="courier", since=NOW, error="x", next_try_at=NOW)
    Outage.objects.create(channel="email", since=NOW, error="x", next_try_at=NOW, ended_at=NOW)
    with pytest.raises(IntegrityError, match="outage_one_at_a_time"):
        Outage.objects.create(channel="email", since=NOW, error="x", next_try_at=NOW)


def test_an_outage_ends_after_it_began(db):
    with pytest.raises(IntegrityError, match="outage_ends_after_it_began"):
        Outage.objects.create(channel="email", since=NOW, error="x", next_try_at=NOW, ended_at=NOW - SECOND)


def test_the_sweep_wakes_nobody_for_a_channel_that_is_not_to_be_tried_yet(transactional_db, wake_ups):
    now = datetime.now(UTC)
    MessageFactory(due_at=now - MINUTE)
    outages.note(channel="email", error="x", may_lose=False, by=None, now=now)

    tasks.sweep()

    assert wake_ups() == []


def test_an_outage_writes_one_row_whatever_waits(db, smtp_server):
    """It was once that each retry rewrote the queue."""
    MessageFactory.create_batch(30)
    smtp_server.stop()
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(xmin::text::bigint) FROM notifications_message")
        (last,) = cursor.fetchone()
        for seconds in range(0, 600, 30):
            deliver(NOW + seconds * SECOND)
        cursor.execute("SELECT max(xmin::text::bigint) FROM notifications_message")
        assert cursor.fetchone() == (last,)
    assert Outage.objects.count() == 1
