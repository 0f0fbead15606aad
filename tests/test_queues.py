"""Each task has a queue, each queue a worker, and /readyz names the one that nobody is heard from."""

from datetime import timedelta

import pytest
import yaml
from django.core.cache import cache
from django.utils import timezone

from config import run
from config.celery import app
from config.queues import QUEUES, ROUTES, WORKERS
from config.tasks import heartbeat, heartbeat_key
from tests.conftest import ROOT
from tests.lines import by, closed_port


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
    command = run.command(name)
    assert command[command.index("--queues") + 1].split(",") == list(WORKERS[name])
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    assert f"--destination {name}@$$HOSTNAME " in compose["services"][name]["healthcheck"]["test"][1]


def test_the_schedule_sends_a_heartbeat_through_each_queue():
    beats = [entry for entry in app.conf.beat_schedule.values() if entry["task"] == heartbeat.name]
    assert sorted(entry["options"]["queue"] for entry in beats) == sorted(QUEUES)


def test_workers_and_scheduler_wait_for_their_broker_without_end():
    assert app.conf.broker_connection_max_retries is None, "Celery's own limit is 100"
    assert app.conf.broker_connection_retry
    assert app.conf.broker_connection_retry_on_startup


class TestReadiness:
    def test_is_there_once_each_queue_was_heard_from(self, worker, client, eventually):
        assert client.get("/readyz").json() == {
            "database": True,
            **{f"queue_{name}": False for name in QUEUES},
        }
        for queue in QUEUES:
            heartbeat.apply_async(queue=queue)
        assert eventually(lambda: client.get("/readyz").status_code == 200)
        assert all(client.get("/readyz").json().values())

    def test_is_not_there_while_one_is_silent(self, db, client):
        now = timezone.now()
        for queue in QUEUES:
            cache.set(heartbeat_key(queue), now.isoformat())
        cache.set(heartbeat_key("messages"), (now - timedelta(minutes=4)).isoformat())
        answer = client.get("/readyz")
        assert answer.status_code == 503
        assert [name for name, well in answer.json().items() if not well] == ["queue_messages"]

    def test_is_not_there_without_redis(self, db, client, settings, clear_cache):
        whole = settings.CACHES
        settings.CACHES = {"default": {**whole["default"], "LOCATION": by(closed_port())}}
        answer = client.get("/readyz")
        settings.CACHES = whole
        assert answer.status_code == 503
        assert answer.json()["database"]
