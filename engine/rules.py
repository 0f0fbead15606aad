"""The hard rules. Each is one function with the name of its reason code: for each pair, does the rule hold?

A pair is feasible when all of them hold. `RULES` is in the order in which reasons are told. Two things beside the
rules make a country's pairs affordable and decide nothing: `judged_if` says of some data that no pair can break a rule;
the quick looks (`distance_may_hold` ...) let pass every pair that the rule of that name lets pass, and a few more.
"""

from collections.abc import Callable, Collection, Hashable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Self

import numpy as np

from engine.coarse import Block
from engine.columns import (
    FOREVER,
    LONE_MINORS_BIT,
    WORDS_PER_MASK,
    Bools,
    Floats,
    Ints,
    Masks,
    NeedColumns,
    OfferColumns,
    great_circle_km,
    row_codes,
    rows_of,
)
from engine.records import MOST

MICRO = 1e6  # decisions and order are taken on numbers rounded to 6 decimals, the same on every machine
SHORTEST_OVERLAP_MINUTES = 60
NO_CODES: Ints = np.empty(0, np.int64)


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
            needs.from_today(today),
            offers,
            link_codes(needs, links),
            excluded_codes(needs, offers, excluded),
            today.toordinal(),
        )

    def take(self, need_rows: Ints, offer_rows: Ints) -> Self:
        """Some rows of both."""
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


@dataclass(frozen=True, slots=True, eq=False)
class Runs:
    """Per pair: the run's first and last day, its length (0: none) and what is left on its tightest day."""

    first: Ints
    last: Ints
    days: Ints
    left: Ints

    def where(self, keep: Bools) -> Self:
        return type(self)(self.first[keep], self.last[keep], self.days[keep], self.left[keep])


@dataclass(slots=True, eq=False)
class Pairs:
    """Pairs as rows of the two tables. What several rules read of a pair is worked out once."""

    sides: Sides
    need: Ints
    offer: Ints
    _distance_km: Floats | None = None
    _reach_km: Floats | None = None
    _runs: Runs | None = None
    _uncut: Runs | None = None
    _days: Ints | None = None

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
        """The larger of the two reaches."""
        if self._reach_km is None:
            self._reach_km = np.maximum(self.needs.reach_km[self.need], self.offers.reach_km[self.offer])
        return self._reach_km

    @property
    def exempt(self) -> Bools:
        """Skills that both sides allow remotely."""
        if not self.needs.remote_ok.any():
            return np.zeros(len(self), np.bool_)
        return self.needs.remote_ok[self.need] & self.offers.remote[self.offer]

    @property
    def least_days(self) -> Ints:
        """The shortest run that helps."""
        return self.needs.least_days[self.need]

    @property
    def soonest(self) -> Ints:
        """The first of the days asked that is not over, and that leaves the notice that the offer asks for."""
        return np.maximum(
            self.needs.first_day[self.need], self.sides.today + self.offers.notice_days[self.offer]
        )

    @property
    def uncut(self) -> Runs:
        """The runs after notice, however long the host lets anybody stay."""
        if self._uncut is None:
            self._uncut = longest_runs(self, self.soonest, self.needs.last_day[self.need])
        return self._uncut

    @property
    def runs(self) -> Runs:
        """The runs after notice, cut to the longest stay from their first day: what is shown, held and scored."""
        if self._runs is None:
            self._runs = _cut(self, self.uncut)
        return self._runs

    @property
    def days_at_once(self) -> Ints:
        """Days of the longest run if no notice were asked for; of a run that is long enough anyway, its own."""
        if self._days is None:
            self._days = self.uncut.days
            asked = self.needs.first_day[self.need]
            rows = np.flatnonzero(
                (self._days < self.least_days) & (self.soonest > np.maximum(asked, self.sides.today))
            )
            if len(rows):
                some = self.take(rows)
                first = np.maximum(asked[rows], self.sides.today)
                self._days = self._days.copy()
                self._days[rows] = longest_runs(some, first, self.needs.last_day[some.need]).days
        return self._days

    def take(self, rows: Ints) -> "Pairs":
        """Some pairs, of which nothing is known yet."""
        return Pairs(self.sides, self.need[rows], self.offer[rows])


