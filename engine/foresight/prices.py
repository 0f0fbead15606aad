"""What a day of a home, an hour or an item is worth to those who are not here yet: the price of using it up.

Of each future, category and week (goods: of all days looked at together) a linear program serves what is asked:

    maximise    Σ value × x(shape, offers)
    such that   Σ over offers x ≤ what needs of this shape ask for in this week, in units and days
                Σ over shapes x ≤ what these offers have left in this week, in units and days, less a part of a unit

over the pairs that the engine's rules allow, where the value of a unit and day is people / (quantity × days asked) ×
(priority + score / 100). That is the plan's own question, loosened: whoever is served may be cut up and moved. A row's
price (its dual value) tells what one unit and day less would cost. Offers that could serve the same shapes equally well
are one row. The part that is taken off, between a quarter and three quarters and different for each row, lets the price
be that of the last unit, and be one: without it several would do, and each solver would name another. The mean over the
futures is the price, in six decimals.
"""

from collections import defaultdict
from collections.abc import Collection, Hashable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Self

import highspy
import numpy as np

from engine.arrays import Bools, Floats, Ints
from engine.columns import FOREVER, OfferColumns
from engine.filling import need_columns
from engine.foresight.arrivals import Coming
from engine.foresight.futures import drawn
from engine.planning.problem import points_of
from engine.planning.program import Row, model_of
from engine.ranking import feasible_pairs
from engine.records import Weights
from engine.results import Feasible
from engine.runs import DAYS_A_WEEK
from engine.scoring import are_goods
from engine.vocabulary import GOODS

FUTURES, SEED = 50, 1
DECIMALS = 6
GOLDEN = 0.6180339887498949
# Values of pairs are told apart to this, so that offers that differ in nothing else are one row.
SAME_VALUE = 0.25


@dataclass(frozen=True, slots=True, eq=False)
class Ahead:
    """What lies ahead of these offers. `group`: per offer, its row in the tables, -1 where nobody is expected to want
    it. `price`: per row and week from today on, of a unit and day; of goods, per row, of an item.
    """

    today: date
    days: int
    ids: Any  # of the offers, in the order of their rows
    group: Ints
    price: Floats  # (rows, weeks)
    awaited: (
        Floats  # per row: how many people are expected to be served by these offers, of all futures the mean
    )
    alike: Ints  # per row: how many offers it stands for
    is_stock: Bools  # per row
    futures: int = FUTURES
    expects: float = 0.0  # needs, in all days looked at

    @property
    def is_empty(self) -> bool:
        return not self.price.any()

    def price_of_unit(self, pairs: Feasible) -> Floats:
        """What a unit of each pair costs those to come, on all days of its run; an appointment costs its week's.

        The pairs are of the same table of offers.
        """
        group = self.group[pairs.offer]
        known = group >= 0
        found = np.zeros(len(pairs))
        if not known.any() or not self.days:
            return found
        upto = np.concatenate([np.zeros((len(self.price), 1)), np.cumsum(self._by_day(), axis=1)], axis=1)
        row = np.maximum(group, 0)
        today = self.today.toordinal()
        first = np.clip(pairs.run_first.astype(np.int64) - today, 0, self.days)
        end = np.clip(pairs.run_last.astype(np.int64) + 1 - today, 0, self.days)
        once = pairs.needs.one_day[pairs.need]
        found = upto[row, end] - upto[row, first]
        found = np.where(once, found * DAYS_A_WEEK, found)
        found = np.where(self.is_stock[row], self.price[row, 0], found)
        return np.where(known, found, 0.0)

    def _by_day(self) -> Floats:
        return np.repeat(self.price, DAYS_A_WEEK, axis=1)[:, : self.days]


