"""What no parts can be worth more than, whichever days they have; and which pairs are promising.

Three promises are loosened. Offers and needs keep theirs in sum over each block of days; a part may have any days of
its window; and of homes in turn each costs its move in proportion to the days that it has of its longest. Then there is
a price for each need and block, and one for its moves, at which offers decide alone, each block for the pair that gains
most. At any prices the sum is a bound (Lagrange). Good prices are found going downhill, where offers first decide for
several pairs at once, the more the better they are, then ever more sharply (Nesterov, 2005).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from engine.arrays import Bools, Floats, Ints, ranges
from engine.planning.lasting import Lasting
from engine.runs import DAYS_A_WEEK

# Pairs × blocks that are looked at in each round.
CELLS = 100_000
ROUNDS = 300
# Of more pairs than this, so many of each offer in each block begin to find the prices; others join so often at most,
# and prices move for so many rounds again.
FEW_PAIRS, CONTENDERS, JOININGS, ROUNDS_AGAIN = 20_000, 10, 25, 60
FIRST_STEP, STEADY_ROUNDS, MOMENTUM = 0.15, 40, 0.8
MOST_CROWDED = 3.0
# How softly offers decide, compared with what a unit's day is worth at most: at first, and at the end.
SOFT, SHARPER, SHARP = 0.05, 0.005, 0.0005
MOVE_STEP = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class Priced:
    """`bound`: no parts are worth more. `loss` per pair: what the bound loses for each day and unit of it, or more.

    The prices at which this is so.
    """

    bound: float
    loss: Floats
    prices: Floats  # per need and day, of a unit
    moves: Floats  # per need, of a unit


def priced(problem: Lasting, *, stop: Callable[[], bool]) -> Priced:
    """The best prices found, as long as `stop` does not say so."""
    every = _Market(problem, np.arange(len(problem)))
    prices = np.repeat(every.highest[:, None] / 2, every.shape[1], axis=1)
    moves = every.most_move / 2
    is_in = np.ones(len(problem), np.bool_)
    some = every
    # Where there are very many pairs, prices are found among those that would gain most, then tried on all; those that
    # would gain more at these prices join them.
    if len(problem) > FEW_PAIRS:
        is_in = every.gains_most(prices, moves)
        some = _Market(problem, np.flatnonzero(is_in))
    best, best_prices, best_moves, soft = np.inf, prices, moves, SOFT
    for _turn in range(JOININGS):
        prices, moves = _settled(some, prices, moves, soft=soft, stop=stop)
        bound = every.bound(prices, moves)
        if bound < best:
            best, best_prices, best_moves = bound, prices, moves
        join = every.gains_most(prices, moves) & ~is_in
        if not join.any() or stop():
            break
        is_in |= join
        some, soft = _Market(problem, np.flatnonzero(is_in)), SHARPER
    return Priced(best, every.loss(best_prices, best_moves), every.by_day(best_prices), best_moves)


def _settled(
    market: "_Market", prices: Floats, moves: Floats, *, soft: float, stop: Callable[[], bool]
) -> tuple[Floats, Floats]:
    """Better prices than these, going downhill."""
    drift = np.zeros(prices.shape)
    best, best_prices, best_moves = np.inf, prices, moves
    highest = market.highest[:, None]
    rounds = ROUNDS if soft == SOFT else ROUNDS_AGAIN
    for turn in range(rounds):
        bound = market.bound(prices, moves)
        if bound < best:
            best, best_prices, best_moves = bound, prices, moves
        if stop():
            break
        given = market.given(prices, moves, market.typical * soft * (SHARP / soft) ** (turn / rounds))
        step = 1 / (1 + (turn + ROUNDS - rounds) / STEADY_ROUNDS)
        crowd = market.crowd(given)
        crowd[(prices <= 0) & (crowd < 0)] = 0
        drift = MOMENTUM * drift + (1 - MOMENTUM) * crowd
        prices = np.clip(prices + FIRST_STEP * step * highest * drift, 0, highest)
        beside = market.homes_beside_the_first(given)
        moves = np.clip(moves + MOVE_STEP * step * market.most_move * beside, 0, market.most_move)
    return best_prices, best_moves


class _Market:
    """Cells of some pairs and blocks, by offer and block. All that is given is counted in units × days.

    Prices: per need and block.
    """

    def __init__(self, problem: Lasting, pairs: Ints) -> None:
        self._problem, self._pairs = problem, pairs
        # All markets of a problem have the same blocks.
        length = problem.last - problem.first + 1
        self._block = max(1, int(np.ceil(length.sum() / CELLS)))
        blocks = -(-problem.days // self._block)
        self.shape = len(problem.move), blocks
        first, last = problem.first[pairs] // self._block, problem.last[pairs] // self._block
        count = last - first + 1
        row, block = np.repeat(np.arange(len(pairs)), count), ranges(first, count)
        cell = problem.offer[pairs][row].astype(np.int64) * blocks + block
        order = np.argsort(cell, kind="stable")
        self._row, block, cell = row[order].astype(np.int32), block[order], cell[order]
        changes = cell[1:] != cell[:-1]
        self._starts = np.flatnonzero(np.append(True, changes)[: len(cell)])
        self._group = np.cumsum(np.append(0, changes))[: len(cell)].astype(np.int32)
        edges = np.arange(0, problem.days, self._block)
        left = np.add.reduceat(problem.left, edges, axis=1).ravel()
        self._room = left[cell[self._starts]].astype(np.float64)
        self._need = problem.need[pairs][self._row].astype(np.int32)
        # What is given once counts on every day of its week, whichever it is.
        once = problem.once[self._need]
        self._price = (self._need * np.int64(blocks) + np.where(once, 0, block)).astype(np.int32)
        self._wanted = np.add.reduceat(problem.missing, edges, axis=1).astype(np.float64)
        self._wanted[problem.once] = 0
        self._wanted[problem.once, 0] = problem.missing[problem.once, 0] * DAYS_A_WEEK
        self.highest = np.zeros(len(problem.move))
        np.maximum.at(self.highest, problem.need, problem.value)
        self.typical = float(problem.value.mean())
        # Of homes all units come together.
        self.quantity = np.ones(len(problem.move))
        self.quantity[problem.need] = problem.most
        self.most_move = problem.move / self.quantity
        self._value = problem.value[pairs][self._row]
        self._move_part = 1 / problem.longest[pairs][self._row]

    def bound(self, prices: Floats, moves: Floats) -> float:
        top = self._top(self._gain(prices, moves))
        return float(top @ self._room + (prices * self._wanted).sum() + moves @ self.quantity)

    def _gain(self, prices: Floats, moves: Floats) -> Floats:
        """Of a unit on a day of each cell."""
        gains: Floats = self._value - moves[self._need] * self._move_part - prices.ravel()[self._price]
        return gains

    def _top(self, gain: Floats) -> Floats:
        """The gain of each offer's best pair in each block, 0 where none gains."""
        tops: Floats = np.maximum(np.maximum.reduceat(gain, self._starts), 0)
        return tops

    def given(self, prices: Floats, moves: Floats, soft: float) -> Floats:
        """What offers give in each cell when they decide so softly."""
        gain = self._gain(prices, moves)
        top = self._top(gain)
        share = np.exp((gain - top[self._group]) / soft)
        every = np.add.reduceat(share, self._starts) + np.exp(-top / soft)
        given: Floats = share / every[self._group] * self._room[self._group]
        return given

    def crowd(self, given: Floats) -> Floats:
        """How much more is given at each price than is wanted, in shares of that."""
        rows, blocks = self.shape
        all_given = np.bincount(self._price, given, rows * blocks).reshape(self.shape)
        shares: Floats = np.clip(all_given / np.maximum(self._wanted, 1) - 1, -1, MOST_CROWDED)
        return shares

    def homes_beside_the_first(self, given: Floats) -> Floats:
        homes = np.bincount(self._need, given * self._move_part, len(self.quantity)) / self.quantity
        shares: Floats = np.clip(homes - 1, -1, 1)
        return shares

    def loss(self, prices: Floats, moves: Floats) -> Floats:
        """What each pair gains less than the best of its offer, on the mean of its days."""
        gain = self._gain(prices, moves)
        lost = np.bincount(self._row, self._top(gain)[self._group] - gain, len(self._pairs))
        losses: Floats = lost / np.bincount(self._row, minlength=len(self._pairs))
        return losses

    def by_day(self, prices: Floats) -> Floats:
        return np.repeat(prices, self._block, axis=1)[:, : self._problem.days]

    def gains_most(self, prices: Floats, moves: Floats) -> Bools:
        """Per pair: it is among those that gain most of an offer in some block."""
        gain = self._gain(prices, moves)
        order = np.lexsort((-gain, self._group))
        first = self._starts[self._group]
        place = np.empty(len(order), np.int64)
        place[order] = np.arange(len(order))
        found = np.zeros(len(self._pairs), np.bool_)
        found[self._row[(place - first < CONTENDERS) & (gain > 0)]] = True
        return found
