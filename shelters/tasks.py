"""What time brings to places."""

from celery import shared_task
from django.utils import timezone

from shelters import services


@shared_task(ignore_result=True)
def look_after() -> None:
    """Hand on places whose host has left, and set aside beds to which nobody new may come."""
    services.look_after(by=None, now=timezone.now())
