"""Taking mails that people write back."""

import logging
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.db import IntegrityError, transaction

from accounts import selectors as accounts
from accounts.models import User
from notifications import answers, callbacks, channel_registry, links
from notifications.events import Priority
from notifications.heard import Heard
from notifications.inbox import incoming, messages, selectors
from notifications.inbox.models import MailReply
from notifications.models import Message
from notifications.outcomes import note_opened
from notifications.services import queue
from notifications.understanding import Said, understood

log = logging.getLogger(__name__)

Became = MailReply.Became
# To one person in a day. Another machine may be answering ours: it must not go on for ever.
ACKNOWLEDGED_A_DAY = 5


@transaction.atomic
def receive_mail(*, raw: bytes, to: str = "", by: None, now: datetime) -> MailReply:
    """Take a mail as it came (MIME). `to`: the address at which it arrived, where the door knows.

    It answers the message whose tag its address bears, and no other: a subject or a reference can be made up. What it
    says, a person reads (docs/adr/0021). The same mail twice changes nothing.
    """
    mail = incoming.read(raw)
    known = MailReply.objects.filter(digest=mail.digest).first()
    if known is not None:
        return known
    tagged = (links.message_of_reply_address(address) for address in (to, *mail.addresses))
    asked = next(filter(None, tagged), None)
    reply = MailReply(
        person=asked.recipient if asked else None,
        message=asked,
        city=asked.city if asked else selectors.town_of_stranger(mail.sender),
        sender=mail.sender,
        text=mail.text,
        is_cut=mail.is_cut,
        files=mail.files,
        said=understood(mail.text),
        became=_became(mail, asked),
        digest=mail.digest,
        received_at=now,
    )
    try:
        with transaction.atomic():
            reply.save(force_insert=True)
    except IntegrityError:
        return MailReply.objects.get(digest=mail.digest)
    if asked is not None and reply.became == Became.READ_BY_DESK:
        _hand_to_desk(reply, asked, now=now)
    log.info("mail reply %s: %s, %s", reply.pk, reply.said, reply.became)
    return reply


def _became(mail: incoming.Incoming, asked: Message | None) -> str:
    if asked is None:
        return Became.UNKNOWN
    if mail.is_returned:
        return Became.RETURNED
    return Became.AUTOMATIC if mail.is_automatic else Became.READ_BY_DESK


def _hand_to_desk(reply: MailReply, asked: Message, *, now: datetime) -> None:
    """On the list of calls, with their words; for tonight the coordinators are told at once. Said back."""
    town, person = asked.city, asked.recipient
    assert town is not None  # links.reply_address
    note_opened(recipient=person, events=[asked.event], subject_key=asked.subject_key, by=person, now=now)
    key = f"mail:{reply.pk}"
    if reply.said == Said.CALL_ME:
        callbacks.ask_for_call(
            person=person,
            city=town,
            about=":".join(asked.subject_key.split(":")[:2]),
            suits=callbacks.Suits.SOON,
            by=person,
            now=now,
        )
        reply.became = Became.CALL_WANTED
        reply.save(update_fields=["became"])
    else:
        queue(
            recipient=person,
            event="mail_to_read",
            subject_key=key,
            city=town,
            compose=partial(messages.to_read, reply, asked),
            now=now,
            channel=channel_registry.by_person(),
            language=settings.LANGUAGE_CODE,
        )
        if asked.priority == Priority.NIGHT:
            for coordinator in accounts.coordinators_of(town):
                queue(
                    recipient=coordinator,
                    event="mail_to_read",
                    subject_key=key,
                    city=town,
                    compose=partial(messages.to_read_tonight, reply, town),
                    now=now,
                    priority=Priority.NIGHT,
                )
    today = MailReply.objects.filter(person=person, received_at__gt=now - timedelta(days=1))
    if today.count() > ACKNOWLEDGED_A_DAY:
        return
    is_question = asked.event in answers.events()
    queue(
        recipient=person,
        event="mail_acknowledged",
        subject_key=key,
        city=town,
        compose=partial(messages.acknowledgement, reply, asked, is_question=is_question),
        now=now,
        channel="email",
    )


@transaction.atomic
def mark_seen(*, heard: Heard, by: User, now: datetime) -> None:
    """Somebody of the desk has read it, and nobody need be called about it any more. Twice changes nothing."""
    type(heard).objects.filter(pk=heard.pk, seen_at__isnull=True).update(seen_at=now, seen_by=by)
