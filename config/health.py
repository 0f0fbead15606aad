"""What works and what does not, part by part."""

from datetime import datetime, timedelta

from django.db import DatabaseError, InterfaceError, connection
from redis.exceptions import RedisError

from config import tasks
from config.heard import LATE_SECONDS
from config.heartbeats import SCHEDULER
from config.queues import QUEUES

LATE = timedelta(seconds=LATE_SECONDS)


def parts(now: datetime) -> dict[str, bool]:
    """Whether it answers: the database, the cache (which is the broker), the scheduler, the worker of each queue."""
    try:
        heard = tasks.last([SCHEDULER, *QUEUES])
        cache = True
    except RedisError:
        heard, cache = {}, False
    late = {name: name not in heard or now - heard[name][0] > LATE for name in (SCHEDULER, *QUEUES)}
    return {
        "database": _database_answers(),
        "cache": cache,
        SCHEDULER: not late[SCHEDULER],
        **{f"queue_{queue}": not late[queue] for queue in QUEUES},
    }


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            return bool(cursor.fetchone() == (1,))
    except (DatabaseError, InterfaceError):
        return False
