"""How an offer is written: locked, moved on, marked for the engine, and what was done kept as a row."""

from collections.abc import Sequence
from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from accounts import selectors as accounts
from accounts.models import User
from catalogue import changes
from catalogue.vocabulary import Category
from notifications.wake_up import wake_on_commit
from offers.asking import note_asked_answered
from offers.models import STANDS_ON, Offer, OfferChange, OfferEdit, OfferState
from webhooks import services as webhooks
from webhooks.events import Happening

SCAN_TASK = "matching.tasks.scan_due"

TAKEN_BACK = _(
    "L’accord de la personne est retiré. Il se redonne dans «\u00a0Mon compte\u00a0», ou au téléphone."
)

OF_PLACE = _(
    "Les places d’un lieu collectif se gèrent sur la page «\u00a0Lieux collectifs\u00a0» de la ville."
)

# What an owner does with their offer: with a place's, the place does.
_OWNERS = frozenset({"pause", "resume", "reconfirm", "withdraw"})
# What somebody does with an offer when they are asked whether it holds.
_ANSWERS = frozenset({"pause", "reconfirm", "withdraw"})

# Of which states other systems may be told. Not of a suspension: it says that something was reported.
HAPPENINGS = {
    OfferState.ACTIVE: Happening.OFFER_OPENED,
    OfferState.EXPIRED: Happening.OFFER_CLOSED,
    OfferState.WITHDRAWN: Happening.OFFER_CLOSED,
}


# Of an offer in one of these nobody was told yet that it is there.
UNTOLD = frozenset({OfferState.DRAFT, OfferState.UNCONFIRMED})


def locked(offer_id: int) -> Offer:
    return Offer.objects.select_for_update(no_key=True).get(pk=offer_id)


def do(
    offer_id: int,
    act: str,
    known: set[OfferState],
    to: OfferState,
    *,
    by: User | None,
    now: datetime,
    reason: str = "",
    confirms: bool = False,
    until: date | None = None,
    of_place: bool = False,
) -> Offer:
    offer = locked(offer_id)
    if act in _OWNERS:
        check_place(offer, of_place=of_place)
    if offer.state == to and not confirms:
        return offer
    if offer.state not in known:
        raise refused(offer)
    if to == OfferState.ACTIVE and accounts.has_taken_back(offer.owner, STANDS_ON):
        raise ValidationError(TAKEN_BACK, code="consent")
    if act in _ANSWERS:
        note_asked_answered(offer, by=by, now=now)
    if confirms:
        offer.confirmed_at, offer.reminded_at = now, None
    also = ["confirmed_at", "reminded_at"] if confirms else []
    if until is not None:
        offer.paused_until = until
        also.append("paused_until")
    move(offer, to, act=act, by=by, now=now, reason=reason, also=also)
    return offer


def check_place(offer: Offer, *, of_place: bool) -> None:
    """ValidationError "place" for the beds of a place for many, unless the place itself writes: else the two would
    differ, or a promised stay would be called off from a page that knows no place.
    """
    if offer.category == Category.COLLECTIVE_PLACE and not of_place:
        raise ValidationError(OF_PLACE, code="place")


def refused(offer: Offer) -> ValidationError:
    return ValidationError(
        _("Cette proposition est «\u00a0%(state)s\u00a0»\u202f: ce n’est plus possible."),
        code="state",
        params={"state": offer.get_state_display()},
    )


def move(
    offer: Offer,
    to: OfferState,
    *,
    act: str,
    by: User | None,
    now: datetime,
    reason: str = "",
    also: Sequence[str] = (),
) -> None:
    before = offer.state
    offer.state = to
    if to != OfferState.PAUSED and offer.paused_until is not None:
        offer.paused_until = None
        also = [*also, "paused_until"]
    touch(offer, material=True, now=now, also=["state", *also], revises=to != before)
    record(offer, act=act, from_state=before, by=by, now=now, reason=reason)


def touch(offer: Offer, *, material: bool, now: datetime, also: Sequence[str], revises: bool = True) -> None:
    """Write the named fields; a change that matters to the engine is marked as due and announced.

    `revises=False` leaves the revision alone: saying once more that an offer holds brings back no pair that
    somebody has set aside.
    """
    names = [*also, "changed_at"]
    offer.changed_at = now
    if material:
        if revises:
            offer.revision = F("revision") + 1
            names.append("revision")
        offer.scan_due_at = offer.scan_due_at or now  # since when, not when last
        names.append("scan_due_at")
        wake_on_commit(SCAN_TASK)
    offer.save(update_fields=names)
    if material and revises:
        offer.refresh_from_db(fields=["revision"])


def record(
    offer: Offer, *, act: str, from_state: str, by: User | None, now: datetime, reason: str = ""
) -> None:
    OfferChange.objects.create(
        offer=offer, act=act, from_state=from_state, to_state=offer.state, by=by, reason=reason[:500], at=now
    )
    if offer.state in HAPPENINGS and offer.state != from_state:
        opens = offer.state == OfferState.ACTIVE
        if opens or from_state not in UNTOLD:
            happened(offer, HAPPENINGS[OfferState(offer.state)], now=now)


def happened(offer: Offer, happening: Happening, *, now: datetime) -> None:
    """Other systems are told, of an offer that they know of, or that is open now."""
    if offer.state in UNTOLD:
        return
    webhooks.record(
        city_id=offer.city_id, happening=happening, subject_id=offer.pk, at=now, offer=offer.reference
    )


def forget_visit(offer: Offer, *, by: User | None, now: datetime) -> None:
    if offer.vetted_at is None:
        return
    before = changes.values(offer)
    offer.vetted_at = offer.vetted_by = None
    changes.save_changed(offer, before, edit=OfferEdit(offer=offer, by=by, at=now))
    wake_on_commit(SCAN_TASK)
