"""Mail reaches whoever has an address."""

from django.utils.translation import gettext_lazy as _

from accounts.models import User
from notifications.channel_registry import Channel

NAME = "email"


def reaches(person: User) -> bool:
    return bool(person.email)


def address(person: User) -> str:
    return person.email or ""


CHANNEL = Channel(label=_("par e-mail"), preference=50, reaches=reaches, address=address, takes_lists=True)
