"""A sound in parts, as Safari asks for it."""

import pytest
from django.test import RequestFactory

from catalogue.ranges import sent_in_part

SOUND = bytes(range(100))


def asked(said: str | None, *, method: str = "get", **headers: str):
    headers = headers | ({} if said is None else {"Range": said})
    request = getattr(RequestFactory(), method)("/", headers=headers)
    return sent_in_part(request, SOUND, content_type="audio/mpeg")


@pytest.mark.parametrize(
    ("said", "first", "last"),
    [
        ("bytes=0-1", 0, 1),  # how Safari finds out whether it may ask
        ("bytes=0-", 0, 99),
        ("bytes=10-19", 10, 19),
        ("bytes=90-500", 90, 99),
        ("bytes=99-", 99, 99),
        ("bytes=-5", 95, 99),
        ("bytes=-500", 0, 99),
        ("Bytes=3-3", 3, 3),
    ],
)
def test_the_range_that_is_asked_for_is_sent(said: str, first: int, last: int) -> None:
    answer = asked(said)
    assert answer.status_code == 206
    assert answer.content == SOUND[first : last + 1]
    assert answer["Content-Range"] == f"bytes {first}-{last}/100"
    assert (answer["Content-Type"], answer["Accept-Ranges"]) == ("audio/mpeg", "bytes")


@pytest.mark.parametrize("said", ["bytes=100-", "bytes=100-200", "bytes=-0"])
def test_a_range_behind_the_end_is_refused_with_the_length(said: str) -> None:
    answer = asked(said)
    assert (answer.status_code, answer.content, answer["Content-Range"]) == (416, b"", "bytes */100")


LONG = "9" * 5000


@pytest.mark.parametrize(
    "said",
    [
        *(None, "", "bytes=-", "bytes=5-2", "bytes=0-1,5-6", "items=0-1", "bytes=a-b", "bytes=1-2-3"),
        *(f"bytes={LONG}-", f"bytes=0-{LONG}", f"bytes=-{LONG}"),
    ],
)
def test_whatever_else_is_asked_for_is_answered_whole(said: str | None) -> None:
    answer = asked(said)
    assert (answer.status_code, answer.content, answer["Accept-Ranges"]) == (200, SOUND, "bytes")
    assert "Content-Range" not in answer


def test_a_head_and_a_part_of_another_version_are_answered_whole() -> None:
    assert asked("bytes=0-1", method="head").status_code == 200
    assert asked("bytes=0-1", **{"If-Range": '"old"'}).status_code == 200
