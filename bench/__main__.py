"""`python -m bench [TABLE …] [--size S|M|L] [--rounds N]`: fills databases of its own, measures, prints ratios first.

Without a word: what ends within ten minutes or so. docs/figures.md tells how to read the tables.
"""

import argparse
import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from config import embedded
from config.processes import command

TABLES = ("reading", "imports", "desk", "insight", "single", "batch", "plan", "ahead", "messages")


@dataclass(frozen=True, slots=True)
class Size:
    offers: int
    needs: int
    rounds: int  # of the batch
    has_single: bool  # also when a larger size is measured


SIZES = {
    "S": Size(10_000, 3_000, 3, has_single=False),
    "M": Size(100_000, 20_000, 3, has_single=True),
    "L": Size(1_000_000, 200_000, 3, has_single=True),
}


def main() -> int:
    options = argparse.ArgumentParser(prog="bench", description=__doc__)
    options.add_argument("tables", nargs="*", metavar="TABLE", help=f"{', '.join(TABLES)}; all by default")
    options.add_argument(
        "--size", choices=SIZES, default="M", help="the largest of single and batch (default: M)"
    )
    options.add_argument("--only", action="store_true", help="this size alone, none that is smaller")
    options.add_argument("--rounds", type=int, help="of each batch")
    options.add_argument("--times", type=int, help="how often what is new is measured")
    options.add_argument(
        "--plan", action="append", default=[], metavar="NAME", help="this instance of the plan; repeatable"
    )
    options.add_argument("--offers", type=int, default=20_000, help="of the desk's town")
    options.add_argument("--needs", type=int, default=5_000, help="of the desk's town")
    options.add_argument("--rows", type=int, default=20_000, help="of the list that is imported")
    chosen = options.parse_args()
    if unknown := set(chosen.tables) - set(TABLES):
        options.error(f"no such table: {', '.join(sorted(unknown))}")
    tables = chosen.tables or list(TABLES)

    folder = embedded.data_dir() / "bench"
    os.environ["ACCORDE_MODE"] = "bench"  # neither production nor debugging
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    os.environ["LOG_LEVEL"] = "WARNING"
    for name in ("DATABASE_URL", "REDIS_URL"):
        os.environ.pop(name, None)
    with _alone(folder), embedded.servers(folder) as urls:
        os.environ.update(urls)
        import django

        django.setup()
        if "reading" in tables:
            from bench import reading

            reading.show()
        if "imports" in tables:
            from bench import desk, imports
            from cities.models import City

            desk.prepare(offers=1_000, needs=100)
            imports.show(City.objects.get(slug="strasbourg"), rows=chosen.rows)
        if "plan" in tables:
            from bench import plans

            plans.show(tuple(chosen.plan))
        if "ahead" in tables:
            from bench import ahead

            ahead.show()
        names = list(SIZES)
        last = names.index(chosen.size)
        for name in names[last : last + 1] if chosen.only else names[: last + 1]:
            _country(name, tables, chosen)
        if "messages" in tables:
            from bench import messages

            messages.prepare()
            messages.show(folder)
        if "desk" in tables:
            _desk(folder, chosen)
        if "insight" in tables:
            from bench import desk, insight

            desk.prepare(offers=chosen.offers, needs=chosen.needs)
            insight.show(desk.scanned(), rounds=chosen.times or insight.ROUNDS)
    return 0


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Two at once would empty each other's database, and slow each other down."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "bench.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SystemExit(f"Une autre mesure est en cours dans {folder}.") from None
        yield


def _die_with_parent() -> None:
    """A worker left behind would take part in the next run."""
    embedded.die_with_parent(signal.SIGTERM)


def _country(name: str, tables: list[str], chosen: argparse.Namespace) -> None:
    """One size of the country: filled once for the batch and for what is new."""
    size = SIZES[name]
    shows_single = "single" in tables and (size.has_single or name == chosen.size)
    if "batch" not in tables and not shows_single:
        return
    from django.utils import timezone

    from bench import batch, country, filling, single
    from bench.tables import decimal, milliseconds, say

    made = country.make(offers=size.offers, needs=size.needs, today=timezone.localdate())
    seconds = milliseconds(lambda: filling.fill(made, now=timezone.now())) / 1000
    say(f"Taille {name} : base remplie en {decimal(seconds)} s\n")
    if "batch" in tables:
        batch.show(name, made, rounds=chosen.rounds or size.rounds)
    if shows_single:
        single.show(made, rounds=chosen.times or single.ROUNDS)


def _desk(folder: Path, chosen: argparse.Namespace) -> None:
    """A town with a real worker beside it."""
    from bench import desk

    desk.prepare(offers=chosen.offers, needs=chosen.needs)
    log = embedded.home(folder) / "worker.log"
    with log.open("wb") as output:
        worker = subprocess.Popen(  # noqa: S603 (our own words)
            command("worker"), stdout=output, stderr=output, preexec_fn=_die_with_parent
        )
        try:
            desk.show(rounds=chosen.times or desk.ROUNDS)
        finally:
            worker.terminate()
            try:
                worker.wait(20)
            except subprocess.TimeoutExpired:
                worker.kill()


if __name__ == "__main__":
    sys.exit(main())
