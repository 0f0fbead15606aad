"""Which message is next: found by one index, whatever waits."""

from datetime import UTC, datetime, timedelta

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.db import connection, transaction

from notifications import delivery, doubts, invitations, outages, selectors
from notifications.events import Priority
from notifications.models import Message, MessageState, UnderWay
from tests.factories.notifications import MessageFactory

NOW = datetime(2026, 3, 9, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)

COPIES = """
INSERT INTO notifications_message (
    recipient_id, city_id, channel, event, subject_key, priority, language, title, body, action_label, action_url,
    state, why, due_at, attempts, last_error, connection, provider_ref, created_at
)
SELECT recipient_id, city_id, channel, event, 'copy:' || n, %s, language, title, body, action_label, action_url, %s,
    why, due_at, attempts, last_error, connection, provider_ref, created_at
FROM notifications_message, generate_series(1, %s) n WHERE id = %s
"""


def fill(message, *, count, priority=Priority.DIGEST, state=MessageState.QUEUED):
    """So many more like it: the normal state after an outage, all due at the same moment."""
    with connection.cursor() as cursor:
        cursor.execute(COPIES, [priority, state, count, message.pk])
        cursor.execute("ANALYZE notifications_message")


def nodes(plan):
    return plan.replace("->", "").split("\n")


@pytest.fixture
def long_queue(db):
    """Behind as many that have left."""
    left = MessageFactory(event="match_question")
    fill(left, count=20_000)
    Message.objects.exclude(pk=left.pk).update(state=MessageState.SENT, sent_at=NOW)
    fill(MessageFactory(event="match_question"), count=20_000)


@pytest.mark.parametrize("kind", ["next", "trial", "something"])
def test_the_next_message_is_read_from_the_index_alone(long_queue, kind):
    batch = delivery._Batch("email", 0, lambda: NOW)
    if kind == "trial":
        batch.trial = selectors.Outage(channel="email", may_lose=True)
    asked = selectors.next_to_send("email", NOW).values("pk") if kind == "something" else batch._in_order(NOW)
    with transaction.atomic():
        if kind != "something":
            asked = asked.select_for_update(skip_locked=True, of=("self",)).select_related(
                "recipient", "city"
            )
        plan = asked[:1].explain(analyze=True, format="text")

    assert "using message_to_send" in plan
    assert "Sort" not in plan
    assert "Seq Scan on notifications_message" not in plan
    assert "matching_match" not in plan, "what a message speaks of is asked of one, not of all that wait"


def test_a_claim_reads_a_handful_of_pages(long_queue):
    batch = delivery._Batch("email", 0, lambda: NOW)
    plan = batch._in_order(NOW)[:1].explain(analyze=True, buffers=True, format="json")
    assert '"Shared Hit Blocks"' in plan
    assert '"Rows Removed by Filter": 2' not in plan


def test_of_what_is_due_the_most_urgent_leaves_first_then_the_oldest(db, reasons_stand, smtp_server):
    fill(MessageFactory(), count=200)
    expected = []
    for priority in (Priority.NIGHT, Priority.ASK, Priority.NORMAL):
        for minutes in (2, 1):
            message = MessageFactory(priority=priority, due_at=NOW - minutes * MINUTE)
            expected.append(message.recipient.email)
    MessageFactory(priority=Priority.NIGHT, due_at=NOW + MINUTE)

    delivery.deliver_batch(channel="email", by=None, clock=lambda: NOW)

    assert [str(mail["To"]) for mail in smtp_server.messages[:6]] == expected


def test_what_is_urgent_overtakes_a_batch_that_is_under_way(db, smtp_server):
    fill(MessageFactory(), count=20)
    late = []

    def clock():
        if len(smtp_server.messages) == 5 and not late:
            late.append(MessageFactory(priority=Priority.NIGHT))
        return NOW

    delivery.deliver_batch(channel="email", by=None, clock=clock)

    assert str(smtp_server.messages[5]["To"]) == late[0].recipient.email


def test_of_a_long_queue_only_the_urgent_has_overtaken(db, smtp_server, monkeypatch):
    """A hundred thousand digests, and the one question: it is the first to leave."""
    fill(MessageFactory(), count=100_000)
    urgent = MessageFactory(priority=Priority.NIGHT)
    monkeypatch.setattr(delivery, "BATCH", 2)

    assert delivery.deliver_batch(channel="email", by=None, clock=lambda: NOW)

    assert str(smtp_server.messages[0]["To"]) == urgent.recipient.email
    assert len(smtp_server.messages) == 2


# --- Several by one commit -----------------------------------------------------------------------------


@pytest.fixture
def quick(db, smtp_server):
    """A connection whose server answers at once: it claims as many as it may."""
    batch = delivery._Batch("email", 0, lambda: NOW)
    batch.seconds_each = 0.001
    return batch


