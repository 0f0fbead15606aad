"""Relay: where no home covers all days of a need, two or three in turn that do better than the best of them alone.

    for chain in relay.chains(pairs): ...    # pairs: all feasible ones of some needs, `feasible_pairs`

A part lies in the pair's run after notice, before it is cut to the longest stay; it is no longer than that stay and no
shorter than what helps. What a chain is worth is what the plan says for that need alone: people × Σ share × (priority +
score / 100), less a quarter of the people for each move.

Of homes in a given order only the lengths of their parts are to be chosen: with the first as early and the last as late
as can be, lengths fit just when each stretch of neighbours does, from where the first of them may begin to where the
last must end. So the best lengths lie at few places, which arrays try for all pairs at once, and for the triples that
may still be among the best.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import permutations
from math import inf
from typing import Self

import numpy as np

from engine.arrays import MICRO, Floats, Ints
from engine.results import Feasible
from engine.uncovered import from_today
from engine.urgency import priorities_on

KEEP = 3
MOST_HOMES = 3
MOVE = 0.25  # of a person helped, for each move and person
# What arrays add up may differ in the last figures from what is rounded and compared at last.
SLACK = 1e-5
# Homes that are tried with one another first, for a bar that spares the others.
FIRST_TRIED = 12
AT_ONCE = 8192


@dataclass(frozen=True, slots=True)
class Part:
    """The days of one home of a chain; `row` is its place in the pairs."""

    row: int
    first_day: date
    last_day: date

    @property
    def days(self) -> int:
        return (self.last_day - self.first_day).days + 1


@dataclass(frozen=True, slots=True)
class Chain:
    """Homes in turn for the need in this row of the columns."""

    need: int
    parts: tuple[Part, ...]
    value: float


@dataclass(frozen=True, slots=True, eq=False)
class Limits:
    """Of each pair, where its part of a chain may lie, and how many days it may have."""

    first: Ints  # day number
    last: Ints  # day number
    least: Ints
    most: Ints

    @classmethod
    def of(cls, pairs: Feasible) -> Self:
        both = pairs.pairs
        needs, uncut = from_today(pairs.needs, both.sides.uncovered), both.uncut
        return cls(
            first=uncut.first.astype(np.int64),
            last=uncut.last.astype(np.int64),
            least=needs.least_days[pairs.need].astype(np.int64),
            most=np.minimum(pairs.offers.longest_stay[pairs.offer], uncut.days).astype(np.int64),
        )

    def allow(self, part: Part) -> bool:
        """Whether the pair in the part's row may have these days."""
        return bool(
            self.first[part.row] <= part.first_day.toordinal()
            and part.last_day.toordinal() <= self.last[part.row]
            and self.least[part.row] <= part.days <= self.most[part.row]
        )


def chains(pairs: Feasible, *, keep: int = KEEP) -> Iterator[Chain]:
    """The best chains of each housing need among these pairs, all that are feasible for it; best first."""
    homes = np.flatnonzero(pairs.needs.is_housing[pairs.need])
    if not len(homes):
        return
    pairs = pairs.take(homes)
    sides, needs, limits = pairs.pairs.sides, pairs.needs, Limits.of(pairs)
    uncovered = sides.uncovered
    priority = priorities_on(needs, uncovered, sides.today)
    ids = _places_of_ids(pairs)
    start = np.flatnonzero(np.append(True, pairs.need[1:] != pairs.need[:-1]))
    for begin, end in zip(start.tolist(), [*start[1:].tolist(), len(pairs)], strict=True):
        some, need = slice(begin, end), int(pairs.need[begin])
        homes_of = _Homes(
            first=limits.first[some],
            last=limits.last[some],
            most=limits.most[some],
            micro_points=pairs.micro_points[some],
            single_days=(pairs.run_last - pairs.run_first + 1)[some],
            id_place=ids[some],
        )
        asked = _Asked(
            people=int(needs.people[need]),
            quantity=int(needs.quantity[need]),
            whole=int(needs.asked[need]) * int(needs.last_day[need] - needs.first_day[need] + 1),
            priority=int(priority[need]),
            least=int(limits.least[begin]),
            uncovered=int(uncovered.days[need]),
        )
        for order, lengths, value in _best(homes_of, asked, keep):
            yield Chain(need, tuple(_placed(homes_of, order, lengths, homes[begin:end])), value)


