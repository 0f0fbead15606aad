"""The town's register of what authorities asked it for."""

from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.access import ADMINISTRATION, has_role, require
from accounts.models import User
from catalogue.constraints import insert_checked
from cities.days import local_day
from cities.models import City
from town.models import OfficialRequest


@transaction.atomic
def note_official_request(
    *, city: City, day: date, authority: str, granted: bool, by: User, now: datetime
) -> OfficialRequest:
    """Count a request of an authority, and whether it was given anything. ValidationError for a day to come."""
    require(has_role(by, city, ADMINISTRATION))
    if day > local_day(now, city):
        raise ValidationError({"day": _("Ce jour n’est pas encore passé.")})
    row = OfficialRequest(city=city, day=day, authority=authority, granted=granted, by=by, at=now)
    insert_checked(row, loaded=["city", "by"])
    return row
