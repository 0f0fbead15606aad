"""What the hot pages of the desk ask of the database, query by query."""

import pytest
from django.urls import reverse
from django.utils import timezone

from matching import services
from matching.models import Match
from tests.factories.matching import drain, due_need, due_offer, story
from tests.sql_snapshots import same_sql, sent, side_by_side


@pytest.fixture
def desk(city, client):
    """A coordinator at a queue of three cases: one asked, one with suggestions, one with near misses alone."""
    now = timezone.now()
    it = story(city=city, now=now)
    services.propose(match_id=it.match.pk, by=it.coordinator, now=now)
    for capacity in (2, 3):
        due_offer(city=city, capacity=capacity, now=now)
    need = due_need(city=city, now=now)
    due_need(city=city, step_free_needed=True, now=now)
    drain(now)
    assert Match.objects.filter(need=need).suggested().exists()
    client.force_login(it.coordinator)
    client.get(reverse("desk:queue", args=[city.slug]))  # what is kept for later pages is there
    return need


def test_sql_of_the_queue_and_of_a_case(desk, city, client, request):
    with sent() as queue:
        assert client.get(reverse("desk:queue", args=[city.slug])).status_code == 200
    with sent() as case:
        assert client.get(reverse("desk:case", args=[city.slug, desk.reference])).status_code == 200
    same_sql("desk", {"queue": queue, "case": case}, write=request.config.getoption("write_sql"))


@pytest.mark.parametrize(
    ("queue", "case", "file"),
    [
        ("ab", "ab", "a\n\nb\n"),
        ("ab", "axb", "a\n\n-- case alone\nx\n\nb\n"),
        ("aab", "ab", "-- queue alone\na\n\na\n\nb\n"),
        ("ab", "ba", "-- case alone\nb\n\na\n\n-- queue alone\nb\n"),
    ],
    ids=["the same", "one more", "twice", "another order"],
)
def test_what_pages_share_is_held_once(queue, case, file):
    assert side_by_side({"queue": queue, "case": case}) == file
