"""Each task has a queue, each queue a worker, and /readyz names the one that nobody is heard from."""

import os
import subprocess
import sys
import time
from datetime import timedelta

import pytest
import yaml
from django.core.cache import cache
from django.db import connection
from django.utils import timezone

from config import checks, heard, processes, run, tasks, views
from config.celery import app
from config.queues import QUEUES, ROUTES, WORKERS
from config.tasks import heartbeat
from tests.conftest import ROOT
from tests.lines import by, closed_port
from tests.test_settings import TOWN


def queue_of(task):
    return app.amqp.router.route({}, task)["queue"].name


def our_tasks():
    app.loader.import_default_modules()
    return [name for name in app.tasks if not name.startswith("celery.")]


def test_every_task_has_a_queue_that_a_worker_reads():
    assert {queue_of(task) for task in our_tasks()} == set(QUEUES)


def test_no_queue_is_read_by_two_kinds_of_workers():
    assert len(QUEUES) == len(set(QUEUES))


def test_no_route_is_left_over():
    from fnmatch import fnmatch

    assert [pattern for pattern in ROUTES if not any(fnmatch(task, pattern) for task in our_tasks())] == []


def test_what_people_wait_for_shares_no_worker_with_what_may_be_slow():
    reader = {queue: worker for worker, queues in WORKERS.items() for queue in queues}
    scan, send, plan = (
        reader[queue_of(task)]
        for task in ("matching.tasks.scan_due", "notifications.tasks.deliver", "matching.tasks.make_plans")
    )
    assert len({scan, send, plan}) == 3


@pytest.mark.parametrize("name", WORKERS)
def test_each_worker_reads_its_queues_and_compose_watches_it(name):
    command = processes.command(name)
    assert command[command.index("--queues") + 1].split(",") == list(WORKERS[name])


@pytest.mark.parametrize("name", [*WORKERS, "scheduler"])
def test_compose_asks_each_process_whether_it_was_heard_from(name):
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    asked = compose["services"][name]["healthcheck"]["test"]
    assert asked == ["CMD", "python", "-m", "config.run", "health", name]


