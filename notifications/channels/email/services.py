"""What a provider says of our mails, and what follows."""

import logging
from datetime import datetime

from django.db import transaction

from notifications import bounces, preferences, reach
from notifications.channels.email.channel import NAME
from notifications.channels.email.receipts import News, Said
from notifications.models import Bounce, Message, MessageState, PreferenceEdit
from notifications.outcomes import FOLLOWED_BY_MACHINES, record_receipt

log = logging.getLogger(__name__)

_OUTCOME = {
    Said.DELIVERED: MessageState.DELIVERED,
    Said.OPENED: MessageState.OPENED,
    Said.REFUSED: MessageState.FAILED,
    Said.NO_SUCH_ADDRESS: MessageState.FAILED,
}


@transaction.atomic
def take_news(*, news: News, by: None, now: datetime) -> None:
    """Note what a provider says of a mail. Twice changes nothing, and neither does what was said of somebody's last
    address, or before they chose otherwise.
    """
    message = Message.objects.filter(channel=NAME, provider_ref=news.reference).order_by("-sent_at").first()
    if message is None:
        # A code to sign in, or another installation's: a provider's account may serve several.
        log.info("mail provider: %s, of a mail that is not in the outbox", news.said.name)
        return
    at = min(news.at or now, now)
    if news.said is Said.OPENED and _follows_at_once(message, at):
        return
    if outcome := _OUTCOME.get(news.said):
        record_receipt(channel=NAME, provider_ref=news.reference, outcome=outcome, by=by, now=now)
    if news.said is Said.NO_SUCH_ADDRESS and not _is_known(message, news.address):
        bounces.note(message=message, error="receipt no such address", by=by, now=now)
    if news.said is Said.UNWANTED and not _has_chosen_since(message, at):
        preferences.refuse_channel(person=message.recipient, channel=NAME, by=message.recipient, now=now)


def _follows_at_once(message: Message, at: datetime) -> bool:
    """Mail servers look at what a mail holds as they take it in."""
    return message.sent_at is None or at < message.sent_at + FOLLOWED_BY_MACHINES


def _is_known(message: Message, address: str) -> bool:
    """Whether that was said of this mail before, or the person has another address by now."""
    theirs = reach.address_of(message.recipient, NAME)
    if address and address.casefold() != theirs.casefold():
        return True
    said = Bounce.objects.filter(person=message.recipient, channel=NAME, address=reach.blind(theirs))
    return said.filter(at__gte=message.sent_at or message.created_at).exists()


def _has_chosen_since(message: Message, at: datetime) -> bool:
    return PreferenceEdit.objects.filter(preference__person=message.recipient, at__gte=at).exists()
