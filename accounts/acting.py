"""In whose name a request writes: the database is told with each write, and its triggers keep it (docs/adr/0028).

Whoever writes without saying so (a worker's task, a shell, psql) is "le service lui-même".
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db import connection, transaction
from django.http import HttpRequest

# What may fire a trigger: a write, by itself or below a WITH. All else stays as it is.
_WRITES = re.compile(
    r"\s*(?:INSERT|UPDATE|DELETE|MERGE)\b|\s*WITH\b.*\b(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM|MERGE\s+INTO)\b",
    re.IGNORECASE | re.DOTALL,
)
# The role of the database that may (docs/adr/0032).
ERASER = "accorde_eraser"
_by_link: ContextVar[int | None] = ContextVar("by_link", default=None)
_is_noted_by_desk: ContextVar[bool] = ContextVar("is_noted_by_desk", default=False)
_is_unnamed: ContextVar[bool] = ContextVar("is_unnamed", default=False)


def by_link(user_id: int) -> None:
    """A signed link says who answers: where nobody is signed in, what the request writes is theirs."""
    _by_link.set(user_id)


@contextmanager
def during(request: HttpRequest) -> Iterator[None]:
    """Each write in here carries who sent the request, and below which town's address."""
    token = _by_link.set(None)

    def tell(execute: Any, sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        if many or _is_unnamed.get() or not _WRITES.match(sql) or (who := _who(request)) is None:
            return execute(sql, params, many, context)
        town = getattr(getattr(request, "_town", None), "pk", "")
        # With the write, in one go: nothing is asked for twice, and nothing outlives the transaction.
        said = (
            f"SELECT set_config('accorde.actor', '{who}', true), set_config('accorde.town', '{town}', true); "
        )
        result = execute(said + sql, params, many, context)
        context["cursor"].nextset()  # past what was said, to what the write answers
        return result

    try:
        with connection.execute_wrapper(tell):
            yield
    finally:
        _by_link.reset(token)


@contextmanager
def noted_by_desk() -> Iterator[None]:
    """The desk notes what somebody says on the phone, on that person's page: no link of theirs stands on it."""
    token = _is_noted_by_desk.set(True)
    try:
        yield
    finally:
        _is_noted_by_desk.reset(token)


def is_noted_by_desk() -> bool:
    """Whether whoever reads the page is not the person that it is for."""
    return _is_noted_by_desk.get()


@contextmanager
def unnamed() -> Iterator[None]:
    """What is written in here carries nobody's name: who reports a problem is not to be found by what they wrote."""
    token = _is_unnamed.set(True)
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('accorde.actor', '', true)")
            yield
    finally:
        _is_unnamed.reset(token)


@contextmanager
def not_known_yet() -> Iterator[None]:
    """While it is found out who sent the request, what is written names nobody: to ask would begin it anew."""
    token = _is_unnamed.set(True)
    try:
        yield
    finally:
        _is_unnamed.reset(token)


@contextmanager
def erasing() -> Iterator[None]:
    """The one door to what is written once: what is written in here is written by the database's eraser, which may
    delete such rows or empty their words, and do nothing else. For what the law has erased and for what has been kept
    long enough; a worker's, not a page's.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL ROLE {ERASER}")
        yield
        with connection.cursor() as cursor:
            cursor.execute("RESET ROLE")


def _who(request: HttpRequest) -> int | None:
    return getattr(getattr(request, "user", None), "pk", None) or _by_link.get()