def _places_of_ids(pairs: Feasible) -> Ints:
    """Each pair's offer in the order of ids."""
    offers = np.unique(pairs.offer)
    by_id = sorted(offers.tolist(), key=lambda row: pairs.offers.id_of(row))  # type: ignore[arg-type, return-value]
    place = np.empty(len(pairs.offers), np.int64)
    place[by_id] = np.arange(len(by_id))
    return place[pairs.offer]


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a need's chains are judged by."""

    people: int
    quantity: int
    whole: int  # persons × days
    priority: int
    least: int  # days
    uncovered: int  # days

    def worth(self, days: int, micro_points: int) -> float:
        """Of so many days in one home."""
        return (
            self.people * (self.quantity * days / self.whole) * (self.priority + micro_points / MICRO / 100)
        )

    def moves(self, homes: int) -> float:
        return self.people * (homes - 1) * MOVE


@dataclass(frozen=True, slots=True, eq=False)
class _Homes:
    """Of one need: where each home's part may lie, and how long it may be."""

    first: Ints
    last: Ints
    most: Ints
    micro_points: Ints
    single_days: Ints
    id_place: Ints

    def __len__(self) -> int:
        return len(self.first)

    def take(self, rows: Ints) -> Self:
        return type(self)(*(getattr(self, name)[rows] for name in self.__slots__))


Order = tuple[int, ...]
Lengths = tuple[int, ...]


def _best(homes: _Homes, asked: _Asked, keep: int) -> list[tuple[Order, Lengths, float]]:
    """Rows in turn, the days of each, and what they are worth."""
    if len(homes) < 2 or int(homes.single_days.max()) >= asked.uncovered:
        return []
    alone = max(
        _six(asked.worth(days, points))
        for days, points in zip(homes.single_days.tolist(), homes.micro_points.tolist(), strict=True)
    )
    worthy = _undominated(homes, asked, keep)
    some = homes.take(worthy)
    found: dict[frozenset[int], tuple[tuple[float, int, int, Order], Order]] = {}
    for order in _promising(some, asked, alone, keep):
        value = _value(some, order, asked, _lengths(some, order, asked))
        if value <= alone:
            continue
        key = (-value, len(order), int(some.first[order[0]]), tuple(some.id_place[list(order)].tolist()))
        homes_in = frozenset(order)
        if homes_in not in found or key < found[homes_in][0]:
            found[homes_in] = key, order
    return [
        (tuple(worthy[list(order)].tolist()), _earliest_kept(some, order, asked, -key[0]), -key[0])
        for key, order in sorted(found.values())[:keep]
    ]


def _undominated(homes: _Homes, asked: _Asked, keep: int) -> Ints:
    """Rows of the homes that may be in one of the best chains.

    Where a home stands another could that is nowhere less; with so many of those that `keep` of them are not in the
    chain already, `keep` chains are better. Equals are told apart by their ids, others by what can be seen after
    rounding.
    """
    worth = _per_day(homes, asked)
    one, other = (slice(None), None), (None, slice(None))
    covers = (homes.first[one] <= homes.first[other]) & (homes.last[one] >= homes.last[other])
    covers &= (homes.most[one] >= homes.most[other]) & (worth[one] >= worth[other])
    better = (worth[one] - worth[other]) * asked.least > 2 / MICRO
    covers &= better | (homes.id_place[one] < homes.id_place[other])
    return np.flatnonzero(covers.sum(axis=0) < keep + MOST_HOMES - 1)


def _per_day(homes: _Homes, asked: _Asked) -> Floats:
    return asked.people * asked.quantity / asked.whole * (asked.priority + homes.micro_points / MICRO / 100)


def _promising(homes: _Homes, asked: _Asked, alone: float, keep: int) -> Iterator[Order]:
    """Homes in turn among which the `keep` best sets are, and that are worth more than one home alone."""
    worth, least = _per_day(homes, asked), asked.least
    extra = homes.most - least
    room = homes.last[None, :] - homes.first[:, None] + 1  # [one, other]: when one comes before the other
    two = _two(worth, extra, room, least)
    bar = _Bar(alone, keep)
    pairs = np.argwhere(two - asked.moves(2) >= alone - SLACK)
    values = two[pairs[:, 0], pairs[:, 1]] - asked.moves(2)
    bar.add(pairs, values)

    triples, triple_values = [np.empty((0, 3), np.int64)], [np.empty(0)]
    moves = asked.moves(3)
    for orders in _triples(two, worth, homes.most, asked.uncovered, bar, moves):
        found = _three(worth, extra, room, least, orders) - moves
        good = found >= bar.height - SLACK
        bar.add(orders[good], found[good])
        triples.append(orders[good])
        triple_values.append(found[good])
    for orders, value in ((pairs, values), (np.concatenate(triples), np.concatenate(triple_values))):
        yield from map(tuple, orders[value >= bar.height - SLACK].tolist())


