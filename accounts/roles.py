"""The roles in a town, and which rows they let somebody see: what querysets are made of, so it lies below all models.

A `user` here is a `User`, which this module cannot name. Only `accounts` looks in here: everybody else asks
`accounts.access`, which has these names too.
"""

from typing import Any, Self, TypeVar

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    COORDINATOR = "coordinator", _("coordination")
    OPERATOR = "operator", _("accueil téléphonique")
    ADMINISTRATOR = "administrator", _("administration")


# To be chosen among, and to be said.
ROLE_CHOICES = Role.choices

Roles = frozenset[Role]
# Those who decide: everything in the town.
COORDINATION: Roles = frozenset({Role.COORDINATOR})
# Those who answer people and associations, and enter for a caller.
DESK: Roles = COORDINATION | {Role.OPERATOR}
# Those who see settings and teams, and no offer or need.
ADMINISTRATION: Roles = frozenset({Role.ADMINISTRATOR})
# Those who say what the town's score counts.
STEERING: Roles = COORDINATION | ADMINISTRATION
TEAM: Roles = frozenset(Role)
# Beside the roles: whoever is a member of an association of the town.
ASSOCIATION = "association"

Row = TypeVar("Row", bound=models.Model)


class VisibleQuerySet(models.QuerySet[Row]):
    """Rows of which each reader sees some, and a visitor none."""

    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        """What this reader may know to exist; every list and every look-up starts here."""
        return self.filter(self.seen_by(user)) if user.is_authenticated else self.none()

    def seen_by(self, user: Any) -> Q:
        """Which rows somebody sees who is signed in."""
        raise NotImplementedError


def towns_of(user: Any, roles: Roles) -> QuerySet[Any, Any]:
    """The towns in which somebody has one of these roles, for a subquery: `Q(city__in=towns_of(user, DESK))`."""
    return user.city_roles.filter(role__in=sorted(roles)).values("city")


def associations_of(user: Any) -> QuerySet[Any, Any]:
    """The associations that somebody is a member of, suspended ones too, for a subquery."""
    return user.memberships.values("organisation")


def managed_associations_of(user: Any) -> QuerySet[Any, Any]:
    """Those among them whose manager somebody is."""
    return user.memberships.filter(role="manager").values("organisation")
