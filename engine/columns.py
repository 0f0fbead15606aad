"""Offers and needs as columns: one array per field, one row per record, words replaced by codes.

The rules work on these alone. Records become columns by `offer_columns` and `need_columns`; a caller who reads a
whole country fills the columns straight from the database, with the functions of the second half of this module
for what is not a plain value (masks, stretches, turns, slots). What does not concern a row's kind is left out
(a duvet has no step-free access: False, 0, no word), so that no rule has to ask for the kind.

Whole numbers are int64 or int32 as noted (either works), day numbers are `date.toordinal()`.
"""

from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from engine.goods import GoodsFits, Offered, Wanted
from engine.hours import DAY_MINUTES, HALF_MINUTES, HALVES, longest_in_halves
from engine.household import ACCEPT_BITS, HOUSEHOLDS, household_codes
from engine.records import Hold, Need, Offer, Slot
from engine.spoken import WORDS_PER_MASK, LanguageCodes
from engine.vocabulary import ACCEPTS, EARTH_RADIUS_KM, GOODS, HOUSING, LANGUAGE_CATEGORIES, PRIORITIES, SKILL

Ints = NDArray[np.signedinteger[Any]]
Floats = NDArray[np.float64]
Amounts = Ints | Floats  # whole numbers, but hours may have halves
Bools = NDArray[np.bool_]
Masks = NDArray[np.uint64]
Ids = Sequence[Hashable] | NDArray[np.int64]

FOREVER = 10_000_000  # a day number after any date: the last day of an open-ended window
UNKNOWN = -1  # `confirmed_day` of an offer that nobody has confirmed
NEVER = np.iinfo(np.int64).max  # microseconds of an unknown registration: after all others
POINT_TOLERANCE = 1e-9  # of the earth's radius, some 6 mm: how well x, y, z must agree with lat, lon

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


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


def offer_columns(offers: Iterable[Offer], vocabulary: Vocabulary | None = None) -> OfferColumns:
    """Columns of offers, or of rows with the same attributes: only that the ids differ is checked again."""
    offers = tuple(offers)
    words = vocabulary or Vocabulary()
    ids = _distinct(offers)
    lat, lon, x, y, z = _points(offers)
    capacity = _ints(offer.capacity for offer in offers)
    slots_from, slot_start, slot_end = _slots(offers)
    return OfferColumns(
        vocabulary=words,
        ids=ids,
        category=_smalls(words.category(offer.kind, offer.category) for offer in offers),
        form=_smalls(words.form(offer.kind, offer.category) for offer in offers),
        city=_smalls(code(words.cities, offer.city) for offer in offers),
        lat=lat,
        lon=lon,
        x=x,
        y=y,
        z=z,
        reach_km=_floats(0 if offer.kind == HOUSING else offer.reach_km for offer in offers),
        languages=masks(
            [
                offer.languages.union(named)
                for offer, named in zip(offers, _named_languages(offers), strict=True)
            ],
            words.languages,
        ),
        capacity=capacity,
        confirmed_day=_smalls(
            UNKNOWN if offer.confirmed_on is None else offer.confirmed_on.toordinal() for offer in offers
        ),
        asked=_smalls(offer.asked_last_30_days or 0 for offer in offers),
        turn=turns(_ints(_microseconds(offer.registered_at) for offer in offers), ids),
        shared_with_linked=_bools(offer.shared_with_linked for offer in offers),
        is_open=_bools(offer.can_be_given for offer in offers),
        notice_days=_smalls(offer.notice_days for offer in offers),
        shared_home=_bools(offer.kind == HOUSING and offer.is_shared for offer in offers),
        accepts=_smalls(accept_bits(offer.accepts) if offer.kind == HOUSING else 0 for offer in offers),
        step_free=_bools(offer.kind == HOUSING and offer.step_free for offer in offers),
        pets_accepted=_bools(offer.kind == HOUSING and offer.pets_accepted for offer in offers),
        smoke_free=_bools(offer.kind == HOUSING and offer.is_smoke_free for offer in offers),
        longest_stay=_smalls(
            FOREVER if offer.kind != HOUSING or offer.longest_stay_days is None else offer.longest_stay_days
            for offer in offers
        ),
        rent=_smalls(offer.rent if offer.kind == HOUSING else 0 for offer in offers),
        goods=_smalls(
            code(words.goods.offered, Offered(offer.item, offer.size, offer.series))
            if offer.kind == GOODS
            else 0
            for offer in offers
        ),
        best_before=_smalls(
            FOREVER if offer.kind != GOODS or offer.best_before is None else offer.best_before.toordinal()
            for offer in offers
        ),
        named_languages=masks(_named_languages(offers), words.languages),
        remote=_bools(offer.kind == SKILL and offer.remote for offer in offers),
        slots_from=slots_from,
        slot_start=slot_start,
        slot_end=slot_end,
        **_stretches_of(offers, capacity),
    )


