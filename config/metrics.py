"""Figures for Prometheus: what waits, for how long, who works on it, and how the site answers. No person is in one.

What is counted in a process of the site (requests) is added up over all of its machine's, each in a file of its own;
what stands in the database and the cache is read when it is asked for.
"""

import contextlib
import fcntl
import logging
import os
import threading
from collections.abc import Iterator
from datetime import datetime

from django.conf import settings
from django.db import DatabaseError, InterfaceError
from django.db.models import Count, Min
from django.http import HttpRequest
from django.utils import timezone
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest, values
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from redis.exceptions import RedisError

from config import health, tasks
from config.heartbeats import SCHEDULER
from config.queues import QUEUES
from needs.models import Need
from notifications.models import Message, MessageState
from offers.models import Offer

log = logging.getLogger(__name__)

FOLDER = settings.METRICS_FOLDER
MOST_PROCESSES = 64
SECONDS = (0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
WATCHED = (
    MessageState.QUEUED, MessageState.HELD, MessageState.SENDING, MessageState.FAILED, MessageState.UNCERTAIN,
)  # fmt: skip


class Counted:
    """What this process has counted; made at its first request, for commands count none."""

    def __init__(self) -> None:
        self.is_one_of_several = False
        # As the process was begun (config/settings.py): prometheus_client looks for the folder there, and only there.
        if settings.METRICS_ARE_SHARED:
            self._share()
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "accorde_requests", "Requests answered.", ["method", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "accorde_answer_seconds",
            "How long an answer took.",
            ["of"],
            buckets=SECONDS,
            registry=self.registry,
        )

    def _share(self) -> None:
        try:
            place = _place()
        except OSError:
            log.exception("requests are counted by this process alone")
            values.ValueClass = values.MutexValue
            return
        values.ValueClass = values.MultiProcessValue(process_identifier=lambda: place)
        self.is_one_of_several = True

    def of_all_processes(self) -> CollectorRegistry:
        if not self.is_one_of_several:
            return self.registry
        registry = CollectorRegistry()
        MultiProcessCollector(registry, path=str(FOLDER))
        return registry


def _place() -> str:
    """A number that no other living process of the site has; raises OSError where there is none. Whoever comes after a
    process goes on with its counts: there are as many files as processes, however often these are started anew.
    """
    FOLDER.mkdir(parents=True, exist_ok=True)
    for number in range(MOST_PROCESSES):
        lock = os.open(FOLDER / f"{number}.lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            continue
        return str(number)  # held until the process ends
    raise OSError(f"more than {MOST_PROCESSES} processes count requests")


_counted: list[Counted] = []
_making = threading.Lock()


def counted() -> Counted:
    with _making:
        if not _counted:
            _counted.append(Counted())
    return _counted[0]


def note_answer(request: HttpRequest, *, status: int, seconds: float) -> None:
    """Count a request; its path says whether a person or a program waited."""
    ours = counted()
    ours.requests.labels(request.method if request.method in METHODS else "other", status).inc()
    ours.seconds.labels("api" if request.path_info.startswith("/api/") else "page").observe(seconds)


class Rows:
    """What stands in the database and the cache, at this moment; of a part that is away, that it is."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        now = timezone.now()
        yield _gauge(
            "accorde_part_up",
            "1 for a part that answers.",
            ["part"],
            {(name,): int(well) for name, well in health.parts(now).items()},
        )
        with contextlib.suppress(RedisError):
            yield from _heartbeats(now)
        with contextlib.suppress(DatabaseError, InterfaceError):
            yield from _scans(now)
            yield from _messages(now)


def _heartbeats(now: datetime) -> Iterator[GaugeMetricFamily]:
    heard = tasks.last([*QUEUES, SCHEDULER])
    yield _gauge(
        "accorde_heartbeat_age_seconds",
        "Since a worker of the queue, or the scheduler, was last heard from.",
        ["of"],
        {(name,): (now - moment).total_seconds() for name, (moment, _waited) in heard.items()},
    )
    yield _gauge(
        "accorde_queue_age_seconds",
        "How long the last knock at the queue waited for a worker.",
        ["queue"],
        {(name,): waited for name, (_moment, waited) in heard.items() if name != SCHEDULER},
    )


def _scans(now: datetime) -> Iterator[GaugeMetricFamily]:
    due = {
        name: model.objects.filter(scan_due_at__isnull=False).aggregate(
            n=Count("pk"), since=Min("scan_due_at")
        )
        for name, model in (("need", Need), ("offer", Offer))
    }
    yield _gauge(
        "accorde_scans_due",
        "Rows that wait for their scan.",
        ["of"],
        {(name,): found["n"] for name, found in due.items()},
    )
    yield _gauge(
        "accorde_scan_oldest_seconds",
        "Since the row that waits longest was due.",
        ["of"],
        {(name,): _age(found["since"], now) for name, found in due.items()},
    )


def _messages(now: datetime) -> Iterator[GaugeMetricFamily]:
    """Of what has not left, and of what did not arrive: there are indexes of these, whatever else the table holds."""
    grouped = (
        Message.objects.order_by()
        .values_list("channel", "state")
        .annotate(n=Count("pk"), since=Min("due_at"))
    )
    found = [row for state in WATCHED for row in grouped.filter(state=state)]
    yield _gauge(
        "accorde_messages",
        "Messages that have not left, or did not arrive, by state.",
        ["channel", "state"],
        {(channel, state): n for channel, state, n, _since in found},
    )
    yield _gauge(
        "accorde_message_oldest_waiting_seconds",
        "Since the message that waits longest was due.",
        ["channel"],
        {(channel,): _age(since, now) for channel, state, _n, since in found if state == MessageState.QUEUED},
    )


def _age(since: datetime | None, now: datetime) -> float:
    return max(0.0, (now - since).total_seconds()) if since else 0.0


def _gauge(
    name: str, words: str, labels: list[str], values: dict[tuple[str, ...], float]
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, words, labels=labels)
    for of, value in sorted(values.items()):
        family.add_metric(of, value)
    return family


def page() -> bytes:
    """All figures, in Prometheus' own text."""
    rows = CollectorRegistry()
    rows.register(Rows())
    return generate_latest(counted().of_all_processes()) + generate_latest(rows)
