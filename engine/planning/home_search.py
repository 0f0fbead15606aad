"""Households choose their homes in turn among what is left, at prices that say what others would give for it.

Some near each other give back all that they have and choose anew, in another order and at other prices, again and
again: ruin and recreate (Schrimpf et al., 2000; Christiaens and Vanden Berghe, 2020). A little worse is kept at times,
less and less often. Several such groups choose side by side, each as if the others kept what they have; what two of
them would take is kept by the first.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import NDArray

from engine.arrays import Bools, Ints
from engine.planning.home_chains import NOTHING, Households, Stay, alike, best_chains
from engine.planning.home_prices import HomePrices
from engine.planning.lasting import Lasting, Parts, as_parts
from engine.planning.time_budget import TimeBudget

# Shares of the prices at which all choose first, then at which each looks once more; and when some choose anew.
FIRST_PRICES, LOOK_AGAIN, PRICES = (0.5, 0.8, 1.0), 0.2, (0.0, 0.3, 0.6, 0.9)
# Households that choose anew together, and homes of one of them through which they are found.
TOGETHER, THROUGH = 8, 3
# Groups that choose side by side: one for so many households, and how many at most.
SIDE_BY_SIDE, MOST_GROUPS = 16, 48
ROUNDS_EACH = 200
# What may be lost at first, compared with the mean of what a household is worth.
WARMTH = 0.015
# By when it ends; then there is time to look at all pairs.
SEARCHED_BY = 0.95


def improved(
    problem: Lasting,
    needs: Households,
    start: Parts,
    prices: HomePrices,
    *,
    budget: TimeBudget,
    seed: int = 1,
) -> Parts:
    """Parts worth `start` or more."""
    town = _Town(problem, needs, prices)
    town.keep(start)
    best = town.copy()
    for share in FIRST_PRICES:
        if budget.is_over():
            break
        town.clear()
        for again in (share, LOOK_AGAIN * share):
            town.all_choose(again, budget)
        if town.worth > best.worth:
            best = town.copy()
    town.return_to(best)
    _searched(town, best, budget.until(SEARCHED_BY), np.random.default_rng(seed))
    _look_at_all(town, budget)
    return town.parts()


@dataclass(frozen=True, slots=True, eq=False)
class _Open:
    """The pairs among which a household chooses."""

    pairs: Ints
    offers: Ints
    row_of: dict[int, int]  # by offer
    size: int
    begin: int
    end: int
    wanted: Bools  # (pairs, days from `begin`): it may be there

    @classmethod
    def of(cls, problem: Lasting, needs: Households, one: int, pairs: Ints) -> Self:
        begin, end, size = int(needs.begin[one]), int(needs.end[one]), int(needs.size[one])
        day, offers = np.arange(begin, end), problem.offer[pairs]
        wanted = (day >= problem.first[pairs][:, None]) & (day <= problem.last[pairs][:, None])
        wanted &= problem.missing[one, begin:end] >= size
        row_of = {offer: row for row, offer in enumerate(offers.tolist())}
        return cls(pairs, offers, row_of, size, begin, end, wanted)


class _Town:
    """Who has which stays, and what is left."""

    def __init__(self, problem: Lasting, needs: Households, prices: HomePrices) -> None:
        self.needs = needs
        self.worth = 0.0
        self.values = [0.0] * len(needs)
        self.side_by_side = int(np.clip(len(needs) // SIDE_BY_SIDE, 1, MOST_GROUPS))
        self._problem, self._prices = problem, prices
        self._left = problem.left.copy()
        self._stays: list[list[Stay]] = [[] for _ in needs.size]
        self._guests: list[set[int]] = [set() for _ in self._left]
        self._open = [_Open.of(problem, needs, one, pairs) for one, pairs in enumerate(prices.promising)]
        self._sizes, self._size = np.unique(needs.size, return_inverse=True)
        offers = np.arange(len(self._left))
        # (sizes, offers, blocks)
        self._paid = np.array(
            [prices.places.price(prices.prices, offers, size) for size in self._sizes.tolist()]
        )
        self._most = [float(problem.value[pairs].max(initial=0.0)) for pairs in prices.promising]

    def most(self, one: int) -> float:
        """What it gains at best on a day."""
        return self.most_for_a_bed(one) * int(self.needs.size[one])

    def most_for_a_bed(self, one: int) -> float:
        return self._most[one]

    # --- Who has what --------------------------------------------------------------------------------

    def stays_of(self, one: int) -> list[Stay]:
        return self._stays[one]

    def value_of(self, one: int, stays: Sequence[Stay]) -> float:
        days = sum(float(self._problem.value[pair]) * (end - first) for pair, first, end in stays)
        return days * int(self.needs.size[one]) - float(self.needs.move[one]) * max(len(stays) - 1, 0)

    def give(self, one: int, stays: list[Stay]) -> None:
        """Instead of what it has."""
        problem, size = self._problem, int(self.needs.size[one])
        for sign, some in ((1, self._stays[one]), (-1, stays)):
            for pair, first, end in some:
                self._left[problem.offer[pair], first:end] += sign * size
        for pair, _, _ in self._stays[one]:
            self._guests[problem.offer[pair]].discard(one)
        for pair, _, _ in stays:
            self._guests[problem.offer[pair]].add(one)
        self.worth -= self.values[one]
        self.values[one] = self.value_of(one, stays)
        self.worth += self.values[one]
        self._stays[one] = stays

    def take(self, group: "_Group") -> bool:
        """Give what the group chose, if all of it is still left; else nothing changes."""
        had = [(one, self.stays_of(one)) for one in group.some]
        for one, _ in had:
            self.give(one, [])
        for one, stays in group.chosen.items():
            size = self.needs.size[one]
            if any(
                self._left[self._problem.offer[pair], first:end].min() < size for pair, first, end in stays
            ):
                for other, _ in had:
                    self.give(other, [])
                for other, before in had:
                    self.give(other, before)
                return False
            self.give(one, stays)
        return True

    def copy(self) -> "_Kept":
        # Stays are replaced as a whole, never changed.
        return _Kept(self.worth, self._stays.copy())

    def return_to(self, kept: "_Kept") -> None:
        for one in range(len(self.needs)):
            self.give(one, [])
        for one, stays in enumerate(kept.stays):
            self.give(one, stays)

    def keep(self, parts: Parts) -> None:
        stays: list[list[Stay]] = [[] for _ in self.needs.size]
        need = self._problem.need[parts.pair]
        for one, *stay in zip(
            *(column.tolist() for column in (need, parts.pair, parts.first, parts.last + 1)), strict=True
        ):
            stays[one].append(tuple(stay))
        self.return_to(_Kept(0.0, stays))

    def clear(self) -> None:
        self.return_to(_Kept(0.0, [[] for _ in self.needs.size]))

    def parts(self) -> Parts:
        nothing = np.zeros(self._problem.slots, np.int32)
        return as_parts(
            [
                (pair, first, end - 1, int(self.needs.size[one]), nothing)
                for one, stays in enumerate(self._stays)
                for pair, first, end in stays
            ],
            self._problem.slots,
        )

    # --- Choosing ------------------------------------------------------------------------------------

    def all_choose(self, share: float, budget: TimeBudget) -> None:
        """Each in its turn, whoever gives most for a bed first."""
        waiting = sorted(range(len(self.needs)), key=self.most_for_a_bed, reverse=True)
        while waiting and not budget.is_over():
            some, waiting = waiting[: self.side_by_side], waiting[self.side_by_side :]
            groups = [_Group([one], share) for one in some]
            self.choose_anew(groups)
            waiting = [group.some[0] for group in groups if not self.take(group)] + waiting

    def choose_anew(self, groups: "Sequence[_Group]", *, all_pairs: bool = False) -> None:
        """All households of each group in turn, as if they all had given back what they have."""
        for group in groups:
            for one in group.some:
                group.has_given(self._problem, self.stays_of(one), int(self.needs.size[one]))
        for turn in range(max(len(group.some) for group in groups)):
            choosing = [
                self._choosing(group, group.some[turn], all_pairs=all_pairs)
                for group in groups
                if turn < len(group.some)
            ]
            some = [each for each in choosing if len(each.rows)]
            who = np.array([each.one for each in some], np.int64)
            rows = np.array([len(each.rows) for each in some])
            needs = self.needs
            for lot in alike(needs.shortest[who], needs.end[who] - needs.begin[who], rows):
                self._choose([some[place] for place in lot.tolist()], who[lot], rows[lot])

    def _choosing(self, group: "_Group", one: int, *, all_pairs: bool) -> "_Choosing":
        open_ = self._open[one]
        if all_pairs:
            open_ = _Open.of(self._problem, self.needs, one, self.needs.pairs(one))
        group.chosen[one] = []
        there = group.free(self._left, open_)
        rows = np.flatnonzero(np.count_nonzero(there, axis=1) >= self.needs.shortest[one])
        return _Choosing(group, one, open_.pairs[rows], there[rows])

    def _choose(self, some: "Sequence[_Choosing]", who: Ints, rows: Ints) -> None:
        """The stays that gain most at each group's share of the prices, among what is left."""
        problem, needs = self._problem, self.needs
        size, begin = needs.size[who], needs.begin[who]
        whose, pairs = np.repeat(np.arange(len(who)), rows), np.concatenate([each.rows for each in some])
        value = problem.value[pairs] * size[whose]
        # No part may reach over these.
        never = -(float(value.max()) * problem.days + 1)
        gains = np.full((len(pairs), int((needs.end[who] - begin).max())), never)
        for each, first, count in zip(some, (np.cumsum(rows) - rows).tolist(), rows.tolist(), strict=True):
            mine = slice(first, first + count)
            gains[mine, : each.there.shape[1]] = np.where(each.there, value[mine, None], never)
        share = np.array([each.group.share for each in some])
        if share.any():
            day = np.minimum(begin[:, None] + np.arange(gains.shape[1]), problem.days - 1)
            block = day // self._prices.places.block
            row = (self._size[who[whose]] * len(self._left) + problem.offer[pairs]) * self._paid.shape[2]
            paid = self._paid.reshape(-1).take(row[:, None] + block[whose])
            paid *= share[whose, None]
            gains -= paid
        longest = problem.longest[pairs]
        whole = longest > problem.last[pairs] - problem.first[pairs]
        found = best_chains(
            gains,
            np.cumsum(rows) - rows,
            shortest=int(needs.shortest[who[0]]),
            longest=np.where(whole, gains.shape[1], longest),
            move=needs.move[who],
            turns=needs.turns,
        )
        chains: list[dict[int, Stay]] = [{} for _ in some]
        columns = found.household, pairs[found.row], found.start, found.stop
        for place, pair, start, stop in zip(*(column.tolist() for column in columns), strict=True):
            # A home is not left and come back to.
            had = chains[place].get(pair)
            if had is None or had[2] - had[1] < stop - start:
                zero = int(begin[place])
                chains[place][pair] = pair, start + zero, stop + zero
        for each, chain, units in zip(some, chains, size.tolist(), strict=True):
            stays = [*chain.values()]
            each.group.chosen[each.one] = stays
            each.group.has_given(problem, stays, -units)

    def ordered(self, some: list[int], chance: np.random.Generator) -> list[int]:
        """By chance, or those first that gain most for a bed, or most."""
        way = int(chance.integers(3))
        if way == 0:
            return [int(one) for one in chance.permutation(some)]
        return sorted(some, key=self.most_for_a_bed if way == 1 else self.most, reverse=True)

    def near(self, one: int, chance: np.random.Generator) -> list[int]:
        """It, and some that have homes that it could have."""
        offers = self._open[one].offers
        if not len(offers):
            return [one]
        offers = chance.choice(offers, min(len(offers), int(chance.integers(1, THROUGH + 1))), replace=False)
        others = [guest for offer in offers.tolist() for guest in self._guests[offer] if guest != one]
        others = list(dict.fromkeys(others))
        if len(others) >= TOGETHER:
            others = chance.permutation(others)[: TOGETHER - 1].tolist()
        return [one, *others]


