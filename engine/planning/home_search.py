"""Households choose their homes in turn among what is left, at prices that say what others would give for it.

Some near each other give back all that they have and choose anew, in another order and at other prices, again and
again: ruin and recreate (Schrimpf et al., 2000; Christiaens and Vanden Berghe, 2020). A little worse is kept at times,
less and less often.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.arrays import Floats, Ints
from engine.planning.home_chains import NOTHING, Household, Stay, best_chain
from engine.planning.home_prices import HomePrices
from engine.planning.lasting import Lasting, Parts, as_parts
from engine.planning.time_budget import TimeBudget

# Shares of the prices at which all choose first, then at which each looks once more; and when some choose anew.
FIRST_PRICES, LOOK_AGAIN, PRICES = (0.5, 0.8, 1.0), 0.2, (0.0, 0.3, 0.6, 0.9)
# Households that choose anew together, and homes of one of them through which they are found.
TOGETHER, THROUGH = 8, 3
ROUNDS_EACH = 200
# What may be lost at first, compared with the mean of what a household is worth.
WARMTH = 0.015
# By when it ends; then there is time to look at all pairs.
SEARCHED_BY = 0.95


def improved(
    problem: Lasting,
    needs: list[Household],
    start: Parts,
    prices: HomePrices,
    *,
    budget: TimeBudget,
    seed: int = 1,
) -> Parts:
    """Parts worth `start` or more."""
    town = _Town(problem, needs, prices)
    dearest_first = np.argsort([-town.most_for_a_bed(one) for one in range(len(needs))], kind="stable")
    town.keep(start)
    best = town.copy()
    for share in FIRST_PRICES:
        if budget.is_over():
            break
        town.clear()
        for again in (share, LOOK_AGAIN * share):
            for one in dearest_first.tolist():
                if budget.is_over():
                    break
                town.choose_anew([one], again)
        if town.worth > best.worth:
            best = town.copy()
    town.return_to(best)
    town.return_to(best)
    _searched(town, best, budget.until(SEARCHED_BY), np.random.default_rng(seed))
    _look_at_all(problem, town, budget)
    return town.parts()


class _Town:
    """Who has which stays, and what is left."""

    def __init__(self, problem: Lasting, needs: list[Household], prices: HomePrices) -> None:
        self.needs = needs
        self.worth = 0.0
        self._problem, self._prices = problem, prices
        self._left = problem.left.copy()
        self._stays: list[list[Stay]] = [[] for _ in needs]
        self.values = [0.0] * len(needs)
        self._guests: list[set[int]] = [set() for _ in self._left]
        self._open = [
            _Open.of(problem, need, prices, pairs)
            for need, pairs in zip(needs, prices.promising, strict=True)
        ]

    def most(self, one: int) -> float:
        """What it gains at best on a day."""
        return float(self._open[one].gains.max(initial=0.0))

    def most_for_a_bed(self, one: int) -> float:
        return self.most(one) / self.needs[one].size

    # --- Who has what --------------------------------------------------------------------------------

    def stays_of(self, one: int) -> list[Stay]:
        return self._stays[one]

    def give(self, one: int, stays: list[Stay]) -> None:
        """Instead of what it has."""
        problem, size = self._problem, self.needs[one].size
        for sign, some in ((1, self._stays[one]), (-1, stays)):
            for pair, first, end in some:
                self._left[problem.offer[pair], first:end] += sign * size
        for pair, _, _ in self._stays[one]:
            self._guests[problem.offer[pair]].discard(one)
        for pair, _, _ in stays:
            self._guests[problem.offer[pair]].add(one)
        self.worth -= self.values[one]
        days = sum(problem.value[pair] * (end - first) for pair, first, end in stays)
        self.values[one] = float(days * size) - self.needs[one].move * max(len(stays) - 1, 0)
        self.worth += self.values[one]
        self._stays[one] = stays

    def copy(self) -> "_Kept":
        # Stays are replaced as a whole, never changed.
        return _Kept(self.worth, self._stays.copy())

    def return_to(self, kept: "_Kept") -> None:
        for one in range(len(self.needs)):
            self.give(one, [])
        for one, stays in enumerate(kept.stays):
            self.give(one, stays)

    def keep(self, parts: Parts) -> None:
        stays: list[list[Stay]] = [[] for _ in self.needs]
        need = self._problem.need[parts.pair]
        for one, *stay in zip(
            *(column.tolist() for column in (need, parts.pair, parts.first, parts.last + 1)), strict=True
        ):
            stays[one].append(tuple(stay))
        self.return_to(_Kept(0.0, stays))

    def clear(self) -> None:
        self.return_to(_Kept(0.0, [[] for _ in self.needs]))

    def parts(self) -> Parts:
        nothing = np.zeros(self._problem.slots, np.int32)
        return as_parts(
            [
                (pair, first, end - 1, self.needs[one].size, nothing)
                for one, stays in enumerate(self._stays)
                for pair, first, end in stays
            ],
            self._problem.slots,
        )

    # --- Choosing ------------------------------------------------------------------------------------

    def choose_anew(self, some: list[int], share: float) -> None:
        """All of these give back what they have, then choose in turn, at this share of the prices."""
        for one in some:
            self.give(one, [])
        for one in some:
            self.give(one, self._open[one].best(self._left, share))

    def choose_among_all(self, one: int) -> None:
        """It gives back what it has, and chooses anew among all of its pairs."""
        need = self.needs[one]
        pairs = np.arange(need.pairs.start, need.pairs.stop)
        self.give(one, [])
        self.give(one, _Open.of(self._problem, need, self._prices, pairs).best(self._left, 0.0))

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


@dataclass(frozen=True, slots=True, eq=False)
class _Open:
    """The pairs among which a household chooses, and what each gains on each day from `begin` on, and pays for it."""

    need: Household
    pairs: Ints
    offers: Ints
    longest: Ints
    begin: int
    gains: Floats
    prices: Floats
    never: float

    @classmethod
    def of(cls, problem: Lasting, need: Household, prices: HomePrices, pairs: Ints) -> "_Open":
        offers = problem.offer[pairs]
        end = int(problem.last[pairs].max(initial=-1)) + 1
        begin = min(int(problem.first[pairs].min(initial=problem.days)), end)
        day = np.arange(begin, end)
        there = (day >= problem.first[pairs][:, None]) & (day <= problem.last[pairs][:, None])
        value = problem.value[pairs] * need.size
        if len(pairs):
            there &= problem.missing[problem.need[pairs[0]], begin:end] >= need.size
        never = -float(value.max(initial=0.0) * problem.days + 1)
        gains = np.where(there, value[:, None], never)
        paid = prices.by_day(offers, need.size, begin, end)
        whole = problem.longest[pairs] > problem.last[pairs] - problem.first[pairs]
        longest = np.where(whole, end - begin, problem.longest[pairs])
        return cls(need, pairs, offers, longest, begin, gains, paid, never)

    def best(self, left: NDArray[np.int32], share: float) -> list[Stay]:
        """The stays that gain most at this share of the prices, among what is left."""
        need, begin = self.need, self.begin
        if not len(self.pairs):
            return []
        gains = self.gains - share * self.prices if share else self.gains.copy()
        gains[left[self.offers, begin : begin + gains.shape[1]] < need.size] = self.never
        _, chain = best_chain(
            gains, shortest=need.shortest, longest=self.longest, move=need.move, turns=need.turns
        )
        once: dict[int, Stay] = {}
        for row, start, stop in chain:
            # A home is not left and come back to.
            had = once.get(row)
            if had is None or had[2] - had[1] < stop - start:
                once[row] = row, start, stop
        return [(int(self.pairs[row]), start + begin, stop + begin) for row, start, stop in once.values()]


def _searched(town: _Town, best: _Kept, budget: TimeBudget, chance: np.random.Generator) -> None:
    """Leaves the town as it was best."""
    homes = len(town.needs)
    rounds = ROUNDS_EACH * homes
    warmth = WARMTH * best.worth / max(homes, 1)
    for turn in range(rounds):
        if budget.is_over():
            break
        some = town.near(int(chance.integers(homes)), chance)
        before, had = town.worth, [town.stays_of(one) for one in some]
        town.choose_anew(town.ordered(some, chance), PRICES[int(chance.integers(len(PRICES)))])
        may_lose = warmth * (1 - turn / rounds) * chance.exponential()
        if town.worth < before - may_lose:
            for one in some:
                town.give(one, [])
            for one, stays in zip(some, had, strict=True):
                town.give(one, stays)
        elif town.worth > best.worth + NOTHING:
            best = town.copy()
    town.return_to(best)


def _look_at_all(problem: Lasting, town: _Town, budget: TimeBudget) -> None:
    """What few pairs were promising for may still be room for others."""
    for one in range(len(town.needs)):
        if budget.is_over():
            break
        had, before = town.stays_of(one), town.worth
        town.choose_among_all(one)
        if town.worth < before:
            town.give(one, had)
