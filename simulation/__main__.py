"""`make simulate`: replays, then writes docs/simulation.md and its charts, or with `--print` shows one town's table."""

import argparse
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from simulation import report
from simulation.measures import Figures
from simulation.policies import POLICIES
from simulation.runs import Task, all_done, tasks_of, tornado_tasks
from simulation.towns import TOWNS

DOCS = Path(__file__).resolve().parent.parent / "docs"
SMALL = "petite"
SHOWN = ("ville", "calme", "afflux")


def main() -> None:
    options = _options()
    seeds = range(1, options.seeds + 1)
    processes = options.processes
    towns, _ = report.gathered(_watched(tasks_of(options.towns, seeds, options.policies), processes))
    swings: dict[tuple[str, float], dict[str, list[Figures]]] = {}
    if options.swing_seeds:
        some = tornado_tasks(SMALL, range(1, options.swing_seeds + 1), (report.LIST, report.DAILY))
        _, swings = report.gathered(_watched(some, processes))
    trial, _ = report.gathered(_watched([Task(report.TRIAL, 1, tuple(POLICIES))], 1))
    results = report.Results(
        seeds=seeds,
        policies=options.policies,
        towns=towns,
        swing_town=SMALL,
        swings=swings,
        trial=trial[report.TRIAL],
        command=_command(options),
    )
    if options.print:
        sys.stdout.write(report.page(results))
    else:
        report.write(results, options.out)


def _command(options: argparse.Namespace) -> str:
    return (
        f'make simulate ARGS="--towns {" ".join(options.towns)} --policies {" ".join(options.policies)}'
        f' --seeds {options.seeds} --swing-seeds {options.swing_seeds}"'
    )


def _options() -> argparse.Namespace:
    asked = argparse.ArgumentParser(prog="make simulate", description=__doc__)
    asked.add_argument("--towns", nargs="+", choices=list(TOWNS), default=list(SHOWN))
    asked.add_argument("--policies", nargs="+", choices=list(POLICIES), default=list(POLICIES))
    asked.add_argument("--seeds", type=_count, default=5, help="years of each town")
    asked.add_argument("--swing-seeds", type=_from_none, default=2, help="years of the sensitivity; 0: none")
    asked.add_argument("--processes", type=_count, default=os.cpu_count() or 1)
    asked.add_argument("--print", action="store_true", help="show the page and write nothing")
    asked.add_argument("--out", type=Path, default=DOCS)
    return asked.parse_args()


def _count(text: str) -> int:
    return _from_none(text, least=1)


def _from_none(text: str, least: int = 0) -> int:
    if not text.isdecimal() or int(text) < least:
        raise argparse.ArgumentTypeError(f"a number from {least} up is expected, not {text}")
    return int(text)


def _watched(tasks: list[Task], processes: int) -> list[tuple[Task, Mapping[str, Figures]]]:
    """What is done, told to whoever waits; not a part of the page."""
    found: list[tuple[Task, Mapping[str, Figures]]] = []
    began = time.monotonic()
    for task, some in all_done(tasks, processes=processes):
        found.append((task, some))
        sys.stderr.write(
            f"… {len(found)} / {len(tasks)} : {task.town} {task.parameter} {task.seed},"
            f" {time.monotonic() - began:.0f} s\n"
        )
    return found


if __name__ == "__main__":
    main()