@dataclass(frozen=True, slots=True, eq=False)
class _Kept:
    worth: float
    stays: list[list[Stay]]


@dataclass(slots=True, eq=False)
class _Group:
    """Households that choose anew in this order, at this share of the prices: what each chose, what that changes."""

    some: list[int]
    share: float
    chosen: dict[int, list[Stay]] = field(default_factory=dict)
    _changes: dict[int, list[tuple[int, int, int]]] = field(default_factory=dict)  # by offer

    def has_given(self, problem: Lasting, stays: Sequence[Stay], size: int) -> None:
        """Back; or has taken, where the size is negative."""
        for pair, first, end in stays:
            self._changes.setdefault(int(problem.offer[pair]), []).append((first, end, size))

    def free(self, left: NDArray[np.int32], open_: "_Open") -> Bools:
        """(pairs, days): on which there is room, if all had given and taken so."""
        there = left[open_.offers, open_.begin : open_.end]
        for offer, changes in self._changes.items():
            row = open_.row_of.get(offer)
            if row is not None:
                for first, end, size in changes:
                    there[row, max(first - open_.begin, 0) : max(end - open_.begin, 0)] += size
        free: Bools = there >= open_.size
        free &= open_.wanted
        return free


@dataclass(frozen=True, slots=True, eq=False)
class _Choosing:
    """A household in its turn: pairs of which as many days are free as a part has at least, and which days."""

    group: _Group
    one: int
    rows: Ints
    there: Bools


