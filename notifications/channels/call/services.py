"""Noting the calls that were made."""

from datetime import datetime

from django.db import transaction

from accounts.models import User
from notifications.channels.call.channel import NAME
from notifications.models import Message, MessageState


@transaction.atomic
def mark_called(*, message_id: int, by: User, now: datetime) -> Message:
    """Record that somebody told the person by phone. Doing it twice changes nothing."""
    message = Message.objects.select_for_update().get(pk=message_id, channel=NAME)
    if message.state == MessageState.QUEUED:
        message.state, message.sent_at, message.called_by = MessageState.SENT, now, by
        message.attempts += 1
        message.save(update_fields=["state", "sent_at", "called_by", "attempts"])
    return message
