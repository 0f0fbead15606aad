"""A town with a team and a verified association, and services of its directory."""

from collections.abc import Callable
from datetime import UTC, datetime
from html import unescape
from typing import Any

import pytest

from accounts.models import Organisation, Role, User
from cities.models import City
from directory import services
from directory.models import Service
from directory.themes import THEMATICS, Theme
from tests.factories.accounts import CityRoleFactory, MembershipFactory, OrganisationFactory
from tests.factories.cities import CityFactory

# A Monday, ten o'clock in Strasbourg.
NOW = datetime(2026, 3, 9, 9, tzinfo=UTC)
PUBLIC = "/strasbourg/annuaire/"
KEPT = "/strasbourg/annuaire/gerer/"


@pytest.fixture
def city(db: None) -> City:
    return CityFactory(slug="strasbourg", name="Strasbourg", phone="03 53 01 00 67")


@pytest.fixture
def administrator(city: City) -> User:
    return CityRoleFactory(city=city, role=Role.ADMINISTRATOR).user


@pytest.fixture
def organisation(city: City) -> Organisation:
    return OrganisationFactory(city=city, name="Les Passerelles", verified=True)


@pytest.fixture
def member(organisation: Organisation) -> User:
    return MembershipFactory(organisation=organisation).user


@pytest.fixture
def fields(city: City) -> Callable[..., dict[str, Any]]:
    """What is said of a service of the town."""

    def fields(**said: Any) -> dict[str, Any]:
        return {
            "run_by": "CCAS",
            "name": "Permanence juridique",
            "thematics": [THEMATICS[Theme.RIGHTS][0]],
            "about": "Une juriste répond à vos questions.",
            "commune": city.seat,
            **said,
        }

    return fields


@pytest.fixture
def entered(city: City, administrator: User, fields: Any) -> Callable[..., Service]:
    """A service that the town's administrator has entered."""

    def entered(*, now: datetime = NOW, **said: Any) -> Service:
        return services.add(city=city, fields=fields(**said), by=administrator, now=now)

    return entered


def text(page: Any) -> str:
    """What somebody reads, its spaces and lines as one plain space each."""
    return " ".join(unescape(page.text).split())
