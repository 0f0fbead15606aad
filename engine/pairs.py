"""Needs and offers that meet: what the rules and the score read of both sides, and of each pair."""

from collections.abc import Callable, Collection, Hashable, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.arrays import NO_CODES, Amounts, Bools, Floats, Ints, Masks, great_circle_km, row_codes, rows_of
from engine.columns import FOREVER, NeedColumns, OfferColumns
from engine.hours import HALVES, halves_in_common
from engine.runs import DAYS_A_WEEK, Runs, by_week, earliest_days, lasting_runs, longest_runs
from engine.spoken import loosened, widened
from engine.uncovered import Uncovered, from_today, missing_on

# How long after it is given food should still be good, unless the need is over sooner.
KEEPS_DAYS = 3
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True, eq=False)
class Sides:
    """Needs and offers that meet, and what is known of both together.

    `linked_cities` are codes of pairs of cities, `excluded`, in ascending order, of pairs of rows that were set
    aside: see `link_codes`, `excluded_codes`. `today` is a day number.
    """

    needs: NeedColumns
    offers: OfferColumns
    linked_cities: Ints
    excluded: Ints
    today: int
    # What follows from all this, worked out when it is first asked for.
    _known: dict[str, Any] = field(default_factory=dict, init=False, repr=False)

    @classmethod
    def of(
        cls,
        needs: NeedColumns,
        offers: OfferColumns,
        *,
        today: date,
        links: Iterable[Collection[Hashable]],
        excluded: Collection[tuple[Hashable, Hashable]] | Ints,
    ) -> Self:
        """As they are judged today: of a need's days those that are left."""
        return cls(
            from_today(needs, Uncovered.of(needs, today.toordinal())),
            offers,
            link_codes(needs, links),
            excluded_codes(needs, offers, excluded),
            today.toordinal(),
        )

    @property
    def uncovered(self) -> Uncovered:
        return self._once("uncovered", lambda: Uncovered.of(self.needs, self.today))

    @property
    def offers_by_week(self) -> OfferColumns:
        """As what is wanted on one day finds them; a stock is the same on every day."""
        return self._once("offers_by_week", lambda: by_week(self.offers))

    @property
    def spoken(self) -> tuple[Masks, Masks]:
        """Per need, the languages named that may be spoken by another name; per offer, those understood."""
        codes = self.needs.vocabulary.languages
        return self._once(
            "spoken",
            lambda: (
                loosened(self.needs.named_languages, codes),
                widened(self.offers.named_languages, codes),
            ),
        )

    @property
    def some_go_off(self) -> bool:
        return self._once("some_go_off", lambda: bool((self.offers.best_before < FOREVER).any()))

    @property
    def some_limit_stays(self) -> bool:
        return self._once("some_limit_stays", lambda: bool((self.offers.longest_stay < FOREVER).any()))

    @property
    def some_remote(self) -> bool:
        return self._once("some_remote", lambda: bool(self.needs.remote_ok.any()))

    @property
    def goods_are_told(self) -> bool:
        return self._once("goods_are_told", lambda: bool(self.needs.goods.any() or self.offers.goods.any()))

    @property
    def all_last(self) -> bool:
        return self._once("all_last", lambda: not self.needs.one_day.any())

    @property
    def both_have_slots(self) -> bool:
        """Some need and some offer do."""
        return len(self.needs.slot_start) > 0 and len(self.offers.slot_start) > 0

    def _once(self, name: str, find: Callable[[], Found]) -> Found:
        if name not in self._known:
            self._known[name] = find()
        found: Found = self._known[name]
        return found

    def take(self, need_rows: Ints, offer_rows: Ints) -> Self:
        """Some rows of both."""
        if _are_all(need_rows, self.needs) and _are_all(offer_rows, self.offers):
            return self
        excluded = self.excluded
        if len(excluded):
            need = _places(need_rows, len(self.needs))[excluded >> 32]
            offer = _places(offer_rows, len(self.offers))[excluded & 0xFFFF_FFFF]
            here = (need >= 0) & (offer >= 0)
            excluded = np.sort(row_codes(need[here], offer[here]))
        return type(self)(
            self.needs.take(need_rows),
            self.offers.take(offer_rows),
            self.linked_cities,
            excluded,
            self.today,
        )


