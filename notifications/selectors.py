"""Reading the outbox."""

from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from accounts.models import User
from cities.models import City
from notifications import channel_registry
from notifications.models import Message, MessageQuerySet, MessageState, Outage, Preference

_STILL_TO_LEAVE = (MessageState.QUEUED, MessageState.HELD, MessageState.SENDING)


def undelivered(city: City) -> MessageQuerySet:
    """Messages that were refused or interrupted: only a person decides what becomes of them.

    Of one that is said once more its repeat is told of, as soon as it has left or failed as well.
    """
    still_waits = Q(repeated_by__isnull=True) | Q(repeated_by__state__in=_STILL_TO_LEAVE)
    return _open_ends(city).filter(still_waits).with_reason().order_by("-due_at", "-id")


def undelivered_count(city: City) -> int:
    """How many they are, and no more than a hundred."""
    if not _open_ends(city).exists():  # as a rule, and to ask for their reasons takes several times as long
        return 0
    return undelivered(city)[:100].count()


def _open_ends(city: City) -> MessageQuerySet:
    return Message.objects.filter(city=city, state__in=[MessageState.FAILED, MessageState.UNCERTAIN])


def who_was_told(*, event: str, subject_key: str) -> QuerySet[Message, Any]:
    """The ids of those for whom this message exists already."""
    return Message.objects.filter(event=event, subject_key=subject_key).values("recipient")


def waits_for_a_person(*, recipient: User, event: str, subject_key: str) -> bool:
    """Whether somebody of the desk has still to tell them this."""
    queued = Message.objects.filter(
        recipient=recipient, event=event, subject_key=subject_key, state=MessageState.QUEUED
    )
    return queued.exclude(channel__in=channel_registry.by_machine()).exists()


def outages() -> QuerySet[Outage]:
    """The channels that are out of order, and since when."""
    return Outage.objects.filter(ended_at__isnull=True)


def channels_down() -> list[str]:
    return list(outages().values_list("channel", flat=True))


def next_to_send(channel: str, now: datetime) -> MessageQuerySet:
    """What waits for a channel, the most urgent first, then what is due longest: in the order of one index.

    Whether each still has its reason is asked of the one that is taken, never of all that wait.
    """
    return Message.objects.due(channel, now).order_by("priority", "due_at", "id")


def numbers_in_use() -> list[tuple[str, int]]:
    """Under which numbers of which channels something is being sent, as far as the rows say."""
    sending = Message.objects.filter(state=MessageState.SENDING).order_by("channel", "connection")
    return list(sending.values_list("channel", "connection").distinct())


def has_something_to_send(channel: str, now: datetime) -> bool:
    """Whether a worker has anything to do: not while the channel is out of order and not to be tried yet."""
    if outages().filter(channel=channel, next_try_at__gt=now).exists():
        return False
    return next_to_send(channel, now).values("pk").first() is not None


def channels_with_something_due(now: datetime) -> dict[str, int]:
    """The channels that have something to send now, and how many messages, as far as they have connections for them."""
    found = {}
    for name in sorted(channel_registry.by_machine()):
        if has_something_to_send(name, now):
            found[name] = len(next_to_send(name, now).values("pk")[: channel_registry.connections_of(name)])
    return found


def preference_of(person: User) -> Preference:
    """What somebody has chosen; as long as they have not, what holds for everybody."""
    return Preference.objects.filter(person=person).first() or Preference(person=person)
