"""Every write between towns. Nothing is published without a person's first yes, nor promised without their second."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.access import COORDINATION, has_role, require
from accounts.models import User
from between import selectors
from between.models import (
    MOST_WISHES,
    PROMISED,
    Line,
    LineState,
    PublishedHousehold,
    PublishedPlaces,
    Wish,
)
from cities.days import local_day
from cities.models import City
from needs.models import Need
from offers.models import Offer

# A yes that the other town has not answered by then holds no places any longer.
ANSWER_WITHIN = timedelta(days=7)


@transaction.atomic
def publish_household(
    *, need_id: int, wishes: Sequence[City], how: str, yes_on: date, by: User, now: datetime
) -> PublishedHousehold:
    """After the person's first yes; `wishes`: linked towns that they named, the dearest first.

    Raises ValidationError by field.
    """
    need = Need.objects.select_for_update(no_key=True, of=("self",)).select_related("city").get(pk=need_id)
    require(has_role(by, need.city, COORDINATION))
    today = local_day(now, need.city)
    if not selectors.needs_to_publish(need.city, today).filter(pk=need.pk).exists():
        raise ValidationError({"need": _("Ce besoin n’est plus à proposer à d’autres villes.")})
    _check_asked(yes_on, today)
    linked = set(selectors.linked_towns(need.city).values_list("pk", flat=True))
    towns = [town.pk for town in wishes]
    if not 0 < len(towns) <= MOST_WISHES or len(set(towns)) < len(towns) or not linked.issuperset(towns):
        raise ValidationError({"first": _("Nommez une à trois villes liées, chacune une fois.")})
    household = PublishedHousehold.objects.create(
        city=need.city, need=need, how=how, yes_on=yes_on, recorded_by=by, published_at=now
    )
    Wish.objects.bulk_create(
        Wish(household=household, city_id=town, rank=rank) for rank, town in enumerate(towns, 1)
    )
    return household


@transaction.atomic
def close_household(*, household_id: int, by: User, now: datetime) -> None:
    """The person wants it no more: published no longer, and what was promised to them is free. Twice is once."""
    household = _household(household_id, by)
    household.lines.all().delete()
    _close(household, now=now)


@transaction.atomic
def publish_places(
    *,
    offer_id: int,
    people: int,
    first_day: date,
    last_day: date,
    services: str,
    by: User,
    now: datetime,
) -> PublishedPlaces:
    """Some places of a visited home that its owner shows to linked towns. Raises ValidationError by field."""
    offer = Offer.objects.select_for_update(no_key=True, of=("self",)).select_related("city").get(pk=offer_id)
    require(has_role(by, offer.city, COORDINATION))
    if not selectors.offers_to_publish(offer.city).filter(pk=offer.pk).exists():
        raise ValidationError({"offer": _("Ce logement n’est plus à proposer à d’autres villes.")})
    if not 1 <= people <= offer.capacity:
        raise ValidationError(
            {"people": _("Ce logement a %(count)s places au plus.") % {"count": offer.capacity}}
        )
    if last_day < max(first_day, local_day(now, offer.city)):
        raise ValidationError({"last_day": _("La fin doit venir après le début, et pas dans le passé.")})
    return PublishedPlaces.objects.create(
        city=offer.city,
        offer=offer,
        people=people,
        first_day=first_day,
        last_day=last_day,
        services=services,
        recorded_by=by,
        published_at=now,
    )


@transaction.atomic
def close_places(*, places_id: int, by: User, now: datetime) -> None:
    """Published no longer; who waits for the town's word is declined. ValidationError while it has agreed to somebody
    who has not left: whoever counts on these places hears of it first.
    """
    row = _places(places_id)
    require(has_role(by, row.city, COORDINATION))
    today = local_day(now, row.city)
    if row.lines.filter(state=LineState.AGREED, last_day__gte=today).exists():
        raise ValidationError(
            _("Un foyer compte sur ces places\u202f: revenez d’abord sur votre accord, plus haut.")
        )
    waiting = row.lines.filter(state=LineState.WAITING)
    waiting.update(state=LineState.DECLINED, answered_by=by, answered_at=now)
    if row.closed_at is None:
        row.closed_at = now
        row.save(update_fields=["closed_at"])


@transaction.atomic
def record_yes(*, household_id: int, places_id: int, how: str, yes_on: date, by: User, now: datetime) -> Line:
    """The person's second yes, for these very places, which are kept for them until that town has answered.

    A no of theirs before is none. Raises ValidationError: where they are promised others, or these suit no more or
    have no room left. Twice is once.
    """
    household = _household(household_id, by)
    row = _places(places_id)
    today = local_day(now, household.city)
    _check_asked(yes_on, today, not_before=household.yes_on)
    line = (
        Line.objects.select_related("household__need", "household__city")
        .filter(household=household, places=row)
        .first()
    )
    # Of a need that has changed since, the person is asked anew.
    if line is not None and line.state in PROMISED and selectors.is_said_yes_to(line):
        return line
    if line is not None and line.state == LineState.DECLINED:
        raise ValidationError(_("L’autre ville a dit non pour ces places."))
    if household.lines.filter(state__in=PROMISED).exclude(places=row).exists():
        raise ValidationError(_("La personne a déjà dit oui à d’autres places."))
    _check_fits(household, row, today)
    first, last = selectors.days_of(household, today)
    line, _is_new = Line.objects.update_or_create(
        household=household,
        places=row,
        defaults={
            "state": LineState.WAITING,
            "how": how,
            "yes_on": yes_on,
            "people": household.need.people,
            "first_day": first,
            "last_day": last,
            "recorded_by": by,
            "recorded_at": now,
            "answered_by": None,
            "answered_at": None,
        },
    )
    return line


@transaction.atomic
def record_no(*, household_id: int, places_id: int, by: User, now: datetime) -> Line:
    """The person does not want these places, or no more: they are free, and the household is published as before."""
    household = _household(household_id, by)
    row = PublishedPlaces.objects.get(pk=places_id)
    today = local_day(now, household.city)
    first, last = selectors.days_of(household, today)
    known = household.lines.filter(places=row).first()
    if known is not None and known.state == LineState.DECLINED:
        return known
    if known is None and (household.closed_at is not None or selectors.rank_of(household, row) is None):
        raise ValidationError(_("Ces places ne sont pas proposées à ce foyer."))
    line, _is_new = Line.objects.update_or_create(
        household=household,
        places=row,
        defaults={
            "state": LineState.NO,
            "how": "",
            "yes_on": None,
            "recorded_by": by,
            "recorded_at": now,
            "answered_by": None,
            "answered_at": None,
        },
        create_defaults={
            "state": LineState.NO,
            "people": household.need.people,
            "first_day": first,
            "last_day": last,
            "recorded_by": by,
            "recorded_at": now,
        },
    )
    return line


@transaction.atomic
def agree(*, line_id: int, by: User, now: datetime) -> Line:
    """The town of the places agrees, after the person's two yeses; then both desks read how to reach each other.

    Raises ValidationError where the person has said no since, the need is another than they said yes for, or the
    household or the places are no more.
    """
    line = _line(line_id, by)
    if line.state == LineState.AGREED:
        return line
    if line.state != LineState.WAITING:
        raise ValidationError(_("Cette demande n’attend plus de réponse."))
    if not selectors.is_said_yes_to(line):
        raise ValidationError(_("Le foyer ou les places ne sont plus proposés."))
    _check_fits(line.household, line.places, local_day(now, line.places.city))
    return _answer(line, LineState.AGREED, by=by, now=now)


@transaction.atomic
def decline(*, line_id: int, by: User, now: datetime) -> Line:
    """The town of the places does not agree, or no more. ValidationError where nothing is promised any longer."""
    line = _line(line_id, by)
    if line.state not in PROMISED:
        raise ValidationError(_("Cette demande n’attend plus de réponse."))
    return _answer(line, LineState.DECLINED, by=by, now=now)


def look_after(*, by: None, now: datetime) -> int:
    """Close the households and places that may be shown no more, and free the places of whom no town has answered; how
    many were closed. Each by itself.
    """
    Line.objects.filter(state=LineState.WAITING, recorded_at__lte=now - ANSWER_WITHIN).delete()
    closed = 0
    for household_id in PublishedHousehold.objects.filter(closed_at=None).values_list("pk", flat=True):
        closed += _household_falls_away(household_id, now=now)
    for places_id in PublishedPlaces.objects.filter(closed_at=None).values_list("pk", flat=True):
        closed += _places_fall_away(places_id, now=now)
    return closed


@transaction.atomic
def _household_falls_away(household_id: int, *, now: datetime) -> bool:
    """Once its need has ended, or may be shown no more: shown again, it would be without the person's yes."""
    household = _locked_household(household_id)
    today = local_day(now, household.city)
    if household.closed_at or selectors.households(today).filter(pk=household.pk).exists():
        return False
    # Where they went stays, as a number of people: the shares by town are made of it.
    household.lines.exclude(state=LineState.AGREED).delete()
    _close(household, now=now)
    return True


