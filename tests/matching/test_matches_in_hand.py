"""A scan wakes for the matches in hand of what it has scanned, and for them alone."""

import pytest
from django.utils import timezone

from matching import services
from matching.lifecycle import Reason
from matching.scanning import matches_in_hand, scan_due_needs, scan_due_offers
from needs import services as needs
from offers import services as offers
from tests.factories.matching import story


@pytest.fixture
def woken(wake_ups, django_capture_on_commit_callbacks):
    """Scan one side, and say whether somebody was woken for matches in hand."""

    def scanned(scan):
        with django_capture_on_commit_callbacks(execute=True):
            scan(by=None, now=timezone.now())
        return (matches_in_hand.TASK, []) in wake_ups()

    return scanned


@pytest.fixture
def it(db):
    return story(now=timezone.now())


def mark_need(it):
    needs.mark_due(need_ids=[it.match.need_id], now=timezone.now())
    return scan_due_needs


def mark_offer(it):
    offers.mark_due(offer_ids=[it.match.offer_id], now=timezone.now())
    return scan_due_offers


@pytest.mark.parametrize("mark", [mark_need, mark_offer])
def test_a_suggestion_wakes_nobody(it, woken, mark):
    assert not woken(mark(it))


@pytest.mark.parametrize("mark", [mark_need, mark_offer])
def test_a_question_put_wakes(it, woken, mark):
    services.propose(match_id=it.match.pk, by=it.coordinator, now=timezone.now())
    assert woken(mark(it))


@pytest.mark.parametrize("mark", [mark_need, mark_offer])
def test_a_refusal_is_no_longer_in_hand(it, woken, mark):
    services.propose(match_id=it.match.pk, by=it.coordinator, now=timezone.now())
    services.decline(match_id=it.match.pk, by=it.citizen, now=timezone.now(), reason=Reason.OTHER)
    assert not woken(mark(it))


def test_another_s_match_wakes_nobody(it, woken):
    services.propose(match_id=it.match.pk, by=it.coordinator, now=timezone.now())
    other = story(city=it.city, now=timezone.now())
    while scan_due_offers(by=None, now=timezone.now()) or scan_due_needs(by=None, now=timezone.now()):
        pass
    assert not woken(mark_need(other))
