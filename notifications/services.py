"""Writing messages: the row in the caller's transaction, then the bell."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import translation

from accounts.models import User
from cities.models import City
from notifications.bell import ring_on_commit
from notifications.models import Channel, Message


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
    with translation.override(recipient.language):
        text = compose()
    message, is_new = Message.objects.get_or_create(
        recipient=recipient,
        event=event,
        subject_key=subject_key,
        defaults={
            "city": city,
            "channel": Channel.EMAIL if recipient.email else Channel.CALL,
            "language": recipient.language,
            "title": text.title[:200],
            "body": text.body,
            "action_label": text.action_label,
            "action_url": text.action_url,
            "due_at": due_at or now,
            "created_at": now,
        },
    )
    if not is_new:
        return None
    if message.channel != Channel.CALL:
        ring_on_commit("notifications.tasks.deliver")
    return message
