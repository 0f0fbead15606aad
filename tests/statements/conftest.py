"""A town with an association, a coordinator and a gateway for SMS; and somebody who states a need."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Organisation, Role, User
from cities.models import City
from statements import services
from statements.models import Statement
from tests import http_server
from tests.factories.accounts import CityRoleFactory, MembershipFactory, OrganisationFactory
from tests.factories.cities import CityFactory

HOME = "/strasbourg/j-ai-besoin/"
NUMBER = "+33612345678"
# What a household of three answers, question by question.
HOUSEHOLD: dict[str, dict[str, Any]] = {
    "qui": {"adult_women": "1", "children_3_to_11": "2"},
    "logement": {"step_free_needed": "on"},
    "duree": {"days": "30"},
    "quand": {"urgency": "this_week"},
    "ou": {"commune": "Strasbourg"},
    "parler": {"languages": ["prs"]},
    "autre": {"text": "Nous venons le soir."},
    "reponse": {"way": "phone"},
    "vous": {"name": "Laila", "phone": "06 12 34 56 78", "agrees": "on"},
}


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
def coordinator(city: City) -> User:
    return CityRoleFactory(city=city, role=Role.COORDINATOR).user


@pytest.fixture
def operator(city: City) -> User:
    return CityRoleFactory(city=city, role=Role.OPERATOR).user


@pytest.fixture
def gateway(settings: Any) -> Iterator[http_server.HttpServer]:
    with http_server.listening() as server:
        settings.SMS_GATEWAY, settings.SMS_HTTP_URL = "http", f"{server.url}/sms"
        settings.SMS_HTTP_REFERENCE, settings.SMS_TIMEOUT = "messages.0.id", 1
        yield server
        server.release.set()


def code_of(server: http_server.HttpServer) -> str:
    """The six digits of the SMS that left last."""
    said = json.dumps(server.requests[-1].json)
    return next(word for word in said.replace('"', " ").split() if word.isdigit() and len(word) == 6)


@pytest.fixture
def answer(city: City) -> Callable[..., str]:
    """Answer all questions in a browser, up to the page that sends them: its address."""

    def through(client: Client, kind: str = "housing", said: Any = None) -> str:
        page = client.post(HOME, {"kind": kind, "key": "abcdefghijk"})
        for name, data in (HOUSEHOLD if said is None else said).items():
            assert page["Location"] == f"{HOME}abcdefghijk/{name}/", page["Location"]
            page = client.post(page["Location"], data)
            assert page.status_code == 302, page.text
        return str(page["Location"])

    return through


@pytest.fixture
def stated(city: City) -> Callable[..., Statement]:
    """A statement as the service keeps it, not proven."""

    def keep(**changes: Any) -> Statement:
        answers = {
            "adult_women": 1, "adult_men": 0, "children_under_3": 0, "children_3_to_11": 2, "children_12_to_17": 0,
            "lone_minor": False, "days": 30, "urgency": "this_week", "commune": city.seat_id, "languages": ["prs"],
            "way": "phone", "name": "Laila", "phone": NUMBER, **changes,
        }  # fmt: skip
        return services.state(
            city=city,
            kind="housing",
            answers=answers,
            language="fa-af",
            external_key=f"form:{timezone.now().timestamp()}",
            by=None,
            now=timezone.now(),
        )

    return keep
