"""What push services say of devices."""

import logging
from datetime import datetime

from django.db import transaction

from notifications.channels.push.models import Device

log = logging.getLogger(__name__)


@transaction.atomic
def note_gone(*, device_id: int, by: None, now: datetime) -> None:
    """Its push service says that the browser takes nothing more."""
    Device.objects.filter(pk=device_id).delete()
    log.info("device %s is gone, says its push service, %s", device_id, now.isoformat())


@transaction.atomic
def note_taken(*, device_id: int, by: None, now: datetime) -> None:
    """Its push service took a message."""
    Device.objects.filter(pk=device_id).update(last_ok_at=now)
