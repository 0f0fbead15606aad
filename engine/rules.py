"""The hard rules. Each is one function with the name of its reason code: for each pair, does the rule hold?

A pair is feasible when all of them hold. `RULES` is in the order in which reasons are told. Two things beside the
rules make a country's pairs affordable and decide nothing: `judged_if` says of some data that no pair can break a rule;
the quick looks (`distance_may_hold` ...) let pass every pair that the rule of that name lets pass, and a few more.
"""

from collections.abc import Callable, Collection, Hashable, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.coarse import Block
from engine.columns import (
    FOREVER,
    Amounts,
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
from engine.hours import HALVES, halves_in_common
from engine.household import ACCEPTED
from engine.records import MOST
from engine.runs import DAYS_A_WEEK, Runs, by_week, earliest_days, lasting_runs, longest_runs
from engine.spoken import WORDS_PER_MASK, loosened, widened
from engine.uncovered import Uncovered, from_today, missing_on

MICRO = 1e6  # decisions and order are taken on numbers rounded to 6 decimals, the same on every machine
NO_CODES: Ints = np.empty(0, np.int64)
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


@judged_if(lambda sides: sides.goods_are_told)
def item(pairs: Pairs) -> Bools:
    """The same item of the catalogue, or one of those that would do; any item where a side takes any."""
    return pairs.goods_factors[0] > 0


@judged_if(lambda sides: sides.goods_are_told)
def size(pairs: Pairs) -> Bools:
    """A size that is asked for, several, or a larger one where that does; of an item without sizes none is judged."""
    return pairs.goods_factors[1] > 0


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
    """Within the larger of the two reaches (of a home, the need's), to the millimetre; remote skills always."""
    near = np.rint(pairs.distance_km * MICRO) <= np.rint(pairs.reach_km * MICRO)
    return near | pairs.exempt


def distance_may_hold(block: Block) -> Bools:
    """By single precision coordinates, with more slack than they can be wrong by."""
    needs, offers = block.needs, block.offers
    return (block.squared_chord <= needs.squared_reach[:, None] + block.slack) | (
        block.squared_chord <= offers.squared_reach + block.slack
    )


def distance_holds(block: Block) -> Bools:
    """For sure, however wrong the coordinates are."""
    needs, offers = block.needs, block.offers
    return (block.squared_chord <= needs.squared_sure[:, None] - block.slack) | (
        block.squared_chord <= offers.squared_sure - block.slack
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
    return ACCEPTED[pairs.needs.household[pairs.need], pairs.offers.accepts[pairs.offer]]


@judged_if(lambda sides: sides.needs.named_languages.any())
def languages(pairs: Pairs) -> Bools:
    """Interpreting and translation: every language that the need names is spoken, whichever way, by the offer's."""
    named, understood = pairs.sides.spoken
    asked, loose = pairs.needs.named_languages[pairs.need], named[pairs.need]
    holds = _all_among(loose, understood[pairs.offer])
    strict = asked & ~loose
    if strict.any():
        holds &= _all_among(strict, pairs.offers.named_languages[pairs.offer])
    return holds


def _all_among(asked: Masks, offered: Masks) -> Bools:
    width = min(asked.shape[1], offered.shape[1])
    missing = asked[:, :width] & ~offered[:, :width]
    beyond = asked[:, width:]  # words that the offers' columns were made without
    return ~any_word(missing) & ~any_word(beyond)


@judged_if(lambda sides: sides.both_have_slots)
def slots(pairs: Pairs) -> Bools:
    """When both sides give weekly slots, the hours that the need can take are enough.

    Of an appointment those of one day that is possible otherwise; where none is, of any day of the week. When it is
    the notice alone that is too long, the days before it count.
    """
    holds = ~pairs.has_hours
    rows = np.flatnonzero(~holds)
    some = pairs.take(rows)
    needed = some.least_quantity * HALVES
    holds[rows] = some.halves.sum(axis=1) >= needed
    once = np.flatnonzero(some.needs.one_day[some.need])
    if len(once):
        some, needed = some.take(once), needed[once]
        soonest = np.where(some.uncut.days > 0, some.soonest, some.sides.today)
        found = some._days_with_hours(soonest).days > 0
        any_day = some.halves.max(axis=1) >= needed
        holds[rows[once]] = np.where(dates(some), found, any_day)
    return holds


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
    "item": item,
    "size": size,
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
NUMBERS: dict[str, Callable[[Pairs], tuple[Amounts, Amounts]]] = {
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
# A quick look is often sure of these.
SEEN = ("distance", *OF_DAYS, "capacity")
DEAR = (*OF_DAYS, "slots")
MISSABLE = (*(code for code in RULES if code not in (*ESSENTIAL, *DEAR)), *DEAR)


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


def sure_look(block: Block, may: Bools) -> Bools:
    """Of the pairs that may be feasible at a glance (`may`) those that break none of `SEEN` for sure.

    The coarse days and quantities of who is clear are the exact ones: with them `dates_may_hold` says that they hold.
    """
    both_clear = (block.needs.clear > 0)[:, None] & (block.offers.clear > 0)
    return may & both_clear & distance_holds(block)


def within_look(block: Block) -> Bools:
    needs, offers = block.needs, block.offers
    return (block.squared_chord <= needs.squared_look[:, None] + block.slack) | (
        block.squared_chord <= offers.squared_look + block.slack
    )


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
        holds = some.runs_from(pairs.sides.today + notice).days >= some.least_days
        enough[rows[holds]], too_long[rows[~holds]] = notice[holds], notice[~holds]
    return enough


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


def differ(one: Ints, other: Ints) -> bool:
    """Is there more than one value among all of them? Neither is empty."""
    return bool((one != one[0]).any() or (other != one[0]).any())


def any_word(masks: Masks) -> Bools:
    if masks.shape[-1] == 1:
        return masks[..., 0] != np.uint64(0)
    return np.bitwise_or.reduce(masks, axis=-1) != np.uint64(0)


def share_a_word(one: Masks, other: Masks) -> Bools:
    """A common bit; the tables may have been made at different widths of the same vocabulary."""
    width = min(one.shape[-1], other.shape[-1])
    return any_word(one[..., :width] & other[..., :width])
