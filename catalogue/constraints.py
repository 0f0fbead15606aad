"""Constraints are the database's to hold: which one it says was violated, and inserting rows on its word."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext_lazy as _

# Of what is taken back while somebody lives by it.
IN_USE = _("C’est en cours. Mettez-y fin d’abord, à partir d’un jour.")


def violated(error: IntegrityError) -> str:
    """The constraint's name as PostgreSQL reports it; empty when it names none."""
    diagnostics = getattr(error.__cause__, "diag", None)
    return getattr(diagnostics, "constraint_name", None) or ""


@contextmanager
def refusal_of(constraint: str, words: Any) -> Iterator[None]:
    """What the database refuses in here by this constraint is a ValidationError in these words."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if violated(error) != constraint:
            raise
        raise ValidationError(words, code=constraint) from error


def clean_fields_of(rows: Iterable[models.Model], *, exclude: Collection[str] = ()) -> None:
    """`clean_fields` of each row of one model; a value that a field has passed is not judged again in the rows after.

    Only what Python compares by value, type by type, and what the field leaves as it is.
    """
    passed: dict[str, set[tuple[type, Any]]] = defaultdict(set)
    for row in rows:
        values = {
            field.name: (field.attname, value)
            for field in row._meta.concrete_fields
            if isinstance(value := row.__dict__.get(field.attname), str | int | float | None)
        }
        known = {name for name, (_at, value) in values.items() if (type(value), value) in passed[name]}
        row.clean_fields(exclude={*exclude, *known})
        for name in values.keys() - known:
            attname, value = values[name]
            if row.__dict__.get(attname) is value:
                passed[name].add((type(value), value))


def insert_checked(row: models.Model, *, loaded: Collection[str] = ()) -> None:
    """Insert a new row; ValidationError by field when a rule does not hold, exactly as `full_clean` says it.

    `full_clean` asks the database about each constraint and each foreign key, one query apiece, and the
    insertion then checks them all again. Here the fields are checked, the row is inserted, and only a refusal is
    examined with all of `full_clean` to say what is wrong. `loaded` names the foreign keys whose objects the
    caller has read.
    """
    try:
        row.clean_fields(exclude=set(loaded))
        row.clean()
        with transaction.atomic():
            row.save(force_insert=True)
    except (IntegrityError, ValidationError):
        row.full_clean()
        raise
