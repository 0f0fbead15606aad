"""Reports that freeze an offer: written down, read, and closed by two persons (docs/adr/0027)."""

from collections.abc import Callable, Collection
from datetime import datetime
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import acting
from accounts import selectors as accounts
from accounts.access import ADMINISTRATION, DESK, TEAM, has_role, require
from accounts.links import who_is_now
from accounts.models import RoleChange, User
from cities.models import City
from followups import messages, selectors
from followups.models import (
    ENDS,
    Concerned,
    End,
    Incident,
    IncidentChange,
    IncidentState,
    Reader,
    ReportedAs,
    What,
)
from matching import rehousing
from matching.models import Match, MatchState
from notifications.services import Text, alert, queue
from notifications.wake_up import wake_on_commit
from offers import services as offers
from offers.models import Offer, OfferState

IN_HAND_TASK = "matching.tasks.look_after_matches"
STAYS = _("Quelqu’un y vit encore\u202f: mettez d’abord fin à cet accueil, dans le dossier.")


class AlreadyDone(Exception):
    """A colleague was quicker: the report stands elsewhere than whoever decides has read."""


class NoSecondPerson(Exception):
    """Whoever has reported it, or has proposed the end, does not confirm it."""


@acting.unnamed()
def report_incident(
    *,
    offer_id: int,
    text: str,
    by: User,
    now: datetime,
    match_id: int | None = None,
    what: str = What.OTHER,
    phone: str = "",
    call_when: str = "",
    not_read_by: Collection[User] = (),
) -> Incident:
    """Write a report down, suspend the offer at once, look for another home for whoever lives there, tell those who may
    read it. `not_read_by`: whom of the team it is about. Of an offer that was in here twice the one that goes on is
    suspended, whichever is named.

    ValidationError by field, PermissionDenied for whoever the match does not concern.
    """
    # What is confirmed or begins in this moment waits for the offer, or is seen here.
    offer = _the_one_that_goes_on(offer_id)
    match = Match.objects.select_related("need", "city", "offer__city").get(pk=match_id) if match_id else None
    if match is None:
        require(has_role(by, offer.city, DESK))
    else:
        require(match.offer_id == offer_id and selectors.may_report(by, match))
    incident = Incident(
        city=offer.city,
        offer=offer,
        match=match,
        what=what,
        text=text.strip(),
        reported_as=_side(by, match),
        reported_by=by,
        reported_at=now,
        phone=phone,
        call_when=call_when.strip(),
    )
    incident.full_clean()
    incident.save(force_insert=True)
    team = set(accounts.team_in(offer.city).values_list("pk", flat=True))
    # As it is now: whoever leaves the association tomorrow does not read what was said of it.
    about = selectors.concerned_by(incident) | (team & {one.pk for one in not_read_by})
    if match is None:
        about |= selectors.in_hand_with(offer, team)
    Concerned.objects.bulk_create(
        [Concerned(incident=incident, person_id=one, by=by, at=now) for one in sorted(about)]
    )
    # Nobody's name, here and in what the database notes: whoever reads the offer's history, or the town's record, is
    # not to learn who has spoken.
    offers.freeze(offer_id=offer.pk, by=None, now=now, reason=f"incident {incident.pk}")
    rehousing.rehouse_from_offer(offer_id=offer.pk, by=None, now=now)
    wake_on_commit(IN_HAND_TASK)
    _tell_readers(incident, now=now)
    return incident


@transaction.atomic
def read(*, incident_id: int, by: User, now: datetime) -> Incident:
    """Keep that somebody reads it: each reading is a row, which the other readers and the town's record show.

    PermissionDenied for who may not.
    """
    incident = _readable(incident_id, by)
    _record(incident, selectors.READ, before=incident.state, by=by, now=now)
    return incident


@transaction.atomic
def keep_from(*, incident_id: int, person: User, by: User, now: datetime) -> None:
    """A reader says that it is about somebody of the team, who then neither reads it nor has a word in its end; twice
    is once. PermissionDenied for who may not read it, ValidationError for somebody of another team.
    """
    incident = _locked(incident_id, by)
    if not has_role(person, incident.city, TEAM):
        raise ValidationError({"person": _("Cette personne n’est pas de l’équipe.")})
    _row, is_new = Concerned.objects.get_or_create(
        incident=incident, person=person, defaults={"by": by, "at": now}
    )
    if not is_new:
        return
    _record(incident, "keep_from", before=incident.state, by=by, now=now)
    if incident.state == IncidentState.ENDING and incident.proposed_by_id == person.pk:
        _back_to_open(incident, by=by, now=now)
    _tell_readers(incident, now=now)


