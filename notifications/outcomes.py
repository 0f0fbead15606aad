"""What becomes of a message that has left: received, opened, read, answered. A message only learns more."""

import logging
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from django.db import transaction

from accounts.models import User
from notifications.models import ON_THE_WAY, Message, MessageState

log = logging.getLogger(__name__)

FOLLOWED_BY_MACHINES = timedelta(minutes=1)

# What a receipt may say, and of a message in which states.
RECEIPTS: Mapping[MessageState, frozenset[MessageState]] = {
    outcome: frozenset(ON_THE_WAY[: ON_THE_WAY.index(outcome)]) for outcome in ON_THE_WAY[1:]
} | {MessageState.FAILED: frozenset({MessageState.SENT})}


@transaction.atomic
def note_opened(
    *, recipient: User, events: Collection[str], subject_key: str, by: User, now: datetime
) -> int:
    """Note that somebody has opened the page to which these messages lead; how many. By themselves, not by the desk.

    Mail servers follow links as they take a mail in: what is opened in the first minute says nothing.
    """
    if by != recipient:
        return 0
    sent = Message.objects.filter(
        recipient=recipient,
        event__in=events,
        subject_key=subject_key,
        state__in=[MessageState.SENT, MessageState.DELIVERED],
        sent_at__lte=now - FOLLOWED_BY_MACHINES,
    )
    return sent.update(state=MessageState.OPENED, opened_at=now)


@transaction.atomic
def note_read(*, message_id: int, by: User, now: datetime) -> int:
    """Note that somebody has read a message of theirs, signed in; whatever says the same is read with it. How many."""
    message = Message.objects.get(pk=message_id)
    if message.recipient_id != by.pk:
        return 0
    same = Message.objects.filter(
        recipient=by,
        event=message.event,
        subject_key=message.subject_key,
        state__in=[MessageState.SENT, MessageState.DELIVERED],
    )
    return same.update(state=MessageState.OPENED, opened_at=now)


@transaction.atomic
def note_answered(
    *, recipient: User, events: Collection[str], subject_key: str, by: User | None, now: datetime
) -> int:
    """Note that a question is answered, however the answer came: of each message that asked it and has left; how many.

    Who answered, and for whom, stands where the answer does.
    """
    asked = Message.objects.filter(
        recipient=recipient,
        event__in=events,
        subject_key=subject_key,
        state__in=ON_THE_WAY[: ON_THE_WAY.index(MessageState.ANSWERED)],
    )
    count = asked.update(state=MessageState.ANSWERED, answered_at=now)
    log.info("%s answered by user %s, noted by user %s", subject_key, recipient.pk, by.pk if by else None)
    return count


@transaction.atomic
def record_receipt(
    *, channel: str, provider_ref: str, outcome: MessageState, by: User | None, now: datetime
) -> Message | None:
    """Note what a provider, or the reader, says of a message that has left; None where no message has that reference.

    `outcome`: DELIVERED, OPENED, ANSWERED or FAILED. Saying it twice changes nothing, and neither does what comes late:
    a message only learns more, and is refused only while nobody has said that it arrived.
    """
    if outcome not in RECEIPTS:
        raise ValueError(f"no receipt says {outcome}")
    known = Message.objects.filter(channel=channel, provider_ref=provider_ref[:200]).exclude(provider_ref="")
    # A provider may begin its numbers anew: the latest is meant.
    message = known.select_for_update(no_key=True).order_by("-sent_at", "-id").first()
    if message is None:
        log.warning("%s: a receipt (%s) for a message that is not known", channel, outcome)
        return None
    if message.state not in RECEIPTS[outcome]:
        if message.state != outcome:
            log.info("message %s stays %s: %s comes late", message.pk, message.state, outcome)
        return message
    message.state = outcome
    names = ["state"]
    if outcome == MessageState.FAILED:
        message.last_error = "receipt"
        names.append("last_error")
    else:
        names.append(f"{outcome}_at")
        setattr(message, f"{outcome}_at", now)
    message.save(update_fields=names)
    log.info("message %s %s, said by %s", message.pk, outcome, f"user {by.pk}" if by else channel)
    return message
