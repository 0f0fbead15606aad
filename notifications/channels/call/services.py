"""Calling: who does it now, and what came of it."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts import services as accounts
from accounts.models import PhoneProof, User
from catalogue.constraints import violated
from notifications import contacts
from notifications.channel_registry import BeingSaid
from notifications.channels.call import selectors
from notifications.channels.call.channel import NAME
from notifications.channels.call.models import COMES_BACK, TOLD, Call, Outcome
from notifications.events import Priority
from notifications.models import Message, MessageState

log = logging.getLogger(__name__)

# So long nobody else calls a person; whoever opens the call again has as long anew.
TAKEN_FOR = timedelta(minutes=15)
# When somebody who did not answer is tried again.
TRIED_AGAIN = {Priority.NIGHT: timedelta(minutes=15), Priority.ASK: timedelta(hours=1)}
OTHERS_TRIED_AGAIN = timedelta(hours=4)
LATEST_AGAIN = timedelta(days=60)
WRONG_NUMBER = "wrong number"


class Taken(BeingSaid):
    """Somebody else is calling this person."""

    def __init__(self, call: Call) -> None:
        super().__init__(call.by)
        self.call = call


@dataclass(frozen=True, slots=True)
class Noted:
    """What follows from a call. `answer_by`: the deadline of its question, where that has the next call come sooner."""

    message: Message
    answer_by: datetime | None = None


@transaction.atomic
def take(*, message_id: int, by: User, now: datetime) -> Call:
    """Say that one is calling this person now. Raises Taken while somebody else is; ValidationError if nobody is to,
    since they know, or nothing is wanted of them any more.
    """
    message = _locked(message_id)
    if not selectors.is_to_make(message):
        raise ValidationError(_("Cet appel n’est plus à faire."))
    call = _under_way(message, by=by, now=now)
    if call is not None and call.message_id == message.pk:
        call.taken_until = now + TAKEN_FOR
        call.save(update_fields=["taken_until"])
        return call
    if call is not None:  # they went from one message to another of the same person
        _end(call, Outcome.LEFT, now=now)
    return _begin(message, by=by, now=now)


@transaction.atomic
def note(
    *, message_id: int, outcome: Outcome, again_at: datetime | None = None, by: User, now: datetime
) -> Noted:
    """Record what came of a call, and what follows: told, on the list again at its hour, or among what did not arrive.

    `again_at` is for AGAIN; no call comes back so late that its question is closed. Of a message that is no longer
    to be said, the call alone is recorded, and doing it twice changes nothing. Who began another call to the same
    person meanwhile has left that one. Raises Taken while somebody else is calling, ValidationError by field, and
    where the call is not under way.
    """
    message = _locked(message_id)
    if outcome in TOLD and not is_known_at_number(message.recipient):
        raise ValidationError(_("Notez d’abord si c’est bien cette personne qui répond à ce numéro."))
    call, waits = _under_way(message, by=by, now=now), message.state == MessageState.QUEUED
    is_about_it = call is not None and call.message_id == message.pk
    if not waits and not is_about_it:
        return Noted(message)
    if call is None:
        raise ValidationError(
            _("Cet appel n’est plus en cours\u202f: reprenez-le pour noter ce qu’il a donné.")
        )
    comes_back, answer_by = _comes_back(message, outcome, again_at, now=now)
    if not is_about_it:
        _end(call, Outcome.LEFT, now=now)
        call = _begin(message, by=by, now=now)
    _end(call, outcome, again_at=comes_back, now=now)
    log.info("call about message %s: %s, by user %s", message.pk, outcome, by.pk)
    if not waits or outcome == Outcome.LEFT:
        return Noted(message)
    message.attempts += 1
    if outcome in TOLD:
        message.state, message.sent_at, message.called_by = MessageState.SENT, now, by
    elif outcome == Outcome.WRONG_NUMBER:
        accounts.doubt_phone(user=message.recipient, by=by, now=now)
        message.state, message.last_error = MessageState.FAILED, WRONG_NUMBER
    elif comes_back is not None:
        message.due_at = comes_back
    message.save(update_fields=["state", "sent_at", "called_by", "last_error", "due_at", "attempts"])
    return Noted(message, answer_by)


@transaction.atomic
def recognise(*, message_id: int, by: User, now: datetime) -> None:
    """Whoever answers at this number is the person: from now on it is proven. Raises Taken, and ValidationError where
    nobody is calling them.
    """
    message = _locked(message_id)
    call = _under_way(message, by=by, now=now)
    if call is None or call.message_id != message.pk or not message.recipient.phone:
        raise ValidationError(
            _("Cet appel n’est plus en cours\u202f: reprenez-le pour noter ce qu’il a donné.")
        )
    person = message.recipient
    accounts.prove_phone(user=person, phone=person.phone, how=PhoneProof.CALL, by=by, now=now)


def log_reading(message: Message, *, by: User, now: datetime) -> None:
    """Whoever calls reads the person's number, and the contact that the message tells them."""
    for subject in (message.recipient, contacts.told_by(message)):
        if subject is not None:
            accounts.log_contact_reading(
                subject=subject,
                reason="call",
                reference=f"message:{message.pk}",
                city=message.city,
                by=by,
                now=now,
                once_in=TAKEN_FOR,
            )


