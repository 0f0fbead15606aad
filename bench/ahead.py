"""Foresight: what prices cost for a metropolis, and a plan with them beside the same plan without."""

import time
from dataclasses import dataclass, replace

import numpy as np

from bench.processes import alone
from bench.tables import count, decimal, say
from engine import feasible_pairs
from engine.foresight import Arrived, Shape, Weighing, expected, foresee
from engine.foresight.prices import FUTURES
from engine.planning import plan_pairs
from simulation.behaviour import BASE
from simulation.towns import TOWNS
from simulation.year import DAY, day_of, year_of

OFFERS, NEEDS, DAYS, MIDDLE = 3_000, 1_000, 60, 182
PLAN_SECONDS = 30.0
# What is aimed at: seconds of computing on two processors, memory, and times a plan without.
AIM_SECONDS, AIM_MB, AIM_TIMES = 120.0, 500, 1.1


@dataclass(frozen=True, slots=True)
class Outcome:
    """Seconds are of computing."""

    shapes: int
    expects: float
    prices: float
    pairs: int
    without: float
    with_prices: float


def show() -> None:
    """A line of ratios, and one of what they are made of."""
    done = alone(solve, NEEDS)
    found = done.value
    say("Prévoir (une métropole : calcul d’un plan avec les prix, à côté du même sans)")
    say(
        f"  {decimal(found.with_prices / found.without, 2)} × le plan sans prix (but : {decimal(AIM_TIMES)})"
        f" ; {decimal(found.prices / AIM_SECONDS, 2)} × les secondes permises aux prix"
        f" ; {decimal(done.peak_mb / AIM_MB, 2)} × la mémoire permise"
    )
    say(
        f"    {count(OFFERS)} propositions, {count(NEEDS)} besoins, {count(found.pairs)} paires, {DAYS} jours,"
        f" {FUTURES} futurs, {found.shapes} formes, {count(found.expects)} besoins attendus : prix en"
        f" {decimal(found.prices, 1)} s de calcul, plan en {decimal(found.without, 1)} puis"
        f" {decimal(found.with_prices, 1)} s, {count(done.peak_mb)} Mo"
    )
    say()


def solve(needs: int) -> Outcome:
    """In a process of its own: a year in which so many needs come in as many days, looked at in its middle."""
    town = replace(TOWNS["metropole"], offers=OFFERS, needs=round(needs * TOWNS["metropole"].days / DAYS))
    year = year_of(town, BASE, 1)
    arrived = [
        Arrived(Shape.of(one.record, posted=day_of(one.posted // DAY)), day_of(one.posted // DAY))
        for one in year.wanted
        if one.posted < MIDDLE * DAY
    ]
    today = day_of(MIDDLE)
    began = time.process_time()
    coming = expected(arrived, today=today, days=DAYS, since=day_of(0))
    ahead = foresee(coming, year.offer_columns, futures=FUTURES)
    prices = time.process_time() - began
    recent = np.array([row for row, one in enumerate(year.wanted) if one.posted < MIDDLE * DAY][-needs:])
    pairs = feasible_pairs(year.need_columns.take(recent), year.offer_columns, today=today)
    spent: list[float] = []
    for seen in (None, ahead):
        began = time.process_time()
        plan_pairs(pairs, seconds=PLAN_SECONDS, points=Weighing.of(pairs, seen).left)
        spent.append(time.process_time() - began)
    return Outcome(len(coming.shapes), coming.total, prices, len(pairs), *spent)
