"""The order of the queue, key by key: each decides only among those that the keys before it leave equal."""

from datetime import timedelta

import pytest

from desk import selectors
from matching import services
from needs.models import Need
from tests.factories.matching import NOW, due_need, story


@pytest.fixture
def queue(city, coordinator):
    return lambda: list(selectors.queue(coordinator, city, today=NOW.date()))


def test_the_most_urgent_first_however_long_others_wait(city, queue):
    planned = due_need(city=city, urgency="planned", created_at=NOW - timedelta(days=9))
    week = due_need(city=city, urgency="this_week", created_at=NOW - timedelta(days=5))
    tonight = due_need(city=city, urgency="tonight", created_at=NOW)
    assert queue() == [tonight, week, planned]


def test_of_one_urgency_the_longest_waiting_first(city, queue):
    late, early = due_need(city=city), due_need(city=city, created_at=NOW - timedelta(days=1))
    twin = due_need(city=city)
    Need.objects.filter(pk=late.pk).update(text="Écrit plus tard")  # its row now lies behind the twin's
    assert queue() == [early, late, twin]


def test_what_waits_for_somebody_s_answer_comes_last_though_it_is_the_most_urgent(city, queue):
    it = story(city=city, need={"urgency": "tonight", "created_at": NOW - timedelta(days=9)})
    planned = due_need(city=city, urgency="planned")
    assert queue() == [it.match.need, planned]
    services.propose(match_id=it.match.pk, by=it.coordinator, now=NOW)
    assert queue() == [planned, it.match.need]
    assert [need.pending for need in queue()] == [False, True]


def test_the_nearer_the_first_day_the_more_urgent_however_it_was_posted(city, queue):
    week = due_need(city=city, urgency="this_week", created_at=NOW - timedelta(days=9))
    tomorrow = NOW.date() + timedelta(days=1)
    soon = due_need(city=city, urgency="planned", first_day=tomorrow, created_at=NOW)
    assert queue() == [soon, week]
