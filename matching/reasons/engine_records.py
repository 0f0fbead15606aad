"""Needs and offers as the engine's records, for the few that are told of. Thousands: see `matching.scanning`."""

import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import cast

from django.core.exceptions import ValidationError
from django.db.models import Count

import engine
from catalogue.items import ITEM, with_kinds
from catalogue.slots import parse_slot
from catalogue.vocabulary import Rhythm
from cities.days import local_day
from cities.models import City
from engine.goods import Sizes
from engine.vocabulary import ASKED_DAYS, ONCE, WEEKLY, Kind, Urgency
from matching.models import Hold, Match
from needs.models import Need
from offers.models import Offer

log = logging.getLogger(__name__)


def need_record(need: Need, *, given: Iterable[Hold]) -> engine.Need:
    """A need with all the days that it asks: that those before today are lost is the engine's to know.

    `given` is what live matches hold for it. ValueError, naming the field, for a row written by hand that the
    engine refuses.
    """
    items = with_kinds(need.items)
    return engine.Need(
        id=need.pk,
        kind=cast(Kind, need.kind),
        category=need.category,
        city=need.city_id,
        lat=need.latitude,
        lon=need.longitude,
        reach_km=need.reach_km,
        languages=frozenset(need.languages),
        first_day=need.first_day,
        last_day=need.last_day,
        min_days=need.min_days,
        quantity=need.quantity,
        given=tuple(engine.Hold(hold.first_day, hold.last_day, hold.quantity) for hold in given),
        part_useful=need.part_useful,
        people=need.people,
        urgency=cast(Urgency, need.urgency),
        is_open=need.is_open,
        adult_women=need.adult_women,
        adult_men=need.adult_men,
        children=need.children,
        couple=need.couple,
        lone_minor=need.lone_minor,
        step_free_needed=need.step_free_needed,
        pets=need.pets,
        smoke_free_needed=need.smoke_free_needed,
        rent_up_to=need.rent_up_to or 0,
        shared_home_ok=need.shared_home_ok,
        forms=frozenset(need.forms),
        items=items,
        sizes=tuple(need.sizes),
        series=tuple(map(series_of, items)),
        languages_from=frozenset(need.languages_from),
        languages_to=frozenset(need.languages_to),
        slots=slots(need.slots),
        rhythm=ONCE if need.rhythm == ONCE else WEEKLY,
        remote_ok=need.remote_ok,
    )


def offer_record(
    offer: Offer,
    *,
    holds: Iterable[Hold],
    asked: int,
    city: City,
    periods: Sequence[tuple[date, date | None]] | None = None,
) -> engine.Offer:
    """An offer with its windows, what is held of it, and how often its citizen was asked lately.

    `periods` are those of an offer that is not stored, and has no key yet. Days are those of `city`. ValueError as
    above.
    """
    if periods is None:
        periods = [(window.first_day, window.last_day) for window in offer.windows.all()]
    return engine.Offer(
        id=offer.pk or 0,
        kind=cast(Kind, offer.kind),
        category=offer.category,
        city=offer.city_id,
        lat=offer.latitude,
        lon=offer.longitude,
        reach_km=offer.reach_km,
        languages=frozenset(offer.languages),
        available=tuple(engine.Window(first, last) for first, last in periods),
        capacity=offer.capacity,
        confirmed_on=local_day(offer.confirmed_at, city) if offer.confirmed_at else None,
        asked_last_30_days=asked,
        registered_at=offer.created_at,
        holds=tuple(taken(hold) for hold in holds),
        shared_with_linked=offer.share_with_linked,
        is_open=offer.is_open,
        notice_days=offer.notice_days,
        shared_home=offer.shared_home,
        accepts=frozenset(offer.accepts),
        step_free=offer.step_free,
        pets_accepted=offer.pets_accepted,
        smoke_free=not offer.smoking,
        longest_stay_days=offer.longest_stay_days,
        rent=offer.rent or 0,
        dwelling_state=offer.dwelling_state,
        item=offer.item,
        size=offer.size,
        series=series_of(offer.item),
        best_before=offer.best_before,
        languages_from=frozenset(offer.languages_from),
        languages_to=frozenset(offer.languages_to),
        slots=slots(offer.slots),
        remote=offer.remote,
    )


