"""Many new rows at once, by COPY: as `bulk_create` writes them, at a third of the computing.

Each field says what of it is kept, as in any other write (a sealed one seals); triggers and constraints see the rows
as those of one INSERT.
"""

from collections.abc import Callable, Iterable, Sequence
from copy import copy
from datetime import date, datetime
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import FieldError
from django.db import connection, models, transaction
from django.db.models.expressions import DatabaseDefault, Value
from psycopg import sql

# So few are written by one INSERT: COPY asks the database for their keys first.
FEW = 10
# Of these fields a value of the type is kept as it is.
_PLAIN: "dict[type[models.Field[Any, Any]], type]" = {
    models.BooleanField: bool,
    models.CharField: str,
    models.DateField: date,
    models.FloatField: float,
    models.IntegerField: int,
    models.PositiveIntegerField: int,
    models.PositiveSmallIntegerField: int,
    models.TextField: str,
}


def insert_many(rows: Iterable[models.Model]) -> None:
    """Write new rows of one model, whose keys are given. Raises the database's own errors, and writes none then.

    In a request, whose writes carry who does them (`accounts.acting`), each statement is Django's own.
    """
    rows = list(rows)
    if not rows:
        return
    model = type(rows[0])
    if len(rows) < FEW or connection.execute_wrappers:
        model._base_manager.bulk_create(rows)
        return
    fields = [field for field in model._meta.local_concrete_fields if not field.generated]
    with transaction.atomic(savepoint=False):
        _give_keys(model, [row for row in rows if row.pk is None])
        columns = [_column(field, rows) for field in fields]
        names = sql.SQL(", ").join(sql.Identifier(str(field.column)) for field in fields)
        statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(model._meta.db_table), names)
        with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(statement) as out:
            for values in zip(*columns, strict=True):
                out.write_row(values)
    for row in rows:
        row._state.adding, row._state.db = False, connection.alias


def _give_keys(model: type[models.Model], rows: Sequence[models.Model]) -> None:
    key = model._meta.pk
    assert key is not None
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
            [connection.ops.quote_name(model._meta.db_table), key.column, len(rows)],
        )
        for row, (number,) in zip(rows, cursor.fetchall(), strict=True):
            row.pk = number


def _column(field: "models.Field[Any, Any]", rows: Sequence[models.Model]) -> list[Any]:
    """What each row keeps in the field; a default of the database is told to the row as well."""
    prepared = _prepared(field)
    if type(field).pre_save is not models.Field.pre_save:
        return [prepared(field.pre_save(row, add=True)) for row in rows]
    name = field.attname
    for row in rows if field.has_db_default() else ():
        if isinstance(getattr(row, name), DatabaseDefault):
            setattr(row, name, _default(field))
    return [prepared(getattr(row, name)) for row in rows]


def _default(field: "models.Field[Any, Any]") -> Any:
    default = field.db_default
    if isinstance(default, Value):
        return copy(default.value)
    if hasattr(default, "resolve_expression"):
        raise FieldError(f"{field}: the database alone works this default out; give the row a value.")
    return default


def _prepared(field: "models.Field[Any, Any]") -> Callable[[Any], Any]:
    """How a value of this field is kept."""
    of = field.target_field if isinstance(field, models.ForeignKey) else field
    plain = _PLAIN.get(type(of), int if isinstance(of, models.AutoField) else None)
    if isinstance(field, ArrayField) and type(field.base_field) in (models.CharField, models.TextField):
        return lambda words: words if words is None else [str(word) for word in words]

    def prepared(value: Any) -> Any:
        if value is None or type(value) is plain:
            return value
        if type(of) is models.DateTimeField and isinstance(value, datetime) and value.tzinfo is not None:
            return value
        kept = field.get_db_prep_save(value, connection)
        return str(kept) if isinstance(kept, str) else kept

    return prepared
