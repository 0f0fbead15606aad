"""Locks on long work: whoever works on a row that takes minutes holds one for as long as its connection lives.

When a worker is killed, its work is free in that moment, without a heartbeat and without a time-out. The connections
must be the workers' own: a pooler in transaction mode would lend the lock to somebody else.
"""

from enum import IntEnum

from django.db import connection


class Work(IntEnum):
    """The first half of the advisory locks; the second is the row."""

    PART = 0x5CA5
    PLAN = 0x5CA6
    LIST = 0x5CA8
    WHATIF = 0x5CA9


def try_lock(work: Work, pk: int) -> bool:
    """Take the lock; False when somebody has it."""
    return _ask("SELECT pg_try_advisory_lock(%s, %s)", work, pk)


def unlock(work: Work, pk: int) -> None:
    """Let it go."""
    _ask("SELECT pg_advisory_unlock(%s, %s)", work, pk)


def _ask(sql: str, work: Work, pk: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(sql, [int(work), pk % 2**31])
        return bool(cursor.fetchone()[0])
