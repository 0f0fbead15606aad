"""What a team's place answered."""

import logging
from datetime import datetime

from django.db import transaction

from accounts.models import User
from notifications.channels.team.models import Room

log = logging.getLogger(__name__)


@transaction.atomic
def note_taken(*, room_id: int, by: User | None, now: datetime) -> None:
    """It took a message, of trial (`by` somebody) or not."""
    Room.objects.filter(pk=room_id).update(last_ok_at=now)
    log.info("room %s took a message%s", room_id, f" of trial by user {by.pk}" if by else "")
