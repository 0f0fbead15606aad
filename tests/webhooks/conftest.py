"""A town whose administration has another system told, and that system: a real server on this machine."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from accounts.models import Role, User
from cities.models import City
from tests import http_server
from tests.factories.accounts import CityRoleFactory
from tests.factories.cities import CityFactory
from tests.http_server import HttpServer
from webhooks import delivery, services
from webhooks.events import Happening
from webhooks.models import Endpoint

NOW = datetime(2026, 3, 9, 11, tzinfo=UTC)
TAKEN = (204, {}, "")


@pytest.fixture
def city(db: None) -> City:
    return CityFactory(slug="strasbourg")


@pytest.fixture
def administrator(city: City) -> User:
    return CityRoleFactory(city=city, role=Role.ADMINISTRATOR).user


@pytest.fixture
def receiver(settings: Any) -> Iterator[HttpServer]:
    settings.PRIVATE_NETWORKS_ALLOWED = ["127.0.0.1/32"]
    with http_server.listening() as server:
        server.answer = TAKEN
        yield server


@pytest.fixture
def endpoint(city: City, administrator: User, receiver: HttpServer) -> Endpoint:
    return services.add(
        city=city, url=f"{receiver.url}/accueil", happenings=Happening.values, by=administrator, now=NOW
    )


@pytest.fixture
def happens(city: City) -> Callable[..., None]:
    """Something happens to a need, so many times."""

    def happen(count: int = 1, *, at: datetime = NOW, happening: Happening = Happening.NEED_OPENED) -> None:
        for number in range(count):
            services.record(
                city_id=city.pk, happening=happening, subject_id=number, at=at, need=f"B-{number:04}"
            )

    return happen


@pytest.fixture
def deliver() -> Callable[..., bool]:
    """What one endpoint is told at this moment."""

    def run(endpoint: Endpoint, *, now: datetime = NOW) -> bool:
        return delivery.deliver_to(endpoint_id=endpoint.pk, by=None, clock=lambda: now)

    return run
