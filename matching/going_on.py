"""What is done to a match that both sides have said yes to: made longer or shorter, handed over, ended from a day.

The arrows are `lifecycle`'s, the locks and the capacity those of `services`.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from accounts.models import User
from catalogue.vocabulary import Kind, Urgency
from cities.days import local_day
from matching import capacity, given, services, standing, telling, turns, waits
from matching.lifecycle import Act, NotPossible, Role
from matching.models import Hold, Match, MatchState
from matching.reasons import still_fits
from matching.roles import check_may
from needs import services as needs
from notifications import channel_registry, reach
from notifications.selectors import outages
from offers import services as offers

SOON, THIS_WEEK = timedelta(days=1), timedelta(days=7)


@transaction.atomic
def ask_longer(*, match_id: int, until: date, by: User, now: datetime, note: str = "") -> Match:
    """Ask the host whether the stay can go on until a later day; those days are held until the answer. Where the town
    presumes the answer, it goes on at once. The need goes on as well where it ended before.

    Raises NotPossible ("state", "role", "asked" while an answer is waited for, "days" for no later day, "once" of what
    is given once, "vetting", "paused", "closed" when either side is taken back, the rule of the engine that the added
    days break), Taken: `in_the_way` says whose days they are; ValidationError where the need cannot last so long.
    """
    match = services.locked(match_id)
    check_may(match, Act.ASK_LONGER, by=by)
    _check_may_go_on(match, until, now=now)
    if until > match.need.last_day:
        needs.lengthen(need=match.need, last_day=until, by=by, now=now)
    broken = still_fits.broken_longer(match, until, now=now)
    if broken:
        raise _refused(match, broken[0])
    if _thought_about(match, until):
        raise capacity.Taken(MatchState(match.state), Act.ASK_LONGER)
    capacity.keep_held(match, last_day=until)
    asks = match.city.asks_citizen(match.offer.kind)
    match.longer_until, match.longer_by = until, longer_deadline(match, now=now)
    before = match.last_day
    services.do(
        match,
        Act.ASK_LONGER,
        by=by,
        now=now,
        note=note,
        change=_days(before, until),
        tells=asks,
    )
    if not asks:
        _goes_on(match, by=None, role=Role.TOWN, now=now)
    _look_again(match, by=by, now=now)
    return match


@transaction.atomic
def stay_longer(*, match_id: int, by: User, now: datetime) -> Match:
    """The host says yes: the stay has the days that were held. Raises NotPossible ("state" when nothing is asked)."""
    match = _asked(match_id, Act.STAY_LONGER)
    assert match.longer_until is not None
    assert match.longer_by is not None
    if standing.is_taken_back(match) or match.longer_by <= now or waits.is_over(match, now=now):
        raise _refused(match, "closed", Act.STAY_LONGER)
    check_may(match, Act.STAY_LONGER, by=by)
    if not standing.fits_longer(match, match.longer_until, now=now):
        raise _refused(match, "changed", Act.STAY_LONGER)
    telling.note_longer_answered(match, by=by, now=now)
    _goes_on(match, by=by, role=None, now=now)
    _look_again(match, by=by, now=now)
    return match


@transaction.atomic
def not_longer(*, match_id: int, by: User | None, now: datetime, note: str = "") -> Match:
    """The host says no, or nothing in time (`by` None): the stay ends as agreed, and another home is looked for."""
    return _ends_as_agreed(_asked(match_id, Act.NOT_LONGER), by=by, now=now, note=note)


def _ends_as_agreed(match: Match, *, by: User | None, now: datetime, note: str = "") -> Match:
    assert match.longer_until is not None
    check_may(match, Act.NOT_LONGER, by=by)
    if by is not None:
        telling.note_longer_answered(match, by=by, now=now)
    capacity.keep_held(match, last_day=match.last_day)
    change = _days(match.longer_until, match.last_day)
    match.longer_until = match.longer_by = None
    services.do(match, Act.NOT_LONGER, by=by, now=now, note=note, change=change)
    _look_again(match, by=by, now=now)
    return match


@transaction.atomic
def end_early(
    *, match_id: int, last_day: date, by: User, now: datetime, reason: str, note: str = ""
) -> Match:
    """It ends with that day: one to come shortens it, one that has passed ends it now. The days after are free.

    Raises NotPossible ("days" where that is no earlier end).
    """
    match = services.locked(match_id)
    if not match.first_day <= last_day < match.last_day:
        raise _refused(match, "days", Act.SHORTEN)
    if last_day < local_day(now, match.city):
        after = last_day + timedelta(days=1)
        return services.do(match, Act.BREAK_OFF, by=by, now=now, reason=reason, note=note, from_day=after)
    if not match.need.lasts:
        raise _refused(match, "once", Act.SHORTEN)
    check_may(match, Act.SHORTEN, by=by, reason=reason)
    change = _days(match.last_day, last_day)
    match.last_day, match.longer_until, match.longer_by = last_day, None, None
    match.save(update_fields=["last_day", "longer_until", "longer_by"])
    capacity.keep_held(match, last_day=last_day)
    services.do(match, Act.SHORTEN, by=by, now=now, reason=reason, note=note, change=change)
    _look_again(match, by=by, now=now)
    return match


@transaction.atomic
def hand_over(*, match_id: int, quantity: int, by: User, now: datetime, note: str = "") -> Match:
    """So much was handed over, and it is done; what is left goes back to the offer and to the need.

    Raises NotPossible ("lasts" of what is given day by day, "quantity" for none, or more than was promised, "closed"
    while an incident holds the offer back).
    """
    match = services.locked(match_id)
    check_may(match, Act.HAND_OVER, by=by)
    if match.need.lasts:
        raise _refused(match, "lasts", Act.HAND_OVER)
    if not 1 <= quantity <= match.quantity:
        raise _refused(match, "quantity", Act.HAND_OVER)
    if standing.is_taken_back(match):
        raise _refused(match, "closed", Act.HAND_OVER)
    change = {"quantity": [match.quantity, quantity]}
    is_all = quantity == match.quantity
    match.quantity = quantity
    match.save(update_fields=["quantity"])
    capacity.keep_held(match, quantity=quantity)
    services.do(
        match, Act.HAND_OVER, by=by, now=now, note=note, change=None if is_all else change, tells=not is_all
    )
    _look_again(match, by=by, now=now)
    return match


def in_the_way(match: Match, until: date) -> QuerySet[Hold]:
    """What others hold of the offer, or give to the need, on the days that would be added; the first to begin first."""
    others = Hold.objects.filter(first_day__lte=until, last_day__gt=match.last_day).exclude(match=match.pk)
    of_offer, of_need = others.filter(offer=match.offer_id), others.filter(need=match.need_id)
    return (of_offer | of_need.filter(released=False)).select_related("need").order_by("first_day", "pk")


def longer_deadline(match: Match, *, now: datetime) -> datetime:
    """Until when the host is waited for: the town's hours, by how soon the stay would end, and never longer than the
    evening of its last day.
    """
    left = match.last_day - local_day(now, match.city)
    urgency = Urgency.TONIGHT if left <= SOON else Urgency.THIS_WEEK if left <= THIS_WEEK else Urgency.PLANNED
    leaves = turns.longer_leaves_at(match, now=now)
    return min(leaves + timedelta(hours=match.city.answer_hours(urgency)), waits.last_evening(match, now=now))


def only_by_call(match: Match, *, now: datetime) -> bool:
    """Whether the question would have to be answered tonight, and no machine brings it to the host at this hour."""
    if not turns.ends_tonight(match, now=now) or not match.city.asks_citizen(match.offer.kind):
        return False
    out_of_order = outages().values_list("channel", flat=True)
    ways = set(telling.ways_to_ask_longer(match, now=now)).difference(out_of_order)
    return channel_registry.by_machine().isdisjoint(ways)


def lapse_longer(*, by: None, now: datetime, limit: int = 200) -> int:
    """Free the days of which the host has not said in time whether the stay can have them; how many."""
    late = Match.objects.filter(longer_by__lte=now).order_by("longer_by", "pk")
    return sum(_lapse(match_id, now=now) for match_id in list(late.values_list("pk", flat=True)[:limit]))


@transaction.atomic
def _lapse(match_id: int, *, now: datetime) -> bool:
    match = services.locked(match_id)
    if match.longer_by is None or match.longer_by > now:
        return False  # somebody answered while we waited for the lock
    _ends_as_agreed(match, by=None, now=now)
    return True


def _asked(match_id: int, act: Act) -> Match:
    match = services.locked(match_id)
    if match.longer_until is None:
        raise _refused(match, "state", act)
    return match


def _check_may_go_on(match: Match, until: date, *, now: datetime) -> None:
    if not match.need.lasts:
        raise _refused(match, "once")
    if match.longer_until is not None:
        raise _refused(match, "asked")
    if until <= match.last_day:
        raise _refused(match, "days")
    if standing.is_taken_back(match) or waits.is_over(match, now=now):
        raise _refused(match, "closed")
    if match.offer.kind == Kind.HOUSING and match.offer.vetted_at is None:
        raise _refused(match, "vetting")
    if reach.paused([match.offer.owner_id], local_day(now, match.offer.city)):
        raise _refused(match, "paused")


def _thought_about(match: Match, until: date) -> bool:
    """Whether another host who was asked beside thinks about the days that would be added."""
    days = {"first_day__lte": until, "last_day__gt": match.last_day}
    return Hold.objects.filter(need=match.need_id, beside=True, **days).exists()


def _goes_on(match: Match, *, by: User | None, role: Role | None, now: datetime) -> None:
    assert match.longer_until is not None
    change = _days(match.last_day, match.longer_until)
    match.last_day, match.longer_until, match.longer_by = match.longer_until, None, None
    match.save(update_fields=["last_day", "longer_until", "longer_by"])
    services.do(match, Act.STAY_LONGER, by=by, role=role, now=now, change=change)


def _look_again(match: Match, *, by: User | None, now: datetime) -> None:
    """What is free, or taken, has changed: of the offer, and of what the need still lacks."""
    given.record(match.need_id, by=by, now=now)
    offers.mark_due(offer_ids=[match.offer_id], now=now)
    needs.mark_due(need_ids=[match.need_id], now=now)


def _days(before: date, after: date) -> Mapping[str, list[str]]:
    return {"last_day": [before.isoformat(), after.isoformat()]}


def _refused(match: Match, why: str, act: Act = Act.ASK_LONGER) -> NotPossible:
    return NotPossible(act, MatchState(match.state), why)


# What the host answers, by the service that does so.
ANSWERS: Mapping[Act, Callable[..., Match]] = {Act.STAY_LONGER: stay_longer, Act.NOT_LONGER: not_longer}
