"""The SQL that pages send, held beside their test: a query more, a table more or another order shows in a review.

    with sent() as queue:
        client.get(queue_url)
    with sent() as case:
        client.get(case_url)
    same_sql("desk", {"queue": queue, "case": case}, write=…)

compares with tests/sql/desk.sql. What every page sends stands there once, and `-- case alone` above what only that one
does: a change of what they share is one change. A whole row is `"table".*`, so that a field more is no other query.
`make test ARGS="-k sql --write-sql"` writes the files anew; read what changed.
"""

import contextlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
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
def sent() -> Iterator[list[str]]:
    """What is sent inside, each query as it can be read."""
    queries: list[str] = []

    def note(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if not _OF_EVERY_PAGE.search(sql):
            queries.append(_readable(sql))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield queries


def same_sql(name: str, pages: Mapping[str, Sequence[str]], *, write: bool) -> None:
    """Fail unless what the pages send is tests/sql/`name`.sql; with `write`, make it so."""
    found = side_by_side(pages)
    file = FOLDER / f"{name}.sql"
    if write:
        file.write_text(found, encoding="utf-8")
    kept = file.read_text(encoding="utf-8")
    assert found == kept, f"{file.name} is another: read the difference, then --write-sql"


def side_by_side(pages: Mapping[str, Sequence[str]]) -> str:
    """All queries of the pages in their order, once each where the pages send them in the same order, and above those
    that not every page sends, which do: whoever skips the others reads what one page sends.
    """
    rows: list[tuple[str, list[str]]] = []
    for page, queries in pages.items():
        merged: list[tuple[str, list[str]]] = []
        known = [query for query, _ in rows]
        for how, start, end, first, last in SequenceMatcher(
            None, known, queries, autojunk=False
        ).get_opcodes():
            if how == "equal":
                merged += [(query, [*senders, page]) for query, senders in rows[start:end]]
            else:
                merged += rows[start:end] + [(query, [page]) for query in queries[first:last]]
        rows = merged
    shown = (
        query if len(senders) == len(pages) else f"-- {', '.join(senders)} alone\n{query}"
        for query, senders in rows
    )
    return "\n\n".join(shown) + "\n"


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
