"""What no homes in turn are worth more than; and what a place in each home is worth while others wait for it.

Each home asks a price for a place on each day, the same within a block of days, and each household alone chooses the
homes in turn that it gains most by. At any prices all that households gain, and what is paid for all that homes have,
is a bound (Lagrange). Two households of three do not fit into five beds, though ten thirds of beds do: so a home has
besides its beds also so many places for households of two or more, of three or more, and a price for these (Chvátal,
1973); the price for a household is the sum.

Prices go up where more is wanted than there is and down where less, after each few households that have chosen anew at
the prices of the moment: incremental subgradients (Nedić and Bertsekas, 2001), of which the mean is tried.
"""

from dataclasses import dataclass

import numpy as np

from engine.arrays import Floats, Ints
from engine.planning.home_chains import Household, Stay, best_chain
from engine.planning.lasting import Lasting
from engine.planning.time_budget import TimeBudget

# Days of a block, with so many pairs at most.
BLOCKS = ((3_000, 2), (1_000_000, 7))
LONGEST_BLOCK = 14
# Places for households of so many are counted apart at most.
LARGEST_COUNTED = 8
# Of very many pairs a household looks at the best that it knows and some by chance between two looks at all. Of those
# that it looks at it chooses among the best; and at last so many are promising.
KNOWN, BY_CHANCE, CONTENDERS, PROMISING = 60, 90, 20, 25
# A pass is a choice of each household; the more there are the fewer.
MOST_PASSES, FEWEST_PASSES, CHOICES_IN_ALL = 100, 32, 15_000
GROUPS = 8
LOOK_AFTER = 16
FIRST_STEP, LAST_STEP, MOMENTUM = 1.5e-4, 4e-5, 0.5
MOST_CROWDED = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """What homes have: a row for the beds of each, and for the places for households of so many or more."""

    row_of: (
        Ints  # (divisors, offers); the last row, which costs nothing, where it would say no more than another
    )
    block: int
    edges: Ints  # the first day of each block, and the day after all
    had: Floats  # (rows, blocks): places × days

    @classmethod
    def of(cls, problem: Lasting) -> "Places":
        block = next((days for most, days in BLOCKS if len(problem) <= most), LONGEST_BLOCK)
        begins = np.arange(0, problem.days, block)
        beds = problem.left.max(axis=1, initial=0).astype(np.int64)
        divisors = np.arange(1, min(int(beds.max(initial=1)), LARGEST_COUNTED) + 1)
        says_more = (beds % divisors[:, None] > 0) & (
            beds // divisors[:, None] < beds // np.maximum(divisors - 1, 1)[:, None]
        )
        says_more[0] = True
        count = int(says_more.sum())
        row_of = np.full(says_more.shape, count)
        row_of[says_more] = np.arange(count)
        had = np.zeros((count + 1, len(begins)))
        for place, divisor in enumerate(divisors.tolist()):
            rows = row_of[place][says_more[place]]
            had[rows] = np.add.reduceat(problem.left[says_more[place]] // divisor, begins, axis=1)
        return cls(row_of, block, np.append(begins, problem.days), had)

    def taken(self, size: int) -> Ints:
        """How many places of each kind a household of so many takes."""
        return size // np.arange(1, min(size, len(self.row_of)) + 1)

    def price(self, prices: Floats, offers: Ints, size: int) -> Floats:
        """(offers, blocks): for a day of such a household."""
        taken = self.taken(size)
        paid = prices.take(self.row_of[0].take(offers), axis=0)
        paid *= taken[0]
        for rows, places in zip(self.row_of[1 : len(taken)], taken[1:].tolist(), strict=True):
            paid += places * prices.take(rows.take(offers), axis=0)
        return paid


@dataclass(frozen=True, slots=True, eq=False)
class HomePrices:
    """`bound`: no parts are worth more; the lowest of all prices tried, of which these are the last. Per need some of
    its pairs, those that gain most at these prices first.
    """

    bound: float
    places: Places
    prices: Floats  # (rows of places, blocks), of a day
    promising: list[Ints]

    def by_day(self, offers: Ints, size: int, first: int, end: int) -> Floats:
        """(offers, days): what a household of so many pays."""
        blocks = self.places.price(self.prices, offers, size)
        return blocks[:, np.arange(first, end) // self.places.block]


def home_prices(
    problem: Lasting, needs: list[Household], *, budget: TimeBudget, look: TimeBudget
) -> HomePrices:
    """The best prices found within the budget; what looks at all pairs has a little longer."""
    market = _Market(problem, needs)
    places = market.places
    prices = np.zeros(places.had.shape)
    one_price = np.add.reduceat(one_price_for_all(problem, needs), places.edges[:-1])
    prices[places.row_of[0]] = one_price / np.diff(places.edges)
    best = market.looked_at_all(prices, market.now(prices, most_for_all(problem)), look)
    passes = int(np.clip(CHOICES_IN_ALL // max(len(needs), 1), FEWEST_PASSES, MOST_PASSES))
    chance = np.random.default_rng(1)
    groups = np.array_split(chance.permutation(len(needs)), GROUPS)
    drift, mean, count = np.zeros(prices.shape), np.zeros(prices.shape), 0
    scale = market.highest_price()
    # Where there is time to come back, steps may be longer at first.
    first_step = FIRST_STEP * (passes / FEWEST_PASSES) ** 2
    for turn in range(passes):
        step = first_step * (LAST_STEP / first_step) ** (turn / passes)
        for group in chance.permutation(GROUPS).tolist():
            market.choose(groups[group], prices, chance)
            crowd = (market.given - places.had) / np.maximum(places.had, 1)
            crowd = np.clip(crowd, -1, MOST_CROWDED)
            crowd[(prices <= 0) & (crowd < 0)] = 0
            drift = MOMENTUM * drift + (1 - MOMENTUM) * crowd
            prices = np.maximum(prices + step * scale * drift, 0)
            if budget.is_over():
                break
        done = turn == passes - 1 or budget.is_over()
        mean += prices
        count += 1
        # What has moved so few times is no better bound than the one to begin with.
        if count == LOOK_AFTER or (done and turn >= LOOK_AFTER):
            best = market.looked_at_all(mean / count, best, look)
            mean, count = np.zeros(prices.shape), 0
        if done:
            break
    return best if not count else market.now(mean / count, best.bound)


def most_for_all(problem: Lasting) -> float:
    """What no parts are worth more than, if each need had its best home on all of its days."""
    highest = np.zeros(len(problem.move))
    np.maximum.at(highest, problem.need, problem.value)
    return float(highest @ problem.missing.sum(axis=1))


def one_price_for_all(problem: Lasting, needs: list[Household]) -> Floats:
    """What a bed would cost on each day if all were alike: what the last of those who give most for one, and whom all
    beds together hold, would give.
    """
    highest = np.zeros(len(needs))
    np.maximum.at(highest, problem.need, problem.value)
    order = np.argsort(-highest, kind="stable")
    size = np.array([need.size for need in needs])
    held = np.cumsum(np.where(problem.missing > 0, size[:, None], 0)[order], axis=0)
    last = (held < problem.left.sum(axis=0)).sum(axis=0)
    prices: Floats = np.append(highest[order], 0.0)[last]
    return prices


class _Market:
    """What households choose at prices; `given`: the places × days that all of them have by now."""

    def __init__(self, problem: Lasting, needs: list[Household]) -> None:
        self._problem, self._needs = problem, needs
        self.places = Places.of(problem)
        self.given = np.zeros(self.places.had.shape)
        self._has: list[list[tuple[Ints, slice, Ints]]] = [[] for _ in needs]
        self._known = [np.arange(need.pairs.start, need.pairs.stop)[:KNOWN] for need in needs]

    def highest_price(self) -> Floats:
        """Per row: what a place is worth on a day to whoever gives most for it."""
        problem, places = self._problem, self.places
        highest = np.zeros(places.row_of.shape[1])
        np.maximum.at(highest, problem.offer, problem.value)
        scale = np.zeros((len(places.had), 1))
        for place, rows in enumerate(places.row_of):
            scale[rows, 0] = (place + 1) * highest
        scale[-1] = 0
        return scale

    def choose(self, some: Ints, prices: Floats, chance: np.random.Generator) -> None:
        """These households choose anew."""
        block, edges = self.places.block, self.places.edges
        for one in some.tolist():
            for rows, blocks, used in self._has[one]:
                self.given[rows, blocks] -= used
            need = self._needs[one]
            pairs = self._looked_at(one, chance)
            choice = self._choice(need, pairs, prices)
            self._known[one] = pairs[np.argsort(-choice.most, kind="stable")[:KNOWN]]
            taken = self.places.taken(need.size)
            self._has[one] = []
            for row, start, stop in choice.chain:
                rows = self.places.row_of[: len(taken), self._problem.offer[row]]
                blocks = slice(start // block, (stop - 1) // block + 1)
                ends = np.clip(edges[blocks.start : blocks.stop + 1], start, stop)
                used = taken[:, None] * (ends[1:] - ends[:-1])
                self._has[one].append((rows, blocks, used))
                self.given[rows, blocks] += used
        self.given[-1] = 0

    def _looked_at(self, one: int, chance: np.random.Generator) -> Ints:
        """All of its pairs where they are few; else those it knows, and some by chance."""
        pairs = self._needs[one].pairs
        count = pairs.stop - pairs.start
        if count <= KNOWN + BY_CHANCE:
            return np.arange(pairs.start, pairs.stop)
        some = pairs.start + chance.integers(0, count, BY_CHANCE)
        return np.union1d(self._known[one], some)

    def _choice(self, need: Household, pairs: Ints, prices: Floats, *, all_pairs: bool = False) -> "_Choice":
        """Among those of the pairs that could gain most; or as good as among all of them."""
        if not len(pairs):
            return _Choice(0.0, [], np.empty(0))
        problem, places, block = self._problem, self.places, self.places.block
        first, last, value = problem.first[pairs], problem.last[pairs], problem.value[pairs] * need.size
        begin = int(first.min()) // block
        edges = places.edges[begin : int(last.max()) // block + 2]
        days = np.minimum(last[:, None] + 1, edges[1:]) - np.maximum(first[:, None], edges[:-1])
        blocks = slice(begin, begin + len(edges) - 1)
        gains = value[:, None] - places.price(prices[:, blocks], problem.offer[pairs], need.size)
        # No part gains more than its pair on all days on which it gains anything.
        most = (np.maximum(days, 0) * np.maximum(gains, 0)).sum(axis=1)
        some = np.flatnonzero(most > 0)
        if len(some) > CONTENDERS:
            some = np.argpartition(-most, CONTENDERS)[:CONTENDERS]
        gain, stays = self._chain(need, pairs, gains, begin * block, some)
        if all_pairs:
            # Beside others a part that gains no more than its move had better not be.
            more = np.flatnonzero(most > min(need.move, gain))
            if len(np.setdiff1d(more, some)):
                gain, stays = max((gain, stays), self._chain(need, pairs, gains, begin * block, more))
        return _Choice(gain, stays, most)

    def _chain(
        self, need: Household, pairs: Ints, gains: Floats, zero: int, some: Ints
    ) -> tuple[float, list[Stay]]:
        """The best of some of the pairs, whose gains on a day of each block from day `zero` on are these."""
        problem = self._problem
        if not len(some):
            return 0.0, []
        first, last = problem.first[pairs[some]], problem.last[pairs[some]]
        begin, end = int(first.min()), int(last.max()) + 1
        day = np.arange(begin, end)
        by_day = gains.take(some, axis=0).take((day - zero) // self.places.block, axis=1)
        # No part may reach over these.
        never = -float(need.size * problem.value[pairs].max() * problem.days + 1)
        by_day[(day < first[:, None]) | (day > last[:, None])] = never
        longest = problem.longest[pairs[some]]
        gain, chain = best_chain(
            by_day,
            shortest=need.shortest,
            longest=np.where(longest < last - first + 1, longest, end - begin),
            move=need.move,
            turns=need.turns,
        )
        return gain, [(int(pairs[some[row]]), start + begin, stop + begin) for row, start, stop in chain]

    def now(self, prices: Floats, bound: float) -> HomePrices:
        """Promising are those that each knows: what gains most of all pairs would be the same few homes for all."""
        return HomePrices(bound, self.places, prices, [known[:PROMISING] for known in self._known])

    def looked_at_all(self, prices: Floats, best: HomePrices, budget: TimeBudget) -> HomePrices:
        """All households choose among all pairs: these prices, and the lower of their bound and the best, which stays
        when the time is over before.
        """
        bound = float((prices * self.places.had).sum())
        for need in self._needs:
            if budget.is_over():
                bound = best.bound
                break
            pairs = np.arange(need.pairs.start, need.pairs.stop)
            bound += self._choice(need, pairs, prices, all_pairs=True).gain
        return self.now(prices, min(bound, best.bound))


@dataclass(frozen=True, slots=True, eq=False)
class _Choice:
    """`gain` by these stays of pairs; per pair of the need what it could gain at most."""

    gain: float
    chain: list[Stay]
    most: Floats
