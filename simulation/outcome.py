"""What came of a year, and that nothing in it is impossible."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from engine.vocabulary import GOODS
from simulation.policies import Policy
from simulation.year import Year

ASKED, AGREED, THERE, OVER = range(4)


@dataclass(slots=True)
class Match:
    """Days are day numbers, `last` the last one that happened. `there`: it took place, at least in part."""

    need: int
    offer: int
    first: int
    last: int
    quantity: int
    state: int = ASKED
    agreed: bool = False  # the citizen said yes
    there: bool = False
    spoilt: bool = False  # of goods: used up for nothing


@dataclass(frozen=True, eq=False)
class Outcome:
    """What came of the year. `asked_at`: per offer, the minutes at which its citizen was asked."""

    year: Year
    policy: Policy
    matches: tuple[Match, ...]
    asked_at: tuple[tuple[int, ...], ...]
    had_choice: frozenset[int]  # needs for which the desk had a pair at least once
    yes: int
    minutes: float  # of coordination

    @property
    def took_place(self) -> Iterator[Match]:
        return (one for one in self.matches if one.there)


def refuse_impossible(outcome: Outcome) -> None:
    """Nobody in two homes, no more given than is there or is asked, no day served twice."""
    year = outcome.year
    used, given = Counter[tuple[int, int]](), Counter[tuple[int, int]]()
    for one in outcome.took_place:
        offer, need = year.given[one.offer].record, year.wanted[one.need].record
        days: Iterator[int] = iter(range(one.first, one.last + 1))
        if not need.lasts:
            assert one.first == one.last, "what is wanted on one day was given on several"
        if need.kind == GOODS:
            used[one.offer, 0] += one.quantity
            given[one.need, 0] += one.quantity
        elif not need.lasts:
            used[one.offer, one.first - (one.first - 1) % 7] += one.quantity
            given[one.need, 0] += one.quantity
        else:
            for day in days:
                used[one.offer, day] += one.quantity
                given[one.need, day] += one.quantity
        assert need.first_day.toordinal() <= one.first <= one.last <= need.last_day.toordinal(), (
            "a day not asked"
        )
        assert any(
            window.first_day.toordinal() <= one.first
            and (window.last_day is None or one.last <= window.last_day.toordinal())
            for window in offer.available
        ), "a day that was not offered"
    for (row, _day), quantity in used.items():
        assert quantity <= year.given[row].record.capacity, "more was given than there is"
    for (row, _day), quantity in given.items():
        assert quantity <= year.wanted[row].record.quantity, "more was given than is asked"
