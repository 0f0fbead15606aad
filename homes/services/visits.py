"""A visit: planned, moved, called off, noted, concluded, undone. Lock order: offer, then visit.

`offers.services` keeps the one fact that others read, `vetted_at`: the moment in which the visit was concluded.
"""

from calendar import monthrange
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import selectors as accounts
from accounts.access import ADMINISTRATION, COORDINATION, DESK, has_role, require
from accounts.models import User
from catalogue import changes
from catalogue.vocabulary import Kind
from cities.days import local_day
from cities.models import City
from homes import messages, selectors
from homes.models import Checklist, ChecklistChange, Extract, Refusal, Visit, VisitChange, VisitState, Wish
from homes.models.visits import FARTHEST, MOST_QUESTIONS
from notifications.services import Text, queue
from offers import services as offers
from offers.models import Offer, OfferState
from webhooks import services as webhooks
from webhooks.events import Happening

# What may be noted during a visit, as often as one likes, until it is concluded.
NOTED = frozenset({"answers", "extract", "charter_on", "note"})


@transaction.atomic
def plan(*, offer_id: int, starts_at: datetime, visitor: User, by: User, now: datetime) -> Visit:
    """Plan the visit of a home; the host is told and invited, and whoever comes, unless they planned it themselves.

    ValidationError by field; raises PermissionDenied unless `by` coordinates in the town.
    """
    offer = _visitable(offer_id, by)
    _check_moment(starts_at, now=now)
    visit = _create(offer, starts_at=starts_at, visitor=visitor, by=by, now=now)
    _tell_of_moment(visit, "visit_planned", by=by, now=now)
    return visit


@transaction.atomic
def begin(*, offer_id: int, by: User, now: datetime) -> Visit:
    """Visit now, or note a visit that is just over: the planned one, or one that nobody has planned."""
    offer = _visitable(offer_id, by)
    planned = selectors.planned_of(offer)
    return planned or _create(offer, starts_at=now, visitor=by, by=by, now=now)


@transaction.atomic
def move(*, visit_id: int, starts_at: datetime, visitor: User, by: User, now: datetime) -> Visit:
    """Another moment, or somebody else who comes; all are told. ValidationError by field, PermissionDenied."""
    visit = _planned(visit_id, by)
    _check_moment(starts_at, now=now)
    _check_visitor(visit.offer, visitor)
    before, former = changes.values(visit), visit.visitor
    visit.starts_at, visit.visitor, visit.wish = starts_at, visitor, ""
    if not _save(visit, before, by=by, now=now):
        return visit
    _tell_of_moment(visit, "visit_moved", by=by, now=now)
    if former not in (visitor, by):
        _tell(visit, former, "visit_cancelled", messages.not_yours, now=now)
    return visit


@transaction.atomic
def cancel(*, visit_id: int, by: User, now: datetime) -> Visit:
    """Call a planned visit off; the host and whoever would have come are told. ValidationError, PermissionDenied."""
    visit = _planned(visit_id, by)
    _call_off(visit, by=by, now=now)
    if visit.starts_at > now:
        _tell(visit, visit.offer.owner, "visit_cancelled", messages.cancelled, now=now)
    return visit


@transaction.atomic
def ask_other_time(*, visit_id: int, wish: str, by: User, now: datetime) -> Visit:
    """The host would rather be visited at another time: the visit stands until the desk moves it."""
    visit = _hosts(visit_id, by, now=now)
    if wish not in Wish.values:
        raise ValidationError({"wish": _("Choisissez un moment.")})
    before = changes.values(visit)
    visit.wish = wish
    if _save(visit, before, by=by, now=now):
        _tell_desk(visit, messages.other_time, now=now)
    return visit


@transaction.atomic
def decline(*, visit_id: int, by: User, now: datetime) -> Visit:
    """The host cannot be visited: it is called off, and the desk told."""
    visit = _hosts(visit_id, by, now=now)
    _call_off(visit, by=by, now=now)
    _tell_desk(visit, messages.declined, now=now)
    return visit


@transaction.atomic
def note(*, visit_id: int, seen: Mapping[str, Any], by: User, now: datetime) -> Visit:
    """Note what was seen so far (fields of `NOTED`). That an extract was looked at is so from today, and by `by`."""
    visit = _planned(visit_id, by)
    _note(visit, seen, by=by, now=now)
    return visit


def _note(visit: Visit, seen: Mapping[str, Any], *, by: User, now: datetime) -> None:
    before = changes.values(visit)
    for name in NOTED & set(seen):
        setattr(visit, name, seen[name])
    today = local_day(now, visit.offer.city)
    if visit.charter_on is not None and visit.charter_on > today:
        raise ValidationError({"charter_on": _("Ce jour n’est pas encore venu.")})
    if visit.extract != before["extract"]:
        is_seen = visit.extract == Extract.SEEN
        visit.extract_on, visit.extract_by = (today, by) if is_seen else (None, None)
    visit.full_clean()
    _save(visit, before, by=by, now=now)


