"""Rows that are for the coordinators of a town alone."""

from typing import Any, Self, TypeVar

from django.db import models

from accounts.models import CityRole, User


def coordinated_towns(user: User) -> models.QuerySet[CityRole, Any]:
    """The towns that somebody coordinates, for a subquery."""
    return CityRole.objects.filter(user=user, role="coordinator").values("city")


Row = TypeVar("Row", bound=models.Model)


class DeskQuerySet(models.QuerySet[Row]):
    """Rows of a town that are for its coordinators alone."""

    def visible_to(self, user: User) -> Self:
        if not user.is_authenticated:
            return self.none()
        return self.filter(city__in=coordinated_towns(user))
