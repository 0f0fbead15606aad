"""Urgency follows the calendar: the nearer the day that counts, the more urgent, and never less than was posted.

The one other place that says so is the queue's SQL, `needs.models.NeedQuerySet.by_urgency`; a test holds both equal.
"""

from datetime import date
from functools import lru_cache

import numpy as np

from engine.arrays import Ints
from engine.columns import NeedColumns
from engine.uncovered import Uncovered
from engine.vocabulary import PRIORITIES, URGENCIES, URGENT_WITHIN_DAYS, Urgency


def priorities(posted: Ints, days_away: Ints) -> Ints:
    """The higher of the `PRIORITIES` posted and those of days that are so far away."""
    near = [days_away <= days for days in URGENT_WITHIN_DAYS.values()]
    urgent = [np.int32(PRIORITIES[urgency]) for urgency in URGENT_WITHIN_DAYS]
    return np.maximum(posted, np.select(near, urgent, np.int32(PRIORITIES[URGENCIES[-1]])))


def urgency_on(today: date, *, posted: Urgency, pressing_day: date) -> Urgency:
    """How urgent a need is today that was posted so.

    `pressing_day`: the first uncovered day of a need that lasts, the last day of any other.
    """
    return _urgency_in((pressing_day - today).days, posted)


@lru_cache(maxsize=4096)  # a list asks it of each of its lines
def _urgency_in(days: int, posted: Urgency) -> Urgency:
    (priority,) = priorities(np.array([PRIORITIES[posted]]), np.array([days])).tolist()
    return next(urgency for urgency, worth in PRIORITIES.items() if worth == priority)


def priorities_on(needs: NeedColumns, uncovered: Uncovered, today: int) -> Ints:
    """The priority of each need today."""
    pressing_day = np.where(needs.one_day, needs.last_day, uncovered.first_day)
    return priorities(needs.priority, pressing_day - today)
