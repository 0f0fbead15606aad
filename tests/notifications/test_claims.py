"""Which message is next: found by one index, whatever waits."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction

from notifications import delivery, selectors
from notifications.events import Priority
from notifications.models import Message, MessageState
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
