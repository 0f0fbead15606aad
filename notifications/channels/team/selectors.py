"""Reading where a town's team talks."""

from cities.models import City
from notifications.channels.team.channel import NAME
from notifications.channels.team.models import Room
from notifications.models import Message, MessageState


def room_of(city: City) -> Room | None:
    return Room.objects.filter(city=city).select_related("set_by").first()


def is_last_lost(city: City) -> bool:
    """Whether the last thing that was to be said there did not get there, or has been tried in vain so far."""
    last = Message.objects.filter(city=city, channel=NAME).order_by("-created_at", "-id").first()
    if last is None:
        return False
    return last.state in (MessageState.FAILED, MessageState.UNCERTAIN) or (
        last.state == MessageState.QUEUED and last.last_error != ""
    )