@dataclass(slots=True, eq=False)
class Pairs:
    """Pairs as rows of the two tables. What several rules read of a pair is worked out once.

    Some rows of needs in a column and of offers in a line are every one of these with every one of those: what is
    scored works on both alike.
    """

    sides: Sides
    need: Ints
    offer: Ints
    _distance_km: Floats | None = None
    _reach_km: Floats | None = None
    _runs: Runs | None = None
    _uncut: Runs | None = None
    _days: Ints | None = None
    _halves: NDArray[np.int32] | None = None
    _goods: Floats | None = None

    def __len__(self) -> int:
        return len(self.need)

    @property
    def needs(self) -> NeedColumns:
        return self.sides.needs

    @property
    def offers(self) -> OfferColumns:
        return self.sides.offers

    def where(self, keep: Bools) -> "Pairs":
        if keep.all():
            return self
        return Pairs(
            self.sides,
            self.need[keep],
            self.offer[keep],
            None if self._distance_km is None else self._distance_km[keep],
            None if self._reach_km is None else self._reach_km[keep],
            None if self._runs is None else self._runs.where(keep),
            None if self._uncut is None else self._uncut.where(keep),
            None if self._days is None else self._days[keep],
            None if self._halves is None else self._halves[keep],
            None if self._goods is None else self._goods[:, keep],
        )

    @property
    def distance_km(self) -> Floats:
        """Haversine distance, by the chord between stored points."""
        if self._distance_km is None:
            needs, offers, need, offer = self.needs, self.offers, self.need, self.offer
            x, y, z = (
                offers.x[offer] - needs.x[need],
                offers.y[offer] - needs.y[need],
                offers.z[offer] - needs.z[need],
            )
            self._distance_km = great_circle_km(x * x + y * y + z * z)
        return self._distance_km

    @property
    def reach_km(self) -> Floats:
        """The larger of the two reaches; of a home, the need's."""
        if self._reach_km is None:
            self._reach_km = np.maximum(self.needs.reach_km[self.need], self.offers.reach_km[self.offer])
        return self._reach_km

    @property
    def exempt(self) -> Bools:
        """Skills that both sides allow remotely."""
        if not self.sides.some_remote:
            return np.zeros(len(self), np.bool_)
        return self.needs.remote_ok[self.need] & self.offers.remote[self.offer]

    @property
    def least_days(self) -> Ints:
        """The shortest run that helps."""
        return self.needs.least_days[self.need]

    @property
    def least_quantity(self) -> Amounts:
        return self.needs.least_quantity[self.need]

    @property
    def soonest(self) -> Ints:
        """The first day that leaves the notice that the offer asks for."""
        return self.sides.today + self.offers.notice_days[self.offer]

    @property
    def uncut(self) -> Runs:
        """The runs after notice, however long the host lets anybody stay, and at whatever hours."""
        if self._uncut is None:
            self._uncut = self.runs_from(self.soonest)
        return self._uncut

    @property
    def runs(self) -> Runs:
        """The runs after notice, cut to the longest stay from their first day, and of an appointment on a day with the
        hours: what is shown, held and scored.
        """
        if self._runs is None:
            self._runs = self._cut_to_stay(self.uncut)
            rows = self._hourly_appointments()
            if len(rows):
                self._runs = self._runs.put(rows, self.take(rows)._days_with_hours(self.soonest[rows]))
        return self._runs

    @property
    def days_at_once(self) -> Ints:
        """Days of the longest run if no notice were asked for; of a run that is long enough anyway, its own."""
        if self._days is None:
            self._days = self.uncut.days
            if self.offers.notice_days.any():
                begins = np.maximum(self.sides.uncovered.first_day[self.need], self.sides.today)
                rows = np.flatnonzero((self._days < self.least_days) & (self.soonest > begins))
                if len(rows):
                    self._days = self._days.copy()
                    today = np.full(len(rows), self.sides.today)
                    self._days[rows] = self.take(rows).runs_from(today).days
        return self._days

    def runs_from(self, soonest: Ints) -> Runs:
        """The runs of which no day is before this one, uncut, at whatever hours."""
        if self.sides.all_last:
            return self._lasting(soonest)
        one_day = self.needs.one_day[self.need]
        if one_day.all():
            return self._one_day(soonest)
        runs = self._lasting(soonest)
        once = np.flatnonzero(one_day)
        return runs.put(once, self.take(once)._one_day(soonest[once])) if len(once) else runs

    @property
    def has_hours(self) -> Bools:
        """Both sides give weekly slots."""
        asked, offered = np.diff(self.needs.slots_from) > 0, np.diff(self.offers.slots_from) > 0
        return asked[self.need] & offered[self.offer]

    @property
    def halves(self) -> NDArray[np.int32]:
        """(pairs, 7): halves of an hour that the need can take on each weekday. Of pairs with slots on both sides."""
        if self._halves is None:
            self._halves = halves_in_common(self.needs, self.offers, self.need, self.offer)
        return self._halves

    @property
    def hours(self) -> Floats:
        """Hours in common, of an appointment those of its day; without bound where a side gives no slots."""
        hours = np.full(len(self), np.inf)
        if self.sides.both_have_slots:
            rows = np.flatnonzero(self.has_hours)
            halves = self.halves[rows]
            day = (self.runs.first[rows] - 1) % DAYS_A_WEEK
            of_day = np.take_along_axis(halves, day[:, None], axis=1)[:, 0]
            once = self.needs.one_day[self.need[rows]]
            hours[rows] = np.where(once, of_day, halves.sum(axis=1)) / HALVES
        return hours

    @property
    def quantity(self) -> Amounts:
        """What this offer could give to this need; hours may have halves."""
        needs = self.needs
        if len(needs.given_first):
            quantity = missing_on(needs, self.need, self.runs.first, self.runs.last)
        else:
            quantity = needs.quantity[self.need]
        quantity = np.minimum(quantity, self.runs.left)
        return np.minimum(quantity, self.hours) if self.sides.both_have_slots else quantity

    @property
    def goods_factors(self) -> Floats:
        """Two rows, from 0 to 1: how far the item, and the size, is the one that is asked for."""
        if self._goods is None:
            fits = self.needs.vocabulary.goods
            self._goods = fits.factors(self.needs.goods[self.need], self.offers.goods[self.offer])
        return self._goods

    @property
    def goods_factor(self) -> Floats:
        """The lower of item's and size's."""
        if not self.sides.goods_are_told:
            nothing = np.zeros(1, np.int64)
            return self.needs.vocabulary.goods.factors(nothing, nothing).min(axis=0)
        return self.goods_factors.min(axis=0)

    def _lasting(self, soonest: Ints) -> Runs:
        return lasting_runs(
            self.offers, self.sides.uncovered, self.need, self.offer, soonest, self.least_quantity
        )

    def _one_day(self, soonest: Ints, weekdays: Bools | None = None) -> Runs:
        sides, uncovered = self.sides, self.sides.uncovered
        first = np.maximum(uncovered.first_day[self.need], soonest)
        last = self.needs.last_day[self.need]
        if sides.some_go_off:
            best_before = sides.offers.best_before[self.offer]
            last = np.where(best_before >= last, last, best_before - KEEPS_DAYS)
        return earliest_days(sides.offers_by_week, self.offer, first, last, self.least_quantity, weekdays)

    def _hourly_appointments(self) -> Ints:
        if self.sides.all_last or not self.sides.both_have_slots:
            return NO_CODES
        return np.flatnonzero(self.needs.one_day[self.need] & self.has_hours)

    def _days_with_hours(self, soonest: Ints) -> Runs:
        """Of appointments with slots on both sides."""
        return self._one_day(soonest, self.halves >= self.least_quantity[:, None] * HALVES)

    def _cut_to_stay(self, uncut: Runs) -> Runs:
        """The runs, no longer than the longest stay from their first day."""
        stay = self.offers.longest_stay[self.offer]
        rows = np.flatnonzero(uncut.days > stay)
        if not len(rows):
            return uncut
        first, stay = uncut.first[rows], stay[rows]
        # On fewer days more may be left.
        least = self.least_quantity[rows]
        return uncut.put(rows, longest_runs(self.offers, self.offer[rows], first, first + stay - 1, least))

    def take(self, rows: Ints) -> "Pairs":
        """Some pairs, of which nothing is known yet."""
        return Pairs(self.sides, self.need[rows], self.offer[rows])


