"""Offers and needs as columns: one array per field, one row per record, words replaced by codes.

The rules work on these alone. Records become columns by `filling.offer_columns` and `need_columns`; a caller who reads
a whole country fills the columns straight from the database, with what `filling`, `stretches` and `arrays` have for
what is not a plain value (turns, slots, stretches, masks). What does not concern a row's kind is left out
(a duvet has no step-free access: False, 0, no word), so that no rule has to ask for the kind.

Whole numbers are int64 or int32 as noted (either works), day numbers are `date.toordinal()`.
"""

from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from itertools import chain
from typing import Any, ClassVar, Self

import numpy as np

from engine.arrays import Amounts, Bools, Floats, Ids, Ints, Masks, code, offsets, ranges, unit_sphere
from engine.goods import GoodsFits
from engine.hours import DAY_MINUTES, HALF_MINUTES
from engine.household import HOUSEHOLDS
from engine.spoken import LanguageCodes
from engine.vocabulary import ACCEPTS, HOUSING, PRIORITIES

FOREVER = 10_000_000  # a day number after any date: the last day of an open-ended window
UNKNOWN = -1  # `confirmed_day` of an offer that nobody has confirmed
NEVER = np.iinfo(np.int64).max  # microseconds of an unknown registration: after all others
POINT_TOLERANCE = 1e-9  # of the earth's radius, some 6 mm: how well x, y, z must agree with lat, lon


@dataclass(slots=True)
class Vocabulary:
    """The codes of the words that both sides use. It grows as columns are made and never changes a code."""

    categories: dict[tuple[str, str], int] = field(default_factory=dict)
    forms: dict[str, int] = field(default_factory=dict)
    cities: dict[Hashable, int] = field(default_factory=dict)
    languages: dict[str, int] = field(default_factory=LanguageCodes)
    goods: GoodsFits = field(default_factory=GoodsFits)

    def category(self, kind: str, category: str) -> int:
        """All forms of housing make one category: the need chooses among them by its own list."""
        return code(self.categories, (kind, "" if kind == HOUSING else category))

    def form(self, kind: str, category: str) -> int:
        """The form of a home; -1 for what is no home."""
        return code(self.forms, category) if kind == HOUSING else -1


