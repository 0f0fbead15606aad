"""Why a message waits: another question is open, the week is full, it is night.

Gates in this order. The first is for the app that asks, which knows what is open (`events.ONE_AT_A_TIME`); whatever is
past it counts towards the week; night is asked of what is about to leave, and again in the moment in which it would.
Nobody waits for a lock here: whoever does not get a citizen's turn at once holds the message, and the sweep comes back.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from django.db.models import F, Max, Q
from django.db.models.functions import Coalesce

from accounts.models import User
from accounts.selectors import who_work_here
from cities.models import City
from notifications import channel_registry, reach
from notifications.events import ONE_AT_A_TIME, WEEKLY, Priority, is_told_always
from notifications.models import ON_THE_WAY, Message, MessageState, Preference

QUESTION, WEEK, QUIET, PAUSE = "another question", "weekly limit", "quiet hours", "pause"

A_WEEK = timedelta(days=7)
# What is still on its way may come to nothing, and leave room earlier than it seems.
LOOKED_AT_AGAIN = timedelta(days=1)


def hold(messages: Sequence[Message], known: Mapping[int, reach.Known], *, now: datetime) -> None:
    """Hold what is to wait of messages that are about to be queued and are not saved yet; in six queries at most."""
    _hold_for_the_week([message for message in messages if _is_to_be_counted(message)], now=now)
    for message in messages:
        wish = known[message.recipient_id].wish
        _gather(message, wish, now=now)
        hold_by_night(message, wish)


def hold_by_night(message: Message, wish: Preference) -> None:
    """Hold a queued message that would leave in somebody's quiet hours until they end."""
    if message.state == MessageState.QUEUED:
        until = quiet_until(message, wish, message.due_at)
        if until is not None:
            message.state, message.why, message.due_at = MessageState.HELD, QUIET, until


def _gather(message: Message, wish: Preference, *, now: datetime) -> None:
    """What can wait leaves at the hours that somebody chose for it, and on none of their days off."""
    has_chosen = wish.digest_hours or wish.days_off
    if not has_chosen or message.priority != Priority.DIGEST or is_told_always(message.event):
        return
    if message.state == MessageState.QUEUED and message.due_at <= now and message.city is not None:
        message.due_at = reach.next_digest(wish, message.city, now=now)


def quiet_until(message: Message, wish: Preference, moment: datetime) -> datetime | None:
    """The end of the quiet hours that keep this message from leaving at that moment; None where nothing does."""
    if message.priority == Priority.NIGHT or is_told_always(message.event):
        return None
    if message.channel not in channel_registry.by_machine() - channel_registry.companions():
        return None  # a person looks at the clock, and a page makes no noise
    until = reach.wakes_at(wish, message.city, moment)
    return until if until > moment else None


def take_turn(people: Collection[int]) -> set[int]:
    """Of which of these people this transaction alone decides, until it ends, what is told to them."""
    rows = User.objects.select_for_update(no_key=True, skip_locked=True).filter(pk__in=people)
    return set(rows.order_by("pk").values_list("pk", flat=True))


# --- So many messages a week ---------------------------------------------------------------------------


def has_room(person: User, city: City, *, now: datetime, message: Message | None = None) -> bool:
    """Whether one more may be told this week: this one that waits, or a new one. Whoever asks has taken the turn.

    Which question is next is for the app that asks: whichever it is takes the place of the one that waits longest.
    """
    if who_work_here([person.pk]):
        return True
    waiting = Message.objects.filter(recipient=person, state=MessageState.HELD, why=WEEK)
    questions = waiting.filter(event__in=ONE_AT_A_TIME).values_list("pk", flat=True)
    places = [*questions, *([message.pk] if message else [])]
    before = waiting.exclude(event__in=ONE_AT_A_TIME)
    if places:
        before = before.filter(pk__lt=min(places))
    return len(_told([person.pk], now)[person.pk]) + before.count() < city.messages_a_week


def in_line(people: Collection[int], *, now: datetime) -> tuple[list[Message], list[Message]]:
    """What waits for the week of these people, whose turn is taken: what may leave, and the rest, with the moment at
    which it is looked at again. First come, first served, so that nothing waits for ever.
    """
    told = _told(people, now)
    waiting = Message.objects.filter(recipient__in=people, state=MessageState.HELD, why=WEEK)
    leaves, stays = [], []
    for message in waiting.select_related("recipient", "city").order_by("pk"):
        moments = told[message.recipient_id]
        limit = message.city.messages_a_week if message.city else len(moments) + 1
        if len(moments) < limit:
            moments.append(now)
            # The place of a question is kept for it: the app that asks has it leave.
            if message.event not in ONE_AT_A_TIME:
                leaves.append(message)
        else:
            message.due_at = _room_at(moments, limit, now)
            stays.append(message)
    return leaves, stays


def _hold_for_the_week(messages: Sequence[Message], *, now: datetime) -> None:
    people = {message.recipient_id for message in messages}
    people -= who_work_here(people)
    if not people:
        return
    ours, told = take_turn(people), _told(people, now)
    waiting = set(
        Message.objects.filter(recipient__in=people, state=MessageState.HELD, why=WEEK).values_list(
            "recipient", flat=True
        )
    )
    for message in messages:
        key = message.recipient_id
        if key not in people or message.city is None:
            continue
        moments, limit = told[key], message.city.messages_a_week
        if key in ours and key not in waiting and len(moments) < limit:
            moments.append(now)
            continue
        waiting.add(key)
        message.state, message.why = MessageState.HELD, WEEK
        message.due_at = _room_at(moments, limit, now)


def _is_to_be_counted(message: Message) -> bool:
    """Of a question the app that asks has seen to it already."""
    return (
        message.state == MessageState.QUEUED
        and message.priority != Priority.NIGHT
        and message.event in WEEKLY
        and message.event not in ONE_AT_A_TIME
    )


def _told(people: Collection[int], now: datetime) -> dict[int, list[datetime]]:
    """When each of these people was told what counts towards their week, in order; what is on its way counts as now.

    A thing that is told counts once, whatever channels it took.
    """
    week = now - A_WEEK
    on_its_way = Q(state__in=[MessageState.QUEUED, MessageState.SENDING]) | Q(
        state=MessageState.HELD, why=QUIET
    )
    left = Q(state__in=ON_THE_WAY, sent_at__gt=week) | Q(
        state__in=[MessageState.UNCERTAIN, MessageState.FAILED], claimed_at__gt=week
    )
    counted = (
        Message.objects.filter(on_its_way | left, recipient__in=people, event__in=WEEKLY)
        .exclude(priority=Priority.NIGHT)
        .order_by()
        .values("recipient", "event", "subject_key")
        .annotate(at=Max(Coalesce(F("sent_at"), F("claimed_at"))))
        .values_list("recipient", "at")
    )
    found: dict[int, list[datetime]] = defaultdict(list)
    for person, at in counted:
        found[person].append(at or now)
    for moments in found.values():
        moments.sort()
    return found


def _room_at(moments: Sequence[datetime], limit: int, now: datetime) -> datetime:
    if len(moments) < limit:
        return now
    return min(moments[len(moments) - limit] + A_WEEK, now + LOOKED_AT_AGAIN)
