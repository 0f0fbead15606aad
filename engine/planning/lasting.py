"""What lasts, as arrays: homes and hours of the week, of which a need can be given any days, by several in turn.

A *part* is what one offer gives to one need: unbroken days, the same units on each. It lies in the pair's window, the
run after notice and before it is cut to the longest stay, and is no shorter than what helps and no longer than that
stay. A *unit* is a person of a home and half an hour of anything else. Of an appointment the day is not to be chosen:
its part is the week of that day, in all of which its hours count.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from engine.arrays import Bools, Floats, Ints

# Of weekly helpers there is no limit.
MANY = np.iinfo(np.int32).max
NO_SLOTS = 0
# Pairs of which those that can have nothing any more are left out together.
AT_ONCE = 2_048


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """What is given, one row each: the pair's row, its days counted from the first that matters, its units, and how
    many of these are of each slot of the offer.
    """

    pair: Ints
    first: Ints
    last: Ints
    units: Ints
    of_slot: NDArray[np.int32]  # (parts, slots)

    def __len__(self) -> int:
        return len(self.pair)

    @classmethod
    def none(cls, slots: int = NO_SLOTS) -> Self:
        empty = np.empty(0, np.int64)
        return cls(empty, empty, empty, empty, np.empty((0, slots), np.int32))

    def take(self, rows: Ints | Bools) -> Self:
        return type(self)(
            self.pair[rows], self.first[rows], self.last[rows], self.units[rows], self.of_slot[rows]
        )

    def joined(self, other: "Parts") -> "Parts":
        return Parts(
            np.concatenate([self.pair, other.pair]),
            np.concatenate([self.first, other.first]),
            np.concatenate([self.last, other.last]),
            np.concatenate([self.units, other.units]),
            np.concatenate([self.of_slot, other.of_slot]),
        )


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Lasting:
    """Pairs are sorted by need, then best first; needs are in order of arrival; days are counted from 0."""

    # per pair
    need: Ints
    offer: Ints
    first: Ints  # the window in which a part of it lies
    last: Ints
    shortest: Ints  # days of a part
    longest: Ints
    fewest: Ints  # units of a part
    most: Ints  # the same as the fewest where all are given or none
    value: Floats  # of one unit on one day
    of_slot: NDArray[np.int32]  # (pairs, slots): the most of each slot of the offer; all -1 without slots
    # per need
    missing: NDArray[np.int32]  # (needs, days): units
    once: Bools  # units count on whatever day they are given
    move: Floats  # what each home costs after the first
    turns: Ints  # how many parts at most
    # per offer
    left: NDArray[np.int32]  # (offers, days): units
    slot_left: NDArray[np.int32]  # (offers, slots): units on each day

    def __len__(self) -> int:
        return len(self.need)

    @property
    def days(self) -> int:
        return self.left.shape[1]

    @property
    def slots(self) -> int:
        return self.of_slot.shape[1]

    @property
    def need_starts(self) -> Ints:
        """Pairs of need i lie from [i] up to [i + 1]."""
        return np.searchsorted(self.need, np.arange(len(self.move) + 1))

    def values(self, parts: Parts) -> Floats:
        """What each part adds, moves apart."""
        days = parts.last - parts.first + 1
        return self.value[parts.pair] * parts.units * days

    def worth(self, parts: Parts) -> float:
        """The objective: what all parts add, less what moves cost."""
        homes = np.bincount(self.need[parts.pair], minlength=len(self.move))
        return float(self.values(parts).sum() - self.move @ np.maximum(homes - 1, 0))

    def refuse_impossible(self, parts: Parts) -> None:
        """Raise unless these parts keep every promise."""
        pair = parts.pair
        days = parts.last - parts.first + 1
        if len(np.unique(pair)) < len(pair):
            raise AssertionError("an offer serves a need twice")
        if ((parts.first < self.first[pair]) | (parts.last > self.last[pair])).any():
            raise AssertionError("a part lies outside of its window")
        if ((days < self.shortest[pair]) | (days > self.longest[pair])).any():
            raise AssertionError("a part is too short or too long")
        if ((parts.units < self.fewest[pair]) | (parts.units > self.most[pair])).any():
            raise AssertionError("a part gives too little or too much")
        if (np.bincount(self.need[pair], minlength=len(self.turns)) > self.turns).any():
            raise AssertionError("too many homes in turn")
        calendar = Calendar(self)
        for row in range(len(parts)):
            calendar.take(parts, row)
        calendar.refuse_overdrawn()


class Calendar:
    """What offers have left and needs still miss, day by day, while parts are given."""

    def __init__(self, problem: Lasting, parts: Parts | None = None) -> None:
        self.problem = problem
        self.left = problem.left.copy()
        self.missing = problem.missing.copy()
        self.homes = np.zeros(len(problem.move), np.int64)
        # (offers, slots, days)
        self.slot_left = np.repeat(
            problem.slot_left[:, :, None], problem.days if problem.slots else 0, axis=2
        )
        for row in range(len(parts) if parts else 0):
            self.take(parts, row)  # type: ignore[arg-type]

    def take(self, parts: Parts, row: int, sign: int = 1) -> None:
        """Give this part; with -1 take it back."""
        problem, pair = self.problem, int(parts.pair[row])
        need, offer, units = int(problem.need[pair]), int(problem.offer[pair]), int(parts.units[row])
        days = slice(int(parts.first[row]), int(parts.last[row]) + 1)
        self.left[offer, days] -= sign * units
        self.missing[need, slice(None) if problem.once[need] else days] -= sign * units
        self.homes[need] += sign
        if problem.slots and problem.of_slot[pair, 0] >= 0:
            self.slot_left[offer, :, days] -= sign * parts.of_slot[row][:, None]

    def refuse_overdrawn(self) -> None:
        if self.left.min(initial=0) < 0 or self.slot_left.min(initial=0) < 0:
            raise AssertionError("an offer is used beyond its capacity")
        if self.missing.min(initial=0) < 0:
            raise AssertionError("a need is served beyond its quantity")

    def best_part(self, pair: int) -> tuple[int, int, int, NDArray[np.int32]] | None:
        """The longest that can still be given of this pair, the earliest of several: its days, units, and of which
        slots; None where nothing can or it is not worth the move.
        """
        problem = self.problem
        need, offer = int(problem.need[pair]), int(problem.offer[pair])
        if self.homes[need] >= problem.turns[need]:
            return None
        begin, end = int(problem.first[pair]), int(problem.last[pair]) + 1
        fewest = int(problem.fewest[pair])
        here = np.minimum(self.left[offer, begin:end], self.missing[need, begin:end])
        first, days = _longest(here >= fewest)
        if days < problem.shortest[pair]:
            return None
        days = min(days, int(problem.longest[pair]))
        units = min(int(here[first : first + days].min()), int(problem.most[pair]))
        first += begin
        of_slot = np.zeros(problem.slots, np.int32)
        if problem.slots and problem.of_slot[pair, 0] >= 0:
            there = self.slot_left[offer, :, first : first + days].min(axis=1)
            can = np.minimum(there, problem.of_slot[pair])
            units = min(units, int(can.sum()))
            if units < fewest:
                return None
            of_slot = np.diff(np.minimum(np.cumsum(can), units), prepend=0).astype(np.int32)
        gain = float(problem.value[pair]) * units * days
        if self.homes[need] and gain <= problem.move[need]:
            return None
        return first, first + days - 1, units, of_slot


def _longest(good: Bools) -> tuple[int, int]:
    """Where the longest run of True begins, the earliest of several, and its length."""
    if good.all():
        return 0, len(good)
    edges = np.flatnonzero(np.diff(good.view(np.int8), prepend=0, append=0))
    if not len(edges):
        return 0, 0
    lengths = edges[1::2] - edges[::2]
    best = int(lengths.argmax())
    return int(edges[2 * best]), int(lengths[best])


class _FreeDays:
    """Which days are left for so many units, as the bits of a number each: of most pairs nothing is left soon, which
    is seen so without an array for each.
    """

    def __init__(self, calendar: Calendar) -> None:
        self._problem, self._calendar = calendar.problem, calendar
        self._of_offer: dict[int, dict[int, int]] = {}
        self._of_need: dict[int, dict[int, int]] = {}
        self._longest_of_offer = np.array([_longest(row > 0)[1] for row in calendar.left])
        self._longest_of_need = np.array([_longest(row > 0)[1] for row in calendar.missing])

    def may_have(self, pairs: Ints) -> Bools:
        """Is there a run for each, of anything its offer has and of anything that its need misses?"""
        problem = self._problem
        longest = np.minimum(
            self._longest_of_offer[problem.offer[pairs]], self._longest_of_need[problem.need[pairs]]
        )
        enough: Bools = longest >= problem.shortest[pairs]
        return enough

    def has_enough(self, pair: int) -> bool:
        """Is there a run in the pair's window on which both sides have the least that is useful?"""
        problem = self._problem
        need, offer, units = int(problem.need[pair]), int(problem.offer[pair]), int(problem.fewest[pair])
        shortest, first = int(problem.shortest[pair]), int(problem.first[pair])
        if min(self._longest_of_offer[offer], self._longest_of_need[need]) < shortest:
            return False
        days = self._days(self._of_offer, offer, self._calendar.left, units)
        days &= self._days(self._of_need, need, self._calendar.missing, units)
        days = (days >> first) & ((1 << (int(problem.last[pair]) - first + 1)) - 1)
        # A bit that is left stands for so many days in a row from it on.
        run = 1
        while days and run < shortest:
            step = min(run, shortest - run)
            days &= days >> step
            run += step
        return days != 0

    def _days(self, known: dict[int, dict[int, int]], row: int, table: NDArray[np.int32], units: int) -> int:
        of_row = known.setdefault(row, {})
        if units not in of_row:
            bits = np.packbits(table[row] >= units, bitorder="little")
            of_row[units] = int.from_bytes(bits.tobytes(), "little")
        return of_row[units]

    def look_again(self, pair: int) -> None:
        """Its offer and its need have less than before."""
        calendar, need, offer = self._calendar, int(self._problem.need[pair]), int(self._problem.offer[pair])
        self._of_offer.pop(offer, None)
        self._of_need.pop(need, None)
        self._longest_of_offer[offer] = _longest(calendar.left[offer] > 0)[1]
        full = calendar.homes[need] >= self._problem.turns[need]
        self._longest_of_need[need] = 0 if full else _longest(calendar.missing[need] > 0)[1]


