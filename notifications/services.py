"""Writing messages: queued in the caller's transaction, then the wake-up. Who delivers them: `delivery`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.utils import translation

from accounts.access import language_with
from accounts.models import User
from cities.models import City
from notifications import channel_registry, holding, reach
from notifications.events import EVENTS, Priority, goes_to_list
from notifications.models import Message, MessageState
from notifications.wake_up import wake_on_commit
from notifications.wording.selectors import OwnWords, own_of_each, said_with
from notifications.wording.texts import Text

CHANNELS_OF_AN_ALERT = 2
DELIVER_TASK = "notifications.tasks.deliver"
# Why a message was set aside: the person does without it, or not by this channel; its address does not exist.
REFUSED, NOT_THIS_WAY, BOUNCED = "refused", "not by this channel", "bounced"

# By the index of the constraint `message_once`.
_QUEUED_BEFORE = """
SELECT message.recipient_id, message.event, message.subject_key, message.channel
FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS asked(recipient_id, event, subject_key)
JOIN notifications_message message USING (recipient_id, event, subject_key)
WHERE message.repeat_of_id IS NULL
"""


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message to be queued: what `queue` takes."""

    recipient: User
    event: str
    subject_key: str
    city: City | None
    compose: Callable[[], Text]
    due_at: datetime | None = None
    priority: Priority | None = None
    channel: str | None = None
    language: str | None = None
    held: str = ""
    on_line_with: User | None = None

    def key(self) -> tuple[int, str, str]:
        return self.recipient.pk, self.event, self.subject_key


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
    held: str = "",
    on_line_with: User | None = None,
) -> Message | None:
    """Queue one message, composed in the recipient's language and the town's words; None when that one exists already.

    It goes by the preferred one of the channels that reach this person, and has the priority of its event, unless the
    caller knows better: where it names a channel, what went by another does not count, and what the desk is to call
    somebody about may be in its own `language`. What the person does without is kept as a row that says so, and what
    has to wait (`holding`) says why; `held`: why the caller has it wait. `on_line_with`: who of the desk is talking
    with them, and reads out what would go to the list of calls: a call made. KeyError for an event that stands nowhere
    in `events.EVENTS`.
    """
    draft = NewMessage(
        recipient=recipient,
        event=event,
        subject_key=subject_key,
        city=city,
        compose=compose,
        due_at=due_at,
        priority=priority,
        channel=channel,
        language=language,
        held=held,
        on_line_with=on_line_with,
    )
    return next(iter(queue_many(drafts=[draft], now=now)), None)


@transaction.atomic
def queue_many(*, drafts: Sequence[NewMessage], now: datetime) -> list[Message]:
    """`queue` many, in a number of queries that does not depend on how many they are; those that are new."""
    fresh = _fresh(drafts)
    if not fresh:
        return []
    people = list({draft.recipient.pk: draft.recipient for draft in fresh}.values())
    known = reach.known(people)
    own = own_of_each({draft.city for draft in fresh if draft.city})
    messages = [_message(draft, known[draft.recipient.pk], own, now=now) for draft in fresh]
    holding.hold(messages, known, now=now)
    try:
        with transaction.atomic():
            Message.objects.bulk_create(messages, batch_size=1_000)
    except IntegrityError:
        if len(_fresh(drafts)) == len(fresh):
            raise
        return queue_many(drafts=drafts, now=now)  # another transaction queued the same meanwhile
    to_tell = [
        (message, draft)
        for message, draft in zip(messages, fresh, strict=True)
        if _is_to_be_told(message) and not goes_to_list(message.event)
    ]
    say_beside([message for message, _draft in to_tell], now=now)
    for message, draft in to_tell:
        _say_to_team(message, draft.compose, now=now)
    if any(leaves_now(message, now) for message in messages):
        wake_on_commit(DELIVER_TASK)
    return messages


