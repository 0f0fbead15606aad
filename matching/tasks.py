"""The worker's share: answer the bell, and move the clock. Tasks take no argument: rows say what to do."""

import time

from celery import shared_task
from django.utils import timezone

from matching import scans, services
from notifications.bell import ring_on_commit

# Well below the task's time limit; what is left then waits for a bell of its own.
SECONDS_A_TURN = 60.0


@shared_task(ignore_result=True)
def scan_due() -> None:
    """Scan whatever is due, needs first, until nothing is left or the turn is over."""
    over = time.monotonic() + SECONDS_A_TURN
    while time.monotonic() < over:
        now = timezone.now()
        if not scans.scan_due_needs(by=None, now=now) and not scans.scan_due_offers(by=None, now=now):
            services.cancel_orphans(by=None, now=now)
            return
    ring_on_commit("matching.tasks.scan_due")


@shared_task(ignore_result=True)
def move_the_clock() -> None:
    """Release what was not answered in time, set under way what begins today, call off what nobody can do."""
    now = timezone.now()
    services.cancel_orphans(by=None, now=now)
    scans.set_suspended_aside(by=None, now=now)
    scans.mark_begun(by=None, now=now)
    while services.lapse_unanswered(by=None, now=now):
        pass
    while services.start_due(by=None, now=now):
        pass
