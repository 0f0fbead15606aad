"""What encryption costs a page: its time with it, over its time less what sealing and opening took."""

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from bench.tables import milliseconds
from sealing import fields

ROUNDS = 20


def cost(call: Callable[[], object]) -> float:
    """The median of some calls. Wider rows and indexes are in both times; taking the time is in the first alone."""
    ratios = []
    with _timed() as taken:
        for _ in range(ROUNDS):
            taken.clear()
            whole = milliseconds(call)
            ratios.append(whole / (whole - sum(taken)))
    return statistics.median(ratios)


@contextmanager
def _timed() -> Iterator[list[float]]:
    """The milliseconds of each value that a column seals, opens or looks for in here."""
    taken: list[float] = []

    def timed(work: Callable[..., Any]) -> Callable[..., Any]:
        def done(*values: Any, **named: Any) -> Any:
            started = time.perf_counter()
            try:
                return work(*values, **named)
            finally:
                taken.append((time.perf_counter() - started) * 1000)

        return done

    names = ("seal", "unseal", "blind")
    before = {name: getattr(fields, name) for name in names}
    for name in names:
        setattr(fields, name, timed(before[name]))
    try:
        yield taken
    finally:
        for name in names:
            setattr(fields, name, before[name])