@pytest.mark.parametrize(("seconds", "well"), [(0, True), (10, True), (60, False), (None, False)])
def test_a_process_that_was_not_heard_from_lately_is_not_well(seconds, well, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("ACCORDE_DATA", str(tmp_path))
    if seconds is not None:
        heard.note("worker")
        moment = time.time() - seconds
        os.utime(tmp_path / "heard-worker", (moment, moment))
    assert (run.main(["health", "worker"]) == 0) == well
    assert ("worker" in capsys.readouterr().out) != well
    assert run.main(["health", "scheduler"]) == 1


def test_workers_and_scheduler_wait_for_their_broker_without_end():
    assert app.conf.broker_connection_max_retries is None, "Celery's own limit is 100"
    assert app.conf.broker_connection_retry
    assert app.conf.broker_connection_retry_on_startup


class TestReadiness:
    def test_is_there_once_each_was_heard_from(self, worker, client, eventually):
        """Nobody asks the worker to knock: it does so as soon as it listens."""
        eventually(lambda: [name for name, well in parts(client).items() if not well] == ["scheduler"])
        assert client.get("/readyz").status_code == 503
        tasks.note(["scheduler"])
        answer = client.get("/readyz")
        assert answer.status_code == 200
        assert set(answer.json()) == {"database", "cache", "scheduler", *(f"queue_{name}" for name in QUEUES)}

    def test_a_knock_says_how_long_it_waited(self, worker, eventually):
        heartbeat.apply_async((time.time() - 3,), queue="long")
        eventually(lambda: tasks.last(["long"]).get("long", (None, 0))[1] > 2.9)

    @pytest.mark.parametrize("silent", ["messages", "scheduler"])
    def test_is_not_there_while_one_is_silent(self, db, client, silent):
        tasks.note([*QUEUES, "scheduler"])
        assert client.get("/readyz").status_code == 200
        moment = timezone.now() - timedelta(seconds=16)
        cache.set(f"heartbeat-{silent}", (moment.isoformat(), 0.0))
        answer = client.get("/readyz")
        assert answer.status_code == 503
        assert [name for name, well in answer.json().items() if not well] == [
            silent if silent == "scheduler" else f"queue_{silent}"
        ]

    def test_is_not_there_without_redis(self, db, client, settings, clear_cache):
        whole = settings.CACHES
        settings.CACHES = {"default": {**whole["default"], "LOCATION": by(closed_port())}}
        answer = client.get("/readyz")
        settings.CACHES = whole
        assert answer.status_code == 503
        assert answer.json()["database"]
        assert not answer.json()["cache"]

    def test_is_not_there_without_the_database(self, client, database_away):
        answer = client.get("/readyz")
        assert answer.status_code == 503
        assert not answer.json()["database"]
        assert answer.json()["cache"]


def parts(client):
    return client.get("/readyz").json()


class TestAway:
    """What people and programs are told while the database does not answer."""

    @pytest.mark.parametrize(
        ("language", "said"), [("fr", "Le site est en pause"), ("en", "The site is paused"), ("ar", "متوقف")]
    )
    def test_a_page_says_so_in_its_readers_language(self, client, database_away, language, said):
        client.raise_request_exception = False
        answer = client.get("/strasbourg/", headers={"accept-language": language})
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "30"
        assert said in answer.content.decode()
        assert f'dir="{"rtl" if language == "ar" else "ltr"}"' in answer.content.decode()

    @pytest.mark.parametrize(
        "headers", [{"authorization": "Bearer acc_1"}, {"cookie": "sessionid=" + "a" * 32}]
    )
    def test_the_api_answers_a_problem(self, client, database_away, headers):
        client.raise_request_exception = False
        answer = client.get("/api/v1/needs/", headers=headers)
        assert answer.status_code == 503
        assert answer.headers["Content-Type"] == "application/problem+json"
        problem = answer.json()
        assert set(problem) == {"type", "title", "status", "errors"}
        assert (problem["type"], problem["status"]) == ("unavailable", 503)

    def test_a_fault_of_ours_stays_one(self, rf):
        try:
            raise ValueError
        except ValueError:
            assert views.fault(rf.get("/")).status_code == 500


@pytest.fixture
def database_away(transactional_db, settings):
    """Nobody listens where the database was."""
    whole = dict(connection.settings_dict)
    connection.close()
    connection.settings_dict["PORT"] = closed_port()
    yield
    connection.close()
    connection.settings_dict.update(whole)


class TestWhatPostgreSQLMustBe:
    def test_one_that_is_down_is_refused_in_a_sentence(self):
        asked = subprocess.run(
            [sys.executable, "manage.py", "migrate", "--noinput"],
            cwd=ROOT, capture_output=True, text=True, check=False,
            env={**os.environ, **TOWN, "DATABASE_URL": f"postgresql://accorde@127.0.0.1:{closed_port()}/accorde"},
        )  # fmt: skip
        assert asked.returncode != 0
        assert "PostgreSQL cannot be used, nothing was changed" in asked.stderr
        assert "Traceback" not in asked.stderr

    def test_one_that_is_old_is_refused_in_a_sentence(self, db):
        [error] = checks.too_old(170_006)
        assert error.msg == "PostgreSQL 17 is too old, nothing was changed: Accorde needs 18 or newer."
        assert checks.too_old(180_000) == []
        assert checks.database_is_new_enough(databases=["default"]) == []


class TestTheWatch:
    """Over a worker that lives and hears nothing."""

    def test_it_ends_what_hears_nothing_and_says_where_it_stood(self):
        ended = watched("watch.begin(); time.sleep(20)")
        assert ended.returncode == 70
        assert "it ends, to be started anew" in ended.stderr
        assert "<module>" in ended.stderr, "where it stood"

    @pytest.mark.parametrize(
        "life",
        [
            "watch.begin()\nfor _ in range(20): time.sleep(0.1); watch.note()",
            "watch.begin(); watch.pause(); time.sleep(2)",  # it looks for its broker
        ],
    )
    def test_it_leaves_the_others_alone(self, life):
        assert watched(life).returncode == 0


def watched(life):
    script = f"import time\nfrom config.heartbeats import Watch\nwatch = Watch(patience=0.8)\n{life}"
    return subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )
