"""A citizen has one question before them at a time: the next one waits for its turn, and its match with it.

A question for tonight waits for none. The others leave one by one, the most urgent first, as soon as the one before is
answered, lapsed or withdrawn and the citizen's week has room (`notifications.holding`); the time to answer begins then.
"""

from datetime import datetime, timedelta

from django.db.models import Max, QuerySet

from accounts.models import User
from catalogue.vocabulary import Urgency
from cities.days import TownDay, local_day
from cities.models import City
from matching import waits
from matching.models import Match, MatchState
from needs.models import Need
from needs.urgency import urgency_order
from notifications import holding, reach
from notifications.events import Priority
from notifications.models import Message, Preference


def is_for_tonight(need: Need, city: City, *, now: datetime) -> bool:
    """By the day of the need's town."""
    return need.urgency_on(local_day(now, city)) == Urgency.TONIGHT


def ends_tonight(match: Match, *, now: datetime) -> bool:
    """Whether tonight is its last night, or has been: whether it can go on is answered tonight or never."""
    return match.last_day <= local_day(now, match.city)


def priority_of(need: Need, city: City, *, now: datetime) -> Priority | None:
    """What is asked and told of a need of this town for tonight waits for no morning; None: as its event says."""
    return Priority.NIGHT if is_for_tonight(need, city, now=now) else None


def why_it_waits(
    match: Match, *, now: datetime, message: Message | None = None, is_next: bool = False
) -> str:
    """Why the question of this match does not leave now; "" when it may. `is_next`: it is the first of those that wait
    (`next_in_turn`), with its message.

    Whoever else decides about this citizen in this moment goes first: nobody waits for them here.
    """
    owner = match.offer.owner
    # They want to be asked nothing new, and have not read this one.
    if is_next and reach.paused([owner.pk], local_day(now, match.offer.city)):
        return holding.PAUSE
    if is_for_tonight(match.need, match.city, now=now):
        return ""
    if owner.pk not in holding.take_turn([owner.pk]) or _open(owner).exclude(pk=match.pk).exists():
        return holding.QUESTION
    if not is_next and waiting().filter(offer__owner=owner).exclude(pk=match.pk).exists():
        return holding.QUESTION
    if not holding.has_room(owner, match.offer.city, now=now, message=message):
        return holding.WEEK
    return ""


def leaves_at(match: Match, *, now: datetime) -> datetime:
    """When a question that does not wait reaches the citizen: at night, unless it is for tonight, in the morning."""
    return _leaves_at(match, reach.wish_of(match.offer.owner), match.offer.city, now=now)


def longer_leaves_at(match: Match, *, now: datetime) -> datetime:
    """The same of the question whether it can go on: it waits for the morning, unless it ends tonight."""
    if ends_tonight(match, now=now):
        return now
    return reach.wakes_at(reach.wish_of(match.offer.owner), match.offer.city, now)


def leaves_for(match: Match, city: City, *, now: datetime) -> datetime:
    """When a question reaches several people of a town: by its own hours, whatever each of them chose."""
    return _leaves_at(match, Preference(), city, now=now)


def _leaves_at(match: Match, wish: Preference, city: City, *, now: datetime) -> datetime:
    if is_for_tonight(match.need, match.city, now=now):
        return now
    return reach.wakes_at(wish, city, now)


def waiting() -> QuerySet[Match]:
    """Matches whose question waits for its turn."""
    return Match.objects.filter(state=MatchState.PROPOSED, waits_since__isnull=False)


def next_in_turn(*, now: datetime) -> list[int]:
    """Of each citizen whose questions wait, the match that is next: of the most urgent the oldest."""
    order = (*urgency_order(TownDay(now, "city__timezone"), of="need__"), "waits_since", "pk")
    found: dict[int, int] = {}
    for owner, pk in waiting().order_by(*order).values_list("offer__owner", "pk"):
        found.setdefault(owner, pk)
    return list(found.values())


def comes_too_late(match: Match, *, now: datetime) -> bool:
    """Whether a question that waits leaves, as it stands, with less than half of the usual time to answer it."""
    hours = match.city.answer_hours(match.need.urgency_on(local_day(now, match.city)))
    last_moment = waits.useful_until(match, now=now) - timedelta(hours=hours) / 2
    until = _open(match.offer.owner).exclude(pk=match.pk).aggregate(until=Max("answer_by"))["until"]
    return max(now, until or now) >= last_moment


def _open(owner: User) -> QuerySet[Match]:
    """The questions that a citizen has before them."""
    return Match.objects.filter(offer__owner=owner, state=MatchState.PROPOSED, waits_since__isnull=True)
