"""An edit in words: "Jours : du 3 au 20 mars → du 3 au 15 mars"."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from functools import partial
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from catalogue.changes import What
from catalogue.labels import either, item_label, km_words, language_names, listed, size_label
from catalogue.languages import validate_language
from catalogue.models import FieldChange
from catalogue.slots import parse_slot, validate_slot
from catalogue.times import day_range, day_words, slot_words
from cities.models import Commune

POINT = frozenset({"latitude", "longitude"})
NOTHING = "–"
_GOODS = {"item": item_label, "items": item_label, "size": size_label, "sizes": size_label}


def communes_in(edits: Iterable[FieldChange]) -> dict[str, str]:
    """The names of the communes that edits lead from and to."""
    codes = {code for edit in edits for code in edit.what.get("commune", ()) if code}
    return {commune.pk: commune.name for commune in Commune.objects.filter(pk__in=codes)} if codes else {}


def lines(
    model: type[models.Model],
    what: What,
    *,
    today: date,
    communes: Mapping[str, str],
    hidden: Collection[str] = (),
) -> list[str]:
    """A line for each field that changed; of `hidden` ones, long texts and what was erased only that it did."""
    said = []
    for name, (old, new) in sorted(what.items(), key=partial(_place, model)):
        if name == "windows":
            said.append(_old_and_new(_("Jours"), _periods(old, today), _periods(new, today)))
        elif name == "vetted_at":
            said.append(_("La visite est à refaire"))
        elif name in POINT:
            continue  # once, below
        elif isinstance(field := model._meta.get_field(name), models.ForeignKey) and name != "commune":
            continue  # who, which goes with the field before it
        elif name in hidden or isinstance(field, models.TextField) or old == new:
            said.append(_("Changement\u202f: %(what)s") % {"what": _label(field)})
        else:
            shown = (_value(field, value, today=today, communes=communes) for value in (old, new))
            said.append(_old_and_new(capfirst(_label(field)), *shown))
    if "commune" not in what and not POINT.isdisjoint(what):
        said.append(_("Changement\u202f: %(what)s") % {"what": _("point sur la carte")})
    return said


def sides(
    model: type[models.Model], what: What, *, today: date, communes: Mapping[str, str]
) -> list[tuple[str, str, str]]:
    """What each field that changed is called, and its old and its new value in words, long texts too."""
    said = []
    for name, (old, new) in sorted(what.items(), key=partial(_place, model)):
        if name == "windows":
            said.append((_("Jours"), _periods(old, today), _periods(new, today)))
        elif name in POINT:
            said.append((name, str(old), str(new)))
        else:
            field = model._meta.get_field(name)
            before = _value(field, old, today=today, communes=communes)
            after = _value(field, new, today=today, communes=communes)
            said.append((capfirst(_label(field)), before, after))
    return said


def _place(model: type[models.Model], entry: tuple[str, Any]) -> int:
    """The periods, then the fields as the model has them: JSON keeps no order."""
    names = ["windows", *(field.name for field in model._meta.concrete_fields)]
    return names.index(entry[0])


def _old_and_new(label: str, old: str, new: str) -> str:
    return _("%(label)s\u202f: %(old)s → %(new)s") % {"label": label, "old": old, "new": new}


def _label(field: Any) -> str:
    # Beside a date "du" and "au" are enough; alone they are not.
    days = {"first_day": _("premier jour"), "last_day": _("dernier jour")}
    return days.get(field.name) or str(field.verbose_name)


def _periods(periods: list[list[str | None]] | None, today: date) -> str:
    days = [[date.fromisoformat(day) if day else None for day in period] for period in periods or ()]
    return listed(day_range(first, last, today=today) for first, last in days if first) or NOTHING


def _value(field: Any, value: Any, *, today: date, communes: Mapping[str, str]) -> str:
    if value in (None, "", []):
        return NOTHING
    if isinstance(value, bool):
        return _("oui") if value else _("non")
    if field.name == "commune":
        return communes.get(value, value)
    if said := _GOODS.get(field.name):
        return either(map(said, [value] if isinstance(value, str) else value))
    if isinstance(field, ArrayField):
        return _list(field.base_field, value)
    if isinstance(field, models.DateField):
        return day_words(datetime.fromisoformat(value).date(), today=today)
    if isinstance(value, float):
        # Of all that is shown, distances alone are no whole numbers.
        return km_words(value)
    return str(dict(field.flatchoices).get(value, value))


def _list(field: Any, values: list[Any]) -> str:
    if validate_language in field.validators:
        return language_names(values)
    if validate_slot in field.validators:
        return listed(slot_words(parse_slot(slot)) for slot in values)
    choices = dict(field.flatchoices)
    return listed(choices.get(value, value) for value in values)
