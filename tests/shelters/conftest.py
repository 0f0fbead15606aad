"""A gymnasium of a verified association, with twelve beds from today on that the town has seen."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

import pytest

from accounts.models import Organisation, User
from cities.days import local_day
from cities.models import City
from matching import services as matching
from matching.models import Match
from shelters import services
from shelters.models import Nights, Shelter
from tests.factories.accounts import CityRoleFactory, MembershipFactory, OrganisationFactory
from tests.factories.cities import CityFactory
from tests.factories.matching import NOW, drain, due_need

BEDS: dict[str, Any] = {
    "capacity": 12, "accepts": [], "step_free": True, "pets_accepted": False, "longest_stay_days": None,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    city: City
    organisation: Organisation
    member: User
    coordinator: User
    shelter: Shelter
    nights: Nights
    now: datetime

    @property
    def said(self) -> dict[str, Any]:
        return {name: getattr(self.shelter, name) for name in services.FIELDS}

    def day(self, n: int) -> Any:
        return local_day(self.now, self.city) + timedelta(days=n)

    def suggested(self, first: int, last: int, **fields: Any) -> Match:
        """Three people of another association for some nights, and the engine's suggestion of the place."""
        days = {"first_day": self.day(first), "last_day": self.day(last)}
        need = due_need(city=self.city, now=self.now, **days, **fields)
        drain(self.now)
        return Match.objects.get(need=need, offer=self.nights.offer_id)

    def promised(self, first: int, last: int, **fields: Any) -> Match:
        """The same, asked for."""
        match = self.suggested(first, last, **fields)
        matching.propose(match_id=match.pk, by=self.coordinator, now=self.now)
        match.refresh_from_db()
        return match


Make = Callable[..., Place]


@pytest.fixture
def make(db: None) -> Make:
    def make(now: datetime = NOW) -> Place:
        city = CityFactory(awake=True)
        organisation = OrganisationFactory(city=city, name="Les Tilleuls", verified=True)
        member = MembershipFactory(organisation=organisation).user
        coordinator = CityRoleFactory(city=city).user
        shelter = services.found(
            city=city,
            organisation=organisation,
            fields={
                "name": "Gymnase des Tilleuls", "commune": city.seat, "address": "3 rue du Stade", "phone": "",
                "arrives_from": time(18), "arrives_until": time(21), "rules": "",
            },
            by=member,
            now=now,
        )  # fmt: skip
        nights = services.add_nights(
            shelter_id=shelter.pk,
            fields=BEDS,
            first_day=local_day(now, city),
            last_day=None,
            by=member,
            now=now,
        )
        services.see(shelter_id=shelter.pk, by=coordinator, now=now)
        nights.offer.refresh_from_db()
        return Place(city, organisation, member, coordinator, shelter, nights, now)

    return make


@pytest.fixture
def place(make: Make) -> Place:
    return make()