def need_columns(needs: Iterable[Need], vocabulary: Vocabulary | None = None) -> NeedColumns:
    """Columns of needs, or of rows with the same attributes, in the vocabulary of the offers they meet."""
    needs = tuple(needs)
    words = vocabulary or Vocabulary()
    ids = _distinct(needs)
    lat, lon, x, y, z = _points(needs)
    home = [need.kind == HOUSING for need in needs]
    slots_from, slot_start, slot_end = _slots(needs)
    one_day = _bools(not need.lasts for need in needs)
    given = _given(needs)
    asked, quantity, least_quantity = need_quantities(
        asked=_ints(need.quantity for need in needs),
        given=np.array([sum(hold.quantity for hold in need.given) for need in needs], np.int64),
        one_day=one_day,
        part_useful=_bools(need.part_useful and need.kind != HOUSING for need in needs),
        longest=longest_in_halves(slots_from, slot_start, slot_end),
    )
    return NeedColumns(
        vocabulary=words,
        ids=ids,
        category=_smalls(words.category(need.kind, need.category) for need in needs),
        forms=masks([need.forms if need.kind == HOUSING else () for need in needs], words.forms),
        city=_smalls(code(words.cities, need.city) for need in needs),
        lat=lat,
        lon=lon,
        x=x,
        y=y,
        z=z,
        reach_km=_floats(need.reach_km for need in needs),
        languages=masks([need.languages for need in needs], words.languages),
        first_day=_smalls(need.first_day.toordinal() for need in needs),
        last_day=_smalls(need.last_day.toordinal() for need in needs),
        least_days=_smalls(need.min_days or 0 for need in needs),
        one_day=one_day,
        asked=asked,
        quantity=quantity,
        least_quantity=least_quantity,
        people=_smalls(need.persons for need in needs),
        priority=_smalls(need.priority for need in needs),
        is_housing=_bools(home),
        is_open=_bools(need.is_open for need in needs),
        household=household_codes(
            women=_ints(need.adult_women if need.kind == HOUSING else 0 for need in needs),
            men=_ints(need.adult_men if need.kind == HOUSING else 0 for need in needs),
            children=_ints(need.children if need.kind == HOUSING else 0 for need in needs),
            couple=_bools(need.kind == HOUSING and need.couple for need in needs),
            lone_minor=_bools(need.kind == HOUSING and need.lone_minor for need in needs),
        ),
        step_free_needed=_bools(need.kind == HOUSING and need.step_free_needed for need in needs),
        pets=_bools(need.kind == HOUSING and need.pets for need in needs),
        smoke_free_needed=_bools(need.kind == HOUSING and need.smoke_free_needed for need in needs),
        refuses_shared_home=_bools(need.kind == HOUSING and not need.shared_home_ok for need in needs),
        rent_up_to=_smalls(need.rent_up_to if need.kind == HOUSING else 0 for need in needs),
        goods=_smalls(
            code(words.goods.wanted, Wanted(need.items, need.sizes, need.series)) if need.kind == GOODS else 0
            for need in needs
        ),
        named_languages=masks(_named_languages(needs), words.languages),
        remote_ok=_bools(need.kind == SKILL and need.remote_ok for need in needs),
        slots_from=slots_from,
        slot_start=slot_start,
        slot_end=slot_end,
        **given,
    )


def code(table: dict[Any, int], word: Hashable) -> int:
    """The word's code in one of the vocabulary's tables, a new one if need be."""
    return table.setdefault(word, len(table))


def accept_bits(words: Iterable[str]) -> int:
    return sum(ACCEPT_BITS[word] for word in words)


def unit_sphere(lat: Floats, lon: Floats) -> tuple[Floats, Floats, Floats]:
    """Degrees to x, y, z on the sphere of radius 1."""
    north, east = np.radians(lat), np.radians(lon)
    flat = np.cos(north)
    return flat * np.cos(east), flat * np.sin(east), np.sin(north)


