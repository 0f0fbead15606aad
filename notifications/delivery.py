"""Moving messages towards their recipients.

Claimed and committed before sending, a few at a time where they leave quickly (`claims`); the result of each is
written before the next is begun. A claim whose worker is gone is an interrupted sending (`doubts`). Each channel sends
batches of its own, at most as many at once as it has connections (`connections`), none while it is out of order
(`outages`), and no faster than its rate, where it has one.
"""

import logging
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import DatabaseError, connection, transaction
from django.db.models import Exists

from cities.models import City
from notifications import (
    bounces,
    channel_registry,
    claims,
    connections,
    contacts,
    doubts,
    holding,
    outages,
    pace,
    reach,
    reasons,
    selectors,
)
from notifications.channel_transport import NotSent, Transport, Unknown, transport_of
from notifications.events import Priority, told_again
from notifications.models import Message, MessageQuerySet, MessageState, Outage
from sealing.seals import SealBroken

log = logging.getLogger(__name__)

BATCH = 200
# A batch ends after this many seconds: the other channels have their turn, and the worker's time limit stays far.
BATCH_SECONDS = 10
# As many are claimed by one commit as leave in this time: of a slow server's messages one. What has not been begun
# after the longer time goes back to the queue.
CLAIM_SECONDS = 0.2
LONGEST_CLAIM_SECONDS = 0.5
CLAIM_SIZES = (1, 2, 5, 10, 20)
# Waits after the first, second, … failed attempt; the last one repeats.
BACKOFF = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1))
GIVE_UP_AFTER = timedelta(days=3)

Clock = Callable[[], datetime]


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
        batch = _Batch(channel, number, clock)
        batch.run()
    # Asked when the connection is free again: whoever was woken meanwhile found it taken, and left.
    return not batch.pace.is_resting and selectors.has_something_to_send(channel, clock())


