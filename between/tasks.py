"""What time brings between towns."""

from celery import shared_task
from django.utils import timezone

from between import services


@shared_task(ignore_result=True)
def look_after() -> None:
    """Close the households whose need has ended, each day."""
    services.look_after(by=None, now=timezone.now())
