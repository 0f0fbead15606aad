"""Rows enough for the planner to decide as in a large town."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from django.db import connection, models

from matching.reading import arrays


def add_alike(row: models.Model, count: int, **own: str) -> None:
    """So many rows like this one, spread over the country; `own`: columns that differ, as SQL of `number`."""
    table = row._meta.db_table
    stored = [
        field.column
        for field in row._meta.local_concrete_fields
        if field.column and not (field.primary_key or getattr(field, "generated", False))
    ]
    own = {
        "reference": "'Z-' || number",
        "latitude": "42 + mod(number, 70) / 10.0",
        "longitude": "-4 + mod(number, 110) / 10.0",
        **own,
    }
    assert own.keys() <= set(stored)
    values = ", ".join(own.get(column, column) for column in stored)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""INSERT INTO {table} ({", ".join(stored)})
                SELECT {values} FROM {table}, generate_series(1, %s) AS number WHERE id = %s""",
            [count, row.pk],
        )


def plans_of(read: Callable[[], object], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The lines of the plans of all that `read` reads as arrays."""
    lines: list[str] = []
    rows = arrays.rows

    def explained(sql: str, params: Mapping[str, object]) -> list[tuple[Any, ...]]:
        lines.extend(line for (line,) in rows(f"EXPLAIN {sql}", params))
        return rows(sql, params)

    monkeypatch.setattr(arrays, "rows", explained)
    read()
    return lines
