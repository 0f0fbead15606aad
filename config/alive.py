"""Who runs what, on which machine: each process says every few seconds that it lives, for `manage.py topology`.

It stands in Valkey, since no machine reads the files of another. /readyz asks the queues themselves.
"""

import contextlib
import json
import socket
import threading
import time
import tomllib
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import redis
from django.conf import settings
from django.utils import timezone

EVERY = 5.0
_KEY = "accorde-alive"
# Whoever has said nothing for so long is not coming back: a machine that was given up, or a container's old name.
FORGOTTEN_AFTER = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Alive:
    """One process of one machine: since when it runs, and when it said so last."""

    process: str
    machine: str
    release: str
    since: datetime
    said: datetime


@cache
def release() -> str:
    """The version of the code that runs here."""
    project = Path(__file__).resolve().parent.parent / "pyproject.toml"
    return str(tomllib.loads(project.read_text(encoding="utf-8"))["project"]["version"])


@cache
def _began() -> datetime:
    return timezone.now()


def note(process: str) -> None:
    """This process lives; nothing while the broker is away."""
    said = {
        "release": release(),
        "since": _began().isoformat(),
        "said": timezone.now().isoformat(),
    }
    with contextlib.suppress(redis.RedisError):
        _broker().hset(_KEY, f"{process}@{socket.gethostname()}", json.dumps(said))


def note_always(process: str) -> None:
    """For a process that has no clock of its own: a thread says so as long as it lives."""

    def go_on() -> None:
        while True:
            note(process)
            time.sleep(EVERY)

    threading.Thread(target=go_on, name="alive", daemon=True).start()


def heard(now: datetime) -> list[Alive]:
    """Who was heard from within a day, by process and machine; raises RedisError."""
    broker = _broker()
    found = []
    for name, line in broker.hgetall(_KEY).items():
        process, _, machine = name.decode().partition("@")
        said = json.loads(line)
        since, last = datetime.fromisoformat(said["since"]), datetime.fromisoformat(said["said"])
        if now - last > FORGOTTEN_AFTER:
            broker.hdel(_KEY, name)
        else:
            found.append(Alive(process, machine, said["release"], since, last))
    return sorted(found, key=lambda one: (one.process, one.machine))


@cache
def _broker() -> Any:
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1.0, socket_connect_timeout=1.0)