@transaction.atomic
def conclude(*, visit_id: int, by: User, now: datetime, seen: Mapping[str, Any] | None = None) -> Visit:
    """The home suits, for as many months as the town has set; `seen` is noted before. ValidationError while something
    is missing.
    """
    visit = _planned(visit_id, by)
    if seen is not None:
        _note(visit, seen, by=by, now=now)
    if selectors.missing(visit):
        raise ValidationError(_("Il manque encore quelque chose pour conclure cette visite."), code="missing")
    before = changes.values(visit)
    city = visit.offer.city
    visit.state, visit.concluded_at, visit.concluded_by = VisitState.PASSED, now, by
    visit.valid_until = months_later(local_day(now, city), city.visit_valid_months)
    visit.wish = ""
    _save(visit, before, by=by, now=now)
    offers.vet(offer_id=visit.offer_id, by=by, now=now)
    _tell(visit, visit.offer.owner, "visit_passed", messages.passed, now=now)
    return visit


@transaction.atomic
def refuse(*, visit_id: int, reason: str, by: User, now: datetime) -> Visit:
    """The home does not suit: it counts as visited no more, and the host is told why, kindly."""
    visit = _planned(visit_id, by)
    if reason not in Refusal.values:
        raise ValidationError({"refusal": _("Choisissez une raison.")})
    before = changes.values(visit)
    visit.state, visit.concluded_at, visit.concluded_by = VisitState.REFUSED, now, by
    visit.refusal, visit.wish = reason, ""
    _save(visit, before, by=by, now=now)
    offers.end_visit(offer_id=visit.offer_id, by=by, now=now)
    _tell(visit, visit.offer.owner, "visit_refused", messages.refused, now=now)
    return visit


@transaction.atomic
def reopen(*, visit_id: int, by: User, now: datetime) -> Visit:
    """Undo the end of a visit: what was noted is kept, and it waits to be concluded again. Until then the home counts
    as not visited. ValidationError unless it is the home's latest.
    """
    visit = _locked(visit_id, by)
    if visit.state not in (VisitState.PASSED, VisitState.REFUSED):
        raise _not_now()
    if Visit.objects.filter(offer=visit.offer, created_at__gt=visit.created_at).exclude(
        state=VisitState.CANCELLED
    ):
        raise ValidationError(
            _("Ce logement a une visite plus récente\u202f: reprenez celle-là."), code="later"
        )
    before = changes.values(visit)
    visit.state, visit.refusal, visit.valid_until = VisitState.PLANNED, "", None
    visit.concluded_at = visit.concluded_by = None
    _save(visit, before, by=by, now=now)
    visit.reminded_at = None
    visit.save(update_fields=["reminded_at"])
    offers.end_visit(offer_id=visit.offer_id, by=by, now=now)
    return visit


@transaction.atomic
def set_questions(*, city: City, questions: Sequence[str], by: User, now: datetime) -> Checklist | None:
    """The town's own list; None, and the built-in one asked again, when it is empty. Raises PermissionDenied."""
    require(has_role(by, city, ADMINISTRATION))
    City.objects.select_for_update(no_key=True).get(pk=city.pk)
    asked = list(dict.fromkeys(filter(None, (question.strip() for question in questions))))
    if len(asked) > MOST_QUESTIONS:
        raise ValidationError({"questions": _("Une liste compte trente questions au plus.")})
    known = Checklist.objects.filter(city=city).first()
    if known is None:
        if not asked:
            return None
        known = Checklist(city=city, questions=asked)
        known.full_clean()
        known.save(force_insert=True)
        said = changes.given(["questions"], known)
        ChecklistChange.objects.create(checklist=known, what=said, by=by, at=now)
        return known
    before = changes.values(known)
    known.questions = asked
    known.clean_fields()
    changes.save_changed(known, before, edit=ChecklistChange(checklist=known, by=by, at=now))
    return known if asked else None