class _Bar:
    """What a chain must reach: the value of the `keep`-th best set of homes so far, or of one home alone."""

    def __init__(self, alone: float, keep: int) -> None:
        self.height = alone
        self._keep = keep
        self._best: dict[frozenset[int], float] = {}

    def add(self, orders: Ints, values: Floats) -> None:
        # Each set comes in as many orders as it has.
        most = self._keep * (2 if orders.shape[1] == 2 else 6)
        for row in np.argsort(-values, kind="stable")[:most].tolist():
            homes = frozenset(orders[row].tolist())
            self._best[homes] = max(float(values[row]), self._best.get(homes, -inf))
        highest = sorted(self._best.values(), reverse=True)
        if len(highest) >= self._keep:
            self.height = max(self.height, highest[self._keep - 1])


def _two(worth: Floats, extra: Ints, room: Ints, least: int) -> Floats:
    """[one, other]: what the two are worth one after the other, moves apart; -inf where they find no room."""
    both = np.minimum(extra[:, None] + extra[None, :], room - 2 * least)
    first_better = worth[:, None] >= worth[None, :]
    better = np.minimum(np.where(first_better, extra[:, None], extra[None, :]), both)
    high, low = np.maximum(worth[:, None], worth[None, :]), np.minimum(worth[:, None], worth[None, :])
    value = least * (high + low) + high * better + low * (both - better)
    value[(both < 0) | np.eye(len(worth), dtype=np.bool_)] = -inf
    return value


def _triples(
    two: Floats, worth: Floats, most_days: Ints, uncovered: int, bar: _Bar, moves: float
) -> Iterator[Ints]:
    """Three in turn that may reach the bar, which rises meanwhile: no two of them are worth more than by themselves,
    nor all of them more than the best of them on every day.
    """
    by_itself, all_days = worth * most_days, worth * uncovered
    if all_days.max(initial=0) < bar.height + moves - SLACK:
        return
    strongest = np.argsort(-by_itself, kind="stable")[:FIRST_TRIED]
    yield np.array(list(permutations(strongest.tolist(), 3)), np.int64).reshape(-1, 3)
    most = by_itself.max(initial=0)
    for one in np.argsort(-two.max(axis=1, initial=-inf), kind="stable").tolist():
        need = bar.height + moves - SLACK
        seconds = np.flatnonzero((two[one] + most >= need) & (all_days.max() >= need))
        if not len(seconds):
            continue
        bound = np.minimum(two[one, seconds, None] + by_itself, two[seconds] + by_itself[one])
        np.minimum(
            bound, np.maximum(np.maximum(all_days[one], all_days[seconds])[:, None], all_days), out=bound
        )
        bound[:, one] = -inf
        second, third = np.nonzero(bound >= need)
        order = np.argsort(-bound[second, third], kind="stable")
        second, third = seconds[second[order]], third[order]
        for begin in range(0, len(second), AT_ONCE):
            some = slice(begin, begin + AT_ONCE)
            yield np.column_stack([np.full(len(second[some]), one), second[some], third[some]])


def _three(worth: Floats, extra: Ints, room: Ints, least: int, orders: Ints) -> Floats:
    """What three are worth in these orders, moves apart; -inf where they find no room.

    For each number of days of the middle one the others share what is left; between the places at which one of the
    limits changes hands the worth runs straight, so that the best of it lies at one of those.
    """
    one, middle, last = orders.T
    most_1, most_2, most_3 = extra[one], extra[middle], extra[last]
    first_two, last_two = room[one, middle] - 2 * least, room[middle, last] - 2 * least
    all_three = room[one, last] - 3 * least
    most_middle = np.minimum(np.minimum(most_2, all_three), np.minimum(first_two, last_two))
    places = (
        0, most_middle, first_two - most_1, last_two - most_3, all_three - most_1, all_three - most_3,
        all_three - most_1 - most_3, first_two + last_two - all_three,
    )  # fmt: skip
    worth_1, worth_2, worth_3 = worth[one], worth[middle], worth[last]
    best = np.full(len(orders), -inf)
    for place in places:
        days_2 = np.clip(place, 0, np.maximum(most_middle, 0))
        can_1, can_3 = np.minimum(most_1, first_two - days_2), np.minimum(most_3, last_two - days_2)
        both = np.minimum(can_1 + can_3, all_three - days_2)
        days_1 = np.where(worth_1 >= worth_3, np.minimum(can_1, both), both - np.minimum(can_3, both))
        np.maximum(best, worth_1 * days_1 + worth_2 * days_2 + worth_3 * (both - days_1), out=best)
    best += least * (worth_1 + worth_2 + worth_3)
    best[most_middle < 0] = -inf
    return best