def _searched(town: _Town, best: _Kept, budget: TimeBudget, chance: np.random.Generator) -> None:
    """Leaves the town as it was best."""
    homes = len(town.needs)
    rounds = ROUNDS_EACH * homes
    warmth = WARMTH * best.worth / max(homes, 1)
    for turn in range(0, rounds, town.side_by_side):
        if budget.is_over():
            break
        groups, busy = [], set[int]()
        for one in chance.integers(homes, size=town.side_by_side).tolist():
            some = town.near(one, chance)
            share = PRICES[int(chance.integers(len(PRICES)))]
            if busy.isdisjoint(some):
                busy.update(some)
                groups.append(_Group(town.ordered(some, chance), share))
        town.choose_anew(groups)
        done = budget.progress(turn / rounds)
        for group in groups:
            gain = sum(town.value_of(one, stays) - town.values[one] for one, stays in group.chosen.items())
            may_lose = warmth * (1 - done) * chance.exponential()
            if gain >= -may_lose and town.take(group) and town.worth > best.worth + NOTHING:
                best = town.copy()
    town.return_to(best)


def _look_at_all(town: _Town, budget: TimeBudget) -> None:
    """What few pairs were promising for may still be room for others."""
    for one in range(len(town.needs)):
        if budget.is_over():
            break
        group = _Group([one], 0.0)
        town.choose_anew([group], all_pairs=True)
        if town.value_of(one, group.chosen[one]) > town.values[one]:
            town.take(group)