@transaction.atomic
def propose_end(*, incident_id: int, end: str, conclusion: str, by: User, now: datetime) -> Incident:
    """Say why it can be closed; another reader confirms it. ValidationError by field, AlreadyDone, NoSecondPerson for
    whoever has reported it, PermissionDenied for who may not read it.
    """
    incident = _locked(incident_id, by)
    if incident.state != IncidentState.OPEN:
        raise AlreadyDone
    if not selectors.can_decide(by, incident):
        raise NoSecondPerson
    if end not in ENDS:
        raise ValidationError({"end": _("Choisissez une raison.")})
    if not conclusion.strip():
        raise ValidationError({"conclusion": _("Dites en une phrase ce que vous avez décidé.")})
    if end == End.EXCLUDED:
        _check_empty(incident)
    incident.state, incident.end, incident.conclusion = IncidentState.ENDING, end, conclusion.strip()
    incident.proposed_by, incident.proposed_at = by, now
    _save(incident, "propose_end", before=IncidentState.OPEN, by=by, now=now)
    for person in selectors.others_who_decide(incident, by):
        each = f":{now:%Y%m%d%H%M%S%f}"
        _tell(person, "incident_to_confirm", incident, messages.end_to_confirm, now=now, each=each)
    return incident


@transaction.atomic
def take_back_end(*, incident_id: int, by: User, now: datetime) -> Incident:
    """The end that was proposed is not agreed on, or was a mistake: any reader says so. AlreadyDone,
    PermissionDenied.
    """
    incident = _locked(incident_id, by)
    if incident.state != IncidentState.ENDING:
        raise AlreadyDone
    _back_to_open(incident, by=by, now=now)
    return incident


@transaction.atomic
def confirm_end(*, incident_id: int, proposed_at: datetime, by: User, now: datetime) -> Incident:
    """A second reader agrees: the report is closed. Once no other report on the offer is open, it is suspended no more,
    and its home is to be visited anew; or it is taken back for good. Its owner and whoever has reported are told.

    `proposed_at`: of the end that they have read. AlreadyDone when it is another by now, NoSecondPerson for who has
    proposed it or reported, ValidationError while somebody lives in a home that is taken back, PermissionDenied.
    """
    incident = _locked(incident_id, by)
    if incident.state != IncidentState.ENDING or incident.proposed_at != proposed_at:
        raise AlreadyDone
    if by.pk == incident.proposed_by_id or not selectors.can_decide(by, incident):
        raise NoSecondPerson
    incident.state, incident.closed_by, incident.closed_at = IncidentState.CLOSED, by, now
    _save(incident, "confirm_end", before=IncidentState.ENDING, by=by, now=now)
    _let_go(incident, by=by, now=now)
    _tell_reporter(incident, now=now)
    return incident


@transaction.atomic
def name_reader(*, city: City, person: User, by: User, now: datetime) -> None:
    """The town names somebody of its team to read its reports; twice is once. PermissionDenied, ValidationError for
    somebody of another team.
    """
    require(has_role(by, city, ADMINISTRATION))
    if not has_role(person, city, TEAM):
        raise ValidationError(_("Cette personne n’est pas de l’équipe."))
    _row, is_new = Reader.objects.get_or_create(
        city=city, person=person, defaults={"named_by": by, "named_at": now}
    )
    if is_new:
        RoleChange.objects.create(
            person=person, city=city, what={"reads_reports": [False, True]}, by=by, at=now
        )
        for incident in Incident.objects.open().filter(city=city).select_related("city").order_by("pk"):
            _tell_readers(incident, now=now)


@transaction.atomic
def no_longer_reads(*, city: City, person: User, by: User, now: datetime) -> None:
    """Somebody is named no more. PermissionDenied for another who does not see to the team."""
    require(by == person or has_role(by, city, ADMINISTRATION))
    leaves_team(person=person, city=city, by=by, now=now)


@transaction.atomic
def leaves_team(*, person: User, city: City, by: User | None, now: datetime) -> None:
    """Whoever is of a town's team no more reads none of its reports, nor when they come back: they are named anew."""
    gone, _rows = Reader.objects.filter(city=city, person=person).delete()
    if gone:
        RoleChange.objects.create(
            person=person, city=city, what={"reads_reports": [True, False]}, by=by, at=now
        )


def _the_one_that_goes_on(offer_id: int) -> Offer:
    """The offer, or that in favour of which it was closed; all between them are locked, in the order of their keys like
    everywhere (`town.services.offer_doubles`), so that no report is lost to a deadlock.
    """
    rows = Offer.objects.select_for_update(no_key=True, of=("self",)).select_related("city")
    while True:
        keys = _chain(offer_id)
        with transaction.atomic():
            found = {offer.pk: offer for offer in rows.filter(pk__in=keys).order_by("pk")}
            if [found[key].merged_into_id for key in keys] == [*keys[1:], None]:
                return found[keys[-1]]
            # It was joined, or undone, while we waited: let go of these, and follow it anew.
            transaction.set_rollback(True)


def _chain(offer_id: int) -> list[int]:
    keys = [offer_id]
    while (offer := Offer.objects.filter(pk=keys[-1]).only("merged_into").first()) and offer.merged_into_id:
        keys.append(offer.merged_into_id)
    return keys


