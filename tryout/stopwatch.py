"""Which step of a trial is on, how far, and how long each took."""

import time
from collections.abc import Callable

# step, done, of how many (None: not known)
Progress = Callable[[str, int, int | None], None]


class Stopwatch:
    """Which step is on, and how long each took."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._begun: dict[str, float] = {}
        self._step = ""

    def start(self, step: str) -> None:
        self._begun[step] = time.perf_counter()
        self._step = step
        self.tell(0, None)

    def tell(self, done: int, total: int | None) -> None:
        self._progress(self._step, done, total)

    def spent(self) -> dict[str, float]:
        """Seconds of each step, and in all."""
        moments = [*self._begun.values(), time.perf_counter()]
        each = {
            step: end - start for step, start, end in zip(self._begun, moments[:-1], moments[1:], strict=True)
        }
        return {**each, "total": moments[-1] - moments[0]}
