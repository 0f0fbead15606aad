"""A town and the people around its matches."""

from collections.abc import Callable, Iterator
from threading import Thread
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from accounts.models import User
from cities.models import City
from tests.factories.accounts import CityRoleFactory
from tests.factories.cities import CityFactory
from tests.matching import invariants


@pytest.fixture
def city(db: None) -> City:
    return CityFactory(slug="strasbourg", name="Strasbourg", phone="03 88 00 00 00", email="ici@exemple.fr")


@pytest.fixture
def coordinator(city: City) -> User:
    return CityRoleFactory(city=city).user


@pytest.fixture
def as_user(client: Client) -> Callable[[User], Client]:
    def sign_in(user: User) -> Client:
        client.force_login(user)
        return client

    return sign_in


@pytest.fixture(autouse=True)
def invariants_hold(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whatever a test did to the database, what must be true still is."""
    if not {"db", "transactional_db"} & set(request.fixturenames):
        yield
        return
    request.getfixturevalue("transactional_db" if "transactional_db" in request.fixturenames else "db")
    yield
    invariants.check()


@pytest.fixture
def meanwhile(at_once: Callable[..., list[Any]]) -> Callable[..., Callable[[], Any]]:
    """Within our transaction: start a call on another connection, see it wait for our locks, ask for its answer later.

    `answer = meanwhile(call)`, then, once ours has ended, `answer()`.
    """

    def start(call: Callable[[], Any]) -> Callable[[], Any]:
        answers: list[Any] = []
        thread = Thread(target=lambda: answers.extend(at_once(call)))
        thread.start()
        with connection.cursor() as cursor:
            for _ in range(1000):
                cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
                if cursor.fetchone()[0]:
                    break
                thread.join(0.01)
            else:
                pytest.fail("nobody waits for us")

        def answer() -> Any:
            thread.join()
            return answers[0]

        return answer

    return start
