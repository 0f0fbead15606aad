"""What a change changed: the one way in which services compare a row with what it was, save it and keep who did it."""

from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from typing import Any

from django.db import models

from catalogue.models import FieldChange

# {field: [old, new]}
What = dict[str, list[Any]]
# They would open an account to whoever reads the history.
SECRETS = frozenset({"password"})


@cache
def editable_fields(model: type[models.Model]) -> "tuple[models.Field[Any, Any], ...]":
    """The fields that people decide on: not keys, marks of the engine, nor what the database itself works out."""
    return tuple(
        field
        for field in model._meta.concrete_fields
        if field.editable and not field.primary_key and not field.generated and field.name not in SECRETS
    )


def values(row: models.Model) -> dict[str, Any]:
    """The row's fields as they are now, to be compared with later; of another row its key."""
    return {field.name: getattr(row, field.attname) for field in editable_fields(type(row))}


def changed(row: models.Model, before: Mapping[str, Any]) -> What:
    """The fields that are no longer as `before` has them, in values of JSON."""
    now = values(row)
    return {
        name: [stored(row, name, old), stored(row, name, now[name])]
        for name, old in before.items()
        if now[name] != old
    }


def save_changed(
    row: models.Model, before: Mapping[str, Any], *, edit: FieldChange, also: Iterable[str] = ()
) -> What:
    """Save the fields that changed, and `edit` with them; nothing is written when nothing changed.

    `also`: what follows from them and nobody decides on, in the same write.
    """
    edit.what = changed(row, before)
    if edit.what:
        row.save(update_fields=[*edit.what, *also])
        edit.save(force_insert=True)
    return edit.what


def still_so(row: models.Model, what: What) -> What:
    """Those of these changes that nobody has changed again."""
    now = values(row)
    return {name: pair for name, pair in what.items() if stored(row, name, now[name]) == pair[1]}


def given(names: Iterable[str], row: models.Model) -> What:
    """What a row begins with, as a change from nothing."""
    now = values(row)
    return {name: [None, stored(row, name, now[name])] for name in names}


def stored(row: models.Model, name: str, value: Any) -> Any:
    if value is None:
        return None
    field = row._meta.get_field(name)
    assert isinstance(field, models.Field)
    value = field.get_prep_value(value)
    return value.isoformat() if isinstance(value, date) else value
