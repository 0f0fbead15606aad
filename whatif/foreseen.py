"""What was foreseen a month ago beside what came: worked out again from the rows of before that day, nothing kept."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from cities.models import City
from engine import Need
from engine.foresight import Arrived, drawn, expected
from engine.foresight.prices import FUTURES, SEED
from engine.vocabulary import GOODS, HOUSING, SKILL
from matching.plans.looking_ahead import arrivals
from simulation.measures import quantile

DAYS = 30
# What is told apart, by a code that pages have words for.
FEATURES: dict[str, Callable[[Need], bool]] = {
    "all": lambda need: True,
    "housing": lambda need: need.kind == HOUSING,
    "goods": lambda need: need.kind == GOODS,
    "skill": lambda need: need.kind == SKILL,
    "tonight": lambda need: need.kind == HOUSING and need.urgency == "tonight",
    "step_free": lambda need: need.kind == HOUSING and need.step_free_needed,
    "pets": lambda need: need.kind == HOUSING and need.pets,
    "family": lambda need: need.kind == HOUSING and need.children > 0,
    "alone": lambda need: need.kind == HOUSING and need.persons == 1,
}


@dataclass(frozen=True, slots=True)
class Row:
    """`low`, `high`: within these, nine futures of ten."""

    feature: str
    expected: float
    low: int
    high: int
    came: int

    @property
    def is_within(self) -> bool:
        return self.low <= self.came <= self.high


def foreseen(city: City, *, today: date) -> list[Row]:
    """Of the last thirty days that are over; nothing where nothing had come before them."""
    then = today - timedelta(days=DAYS + 1)
    return rows(arrivals(city, today=then), arrivals(city, today=today), then=then)


def rows(before: list[Arrived], until: list[Arrived], *, then: date) -> list[Row]:
    """`before`: what had come before that day; `until`: what has come since as well. Of features nobody had or has
    none is told.
    """
    coming = expected(before, today=then, days=DAYS)
    if not coming.shapes:
        return []
    futures = [shapes for _, shapes in drawn(coming, futures=FUTURES, seed=SEED)]
    of_shape = coming.a_day.sum(axis=0)
    found = []
    for feature, holds in FEATURES.items():
        has = np.array([holds(shape.asks) for shape in coming.shapes])
        counts = [float(has[shapes].sum()) for shapes in futures]
        came = sum(one.count for one in until if one.day > then and holds(one.shape.asks))
        awaited = float(of_shape[has].sum())
        if awaited or came:
            low, high = int(quantile(counts, 0.05)), int(quantile(counts, 0.95))
            found.append(Row(feature, awaited, low, high, came))
    return found
