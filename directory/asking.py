"""Sending the people of a need to a service: asked, answered with a day or a reason, reminded, given up.

What the service is told of a need is what a person offering is told of it: what kind of help, days, how many, commune,
languages. How the person is reached goes with it only once they agreed. Lock order: need, then referral.
"""

import logging
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.access import require
from accounts.models import User
from accounts.selectors import coordinators_of, told_of
from accounts.services import ensure_person, log_contact_reading
from cities.days import evening, local_day
from directory import messages, selectors
from directory.models import LIVE, WAITING, Referral, ReferralChange, ReferralState, Service
from needs.models import Need
from notifications.services import NewMessage, queue_many

log = logging.getLogger(__name__)

# No farther ahead does a service give a day.
FARTHEST = timedelta(days=90)
# How long after it the service still reads how the person is reached.
KEPT_AFTER = timedelta(days=30)
BATCH = 200
READ_ONCE_IN = timedelta(hours=24)
# A service that was told that nobody comes is not asked the same thing again so soon.
AGAIN_AFTER = timedelta(days=1)


class Answer(StrEnum):
    ACCEPT = "accept"
    DECLINE = "decline"
    CALL = "call"


_BECOMES = {
    Answer.ACCEPT: ReferralState.ACCEPTED,
    Answer.DECLINE: ReferralState.DECLINED,
    Answer.CALL: ReferralState.CALL,
}


@transaction.atomic
def ask(
    *,
    need_id: int,
    service: Service,
    words: str = "",
    contact: str = "",
    agreed: bool = False,
    by: User,
    now: datetime,
) -> tuple[Referral, bool]:
    """Ask a service to receive the people of a need; with whether anybody was written to, or it is to be called.

    `agreed`: the person has said that this service may have their `contact`. ValidationError of a contact without it,
    of a need that is over or ends before anybody could answer, of a service that is not shown, that is asked already
    or was asked and told otherwise within the day.
    """
    need = _need(need_id)
    require(selectors.may_refer(by, need))
    _refuse_closed(need)
    if not Service.objects.shown().filter(pk=service.pk, city=need.city_id).exists():
        raise ValidationError(_("Ce service n’est plus dans l’annuaire de la ville."), code="service")
    if contact and not agreed:
        raise ValidationError(
            {"agreed": _("Sans l’accord de la personne, ses coordonnées ne partent pas.")}, code="consent"
        )
    _refuse_twice(need, service)
    if selectors.was_taken_back_since(need, service, now - AGAIN_AFTER):
        raise ValidationError(
            _("Cette demande vient d’être reprise\u202f: appelez le service, ou attendez demain."),
            code="again",
        )
    answer_by = _answer_by(need, now)
    if answer_by <= now:
        raise ValidationError(
            _("Il est trop tard pour écrire à ce service aujourd’hui\u202f: appelez-le."), code="late"
        )
    referral = Referral.objects.create(
        need=need,
        service=service,
        words=words,
        contact=contact,
        consented_at=now if contact else None,
        asked_by=by,
        asked_at=now,
        answer_by=answer_by,
    )
    _record(referral, "ask", "", by=by, now=now)
    told = _tell_service(referral, "referral_asked", now=now)
    return referral, told


