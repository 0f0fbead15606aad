"""Sealing anew with the newest key what older ones have sealed: in small batches, while everybody goes on working.

What is left to do is read off the rows themselves, so that an end in the middle loses nothing and the next run goes on.
A row that somebody is writing is passed over and comes up again; whoever writes seals with the newest key anyway.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.apps import apps
from django.db import connection, models, transaction

from sealing.fields import Encrypted, EncryptedPairsField
from sealing.seals import PREFIX, is_sealed, newest_prefix, seal_anew

BATCH = 200
# Second factors stand in a table of allauth's; strings in this column are sealed by `accounts.adapter.FactorAdapter`.
FACTORS = "mfa_authenticator.data"


@dataclass(frozen=True, slots=True)
class Column:
    """A sealed text, or an object (`is_object`) in which texts are sealed; each is bound to what `of` says."""

    name: str
    is_object: bool
    of: Callable[[str], str]

    def anew(self, value: str) -> str:
        """The value as the newest key seals it; an object as JSON."""
        if not self.is_object:
            return self._anew("", value)
        return json.dumps({name: self._anew(name, each) for name, each in json.loads(value).items()})

    def _anew(self, name: str, value: Any) -> Any:
        return seal_anew(value, of=self.of(name)) if isinstance(value, str) and is_sealed(value) else value

    @property
    def is_old(self) -> str:
        """SQL for: something in it was sealed with another key than the newest."""
        newest = newest_prefix()
        if self.is_object:
            path = f'$.* ? (@ starts with "{PREFIX}" && !(@ starts with "{newest}"))'
            return f"jsonb_path_exists(\"{self.name}\", '{path}')"
        return f"(starts_with(\"{self.name}\", '{PREFIX}') AND NOT starts_with(\"{self.name}\", '{newest}'))"


@dataclass(frozen=True, slots=True)
class Table:
    """A table with sealed columns."""

    name: str
    key: str
    columns: tuple[Column, ...]

    @property
    def is_old(self) -> str:
        return " OR ".join(column.is_old for column in self.columns)


def tables() -> Iterator[Table]:
    """All that have something sealed, whosever they are."""
    for model in apps.get_models(include_auto_created=True):
        columns = tuple(_columns(model))
        if columns and not model._meta.proxy:
            yield Table(model._meta.db_table, str(model._meta.pk.column), columns)


def _columns(model: type[models.Model]) -> Iterator[Column]:
    for field in model._meta.local_concrete_fields:
        column = str(field.column)
        if isinstance(field, Encrypted):
            yield Column(column, False, partial(_whole, field.sealed_as))
        elif isinstance(field, EncryptedPairsField):
            yield Column(column, True, field.sealed_as)
        elif f"{model._meta.db_table}.{column}" == FACTORS:
            yield Column(column, True, partial(_whole, FACTORS))


def _whole(of: str, _name: str) -> str:
    return of


def may_rotate() -> bool:
    """Whether this login owns the tables: what was written once is sealed anew for nobody else."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_userbyid(proowner) = current_user FROM pg_proc WHERE proname = 'sealed_anew'"
        )
        return bool(cursor.fetchone()[0])


def left(table: Table) -> int:
    """How many rows older keys are still needed for."""
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT count(*) FROM "{table.name}" WHERE {table.is_old}')
        return int(cursor.fetchone()[0])


def rotate(table: Table) -> Iterator[int]:
    """Seal each row of it anew; after each batch, how many it was. Rows in somebody's hands stay for another pass."""
    last: Any = None
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            # What was written once may be sealed anew in here, and no write of anybody's is noted: the database heeds
            # it of the login that owns the tables alone, which no process of a town's site is.
            cursor.execute("SELECT set_config('accorde.rotating', 'yes', true)")
            rows = _lock(cursor, table, last)
            for pk, *values in rows:
                _seal_anew(cursor, table, pk, values)
            cursor.execute("SELECT set_config('accorde.rotating', '', true)")
        if not rows:
            return
        last = rows[-1][0]
        yield len(rows)


def _lock(cursor: Any, table: Table, last: Any) -> list[tuple[Any, ...]]:
    """The next rows, without waiting for any: nobody waits for us who keeps us waiting."""
    columns = ", ".join(f'"{column.name}"::text' for column in table.columns)
    since = "" if last is None else f'"{table.key}" > %s AND '
    cursor.execute(
        f'SELECT "{table.key}", {columns} FROM "{table.name}" WHERE {since}({table.is_old})'
        f' ORDER BY "{table.key}" LIMIT {BATCH} FOR NO KEY UPDATE SKIP LOCKED',
        None if last is None else [last],
    )
    return list(cursor.fetchall())


def _seal_anew(cursor: Any, table: Table, pk: Any, values: list[str | None]) -> None:
    columns = [
        (column, value) for column, value in zip(table.columns, values, strict=True) if value is not None
    ]
    assigned = ", ".join(
        f'"{column.name}" = %s{"::jsonb" if column.is_object else ""}' for column, _value in columns
    )
    anew = [column.anew(value) for column, value in columns]
    cursor.execute(f'UPDATE "{table.name}" SET {assigned} WHERE "{table.key}" = %s', [*anew, pk])
