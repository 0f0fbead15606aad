"""The plan's question as arrays: pairs, what each unit of them is worth, and the room that offers have.

A *unit* is what capacity is counted in: a person, an item, an hour a week. Days become *slots*: the days of all
runs cut wherever a run begins or ends, so that nothing changes within one. Goods are a stock: all their pairs
share slot 0, for what is given is gone whatever the day.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from matching.engine.columns import FOREVER, Bools, Floats, Ints, OfferColumns
from matching.engine.ranking import Feasible
from matching.engine.records import GOODS

FEW = 4


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
    micro_points: Ints  # the score in millionths of a point
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
    def step(self) -> Ints:
        """Per pair: the units of a whole need come together, others one by one."""
        return np.where(self.whole[self.need], self.quantity[self.need], 1)

    @property
    def is_flow(self) -> bool:
        """Units that come one by one, and no offer with two pairs that could follow each other: days do not matter."""
        if (self.step > 1).any() or len(self.block_offer):
            return False
        latest = np.full(len(self.capacity), -1)
        soonest = np.full(len(self.capacity), self.slots)
        np.maximum.at(latest, self.offer, self.first)
        np.minimum.at(soonest, self.offer, self.last)
        return bool((latest <= soonest).all())

    @property
    def need_starts(self) -> Ints:
        """Pairs of need i lie from [i] up to [i + 1]."""
        return np.searchsorted(self.need, np.arange(len(self.quantity) + 1))

    def take(self, pairs: Ints) -> Self:
        """The same question with these pairs alone, in their order."""
        names = ("need", "offer", "first", "last", "most", "value", "micro_points")
        return replace(self, **{name: getattr(self, name)[pairs] for name in names})

    def worth(self, units: Ints) -> float:
        """The objective of a choice: units per pair."""
        return float(self.value @ units)

    def components(self) -> Iterator[Ints]:
        """Pairs that share no need and no offer with the others, largest components last; each in order."""
        labels = _component_labels(self.need, self.offer, len(self.quantity), len(self.capacity))
        order = np.argsort(labels, kind="stable")
        cuts = np.flatnonzero(np.diff(labels[order])) + 1
        yield from (
            sorted(np.split(order, cuts), key=lambda pairs: (len(pairs), pairs[0])) if len(order) else ()
        )

    def local(self, pairs: Ints) -> "Problem":
        """The question of one component, needs and offers numbered anew in the same order."""
        needs, need = _renumbered(self.need[pairs])
        offers, offer = _renumbered(self.offer[pairs])
        begins, ends = self.first[pairs], self.last[pairs] + 1
        blocks = np.flatnonzero(np.isin(self.block_offer, offers))
        first = np.clip(self.block_first[blocks], begins.min(), ends.max())
        last = np.clip(self.block_last[blocks] + 1, begins.min(), ends.max())
        seen = first < last
        # Nothing changes within a slot: the days are cut where a pair or a block begins or ends.
        _, slot = _renumbered(np.concatenate([begins, ends, first, last]))
        begin, end, first, last = np.split(slot, np.cumsum([len(begins), len(ends), len(first)]))
        return Problem(
            need=need,
            offer=offer,
            first=begin,
            last=end - 1,
            most=self.most[pairs],
            value=self.value[pairs],
            micro_points=self.micro_points[pairs],
            quantity=self.quantity[needs],
            whole=self.whole[needs],
            capacity=self.capacity[offers],
            block_offer=np.searchsorted(offers, self.block_offer[blocks])[seen],
            block_first=first[seen],
            block_last=last[seen] - 1,
            block_units=self.block_units[blocks][seen],
        )

    def refuse_impossible(self, units: Ints) -> None:
        """Raise unless the choice keeps every promise: capacity on each slot, quantity, wholeness."""
        if (units < 0).any() or (units > self.most).any():
            raise AssertionError("a pair is given more than it can take")
        given = np.bincount(self.need, units, len(self.quantity))
        if (given > self.quantity).any():
            raise AssertionError("a need is served beyond its quantity")
        if (units % self.step != 0).any():
            raise AssertionError("a need that must be served wholly is served in part")
        if (self.usage(units) > self.capacity[:, None]).any():
            raise AssertionError("an offer is used beyond its capacity")

    def usage(self, units: Ints) -> Ints:
        """Units in use by offer and slot, blocks included."""
        change = np.zeros((len(self.capacity), self.slots + 1), np.int64)
        np.add.at(change, (self.offer, self.first), units)
        np.add.at(change, (self.offer, self.last + 1), -units)
        np.add.at(change, (self.block_offer, self.block_first), self.block_units)
        np.add.at(change, (self.block_offer, self.block_last + 1), -self.block_units)
        return np.cumsum(change, axis=1)[:, :-1]


def problem_of(pairs: Feasible) -> Problem:
    """What there is to choose from. Value of a unit: people / quantity asked × (priority + score / 100)."""
    needs, offers = pairs.needs, pairs.offers
    need, offer = pairs.need, pairs.offer
    share = (needs.people / needs.asked)[need]
    stock = _is_stock(offers)
    is_stock = stock[offer]
    capacity, blocks = _room(offers, stock, pairs)
    return Problem(
        need=need,
        offer=offer,
        first=np.where(is_stock, np.int32(0), pairs.run_first),
        last=np.where(is_stock, np.int32(0), pairs.run_last),
        most=np.minimum(needs.quantity[need], pairs.left).astype(np.int32),
        value=share * (needs.priority[need] + pairs.score / 100),
        micro_points=pairs.micro_points,
        quantity=needs.quantity,
        whole=needs.least_quantity == needs.quantity,
        capacity=capacity,
        block_offer=blocks[0],
        block_first=blocks[1],
        block_last=blocks[2],
        block_units=blocks[3],
    )


def _is_stock(offers: OfferColumns) -> Bools:
    goods = [code for (kind, _), code in offers.vocabulary.categories.items() if kind == GOODS]
    return np.isin(offers.category, goods)


def _room(offers: OfferColumns, stock: Bools, pairs: Feasible) -> tuple[Ints, tuple[Ints, Ints, Ints, Ints]]:
    """Capacity of each offer, and blocks where a stretch has less left than that."""
    used, _ = _renumbered(pairs.offer) if len(pairs) else (np.zeros(0, np.int64), None)
    counts = np.diff(offers.stretches_from)[used]
    owner = np.repeat(used, counts)
    stretch = np.arange(len(owner)) + np.repeat(
        offers.stretches_from[used] - (np.cumsum(counts) - counts), counts
    )
    felt = (offers.stretch_last[stretch] >= pairs.run_first.min(initial=FOREVER)) & (
        offers.stretch_first[stretch] <= pairs.run_last.max(initial=0)
    )
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
    low = int(numbers.min())
    occurs = np.zeros(int(numbers.max()) - low + 1, np.bool_)
    occurs[numbers - low] = True
    return np.flatnonzero(occurs) + low, (np.cumsum(occurs, dtype=np.int32) - 1)[numbers - low]


def _component_labels(need: Ints, offer: Ints, needs: int, offers: int) -> Ints:
    """Per pair, the smallest node that can be reached from it."""
    label = np.arange(needs + offers, dtype=np.int32)
    one, other = need, needs + offer
    # A few pairs of each need join nearly all that belongs together; all pairs then only confirm it.
    few = np.flatnonzero(np.arange(len(need)) - np.searchsorted(need, np.arange(needs))[need] < FEW)
    for some in (few, np.arange(len(need))) if len(few) < len(need) else (few,):
        label = _joined(label, one[some], other[some])
    return label[one]


def _joined(label: Ints, one: Ints, other: Ints) -> Ints:
    """Labels after both ends of each pair have taken the smaller of their two, until nothing changes."""
    while True:
        low = np.minimum(label[one], label[other])
        shorter = label.copy()
        np.minimum.at(shorter, one, low)
        np.minimum.at(shorter, other, low)
        shorter = shorter[shorter]
        if np.array_equal(shorter, label):
            return label
        label = shorter
