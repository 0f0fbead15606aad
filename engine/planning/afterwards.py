"""Needs as they are once a plan is kept."""

from dataclasses import replace
from typing import Any

import numpy as np

from engine.columns import NeedColumns
from engine.filling import given_columns
from engine.planning import Plan


def needs_afterwards(needs: NeedColumns, made: Plan) -> NeedColumns:
    """With what the plan gives beside what was given before; what it plans for is these very rows.

    A need that lacks nothing keeps its quantity: none of its days is uncovered. Of half an hour that is given the need
    counts a whole one.
    """
    need = made.pairs.need.astype(np.int64)
    units = np.ceil(made.units).astype(np.int64)
    before = np.repeat(np.arange(len(needs)), np.diff(needs.given_from))
    given: dict[str, Any] = given_columns(
        need=np.concatenate([before, need]),
        first_day=np.concatenate([needs.given_first, made.first]),
        last_day=np.concatenate([needs.given_last, made.last]),
        quantity=np.concatenate([needs.given_quantity, units]),
        rows=len(needs),
    )
    once = np.where(needs.one_day[need], made.units, 0)
    missing = needs.quantity - np.bincount(need, once, len(needs)).astype(needs.quantity.dtype)
    quantity = np.where(missing > 0, missing, needs.quantity)
    return replace(
        needs, **given, quantity=quantity, least_quantity=np.minimum(needs.least_quantity, quantity)
    )
