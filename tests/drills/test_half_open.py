"""A line to the database is lost without a word: within 20 s both ends know."""

import threading
import time

import psycopg
import pytest
from django.db import connection

from tests.lines import line_to

LONGEST = 20


@pytest.fixture
def through(transactional_db):
    """Connect as the site does, by another port."""
    opened = []

    def connect(port):
        wanted = {**connection.get_connection_params(), "port": port}
        known = {name: wanted[name] for name in wanted if name not in {"cursor_factory", "context"}}
        opened.append(psycopg.connect(**known, autocommit=True))
        return opened[-1]

    yield connect
    for each in opened:
        each.close()


def test_whoever_waits_is_told_and_what_was_locked_is_free(through):
    port = int(connection.settings_dict["PORT"])
    with line_to(port) as line:
        waits, holds, other = through(line.port), through(line.port), through(port)
        holds.execute("SELECT pg_advisory_lock(12)")
        seconds = {}

        def time_of(what, act):
            begin = time.monotonic()
            try:
                act()
            except psycopg.OperationalError:
                seconds[f"{what}: told"] = time.monotonic() - begin
            else:
                seconds[what] = time.monotonic() - begin

        threads = [
            threading.Thread(
                target=time_of, args=("an answer", lambda: waits.execute("SELECT pg_sleep(40)"))
            ),
            threading.Thread(
                target=time_of, args=("a lock", lambda: other.execute("SELECT pg_advisory_lock(12)"))
            ),
            threading.Thread(
                target=time_of, args=("a question", lambda: (time.sleep(1), holds.execute("SELECT 1")))
            ),
        ]
        for thread in threads[:2]:
            thread.start()
        time.sleep(0.5)
        assert seconds == {}, "both wait"
        line.lose()
        threads[2].start()
        for thread in threads:
            thread.join()
    assert set(seconds) == {"an answer: told", "a lock", "a question: told"}
    assert max(seconds.values()) < LONGEST, seconds
