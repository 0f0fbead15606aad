"""Programs that call the API, each with somebody's key."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Organisation, Role, User
from cities.models import City
from matching import services
from matching.models import Match
from tests.factories.accounts import (
    ApiTokenFactory,
    CityRoleFactory,
    MembershipFactory,
    OrganisationFactory,
    UserFactory,
)
from tests.factories.cities import CityFactory
from tests.factories.matching import suggested_match


@dataclass
class Program:
    """Calls with one person's key; `answer = program.post("offers/", {…})`."""

    user: User
    secret: str

    def __post_init__(self) -> None:
        self.client = Client(headers={"authorization": f"Bearer {self.secret}"})

    def get(self, path: str, **query: Any) -> Any:
        return self.client.get(f"/api/v1/{path}", query)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.client.post(
            f"/api/v1/{path}", body or {}, content_type="application/json", headers=headers
        )

    def patch(self, path: str, body: Any, **headers: str) -> Any:
        return self.client.patch(f"/api/v1/{path}", body, content_type="application/json", headers=headers)


@pytest.fixture(autouse=True)
def one_message_each(settings: Any) -> None:
    """An act tells each person concerned: as many messages as people, on purpose."""
    settings.ZEAL_ALLOWLIST = [*settings.ZEAL_ALLOWLIST, {"model": "notifications.Message"}]


@pytest.fixture
def program(db: None) -> Callable[[User], Program]:
    def of(user: User) -> Program:
        secret = f"acc_{uuid4().hex}"
        ApiTokenFactory(user=user, secret=secret)
        return Program(user, secret)

    return of


@pytest.fixture
def city(db: None) -> City:
    return CityFactory(slug="strasbourg", name="Strasbourg")


@pytest.fixture
def organisation(city: City) -> Organisation:
    return OrganisationFactory(city=city, name="Les Passerelles", rna="W671234567", verified=True)


@pytest.fixture
def coordinator(city: City, program: Any) -> Program:
    return program(CityRoleFactory(city=city, role=Role.COORDINATOR).user)


@pytest.fixture
def operator(city: City, program: Any) -> Program:
    return program(CityRoleFactory(city=city, role=Role.OPERATOR).user)


@pytest.fixture
def member(organisation: Organisation, program: Any) -> Program:
    return program(MembershipFactory(organisation=organisation).user)


@pytest.fixture
def citizen(program: Any) -> Program:
    return program(UserFactory(name="Camille", phone="+33353010001"))


@pytest.fixture
def stranger(program: Any) -> Program:
    """The coordinator of another town."""
    return program(CityRoleFactory(role=Role.COORDINATOR).user)


@pytest.fixture
def offer_body(city: City) -> Callable[..., dict[str, Any]]:
    """A room from today on; keywords replace fields, None leaves one out."""

    def body(**changes: Any) -> dict[str, Any]:
        sent = {
            "city": city.slug,
            "kind": "housing",
            "category": "shared_room",
            "title": "Chambre au calme",
            "commune": "67482",
            "address": "12 rue des Invités",
            "capacity": 2,
            "windows": [{"first_day": timezone.localdate().isoformat()}],
            "languages": ["fr", "AR"],
        }
        return {name: value for name, value in (sent | changes).items() if value is not None}

    return body


@pytest.fixture
def need_body(city: City) -> Callable[..., dict[str, Any]]:
    """A fortnight for a mother and two children; keywords replace fields, None leaves one out."""

    def body(**changes: Any) -> dict[str, Any]:
        today = timezone.localdate()
        sent = {
            "city": city.slug,
            "kind": "housing",
            "title": "Une mère et deux enfants",
            "commune": "67482",
            "reach_km": 10,
            "first_day": (today + timedelta(days=1)).isoformat(),
            "last_day": (today + timedelta(days=14)).isoformat(),
            "adult_women": 1,
            "children_3_to_11": 2,
            "organisation": "W671234567",
        }
        return {name: value for name, value in (sent | changes).items() if value is not None}

    return body


@pytest.fixture
def matched(
    city: City, organisation: Organisation, citizen: Program, coordinator: Program
) -> Callable[..., Match]:
    """A home of the citizen's suggested for a need of the association; `upto="confirmed"` takes it further."""

    def make(upto: str = "suggested", **options: Any) -> Match:
        options["offer"] = {"owner": citizen.user, **options.get("offer", {})}
        options["need"] = {"organisation": organisation, **options.get("need", {})}
        match = suggested_match(city=city, now=timezone.now(), **options)
        for act in ("propose", "accept", "confirm")[
            : ("suggested", "proposed", "accepted", "confirmed").index(upto)
        ]:
            match = getattr(services, act)(match_id=match.pk, by=coordinator.user, now=timezone.now())
        return match

    return make


@pytest.fixture
def known_rows(matched: Callable[..., Match]) -> Callable[[str], dict[str, Any]]:
    """What stands in an address of the schema, of rows that are there."""
    match = matched()
    return lambda path: {
        "id": match.pk,
        "reference": (match.need if "/needs/" in path else match.offer).reference,
    }
