"""What the worker does for lists: go on with those that are under way, and let go of files that are a week old."""

import time

from celery import shared_task
from django.utils import timezone

from lists import keeping, services, working
from notifications.wake_up import wake_on_commit

# Well below the task's time limit; what is left then waits for a wake-up of its own.
SECONDS_A_TURN = 60.0


@shared_task(ignore_result=True)
def work() -> None:
    """Go on with lists until none is left or the turn is over; any number of workers do so side by side."""
    until = time.monotonic() + SECONDS_A_TURN
    while time.monotonic() < until:
        if not working.work_on_one(now=timezone.now(), until=until):
            return
    wake_on_commit(services.TASK)


@shared_task(ignore_result=True)
def sweep() -> None:
    """Lists that no worker heard of, or whose worker is gone, get another wake-up; files that are a week old go."""
    if working.are_waiting():
        wake_on_commit(services.TASK)
    keeping.empty_old(by=None, now=timezone.now())
