"""What was never confirmed is forgotten; after the first news of a stay its people are asked what they would give."""

from celery import shared_task
from django.utils import timezone

from statements import services


@shared_task(ignore_result=True)
def look_after() -> None:
    now = timezone.now()
    while services.forget_unproven(by=None, now=now):
        pass
    while services.close_forgotten(by=None, now=now):
        pass
    while services.ask_to_give(by=None, now=now):
        pass
