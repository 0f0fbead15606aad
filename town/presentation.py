"""What the pages of a town's administration show, as templates read it."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from functools import cache
from typing import Any

from django.apps import apps
from django.db.models import ForeignKey, Model
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import CityEdit, User
from catalogue.times import ago
from town import record
from town.models import AuditRow, Invitation
from town.record import Line
from town.words import role_names, seats_in, setting_lines


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


def record_lines(found: Iterable[Line], *, named: Collection[int], now: datetime) -> list[dict[str, Any]]:
    """The record, for a table: never an old or a new value, and of whom it is about the name only where they are
    `named`: of the team, or looked for.
    """
    found = list(found)
    people = User.objects.in_bulk({line.actor for line in found if line.actor} | {*named})
    return [
        {
            "at": line.at,
            "who": str(people.get(line.actor, _("Le service"))),
            "what": [{"text": _said(row), "details": ", ".join(_details(row))} for row in line.says],
            "references": list(dict.fromkeys(row.reference for row in line.says if row.reference)),
            "about": [
                str(people[key]) for key in dict.fromkeys(row.about for row in line.says) if key in named
            ],
            "folded": list(_counted(line.folded)),
        }
        for line in found
    ]


def _model(row: AuditRow) -> type[Model]:
    """Whose row it was; notes outlive a table that is no more."""
    return _models().get(row.table, AuditRow)


# Where that of which a history is kept has the state that the history tells of.
_STATES = ("state", "stage")


@cache
def _models() -> dict[str, type[Model]]:
    return {model._meta.db_table: model for model in apps.get_models(include_auto_created=True)}


def _said(row: AuditRow) -> str:
    model = _model(row)
    name = capfirst(str(_SAYS.get(model._meta.label, model._meta.verbose_name)))
    if row.table in record.histories() and row.act == AuditRow.Act.INSERT:
        return name
    return _("%(thing)s\u202f: %(act)s") % {"thing": name, "act": row.get_act_display()}


def _counted(rows: Iterable[AuditRow]) -> Iterator[str]:
    """What was written beside, alike rows as one with how many they are."""
    texts = Counter(
        f"{_said(row)} ({details})" if (details := ", ".join(_details(row))) else _said(row) for row in rows
    )
    yield from (f"{text} × {times}" if times > 1 else text for text, times in texts.items())


def _details(row: AuditRow) -> Iterator[str]:
    """The fields that changed, or the state that came of it."""
    model = _model(row)
    is_history = row.table in record.histories()
    if is_history:
        # The fields are those of what it is the history of: its first key other than who did it.
        model = next(
            field.related_model
            for field in model._meta.concrete_fields
            if isinstance(field, ForeignKey) and field.name != "by"
        )
    fields = {field.column: field for field in model._meta.concrete_fields}
    fields |= {field.name: field for field in model._meta.concrete_fields}
    states = next((fields[name].flatchoices for name in _STATES if name in fields), ())
    if row.act == AuditRow.Act.DELETE:
        return
    for name, pair in row.what.items():
        if is_history and name == "state" and isinstance(pair[1], str):
            yield str(dict(states).get(pair[1], pair[1]))
        elif name in _PARTS:
            yield str(_PARTS[name])
        elif name in fields and isinstance(fields[name].verbose_name, Promise):
            # What has no name for people is the service's own.
            yield str(fields[name].verbose_name)


# Of what has no field of its own.
_PARTS = {
    "windows": gettext_lazy("jours"),
    "role": gettext_lazy("rôle"),
    "reads_reports": gettext_lazy("lit les signalements"),
}


def invitation_card(row: Invitation, *, now: datetime) -> dict[str, Any]:
    """An invitation as those who invite see it: by the address that they typed.

    Whose it is, and under which name we know them, is for them to say when they accept.
    """
    return {
        "row": row,
        "address": row.person.email or _("Adresse effacée"),
        "roles": role_names(row.roles),
        "is_open": row.is_open(now),
    }
