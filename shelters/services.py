"""Every write to a place. Its nights and shifts are written by the services of offers and needs, and by no other way:
what those refuse, as fewer beds than are promised, is refused here, with who depends on it.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.access import COORDINATION, has_role, require
from accounts.models import Organisation, User
from accounts.selectors import members_of, told_of
from catalogue import changes
from catalogue.fields.shared import LONGEST_TITLE
from catalogue.slots import WeeklySlot, slot_text
from catalogue.times import day_range
from catalogue.vocabulary import Category, Kind, Rhythm, Source, Urgency
from cities.days import local_day
from cities.models import City
from matching.models import Hold
from needs import services as needs
from needs.models import Need
from offers import services as offers
from offers.models import Offer, OfferState
from offers.periods import Period
from shelters import selectors
from shelters.models import Nights, Shelter, ShelterEdit, Shift

FIELDS = ("name", "commune", "address", "phone", "arrives_from", "arrives_until", "rules")
# What its nights say of a place as well.
_OF_NIGHTS = {"name": "title", "commune": "commune", "address": "address"}
# Of nights: what their offer holds, by the offer's own names.
NIGHTS_FIELDS = ("capacity", "accepts", "step_free", "pets_accepted", "longest_stay_days")
MOST_SHIFTS = 60  # at once
MOST_TOLD = 5
# Somebody works on a page: opening it again is the same look.
ONE_LOOK = timedelta(minutes=15)
_ONE_DAY = timedelta(days=1)


@transaction.atomic
def found(
    *, city: City, organisation: Organisation, fields: Mapping[str, Any], by: User, now: datetime
) -> Shelter:
    """Enter a place. Who answers for it at first: whoever enters it for their own association, else the first of its
    members who are told of things; where there is none, the coordinator who enters it.

    ValidationError by field; PermissionDenied for who may not in this association's name.
    """
    said = {name: fields[name] for name in FIELDS}
    shelter = Shelter(city=city, organisation=organisation, created_at=now, changed_at=now, **said)
    require(selectors.runs(by, shelter))
    if organisation.city_id != city.pk or not organisation.is_verified:
        raise ValidationError({"organisation": _("Choisissez une association vérifiée de la ville.")})
    is_own = members_of(organisation).filter(pk=by.pk).exists()
    shelter.host = by if is_own else told_of(organisation).first() or by
    shelter.full_clean()
    shelter.save(force_insert=True)
    names = ("organisation", "host", *FIELDS)
    edit = ShelterEdit(shelter=shelter, by=by, at=now, what=changes.given(names, shelter))
    edit.save(force_insert=True)
    return shelter


@transaction.atomic
def change(*, shelter_id: int, host: User, fields: Mapping[str, Any], by: User, now: datetime) -> Shelter:
    """Correct what is said of a place; its nights say the same, and have whoever answers for it as their owner.

    ValidationError by field. A place that has moved is to be seen again (`offers.services.change`).
    """
    shelter = _locked(shelter_id, by)
    if not selectors.may_host(shelter, by).contains(host):
        raise ValidationError({"host": _("Choisissez quelqu’un de cette association.")})
    before = changes.values(shelter)
    shelter.host = host
    for name in FIELDS:
        setattr(shelter, name, fields[name])
    shelter.full_clean()
    shelter.changed_at = now
    edit = ShelterEdit(shelter=shelter, by=by, at=now)
    what = changes.save_changed(shelter, before, edit=edit, also=("changed_at",))
    rows = selectors.nights_of(shelter)
    if "host" in what:
        offers.change_owner(offer_ids=[row.offer_id for row in rows], owner=shelter.host, by=by, now=now)
    said = {theirs: getattr(shelter, own) for own, theirs in _OF_NIGHTS.items() if own in what}
    for row in rows if said else ():
        offers.change(offer_id=row.offer_id, fields=said, windows=None, by=by, now=now)
    return shelter


@transaction.atomic
def close(*, shelter_id: int, by: User, now: datetime) -> Shelter:
    """No more nights and no more shifts here. Twice is once. ValidationError while somebody is expected or sleeps here,
    or while a shift that goes on each week has begun; who has said yes to a shift to come is told.
    """
    shelter = _locked(shelter_id, by)
    if shelter.closed_at is not None:
        return shelter
    for row in selectors.nights_of(shelter):
        _take_back(row, by=by, now=now)
    for shift in selectors.shifts_of(shelter, now=now):
        needs.withdraw(need_id=shift.need_id, by=by, now=now)
    before = changes.values(shelter)
    shelter.closed_at = shelter.changed_at = now
    edit = ShelterEdit(shelter=shelter, by=by, at=now)
    changes.save_changed(shelter, before, edit=edit, also=("changed_at",))
    return shelter


# --- Nights ----------------------------------------------------------------------------------------------


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
    shelter = _open(shelter_id, by)
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
    _take_back(row, by=by, now=now)


@transaction.atomic
def see(*, shelter_id: int, by: User, now: datetime) -> int:
    """Somebody of the coordination has seen the place: all its beds may be proposed, as a home that was visited; how
    many rows that changed. Who answers for it does not say so of their own.
    """
    shelter = Shelter.objects.select_for_update(no_key=True).get(pk=shelter_id)
    require(has_role(by, shelter.city, COORDINATION) and by.pk != shelter.host_id)
    unseen = [row for row in selectors.nights_of(shelter) if row.offer.vetted_at is None]
    for row in unseen:
        offers.vet(offer_id=row.offer_id, by=by, now=now)
    return len(unseen)


# --- Shifts ----------------------------------------------------------------------------------------------


@transaction.atomic
def add_shifts(
    *,
    shelter_id: int,
    title: str,
    category: str,
    weekdays: Iterable[int],
    start_minute: int,
    end_minute: int,
    volunteers: int,
    first_day: date,
    last_day: date,
    weekly: bool,
    by: User,
    now: datetime,
) -> list[Need]:
    """Ask for so many volunteers at that time on these weekdays: once on each such day, or `weekly`, the same person
    week after week. One need for each, so that each is found, promised and counted as any other.

    ValidationError by field.
    """
    shelter = _open(shelter_id, by)
    if end_minute <= start_minute:
        raise ValidationError({"ends": _("La fin doit venir après le début.")})
    if last_day < first_day:
        raise ValidationError({"last_day": _("La fin doit venir après le début.")})
    days = _days(first_day, last_day, set(weekdays), weekly=weekly)
    if not days:
        raise ValidationError({"weekdays": _("Aucun de ces jours entre ces deux dates.")})
    if len(days) * volunteers > MOST_SHIFTS:
        raise ValidationError(
            ngettext(
                "C’est plus de %(n)s créneau à la fois. Choisissez moins de jours.",
                "C’est plus de %(n)s créneaux à la fois. Choisissez moins de jours.",
                MOST_SHIFTS,
            )
            % {"n": MOST_SHIFTS}
        )
    posted = []
    for first, last in days:
        slot = slot_text(WeeklySlot(first.weekday(), start_minute, end_minute))
        fields = {
            "kind": Kind.SKILL,
            "category": category,
            "title": f"{title} · {shelter.name}"[:LONGEST_TITLE],
            "commune": shelter.commune,
            "reach_km": 0,
            "first_day": first,
            "last_day": last,
            "rhythm": Rhythm.WEEKLY if weekly else Rhythm.ONCE,
            "slots": [slot],
            "quantity": -(-(end_minute - start_minute) // 60),  # begun hours
            "people": 1,
            "urgency": Urgency.PLANNED,
        }
        posted += [_post(shelter, fields, by=by, now=now) for _one in range(volunteers)]
    return posted


def _days(first: date, last: date, weekdays: set[int], *, weekly: bool) -> list[tuple[date, date]]:
    """First and last day of each need: each such day, or of each weekday from its first day on."""
    days = [first + n * _ONE_DAY for n in range((last - first).days + 1)]
    chosen = [day for day in days if day.weekday() in weekdays]
    return (
        [(day, last) for day in chosen if day < first + 7 * _ONE_DAY]
        if weekly
        else [(day, day) for day in chosen]
    )


def _post(shelter: Shelter, fields: Mapping[str, Any], *, by: User, now: datetime) -> Need:
    need = needs.register(
        city=shelter.city,
        organisation=shelter.organisation,
        person=None,
        fields=fields,
        source=Source.WEB,
        by=by,
        now=now,
        today=local_day(now, shelter.city),
        notify=False,
    )
    Shift.objects.create(shelter=shelter, need=need)
    return need


# --- What all of them do -----------------------------------------------------------------------------------


def _locked(shelter_id: int, by: User) -> Shelter:
    shelter = Shelter.objects.select_for_update(no_key=True).get(pk=shelter_id)
    require(selectors.runs(by, shelter))
    return shelter


def _open(shelter_id: int, by: User) -> Shelter:
    shelter = _locked(shelter_id, by)
    if shelter.closed_at is not None:
        raise ValidationError(_("Ce lieu est fermé."))
    return shelter


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


def _take_back(row: Nights, *, by: User, now: datetime) -> None:
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
        params={"who": "\u202f; ".join(told)},
    )
    raise ValidationError({field: message} if field else message)
