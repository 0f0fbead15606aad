"""What the engine reads (offers, needs, weights) and what it hands back (pairings, near misses, rankings).

The fields carry the names of the file columns in docs/algorithm.md. Every record that comes in is checked
when it is made: a `ValueError` begins with the name of the field at fault. Days are `date`s and both ends of
a stretch belong to it.
"""

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from math import inf, isclose
from types import UnionType
from typing import Self

from engine.goods import Sizes
from engine.hours import HALF_MINUTES, HALVES
from engine.household import household_codes
from engine.vocabulary import (
    ACCEPTS,
    DEFAULT_WEIGHTS,
    DWELLING_STATES,
    HOUSING,
    KINDS,
    NOBODY_LIVES_THERE,
    ONCE,
    PARTS,
    PRIORITIES,
    READY,
    RHYTHMS,
    SHARED_ROOM,
    SKILL,
    URGENCIES,
    Kind,
    Rhythm,
    Urgency,
)

MOST = 2**31 - 1  # of anything counted


def _day(name: str, value: object) -> None:
    if not isinstance(value, date) or isinstance(value, datetime):
        raise ValueError(f"{name}: a date is expected, not {value!r}")


def _stretch(first: date, last: date) -> None:
    _day("first_day", first)
    _day("last_day", last)
    if last < first:
        raise ValueError(f"last_day: {last} is before the first day, {first}")


def _whole(name: str, value: object, least: int) -> None:
    if type(value) is not int or not least <= value <= MOST:
        raise ValueError(f"{name}: a whole number from {least} to {MOST} is expected, not {value!r}")


def _words(name: str, value: object, allowed: tuple[str, ...] | None = None) -> None:
    if not isinstance(value, frozenset) or not all(isinstance(word, str) and word for word in value):
        raise ValueError(f"{name}: a frozenset of words is expected, not {value!r}")
    if allowed is not None and not value.issubset(allowed):
        raise ValueError(f"{name}: unknown {', '.join(sorted(value.difference(allowed)))}")


def _tuple_of(name: str, value: object, member: type | UnionType) -> None:
    if not isinstance(value, tuple) or not all(isinstance(item, member) for item in value):
        raise ValueError(
            f"{name}: a tuple of {getattr(member, '__name__', member)} is expected, not {value!r}"
        )


def _slots(slots: object) -> None:
    _tuple_of("slots", slots, Slot)
    in_order = sorted(slots, key=lambda slot: (slot.weekday, slot.start_minute))  # type: ignore[call-overload]
    for slot in in_order:
        if slot.end_minute - slot.start_minute < HALF_MINUTES:
            raise ValueError(f"slots: one is shorter than {HALF_MINUTES} minutes")
    for earlier, later in pairwise(in_order):
        if earlier.weekday == later.weekday and later.start_minute < earlier.end_minute:
            raise ValueError(f"slots: two overlap on weekday {later.weekday}")


def _place(lat: object, lon: object, reach_km: object) -> None:
    """Written so that NaN, which compares false with everything, is refused too."""
    for name, value, bound in (("lat", lat, 90), ("lon", lon, 180)):
        if not isinstance(value, int | float) or not -bound <= value <= bound:
            raise ValueError(f"{name}: a number from {-bound} to {bound} is expected, not {value!r}")
    if not isinstance(reach_km, int | float) or not 0 <= reach_km < inf:
        raise ValueError(f"reach_km: a number of kilometres from 0 up is expected, not {reach_km!r}")


@dataclass(frozen=True, slots=True)
class Window:
    """Days on which an offer is available; without `last_day`, for good."""

    first_day: date
    last_day: date | None = None

    def __post_init__(self) -> None:
        _stretch(self.first_day, self.first_day if self.last_day is None else self.last_day)


@dataclass(frozen=True, slots=True)
class Hold:
    """What a live match takes of an offer and gives to a need: on those days; goods, once and for all."""

    first_day: date
    last_day: date
    quantity: int

    def __post_init__(self) -> None:
        _stretch(self.first_day, self.last_day)
        _whole("quantity", self.quantity, 1)

    @classmethod
    def of_appointment(cls, day: date, quantity: int) -> Self:
        """The hours of an appointment count on every day of its week, from Monday to Sunday."""
        monday = day - timedelta(days=day.weekday())
        return cls(monday, monday + timedelta(days=6), quantity)


