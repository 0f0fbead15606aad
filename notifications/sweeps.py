"""What time alone brings about in the outbox. Each step is bounded, whatever waits."""

import logging
from datetime import datetime, timedelta

from django.db import transaction

from notifications import channel_registry, holding, reach, reasons, selectors
from notifications.events import ONE_AT_A_TIME
from notifications.models import Message, MessageState

log = logging.getLogger(__name__)

GIVE_UP_AFTER = timedelta(days=3)
ORPHANED_AFTER = timedelta(minutes=10)
# So many messages are asked for their reason in one sweep; a longer queue is asked in turns, each message in one.
ASKED_AT_ONCE = 2_000
RELEASED_AT_ONCE = 500


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
    states = (MessageState.QUEUED, MessageState.FAILED, MessageState.HELD)
    count = sum(_set_moot_aside(state, now=now) for state in states)
    if count:
        log.info("messages whose reason is gone: %s", count)
    return count


def _set_moot_aside(state: MessageState, *, now: datetime) -> int:
    due = Message.objects.filter(state=state)
    if state != MessageState.HELD:
        due = due.filter(due_at__lte=now)
    asked = selectors.in_turns(due, ASKED_AT_ONCE, now)
    gone = list(asked.exclude(reasons.has_reason()).values_list("pk", flat=True))
    # What a worker has taken meanwhile is that worker's.
    return due.filter(pk__in=gone).update(state=MessageState.MOOT, why="")


@transaction.atomic
def release_held(*, by: None, now: datetime) -> int:
    """Queue what was held until now: the night is over, or the week has room; how many. A question that waits for its
    turn is let go by the app that asks.
    """
    held = Message.objects.filter(state=MessageState.HELD, due_at__lte=now)
    count = held.filter(why=holding.QUIET).update(state=MessageState.QUEUED, why="")
    waiting = held.filter(why=holding.WEEK).exclude(event__in=ONE_AT_A_TIME).order_by("due_at", "pk")
    people = holding.take_turn(set(waiting.values_list("recipient", flat=True)[:RELEASED_AT_ONCE]))
    leaves, stays = holding.in_line(people, now=now)
    known = reach.known({message.recipient_id: message.recipient for message in leaves}.values())
    for message in leaves:
        message.state, message.why, message.due_at = MessageState.QUEUED, "", now
        holding.hold_by_night(message, known[message.recipient_id].wish)
    Message.objects.bulk_update([*leaves, *stays], ["state", "why", "due_at"], batch_size=500)
    return count + len(leaves)
