"""Ways to decide whom to ask. All see the same pairs, have the same hours, and meet the same people."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from engine.arrays import Floats, Ints
from engine.foresight import Ahead, Weighing
from engine.planning import program
from engine.planning.baselines import first_come as first_come_units
from engine.planning.problem import Problem, problem_of
from engine.planning.time_budget import TimeBudget
from engine.results import Feasible
from engine.urgency import priorities_on
from engine.vocabulary import PRIORITIES

# Enough for every plan of a town: where it were not, the plan would hang on the machine, which is refused.
PLAN_SECONDS = 120.0
# Two points of one commune are no farther apart (`year`).
SAME_PLACE_KM = 4.25
# Homes asked side by side for tonight, as many as a town may set; each counts so much of the one before it.
HOMES_AT_ONCE, BESIDE = 5, 0.9
LOOKS_DAYS = 28


@dataclass(frozen=True, slots=True)
class Line:
    """Ask this offer for this need: rows of the pairs' tables, day numbers both included."""

    need: int
    offer: int
    first: int
    last: int
    quantity: int


Choose = Callable[[Feasible, Ahead | None], Iterator[Line]]


@dataclass(frozen=True, slots=True)
class Policy:
    """`choose` gives lines, the first to be asked first; of a need or a citizen only the first ones are asked at a
    time. `by_phone`: citizens are called, in the order of the list, and answer at once or not at all.

    `homes_at_once`: how many homes may be asked side by side for a need. `calls_the_silent`: whoever has not answered
    a message may be called. `looks_days`: how far ahead the desk looks; `choose` is told what it sees.
    """

    name: str
    words: str
    choose: Choose
    by_phone: bool = False
    homes_at_once: int = 1
    calls_the_silent: bool = False
    looks_days: int = 0


def _lines(pairs: Feasible, rows: Ints, of_a_need: int = 1) -> Iterator[Line]:
    """These pairs on the days of their runs, so many of each need and one of each offer."""
    needs, offers = Counter[int](), set[int]()
    columns = (
        pairs.need[rows],
        pairs.offer[rows],
        pairs.run_first[rows],
        pairs.run_last[rows],
        np.floor(pairs.quantity[rows]).astype(np.int64),
    )
    for need, offer, first, last, quantity in zip(*(column.tolist() for column in columns), strict=True):
        if needs[need] >= of_a_need or offer in offers or quantity < 1:
            continue
        needs[need] += 1
        offers.add(offer)
        yield Line(need, offer, first, last, quantity)


def first_come(pairs: Feasible, ahead: Ahead | None = None) -> Iterator[Line]:
    """Needs in order of arrival; each has the best of its list that nobody has taken."""
    return _lines(pairs, np.arange(len(pairs)))


def best_score(pairs: Feasible, ahead: Ahead | None = None) -> Iterator[Line]:
    """The pair with the highest score first, whosever it is."""
    return _lines(pairs, np.argsort(-pairs.micro_points, kind="stable"))


def daily_plan(pairs: Feasible, ahead: Ahead | None = None) -> Iterator[Line]:
    """The plan's objective, to the end: Σ people × share × (priority + score / 100) of all that is asked now, one
    question of each need and to each citizen. Those worth most first.
    """
    return planned(pairs, worth_of(pairs))


def weighed_plan(pairs: Feasible, ahead: Ahead | None = None) -> Iterator[Line]:
    """The plan of what is likely to be had, less what it costs those who are not here yet (`Weighing`); of who is
    wanted tonight several homes side by side.
    """
    weighing = Weighing.of(pairs, ahead)
    return planned(pairs, worth_of(pairs) * weighing.left / weighing.full, homes_tonight=HOMES_AT_ONCE)


def worth_of(pairs: Feasible) -> Floats:
    """What each pair adds to the plan when it gives all that it can on all days of its run."""
    problem = problem_of(pairs)
    return problem.value * problem.most


