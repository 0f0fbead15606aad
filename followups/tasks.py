"""What time brings to follow-ups."""

from celery import shared_task
from django.utils import timezone

from followups import services
from stays import services as stays


@shared_task(ignore_result=True)
def sweep() -> None:
    """Ask what is due and complete what is over, in batches, until nothing is left to do."""
    now = timezone.now()
    while services.plan_due(by=None, now=now):
        pass
    stays.end_sponsorships(by=None, now=now)
    while services.check_in(by=None, now=now):
        pass
    while services.complete_over(by=None, now=now):
        pass
