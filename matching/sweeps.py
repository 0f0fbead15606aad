"""What the scheduler does about matches: as time passes, and when an offer or a need is changed or taken back.

No sweep is atomic as a whole: each match is locked, and committed, by itself, so that no two locks are taken out of
order.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import transaction
from django.db.models import Case, Exists, OuterRef, Q, Value, When
from django.db.models.functions import Coalesce

from accounts.models import Organisation
from catalogue.vocabulary import Kind
from cities.days import TownDay, local_day
from cities.models import City
from matching import asking, capacity, services, standing, telling, turns, waits
from matching.lifecycle import ACTIVE, WAITING, Act, NotPossible, Reason
from matching.models import CHANGED, Match, MatchState
from matching.selectors import posters_of
from needs.models import NeedState
from offers.models import OfferState

log = logging.getLogger(__name__)


def lapse_unanswered(*, by: None, now: datetime, limit: int = 200) -> int:
    """Release the matches whose answer, or confirmation, did not come in time; how many."""
    late = Match.objects.filter(
        Q(state=MatchState.PROPOSED, answer_by__lte=now) | Q(state=MatchState.ACCEPTED, confirm_by__lte=now)
    ).order_by(Coalesce("confirm_by", "answer_by"), "id")
    return sum(_lapse(match_id, now=now) for match_id in list(late.values_list("pk", flat=True)[:limit]))


def ask_in_turn(*, by: None, now: datetime, limit: int = 200) -> int:
    """Ask those whose turn has come, and tell the desk of what would be asked too late; how many were asked."""
    asked = 0
    for match_id in turns.next_in_turn(now=now)[:limit]:
        with _by_itself(match_id):
            asked += _ask_in_turn(match_id, now=now)
    _tell_late(now=now)
    return asked


def remind_unanswered(*, by: None, now: datetime, limit: int = 200) -> int:
    """Remind, once and halfway, whoever has not answered or confirmed yet, and ask whether a stay that was confirmed
    long before still holds; of how many. What an incident holds back is asked about once that is closed.
    """
    due = Match.objects.filter(state__in=telling.REMINDED, remind_at__lte=now).exclude(
        state=MatchState.CONFIRMED, offer__state__in=standing.GONE
    )
    ids = list(due.order_by("remind_at", "id").values_list("pk", flat=True)[:limit])
    return sum(_remind(match_id, now=now) for match_id in ids)


def start_due(*, by: None, now: datetime, limit: int = 200) -> int:
    """Set under way the confirmed matches whose first day has come; how many.

    Of what is over before anybody looked, the follow-up asks whether it took place.
    """
    started = 0
    # Whose people are to be housed elsewhere, or are by now, waits for somebody to end one of the two.
    confirmed = Match.objects.filter(state=MatchState.CONFIRMED, rehouse_from__isnull=True).exclude(
        Q(offer__state__in=standing.GONE) | Q(need__state=NeedState.WITHDRAWN)
    )
    for city in City.objects.filter(pk__in=confirmed.values("city")).order_by("pk"):
        today = local_day(now, city)
        begun = confirmed.filter(city=city, first_day__lte=today, last_day__gte=today).order_by(
            "first_day", "id"
        )
        for match_id in list(begun.values_list("pk", flat=True)[:limit]):
            started += _start(match_id, now=now)
    return started


def cancel_orphans(*, by: None, now: datetime, limit: int = 200) -> int:
    """Call off what was to come of a withdrawn need or offer, and what is still being asked for a suspended
    association or of a frozen offer, or was said yes to of a frozen home and begins within three days (docs/adr/0027);
    how many. What a suspended association was promised is the desk's from then on.
    """
    need_gone = Q(need__state=NeedState.WITHDRAWN) | Q(
        state=MatchState.PROPOSED, need__organisation__state=Organisation.State.SUSPENDED
    )
    # What an incident holds back goes on, or not, when it is closed; no more is asked meanwhile. A yes to a home that
    # is wanted soon does not wait so long: nobody can confirm it, and while it stands no other home is looked for.
    wanted_soon = Q(
        state=MatchState.ACCEPTED,
        need__kind=Kind.HOUSING,
        first_day__lte=TownDay(now, "city__timezone") + standing.SOON,
    )
    offer_gone = Q(offer__state=OfferState.WITHDRAWN) | Q(
        Q(state=MatchState.PROPOSED) | wanted_soon, offer__state=OfferState.FROZEN
    )
    orphans = Match.objects.filter(need_gone | offer_gone, state__in=services.TO_COME).annotate(
        reason=Case(When(need_gone, Value(Reason.NEED_GONE)), default=Value(Reason.OFFER_GONE))
    )
    cancelled = 0
    for match_id, reason in list(orphans.order_by("id").values_list("pk", "reason")[:limit]):
        try:
            services.cancel(match_id=match_id, by=None, now=now, reason=Reason(reason))
        except NotPossible:
            continue  # somebody answered in the meantime; the next look decides
        cancelled += 1
    return cancelled


def thank_the_others(*, by: None, now: datetime, limit: int = 200) -> int:
    """Take back the questions of which a yes could not count any more, since somebody else was first; how many."""
    said_yes = Match.objects.filter(need=OuterRef("need"), state__in=ACTIVE - {MatchState.PROPOSED})
    beside = Match.objects.filter(Exists(said_yes), state=MatchState.PROPOSED, hold__beside=True)
    ids = list(beside.order_by("id").values_list("pk", flat=True)[:limit])
    return sum(_thank(match_id, now=now) for match_id in ids)


def judge_again(*, by: None, now: datetime, limit: int = 200) -> int:
    """Compare anew what was promised before its offer or its need changed, and call off what is not possible any more;
    how many. Of what has begun the desk is told (`held_back`).
    """
    changed = Match.objects.filter(CHANGED, state__in=services.TO_COME).exclude(
        Q(offer__state__in=standing.GONE) | Q(need__state=NeedState.WITHDRAWN)
    )
    return sum(
        _judge_again(match_id, now=now)
        for match_id in list(changed.order_by("id").values_list("pk", flat=True)[:limit])
    )


# Of a pair that was taken back before it was answered: what no offer and no need is at.
NOT_ANSWERED = 0


@transaction.atomic
def _thank(match_id: int, *, now: datetime) -> bool:
    match = services.locked(match_id)
    if match.state != MatchState.PROPOSED or capacity.would_count(match):
        return False  # somebody answered, or took their yes back, while we waited for the lock
    services.do(match, Act.CANCEL, by=None, now=now, reason=Reason.ANSWERED_FIRST)
    # They have answered nothing: should the yes come to nothing, they are suggested again as they are.
    match.need_revision = match.offer_revision = NOT_ANSWERED
    match.save(update_fields=["need_revision", "offer_revision"])
    return True


@transaction.atomic
def _lapse(match_id: int, *, now: datetime) -> bool:
    match = services.locked(match_id)
    until = match.answer_by if match.state == MatchState.PROPOSED else match.confirm_by
    if match.state not in WAITING or until is None or until > now:
        return False  # somebody answered while we waited for the lock
    services.do(match, Act.LAPSE, by=None, now=now)
    return True


@transaction.atomic
def _ask_in_turn(match_id: int, *, now: datetime) -> bool:
    match = services.locked(match_id)
    if match.waits_since is None:
        return False  # it came to an end while we waited for the lock, or another worker has asked
    return asking.ask_in_turn(match=match, by=None, now=now)


@contextmanager
def _by_itself(match_id: int) -> Iterator[None]:
    """What fails of one match stops no other, nor what the scheduler does after these."""
    try:
        yield
    except Exception:
        log.exception("the question of match %s", match_id)


def _tell_late(*, now: datetime) -> None:
    waiting = turns.waiting().select_related("city", "offer__owner", "offer__city", "need__commune")
    for match in waiting.order_by("waits_since", "id"):
        with _by_itself(match.pk):
            if turns.comes_too_late(match, now=now):
                telling.tell_late(match, now=now)


@transaction.atomic
def _remind(match_id: int, *, now: datetime) -> bool:
    match = services.locked(match_id)
    if match.state not in telling.REMINDED or match.remind_at is None or match.remind_at > now:
        return False  # somebody answered while we waited for the lock, or another worker reminded
    if match.state == MatchState.CONFIRMED and standing.is_taken_back(match):
        return False  # it was suspended, or taken back, meanwhile
    match.remind_at = None
    is_heard = True
    if match.state == MatchState.CONFIRMED:
        # Where an association is suspended, or nobody is left of it, the desk takes over (`held_back`).
        is_heard = bool(posters_of(match.need))
        match.confirm_by = waits.asked_again_until(match) if is_heard else now
    match.save(update_fields=["remind_at", "confirm_by"])
    if is_heard:
        telling.remind(match, now=now)
    return True


@transaction.atomic
def _start(match_id: int, *, now: datetime) -> bool:
    match = services.locked(match_id)
    is_ready = match.state == MatchState.CONFIRMED and match.rehouse_from is None
    if not is_ready or standing.is_taken_back(match) or waits.is_over(match, now=now):
        return False  # while we waited for the lock
    if not standing.compared_again(match, now=now):
        return False
    services.do(match, Act.START, by=None, now=now)
    return True


@transaction.atomic
def _judge_again(match_id: int, *, now: datetime) -> bool:
    match = services.locked(match_id)
    if (
        match.state not in services.TO_COME
        or standing.is_taken_back(match)
        or standing.compared_again(match, now=now)
    ):
        return False
    services.do(match, Act.CANCEL, by=None, now=now, reason=Reason.CHANGED)
    return True
