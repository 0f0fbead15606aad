"""`make mutants`: change the code, one place at a time, and see whether a test fails.

A mutant that survives is a missing test, or it is no change at all and stands in accepted.toml.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack

from config import embedded
from tests.mutants.mutations import mutants_of
from tests.mutants.sampling import described, drawn, read_accepted, report
from tests.mutants.trials import Group, Outcome, measures, outcomes, source_of

GROUPS = [
    # No server, no Django: nothing of the tests' conftest.
    Group(
        "engine",
        ("engine",),
        ("tests/engine",),
        (
            "--noconftest",
            "--disable-plugin-autoload",
            "-p",
            "_hypothesis_pytestplugin",
            "--ignore=tests/engine/test_purity.py",
        ),
    ),
    Group(
        "decisions",
        (
            "matching/lifecycle.py",
            "matching/services.py",
            "matching/standing.py",
            "matching/capacity.py",
            "matching/asking.py",
            "matching/roles.py",
            "matching/happenings.py",
            "matching/sweeps.py",
            "matching/selectors.py",
        ),
        (
            "tests/matching/test_lifecycle.py",
            "tests/matching/test_decisions.py",
            "tests/matching/test_capacity.py",
            "tests/matching/test_left_to_town.py",
            "tests/matching/test_messages.py",
            "tests/matching/test_pages.py",
            "tests/matching/test_selectors.py",
            "tests/matching/test_asked_at_once.py",
            "tests/matching/test_turns.py",
            "tests/matching/test_waits.py",
            "tests/stays/test_going_on.py",
            "tests/webhooks/test_record.py",
            "tests/desk/test_sql.py",
            "tests/followups/test_followups.py",
        ),
        needs_servers=True,
    ),
]
SAMPLE = 300
SEED = 20260101


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="make mutants", description="Change the code, one place at a time, and see whether a test fails."
    )
    parser.add_argument(
        "paths", nargs="*", help="only these files or folders; all their mutants, unless --sample"
    )
    parser.add_argument("--all", action="store_true", help="every mutant: hours")
    parser.add_argument("--again", action="store_true", help="only those that survived last time")
    parser.add_argument("--sample", type=int, help=f"so many ({SAMPLE})")
    parser.add_argument("--seed", type=int, default=SEED, help="another draw")
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1), help="so many at a time")
    options = parser.parse_args(arguments)

    folder = embedded.data_dir() / "mutants"
    folder.mkdir(parents=True, exist_ok=True)
    last = folder / "survivors.json"
    accepted = read_accepted()
    every = {path: mutants_of(path, source_of(path)) for group in GROUPS for path in group.files()}
    chosen = [
        mutant for path, mutants in every.items() if _asked_for(path, options.paths) for mutant in mutants
    ]
    if options.again:
        names = {tuple(name) for name in json.loads(last.read_text())}
        chosen = [mutant for mutant in chosen if (*mutant.key, mutant.nth) in names]
    elif not options.all and (options.sample or not options.paths):
        chosen = drawn(chosen, options.sample or SAMPLE, options.seed)
    equivalent = [mutant for mutant in chosen if mutant.key in accepted]
    # In the order of the draw, so that a run which is broken off has tried a sample too.
    chosen = sorted(
        (mutant for mutant in chosen if mutant.key not in accepted),
        key=lambda mutant: mutant.rank(options.seed),
    )
    total = sum(map(len, every.values()))
    print(
        f"{len(chosen)} mutants sur {total} (graine {options.seed}), {len(equivalent)} équivalents mis de côté"
    )

    groups = {path: group for group in GROUPS for path in group.files()}
    done: list[Outcome] = []
    begun = time.monotonic()
    with ExitStack() as servers:
        environments = []
        for number in range(options.jobs):
            data = folder / str(number)
            # Held for the whole run, so that each process finds its servers running.
            if any(groups[mutant.path].needs_servers for mutant in chosen):
                servers.enter_context(embedded.servers(data / "test" / "0", lasting=False))
            environments.append({"ACCORDE_DATA": str(data), "OPENBLAS_NUM_THREADS": "1"})
        work = [(groups[mutant.path], mutant) for mutant in chosen]
        used = [group for group in GROUPS if any(group is of for of, _ in work)]
        for outcome in outcomes(work, measures(used, folder, environments), folder, environments):
            done.append(outcome)
            if outcome.survived:
                print(described(outcome), flush=True)
            if len(done) % 25 == 0:
                killed = sum(not outcome.survived for outcome in done)
                print(f"… {killed} / {len(done)} en {time.monotonic() - begun:.0f} s", flush=True)
    survivors = [outcome.mutant for outcome in done if outcome.survived]
    last.write_text(json.dumps([(*mutant.key, mutant.nth) for mutant in survivors]))
    return report(
        done, stale=set(accepted) - {mutant.key for mutants in every.values() for mutant in mutants}
    )


def _asked_for(path: str, places: Sequence[str]) -> bool:
    return not places or any(
        path == place.rstrip("/") or path.startswith(place.rstrip("/") + "/") for place in places
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