# --- One chain, exactly --------------------------------------------------------------------------------


def _lengths(homes: _Homes, order: Order, asked: _Asked, at_first: Lengths = ()) -> Lengths:
    """The days of each that are worth most, where the first have exactly these; of equals the earlier has more. None
    where they find no room.
    """
    known = dict(enumerate(at_first))
    if len(order) - len(known) < MOST_HOMES:
        return _filled(homes, order, asked, known)[1]
    one, middle, last = order
    least = asked.least
    two, other_two, three = (
        int(homes.last[end] - homes.first[begin]) + 1
        for begin, end in ((one, middle), (middle, last), (one, last))
    )
    most_1, most_3 = int(homes.most[one]), int(homes.most[last])
    places = {
        least, int(homes.most[middle]), two - least, other_two - least, three - 2 * least, two - most_1,
        other_two - most_3, three - most_1 - least, three - most_3 - least, three - most_1 - most_3,
        two + other_two - three,
    }  # fmt: skip
    return max(_filled(homes, order, asked, {1: days}) for days in places)[1]


def _filled(homes: _Homes, order: Order, asked: _Asked, known: dict[int, int]) -> tuple[float, Lengths]:
    """The best days of two of them at most, the others having theirs; and what it is worth."""
    rows = list(order)
    first, last = homes.first[rows].tolist(), homes.last[rows].tolist()
    most, points = homes.most[rows].tolist(), homes.micro_points[rows].tolist()

    def spare(days: list[int], place: int) -> int:
        """How many more days this one could have."""
        stretches = ((begin, end) for begin in range(place + 1) for end in range(place, len(rows)))
        room = (last[end] - first[begin] + 1 - sum(days[begin : end + 1]) for begin, end in stretches)
        return min(most[place] - days[place], *room)

    start = [known.get(place, asked.least) for place in range(len(rows))]
    if any(days < asked.least or spare(start, place) < 0 for place, days in enumerate(start)):
        return -inf, ()
    found = []
    for turns in permutations([place for place in range(len(rows)) if place not in known]):
        days = start.copy()
        for place in turns:
            days[place] += spare(days, place)
        found.append((sum(asked.worth(*one) for one in zip(days, points, strict=True)), tuple(days)))
    return max(found)


def _value(homes: _Homes, order: Order, asked: _Asked, lengths: Lengths) -> float:
    if not lengths:
        return -inf
    points = homes.micro_points[list(order)].tolist()
    worth = sum(asked.worth(*one) for one in zip(lengths, points, strict=True))
    return _six(worth - asked.moves(len(order)))


def _earliest_kept(homes: _Homes, order: Order, asked: _Asked, value: float) -> Lengths:
    """The lengths of that value, after rounding, of which the first is longest, then the next."""
    lengths = _lengths(homes, order, asked)
    for place, row in enumerate(order):
        enough, too_many = lengths[place], int(homes.most[row]) + 1
        while too_many - enough > 1:
            days = (enough + too_many) // 2
            tried = _lengths(homes, order, asked, (*lengths[:place], days))
            if _value(homes, order, asked, tried) == value:
                enough, lengths = days, tried
            else:
                too_many = days
    return lengths


def _placed(homes: _Homes, order: Order, lengths: Lengths, rows: Ints) -> Iterator[Part]:
    """Each as early as can be."""
    free = 0
    for home, days in zip(order, lengths, strict=True):
        first = max(free, int(homes.first[home]))
        free = first + days
        yield Part(int(rows[home]), date.fromordinal(first), date.fromordinal(free - 1))


def _six(value: float) -> float:
    return round(value * MICRO) / MICRO
