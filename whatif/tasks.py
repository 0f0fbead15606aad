"""What the worker does for questions: go on with them, and let go of those that are more than a year old."""

import time

from celery import shared_task
from django.utils import timezone

from notifications.wake_up import wake_on_commit
from whatif import services, working

# Well below the task's time limit; what is left then waits for a wake-up of its own.
SECONDS_A_TURN = 60.0


@shared_task(ignore_result=True)
def work() -> None:
    """Go on with questions until none is left or the turn is over."""
    until = time.monotonic() + SECONDS_A_TURN
    while time.monotonic() < until:
        if not working.work_on_one(now=timezone.now(), until=until):
            return
    wake_on_commit(services.TASK)


@shared_task(ignore_result=True)
def sweep() -> None:
    """Questions that no worker heard of, or whose worker is gone, get another wake-up; old ones go."""
    if working.are_waiting():
        wake_on_commit(services.TASK)
    services.forget_old(by=None, now=timezone.now())
