"""The plan, each instance in a process of its own: how near it comes to what is possible, how soon, in what memory.

The bound is proven: no plan whatever is worth more. What is found is checked here once more, pair by pair and day by
day, by other means than the engine's.
"""

import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from bench.country import GOODS, HOUSING, LONGEST_DAYS, MOST_UNITS, Country, columns, make
from bench.processes import alone
from bench.tables import count, decimal, refuse_unless, say
from catalogue.vocabulary import Kind
from engine import NeedColumns, OfferColumns, feasible_pairs
from engine.arrays import Amounts, Ints
from engine.planning import Plan, plan_pairs
from engine.planning.baselines import best_score_first, first_come
from engine.planning.lasting import parts_in_turn
from engine.planning.lasting_pairs import lasting_of
from engine.planning.problem import problem_of
from engine.relay import MOST_HOMES, MOVE
from engine.results import Feasible
from engine.uncovered import Uncovered
from engine.urgency import priorities_on

TODAY = date(2026, 3, 1)
# What uasos takes for as many pairs, measured side by side on a machine of two processors: all of its matching, and of
# that the assignment alone.
UASOS_SECONDS, UASOS_ASSIGNMENT_SECONDS = 16.9, (0.3, 1.3)
# An instance that is done sooner is measured again.
QUICK_SECONDS, ROUNDS = 5.0, 3
ROUNDING = 1e-6


@dataclass(frozen=True, slots=True)
class Instance:
    """`seconds`: the budget. `metropolis`: all round Paris; else the country."""

    name: str
    words: str
    offers: int
    needs: int
    seconds: float
    kind: str  # "flow", "goods", "housing", "relay", "assignment"
    metropolis: bool = True


