"""Telling other systems: when woken, and once a minute for what no wake-up announced and for who was down."""

from celery import shared_task
from django.utils import timezone

from webhooks import delivery, selectors, services


@shared_task(ignore_result=True)
def deliver() -> None:
    """A task for each endpoint that has something to be told: none waits for another."""
    for endpoint_id in selectors.to_call(timezone.now()):
        deliver_to.delay(endpoint_id)


@shared_task(ignore_result=True)
def deliver_to(endpoint_id: int) -> None:
    """Tell one endpoint what is due; the rest of a long row after the others have had their turn."""
    if delivery.deliver_to(endpoint_id=endpoint_id, by=None, clock=timezone.now):
        deliver_to.delay(endpoint_id)


@shared_task(ignore_result=True)
def sweep() -> None:
    """Stop calling what has not answered for days, forget what is old, then tell. Events have their place as well: who
    asks seldom does not wait.
    """
    now = timezone.now()
    services.place_events(by=None)
    services.stop_failing(by=None, now=now)
    services.forget_old(by=None, now=now)
    deliver()