def is_known_at_number(person: User) -> bool:
    """Nothing is said to somebody at a number that nobody has proven; without one they were reached otherwise."""
    return not person.phone or bool(person.phone_proof)


def _locked(message_id: int) -> Message:
    return Message.objects.select_for_update(no_key=True).get(pk=message_id, channel=NAME)


def _under_way(message: Message, *, by: User, now: datetime) -> Call | None:
    """One's own call to that person, whatever about. Raises Taken; what nobody has noted in time is over."""
    of_person = Call.objects.select_for_update(no_key=True).filter(
        person=message.recipient_id, ended_at__isnull=True
    )
    call = of_person.first()
    if call is None or call.by_id == by.pk:
        return call
    if call.taken_until > now:
        raise Taken(call)
    _end(call, Outcome.LEFT, now=now)
    return None


def _begin(message: Message, *, by: User, now: datetime) -> Call:
    fields = {"message": message, "person_id": message.recipient_id, "by": by}
    while True:
        call = Call(**fields, began_at=now, taken_until=now + TAKEN_FOR)
        try:
            with transaction.atomic():
                call.save(force_insert=True)
        except IntegrityError as error:
            if violated(error) != "call_one_at_a_time":
                raise
            # In this very moment, about another message of theirs: this one is locked.
            other = Call.objects.filter(person=message.recipient_id, ended_at__isnull=True).first()
            if other is not None:
                raise Taken(other) from error
            # It has just ended: once more.
        else:
            return call


def _end(call: Call, outcome: Outcome, *, again_at: datetime | None = None, now: datetime) -> None:
    call.outcome, call.ended_at, call.again_at = outcome, now, again_at
    call.save(update_fields=["outcome", "ended_at", "again_at"])


def _comes_back(
    message: Message, outcome: Outcome, again_at: datetime | None, *, now: datetime
) -> tuple[datetime | None, datetime | None]:
    """When to call again, if at all, and the deadline that has it be sooner than was meant."""
    if outcome not in COMES_BACK:
        return None, None
    wanted = _wanted(message, outcome, again_at, now=now)
    answer_by = selectors.deadline_of(message)
    if answer_by is None or answer_by <= now:
        return wanted, None
    # In time for one more call; where even that is too late, halfway.
    latest = max(answer_by - TAKEN_FOR, now + (answer_by - now) / 2)
    return (wanted, None) if wanted <= latest else (latest, answer_by)


def _wanted(message: Message, outcome: Outcome, again_at: datetime | None, *, now: datetime) -> datetime:
    if outcome == Outcome.NO_ANSWER:
        return now + TRIED_AGAIN.get(Priority(message.priority), OTHERS_TRIED_AGAIN)
    if again_at is None:
        raise ValidationError({"again_at": _("Dites quand rappeler.")})
    if again_at <= now:
        raise ValidationError({"again_at": _("Ce moment est déjà passé.")})
    if again_at > now + LATEST_AGAIN:
        raise ValidationError({"again_at": _("Choisissez un moment d’ici deux mois.")})
    return again_at
