"""A question that nobody reads goes on by another channel: mail, then SMS, then a call by the desk.

Each step is a message of its own, with the words of the first. It ends where the question does (`reasons`), where
somebody opened it, or where no channel is left. At night only what decides that night rings, and an SMS only with who
said so. With the first step after all who were told have had their time, who stands in for them is told (`fallbacks`).
"""

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from notifications import channel_registry, fallbacks, holding, reach, selectors
from notifications.events import PURSUED, Priority
from notifications.models import Message, MessageQuerySet, MessageState
from notifications.queued import hand_on
from notifications.selectors import preference_of

log = logging.getLogger(__name__)

# How long somebody has to open what was sent before the next channel is tried.
WAIT = {Priority.NIGHT: timedelta(minutes=10), Priority.ASK: timedelta(hours=6)}
# No question waits longer for its answer; what is older is nobody's concern any more.
LONGEST = timedelta(days=7)
AT_ONCE = 200
_UNREAD = {
    Priority.NIGHT: [MessageState.SENT, MessageState.DELIVERED, MessageState.OPENED],
    Priority.ASK: [MessageState.SENT, MessageState.DELIVERED],
}

# What may still be opened.
_TO_BE_READ = [
    MessageState.QUEUED,
    MessageState.HELD,
    MessageState.SENDING,
    MessageState.SENT,
    MessageState.DELIVERED,
    MessageState.OPENED,
]


def pursue(*, by: None, now: datetime) -> int:
    """Send by the next channel what was not opened in time, or was refused; how many."""
    # Where no channel is left a question stays here until it ends: it must not keep the others waiting.
    ignored = _ignored(now)
    tonight = ignored.filter(priority=Priority.NIGHT)
    others = selectors.in_turns(ignored.exclude(priority=Priority.NIGHT), AT_ONCE, now)
    return sum(
        _go_on(message_id, by=by, now=now)
        for some in (tonight, others)
        for message_id in list(some.order_by("pk").values_list("pk", flat=True))
    )


def _steps() -> MessageQuerySet:
    """What only stands beside another is no step."""
    return Message.objects.exclude(channel__in=sorted(channel_registry.companions()))


def _of_same() -> MessageQuerySet:
    """In a subquery: the steps of the same question to the same person."""
    return _steps().filter(
        recipient=OuterRef("recipient"), event=OuterRef("event"), subject_key=OuterRef("subject_key")
    )


def _had_its_time(now: datetime) -> Q:
    """What was not opened in its time, was refused, or could not be taken; at night opening it is no answer."""
    unread = Q(state=MessageState.FAILED)
    for priority, wait in WAIT.items():
        unread |= Q(priority=priority, state__in=_UNREAD[priority], claimed_at__lte=now - wait)
    # What its channel could not take in the meantime.
    stuck = Q(
        priority=Priority.NIGHT,
        state=MessageState.QUEUED,
        channel__in=sorted(channel_registry.by_machine()),
        due_at__lte=now - WAIT[Priority.NIGHT],
    )
    return unread & Q(priority__in=list(WAIT), claimed_at__gt=now - LONGEST) | stuck


def _ignored(now: datetime) -> MessageQuerySet:
    """The last message of each question that nobody has opened in its time."""
    # Of several members of an association one is enough.
    seen = Message.objects.filter(
        event=OuterRef("event"),
        subject_key=OuterRef("subject_key"),
        state__in=[MessageState.OPENED, MessageState.ANSWERED],
    )
    return (
        _steps()
        .filter(_had_its_time(now), event__in=PURSUED)
        .exclude(Exists(_of_same().filter(pk__gt=OuterRef("pk"))))
        .exclude(Exists(seen), priority=Priority.ASK)
        .with_reason()
    )


@transaction.atomic
def _go_on(message_id: int, *, by: None, now: datetime) -> bool:
    """Whether somebody is told of the same question: the same person by the next channel, or who stands in.

    False where there is neither, or another worker has seen to it.
    """
    message = (
        _ignored(now)
        .select_for_update(of=("self",), skip_locked=True)
        .select_related("recipient", "city")
        .filter(pk=message_id)
        .first()
    )
    if message is None:
        return False
    told = _tell_fallback(message, by=by, now=now)
    channel = _next(message, now=now)
    if channel is None:
        return told > 0
    wakes = reach.wakes_at(preference_of(message.recipient), message.city, now)
    is_quiet = message.priority != Priority.NIGHT and wakes > now
    hand_on(
        message=message,
        channel=channel,
        due_at=wakes if is_quiet else now,
        by=by,
        now=now,
        held=holding.QUIET if is_quiet else "",
    )
    return True


def _tell_fallback(message: Message, *, by: None, now: datetime) -> int:
    """Tell who stands in, once, when the first message to each of those who were told has had its time; how many."""
    if message.event not in fallbacks.events():
        return 0
    before = _of_same().filter(pk__lt=OuterRef("pk")).exclude(state=MessageState.SUPPRESSED)
    in_time = (
        _steps()
        .filter(event=message.event, subject_key=message.subject_key, state__in=_TO_BE_READ)
        .exclude(_had_its_time(now))
        .exclude(Exists(before))
    )
    if in_time.exists():
        return 0
    return fallbacks.tell(event=message.event, subject_key=message.subject_key, by=by, now=now)


def _next(message: Message, *, now: datetime) -> str | None:
    """The best channel that has not been tried for this. A call is one for who has a number, and one a question."""
    told = Message.objects.filter(event=message.event, subject_key=message.subject_key)
    tried = set(told.filter(recipient=message.recipient).values_list("channel", flat=True))
    person = message.recipient
    for name in reach.ways(message, now):
        if name in tried:
            continue
        if name in channel_registry.by_machine() or (person.phone and not told.filter(channel=name).exists()):
            return name
    return None
