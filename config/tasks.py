"""The heartbeat: a task that makes the round trip, since a deaf worker is otherwise silent."""

from celery import shared_task
from django.core.cache import cache
from django.utils import timezone

HEARTBEAT_KEY = "worker-heartbeat"


@shared_task(ignore_result=True)
def heartbeat() -> None:
    """Write the moment of the last completed round trip, read by /readyz."""
    cache.set(HEARTBEAT_KEY, timezone.now().isoformat(), timeout=600)
