"""Three linked towns: one with a household of three, two with places."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from accounts.models import User
from between import services
from between.models import Line, PublishedHousehold, PublishedPlaces
from cities.days import local_day
from cities.models import City
from tests.factories.accounts import CityRoleFactory
from tests.factories.cities import CityFactory
from tests.factories.matching import NOW, due_need, due_offer


@dataclass(slots=True)
class Towns:
    full: City
    near: City
    far: City
    now: datetime
    desks: dict[int, User] = field(default_factory=dict)

    def desk(self, city: City) -> User:
        if city.pk not in self.desks:
            self.desks[city.pk] = CityRoleFactory(city=city).user
        return self.desks[city.pk]

    @property
    def today(self) -> date:
        return local_day(self.now, self.full)

    def household(self, *wishes: City, **fields: Any) -> PublishedHousehold:
        """Three people from in ten days on, for thirty days."""
        need = due_need(city=self.full, now=self.now, **fields)
        return services.publish_household(
            need_id=need.pk, wishes=wishes or (self.near, self.far), how="phone", yes_on=self.today,
            by=self.desk(self.full), now=self.now,
        )  # fmt: skip

    def places(self, city: City, people: int = 3, **fields: Any) -> PublishedPlaces:
        """For sixty days from today."""
        offer = due_offer(city=city, now=self.now, capacity=people, **{"share_with_linked": True, **fields})
        return services.publish_places(
            offer_id=offer.pk, people=people, first_day=self.today, last_day=self.today + timedelta(days=60),
            services="École, dispensaire", by=self.desk(city), now=self.now,
        )  # fmt: skip

    def yes(self, household: PublishedHousehold, row: PublishedPlaces) -> Line:
        return services.record_yes(
            household_id=household.pk, places_id=row.pk, how="interpreter", yes_on=self.today,
            by=self.desk(self.full), now=self.now,
        )  # fmt: skip

    def no(self, household: PublishedHousehold, row: PublishedPlaces) -> Line:
        return services.record_no(
            household_id=household.pk, places_id=row.pk, by=self.desk(self.full), now=self.now
        )

    def agree(self, line: Line) -> Line:
        return services.agree(line_id=line.pk, by=self.desk(line.places.city), now=self.now)


Make = Callable[..., Towns]


@pytest.fixture
def make(db: None) -> Make:
    def make(now: datetime = NOW) -> Towns:
        full, near, far = CityFactory(name="Pleine"), CityFactory(name="Proche"), CityFactory(name="Loin")
        full.linked.add(near, far)
        return Towns(full, near, far, now)

    return make


@pytest.fixture
def towns(make: Make) -> Towns:
    return make()
