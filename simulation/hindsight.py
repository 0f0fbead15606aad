"""What no policy can exceed: who knew the year beforehand, and of each question how it would end, could do no better.

Linear programs by kind and week, of more than is possible: only pairs that would come to a good end count, but hours
of coordination do not, nor notice, longest stays, the shortest stay that helps, or when a citizen answers; and a
household may move from day to day. So the bound lies above the best, by how much is not known.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from engine import need_columns, offer_columns, rank_columns
from engine.planning.program import Row, model_of, solved
from engine.planning.time_budget import TimeBudget
from engine.vocabulary import GOODS, HOUSING, KINDS, Kind
from simulation.chance import chance
from simulation.desk import TRIES
from simulation.year import DAY, FIRST, START, Given, Wanted, Year

SECONDS = 600.0
EXACT = 1e-6


@dataclass(frozen=True, slots=True)
class _Cell:
    """So many units at most of this offer for this need in this week, each worth so much."""

    need: tuple[int, int]
    offer: tuple[int, int]
    most: int
    worth: float
    asked: int  # by the need, in the span that `need` names
    there: int  # of the offer, in the span that `offer` names


def hindsight(year: Year) -> dict[Kind, float]:
    """By kind, in people helped wholly (half of what is asked counts half): at least what any policy reaches."""
    bounds = dict.fromkeys(KINDS, 0.0)
    spans: dict[tuple[Kind, int], list[_Cell]] = defaultdict(list)
    for need, offer in _good_pairs(year):
        for week, cell in _cells(need, offer, year):
            spans[need.record.kind, week].append(cell)
    for (kind, _week), cells in sorted(spans.items(), key=lambda pair: pair[0]):
        bounds[kind] += _most(cells)
    return {kind: bound + EXACT * (bound > 0) for kind, bound in bounds.items()}


def _good_pairs(year: Year) -> Iterator[tuple[Wanted, Given]]:
    """Pairs that break no rule but those of time, and of which everybody would say yes and come."""
    if not (year.given and year.wanted):
        return
    offers = [replace(one.record, notice_days=0, longest_stay_days=None) for one in year.given]
    needs = [replace(one.record, min_days=1) for one in year.wanted]
    pairs = rank_columns(
        need_columns(needs, year.words),
        offer_columns(offers, year.words),
        today=START,
        links=year.links,
        keep=len(offers),
        near=0,
    ).feasible
    for row, column in zip(pairs.need.tolist(), pairs.offer.tolist(), strict=True):
        need, offer = year.wanted[row], year.given[column]
        if ends_well(year, need, offer):
            yield need, offer


def ends_well(year: Year, need: Wanted, offer: Given) -> bool:
    """Asked as well as can be, in time, by message or by telephone."""
    how, kind = year.behaviour, need.record.kind
    ids = offer.number, need.number

    def happens(about: str, share: float, *more: int) -> bool:
        return chance(year.seed, about, *ids, *more) < share

    yes = {HOUSING: f"yes_{need.record.urgency}", GOODS: "yes_goods"}.get(kind, "yes_skill")
    if max(need.posted, offer.registered) >= offer.gone or not happens(
        "yes", how[yes] * max(1.0, how["fatigue"])
    ):
        return False
    if happens("guest", how["guest_refuses"]):
        return False
    if not (
        happens("answers", how["answers_sms" if offer.by_sms else "answers_mail"])
        or any(happens("call", how["answers_call"], one) for one in range(1, TRIES + 1))
    ):
        return False
    if kind == GOODS:
        return not (happens("picked up", how["pickup_fails"]) or happens("usable", how["unusable"]))
    if kind == HOUSING:
        return not (
            happens("host", how["host_cancels"] * how["reminder"])
            or happens("absent", how["guest_absent"] * how["reminder"])
        )
    return not happens("helper", how["helper_absent"] * how["reminder"])


def _cells(need: Wanted, offer: Given, year: Year) -> Iterator[tuple[int, _Cell]]:
    """What the pair could give, by the span in which it is counted: a week, 0 for all."""
    wanted, given = need.record, offer.record
    ids = need.number, offer.number
    known = max(need.posted, offer.registered) // DAY + FIRST
    (window,) = given.available
    first = max(wanted.first_day.toordinal(), window.first_day.toordinal(), known)
    last = wanted.last_day.toordinal()
    if window.last_day is not None:
        last = min(last, window.last_day.toordinal())
    if first > last:
        return
    quantity, capacity = wanted.quantity, given.capacity
    if not wanted.lasts:
        most, worth = min(quantity, capacity), wanted.persons / quantity
        weeks = range((first - 1) // 7, (last - 1) // 7 + 1) if wanted.kind != GOODS else range(1)
        for week in weeks:
            yield 0, _Cell((ids[0], 0), (ids[1], week), most, worth, quantity, capacity)
        return
    worth = wanted.persons / (quantity * wanted.days_asked)
    for week in range((first - 1) // 7, (last - 1) // 7 + 1):
        begins, ends = week * 7 + 1, week * 7 + 7
        days = min(last, ends) - max(first, begins) + 1
        asked = min(wanted.last_day.toordinal(), ends) - max(wanted.first_day.toordinal(), begins) + 1
        opens = max(window.first_day.toordinal(), begins)
        closes = ends if window.last_day is None else min(window.last_day.toordinal(), ends)
        yield (
            week,
            _Cell(
                (ids[0], 0), (ids[1], week), min(quantity, capacity) * days, worth,
                quantity * asked, capacity * (closes - opens + 1),
            ),
        )  # fmt: skip


def _most(cells: list[_Cell]) -> float:
    rows: dict[tuple[str, int, int], tuple[list[int], int]] = {}
    for number, cell in enumerate(cells):
        for key, most in ((("need", *cell.need), cell.asked), (("offer", *cell.offer), cell.there)):
            rows.setdefault(key, ([], most))[0].append(number)
    model = model_of(
        np.array([cell.worth for cell in cells]),
        np.array([cell.most for cell in cells], np.float64),
        [Row(np.array(some), np.ones(len(some), np.int64), most) for some, most in rows.values()],
    )
    found = solved(model, np.zeros(len(cells)), budget=TimeBudget(SECONDS), nodes=1, gap=0.0)
    if not found.optimal:
        raise RuntimeError("the bound was not found in time")
    return found.bound
