"""Reading the outbox."""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from cities.models import City
from notifications.models import Message, MessageQuerySet, MessageState


def undelivered(city: City) -> MessageQuerySet:
    """Messages that were refused or interrupted: only a person decides what becomes of them."""
    return (
        Message.objects.filter(city=city, state__in=[MessageState.FAILED, MessageState.UNCERTAIN])
        .select_related("recipient")
        .order_by("-due_at", "-id")
    )


def who_was_told(*, event: str, subject_key: str) -> QuerySet[Message, Any]:
    """The ids of those for whom this message exists already."""
    return Message.objects.filter(event=event, subject_key=subject_key).values("recipient")


def channels_with_something_due(now: datetime) -> list[str]:
    """The channels that have something to send now."""
    return list(Message.objects.due(now).order_by("channel").values_list("channel", flat=True).distinct())
