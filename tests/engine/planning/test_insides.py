"""What the search is made of, by hand: each piece by itself, where the plan as a whole would hide a small loss."""

from dataclasses import replace

import numpy as np
import pytest

from engine import Need, feasible_pairs
from engine.planning import home_prices, home_search, part_chains, part_prices, part_program
from engine.planning.home_chains import households
from engine.planning.home_prices import HomePrices, Places
from engine.planning.lasting import Calendar, Lasting, Parts
from engine.planning.lasting_pairs import lasting_of
from engine.planning.part_choices import Neighbourhood, enough_choices
from engine.planning.part_program import Choices
from engine.planning.program import rounded
from engine.planning.time_budget import TimeBudget

from ..builders import TODAY, day, days, held, need, offer
from .towns import columns

PLENTY = 10**6


def problem_of(needs, offers) -> Lasting:
    pairs = feasible_pairs(*columns(needs, offers), today=TODAY)
    return lasting_of(pairs, np.arange(len(pairs)), whole_hours=False).problem


def in_days(last: int, id_=1, **fields) -> Need:
    return need(id_, **{"first_day": day(0), "last_day": day(last), "min_days": 1, "quantity": 1} | fields)


def a_town() -> Lasting:
    """Twelve households and six homes, none of which all would take at the same time."""
    needs = [
        need(number, quantity=1 + number % 3, first_day=day(number % 5), last_day=day(30 + 3 * number))
        for number in range(1, 13)
    ]
    homes = [
        offer(100 + number, capacity=1 + number % 4, available=(days(0, 20 + 5 * number),))
        for number in range(1, 7)
    ]
    return problem_of(needs, homes)


def town_of(problem: Lasting, *, block: int = 1, paid=None) -> home_search._Town:
    """Where each household knows all of its pairs, at no prices, or those of a bed on each day."""
    some = households(problem)
    with pytest.MonkeyPatch.context() as short:
        short.setattr(home_prices, "BLOCKS", ((PLENTY, block),))
        places = Places.of(problem)
    prices = np.zeros(places.had.shape)
    if paid is not None:
        prices[0] = paid
    pairs = [some.pairs(one) for one in range(len(some))]
    return home_search._Town(problem, some, HomePrices(0.0, places, prices, pairs))


# --- Bounds --------------------------------------------------------------------------------------------


def test_a_bound_grows_evenly_with_what_everything_is_worth(monkeypatch):
    """Whatever unit values are told in, prices are as good."""
    problem = a_town()
    little, much = (
        replace(problem, value=problem.value * unit, move=problem.move * unit) for unit in (1e-4, 1e4)
    )
    time = TimeBudget(PLENTY)
    for name in ("FEWEST_PASSES", "MOST_PASSES"):
        monkeypatch.setattr(home_prices, name, 20)

    def bounds(of: Lasting) -> list[float]:
        priced = part_prices.priced(of, stop=lambda: False)
        sharp = part_chains.sharper(of, priced.prices, priced.moves, found=0.0, stop=lambda: False)
        homes = home_prices.home_prices(of, households(of), budget=time, look=time)
        return [priced.bound, sharp, homes.bound]

    assert bounds(much) == pytest.approx([1e8 * bound for bound in bounds(little)], rel=1e-3)


def test_blocks_of_days_loosen_the_bound_a_little(monkeypatch):
    problem = a_town()
    each_day = part_prices.priced(problem, stop=lambda: False).bound
    monkeypatch.setattr(part_prices, "CELLS", 500)
    priced = part_prices.priced(problem, stop=lambda: False)
    assert part_prices._Market(problem, np.arange(len(problem))).shape[1] < problem.days / 2
    assert each_day * (1 - 1e-3) <= priced.bound <= each_day * 1.1
    assert priced.prices.shape == problem.missing.shape


