"""What the pages of a town's administration show, as templates read it."""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import CityEdit, User
from catalogue.times import ago
from town.record import Row
from town.words import seats_in, setting_lines


def setting_events(
    edits: Iterable[CityEdit], *, only: Collection[str] | None = None, now: datetime
) -> list[dict[str, Any]]:
    """The history of the settings, for a timeline."""
    edits = list(edits)
    seats = seats_in(edits)
    return [
        {
            "text": str(edit.by or _("Le service")),
            "at": edit.at,
            "when": ago(edit.at, now),
            "note": "",
            "state": "",
            "lines": setting_lines(edit, seats=seats, only=only),
        }
        for edit in edits
    ]


# What the rows of a table say, where the name of the table does not.
_SAYS = {
    "offers.OfferChange": gettext_lazy("Proposition\u202f: nouvel état"),
    "offers.OfferEdit": gettext_lazy("Proposition modifiée"),
    "needs.NeedChange": gettext_lazy("Besoin\u202f: nouvel état"),
    "needs.NeedEdit": gettext_lazy("Besoin modifié"),
    "matching.Decision": gettext_lazy("Décision sur une mise en relation"),
    "accounts.ContactReading": gettext_lazy("Coordonnées lues"),
    "followups.IncidentChange": gettext_lazy("Signalement lu, ou décidé"),
}


def record_lines(found: Iterable[Row], *, named: Collection[int], now: datetime) -> list[dict[str, Any]]:
    """The record, for a table: never an old or a new value, and of whom it is about the name only where they are
    `named`: of the team, or looked for.
    """
    found = list(found)
    people = User.objects.in_bulk({row.actor for row in found if row.actor} | {*named})
    return [
        {
            "at": row.at,
            "who": str(people[row.actor]) if row.actor else _("Le service"),
            "what": capfirst(str(_SAYS.get(row.source.name, row.source.model._meta.verbose_name))),
            "reference": row.reference,
            "about": str(people[row.about]) if row.about in named else "",
            "details": ", ".join(_details(row)),
        }
        for row in found
    ]


def _details(row: Row) -> Iterator[str]:
    """The fields that changed, or the state that came of it."""
    for name, value in row.said.items():
        if name == "state" and isinstance(value, str):
            states = dict(row.source.owner._meta.get_field("state").flatchoices)  # type: ignore[union-attr]
            yield str(states.get(value, value))
            continue
        try:
            yield str(row.source.owner._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
        except FieldDoesNotExist:
            yield str(_PARTS.get(name, name))


# Of what has no field of its own.
_PARTS = {
    "windows": gettext_lazy("jours"),
    "role": gettext_lazy("rôle"),
    "reads_reports": gettext_lazy("lit les signalements"),
}
