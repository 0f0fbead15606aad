"""Offers and needs as columns: one array per field, one row per record, words replaced by codes.

The rules work on these alone, so a caller who reads a whole country may fill the columns straight from the
database. What does not concern a row's kind is left out here (a duvet has no step-free access), so that no
rule has to ask for the kind.
"""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from matching.engine.records import ACCEPTS, GOODS, HOUSING, LANGUAGE_CATEGORIES, SKILL, Need, Offer, Slot

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Masks = NDArray[np.uint64]

FOREVER = 10_000_000  # a day number after any date: the last day of an open-ended window
UNKNOWN = -1  # `confirmed_day` of an offer that nobody has confirmed
NEVER = np.iinfo(np.int64).max  # `registered` of an offer whose registration is unknown: after all others

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ACCEPT_BITS = {word: 1 << bit for bit, word in enumerate(ACCEPTS)}
LONE_MINORS_BIT = _ACCEPT_BITS["lone_minors"]


@dataclass(slots=True)
class Vocabulary:
    """The codes of the words that both sides use. It grows as columns are made and never changes a code."""

    categories: dict[tuple[str, str], int] = field(default_factory=dict)
    forms: dict[str, int] = field(default_factory=dict)
    cities: dict[Hashable, int] = field(default_factory=dict)
    languages: dict[str, int] = field(default_factory=dict)

    def category(self, kind: str, category: str) -> int:
        """All forms of housing make one category: the need chooses among them by its own list."""
        return _code(self.categories, (kind, "" if kind == HOUSING else category))


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class OfferColumns:
    """`stretches` and `slots` are ragged: those of row i lie from `…_from[i]` up to `…_from[i + 1]`, in
    order of time.

    A stretch is a part of one window on which the capacity left is the same every day (see `stretches`).
    `turn` is the row's place when the offers are put in order of registration, then id.
    """

    vocabulary: Vocabulary
    ids: Sequence[Hashable]
    category: Ints
    form: Ints
    city: Ints
    lat: Floats
    lon: Floats
    x: Floats
    y: Floats
    z: Floats
    reach_km: Floats
    languages: Masks
    capacity: Ints
    confirmed_day: Ints
    asked: Ints
    turn: Ints
    shared_with_linked: Bools
    is_open: Bools
    shared_home: Bools
    accepts: Ints
    step_free: Bools
    pets_accepted: Bools
    named_languages: Masks
    remote: Bools
    stretches_from: Ints
    stretch_first: Ints
    stretch_last: Ints
    stretch_window: Ints
    stretch_left: Ints
    slots_from: Ints
    slot_start: Ints
    slot_end: Ints

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class NeedColumns:
    """`forms` without any bit accepts every form; `household` holds the bits that the host must have said."""

    vocabulary: Vocabulary
    ids: Sequence[Hashable]
    category: Ints
    forms: Masks
    city: Ints
    cities: Sequence[Hashable]
    lat: Floats
    lon: Floats
    x: Floats
    y: Floats
    z: Floats
    reach_km: Floats
    languages: Masks
    first_day: Ints
    last_day: Ints
    least_days: Ints
    quantity: Ints
    least_quantity: Ints
    is_housing: Bools
    is_open: Bools
    household: Ints
    step_free_needed: Bools
    pets: Bools
    refuses_shared_home: Bools
    named_languages: Masks
    remote_ok: Bools
    slots_from: Ints
    slot_start: Ints
    slot_end: Ints

    def __len__(self) -> int:
        return len(self.ids)


