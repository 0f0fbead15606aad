"""Writing messages: queued in the caller's transaction, then the wake-up. Who delivers them: `delivery`."""

import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import translation

from accounts.models import User
from cities.models import City
from notifications import channel_registry, reach
from notifications.events import EVENTS, Priority
from notifications.models import ON_THE_WAY, Message, MessageState
from notifications.selectors import undelivered
from notifications.wake_up import wake_on_commit

log = logging.getLogger(__name__)

CHANNELS_OF_AN_ALERT = 2
FOLLOWED_BY_MACHINES = timedelta(minutes=1)
DELIVER_TASK = "notifications.tasks.deliver"
# Why a message was set aside: the person does without it, or not by this channel; its address does not exist.
REFUSED, NOT_THIS_WAY, BOUNCED = "refused", "not by this channel", "bounced"

# What a receipt may say, and of a message in which states.
RECEIPTS: Mapping[MessageState, frozenset[MessageState]] = {
    outcome: frozenset(ON_THE_WAY[: ON_THE_WAY.index(outcome)]) for outcome in ON_THE_WAY[1:]
} | {MessageState.FAILED: frozenset({MessageState.SENT})}


@dataclass(frozen=True, slots=True)
class Text:
    """What a person reads: plain text, and one thing to do at most (`action_url` is a path of this site).

    `in_short` stands where others may read along, on a locked screen or in a team's own channel: nothing of a person.
    """

    title: str
    body: str
    action_label: str = ""
    action_url: str = ""
    in_short: str = ""


@transaction.atomic
def queue(
    *,
    recipient: User,
    event: str,
    subject_key: str,
    city: City | None,
    compose: Callable[[], Text],
    now: datetime,
    due_at: datetime | None = None,
    priority: Priority | None = None,
    channel: str | None = None,
    language: str | None = None,
) -> Message | None:
    """Queue one message, composed in the recipient's language; None when that one exists already.

    It goes by the preferred one of the channels that reach this person, and has the priority of its event, unless the
    caller knows better: where it names a channel, what went by another does not count, and what the desk is to call
    somebody about may be in its own `language`. What the person does without is kept as a row that says so. KeyError
    for an event that stands nowhere in `events.EVENTS`.
    """
    priority = EVENTS[event].priority if priority is None else priority
    key = {"recipient": recipient, "event": event, "subject_key": subject_key}
    same = Message.objects.filter(**key, **({"channel": channel} if channel else {}))
    if same.exists():
        return None
    language = language or language_of(recipient)
    with translation.override(language):
        text = compose()
    if channel is None:
        quiet = reach.is_quiet(event, priority, city, now)
        channel = reach.preferred(recipient, event, quiet=quiet)
    is_refused = reach.is_refused(recipient, event)
    try:
        with transaction.atomic():
            message = Message.objects.create(
                **key,
                city=city,
                channel=channel,
                priority=priority,
                language=language,
                title=text.title[:200],
                body=text.body,
                action_label=text.action_label,
                action_url=text.action_url,
                in_short=text.in_short[:200],
                state=MessageState.SUPPRESSED if is_refused else MessageState.QUEUED,
                why=REFUSED if is_refused else "",
                due_at=due_at or now,
                created_at=now,
            )
    except IntegrityError:
        if same.exists():
            return None  # another transaction queued the same one meanwhile
        raise
    if not is_refused:
        _say_beside(message, now=now)
        _say_to_team(message, compose, now=now)
        _wake(message, now=now)
    return message


def _say_beside(message: Message, *, now: datetime) -> None:
    """The same by the channels that accompany the one by which this person is told; once."""
    names = channel_registry.accompanying(message.recipient, now)
    Message.objects.bulk_create(
        [message.said_again(channel=name, due_at=message.due_at, now=now) for name in names],
        ignore_conflicts=True,
    )
    if names and message.due_at <= now:
        wake_on_commit(DELIVER_TASK)


def _say_to_team(message: Message, compose: Callable[[], Text], *, now: datetime) -> None:
    """What is for the whole team stands, once, where it talks: in short, in the language of who named the place."""
    if message.city is None or not EVENTS[message.event].in_team:
        return
    for name, person in channel_registry.teams(message.city):
        key = {
            "recipient": person,
            "event": message.event,
            "subject_key": message.subject_key,
            "channel": name,
        }
        if Message.objects.filter(**key).exists():
            continue
        language = language_of(person)
        with translation.override(language):
            text = compose()
        if not text.in_short:
            continue
        said = message.said_again(channel=name, due_at=message.due_at, now=now)
        said.recipient, said.language = person, language
        said.title = said.in_short = text.in_short[:200]
        said.body, said.action_label, said.action_url = "", text.action_label, text.action_url
        Message.objects.bulk_create([said], ignore_conflicts=True)
        if said.due_at <= now:
            wake_on_commit(DELIVER_TASK)


@transaction.atomic
def alert(
    *,
    recipient: User,
    event: str,
    subject_key: str,
    city: City | None,
    compose: Callable[[], Text],
    now: datetime,
) -> int:
    """Queue one message by two channels at once, where two deliver to this person by themselves; how many are new."""
    names = [name for name in reach.reaching(recipient, event) if name in channel_registry.by_machine()]
    channels: list[str | None] = [*names[:CHANNELS_OF_AN_ALERT]]
    queued = [
        queue(
            recipient=recipient,
            event=event,
            subject_key=subject_key,
            city=city,
            compose=compose,
            now=now,
            channel=channel,
        )
        for channel in channels or [None]
    ]
    return sum(message is not None for message in queued)


