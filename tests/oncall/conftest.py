"""A town whose desk shares its nights, by Strasbourg's clocks."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import pytest

from accounts.models import Role, User
from cities.models import City
from oncall import services
from oncall.models import Rank, Shift
from tests.factories.accounts import CityRoleFactory
from tests.factories.cities import CityFactory

# A Monday, noon in the town.
NOW = datetime(2026, 3, 9, 11, tzinfo=UTC)
MONDAY = date(2026, 3, 9)


@dataclass
class Desk:
    city: City
    people: list[User]
    administrator: User

    def share_out(self, people=None, *, weeks=2, first_day=MONDAY, hour=18, by=None, now=NOW):
        return services.share_out(
            city=self.city,
            people=self.people if people is None else people,
            first_day=first_day,
            weeks=weeks,
            hand_over=time(hour),
            by=by or self.administrator,
            now=now,
        )

    def shift(self, person, *, start=NOW, hours=24, rank=Rank.FIRST):
        return services.cover(
            city=self.city,
            rank=rank,
            starts_at=start,
            ends_at=start + timedelta(hours=hours),
            by=person,
            now=NOW,
        )

    def rota(self, rank=Rank.FIRST):
        return [shift.person for shift in Shift.objects.standing().filter(city=self.city, rank=rank)]


@pytest.fixture
def desk(db) -> Desk:
    city = CityFactory()
    return Desk(
        city,
        [CityRoleFactory(city=city).user for _ in range(3)],
        CityRoleFactory(city=city, role=Role.ADMINISTRATOR).user,
    )