INSTANCES = (
    Instance("assignation", "2 000 × 2 000 un à un, tout est à portée", 2_000, 2_000, 60, "assignment"),
    Instance(
        "flux", "un pays, unités une à une, toutes les paires", 133_000, 200_000, 60, "flow", metropolis=False
    ),
    Instance("objets", "une métropole, en partie ou en entier", 2_000, 3_000, 10, "goods"),
    Instance(
        "objets-m",
        "un pays de taille M, en partie ou en entier",
        13_333,
        20_000,
        30,
        "goods",
        metropolis=False,
    ),
    Instance("foyers-100", "une métropole, deux logements pour trois foyers", 67, 100, 10, "housing"),
    Instance("foyers-300", "une métropole, deux logements pour trois foyers", 200, 300, 10, "housing"),
    Instance("foyers-1000", "une métropole, deux logements pour trois foyers", 667, 1_000, 30, "housing"),
    Instance("foyers-4000", "une métropole, deux logements pour trois foyers", 2_667, 4_000, 30, "housing"),
    Instance("relais-100", "les mêmes, deux semaines sont déjà utiles", 67, 100, 10, "relay"),
    Instance("relais-300", "les mêmes, deux semaines sont déjà utiles", 200, 300, 10, "relay"),
    Instance("relais-1000", "les mêmes, deux semaines sont déjà utiles", 667, 1_000, 30, "relay"),
    Instance("relais-4000", "les mêmes, deux semaines sont déjà utiles", 2_667, 4_000, 60, "relay"),
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of one instance; objectives are shares of the bound, seconds are medians of `rounds`."""

    pairs: int
    rounds: int
    plan: float
    greedy: float
    first_come: float
    people: float
    people_asked: float
    first_come_people: float
    proven: bool
    in_time: bool
    pairs_seconds: float
    seconds: float
    cpu: float
    greedy_seconds: float
    first_come_seconds: float


def show(names: tuple[str, ...] = ()) -> None:
    """The table, all instances or those named."""
    say("Le plan (part de la borne prouvée ; secondes pour trouver les paires, puis pour choisir)")
    say(
        f"  {'cas':12} {'paires':>11} {'plan':>8} {'au score':>8} {'premier':>8}  {'':10}"
        f" {'paires':>7} {'plan':>7} {'calcul':>7} {'au score':>8} {'premier':>7} {'mémoire':>8}"
    )
    for instance in INSTANCES:
        if names and instance.name not in names:
            continue
        done = alone(solve, instance)
        _line(instance, done.value, done.peak_mb)
    say()


def _line(instance: Instance, found: Outcome, peak_mb: float) -> None:
    sure = "prouvé" if found.proven else f"à {decimal(100 * (1 - found.plan), 2)} %"
    seconds = (
        found.pairs_seconds, found.seconds, found.cpu, found.greedy_seconds, found.first_come_seconds
    )  # fmt: skip
    shown = " ".join(f"{decimal(some, 2):>7}" for some in seconds)
    say(
        f"  {instance.name:12} {count(found.pairs):>11} {_percent(found.plan)} {_percent(found.greedy)}"
        f" {_percent(found.first_come)}  {sure:10} {shown} {count(peak_mb):>5} Mo"
    )
    say(
        f"    {instance.words} : {count(found.people)} personnes aidées sur {count(found.people_asked)},"
        f" {count(found.first_come_people)} si le premier arrivé est le premier servi"
        f" ; {_measured(found)}"
    )
    if instance.kind == "assignment":
        say(
            f"    uasos, mesuré côte à côte : {decimal(UASOS_SECONDS)} s pour autant de paires, dont"
            f" {' à '.join(map(decimal, UASOS_ASSIGNMENT_SECONDS))} s pour la seule affectation"
        )


def _measured(found: Outcome) -> str:
    times = "mesuré une fois" if found.rounds == 1 else f"médiane de {found.rounds}"
    return times if found.in_time else f"arrêté par le temps imparti, {times}"


def _percent(share: float) -> str:
    return f"{decimal(100 * share, 2):>6} %"


# --- In a process of its own ---------------------------------------------------------------------------


def solve(instance: Instance) -> Outcome:
    """Plan it as often as there is time for; every plan is checked."""
    needs, offers = _columns(instance)
    runs: list[tuple[float, ...]] = []
    made: Plan | None = None
    while made is None or (len(runs) < ROUNDS and runs[-1][1] < QUICK_SECONDS):
        started = time.perf_counter()
        pairs = feasible_pairs(needs, offers, today=TODAY)
        found = time.perf_counter()
        cpu = time.process_time()
        made = plan_pairs(pairs, seconds=instance.seconds)
        planned = time.perf_counter()
        cpu = time.process_time() - cpu
        baselines = _baselines(pairs, instance)
        runs.append((found - started, planned - found, cpu, *baselines))
        _check(made, pairs)
    middle = [statistics.median(run[place] for run in runs) for place in range(5)]
    return Outcome(
        pairs=len(pairs),
        rounds=len(runs),
        plan=made.objective / made.bound,
        greedy=made.greedy.objective / made.bound,
        first_come=made.first_come.objective / made.bound,
        people=made.people,
        people_asked=made.people_asked,
        first_come_people=made.first_come.people,
        proven=made.proven,
        in_time=made.in_time,
        pairs_seconds=middle[0],
        seconds=middle[1],
        cpu=middle[2],
        greedy_seconds=middle[3],
        first_come_seconds=middle[4],
    )


def _columns(instance: Instance) -> tuple[NeedColumns, OfferColumns]:
    categories = HOUSING if instance.kind in ("housing", "relay") else GOODS
    part_useful, most_units = 0.5, MOST_UNITS
    if instance.kind == "flow":
        part_useful = 1.0
    elif instance.kind == "assignment":
        categories, part_useful, most_units = GOODS[:1], 1.0, 1
    country = make(
        offers=instance.offers,
        needs=instance.needs,
        today=TODAY,
        categories=categories,
        metropolis=instance.metropolis,
        part_useful=part_useful,
        most_units=most_units,
    )
    if instance.kind == "assignment":
        country = _all_possible(country)
    needs, offers = columns(country)
    if instance.kind == "relay":
        # Nothing is said of the days that are useful at least: as usual.
        needs = replace(needs, least_days=np.zeros_like(needs.least_days))
    return needs, offers


def _all_possible(country: Country) -> Country:
    """Every offer is there for every need, and within its reach."""
    far = np.full(len(country.needs), 4 * 50.0)
    offers = replace(
        country.offers,
        first_day=np.full(len(country.offers), TODAY.toordinal()),
        last_day=np.full(len(country.offers), TODAY.toordinal() + 2 * LONGEST_DAYS),
    )
    return replace(country, offers=offers, needs=replace(country.needs, reach_km=far))


def _baselines(pairs: Feasible, instance: Instance) -> Iterator[float]:
    """Seconds of best score first, and of first come, first served, on the same pairs."""
    problem = problem_of(pairs)
    ways: list[Callable[[], object]] = [
        lambda: best_score_first(problem, pairs.micro_points),
        lambda: first_come(problem),
    ]
    if instance.kind == "relay":
        parts = lasting_of(pairs, np.arange(len(pairs)), whole_hours=False).problem
        by_score = np.argsort(-pairs.micro_points, kind="stable")
        ways = [lambda: parts_in_turn(parts, by_score), lambda: parts_in_turn(parts, np.arange(len(parts)))]
    for way in ways:
        started = time.perf_counter()
        way()
        yield time.perf_counter() - started


def _check(made: Plan, pairs: Feasible) -> None:
    """Only feasible pairs, no offer beyond its capacity on any day, no need beyond its quantity, none in part that must
    be whole, no more than three homes; and the objective is what the lines add up to, less what moves cost.
    """
    needs, offers = made.pairs.needs, made.pairs.offers
    need, offer, units = made.pairs.need.astype(np.int64), made.pairs.offer.astype(np.int64), made.units
    known = np.sort(pairs.need.astype(np.int64) * len(offers) + pairs.offer)
    asked = need * len(offers) + offer
    refuse_unless(bool((known[np.searchsorted(known, asked)] == asked).all()), "a pair that is not feasible")
    refuse_unless(len(np.unique(asked)) == len(asked), "a pair twice")
    whole = (needs.least_quantity == needs.quantity)[need]
    refuse_unless(bool((units == needs.quantity[need])[whole].all()), "a part for a need that must be whole")
    goods = {code for (kind, _), code in offers.vocabulary.categories.items() if kind == Kind.GOODS}
    stock = np.isin(offers.category[offer], list(goods))
    first, last = np.where(stock, 0, made.first), np.where(stock, 0, made.last)
    refuse_unless(_is_within(need, first, last, units, needs.quantity), "a need is given too much")
    refuse_unless(_is_within(offer, first, last, units, offers.capacity), "an offer gives too much")
    homes = np.bincount(need[~stock], minlength=len(needs))
    refuse_unless(bool((homes <= MOST_HOMES).all()), "too many homes in turn")
    today = made.pairs.today.toordinal()
    priority = priorities_on(needs, Uncovered.of(needs, today), today)
    days = np.where(stock, 1, (last - first + 1) / (needs.last_day - needs.first_day + 1)[need])
    value = (needs.people / needs.asked)[need] * days * (priority[need] + made.pairs.score / 100)
    worth = float(value @ units) - MOVE * float(needs.people @ np.maximum(homes - 1, 0))
    refuse_unless(
        abs(worth - made.objective) <= ROUNDING * max(1.0, worth),
        "the objective is not what the lines add up to",
    )
    best_baseline = max(made.first_come.objective, made.greedy.objective)
    refuse_unless(made.objective >= best_baseline - ROUNDING, "a baseline is better than the plan")
    refuse_unless(made.bound >= made.objective - ROUNDING, "the bound is below the plan")


def _is_within(owner: Ints, first: Ints, last: Ints, units: Amounts, most: Amounts) -> bool:
    """On no day do the owners' units exceed the most that each has."""
    # Each beginning and each end in order; an end comes before a beginning on the day after.
    day = np.concatenate([first, last + 1])
    change = np.concatenate([units, -units])
    who = np.concatenate([owner, owner])
    order = np.lexsort((change, day, who))
    running = np.cumsum(change[order])  # what begins ends: each owner starts from nothing
    return bool((running <= most[who[order]]).all())
