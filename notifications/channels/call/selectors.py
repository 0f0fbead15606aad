"""Reading the list of calls."""

from collections.abc import Collection
from datetime import datetime

from django.db.models import F

from accounts.access import DESK, towns_of
from accounts.models import User
from cities.models import City
from notifications import reasons
from notifications.channels.call.channel import NAME
from notifications.channels.call.models import Call
from notifications.models import Message, MessageQuerySet, MessageState


def calls(city: City) -> MessageQuerySet:
    """Every call of the town, made or not."""
    return Message.objects.filter(city=city, channel=NAME)


def calls_to_make(city: City) -> MessageQuerySet:
    """Whom to call: what decides a night, then by urgency; of these what has the nearest deadline (`deadline`), then
    the longest waiting. Nobody of whom nothing is wanted any more.
    """
    return _to_make(calls(city))


def calls_of(user: User) -> MessageQuerySet:
    """Every call that the desks of somebody's towns may make, or made."""
    return Message.objects.filter(city__in=towns_of(user, DESK), channel=NAME).visible_to(user)


def calls_to_make_of(user: User) -> MessageQuerySet:
    """Of these, whom to call, as `calls_to_make`."""
    return _to_make(calls_of(user))


def is_to_make(message: Message) -> bool:
    """Whether this one is on the list."""
    return _to_make(Message.objects.filter(pk=message.pk, channel=NAME)).exists()


def _to_make(calls: MessageQuerySet) -> MessageQuerySet:
    waiting = calls.filter(state=MessageState.QUEUED).with_reason()
    return (
        waiting.annotate(deadline=reasons.deadline())
        .select_related("recipient")
        .order_by("priority", F("deadline").asc(nulls_last=True), "due_at", "id")
    )


def deadline_of(message: Message) -> datetime | None:
    """Until when the answer to it is waited for; None where none is."""
    found = Message.objects.filter(pk=message.pk).annotate(deadline=reasons.deadline())
    moment: datetime | None = found.values_list("deadline", flat=True).get()
    return moment


def to_call_now(messages: MessageQuerySet, now: datetime) -> MessageQuerySet:
    """Those of the list whose hour has come."""
    return messages.filter(due_at__lte=now)


def to_call_later(messages: MessageQuerySet, now: datetime) -> MessageQuerySet:
    """Those that come up at their hour, the next first."""
    return messages.filter(due_at__gt=now).order_by("due_at", "id")


def under_way(people: Collection[int], now: datetime) -> dict[int, Call]:
    """Of these people, by their keys, those whom somebody is calling."""
    open_calls = Call.objects.filter(person__in=people, ended_at__isnull=True, taken_until__gt=now)
    return {call.person_id: call for call in open_calls.select_related("by")}


def last_outcomes(messages: Collection[int]) -> dict[int, Call]:
    """Of these messages, by their keys, the last call that was made."""
    made = Call.objects.filter(message__in=messages, ended_at__isnull=False).exclude(outcome="left")
    latest = made.order_by("message_id", "-began_at", "-id").distinct("message_id")
    return {call.message_id: call for call in latest.select_related("by")}


def outcomes(message: Message) -> list[Call]:
    """All that came of calls about it, the first first."""
    ended = Call.objects.filter(message=message, ended_at__isnull=False).select_related("by")
    return list(ended.order_by("began_at", "id"))