@transaction.atomic
def _places_fall_away(places_id: int, *, now: datetime) -> bool:
    """Once their days are over, or the home is open, visited or shown no more. Who was agreed to stays so."""
    row = _places(places_id)
    if row.closed_at or selectors.places(local_day(now, row.city)).filter(pk=row.pk).exists():
        return False
    row.lines.filter(state=LineState.WAITING).delete()
    row.closed_at = now
    row.save(update_fields=["closed_at"])
    return True


def _close(household: PublishedHousehold, *, now: datetime) -> None:
    household.wishes.all().delete()
    if household.closed_at is None:
        household.closed_at = now
        household.save(update_fields=["closed_at"])


def _household(household_id: int, by: User) -> PublishedHousehold:
    """Locked, for a coordinator of its town."""
    household = _locked_household(household_id)
    require(has_role(by, household.city, COORDINATION))
    return household


def _locked_household(household_id: int) -> PublishedHousehold:
    """With its need, which is locked first: a need that changes waits, or is seen as it is now."""
    need_id = PublishedHousehold.objects.values_list("need", flat=True).get(pk=household_id)
    Need.objects.select_for_update(no_key=True).get(pk=need_id)
    households = PublishedHousehold.objects.select_for_update(no_key=True, of=("self",))
    return households.select_related("city", "need__city", "need__commune").get(pk=household_id)


