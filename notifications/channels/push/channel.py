"""A message more for those who work here and asked for it on a device; it reaches nobody alone."""

from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from notifications.channel_registry import Channel


def reaches(person: User) -> bool:
    return False


def may_have(person: User) -> bool:
    """The desk and associations, where the installation has a key."""
    if not settings.PUSH_PRIVATE_KEY:
        return False
    return person.city_roles.exists() or person.memberships.exists()


def accompanies(person: User, now: datetime) -> bool:
    return may_have(person) and person.devices.exists()


CHANNEL = Channel(label=_("sur un appareil"), preference=80, reaches=reaches, accompanies=accompanies)
