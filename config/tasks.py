"""The heartbeat: a task that makes the round trip through each queue, since a deaf worker is otherwise silent."""

import contextlib
import time
from collections.abc import Collection
from datetime import datetime

from celery import Task, shared_task
from django.core.cache import cache
from django.utils import timezone
from redis.exceptions import RedisError


@shared_task(ignore_result=True, bind=True)
def heartbeat(self: Task, sent_at: float) -> None:
    """Note that this queue is worked on, and how long the knock of `sent_at` (seconds since 1970) waited."""
    note([self.request.delivery_info["routing_key"]], waited=max(0.0, time.time() - sent_at))


def note(names: Collection[str], *, waited: float = 0.0) -> None:
    """These queues (or the scheduler) were heard from just now; nothing while the cache is away."""
    now = timezone.now().isoformat()
    with contextlib.suppress(RedisError):
        cache.set_many({_key(name): (now, waited) for name in names}, timeout=600)


def last(names: Collection[str]) -> dict[str, tuple[datetime, float]]:
    """When each was last heard from, and how many seconds the knock had waited; raises RedisError."""
    found = cache.get_many([_key(name) for name in names])
    heard = {name: found[_key(name)] for name in names if _key(name) in found}
    return {name: (datetime.fromisoformat(moment), waited) for name, (moment, waited) in heard.items()}


def _key(name: str) -> str:
    return f"heartbeat-{name}"
