"""Races made of real locks: who waits for whom is the database's word, never a matter of time."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

from cities.models import City
from matching.models import Scan
from matching.scanning import barrier
from needs.models import Need

_WAITING_FOR_US = """
    WITH RECURSIVE waiting (pid) AS (
        SELECT pg_backend_pid()
        UNION
        SELECT l.pid FROM pg_locks l JOIN waiting w ON NOT l.granted AND w.pid = ANY(pg_blocking_pids(l.pid))
    )
    SELECT pid FROM waiting WHERE pid <> pg_backend_pid()
"""


def waiting_for_us() -> set[int]:
    """The sessions that wait for a lock of ours, or for a session that does."""
    return {pid for (pid,) in _ask(_WAITING_FOR_US)}


def end_session(pid: int) -> None:
    """Have a session ended, whatever it waits for."""
    _ask("SELECT pg_terminate_backend(%s)", pid)


def has_ended(pid: int) -> bool:
    """Whether all that the session held is free."""
    return _ask("SELECT count(*) FROM pg_locks WHERE pid = %s", pid) == [(0,)]


@contextmanager
def before_writing(city: City) -> Iterator[None]:
    """As long as this lasts, a rescan of this town reads and compares its part, and then waits.

    It announces its write with a lock that we have. We are the same session in all that we do meanwhile, so that our
    own scans wait for nobody.
    """
    key = [barrier.SCANS_OF_TOWN, city.pk]
    _ask("SELECT pg_advisory_lock(%s, %s)", *key)
    try:
        yield
    finally:
        _ask("SELECT pg_advisory_unlock(%s, %s)", *key)


@contextmanager
def in_the_midst_of_writing(need: Need) -> Iterator[None]:
    """As long as this lasts, whoever writes what was found for this need waits, its suggestions not yet committed.

    The last row to be written is that of the need's scan, which is in our hands; so it must have been scanned before.
    """
    with transaction.atomic(durable=True):
        Scan.objects.select_for_update().get(need=need)
        yield


def _ask(sql: str, *values: object) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()
