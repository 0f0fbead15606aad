"""The score, 0 to 100: six parts, each in [0, 1], times their weights. And the order of what pairs are worth."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Self, TypeVar

import numpy as np

from engine.arrays import MICRO, Amounts, Bools, Floats, Ints, share_a_word
from engine.columns import FOREVER, UNKNOWN, NeedColumns, OfferColumns
from engine.household import ACCEPT_BITS, LONE_MINOR
from engine.pairs import Pairs, Sides
from engine.records import Weights
from engine.spoken import Masks, loosened, widened
from engine.urgency import priorities_on
from engine.vocabulary import GOODS, HALF_AS_NEAR_KM, PRIORITIES, THRIFT, UNKNOWN_CONFIRMATION_DAYS

NEVER = -1  # a day number before any date
# Of a home that offers what is rare to whoever does not ask for it: for each such thing (the bits of `_rare`).
KEPT = np.array([THRIFT ** bits.bit_count() for bits in range(8)])

# A standing counts a value in millionths, of 5 at the most; the offers that come before all values, this much more.
BEFORE_ALL = 1 << 23
STANDING_BITS = 24

# The numbers of `Known`, which are neither codes nor yes or no.
NUMBERS_KNOWN = ("days_asked", "whole", "priority", "hurried_on", "tonight_on", "freshness", "courtesy")

Values = TypeVar("Values", bound=Ints | Floats)
Parts6 = tuple[Floats, Floats, Floats, Floats, Floats, Floats]


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """What a pair's score takes from one side alone, worked out once for all its pairs."""

    all_last: bool
    none_lasts: bool
    all_homes: bool
    all_goods: bool
    # per need
    days_asked: Ints
    whole: Amounts  # what was asked: of a need that lasts on all its days together
    lasts: Bools
    priority: Ints  # of today
    hurried_on: Ints  # the first uncovered day of a need that lasts and presses; FOREVER
    tonight_on: Ints  # the same of tonight's needs; NEVER
    rare_unasked: Ints
    spoken_asked: Masks  # languages that may be spoken by another name
    # per offer
    is_goods: Bools
    spoken: Masks
    understood: Masks  # in the wider sense
    rare_offered: Ints
    freshness: Floats
    courtesy: Floats

    @classmethod
    def of(cls, sides: Sides, today: date) -> Self:
        needs, offers = sides.needs, sides.offers
        lasts, priority = ~needs.one_day, priorities_on(needs, sides.uncovered, sides.today)
        first = sides.uncovered.first_day
        days_asked = needs.last_day - needs.first_day + 1
        spoken, codes = _joined(offers.languages, offers.named_languages), needs.vocabulary.languages
        is_goods = are_goods(offers)
        return cls(
            all_last=bool(lasts.all()),
            none_lasts=not lasts.any(),
            all_homes=bool(needs.is_housing.all()),
            all_goods=bool(is_goods.all()),
            days_asked=days_asked,
            whole=needs.asked * np.where(lasts, days_asked, 1),
            lasts=lasts,
            priority=priority,
            hurried_on=np.where(lasts & (priority >= PRIORITIES["this_week"]), first, FOREVER),
            tonight_on=np.where(lasts & (priority >= PRIORITIES["tonight"]), first, NEVER),
            rare_unasked=~_rare(needs.step_free_needed, needs.pets, needs.household & LONE_MINOR != 0),
            spoken_asked=loosened(needs.languages, codes),
            is_goods=is_goods,
            spoken=spoken,
            understood=widened(spoken, codes),
            rare_offered=_rare(
                offers.step_free, offers.pets_accepted, offers.accepts & ACCEPT_BITS["lone_minors"] != 0
            ),
            freshness=freshness(offers, today),
            courtesy=courtesy(offers),
        )


def are_goods(side: OfferColumns) -> Bools:
    categories = side.vocabulary.categories
    goods = np.zeros(len(categories), np.bool_)
    goods[[code for (kind, _), code in categories.items() if kind == GOODS]] = True
    return goods[side.category]


def parts(pairs: Pairs, known: Known) -> Parts6:
    """The six values of feasible pairs, in the order of `Weights`."""
    return (
        proximity(pairs),
        dates(pairs, known),
        fit(pairs, known),
        language(pairs, known),
        known.freshness[pairs.offer],
        known.courtesy[pairs.offer],
    )


def proximity(pairs: Pairs) -> Floats:
    """10 / (10 + km), one scale for all; of what both allow remotely at least a half."""
    near = HALF_AS_NEAR_KM / (HALF_AS_NEAR_KM + pairs.distance_km)
    return np.where(pairs.exempt, np.maximum(near, 0.5), near) if pairs.sides.some_remote else near


