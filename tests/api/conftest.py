"""Programs that call the API, each with somebody's key."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client
from django.utils import timezone

from accounts.models import Organisation, Role, User
from cities.models import City
from directory import services as directory
from followups.models import FollowUp
from homes.services import begin
from matching import plans, services
from matching.models import ConditionQuestion, Match
from tests.factories.accounts import (
    ApiTokenFactory,
    CityRoleFactory,
    MembershipFactory,
    OrganisationFactory,
    UserFactory,
)
from tests.factories.cities import CityFactory
from tests.factories.matching import suggested_match
from tests.factories.notifications import MessageFactory


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
def known_rows(matched: Callable[..., Match], coordinator: Program) -> Callable[[str], dict[str, Any]]:
    """What stands in an address of the schema, of rows that are there."""
    made: dict[str, Any] = {}

    def match() -> Match:
        if "match" not in made:
            made["match"] = matched()
        return made["match"]

    def visit() -> int:
        return begin(offer_id=match().offer_id, by=coordinator.user, now=timezone.now()).pk

    def condition() -> int:
        return ConditionQuestion.objects.create(
            need=match().need,
            offer=match().offer,
            rule="distance",
            params={"to_km": 11},
            change={"reach_km": 11},
            need_revision=match().need.revision,
            asked_by=coordinator.user,
            asked_at=timezone.now(),
        ).pk

    def plan() -> int:
        asked = {"kind": "", "urgency": "", "need_ids": [], "budget_seconds": 10}
        return plans.ask(city_id=match().city_id, by=coordinator.user, now=timezone.now(), **asked).pk

    def followup() -> int:
        now = timezone.now()
        return FollowUp.objects.create(
            match=match(), due_on=timezone.localdate(), asked_at=now, created_at=now
        ).pk

    def call() -> int:
        return MessageFactory(to_call=True, city=match().city, recipient=match().offer.owner).pk

    def service() -> int:
        city = coordinator.user.city_roles.get().city
        listed = {
            "name": "Permanence",
            "run_by": "CCAS",
            "about": "Une juriste répond.",
            "thematics": ["sante--acces-aux-soins"],
            "commune": city.seat,
        }
        return directory.add(city=city, fields=listed, by=coordinator.user, now=timezone.now()).pk

    numbers = {
        "directory": service,
        "calls": call,
        "visits": visit,
        "conditions": condition,
        "plans": plan,
        "follow-ups": followup,
    }

    def known(path: str) -> dict[str, Any]:
        area = path.split("/")[3]
        if "{id}" in path:
            if area not in made:
                made[area] = numbers[area]() if area in numbers else match().pk
            return {"id": made[area]}
        if "{reference}" in path:
            return {"reference": (match().need if area == "needs" else match().offer).reference}
        return {"insee": "67482"}

    return known


@pytest.fixture
def in_one_transaction() -> Iterator[None]:
    """As Django's own test client does: the end of a request does not close the test's connection."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)
