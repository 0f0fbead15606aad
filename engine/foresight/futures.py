"""Futures, drawn from what may come: whole numbers are drawn, so that the same seed gives the same on every machine."""

from collections.abc import Iterator
from math import exp

import numpy as np
from numpy.random import PCG64

from engine.arrays import Floats, Ints
from engine.foresight.arrivals import Coming

# Beyond, a day is drawn in parts: e^-λ must stay a number.
MOST_AT_ONCE = 200.0


def drawn(coming: Coming, *, futures: int, seed: int) -> Iterator[tuple[Ints, Ints]]:
    """Of each future, the day (1: tomorrow) and the shape of each need that comes in it."""
    for future in range(futures):
        shares = _Shares(seed, future)
        days, shapes = [], []
        for day, a_day in enumerate(coming.a_day, start=1):
            upto = np.cumsum(a_day)
            level = float(upto[-1]) if len(upto) else 0.0
            count = _poisson(level, shares)
            days.append(np.full(count, day))
            at = np.searchsorted(upto, shares.next(count) * level, side="right")
            shapes.append(np.minimum(at, len(upto) - 1))
        none = np.empty(0, np.int64)
        yield np.concatenate([none, *days]), np.concatenate([none, *shapes])


class _Shares:
    """Numbers from 0 up to 1, 1 left out: PCG64's own whole numbers, which no version changes."""

    def __init__(self, seed: int, future: int) -> None:
        self._bits = PCG64([seed, future])

    def next(self, count: int) -> Floats:
        whole = (self._bits.random_raw(count) >> np.uint64(11)).astype(np.float64)
        found: Floats = whole * np.float64(2.0**-53)
        return found


def _poisson(level: float, shares: _Shares) -> int:
    """How many come where so many do on average."""
    found = 0
    while level > MOST_AT_ONCE:
        found += _poisson(MOST_AT_ONCE, shares)
        level -= MOST_AT_ONCE
    if level <= 0:
        return found
    share = float(shares.next(1)[0])
    term = upto = exp(-level)
    count = 0
    while share >= upto and term > 0:
        count += 1
        term *= level / count
        upto += term
    return found + count
