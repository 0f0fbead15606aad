"""No need for tonight stays silent: it rings with whoever is on call, then with others, until somebody takes it.

At once, whether or not the scan found anything (`scanning.announcing`; the words are `messages.to_desk`'s). Then, while
a need is open, nobody is being asked for it and no coordinator has taken it, one reminder of all such needs goes to
those whom the rota names (`oncall.selectors.steps`): each step after the minutes that the town has set. Once everybody
is told, each wait is twice the one before, two hours at most. A new need begins that anew.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from itertools import groupby

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Greatest
from django.db.models.lookups import Exact
from django.utils import timezone
from django.utils.translation import gettext_lazy

from accounts import selectors as accounts
from accounts.access import COORDINATION, STEERING, has_role
from accounts.models import User
from catalogue.vocabulary import Kind, Urgency
from cities.days import TownDay, waking_hour
from cities.models import City
from matching.lifecycle import Act
from matching.messages import to_desk
from matching.models import CaseTaken, Decision, DeskReminder, Match, MatchState
from needs.models import URGENCY_RANKS, Need, urgency_rank_on
from notifications.reasons import Words, subject_id
from notifications.services import alert, queue
from offers.models import OfferState
from oncall import selectors as oncall

SELDOM = timedelta(hours=2)

# Somebody is asked, and has an end to answer by.
ASKED = (MatchState.PROPOSED, MatchState.ACCEPTED)


class AlreadyTaken(Exception):
    """Another coordinator looks after this case: `by`, or nobody any more."""

    def __init__(self, by: User | None) -> None:
        super().__init__(str(by))
        self.by = by


class NotOfTheTeam(Exception):
    """Whoever is to look after the case does not decide in its town, or not any more."""


def waiting(*, now: datetime, today: date | None = None) -> QuerySet[Need]:
    """Open needs for tonight, by each town's own day, and of people to be housed elsewhere (`rehousing`), that nobody
    looks after; the oldest first. `must_move`: the home in which they sleep is held back by an incident. `today`: the
    day of the one town that is asked about; without it the day of each need's town is worked out.
    """
    rehoused = Match.objects.filter(need=OuterRef("pk"), rehouse_from__isnull=False)
    in_suspended = rehoused.filter(state=MatchState.UNDER_WAY, offer__state=OfferState.FROZEN)
    is_tonight = Exact(
        urgency_rank_on(today or TownDay(now, "city__timezone")), URGENCY_RANKS[Urgency.TONIGHT]
    )
    # An hour's help becomes due with its day: that wakes nobody, unless it was posted so.
    is_urgent = Q(is_tonight) & (~Q(kind=Kind.SKILL) | Q(urgency=Urgency.TONIGHT))
    return (
        Need.objects.open()
        .filter(is_urgent | Q(Exists(rehoused)))
        .annotate(must_move=Exists(in_suspended))
        .exclude(Exists(held().filter(need=OuterRef("pk"))))
        .exclude(Exists(_asked(today or TownDay(now, "need__city__timezone"))))
        .order_by("created_at", "pk")
    )


def _asked(today: date | TownDay) -> QuerySet[Match]:
    """Who is asked for a need, of a home from the day on of which it is lacking: who is asked for later days alone
    takes in nobody tonight.
    """
    lacking = Greatest("need__first_day", "need__uncovered_from", today)
    in_time = Q(first_day__lte=lacking) | ~Q(need__kind=Kind.HOUSING)
    return Match.objects.filter(in_time, need=OuterRef("pk"), state__in=ASKED)


def reasons() -> dict[str, Callable[[], Exists]]:
    """A reminder has its reason while its town has such needs, a hand-over while the case is still with them."""
    return {
        "tonight_waits": lambda: Exists(waiting(now=timezone.now()).filter(city=subject_id())),
        "case_handed_over": lambda: Exists(held().filter(pk=subject_id())),
    }


GONE: Words = {
    "tonight_waits": gettext_lazy("plus aucun besoin n’attend pour ce soir"),
    "case_handed_over": gettext_lazy("quelqu’un d’autre s’occupe de ce dossier"),
}


def held() -> QuerySet[CaseTaken]:
    """Who looks after which need now. Whoever has left the town's coordination looks after none; nor does who has taken
    the case before its people were to be housed elsewhere: they are asked anew, like everybody.
    """
    rehoused_since = Decision.objects.filter(
        act=Act.REHOUSE,
        match__need=OuterRef("need"),
        match__rehouse_from__isnull=False,
        at__gt=OuterRef("at"),
    )
    return CaseTaken.objects.filter(
        ~Exists(rehoused_since),
        given_back_at__isnull=True,
        by__is_active=True,
        by__city_roles__city=F("city"),
        by__city_roles__role__in=sorted(COORDINATION),
    )


def taken(need: Need) -> CaseTaken | None:
    """Who looks after the need now."""
    return held().filter(need=need).select_related("by").first()


def take(*, need: Need, by: User, now: datetime) -> CaseTaken:
    """A coordinator looks after this case; taking it twice changes nothing.

    Raises AlreadyTaken when another does, PermissionDenied when it is not theirs to take.
    """
    _check(need, by)
    current = taken(need)
    if current is None:
        return _given(need, by, seen=None, by=by, now=now)
    if current.by != by:
        raise AlreadyTaken(current.by)
    return current


@transaction.atomic
def hand_over(*, need: Need, to: User, seen: User | None, by: User, now: datetime) -> CaseTaken:
    """A colleague looks after this case from now on, and is told. `seen`: who did, as whoever hands it over has read.

    Raises NotOfTheTeam, AlreadyTaken when it has changed hands meanwhile, PermissionDenied.
    """
    _check(need, by)
    if not has_role(to, need.city, COORDINATION):
        raise NotOfTheTeam
    current = taken(need)
    if current is not None and current.by == to:
        return current
    case = _given(need, to, seen=seen, by=by, now=now)
    if to != by:
        queue(
            recipient=to,
            event="case_handed_over",
            subject_key=f"case:{case.pk}",
            city=case.city,
            compose=partial(to_desk.handed_over, case.need, by),
            now=now,
        )
    return case


def _given(need: Need, to: User, *, seen: User | None, by: User, now: datetime) -> CaseTaken:
    """The case goes from whom it was `seen` with to another."""
    try:
        with transaction.atomic():
            open_ones = CaseTaken.objects.filter(need=need, given_back_at__isnull=True)
            of_seen = open_ones.filter(by=seen) if seen is not None else open_ones.exclude(pk__in=held())
            of_seen.update(given_back_by=by, given_back_at=now)
            return CaseTaken.objects.create(
                city=need.city, need=need, by=to, handed_by=by if to != by else None, at=now
            )
    except IntegrityError as error:
        current = taken(need)
        if current is not None and current.by == to:
            return current
        raise AlreadyTaken(current.by if current is not None else None) from error


def give_back(*, need: Need, by: User, now: datetime) -> None:
    """Nobody looks after this case any more: anybody of the coordination may say so. Nothing, when nobody did."""
    _check(need, by)
    CaseTaken.objects.filter(need=need, given_back_at__isnull=True).update(
        given_back_by=by, given_back_at=now
    )


@transaction.atomic
def pass_on(*, taken_id: int, to: User | None, by: User, now: datetime) -> None:
    """What somebody who leaves still looks after: a colleague does from now on, or nobody. Nothing, when it was
    given back meanwhile. Tells nobody: whoever hands on all that they had tells each colleague once. Raises
    PermissionDenied for another who does not see to the team, or a colleague who does not coordinate.
    """
    case = CaseTaken.objects.select_for_update().get(pk=taken_id)
    may_give = case.by_id == by.pk or has_role(by, case.city, STEERING)
    if not may_give or not (to is None or accounts.coordinators_of(case.city).contains(to)):
        raise PermissionDenied
    if case.given_back_at is not None:
        return
    case.given_back_by, case.given_back_at = by, now
    case.save(update_fields=["given_back_by", "given_back_at"])
    if to is not None:
        CaseTaken.objects.create(
            city=case.city, need=case.need, by=to, handed_by=by if to != by else None, at=now
        )


def _check(need: Need, by: User) -> None:
    if not has_role(by, need.city, COORDINATION):
        raise PermissionDenied


def remind_desks(*, by: None, now: datetime) -> int:
    """Remind each town's coordinators of what waits for them, when it is time; how many messages."""
    told = 0
    by_town = waiting(now=now).select_related("city", "commune").order_by("city_id", "created_at", "pk")
    for city, needs in groupby(by_town, key=lambda need: need.city):
        told += _remind(city, list(needs), now=now)
    return told


