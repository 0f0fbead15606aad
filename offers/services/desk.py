"""What the desk decides about an offer: its visit, its suspension after a report, which of two goes on."""

from datetime import date, datetime, timedelta

from django.db import transaction

from accounts import selectors as accounts
from accounts.models import User
from accounts.services import log_contact_reading
from catalogue.constraints import IN_USE, refusal_of
from offers.models import STANDS_ON, Offer, OfferChange, OfferState
from offers.services.writing import do, forget_visit, locked, move, record

# In which states nobody is asked for an offer, and its owner has not said that anybody may be.
NOT_IN_USE = (OfferState.DRAFT, OfferState.UNCONFIRMED, OfferState.WITHDRAWN)
# Somebody works on a page: opening it again is the same look.
_ONE_LOOK = timedelta(minutes=15)


@transaction.atomic
def vet(*, offer_id: int, by: User, now: datetime) -> Offer:
    """Record that a home was visited, which a proposal to a family requires; a visit later counts from then."""
    offer = locked(offer_id)
    if offer.vetted_at != now:
        offer.vetted_at, offer.vetted_by = now, by
        offer.full_clean()
        offer.save(update_fields=["vetted_at", "vetted_by"])
        record(offer, act="vet", from_state=offer.state, by=by, now=now)
    return offer


@transaction.atomic
def end_visit(*, offer_id: int, by: User | None, now: datetime) -> Offer:
    """Record that the visit of a home counts no more: it ran out, was a mistake, or another found something else.

    The desk of each match in hand is told by the worker that this wakes. Doing it twice changes nothing.
    """
    offer = locked(offer_id)
    forget_visit(offer, by=by, now=now)
    return offer


@transaction.atomic
def freeze(*, offer_id: int, by: User | None, now: datetime, reason: str) -> Offer:
    """Suspend an offer after a report, at once and whatever its state. Nobody's name: a report is confidential."""
    known = set(OfferState) - {OfferState.FROZEN}
    return do(offer_id, "freeze", known, OfferState.FROZEN, by=by, now=now, reason=reason)


@transaction.atomic
def unfreeze(*, offer_id: int, by: User, now: datetime, reason: str) -> Offer:
    """Lift a suspension; its home is to be visited anew, and the citizen takes the offer up again themselves. What was
    not in use when it was suspended (taken back, not confirmed yet) is again what it was.
    """
    suspended = OfferChange.objects.filter(offer=offer_id, to_state=OfferState.FROZEN)
    before = suspended.order_by("at", "pk").values_list("from_state", flat=True).last()
    to = OfferState(before) if before in NOT_IN_USE else OfferState.PAUSED
    offer = do(offer_id, "unfreeze", {OfferState.FROZEN}, to, by=by, now=now, reason=reason)
    forget_visit(offer, by=by, now=now)
    return offer


@transaction.atomic
def exclude(*, offer_id: int, by: User, now: datetime, reason: str) -> Offer:
    """Take a suspended offer back for good, as its report was decided. ValidationError while somebody lives by it."""
    with refusal_of("offer_is_in_use", IN_USE):
        return do(
            offer_id, "exclude", {OfferState.FROZEN}, OfferState.WITHDRAWN, by=by, now=now, reason=reason
        )


@transaction.atomic
def close_double(*, offer_id: int, kept_id: int, by: User, now: datetime) -> Offer:
    """An offer that is the same as another is closed in favour of that one; the caller has looked whether it may be.

    ValidationError while somebody lives by it.
    """
    offer = locked(offer_id)
    offer.merged_into_id = kept_id
    with refusal_of("offer_is_in_use", IN_USE):
        move(offer, OfferState.WITHDRAWN, act="merge", by=by, now=now, also=["merged_into"])
    return offer


@transaction.atomic
def reopen_double(*, offer_id: int, state: str, paused_until: date | None, by: User, now: datetime) -> Offer:
    """Such an offer stands by itself again, in the state in which it was."""
    offer = locked(offer_id)
    offer.merged_into, offer.paused_until = None, paused_until
    also = ["merged_into"] if paused_until is None else ["merged_into", "paused_until"]
    if state == OfferState.ACTIVE and accounts.has_taken_back(offer.owner, STANDS_ON):
        state = OfferState.PAUSED
    move(offer, OfferState(state), act="unmerge", by=by, now=now, also=also)
    return offer


def note_address_read(*, offer: Offer, by: User, now: datetime) -> None:
    """Keep that somebody else than its owner read where a home or a meeting place is, if it says so."""
    if offer.address and by.pk != offer.owner_id:
        log_contact_reading(
            subject=offer.owner,
            reason="address",
            reference=offer.reference,
            city=offer.city,
            by=by,
            now=now,
            once_in=_ONE_LOOK,
        )
