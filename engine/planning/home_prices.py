"""What no homes in turn are worth more than; and what a place in each home is worth while others wait for it.

Each home asks a price for a place on each day, the same within a block of days, and each household alone chooses the
homes in turn that it gains most by. At any prices all that households gain, and what is paid for all that homes have,
is a bound (Lagrange). Two households of three do not fit into five beds, though ten thirds of beds do: so a home has
besides its beds also so many places for households of two or more, of three or more, and a price for these (Chvátal,
1973); the price for a household is the sum.

Prices go up where more is wanted than there is and down where less, after each few households that have chosen anew at
the prices of the moment: incremental subgradients (Nedić and Bertsekas, 2001). At first homes follow each other only
where blocks do, which is sooner found; then on any day. The mean of the last prices is tried.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from engine.arrays import Floats, Ints, ranges
from engine.planning.home_chains import CELLS, Chains, Households, alike, best_chains
from engine.planning.lasting import Lasting
from engine.planning.time_budget import TimeBudget

# Days of a block, with so many pairs at most.
BLOCKS = ((3_000, 2), (1_000_000, 7))
LONGEST_BLOCK = 14
# Places for households of so many are counted apart at most.
LARGEST_COUNTED = 8
# Of very many pairs a household looks at the best that it knows and some by chance. Of those it looks at it chooses
# among the best; and at last so many are promising.
KNOWN, BY_CHANCE, CONTENDERS, PROMISING = 60, 90, 20, 25
# A pass is a choice of each household; the more there are the fewer.
MOST_PASSES, FEWEST_PASSES, CHOICES_IN_ALL = 200, 120, 30_000
MOST_GROUPS, LEAST_OF_GROUP = 8, 4
# From when on, in shares of the passes, choices are exact to the day, and of which prices the mean is tried.
EXACT_FROM, SETTLED_FROM = 0.75, 0.8
FIRST_STEP, LAST_STEP, MOMENTUM = 2e-4, 3e-5, 0.5
# Pairs of which what they gain is worked out together when all are looked at.
PAIRS_AT_ONCE = 200_000
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


def home_prices(problem: Lasting, needs: Households, *, budget: TimeBudget, look: TimeBudget) -> HomePrices:
    """The best prices found within the budget; what looks at all pairs has a little longer."""
    market = _Market(problem, needs)
    places = market.places
    prices = np.zeros(places.had.shape)
    one_price = np.add.reduceat(one_price_for_all(problem, needs), places.edges[:-1])
    prices[places.row_of[0]] = one_price / np.diff(places.edges)
    best = market.looked_at_all(prices, market.now(prices, most_for_all(problem)), look)
    chance = np.random.default_rng(1)
    groups = market.groups(chance)
    drift, mean, count = np.zeros(prices.shape), np.zeros(prices.shape), 0
    scale = market.highest_price()
    passes = int(np.clip(CHOICES_IN_ALL // max(len(needs), 1), FEWEST_PASSES, MOST_PASSES))
    # Where there is time to come back, steps may be longer at first.
    first_step = FIRST_STEP * passes / max(FEWEST_PASSES, 1)
    for turn in range(passes):
        if budget.is_over():
            break
        done = budget.progress(turn / passes)
        step = first_step * (LAST_STEP / first_step) ** done
        for group in chance.permutation(len(groups)).tolist():
            market.choose(group, groups[group], prices, chance, exact=done >= EXACT_FROM)
            crowd = (market.given - places.had) / np.maximum(places.had, 1)
            crowd = np.clip(crowd, -1, MOST_CROWDED)
            crowd[(prices <= 0) & (crowd < 0)] = 0
            drift = MOMENTUM * drift + (1 - MOMENTUM) * crowd
            prices = np.maximum(prices + step * scale * drift, 0)
        if done >= SETTLED_FROM:
            mean += prices
            count += 1
    return market.looked_at_all(mean / count if count else prices, best, look)


def most_for_all(problem: Lasting) -> float:
    """What no parts are worth more than, if each need had its best home on all of its days."""
    highest = np.zeros(len(problem.move))
    np.maximum.at(highest, problem.need, problem.value)
    return float(highest @ problem.missing.sum(axis=1))


def one_price_for_all(problem: Lasting, needs: Households) -> Floats:
    """What a bed would cost on each day if all were alike: what the last of those who give most for one, and whom all
    beds together hold, would give.
    """
    highest = np.zeros(len(needs))
    np.maximum.at(highest, problem.need, problem.value)
    order = np.argsort(-highest, kind="stable")
    held = np.cumsum(np.where(problem.missing > 0, needs.size[:, None], 0)[order], axis=0)
    last = (held < problem.left.sum(axis=0)).sum(axis=0)
    prices: Floats = np.append(highest[order], 0.0)[last]
    return prices


class _Market:
    """What households choose at prices; `given`: the places × days that all of them have by now."""

    def __init__(self, problem: Lasting, needs: Households) -> None:
        self._problem, self._needs = problem, needs
        self.places = Places.of(problem)
        self.given = np.zeros(self.places.had.shape)
        self._has: dict[int, Floats] = {}  # by group
        self._sizes, self._size = np.unique(needs.size, return_inverse=True)
        self._count = np.diff(needs.starts)
        # Of each the pairs that it knows, the best first.
        self._known = needs.starts[:-1, None] + np.arange(KNOWN)

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

    def groups(self, chance: np.random.Generator) -> list[Ints]:
        """All who have pairs, by chance."""
        some = chance.permutation(np.flatnonzero(self._count))
        return np.array_split(some, int(np.clip(len(some) // LEAST_OF_GROUP, 1, MOST_GROUPS)))

    def choose(
        self, group: int, some: Ints, prices: Floats, chance: np.random.Generator, *, exact: bool
    ) -> None:
        """The households of this group choose anew: exactly to the day, or about."""
        given = np.zeros(self.given.shape)
        paid = self._paid(prices)
        for lot, count, pairs in self._looked_at(some, chance):
            for asked in self._asked(lot, count, pairs, paid):
                self._learn(asked)
                best = asked.contenders()
                self._take(given, asked, (self._chosen if exact else self._about)(asked, best))
        given[-1] = 0
        self.given += given - self._has.get(group, 0)
        self._has[group] = given

    def _paid(self, prices: Floats) -> Floats:
        """(sizes, offers, blocks): what a household of each size pays for a day."""
        offers = np.arange(self.places.row_of.shape[1])
        return np.array([self.places.price(prices, offers, size) for size in self._sizes.tolist()])

    def _looked_at(self, some: Ints, chance: np.random.Generator) -> Iterator[tuple[Ints, Ints, Ints]]:
        """Households, how many pairs each looks at, and these: all where they are few; else those it knows, and some
        by chance.
        """
        starts, count = self._needs.starts, self._count
        have_many = count[some] > KNOWN + BY_CHANCE
        few, many = some[~have_many], some[have_many]
        if len(few):
            yield few, count[few], ranges(starts[few], count[few])
        if len(many):
            drawn = (chance.random((len(many), BY_CHANCE)) * count[many, None]).astype(np.int64)
            pairs = np.concatenate([self._known[many], starts[many, None] + drawn], axis=1)
            pairs.sort(axis=1)
            first = np.diff(pairs, axis=1, prepend=-1) > 0
            yield many, first.sum(axis=1), pairs[first]

    def _asked(self, some: Ints, count: Ints, pairs: Ints, paid: Floats) -> Iterator["_Asked"]:
        """These households in lots, and what so many pairs of each, one household after the other, gain."""
        problem, needs, width = self._problem, self._needs, self.places.block
        starts = np.cumsum(count) - count
        for lot in alike(needs.shortest[some], needs.end[some] - needs.begin[some], count):
            who, mine = some[lot], pairs[ranges(starts[lot], count[lot])]
            whose = np.repeat(np.arange(len(lot)), count[lot])
            home, begin = who[whose], needs.begin[who] // width
            blocks = int(((needs.end[who] - 1) // width - begin).max()) + 1
            block = begin[whose, None] + np.arange(blocks)
            there = np.minimum(problem.last[mine, None] + 1, (block + 1) * width)
            there -= np.maximum(problem.first[mine, None], block * width)
            np.maximum(there, 0, out=there)
            row = self._size[home] * paid.shape[1] + problem.offer[mine]
            # Beyond the last block no pair has a day.
            np.minimum(block, paid.shape[2] - 1, out=block)
            gains = paid.reshape(-1).take(row[:, None] * paid.shape[2] + block)
            np.subtract((problem.value[mine] * needs.size[home])[:, None], gains, out=gains)
            yield _Asked(who, whose, mine, begin * width, there, gains)

    def _learn(self, asked: "_Asked") -> None:
        """Each knows those that could gain most; where there are fewer, what it knew."""
        best, place = asked.best(KNOWN)
        self._known[asked.who[asked.whose[best]], place] = asked.pairs[best]

    def _chosen(self, asked: "_Asked", rows: Ints) -> Chains:
        """The best of these rows, which are in order: as pairs, from day to day."""
        problem, needs = self._problem, self._needs
        pairs, whose = asked.pairs[rows], asked.whose[rows]
        home, begin = asked.who[whose], needs.begin[asked.who]
        day = np.arange(int((needs.end[home] - needs.begin[home]).max(initial=0)))
        block = ((begin - asked.zero)[:, None] + day) // self.places.block
        np.minimum(block, asked.gains.shape[1] - 1, out=block)
        gains = np.take_along_axis(asked.gains[rows], block[whose], axis=1)
        first, last = problem.first[pairs] - needs.begin[home], problem.last[pairs] - needs.begin[home]
        outside = (day < first[:, None]) | (day > last[:, None])
        np.copyto(gains, self._never(pairs, home), where=outside)
        found = self._best(asked, rows, gains, days=1)
        zero = begin[found.household]
        return replace(found, start=found.start + zero, stop=found.stop + zero)

    def _about(self, asked: "_Asked", rows: Ints) -> Chains:
        """The same where homes follow each other only where blocks do: sooner found, and a little less."""
        problem, width = self._problem, self.places.block
        pairs, there = asked.pairs[rows], asked.there[rows]
        never = self._never(pairs, asked.who[asked.whose[rows]])
        found = self._best(asked, rows, np.where(there > 0, there * asked.gains[rows], never), days=width)
        zero, first, last = asked.zero[found.household], problem.first[found.row], problem.last[found.row]
        return replace(
            found,
            start=np.maximum(zero + found.start * width, first),
            stop=np.minimum(zero + found.stop * width, last + 1),
        )

    def _never(self, pairs: Ints, home: Ints) -> Floats:
        """(pairs, 1): a loss that no part may reach over."""
        most = self._problem.value[pairs].max(initial=0.0)
        never: Floats = -(self._needs.size[home] * np.float64(most) * self._problem.days + 1)
        return never[:, None]

    def _best(self, asked: "_Asked", rows: Ints, gains: Floats, *, days: int) -> Chains:
        """The best by steps of so many days; rows are pairs, and households places in `asked`."""
        problem, needs = self._problem, self._needs
        places, starts = np.unique(asked.whose[rows], return_index=True)
        pairs, who = asked.pairs[rows], asked.who[places]
        shortest = -(-int(needs.shortest[asked.who[0]]) // days)
        whole = problem.longest[pairs] > problem.last[pairs] - problem.first[pairs]
        longest = np.maximum(problem.longest[pairs] // days, shortest)
        found = best_chains(
            gains,
            starts,
            shortest=shortest,
            longest=np.where(whole, gains.shape[1], longest),
            move=needs.move[who],
            turns=needs.turns,
        )
        gain = np.zeros(len(asked.who))
        gain[places] = found.gain
        return Chains(gain, places[found.household], pairs[found.row], found.start, found.stop)

    def _most_gained(self, asked: "_Asked") -> float:
        """What they gain together, each at best among all of these pairs."""
        some = asked.contenders()
        gain = self._chosen(asked, some).gain
        # Beside others a part that gains no more than its move had better not be.
        could = asked.most > np.minimum(self._needs.move[asked.who], gain)[asked.whose]
        others = could.copy()
        others[some] = False
        again = np.unique(asked.whose[others])
        could[some] = True
        cells = np.count_nonzero(could) * asked.gains.shape[1] * self.places.block
        for lot in np.array_split(again, cells // CELLS + 1):
            rows = np.flatnonzero(could & np.isin(asked.whose, lot))
            np.maximum(gain, self._chosen(asked, rows).gain, out=gain)
        return float(gain.sum())

    def _take(self, given: Floats, asked: "_Asked", found: Chains) -> None:
        """Add the places of these stays."""
        block, size = self.places.block, self._needs.size[asked.who[found.household]]
        first = found.start // block
        count = (found.stop - 1) // block - first + 1
        stay, blocks = np.repeat(np.arange(len(first)), count), ranges(first, count)
        days = np.minimum(found.stop[stay], (blocks + 1) * block)
        days -= np.maximum(found.start[stay], blocks * block)
        offer, flat = self._problem.offer[found.row], given.reshape(-1)
        for place, rows in enumerate(self.places.row_of):
            taken = size // (place + 1)
            if not taken.any():
                break
            cells = rows[offer][stay] * given.shape[1] + blocks
            flat += np.bincount(cells, taken[stay] * days, len(flat))

    def now(self, prices: Floats, bound: float) -> HomePrices:
        """Promising are those that each knows: what gains most of all pairs would be the same few homes for all."""
        counts = np.minimum(self._count, PROMISING).tolist()
        promising = [known[:count] for known, count in zip(self._known, counts, strict=True)]
        return HomePrices(bound, self.places, prices, promising)

    def looked_at_all(self, prices: Floats, best: HomePrices, budget: TimeBudget) -> HomePrices:
        """All households choose among all pairs: these prices, and the lower of their bound and the best, which stays
        when the time is over before.
        """
        bound = float((prices * self.places.had).sum())
        paid = self._paid(prices)
        some = np.flatnonzero(self._count)
        for lot in np.array_split(some, max(len(self._problem) // PAIRS_AT_ONCE, 1)):
            pairs = ranges(self._needs.starts[lot], self._count[lot])
            for asked in self._asked(lot, self._count[lot], pairs, paid):
                if budget.is_over():
                    return self.now(prices, best.bound)
                bound += self._most_gained(asked)
        return self.now(prices, min(bound, best.bound))


@dataclass(frozen=True, eq=False)
class _Asked:
    """Households that are alike, and pairs that they look at: what each gains on a day of each block, from the one that
    begins on day `zero` of its household on, and on how many days it is there.
    """

    who: Ints
    whose: Ints  # per pair: the place in `who`
    pairs: Ints
    zero: Ints  # per household
    there: Ints  # (pairs, blocks)
    gains: Floats

    @cached_property
    def most(self) -> Floats:
        """Per pair: no part gains more than its pair on all days on which it gains anything."""
        most: Floats = (self.there * np.maximum(self.gains, 0)).sum(axis=1)
        return most

    def best(self, count: int) -> tuple[Ints, Ints]:
        """So many rows of each household that could gain most, and the place of each among them."""
        order = np.lexsort((-self.most, self.whose))
        place = np.arange(len(order)) - np.searchsorted(self.whose, np.arange(len(self.who)))[self.whose]
        few = place < count
        return order[few], place[few]

    def contenders(self) -> Ints:
        """Among these rows each chooses first."""
        rows, _ = self.best(CONTENDERS)
        return np.sort(rows[self.most[rows] > 0])
