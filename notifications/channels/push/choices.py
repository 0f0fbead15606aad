"""What the page of one's message choices shows of this channel."""

from typing import Any

from django.utils import timezone

from accounts.models import User
from catalogue.times import ago
from notifications.channels.push import keys
from notifications.channels.push.channel import may_have
from notifications.channels.push.selectors import devices_of, fingerprint

TEMPLATE = "push/choices.html"


def of(person: User) -> dict[str, Any] | None:
    """Nothing for who has no messages by push."""
    if not may_have(person):
        return None
    now = timezone.now()
    return {
        "public_key": keys.public_key(),
        "devices": [
            {
                "id": device.pk,
                "name": device.name,
                "fingerprint": fingerprint(device),
                "last": ago(device.last_ok_at, now) if device.last_ok_at else "",
            }
            for device in devices_of(person)
        ],
    }
