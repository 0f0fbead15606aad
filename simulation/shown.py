"""What the engine is shown of a desk: needs with what is given to them, offers with what is left, pairs set aside."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np

from engine import Hold, NeedColumns, OfferColumns, need_columns
from engine.arrays import Bools, Ints
from engine.columns import FOREVER
from engine.runs import DAYS_A_WEEK
from engine.stretches import stretches
from engine.vocabulary import GOODS
from simulation.outcome import Match
from simulation.year import Year


@dataclass(eq=False)
class Shown:
    """Of one year; what changes in it is told."""

    year: Year

    def __post_init__(self) -> None:
        offers = self.year.given
        windows = [(row, window) for row, one in enumerate(offers) for window in one.record.available]
        self._windows: dict[str, Any] = {
            "window_offer": np.array([row for row, _ in windows], np.int64),
            "window_first": np.array([window.first_day.toordinal() for _, window in windows], np.int64),
            "window_last": np.array(
                [FOREVER if one.last_day is None else one.last_day.toordinal() for _, one in windows],
                np.int64,
            ),
            "capacity": np.array([one.record.capacity for one in offers], np.int64),
            "is_stock": np.array([one.record.kind == GOODS for one in offers], np.bool_),
        }

    def needs(self, held: Mapping[int, Iterable[Match]]) -> NeedColumns:
        """These needs, each with what is held for it."""
        records = []
        for row, some in held.items():
            record = self.year.wanted[row].record
            given = tuple(
                Hold(date.fromordinal(one.first), date.fromordinal(one.last), one.quantity) for one in some
            )
            records.append(replace(record, given=given) if given else record)
        return need_columns(records, self.year.words)

    def offers(self, live: Iterable[Match], *, is_open: Bools, asked: Ints, confirmed: Ints) -> OfferColumns:
        """All offers of the year, less what is held of them."""
        holds = [self._hold(one) for one in live]
        offer, first, last, quantity = np.array(holds, np.int64).reshape(-1, 4).T
        left: dict[str, Any] = stretches(
            hold_offer=offer, hold_first=first, hold_last=last, hold_quantity=quantity, **self._windows
        )
        return replace(
            self.year.offer_columns, is_open=is_open, asked=asked, confirmed_day=confirmed.copy(), **left
        )

    def is_stock(self, one: Match) -> bool:
        return self.year.given[one.offer].record.kind == GOODS

    def _hold(self, one: Match) -> tuple[int, int, int, int]:
        """Offer, first and last day, quantity; an appointment takes its hours of its week."""
        first, last = one.first, one.last
        record = self.year.wanted[one.need].record
        if not record.lasts and record.kind != GOODS:
            first -= (first - 1) % DAYS_A_WEEK
            last = first + DAYS_A_WEEK - 1
        return one.offer, first, last, one.quantity

    def excluded(self, rows: Iterable[int], set_aside: Collection[tuple[int, int]]) -> set[tuple[int, int]]:
        """Of the pairs set aside those of these needs, by their numbers."""
        some = {row: self.year.wanted[row].number for row in rows}
        return {(some[need], self.year.given[offer].number) for need, offer in set_aside if need in some}
