"""The clock of needs: close those whose last day has passed."""

from celery import shared_task
from django.utils import timezone

from needs import services


@shared_task(ignore_result=True)
def expire_past() -> None:
    """Close past needs, in batches, until none is left."""
    now = timezone.now()
    while services.expire_past(by=None, now=now, today=timezone.localdate(now)):
        pass
