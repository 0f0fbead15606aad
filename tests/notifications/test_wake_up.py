"""Wake-ups: one a task and transaction, none of what was rolled back, and nobody waits for a broker that is silent."""

import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from django.core.cache import cache
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from notifications import wake_up
from notifications.wake_up import Patience, wake_on_commit
from tests.lines import broker_at, by, closed_port, line_to, port_of

SCAN, DELIVER = "matching.tasks.scan_due", "notifications.tasks.deliver"

pytestmark = pytest.mark.django_db(transaction=True)


class Undone(Exception):
    """What ends a block that is rolled back."""


@pytest.fixture
def woken(wake_ups: Any) -> Any:
    return lambda: sorted(task for task, _arguments in wake_ups())


class TestOneTransaction:
    def test_wakes_each_task_once(self, woken: Any) -> None:
        with transaction.atomic():
            for _ in range(3):
                wake_on_commit(SCAN)
                wake_on_commit(DELIVER)
            assert woken() == []
        assert woken() == [SCAN, DELIVER]

    def test_wakes_once_for_what_its_savepoints_ask(self, woken: Any) -> None:
        with transaction.atomic():
            for _ in range(3):
                with transaction.atomic():
                    wake_on_commit(SCAN)
            wake_on_commit(SCAN)
        assert woken() == [SCAN]

    def test_wakes_nobody_for_a_savepoint_that_is_rolled_back(self, woken: Any) -> None:
        with transaction.atomic():
            with suppress(Undone), transaction.atomic():
                wake_on_commit(SCAN)
                raise Undone
            wake_on_commit(DELIVER)
        assert woken() == [DELIVER]

    @pytest.mark.parametrize("first", ["rolled back", "kept"])
    def test_loses_no_wake_up_with_a_savepoint_that_asked_for_the_same(self, woken: Any, first: str) -> None:
        with transaction.atomic():
            for undone in (True, False) if first == "rolled back" else (False, True):
                with transaction.atomic():
                    wake_on_commit(SCAN)
                    transaction.set_rollback(undone)
        assert woken() == [SCAN]

    def test_wakes_nobody_when_it_is_rolled_back(self, woken: Any) -> None:
        with suppress(Undone), transaction.atomic():
            wake_on_commit(SCAN)
            with transaction.atomic():
                wake_on_commit(DELIVER)
            raise Undone
        assert woken() == []

    def test_leaves_nothing_to_the_next_one_of_its_thread(self, woken: Any) -> None:
        for _ in range(2):
            with transaction.atomic():
                wake_on_commit(SCAN)
        assert woken() == [SCAN, SCAN]
        with transaction.atomic():
            wake_on_commit(DELIVER)
            transaction.set_rollback(True)
        with transaction.atomic():
            wake_on_commit(DELIVER)
        assert woken() == [SCAN, SCAN, DELIVER]

    def test_has_nothing_to_do_with_those_of_other_threads(self, woken: Any, at_once: Any) -> None:
        both = threading.Barrier(2)

        def ask(undone: bool) -> None:
            with transaction.atomic():
                both.wait(10)
                wake_on_commit(SCAN)
                both.wait(10)
                transaction.set_rollback(undone)

        at_once(lambda: ask(True), lambda: ask(False))
        assert woken() == [SCAN]
        at_once(lambda: ask(False), lambda: ask(False))
        assert woken() == [SCAN] * 3


def test_hooks_that_a_test_runs_early_silence_none_that_follow(
    woken: Any, django_capture_on_commit_callbacks: Any
) -> None:
    with transaction.atomic():
        for _ in range(2):
            with django_capture_on_commit_callbacks(execute=True):
                wake_on_commit(SCAN)
        assert woken() == [SCAN, SCAN]
        transaction.set_rollback(True)


def test_without_a_transaction_it_is_sent_at_once(woken: Any) -> None:
    wake_on_commit(SCAN)
    assert woken() == [SCAN]
    wake_on_commit(SCAN)
    assert woken() == [SCAN, SCAN]


# A transaction: tasks that it asks for, and blocks in it, each rolled back or kept.
PARTS: st.SearchStrategy[list[Any]] = st.recursive(
    st.lists(st.sampled_from([SCAN, DELIVER]), max_size=3),
    lambda inner: st.lists(st.sampled_from([SCAN, DELIVER]) | st.tuples(st.booleans(), inner), max_size=4),
    max_leaves=8,
)


