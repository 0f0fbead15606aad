"""Reading the mailbox for replies, each minute."""

import logging

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from notifications.inbox import mailbox, services

log = logging.getLogger(__name__)


@shared_task(ignore_result=True)
def read_mailbox() -> None:
    """Take what has come; a mailbox out of reach is tried again in the next minute."""
    if not settings.IMAP_HOST:
        return
    try:
        mailbox.read_new(lambda raw: services.receive_mail(raw=raw, by=None, now=timezone.now()))
    except mailbox.OutOfReach as failure:
        log.warning("mailbox for replies out of reach: %s", failure)
