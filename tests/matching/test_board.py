"""Whose turn it is in a need, and until when the desk's calls wait for an answer."""

import pytest
from django.test import Client

from accounts.models import Organisation
from matching import services
from matching.models import ConditionQuestion, MatchState
from needs import selectors as needs
from needs.models import Need
from needs.turns import Turn
from notifications.channels.call import selectors as calls
from notifications.models import Message
from tests.factories.accounts import UserFactory
from tests.factories.matching import NOW, story
from tests.factories.needs import NeedFactory

pytestmark = pytest.mark.django_db
TODAY = NOW.date()


def board(it):
    return [(need.pk, Turn(need.turn)) for need in needs.own_needs(it.member, it.city, today=TODAY)]


def test_the_board_begins_with_what_waits_for_its_reader():
    it = story()
    organisation = Organisation.objects.get(pk=it.match.need.organisation_id)
    days = {"first_day": TODAY, "last_day": TODAY}
    tonight = NeedFactory(city=it.city, organisation=organisation, urgency="tonight", **days)
    need = it.match.need_id
    assert board(it) == [(tonight.pk, Turn.TOWN), (need, Turn.TOWN)]
    services.propose(match_id=it.match.pk, by=it.coordinator, now=NOW)
    assert board(it) == [(need, Turn.THEIRS), (tonight.pk, Turn.TOWN)]
    services.accept(match_id=it.match.pk, by=it.citizen, now=NOW)
    assert board(it) == [(need, Turn.YOURS), (tonight.pk, Turn.TOWN)]
    services.confirm(match_id=it.match.pk, by=it.member, now=NOW)
    assert it.state == MatchState.CONFIRMED
    it.match.need.refresh_from_db()
    assert not it.match.need.is_open
    assert board(it) == [(tonight.pk, Turn.TOWN)]
    closed = needs.own_needs(it.member, it.city, today=TODAY, closed=True)
    assert [(one.pk, Turn(one.turn)) for one in closed] == [(need, Turn.AGREED)]


def test_a_condition_that_might_give_waits_for_its_poster_while_the_need_is_open():
    it = story()
    ConditionQuestion.objects.create(
        need=it.match.need,
        offer=it.match.offer,
        rule="distance",
        change={},
        need_revision=1,
        asked_by=it.coordinator,
        asked_at=NOW,
    )
    assert board(it) == [(it.match.need_id, Turn.YOURS)]
    Need.objects.filter(pk=it.match.need_id).update(state="withdrawn")
    assert board(it) == []


def test_the_board_shows_its_parts_and_where_to_answer(client: Client):
    it = story()
    services.propose(match_id=it.match.pk, by=it.coordinator, now=NOW)
    services.accept(match_id=it.match.pk, by=it.citizen, now=NOW)
    client.force_login(it.member)
    page = client.get(f"/{it.city.slug}/besoins/mes-besoins/").content.decode()
    assert "À vous de répondre" in page
    assert f"/{it.city.slug}/demandes/" in page


def test_a_call_that_waits_for_an_answer_comes_before_one_that_does_not():
    it = story(offer={"owner": UserFactory(phone_only=True)})
    services.propose(match_id=it.match.pk, by=it.coordinator, now=NOW)
    question = Message.objects.get(event="match_question", channel="call")
    question.recipient.refresh_from_db()
    other = Message.objects.create(
        recipient=question.recipient,
        city=it.city,
        channel="call",
        event="offer_receipt",
        subject_key="offer:1",
        priority=question.priority,
        language="fr",
        title="Reçu",
        body="",
        due_at=question.due_at,
        created_at=question.created_at,
    )
    Message.objects.filter(pk=other.pk).update(due_at=NOW.replace(year=2020))
    it.match.refresh_from_db()
    listed = list(calls.calls_to_make(it.city))
    assert [(one.pk, one.deadline) for one in listed] == [
        (question.pk, it.match.answer_by),
        (other.pk, None),
    ]
