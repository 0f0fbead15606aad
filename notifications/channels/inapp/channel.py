"""A message more for those who work here; it reaches nobody alone, so it never stands for the first channel."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db.models import Index, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.selectors import who_work_here
from notifications.channel_registry import Channel

NAME = "inapp"
UNREAD = ("sent", "delivered")
# Whoever has not come for so long has nothing piled up.
COMES = timedelta(days=30)


def reaches(person: User) -> bool:
    return False


def accompanies(person: User, now: datetime) -> bool:
    """The desk and associations, as long as they come here."""
    return bool(accompanies_each([person], now))


def accompanies_each(people: Collection[User], now: datetime) -> set[int]:
    come = [person.pk for person in people if person.last_login and person.last_login >= now - COMES]
    return who_work_here(come)


CHANNEL = Channel(
    label=_("sur le site"),
    preference=90,
    reaches=reaches,
    accompanies=accompanies,
    accompanies_each=accompanies_each,
    is_read_here=True,
    indexes=(
        Index(
            fields=["recipient", "city"], condition=Q(channel=NAME, state__in=UNREAD), name="message_unread"
        ),
    ),
)
