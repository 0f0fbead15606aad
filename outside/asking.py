"""An open service is asked while a page waits: for a moment, and not at all while it is out of order.

Whatever it does, `ask` is over within PATIENCE. No log holds what was asked: it may be where somebody lives.
"""

import json
import logging
import queue
import threading
import time
from collections.abc import Mapping
from typing import Any

from outside.addresses import OutsideSession

log = logging.getLogger(__name__)
PATIENCE = 1.5  # seconds
# How long nobody asks after it has failed; a service may want more, but not for ever. Seconds.
REST = 60
LONGEST_REST = 3_600
MOST_BYTES = 200_000
TOO_MANY = 429


class NoAnswer(Exception):
    """It did not answer in time, not in its form, or is left alone for now."""


class Service:
    """One of them, as this process has known it to work. `ask` may be called from any thread."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._lock = threading.Lock()
        self._is_out, self._rests_until = False, 0.0

    def ask(self, url: str, said: Mapping[str, str]) -> Any:
        """What it answers to GET, from JSON; None where it refuses the question. Raises NoAnswer."""
        self._take_turn()
        # In a thread of its own: names are resolved, and letters come one by one, without regard to a time-out.
        answers: queue.SimpleQueue[Any] = queue.SimpleQueue()
        threading.Thread(target=_fetch, args=(url, dict(said), answers), daemon=True).start()
        try:
            answer = answers.get(timeout=PATIENCE)
        except queue.Empty:
            answer = _Failure("no answer in time")
        if isinstance(answer, _Failure):
            self.failed(answer.why, rest=answer.rest)
            raise NoAnswer(answer.why)
        with self._lock:
            self._is_out, self._rests_until = False, 0.0
        return answer

    def failed(self, why: str, *, rest: float = REST) -> None:
        """It is out of order: nobody asks it for a while. `why` is for the log, and quotes no answer."""
        with self._lock:
            self._is_out, self._rests_until = True, time.monotonic() + rest
        log.warning("%s is left alone for %d s: %s", self.name, rest, why)

    def _take_turn(self) -> None:
        """After a rest one asks, and the others go on without until that one knows."""
        with self._lock:
            now = time.monotonic()
            if now < self._rests_until:
                raise NoAnswer("left alone")
            if self._is_out:
                self._rests_until = now + PATIENCE


class _Failure(Exception):
    def __init__(self, why: str, rest: float = REST) -> None:
        super().__init__(why)
        self.why, self.rest = why, rest


def _fetch(url: str, said: dict[str, str], answers: queue.SimpleQueue[Any]) -> None:
    try:
        answers.put(_answer(url, said))
    except _Failure as failure:
        answers.put(failure)
    except Exception as error:
        # Its name alone: the sentence quotes the address. Nobody else would hear of it in this thread.
        answers.put(_Failure(type(error).__name__))


def _answer(url: str, said: dict[str, str]) -> Any:
    ends = time.monotonic() + PATIENCE
    headers = {"Accept": "application/json", "User-Agent": "Accorde"}
    with OutsideSession() as session:
        session.auth = lambda request: request  # no password of this machine's own files
        with session.get(url, params=said, headers=headers, timeout=PATIENCE, stream=True) as response:
            if response.status_code == TOO_MANY:
                raise _Failure("429", _asked_rest(response.headers.get("Retry-After", "")))
            if 400 <= response.status_code < 500:
                return None
            if response.status_code != 200:
                raise _Failure(str(response.status_code))
            body = b""
            for part in response.iter_content(8_192):
                body += part
                if len(body) > MOST_BYTES or time.monotonic() > ends:
                    raise _Failure("too long an answer")
    return json.loads(body)


def _asked_rest(said: str) -> float:
    return min(max(int(said), 1), LONGEST_REST) if said.isdecimal() else REST
