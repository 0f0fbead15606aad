"""A town begins, and one that was made by mistake ends while nothing has happened in it."""

from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts import services as accounts
from accounts.access import ADMINISTRATION, has_role, require
from accounts.models import User
from cities.models import City
from town import links


@transaction.atomic
def open_first_town(*, token: str, by: None, now: datetime, **town: Any) -> City:
    """The first town of an installation, by whoever has the link for it, once; `town` as `found_town` takes it.

    Raises PermissionDenied where the link holds no more, and ValidationError with what is wrong.
    """
    with connection.cursor() as cursor:
        # Of two who send the page at once, the second finds the first one's town.
        cursor.execute("LOCK TABLE cities_city IN SHARE ROW EXCLUSIVE MODE")
    if not links.opens_first_town(token):
        raise PermissionDenied
    return accounts.found_town(**town, by=by, now=now)


@transaction.atomic
def remove_town(*, city: City, typed: str, by: User, now: datetime) -> None:
    """An administrator removes a closed, empty town; they type its short address. Raises ValidationError with what
    stands in the way.
    """
    require(has_role(by, city, ADMINISTRATION))
    if typed.strip().lower() != city.slug:
        raise ValidationError(_("Ce n’est pas l’adresse courte de la ville."))
    accounts.remove_town(city_id=city.pk, by=by, now=now)
