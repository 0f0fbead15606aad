"""Once a day, visits that run out."""

from celery import shared_task
from django.utils import timezone

from cities.models import City
from homes import services


@shared_task(ignore_result=True)
def look_at_validity() -> None:
    """Warn, and end what is valid no more, in every town, in batches, until nothing is left to do."""
    now = timezone.now()
    for city in City.objects.order_by("pk"):
        while services.remind_running_out(city=city, by=None, now=now):
            pass
        while services.run_out(city=city, by=None, now=now):
            pass
