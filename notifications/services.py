"""Writing messages: queued in the caller's transaction, then the wake-up. Who delivers them: `delivery`."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import translation

from accounts.models import User
from cities.models import City
from notifications import channel_registry
from notifications.models import Message, MessageState
from notifications.wake_up import wake_on_commit

log = logging.getLogger(__name__)

DELIVER_TASK = "notifications.tasks.deliver"


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

    It goes by the preferred one of the channels that reach this person.
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
                channel=channel_registry.preferred(recipient),
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
    if message.channel in channel_registry.by_machine() and message.due_at <= now:
        wake_on_commit(DELIVER_TASK)
    return message


@transaction.atomic
def retry_uncertain(*, message_id: int, by: User, now: datetime) -> Message:
    """Send an interrupted or refused message again, because a person says so. Another state stays as it is.

    It goes by the channel that is preferred now: the person may have lost an address meanwhile.
    """
    message = Message.objects.select_for_update(of=("self",)).select_related("recipient").get(pk=message_id)
    if message.state in (MessageState.UNCERTAIN, MessageState.FAILED):
        message.state, message.due_at, message.tried_since = MessageState.QUEUED, now, None
        message.channel = channel_registry.preferred(message.recipient)
        message.save(update_fields=["state", "due_at", "tried_since", "channel"])
        log.info("message %s queued again by user %s", message.pk, by.pk)
        if message.channel in channel_registry.by_machine():
            wake_on_commit(DELIVER_TASK)
    return message


def _language_of(person: User) -> str:
    """The person's language if we speak it, else our own."""
    try:
        return translation.get_supported_language_variant(person.language)
    except LookupError:
        return settings.LANGUAGE_CODE
