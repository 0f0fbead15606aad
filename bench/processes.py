"""Processes started afresh that work side by side, as a town's workers do; each tells its time and its memory."""

import os
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any, Self

from bench.tables import peak_megabytes


@dataclass(frozen=True, slots=True)
class Done:
    """`cpu`: this process's own seconds for the job; `peak_mb`: its memory at most, since it began."""

    value: Any
    cpu: float
    peak_mb: float


class Processes:
    """A context: so many processes, ready to work when the block begins."""

    def __init__(self, processes: int) -> None:
        context = get_context("spawn")
        self._pipes: list[Connection] = []
        self._processes: list[Any] = []
        for _ in range(processes):
            ours, theirs = context.Pipe()
            process = context.Process(target=_serve, args=(theirs,), daemon=True)
            process.start()
            theirs.close()
            self._pipes.append(ours)
            self._processes.append(process)
        for pipe in self._pipes:
            _received(pipe)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for pipe in self._pipes:
            pipe.close()
        for process in self._processes:
            process.join(20)
            if process.is_alive():
                process.kill()

    def run(
        self, job: Callable[..., object], arguments: Sequence[tuple[Any, ...]]
    ) -> tuple[float, list[Done]]:
        """One call in each process, all at once: seconds until the last is done, and what each says."""
        started = time.perf_counter()
        for pipe, own in zip(self._pipes, arguments, strict=True):
            pipe.send((job, own))
        done = [_received(pipe) for pipe in self._pipes]
        return time.perf_counter() - started, done


def alone(job: Callable[..., object], *arguments: object) -> Done:
    """One call in a process of its own."""
    with Processes(1) as processes:
        _, (done,) = processes.run(job, [arguments])
    return done


def _received(pipe: Connection) -> Done:
    try:
        answer = pipe.recv()
    except EOFError:
        raise RuntimeError("a process of the bench died; was there enough memory?") from None
    if isinstance(answer, str):
        raise RuntimeError(f"in a process of the bench:\n{answer}")
    done: Done = answer
    return done


def _serve(pipe: Connection) -> None:
    try:
        import django

        django.setup()
        pipe.send(Done(os.getpid(), 0.0, peak_megabytes()))
        while True:
            try:
                job, arguments = pipe.recv()
            except EOFError:
                return
            began = time.process_time()
            value = job(*arguments)
            pipe.send(Done(value, time.process_time() - began, peak_megabytes()))
    except BaseException:
        pipe.send(traceback.format_exc())
        raise
