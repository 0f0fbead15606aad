"""What a plan takes off a pair's worth: for those who are not here yet, and for those who were asked often.

A pair's worth is priority + score / 100 for each whole person helped. With weighing it is

    (priority + score / 100) × 0.85^asked × ½^(days since confirmed / 140)  −  price of a unit / people by a unit

`asked`: how often the citizen was asked in the last 30 days (goods: divided by the stock). The product is how much of
a pair's worth is likely to be had, beside one whose citizen was asked by nobody and confirmed today. The price is the
mean of the run, so that a shorter part costs its share.

Nothing is held back from whoever is wanted within a day, waits already, or was posted for tonight: of these the price
never takes more than a quarter, so that it tells between offers, and never whether. What is left of tonight's, 0.75 × 4
at least, is no less than all that others are worth, 2 + score / 100. Nothing is taken off for who somebody is.
"""

from dataclasses import dataclass

import numpy as np

from engine.arrays import Floats
from engine.columns import UNKNOWN
from engine.foresight.prices import Ahead
from engine.planning.problem import people_per_unit, points_of
from engine.results import Feasible
from engine.scoring import are_goods
from engine.urgency import priorities_on
from engine.vocabulary import PRIORITIES

AGAIN = 0.85
HALF_LIFE_DAYS = 140
UNKNOWN_DAYS = 45
FLOOR = 0.75
PRESSING_DAYS = 1


@dataclass(frozen=True, slots=True, eq=False)
class Weighing:
    """Per pair, in points as priority + score / 100 is: `full`, and what is left of it when it is `likely` and paid."""

    full: Floats
    likely: Floats
    price: Floats
    left: Floats

    @classmethod
    def of(cls, pairs: Feasible, ahead: Ahead | None, *, load: bool = True) -> "Weighing":
        sides = pairs.pairs.sides
        full = points_of(pairs)
        likely = full * likelihood(pairs) if load else full
        price = np.zeros(len(pairs))
        if ahead is not None and not ahead.is_empty:
            price = ahead.price_of_unit(pairs) / people_per_unit(pairs, slice(None))
        soon = sides.uncovered.first_day <= sides.today + PRESSING_DAYS
        tonight = priorities_on(pairs.needs, sides.uncovered, sides.today) == PRIORITIES["tonight"]
        pressing = (soon | tonight)[pairs.need]
        left = likely - price
        left = np.where(pressing, np.maximum(left, FLOOR * likely), left)
        return cls(full, likely, price, left)


def likelihood(pairs: Feasible) -> Floats:
    """How likely a yes is, beside that of a citizen who was asked by nobody and confirmed today."""
    offers, offer = pairs.offers, pairs.offer
    asked = offers.asked / np.where(are_goods(offers), np.maximum(offers.capacity, 1), 1)
    today = pairs.today.toordinal()
    days = np.where(
        offers.confirmed_day == UNKNOWN, UNKNOWN_DAYS, np.maximum(today - offers.confirmed_day, 0)
    )
    found: Floats = AGAIN**asked * 2.0 ** (-days / HALF_LIFE_DAYS)
    return found[offer]
