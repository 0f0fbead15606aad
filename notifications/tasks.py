"""Delivering the outbox: when woken, and once a minute for what no wake-up announced."""

import time

from celery import shared_task
from django.utils import timezone

from notifications import alone, delivery, doubts, pursuit, selectors, services, sweeps
from notifications.wake_up import wake_on_commit

# Then the tasks of other channels, which wait for a process, have their turn.
LONGEST_RUN_SECONDS = 10


@shared_task(ignore_result=True)
def deliver() -> None:
    """Have each channel send what is due, in as many tasks as it has connections: none waits for another."""
    for channel, messages in selectors.channels_with_something_due(timezone.now()).items():
        for _ in range(messages):
            deliver_through.delay(channel)


@shared_task(ignore_result=True)
def deliver_through(channel: str) -> None:
    """Send what is due on one channel, batch after batch."""
    end = time.monotonic() + LONGEST_RUN_SECONDS
    while delivery.deliver_batch(channel=channel, by=None, clock=timezone.now):
        if time.monotonic() > end:
            # Make room for the other tasks, then go on.
            wake_on_commit(services.DELIVER_TASK)
            return


@shared_task(ignore_result=True)
def tell_of_lone_members() -> None:
    """Tell desks of associations whose only member does not come."""
    alone.tell_desks(by=None, now=timezone.now())


@shared_task(ignore_result=True)
def sweep() -> None:
    """Set aside what cannot go on by itself, then send what is due."""
    now = timezone.now()
    doubts.mark_interrupted(by=None, now=now)
    sweeps.set_moot_aside(by=None, now=now)
    sweeps.release_held(by=None, now=now)
    sweeps.fail_orphans(by=None, now=now)
    sweeps.give_up(by=None, now=now)
    pursuit.pursue(by=None, now=now)
    deliver()
