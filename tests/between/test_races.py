"""Two yeses for the same places, and two places for the same yes, on two real connections."""

from typing import Any

from django.core.exceptions import ValidationError

from between.models import Line, LineState
from tests.between.conftest import Make


def test_two_households_say_yes_to_the_same_places(transactional_db: None, make: Make, at_once: Any) -> None:
    towns = make()
    row, first, second = towns.places(towns.near), towns.household(), towns.household()
    results = at_once(lambda: towns.yes(first, row), lambda: towns.yes(second, row))
    assert [isinstance(result, ValidationError) for result in results].count(True) == 1
    assert Line.objects.filter(state=LineState.WAITING).count() == 1


def test_one_household_says_yes_to_two_places(transactional_db: None, make: Make, at_once: Any) -> None:
    towns = make()
    household, near, far = towns.household(), towns.places(towns.near), towns.places(towns.far)
    results = at_once(lambda: towns.yes(household, near), lambda: towns.yes(household, far))
    assert [isinstance(result, ValidationError) for result in results].count(True) == 1
    assert Line.objects.filter(state=LineState.WAITING).count() == 1


def test_a_town_agrees_while_the_person_says_no(transactional_db: None, make: Make, at_once: Any) -> None:
    towns = make()
    household, row = towns.household(), towns.places(towns.near)
    line = towns.yes(household, row)
    at_once(lambda: towns.agree(line), lambda: towns.no(household, row))
    line.refresh_from_db()
    assert line.state == LineState.NO
