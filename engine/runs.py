"""Stretches that pairs could have: the days of a need, in a row, on which enough remains of an offer.

What lasts takes the longest, the earliest on a tie; what is wanted on one day the earliest day.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

from engine.arrays import Amounts, Bools, Ints, ranges, row_codes
from engine.columns import OfferColumns
from engine.stretches import with_stretches
from engine.uncovered import Uncovered

DAYS_A_WEEK = 7
NO_ROWS: Ints = np.empty(0, np.int64)
WHATEVER = np.iinfo(np.int64).min  # a least quantity of which there is always enough


@dataclass(frozen=True, slots=True, eq=False)
class Runs:
    """Per pair: the run's first and last day, its length (0: none) and what is left on its tightest day."""

    first: Ints
    last: Ints
    days: Ints
    left: Ints

    def where(self, keep: Bools) -> Self:
        return type(self)(self.first[keep], self.last[keep], self.days[keep], self.left[keep])

    def put(self, rows: Ints, others: "Runs") -> "Runs":
        """With others in these rows."""
        both = [one.copy() for one in (self.first, self.last, self.days, self.left)]
        for one, other in zip(both, (others.first, others.last, others.days, others.left), strict=True):
            one[rows] = other
        return Runs(*both)


def lasting_runs(
    offers: OfferColumns, uncovered: Uncovered, need: Ints, offer: Ints, soonest: Ints, least: Amounts
) -> Runs:
    """The longest of each pair on days that are uncovered and not before `soonest`."""
    if uncovered.is_plain:
        return longest_runs(
            offers, offer, np.maximum(uncovered.first[need], soonest), uncovered.last[need], least
        )
    start = uncovered.start[need]
    count = uncovered.start[need + 1] - start
    first, last = np.maximum(uncovered.first[start], soonest), uncovered.last[start]
    runs = longest_runs(offers, offer, first, last, least)
    several = np.flatnonzero(count > 1)
    if not len(several):
        return runs
    row, piece = np.repeat(several, count[several] - 1), ranges(start[several] + 1, count[several] - 1)
    first, last = np.maximum(uncovered.first[piece], soonest[row]), uncovered.last[piece]
    later = longest_runs(offers, offer[row], first, last, least[row])
    order = np.lexsort((first, -later.days, row))
    best = order[np.concatenate([[True], row[order][1:] != row[order][:-1]])]
    best = best[later.days[best] > runs.days[row[best]]]
    keep = np.zeros(len(row), np.bool_)
    keep[best] = True
    return runs.put(row[keep], later.where(keep))


def longest_runs(
    offers: OfferColumns, offer: Ints, asked_first: Ints, asked_last: Ints, least: Amounts
) -> Runs:
    """The longest unbroken stretch within these days on which the offer is there and the least quantity is left.

    The earliest on a tie. Where the capacity would not be enough even with nothing held, days are judged as
    if it were: one reason is told, not two.
    """
    stretch = offers.stretches_from[offer]
    several = NO_ROWS
    if len(offers.stretch_first) > len(offers):
        stretch, several = _stretches_met(offers, stretch, offer, asked_first, asked_last)
    # Most needs meet one stretch of the offer, which is the run as far as it is asked for.
    first = np.maximum(offers.stretch_first[stretch], asked_first)
    last = np.minimum(offers.stretch_last[stretch], asked_last)
    left = offers.stretch_left[stretch]
    days = np.maximum(last - first + 1, 0)
    scarce = np.flatnonzero(left < least)
    days[scarce[offers.capacity[offer[scarce]] >= least[scarce]]] = 0
    runs = Runs(first, last, days, left)
    if len(several):
        needed = np.where(offers.capacity[offer[several]] < least[several], WHATEVER, least[several])
        end = offers.stretches_from[offer[several] + 1]
        _walk(offers, stretch[several], end, asked_first[several], asked_last[several], needed, runs, several)
    return runs


def earliest_days(
    offers: OfferColumns,
    offer: Ints,
    asked_first: Ints,
    asked_last: Ints,
    least: Amounts,
    weekdays: Bools | None = None,
) -> Runs:
    """The earliest of these days on which the offer is there and the least quantity is left; as a run of one day.

    `weekdays`: (pairs, 7), on which days of the week it may be. Of the capacity see `longest_runs`.
    """
    stretch = offers.stretches_from[offer]
    if len(offers.stretch_first) > len(offers):
        stretch, _ = _stretches_met(offers, stretch, offer, asked_first, asked_last)
    first = np.maximum(offers.stretch_first[stretch], asked_first)
    if weekdays is not None:
        first = _next_of(weekdays, first)
    left = offers.stretch_left[stretch]
    missed = first > np.minimum(offers.stretch_last[stretch], asked_last)
    scarce = np.flatnonzero(left < least)
    missed[scarce[offers.capacity[offer[scarce]] >= least[scarce]]] = True
    runs = Runs(first, first, (~missed).view(np.uint8).astype(np.int64), left)
    end = offers.stretches_from[offer + 1]
    rows = np.flatnonzero(missed)
    while len(rows):
        stretch[rows] += 1
        rows = rows[stretch[rows] < end[rows]]
        rows = rows[offers.stretch_first[stretch[rows]] <= asked_last[rows]]
        if not len(rows):
            break
        now = stretch[rows]
        day = np.maximum(offers.stretch_first[now], asked_first[rows])
        if weekdays is not None:
            day = _next_of(weekdays[rows], day)
        some_left = offers.stretch_left[now]
        enough = (some_left >= least[rows]) | (offers.capacity[offer[rows]] < least[rows])
        found = enough & (day <= np.minimum(offers.stretch_last[now], asked_last[rows]))
        here = rows[found]
        runs.first[here] = runs.last[here] = day[found]
        runs.days[here], runs.left[here] = 1, some_left[found]
        rows = rows[~found]
    return runs