def foresee(
    coming: Coming,
    offers: OfferColumns,
    *,
    weights: Weights | Mapping[Hashable, Weights] = Weights(),  # noqa: B008 (frozen)
    links: Collection[frozenset[Hashable]] = frozenset(),
    futures: int = FUTURES,
    seed: int = SEED,
) -> Ahead:
    """Prices of these offers, over so many futures. The same question has the same answer, on every machine.

    Of no futures, no days ahead, nothing expected or nothing offered, all prices are 0.
    """
    if futures < 0 or seed < 0:
        raise ValueError("futures, seed: a number from 0 up is expected")
    weeks = -(-coming.days // DAYS_A_WEEK)
    pairs = _possible(coming, offers, weights, links)
    if not (len(pairs) and futures and weeks):
        return _nothing(coming, offers, futures)
    table = _Table.of(pairs, coming, offers)
    rows = len(table.left)
    price, awaited = np.zeros((rows, weeks)), np.zeros(rows)
    programs = [_Program(table, category) for category in np.unique(table.category).tolist()]
    for days, shapes in drawn(coming, futures=futures, seed=seed):
        asked = table.asked(days, shapes)
        for one in programs:
            for week in range(1 if one.is_stock else weeks):
                paid, served = one.solved(asked[:, week], table.left[:, week])
                price[one.groups, week] += paid
                awaited[one.groups] += served
    return Ahead(
        today=coming.today,
        days=coming.days,
        ids=offers.ids,
        group=table.group,
        price=np.round(price / futures, DECIMALS),
        awaited=np.round(awaited / futures, DECIMALS),
        alike=np.bincount(table.group[table.group >= 0], minlength=rows),
        is_stock=table.is_stock,
        futures=futures,
        expects=coming.total,
    )


def _nothing(coming: Coming, offers: OfferColumns, futures: int) -> Ahead:
    return Ahead(
        today=coming.today,
        days=coming.days,
        ids=offers.ids,
        group=np.full(len(offers), -1),
        price=np.zeros((0, 1)),
        awaited=np.zeros(0),
        alike=np.zeros(0, np.int64),
        is_stock=np.zeros(0, np.bool_),
        futures=futures,
        expects=coming.total,
    )


def _possible(coming: Coming, offers: OfferColumns, weights: Any, links: Any) -> Feasible:
    """Each shape, posted today, and each offer as it will be: free from today on for as long as it is there."""
    needs = need_columns(
        [shape.need(number, coming.today) for number, shape in enumerate(coming.shapes)], offers.vocabulary
    )
    return feasible_pairs(
        needs, _as_if_free(offers, coming.today), today=coming.today, weights=weights, links=links
    )


def _as_if_free(offers: OfferColumns, today: date) -> OfferColumns:
    day = today.toordinal()
    ends = np.full(len(offers), day - 1, np.int64)
    begins = np.full(len(offers), FOREVER, np.int64)
    owner = np.repeat(np.arange(len(offers)), np.diff(offers.stretches_from))
    to_come = (offers.stretch_last >= day) & (offers.stretch_left > 0)
    np.maximum.at(ends, owner[to_come], offers.stretch_last[to_come].astype(np.int64))
    np.minimum.at(begins, owner[to_come], np.maximum(offers.stretch_first[to_come].astype(np.int64), day))
    most = np.zeros(len(offers), np.int64)
    np.maximum.at(most, owner[to_come], offers.stretch_left[to_come])
    there = most > 0
    last = np.where(ends >= FOREVER, FOREVER, day + ends - begins)
    return replace(
        offers,
        is_open=offers.is_open & there,
        stretches_from=np.arange(len(offers) + 1, dtype=np.int64),
        stretch_first=np.full(len(offers), day, np.int32),
        stretch_last=np.where(there, last, day).astype(np.int32),
        stretch_left=most,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Table:
    """Shapes and groups of offers that can serve the same ones, and pairs of these."""

    group: Ints  # per offer; -1: it can serve none
    left: Ints  # (groups, weeks): units and days
    is_stock: Bools  # per group
    category: Ints  # per pair
    shape: Ints  # per pair
    of_group: Ints  # per pair
    value: Floats  # per pair, of a unit and day
    helped: Floats  # per shape, people by a unit and day
    days: int
    begins: Ints  # per shape, days after it is posted
    lasts: Ints  # per shape, in days
    quantity: Ints  # per shape, units
    is_one_day: Bools  # per shape
    is_item: Bools  # per shape

    @classmethod
    def of(cls, pairs: Feasible, coming: Coming, offers: OfferColumns) -> Self:
        needs = pairs.needs
        quantity = np.ceil(needs.asked).astype(np.int64)
        lasts = (needs.last_day - needs.first_day + 1).astype(np.int64)
        goods = are_goods(offers)
        is_item = np.array([shape.asks.kind == GOODS for shape in coming.shapes])
        counted = np.where(is_item, 1, np.where(needs.one_day, DAYS_A_WEEK, lasts))
        helped = needs.people / (quantity * counted)
        worth = points_of(pairs)
        group, members = _grouped(pairs, worth, len(offers))
        of_pair = group[pairs.offer]
        keys, pair = np.unique(pairs.need.astype(np.int64) * members + of_pair, return_inverse=True)
        value = np.bincount(pair, worth) / np.bincount(pair)
        shape, of_group = keys // members, keys % members
        is_stock = np.zeros(members, np.bool_)
        is_stock[of_pair] = goods[pairs.offer]
        return cls(
            group=group,
            left=_left(offers, group, is_stock, coming),
            is_stock=is_stock,
            category=needs.category[shape],
            shape=shape,
            of_group=of_group,
            value=value * helped[shape],
            helped=helped,
            days=coming.days,
            begins=np.array([one.lead for one in coming.shapes]),
            lasts=lasts,
            quantity=quantity,
            is_one_day=needs.one_day,
            is_item=is_item,
        )

    def asked(self, day: Ints, shape: Ints) -> Ints:
        """(shapes, weeks): units and days that these arrivals ask for, of items all in the first week's place."""
        weeks = self.left.shape[1]
        found = np.zeros((len(self.begins), weeks), np.int64)
        first = day + self.begins[shape]
        quantity = self.quantity[shape]
        items = self.is_item[shape]
        soon = items & (first < self.days)
        np.add.at(found[:, 0], shape[soon], quantity[soon])
        once = self.is_one_day[shape] & ~items & (first < self.days)
        np.add.at(found, (shape[once], first[once] // DAYS_A_WEEK), quantity[once] * DAYS_A_WEEK)
        lasting = ~self.is_one_day[shape]
        end = np.minimum(first + self.lasts[shape], self.days)
        for week in range(weeks):
            days = np.minimum(end, (week + 1) * DAYS_A_WEEK) - np.maximum(first, week * DAYS_A_WEEK)
            some = lasting & (days > 0)
            np.add.at(found[:, week], shape[some], quantity[some] * days[some])
        return found


def _grouped(pairs: Feasible, worth: Floats, offers: int) -> tuple[Ints, int]:
    """Per offer, which group it belongs to: those that serve the same shapes, at about the same worth."""
    by_offer: dict[int, list[tuple[int, int]]] = defaultdict(list)
    steps = np.rint(worth / SAME_VALUE).astype(np.int64)
    for need, offer, step in zip(pairs.need.tolist(), pairs.offer.tolist(), steps.tolist(), strict=True):
        by_offer[offer].append((need, step))
    found: dict[tuple[tuple[int, int], ...], int] = {}
    group = np.full(offers, -1)
    for offer in sorted(by_offer):
        group[offer] = found.setdefault(tuple(sorted(by_offer[offer])), len(found))
    return group, len(found)


def _left(offers: OfferColumns, group: Ints, is_stock: Bools, coming: Coming) -> Ints:
    """(groups, weeks): what is left of these offers, in units and days; of a stock, in items, in the first place."""
    weeks = -(-coming.days // DAYS_A_WEEK)
    found = np.zeros((len(is_stock), weeks), np.int64)
    owner = group[np.repeat(np.arange(len(offers)), np.diff(offers.stretches_from))]
    today = coming.today.toordinal()
    first = offers.stretch_first.astype(np.int64) - today
    end = np.minimum(offers.stretch_last.astype(np.int64) + 1 - today, coming.days)
    left = np.maximum(offers.stretch_left, 0)
    stock = (owner >= 0) & is_stock[np.maximum(owner, 0)] & (end > 0)
    # Of a stock the same is left on all its days: one stretch, its first to come, tells it.
    opens = np.flatnonzero(stock)
    row_of = np.repeat(np.arange(len(offers)), np.diff(offers.stretches_from))
    _, once = np.unique(row_of[opens], return_index=True)
    np.add.at(found[:, 0], owner[opens[once]], left[opens[once]])
    lasting = (owner >= 0) & ~is_stock[np.maximum(owner, 0)]
    for week in range(weeks):
        days = np.minimum(end, (week + 1) * DAYS_A_WEEK) - np.maximum(first, week * DAYS_A_WEEK)
        some = lasting & (days > 0)
        np.add.at(found[:, week], owner[some], left[some] * days[some])
    return found


class _Program:
    """The linear program of one category, asked again and again with other quantities, each time from where it was."""

    def __init__(self, table: _Table, category: int) -> None:
        pairs = np.flatnonzero(table.category == category)
        self.shapes, shape = np.unique(table.shape[pairs], return_inverse=True)
        self.groups, group = np.unique(table.of_group[pairs], return_inverse=True)
        self.is_stock = bool(table.is_stock[self.groups[0]])
        self._helped = table.helped[table.shape[pairs]]
        self._group = group
        # As far from each other as can be, whatever their number.
        self._part = 0.25 + 0.5 * ((1 + self.groups) * GOLDEN % 1)
        rows = [
            Row(columns, np.ones(len(columns), np.int64), 0)
            for side in (shape, group)
            for columns in np.split(
                np.argsort(side, kind="stable"), np.flatnonzero(np.diff(np.sort(side))) + 1
            )
        ]
        self._rows = np.arange(len(rows), dtype=np.int32)
        self._highs = highspy.Highs()
        self._highs.silent()
        options: dict[str, int | str] = {
            "threads": 1,
            "random_seed": 1,
            "presolve": "off",
            "solver": "simplex",
        }
        for name, value in options.items():
            self._highs.setOptionValue(name, value)
        self._highs.passModel(model_of(table.value[pairs], np.full(len(pairs), np.inf), rows))

    def solved(self, asked: Ints, left: Ints) -> tuple[Floats, Floats]:
        """Per group, the price of a unit and day, and how many people it serves."""
        asked, left = asked[self.shapes], left[self.groups]
        if not asked.any() or not left.any():
            return np.zeros(len(left)), np.zeros(len(left))
        most = np.concatenate([asked, np.where(left > 0, left - self._part, 0.0)])
        none = np.full(len(most), -highspy.kHighsInf)
        # Not in the library's stubs.
        self._highs.changeRowsBounds(len(most), self._rows, none, most)  # type: ignore[attr-defined]
        self._highs.run()
        if self._highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            raise RuntimeError("prices were not found")
        solution = self._highs.getSolution()
        paid: Floats = -np.asarray(solution.row_dual, np.float64)[len(asked) :]
        given = np.asarray(solution.col_value)
        served = np.bincount(self._group, given * self._helped, len(left)).astype(np.float64)
        return np.where(left > 0, np.maximum(paid, 0.0), 0.0), served