def months_later(day: date, months: int) -> date:
    """The same day of a later month, or its last one: a month after 31 January is 28 February."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _visitable(offer_id: int, by: User) -> Offer:
    """The home, locked, for a coordinator of its town who does not live there: nobody vets their own home."""
    offer = Offer.objects.select_for_update(no_key=True).get(pk=offer_id)
    require(by.pk != offer.owner_id and has_role(by, offer.city, COORDINATION))
    if offer.kind != Kind.HOUSING:
        raise ValidationError(_("Seul un logement se visite."), code="kind")
    if offer.state in (OfferState.DRAFT, OfferState.WITHDRAWN, OfferState.FROZEN):
        raise _not_now()
    return offer


def _create(offer: Offer, *, starts_at: datetime, visitor: User, by: User, now: datetime) -> Visit:
    _check_visitor(offer, visitor)
    if selectors.planned_of(offer):
        raise ValidationError(_("Une visite de ce logement est déjà prévue."), code="planned")
    said = {"starts_at": starts_at, "visitor": visitor}
    visit = Visit.objects.create(offer=offer, created_at=now, changed_at=now, **said)
    VisitChange.objects.create(visit=visit, what=changes.given(said, visit), by=by, at=now)
    happened(visit, now=now)
    return visit


def _locked(visit_id: int, by: User) -> Visit:
    visit = _of_offer(visit_id)
    comes = visit.visitor_id == by.pk
    roles = DESK if comes else COORDINATION
    require(by.pk != visit.offer.owner_id and has_role(by, visit.offer.city, roles))
    return visit


def _planned(visit_id: int, by: User) -> Visit:
    """The planned visit, locked, for a coordinator of its town and for whoever makes it, but for the host."""
    visit = _locked(visit_id, by)
    if visit.state != VisitState.PLANNED:
        raise _not_now()
    return visit


def _hosts(visit_id: int, by: User, *, now: datetime) -> Visit:
    """The planned visit, locked, for whoever is visited, until it begins: what came of it is the town's to say."""
    visit = _of_offer(visit_id)
    require(by.pk == visit.offer.owner_id and by.is_active)
    if not selectors.host_may_answer(visit, now=now):
        raise _not_now()
    return visit


def _check_moment(starts_at: datetime, *, now: datetime) -> None:
    if starts_at <= now:
        raise ValidationError({"day": _("Ce moment est passé.")})
    if starts_at > now + FARTHEST:
        raise ValidationError({"day": _("Choisissez un jour d’ici un an.")})


def _check_visitor(offer: Offer, visitor: User) -> None:
    if not has_role(visitor, offer.city, DESK):
        raise ValidationError({"visitor": _("Cette personne ne fait pas partie de l’équipe.")})
    if visitor.pk == offer.owner_id:
        raise ValidationError({"visitor": _("Personne ne visite son propre logement.")})


def _not_now() -> ValidationError:
    return ValidationError(
        _("Ce n’est plus possible\u202f: entre-temps, quelque chose a changé."), code="state"
    )


def _save(visit: Visit, before: Mapping[str, Any], *, by: User | None, now: datetime) -> bool:
    """Save what changed, with its row; whether something did."""
    if not changes.save_changed(visit, before, edit=VisitChange(visit=visit, by=by, at=now)):
        return False
    visit.changed_at = now
    visit.save(update_fields=["changed_at"])
    if (visit.state, visit.starts_at) != (before["state"], before["starts_at"]):
        happened(visit, now=now)
    return True


def happened(visit: Visit, *, now: datetime) -> None:
    """Other systems are told that it is to come, or over."""
    is_to_come = visit.state == VisitState.PLANNED
    webhooks.record(
        city_id=visit.offer.city_id,
        happening=Happening.VISIT_PLANNED if is_to_come else Happening.VISIT_ENDED,
        subject_id=visit.pk,
        at=now,
        offer=visit.offer.reference,
        visit=visit.pk,
    )


def call_off(*, visit_id: int, by: None, now: datetime) -> None:
    """A visit that its home has outlived. Both the host and whoever comes have it in their calendars."""
    visit = _of_offer(visit_id)
    if visit.state == VisitState.PLANNED:
        _call_off(visit, by=None, now=now)
        if visit.starts_at > now:
            _tell(visit, visit.offer.owner, "visit_cancelled", messages.cancelled, now=now)


def _of_offer(visit_id: int) -> Visit:
    """The visit, locked after its home."""
    offer_id = Visit.objects.values_list("offer_id", flat=True).get(pk=visit_id)
    offer = Offer.objects.select_for_update(no_key=True).get(pk=offer_id)
    visit = Visit.objects.select_for_update(no_key=True).get(pk=visit_id)
    visit.offer = offer
    return visit


def _call_off(visit: Visit, *, by: User | None, now: datetime) -> None:
    before = changes.values(visit)
    visit.state, visit.wish = VisitState.CANCELLED, ""
    _save(visit, before, by=by, now=now)
    if visit.visitor != by and visit.starts_at > now:
        _tell(visit, visit.visitor, "visit_cancelled", messages.not_yours, now=now)


def _tell_of_moment(visit: Visit, event: str, *, by: User, now: datetime) -> None:
    _tell(visit, visit.offer.owner, event, messages.OF_EVENT[event], now=now)
    if visit.visitor != by:
        _tell(visit, visit.visitor, event, messages.yours, now=now)


def _tell_desk(visit: Visit, compose: Callable[[Visit], Text], *, now: datetime) -> None:
    for person in accounts.coordinators_of(visit.offer.city):
        if person.pk == visit.offer.owner_id:
            continue  # who answered
        _tell(visit, person, "visit_answered", compose, now=now)


def _tell(visit: Visit, person: User, event: str, compose: Callable[[Visit], Text], *, now: datetime) -> None:
    """Once for each change: its number is part of the message's key."""
    queue(
        recipient=person,
        event=event,
        subject_key=f"visit:{visit.pk}:{visit.edits.count()}",
        city=visit.offer.city,
        compose=partial(compose, visit),
        now=now,
    )
