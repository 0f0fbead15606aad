"""Moving messages towards their recipients.

Claimed and committed before sending; the result is written afterwards, together with the next claim. A claim whose
worker is gone is an interrupted sending (`doubts`). Each channel sends batches of its own, at most as many at once as
it has connections (`connections`), and none while it is out of order (`outages`).
"""

import logging
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import DatabaseError, connection, transaction
from django.db.models import Exists

from accounts.models import User
from cities.models import City
from notifications import (
    bounces,
    channel_registry,
    connections,
    contacts,
    doubts,
    holding,
    outages,
    reach,
    reasons,
    selectors,
)
from notifications.channel_transport import NotSent, Transport, Unknown, transport_of
from notifications.events import Priority, told_again
from notifications.models import Message, MessageQuerySet, MessageState, Outage

log = logging.getLogger(__name__)

BATCH = 200
# A batch ends after this many seconds: the other channels have their turn, and the worker's time limit stays far.
BATCH_SECONDS = 10
# Waits after the first, second, … failed attempt; the last one repeats.
BACKOFF = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1))
GIVE_UP_AFTER = timedelta(days=3)

Clock = Callable[[], datetime]
_Sql = tuple[str, tuple[object, ...]]
_SOME_MOMENT = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a message that was claimed; `stops` when the channel itself is out of order."""

    message: Message
    state: MessageState
    error: str = ""
    provider_ref: str = ""
    due_at: datetime | None = None
    # Why it is held, where it is.
    why: str = ""
    stops: bool = False
    # Whether it says anything of the channel: a message without an address does not.
    was_tried: bool = True
    # How long its server asks to be left alone.
    wait: timedelta = timedelta(0)
    no_such_address: bool = False


def deliver_batch(*, channel: str, by: None, clock: Clock) -> bool:
    """Send what is due on one channel over one connection of its own; True when more may be waiting.

    Not atomic on purpose: each claim is committed before its message leaves, each result afterwards. Safe to run any
    number of times at once: those for whom the channel has no connection do nothing.
    """
    with connections.one_of(channel, channel_registry.connections_of(channel)) as number:
        if number is None:
            return False
        doubts.set_interrupted_aside(channel=channel, number=number, by=by, now=clock())
        _Batch(channel, number, clock).run()
    # Asked when the connection is free again: whoever was woken meanwhile found it taken, and left.
    return selectors.has_something_to_send(channel, clock())


class _Batch:
    """One connection's messages, one after the other."""

    def __init__(self, channel: str, number: int, clock: Clock) -> None:
        self.channel, self.number, self.clock = channel, number, clock
        self.towns: dict[int, City] = {}
        self.usual: _Sql | None = None
        # The channel was out of order, and this is the try whether it still is.
        self.trial: Outage | None = None

    def run(self) -> None:
        now = self.clock()
        if not selectors.has_something_to_send(self.channel, now):
            return
        outage = selectors.outages().filter(channel=self.channel).first()
        if outage is not None:
            if not outages.take_turn(outage_id=outage.pk, by=None, now=now):
                return
            self.trial = outage
        with ExitStack() as opened:
            try:
                transport = opened.enter_context(transport_of(self.channel))
            except Exception as error:
                # A mistake of ours, or a setting's, is no other: nothing has left yet.
                code = error.code if isinstance(error, NotSent) else type(error).__name__
                outages.note(channel=self.channel, error=code, may_lose=False, by=None, now=self.clock())
                return
            self._send_all(transport)

    def _send_all(self, transport: Transport) -> None:
        end = time.monotonic() + BATCH_SECONDS
        message = self._next()
        for count in range(1, BATCH + 1):
            if message is None:
                return
            result = self._send(transport, message)
            if result.stops:
                self._stop(result)
                return
            if self.trial and result.was_tried:
                outages.end(channel=self.channel, by=None, now=self.clock())
                self.trial = None
            message = self._next(after=result, may_claim=count < BATCH and time.monotonic() < end)

    def _stop(self, result: Result) -> None:
        """The channel first: what is in doubt is said once more by a way that works."""
        may_lose = result.state == MessageState.UNCERTAIN
        outages.note(
            channel=self.channel,
            error=result.error,
            may_lose=may_lose,
            by=None,
            now=self.clock(),
            wait=result.wait,
        )
        self._next(after=result, may_claim=False)

    def _next(self, *, after: Result | None = None, may_claim: bool = True) -> Message | None:
        """Write what became of the last message, and claim the next one that is to leave now."""
        while True:
            if after is not None and (_has_consequences(after) or not may_claim):
                _record(after, now=self.clock())
                after = None
            message = self._record_and_claim(after) if may_claim else None
            if message is None:
                return None
            after = _not_now(message, self.clock())
            if after is None:
                return message

    def _record_and_claim(self, after: Result | None) -> Message | None:
        """One statement and one commit for both: they are what a message costs beside its sending."""
        now = self.clock()
        is_next, values = self._next_one(now)
        written: list[Any] = (
            [None] * 8 if after is None else [*_written(after, now).values(), *_claim_of(after)]
        )
        statement = _RECORD_AND_CLAIM.format(next=is_next)
        try:
            [claimed] = Message.objects.raw(statement, [*written, now, self.number, now, *values])
        except DatabaseError:
            if after is not None:
                # What is known of the last message is not lost with the next one, nor with a session that broke.
                connection.close()
                _record(after, now=now)
            raise
        if after is not None:
            if claimed.was_written:  # type: ignore[attr-defined]  # the statement's own column
                _log(after)
            else:
                _record(after, now=now)
        return self._with_whom_and_where(claimed) if claimed.pk else None

    def _with_whom_and_where(self, message: Message) -> Message:
        """A town is read once for all its messages of the batch."""
        message.recipient = User.objects.select_related("message_preference").get(pk=message.recipient_id)
        if message.city_id is not None:
            if message.city_id not in self.towns:
                self.towns[message.city_id] = City.objects.get(pk=message.city_id)
            message.city = self.towns[message.city_id]
        return message

    def _next_one(self, now: datetime) -> tuple[str, list[object]]:
        """SQL for the id of what is to leave next, and its values."""
        if self.trial is not None:
            sql, values = _for_its_id(self._in_order(now))
            return sql, list(values)
        # Written once for all the messages of a batch: nothing in it changes but the moment.
        if self.usual is None:
            self.usual = _for_its_id(self._in_order(_SOME_MOMENT))
        sql, values = self.usual
        return sql, [now if value == _SOME_MOMENT else value for value in values]

    def _in_order(self, now: datetime) -> MessageQuerySet:
        in_order = selectors.next_to_send(self.channel, now)
        if self.trial is None:
            return in_order.filter(~Exists(selectors.outages().filter(channel=self.channel)))
        if not self.trial.may_lose:
            return in_order
        # It may be lost: what would be said again by itself, or else what matters least.
        again = in_order.filter(told_again(), repeat_of__isnull=True, priority__lte=Priority.ASK)
        if again.values("pk").first():
            return again
        return in_order.reverse()

    def _send(self, transport: Transport, message: Message) -> Result:
        if self.channel not in channel_registry.companions():
            # Before it leaves: a contact that is told is noted, even where nobody knows whether it arrived.
            contacts.note_read(message, by=message.recipient, now=self.clock())
        try:
            reference = transport.send(message)
        except NotSent as error:
            return self._not_sent(message, error)
        except Unknown as error:
            return Result(message, MessageState.UNCERTAIN, error.code, stops=error.stop)
        except Exception as error:
            # A mistake of ours or the worker's time is up: how far it came is not known. The sentence of an
            # error may quote an address, its type does not.
            return Result(message, MessageState.UNCERTAIN, type(error).__name__, stops=True)
        return Result(message, MessageState.SENT, provider_ref=reference or "")

    def _not_sent(self, message: Message, error: NotSent) -> Result:
        assert message.tried_since is not None
        now = self.clock()
        if not error.retry or now - message.tried_since >= GIVE_UP_AFTER:
            return Result(
                message,
                MessageState.FAILED,
                error.code,
                stops=error.stop,
                was_tried=error.was_tried,
                no_such_address=error.no_such_address,
            )
        wait = BACKOFF[min(message.attempts, len(BACKOFF)) - 1]
        return Result(
            message, MessageState.QUEUED, error.code, due_at=now + wait, stops=error.stop, wait=error.wait
        )


