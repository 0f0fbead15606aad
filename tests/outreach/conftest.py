"""A town with a team of two, and an address that asks for its letter."""

from datetime import UTC, datetime
from typing import Any

import pytest

from accounts.models import Role
from outreach import services
from outreach.models import Subscription
from tests.factories.accounts import CityRoleFactory
from tests.factories.cities import CityFactory
from tests.notifications.conftest import listening, scripted_server  # noqa: F401  # a server that refuses

NOW = datetime(2026, 3, 9, 9, tzinfo=UTC)


@pytest.fixture
def city(db: None) -> Any:
    return CityFactory(name="Strasbourg")


@pytest.fixture
def writer(city: Any) -> Any:
    return CityRoleFactory(city=city).user


@pytest.fixture
def sender(city: Any) -> Any:
    return CityRoleFactory(city=city, role=Role.ADMINISTRATOR).user


@pytest.fixture
def ask(city: Any) -> Any:
    """An address asks; its subscription."""

    def ask(email: str = "lea@exemple.fr", *, language: str = "fr", now: datetime = NOW) -> Any:
        services.ask(city=city, email=email, language=language, by=None, now=now)
        return Subscription.objects.get(city=city, person__email=email)

    return ask


@pytest.fixture
def subscribe(ask: Any) -> Any:
    """An address asks and confirms."""

    def subscribe(email: str = "lea@exemple.fr", *, language: str = "fr") -> Any:
        subscription = ask(email, language=language)
        assert services.confirm(subscription_id=subscription.pk, by=None, now=NOW)
        subscription.refresh_from_db()
        return subscription

    return subscribe


@pytest.fixture
def send(city: Any, writer: Any, sender: Any) -> Any:
    """An issue that one has drafted and another sent, in the outbox."""

    def send(*, now: datetime = NOW, **words: str) -> Any:
        issue = services.draft(city=city, words=words, by=writer, now=now)
        services.send(issue_id=issue.pk, by=sender, now=now)
        while services.queue_letters(by=None, now=now):
            pass
        issue.refresh_from_db()
        return issue

    return send
