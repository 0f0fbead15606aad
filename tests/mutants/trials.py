"""Running tests against a mutant, each in a process of its own that has not imported the code yet."""

import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from hashlib import sha256
from itertools import cycle
from pathlib import Path
from typing import Any

import coverage
import highspy  # noqa: F401 (read once here, so that no child has to)
import hypothesis
import numpy  # noqa: F401 (likewise)
import pytest

from tests.mutants.mutations import Mutant

ROOT = Path(__file__).resolve().parent.parent.parent
# Of the tests that run a changed line, the fastest that compute so long together. A mutant that only slower ones would
# kill survives.
SECONDS_OF_TESTS = 60.0
# A mutant that computes so much longer than its tests do without it turns in circles.
PATIENCE = 5
MEMORY = 8 << 30
NO_RESULT = 99
# Exit codes that say nothing of the mutant.
BROKEN = {NO_RESULT, pytest.ExitCode.NO_TESTS_COLLECTED}


@dataclass(frozen=True)
class Group:
    """Code, and the tests that are to hold it."""

    name: str
    code: tuple[str, ...]
    tests: tuple[str, ...]
    options: tuple[str, ...] = ()
    needs_servers: bool = False

    def files(self) -> list[str]:
        """The code's files, from the root."""
        return sorted(
            path.relative_to(ROOT).as_posix()
            for place in self.code
            for path in ([ROOT / place] if place.endswith(".py") else (ROOT / place).rglob("*.py"))
        )


@cache
def source_of(path: str) -> bytes:
    """A file as it was when we first read it."""
    return (ROOT / path).read_bytes()


@dataclass
class Measure:
    """What the tests do without a mutant: seconds of computing of each, and which run a line of the code."""

    seconds: dict[str, float] = field(default_factory=dict)
    lines: dict[str, dict[int, list[str]]] = field(default_factory=dict)

    def write(self, path: Path) -> None:
        number = {test: place for place, test in enumerate(self.seconds)}
        lines = {
            name: [[line, *(number[test] for test in tests)] for line, tests in of_file.items()]
            for name, of_file in self.lines.items()
        }
        path.write_text(json.dumps([self.seconds, lines]))

    @classmethod
    def read(cls, path: Path) -> "Measure":
        seconds, lines = json.loads(path.read_text())
        names = list(seconds)
        return cls(
            seconds,
            {
                name: {line: [names[number] for number in numbers] for line, *numbers in of_file}
                for name, of_file in lines.items()
            },
        )

    def tests_for(self, mutant: Mutant) -> list[str]:
        """The tests to run, fastest first. What runs at import, a table or a limit, may be read by any."""
        found: set[str] = set() if mutant.function else set(self.seconds)
        for first, last in filter(None, (mutant.lines, mutant.function)):
            lines = self.lines.get(mutant.path, {})
            found = found or {test for line in range(first, last + 1) for test in lines.get(line, [])}
        chosen, total = [], 0.0
        for test in sorted(found, key=lambda test: (self.seconds[test], test)):
            total += self.seconds[test]
            if chosen and total > SECONDS_OF_TESTS:
                break
            chosen.append(test)
        return chosen


class _Watch:
    """A pytest plugin that measures."""

    def __init__(self, measure: Measure, covered: coverage.Coverage) -> None:
        self.measure, self.covered = measure, covered

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[Any]:
        self.covered.switch_context(item.nodeid)
        begun = time.process_time()
        answer = yield
        self.measure.seconds[item.nodeid] = time.process_time() - begun
        self.covered.switch_context("")
        return answer


class _Choice:
    """A pytest plugin that keeps the chosen tests, in their order."""

    def __init__(self, tests: Sequence[str]) -> None:
        self.order = {test: number for number, test in enumerate(tests)}

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = sorted(
            (item for item in items if item.nodeid in self.order), key=lambda item: self.order[item.nodeid]
        )


class _Changed(importlib.machinery.SourceFileLoader):
    """Loads a mutant's module from its changed text; writes nothing down."""

    def __init__(self, name: str, path: str, code: Any) -> None:
        super().__init__(name, path)
        self.code = code

    def get_code(self, fullname: str) -> Any:
        return self.code


class _Finder(importlib.abc.MetaPathFinder):
    def __init__(self, mutant: Mutant, code: Any) -> None:
        self.path = str(ROOT / mutant.path)
        self.name = mutant.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        self.code = code

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> Any:
        if fullname != self.name:
            return None
        return importlib.util.spec_from_file_location(
            fullname, self.path, loader=_Changed(fullname, self.path, self.code)
        )


def _pytest(group: Group, arguments: Sequence[str], *plugins: object) -> int:
    # The same examples each time; no example of a mutant's is kept, none made smaller.
    hypothesis.settings.register_profile(
        "mutants", derandomize=True, database=None, deadline=None,
        phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )  # fmt: skip
    hypothesis.settings.load_profile("mutants")
    sys.dont_write_bytecode = True
    options = [
        *group.options, "-p", "no:cacheprovider", "-p", "no:randomly", "-qq", "--tb=short", "--no-header",
        "-W", "ignore::pytest.PytestAssertRewriteWarning",  # of hypothesis, which we have read already
    ]  # fmt: skip
    return int(pytest.main([*options, *arguments], plugins=plugins))


