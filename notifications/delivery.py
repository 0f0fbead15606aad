"""Moving messages towards their recipients.

Claimed and committed before sending; the result is written afterwards. A claim whose result nobody writes is an
interrupted sending, and never sent again by itself. Each channel sends batches of its own.
"""

import logging
import time
from contextlib import ExitStack
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce

from notifications import channel_registry, reasons
from notifications.channel_transport import NotSent, Transport, Unknown, transport_of
from notifications.models import Message, MessageState

log = logging.getLogger(__name__)

BATCH = 50
# A batch ends after this many seconds, so that its moment stays true and the worker's time limit far.
BATCH_SECONDS = 60
# Waits after the first, second, … failed attempt; the last one repeats.
BACKOFF = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1))
GIVE_UP_AFTER = timedelta(days=3)
# A channel that does not answer at all is tried again soon: no message of its is to blame, and tonight is tonight.
UNREACHABLE_WAIT = timedelta(minutes=1)
INTERRUPTED_AFTER = timedelta(minutes=10)


def deliver_batch(*, channel: str, by: None, now: datetime) -> bool:
    """Send what is due on one channel over one connection; True when more may be waiting.

    Not atomic on purpose: each claim is committed before its message leaves, each result afterwards. Safe to run
    any number of times at once.
    """
    if not Message.objects.due(now).filter(channel=channel).exists():
        return False
    end = time.monotonic() + BATCH_SECONDS
    with ExitStack() as opened:
        try:
            transport = opened.enter_context(transport_of(channel))
        except NotSent as error:
            _all_wait(channel, error.code, now=now)
            return False
        except Exception as error:
            # A mistake of ours, or a setting's: nothing has left yet.
            _all_wait(channel, type(error).__name__, now=now)
            return False
        for _ in range(BATCH):
            message = _claim(channel, now=now)
            if message is None or _send(transport, message, now=now):
                return False
            if time.monotonic() > end:
                break
    return True


@transaction.atomic
def mark_interrupted(*, by: None, now: datetime) -> int:
    """Set aside the messages whose worker was lost while it sent them; how many."""
    lost = Message.objects.filter(state=MessageState.SENDING, claimed_at__lte=now - INTERRUPTED_AFTER)
    count = lost.update(state=MessageState.UNCERTAIN, last_error="worker lost")
    if count:
        log.warning("messages interrupted in mid-send: %s", count)
    return count


@transaction.atomic
def fail_orphans(*, by: None, now: datetime) -> int:
    """Hand to the desk what waits for a channel that is no more, to be sent again by another; how many.

    Not at once: while a new version is put in place, a worker of the old one does not know its channels yet.
    """
    waiting = Message.objects.filter(state=MessageState.QUEUED, due_at__lte=now - INTERRUPTED_AFTER)
    orphans = waiting.exclude(channel__in=list(channel_registry.all_channels()))
    count = orphans.update(state=MessageState.FAILED, last_error="no such channel")
    if count:
        log.warning("messages whose channel is no more: %s", count)
    return count


@transaction.atomic
def set_moot_aside(*, by: None, now: datetime) -> int:
    """Close the messages that are due, on whatever channel, and whose reason is gone; how many."""
    unsent = Message.objects.filter(state__in=[MessageState.QUEUED, MessageState.FAILED], due_at__lte=now)
    count = unsent.exclude(reasons.has_reason()).update(state=MessageState.MOOT)
    if count:
        log.info("messages whose reason is gone: %s", count)
    return count


@transaction.atomic
def _claim(channel: str, *, now: datetime) -> Message | None:
    """Take the channel's next due message for this worker alone."""
    message = (
        Message.objects.due(now)
        .filter(channel=channel)
        .select_for_update(skip_locked=True, of=("self",))
        .select_related("recipient", "city")
        .order_by("due_at", "id")
        .first()
    )
    if message is None:
        return None
    message.state, message.claimed_at = MessageState.SENDING, now
    message.attempts += 1
    message.tried_since = message.tried_since or now
    message.save(update_fields=["state", "claimed_at", "attempts", "tried_since"])
    return message


def _send(transport: Transport, message: Message, *, now: datetime) -> bool:
    """Send a claimed message and write what became of it; True when the batch should end here."""
    try:
        transport.send(message)
    except NotSent as error:
        _put_back(message, error, now=now)
        return error.stop
    except Unknown as error:
        _record(message, MessageState.UNCERTAIN, error=error.code)
        return error.stop
    except Exception as error:
        # A mistake of ours or the worker's time is up: how far it came is not known. The sentence of an
        # error may quote an address, its type does not.
        _record(message, MessageState.UNCERTAIN, error=type(error).__name__)
        return True
    _record(message, MessageState.SENT, sent_at=now)
    return False


def _put_back(message: Message, error: NotSent, *, now: datetime) -> None:
    assert message.tried_since is not None
    if not error.retry or now - message.tried_since >= GIVE_UP_AFTER:
        _record(message, MessageState.FAILED, error=error.code)
        return
    wait = BACKOFF[min(message.attempts, len(BACKOFF)) - 1]
    _record(message, MessageState.QUEUED, error=error.code, due_at=now + wait)


def _record(
    message: Message,
    state: MessageState,
    *,
    error: str = "",
    sent_at: datetime | None = None,
    due_at: datetime | None = None,
) -> None:
    """Write what became of a claim, if it still is ours (a sweep may have set it aside in the meantime)."""
    ours = Message.objects.filter(
        pk=message.pk,
        attempts=message.attempts,
        state__in=[MessageState.SENDING, MessageState.UNCERTAIN],
    )
    ours.update(state=state, last_error=error, sent_at=sent_at, due_at=due_at or message.due_at)
    if state == MessageState.SENT:
        log.info("message %s sent", message.pk)
    else:
        log.warning("message %s %s: %s", message.pk, state, error)


@transaction.atomic
def _all_wait(channel: str, code: str, *, now: datetime) -> None:
    """The channel is out of reach: no message was tried; all of its own wait, and after three days give up."""
    log.warning("channel %s out of reach: %s", channel, code)
    due = Message.objects.due(now).filter(channel=channel).select_for_update(skip_locked=True)
    due_ids = list(due.values_list("pk", flat=True))
    waiting = Message.objects.filter(pk__in=due_ids)
    waiting.update(
        due_at=now + UNREACHABLE_WAIT, tried_since=Coalesce(F("tried_since"), now), last_error=code
    )
    waiting.filter(tried_since__lte=now - GIVE_UP_AFTER).update(state=MessageState.FAILED)
