"""SMS reaches mobiles that are proven to be the person's, once the installation has a gateway, of people who have not
said STOP.
"""

from collections.abc import Collection

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts.models import Consent, User
from notifications.channel_registry import Channel
from notifications.channels.sms.models import Stop
from notifications.channels.sms.numbers import can_receive

NAME = "sms"


def reaches(person: User) -> bool:
    """Without a gateway nobody: those people are called."""
    return bool(reaches_each([person]))


def reaches_each(people: Collection[User]) -> set[int]:
    if not settings.SMS_GATEWAY:
        return set()
    numbers = {person.pk: person.phone.as_e164 for person in people if can_receive(person.proven_phone)}
    if not numbers:
        return set()
    stopped = set(
        Stop.objects.filter(number__in=set(numbers.values()), lifted_at=None).values_list("number", flat=True)
    )
    withdrawn = _who_have_withdrawn(numbers)
    return {key for key, number in numbers.items() if number not in stopped and key not in withdrawn}


def _who_have_withdrawn(people: Collection[int]) -> set[int]:
    """Who agreed to be contacted, and took it back. Of members and of the desk nobody asks it."""
    given = Consent.objects.filter(user__in=people, purpose=Consent.Purpose.CONTACT)
    standing = dict.fromkeys(given.values_list("user", flat=True), False)
    standing |= dict.fromkeys(given.filter(withdrawn_at=None).values_list("user", flat=True), True)
    return {key for key, stands in standing.items() if not stands}


CHANNEL = Channel(label=_("par SMS"), preference=70, reaches=reaches, reaches_each=reaches_each, rings=True)
