"""Households to places of other towns: no choice of all is worth more than the plan, nor than its bound."""

from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.planning.between_towns import Room, Stay, best_moves

DAYS = st.integers(1, 6)
STAYS = st.builds(lambda people, a, b: Stay(people, min(a, b), max(a, b)), st.integers(1, 5), DAYS, DAYS)
ROOMS = st.builds(Room, st.integers(1, 8), st.lists(STAYS, max_size=1))


def is_held(stays, rooms, chosen):
    """Day by day, person by person."""
    for number, room in enumerate(rooms):
        there = [stays[stay] for stay, place in chosen.items() if place == number]
        for day in range(1, 7):
            coming = sum(stay.people for stay in there if stay.first <= day <= stay.last)
            before = sum(stay.people for stay in room.taken if stay.first <= day <= stay.last)
            if coming and coming + before > room.capacity:
                return False
    return True


def best_of_all(stays, rooms, worths):
    best = 0.0
    for choice in product([None, *range(len(rooms))], repeat=len(stays)):
        chosen = {stay: room for stay, room in enumerate(choice) if room is not None}
        if all(pair in worths for pair in chosen.items()) and is_held(stays, rooms, chosen):
            best = max(best, sum(worths[pair] for pair in chosen.items()))
    return best


@settings(max_examples=60, deadline=None)
@given(st.data(), st.lists(STAYS, min_size=1, max_size=4), st.lists(ROOMS, min_size=1, max_size=2))
def test_the_plan_is_the_best_and_its_bound_holds(data, stays, rooms):
    pairs = [(stay, room) for stay in range(len(stays)) for room in range(len(rooms))]
    possible = data.draw(st.lists(st.sampled_from(pairs), unique=True))
    worths = {pair: float(data.draw(st.integers(1, 20))) for pair in possible}

    made = best_moves(stays, rooms, worths, seconds=5)

    assert is_held(stays, rooms, made.chosen)
    assert all(pair in worths for pair in made.chosen.items())
    best = best_of_all(stays, rooms, worths)
    assert abs(made.worth - best) < 1e-6
    assert made.bound >= best - 1e-6


def test_without_time_the_bound_holds_all_the_same():
    stays = [Stay(2, 1, 3), Stay(2, 1, 3), Stay(1, 2, 2)]
    worths = {(0, 0): 6.0, (1, 0): 6.0, (2, 0): 1.0}
    made = best_moves(stays, [Room(3)], worths, seconds=0)
    assert is_held(stays, [Room(3)], made.chosen)
    assert made.worth <= 7 <= made.bound <= 13
