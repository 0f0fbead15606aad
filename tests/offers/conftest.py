"""A town, its desk, and what a citizen answers."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Role, User
from cities.models import City
from tests.factories.accounts import CityRoleFactory, UserFactory
from tests.factories.cities import CityFactory

NEW = "/strasbourg/propositions/nouvelle/"
CHECK = f"{NEW}verifier/"


@pytest.fixture(autouse=True)
def sessions_are_third_party(settings: Any) -> None:
    """Django reads a session twice when somebody signs in; nothing of ours to batch."""
    settings.ZEAL_ALLOWLIST = [*settings.ZEAL_ALLOWLIST, {"model": "sessions.*"}]


@pytest.fixture
def city(db: None) -> City:
    return CityFactory(slug="strasbourg", name="Strasbourg", phone="03 88 00 00 00", email="ici@exemple.fr")


@pytest.fixture
def citizen(db: None) -> User:
    return UserFactory(name="Camille")


@pytest.fixture
def stranger(db: None) -> User:
    return UserFactory()


@pytest.fixture
def operator(city: City) -> User:
    return CityRoleFactory(city=city, role=Role.OPERATOR).user


@pytest.fixture
def coordinator(city: City) -> User:
    return CityRoleFactory(city=city, role=Role.COORDINATOR).user


@pytest.fixture
def today() -> date:
    return timezone.localdate()


@pytest.fixture
def answers(today: date) -> Callable[..., dict[str, dict[str, Any]]]:
    """What a browser sends for each question of a kind, in order; keywords replace a question's answers."""

    def story(kind: str, **changes: dict[str, Any]) -> dict[str, dict[str, Any]]:
        days = {"first_day": today.isoformat(), "last_day": (today + timedelta(days=17)).isoformat()}
        pages: dict[str, dict[str, Any]] = {
            "housing": {
                "kind": {"kind": "housing"},
                "category": {"category": "shared_room"},
                "where": {"commune": "Strasbourg", "address": "12 rue des Invités", **days},
                "guests": {"capacity": "3", "accepts": ["women", "families"]},
                "details": {
                    "step_free": "on",
                    "longest_stay_days": "30",
                    "notice_days": "1",
                    "languages": ["fr", "ar"],
                    "languages_other": "tigrinya",
                },
            },
            "goods": {
                "kind": {"kind": "goods"},
                "item": {"item": "couette 140"},
                "goods": {"size": "140", "capacity": "10"},
                "where": {"commune": "67000", "hand_over": "delivered", "reach_km": "10", "when": "now"},
            },
            "skill": {
                "kind": {"kind": "skill"},
                "category": {"category": "interpreting"},
                "pair": {"languages_from": ["ti"], "languages_to": ["fr"]},
                "where": {"commune": "Strasbourg", "reach_km": "20", "remote": "on", **days},
                "hours": {"capacity": "2", "slots": ["mon 09:00-12:00"], "slots_other": "mardi 18h-20h"},
                "details": {"text": ""},
            },
        }[kind]
        return {name: changes.get(name, answer) for name, answer in pages.items()}

    return story


@pytest.fixture
def walk() -> Callable[..., Any]:
    """Answer the questions one after the other, as a browser without a script does; the last response."""

    def through(client: Client, pages: dict[str, dict[str, Any]], *, until: str = "") -> Any:
        response: Any = client.get(NEW)
        for name, answer in pages.items():
            here = NEW if name == "kind" else f"{NEW}{name}/"
            shown = client.get(here)
            assert shown.status_code == 200, (name, shown.headers.get("Location"))
            response = client.post(here, answer)
            assert response.status_code == 302, (name, response.context["form"].errors)
            if name == until:
                break
        return response

    return through


# What a visitor says of themselves on the last page.
YOU = {"name": "Camille", "email": "camille@exemple.fr", "phone": "06 12 34 56 78", "consent": "on"}


@pytest.fixture
def send() -> Callable[..., Any]:
    """Press "Envoyer" on the last page; a visitor says how to be reached."""

    def press(client: Client, **answers: Any) -> Any:
        shown = client.get(CHECK)
        assert shown.status_code == 200, shown.headers.get("Location")
        you = {name: value for name, value in YOU.items() if name in shown.context["form"].fields}
        return client.post(CHECK, {"key": shown.context["draft_key"], **you, **answers})

    return press
