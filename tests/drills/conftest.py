"""A town whose server can be broken: its processes, its broker, the lines between them."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from cities.models import City
from config import embedded, together
from matching.models import Match, MatchState
from needs.models import Need
from tests.conftest import database_url
from tests.factories.cities import CityFactory
from tests.factories.matching import due_need, due_offer
from tests.test_run import start
from tests.test_settings import TOWN

Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def server(transactional_db: None, tmp_path: Path) -> Iterator[Start]:
    """Start a process of the town's server on the test's own database: `server("web", EMAIL_PORT="2525")`.

    Killed at the end, with all that it started: a worker that waits for a broken server would take its time.
    """
    started: list[subprocess.Popen[bytes]] = []

    def begin(name: str, **variables: str) -> subprocess.Popen[bytes]:
        environment = {
            "PATH": os.environ["PATH"],
            **embedded.clock(),
            **TOWN,
            "ACCORDE_MODE": "demo",
            "ALLOWED_HOSTS": "127.0.0.1",
            "EMAIL_USE_TLS": "0",
            "DATABASE_URL": database_url(),
            "REDIS_URL": os.environ["REDIS_URL"],
            "ACCORDE_DATA": str(tmp_path),
            **variables,
        }
        process = start(name, environment, tmp_path / f"{len(started)}-{name}.log")
        started.append(process)
        return process

    yield begin
    for process in started:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


class Broker:
    """A Valkey of its own, that may be killed and started again with what it had written."""

    def __init__(self, folder: Path) -> None:
        self.base = embedded.home(folder)
        (self.base / "log").mkdir(exist_ok=True)
        self.note: dict[str, Any] = {}
        self.start()

    def start(self) -> None:
        self.server, self.process = embedded._launch("valkey", self.base, lasting=True, note=self.note)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    @property
    def url(self) -> str:
        return str(self.server.url(port=self.note["port"], password=self.note["password"]))


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    broker = Broker(tmp_path / "broker")
    yield broker
    broker.kill()


@pytest.fixture
def city(transactional_db: None) -> City:
    """A town with rooms to offer, all looked at."""
    city = CityFactory(awake=True, slug="strasbourg", name="Strasbourg")
    for _ in range(5):
        due_offer(city=city, now=timezone.now(), scan_due_at=None)
    return city


@pytest.fixture
def post(city: City) -> Callable[[], Need]:
    """Somebody posts a need: the row, and the wake-up that goes with it."""
    from django.db import transaction

    from needs.services import SCAN_TASK
    from notifications.wake_up import wake_on_commit

    def post_need() -> Need:
        with transaction.atomic():
            need = due_need(city=city, now=timezone.now())
            wake_on_commit(SCAN_TASK)
        return need

    return post_need


def has_suggestions(need: Need) -> bool:
    return Match.objects.filter(need=need, state=MatchState.SUGGESTED).exists()


def free_port() -> int:
    return together.free_port(18_000)
