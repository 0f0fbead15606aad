"""Reading the outbox."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.db.models import (
    Aggregate,
    Count,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
)
from django.db.models.functions import Mod

from accounts.models import User
from catalogue.compiled import Later
from cities.models import City
from notifications import answers, channel_registry, holding, reasons
from notifications.events import PRIVATE, PURSUED, TO_LISTS
from notifications.models import Message, MessageQuerySet, MessageState, Outage, Preference, subject

_STILL_TO_LEAVE = (MessageState.QUEUED, MessageState.HELD, MessageState.SENDING)


def undelivered(city: City) -> MessageQuerySet:
    """Messages that were refused or interrupted: only a person decides what becomes of them.

    Of one that is said once more its repeat is told of, as soon as it has left or failed as well.
    """
    still_waits = Q(repeated_by__isnull=True) | Q(repeated_by__state__in=_STILL_TO_LEAVE)
    return open_ends(city).filter(still_waits).with_reason().order_by("-due_at", "-id")


def unread(user: User | Later, city: City | Later) -> MessageQuerySet:
    """Somebody's own messages that wait on the site to be read."""
    read_here = sorted(channel_registry.read_here())
    return Message.objects.filter(
        recipient=user,
        city=city,
        channel__in=read_here,
        state__in=[MessageState.SENT, MessageState.DELIVERED],
    )


def open_ends(city: City | Later) -> MessageQuerySet:
    """Messages that failed, some of whose reasons may be gone.

    Of what only accompanies another message nothing is to be decided: that other one says the same. What is private is
    no matter of the desk's.
    """
    lost = Message.objects.filter(city=city, state__in=[MessageState.FAILED, MessageState.UNCERTAIN])
    return lost.exclude(channel__in=sorted(channel_registry.companions())).exclude(
        event__in=[*TO_LISTS, *PRIVATE]
    )


def who_was_told(*, event: str, subject_key: str) -> QuerySet[Message, Any]:
    """The ids of those for whom this message exists already; what only stands beside it told nobody."""
    told = Message.objects.filter(event=event, subject_key=subject_key)
    return told.exclude(channel__in=sorted(channel_registry.companions())).values("recipient")


def question_about(person: User, about: str) -> Message | None:
    """The latest question to this person about a thing ("match:12")."""
    asked = Message.objects.filter(recipient=person, event__in=answers.events()).annotate(subject=subject())
    return asked.filter(subject=about).order_by("-created_at", "-id").first()


def call_wanted(person: User, about: str) -> Message | None:
    """The call about a thing that somebody asked for, and for which they wait."""
    wanted = Message.objects.filter(recipient=person, event="call_wanted", state=MessageState.QUEUED)
    return wanted.annotate(subject=subject()).filter(subject=about).first()


def waits_for_a_person(*, recipient: User, event: str, subject_key: str) -> bool:
    """Whether somebody of the desk has still to tell them this."""
    queued = Message.objects.filter(
        recipient=recipient, event=event, subject_key=subject_key, state=MessageState.QUEUED
    )
    return queued.exclude(channel__in=channel_registry.by_machine()).exists()


def calls_who_has_no_address(event: str, subject_keys: Collection[str]) -> bool:
    """Whether one of these goes to a person whom no mail and no machine reaches: somebody of the desk has to call."""
    queued = Message.objects.filter(event=event, subject_key__in=subject_keys, state=MessageState.QUEUED)
    by_hand = queued.exclude(channel__in=channel_registry.by_machine())
    return by_hand.filter(recipient__email__isnull=True).exists()


def held(*, recipient: User, event: str, subject_key: str) -> Message | None:
    """The message that waits, by its first channel."""
    waiting = Message.objects.filter(
        recipient=recipient, event=event, subject_key=subject_key, state=MessageState.HELD
    )
    return waiting.select_related("recipient", "city").order_by("pk").first()


