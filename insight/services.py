"""Defining and removing an indicator of a town."""

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.access import COORDINATION, has_role, require
from accounts.models import User
from catalogue.constraints import insert_checked
from cities.models import City
from insight.models import OwnIndicator, Subject
from insight.own import STATES

log = logging.getLogger(__name__)


@transaction.atomic
def define(*, city: City, fields: Mapping[str, Any], by: User, now: datetime) -> OwnIndicator:
    """Keep what is to be counted from now on, of all months. Raises ValidationError."""
    require(has_role(by, city, COORDINATION))
    indicator = OwnIndicator(city=city, defined_by=by, defined_at=now, **fields)
    if indicator.state and indicator.state not in STATES[Subject(indicator.subject)].values:
        raise ValidationError({"state": _("Cet état n’est pas un état de ce qui est compté.")})
    insert_checked(indicator, loaded=["city", "commune", "defined_by"])
    log.info("indicator %s defined", indicator.pk)
    return indicator


@transaction.atomic
def remove(*, indicator_id: int, by: User, now: datetime) -> None:
    """It is counted no more; its row says what it was, and who removed it. Twice changes nothing."""
    indicator = OwnIndicator.objects.select_for_update(of=("self",), no_key=True).get(pk=indicator_id)
    require(has_role(by, indicator.city, COORDINATION))
    if indicator.removed_at is None:
        indicator.removed_at, indicator.removed_by = now, by
        indicator.save(update_fields=["removed_at", "removed_by"])
        log.info("indicator %s removed", indicator.pk)
