"""What the hot pages of the desk ask of the database, query by query."""

import pytest
from django.urls import reverse
from django.utils import timezone

from matching import services
from matching.models import Match
from tests.factories.matching import drain, due_need, due_offer, story
from tests.sql_snapshots import same_sql


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


def test_sql_of_the_queue(desk, city, client, request):
    with same_sql("queue", write=request.config.getoption("write_sql")):
        assert client.get(reverse("desk:queue", args=[city.slug])).status_code == 200


def test_sql_of_a_case(desk, city, client, request):
    with same_sql("case", write=request.config.getoption("write_sql")):
        assert client.get(reverse("desk:case", args=[city.slug, desk.reference])).status_code == 200
