"""The plan's question as arrays: pairs, what each unit of them is worth, and the capacity that offers have.

A *unit* is what capacity is counted in: a person, an item, an hour a week. Days become *slots*: the days of all
runs cut wherever a run begins or ends, so that nothing changes within one. Goods are a stock: all their pairs
share slot 0, for what is given is gone whatever the day.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from math import inf
from typing import Self

import numpy as np

from engine.arrays import MICRO, Bools, Floats, Ints, ranges
from engine.columns import FOREVER, OfferColumns
from engine.results import Feasible
from engine.runs import DAYS_A_WEEK
from engine.urgency import priorities_on
from engine.vocabulary import GOODS

FEW = 4
# Pairs looked at together: what is worked out of so many stays in the processor's own memory.
AT_ONCE = 65_536


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Problem:
    """Pairs are sorted by need, then best first; needs are in order of arrival."""

    # per pair: int32 where nothing else is said, for a country has eleven million
    need: Ints
    offer: Ints
    first: Ints  # slot
    last: Ints  # slot, inclusive
    most: Ints  # units: what the need misses, or what the run's tightest day has left
    value: Floats  # float64, of one unit
    # per need
    quantity: Ints  # units that are missing
    whole: Bools  # all from one offer, or nothing
    # per offer
    capacity: Ints  # units: the most that any slot of its pairs has left
    # what is taken of that capacity in some slots already
    block_offer: Ints
    block_first: Ints
    block_last: Ints
    block_units: Ints

    def __len__(self) -> int:
        return len(self.need)

    @property
    def slots(self) -> int:
        return int(self.last.max(initial=-1)) + 1

    @property
    def is_flat(self) -> bool:
        """One slot: what is given of an offer is simply gone."""
        return self.slots <= 1

    @property
    def step(self) -> Ints:
        """Per pair: the units of a whole need come together, others one by one."""
        return np.where(self.whole[self.need], self.quantity[self.need], 1)

    @property
    def is_flow(self) -> bool:
        """Units that come one by one, and no offer with two pairs that could follow each other: days do not matter."""
        return not (self._comes_whole.any() or self._minds_days.any())

    @property
    def _comes_whole(self) -> Bools:
        """Per need: several units, all or none."""
        return self.whole & (self.quantity > 1)

    @property
    def _minds_days(self) -> Bools:
        """Per offer: some days have less left than others, or it has two pairs that could follow each other."""
        minds = np.zeros(len(self.capacity), np.bool_)
        minds[self.block_offer] = True
        if not self.is_flat:
            latest = np.full(len(self.capacity), -1, self.first.dtype)
            soonest = np.full(len(self.capacity), self.slots, self.last.dtype)
            np.maximum.at(latest, self.offer, self.first)
            np.minimum.at(soonest, self.offer, self.last)
            minds |= latest > soonest
        return minds

    @property
    def need_starts(self) -> Ints:
        """Pairs of need i lie from [i] up to [i + 1]."""
        return np.searchsorted(self.need, np.arange(len(self.quantity) + 1, dtype=self.need.dtype))

    def missing(self, units: Ints) -> Ints:
        """Units that each need still misses."""
        return self.quantity - self.given(units)

    def given(self, units: Ints) -> Ints:
        """Units that each need has."""
        chosen = np.flatnonzero(units != 0)
        return np.bincount(self.need[chosen], units[chosen], len(self.quantity)).astype(np.int64)

    def take(self, pairs: Ints) -> Self:
        """The same question with these pairs alone, in their order."""
        names = ("need", "offer", "first", "last", "most", "value")
        return replace(self, **{name: getattr(self, name)[pairs] for name in names})

    def worth(self, units: Ints) -> float:
        """The objective of a choice: units per pair."""
        chosen = np.flatnonzero(units != 0)
        return float(self.value[chosen] @ units[chosen])

    def components(self, *, joined: float = inf) -> Iterator[Ints | slice]:
        """Pairs that share no need and no offer with the others, largest components last; each in order.

        All flows of more than `joined` pairs come as one.
        """
        starts = self.need_starts
        counts = np.diff(starts)
        label = _component_labels(self.need, self.offer, starts, len(self.capacity))
        size = np.bincount(label[: len(counts)], counts, len(label)).astype(np.int64)
        large = size > joined
        if large.any():
            large[label[np.flatnonzero(np.append(self._comes_whole, self._minds_days))]] = False
            label = np.where(large[label], np.argmax(large), label)
        of_need = label[: len(counts)]
        size = np.bincount(of_need, counts, len(label)).astype(np.int64)
        needs = np.flatnonzero(counts)
        needs = needs[np.lexsort((of_need[needs], size[of_need[needs]]))]
        for some in np.split(needs, np.flatnonzero(np.diff(of_need[needs])) + 1) if len(needs) else ():
            # What is all there is needs no copy.
            is_all = size[of_need[some[0]]] == len(self)
            yield slice(None) if is_all else ranges(starts[some].astype(np.int32), counts[some])

    def local(self, pairs: Ints | slice) -> "Problem":
        """The question of one component, needs and offers numbered anew in the same order.

        Where it is all there is, and days do not matter, nothing is numbered anew.
        """
        if isinstance(pairs, slice) and self.is_flat:
            return self
        needs, need = _renumbered(self.need[pairs])
        offers, offer = _renumbered(self.offer[pairs])
        last = self.last[pairs]
        if last.max() > 0:
            first = self.first[pairs]
        else:  # one number for all
            first = last = np.broadcast_to(np.int32(0), len(need))
        blocks = np.flatnonzero(np.isin(self.block_offer, offers))
        block_first, block_last = self.block_first[blocks], self.block_last[blocks]
        if len(blocks) or last.max() > 0:
            begins, ends = first, last + 1
            block_begins = np.clip(block_first, begins.min(), ends.max())
            block_ends = np.clip(block_last + 1, begins.min(), ends.max())
            seen = block_begins < block_ends
            blocks = blocks[seen]
            # Nothing changes within a slot: the days are cut where a pair or a block begins or ends.
            cuts = (begins, ends, block_begins[seen], block_ends[seen])
            _, slot = _renumbered(np.concatenate(cuts))
            first, end, block_first, block_end = np.split(slot, np.cumsum([len(some) for some in cuts[:-1]]))
            last, block_last = end - 1, block_end - 1
        return Problem(
            need=need,
            offer=offer,
            first=first,
            last=last,
            most=self.most[pairs],
            value=self.value[pairs],
            quantity=self.quantity[needs],
            whole=self.whole[needs],
            capacity=self.capacity[offers],
            block_offer=np.searchsorted(offers, self.block_offer[blocks]),
            block_first=block_first,
            block_last=block_last,
            block_units=self.block_units[blocks],
        )

    def refuse_impossible(self, units: Ints) -> None:
        """Raise unless the choice keeps every promise: capacity on each slot, quantity, wholeness."""
        if (self.missing(units) < 0).any():
            raise AssertionError("a need is served beyond its quantity")
        chosen = np.flatnonzero(units != 0)
        here, units = self.take(chosen), units[chosen]
        if (units < 0).any() or (units > here.most).any():
            raise AssertionError("a pair is given more than it can take")
        if (units % here.step != 0).any():
            raise AssertionError("a need that must be served wholly is served in part")
        if (here.peaks(units) > self.capacity).any():
            raise AssertionError("an offer is used beyond its capacity")

    def peaks(self, units: Ints) -> Ints:
        """Units in use of each offer, blocks included, on the slot where most are."""
        who = np.concatenate([self.offer, self.block_offer])
        first = np.concatenate([self.first, self.block_first])
        after = np.concatenate([self.last, self.block_last]) + 1
        change = np.concatenate([units, self.block_units]).astype(np.int64)
        who, slot, change = (
            np.tile(who, 2),
            np.concatenate([first, after]),
            np.concatenate([change, -change]),
        )
        # What ends before a slot leaves capacity to what begins there.
        order = np.lexsort((change, slot, who))
        peaks = np.zeros(len(self.capacity), np.int64)
        # All that begins ends, so that each offer begins with nothing.
        np.maximum.at(peaks, who[order], np.cumsum(change[order]))
        return peaks


def people_per_unit(pairs: Feasible, some: Ints | slice) -> Floats:
    """Whom a unit of each of these pairs helps on all days of its run: in shares of the need's people."""
    needs, need = pairs.needs, pairs.need[some]
    per_unit: Floats = (needs.people / np.ceil(needs.asked)).take(need)
    lasts = ~needs.one_day
    if lasts.any():
        days = pairs.run_last[some] - pairs.run_first[some] + 1
        asked = (needs.last_day - needs.first_day + 1).take(need)
        per_unit = np.where(lasts.take(need), per_unit * days / asked, per_unit)
    return per_unit