def _places(places_id: int) -> PublishedPlaces:
    """Locked with their home, which is locked first, as where it is published: one that is frozen or paused meanwhile
    is seen so.
    """
    offer_id = PublishedPlaces.objects.values_list("offer", flat=True).get(pk=places_id)
    Offer.objects.select_for_update(no_key=True).get(pk=offer_id)
    places = PublishedPlaces.objects.select_for_update(no_key=True, of=("self",))
    return places.select_related("city").get(pk=places_id)


def _line(line_id: int, by: User) -> Line:
    """Locked with its household and its places, in this order as always, for a coordinator of the places' town."""
    keys = Line.objects.values_list("household_id", "places_id").filter(pk=line_id).first()
    if keys is not None:
        _locked_household(keys[0])
        _places(keys[1])
    lines = Line.objects.select_related("household__need", "household__city", "places__city")
    line = lines.filter(pk=line_id).first() if keys else None
    if line is None:  # taken back in the meantime
        raise ValidationError(_("Cette demande n’attend plus de réponse."))
    require(has_role(by, line.places.city, COORDINATION))
    return line


def _answer(line: Line, state: LineState, *, by: User, now: datetime) -> Line:
    line.state, line.answered_by, line.answered_at = state, by, now
    line.save(update_fields=["state", "answered_by", "answered_at"])
    return line


def _check_asked(yes_on: date, today: date, *, not_before: date | None = None) -> None:
    if yes_on > today:
        raise ValidationError({"yes_on": _("Ce jour n’est pas encore là.")})
    if not_before is not None and yes_on < not_before:
        raise ValidationError({"yes_on": _("Le second oui ne vient pas avant le premier.")})


def _check_fits(household: PublishedHousehold, row: PublishedPlaces, today: date) -> None:
    """ValidationError where the household or the places are no more, do not suit each other, or have no room left."""
    found = selectors.households(today).filter(pk=household.pk).first()
    places = selectors.places(today).filter(pk=row.pk).first()
    if found is None or places is None:
        raise ValidationError(_("Le foyer ou les places ne sont plus proposés."))
    if not selectors.suits(found, places, linked=selectors.links(), today=today):
        raise ValidationError(_("Ces places ne conviennent pas à ce foyer."))
    if not selectors.has_room(found, places, today):
        raise ValidationError(_("Ces places sont déjà promises à d’autres."))
