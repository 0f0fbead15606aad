"""Which messages a connection has taken, and which of them it is handing over: several are claimed by one commit that
is on disk before the first leaves, and begun one by one, each by a commit that need not be.

A worker that dies leaves one in doubt, the one that it had begun (`UnderWay`): the others go back to the queue. When
PostgreSQL itself crashes, what its last moments noted is lost, and `UnderWay`, which it does not log, is empty with it:
then all that was claimed is in doubt (docs/adr/0053).
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn

import psycopg
from django.db import InterfaceError, connection
from django.db.models import Case, F, When

from notifications.events import Priority
from notifications.models import Message, MessageQuerySet, MessageState, UnderWay

Sql = tuple[str, tuple[object, ...]]
# What becomes of a claim: state, why, last_error, provider_ref, sent_at, due_at; and which one, by its id and attempt.
Outcome = Sequence[object]
NOTHING: Outcome = (None,) * 8


@dataclass(frozen=True, slots=True)
class Line:
    """The connection of a channel that somebody holds (`connections`)."""

    channel: str
    number: int


_NOTE = """
    UPDATE notifications_message
    SET state = %s, why = %s, last_error = %s, provider_ref = %s, sent_at = %s, due_at = %s
    WHERE id = %s AND attempts = %s AND state = 'sending'
    RETURNING id
"""

# What may be said again by itself, or is waited for, is taken alone, whatever waits behind it.
_CLAIM = f"""
WITH noted AS ({_NOTE}), next (id) AS MATERIALIZED (
    {{next}} FOR UPDATE SKIP LOCKED
), placed AS (
    SELECT message.id, min(message.priority) OVER () most_urgent,
        row_number() OVER (ORDER BY message.priority, message.due_at, message.id) place
    FROM notifications_message message JOIN next USING (id)
), claimed AS (
    UPDATE notifications_message message
    SET state = 'sending', claimed_at = %s, connection = %s, attempts = attempts + 1,
        tried_since = coalesce(tried_since, %s)
    FROM placed WHERE message.id = placed.id AND (place = 1 OR most_urgent >= {Priority.NORMAL})
    RETURNING message.id, place
), begun AS (
    INSERT INTO notifications_underway (channel, number, claimed_at, message_id)
    SELECT %s, %s, %s, id FROM claimed WHERE place = 1
    ON CONFLICT (channel, number) DO UPDATE SET claimed_at = excluded.claimed_at, message_id = excluded.message_id
)
SELECT EXISTS (SELECT FROM noted), (SELECT array_agg(id ORDER BY place) FROM claimed)
"""  # noqa: S608 (our own words)

_BEGIN = f"""
WITH noted AS ({_NOTE}), begun AS (
    UPDATE notifications_underway SET message_id = message.id
    FROM notifications_message message
    WHERE notifications_underway.channel = %s AND notifications_underway.number = %s
    AND notifications_underway.claimed_at = %s
    AND message.id = %s AND message.attempts = %s AND message.state = 'sending'
    AND message.claimed_at = notifications_underway.claimed_at AND message.connection = notifications_underway.number
    AND NOT EXISTS (
        SELECT FROM notifications_outage outage WHERE outage.channel = message.channel AND outage.ended_at IS NULL
    ) AND NOT EXISTS (
        SELECT FROM notifications_message urgent
        WHERE urgent.state = 'queued' AND urgent.channel = message.channel AND urgent.priority < message.priority
        AND urgent.due_at <= %s
    )
    RETURNING message.id
)
SELECT EXISTS (SELECT FROM noted), EXISTS (SELECT FROM begun), set_config('synchronous_commit', 'off', true)
"""  # noqa: S608 (our own words)


def claim(*, line: Line, following: Sql, outcome: Outcome, by: None, now: datetime) -> tuple[bool, list[int]]:
    """Note what became of the last message, take those that follow, in the order of the queue, and begin the first.

    Whether the note was still ours to write; the ids of what is taken. `following`: SQL of the ids of what is next.
    """
    sql, values = following
    everything: list[Any] = [*outcome, *values, now, line.number, now, line.channel, line.number, now]
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM.format(next=sql), everything)
        was_noted, taken = cursor.fetchone()
    return was_noted, taken or []


def begin(
    *,
    line: Line,
    message: Message,
    outcome: Outcome,
    meanwhile: Callable[[], None],
    by: None,
    now: datetime,
) -> tuple[bool, bool]:
    """Note what became of the last message, and begin the next that is taken, by one commit.

    Whether the note was still ours to write; whether the next one is begun. It is not when something more urgent waits,
    or the channel is out of order. `meanwhile` is done while PostgreSQL works: the database cannot be asked there.
    """
    values = [*outcome, line.channel, line.number, message.claimed_at, message.pk, message.attempts, now]
    connection.ensure_connection()
    session = connection.connection
    with connection.wrap_database_errors, session.pipeline(), psycopg.Cursor(session) as cursor:
        cursor.execute(_BEGIN, values)  # its words are our own
        with connection.execute_wrapper(_refuse):
            meanwhile()
        answer: Any = cursor.fetchone()
    was_noted, is_begun, _off = answer
    return was_noted, is_begun


def ours(*, line: Line, ids: Collection[int], claimed_at: datetime) -> MessageQuerySet:
    """Those of one claim that nobody has set aside meanwhile."""
    return Message.objects.filter(
        pk__in=ids,
        state=MessageState.SENDING,
        channel=line.channel,
        connection=line.number,
        claimed_at=claimed_at,
    )


def put_back(*, line: Line, ids: Collection[int], claimed_at: datetime, by: None, now: datetime) -> int:
    """Messages of one claim of which none has left wait again, as if nobody had taken them; how many."""
    return ours(line=line, ids=ids, claimed_at=claimed_at).update(
        state=MessageState.QUEUED,
        tried_since=Case(When(attempts__gt=1, then=F("tried_since"))),
        attempts=F("attempts") - 1,
    )


def begun_on(line: Line) -> UnderWay | None:
    """What was begun last; None also where PostgreSQL has crashed since."""
    return UnderWay.objects.filter(channel=line.channel, number=line.number).first()


def _refuse(*_: object) -> NoReturn:
    raise InterfaceError("an answer of the database is waited for")
