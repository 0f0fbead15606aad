"""What time brings to offers: once a day, pauses end, owners are asked whether theirs hold, or were theirs at all, and
those that nobody confirms are set aside.
"""

from celery import shared_task
from django.utils import timezone

from cities import selectors as cities
from offers import asking, services


@shared_task(ignore_result=True)
def keep_fresh() -> None:
    """Resume, remind, call and expire in every town, in batches, until nothing is left to do."""
    now = timezone.now()
    for city in cities.open_cities():
        while services.resume_paused(city=city, by=None, now=now):
            pass
        while asking.remind_unproven(city=city, by=None, now=now):
            pass
        while asking.call_unproven(city=city, by=None, now=now):
            pass
        while services.expire_stale(city=city, by=None, now=now):
            pass
        while asking.remind_stale(city=city, by=None, now=now):
            pass


@shared_task(ignore_result=True)
def forget_drafts() -> None:
    """Drafts that went on elsewhere, once their link is over."""
    now = timezone.now()
    while services.forget_ended(by=None, now=now):
        pass
