"""Roles in a town, given and taken back."""

from collections.abc import Callable, Collection
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts import selectors
from accounts.access import ADMINISTRATION, forget_roles, has_role, require
from accounts.models import CityRole, Role, RoleChange, User
from cities.models import City

# user, city, by, now: what else ends for somebody who is of a town's team no more.

# Called with person, city, by and now.
Leaving = Callable[..., None]
_leaving: list[Leaving] = []


def register_leaving(ends: Leaving) -> None:
    """An app says what of its own ends with somebody's last role in a town, in the same transaction."""
    _leaving.append(ends)


@transaction.atomic
def give_role(*, user: User, city: City, role: str, by: User | None, now: datetime) -> CityRole:
    """Give a role in a city, once; `by` is None when the installation does it (first administrator)."""
    require(_may_decide(by, city))
    _one_after_the_other(user)
    given = _give(user, city, role, by=by, now=now)
    forget_roles(user)
    return given


@transaction.atomic
def take_role(*, user: User, city: City, role: str, by: User | None, now: datetime) -> None:
    """Take a role back, or lay one's own down; nothing happens when there was none.

    Raises ValidationError for the last administrator of a town: it would be left without anybody to invite others.
    """
    require(by == user or _may_decide(by, city))
    _keep_one_administrator(user, city, [role])
    _one_after_the_other(user)
    _take(user, city, role, by=by, now=now)
    forget_roles(user)


@transaction.atomic
def set_roles(*, user: User, city: City, roles: Collection[str], by: User, now: datetime) -> None:
    """Let somebody have these roles in a town and no others; none: they are of its team no more.

    By its administrators; all of their own anybody may lay down. Raises ValidationError as `take_role` does.
    """
    require((by == user and not roles) or _may_decide(by, city))
    _keep_one_administrator(user, city, set(Role) - set(roles))
    _one_after_the_other(user)
    before = set(CityRole.objects.filter(user=user, city=city).values_list("role", flat=True))
    for role in sorted(set(roles) - before):
        _give(user, city, role, by=by, now=now)
    for role in sorted(before - set(roles)):
        _take(user, city, role, by=by, now=now)
    forget_roles(user)


def take_all_roles(*, city: City, by: User | None, now: datetime) -> None:
    """Nobody has a role in the town any more, its last administrator neither: it ends."""
    for given in CityRole.objects.filter(city=city).select_related("user").order_by("pk"):
        _take(given.user, city, given.role, by=by, now=now)
        forget_roles(given.user)


def _give(user: User, city: City, role: str, *, by: User | None, now: datetime) -> CityRole:
    given = CityRole.objects.filter(user=user, city=city, role=role).first()
    if given is None:
        given = CityRole(user=user, city=city, role=role, given_by=by, given_at=now)
        given.full_clean()
        given.save()
        RoleChange.objects.create(person=user, city=city, what={"role": [None, role]}, by=by, at=now)
    return given


def _take(user: User, city: City, role: str, *, by: User | None, now: datetime) -> None:
    taken, _rows = CityRole.objects.filter(user=user, city=city, role=role).delete()
    if taken:
        RoleChange.objects.create(person=user, city=city, what={"role": [role, None]}, by=by, at=now)
    if taken and not CityRole.objects.filter(user=user, city=city).exists():
        for ends in _leaving:
            ends(person=user, city=city, by=by, now=now)


def _keep_one_administrator(user: User, city: City, taken: Collection[str]) -> None:
    if Role.ADMINISTRATOR not in taken:
        return
    # Two who lay it down in one moment: the second sees that the first is gone.
    City.objects.select_for_update(no_key=True).get(pk=city.pk)
    if [person.pk for person in selectors.administrators_of(city)[:2]] == [user.pk]:
        raise ValidationError(
            _("La ville garde au moins une personne à l’administration. Donnez d’abord ce rôle à une autre."),
            code="last_administrator",
        )


def _one_after_the_other(user: User) -> None:
    """The same role given twice in one moment is given once."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)


def _may_decide(by: User | None, city: City) -> bool:
    return by is None or by.is_superuser or has_role(by, city, ADMINISTRATION)