@transaction.atomic
def hand_on(*, message: Message, channel: str, due_at: datetime, by: User | None, now: datetime) -> Message:
    """The same words by another channel, as a message of its own."""
    following = message.said_again(channel=channel, due_at=due_at, now=now)
    following.save(force_insert=True)
    whom = f"user {by.pk}" if by else "nobody"
    log.info("message %s goes on as %s by %s, asked by %s", message.pk, following.pk, channel, whom)
    _wake(following, now=now)
    return following


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
    told = _channels_of_others(found)
    count = 0
    for message in found:
        is_refused = reach.is_refused(person, message.event)
        ways = reach.ways(message, now)
        stays = message.channel in ways or message.channel in channel_registry.companions()
        if stays and not is_refused:
            continue
        count += 1
        message.state, message.why = MessageState.SUPPRESSED, REFUSED if is_refused else why
        message.save(update_fields=["state", "why"])
        log.info("message %s set aside: %s", message.pk, message.why)
        channel = next((name for name in ways if name not in told[_key(message)]), None)
        if channel is not None and not is_refused:
            told[_key(message)].add(channel)
            hand_on(message=message, channel=channel, due_at=message.due_at, by=by, now=now)
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
        # By another channel if they were told of it already, by another message, by the preferred one.
        reaching = reach.ways(message, now)
        taken = told[_key(message)] - {message.channel} if message.repeat_of_id is None else set()
        message.channel = next((name for name in reaching if name not in taken), message.channel)
        log.info("message %s queued again by user %s", message.pk, by.pk)
    fields = ["state", "due_at", "tried_since", "sent_at", "provider_ref", "channel"]
    Message.objects.bulk_update(found, fields, batch_size=500)
    if any(message.channel in channel_registry.by_machine() for message in found):
        wake_on_commit(DELIVER_TASK)
    return len(found)


def _wake(message: Message, *, now: datetime) -> None:
    if message.channel in channel_registry.by_machine() and message.due_at <= now:
        wake_on_commit(DELIVER_TASK)


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


@transaction.atomic
def note_opened(
    *, recipient: User, events: Collection[str], subject_key: str, by: User, now: datetime
) -> int:
    """Note that somebody has opened the page to which these messages lead; how many. By themselves, not by the desk.

    Mail servers follow links as they take a mail in: what is opened in the first minute says nothing.
    """
    if by != recipient:
        return 0
    sent = Message.objects.filter(
        recipient=recipient,
        event__in=events,
        subject_key=subject_key,
        state__in=[MessageState.SENT, MessageState.DELIVERED],
        sent_at__lte=now - FOLLOWED_BY_MACHINES,
    )
    return sent.update(state=MessageState.OPENED, opened_at=now)


@transaction.atomic
def note_read(*, message_id: int, by: User, now: datetime) -> int:
    """Note that somebody has read a message of theirs, signed in; whatever says the same is read with it. How many."""
    message = Message.objects.get(pk=message_id)
    if message.recipient_id != by.pk:
        return 0
    same = Message.objects.filter(
        recipient=by,
        event=message.event,
        subject_key=message.subject_key,
        state__in=[MessageState.SENT, MessageState.DELIVERED],
    )
    return same.update(state=MessageState.OPENED, opened_at=now)


@transaction.atomic
def note_answered(
    *, recipient: User, events: Collection[str], subject_key: str, by: User | None, now: datetime
) -> int:
    """Note that a question is answered, however the answer came: of each message that asked it and has left; how many.

    Who answered, and for whom, stands where the answer does.
    """
    asked = Message.objects.filter(
        recipient=recipient,
        event__in=events,
        subject_key=subject_key,
        state__in=ON_THE_WAY[: ON_THE_WAY.index(MessageState.ANSWERED)],
    )
    count = asked.update(state=MessageState.ANSWERED, answered_at=now)
    log.info("%s answered by user %s, noted by user %s", subject_key, recipient.pk, by.pk if by else None)
    return count


@transaction.atomic
def record_receipt(
    *, channel: str, provider_ref: str, outcome: MessageState, by: User | None, now: datetime
) -> Message | None:
    """Note what a provider, or the reader, says of a message that has left; None where no message has that reference.

    `outcome`: DELIVERED, OPENED, ANSWERED or FAILED. Saying it twice changes nothing, and neither does what comes late:
    a message only learns more, and is refused only while nobody has said that it arrived.
    """
    if outcome not in RECEIPTS:
        raise ValueError(f"no receipt says {outcome}")
    known = Message.objects.filter(channel=channel, provider_ref=provider_ref[:200]).exclude(provider_ref="")
    # A provider may begin its numbers anew: the latest is meant.
    message = known.select_for_update(no_key=True).order_by("-sent_at", "-id").first()
    if message is None:
        log.warning("%s: a receipt (%s) for a message that is not known", channel, outcome)
        return None
    if message.state not in RECEIPTS[outcome]:
        if message.state != outcome:
            log.info("message %s stays %s: %s comes late", message.pk, message.state, outcome)
        return message
    message.state = outcome
    names = ["state"]
    if outcome == MessageState.FAILED:
        message.last_error = "receipt"
        names.append("last_error")
    else:
        names.append(f"{outcome}_at")
        setattr(message, f"{outcome}_at", now)
    message.save(update_fields=names)
    log.info("message %s %s, said by %s", message.pk, outcome, f"user {by.pk}" if by else channel)
    return message


def language_of(person: User) -> str:
    """The language in which somebody is written to: theirs if we speak it, else our own."""
    try:
        return translation.get_supported_language_variant(person.language)
    except LookupError:
        return settings.LANGUAGE_CODE
