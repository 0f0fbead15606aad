"""The beds of a place: offers, written by the services of offers. Fewer beds than promised, or a night less on which
somebody is expected, are refused with who depends on them.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.access import COORDINATION, has_role, require
from accounts.models import User
from catalogue.fields import FARTHEST
from catalogue.fields.shapes import TOO_FAR
from catalogue.times import day_range
from catalogue.vocabulary import Category, Household, Kind, Source
from cities.days import local_day
from matching.models import Hold
from matching.reasons import still_fits
from offers import services as offers
from offers.models import Offer, OfferState
from offers.periods import Period
from shelters import selectors
from shelters.models import Nights
from shelters.services.locking import beds_locked, check_takes_in, open_one

# What their offer holds, by the offer's own names.
NIGHTS_FIELDS = ("capacity", "accepts", "step_free", "pets_accepted", "longest_stay_days")
MOST_TOLD = 5
_ONE_DAY = timedelta(days=1)
_NONE_LEFT = gettext_lazy("Il ne resterait aucune nuit. Retirez plutôt ces places.")


@transaction.atomic
def add_nights(
    *,
    shelter_id: int,
    fields: Mapping[str, Any],
    first_day: date,
    last_day: date | None,
    by: User,
    now: datetime,
    key: str = "",
) -> Nights:
    """So many beds on these nights, as an offer of whoever answers for the place; the same `key` twice gives the first
    ones back. ValidationError by field, and while an incident holds other beds of the place back.
    """
    shelter = open_one(shelter_id, by)
    _check_accepts(fields)
    check_takes_in(shelter, selectors.nights_of(shelter))
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
        external_key=f"place:{shelter.pk}:{key}" if key else "",
        notify=False,
        of_place=True,
    )
    row, _is_new = Nights.objects.get_or_create(offer=offer, defaults={"shelter": shelter})
    return row


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
    hold. ValidationError by field: never fewer than are promised, nor a night less on which somebody is expected, nor
    for others than whom they are promised to.
    """
    _check_accepts(fields)
    row, offer = _locked_nights(nights_id, by)
    today = local_day(now, row.shelter.city)
    if last_day is not None and last_day < first_day:
        raise ValidationError({"last_day": _("La fin doit venir après le début.")})
    current = _periods(offer)
    periods = _stretched(current, first_day, last_day)
    if not periods:
        raise ValidationError({"first_day": _NONE_LEFT})
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
    if last_day > local_day(now, row.shelter.city) + FARTHEST:
        raise ValidationError({"last_day": TOO_FAR})
    periods = list(_without(_periods(offer), first_day, last_day))
    _refuse_lost(offer, periods, field="first_day", today=local_day(now, row.shelter.city), by=by)
    if not periods:
        raise ValidationError({"first_day": _NONE_LEFT})
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
    (offer,) = beds_locked([row])
    return row, offer


def _change(
    row: Nights, fields: Mapping[str, Any], periods: Sequence[Period], *, by: User, now: datetime
) -> Nights:
    offer = change_beds(row, fields, windows=periods, by=by, now=now)
    if offer.state in (OfferState.ACTIVE, OfferState.EXPIRED):
        offers.reconfirm(offer_id=offer.pk, by=by, now=now, of_place=True)
    return row


def change_beds(
    row: Nights, fields: Mapping[str, Any], *, windows: Sequence[Period] | None, by: User, now: datetime
) -> Offer:
    """Write the offer. ValidationError where somebody who is asked for, expected or there could not stay as it is said
    now: what was impossible before, and is as impossible after, is no reason.
    """
    today = local_day(now, row.shelter.city)
    before = {hold.pk: broken for hold, broken in _impossible(row.offer_id, today, now=now)}
    offer = offers.change(
        offer_id=row.offer_id, fields=fields, windows=windows, by=by, now=now, of_place=True
    )
    after = _impossible(row.offer_id, today, now=now)
    lost = [hold for hold, broken in after if not broken <= before.get(hold.pk, frozenset())]
    if lost:
        _refuse(lost, field="", by=by, offer=offer)
    return offer


