"""Letters that were sent go into the outbox; addresses that never confirmed are forgotten."""

from celery import shared_task
from django.utils import timezone

from outreach import services


@shared_task(ignore_result=True)
def queue_letters() -> None:
    """Batch after batch, until no issue waits."""
    while services.queue_letters(by=None, now=timezone.now()):
        pass


@shared_task(ignore_result=True)
def forget_unconfirmed() -> None:
    while services.forget_unconfirmed(by=None, now=timezone.now()):
        pass
