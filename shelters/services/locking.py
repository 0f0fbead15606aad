"""A place that is about to be written: locked, by somebody who decides on it; whether it may take in somebody new."""

from collections.abc import Iterable, Sequence

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts.access import require
from accounts.models import User
from offers.models import Offer, OfferState
from shelters import selectors
from shelters.models import Nights, Shelter


def locked(shelter_id: int, by: User) -> Shelter:
    shelter = Shelter.objects.select_for_update(no_key=True).get(pk=shelter_id)
    require(selectors.runs(by, shelter))
    return shelter


def open_one(shelter_id: int, by: User) -> Shelter:
    shelter = locked(shelter_id, by)
    if shelter.closed_at is not None:
        raise ValidationError(_("Ce lieu est fermé."))
    return shelter


def beds_locked(rows: Iterable[Nights]) -> list[Offer]:
    """Their offers, locked as each promise locks them, by key: whoever locks several does so in this order."""
    offers = Offer.objects.filter(pk__in=[row.offer_id for row in rows])
    return list(offers.select_for_update(no_key=True).order_by("pk"))


def is_held_back(rows: Iterable[Nights]) -> bool:
    """Whether an incident holds beds of a place back: then nobody new comes to the others either."""
    return any(row.offer.state == OfferState.FROZEN for row in rows)


def check_takes_in(shelter: Shelter, rows: Sequence[Nights]) -> None:
    """ValidationError while nobody new may come to a place."""
    if not shelter.organisation.is_verified:
        raise ValidationError(
            _("L’association n’est pas vérifiée\u202f: le lieu ne reçoit personne de plus.")
        )
    if is_held_back(rows):
        raise ValidationError(
            _("Des places de ce lieu sont suspendues\u202f: il ne reçoit personne de plus.")
        )