def by_week(offers: OfferColumns) -> OfferColumns:
    """With as much left on each day as on the tightest of its week, from Monday to Sunday, in all of which the hours of
    an appointment count.
    """
    owner = np.repeat(np.arange(len(offers)), np.diff(offers.stretches_from))
    first, last = offers.stretch_first.astype(np.int64), offers.stretch_last.astype(np.int64)
    left = offers.stretch_left
    begins, ends = _week(first), _week(last)
    follows = np.zeros(len(owner), np.bool_)
    follows[1:] = (owner[1:] == owner[:-1]) & (begins[1:] == ends[:-1])
    if not (follows[1:] & (left[1:] != left[:-1])).any():
        return offers
    followed = np.append(follows[1:], False)
    # The week that a stretch shares with the one before, the one that it shares with the next, and what is between.
    head = follows & (begins < ends)
    tail = followed & (begins < ends)
    middle_first = np.where(head, (begins + 1) * DAYS_A_WEEK + 1, first)
    middle_last = np.where(tail, ends * DAYS_A_WEEK, last)
    middle = middle_first <= middle_last
    which = np.concatenate([np.flatnonzero(head), np.flatnonzero(middle), np.flatnonzero(tail)])
    first = np.concatenate([first[head], middle_first[middle], ends[tail] * DAYS_A_WEEK + 1])
    last = np.concatenate([(begins[head] + 1) * DAYS_A_WEEK, middle_last[middle], last[tail]])
    order = np.lexsort((first, owner[which]))
    which, first, last = which[order], first[order], last[order]
    within = np.flatnonzero(_week(first) == _week(last))
    week = row_codes(owner[which[within]], _week(first[within]))
    _, group = np.unique(week, return_inverse=True)
    tightest = np.full(len(within), np.iinfo(np.int64).max)
    np.minimum.at(tightest, group, left[which[within]])
    left = left[which]
    left[within] = tightest[group]
    return with_stretches(offers, owner[which], first, last, left)


def _week(day: Ints) -> Ints:
    """Day 1 was a Monday."""
    return (day - 1) // DAYS_A_WEEK


def _next_of(weekdays: Bools, day: Ints) -> Ints:
    """The first day from each on that is of one of its weekdays; where there are none, after all days."""
    ahead = np.arange(DAYS_A_WEEK)
    fits = np.take_along_axis(weekdays, ((day - 1)[:, None] + ahead) % DAYS_A_WEEK, axis=1)
    return np.where(fits.any(axis=1), day + fits.argmax(axis=1), np.iinfo(np.int64).max)


def _stretches_met(
    offers: OfferColumns, stretch: Ints, offer: Ints, asked_first: Ints, asked_last: Ints
) -> tuple[Ints, Ints]:
    """Of each offer the first stretch that does not end before the days asked (or its last one), and the rows in which
    the next one begins before they end.
    """
    more = np.diff(offers.stretches_from) > 1
    several = np.flatnonzero(more[offer])
    last = offers.stretches_from[offer[several] + 1] - 1
    own, first_day = stretch[several], asked_first[several]
    early = np.flatnonzero((own < last) & (offers.stretch_last[own] < first_day))
    while len(early):
        own[early] += 1
        passed = own[early]
        early = early[(passed < last[early]) & (offers.stretch_last[passed] < first_day[early])]
    stretch[several] = own
    follows = np.minimum(own + 1, last)
    return stretch, several[(own < last) & (offers.stretch_first[follows] <= asked_last[several])]


def _walk(
    offers: OfferColumns,
    stretch: Ints,
    end: Ints,
    asked_first: Ints,
    asked_last: Ints,
    least: Amounts,
    best: Runs,
    rows: Ints,
) -> None:
    """The runs of pairs that meet several stretches, from `stretch` on, written into those rows of `best`.

    The stretches of all pairs are walked abreast, the next one of each at each step.
    """
    best.days[rows] = 0
    run_first, run_last, run_left = (np.full(len(rows), -1, np.int64) for _ in range(3))
    active = np.arange(len(rows))
    while len(active):
        now = stretch[active]
        first = np.maximum(offers.stretch_first[now], asked_first[active])
        last = np.minimum(offers.stretch_last[now], asked_last[active])
        left = offers.stretch_left[now]
        usable = (first <= last) & (left >= least[active])
        joins = usable & (run_last[active] == first - 1)
        first = np.where(joins, run_first[active], first)
        left = np.where(joins, np.minimum(run_left[active], left), left)
        run_first[active], run_left[active] = first, left
        run_last[active] = np.where(usable, last, -1)
        days = np.where(usable, last - first + 1, 0)
        longer = days > best.days[rows[active]]
        record = rows[active[longer]]
        best.first[record], best.last[record] = first[longer], last[longer]
        best.days[record], best.left[record] = days[longer], left[longer]
        stretch[active] += 1
        active = active[stretch[active] < end[active]]
        active = active[offers.stretch_first[stretch[active]] <= asked_last[active]]
