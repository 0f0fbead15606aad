"""Reading the list of calls."""

from django.db.models import Case, When

from cities.models import City
from notifications.channels.call.channel import NAME
from notifications.events import Priority
from notifications.models import Message, MessageQuerySet, MessageState


def calls(city: City) -> MessageQuerySet:
    """Every call of the town, made or not."""
    return Message.objects.filter(city=city, channel=NAME)


def calls_to_make(city: City) -> MessageQuerySet:
    """Whom to call: what decides a night, then the longest waiting; nobody of whom nothing is wanted any more."""
    waiting = calls(city).filter(state=MessageState.QUEUED).with_reason()
    is_for_tonight = Case(When(priority=Priority.NIGHT, then=0), default=1)
    return waiting.select_related("recipient").order_by(is_for_tonight, "due_at", "id")
