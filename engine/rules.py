"""The hard rules. Each is one function with the name of its reason code: for each pair, does the rule hold?

A pair is feasible when all of them hold. `RULES` is in the order in which reasons are told. Two things beside the
rules make a country's pairs affordable and decide nothing: `judged_if` says of some data that no pair can break a rule;
the quick looks (`distance_may_hold` ...) let pass every pair that the rule of that name lets pass, and a few more.
"""

from collections.abc import Callable

import numpy as np

from engine.arrays import (
    MICRO,
    Amounts,
    Bools,
    Ints,
    Masks,
    any_word,
    differ,
    row_codes,
    share_a_word,
)
from engine.coarse import Block
from engine.columns import FOREVER
from engine.hours import HALVES
from engine.household import ACCEPTED
from engine.pairs import Pairs, Sides
from engine.records import MOST
from engine.spoken import WORDS_PER_MASK

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
