"""The days of needs that are still to be covered: those from today on for which nobody provides yet."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Self

import numpy as np

from engine.arrays import Amounts, Floats, Ints, offsets, ranges
from engine.columns import NeedColumns
from engine.filling import need_columns
from engine.records import Need
from engine.stretches import Cut, cut_windows

# Where nothing is said of a home: two weeks under a roof are useful whatever follows; of less, nine tenths.
LEAST_NIGHTS = 14


@dataclass(frozen=True, slots=True, eq=False)
class Uncovered:
    """Of each need its unbroken stretches of such days, in order of time: those of row i lie from `start[i]` up to
    `start[i + 1]`. A need of which every day is provided for has one without a day.
    """

    start: Ints  # int64
    first: Ints  # day number
    last: Ints  # day number

    @classmethod
    def of(cls, needs: NeedColumns, today: int) -> Self:
        rows = len(needs)
        first, last = np.maximum(needs.first_day, today).astype(np.int64), needs.last_day.astype(np.int64)
        if not len(needs.given_first):
            return cls(np.arange(rows + 1), first, last)
        cut = _cut(needs, first)
        missing = needs.asked[cut.owner] - cut.held
        open_ = (missing >= needs.least_quantity[cut.owner]) & (missing > 0)
        owner, first, last = cut.owner[open_], cut.first[open_], cut.last[open_]
        begins = np.ones(len(owner), np.bool_)
        begins[1:] = (owner[1:] != owner[:-1]) | (first[1:] > last[:-1] + 1)
        ends = np.append(begins[1:], True)[: len(begins)]
        owner, first, last = owner[begins], first[begins], last[ends]
        # Every need has a row, so that nobody need ask whether it has.
        none = np.flatnonzero(np.bincount(owner, minlength=rows) == 0)
        owner = np.concatenate([owner, none])
        first = np.concatenate([first, needs.last_day[none] + 1])
        last = np.concatenate([last, needs.last_day[none]])
        order = np.argsort(owner, kind="stable")
        return cls(offsets(np.bincount(owner, minlength=rows)), first[order], last[order])

    @property
    def is_plain(self) -> bool:
        """Each need has one stretch."""
        return len(self.first) == len(self.start) - 1

    @property
    def days(self) -> Ints:
        """How many there are of each need."""
        days = np.maximum(self.last - self.first + 1, 0)
        if self.is_plain:
            return days
        return np.add.reduceat(days, self.start[:-1]) if len(days) else days

    @property
    def first_day(self) -> Ints:
        """The first of each need; the day after its last where there is none."""
        return self.first if self.is_plain else self.first[self.start[:-1]]

    @property
    def last_day(self) -> Ints:
        """The last of each need, its last day where there is none."""
        return self.last if self.is_plain else self.last[self.start[1:] - 1]


def from_today(needs: NeedColumns, uncovered: Uncovered) -> NeedColumns:
    """With the shortest useful run of each: as said, or as usual; never longer than the days still uncovered."""
    days = uncovered.days
    usual = np.where(needs.is_housing, np.minimum((9 * days + 9) // 10, LEAST_NIGHTS), 1)
    said = np.where(needs.least_days > 0, needs.least_days, usual)
    least = np.where(needs.one_day, 1, np.clip(said, 1, np.maximum(days, 1))).astype(np.int32)
    return needs if (least == needs.least_days).all() else replace(needs, least_days=least)


def missing_shares(needs: NeedColumns, uncovered: Uncovered) -> Floats:
    """Per need, what part of all that was asked nobody provides yet, on days from today on."""
    shares = np.where(uncovered.days > 0, needs.quantity / needs.asked, 0.0)
    lasts = np.flatnonzero(~needs.one_day)
    days_asked = needs.last_day[lasts] - needs.first_day[lasts] + 1
    some = np.zeros(len(needs), np.bool_)
    some[lasts] = np.diff(needs.given_from)[lasts] > 0
    shares[lasts] = uncovered.days[lasts] / days_asked
    rows = np.flatnonzero(some)
    if len(rows):
        cut = _cut(needs, np.maximum(needs.first_day, uncovered.first_day))
        missing = np.clip(needs.asked[cut.owner] - cut.held, 0, None) * (cut.last - cut.first + 1)
        total = np.bincount(cut.owner, missing, len(needs))
        shares[rows] = total[rows] / needs.asked[rows] / (needs.last_day - needs.first_day + 1)[rows]
    return shares


def missing_on(needs: NeedColumns, need: Ints, first: Ints, last: Ints) -> Amounts:
    """What each of these needs still misses on every one of these days."""
    missing = needs.quantity[need].copy()
    partly = np.diff(needs.given_from) > 0
    rows = np.flatnonzero(partly[need] & ~needs.one_day[need])
    if not len(rows):
        return missing
    cut = _cut(needs, needs.first_day)
    start = np.searchsorted(cut.owner, np.arange(len(needs) + 1))
    count = np.diff(start)[need[rows]]
    row, piece = np.repeat(rows, count), ranges(start[need[rows]], count)
    meets = (cut.first[piece] <= last[row]) & (cut.last[piece] >= first[row])
    row, piece = row[meets], piece[meets]
    np.minimum.at(missing, row, needs.asked[need[row]] - cut.held[piece])
    return missing


def is_provided_for(need: Need, *, today: date) -> bool:
    """No day is left, from today on, that live matches do not provide for."""
    return not Uncovered.of(need_columns([need]), today.toordinal()).days.any()


def least_days(need: Need, *, today: date) -> int:
    """The shortest run that helps, as said or as usual."""
    needs = need_columns([need])
    return int(from_today(needs, Uncovered.of(needs, today.toordinal())).least_days[0])


def _cut(needs: NeedColumns, first: Ints) -> Cut:
    """The days of each need from the first on, cut wherever what it is given changes."""
    given = np.repeat(np.arange(len(needs)), np.diff(needs.given_from))
    first, last = first.astype(np.int64), needs.last_day.astype(np.int64)
    some = np.flatnonzero(first <= last)
    # What is used up is given on every day.
    one_day = needs.one_day[given]
    return cut_windows(
        window_owner=some,
        window_first=first[some],
        window_last=last[some],
        hold_owner=given,
        hold_first=np.where(one_day, first[given], needs.given_first),
        hold_last=np.where(one_day, last[given], needs.given_last),
        hold_quantity=needs.given_quantity,
    )