def offer_columns(offers: Iterable[Offer], vocabulary: Vocabulary | None = None) -> OfferColumns:
    """Columns of offers, or of rows with the same attributes: only that the ids differ is checked again."""
    offers = tuple(offers)
    words = vocabulary or Vocabulary()
    lat, lon, x, y, z = _points(offers)
    capacity = _ints(offer.capacity for offer in offers)
    slots_from, slot_start, slot_end = _slots(offers)
    return OfferColumns(
        vocabulary=words,
        ids=_distinct(offers),
        category=_ints(words.category(offer.kind, offer.category) for offer in offers),
        form=_ints(_code(words.forms, offer.category) if offer.kind == HOUSING else -1 for offer in offers),
        city=_ints(_code(words.cities, offer.city) for offer in offers),
        lat=lat,
        lon=lon,
        x=x,
        y=y,
        z=z,
        reach_km=_floats(offer.reach_km for offer in offers),
        languages=_masks([offer.languages for offer in offers], words.languages),
        capacity=capacity,
        confirmed_day=_ints(
            UNKNOWN if offer.confirmed_on is None else offer.confirmed_on.toordinal() for offer in offers
        ),
        asked=_ints(offer.asked_last_30_days or 0 for offer in offers),
        turn=_turns(offers),
        shared_with_linked=_bools(offer.shared_with_linked for offer in offers),
        is_open=_bools(offer.is_open for offer in offers),
        shared_home=_bools(offer.shared_home for offer in offers),
        accepts=_ints(_accept_bits(offer.accepts) for offer in offers),
        step_free=_bools(offer.step_free for offer in offers),
        pets_accepted=_bools(offer.pets_accepted for offer in offers),
        named_languages=_masks(_named_languages(offers), words.languages),
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
    lat, lon, x, y, z = _points(needs)
    housing = [need.kind == HOUSING for need in needs]
    slots_from, slot_start, slot_end = _slots(needs)
    return NeedColumns(
        vocabulary=words,
        ids=_distinct(needs),
        category=_ints(words.category(need.kind, need.category) for need in needs),
        forms=_masks(
            [need.forms if home else () for need, home in zip(needs, housing, strict=True)], words.forms
        ),
        city=_ints(_code(words.cities, need.city) for need in needs),
        cities=tuple(need.city for need in needs),
        lat=lat,
        lon=lon,
        x=x,
        y=y,
        z=z,
        reach_km=_floats(need.reach_km for need in needs),
        languages=_masks([need.languages for need in needs], words.languages),
        first_day=_ints(need.first_day.toordinal() for need in needs),
        last_day=_ints(need.last_day.toordinal() for need in needs),
        least_days=_ints(need.least_days for need in needs),
        quantity=_ints(need.quantity for need in needs),
        least_quantity=_ints(need.least_quantity for need in needs),
        is_housing=_bools(housing),
        is_open=_bools(need.is_open for need in needs),
        household=_ints(
            _accept_bits(need.household_words) if home else 0
            for need, home in zip(needs, housing, strict=True)
        ),
        step_free_needed=_bools(
            home and need.step_free_needed for need, home in zip(needs, housing, strict=True)
        ),
        pets=_bools(home and need.pets for need, home in zip(needs, housing, strict=True)),
        refuses_shared_home=_bools(
            home and not need.shared_home_ok for need, home in zip(needs, housing, strict=True)
        ),
        named_languages=_masks(_named_languages(needs), words.languages),
        remote_ok=_bools(need.kind == SKILL and need.remote_ok for need in needs),
        slots_from=slots_from,
        slot_start=slot_start,
        slot_end=slot_end,
    )


def unit_sphere(lat: Floats, lon: Floats) -> tuple[Floats, Floats, Floats]:
    """Degrees to x, y, z on the sphere of radius 1."""
    north, east = np.radians(lat), np.radians(lon)
    flat = np.cos(north)
    return flat * np.cos(east), flat * np.sin(east), np.sin(north)


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
    """The `stretch…` columns of all offers: each window is cut wherever what is held changes.

    Days are inclusive day numbers, `…_offer` says whose row it is. What is held of a stock is gone on every
    day; of a capacity that is renewed, on the days of the hold. Windows of one offer that touch stay apart.
    """
    rows = len(capacity)
    gone = np.bincount(hold_offer, hold_quantity, rows).astype(np.int64)
    renewed = np.where(is_stock[hold_offer], 0, hold_quantity)
    none, one = np.zeros(len(window_offer), np.int64), np.ones(len(window_offer), np.int64)
    no_hold = np.zeros(len(hold_offer), np.int64)

    # Every day on which something begins or has just ended, in order; running sums then tell what holds from
    # there on. The sums need no restart at each offer, because every offer's own changes add up to zero.
    offer = np.concatenate([window_offer, window_offer, hold_offer, hold_offer])
    day = np.concatenate([window_first, window_last + 1, hold_first, hold_last + 1])
    order = np.lexsort((day, offer))
    offer, day = offer[order], day[order]
    held = np.cumsum(np.concatenate([none, none, renewed, -renewed])[order])
    available = np.cumsum(np.concatenate([one, -one, no_hold, no_hold])[order])
    window = np.cumsum(np.concatenate([one, none, no_hold, no_hold])[order])

    real = np.flatnonzero((offer[:-1] == offer[1:]) & (day[:-1] < day[1:]) & (available[:-1] > 0))
    owner = offer[real]
    return {
        "stretches_from": np.searchsorted(owner, np.arange(rows + 1)),
        "stretch_first": day[real],
        "stretch_last": day[real + 1] - 1,
        "stretch_window": window[real],
        "stretch_left": (capacity - np.where(is_stock, gone, 0))[owner] - held[real],
    }


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


def _ints(values: Iterable[int]) -> Ints:
    return np.fromiter(values, np.int64)


def _floats(values: Iterable[float]) -> Floats:
    return np.fromiter(values, np.float64)


def _bools(values: Iterable[bool]) -> Bools:
    return np.fromiter(values, np.bool_)


def _code(table: dict, word: Hashable) -> int:
    return table.setdefault(word, len(table))


def _accept_bits(words: Iterable[str]) -> int:
    return sum(_ACCEPT_BITS[word] for word in words)


def _distinct(rows: Sequence[Offer] | Sequence[Need]) -> tuple[Hashable, ...]:
    ids = tuple(row.id for row in rows)
    if len(set(ids)) < len(ids):
        raise ValueError("id: one appears twice")
    return ids


def _points(rows: Sequence[Offer] | Sequence[Need]) -> tuple[Floats, ...]:
    lat, lon = _floats(row.lat for row in rows), _floats(row.lon for row in rows)
    return lat, lon, *unit_sphere(lat, lon)


def _turns(offers: Sequence[Offer]) -> Ints:
    def place(row: int) -> tuple[int, Hashable]:
        return _microseconds(offers[row].registered_at), offers[row].id

    turn = np.empty(len(offers), np.int64)
    turn[sorted(range(len(offers)), key=place)] = np.arange(len(offers))
    return turn


def _microseconds(moment: datetime | None) -> int:
    """A moment without a time zone is taken for UTC, so that the two sorts can stand in one file."""
    if moment is None:
        return NEVER
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


def _masks(sets: Sequence[Iterable[str]], table: dict[str, int]) -> Masks:
    """One bit for each word of the table, in as many columns of 64 as it takes."""
    bits = [sum(1 << _code(table, word) for word in words) for words in sets]
    width = max(1, -(-len(table) // 64))
    masks = np.empty((len(bits), width), np.uint64)
    for column in range(width):
        masks[:, column] = np.fromiter(
            (row >> 64 * column & 0xFFFF_FFFF_FFFF_FFFF for row in bits), np.uint64
        )
    return masks


def _slots(rows: Sequence[Offer] | Sequence[Need]) -> tuple[Ints, Ints, Ints]:
    """Slots of skills in minutes of the week: none crosses midnight, so what overlaps shares a weekday."""
    slots: list[tuple[Slot, ...]] = [row.slots if row.kind == SKILL else () for row in rows]
    flat = [slot for some in slots for slot in some]
    start = _ints(slot.weekday * 1440 + slot.start_minute for slot in flat)
    end = _ints(slot.weekday * 1440 + slot.end_minute for slot in flat)
    return np.concatenate([[0], np.cumsum(_ints(len(some) for some in slots))]).astype(np.int64), start, end
