"""How fast a channel's messages leave, where it has a rate: one after the other, by whatever worker.

Such a channel has one connection (`channel_registry.connections_of`), whose last claim says when a message left, also
to the next batch and to another worker.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

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
        self.has_sent = False
        self.is_resting = False
        self.left_at: datetime | None = None
        # What is said to have left later than now was noted before somebody put the clock back.
        if self.interval and (last := claims.begun_on(line)) and last.claimed_at <= clock():
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
        # Whoever was woken meanwhile and sent nothing asks for nothing: one wake-up follows another.
        if self.has_sent:
            wake_later(DELIVER_TASK, seconds=rest)
        return False

    def note(self) -> None:
        """A message is leaving."""
        self.left_at, self.has_sent = self.clock(), True
