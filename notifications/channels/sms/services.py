"""Hearing what people write back, and what gateways say of our messages."""

import logging
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.db import IntegrityError, transaction

from accounts import selectors as accounts
from accounts.models import User
from notifications import answers, channel_registry
from notifications.channels.sms import messages, selectors
from notifications.channels.sms.channel import NAME
from notifications.channels.sms.models import Became, Reply, Stop
from notifications.events import Priority
from notifications.models import Message, MessageState
from notifications.outcomes import record_receipt
from notifications.services import queue
from notifications.understanding import Said, understood

log = logging.getLogger(__name__)

LONGEST_TEXT = 2000
# To one person in a day. Another machine may be answering ours: it must not go on for ever.
ACKNOWLEDGED_A_DAY = 5

_BECAME = {
    answers.Outcome.TAKEN: Became.APPLIED,
    answers.Outcome.CLOSED: Became.CLOSED,
    answers.Outcome.CONTRADICTS: Became.DISAGREES,
    answers.Outcome.LATE: Became.LATE,
    answers.Outcome.NEEDS_A_PERSON: Became.READ_BY_DESK,
}

# What a reply says of the message with the question.
_TELLS = {
    Became.APPLIED: MessageState.ANSWERED,
    Became.READ_BY_DESK: MessageState.ANSWERED,
    Became.WAITS: MessageState.OPENED,
}


@transaction.atomic
def receive_reply(*, number: str, text: str, provider_ref: str, by: None, now: datetime) -> Reply | None:
    """Take what the holder of this number (E.164) wrote; None when we know nobody there.

    A yes or a no answers the question that was put to them last by SMS, and no other. Of a number that two people share
    it answers nothing where both may have written: the desk asks which of them. The same reply twice changes nothing.
    """
    said = understood(text)
    person, is_clear = selectors.who_answers(number)
    if person is None:
        log.info("sms reply from a number that nobody has: %s", said)
        if said == Said.STOP:
            _stop(number, now=now)
        return None
    question = selectors.last_question(person)
    reply = _kept(person, question, text, said, provider_ref, now=now)
    if reply is None:
        return Reply.objects.get(provider_ref=provider_ref)
    reply.became = _became(reply, number, is_clear=is_clear, by=person, now=now)
    if reply.became == Became.READ_BY_DESK and reply.city is None:
        # No town has ever spoken to them, so none is promised to call.
        reply.became = Became.NOTED
    reply.save(update_fields=["became"])
    _note_on_question(reply, by=person, now=now)
    if reply.became in Reply.TO_READ:
        _ask_desk_to_read(reply, now=now)
    if said == Said.START or reply.became != Became.NOTED:
        _acknowledge(reply, now=now)
    log.info("sms reply %s: %s, %s", reply.pk, reply.said, reply.became)
    return reply


def receive_receipt(*, provider_ref: str, outcome: MessageState, by: None, now: datetime) -> None:
    """Note what the gateway says of a message of ours, once."""
    record_receipt(channel=NAME, provider_ref=provider_ref, outcome=outcome, by=by, now=now)


def _kept(
    person: User, question: Message | None, text: str, said: Said, provider_ref: str, *, now: datetime
) -> Reply | None:
    """The reply as a row; None when it is there already."""
    try:
        with transaction.atomic():
            return Reply.objects.create(
                person=person,
                message=question,
                city=question.city if question else selectors.town_that_spoke_last(person),
                text=text[:LONGEST_TEXT],
                said=said,
                became=Became.NOTED,
                provider_ref=provider_ref,
                received_at=now,
            )
    except IntegrityError:
        if provider_ref and Reply.objects.filter(provider_ref=provider_ref).exists():
            return None
        raise


def _became(reply: Reply, number: str, *, is_clear: bool, by: User, now: datetime) -> Became:
    question = reply.message
    if reply.said == Said.STOP:
        _stop(number, now=now)
        return Became.NOTED
    if reply.said == Said.START:
        Stop.objects.in_force(number).update(lifted_at=now)
        return Became.NOTED
    if reply.said in (Said.UNCLEAR, Said.CALL_ME) or question is None or not is_clear:
        return Became.READ_BY_DESK
    if reply.said == Said.LATER:
        return Became.WAITS if selectors.still_asks(question) else Became.CLOSED
    outcome = answers.take(
        event=question.event,
        subject_key=question.subject_key,
        yes=reply.said == Said.YES,
        by=by,
        now=now,
    )
    return _BECAME[outcome]


def _stop(number: str, *, now: datetime) -> None:
    Stop._meta.get_field("number").run_validators(number)
    Stop.objects.get_or_create(number=number, lifted_at=None, defaults={"at": now})


def _note_on_question(reply: Reply, *, by: User, now: datetime) -> None:
    """Whoever wrote back has read it."""
    told = _TELLS.get(Became(reply.became))
    if told and reply.message is not None and reply.message.provider_ref:
        reference = reply.message.provider_ref
        record_receipt(channel=NAME, provider_ref=reference, outcome=told, by=by, now=now)


def _ask_desk_to_read(reply: Reply, *, now: datetime) -> None:
    """On the town's list of calls: who wrote what, and the page on which their answer is noted.

    Nobody looks at a list all the time: of a question for tonight the coordinators are told at once.
    """
    town, person, key = reply.city, reply.person, f"reply:{reply.pk}"
    assert town is not None  # receive_reply
    assert person is not None  # sms_reply_of_somebody
    queue(
        recipient=person,
        event="sms_to_read",
        subject_key=key,
        city=town,
        compose=partial(messages.to_read, reply),
        now=now,
        channel=channel_registry.by_person(),
        language=settings.LANGUAGE_CODE,
    )
    if reply.message is None or reply.message.priority != Priority.NIGHT:
        return
    for coordinator in accounts.coordinators_of(town):
        queue(
            recipient=coordinator,
            event="sms_to_read",
            subject_key=key,
            city=town,
            compose=partial(messages.to_read_tonight, reply, town),
            now=now,
            priority=Priority.NIGHT,
        )


def _acknowledge(reply: Reply, *, now: datetime) -> None:
    """Say what became of it, on the way by which it came."""
    today = Reply.objects.filter(person=reply.person, received_at__gt=now - timedelta(days=1))
    if today.count() > ACKNOWLEDGED_A_DAY:
        return
    assert reply.person is not None  # sms_reply_of_somebody
    queue(
        recipient=reply.person,
        event="sms_acknowledged",
        subject_key=f"reply:{reply.pk}",
        city=reply.city,
        compose=partial(messages.acknowledgement, reply),
        now=now,
        channel=NAME,
    )