def planned(pairs: Feasible, worth: Floats, *, homes_tonight: int = 1) -> Iterator[Line]:
    """The best set of pairs at these worths; what is worth nothing is not asked. Of homes for tonight so many may be
    asked for one need, each of which counts a little less than the one before: most of them will not say yes.
    """
    # Rounded, so that a last bit decides nothing.
    worth = np.round(worth, 6)
    some = np.flatnonzero((worth > 0) & (np.floor(pairs.quantity) >= 1))
    if not len(some):
        return iter(())
    beside = np.zeros(len(some), np.int64)
    if homes_tonight > 1:
        sides = pairs.pairs.sides
        tonight = priorities_on(pairs.needs, sides.uncovered, sides.today) == PRIORITIES["tonight"]
        may = (tonight & pairs.needs.is_housing)[pairs.need[some]]
        places = np.concatenate([beside, *(np.full(may.sum(), place) for place in range(1, homes_tonight))])
        some = np.concatenate([some, *([some[may]] * (homes_tonight - 1))])
        order = np.lexsort((some, places, pairs.need[some]))
        some, beside = some[order], places[order]
    counted: Floats = np.round(worth[some] * BESIDE ** beside.astype(np.float64), 6)
    chosen = assigned(pairs.need[some].astype(np.int64) * homes_tonight + beside, pairs.offer[some], counted)
    return _lines(pairs, some[chosen[np.argsort(-counted[chosen], kind="stable")]], homes_tonight)


def assigned(need: Ints, offer: Ints, worth: Floats) -> Ints:
    """Which of these pairs, by need, are worth most together, one of each need and of each offer."""
    needs, need = np.unique(need, return_inverse=True)
    offers, offer = np.unique(offer, return_inverse=True)
    ones, none, pairs = np.ones(len(need), np.int64), np.empty(0, np.int64), len(need)
    slot = np.zeros(pairs, np.int64)
    problem = Problem(
        need=need,
        offer=offer,
        first=slot,
        last=slot,
        most=ones,
        value=worth,
        quantity=np.ones(len(needs), np.int64),
        whole=np.zeros(len(needs), np.bool_),
        capacity=np.ones(len(offers), np.int64),
        block_offer=none,
        block_first=none,
        block_last=none,
        block_units=none,
    )
    budget = TimeBudget(PLAN_SECONDS)
    answer = program.solve(problem, first_come_units(problem), budget=budget, nodes=1, gap=0.0)
    if not (answer.optimal and budget.in_time):
        raise RuntimeError("a plan was not solved to the end: another machine would find another")
    return np.flatnonzero(answer.units)


def on_the_list(pairs: Feasible, ahead: Ahead | None = None) -> Iterator[Line]:
    """Every pair: the oldest need first, of its offers those of its own part of the town, then as registered."""
    columns = (
        pairs.need,
        pairs.offer,
        pairs.run_first,
        pairs.run_last,
        np.floor(pairs.quantity).astype(np.int64),
    )
    order = np.lexsort((pairs.turn, pairs.distance_km > SAME_PLACE_KM, pairs.need))
    for row in zip(*(column[order].tolist() for column in columns), strict=True):
        if row[-1] >= 1:
            yield Line(*row)


POLICIES = {
    policy.name: policy
    for policy in (
        Policy("telephone", "Liste et téléphone", on_the_list, by_phone=True),
        Policy("premier", "Premier arrivé, par messages", first_come),
        Policy("score", "Meilleur score d’abord", best_score),
        Policy("plan", "Plan du jour", daily_plan),
        Policy(
            "relances", "Plan et relances", weighed_plan, homes_at_once=HOMES_AT_ONCE, calls_the_silent=True
        ),
        Policy(
            "prevoyance",
            "Plan prévoyant",
            weighed_plan,
            homes_at_once=HOMES_AT_ONCE,
            calls_the_silent=True,
            looks_days=LOOKS_DAYS,
        ),
    )
}
