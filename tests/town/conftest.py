"""A town with somebody of each part."""

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Role, User
from cities.models import City
from tests.factories.accounts import CityRoleFactory
from tests.factories.cities import CityFactory

NOW = datetime(2026, 3, 9, 11, tzinfo=UTC)


@dataclass
class Place:
    city: City
    administrator: User
    coordinator: User

    def address(self, name: str, *words: object) -> str:
        return reverse(f"town:{name}", args=[self.city.slug, *words])


@pytest.fixture
def place(db: None) -> Place:
    city = CityFactory(awake=True, name="Strasbourg")
    return Place(
        city,
        CityRoleFactory(city=city, role=Role.ADMINISTRATOR, user__name="Ruth K.").user,
        CityRoleFactory(city=city, role=Role.COORDINATOR, user__name="Awa D.").user,
    )


@pytest.fixture
def administrator(client: Client, place: Place) -> Client:
    """A browser in which the administrator is signed in."""
    client.force_login(place.administrator)
    return client
