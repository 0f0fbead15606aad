"""A message more for those who work here and asked for it on a device; it reaches nobody alone."""

from collections.abc import Collection, Iterable
from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.selectors import who_work_here
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


def _who_may_have(people: Iterable[int]) -> set[int]:
    return who_work_here(people) if settings.PUSH_PRIVATE_KEY else set()


CHANNEL = Channel(
    label=_("sur un appareil"),
    preference=80,
    reaches=reaches,
    accompanies=accompanies,
    accompanies_each=accompanies_each,
)
