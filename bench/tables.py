"""How figures are taken and shown: ratios first; absolute times, which belong to the machine, beside them."""

import resource
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

MEGABYTE = 1024  # kilobytes
# With fewer values there is no 99th percentile to speak of: the largest is shown.
ENOUGH_FOR_P99 = 100


def say(text: str = "") -> None:
    print(text, flush=True)  # noqa: T201


def doing(text: str) -> None:
    """What is going on, for whoever waits; not a part of the tables."""
    print(f"… {text}", file=sys.stderr, flush=True)  # noqa: T201


def milliseconds(call: Callable[[], object]) -> float:
    """Of one call."""
    started = time.perf_counter()
    call()
    return (time.perf_counter() - started) * 1000


def percentile(times: Sequence[float], percent: int) -> float:
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


def spread(times: Sequence[float]) -> str:
    """The median and the 99th percentile, or the largest of few."""
    if len(times) >= ENOUGH_FOR_P99:
        return f"{statistics.median(times):8.2f} / {percentile(times, 99):8.2f} ms"
    return f"{statistics.median(times):8.2f} / {max(times):8.2f} ms (le plus long de {len(times)})"


def count(number: float) -> str:
    """A whole number with thin spaces between thousands."""
    return f"{number:,.0f}".replace(",", "\u202f")


def decimal(number: float, digits: int = 1) -> str:
    return f"{number:,.{digits}f}".replace(",", "\u202f").replace(".", ",")


def times_as_fast(ours: float, theirs: float) -> str:
    """How many times as fast we are, in the width of a table's first column."""
    return f"{decimal(theirs / ours, 2):>8} ×"


def ratio(name: str, ours: Sequence[float], theirs: Sequence[float], baseline: str) -> None:
    """A line: how many times as fast as the baseline, then the milliseconds of both."""
    say(
        f"{times_as_fast(statistics.median(ours), statistics.median(theirs))} la vitesse de la {baseline}, {name} :"
        f" {spread(ours)}, contre {spread(theirs)}"
    )


def refuse_unless(holds: bool, complaint: str) -> None:
    """A wrong result is an error, never a figure."""
    if not holds:
        raise RuntimeError(complaint)


def peak_megabytes() -> float:
    """The most memory that this process has held since it began: its VmHWM, where the system tells it."""
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / MEGABYTE
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / MEGABYTE / (MEGABYTE if sys.platform == "darwin" else 1)


@dataclass(slots=True)
class DatabaseTime:
    milliseconds: float = 0.0
    statements: int = 0


@contextmanager
def database_time() -> Iterator[DatabaseTime]:
    """What this process waits for the database meanwhile: every statement, whoever sends it, and every commit."""
    spent = DatabaseTime()
    execute, commit = psycopg.Cursor.execute, psycopg.Connection.commit

    def timed_execute(self, *arguments, **options):  # type: ignore[no-untyped-def]
        started = time.perf_counter()
        try:
            return execute(self, *arguments, **options)
        finally:
            spent.milliseconds += (time.perf_counter() - started) * 1000
            spent.statements += 1

    def timed_commit(self):  # type: ignore[no-untyped-def]
        started = time.perf_counter()
        try:
            return commit(self)
        finally:
            spent.milliseconds += (time.perf_counter() - started) * 1000

    psycopg.Cursor.execute = timed_execute  # type: ignore[method-assign]
    psycopg.Connection.commit = timed_commit  # type: ignore[method-assign]
    try:
        yield spent
    finally:
        psycopg.Cursor.execute = execute  # type: ignore[method-assign]
        psycopg.Connection.commit = commit  # type: ignore[method-assign]
