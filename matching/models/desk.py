"""Rows that are for the coordinators of a town alone."""

from typing import TypeVar

from django.db import models
from django.db.models import Q

from accounts.access import COORDINATION, VisibleQuerySet, towns_of
from accounts.models import User

Row = TypeVar("Row", bound=models.Model)


class DeskQuerySet(VisibleQuerySet[Row]):
    """Rows of a town that are for its coordinators alone."""

    def seen_by(self, user: User) -> Q:
        return Q(city__in=towns_of(user, COORDINATION))
