"""Writing messages, and moving them towards their recipients.

Queued in the caller's transaction, then the wake-up; claimed and committed before sending; settled afterwards. A claim
that nobody settles is an interrupted sending, and never sent again by itself.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.db.models.functions import Coalesce
from django.utils import translation

from accounts.models import User
from cities.models import City
from notifications.channels import NotSent, Unknown
from notifications.channels.email import EmailChannel
from notifications.models import Channel, Message, MessageState
from notifications.wake_up import wake_on_commit

log = logging.getLogger(__name__)

DELIVER_TASK = "notifications.tasks.deliver"
BATCH = 50
# A batch ends after this many seconds, so that its moment stays true and the worker's time limit far.
BATCH_SECONDS = 60
# Waits after the first, second, … failed attempt; the last one repeats.
BACKOFF = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1))
GIVE_UP_AFTER = timedelta(days=3)
# A server that does not answer at all is tried again soon: no message of its is to blame, and tonight is tonight.
UNREACHABLE_WAIT = timedelta(minutes=1)
INTERRUPTED_AFTER = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Text:
    """What a person reads: plain text, and one thing to do at most (`action_url` is a path of this site)."""

    title: str
    body: str
    action_label: str = ""
    action_url: str = ""


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
) -> Message | None:
    """Queue one message, composed in the recipient's language; None when that one exists already.

    Whoever has no e-mail gets a call instead: the message waits on the operators' list.
    """
    key = {"recipient": recipient, "event": event, "subject_key": subject_key}
    if Message.objects.filter(**key).exists():
        return None
    language = _language_of(recipient)
    with translation.override(language):
        text = compose()
    try:
        with transaction.atomic():
            message = Message.objects.create(
                **key,
                city=city,
                channel=Channel.EMAIL if recipient.email else Channel.CALL,
                language=language,
                title=text.title[:200],
                body=text.body,
                action_label=text.action_label,
                action_url=text.action_url,
                due_at=due_at or now,
                created_at=now,
            )
    except IntegrityError:
        if Message.objects.filter(**key).exists():
            return None  # another transaction queued the same one meanwhile
        raise
    if message.channel != Channel.CALL and message.due_at <= now:
        wake_on_commit(DELIVER_TASK)
    return message


def deliver_batch(*, by: None, now: datetime) -> bool:
    """Send what is due over one connection; True when more may be waiting.

    Not atomic on purpose: each claim is committed before its message leaves, each result afterwards. Safe to run
    any number of times at once.
    """
    if not Message.objects.due(now).exists():
        return False
    end = time.monotonic() + BATCH_SECONDS
    try:
        with EmailChannel() as channel:
            for _ in range(BATCH):
                message = _claim(now=now)
                if message is None or _send(channel, message, now=now):
                    return False
                if time.monotonic() > end:
                    break
    except NotSent as error:
        _all_wait(error, now=now)
        return False
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
def mark_called(*, message_id: int, by: User, now: datetime) -> Message:
    """Record that somebody told the person by phone. Doing it twice changes nothing."""
    message = Message.objects.select_for_update().get(pk=message_id, channel=Channel.CALL)
    if message.state == MessageState.QUEUED:
        message.state, message.sent_at, message.called_by = MessageState.SENT, now, by
        message.attempts += 1
        message.save(update_fields=["state", "sent_at", "called_by", "attempts"])
    return message


@transaction.atomic
def retry_uncertain(*, message_id: int, by: User, now: datetime) -> Message:
    """Send an interrupted or refused message again, because a person says so. Another state stays as it is.

    Whoever has lost the e-mail meanwhile is put on the list of calls.
    """
    message = Message.objects.select_for_update(of=("self",)).select_related("recipient").get(pk=message_id)
    if message.state in (MessageState.UNCERTAIN, MessageState.FAILED):
        message.state, message.due_at, message.tried_since = MessageState.QUEUED, now, None
        message.channel = Channel.EMAIL if message.recipient.email else Channel.CALL
        message.save(update_fields=["state", "due_at", "tried_since", "channel"])
        log.info("message %s queued again by user %s", message.pk, by.pk)
        if message.channel != Channel.CALL:
            wake_on_commit(DELIVER_TASK)
    return message


@transaction.atomic
def _claim(*, now: datetime) -> Message | None:
    """Take the next due message for this worker alone."""
    message = (
        Message.objects.due(now)
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


def _send(channel: EmailChannel, message: Message, *, now: datetime) -> bool:
    """Send a claimed message and settle it; True when the batch should end here."""
    try:
        channel.send(message)
    except NotSent as error:
        _put_back(message, error, now=now)
        return error.stop
    except Unknown as error:
        _settle(message, MessageState.UNCERTAIN, error=error.code)
        return error.stop
    except Exception as error:
        # A mistake of ours or the worker's time is up: how far it came is not known. The sentence of an
        # error may quote an address, its type does not.
        _settle(message, MessageState.UNCERTAIN, error=type(error).__name__)
        return True
    _settle(message, MessageState.SENT, sent_at=now)
    return False


def _put_back(message: Message, error: NotSent, *, now: datetime) -> None:
    assert message.tried_since is not None
    if not error.retry or now - message.tried_since >= GIVE_UP_AFTER:
        _settle(message, MessageState.FAILED, error=error.code)
        return
    wait = BACKOFF[min(message.attempts, len(BACKOFF)) - 1]
    _settle(message, MessageState.QUEUED, error=error.code, due_at=now + wait)


def _settle(
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
def _all_wait(error: NotSent, *, now: datetime) -> None:
    """The server is out of reach: no message was tried; all wait, and after three days give up."""
    log.warning("mail server out of reach: %s", error.code)
    due = Message.objects.due(now).select_for_update(skip_locked=True)
    due_ids = list(due.values_list("pk", flat=True))
    waiting = Message.objects.filter(pk__in=due_ids)
    waiting.update(
        due_at=now + UNREACHABLE_WAIT, tried_since=Coalesce(F("tried_since"), now), last_error=error.code
    )
    waiting.filter(tried_since__lte=now - GIVE_UP_AFTER).update(state=MessageState.FAILED)


def _language_of(person: User) -> str:
    """The person's language if we speak it, else our own."""
    try:
        return translation.get_supported_language_variant(person.language)
    except LookupError:
        return settings.LANGUAGE_CODE
