"""Whoever lives in a home that an incident holds back, or is about to move in, is looked another home for at once.

Nobody is put out by it (docs/adr/0027): the stay goes on and its home stays held until somebody ends it, while the need
counts it no more from today on, so that the scan, the queue and the reminders of tonight find the people again. When
the incident is closed the stay counts as before, unless another home has them by then.
"""

import logging
from collections.abc import Callable
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.db.models import Q

from catalogue.constraints import violated
from catalogue.vocabulary import Kind
from cities.days import TownDay, local_day
from matching import given, services
from matching.lifecycle import GOING_ON, SERVED, Act
from matching.models import Hold, Match, MatchState
from matching.standing import GONE, SOON
from needs import services as needs
from needs.progress import ONE_DAY
from offers.models import OfferState

log = logging.getLogger(__name__)


def look_after(*, by: None, now: datetime) -> int:
    """Have another home looked for, and no longer where the incident is closed; for how many matches that changed."""
    done = sum(_by_itself(_rehouse, match_id, now=now) for match_id in _due(now=now))
    back = Match.objects.filter(rehouse_from__isnull=False).exclude(offer__state__in=GONE)
    return done + sum(
        _by_itself(_count_again, match_id, now=now)
        for match_id in list(back.order_by("need_id", "pk").values_list("pk", flat=True))
    )


def rehouse_from_offer(*, offer_id: int, by: None, now: datetime) -> int:
    """The same of one offer that the caller has just had suspended, in its own transaction; of how many matches."""
    return sum(_by_itself(_rehouse, match_id, now=now) for match_id in _due(now=now, offer_id=offer_id))


def _by_itself(act: Callable[..., bool], match_id: int, *, now: datetime) -> bool:
    """What fails of one match undoes no report, and stops no other: the next sweep does it. Each is atomic."""
    try:
        return act(match_id, now=now)
    except Exception:
        log.exception("housing elsewhere: match %s", match_id)
        return False


def _due(*, now: datetime, **of: int) -> list[int]:
    """The needs in one order, so that two who lock several never wait for each other."""
    today = TownDay(now, "city__timezone")
    held_back = Match.objects.filter(
        Q(state=MatchState.UNDER_WAY)
        | Q(state=MatchState.CONFIRMED, first_day__lte=now.date() + SOON + ONE_DAY),
        need__kind=Kind.HOUSING,
        offer__state=OfferState.FROZEN,
        rehouse_from__isnull=True,
        last_day__gte=today,
        **of,
    )
    return list(held_back.order_by("need_id", "pk").values_list("pk", flat=True))


def would_rehouse(match: Match, *, today: date) -> bool:
    """Whether another home is looked for as soon as an incident holds this one back."""
    begins_soon = match.state == MatchState.CONFIRMED and match.first_day <= today + SOON
    is_home = match.need.kind == Kind.HOUSING
    return is_home and (match.state == MatchState.UNDER_WAY or begins_soon) and match.last_day >= today


@transaction.atomic
def _rehouse(match_id: int, *, now: datetime) -> bool:
    match = services.locked(match_id)
    today = local_day(now, match.city)
    is_held_back = match.offer.state == OfferState.FROZEN and match.rehouse_from is None
    if not (is_held_back and would_rehouse(match, today=today)):
        return False  # it ended, or the incident was closed, while we waited for the lock
    match.rehouse_from = max(today, match.first_day)
    Hold.objects.filter(match=match).update(released=True)
    _write(match, Act.REHOUSE, before=None, now=now)
    return True


@transaction.atomic
def _count_again(match_id: int, *, now: datetime) -> bool:
    match = services.locked(match_id)
    before = match.rehouse_from
    if before is None or match.state not in GOING_ON or match.offer.state in GONE:
        return False  # while we waited for the lock
    try:
        with transaction.atomic():
            # Who had them meanwhile, and has them no more, is in nobody's way; those days stay `given`.
            over = Hold.objects.filter(need=match.need_id, last_day__lt=local_day(now, match.city))
            over.filter(match__state__in=SERVED).exclude(match=match).update(released=True)
            Hold.objects.filter(match=match).update(released=False)
    except IntegrityError as error:
        if violated(error) != "hold_within_quantity":
            raise
        return False  # another home has them, or is asked: of the two, somebody ends one
    match.rehouse_from = None
    _write(match, Act.COUNT_AGAIN, before=before, now=now)
    return True


def _write(match: Match, act: Act, *, before: date | None, now: datetime) -> None:
    days = [day and day.isoformat() for day in (before, match.rehouse_from)]
    services.do(match, act, by=None, now=now, change={"rehouse_from": days})
    given.record(match.need_id, by=None, now=now)
    needs.mark_due(need_ids=[match.need_id], now=now)