def parts_in_turn(problem: Lasting, order: Ints, parts: Parts | None = None) -> Parts:
    """What pairs get when each in this order takes the longest part that it still can, after what `parts` gives."""
    calendar = Calendar(problem, parts)
    free = _FreeDays(calendar)
    taken = {int(pair) for pair in parts.pair} if parts else set()
    found: list[tuple[int, int, int, int, NDArray[np.int32]]] = []
    for some in np.split(order, np.arange(AT_ONCE, len(order), AT_ONCE)):
        for pair in some[free.may_have(some)].tolist():
            if pair in taken or not free.has_enough(pair):
                continue
            part = calendar.best_part(pair)
            if part is not None:
                found.append((pair, *part))
                calendar.take(as_parts(found[-1:], problem.slots), 0)
                free.look_again(pair)
    new = as_parts(found, problem.slots)
    return parts.joined(new) if parts else new


def as_parts(rows: list[tuple[int, int, int, int, NDArray[np.int32]]], slots: int) -> Parts:
    """Rows of (pair, first, last, units, of each slot)."""
    if not rows:
        return Parts.none(slots)
    pair, first, last, units, of_slot = zip(*rows, strict=True)
    return Parts(
        np.array(pair),
        np.array(first),
        np.array(last),
        np.array(units),
        np.array(of_slot, np.int32).reshape(len(rows), slots),
    )


# --- From pairs ----------------------------------------------------------------------------------------
