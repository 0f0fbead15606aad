"""The beds of a place: offers, written by the services of offers. Fewer beds than promised, or a night less on which
somebody is expected, are refused with who depends on them.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.access import COORDINATION, has_role, require
from accounts.models import User
from catalogue.times import day_range
from catalogue.vocabulary import Category, Kind, Source
from cities.days import local_day
from matching.models import Hold
from offers import services as offers
from offers.models import Offer, OfferState
from offers.periods import Period
from shelters import selectors
from shelters.models import Nights
from shelters.services.locking import open_one

# What their offer holds, by the offer's own names.
NIGHTS_FIELDS = ("capacity", "accepts", "step_free", "pets_accepted", "longest_stay_days")
MOST_TOLD = 5
_ONE_DAY = timedelta(days=1)


@transaction.atomic
def add_nights(
    *,
    shelter_id: int,
    fields: Mapping[str, Any],
    first_day: date,
    last_day: date | None,
    by: User,
    now: datetime,
) -> Nights:
    """So many beds on these nights, as an offer of whoever answers for the place. ValidationError by field."""
    shelter = open_one(shelter_id, by)
    with_place = {
        "kind": Kind.HOUSING,
        "category": Category.COLLECTIVE_PLACE,
        "title": shelter.name,
        "commune": shelter.commune,
        "address": shelter.address,
        "notice_days": 0,
        **{name: fields[name] for name in NIGHTS_FIELDS},
    }
    offer = offers.register(
        city=shelter.city,
        owner=shelter.host,
        fields=with_place,
        windows=[(first_day, last_day)],
        source=Source.WEB,
        contact_proven=True,
        by=by,
        now=now,
        notify=False,
    )
    return Nights.objects.create(shelter=shelter, offer=offer)


@transaction.atomic
def change_nights(
    *,
    nights_id: int,
    fields: Mapping[str, Any],
    first_day: date,
    last_day: date | None,
    by: User,
    now: datetime,
) -> Nights:
    """Another number of beds, or other nights; nights that are closed in between stay so. Who says it says that they
    hold. ValidationError by field: never fewer than are promised, nor a night less on which somebody is expected.
    """
    row, offer = _locked_nights(nights_id, by)
    today = local_day(now, row.shelter.city)
    if last_day is not None and last_day < first_day:
        raise ValidationError({"last_day": _("La fin doit venir après le début.")})
    current = _periods(offer)
    periods = _stretched(current, first_day, last_day)
    _refuse_lost(offer, periods, field="last_day", today=today, by=by)
    _refuse_too_few(offer, fields["capacity"], today=today, by=by)
    return _change(row, {name: fields[name] for name in NIGHTS_FIELDS}, periods, by=by, now=now)


@transaction.atomic
def close_some(*, nights_id: int, first_day: date, last_day: date, by: User, now: datetime) -> Nights:
    """No beds on these nights, both included; before and after as it was. ValidationError by field, as above, and
    where none would be left: then all of it is taken back.
    """
    row, offer = _locked_nights(nights_id, by)
    if last_day < first_day:
        raise ValidationError({"last_day": _("La fin doit venir après le début.")})
    periods = list(_without(_periods(offer), first_day, last_day))
    _refuse_lost(offer, periods, field="first_day", today=local_day(now, row.shelter.city), by=by)
    if not periods:
        raise ValidationError({"first_day": _("Il ne resterait aucune nuit. Retirez plutôt ces places.")})
    return _change(row, {}, periods, by=by, now=now)


@transaction.atomic
def take_back(*, nights_id: int, by: User, now: datetime) -> None:
    """These beds are there no more. ValidationError while somebody is expected or sleeps here. Twice is once."""
    row, _offer = _locked_nights(nights_id, by)
    withdraw(row, by=by, now=now)


def _locked_nights(nights_id: int, by: User) -> tuple[Nights, Offer]:
    """With its offer locked, as every promise locks it: what is promised from here on has seen what is changed here."""
    row = Nights.objects.select_related("shelter__city", "shelter__organisation").get(pk=nights_id)
    require(selectors.runs(by, row.shelter))
    return row, Offer.objects.select_for_update(no_key=True).get(pk=row.offer_id)


def _change(
    row: Nights, fields: Mapping[str, Any], periods: Sequence[Period], *, by: User, now: datetime
) -> Nights:
    offer = offers.change(offer_id=row.offer_id, fields=fields, windows=periods, by=by, now=now)
    if offer.state in (OfferState.ACTIVE, OfferState.EXPIRED):
        offers.reconfirm(offer_id=offer.pk, by=by, now=now)
    return row


def withdraw(row: Nights, *, by: User, now: datetime) -> None:
    offer = Offer.objects.select_for_update(no_key=True).get(pk=row.offer_id)
    _refuse_lost(offer, [], field="", today=local_day(now, row.shelter.city), by=by)
    offers.withdraw(offer_id=offer.pk, by=by, now=now)


def _periods(offer: Offer) -> list[Period]:
    return [(window.first_day, window.last_day) for window in offer.windows.all()]


def _stretched(periods: Sequence[Period], first: date, last: date | None) -> list[Period]:
    """The same periods from another first day to another last one."""
    kept = [
        (begins, ends)
        for begins, ends in periods
        if (ends is None or ends >= first) and (last is None or begins <= last)
    ] or [(first, last)]
    kept[0] = (first, kept[0][1])
    kept[-1] = (kept[-1][0], last)
    return kept


def _without(periods: Sequence[Period], first: date, last: date) -> Iterable[Period]:
    for begins, ends in periods:
        if begins < first:
            yield begins, first - _ONE_DAY if ends is None else min(ends, first - _ONE_DAY)
        if ends is None or ends > last:
            yield max(begins, last + _ONE_DAY), ends


def _coming(offer: Offer, today: date) -> list[Hold]:
    held = Hold.objects.filter(offer=offer, last_day__gte=today)
    return list(held.select_related("need").order_by("first_day", "pk"))


def _refuse_lost(offer: Offer, periods: Sequence[Period], *, field: str, today: date, by: User) -> None:
    """ValidationError where somebody is asked for, expected or sleeps there on a day that is in none of the periods.

    A stay lies in one period, as it was promised, or in several that touch.
    """
    lost = []
    for hold in _coming(offer, today):
        day, last = max(hold.first_day, today), hold.last_day
        while day <= last and any(first <= day and (end is None or day <= end) for first, end in periods):
            day += _ONE_DAY
        if day <= last:
            lost.append(hold)
    if lost:
        _refuse(lost, field=field, by=by, offer=offer)


def _refuse_too_few(offer: Offer, capacity: int, *, today: date, by: User) -> None:
    """ValidationError where more than so many beds are asked for, promised or slept in on one night to come."""
    coming = _coming(offer, today)
    nights = {max(hold.first_day, today) for hold in coming}
    for night in sorted(nights):
        there = [hold for hold in coming if hold.first_day <= night <= hold.last_day]
        if sum(hold.quantity for hold in there) > capacity:
            _refuse(there, field="capacity", by=by, offer=offer)


def _refuse(holds: Sequence[Hold], *, field: str, by: User, offer: Offer) -> None:
    """Who depends on it: how many and when, and for the town's coordination which need."""
    is_desk = has_role(by, offer.city, COORDINATION)
    told = []
    for hold in holds[:MOST_TOLD]:
        words = ngettext("%(n)s personne, %(days)s", "%(n)s personnes, %(days)s", hold.quantity) % {
            "n": hold.quantity,
            "days": day_range(hold.first_day, hold.last_day),
        }
        is_own = is_desk and hold.need.city_id == offer.city_id
        told.append(f"{hold.need.reference} ({words})" if is_own else words)
    if len(holds) > MOST_TOLD:
        told.append("…")
    message = ValidationError(
        _("Des personnes comptent sur ces places\u202f: %(who)s. Trouvez-leur d’abord un autre lieu."),
        params={"who": " · ".join(told)},
    )
    raise ValidationError({field: message} if field else message)
