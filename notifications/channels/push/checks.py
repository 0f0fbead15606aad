"""What push needs, said at the start rather than at the first message."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error

from notifications.channels.push import keys


def keys_are_complete(**_: Any) -> list[CheckMessage]:
    """One error for each setting that push services would refuse; none as long as there is no key."""
    if not settings.PUSH_PRIVATE_KEY:
        return []
    errors = []
    try:
        keys.vapid()
    except ValueError:
        errors.append(Error("PUSH_PRIVATE_KEY is no key: manage.py push_key makes one.", id="push.E001"))
    if not keys.is_contact(keys.contact()):
        errors.append(
            Error(
                "PUSH_CONTACT is mailto:… or https://…, as SITE_URL is where it stands for it.",
                id="push.E002",
            )
        )
    return list(errors)
