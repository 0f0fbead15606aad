"""What the town's own pages do by themselves."""

from celery import shared_task
from django.utils import timezone

from town import services


@shared_task(ignore_result=True)
def tell_of_waiting_associations() -> None:
    services.tell_of_waiting(by=None, now=timezone.now())


@shared_task(ignore_result=True)
def forget_old_traces() -> None:
    services.forget_old(now=timezone.now())