def points_of(pairs: Feasible, some: Ints | slice = slice(None)) -> Floats:
    """What each of these pairs is worth for each whole person helped: priority + score / 100."""
    sides = pairs.pairs.sides
    priority = priorities_on(pairs.needs, sides.uncovered, sides.today)
    points: Floats = priority.take(pairs.need[some]) + pairs.micro_points[some] / MICRO / 100
    return points


def problem_of(pairs: Feasible, points: Floats | None = None) -> Problem:
    """What there is to choose from, each pair on the days of its run.

    Value of a unit: people × its share of all that is asked × (priority + score / 100), or × these points.
    """
    needs, offers = pairs.needs, pairs.offers
    need, offer = pairs.need, pairs.offer
    stock = _is_stock(offers)
    felt = pairs.run_first.min(initial=FOREVER), pairs.run_last.max(initial=0)
    if stock.all():
        first = last = np.broadcast_to(np.int32(0), len(pairs))
    else:
        day_counts = ~stock[offer]
        first, last = pairs.run_first * day_counts, pairs.run_last * day_counts
        # The hours of an appointment count in all of its week.
        weekly = day_counts & needs.one_day[need]
        first[weekly], last[weekly] = weeks_of(pairs.run_first[weekly])
        felt = min(felt[0], first.min(initial=FOREVER, where=day_counts)), max(felt[1], last.max(initial=0))
    capacity, blocks = _capacity_left(offers, stock, pairs.offer, felt)
    quantity = np.ceil(needs.quantity).astype(np.int64)
    whole = needs.least_quantity == needs.quantity
    sides = pairs.pairs.sides
    priority = priorities_on(needs, sides.uncovered, sides.today)
    is_plain = not (sides.both_have_slots or len(needs.given_first))
    most, value = np.empty(len(pairs), np.int32), np.empty(len(pairs))
    for some in pieces(len(pairs)):
        who = need[some]
        gives = np.minimum(quantity.take(who), pairs.left[some])
        if not is_plain:
            gives = np.where(whole.take(who), gives, np.floor(pairs.take(some).quantity))
        most[some] = gives
        worth = (
            priority.take(who) + pairs.micro_points[some] / MICRO / 100 if points is None else points[some]
        )
        value[some] = people_per_unit(pairs, some) * worth
    return Problem(
        need=need,
        offer=offer,
        first=first,
        last=last,
        most=most,
        value=value,
        quantity=quantity,
        whole=whole,
        capacity=capacity,
        block_offer=blocks[0],
        block_first=blocks[1],
        block_last=blocks[2],
        block_units=blocks[3],
    )


