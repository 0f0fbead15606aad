"""The SQL that a page sends, held beside its test: a query more, a table more or another order shows in a review.

    with same_sql("queue"):
        client.get(queue_url)

compares with tests/sql/queue.sql. A whole row is `"table".*`, so that a field more is no other query.
`make test ARGS="-k sql --write-sql"` writes the files anew; read what changed.
"""

import contextlib
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import sqlparse
from django.apps import apps
from django.db import connection
from sqlparse.sql import IdentifierList

FOLDER = Path(__file__).resolve().parent / "sql"
# Whose session it is, and savepoints, belong to every page.
_OF_EVERY_PAGE = re.compile(r'^(SAVEPOINT|RELEASE SAVEPOINT|ROLLBACK TO)|FROM "accounts_session"|^SET ')
# As many as a page of rows has: the number is the test's, not the page's.
_LISTS = re.compile(r"\((?:%s, )+%s\)")
_NUMBERED = re.compile(r"((?:ORDER BY|ASC,|DESC,) )(\d+)")


@contextlib.contextmanager
def same_sql(name: str, *, write: bool) -> Iterator[None]:
    """Fail unless what is sent inside is tests/sql/`name`.sql; with `write`, make it so."""
    sent: list[str] = []

    def note(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if not _OF_EVERY_PAGE.search(sql):
            sent.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield
    found = "\n\n".join(_readable(sql) for sql in sent) + "\n"
    file = FOLDER / f"{name}.sql"
    if write:
        file.write_text(found, encoding="utf-8")
    kept = file.read_text(encoding="utf-8")
    assert found == kept, f"{file.name} is another: read the difference, then --write-sql"


@cache
def _whole_rows() -> list[re.Pattern[str]]:
    """For each model, all its columns in their order, of its table or an alias."""
    rows = []
    for model in apps.get_models():
        columns = (re.escape(f'."{field.column}"') for field in model._meta.concrete_fields)
        rows.append(re.compile(r'(?<![\w"])("?\w+"?)' + r", \1".join(columns)))
    return rows


def _by_name(sql: str) -> str:
    """What Django orders by its number in the list of columns, by its name there."""
    if not _NUMBERED.search(sql):
        return sql
    listed = next(part for part in sqlparse.parse(sql)[0] if isinstance(part, IdentifierList))
    columns = list(listed.get_identifiers())
    return _NUMBERED.sub(lambda found: f'{found[1]}"{columns[int(found[2]) - 1].get_alias()}"', sql)


def _readable(sql: str) -> str:
    """One clause a line; values stay placeholders, so that only the shape counts."""
    sql = _by_name(sql)
    for row in _whole_rows():
        sql = row.sub(r"\1.*", sql)
    text: str = sqlparse.format(_LISTS.sub("(%s, …)", sql), reindent=True, wrap_after=100)
    return "\n".join(line.rstrip() for line in text.splitlines()) + ";"
