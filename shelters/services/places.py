"""A place is entered, corrected, seen by the town and closed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.access import COORDINATION, has_role, require
from accounts.models import Organisation, User
from accounts.selectors import members_of, told_of
from catalogue import changes
from cities.models import City
from needs import services as needs
from offers import services as offers
from shelters import selectors
from shelters.models import Shelter, ShelterEdit
from shelters.services.locking import locked
from shelters.services.nights import withdraw

FIELDS = ("name", "commune", "address", "phone", "arrives_from", "arrives_until", "rules")
# What its nights say of a place as well.
_OF_NIGHTS = {"name": "title", "commune": "commune", "address": "address"}


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
    shelter = locked(shelter_id, by)
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
    shelter = locked(shelter_id, by)
    if shelter.closed_at is not None:
        return shelter
    for row in selectors.nights_of(shelter):
        withdraw(row, by=by, now=now)
    for shift in selectors.shifts_of(shelter, now=now):
        needs.withdraw(need_id=shift.need_id, by=by, now=now)
    before = changes.values(shelter)
    shelter.closed_at = shelter.changed_at = now
    edit = ShelterEdit(shelter=shelter, by=by, at=now)
    changes.save_changed(shelter, before, edit=edit, also=("changed_at",))
    return shelter


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
