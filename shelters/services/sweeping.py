"""What time brings to places: who answers has left, or nobody new may come for now."""

from datetime import datetime

from django.db import transaction

from accounts.selectors import told_of
from offers import services as offers
from offers.models import OfferState
from shelters import selectors
from shelters.models import Shelter
from shelters.services.locking import beds_locked, is_held_back
from shelters.services.places import hand_over


def look_after(*, by: None, now: datetime) -> int:
    """Hand the open places whose host is neither a member nor of the town's coordination any more to the association,
    and set the beds aside where it is not verified any more, or an incident holds some of them back; of how many places
    something was written. Who is promised a bed keeps it; the place takes its beds up again itself.
    """
    keys = list(Shelter.objects.filter(closed_at=None).order_by("pk").values_list("pk", flat=True))
    return sum(_look_after(key, now=now) for key in keys)


@transaction.atomic
def _look_after(shelter_id: int, *, now: datetime) -> bool:
    shelter = (
        Shelter.objects.select_for_update(no_key=True, of=("self",))
        .select_related("city", "organisation", "host")
        .get(pk=shelter_id)
    )
    if shelter.closed_at is not None:
        return False
    is_handed = not selectors.answers(shelter.host, shelter) and _hand_to_association(shelter, now=now)
    return _set_aside(shelter, now=now) or is_handed


def _hand_to_association(shelter: Shelter, *, now: datetime) -> bool:
    """Whether somebody of it is there to answer."""
    other = told_of(shelter.organisation).first()
    if other is None:
        return False
    hand_over(shelter, other, by=None, now=now)
    return True


def _set_aside(shelter: Shelter, *, now: datetime) -> bool:
    rows = selectors.nights_of(shelter)
    if shelter.organisation.is_verified and not is_held_back(rows):
        return False
    active = [offer for offer in beds_locked(rows) if offer.state == OfferState.ACTIVE]
    for offer in active:
        offers.pause(offer_id=offer.pk, by=None, now=now, of_place=True)
    return bool(active)
