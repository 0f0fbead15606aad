"""A service that is slow, down, full or talks nonsense costs a page a moment, and then nothing."""

import logging
import time
from typing import Any

import pytest

from outside import asking, geocoder
from outside.asking import NoAnswer, Service
from tests.http_server import HANG_UP, SAY_NOTHING, HttpServer
from tests.outside.conftest import POINT, Answering, feature

ADDRESS = "12 rue du Dôme"


def where() -> tuple[float, float] | None:
    return geocoder.point_of(ADDRESS, town="Strasbourg", codes={"67482"})


def logged(caplog: pytest.LogCaptureFixture) -> str:
    return " ".join(record.getMessage() for record in caplog.records)


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ((500, {}, "{}"), "500"),
        ((503, {}, ""), "503"),
        ((302, {"Location": "/geocodage/elsewhere"}, ""), "302"),
        ((200, {}, "<html>"), "JSONDecodeError"),
        ((200, {}, "[" * 100_000), "RecursionError"),
        ((200, {}, '"' + "x" * 300_000 + '"'), "too long an answer"),
        ((200, {}, '{"features": []}'), "not GeoJSON"),
        ((200, {}, '["q"]'), "not GeoJSON"),
        (HANG_UP, "ConnectionError"),
    ],
)
def test_what_is_no_answer_is_none_and_not_asked_for_again(
    state: HttpServer, caplog: pytest.LogCaptureFixture, answer: Any, why: str
) -> None:
    state.answer = answer
    caplog.set_level(logging.DEBUG)
    assert [where(), where()] == [None, None]
    assert len(state.requests) == 1, "left alone after the first"
    assert f"geocoder is left alone for 60 s: {why}" in logged(caplog)
    for private in ("rue", "me+", "D%C3", "citycode"):
        assert private not in logged(caplog), "where somebody lives"


def test_a_slow_one_keeps_nobody_longer_than_its_time(
    state: HttpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "PATIENCE", 0.3)
    state.answer = SAY_NOTHING
    begun = time.monotonic()
    assert where() is None
    assert 0.3 <= time.monotonic() - begun < 1.5
    begun = time.monotonic()
    assert where() is None
    assert time.monotonic() - begun < 0.2, "nobody waits a second time"


def test_a_form_waits_less_than_two_seconds() -> None:
    assert asking.PATIENCE < 2


@pytest.mark.parametrize(
    ("said", "rest"), [("7", 7), ("", 60), ("Tue, 01 Dec", 60), ("90000", 3_600), ("0", 1)]
)
def test_one_that_has_too_many_says_for_how_long(
    state: HttpServer, caplog: pytest.LogCaptureFixture, said: str, rest: int
) -> None:
    state.answer = (429, {"Retry-After": said} if said else {}, "")
    assert where() is None
    assert f"left alone for {rest} s: 429" in logged(caplog)


def test_a_question_that_it_refuses_is_no_outage(state: HttpServer, knows: Answering) -> None:
    state.answer = (400, {}, '{"code": 400, "message": "q: must start with a letter or a number"}')
    assert where() is None
    knows(feature())
    assert where() == POINT


def test_after_its_rest_one_tries_and_all_come_back(state: HttpServer, knows: Answering) -> None:
    service = Service("one")
    state.answer = (503, {}, "")
    with pytest.raises(NoAnswer):
        service.ask(f"{state.url}/geocodage/search", {"q": ADDRESS})
    service.failed("503", rest=0)
    service._take_turn()
    with pytest.raises(NoAnswer, match="left alone"):
        service._take_turn()  # somebody tries just now
    service.failed("503", rest=0)
    state.answer = (200, {}, "{}")
    assert [service.ask(state.url, {"q": ADDRESS}) for _time in range(2)] == [{}, {}]


def test_a_machine_of_our_own_network_is_not_asked(
    state: HttpServer, knows: Answering, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    knows(feature())
    settings.PRIVATE_NETWORKS_ALLOWED = []
    assert where() is None
    assert state.requests == []
    assert "ConnectionError" in logged(caplog)