class Columns(ABC):
    """What both tables can do. `ragged`: for the columns that begin with a word, the column of their offsets."""

    __slots__ = ()
    ids: Ids
    ragged: ClassVar[Mapping[str, str]] = {"slot": "slots_from"}

    def __len__(self) -> int:
        return len(self.ids)

    def id_of(self, row: int) -> Hashable:
        id_ = self.ids[row]
        return int(id_) if isinstance(id_, np.integer) else id_

    def take(self, rows: Ints) -> Self:
        """Some rows, in this order, in the same vocabulary."""
        taken: dict[str, Any] = {}
        flat: dict[str, Ints] = {}
        for name, offsets_name in self.ragged.items():
            start = getattr(self, offsets_name)
            count = (start[1:] - start[:-1])[rows]
            taken[offsets_name] = offsets(count)
            flat[name] = ranges(start[rows], count)
        for one in fields(self):  # type: ignore[arg-type] # both tables are dataclasses
            value = getattr(self, one.name)
            if one.name == "vocabulary":
                taken[one.name] = value
            elif one.name == "ids" and not isinstance(value, np.ndarray):
                taken[one.name] = [value[row] for row in rows.tolist()]
            elif one.name not in taken:
                taken[one.name] = value[flat.get(one.name.partition("_")[0], rows)]
        return type(self)(**taken)

    def faults(self) -> dict[str, Ints]:
        """The rows that no record would be made of, by the name of the field at fault; none when all is well.

        Columns of unequal length, or offsets that do not fit, raise a `ValueError`.
        """
        found: dict[str, Ints] = {}
        for name, wrong in chain(self._shared_faults(), self._own_faults()):
            rows = np.flatnonzero(wrong)
            if len(rows):
                found[name] = np.union1d(found[name], rows) if name in found else rows
        return found

    def refuse_faults(self) -> None:
        """A `ValueError` that begins with the name of the first field at fault."""
        for name, rows in self.faults().items():
            others = f" and {len(rows) - 1} others" if len(rows) > 1 else ""
            raise ValueError(
                f"{name}: row {rows[0]} (id {self.id_of(int(rows[0]))!r}){others} cannot be right"
            )

    @abstractmethod
    def _own_faults(self) -> Iterator[tuple[str, Bools]]:
        """Of the fields that the other side has not."""

    def _shared_faults(self) -> Iterator[tuple[str, Bools]]:
        self._refuse_misfits()
        yield "id", _seen_before(self.ids)
        side: Any = self
        yield "category", side.category < 0
        yield "city", side.city < 0
        # Written so that NaN, which compares false with everything, is refused too.
        yield "lat", ~(np.abs(side.lat) <= 90)
        yield "lon", ~(np.abs(side.lon) <= 180)
        yield "reach_km", ~((side.reach_km >= 0) & (side.reach_km < np.inf))
        points = zip("xyz", unit_sphere(side.lat, side.lon), strict=True)
        for name, expected in points:
            yield name, ~(np.abs(getattr(side, name) - expected) <= POINT_TOLERANCE)
        start, end = side.slot_start, side.slot_end
        whole = (start >= 0) & (start < end) & (end <= 7 * DAY_MINUTES)
        yield (
            "slots",
            self._owners("slot", ~(whole & (start // DAY_MINUTES == (end - 1) // DAY_MINUTES))),
        )
        same = np.ones(len(start), np.bool_)
        same[side.slots_from[:-1][np.diff(side.slots_from) > 0]] = False
        overlaps = np.concatenate([[False], start[1:] < end[:-1]])[: len(same)]
        yield "slots", self._owners("slot", (same & overlaps) | (end - start < HALF_MINUTES))

    def _owners(self, name: str, wrong: Bools) -> Bools:
        """Of which rows is an entry of a ragged column wrong?"""
        start = getattr(self, self.ragged[name])
        return np.diff(np.concatenate([[0], np.cumsum(wrong)])[start]) > 0

    def _refuse_misfits(self) -> None:
        lengths: dict[str, int] = {}
        for name, offsets_name in self.ragged.items():
            start = getattr(self, offsets_name)
            if len(start) != len(self) + 1 or start[0] != 0 or (np.diff(start) < 0).any():
                raise ValueError(
                    f"{offsets_name}: offsets from 0 up, one more than there are rows, are expected"
                )
            lengths[name] = int(start[-1])
        for one in fields(self):  # type: ignore[arg-type]
            if one.name == "vocabulary" or one.name in self.ragged.values():
                continue
            expected = lengths.get(one.name.partition("_")[0], len(self))
            if len(getattr(self, one.name)) != expected:
                raise ValueError(f"{one.name}: {expected} values are expected")


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class OfferColumns(Columns):
    """What is offered. Ragged columns: those of row i lie from `…s_from[i]` up to `…s_from[i + 1]`, in order
    of time.
    """

    vocabulary: Vocabulary
    ids: Ids  # distinct; a tuple, a list, or an int64 array
    category: Ints  # int32, `Vocabulary.category`
    form: Ints  # int32, `Vocabulary.form`: of a home, else -1
    city: Ints  # int32, code in `Vocabulary.cities`
    lat: Floats  # degrees
    lon: Floats
    x: Floats  # `unit_sphere(lat, lon)`
    y: Floats
    z: Floats
    reach_km: Floats  # of a home 0
    languages: (
        Masks  # (rows, width): spoken, with those of who offers interpreting or translation; see `masks`
    )
    capacity: Ints  # int64, when nothing is held
    confirmed_day: Ints  # int32, day number, or UNKNOWN
    asked: Ints  # int32, times that the citizen was asked in the last 30 days
    turn: Ints  # int32, place in order of registration, then id, see `turns`
    shared_with_linked: Bools  # the citizen's consent
    is_open: Bools  # `Offer.can_be_given`
    notice_days: Ints  # int32
    shared_home: Bools  # `Offer.is_shared`; housing only, as are the next six
    accepts: Ints  # int32, sum of `ACCEPT_BITS`; 0: silent
    step_free: Bools
    pets_accepted: Bools
    smoke_free: Bools  # `Offer.is_smoke_free`
    longest_stay: Ints  # int32, days; FOREVER: no limit
    rent: Ints  # int32, euros a month
    goods: Ints  # int32, code in `Vocabulary.goods.offered`; 0: nothing said, or no goods
    best_before: Ints  # int32, day number; FOREVER: none
    named_languages: Masks  # interpreting and translation only: from and to together
    remote: Bools  # skills only
    stretches_from: Ints  # int64, one more than there are rows
    stretch_first: Ints  # int32, day number; these four come from `stretches`
    stretch_last: Ints  # int32, day number, up to FOREVER
    stretch_left: Ints  # int64, the capacity left on each of its days
    slots_from: Ints  # int64; skills only, see `slot_columns`
    slot_start: Ints  # int32, minute of the week
    slot_end: Ints  # int32

    ragged: ClassVar[Mapping[str, str]] = {"stretch": "stretches_from", "slot": "slots_from"}

    def _own_faults(self) -> Iterator[tuple[str, Bools]]:
        yield "capacity", self.capacity < 1
        yield "confirmed_day", self.confirmed_day < UNKNOWN
        yield "asked", self.asked < 0
        yield "turn", _seen_before(self.turn)
        yield "notice_days", self.notice_days < 0
        yield "longest_stay_days", self.longest_stay < 1
        yield "rent", self.rent < 0
        yield "item", (self.goods < 0) | (self.goods >= len(self.vocabulary.goods.offered))
        yield "accepts", (self.accepts < 0) | (self.accepts >= 1 << len(ACCEPTS))
        yield "available", np.diff(self.stretches_from) == 0
        yield "available", self._owners("stretch", self.stretch_last < self.stretch_first)
        same = np.ones(len(self.stretch_first), np.bool_)
        same[self.stretches_from[:-1][np.diff(self.stretches_from) > 0]] = False
        overlaps = np.concatenate([[False], self.stretch_first[1:] <= self.stretch_last[:-1]])
        yield "available", self._owners("stretch", (same & overlaps[: len(same)]))
        capacity = np.repeat(self.capacity, np.diff(self.stretches_from))
        yield "stretch_left", self._owners("stretch", self.stretch_left > capacity)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class NeedColumns(Columns):
    """What is asked for. `slots`, and `given`, are ragged, as those of offers."""

    vocabulary: Vocabulary
    ids: Ids  # distinct; a tuple, a list, or an int64 array
    category: Ints  # int32, `Vocabulary.category`
    forms: Masks  # housing only: forms that are accepted; no bit accepts every form
    city: Ints  # int32, code in `Vocabulary.cities`
    lat: Floats  # degrees
    lon: Floats
    x: Floats  # `unit_sphere(lat, lon)`
    y: Floats
    z: Floats
    reach_km: Floats
    languages: Masks  # languages spoken
    first_day: Ints  # int32, day number
    last_day: Ints  # int32, day number
    least_days: (
        Ints  # int32, the shortest run that helps, as said; 0: nothing said, see `uncovered.from_today`
    )
    one_day: Bools  # does not last: `Need.lasts`
    asked: Amounts  # `need_quantities`: all that is asked; hours may have halves
    quantity: Amounts  # of what is used up, what is still missing of it
    least_quantity: Amounts  # the smallest quantity that helps
    people: Ints  # int32, `Need.persons`
    priority: Ints  # int32, `PRIORITIES` of its urgency
    is_housing: Bools
    is_open: Bools
    household: Ints  # int32, housing only: see `household_codes`
    step_free_needed: Bools  # housing only, as are the next four
    pets: Bools
    smoke_free_needed: Bools
    refuses_shared_home: Bools
    rent_up_to: Ints  # int32, euros a month
    goods: Ints  # int32, code in `Vocabulary.goods.wanted`; 0: nothing said, or no goods
    named_languages: Masks  # interpreting and translation only: from and to together
    remote_ok: Bools  # skills only
    slots_from: Ints  # int64; skills only, see `slot_columns`
    slot_start: Ints  # int32, minute of the week
    slot_end: Ints  # int32
    given_from: Ints  # int64, see `given_columns`: what live matches provide
    given_first: Ints  # int32, day number
    given_last: Ints  # int32, day number
    given_quantity: Ints  # int64

    ragged: ClassVar[Mapping[str, str]] = {"slot": "slots_from", "given": "given_from"}

    def _own_faults(self) -> Iterator[tuple[str, Bools]]:
        yield "last_day", self.last_day < self.first_day
        asked = self.last_day - self.first_day + 1
        yield "min_days", (self.least_days < 0) | (self.least_days > asked)
        yield "quantity", (self.quantity <= 0) | (self.asked < self.quantity)
        yield "least_quantity", (self.least_quantity <= 0) | (self.least_quantity > self.quantity)
        yield "people", self.people < 1
        yield "urgency", ~np.isin(self.priority, list(PRIORITIES.values()))
        yield "household", (self.household < 0) | (self.household >= HOUSEHOLDS)
        yield "rent_up_to", self.rent_up_to < 0
        yield "items", (self.goods < 0) | (self.goods >= len(self.vocabulary.goods.wanted))
        wrong = (self.given_last < self.given_first) | (self.given_quantity < 1)
        yield "given", self._owners("given", wrong)


def _seen_before(values: Ids | Ints) -> Bools:
    """Which rows repeat the value of an earlier one?"""
    repeated = np.ones(len(values), np.bool_)
    if isinstance(values, np.ndarray):
        repeated[np.unique(values, return_index=True)[1]] = False
    elif len(set(values)) == len(values):
        repeated[:] = False
    else:
        first = {value: row for row, value in reversed(list(enumerate(values)))}
        repeated[list(first.values())] = False
    return repeated