def why_held(event: str, subject_keys: Collection[str]) -> dict[str, str]:
    """Of messages that wait, by what they speak of, the code of what keeps them."""
    waiting = Message.objects.filter(event=event, subject_key__in=subject_keys, state=MessageState.HELD)
    return dict(waiting.order_by("-pk").values_list("subject_key", "why"))


def leaves_later(event: str, subject_keys: Collection[str]) -> dict[str, datetime]:
    """Of messages that the night keeps, by what they speak of, the moment at which they leave."""
    waiting = Message.objects.filter(
        event=event, subject_key__in=subject_keys, state=MessageState.HELD, why=holding.QUIET
    )
    return dict(waiting.order_by("-due_at").values_list("subject_key", "due_at"))


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


def preferences_of(people: Collection[User]) -> list[tuple[User, Preference]]:
    """The same of several people."""
    said = {wish.person_id: wish for wish in Preference.objects.filter(person__in=people)}
    return [(person, said.get(person.pk) or Preference(person=person)) for person in people]


def about(user: User, subjects: Collection[str]) -> MessageQuerySet:
    """What was said of these ("match:12"), as far as the reader may see it, the latest first."""
    return (
        Message.objects.visible_to(user)
        .annotate(subject=subject())
        .filter(subject__in=sorted(subjects))
        .select_related("recipient", "called_by", "repeat_of", "repeated_by")
        .order_by("-created_at", "-id")
    )


def said_to(people: Collection[User], about: str) -> MessageQuerySet:
    """What was said to these people about a thing ("match:12"), the latest first."""
    said = Message.objects.filter(recipient__in=people).annotate(subject=subject())
    return said.filter(subject=about).order_by("-created_at", "-id")


def last_said(city: City, *, wording: str, language: str) -> Message | None:
    """The last message of a text that a town may say otherwise, whoever has read it."""
    said = Message.objects.filter(city=city, wording=wording, language=language).exclude(values={})
    return said.order_by("-id").first()


def without_reason(messages: Collection[Message]) -> frozenset[int]:
    """Those of them whose reason is gone. Only the reasons of their own events are asked: all would take longer."""
    if not messages:
        return frozenset()
    same = Message.objects.filter(pk__in=[message.pk for message in messages])
    stands = reasons.has_reason({message.event for message in messages})
    return frozenset(
        same.annotate(stands=stands).filter(stands=False).order_by().values_list("pk", flat=True)
    )


def counts(user: User, city: City, *, since: datetime) -> list[tuple[str, str, int]]:
    """How many messages of a town, by channel and state."""
    told = Message.objects.visible_to(user).filter(city=city, created_at__gte=since)
    return list(told.order_by().values_list("channel", "state").annotate(n=Count("*")))


class _Median(Aggregate):
    function = "PERCENTILE_CONT"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = DurationField()


def answer_times(user: User, city: City, *, since: datetime) -> dict[int, timedelta]:
    """By priority, the median time from a question to its answer, for those that were answered.

    A question that went by several channels counts from the first that left.
    """
    answered = Message.objects.filter(event__in=PURSUED, answered_at__isnull=False)
    earlier = answered.filter(
        recipient=OuterRef("recipient"), event=OuterRef("event"), subject_key=OuterRef("subject_key")
    ).filter(pk__lt=OuterRef("pk"))
    firsts = answered.visible_to(user).filter(~Exists(earlier), city=city, created_at__gte=since)
    took = ExpressionWrapper(F("answered_at") - F("sent_at"), output_field=DurationField())
    return dict(firsts.order_by().values_list("priority").annotate(median=_Median(took)))


def in_turns(messages: MessageQuerySet, size: int, now: datetime) -> MessageQuerySet:
    """About so many of these messages: of a longer list another part each minute, so that all have their turn."""
    turns = messages.count() // size + 1
    return messages.alias(turn=Mod(F("pk"), turns)).filter(turn=int(now.timestamp()) // 60 % turns)