def states():
    return list(Message.objects.order_by("pk").values_list("state", "attempts"))


QUEUED, SENDING, SENT, UNCERTAIN = (
    (MessageState.QUEUED, 0),
    (MessageState.SENDING, 1),
    (MessageState.SENT, 1),
    (MessageState.UNCERTAIN, 1),
)


def test_of_what_a_dead_worker_had_claimed_only_the_one_that_it_had_begun_is_in_doubt(quick):
    MessageFactory.create_batch(4)
    first = quick._next()
    second = quick._next(after=delivery.Result(first, MessageState.SENT))
    assert states() == [SENT, SENDING, SENDING, SENDING]

    doubts.mark_interrupted(by=None, now=NOW)

    assert states() == [SENT, UNCERTAIN, QUEUED, QUEUED]
    second.refresh_from_db()
    assert second.last_error == "worker lost"
    assert not Message.objects.filter(state=MessageState.QUEUED, tried_since__isnull=False).exists()


def test_a_message_that_was_tried_before_remembers_it_when_it_is_put_back(quick):
    MessageFactory.create_batch(2)
    Message.objects.update(attempts=3, tried_since=NOW - MINUTE)
    quick._next()

    doubts.mark_interrupted(by=None, now=NOW)

    waiting = Message.objects.get(state=MessageState.QUEUED)
    assert (waiting.attempts, waiting.tried_since) == (3, NOW - MINUTE)


def test_where_the_database_forgot_what_was_begun_all_that_was_claimed_is_in_doubt(quick):
    """It crashed: what it does not log is empty, and what was noted last is lost."""
    MessageFactory.create_batch(3)
    quick._next()
    UnderWay.objects.all().delete()

    doubts.mark_interrupted(by=None, now=NOW)

    assert states() == [UNCERTAIN] * 3


def test_what_another_claim_begun_says_nothing_of_these(quick):
    """A worker of an earlier version writes no such mark, and may have taken the number since."""
    MessageFactory.create_batch(3)
    quick._next()
    UnderWay.objects.update(claimed_at=NOW - MINUTE)

    doubts.mark_interrupted(by=None, now=NOW)

    assert states() == [UNCERTAIN] * 3


def test_what_is_begun_stands_in_a_table_that_is_not_logged(db):
    with connection.cursor() as cursor:
        cursor.execute("SELECT relpersistence FROM pg_class WHERE relname = 'notifications_underway'")
        assert cursor.fetchone() == ("u",)


def test_a_claim_is_on_disk_before_the_first_leaves_and_what_follows_need_not_be(quick):
    def commits():
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('synchronous_commit')")
            return cursor.fetchone()[0]

    MessageFactory.create_batch(2)
    before = commits()
    with transaction.atomic():
        first = quick._next()
        assert commits() == before
        quick._next(after=delivery.Result(first, MessageState.SENT))
        assert commits() == "off"


def test_the_next_claim_is_on_disk_again(at_once, smtp_server):
    MessageFactory.create_batch(2)

    def begin_two():
        batch = delivery._Batch("email", 0, lambda: NOW)
        batch.seconds_each = 0.001
        with connection.cursor() as cursor:
            cursor.execute("SET synchronous_commit TO on")
        assert batch._next(after=delivery.Result(batch._next(), MessageState.SENT)) is not None
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('synchronous_commit')")
            return cursor.fetchone()[0]

    assert at_once(begin_two) == ["on"]


@pytest.mark.parametrize(
    ("priority", "sending"),
    [(Priority.NIGHT, 1), (Priority.ASK, 1), (Priority.NORMAL, 3), (Priority.DIGEST, 3)],
)
def test_what_a_night_or_an_answer_hangs_on_is_claimed_alone(quick, priority, sending):
    MessageFactory.create_batch(3, priority=priority)

    quick._next()

    assert Message.objects.filter(state=MessageState.SENDING).count() == sending


def test_nor_does_anything_else_wait_claimed_behind_it(quick):
    for priority in (Priority.NIGHT, Priority.NIGHT, Priority.NORMAL, Priority.NORMAL):
        MessageFactory(priority=priority)

    quick._next()

    assert states() == [SENDING, QUEUED, QUEUED, QUEUED]


@pytest.mark.parametrize(
    ("each", "size"), [(0.001, 20), (0.02, 10), (0.05, 2), (delivery.CLAIM_SECONDS, 1), (9.0, 1)]
)
def test_of_a_slow_server_no_message_waits_claimed(each, size):
    batch = delivery._Batch("email", 0, lambda: NOW)
    assert batch._size() == 1, "how fast it is, is not known yet"
    batch.seconds_each = each
    assert batch._size() == size


