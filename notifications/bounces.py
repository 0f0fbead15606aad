"""Addresses that do not exist, as their own server says: nothing more goes there, and the next channel has it.

Where many are refused together it is no address that is wrong, but a server or a provider: none is set aside, and the
desk is told. The rows are read in `reach.bounced`: another address, or a sign-in with a code that arrived at this one,
lifts it.
"""

import logging
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import selectors as accounts
from cities.days import local_day
from cities.models import City
from notifications import reach
from notifications.models import Bounce, Message
from notifications.queued import send_otherwise
from notifications.services import BOUNCED, Text, queue

log = logging.getLogger(__name__)

REFUSED = "addresses_refused"
# More different addresses than that within so much time, and no fewer than those that took something: a server refuses
# us, whoever the mail is for; of one provider ("exemple.fr"), which may take its time, it is that provider.
AT_MOST, TOGETHER, TOGETHER_AT_ONE_PROVIDER = 5, timedelta(minutes=10), timedelta(hours=1)


@transaction.atomic
def note(*, message: Message, error: str, by: None, now: datetime) -> Bounce | None:
    """Keep that the address to which this message was to go does not exist; None where the channel needs none.

    What waits for it goes by the next channel. Where a server says so of everybody, it says nothing of anybody.
    """
    person, channel = message.recipient, message.channel
    address = reach.address_of(person, channel)
    if not address:
        return None
    domain = address.rpartition("@")[2] if "@" in address else ""
    bounce = Bounce.objects.create(
        person=person,
        channel=channel,
        address=reach.blind(address),
        provider=reach.blind(domain) if domain else "",
        error=error,
        at=now,
    )
    together = _refused_together(bounce, domain, now)
    if together is not None:
        together.update(is_general=True)
        log.warning("channel %s refuses everybody's address: %s", channel, error)
        if message.city is not None:
            _tell_desk(message.city, now=now)
    else:
        send_otherwise(person=person, why=BOUNCED, by=by, now=now)
        log.info("address of user %s for channel %s does not exist: %s", person.pk, channel, error)
    return bounce


def _refused_together(bounce: Bounce, domain: str, now: datetime) -> QuerySet[Bounce] | None:
    """Those of late, of one provider or of all, where they are too many to be each an address of its own."""
    of_late = Bounce.objects.filter(channel=bounce.channel)
    taken = Message.objects.filter(channel=bounce.channel)
    found = [(TOGETHER, of_late, taken)]
    if domain:
        theirs = taken.filter(recipient__email__iendswith=f"@{domain}")
        found.append((TOGETHER_AT_ONE_PROVIDER, of_late.filter(provider=bounce.provider), theirs))
    for time, refused, others in found:
        late = refused.filter(at__gt=now - time)
        many = late.values("address").distinct().count()
        if many > AT_MOST and many >= _people(others.filter(sent_at__gt=now - time), late):
            return late
    return None


def _people(messages: QuerySet[Message], refused: QuerySet[Bounce]) -> int:
    """To how many others something went in that time, and was not refused: a letter to a list has dead addresses."""
    others = messages.exclude(recipient__in=refused.values("person"))
    return others.order_by().values("recipient").distinct().count()


def _tell_desk(city: City, *, now: datetime) -> None:
    """Once a day."""
    for person in accounts.coordinators_of(city):
        queue(
            recipient=person,
            event=REFUSED,
            subject_key=f"city:{city.pk}:{local_day(now, city):%Y%m%d}",
            city=city,
            compose=partial(_text, city),
            now=now,
        )


def _text(city: City) -> Text:
    title = _("Beaucoup d’e-mails sont refusés à la fois")
    return Text(
        title=title,
        body=_(
            "Bonjour,\n\nPlusieurs adresses sont refusées en peu de temps. C’est sans doute une panne chez un "
            "fournisseur d’e-mail\u202f: aucune adresse n’est mise de côté. Si quelque chose presse, appelez."
        ),
        action_label=_("Voir les messages non remis"),
        action_url=reverse("notifications:call:undelivered", args=[city.slug]),
        impersonal=title,
    )