def run(parts: list[Any]) -> None:
    for part in parts:
        if isinstance(part, str):
            wake_on_commit(part)
            continue
        undone, inner = part
        with transaction.atomic():
            run(inner)
            transaction.set_rollback(undone)


def kept(parts: list[Any]) -> Iterator[str]:
    for part in parts:
        if isinstance(part, str):
            yield part
        elif not part[0]:
            yield from kept(part[1])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(transactions=st.lists(PARTS, min_size=1, max_size=3))
def test_whatever_is_rolled_back_each_transaction_wakes_once_what_was_kept(
    woken: Any, transactions: list[Any]
) -> None:
    cache.clear()
    for parts in transactions:
        with transaction.atomic():
            run(parts)
    assert woken() == sorted(task for parts in transactions for task in set(kept(parts)))


# --- A broker that does not answer ---------------------------------------------------------------------


def seconds_of(asked: list[str]) -> float:
    """How long a transaction takes that asks for these."""
    begin = time.monotonic()
    with transaction.atomic():
        for task in asked:
            wake_on_commit(task)
    return time.monotonic() - begin


class TestAHalfOpenBroker:
    def test_is_waited_for_once(self, woken: Any) -> None:
        with line_to(port_of()) as line, broker_at(by(line.port)):
            assert seconds_of([SCAN]) < 1
            line.fall_silent()
            first = seconds_of([SCAN, DELIVER] * 10)
            assert 0.9 < first < 2.5, "one answer's time, for the first of two tasks"
            assert seconds_of([SCAN]) < 0.5, "and nobody waits again"
        assert woken() == [SCAN]

    def test_is_asked_again_after_a_while(self, woken: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(wake_up, "PAUSE", 0.2)
        with line_to(port_of()) as line, broker_at(by(line.port)):
            line.fall_silent()
            seconds_of([SCAN])
            line.mend()
            seconds_of([SCAN])
            assert woken() == [], "not in the pause"
            time.sleep(0.25)
            seconds_of([DELIVER, SCAN])
        assert woken() == [SCAN, DELIVER]

    def test_is_told_to_the_operators(self, caplog: Any) -> None:
        with broker_at(by(closed_port())), caplog.at_level("INFO", logger="notifications.wake_up"):
            seconds_of([SCAN, DELIVER])
        assert [record.getMessage() for record in caplog.records] == [
            f"wake-up not sent: {SCAN}",
            f"wake-up left to the sweeper: {DELIVER}",
        ]


def test_a_broker_that_was_restarted_gets_the_next_wake_up(woken: Any) -> None:
    """The connection that we kept is dead by then, which is no reason for a pause."""
    with line_to(port_of()) as line, broker_at(by(line.port)):
        seconds_of([SCAN])
        line.cut()
        seconds_of([SCAN])
    assert woken() == [SCAN, SCAN]


class TestPatience:
    @pytest.fixture
    def clock(self, monkeypatch: pytest.MonkeyPatch) -> list[float]:
        now = [100.0]
        monkeypatch.setattr("notifications.wake_up.time.monotonic", lambda: now[0])
        return now

    def test_is_lost_for_half_a_minute(self, clock: list[float]) -> None:
        patience = Patience()
        assert patience.is_left()
        patience.lose()
        assert not patience.is_left()
        clock[0] += 29.9
        assert not patience.is_left()
        clock[0] += 0.2
        assert patience.is_left()

    def test_after_the_pause_is_tried_by_one(self, clock: list[float]) -> None:
        patience = Patience()
        patience.lose()
        clock[0] += 31
        assert [patience.is_left() for _ in range(3)] == [True, False, False]
        patience.regain()
        assert [patience.is_left() for _ in range(3)] == [True, True, True]

    def test_of_many_threads_one_tries(self, at_once: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(wake_up, "PAUSE", 0.05)
        patience = Patience()
        patience.lose()
        time.sleep(0.06)
        monkeypatch.setattr(wake_up, "PAUSE", 30)
        assert sorted(at_once(*[patience.is_left] * 8)) == [False] * 7 + [True]