def dates(pairs: Pairs, known: Known) -> Floats:
    """Of a need that lasts, the part of its days that is covered, half of that where it presses and its first uncovered
    day is not among them. Of any other: the sooner the better.
    """
    need, runs, asked = pairs.need, pairs.runs, known.days_asked[pairs.need]
    if known.none_lasts:
        return (pairs.needs.last_day[need] - runs.first + 1) / asked
    covered = runs.days / asked
    covered = np.where(runs.first > known.hurried_on[need], covered / 2, covered)
    if known.all_last:
        return covered
    return np.where(known.lasts[need], covered, (pairs.needs.last_day[need] - runs.first + 1) / asked)


def fit(pairs: Pairs, known: Known) -> Floats:
    """Housing: how well the household fills the room that is left, without using up what is rare or costs rent.
    Otherwise: how much of it can be had; of goods also how far they are what is asked for.
    """
    asked, left = pairs.needs.quantity[pairs.need], pairs.runs.left
    if known.all_homes:
        return _fit_of_homes(pairs, known, asked / left)
    part = np.minimum(1, (np.minimum(left, pairs.hours) if pairs.sides.both_have_slots else left) / asked)
    if known.all_goods:
        part *= pairs.goods_factor
        return part
    home, goods = pairs.needs.is_housing[pairs.need], known.is_goods[pairs.offer]
    if goods.any():
        rows = np.flatnonzero(goods)
        part[rows] *= pairs.take(rows).goods_factor
    if home.any():
        rows = np.flatnonzero(home)
        part[rows] = _fit_of_homes(pairs.take(rows), known, asked[rows] / left[rows])
    return part


def _fit_of_homes(pairs: Pairs, known: Known, filled: Floats) -> Floats:
    value = np.sqrt(filled)
    if known.rare_offered.any():
        value *= KEPT[known.rare_offered[pairs.offer] & known.rare_unasked[pairs.need]]
    rent = pairs.offers.rent[pairs.offer]
    if rent.any():
        # Where there is none, it takes nothing off, whatever could be paid.
        value *= 1 - rent / (2.0 * np.maximum(pairs.needs.rent_up_to[pairs.need], 1))
    return value


def _rare(*has: Bools) -> Ints:
    """A bit for each of these things."""
    bits = np.zeros(len(has[0]), np.int8)
    for place, some in enumerate(has):
        bits |= some.astype(np.int8) << place
    return bits


def language(pairs: Pairs, known: Known) -> Floats:
    """1 for goods, with which nobody has to speak, and with a shared language; a half where one is spoken for another
    that contains it; else 0, also when either side gave none.
    """
    if known.all_goods:
        return np.ones(pairs.offer.shape, np.float32)
    asked, offered = pairs.needs.languages[pairs.need], known.spoken[pairs.offer]
    value: Any = (share_a_word(asked, offered) | known.is_goods[pairs.offer]).astype(np.float32)
    if known.understood is not known.spoken:
        wider = share_a_word(known.spoken_asked[pairs.need], known.understood[pairs.offer])
        value[wider & (value == 0)] = 0.5
    return value


def freshness(offers: OfferColumns, today: date) -> Floats:
    """1 on the day of confirmation (or before it), 0 from 45 days on or when nobody confirmed."""
    confirmed = offers.confirmed_day
    days = np.clip(today.toordinal() - confirmed, 0, UNKNOWN_CONFIRMATION_DAYS)
    return 1 - np.where(confirmed == UNKNOWN, UNKNOWN_CONFIRMATION_DAYS, days) / UNKNOWN_CONFIRMATION_DAYS


def courtesy(offers: OfferColumns) -> Floats:
    """1 / (1 + times asked in the last 30 days); who has many things to give may be asked as often."""
    return 1 / (1 + offers.asked / np.where(are_goods(offers), offers.capacity, 1))


def shares(pairs: Pairs, known: Known) -> Floats:
    """What part of what a need asks for each of these runs could give: of its quantity, and where it lasts of its
    days.
    """
    share, days = pairs.quantity, pairs.runs.days
    if not known.none_lasts:
        share = share * (days if known.all_last else np.where(known.lasts[pairs.need], days, 1))
    return share / known.whole[pairs.need]


def standings(pairs: Pairs, share: Floats, micro_points: Ints, known: Known) -> Ints:
    """What a need's list goes by, highest first: what each pair is worth, in millionths, see also `first_tonight`."""
    standing = np.rint(worth(pairs, share, micro_points / MICRO, known) * MICRO).astype(np.int32)
    return first_tonight(standing, BEFORE_ALL, pairs, known)