@transaction.atomic
def _remind(city: City, needs: list[Need], *, now: datetime) -> int:
    reminder, _is_new = DeskReminder.objects.select_for_update().get_or_create(
        city=city, defaults={"need_ids": [], "next_at": now}
    )
    ids = [need.pk for need in needs]
    told = 0
    steps = oncall.steps(city, now)
    if not set(ids) <= set(reminder.need_ids):
        reminder.round, reminder.next_at = 0, _by_day(now + _wait(city, 0, steps), needs, city)
    elif now >= reminder.next_at:
        reminder.round += 1
        reminder.number += 1
        reminder.next_at = _by_day(now + _wait(city, reminder.round, steps), needs, city)
        for person in steps[min(reminder.round, len(steps) - 1)]:
            told += alert(
                recipient=person,
                event="tonight_waits",
                subject_key=f"city:{city.pk}:{reminder.number}",
                city=city,
                compose=partial(to_desk.tonight_waits, city, needs),
                now=now,
            )
    reminder.need_ids = ids
    reminder.save(update_fields=["need_ids", "round", "number", "next_at"])
    return told


def _wait(city: City, round_: int, steps: Sequence[object]) -> timedelta:
    """How long after this round of reminders the next one is due."""
    since_all_know = max(0, round_ - (len(steps) - 1))
    return min(timedelta(minutes=city.escalate_after_minutes) * 2**since_all_know, SELDOM)


def _by_day(moment: datetime, needs: Iterable[Need], city: City) -> datetime:
    """That moment; in the town's quiet hours, if none of these needs was posted as for tonight, the end of them.

    What is urgent only because days have passed lets people sleep. Not so people in a home held back by an incident.
    """
    if any(need.urgency == Urgency.TONIGHT or need.must_move for need in needs):  # type: ignore[attr-defined]
        return moment
    return waking_hour(moment, city, city.quiet_until, city.quiet_from)