@transaction.atomic
def answer(
    *,
    referral_id: int,
    answer: Answer,
    day: date | None = None,
    hour: time | None = None,
    words: str = "",
    by: User,
    now: datetime,
) -> Referral:
    """The service says when it receives them, why it cannot, or that it wants to be called: the wait begins anew. Or
    whoever asked notes what it said on the telephone, also when the wait is over. ValidationError where it is too
    late, by field otherwise.
    """
    referral = _locked(referral_id)
    require(selectors.may_answer(by, referral))
    is_late = referral.state == ReferralState.LAPSED and selectors.may_refer(by, referral.need)
    if referral.state not in WAITING and not is_late:
        raise ValidationError(_("Il y a déjà une réponse, ou la question a été reprise."), code="state")
    _refuse_closed(referral.need)
    if is_late:
        _refuse_twice(referral.need, referral.service)
    today = local_day(now, referral.need.city)
    if answer is Answer.ACCEPT:
        if day is None:
            raise ValidationError({"day": _("Dites quel jour.")})
        if not today <= day <= today + FARTHEST:
            raise ValidationError({"day": _("Choisissez un jour dans les trois mois qui viennent.")})
        referral.day, referral.hour = day, hour
        referral.forget_on = day + KEPT_AFTER if referral.contact else None
    elif answer is Answer.DECLINE:
        if not words:
            raise ValidationError({"words": _("Dites pourquoi, en quelques mots.")})
        referral.contact = referral.words = ""
    else:
        referral.answer_by = max(referral.answer_by, _answer_by(referral.need, now))
    before, referral.state = referral.state, _BECOMES[answer]
    referral.answer, referral.answered_at = words, now
    referral.save(
        update_fields=[
            "state", "day", "hour", "contact", "words", "forget_on", "answer", "answered_at", "answer_by",
        ]
    )  # fmt: skip
    _record(referral, answer, before, by=by, now=now, reason=words)
    _tell_askers(referral, but=by, now=now)
    return referral


@transaction.atomic
def withdraw(*, referral_id: int, by: User, now: datetime) -> tuple[Referral, bool | None]:
    """Whoever may ask needs no answer any more, or the appointment falls through; with whether anybody was written to,
    or it is to be called. Twice is once: None.
    """
    referral = _locked(referral_id)
    require(selectors.may_refer(by, referral.need))
    if referral.state in LIVE:
        _end(referral, ReferralState.WITHDRAWN, "withdraw", by=by, now=now)
        return referral, _tell_service(referral, "referral_withdrawn", now=now)
    return referral, None


@transaction.atomic
def remind(*, by: None, now: datetime) -> int:
    """Ask once more, halfway to the end of the wait; how many."""
    found = list(selectors.to_remind(now).select_for_update(of=("self",), skip_locked=True)[:BATCH])
    for referral in found:
        _tell_service(referral, "referral_asked_again", now=now)
    Referral.objects.filter(pk__in=[one.pk for one in found]).update(reminded_at=now)
    return len(found)


@transaction.atomic
def give_up(*, by: None, now: datetime) -> int:
    """End what had no answer in time, and say so to whoever asked; how many."""
    found = list(selectors.over(now).select_for_update(of=("self",), skip_locked=True)[:BATCH])
    for referral in found:
        _end(referral, ReferralState.LAPSED, "lapse", by=None, now=now)
        _tell_askers(referral, but=None, now=now)
    return len(found)


@transaction.atomic
def end_of_closed(*, by: None, now: datetime) -> int:
    """Whoever is asked for a need that is over expects nobody any more; how many."""
    found = list(selectors.of_closed_needs(now).select_for_update(of=("self",), skip_locked=True)[:BATCH])
    for referral in found:
        _end(referral, ReferralState.WITHDRAWN, "withdraw", by=None, now=now)
        _tell_service(referral, "referral_withdrawn", now=now)
    return len(found)


@transaction.atomic
def forget_contacts(*, but_of: QuerySet[Any, int], now: datetime) -> int:
    """A month after the day that a service gave, it has no contact any more but of these people; how many."""
    return selectors.to_forget(now).exclude(need__person__in=but_of).update(contact="", forget_on=None)


@transaction.atomic
def note_read(*, referral_id: int, by: User, now: datetime) -> None:
    """The service has read how the person is reached: kept once a day, of whoever has an account with its readings."""
    referral = selectors.referrals().get(pk=referral_id)
    person = referral.need.person
    if person is not None:
        log_contact_reading(
            subject=person,
            reason="referral",
            reference=referral.need.reference,
            city=referral.need.city,
            by=by,
            now=now,
            once_in=READ_ONCE_IN,
        )
    elif not referral.changes.filter(act=selectors.READ, by=by, at__gt=now - READ_ONCE_IN).exists():
        _record(referral, selectors.READ, referral.state, by=by, now=now)


# --- What several of them do ---------------------------------------------------------------------------


