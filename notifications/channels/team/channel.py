"""Said once in a town's own place, however many of the team are told; it reaches nobody alone."""

from django.utils.translation import gettext_lazy as _

from accounts.models import User
from cities.models import City
from notifications.channel_registry import Channel
from notifications.channels.team.models import Room

NAME = "team"


def reaches(person: User) -> bool:
    return False


def said_in(city: City) -> User | None:
    room = Room.objects.filter(city=city).select_related("set_by").first()
    return room.set_by if room else None


CHANNEL = Channel(label=_("dans le canal de l’équipe"), preference=85, reaches=reaches, said_in=said_in)