class _Batch:
    """One connection's messages, one after the other."""

    def __init__(self, channel: str, number: int, clock: Clock) -> None:
        self.channel, self.number, self.clock = channel, number, clock
        self.line = claims.Line(channel, number)
        self.pace = pace.Pace(self.line, clock)
        self.towns: dict[int, City] = {}
        # What is claimed and not begun, since when; how many were begun of it, and how long each of the last ones took.
        self.taken: deque[Message] = deque()
        self.taken_at = 0.0
        self.claimed_at = clock()
        self.begun = 0
        self.prepare: Callable[[Message], None] = _nothing_ahead
        self.seconds_each = CLAIM_SECONDS
        # The channel was out of order, and this is the try whether it still is.
        self.trial: Outage | None = None

    def run(self) -> None:
        now = self.clock()
        if not selectors.has_something_to_send(self.channel, now) or not self.pace.allows_one_more():
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
            try:
                self._send_all(transport)
            except Exception:
                # What is not begun has not left. Where no session can be had, the sweep puts it back.
                with suppress(DatabaseError):
                    self._put_back()
                raise

    def _send_all(self, transport: Transport) -> None:
        self.prepare = getattr(transport, "prepare", _nothing_ahead)
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
        """Write what became of the last message, and begin the next one that is to leave now."""
        while True:
            if after is not None and (_has_consequences(after) or not may_claim or self.pace.interval):
                _record(after, now=self.clock())
                after = None
            may_claim = may_claim and self.pace.allows_one_more()
            message = self._begin_or_claim(after) if may_claim else None
            if message is None:
                self._put_back()
                return None
            after = _not_now(message, self.clock())
            if after is None:
                return message

    def _begin_or_claim(self, after: Result | None) -> Message | None:
        if self.taken and time.monotonic() - self.taken_at < LONGEST_CLAIM_SECONDS:
            message = self._begin(after)
            if message is not None:
                return message
            after = None
        with _kept(after, self.clock()):
            self._put_back()
        return self._claim(after)

    def _begin(self, after: Result | None) -> Message | None:
        """The next of what is taken; None where something else comes before it."""
        message, now = self.taken[0], self.clock()
        outcome = _outcome(after, now)
        with _kept(after, now):
            was_noted, is_begun = claims.begin(
                line=self.line,
                message=message,
                outcome=outcome,
                meanwhile=partial(self.prepare, message),
                by=None,
                now=now,
            )
        _note(after, was_noted, now=now)
        return self._first_taken() if is_begun else None

    def _claim(self, after: Result | None) -> Message | None:
        now, moment = self.clock(), time.monotonic()
        if self.begun:
            self.seconds_each, self.begun = (moment - self.taken_at) / self.begun, 0
        following = self._in_order(now).values("pk")[: self._size()].query.sql_with_params()
        with _kept(after, now):
            was_noted, taken = claims.claim(
                line=self.line, following=following, outcome=_outcome(after, now), by=None, now=now
            )
        _note(after, was_noted, now=now)
        self.taken_at, self.claimed_at = moment, now
        if not taken:
            return None
        try:
            self.taken.extend(self._read(taken))
        except Exception as error:
            self._set_aside(taken, error, now=now)
            return None
        return self._first_taken()

    def _first_taken(self) -> Message:
        self.begun += 1
        return self.taken.popleft()

    def _size(self) -> int:
        """How many to claim: one is enough to learn whether a channel works, and where it has a rate."""
        if self.trial is not None or self.pace.interval:
            return 1
        return max(size for size in CLAIM_SIZES if size == 1 or size * self.seconds_each <= CLAIM_SECONDS)

    def _read(self, taken: list[int]) -> list[Message]:
        """With whom they are for and what those chose; a town is read once for all its messages of the batch."""
        rows = Message.objects.select_related("recipient__message_preference", "repeat_of").in_bulk(taken)
        for message in rows.values():
            if message.city_id is not None:
                if message.city_id not in self.towns:
                    self.towns[message.city_id] = City.objects.get(pk=message.city_id)
                message.city = self.towns[message.city_id]
        return [rows[key] for key in taken]

    def _set_aside(self, taken: list[int], error: Exception, *, now: datetime) -> None:
        """Of a claim that could not be read, and of which none has left: what does not open waits longest, for a key
        may be missing on this machine alone; the others wait for the next batch. Raises `error` where it is of none.
        """
        try:
            for key in taken:
                try:
                    self._read([key])
                except SealBroken as broken:
                    code = type(broken).__name__
                    claims.ours(line=self.line, ids=[key], claimed_at=now).update(
                        state=MessageState.QUEUED, due_at=now + BACKOFF[-1], last_error=code
                    )
                    log.error("message %s does not open: %s", key, code)
                except KeyError:
                    log.info("message %s is gone", key)
        finally:
            with suppress(DatabaseError):
                claims.put_back(line=self.line, ids=taken, claimed_at=now, by=None, now=now)
        if not isinstance(error, (SealBroken, KeyError)):
            raise error

    def _put_back(self) -> None:
        if self.taken:
            ids = [message.pk for message in self.taken]
            claims.put_back(line=self.line, ids=ids, claimed_at=self.claimed_at, by=None, now=self.clock())
            self.taken.clear()

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
        self.pace.note(self.claimed_at)
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


def _nothing_ahead(message: Message) -> None:
    """Most channels write what they send as they send it."""


def _written(result: Result, now: datetime) -> dict[str, Any]:
    """The columns in the order of the statement."""
    return {
        "state": result.state.value,
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


def _outcome(result: Result | None, now: datetime) -> claims.Outcome:
    if result is None:
        return claims.NOTHING
    return [*_written(result, now).values(), result.message.pk, result.message.attempts]


@contextmanager
def _kept(result: Result | None, now: datetime) -> Iterator[None]:
    """What is known of the last message is not lost with the next one, nor with a session that broke."""
    try:
        yield
    except Exception:
        if result is not None:
            connection.close()
            _record(result, now=now)
        raise


def _note(result: Result | None, was_noted: bool, *, now: datetime) -> None:
    """Tell the log what was written; or write it, where the message has been set aside in the meantime."""
    if result is not None:
        if was_noted:
            _log(result)
        else:
            _record(result, now=now)


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
    ours = Message.objects.filter(pk=message.pk, attempts=message.attempts)
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