def great_circle_km(squared_chord: Floats) -> Floats:
    """The way round the earth, of points whose straight way through the sphere of radius 1 has this square."""
    return 2 * EARTH_RADIUS_KM * np.arcsin(np.minimum(np.sqrt(squared_chord) / 2, 1))


def masks(sets: Sequence[Iterable[str]], table: dict[str, int]) -> Masks:
    """One bit for each word of the table, in as many columns of 64 as it takes.

    Who meets few different sets makes masks of those and takes rows of them: `masks(sets, table)[which]`.
    """
    words = [[code(table, word) for word in some] for some in sets]
    rows = np.repeat(np.arange(len(words)), np.fromiter(map(len, words), np.int64, len(words)))
    return masks_of_codes(rows, _ints(chain.from_iterable(words)), rows=len(words), words=len(table))


def masks_of_codes(row: Ints, word: Ints, *, rows: int, words: int) -> Masks:
    """The same from (row, code of a word) in any order, of a table of so many words."""
    found = np.zeros((rows, max(1, -(-words // WORDS_PER_MASK))), np.uint64)
    bit = np.left_shift(np.uint64(1), (word % WORDS_PER_MASK).astype(np.uint64))
    np.bitwise_or.at(found, (row, word // WORDS_PER_MASK), bit)
    return found


def words_of_both(one: Masks, other: Masks) -> Masks:
    """The words of either; of masks from one table, the later made may have more columns."""
    found = np.zeros((len(one), max(one.shape[1], other.shape[1])), np.uint64)
    found[:, : one.shape[1]] = one
    found[:, : other.shape[1]] |= other
    return found


def turns(registered: Ints, ids: Ids) -> Ints:
    """Each row's place in order of registration (microseconds, NEVER when unknown), then id."""
    if isinstance(ids, np.ndarray):
        order = np.lexsort((ids, registered))
    else:
        moments = registered.tolist()
        order = np.array(sorted(range(len(ids)), key=lambda row: (moments[row], ids[row])), np.int64)
    turn = np.empty(len(ids), np.int32)
    turn[order] = np.arange(len(ids), dtype=np.int32)
    return turn


def slot_columns(
    *, owner: Ints, weekday: Ints, start_minute: Ints, end_minute: Ints, rows: int
) -> tuple[Ints, Ints, Ints]:
    """`slots_from`, `slot_start`, `slot_end` of weekly slots in any order; `owner` says whose row each is.

    Minutes of the week: no slot crosses midnight, so what overlaps shares a weekday.
    """
    start = weekday.astype(np.int32) * DAY_MINUTES + start_minute.astype(np.int32)
    end = weekday.astype(np.int32) * DAY_MINUTES + end_minute.astype(np.int32)
    order = np.lexsort((end, start, owner))
    return offsets(np.bincount(owner, minlength=rows)), start[order], end[order]


def given_columns(
    *, need: Ints, first_day: Ints, last_day: Ints, quantity: Ints, rows: int
) -> dict[str, Ints]:
    """The `given…` columns of what needs are given, in any order; `need` says whose row it is."""
    order = np.argsort(need, kind="stable")
    return {
        "given_from": offsets(np.bincount(need, minlength=rows)),
        "given_first": first_day[order].astype(np.int32),
        "given_last": last_day[order].astype(np.int32),
        "given_quantity": quantity[order].astype(np.int64),
    }


def need_quantities(
    *, asked: Ints, given: Ints, one_day: Bools, part_useful: Bools, longest: Ints
) -> tuple[Amounts, Amounts, Amounts]:
    """`asked`, `quantity`, `least_quantity`: all that is asked; what is still missing of what is used up; and the
    smallest part that helps.

    An appointment with slots asks for its longest slot at most: `longest`, in halves of an hour, 0 without slots. Of a
    need that lacks nothing the quantity is what was asked: none of its days is uncovered.
    """
    short = np.flatnonzero(one_day & (longest > 0) & (longest < asked * HALVES))
    whole: Amounts = asked
    if len(short):
        whole = asked.astype(np.float64)
        whole[short] = longest[short] / HALVES
    missing = np.where(one_day & (given < whole), whole - given, whole)
    return whole, missing, np.where(part_useful, np.minimum(missing, 1), missing)


@dataclass(frozen=True, slots=True, eq=False)
class Cut:
    """Windows, cut wherever what is held changes; by owner, then in order of time."""

    owner: Ints
    first: Ints
    last: Ints
    held: Ints
    window: Ints  # the number of its window, counted by owner and first day


def cut_windows(
    *,
    window_owner: Ints,
    window_first: Ints,
    window_last: Ints,
    hold_owner: Ints,
    hold_first: Ints,
    hold_last: Ints,
    hold_quantity: Ints,
) -> Cut:
    """Days are inclusive day numbers (FOREVER: for good), `…_owner` says whose row it is, in any order."""
    none, one = np.zeros(len(window_owner), np.int64), np.ones(len(window_owner), np.int64)
    no_hold = np.zeros(len(hold_owner), np.int64)

    # Every day on which something begins or has just ended, in order; running sums then tell what holds from
    # there on. The sums need no restart at each owner, because every owner's own changes add up to zero.
    owner = np.concatenate([window_owner, window_owner, hold_owner, hold_owner])
    day = np.concatenate([window_first, window_last + 1, hold_first, hold_last + 1])
    order = np.lexsort((day, owner))
    owner, day = owner[order], day[order]
    held = np.cumsum(np.concatenate([none, none, hold_quantity, -hold_quantity])[order])
    available = np.cumsum(np.concatenate([one, -one, no_hold, no_hold])[order])
    window = np.cumsum(np.concatenate([one, none, no_hold, no_hold])[order])

    real = np.flatnonzero((owner[:-1] == owner[1:]) & (day[:-1] < day[1:]) & (available[:-1] > 0))
    return Cut(owner[real], day[real], day[real + 1] - 1, held[real], window[real] - 1)


def stretches(
    *,
    window_offer: Ints,
    window_first: Ints,
    window_last: Ints,
    hold_offer: Ints,
    hold_first: Ints,
    hold_last: Ints,
    hold_quantity: Ints,
    capacity: Ints,
    is_stock: Bools,
) -> dict[str, Ints]:
    """The `stretch…` columns of all offers: each window is cut wherever what is left changes; windows that touch are
    joined where it does not.

    Days are inclusive day numbers (FOREVER: for good), `…_offer` says whose row it is, in any order. What is
    held of a stock is gone on every day; of a capacity that is renewed, on the days of the hold.
    """
    gone = np.bincount(hold_offer, hold_quantity, len(capacity)).astype(np.int64)
    cut = cut_windows(
        window_owner=window_offer,
        window_first=window_first,
        window_last=window_last,
        hold_owner=hold_offer,
        hold_first=hold_first,
        hold_last=hold_last,
        hold_quantity=np.where(is_stock[hold_offer], 0, hold_quantity),
    )
    left = (capacity - np.where(is_stock, gone, 0))[cut.owner] - cut.held
    return stretch_columns(cut.owner, cut.first, cut.last, left, rows=len(capacity))


def stretch_columns(owner: Ints, first: Ints, last: Ints, left: Ints, *, rows: int) -> dict[str, Ints]:
    """The `stretch…` columns of stretches by offer, in order of time; what goes on as before is one."""
    begins = np.ones(len(owner), np.bool_)
    begins[1:] = (owner[1:] != owner[:-1]) | (first[1:] > last[:-1] + 1) | (left[1:] != left[:-1])
    if not begins.all():
        last = last[np.append(begins[1:], True)]
        owner, first, left = owner[begins], first[begins], left[begins]
    return {
        "stretches_from": np.searchsorted(owner, np.arange(rows + 1)),
        "stretch_first": first.astype(np.int32),
        "stretch_last": last.astype(np.int32),
        "stretch_left": left,
    }


def with_stretches(offers: OfferColumns, owner: Ints, first: Ints, last: Ints, left: Ints) -> OfferColumns:
    """The same offers with other stretches, by offer, in order of time."""
    own = stretch_columns(owner, first, last, left, rows=len(offers))
    return replace(
        offers,
        stretches_from=own["stretches_from"],
        stretch_first=own["stretch_first"],
        stretch_last=own["stretch_last"],
        stretch_left=own["stretch_left"],
    )


def offsets(count: Ints) -> Ints:
    """Where each row's entries begin in a ragged column, and where the last ones end."""
    return np.concatenate([[0], np.cumsum(count)]).astype(np.int64)


def ranges(starts: Ints, lengths: Ints) -> Ints:
    """All of starts[0], starts[0] + 1, … (so many as lengths[0]), then of starts[1], and so on."""
    some = lengths > 0
    starts, lengths = starts[some], lengths[some]
    first = np.cumsum(lengths) - lengths
    # From one to the next, and where a range begins, from the end of the one before.
    found = np.ones(lengths.sum(), starts.dtype)
    found[first] = starts
    found[first[1:]] -= starts[:-1] + lengths[:-1] - 1
    return np.cumsum(found, out=found)


def row_codes(one: Ints, other: Ints) -> Ints:
    """One number for a pair of rows or of codes: `(one << 32) + other`."""
    return (one.astype(np.int64) << 32) + other


def rows_of(ids: Ids, wanted: Iterable[Hashable]) -> Mapping[Hashable, int]:
    """In which row each wanted id stands, of those that are there."""
    sought = set(wanted)
    if not sought:
        return {}
    listed = ids.tolist() if isinstance(ids, np.ndarray) else ids
    return {id_: row for row, id_ in enumerate(listed) if id_ in sought}


def _stretches_of(offers: Sequence[Offer], capacity: Ints) -> dict[str, Ints]:
    windows = [(row, window) for row, offer in enumerate(offers) for window in offer.available]
    holds = [(row, hold) for row, offer in enumerate(offers) for hold in offer.holds]
    return stretches(
        window_offer=_ints(row for row, _ in windows),
        window_first=_ints(window.first_day.toordinal() for _, window in windows),
        window_last=_ints(
            FOREVER if window.last_day is None else window.last_day.toordinal() for _, window in windows
        ),
        hold_offer=_ints(row for row, _ in holds),
        hold_first=_ints(hold.first_day.toordinal() for _, hold in holds),
        hold_last=_ints(hold.last_day.toordinal() for _, hold in holds),
        hold_quantity=_ints(hold.quantity for _, hold in holds),
        capacity=capacity,
        is_stock=_bools(offer.kind == GOODS for offer in offers),
    )


def _given(needs: Sequence[Need]) -> dict[str, Ints]:
    given: list[tuple[int, Hold]] = [(row, hold) for row, need in enumerate(needs) for hold in need.given]
    return given_columns(
        need=_ints(row for row, _ in given),
        first_day=_ints(hold.first_day.toordinal() for _, hold in given),
        last_day=_ints(hold.last_day.toordinal() for _, hold in given),
        quantity=_ints(hold.quantity for _, hold in given),
        rows=len(needs),
    )


def _ints(values: Iterable[int]) -> NDArray[np.int64]:
    return np.fromiter(values, np.int64)


def _smalls(values: Iterable[int]) -> NDArray[np.int32]:
    return np.fromiter(values, np.int32)


def _floats(values: Iterable[float]) -> Floats:
    return np.fromiter(values, np.float64)


def _bools(values: Iterable[bool]) -> Bools:
    return np.fromiter(values, np.bool_)


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


def _distinct(rows: Sequence[Offer] | Sequence[Need]) -> tuple[Hashable, ...]:
    ids = tuple(row.id for row in rows)
    if len(set(ids)) < len(ids):
        raise ValueError("id: one appears twice")
    return ids


def _points(rows: Sequence[Offer] | Sequence[Need]) -> tuple[Floats, ...]:
    lat, lon = _floats(row.lat for row in rows), _floats(row.lon for row in rows)
    return lat, lon, *unit_sphere(lat, lon)


def _microseconds(moment: datetime | None) -> int:
    """A moment without a time zone is taken for UTC, so that the two sorts can stand in one file."""
    if moment is None:
        return int(NEVER)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - _EPOCH) // timedelta(microseconds=1)


def _named_languages(rows: Sequence[Offer] | Sequence[Need]) -> list[Iterable[str]]:
    return [
        row.languages_from | row.languages_to
        if row.kind == SKILL and row.category in LANGUAGE_CATEGORIES
        else ()
        for row in rows
    ]


def _slots(rows: Sequence[Offer] | Sequence[Need]) -> tuple[Ints, Ints, Ints]:
    own: list[tuple[Slot, ...]] = [row.slots if row.kind == SKILL else () for row in rows]
    slots = [(row, slot) for row, some in enumerate(own) for slot in some]
    return slot_columns(
        owner=_ints(row for row, _ in slots),
        weekday=_ints(slot.weekday for _, slot in slots),
        start_minute=_ints(slot.start_minute for _, slot in slots),
        end_minute=_ints(slot.end_minute for _, slot in slots),
        rows=len(rows),
    )