def weeks_of(day: Ints) -> tuple[Ints, Ints]:
    """The Monday and the Sunday of these days' weeks; day 1 was a Monday."""
    monday = day - (day - 1) % DAYS_A_WEEK
    return monday, monday + DAYS_A_WEEK - 1


def _is_stock(offers: OfferColumns) -> Bools:
    goods = [code for (kind, _), code in offers.vocabulary.categories.items() if kind == GOODS]
    return np.isin(offers.category, goods)


def _capacity_left(
    offers: OfferColumns, stock: Bools, offer: Ints, days: tuple[int, int]
) -> tuple[Ints, tuple[Ints, Ints, Ints, Ints]]:
    """Capacity of each of these offers from the first of these days to the last, and blocks where a stretch has less
    left than that.
    """
    used = np.flatnonzero(np.bincount(offer, minlength=len(offers)))
    counts = np.diff(offers.stretches_from)[used]
    owner, stretch = np.repeat(used, counts), ranges(offers.stretches_from[used], counts)
    felt = (offers.stretch_last[stretch] >= days[0]) & (offers.stretch_first[stretch] <= days[1])
    owner, stretch = owner[felt], stretch[felt]
    left = np.maximum(offers.stretch_left[stretch], 0)
    capacity = np.zeros(len(offers), np.int64)
    np.maximum.at(capacity, owner, left)
    taken = capacity[owner] - left
    some = (taken > 0) & ~stock[owner]
    return capacity, (
        owner[some],
        offers.stretch_first[stretch][some],
        offers.stretch_last[stretch][some],
        taken[some],
    )