def _for_its_id(messages: MessageQuerySet) -> _Sql:
    return messages.values("pk")[:1].query.sql_with_params()


_RECORD_AND_CLAIM = """
WITH written AS (
    UPDATE notifications_message
    SET state = %s, why = %s, last_error = %s, provider_ref = %s, sent_at = %s, due_at = %s
    WHERE id = %s AND attempts = %s AND state = 'sending'
    RETURNING id
), claimed AS (
    UPDATE notifications_message
    SET state = 'sending', claimed_at = %s, connection = %s, attempts = attempts + 1,
        tried_since = coalesce(tried_since, %s)
    WHERE id = ({next} FOR UPDATE SKIP LOCKED)
    RETURNING *
)
SELECT claimed.*, EXISTS (SELECT FROM written) AS was_written
FROM (SELECT) AS always LEFT JOIN claimed ON true
"""


def _written(result: Result, now: datetime) -> dict[str, Any]:
    """The columns in the order of the statement."""
    return {
        "state": result.state,
        "why": result.why,
        # Cut to what the columns hold: a message that has left must be written down.
        "last_error": result.error[:200],
        "provider_ref": result.provider_ref[:200],
        "sent_at": now if result.state == MessageState.SENT else None,
        "due_at": result.due_at or result.message.due_at,
    }


