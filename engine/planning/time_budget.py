"""The seconds that a plan is given: how many are left, and whether they ended anything.

Whatever asks whether the time is over, and hears that it is, ends there and not where it would have ended by itself. So
that is remembered: while `in_time` holds, any other budget for which it holds leads to the same plan.
"""

from time import monotonic
from typing import Self

# Before this share of the time has gone by, nobody can tell whether steps will all be done.
EARLY = 0.25


class TimeBudget:
    """Runs from when it is made. The parts of a plan look at it to end early, and at no other budget."""

    def __init__(self, seconds: float) -> None:
        self._given = seconds
        self._until = monotonic() + seconds
        self._whole = self
        self._in_time = True

    @property
    def in_time(self) -> bool:
        """Nothing was ended by this budget or by a part of it."""
        return self._whole._in_time

    def is_over(self) -> bool:
        """Ask this only to end for it."""
        if self.left() > 0:
            return False
        self.has_ended_something()
        return True

    def has_ended_something(self) -> None:
        """Say that what was given `left` was not done when they were over."""
        self._whole._in_time = False

    def left(self) -> float:
        """Seconds; 0 when none are left."""
        return max(self._until - monotonic(), 0.0)

    def progress(self, done: float) -> float:
        """How far what goes on by steps has come, of which this share is done: that, or, when the time goes by faster
        than the steps so that it will end them, the share of the time.
        """
        spent = 1 - self.left() / self._given if self._given else 1.0
        if spent <= max(done, EARLY):
            return done
        self.has_ended_something()
        return spent

    def share(self, part: float) -> Self:
        """For this part of what is left."""
        return self._part(self.left() * part)

    def until(self, part: float) -> Self:
        """For what is left until this part of all that was given to this budget has gone by."""
        return self._part(max(self.left() - (1 - part) * self._given, 0.0))

    def _part(self, seconds: float) -> Self:
        part = type(self)(seconds)
        part._whole = self._whole
        return part