def _renumbered(numbers: Ints) -> tuple[Ints, Ints]:
    """The numbers that occur, in order, and the place of each among them; without sorting."""
    low = numbers.min()
    if low:
        numbers = numbers - low
    occurs = np.zeros(int(numbers.max()) + 1, np.bool_)
    occurs[numbers] = True
    if occurs.all():
        return np.arange(len(occurs)) + low, numbers
    return np.flatnonzero(occurs) + low, (np.cumsum(occurs, dtype=np.int32) - 1)[numbers]


def pieces(pairs: int) -> Iterator[slice]:
    """All of so many pairs, `AT_ONCE` at a time."""
    for begin in range(0, pairs, AT_ONCE):
        yield slice(begin, min(begin + AT_ONCE, pairs))


def pairs_where(pairs: int, holds: Callable[[slice], Bools]) -> Ints:
    """The pairs, of so many, for which it holds; asked piece by piece."""
    found = np.empty(pairs, np.bool_)
    for some in pieces(pairs):
        found[some] = holds(some)
    return np.flatnonzero(found)


def summed(where: Ints, what: Ints, length: int) -> Ints:
    """`what` of all pairs added up where they belong; piece by piece."""
    total = np.zeros(length)
    for some in pieces(len(where)):
        total += np.bincount(where[some], what[some], length)
    return total.astype(np.int64)


def _component_labels(need: Ints, offer: Ints, need_starts: Ints, offers: int) -> Ints:
    """Per need, then per offer, the smallest that it hangs together with. Offers count on from the needs."""
    needs = len(need_starts) - 1
    label = np.arange(needs + offers, dtype=np.int32)
    # A few pairs of each need join nearly all that belongs together; all pairs then only confirm it.
    few = ranges(need_starts[:-1], np.minimum(np.diff(need_starts), FEW))
    _join(label, need[few], offer[few] + needs)
    if label[:needs].any():
        of_offer = label[needs:]
        apart = pairs_where(len(need), lambda some: label[need[some]] != of_offer[offer[some]])
        _join(label, need[apart], offer[apart] + needs)
    else:
        label[:] = 0
    return label


def _join(label: Ints, one: Ints, other: Ints) -> None:
    """Have both ends of each pair, and all that is labelled like them, take the smaller label of the two."""
    while True:
        here, there = label[one], label[other]
        apart = np.flatnonzero(here != there)
        if not len(apart):
            return
        one, other, here, there = one[apart], other[apart], here[apart], there[apart]
        np.minimum.at(label, np.maximum(here, there), np.minimum(here, there))
        while not np.array_equal(further := label[label], label):
            label[:] = further
