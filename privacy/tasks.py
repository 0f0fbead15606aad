"""What is erased by the clock, and what a page has asked a worker for."""

from celery import shared_task
from django.utils import timezone

from privacy import erasing, retention


@shared_task(ignore_result=True)
def erase_due() -> None:
    erasing.carry_out_due(by=None, now=timezone.now())


@shared_task(ignore_result=True)
def forget_what_was_kept() -> None:
    retention.run(by=None, now=timezone.now())
