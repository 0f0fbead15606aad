"""A place that is about to be written: locked, by somebody who decides on it."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts.access import require
from accounts.models import User
from shelters import selectors
from shelters.models import Shelter


def locked(shelter_id: int, by: User) -> Shelter:
    shelter = Shelter.objects.select_for_update(no_key=True).get(pk=shelter_id)
    require(selectors.runs(by, shelter))
    return shelter


def open_one(shelter_id: int, by: User) -> Shelter:
    shelter = locked(shelter_id, by)
    if shelter.closed_at is not None:
        raise ValidationError(_("Ce lieu est fermé."))
    return shelter
