"""Reading one's own messages."""

from django.db.models import Case, IntegerField, Value, When

from accounts.models import User
from cities.models import City
from notifications.channels.inapp.channel import NAME, UNREAD
from notifications.models import ON_THE_WAY, Message, MessageQuerySet


def own(user: User, city: City) -> MessageQuerySet:
    """What this person was told on the site, in a town: unread first, then the latest."""
    unread_first = Case(When(state__in=UNREAD, then=Value(0)), default=Value(1), output_field=IntegerField())
    return (
        Message.objects.visible_to(user)
        .filter(recipient=user, city=city, channel=NAME, state__in=ON_THE_WAY)
        .order_by(unread_first, "-created_at", "-id")
    )