@dataclass(frozen=True, slots=True)
class Slot:
    """Hours of one weekday (0 is Monday), in minutes from midnight; past midnight needs a second slot."""

    weekday: int
    start_minute: int
    end_minute: int

    def __post_init__(self) -> None:
        _whole("weekday", self.weekday, 0)
        _whole("start_minute", self.start_minute, 0)
        _whole("end_minute", self.end_minute, 1)
        if self.weekday > 6:
            raise ValueError(f"weekday: 0 (Monday) to 6 (Sunday) is expected, not {self.weekday}")
        if not self.start_minute < self.end_minute <= 24 * 60:
            raise ValueError(f"end_minute: {self.end_minute} is not between {self.start_minute} and midnight")


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What a citizen can give. Fields of another kind than its own are ignored.

    `asked_last_30_days` belongs to the citizen, not to this offer alone. `shared_with_linked` is the
    citizen's consent. `rent` is in euros a month, `longest_stay_days` None without a limit, `smoke_free` None when
    nobody has said. `item` and `size` are codes of the catalogue (empty: any item, no size given), `series` the sizes
    that the item comes in (see `engine.goods`): whoever makes the record looks them up.
    """

    id: Hashable
    kind: Kind
    category: str
    city: Hashable
    lat: float
    lon: float
    reach_km: float = 0.0
    languages: frozenset[str] = frozenset()
    available: tuple[Window, ...]
    capacity: int
    confirmed_on: date | None = None
    asked_last_30_days: int | None = None
    registered_at: datetime | None = None
    holds: tuple[Hold, ...] = ()
    shared_with_linked: bool = False
    is_open: bool = True
    notice_days: int = 0
    # housing
    shared_home: bool = False
    accepts: frozenset[str] = frozenset()
    step_free: bool = False
    pets_accepted: bool = False
    smoke_free: bool | None = None
    longest_stay_days: int | None = None
    rent: int = 0
    dwelling_state: str = ""
    # goods
    item: str = ""
    size: str = ""
    series: Sizes | None = None
    best_before: date | None = None
    # skills
    languages_from: frozenset[str] = frozenset()
    languages_to: frozenset[str] = frozenset()
    slots: tuple[Slot, ...] = ()
    remote: bool = False

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"kind: unknown {self.kind!r}")
        if not isinstance(self.category, str) or not self.category:
            raise ValueError("category: a word is expected")
        _place(self.lat, self.lon, self.reach_km)
        _whole("capacity", self.capacity, 1)
        if self.confirmed_on is not None:
            _day("confirmed_on", self.confirmed_on)
        if self.asked_last_30_days is not None:
            _whole("asked_last_30_days", self.asked_last_30_days, 0)
        if self.registered_at is not None and not isinstance(self.registered_at, datetime):
            raise ValueError(f"registered_at: a moment is expected, not {self.registered_at!r}")
        for name in ("notice_days", "rent"):
            _whole(name, getattr(self, name), 0)
        if self.longest_stay_days is not None:
            _whole("longest_stay_days", self.longest_stay_days, 1)
        if self.dwelling_state and self.dwelling_state not in DWELLING_STATES:
            raise ValueError(f"dwelling_state: unknown {self.dwelling_state!r}")
        for name in ("item", "size"):
            if not isinstance(getattr(self, name), str):
                raise ValueError(f"{name}: a word is expected, not {getattr(self, name)!r}")
        _tuple_of("series", () if self.series is None else (self.series,), Sizes)
        if self.best_before is not None:
            _day("best_before", self.best_before)
        _words("languages", self.languages)
        _words("accepts", self.accepts, ACCEPTS)
        _words("languages_from", self.languages_from)
        _words("languages_to", self.languages_to)
        _slots(self.slots)
        _tuple_of("holds", self.holds, Hold)
        _tuple_of("available", self.available, Window)
        if not self.available:
            raise ValueError("available: at least one window is expected")
        windows = sorted(self.available, key=lambda window: window.first_day)
        for earlier, later in pairwise(windows):
            if earlier.last_day is None or later.first_day <= earlier.last_day:
                raise ValueError(f"available: two windows overlap on {later.first_day}")

    @property
    def can_be_given(self) -> bool:
        """Open, and no home in which there is work to be done."""
        return self.is_open and (self.kind != HOUSING or self.dwelling_state in READY)

    @property
    def is_shared(self) -> bool:
        """With its host, as a shared room always is."""
        return self.shared_home or self.category == SHARED_ROOM

    @property
    def is_smoke_free(self) -> bool:
        """What the host has said; of a whole home where nobody has, that it is."""
        return self.category in NOBODY_LIVES_THERE if self.smoke_free is None else self.smoke_free


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What is asked for. Fields of another kind than its own are ignored.

    `quantity` is all that is asked, `given` what live matches already provide of it: on its days, or once and for all
    of what is wanted on one day. A household's quantity and people are its members, where they are told; it asks for
    all of them at once, whatever `part_useful` says, and names `forms` (none: any) instead of a category. `people`
    unknown is the household for housing, one person otherwise; `min_days` unknown is nine tenths of the days for
    housing, one day otherwise. `rent_up_to` is what somebody pays, in euros a month. `items` and `sizes` are codes of
    the catalogue in the order named (none: any item, any size), `series` the sizes that each of the items comes in.
    """

    id: Hashable
    kind: Kind
    category: str = ""
    city: Hashable
    lat: float
    lon: float
    reach_km: float = 0.0
    languages: frozenset[str] = frozenset()
    first_day: date
    last_day: date
    min_days: int | None = None
    quantity: int
    given: tuple[Hold, ...] = ()
    part_useful: bool = False
    people: int | None = None
    urgency: Urgency = "planned"
    is_open: bool = True
    # housing
    adult_women: int = 0
    adult_men: int = 0
    children: int = 0
    couple: bool = False
    lone_minor: bool = False
    step_free_needed: bool = False
    pets: bool = False
    smoke_free_needed: bool = False
    shared_home_ok: bool = True
    rent_up_to: int = 0
    forms: frozenset[str] = frozenset()
    # goods
    items: tuple[str, ...] = ()
    sizes: tuple[str, ...] = ()
    series: tuple[Sizes | None, ...] = ()
    # skills
    rhythm: Rhythm = "weekly"
    languages_from: frozenset[str] = frozenset()
    languages_to: frozenset[str] = frozenset()
    slots: tuple[Slot, ...] = ()
    remote_ok: bool = False

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"kind: unknown {self.kind!r}")
        if not isinstance(self.category, str) or (not self.category and self.kind != HOUSING):
            raise ValueError("category: a word is expected")
        _place(self.lat, self.lon, self.reach_km)
        _stretch(self.first_day, self.last_day)
        if self.min_days is not None:
            _whole("min_days", self.min_days, 1)
            if self.min_days > self.days_asked:
                raise ValueError(f"min_days: {self.min_days} is more than the {self.days_asked} days asked")
        _whole("quantity", self.quantity, 1)
        if self.people is not None:
            _whole("people", self.people, 1)
        if self.urgency not in URGENCIES:
            raise ValueError(f"urgency: unknown {self.urgency!r}")
        for name in ("adult_women", "adult_men", "children", "rent_up_to"):
            _whole(name, getattr(self, name), 0)
        if self.rhythm not in RHYTHMS:
            raise ValueError(f"rhythm: unknown {self.rhythm!r}")
        _tuple_of("given", self.given, Hold)
        _tuple_of("items", self.items, str)
        _tuple_of("sizes", self.sizes, str)
        _tuple_of("series", self.series, Sizes | None)
        if self.series and len(self.series) != len(self.items):
            raise ValueError("series: one for each of the items is expected, or none at all")
        _words("languages", self.languages)
        _words("forms", self.forms)
        _words("languages_from", self.languages_from)
        _words("languages_to", self.languages_to)
        _slots(self.slots)
        if self.kind == HOUSING:
            adults = self.adult_women + self.adult_men
            if self.couple and adults < 2:
                raise ValueError(f"couple: it is of two adults, not {adults}")
            if self.lone_minor and adults:
                raise ValueError("lone_minor: there is an adult too")
            if self.members:
                object.__setattr__(self, "quantity", self.members)
                object.__setattr__(self, "people", self.members)

    @property
    def days_asked(self) -> int:
        return (self.last_day - self.first_day).days + 1

    @property
    def members(self) -> int:
        return self.adult_women + self.adult_men + self.children

    @property
    def lasts(self) -> bool:
        """Wanted on every day, and not on one of them."""
        return self.kind == HOUSING or (self.kind == SKILL and self.rhythm != ONCE)

    @property
    def whole_quantity(self) -> float:
        """All that is asked: of an appointment its longest slot at most, in halves of an hour."""
        if self.kind != SKILL or self.lasts or not self.slots:
            return self.quantity
        longest = max(slot.end_minute - slot.start_minute for slot in self.slots)
        return min(self.quantity, longest // HALF_MINUTES / HALVES)

    def share(self, quantity: float, days: int) -> float:
        """What part of what was asked so much is, on so many days."""
        return share_of(
            quantity, days, asked=self.whole_quantity, days_asked=self.days_asked, lasts=self.lasts
        )

    @property
    def persons(self) -> int:
        if self.people is not None:
            return self.people
        return self.quantity if self.kind == HOUSING else 1

    @property
    def priority(self) -> int:
        return PRIORITIES[self.urgency]

    @property
    def household(self) -> int:
        """As `engine.household` has it."""
        return int(
            household_codes(
                women=self.adult_women,
                men=self.adult_men,
                children=self.children,
                couple=self.couple,
                lone_minor=self.lone_minor,
            )
        )


def larger_reach(need: Need, offer: Offer) -> float:
    """How far apart both may be, in km: as far as either goes; but a home does not travel."""
    return need.reach_km if need.kind == HOUSING else max(need.reach_km, offer.reach_km)


def share_of(quantity: float, days: int, *, asked: float, days_asked: int, lasts: bool) -> float:
    """Of the quantity asked and, of what lasts, of the days too."""
    return quantity * days / (asked * days_asked) if lasts else quantity / asked


@dataclass(frozen=True, slots=True)
class Weights:
    """Points of each part of the score; together they make 100."""

    proximity: float = DEFAULT_WEIGHTS["proximity"]
    dates: float = DEFAULT_WEIGHTS["dates"]
    fit: float = DEFAULT_WEIGHTS["fit"]
    language: float = DEFAULT_WEIGHTS["language"]
    freshness: float = DEFAULT_WEIGHTS["freshness"]
    courtesy: float = DEFAULT_WEIGHTS["courtesy"]

    def __post_init__(self) -> None:
        for part, points in zip(PARTS, self.points, strict=True):
            if not isinstance(points, int | float) or not 0 <= points <= 100:
                raise ValueError(f"{part}: points from 0 to 100 are expected, not {points!r}")
        if not isclose(sum(self.points), 100, abs_tol=1e-9):
            raise ValueError(f"weights: they make {sum(self.points)} points together instead of 100")

    @property
    def points(self) -> tuple[float, ...]:
        return (self.proximity, self.dates, self.fit, self.language, self.freshness, self.courtesy)


@dataclass(frozen=True, slots=True)
class Parts:
    """The six parts of a score, each in [0, 1]."""

    proximity: float
    dates: float
    fit: float
    language: float
    freshness: float
    courtesy: float

    @property
    def values(self) -> tuple[float, ...]:
        return (self.proximity, self.dates, self.fit, self.language, self.freshness, self.courtesy)


@dataclass(frozen=True, slots=True)
class Pairing:
    """A feasible pair. `remaining` is the capacity left on the run's tightest day (goods: in stock) before
    this pairing takes its `quantity`; `reach_km` the larger reach; `exempt` says that the distance does not
    count (a remote skill).
    """

    need_id: Hashable
    offer_id: Hashable
    score: float
    parts: Parts
    distance_km: float
    reach_km: float
    exempt: bool
    run_first_day: date
    run_last_day: date
    days_asked: int
    quantity: int
    remaining: int

    @property
    def run_days(self) -> int:
        return (self.run_last_day - self.run_first_day).days + 1


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A rule that a pair breaks; of a near miss, the only one.

    `gap`: km for `distance`, days for `dates`, `notice` and `stay`, units for `capacity`, euros for `rent`.
    """

    need_id: Hashable
    offer_id: Hashable
    rule: str
    gap: float | None
    distance_km: float


@dataclass(frozen=True, slots=True)
class Ranking:
    """One need's best pairings, best first, and nearest misses; `feasible_count` is before any cut."""

    need_id: Hashable
    pairings: tuple[Pairing, ...]
    near_misses: tuple[NearMiss, ...]
    feasible_count: int