def _has_consequences(result: Result) -> bool:
    """Whether more is to be written than what became of the message itself."""
    return result.state == MessageState.UNCERTAIN or result.no_such_address


def _claim_of(result: Result) -> tuple[int, int]:
    """By which a claim is known: its message, and which attempt it is."""
    return result.message.pk, result.message.attempts


def _not_now(message: Message, now: datetime) -> Result | None:
    """What becomes of a claimed message that is not to leave: its reason is gone, or it is late and meets the night."""
    if not _has_reason(message):
        return Result(message, MessageState.MOOT)
    until = holding.quiet_until(message, reach.wish_of(message.recipient), now)
    return Result(message, MessageState.HELD, why=holding.QUIET, due_at=until) if until else None


def _has_reason(message: Message) -> bool:
    reason = reasons.reason_of(message.event)
    return reason is None or Message.objects.filter(reason, pk=message.pk).exists()


@transaction.atomic
def _record(result: Result, *, now: datetime) -> None:
    """Write what became of a claim, if it still is ours (it may have been set aside in the meantime)."""
    message, state = result.message, result.state
    pk, attempts = _claim_of(result)
    ours = Message.objects.filter(pk=pk, attempts=attempts)
    if ours.filter(state=MessageState.SENDING).update(**_written(result, now)):
        if state == MessageState.UNCERTAIN:
            doubts.follow(message=message, by=None, now=now)
        elif result.no_such_address:
            bounces.note(message=message, error=result.error, by=None, now=now)
    elif (
        ours.filter(state=MessageState.UNCERTAIN).update(**_written(result, now))
        and state == MessageState.SENT
    ):
        # It did arrive: what would say it once more has nothing to add.
        Message.objects.filter(repeat_of=message, state=MessageState.QUEUED).update(state=MessageState.MOOT)
    _log(result)


def _log(result: Result) -> None:
    if result.state in (MessageState.SENT, MessageState.MOOT, MessageState.HELD):
        log.info("message %s %s", result.message.pk, result.state)
    else:
        log.warning("message %s %s: %s", result.message.pk, result.state, result.error)
