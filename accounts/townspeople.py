"""Who has to do with a town: they work or worked for it, are of an association of it, or what another app says of its
own rows (`register`, in its AppConfig): they offer there, need something, read its letter.
"""

from collections.abc import Callable
from typing import Any

from django.db.models import Q, QuerySet

from accounts.models import CityRole, Membership, MembershipChange, RoleChange, User
from cities.models import City

# The keys of a town's persons: one column.
Keys = Callable[[City], QuerySet[Any, Any]]

_keys: list[Keys] = []


def register(keys: Keys) -> None:
    """Another way in which persons have to do with a town."""
    _keys.append(keys)


def who_works_for(city: City) -> Q:
    """Who works or worked in the town's team, or in one of its associations, as a condition on persons."""
    return (
        Q(pk__in=Membership.objects.filter(organisation__city=city).order_by().values("user"))
        | Q(pk__in=MembershipChange.objects.filter(organisation__city=city).order_by().values("person"))
        | Q(pk__in=RoleChange.objects.filter(city=city).order_by().values("person"))
        | Q(pk__in=CityRole.objects.filter(city=city).order_by().values("user"))
    )


def people_of(city: City) -> Q:
    """Who has to do with a town, as a condition on persons."""
    found = who_works_for(city)
    for keys in _keys:
        found |= Q(pk__in=keys(city))
    return found


def is_of(person: User, city: City) -> bool:
    """Whether this person has to do with the town."""
    return User.objects.filter(people_of(city), pk=person.pk).exists()
