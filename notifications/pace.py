"""How fast a channel's messages leave, where it has a rate: one after the other, by whatever worker.

Such a channel has one connection (`channel_registry.connections_of`), whose last claim says when a message left, also
to the next batch and to another worker.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

from django.core.cache import cache
from redis.exceptions import RedisError

from notifications import channel_registry, claims
from notifications.services import DELIVER_TASK
from notifications.wake_up import wake_later

# Where the rate leaves more time than this between two messages, the worker does something else meanwhile.
LONGEST_REST_SECONDS = 1


class Pace:
    """Of one batch. Without a rate it allows everything."""

    def __init__(self, line: claims.Line, clock: Callable[[], datetime]) -> None:
        rate = channel_registry.per_minute_of(line.channel)
        self.interval = timedelta(minutes=1) / rate if rate else None
        self.clock = clock
        self.channel = line.channel
        self.is_resting = False
        self.left_at: datetime | None = None
        # What is said to have left long after now was noted before somebody put the clock back; a little after, by a
        # machine whose clock is ahead.
        if self.interval and (last := claims.begun_on(line)) and last.claimed_at <= clock() + self.interval:
            self.left_at = last.claimed_at

    def allows_one_more(self) -> bool:
        """Rests until the next message may leave. False when that takes long: the worker is woken then."""
        if self.interval is None or self.left_at is None:
            return True
        rest = (self.left_at + self.interval - self.clock()).total_seconds()
        if rest <= LONGEST_REST_SECONDS:
            time.sleep(max(rest, 0))
            return True
        self.is_resting = True
        # Whoever is woken meanwhile rests as well, and asks for no second wake-up for the same moment.
        with suppress(RedisError):
            if cache.add(f"pace:{self.channel}:{self.left_at.isoformat()}", 1, timeout=60):
                wake_later(DELIVER_TASK, seconds=rest)
        return False

    def note(self, claimed_at: datetime) -> None:
        """A message is leaving, that was claimed just now."""
        self.left_at = claimed_at
