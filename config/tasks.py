"""The heartbeat: a task that makes the round trip through each queue, since a deaf worker is otherwise silent."""

from celery import Task, shared_task
from django.core.cache import cache
from django.utils import timezone


def heartbeat_key(queue: str) -> str:
    """Where the last heartbeat through that queue is kept."""
    return f"heartbeat-{queue}"


@shared_task(ignore_result=True, bind=True)
def heartbeat(self: Task) -> None:
    """Write the moment of the last completed round trip through this queue, read by /readyz."""
    queue = self.request.delivery_info["routing_key"]
    cache.set(heartbeat_key(queue), timezone.now().isoformat(), timeout=600)
