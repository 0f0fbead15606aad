"""Several machines: who runs what and was heard from when; who goes to the database through a pool, and who may not."""

import json
import os
import re
import subprocess
import sys
from datetime import timedelta
from io import StringIO

import pytest
import redis
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import override_settings
from django.utils import timezone

from config import alive, checks, processes, run
from tests.conftest import ROOT
from tests.test_settings import TOWN


@pytest.fixture(autouse=True)
def nobody_yet():
    broker = alive._broker()
    broker.delete(alive._KEY)
    yield
    broker.delete(alive._KEY)


def say(process, machine, *, ago, release="0.1.0"):
    """A process of another machine has said that it lives."""
    said = timezone.now() - timedelta(seconds=ago)
    line = {"release": release, "since": said.isoformat(), "said": said.isoformat()}
    alive._broker().hset(alive._KEY, f"{process}@{machine}", json.dumps(line))


def shown():
    out = StringIO()
    call_command("topology", stdout=out)
    return [re.split(r"  +", line) for line in out.getvalue().splitlines()]


def test_each_process_of_each_machine_is_shown_with_its_version_and_age():
    for name in processes.PROCESSES:
        say(name, "un", ago=3)
    say("web", "deux", ago=2, release="0.2.0")
    rows = shown()
    assert rows[0] == ["processus", "machine", "version", "depuis", "entendu il y a"]
    assert [(row[0], row[1], row[2]) for row in rows if row[0] == "web"] == [
        ("web", "deux", "0.2.0"), ("web", "un", "0.1.0"),
    ]  # fmt: skip
    assert {row[4] for row in rows[1:]} <= {"2 s", "3 s", "4 s"}


def test_what_nobody_runs_is_named_and_fails():
    for name in processes.PROCESSES:
        say(name, "un", ago=100 if name == "long-worker" else 1)
    with pytest.raises(CommandError, match=r"Personne ne fait tourner\u202f: long-worker\.$"):
        shown()


def test_whoever_was_silent_for_a_day_is_forgotten():
    say("web", "an old container", ago=25 * 3600)
    assert alive.heard(timezone.now()) == []
    assert alive._broker().hlen(alive._KEY) == 0


def test_a_process_says_of_itself_what_it_is():
    alive.note("scheduler")
    [one] = alive.heard(timezone.now())
    assert (one.process, one.release) == ("scheduler", alive.release())
    assert one.since <= one.said


def test_who_lives_goes_on_while_valkey_is_away(monkeypatch):
    nowhere = redis.Redis.from_url("redis://127.0.0.1:1/0", socket_connect_timeout=0.2)
    monkeypatch.setattr(alive, "_broker", lambda: nowhere)
    alive.note("web")
    with pytest.raises(CommandError, match="Valkey ne répond pas"):
        shown()


# --- A pool before the database ------------------------------------------------------------------------


def test_pages_alone_go_through_the_pool(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://database/accorde")
    monkeypatch.setenv("DATABASE_POOL_URL", "postgresql://pool/accorde")
    of = {name: run._database_of(name) for name in processes.PROCESSES}
    assert {name for name, told in of.items() if told["DATABASE_URL"] == "postgresql://pool/accorde"} == {
        "web"
    }
    assert of["web"]["DATABASE_POOLED"] == "1"
    assert "DATABASE_POOLED" not in of["worker"]
    monkeypatch.delenv("DATABASE_POOL_URL")
    assert run._database_of("web")["DATABASE_URL"] == "postgresql://database/accorde"


def told(**variables):
    """What the settings make of the database's address."""
    code = (
        "import json; from config import settings as s; print(json.dumps([s.DATABASES['default']['OPTIONS'], "
    )
    code += "s.DATABASES['default']['DISABLE_SERVER_SIDE_CURSORS']]))"
    made = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env={"PATH": os.environ["PATH"], **TOWN, **variables},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return json.loads(made.stdout)


def test_what_the_address_says_of_the_connection_holds():
    address = "postgresql://accorde@db.example/accorde?sslmode=verify-full&options=-c%20search_path%3Dtown"
    options, _cursors = told(DATABASE_URL=address)
    assert options["sslmode"] == "verify-full"
    assert options["options"].endswith("-c accorde.session=yes -c search_path=town")
    assert options["connect_timeout"] == 5


def test_nothing_is_asked_of_a_session_that_is_lent():
    options, without_cursors = told(DATABASE_POOLED="1")
    assert "options" not in options, "a pooler refuses them"
    assert without_cursors is True
    assert told()[1] is False


def test_a_pooler_in_the_place_of_the_database_is_seen(db):
    """It passes on nothing of what the connection asks for: then the mark of a session is not there."""
    assert checks.no_session(connection) == []
    with connection.cursor() as cursor:
        cursor.execute("SET accorde.session = ''")
    try:
        [error] = checks.no_session(connection)
        assert "leads through a pooler" in error.msg
        with override_settings(POOLED=True):
            assert checks.no_session(connection) == []
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SET accorde.session = 'yes'")


def test_a_worker_does_not_begin_in_a_session_that_is_lent(db):
    from config.celery import work_in_a_session

    with connection.cursor() as cursor:
        cursor.execute("SET accorde.session = ''")
    with pytest.raises(SystemExit, match="leads through a pooler"):
        work_in_a_session(connection)
    with connection.cursor() as cursor:
        cursor.execute("SET accorde.session = 'yes'")
    work_in_a_session(connection)
