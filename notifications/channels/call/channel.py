"""A call is the last resort, so it reaches everybody: the desk finds out how."""

from django.db.models import CheckConstraint, Index, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from notifications.channel_registry import Channel

NAME = "call"
_MADE = ("sent", "delivered", "opened", "answered")


def reaches(person: User) -> bool:
    return True


CHANNEL = Channel(
    label=_("par téléphone"),
    preference=100,
    reaches=reaches,
    constraints=(
        CheckConstraint(
            condition=Q(channel=NAME, state__in=_MADE, called_by__isnull=False)
            | (~Q(channel=NAME, state__in=_MADE) & Q(called_by__isnull=True)),
            name="message_called_by_somebody",
            violation_error_message=_("Un appel passé porte le nom de qui a appelé, et lui seul."),
        ),
    ),
    indexes=(
        Index(fields=["city", "due_at"], condition=Q(channel=NAME, state="queued"), name="message_to_call"),
    ),
)
