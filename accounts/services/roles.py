"""Roles in a town, given and taken back."""

from datetime import datetime

from django.db import transaction

from accounts.access import ADMINISTRATION, forget_roles, has_role, require
from accounts.models import CityRole, RoleChange, User
from cities.models import City


@transaction.atomic
def give_role(*, user: User, city: City, role: str, by: User | None, now: datetime) -> CityRole:
    """Give a role in a city, once; `by` is None when the installation does it (first administrator)."""
    require(_may_decide(by, city))
    _one_after_the_other(user)
    given = CityRole.objects.filter(user=user, city=city, role=role).first()
    if given is None:
        given = CityRole(user=user, city=city, role=role, given_by=by, given_at=now)
        given.full_clean()
        given.save()
        RoleChange.objects.create(person=user, city=city, what={"role": [None, role]}, by=by, at=now)
    forget_roles(user)
    return given


@transaction.atomic
def take_role(*, user: User, city: City, role: str, by: User | None, now: datetime) -> None:
    """Take a role back; nothing happens when there was none."""
    require(_may_decide(by, city))
    _one_after_the_other(user)
    taken, _rows = CityRole.objects.filter(user=user, city=city, role=role).delete()
    if taken:
        RoleChange.objects.create(person=user, city=city, what={"role": [role, None]}, by=by, at=now)
    forget_roles(user)


def _one_after_the_other(user: User) -> None:
    """The same role given twice in one moment is given once."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)


def _may_decide(by: User | None, city: City) -> bool:
    return by is None or by.is_superuser or has_role(by, city, ADMINISTRATION)