def joined_windows(offer: Offer) -> list[engine.Window]:
    """The days on which it is there; windows that touch are one."""
    joined: list[engine.Window] = []
    for window in sorted(offer.windows.all(), key=lambda one: one.first_day):
        before = joined[-1] if joined else None
        if (
            before is None
            or before.last_day is None
            or before.last_day + timedelta(days=1) < window.first_day
        ):
            joined.append(engine.Window(window.first_day, window.last_day))
        else:
            joined[-1] = engine.Window(before.first_day, window.last_day)
    return joined


def taken(hold: Hold) -> engine.Hold:
    """What a hold takes of its offer; `need` is read. What is needed once takes its hours of its whole week."""
    if hold.need.rhythm == Rhythm.ONCE:
        return engine.Hold.of_appointment(hold.first_day, hold.quantity)
    return engine.Hold(hold.first_day, hold.last_day, hold.quantity)


def need_records(needs: Iterable[Need]) -> dict[int, engine.Need]:
    """Needs as records, by their ids."""
    needs = list(needs)
    given = defaultdict(list)
    for hold in Hold.objects.filter(need__in=needs, released=False, beside=False):
        given[hold.need_id].append(hold)
    found = {}
    for need in needs:
        try:
            found[need.pk] = need_record(need, given=given[need.pk])
        except (ValueError, ValidationError) as error:
            log.error("need %s is left out of its scan: %s", need.pk, refused_field(error))
    return found


def offer_records(ids: Iterable[int], *, city: City, now: datetime) -> dict[int, engine.Offer]:
    """Open offers as records, by their ids; days are those of the town's calendar."""
    offers = list(
        Offer.objects.open()
        .filter(pk__in=list(ids))
        .order_by("pk")
        .prefetch_related("windows", "holds__need")
    )
    asked = dict(
        Match.objects.filter(
            asked_at__gte=now - timedelta(days=ASKED_DAYS),
            offer__owner__in={offer.owner_id for offer in offers},
        )
        .values("offer__owner")
        .annotate(times=Count("pk"))
        .values_list("offer__owner", "times")
    )
    found = {}
    for offer in offers:
        try:
            found[offer.pk] = offer_record(
                offer,
                holds=offer.holds.all(),
                asked=asked.get(offer.owner_id, 0),
                city=city,
            )
        except (ValueError, ValidationError) as error:
            log.error("offer %s is left out: %s", offer.pk, refused_field(error))
    return found


def least_days(need: Need, *, today: date) -> int:
    """The shortest run that helps a need, as the engine has it; of a row that it refuses, one day."""
    try:
        record = need_record(need, given=Hold.objects.filter(need=need, released=False, beside=False))
    except (ValueError, ValidationError):
        return 1
    return engine.least_days(record, today=today)


def refused_field(error: ValueError | ValidationError) -> str:
    """The field of a row that the engine refused. Its value may be personal, and stays out of the log."""
    if isinstance(error, ValidationError):
        return "slots"  # the only text that is parsed
    return str(error).partition(":")[0]


def series_of(item: str) -> Sizes | None:
    """The sizes that an item comes in; none of what the catalogue does not have."""
    return ITEM[item].series if item in ITEM else None


def slots(texts: Sequence[str]) -> tuple[engine.Slot, ...]:
    """Weekly slots as they are written ("tue 18:00-20:00")."""
    parsed = [parse_slot(text) for text in texts]
    return tuple(engine.Slot(slot.weekday, slot.start_minute, slot.end_minute) for slot in parsed)
