"""The broker is killed, or falls silent: nobody waits for it, and what was posted meanwhile has its suggestions."""

import re
import time

import psycopg
from django.core.cache import cache
from django.core.cache.backends.redis import RedisCache
from django.db import connection
from django.utils import timezone

from config.celery import app
from matching import services
from matching.lifecycle import Reason
from needs.models import Need
from needs.services import SCAN_TASK
from tests.conftest import database_url
from tests.drills.conftest import has_suggestions
from tests.factories.matching import story
from tests.lines import broker_at, by, line_to, port_of


def sweep(url: str) -> None:
    """What the scheduler sends each minute."""
    with app.connection_for_write(url=url) as connection:
        app.send_task(SCAN_TASK, connection=connection)


def test_killed_and_restarted_it_finds_its_worker_waiting(server, broker, city, post, eventually):
    worker = server("worker", REDIS_URL=broker.url, WORKER_PROCESSES="1")
    there = RedisCache(broker.url, {"KEY_PREFIX": "accorde"})
    with broker_at(broker.url), psycopg.connect(database_url()) as other:
        # What a scan writes last: it waits for us, and the worker holds its message when it loses its broker.
        other.execute("LOCK TABLE matching_scan IN EXCLUSIVE MODE")
        before = post()
        eventually(somebody_waits, seconds=30)
        # Its one process is busy, and takes no knock: it is not called deaf for that.
        heard = there.get("heartbeat-matching")
        eventually(lambda: there.get("heartbeat-matching") != heard, seconds=15)
        broker.kill()
        begin = time.monotonic()
        meanwhile = post()
        assert time.monotonic() - begin < 3
        other.rollback()
        eventually(lambda: has_suggestions(before), seconds=30)
    broker.start()
    after = post()
    sweep(broker.url)
    eventually(lambda: has_suggestions(meanwhile) and has_suggestions(after), seconds=30)
    assert worker.poll() is None, "the same worker, not one that somebody started anew"
    assert not Need.objects.exclude(scan_due_at=None).exists()


def somebody_waits():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return cursor.fetchone()[0]


def test_half_open_it_is_noticed_by_the_worker_and_waited_for_by_nobody(
    server, city, post, eventually, tmp_path
):
    it = story(now=timezone.now())
    services.propose(match_id=it.match.pk, by=it.coordinator, now=timezone.now())
    services.accept(match_id=it.match.pk, by=it.citizen, now=timezone.now())
    services.confirm(match_id=it.match.pk, by=it.coordinator, now=timezone.now())
    cache.clear()  # with what waits at the broker
    with line_to(port_of()) as line:
        server("worker", REDIS_URL=by(line.port))
        with broker_at(by(line.port)):
            before = post()
            eventually(lambda: has_suggestions(before), seconds=30)
            # A scan that is still under way would find the next need by itself.
            ended = re.compile(r"scan_due\[.*succeeded")
            eventually(lambda: ended.search((tmp_path / "0-worker.log").read_text()), seconds=30)
            line.fall_silent()
            begin = time.monotonic()
            services.cancel(match_id=it.match.pk, by=it.coordinator, now=timezone.now(), reason=Reason.OTHER)
            meanwhile = post()
            assert time.monotonic() - begin < 4, "one second for the first wake-up, none for the others"
        line.mend()
        sweep(by(port_of()))
        # Its old connection stays silent for good: it must give it up by itself.
        eventually(lambda: has_suggestions(meanwhile), seconds=40)
        assert time.monotonic() - begin < 20
