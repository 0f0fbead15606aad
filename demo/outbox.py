"""The messages of the past: the receipts that registering would have sent, and all of them as sent long ago."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import F, Q

from accounts.models import User
from cities.models import City
from demo.people import People
from needs import messages as need_messages
from needs.models import Need
from notifications import channel_registry
from notifications.channels.call import services as calls
from notifications.channels.call.models import Outcome
from notifications.models import Message, MessageState
from notifications.services import Text
from offers import messages as offer_messages
from offers.models import Offer, OfferState

# So many messages a town, the latest, are left for the worker to send, and for the hotline to tell by phone.
LEFT_TO_SEND = 5
LEFT_TO_CALL = 6


def write_receipts(offers: Iterable[Offer], needs: Iterable[Need]) -> None:
    """What those who offered and asked were told at once, and the monthly question."""
    rows = []
    for offer in offers:
        subject = f"offer:{offer.pk}"
        if offer.state != OfferState.UNCONFIRMED:
            compose = offer_messages.receipt
            rows.append(_row(offer.owner, offer, "offer_receipt", subject, compose, offer.created_at))
        if offer.reminded_at is not None:
            subject = f"{subject}:{offer.confirmed_at:%Y%m%d%H%M%S}"
            compose = offer_messages.still_there
            rows.append(_row(offer.owner, offer, "offer_reminder", subject, compose, offer.reminded_at))
    for need in needs:
        reader = need.person or need.entered_by
        assert reader is not None  # need_has_a_poster
        rows.append(
            _row(reader, need, "need_receipt", f"need:{need.pk}", need_messages.receipt, need.created_at)
        )
    Message.objects.bulk_create(rows, batch_size=500)


def settle_past(city: City, people: People, *, now: datetime) -> None:
    """Mark as sent, or told by phone, all but the latest, so that the worker does not send hundreds."""
    waiting = Message.objects.filter(city=city, state=MessageState.QUEUED, due_at__lte=now)
    latest = waiting.with_reason().order_by("-created_at", "-id")
    by_machine = Q(channel__in=channel_registry.by_machine())
    kept = list(latest.filter(by_machine).values_list("pk", flat=True)[:LEFT_TO_SEND])
    waiting.filter(by_machine).exclude(pk__in=kept).update(
        state=MessageState.SENT,
        attempts=1,
        claimed_at=F("created_at"),
        sent_at=F("created_at") + timedelta(seconds=2),
    )
    kept = list(latest.exclude(by_machine).values_list("pk", flat=True)[:LEFT_TO_CALL])
    waiting.exclude(by_machine).exclude(pk__in=kept).update(
        state=MessageState.SENT,
        attempts=1,
        sent_at=F("created_at") + timedelta(minutes=40),
        called_by=people.operator,
    )


def try_calls(city: City, people: People, *, now: datetime) -> None:
    """Of the calls to make one was tried in vain, and one is to be made again when it suits."""
    waiting = Message.objects.filter(
        city=city, state=MessageState.QUEUED, channel=channel_registry.by_person()
    )
    tried = list(waiting.order_by("-priority", "-pk").values_list("pk", flat=True)[:2])
    outcomes = [
        (Outcome.NO_ANSWER, None, now - timedelta(minutes=50)),
        (Outcome.AGAIN, now + timedelta(hours=20), now - timedelta(minutes=30)),
    ]
    for message_id, (outcome, again_at, at) in zip(tried, outcomes, strict=False):
        calls.take(message_id=message_id, by=people.operator, now=at)
        calls.note(message_id=message_id, outcome=outcome, again_at=again_at, by=people.operator, now=at)


def _row(
    reader: User,
    entry: Any,
    event: str,
    subject: str,
    compose: Callable[[Any], Text],
    at: datetime,
) -> Message:
    """The row that `notifications.services.queue` would have written at that moment."""
    text = compose(entry)
    return Message(
        recipient=reader,
        city=entry.city,
        channel=channel_registry.preferred(reader),
        event=event,
        subject_key=subject,
        language=settings.LANGUAGE_CODE,
        title=text.title[:200],
        body=text.body,
        wording=text.filling.built_in.name if text.filling else "",
        values=dict(text.filling.values) if text.filling else {},
        action_label=text.action_label,
        action_url=text.action_url,
        due_at=at,
        created_at=at,
    )