def _fresh(drafts: Sequence[NewMessage]) -> list[NewMessage]:
    """Those that nobody has queued yet, each once, to people who are still here."""
    keys = [list(column) for column in zip(*{draft.key() for draft in drafts}, strict=True)]
    if not keys:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_QUEUED_BEFORE, keys)
        rows = cursor.fetchall()
    by_channel, beside = set(rows), channel_registry.companions()
    by_any = {tuple(key) for *key, channel in rows if channel not in beside}
    fresh = []
    for draft in drafts:
        key = draft.key()
        if draft.recipient.anonymised_at is not None:
            continue  # there is nobody any more
        if key in by_any if draft.channel is None else (*key, draft.channel) in by_channel:
            continue
        by_any.add(key)
        if draft.channel is not None:
            by_channel.add((*key, draft.channel))
        fresh.append(draft)
    return fresh


def _message(draft: NewMessage, known: reach.Known, own: OwnWords, *, now: datetime) -> Message:
    priority = EVENTS[draft.event].priority if draft.priority is None else draft.priority
    language = draft.language or language_of(draft.recipient)
    text = said(draft.compose, own, city=draft.city, language=language)
    quiet = reach.is_quiet(known.wish, draft.event, priority, draft.city, now)
    ways = [draft.channel] if draft.channel else known.channels_for(draft.event, quiet=quiet)
    state, why = MessageState.QUEUED, ""
    if known.does_without(draft.event):
        state, why = MessageState.SUPPRESSED, REFUSED
    elif not ways:
        state, why = MessageState.SUPPRESSED, NOT_THIS_WAY
    elif draft.held:
        state, why = MessageState.HELD, draft.held
    elif draft.on_line_with and ways[0] == channel_registry.by_person():
        state = MessageState.SENT
    caller = draft.on_line_with if state == MessageState.SENT else None
    return Message(
        recipient=draft.recipient,
        event=draft.event,
        subject_key=draft.subject_key,
        city=draft.city,
        channel=ways[0] if ways else min(channel_registry.for_lists()),
        priority=priority,
        language=language,
        **text.columns(),
        state=state,
        why=why,
        due_at=draft.due_at or now,
        attempts=1 if caller else 0,
        sent_at=now if caller else None,
        called_by=caller,
        created_at=now,
    )


def said(compose: Callable[[], Text], own: OwnWords, *, city: City | None, language: str) -> Text:
    """In this language, and in the town's words where it has its own."""
    with translation.override(language):
        text = compose()
        return said_with(text, own[city.pk], language=language) if city else text


def _is_to_be_told(message: Message) -> bool:
    """Not what is refused, nor what waits for its turn: quiet hours alone keep nothing from a page."""
    return message.state == MessageState.QUEUED or message.why == holding.QUIET


def say_beside(messages: Sequence[Message], *, now: datetime) -> None:
    """The same by the channels that accompany the one by which these people are told; once."""
    people = {message.recipient_id: message.recipient for message in messages}
    names = channel_registry.accompanying(list(people.values()), now) if people else {}
    beside = [
        message.said_again(channel=name, due_at=now if message.why else message.due_at, now=now)
        for message in messages
        for name in names[message.recipient_id]
    ]
    Message.objects.bulk_create(beside, ignore_conflicts=True, batch_size=1_000)
    if any(leaves_now(message, now) for message in beside):
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
        if not text.impersonal:
            continue
        said = message.said_again(channel=name, due_at=message.due_at, now=now)
        said.recipient, said.language = person, language
        said.title = said.impersonal = text.impersonal[:200]
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


def leaves_now(message: Message, now: datetime) -> bool:
    """Whether a worker has something to send at once."""
    return (
        message.state == MessageState.QUEUED
        and message.channel in channel_registry.by_machine()
        and message.due_at <= now
    )


def language_of(person: User) -> str:
    """The language in which somebody is written to: theirs if we speak it with them, else our own."""
    try:
        return language_with(person, translation.get_supported_language_variant(person.language))
    except LookupError:
        return settings.LANGUAGE_CODE
