"""Wake-ups: wake a worker when the transaction commits. Its loss loses nothing, since rows are the queue.

Somebody waits for their page meanwhile. So each task is woken once a transaction, the broker has a second to take it,
and while it does not answer, nobody waits for it: the sweeper finds the rows within a minute of its return.
"""

import logging
import threading
import time

from celery import current_app
from django.db import transaction
from kombu.exceptions import LimitExceeded, OperationalError
from kombu.pools import producers

log = logging.getLogger(__name__)

# In seconds: what the broker has for each answer, and how long nobody asks it after one that did not come.
LONGEST_WAIT = 1.0
PAUSE = 30.0


class Patience:
    """Whether this process may wait for the broker: after a failure nobody for a while, then one before all others."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._paused_until: float | None = None

    def is_left(self) -> bool:
        """True for all while the broker answers, and for one thread once the pause is over."""
        with self._lock:
            if self._paused_until is None:
                return True
            now = time.monotonic()
            if now < self._paused_until:
                return False
            self._paused_until = now + PAUSE  # the others need not wait to see how this one fares
            return True

    def lose(self) -> None:
        with self._lock:
            self._paused_until = time.monotonic() + PAUSE

    def regain(self) -> None:
        with self._lock:
            self._paused_until = None


patience = Patience()


class _WakeUp:
    """What a transaction does at its end. All of one transaction share a set of the tasks that they have woken."""

    def __init__(self, task: str, woken: set[str]) -> None:
        self.task, self.woken = task, woken
        self.__qualname__ = f"wake-up of {task}"  # by which Django logs the failure of a robust hook

    def __call__(self) -> None:
        if self.task not in self.woken:
            self.woken.add(self.task)
            _send(self.task)


def wake_on_commit(task: str) -> None:
    """Wake the worker for the named task, which takes no argument, once the transaction has committed.

    However often it is asked for in one transaction, the task is woken once, unless all who asked were rolled back.
    """
    transaction.on_commit(_WakeUp(task, _woken_by_this_transaction()), robust=True)


def wake_later(task: str, *, seconds: float) -> None:
    """Wake the worker for the named task, which takes no argument, after so many seconds."""
    _send(task, countdown=seconds)


def _woken_by_this_transaction() -> set[str]:
    """The set that the hooks of the present transaction share.

    Whoever asks gets a hook, since Django takes those of a savepoint away when it is rolled back: only at the commit is
    it known which are left, and the first of them does the work.
    """
    hooks = (hook for _savepoints, hook, _robust in reversed(transaction.get_connection().run_on_commit))
    last = next((hook for hook in hooks if isinstance(hook, _WakeUp)), None)
    # A set with something in it is of hooks that have run: a test runs some in the midst of its own transaction.
    return last.woken if last and not last.woken else set()


def _send(task: str, *, countdown: float = 0) -> None:
    if not patience.is_left():
        log.info("wake-up left to the sweeper: %s", task)
        return
    quickly = {"socket_timeout": LONGEST_WAIT, "socket_connect_timeout": LONGEST_WAIT}
    connection = current_app.connection_for_write(transport_options=quickly)
    try:
        with producers[connection].acquire(block=True, timeout=LONGEST_WAIT) as producer:
            current_app.send_task(task, producer=producer, countdown=countdown or None)
    except (OperationalError, LimitExceeded):
        patience.lose()
        log.warning("wake-up not sent: %s", task)
    else:
        patience.regain()
