"""Which years are replayed under which policies: on several processors, with the same results in the same order."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

from simulation.behaviour import BASE, TABLE, Behaviour, scaled
from simulation.desk import replay
from simulation.hindsight import hindsight
from simulation.measures import Figures, figures
from simulation.policies import POLICIES
from simulation.towns import TOWNS
from simulation.year import year_of

# What a tornado asks of a value: half as much, and half as much again.
FACTORS = (0.5, 1.5)


@dataclass(frozen=True, slots=True)
class Task:
    """One year: a town, a seed, the policies to compare on it, and the one value of the table that is changed."""

    town: str
    seed: int
    policies: tuple[str, ...]
    parameter: str = ""
    factor: float = 1.0

    @property
    def behaviour(self) -> Behaviour:
        return scaled(self.parameter, self.factor) if self.parameter else BASE


def done(task: Task) -> dict[str, Figures]:
    """By policy."""
    year = year_of(TOWNS[task.town], task.behaviour, task.seed)
    bound = hindsight(year)
    found = {name: figures(replay(year, POLICIES[name]), bound) for name in task.policies}
    for name, some in found.items():
        if some["help"] > sum(bound.values()) + 1e-6:
            raise RuntimeError(f"{name} is above what it is said that nobody can exceed")
    return found


def all_done(tasks: Sequence[Task], *, processes: int) -> Iterator[tuple[Task, Mapping[str, Figures]]]:
    """In the order of the tasks, whichever ends first."""
    if processes <= 1:
        for task in tasks:
            yield task, done(task)
        return
    # Fresh processes: none inherits what another has computed.
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        yield from zip(tasks, pool.map(done, tasks), strict=True)


def tasks_of(towns: Sequence[str], seeds: Sequence[int], policies: Sequence[str]) -> list[Task]:
    return [Task(town, seed, tuple(policies)) for town in towns for seed in seeds]


def tornado_tasks(town: str, seeds: Sequence[int], policies: Sequence[str]) -> list[Task]:
    """Each value of the table, half as large and half as large again; and the base first."""
    return [
        *tasks_of([town], seeds, policies),
        *(
            Task(town, seed, tuple(policies), one.name, factor)
            for one in TABLE
            for factor in FACTORS
            for seed in seeds
        ),
    ]
