"""What time alone brings about in the outbox. Each step is bounded, whatever waits."""

import logging
from datetime import datetime, timedelta

from django.db import transaction

from notifications import channel_registry, reasons, selectors
from notifications.models import Message, MessageState

log = logging.getLogger(__name__)

GIVE_UP_AFTER = timedelta(days=3)
ORPHANED_AFTER = timedelta(minutes=10)
# So many messages are asked for their reason in one sweep; a longer queue is asked in turns, each message in one.
ASKED_AT_ONCE = 2_000


@transaction.atomic
def fail_orphans(*, by: None, now: datetime) -> int:
    """Hand to the desk what waits for a channel that is no more, to be sent again by another; how many.

    Not at once: while a new version is put in place, a worker of the old one does not know its channels yet.
    """
    waiting = Message.objects.filter(state=MessageState.QUEUED, due_at__lte=now - ORPHANED_AFTER)
    orphans = waiting.exclude(channel__in=list(channel_registry.all_channels()))
    count = orphans.update(state=MessageState.FAILED, last_error="no such channel")
    if count:
        log.warning("messages whose channel is no more: %s", count)
    return count


@transaction.atomic
def give_up(*, by: None, now: datetime) -> int:
    """Hand to the desk what a channel has kept waiting for three days, because it was out of order; how many."""
    long_ago = now - GIVE_UP_AFTER
    down = selectors.outages().filter(since__lte=long_ago).values("channel")
    waiting = Message.objects.filter(state=MessageState.QUEUED, channel__in=down, due_at__lte=long_ago)
    count = waiting.update(state=MessageState.FAILED, last_error="channel out of order")
    if count:
        log.warning("messages given up after three days: %s", count)
    return count


@transaction.atomic
def set_moot_aside(*, by: None, now: datetime) -> int:
    """Close messages that are due, on whatever channel, and whose reason is gone; how many.

    Of a long queue one part each minute. What is about to leave is asked in that moment by whoever sends it.
    """
    count = sum(_set_moot_aside(state, now=now) for state in (MessageState.QUEUED, MessageState.FAILED))
    if count:
        log.info("messages whose reason is gone: %s", count)
    return count


def _set_moot_aside(state: MessageState, *, now: datetime) -> int:
    due = Message.objects.filter(state=state, due_at__lte=now)
    asked = selectors.in_turns(due, ASKED_AT_ONCE, now)
    gone = list(asked.exclude(reasons.has_reason()).values_list("pk", flat=True))
    # What a worker has taken meanwhile is that worker's.
    return due.filter(pk__in=gone).update(state=MessageState.MOOT)
