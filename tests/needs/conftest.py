"""A town, its people, and a page of answers."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Organisation, Role, User
from cities.models import City
from tests.factories.accounts import CityRoleFactory, MembershipFactory, OrganisationFactory, UserFactory
from tests.factories.cities import CityFactory


@pytest.fixture
def city(db: None) -> City:
    return CityFactory(slug="strasbourg", name="Strasbourg", phone="03 88 00 00 00", email="ici@exemple.fr")


@pytest.fixture
def organisation(city: City) -> Organisation:
    return OrganisationFactory(city=city, name="Les Passerelles", verified=True)


@pytest.fixture
def member(organisation: Organisation) -> User:
    return MembershipFactory(organisation=organisation).user


@pytest.fixture
def operator(city: City) -> User:
    return CityRoleFactory(city=city, role=Role.OPERATOR).user


@pytest.fixture
def today() -> date:
    return timezone.localdate()


@pytest.fixture
def answers(today: date) -> Callable[..., dict[str, Any]]:
    """What a browser sends for a kind; keywords replace answers, None leaves one out."""

    def page(nature: str, **changes: Any) -> dict[str, Any]:
        sent: dict[str, Any] = {
            "nature": nature,
            "urgency": "this_week",
            "first_day": today.isoformat(),
            "last_day": (today + timedelta(days=17)).isoformat(),
            "commune": "Strasbourg",
            "reach_km": "10",
            "text": "",
            "title": "",
        }
        sent |= {
            "housing": {"adult_women": "1", "children_3_to_11": "2", "shared_home_ok": "on"},
            "goods": {"category": "bedding", "quantity": "10", "people": "5", "part_useful": "on"},
            "skill": {
                "category": "interpreting",
                "quantity": "2",
                "people": "1",
                "languages_from": ["ti"],
                "rhythm": "weekly",
            },
        }[nature]
        return {name: value for name, value in (sent | changes).items() if value is not None}

    return page


@pytest.fixture
def stranger(db: None) -> User:
    return UserFactory()
