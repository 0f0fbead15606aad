"""The score, 0 to 100: six parts, each in [0, 1], times their weights. And the total order."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Self

import numpy as np

from engine.columns import UNKNOWN, Bools, Floats, Ints, NeedColumns, OfferColumns
from engine.records import Weights
from engine.rules import MICRO, Pairs, Sides, any_word, share_a_word
from engine.vocabulary import UNKNOWN_CONFIRMATION_DAYS

SCORE_BITS = 27  # enough for 100 points in millionths

Parts6 = tuple[Floats, Floats, Floats, Floats, Floats, Floats]


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """What a pair's score takes from one side alone, worked out once for all its pairs."""

    days_asked: Ints  # per need
    need_is_silent: Bools  # gave no language
    offer_is_silent: Bools
    freshness: Floats  # per offer
    courtesy: Floats  # per offer

    @classmethod
    def of(cls, sides: Sides, today: date) -> Self:
        return cls(
            sides.needs.last_day - sides.needs.first_day + 1,
            ~any_word(sides.needs.languages),
            ~any_word(sides.offers.languages),
            freshness(sides.offers, today),
            courtesy(sides.offers),
        )


def parts(pairs: Pairs, known: Known) -> Parts6:
    """The six values of feasible pairs, in the order of `Weights`."""
    return (
        proximity(pairs),
        dates(pairs, known),
        fit(pairs),
        language(pairs, known),
        known.freshness[pairs.offer],
        known.courtesy[pairs.offer],
    )


def proximity(pairs: Pairs) -> Floats:
    """1 - distance / reach; 1 when exempt, or when both reaches are 0 and so is the distance."""
    reach = pairs.reach_km
    near = 1 - np.minimum(pairs.distance_km / np.where(reach > 0, reach, np.inf), 1)
    near[pairs.exempt] = 1
    return near


def dates(pairs: Pairs, known: Known) -> Floats:
    """Days of the run / days asked."""
    return pairs.runs.days / known.days_asked[pairs.need]


def fit(pairs: Pairs) -> Floats:
    """Housing: how well the household fills the room that is left. Otherwise: how much of it can be had."""
    asked, left = pairs.needs.quantity[pairs.need], pairs.runs.left
    home = pairs.needs.is_housing
    if home.all():
        return asked / left
    part = np.minimum(1, left / asked)
    return np.where(home[pairs.need], asked / left, part) if home.any() else part


def language(pairs: Pairs, known: Known) -> Floats:
    """1 with a shared language, a half when either side gave none, else 0."""
    asked, offered = pairs.needs.languages[pairs.need], pairs.offers.languages[pairs.offer]
    value = share_a_word(asked, offered).astype(np.float64)
    value[known.need_is_silent[pairs.need] | known.offer_is_silent[pairs.offer]] = 0.5
    return value


def freshness(offers: OfferColumns, today: date) -> Floats:
    """1 on the day of confirmation (or before it), 0 from 90 days on or when nobody confirmed."""
    confirmed = offers.confirmed_day
    days = np.clip(today.toordinal() - confirmed, 0, UNKNOWN_CONFIRMATION_DAYS)
    return 1 - np.where(confirmed == UNKNOWN, UNKNOWN_CONFIRMATION_DAYS, days) / UNKNOWN_CONFIRMATION_DAYS


def courtesy(offers: OfferColumns) -> Floats:
    """1 / (1 + times asked in the last 30 days)."""
    return 1 / (1 + offers.asked)


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


def score(values: Parts6, points: Floats, need: Ints) -> Ints:
    """Added part by part in the order of `Weights`, in millionths of a point."""
    total = np.zeros(len(need))
    for value, row in zip(values, points, strict=True):
        total += value * (row if len(row) == 1 else row[need])
    return np.rint(total * MICRO).astype(np.int32)


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
    micro_points: Ints,
    among_equals: Callable[[Ints], tuple[Ints | Floats, ...]],
    keep: int | None,
) -> Ints:
    """Rows of the `keep` highest scores (None: of all) of each need, which come together and stay in that order.

    `among_equals` gives the keys, smaller first, by which some rows of equal score are ordered.
    """
    changes = np.concatenate([[0], need[1:] != need[:-1]])[: len(need)]
    key = (np.cumsum(changes, dtype=np.int64) << SCORE_BITS) - micro_points
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
