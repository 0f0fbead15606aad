"""What works and what does not, part by part."""

from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError, InterfaceError, connection
from django.utils.translation import gettext as _
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


def in_words(now: datetime) -> list[dict[str, Any]]:
    """The same for whoever wonders whether it is them: what people do here, and whether it works now."""
    found = parts(now)
    delivers = found["cache"] and found[SCHEDULER] and found["queue_messages"]
    return [
        {"label": _("Lire les pages et enregistrer vos réponses"), "works": found["database"]},
        {"label": _("Envoyer les codes, les e-mails et les SMS"), "works": delivers},
        {
            "label": _("Chercher ce qui répond à un besoin"),
            "works": found["cache"] and found[SCHEDULER] and found["queue_matching"],
        },
    ]


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            return bool(cursor.fetchone() == (1,))
    except (DatabaseError, InterfaceError):
        return False
