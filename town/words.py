"""What changed in a town's settings, in words: "Délai de réponse, ce soir (heures) : 2 → 3"."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from accounts.access import ROLE_CHOICES
from accounts.models import CityEdit, Membership
from catalogue.labels import listed
from catalogue.vocabulary import Kind
from cities.models import City, Commune
from matching.models import CaseTaken
from oncall.models import Shift
from oncall.words import span_words

NOTHING = "–"
LONGEST = 60


def seats_in(edits: Iterable[CityEdit]) -> dict[str, str]:
    """The names of the communes that edits lead from and to."""
    codes = {code for edit in edits for code in edit.what.get("seat", ()) if code}
    return dict(Commune.objects.filter(pk__in=codes).values_list("pk", "name")) if codes else {}


def setting_lines(
    edit: CityEdit, *, seats: Mapping[str, str], only: Collection[str] | None = None
) -> list[str]:
    """A line for each setting that changed; `only` those of these fields."""
    names = [field.name for field in City._meta.get_fields() if field.name in edit.what]
    return [
        _("%(label)s\u202f: %(old)s → %(new)s")
        % {
            "label": capfirst(str(City._meta.get_field(name).verbose_name)),  # type: ignore[union-attr]
            "old": _value(name, edit.what[name][0], seats),
            "new": _value(name, edit.what[name][1], seats),
        }
        for name in names
        if only is None or name in only
    ]


def _value(name: str, value: Any, seats: Mapping[str, str]) -> str:
    field = City._meta.get_field(name)
    if value in (None, "", [], {}):
        return NOTHING
    if name == "seat":
        return seats.get(value, value)
    if name == "phone_hours_in":
        languages = dict(settings.LANGUAGES)
        return " · ".join(f"{languages.get(code, code)}\u00a0: {text}" for code, text in value.items())
    if name == "weights":
        return " · ".join(f"{points}" for points in value.values())
    if isinstance(value, bool):
        return _("oui") if value else _("non")
    if isinstance(field, ArrayField):
        kinds = dict(Kind.choices)
        return listed(str(kinds.get(kind, kind)) for kind in value)
    if isinstance(value, list):
        return listed(value)
    if isinstance(field, models.TimeField):
        return str(value)[:5]
    said = str(value)
    return said if len(said) <= LONGEST else f"{said[:LONGEST]}…"


def role_names(roles: Iterable[str]) -> str:
    """ "coordination, administration"."""
    known = {**dict(ROLE_CHOICES), **dict(Membership.Role.choices)}
    return listed(known.get(role, role) for role in roles)


def owned_words(row: CaseTaken | Shift) -> str:
    """ "B-7KQ2M4 · Une chambre pour ce soir", "d’astreinte du 3 au 10 mars"."""
    if isinstance(row, CaseTaken):
        return f"{row.need.reference} · {row.need.title}"
    return f"{row.get_rank_display()} {span_words(row.starts_at, row.ends_at, row.city)}"
