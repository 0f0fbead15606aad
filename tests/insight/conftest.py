"""A town with its people, of whom each role looks for something."""

from typing import Any

import pytest

from accounts.models import Role
from tests.factories.accounts import CityRoleFactory, MembershipFactory, OrganisationFactory, UserFactory
from tests.factories.cities import CityFactory, CommuneFactory


@pytest.fixture
def city(db: None) -> Any:
    return CityFactory(slug="strasbourg", name="Strasbourg")


@pytest.fixture
def coordinator(city: Any) -> Any:
    return CityRoleFactory(city=city, user__name="Coralie").user


@pytest.fixture
def operator(city: Any) -> Any:
    return CityRoleFactory(city=city, role=Role.OPERATOR).user


@pytest.fixture
def member(city: Any) -> Any:
    organisation = OrganisationFactory(
        city=city, name="Les Amis de l’Ill", verified=True, email="ill@exemple.org"
    )
    return MembershipFactory(organisation=organisation, user__name="Fatou Diallo").user


@pytest.fixture
def citizen(db: None) -> Any:
    return UserFactory(name="Léa Dupont", phone="+33612345678", email="lea.dupont@exemple.fr")


@pytest.fixture
def illkirch(db: None) -> Any:
    return CommuneFactory(insee="67218", name="Illkirch-Graffenstaden", postcodes=["67400"])
