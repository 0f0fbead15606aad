"""Who is heard from: each worker knocks at its own queues every few seconds, and the scheduler says that it turns.

A worker may live and hear nothing: behind a connection that fell silent, or after it lost its broker. So the knock
takes the way of every task, through the broker to a process that works. What comes of it stands in the cache by queue,
for /readyz and the figures, and in a file by worker, for `python -m config.run health`. A worker whose hands are full
fetches nothing: it is busy, not deaf. One that is deaf for a minute ends, and whoever watches over it starts it anew.
"""

import faulthandler
import logging
import os
import threading
import time
from typing import Any

from celery import bootsteps
from celery.beat import PersistentScheduler
from celery.worker import state
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from config import alive, heard
from config.tasks import heartbeat, note

log = logging.getLogger(__name__)

KNOCKS_EVERY = 5.0
DEAF_SECONDS = 60.0
SCHEDULER = "scheduler"


class Knocks(bootsteps.StartStopStep):
    """In a worker, while it listens to its broker."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def __init__(self, consumer: Any, **options: Any) -> None:
        super().__init__(consumer, **options)
        self.name = consumer.hostname.partition("@")[0]
        # Elsewhere than in a process of its own, there is nobody to start it anew.
        self.watch = Watch() if "prefork" in type(consumer.pool).__module__ else None
        self.timer: Any = None
        self.received = state.all_total_count[0]

    def start(self, consumer: Any) -> None:
        """Also each time that a lost broker is found again."""
        self.timer = consumer.timer.call_repeatedly(KNOCKS_EVERY, self.look, (consumer,))
        if self.watch:
            self.watch.begin()
        self.knock(consumer)

    def stop(self, consumer: Any) -> None:
        if self.watch:
            self.watch.pause()
        if self.timer:
            self.timer.cancel()

    def look(self, consumer: Any) -> None:
        """See whether anything came since the last time, and knock again."""
        is_busy = len(state.active_requests) >= (consumer.pool.num_processes or 1)
        if is_busy:
            note(_queues(consumer))
        if is_busy or state.all_total_count[0] != self.received:
            self.received = state.all_total_count[0]
            heard.note(self.name)
            alive.note(self.name)
            if self.watch:
                self.watch.note()
        self.knock(consumer)

    def knock(self, consumer: Any) -> None:
        quickly = {"socket_timeout": 1.0, "socket_connect_timeout": 1.0}
        try:
            # By a connection of its own: whether the worker hears is what is asked.
            with consumer.app.connection_for_write(transport_options=quickly) as line:
                for queue in _queues(consumer):
                    heartbeat.apply_async((time.time(),), queue=queue, connection=line, expires=DEAF_SECONDS)
        except (OperationalError, RedisError, OSError):
            if self.watch:
                self.watch.note()  # there is nothing to hear


def _queues(consumer: Any) -> list[str]:
    return [queue.name for queue in consumer.task_consumer.queues]


class Watch:
    """A thread that ends the process when nothing was noted for so long, be it deaf or stuck."""

    def __init__(self, patience: float = DEAF_SECONDS) -> None:
        self.patience = patience
        self.noted: float | None = None
        self.thread: threading.Thread | None = None

    def begin(self) -> None:
        self.note()
        if self.thread is None:
            self.thread = threading.Thread(target=self._look, name="watch", daemon=True)
            self.thread.start()

    def note(self) -> None:
        self.noted = time.monotonic()

    def pause(self) -> None:
        self.noted = None

    def _look(self) -> None:
        while True:
            time.sleep(min(KNOCKS_EVERY, self.patience / 4))
            noted = self.noted
            if noted is not None and time.monotonic() - noted > self.patience:
                log.critical("the worker lives and hears nothing: it ends, to be started anew")
                faulthandler.dump_traceback()
                os._exit(70)


class Scheduler(PersistentScheduler):
    """Celery's own, which says every few seconds that it turns."""

    said = 0.0

    def tick(self, *args: Any, **kwargs: Any) -> float:
        wait: float = super().tick(*args, **kwargs)
        if time.monotonic() - self.said >= KNOCKS_EVERY:
            self.said = time.monotonic()
            note([SCHEDULER])
            heard.note(SCHEDULER)
            alive.note(SCHEDULER)
        return min(wait, KNOCKS_EVERY)
