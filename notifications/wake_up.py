"""Wake-ups: wake a worker when the transaction commits. Its loss loses nothing, since rows are the queue."""

import logging

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

log = logging.getLogger(__name__)


def _send(task: str) -> None:
    try:
        current_app.send_task(task)
    except OperationalError:
        # The broker is down: the sweeper finds the rows within a minute of its return.
        log.warning("wake-up not sent: %s", task)


def wake_on_commit(task: str) -> None:
    """Wake the worker for the named task, which takes no argument, once the transaction has committed."""

    def wake() -> None:  # not a partial: Django logs the failure of a robust hook by its name
        _send(task)

    transaction.on_commit(wake, robust=True)
