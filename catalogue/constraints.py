"""Constraints are the database's to hold: which one it says was violated, and inserting rows on its word."""

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models.expressions import DatabaseDefault
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
    """`clean_fields` of rows of one model, field by field: a value that the field has passed in one row is not judged
    again in the next. Raises the ValidationError of the first row that has one.
    """
    rows = list(rows)
    wrong: dict[int, dict[str, list[ValidationError]]] = {}
    for field in rows[0]._meta.fields if rows else ():
        if field.name in exclude or field.generated:
            continue
        passed: set[tuple[type, Any]] = set()
        for at, row in enumerate(rows):
            value = getattr(row, field.attname)
            is_plain = isinstance(value, str | int | float | None)
            if is_plain and (type(value), value) in passed:
                continue
            if isinstance(value, DatabaseDefault) or (field.blank and value in field.empty_values):
                continue
            try:
                clean = field.clean(value, row)
            except ValidationError as error:
                wrong.setdefault(at, {})[field.name] = error.error_list
                continue
            if clean is not value:
                setattr(row, field.attname, clean)
            elif is_plain:
                passed.add((type(value), value))
    if wrong:
        raise ValidationError(wrong[min(wrong)])


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
