"""What time brings to visits."""

from celery import shared_task
from django.utils import timezone

from cities.models import City
from homes import services


@shared_task(ignore_result=True)
def look_after_visits() -> None:
    """Warn, end what is valid no more, call off visits of homes that were taken back: everywhere, until it is done."""
    now = timezone.now()
    for city in City.objects.order_by("pk"):
        while services.remind_running_out(city=city, by=None, now=now):
            pass
        while services.run_out(city=city, by=None, now=now):
            pass
        while services.call_off_closed(city=city, by=None, now=now):
            pass
