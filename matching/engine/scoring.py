"""The score, 0 to 100: six parts, each in [0, 1], times their weights. And the total order."""

from collections.abc import Hashable, Mapping
from datetime import date

import numpy as np

from matching.engine.columns import UNKNOWN, Floats, Ints, NeedColumns
from matching.engine.records import UNKNOWN_CONFIRMATION_DAYS, Weights
from matching.engine.rules import MICRO, Pairs, any_word, share_a_word

Parts6 = tuple[Floats, Floats, Floats, Floats, Floats, Floats]


def parts(pairs: Pairs, today: date) -> Parts6:
    """The six values of feasible pairs, in the order of `Weights`."""
    return (
        proximity(pairs),
        dates(pairs),
        fit(pairs),
        language(pairs),
        freshness(pairs, today),
        courtesy(pairs),
    )


def proximity(pairs: Pairs) -> Floats:
    """1 - distance / reach; 1 when exempt, or when both reaches are 0 and so is the distance."""
    reach = pairs.reach_km
    away = np.divide(pairs.distance_km, reach, out=np.zeros(len(pairs)), where=reach > 0)
    return np.where(pairs.exempt, 1.0, 1 - np.minimum(away, 1))


def dates(pairs: Pairs) -> Floats:
    """Days of the run / days asked."""
    return pairs.runs.days / (pairs.needs.last_day[pairs.need] - pairs.needs.first_day[pairs.need] + 1)


def fit(pairs: Pairs) -> Floats:
    """Housing: how well the household fills the room that is left. Otherwise: how much of it can be had."""
    asked, left = pairs.needs.quantity[pairs.need], pairs.runs.left
    return np.where(pairs.needs.is_housing[pairs.need], asked / left, np.minimum(1, left / asked))


def language(pairs: Pairs) -> Floats:
    """1 with a shared language, a half when either side gave none, else 0."""
    asked, offered = pairs.needs.languages[pairs.need], pairs.offers.languages[pairs.offer]
    unknown = ~any_word(asked) | ~any_word(offered)
    return np.where(unknown, 0.5, share_a_word(asked, offered).astype(np.float64))


def freshness(pairs: Pairs, today: date) -> Floats:
    """1 on the day of confirmation (or before it), 0 from 90 days on or when nobody confirmed."""
    confirmed = pairs.offers.confirmed_day[pairs.offer]
    days = np.clip(today.toordinal() - confirmed, 0, UNKNOWN_CONFIRMATION_DAYS)
    return 1 - np.where(confirmed == UNKNOWN, UNKNOWN_CONFIRMATION_DAYS, days) / UNKNOWN_CONFIRMATION_DAYS


def courtesy(pairs: Pairs) -> Floats:
    """1 / (1 + times asked in the last 30 days)."""
    return 1 / (1 + pairs.offers.asked[pairs.offer])


def points_per_need(needs: NeedColumns, weights: Weights | Mapping[Hashable, Weights]) -> Floats:
    """Six rows of points, a column per need: its city's, for there the decision is taken, or the defaults."""
    if isinstance(weights, Weights):
        return np.repeat(np.array(weights.points, np.float64)[:, None], len(needs), axis=1)
    table = np.empty((6, len(needs.vocabulary.cities)))
    for city, code in needs.vocabulary.cities.items():
        table[:, code] = weights.get(city, Weights()).points
    return table[:, needs.city]


def score(values: Parts6, points: Floats, need: Ints) -> Ints:
    """Added part by part in the order of `Weights`, in millionths of a point."""
    total = np.zeros(len(need))
    for value, row in zip(values, points, strict=True):
        total += row[need] * value
    return np.rint(total * MICRO).astype(np.int32)


def best_first(need: Ints, keys: tuple[Ints | Floats, ...], keep: int | None) -> Ints:
    """Rows of the `keep` first (None: of all) of each need, by the first key, then the next (smaller first)."""
    order = np.lexsort((*reversed(keys), need))
    if keep is None:
        return order
    need = need[order]
    start = np.flatnonzero(np.concatenate([[True], need[1:] != need[:-1]])[: len(need)])
    place = np.arange(len(need)) - np.repeat(start, np.diff(np.concatenate([start, [len(need)]])))
    return order[place < keep]
