"""What time brings to needs: close those whose last day has passed."""

from celery import shared_task
from django.utils import timezone

from cities.models import City
from needs import services


@shared_task(ignore_result=True)
def expire_past() -> None:
    """Close past needs in every town, in batches, until none is left."""
    now = timezone.now()
    for city in City.objects.order_by("pk"):
        while services.expire_past(city=city, by=None, now=now):
            pass
