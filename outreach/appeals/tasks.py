"""Appeals that are due ask some more, or end."""

from celery import shared_task
from django.utils import timezone

from outreach.appeals import services


@shared_task(ignore_result=True)
def ask() -> None:
    """One after the other, until none is due."""
    while services.ask(by=None, now=timezone.now()):
        pass
