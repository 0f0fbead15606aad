"""Addresses that do not exist, as their own server says: nothing more goes there, and the next channel has it.

The rows are read in `reach.bounced`: another address, or a sign-in with a code that arrived at this one, lifts it.
"""

import logging
from datetime import datetime, timedelta

from django.db import transaction

from notifications import reach
from notifications.models import Bounce, Message
from notifications.services import BOUNCED, send_otherwise

log = logging.getLogger(__name__)

# More different addresses than that within so much time: it is the server that refuses us, whoever the mail is for.
AT_MOST, TOGETHER = 5, timedelta(minutes=10)


@transaction.atomic
def note(*, message: Message, error: str, by: None, now: datetime) -> Bounce | None:
    """Keep that the address to which this message was to go does not exist; None where the channel needs none.

    What waits for it goes by the next channel. Where a server says so of everybody, it says nothing of anybody.
    """
    person, channel = message.recipient, message.channel
    address = reach.address_of(person, channel)
    if not address:
        return None
    bounce = Bounce.objects.create(
        person=person, channel=channel, address=reach.blind(address), error=error, at=now
    )
    of_late = Bounce.objects.filter(channel=channel, at__gt=now - TOGETHER)
    if of_late.values("address").distinct().count() > AT_MOST:
        of_late.update(is_general=True)
        log.warning("channel %s refuses everybody's address: %s", channel, error)
    else:
        send_otherwise(person=person, why=BOUNCED, by=by, now=now)
        log.info("address of user %s for channel %s does not exist: %s", person.pk, channel, error)
    return bounce
