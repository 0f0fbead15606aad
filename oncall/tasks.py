"""The day before, the rota is looked at."""

from celery import shared_task
from django.utils import timezone

from oncall import services


@shared_task(ignore_result=True)
def tell_of_tomorrow() -> None:
    """Remind who is on call tomorrow, and warn where nobody is."""
    services.tell_of_tomorrow(by=None, now=timezone.now())