Rule = Callable[[Pairs], Bools]
Question = Callable[[Sides], bool | np.bool_]
_JUDGED_IF: dict[Rule, Question] = {}


def judged_if(some_pair_can_break: Question) -> Callable[[Rule], Rule]:
    """Where this says no, every pair keeps the rule and nobody need ask."""

    def mark(rule: Rule) -> Rule:
        _JUDGED_IF[rule] = some_pair_can_break
        return rule

    return mark


@judged_if(lambda sides: differ(sides.needs.category, sides.offers.category) or sides.needs.forms.any())
def category(pairs: Pairs) -> Bools:
    """Same kind and category; for housing, a form that the need accepts."""
    same = pairs.needs.category[pairs.need] == pairs.offers.category[pairs.offer]
    accepted = pairs.needs.forms[pairs.need]
    form = pairs.offers.form[pairs.offer]
    bits = np.zeros_like(accepted)
    known = np.flatnonzero((form >= 0) & (form < WORDS_PER_MASK * accepted.shape[1]))
    place = (form[known] % WORDS_PER_MASK).astype(np.uint64)
    bits[known, form[known] // WORDS_PER_MASK] = np.left_shift(np.uint64(1), place)
    return same & (share_a_word(accepted, bits) | ~any_word(accepted))


@judged_if(lambda sides: differ(sides.needs.city, sides.offers.city))
def city(pairs: Pairs) -> Bools:
    """Same city, or linked cities and a citizen who agreed to share."""
    need_city, offer_city = pairs.needs.city[pairs.need], pairs.offers.city[pairs.offer]
    same = need_city == offer_city
    if len(pairs.sides.linked_cities) == 0:
        return same
    linked = np.isin(row_codes(need_city, offer_city), pairs.sides.linked_cities)
    return same | (linked & pairs.offers.shared_with_linked[pairs.offer])


def city_may_hold(block: Block) -> Bools:
    """Where no cities are linked."""
    return block.offers.city == block.needs.city[:, None]


def distance(pairs: Pairs) -> Bools:
    """Within the larger of the two reaches, to the millimetre; remote skills always."""
    near = np.rint(pairs.distance_km * MICRO) <= np.rint(pairs.reach_km * MICRO)
    return near | pairs.exempt


def distance_may_hold(block: Block) -> Bools:
    """By single precision coordinates, with more slack than they can be wrong by."""
    needs, offers = block.needs, block.offers
    return (block.squared_chord <= needs.squared_reach[:, None] + block.slack) | (
        block.squared_chord <= offers.squared_reach + block.slack
    )


def dates(pairs: Pairs) -> Bools:
    """A run as long as the need's shortest useful stretch, whatever the host says of notice and longest stay."""
    return pairs.days_at_once >= pairs.least_days


def dates_may_hold(block: Block) -> Bools:
    """All three of `dates`, `notice` and `stay`: of those that do not hold, one alone is told.

    As if the offer were there without a gap from the first to the last of all its days, with all that is left on its
    best day.
    """
    needs, offers = block.needs, block.offers
    may = offers.last >= needs.earliest_end[:, None]
    may &= offers.first <= needs.latest_start[:, None]
    may &= offers.longest >= needs.least_days[:, None]
    enough = offers.most_left >= needs.least_quantity[:, None]
    if block.tolerate:
        enough |= offers.capacity < needs.least_quantity[:, None]
    return may & enough


@judged_if(lambda sides: sides.offers.notice_days.any())
def notice(pairs: Pairs) -> Bools:
    """The run is still long enough when it begins no sooner than the host asks to be told.

    Judged when `dates` holds.
    """
    return (pairs.uncut.days >= pairs.least_days) | ~dates(pairs)


@judged_if(
    lambda sides: sides.offers.longest_stay.min(initial=FOREVER) < sides.needs.least_days.max(initial=0)
)
def stay(pairs: Pairs) -> Bools:
    """The host lets somebody stay as long as the need's shortest useful run. Judged when `dates` holds.

    The run is at least as long, after notice or, where the notice is too long, without: only the cut can make it
    shorter.
    """
    return (pairs.offers.longest_stay[pairs.offer] >= pairs.least_days) | ~dates(pairs)


@judged_if(lambda sides: sides.needs.least_quantity.max(initial=0) > sides.offers.capacity.min(initial=MOST))
def capacity(pairs: Pairs) -> Bools:
    """When nothing is held, the offer has the least quantity that helps."""
    return pairs.offers.capacity[pairs.offer] >= pairs.needs.least_quantity[pairs.need]


def capacity_may_hold(block: Block) -> Bools:
    return block.offers.capacity >= block.needs.least_quantity[:, None]


@judged_if(lambda sides: sides.offers.rent.max(initial=0) > sides.needs.rent_up_to.min(initial=MOST))
def rent(pairs: Pairs) -> Bools:
    """Somebody pays as much as the home costs."""
    return pairs.needs.rent_up_to[pairs.need] >= pairs.offers.rent[pairs.offer]


@judged_if(lambda sides: sides.needs.step_free_needed.any())
def step_free(pairs: Pairs) -> Bools:
    return ~pairs.needs.step_free_needed[pairs.need] | pairs.offers.step_free[pairs.offer]


@judged_if(lambda sides: sides.needs.pets.any())
def pets(pairs: Pairs) -> Bools:
    return ~pairs.needs.pets[pairs.need] | pairs.offers.pets_accepted[pairs.offer]


@judged_if(lambda sides: sides.needs.smoke_free_needed.any())
def smoke_free(pairs: Pairs) -> Bools:
    return ~pairs.needs.smoke_free_needed[pairs.need] | pairs.offers.smoke_free[pairs.offer]


@judged_if(lambda sides: sides.needs.refuses_shared_home.any())
def shared_home(pairs: Pairs) -> Bools:
    """A household that refuses a shared home gets none."""
    return ~(pairs.needs.refuses_shared_home[pairs.need] & pairs.offers.shared_home[pairs.offer])


@judged_if(lambda sides: sides.needs.household.any())
def household(pairs: Pairs) -> Bools:
    """The host said every word that the household needs; silence accepts everyone but lone minors."""
    words, accepted = pairs.needs.household[pairs.need], pairs.offers.accepts[pairs.offer]
    return np.where(accepted == 0, words & LONE_MINORS_BIT == 0, words & ~accepted == 0)


@judged_if(lambda sides: sides.needs.named_languages.any())
def languages(pairs: Pairs) -> Bools:
    """Interpreting and translation: the offer names every language that the need names, whichever way."""
    asked, offered = pairs.needs.named_languages[pairs.need], pairs.offers.named_languages[pairs.offer]
    width = min(asked.shape[1], offered.shape[1])
    missing = asked[:, :width] & ~offered[:, :width]
    beyond = asked[:, width:]  # words that the offers' columns were made without
    return ~any_word(missing) & ~any_word(beyond)


@judged_if(lambda sides: len(sides.needs.slot_start) > 0 and len(sides.offers.slot_start) > 0)
def slots(pairs: Pairs) -> Bools:
    """When both sides give weekly slots, two of them overlap by an hour or more."""
    needs, offers = pairs.needs, pairs.offers
    need_from, need_count = needs.slots_from[pairs.need], np.diff(needs.slots_from)[pairs.need]
    offer_from, offer_count = offers.slots_from[pairs.offer], np.diff(offers.slots_from)[pairs.offer]
    met = (need_count == 0) | (offer_count == 0)
    for i in range(need_count.max(initial=0)):
        for j in range(offer_count.max(initial=0)):
            open_ = np.flatnonzero(~met & (i < need_count) & (j < offer_count))
            asked, offered = need_from[open_] + i, offer_from[open_] + j
            together = np.minimum(needs.slot_end[asked], offers.slot_end[offered]) - np.maximum(
                needs.slot_start[asked], offers.slot_start[offered]
            )
            met[open_] = together >= SHORTEST_OVERLAP_MINUTES
    return met


@judged_if(
    lambda sides: not (sides.needs.is_open.all() and sides.offers.is_open.all()) or len(sides.excluded) > 0
)
def open_(pairs: Pairs) -> Bools:
    """Both are open, the home needs no work, and nobody has set this pair aside."""
    both = pairs.needs.is_open[pairs.need] & pairs.offers.is_open[pairs.offer]
    if len(pairs.sides.excluded) == 0:
        return both
    return both & ~np.isin(row_codes(pairs.need, pairs.offer), pairs.sides.excluded)


RULES: dict[str, Rule] = {
    "category": category,
    "city": city,
    "distance": distance,
    "dates": dates,
    "notice": notice,
    "stay": stay,
    "capacity": capacity,
    "rent": rent,
    "step_free": step_free,
    "pets": pets,
    "smoke_free": smoke_free,
    "shared_home": shared_home,
    "household": household,
    "languages": languages,
    "slots": slots,
    "open": open_,
}
# Of the rules that have a number: what is required, and what there is.
NUMBERS: dict[str, Callable[[Pairs], tuple[Ints | Floats, Ints | Floats]]] = {
    "distance": lambda pairs: (pairs.reach_km, pairs.distance_km),
    "dates": lambda pairs: (pairs.least_days, pairs.days_at_once),
    "notice": lambda pairs: (pairs.offers.notice_days[pairs.offer], longest_notices(pairs)),
    "stay": lambda pairs: (pairs.least_days, pairs.offers.longest_stay[pairs.offer]),
    "capacity": lambda pairs: (
        pairs.needs.least_quantity[pairs.need],
        pairs.offers.capacity[pairs.offer],
    ),
    "rent": lambda pairs: (pairs.offers.rent[pairs.offer], pairs.needs.rent_up_to[pairs.need]),
}
# A pair that breaks one of these is never a near miss.
ESSENTIAL = ("category", "city", "open")
# The dearest to judge come last: they then have the fewest pairs left.
OF_DAYS = ("dates", "notice", "stay")
MISSABLE = (*(code for code in RULES if code not in (*ESSENTIAL, *OF_DAYS)), *OF_DAYS)


def at_stake(sides: Sides) -> tuple[str, ...]:
    """The rules that some pair of these sides may break, in the order in which they are best judged."""
    return tuple(
        code
        for code in (*ESSENTIAL, *MISSABLE)
        if RULES[code] not in _JUDGED_IF or _JUDGED_IF[RULES[code]](sides)
    )


def quick_look(block: Block) -> Bools:
    """The pairs that are near enough to look at and, as far as can be told at a glance, break no more rules than are
    tolerated.
    """
    dates = dates_may_hold(block)
    if not block.tolerate:
        may = dates & distance_may_hold(block)  # with enough left on the best day, the capacity is enough
    else:
        broken = (~dates).view(np.uint8) + ~distance_may_hold(block) + ~capacity_may_hold(block)
        may = (broken <= block.tolerate) & within_look(block)
    return may if block.one_city else may & city_may_hold(block)


def within_look(block: Block) -> Bools:
    needs, offers = block.needs, block.offers
    return (block.squared_chord <= needs.squared_look[:, None] + block.slack) | (
        block.squared_chord <= offers.squared_look + block.slack
    )


def longest_runs(pairs: Pairs, asked_first: Ints, asked_last: Ints) -> Runs:
    """The longest unbroken stretch within these days and one window on which the least quantity is left.

    The earliest on a tie. Where the capacity would not be enough even with nothing held, days are judged as
    if it were: one reason is told, not two.
    """
    needs, offers = pairs.needs, pairs.offers
    least = needs.least_quantity[pairs.need].astype(np.int64, copy=False)
    stretch = offers.stretches_from[pairs.offer]
    several = NO_CODES
    if len(offers.stretch_first) > len(offers):
        stretch, several = _stretches_met(offers, stretch, pairs.offer, asked_first, asked_last)
    # Most needs meet one stretch of the offer, which is the run as far as it is asked for.
    first = np.maximum(offers.stretch_first[stretch], asked_first)
    last = np.minimum(offers.stretch_last[stretch], asked_last)
    left = offers.stretch_left[stretch]
    days = np.maximum(last - first + 1, 0)
    scarce = np.flatnonzero(left < least)
    least[scarce[offers.capacity[pairs.offer[scarce]] < least[scarce]]] = np.iinfo(np.int64).min
    days[scarce[left[scarce] < least[scarce]]] = 0
    runs = Runs(first, last, days, left)
    if len(several):
        least = np.where(
            offers.capacity[pairs.offer[several]] < least[several], np.iinfo(np.int64).min, least[several]
        )
        end = offers.stretches_from[pairs.offer[several] + 1]
        _walk(offers, stretch[several], end, asked_first[several], asked_last[several], least, runs, several)
    return runs


def _cut(pairs: Pairs, uncut: Runs) -> Runs:
    """The runs, no longer than the longest stay from their first day."""
    stay = pairs.offers.longest_stay[pairs.offer]
    rows = np.flatnonzero(uncut.days > stay)
    if not len(rows):
        return uncut
    first, stay = uncut.first[rows], stay[rows]
    # On fewer days more may be left.
    shorter = longest_runs(pairs.take(rows), first, first + stay - 1)
    last, days, left = uncut.last.copy(), uncut.days.copy(), uncut.left.copy()
    last[rows], days[rows], left[rows] = shorter.last, shorter.days, shorter.left
    return Runs(uncut.first, last, days, left)


def longest_notices(pairs: Pairs) -> Ints:
    """How many days of notice would leave a run that is long enough: the most; -1 where none does.

    The longer the notice, the shorter the run: the last that is enough lies in one half of those that are left.
    """
    asked_last = pairs.needs.last_day[pairs.need]
    enough = np.where(pairs.days_at_once >= pairs.least_days, 0, -1)
    too_long = np.maximum(asked_last - pairs.sides.today, 0) + 1
    while len(rows := np.flatnonzero((enough >= 0) & (too_long - enough > 1))):
        notice = (enough[rows] + too_long[rows]) // 2
        some = pairs.take(rows)
        first = np.maximum(pairs.needs.first_day[some.need], pairs.sides.today + notice)
        holds = longest_runs(some, first, asked_last[rows]).days >= some.least_days
        enough[rows[holds]], too_long[rows[~holds]] = notice[holds], notice[~holds]
    return enough


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
    least: Ints,
    best: Runs,
    rows: Ints,
) -> None:
    """The runs of pairs that meet several stretches, from `stretch` on, written into those rows of `best`.

    The stretches of all pairs are walked abreast, the next one of each at each step.
    """
    best.days[rows] = 0
    run_first, run_last, run_window, run_left = (np.full(len(rows), -1, np.int64) for _ in range(4))
    active = np.arange(len(rows))
    while len(active):
        now = stretch[active]
        first = np.maximum(offers.stretch_first[now], asked_first[active])
        last = np.minimum(offers.stretch_last[now], asked_last[active])
        window, left = offers.stretch_window[now], offers.stretch_left[now]
        usable = (first <= last) & (left >= least[active])
        joins = usable & (run_last[active] == first - 1) & (run_window[active] == window)
        first = np.where(joins, run_first[active], first)
        left = np.where(joins, np.minimum(run_left[active], left), left)
        run_first[active], run_window[active], run_left[active] = first, window, left
        run_last[active] = np.where(usable, last, -1)
        days = np.where(usable, last - first + 1, 0)
        longer = days > best.days[rows[active]]
        record = rows[active[longer]]
        best.first[record], best.last[record] = first[longer], last[longer]
        best.days[record], best.left[record] = days[longer], left[longer]
        stretch[active] += 1
        active = active[stretch[active] < end[active]]
        active = active[offers.stretch_first[stretch[active]] <= asked_last[active]]


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


def differ(one: Ints, other: Ints) -> bool:
    """Is there more than one value among all of them? Neither is empty."""
    return bool((one != one[0]).any() or (other != one[0]).any())


def any_word(masks: Masks) -> Bools:
    if masks.shape[1] == 1:
        return masks[:, 0] != np.uint64(0)
    return np.bitwise_or.reduce(masks, axis=1) != np.uint64(0)


def share_a_word(one: Masks, other: Masks) -> Bools:
    """A common bit; the tables may have been made at different widths of the same vocabulary."""
    width = min(one.shape[1], other.shape[1])
    return any_word(one[:, :width] & other[:, :width])
