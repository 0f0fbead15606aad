"""What time brings to offers: once a day, ask whether they still hold, and set aside those that nobody confirms."""

from celery import shared_task
from django.utils import timezone

from cities import selectors as cities
from offers import services


@shared_task(ignore_result=True)
def keep_fresh() -> None:
    """Remind and expire in every town, in batches, until nothing is left to do."""
    now = timezone.now()
    for city in cities.open_cities():
        while services.expire_stale(city=city, by=None, now=now):
            pass
        while services.remind_stale(city=city, by=None, now=now):
            pass