def _child(log: Path, environment: dict[str, str], work: Callable[[], int]) -> int:
    """Start `work` in a process whose exit code is its result; returns the process."""
    pid = os.fork()
    if pid:
        return pid
    status = NO_RESULT
    try:
        os.setpgid(0, 0)
        # Set by our look at `config`; pytest would read the settings before the tests' conftest says what they are.
        os.environ.pop("DJANGO_SETTINGS_MODULE", None)
        os.environ.update(environment)
        output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(output, 1)
        os.dup2(output, 2)
        status = work()
        sys.stdout.flush()
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


def measures(groups: Sequence[Group], folder: Path, environments: list[dict[str, str]]) -> dict[str, Measure]:
    """Run the groups' tests without a mutant, side by side, or read what an earlier run of the same files measured."""
    kept = {group.name: folder / f"{group.name}-{_state(group)}.json" for group in groups}
    started = {}
    for group, environment in zip(groups, cycle(environments)):
        if not kept[group.name].exists():
            for old in folder.glob(f"{group.name}-*.json"):
                old.unlink()
            log = folder / f"{group.name}.log"
            started[_child(log, environment, partial(_measure, group, kept[group.name]))] = log
    for pid, log in started.items():
        _, status = os.waitpid(pid, 0)
        if status:
            raise SystemExit(f"{log.read_text()}\nLes tests échouent sans mutant : {log}")
    return {name: Measure.read(path) for name, path in kept.items()}


def _state(group: Group) -> str:
    """Changes with the code, its tests, and what stands beside them."""
    folders = {"/".join(place.split("/")[:2]) for place in group.tests}
    tests = [path.relative_to(ROOT).as_posix() for place in folders for path in (ROOT / place).rglob("*.py")]
    state = sha256(repr(group).encode())
    for name in sorted({*tests, *group.files()}):
        state.update(name.encode() + (ROOT / name).read_bytes())
    return state.hexdigest()[:16]


def _measure(group: Group, kept: Path) -> int:
    os.environ["COVERAGE_CORE"] = "ctrace"  # the one that tells the same line for every test
    covered = coverage.Coverage(data_file=None, include=[str(ROOT / path) for path in group.files()])
    found = Measure()
    covered.start()
    status = _pytest(group, group.tests, _Watch(found, covered))
    covered.stop()
    if status == 0:
        for path in group.files():
            lines = covered.get_data().contexts_by_lineno(str(ROOT / path))
            found.lines[path] = {line: [test for test in tests if test] for line, tests in lines.items()}
        found.write(kept)
    return status


def _try(group: Group, mutant: Mutant, code: Any, tests: Sequence[str], seconds: float) -> int:
    limit = int(10 + PATIENCE * seconds)
    resource.setrlimit(resource.RLIMIT_CPU, (limit, limit))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    signal.alarm(30 * limit)  # one that waits for ever computes nothing
    sys.meta_path.insert(0, _Finder(mutant, code))
    files = list(dict.fromkeys(test.partition("::")[0] for test in tests))
    return _pytest(group, ["-x", *files], _Choice(tests))


@dataclass(frozen=True)
class Outcome:
    mutant: Mutant
    how: str  # "killed", "timeout" (computed, waited or took memory without end), "survived", "untested"

    @property
    def survived(self) -> bool:
        return self.how in {"survived", "untested"}


def outcomes(
    work: Sequence[tuple[Group, Mutant]],
    measured: dict[str, Measure],
    folder: Path,
    environments: list[dict[str, str]],
) -> Iterator[Outcome]:
    """Try each mutant, as many at a time as there are environments; each outcome as it comes."""
    free = list(range(len(environments)))
    running: dict[int, tuple[int, Mutant]] = {}
    waiting = list(reversed(work))
    while waiting or running:
        while waiting and free:
            group, mutant = waiting.pop()
            tests = measured[group.name].tests_for(mutant)
            if not tests:
                yield Outcome(mutant, "untested")
                continue
            seconds = sum(measured[group.name].seconds[test] for test in tests)
            code = compile(mutant.applied(source_of(mutant.path)), str(ROOT / mutant.path), "exec")
            slot = free.pop()
            log = folder / f"trial-{slot}.log"
            trial = partial(_try, group, mutant, code, tests, seconds)
            running[_child(log, environments[slot], trial)] = slot, mutant
        pid, status = os.wait()
        if pid not in running:
            continue
        slot, mutant = running.pop(pid)
        free.append(slot)
        result = os.waitstatus_to_exitcode(status)
        if result in BROKEN:
            raise SystemExit(f"{(folder / f'trial-{slot}.log').read_text()}\n{mutant.key}: {result}")
        yield Outcome(mutant, "timeout" if result < 0 else "killed" if result else "survived")