@pytest.mark.parametrize("found_on", ["each day", "blocks"])
def test_a_stay_as_long_as_the_host_allows_counts_whole(found_on, monkeypatch):
    problem = problem_of([in_days(7)], [offer(1, available=(days(0, 7),), longest_stay_days=6)])
    problem = replace(problem, move=np.array([10.0]))
    monkeypatch.setattr(home_prices, "BLOCKS", ((PLENTY, 1 if found_on == "each day" else 2),))
    time = TimeBudget(0)
    found = home_prices.home_prices(problem, households(problem), budget=time, look=TimeBudget(PLENTY))
    assert found.bound >= 6 * problem.value[0] * problem.most[0] - 1e-9


def test_places_are_counted_up_to_the_beds_of_the_largest_home():
    problem = problem_of([in_days(9)], [offer(1, capacity=3), offer(2, capacity=5)])
    assert len(Places.of(problem).row_of) == 5


def test_what_households_take_is_counted_by_beds_and_by_places():
    """Three of seven beds for five days: three beds, one place for two, one for three."""
    problem = problem_of([in_days(4, quantity=3)], [offer(1, capacity=7, available=(days(0, 4),))])
    market = home_prices._Market(problem, households(problem))
    places = market.places
    market.choose(0, np.array([0]), np.zeros(places.had.shape), np.random.default_rng(1), exact=True)
    taken = market.given[places.row_of[:, 0]].sum(axis=1)
    counted = places.row_of[:, 0] < len(places.had) - 1
    assert taken[counted].tolist() == [5.0 * (3 // n) for n in range(1, 8) if counted[n - 1]]
    assert taken[0] == 15


# --- Households that choose ------------------------------------------------------------------------------


def test_a_household_chooses_the_days_that_are_not_dear():
    problem = problem_of([in_days(5)], [offer(1, available=(days(0, 5),))])
    dear = 10 * problem.value[0]
    town = town_of(problem, paid=[dear, dear, dear, 0.0, 0.0, dear])
    group = home_search._Group([0], 1.0)
    town.choose_anew([group])
    assert group.chosen == {0: [(0, 3, 5)]}
    free = home_search._Group([0], 0.0)
    town.choose_anew([free])
    assert free.chosen == {0: [(0, 0, 6)]}


@pytest.mark.parametrize("better", [0, 1])
def test_whoever_gives_most_for_a_bed_chooses_first(better):
    """Of two who could have the only bed, wherever they stand in the table."""
    problem = problem_of([in_days(9, 1), in_days(9, 2)], [offer(1, capacity=1, available=(days(0, 9),))])
    problem = replace(problem, value=np.where(problem.need == better, 2.0, 1.0))
    town = town_of(problem)
    town.all_choose(0.0, TimeBudget(PLENTY))
    assert [len(town.stays_of(one)) for one in range(2)] == [int(one == better) for one in range(2)]


def test_no_more_than_so_many_choose_anew_together():
    count = home_search.TOGETHER + 4
    problem = problem_of(
        [in_days(9, number) for number in range(count)],
        [offer(100, capacity=count, available=(days(0, 9),))],
    )
    town = town_of(problem)
    town.all_choose(0.0, TimeBudget(PLENTY))
    near = town.near(0, np.random.default_rng(1))
    assert near[0] == 0
    assert len(near) == len(set(near)) == home_search.TOGETHER


# --- Parts to choose from --------------------------------------------------------------------------------


def test_a_part_may_fill_its_window_or_end_where_something_changes():
    """Of two homes, one of which is full from the fourth day to the sixth."""
    problem = problem_of(
        [in_days(9)],
        [
            offer(1, capacity=1, available=(days(0, 9),)),
            offer(2, capacity=2, available=(days(0, 9),), holds=(held(3, 5, 2),)),
        ],
    )
    around = Calendar(problem, Parts.none())
    found = Neighbourhood(problem, around, np.arange(len(problem)), np.random.default_rng(1)).choices(
        Parts.none(), most_days=PLENTY
    )
    windows = [*zip(problem.first.tolist(), problem.last.tolist(), strict=True)]
    assert windows == [(0, 9), (6, 9)]
    assert (0, 9) in [*zip(found.first.tolist(), found.last.tolist(), strict=True)]


def test_parts_turn_on_the_days_on_which_less_is_missing():
    """Another home has the need's people from the fifth day to the seventh: others may end and begin there."""
    problem = problem_of(
        [in_days(9, min_days=2)],
        [offer(1, available=(days(0, 9),)), offer(2, available=(days(0, 9),))],
    )
    around = Calendar(problem, Parts.none())
    around.take(
        Parts(
            np.array([1]),
            np.array([4]),
            np.array([6]),
            problem.most[[1]],
            np.empty((1, problem.slots), np.int32),
        ),
        0,
    )
    found = Neighbourhood(problem, around, np.array([0]), np.random.default_rng(1)).choices(
        Parts.none(), most_days=PLENTY
    )
    assert sorted(zip(found.first.tolist(), found.last.tolist(), strict=True)) == [(0, 3), (7, 9)]


def test_there_are_enough_choices_or_none_at_all():
    problem = a_town()
    every = enough_choices(problem, most=PLENTY)
    assert len(enough_choices(problem, most=len(every))) == len(every)
    assert enough_choices(problem, most=len(every) - 1) is None


def test_a_part_is_found_among_the_choices_whatever_the_others_last():
    """Also where the parts sought end long before the last choice."""
    every = Choices.of(np.array([0, 0, 0, 1, 1]), np.array([0, 0, 5, 0, 2]), np.array([3, 90, 40, 2, 60]))
    for row in range(len(every)):
        one = Parts(
            every.pair[[row]], every.first[[row]], every.last[[row]], np.ones(1, np.int64),
            np.empty((1, 0), np.int32),
        )  # fmt: skip
        assert every.where(one).tolist() == [row]


def test_the_first_home_costs_no_move_and_one_beside_it_does():
    """A stay that is worth less than a move is kept where it is the first, and not beside another."""
    problem = problem_of([in_days(9)], [offer(1, available=(days(0, 4),)), offer(2, available=(days(5, 9),))])
    worth = float(problem.value[0] * problem.most[0] * 5)
    problem = replace(problem, move=np.full(1, 2 * worth))
    slots = problem.slots

    def given(around: Calendar, pairs: list[int]) -> int:
        every = Choices.of(np.array(pairs), problem.first[pairs], problem.last[pairs])
        answer = part_program.solve(
            problem, around, every, Parts.none(slots), budget=TimeBudget(PLENTY), nodes=50, gap=0.0
        )
        return len(answer.parts)

    nobody = Calendar(problem, Parts.none(slots))
    assert given(nobody, [0]) == 1
    assert given(nobody, [0, 1]) == 1
    first = Parts(
        np.array([0]),
        problem.first[[0]],
        problem.last[[0]],
        problem.most[[0]],
        np.empty((1, slots), np.int32),
    )
    has_one = Calendar(problem, first)
    assert given(has_one, [1]) == 0


def test_a_row_is_divided_and_rounded_down_where_that_says_more():
    """3 a + 2 b + 2 c ≤ 5, and so a + b + c ≤ 2; that a ≤ 1 where it is divided by three says each row's numbers."""
    rows = [*rounded(np.array([4, 7, 9]), np.array([3, 2, 2]), 5)]
    assert [(row.columns.tolist(), row.each.tolist(), row.most) for row in rows] == [
        ([4, 7, 9], [3, 2, 2], 5),
        ([4, 7, 9], [1, 1, 1], 2),
    ]
    assert all(isinstance(row.most, int) for row in rows)
    # Divided by four it would have the right side of three, and say less.
    again = [*rounded(np.arange(2), np.array([8, 8]), 8)]
    assert [(row.each.tolist(), row.most) for row in again] == [
        ([8, 8], 8), ([4, 4], 4), ([2, 2], 2), ([1, 1], 1)
    ]  # fmt: skip