def _need(need_id: int) -> Need:
    # Alone, and read afterwards: what is joined to a locked row is of before the wait.
    Need.objects.select_for_update(no_key=True).order_by().values_list("pk").get(pk=need_id)
    return Need.objects.select_related("city", "organisation", "commune").get(pk=need_id)


def _refuse_closed(need: Need) -> None:
    if not need.is_open:
        raise ValidationError(_("Ce besoin n’est plus ouvert."), code="state")


def _refuse_twice(need: Need, service: Service) -> None:
    if Referral.objects.filter(need=need, service=service, state__in=LIVE).exists():
        raise ValidationError(_("Ce service est déjà interrogé pour ce besoin."), code="twice")


def _answer_by(need: Need, now: datetime) -> datetime:
    """Until when a wait lasts that begins now."""
    hours = need.city.answer_hours(need.urgency_on(local_day(now, need.city)))
    return min(now + timedelta(hours=hours), evening(need.last_day, need.city))


def _locked(referral_id: int) -> Referral:
    """With its need, so that neither is closed meanwhile."""
    need_id = Referral.objects.order_by().values_list("need_id", flat=True).get(pk=referral_id)
    Need.objects.select_for_update(no_key=True).order_by().values_list("pk").get(pk=need_id)
    Referral.objects.select_for_update(no_key=True).order_by().values_list("pk").get(pk=referral_id)
    return selectors.referrals().get(pk=referral_id)


def _end(referral: Referral, state: ReferralState, act: str, *, by: User | None, now: datetime) -> None:
    before, referral.state = referral.state, state
    referral.contact, referral.words = "", ""
    referral.day, referral.hour, referral.forget_on = None, None, None
    referral.save(update_fields=["state", "contact", "words", "day", "hour", "forget_on"])
    _record(referral, act, before, by=by, now=now)


def _record(
    referral: Referral, act: str, before: str, *, by: User | None, now: datetime, reason: str = ""
) -> None:
    ReferralChange.objects.create(
        referral=referral,
        act=act,
        from_state=before,
        to_state=referral.state,
        by=by,
        reason=reason[:500],
        at=now,
    )
    log.info("referral %s: %s", referral.pk, act)


def _people_of(referral: Referral, now: datetime) -> list[User]:
    """Who is written to for its service: nobody for an association that is not verified."""
    service = referral.service
    if service.organisation is not None:
        return list(told_of(service.organisation)) if service.organisation.is_verified else []
    if service.email:
        return [ensure_person(email=service.email, name=service.name, by=referral.asked_by, now=now)]
    return []


def _tell_service(referral: Referral, event: str, *, now: datetime) -> bool:
    """Whether there is somebody to write to."""
    people = _people_of(referral, now)
    compose: Any = {
        "referral_asked": messages.asked,
        "referral_asked_again": messages.asked_again,
        "referral_withdrawn": messages.withdrawn,
    }[event]
    queue_many(
        drafts=[
            NewMessage(
                recipient=person,
                event=event,
                subject_key=f"referral:{referral.pk}",
                city=referral.service.city,
                compose=partial(compose, referral, person),
            )
            for person in people
        ],
        now=now,
    )
    return bool(people)


def _tell_askers(referral: Referral, *, but: User | None, now: datetime) -> None:
    """Whoever asked while they may, those whom the need's association tells, and the town's coordinators."""
    need, asker = referral.need, referral.asked_by
    people = {asker.pk: asker} if selectors.may_refer(asker, need) else {}
    people |= {one.pk: one for one in coordinators_of(need.city)}
    if need.organisation is not None and not need.organisation.is_suspended:
        people |= {one.pk: one for one in told_of(need.organisation)}
    is_silent = referral.state == ReferralState.LAPSED
    count = referral.changes.count()
    queue_many(
        drafts=[
            NewMessage(
                recipient=person,
                event="referral_silent" if is_silent else "referral_answered",
                subject_key=f"referral:{referral.pk}:{count}",
                city=need.city,
                compose=partial(messages.answered, referral),
            )
            for person in people.values()
            if but is None or person.pk != but.pk
        ],
        now=now,
    )
