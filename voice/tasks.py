"""A year after its day what was written without a name is deleted."""

from celery import shared_task
from django.utils import timezone

from voice import services


@shared_task(ignore_result=True)
def forget_texts() -> None:
    now = timezone.now()
    while services.forget(by=None, now=now):
        pass
