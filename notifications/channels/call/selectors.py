"""Reading the list of calls."""

from cities.models import City
from notifications.channels.call.channel import NAME
from notifications.models import Message, MessageQuerySet, MessageState


def calls(city: City) -> MessageQuerySet:
    """Every call of the town, made or not."""
    return Message.objects.filter(city=city, channel=NAME)


def calls_to_make(city: City) -> MessageQuerySet:
    """Whom to call, the longest waiting first; nobody of whom nothing is wanted any more."""
    waiting = calls(city).filter(state=MessageState.QUEUED).with_reason()
    return waiting.select_related("recipient").order_by("due_at", "id")
