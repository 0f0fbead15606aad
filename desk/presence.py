"""Who has a case open now, for less than a minute and in the cache alone: without it nobody is shown, and all else
goes on.
"""

from datetime import datetime, timedelta

from django.core.cache import cache
from redis.exceptions import RedisError

from accounts.models import User

# The page says every ten seconds that it still is open.
LIFE = timedelta(seconds=35)


def others_on(need_id: int, *, person: User, now: datetime) -> list[str]:
    """Note that somebody has the case open; the names of the others who have, by name.

    Two who come in the same instant may miss one another, until the page asks again.
    """
    key = f"desk:on:{need_id}"
    try:
        found: dict[int, tuple[str, datetime]] = cache.get(key, {})
        still = {pk: (name, at) for pk, (name, at) in found.items() if now - at < LIFE}
        cache.set(key, {**still, person.pk: (str(person), now)}, timeout=LIFE.total_seconds())
    except RedisError:
        return []
    return sorted(name for pk, (name, _at) in still.items() if pk != person.pk)
