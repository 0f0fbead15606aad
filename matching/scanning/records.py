"""One loaded need or offer as the engine's record, for a page that explains a pair. Thousands: see `snapshots.py`."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import cast
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError

import engine
from catalogue.slots import parse_slot
from cities.models import City
from engine.vocabulary import Kind, Urgency
from matching.models import Hold
from needs.models import Need
from offers.models import Offer


def need_record(need: Need, *, missing: int, today: date) -> engine.Need:
    """A need as it stands today: of one that has begun, only the days to come can still be helped with.

    `missing` is what is asked less what is held. ValueError, naming the field, for a row written by hand that the
    engine refuses.
    """
    first_day = min(max(need.first_day, today), need.last_day)
    days_left = (need.last_day - first_day).days + 1
    return engine.Need(
        id=need.pk,
        kind=cast(Kind, need.kind),
        category=need.category,
        city=need.city_id,
        lat=need.latitude,
        lon=need.longitude,
        reach_km=need.reach_km,
        languages=frozenset(need.languages),
        first_day=first_day,
        last_day=need.last_day,
        min_days=min(need.min_days, days_left) if need.min_days else None,
        quantity=missing,
        asked=need.quantity,
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
        shared_home_ok=need.shared_home_ok,
        forms=frozenset(need.forms),
        languages_from=frozenset(need.languages_from),
        languages_to=frozenset(need.languages_to),
        slots=slots(need.slots),
        remote_ok=need.remote_ok,
    )


def offer_record(offer: Offer, *, holds: Iterable[Hold], asked: int, city: City) -> engine.Offer:
    """An offer with its windows, what is held of it, and how often its citizen was asked lately.

    Days are those of `city`. ValueError as above.
    """
    return engine.Offer(
        id=offer.pk,
        kind=cast(Kind, offer.kind),
        category=offer.category,
        city=offer.city_id,
        lat=offer.latitude,
        lon=offer.longitude,
        reach_km=offer.reach_km,
        languages=frozenset(offer.languages),
        available=tuple(engine.Window(w.first_day, w.last_day) for w in offer.windows.all()),
        capacity=offer.capacity,
        confirmed_on=_day(offer.confirmed_at, city),
        asked_last_30_days=asked,
        registered_at=offer.created_at,
        holds=tuple(engine.Hold(hold.first_day, hold.last_day, hold.quantity) for hold in holds),
        shared_with_linked=offer.share_with_linked,
        is_open=offer.is_open,
        shared_home=offer.shared_home,
        accepts=frozenset(offer.accepts),
        step_free=offer.step_free,
        pets_accepted=offer.pets_accepted,
        languages_from=frozenset(offer.languages_from),
        languages_to=frozenset(offer.languages_to),
        slots=slots(offer.slots),
        remote=offer.remote,
    )


def refused_field(error: ValueError | ValidationError) -> str:
    """The field of a row that the engine refused. Its value may be personal, and stays out of the log."""
    if isinstance(error, ValidationError):
        return "slots"  # the only text that is parsed
    return str(error).partition(":")[0]


def slots(texts: Sequence[str]) -> tuple[engine.Slot, ...]:
    """Weekly slots as they are written ("tue 18:00-20:00")."""
    parsed = [parse_slot(text) for text in texts]
    return tuple(engine.Slot(slot.weekday, slot.start_minute, slot.end_minute) for slot in parsed)


def _day(moment: datetime | None, city: City) -> date | None:
    return None if moment is None else moment.astimezone(ZoneInfo(city.timezone)).date()
