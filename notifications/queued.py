"""What becomes of messages that are queued: let go, held on, taken back, handed on to another channel, sent again."""

import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from accounts.models import User
from cities.models import City
from notifications import channel_registry, holding, reach
from notifications.events import EVENTS, Priority
from notifications.models import Message, MessageState
from notifications.selectors import undelivered
from notifications.services import DELIVER_TASK, REFUSED, leaves_now, said, say_beside
from notifications.wake_up import wake_on_commit
from notifications.wording.selectors import own_of_each
from notifications.wording.texts import Text

log = logging.getLogger(__name__)


@transaction.atomic
def hand_on(
    *, message: Message, channel: str, due_at: datetime, by: User | None, now: datetime, held: str = ""
) -> Message:
    """The same words by another channel, as a message of its own. `held`: why it waits until then."""
    following = message.said_again(channel=channel, due_at=due_at, now=now)
    if held:
        following.state, following.why = MessageState.HELD, held
    following.save(force_insert=True)
    whom = f"user {by.pk}" if by else "nobody"
    log.info("message %s goes on as %s by %s, asked by %s", message.pk, following.pk, channel, whom)
    if leaves_now(following, now):
        wake_on_commit(DELIVER_TASK)
    return following


@transaction.atomic
def let_go(
    *,
    message: Message,
    compose: Callable[[], Text],
    priority: Priority | None,
    by: User | None,
    now: datetime,
) -> Message:
    """Have a question leave that waited for its turn, said anew: with the deadline that it has now. What was taken
    back, or has left, since it was read stays as it is by now.
    """
    message = _locked(message)
    if message.state != MessageState.HELD:
        return message
    message.priority = EVENTS[message.event].priority if priority is None else priority
    own = own_of_each({message.city} if message.city else ())
    text = said(compose, own, city=message.city, language=message.language)
    for name, value in text.columns().items():
        setattr(message, name, value)
    known = reach.known([message.recipient])[message.recipient_id]
    quiet = reach.is_quiet(known.wish, message.event, message.priority, message.city, now)
    message.channel = _channel_for(
        message, known.channels_for(message.event, quiet=quiet), _channels_of_others([message])
    )
    message.state, message.why, message.due_at = MessageState.QUEUED, "", now
    holding.hold_by_night(message, known.wish)
    message.save(update_fields=["priority", "channel", "state", "why", "due_at", *text.columns()])
    log.info("message %s leaves, asked by %s", message.pk, f"user {by.pk}" if by else "nobody")
    say_beside([message], now=now)
    if leaves_now(message, now):
        wake_on_commit(DELIVER_TASK)
    return message


@transaction.atomic
def hold_on(*, message: Message, why: str, by: None, now: datetime) -> None:
    """A message that waits goes on waiting, for another reason; one that waits no more stays as it is."""
    message = _locked(message)
    if message.state != MessageState.HELD:
        return
    message.why, message.due_at = why, now
    message.save(update_fields=["why", "due_at"])


def _locked(message: Message) -> Message:
    rows = Message.objects.select_for_update(of=("self",)).select_related("recipient", "city")
    return rows.get(pk=message.pk)


@transaction.atomic
def take_back(
    *, recipient: User, events: Collection[str], subject_key: str, by: User | None, now: datetime
) -> bool:
    """Set aside what was to be told of this and still waits; True when nothing of it had left before."""
    same = Message.objects.filter(recipient=recipient, event__in=events, subject_key=subject_key)
    if not same.filter(state=MessageState.HELD).update(state=MessageState.MOOT, why="", due_at=now):
        return False
    log.info("%s taken back before it left, by %s", subject_key, f"user {by.pk}" if by else "nobody")
    return not same.exclude(state__in=[MessageState.MOOT, MessageState.SUPPRESSED]).exists()


