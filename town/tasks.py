"""What the town's own pages do by themselves."""

from celery import shared_task
from django.utils import timezone

from town import services


@shared_task(ignore_result=True)
def tell_of_waiting_associations() -> None:
    """The desk of those that wait, and these of what was decided."""
    now = timezone.now()
    services.tell_of_waiting(by=None, now=now)
    services.tell_of_decisions(by=None, now=now)
