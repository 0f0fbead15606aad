"""An empty dwelling on its way: found, moved from stage to stage, corrected, its costs noted."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.access import COORDINATION, has_role, require
from accounts.models import User
from catalogue import changes
from cities.models import City
from homes.models import Cost, Dwelling, DwellingChange, Stage


@transaction.atomic
def find_dwelling(*, city: City, fields: Mapping[str, Any], by: User, now: datetime) -> Dwelling:
    """Note a dwelling that stands empty. ValidationError by field; raises PermissionDenied."""
    require(has_role(by, city, COORDINATION))
    dwelling = Dwelling(city=city, created_at=now, changed_at=now, **fields)
    dwelling.full_clean()
    dwelling.save(force_insert=True)
    DwellingChange.objects.create(dwelling=dwelling, what=changes.given(fields, dwelling), by=by, at=now)
    return dwelling


@transaction.atomic
def change_dwelling(*, dwelling_id: int, fields: Mapping[str, Any], by: User, now: datetime) -> Dwelling:
    """Correct what is known of it. ValidationError by field; raises PermissionDenied."""
    dwelling = _locked(dwelling_id, by)
    before = changes.values(dwelling)
    for name, value in fields.items():
        setattr(dwelling, name, value)
    return _save(dwelling, before, by=by, now=now)


@transaction.atomic
def move_to(*, dwelling_id: int, stage: str, due_on: date | None, by: User, now: datetime) -> Dwelling:
    """The next stage, or another; `due_on` says when the one after it is expected. ValidationError by field."""
    dwelling = _locked(dwelling_id, by)
    if stage not in Stage.values:
        raise ValidationError({"stage": _("Choisissez une étape.")})
    before = changes.values(dwelling)
    dwelling.stage = stage
    dwelling.due_on = None if stage in (Stage.READY, Stage.DROPPED) else due_on
    return _save(dwelling, before, by=by, now=now)


@transaction.atomic
def add_cost(*, dwelling_id: int, what: str, euros: int, day: date, by: User, now: datetime) -> Cost:
    """Note a cost; a row is never changed, a mistake is corrected by another. ValidationError by field."""
    dwelling = _locked(dwelling_id, by)
    cost = Cost(dwelling=dwelling, what=what, euros=euros, day=day, by=by, at=now)
    cost.full_clean()
    cost.save(force_insert=True)
    return cost


def _locked(dwelling_id: int, by: User) -> Dwelling:
    dwelling = Dwelling.objects.select_for_update(no_key=True).get(pk=dwelling_id)
    require(has_role(by, dwelling.city, COORDINATION))
    return dwelling


def _save(dwelling: Dwelling, before: Mapping[str, Any], *, by: User, now: datetime) -> Dwelling:
    dwelling.full_clean()
    if changes.save_changed(dwelling, before, edit=DwellingChange(dwelling=dwelling, by=by, at=now)):
        dwelling.changed_at = now
        dwelling.save(update_fields=["changed_at"])
    return dwelling