def _side(by: User, match: Match | None) -> str:
    if match is not None and match.offer.owner_id == by.pk:
        return ReportedAs.HOST
    is_of_desk = match is None or any(has_role(by, town, DESK) for town in (match.city, match.offer.city))
    return ReportedAs.DESK if is_of_desk else ReportedAs.POSTER


def _readable(incident_id: int, by: User) -> Incident:
    found = Incident.objects.visible_to(by).filter(pk=incident_id)
    incident = found.select_related("city", "offer__city", "match__need").first()
    require(incident is not None)
    assert incident is not None
    return incident


def _locked(incident_id: int, by: User) -> Incident:
    """The offer's lock first: two reports on one offer, closed at once, must see each other."""
    offer_id = _readable(incident_id, by).offer_id
    Offer.objects.select_for_update(no_key=True).get(pk=offer_id)
    Incident.objects.select_for_update(no_key=True).get(pk=incident_id)
    return _readable(incident_id, by)


def _save(incident: Incident, act: str, *, before: str, by: User, now: datetime) -> None:
    columns = ["state", "end", "conclusion", "proposed_by", "proposed_at", "closed_by", "closed_at"]
    incident.full_clean(exclude=["city", "offer", "match", "reported_by"])
    incident.save(update_fields=columns)
    _record(incident, act, before=before, by=by, now=now)


def _record(incident: Incident, act: str, *, before: str, by: User, now: datetime) -> None:
    IncidentChange.objects.create(
        incident=incident,
        act=act,
        from_state=before,
        to_state=incident.state,
        reason=incident.conclusion if act == "propose_end" else "",
        by=by,
        at=now,
    )


def _back_to_open(incident: Incident, *, by: User, now: datetime) -> None:
    incident.state, incident.end, incident.conclusion = IncidentState.OPEN, "", ""
    incident.proposed_by = incident.proposed_at = None
    _save(incident, "take_back_end", before=IncidentState.ENDING, by=by, now=now)


def _check_empty(incident: Incident) -> None:
    if Match.objects.filter(offer=incident.offer_id, state=MatchState.UNDER_WAY).exists():
        raise ValidationError({"end": STAYS})


def _let_go(incident: Incident, *, by: User, now: datetime) -> None:
    reason = f"incident {incident.pk}"
    offer = Offer.objects.get(pk=incident.offer_id)
    if offer.state != OfferState.FROZEN:
        return  # another report has taken it back
    if incident.end == End.EXCLUDED:
        _check_empty(incident)
        offers.exclude(offer_id=offer.pk, by=by, now=now, reason=reason)
        _tell(offer.owner, "incident_closed", incident, messages.offer_taken_back, now=now)
        return
    if Incident.objects.open().filter(offer=offer).exists():
        return
    offer = offers.unfreeze(offer_id=offer.pk, by=by, now=now, reason=reason)
    if offer.state == OfferState.PAUSED:  # nobody takes up what was taken back before
        _tell(offer.owner, "incident_closed", incident, messages.offer_given_back, now=now)
    wake_on_commit(IN_HAND_TASK)


def _tell_readers(incident: Incident, *, now: datetime) -> None:
    """Those who may read it, once each; where fewer than two may decide, the administrators, who name somebody."""
    readers = selectors.readers_of(incident)
    for person in readers:
        if person.pk == incident.reported_by_id:
            continue
        if incident.what == What.DANGER:
            alert(**_message(person, "incident_danger", incident, messages.incident_reported, now=now))
        else:
            _tell(person, "incident_reported", incident, messages.incident_reported, now=now)
    who_decide = selectors.who_decide(incident)
    if len(who_decide) >= 2:
        return
    compose, state = (messages.one_reads, ":one") if who_decide else (messages.nobody_reads, "")
    for person in accounts.administrators_of(incident.city) or accounts.coordinators_of(incident.city):
        _tell(person, "incident_without_reader", incident, compose, now=now, each=state)


def _tell_reporter(incident: Incident, *, now: datetime) -> None:
    """By what reaches them alone (`Event.private`); who was in here twice and is one now is told by the row that goes
    on. Where it reaches them not, a reader calls (`selectors.is_to_be_called`).
    """
    person = User.objects.get(pk=who_is_now(incident.reported_by_id))
    _tell(person, "incident_answered", incident, messages.was_read, now=now)


def _tell(
    person: User,
    event: str,
    incident: Incident,
    compose: Callable[[Incident], Text],
    *,
    now: datetime,
    each: str = "",
) -> None:
    queue(**_message(person, event, incident, compose, now=now, each=each))


def _message(
    person: User,
    event: str,
    incident: Incident,
    compose: Callable[[Incident], Text],
    *,
    now: datetime,
    each: str = "",
) -> dict[str, Any]:
    """`each`: what is told once more of the same report."""
    return {
        "recipient": person,
        "event": event,
        "subject_key": f"incident:{incident.pk}{each}",
        "city": incident.city,
        "compose": partial(compose, incident),
        "now": now,
    }
