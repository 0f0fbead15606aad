"""A place is entered, corrected, seen by the town and closed."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.access import require
from accounts.models import Organisation, User
from accounts.selectors import members_of, told_of
from catalogue import changes
from cities.models import City
from needs import services as needs
from offers import services as offers
from offers.models import OfferState
from shelters import selectors
from shelters.models import Nights, Shelter, ShelterEdit
from shelters.services.locking import beds_locked, check_takes_in, locked
from shelters.services.nights import change_beds, withdraw
from shelters.services.shifts import change_place

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
    """Correct what is said of a place; its nights say the same, and have whoever answers for it as their owner, and the
    shifts that nobody has taken yet say where it is. What an incident holds back is left as it is until it may be used.

    ValidationError by field, and where somebody who is expected could not come to where it is now. A place that has
    moved is to be seen again (`offers.services.change`).
    """
    shelter = locked(shelter_id, by)
    if not selectors.may_host(shelter, by).contains(host):
        raise ValidationError({"host": _("Choisissez quelqu’un de cette association.")})
    before = changes.values(shelter)
    old_name = shelter.name
    rows = selectors.nights_of(shelter)
    beds_locked(rows)
    if host != shelter.host:
        _own(rows, host, by=by, now=now)
    shelter.host = host
    for name in FIELDS:
        setattr(shelter, name, fields[name])
    shelter.full_clean()
    shelter.changed_at = now
    edit = ShelterEdit(shelter=shelter, by=by, at=now)
    what = changes.save_changed(shelter, before, edit=edit, also=("changed_at",))
    said = {theirs: getattr(shelter, own) for own, theirs in _OF_NIGHTS.items()}
    for row in rows:
        if row.offer.state != OfferState.FROZEN:
            change_beds(row, said, windows=None, by=by, now=now)
    if not {"name", "commune"}.isdisjoint(what):
        change_place(shelter, old_name=old_name, by=by, now=now)
    return shelter


def hand_over(shelter: Shelter, host: User, *, by: User | None, now: datetime) -> None:
    """Another answers for a place that the caller has locked, and owns its nights. `by` None: the clock."""
    rows = selectors.nights_of(shelter)
    beds_locked(rows)
    before = changes.values(shelter)
    shelter.host, shelter.changed_at = host, now
    edit = ShelterEdit(shelter=shelter, by=by, at=now)
    changes.save_changed(shelter, before, edit=edit, also=("changed_at",))
    _own(rows, host, by=by, now=now)


def _own(rows: Sequence[Nights], host: User, *, by: User | None, now: datetime) -> None:
    offers.change_owner(offer_ids=[row.offer_id for row in rows], owner=host, by=by, now=now)


@transaction.atomic
def close(*, shelter_id: int, by: User, now: datetime) -> Shelter:
    """No more nights and no more shifts here. Twice is once. ValidationError while somebody is expected or sleeps here,
    or while a shift that goes on each week has begun; who has said yes to a shift to come is told.
    """
    shelter = locked(shelter_id, by)
    if shelter.closed_at is not None:
        return shelter
    rows = selectors.nights_of(shelter)
    beds_locked(rows)
    for row in rows:
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
    many rows that changed. Who answers for it, or is of its association, does not say so of their own.
    ValidationError while nobody new may come.
    """
    shelter = Shelter.objects.select_for_update(no_key=True).get(pk=shelter_id)
    require(selectors.may_see(by, shelter))
    rows = selectors.nights_of(shelter)
    beds_locked(rows)
    check_takes_in(shelter, rows)
    unseen = [row for row in rows if row.offer.vetted_at is None]
    for row in unseen:
        offers.vet(offer_id=row.offer_id, by=by, now=now)
    return len(unseen)
