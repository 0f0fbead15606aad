"""SMS reaches mobiles, once the installation has a gateway, of people who have not said STOP."""

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts.models import Consent, User
from notifications.channel_registry import Channel
from notifications.channels.sms.models import Stop
from notifications.channels.sms.numbers import can_receive

NAME = "sms"


def reaches(person: User) -> bool:
    """Without a gateway nobody: those people are called."""
    if not settings.SMS_GATEWAY or not can_receive(person.phone):
        return False
    return not Stop.objects.in_force(person.phone.as_e164).exists() and not _has_withdrawn(person)


def _has_withdrawn(person: User) -> bool:
    """Whether they agreed to be contacted, and took it back. Of members and of the desk nobody asks it."""
    given = list(
        person.consents.filter(purpose=Consent.Purpose.CONTACT).values_list("withdrawn_at", flat=True)
    )
    return bool(given) and None not in given


CHANNEL = Channel(label=_("par SMS"), preference=70, reaches=reaches, rings=True)
