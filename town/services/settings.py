"""The settings of a town, changed by its administrators."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts import services as accounts
from accounts.access import ADMINISTRATION, has_role, require
from accounts.models import User
from cities.models import City
from town.groups import GROUPS

OWN_FIELDS = frozenset(name for group in GROUPS for name in group.fields)


@transaction.atomic
def change_settings(*, city: City, fields: Mapping[str, Any], by: User, now: datetime) -> City:
    """Change what a town decides on, by its administrators alone. Raises ValidationError by field."""
    require(has_role(by, city, ADMINISTRATION) and OWN_FIELDS.issuperset(fields))
    return accounts.update_city(city_id=city.pk, changes=dict(fields), by=by, now=now)