def _impossible(offer_id: int, today: date, *, now: datetime) -> list[tuple[Hold, frozenset[str]]]:
    """Who could not stay, by which rules."""
    holds = _coming(offer_id, today).select_related(
        "need",
        "match__city",
        "match__need__city",
        "match__need__commune",
        "match__offer__city",
        "match__offer__commune",
    )
    found = [(hold, frozenset(still_fits.broken(hold.match, now=now))) for hold in holds]
    return [(hold, broken) for hold, broken in found if broken]


@transaction.atomic
def resume(*, nights_id: int, by: User, now: datetime) -> None:
    """Beds that are set aside, or were not confirmed for long, may be proposed again. ValidationError while the
    association is not verified, or an incident holds beds of the place back.
    """
    row, offer = _locked_nights(nights_id, by)
    check_takes_in(row.shelter, selectors.nights_of(row.shelter))
    again = offers.resume if offer.state == OfferState.PAUSED else offers.reconfirm
    again(offer_id=offer.pk, by=by, now=now, of_place=True)


def _check_accepts(fields: Mapping[str, Any]) -> None:
    if Household.LONE_MINORS in fields["accepts"]:
        raise ValidationError({"accepts": _("Un mineur isolé n’est pas reçu dans un lieu collectif.")})


def withdraw(row: Nights, *, by: User, now: datetime) -> None:
    (offer,) = beds_locked([row])
    _refuse_lost(offer, [], field="", today=local_day(now, row.shelter.city), by=by)
    offers.withdraw(offer_id=offer.pk, by=by, now=now, of_place=True)


def _periods(offer: Offer) -> list[Period]:
    return [(window.first_day, window.last_day) for window in offer.windows.all()]


def _stretched(periods: Sequence[Period], first: date, last: date | None) -> list[Period]:
    """The same periods from another first day to another last one: a night that is closed in between stays so, also
    where it is the first or the last that is left. None: all that would be left is closed.
    """
    before, after = periods[0][0], periods[-1][1]
    opened = [*periods]
    if first < before:
        opened[0] = (first, opened[0][1])
    if after is not None and (last is None or last > after):
        opened[-1] = (opened[-1][0], last)
    kept = []
    for begins, ends in opened:
        ends = last if ends is None else ends if last is None else min(ends, last)
        if ends is None or max(begins, first) <= ends:
            kept.append((max(begins, first), ends))
    return kept


def _without(periods: Sequence[Period], first: date, last: date) -> Iterable[Period]:
    for begins, ends in periods:
        if begins < first:
            yield begins, first - _ONE_DAY if ends is None else min(ends, first - _ONE_DAY)
        if ends is None or ends > last:
            yield max(begins, last + _ONE_DAY), ends


def _coming(offer_id: int, today: date) -> QuerySet[Hold]:
    held = Hold.objects.filter(offer=offer_id, last_day__gte=today)
    return held.select_related("need").order_by("first_day", "pk")


def _refuse_lost(offer: Offer, periods: Sequence[Period], *, field: str, today: date, by: User) -> None:
    """ValidationError where somebody is asked for, expected or sleeps there on a day that is in none of the periods.

    A stay lies in one period, as it was promised, or in several that touch.
    """
    lost = []
    for hold in _coming(offer.pk, today):
        day, last = max(hold.first_day, today), hold.last_day
        while day <= last and any(first <= day and (end is None or day <= end) for first, end in periods):
            day += _ONE_DAY
        if day <= last:
            lost.append(hold)
    if lost:
        _refuse(lost, field=field, by=by, offer=offer)


def _refuse_too_few(offer: Offer, capacity: int, *, today: date, by: User) -> None:
    """ValidationError where more than so many beds are asked for, promised or slept in on one night to come."""
    coming = list(_coming(offer.pk, today))
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
        _(
            "Des personnes comptent sur ces places\u202f: %(who)s. Trouvez d’abord un autre lieu à qui y est attendu."
        ),
        params={"who": " · ".join(told)},
    )
    raise ValidationError({field: message} if field else message)
