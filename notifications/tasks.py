"""Delivering the outbox: when woken, and once a minute for what no wake-up announced."""

import time

from celery import shared_task
from django.utils import timezone

from notifications import services
from notifications.wake_up import wake_on_commit

# Well below the worker's time limit, with one more batch in sight.
LONGEST_RUN_SECONDS = 60


@shared_task(ignore_result=True)
def deliver() -> None:
    """Send what is due, batch after batch."""
    end = time.monotonic() + LONGEST_RUN_SECONDS
    while services.deliver_batch(by=None, now=timezone.now()):
        if time.monotonic() > end:
            # Make room for the other tasks, then go on.
            wake_on_commit(services.DELIVER_TASK)
            return


@shared_task(ignore_result=True)
def sweep() -> None:
    """Set interrupted messages aside, then send what is due."""
    services.mark_interrupted(by=None, now=timezone.now())
    deliver()
