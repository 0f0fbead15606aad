"""What nobody has looked at for long is asked about, or goes; who was asked is reminded, and the wait ends."""

from celery import shared_task
from django.utils import timezone

from directory import agents, asking, services


@shared_task(ignore_result=True)
def ask_to_check() -> None:
    now = timezone.now()
    agents.forget(by=None, now=now)
    services.ask_to_check(by=None, now=now)


@shared_task(ignore_result=True)
def follow_referrals() -> None:
    now = timezone.now()
    while asking.end_of_closed(by=None, now=now) == asking.BATCH:
        pass
    while asking.give_up(by=None, now=now) == asking.BATCH:
        pass
    while asking.remind(by=None, now=now) == asking.BATCH:
        pass
