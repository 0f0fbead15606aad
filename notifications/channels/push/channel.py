"""A message more for those who work here and asked for it on a device; it reaches nobody alone."""

from collections.abc import Collection
from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts.models import CityRole, Membership, User
from notifications.channel_registry import Channel
from notifications.channels.push.models import Device


def reaches(person: User) -> bool:
    return False


def may_have(person: User) -> bool:
    """The desk and associations, where the installation has a key."""
    return bool(_who_may_have([person.pk]))


def accompanies(person: User, now: datetime) -> bool:
    return bool(accompanies_each([person], now))


def accompanies_each(people: Collection[User], now: datetime) -> set[int]:
    keys = [person.pk for person in people]
    return _who_may_have(Device.objects.filter(person__in=keys).values_list("person", flat=True))


def _who_may_have(people: Collection[int]) -> set[int]:
    if not settings.PUSH_PRIVATE_KEY:
        return set()
    team = CityRole.objects.filter(user__in=people).values_list("user", flat=True)
    return set(team) | set(Membership.objects.filter(user__in=people).values_list("user", flat=True))


CHANNEL = Channel(
    label=_("sur un appareil"),
    preference=80,
    reaches=reaches,
    accompanies=accompanies,
    accompanies_each=accompanies_each,
)
