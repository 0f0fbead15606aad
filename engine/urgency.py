"""Urgency follows the calendar: the nearer the day that counts, the more urgent, and never less than was posted.

The one other place that says so is the queue's SQL, `needs.models.NeedQuerySet.by_urgency`; a test holds both equal.
"""

from datetime import date

import numpy as np

from engine.columns import Bools, Ints, NeedColumns
from engine.vocabulary import GOODS, PRIORITIES, URGENCIES, URGENT_WITHIN_DAYS, Urgency


def priorities(posted: Ints, days_away: Ints) -> Ints:
    """The higher of the `PRIORITIES` posted and those of days that are so far away."""
    near = [days_away <= days for days in URGENT_WITHIN_DAYS.values()]
    urgent = [np.int32(PRIORITIES[urgency]) for urgency in URGENT_WITHIN_DAYS]
    return np.maximum(posted, np.select(near, urgent, np.int32(PRIORITIES[URGENCIES[-1]])))


def urgency_on(today: date, *, posted: Urgency, pressing_day: date) -> Urgency:
    """How urgent a need is today that was posted so.

    `pressing_day`: the first uncovered day of a need that lasts, the last day of any other.
    """
    away = np.array([(pressing_day - today).days])
    (priority,) = priorities(np.array([PRIORITIES[posted]]), away).tolist()
    return next(urgency for urgency, worth in PRIORITIES.items() if worth == priority)


def first_uncovered_days(needs: NeedColumns, today: int) -> Ints:
    """Day numbers: the first of the days asked that is not over."""
    return np.maximum(needs.first_day, today)


def lasting(needs: NeedColumns) -> Bools:
    """Homes and weekly hours, which are wanted on every day; whatever else on one day."""
    once = [code for (kind, _), code in needs.vocabulary.categories.items() if kind == GOODS]
    return ~np.isin(needs.category, once)


def priorities_on(today: int, needs: NeedColumns) -> Ints:
    """The priority of each need today."""
    pressing_day = np.where(lasting(needs), first_uncovered_days(needs, today), needs.last_day)
    return priorities(needs.priority, pressing_day - today)