@transaction.atomic
def send_otherwise(*, person: User, why: str, by: User | None, now: datetime) -> int:
    """Set aside what waits for a channel by which this person is told no more; the next one has it. How many.

    What the person does without goes by none. What accompanies another message stays: no choice of theirs is about it.
    """
    concerned = Message.objects.filter(
        recipient=person,
        state__in=[MessageState.QUEUED, MessageState.HELD],
        channel__in=channel_registry.by_machine(),
    )
    found = list(concerned.select_for_update(of=("self",)).select_related("recipient", "city").order_by("pk"))
    told, known = _channels_of_others(found), reach.known([person])[person.pk]
    count = 0
    for message in found:
        is_refused = known.does_without(message.event)
        quiet = reach.is_quiet(known.wish, message.event, message.priority, message.city, now)
        ways = known.channels_for(message.event, quiet=quiet)
        stays = message.channel in ways or message.channel in channel_registry.companions()
        if stays and not is_refused:
            continue
        count += 1
        waits = message.why
        message.state, message.why = MessageState.SUPPRESSED, REFUSED if is_refused else why
        message.save(update_fields=["state", "why"])
        log.info("message %s set aside: %s", message.pk, message.why)
        channel = next((name for name in ways if name not in told[_key(message)]), None)
        if channel is not None and not is_refused:
            told[_key(message)].add(channel)
            hand_on(message=message, channel=channel, due_at=message.due_at, by=by, now=now, held=waits)
    return count


@transaction.atomic
def retry_uncertain(*, message_id: int, by: User, now: datetime) -> Message:
    """Send an interrupted or refused message again, because a person says so. Another state stays as it is."""
    _queue_again(Message.objects.filter(pk=message_id), by=by, now=now)
    return Message.objects.get(pk=message_id)


@transaction.atomic
def retry_all(*, city: City, states: Collection[MessageState], by: User, now: datetime) -> int:
    """The same of all that did not reach the people of a town, and are in one of these states; how many."""
    open_ends = undelivered(city).filter(state__in=states)
    return _queue_again(Message.objects.filter(pk__in=open_ends.order_by().values("pk")), by=by, now=now)


def _queue_again(messages: QuerySet[Message], *, by: User, now: datetime) -> int:
    """Each goes by the channel that is preferred now: the person may have lost an address meanwhile.

    What says itself once more is left to that.
    """
    again = messages.filter(
        state__in=[MessageState.UNCERTAIN, MessageState.FAILED], repeated_by__isnull=True
    ).select_for_update(of=("self",))
    found = list(again.select_related("recipient", "city").order_by("pk"))
    told = _channels_of_others(found)
    for message in found:
        message.state, message.due_at, message.tried_since = MessageState.QUEUED, now, None
        message.sent_at, message.provider_ref = None, ""
        message.channel = _channel_for(message, reach.ways(message, now), told)
        log.info("message %s queued again by user %s", message.pk, by.pk)
    fields = ["state", "due_at", "tried_since", "sent_at", "provider_ref", "channel"]
    Message.objects.bulk_update(found, fields, batch_size=500)
    if any(message.channel in channel_registry.by_machine() for message in found):
        wake_on_commit(DELIVER_TASK)
    return len(found)


def _channel_for(message: Message, ways: Sequence[str], told: Mapping[tuple[int, str, str], set[str]]) -> str:
    """By which of these ways a row leaves: by another channel if they were told of it already, by another message, by
    the preferred one. `told`: `_channels_of_others`.
    """
    taken = told[_key(message)] - {message.channel} if message.repeat_of_id is None else set()
    return next((name for name in ways if name not in taken), message.channel)


def _key(message: Message) -> tuple[int, str, str]:
    return message.recipient_id, message.event, message.subject_key


def _channels_of_others(messages: Collection[Message]) -> dict[tuple[int, str, str], set[str]]:
    """By which channels the same people were told of the same things."""
    same = Message.objects.filter(
        recipient__in={message.recipient_id for message in messages},
        subject_key__in={message.subject_key for message in messages},
        repeat_of__isnull=True,
    )
    found: dict[tuple[int, str, str], set[str]] = defaultdict(set)
    for message in same.only("recipient", "event", "subject_key", "channel"):
        found[_key(message)].add(message.channel)
    return found
