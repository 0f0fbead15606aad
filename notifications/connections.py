"""As many deliveries at once as a channel allows: each holds one of its numbers while its database session lives.

When a worker is killed its number is free in that moment, without a heartbeat and without a time-out; and what was
being sent under that number was interrupted. The sessions must be the workers' own: a pooler in transaction mode would
lend the number to somebody else.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from zlib import crc32

from django.db import DatabaseError, connection

# The first half of the advisory locks; the second is the channel and its number.
_SENDING = 0x5E4D
# A machine that vanishes closes no session: PostgreSQL asks after it, and notices within forty seconds.
_ASK_AFTER_THE_CLIENT = (
    "SELECT set_config('tcp_keepalives_idle', '10', false), set_config('tcp_keepalives_interval', '10', false), "
    "set_config('tcp_keepalives_count', '3', false)"
)


@contextmanager
def one_of(channel: str, count: int) -> Iterator[int | None]:
    """The lowest number that is free, for this block alone; None when all are taken."""
    _ask(_ASK_AFTER_THE_CLIENT)
    number = next((number for number in range(count) if _lock(channel, number)), None)
    try:
        yield number
    finally:
        if number is not None:
            _unlock(channel, number)


@contextmanager
def left_by_the_dead(channel: str, number: int) -> Iterator[bool]:
    """Whether nobody holds that number; if so, nobody takes it during this block either."""
    is_free = _lock(channel, number)
    try:
        yield is_free
    finally:
        if is_free:
            _unlock(channel, number)


def _lock(channel: str, number: int) -> bool:
    return _ask("SELECT pg_try_advisory_lock(%s, %s)", _SENDING, _key(channel, number))


def _unlock(channel: str, number: int) -> None:
    with suppress(DatabaseError):  # a session that broke holds nothing any more
        _ask("SELECT pg_advisory_unlock(%s, %s)", _SENDING, _key(channel, number))


def _key(channel: str, number: int) -> int:
    return crc32(f"{channel} {number}".encode()) - 2**31


def _ask(sql: str, *values: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return bool(cursor.fetchone()[0])