def worth(pairs: Pairs, share: Floats, points: Floats, known: Known) -> Floats:
    """Share × (priority + score / 100)."""
    return share * (known.priority[pairs.need] + points / 100)


def first_tonight(value: Values, more: float, pairs: Pairs, known: Known) -> Values:
    """Of a lasting need of tonight, the offers that begin on its first uncovered day come before all others: they get
    so much more.
    """
    if known.tonight_on.max(initial=NEVER) > NEVER:
        value[pairs.runs.first <= known.tonight_on[pairs.need]] += more
    return value


def _joined(one: Masks, other: Masks) -> Masks:
    """The words of both; the tables may have been made at different widths of the same vocabulary."""
    narrow, wide = sorted((one, other), key=lambda masks: masks.shape[1])
    found = wide.copy()
    found[:, : narrow.shape[1]] |= narrow
    return found


def points_per_need(needs: NeedColumns, weights: Weights | Mapping[Hashable, Weights]) -> Floats:
    """Six rows of points, a column per need: its city's, for there the decision is taken, or the defaults.

    A single column where they are the same for all.
    """
    if isinstance(weights, Weights):
        return np.array(weights.points, np.float64)[:, None]
    table = np.empty((6, len(needs.vocabulary.cities)))
    for city, code in needs.vocabulary.cities.items():
        table[:, code] = weights.get(city, Weights()).points
    points = table[:, needs.city]
    return points[:, :1] if (points == points[:, :1]).all() else points


def score(values: Parts6, points: Floats, pairs: Pairs) -> Ints:
    """In millionths of a point."""
    return np.rint(weighted(values, points, pairs) * MICRO).astype(np.int32)


def weighted(values: Parts6, points: Floats, pairs: Pairs) -> Floats:
    """Added part by part in the order of `Weights`."""
    total = np.zeros(np.broadcast_shapes(pairs.need.shape, pairs.offer.shape), points.dtype)
    for value, row in zip(values, points, strict=True):
        total += value * (row if len(row) == 1 else row[pairs.need])
    return total


def contenders(need: Ints, value: Ints | Floats, keep: int) -> Ints:
    """Rows of the pairs that have one of the `keep` highest values of their need, all those included that tie with the
    last; rows of one need come together.
    """
    start = np.flatnonzero(np.concatenate([[True], need[1:] != need[:-1]])[: len(need)])
    stop = np.append(start[1:], len(need))
    crowded = np.flatnonzero(stop - start > keep)
    work = value.copy()
    cut = np.minimum.reduceat(value, start) if len(start) else work
    for row, begin, end in zip(
        crowded.tolist(), start[crowded].tolist(), stop[crowded].tolist(), strict=True
    ):
        place = end - begin - keep
        some = work[begin:end]
        some.partition(place)
        cut[row] = some[place]
    return np.flatnonzero(value >= np.repeat(cut, stop - start))


def highest_first(
    need: Ints,
    standing: Ints,
    among_equals: Callable[[Ints], tuple[Ints | Floats, ...]],
    keep: int | None,
) -> Ints:
    """Rows of the `keep` highest standings (None: of all) of each need, which come together and stay in that order.

    `among_equals` gives the keys, smaller first, by which some rows of equal standing are ordered.
    """
    changes = np.concatenate([[0], need[1:] != need[:-1]])[: len(need)]
    key = (np.cumsum(changes, dtype=np.int64) << STANDING_BITS) - standing
    order = np.argsort(key, kind="stable")
    key = key[order]
    like_next = np.append(key[1:] == key[:-1], False)[: len(key)]
    if like_next.any():
        tied = np.flatnonzero(like_next | np.append(False, like_next[:-1]))
        rows = order[tied]
        order[tied] = rows[np.lexsort((*reversed(among_equals(rows)), key[tied]))]
    return order if keep is None else order[_place_among_its_own(need[order]) < keep]


def smallest_first(need: Ints, keys: tuple[Ints | Floats, ...], keep: int) -> Ints:
    """Rows of the `keep` first of each need, by the first key, then the next (smaller first); rows of one need come
    together.
    """
    rows = contenders(need, -keys[0], keep)
    rows = rows[np.lexsort((*(key[rows] for key in reversed(keys)), need[rows]))]
    return rows[_place_among_its_own(need[rows]) < keep]


def _place_among_its_own(need: Ints) -> Ints:
    """0 for the first row of each need, 1 for the next; rows of one need come together."""
    start = np.flatnonzero(np.concatenate([[True], need[1:] != need[:-1]])[: len(need)])
    return np.arange(len(need)) - np.repeat(start, np.diff(np.append(start, len(need))))
