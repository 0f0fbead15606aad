"""For migrations: what stands in clear is sealed, and opened again on the way back.

A migration's own fields say what is sealed and how; it runs after the columns have become encrypted ones, in one
transaction: a database is sealed or it is not.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

from django.db import models
from django.db.migrations import RunPython
from django.db.migrations.operations.base import Operation

from sealing.fields import Encrypted, EncryptedJSONField, EncryptedPairsField
from sealing.seals import seal, unseal

BATCH = 2_000


def seal_columns(app: str, **fields: str) -> Operation:
    """Of `model="field other_field"`: every row of these models. No trigger fires: it is no write of anybody's."""

    def forwards(apps: Any, schema_editor: Any) -> None:
        _each(apps, schema_editor, app, fields, _sealed)

    def backwards(apps: Any, schema_editor: Any) -> None:
        _each(apps, schema_editor, app, fields, _opened)

    return RunPython(forwards, backwards)


def seal_entries(*, table: str, column: str, names: str) -> Operation:
    """In an object of a table that is not ours: the texts of these names, bound to the column."""

    def each(schema_editor: Any, turn: Callable[..., str]) -> None:
        def turned(written: str) -> str:
            item = json.loads(written)
            known = [name for name in names.split() if name in item]
            return json.dumps(item | {name: turn(item[name], of=f"{table}.{column}") for name in known})

        with schema_editor.connection.cursor() as cursor:
            _rewrite(cursor, table, "id", {column: turned})

    return RunPython(lambda _, editor: each(editor, seal), lambda _, editor: each(editor, unseal))


def _each(apps: Any, schema_editor: Any, app: str, fields: dict[str, str], turn: Callable[..., str]) -> None:
    with schema_editor.connection.cursor() as cursor:
        for name, of_model in fields.items():
            model = apps.get_model(app, name)
            found = [model._meta.get_field(each) for each in of_model.split()]
            turns: dict[str, Callable[[str], str]] = {field.column: partial(turn, field) for field in found}
            _rewrite(cursor, model._meta.db_table, model._meta.pk.column, turns)


def _rewrite(cursor: Any, table: str, key: str, turns: dict[str, Callable[[str], str]]) -> None:
    """Each row's columns as their turns have it. An unknown type takes a text as its own, JSON too."""
    assigned = ", ".join(f'"{column}" = %s' for column in turns)
    # A column that has just become a text made each row a new one, whose foreign keys are looked at again when it is
    # written: at once, for a table with checks to come cannot be altered.
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    cursor.execute(f'ALTER TABLE "{table}" DISABLE TRIGGER USER')
    for rows in _batches(cursor, table, key, list(turns)):
        written = [[*_turned(values, turns.values()), pk] for pk, *values in rows]
        cursor.executemany(f'UPDATE "{table}" SET {assigned} WHERE "{key}" = %s', written)
    cursor.execute(f'ALTER TABLE "{table}" ENABLE TRIGGER USER')
    cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def _turned(values: Iterable[str | None], turns: Iterable[Callable[[str], str]]) -> list[str | None]:
    return [value if value is None else turn(value) for value, turn in zip(values, turns, strict=True)]


def _batches(cursor: Any, table: str, key: str, columns: list[str]) -> Iterator[list[tuple[Any, ...]]]:
    """Rows with their columns as text, by their key."""
    named = ", ".join(f'"{column}"::text' for column in columns)
    after = ""
    last: list[Any] = []
    while True:
        cursor.execute(f'SELECT "{key}", {named} FROM "{table}" {after} ORDER BY "{key}" LIMIT {BATCH}', last)
        rows = cursor.fetchall()
        if not rows:
            return
        yield rows
        after, last = f'WHERE "{key}" > %s', [rows[-1][0]]


def _sealed(field: models.Field, value: str) -> str:
    if isinstance(field, EncryptedPairsField):
        pairs = json.loads(value)
        return json.dumps(
            {
                name: pair if pair == field.EMPTY else seal(json.dumps(pair), of=field.sealed_as(name))
                for name, pair in pairs.items()
            }
        )
    assert isinstance(field, Encrypted)
    return field.sealed(value)


def _opened(field: models.Field, value: str) -> str:
    if isinstance(field, EncryptedPairsField):
        pairs = json.loads(value)
        return json.dumps(
            {
                name: json.loads(unseal(pair, of=field.sealed_as(name))) if isinstance(pair, str) else pair
                for name, pair in pairs.items()
            }
        )
    assert isinstance(field, Encrypted)
    is_nothing = isinstance(field, EncryptedJSONField) and value in field.NOTHING
    return value if is_nothing else unseal(value, of=field.sealed_as)