def test_what_somebody_else_has_claimed_since_is_not_begun(quick):
    MessageFactory.create_batch(3)
    first = quick._next()
    second = quick.taken[0]
    Message.objects.filter(pk=second.pk).update(claimed_at=NOW + MINUTE, connection=1)

    following = quick._next(after=delivery.Result(first, MessageState.SENT))

    assert following.pk not in (first.pk, second.pk)
    second.refresh_from_db()
    assert (second.state, second.connection) == (MessageState.SENDING, 1)


def test_what_is_urgent_puts_back_what_is_claimed(quick):
    MessageFactory.create_batch(3)
    first = quick._next()
    urgent = MessageFactory(priority=Priority.NIGHT)

    following = quick._next(after=delivery.Result(first, MessageState.SENT))

    assert following.pk == urgent.pk
    assert states() == [SENT, QUEUED, QUEUED, SENDING]


def test_an_outage_that_another_connection_found_puts_back_what_is_claimed(quick):
    MessageFactory.create_batch(3)
    first = quick._next()
    outages.note(channel="email", error="x", may_lose=False, by=None, now=NOW)

    assert quick._next(after=delivery.Result(first, MessageState.SENT)) is None

    assert states() == [SENT, QUEUED, QUEUED]


def test_what_waited_too_long_behind_a_slow_one_is_asked_anew(quick, monkeypatch):
    MessageFactory.create_batch(3)
    first = quick._next()
    monkeypatch.setattr(delivery, "LONGEST_CLAIM_SECONDS", 0)
    quick.clock = lambda: NOW + MINUTE

    quick._next(after=delivery.Result(first, MessageState.SENT))

    assert states() == [SENT, SENDING, SENDING]
    claimed_at = Message.objects.filter(state=MessageState.SENDING).values_list("claimed_at", flat=True)
    assert set(claimed_at) == {NOW + MINUTE}


def test_a_mail_that_asks_the_database_is_written_when_it_has_answered(
    db, smtp_server, reasons_stand, monkeypatch
):
    """Mails are written ahead while the database works, most of them without it."""
    monkeypatch.setattr(delivery, "CLAIM_SECONDS", 60)
    messages = MessageFactory.create_batch(5)
    asked = []

    def invitation(number, reader):
        asked.append(Message.objects.get(recipient=reader).state)
        return "REQUEST", b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"

    monkeypatch.setitem(invitations._composers, messages[0].event, invitation)

    delivery.deliver_batch(channel="email", by=None, clock=lambda: NOW)

    assert len(smtp_server.messages) == 5
    assert all("VCALENDAR" in mail.as_string() for mail in smtp_server.messages)
    assert asked == [MessageState.SENDING] * 5


# --- When something breaks in between --------------------------------------------------------------------


def change_what_stands(message):
    """What a backup of another installation, or somebody in the database, leaves behind."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE notifications_message SET body = 'in clear' WHERE id = %s", [message.pk])


@pytest.mark.parametrize("number", [0, 1])
def test_what_does_not_open_waits_alone_and_is_not_lost(quick, number):
    messages = MessageFactory.create_batch(3)
    change_what_stands(messages[number])

    assert quick._next() is None

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT state, last_error, attempts, due_at > %s FROM notifications_message ORDER BY id", [NOW]
        )
        expected = [("queued", "", 0, False)] * 3
        expected[number] = ("queued", "NotSealed", 1, True)
        assert cursor.fetchall() == expected
    assert quick._next() is not None


def test_what_was_deleted_in_between_holds_up_nothing(quick, monkeypatch):
    first, *others = MessageFactory.create_batch(3)
    read = quick._read
    monkeypatch.setattr(
        quick, "_read", lambda taken: (Message.objects.filter(pk=first.pk).delete(), read(taken))[1]
    )

    assert quick._next() is None

    assert states() == [QUEUED, QUEUED]
    assert quick._next().pk == others[0].pk


def test_what_the_worker_s_time_is_too_short_for_waits_and_what_has_left_is_noted(
    at_once, smtp_server, reasons_stand, monkeypatch
):
    monkeypatch.setattr(delivery, "CLAIM_SECONDS", 60)
    messages = MessageFactory.create_batch(4)
    written = []

    def invitation(number, reader):
        written.append(reader.pk)
        if len(written) == 3:
            raise SoftTimeLimitExceeded
        return

    monkeypatch.setitem(invitations._composers, messages[0].event, invitation)

    (ended,) = at_once(lambda: delivery.deliver_batch(channel="email", by=None, clock=lambda: NOW))

    assert isinstance(ended, SoftTimeLimitExceeded)
    assert states() == [SENT, SENT, QUEUED, QUEUED]
