"""Reading the outbox."""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from accounts.models import User
from cities.models import City
from notifications import channel_registry
from notifications.models import Message, MessageQuerySet, MessageState


def undelivered(city: City) -> MessageQuerySet:
    """Messages that were refused or interrupted: only a person decides what becomes of them."""
    return (
        Message.objects.filter(city=city, state__in=[MessageState.FAILED, MessageState.UNCERTAIN])
        .with_reason()
        .select_related("recipient")
        .order_by("-due_at", "-id")
    )


def who_was_told(*, event: str, subject_key: str) -> QuerySet[Message, Any]:
    """The ids of those for whom this message exists already."""
    return Message.objects.filter(event=event, subject_key=subject_key).values("recipient")


def waits_for_a_person(*, recipient: User, event: str, subject_key: str) -> bool:
    """Whether somebody of the desk has still to tell them this."""
    queued = Message.objects.filter(
        recipient=recipient, event=event, subject_key=subject_key, state=MessageState.QUEUED
    )
    return queued.exclude(channel__in=channel_registry.by_machine()).exists()


def channels_with_something_due(now: datetime) -> list[str]:
    """The channels that have something to send now."""
    return list(Message.objects.due(now).order_by("channel").values_list("channel", flat=True).distinct())
