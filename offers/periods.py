"""The days of an offer: one or more periods, each with a first day and perhaps a last one."""

import itertools
from collections.abc import Sequence
from datetime import date
from struct import pack
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from catalogue.vocabulary import MOST_PERIODS, TOO_MANY_PERIODS

Period = tuple[date, date | None]

_DAY_ZERO, _INFINITY = date(2000, 1, 1).toordinal(), 2**31 - 1


def checked_periods(windows: Sequence[Period]) -> list[Period]:
    """Periods in order; ValidationError under "windows" when none, too many, out of order, overlapping or open in the
    middle.
    """
    periods = sorted(windows, key=lambda period: period[0])
    if not periods:
        raise ValidationError({"windows": _("Dites à partir de quel jour vous êtes disponible.")})
    if len(periods) > MOST_PERIODS:
        raise ValidationError({"windows": TOO_MANY_PERIODS})
    for first, last in periods:
        if last is not None and last < first:
            raise ValidationError({"windows": _("La fin doit venir après le début.")})
    for (_first, last), (following, _last) in itertools.pairwise(periods):
        if last is None or following <= last:
            raise ValidationError({"windows": _("Deux périodes se chevauchent.")})
    return periods


def as_kept(periods: Sequence[Period]) -> dict[str, Any]:
    """What periods in order say, as the database keeps it beside the offer (docs/adr/0007): its first and last day, and
    all days as PostgreSQL sends them.
    """
    sent = b"".join(
        pack(">ii", first.toordinal() - _DAY_ZERO, last.toordinal() - _DAY_ZERO if last else _INFINITY)
        for first, last in periods
    )
    return {"first_day": periods[0][0], "last_day": periods[-1][1], "days": sent}


def as_days(periods: Sequence[Period]) -> list[list[str | None]]:
    """Periods as an edit keeps them."""
    return [[first.isoformat(), last.isoformat() if last else None] for first, last in periods]