def link_codes(needs: NeedColumns, links: Iterable[Collection[Hashable]]) -> Ints:
    """Both directions of each link between two cities that appear in the columns."""
    cities = needs.vocabulary.cities
    codes = []
    for link in links:
        one, other = link
        if one in cities and other in cities:
            codes += [(cities[one] << 32) + cities[other], (cities[other] << 32) + cities[one]]
    return np.array(codes, np.int64)


def excluded_codes(
    needs: NeedColumns, offers: OfferColumns, excluded: Collection[tuple[Hashable, Hashable]] | Ints
) -> Ints:
    """Rows of the (need id, offer id) pairs that were set aside, as far as both are here; codes stay as they are."""
    if isinstance(excluded, np.ndarray):
        need, offer = excluded >> 32, excluded & 0xFFFF_FFFF
        if ((need < 0) | (need >= len(needs)) | (offer >= len(offers))).any():
            raise ValueError("excluded: a row that is not there")
        return np.sort(excluded)
    need_row = rows_of(needs.ids, (need for need, _ in excluded))
    offer_row = rows_of(offers.ids, (offer for _, offer in excluded))
    codes = [
        (need_row[need] << 32) + offer_row[offer]
        for need, offer in excluded
        if need in need_row and offer in offer_row
    ]
    return np.sort(np.array(codes, np.int64))


def _places(rows: Ints, of: int) -> Ints:
    """Where each row of a table stands among these; -1: nowhere."""
    place = np.full(of, -1, np.int64)
    place[rows] = np.arange(len(rows))
    return place


def _are_all(rows: Ints, table: NeedColumns | OfferColumns) -> bool:
    return len(rows) == len(table) and np.array_equal(rows, np.arange(len(table)))
