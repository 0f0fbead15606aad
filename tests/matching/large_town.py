"""Rows enough for the planner to decide as in a large town."""

from collections.abc import Callable

import psycopg
from django.db import connection, models


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


def plans_of(read: Callable[[], object]) -> list[str]:
    """How the server has carried out each statement of `read`, as it says itself: lines of text and of plans."""
    lines: list[str] = []

    def listen(said: psycopg.errors.Diagnostic) -> None:
        lines.extend((said.message_primary or "").splitlines())

    with connection.cursor() as cursor:
        cursor.execute("LOAD 'auto_explain'")
        cursor.execute("SET auto_explain.log_min_duration = 0; SET client_min_messages = log")
        connection.connection.add_notice_handler(listen)
        try:
            read()
        finally:
            connection.connection.remove_notice_handler(listen)
        cursor.execute("RESET auto_explain.log_min_duration; RESET client_min_messages")
    return lines
