"""Calls made and to make."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from matching import services as matching
from matching.models import Match
from notifications import answers
from notifications.channels.call import selectors, services, words
from notifications.channels.call.models import Call, Outcome
from notifications.events import EVENTS, Priority
from notifications.models import Message, MessageState
from tests.factories.accounts import UserFactory
from tests.factories.cities import CityFactory
from tests.factories.matching import NOW as MATCHING_NOW
from tests.factories.matching import story
from tests.factories.notifications import MessageFactory

NOW = datetime(2026, 3, 9, 9, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
def colleagues(db):
    return UserFactory.create_batch(2)


def called(message, *, outcome, by, now=NOW, again_at=None):
    """Somebody takes a call and notes what it gave."""
    services.take(message_id=message.pk, by=by, now=now)
    return services.note(message_id=message.pk, outcome=outcome, again_at=again_at, by=by, now=now)


def test_a_call_made_carries_its_author_and_happens_once(db):
    message = MessageFactory(to_call=True)
    first, second = UserFactory.create_batch(2)
    called(message, outcome=Outcome.REACHED, by=first)
    services.note(message_id=message.pk, outcome=Outcome.REACHED, by=second, now=NOW)
    assert Call.objects.get().by == first

    message.refresh_from_db()
    assert (message.state, message.called_by, message.sent_at) == (MessageState.SENT, first, NOW)


def test_a_mail_is_not_a_call(db):
    message = MessageFactory()
    with pytest.raises(Message.DoesNotExist):
        services.take(message_id=message.pk, by=UserFactory(), now=NOW)


def test_a_call_made_has_a_caller(db):
    with pytest.raises(IntegrityError, match="message_called_by_somebody"):
        MessageFactory(to_call=True, state="sent", sent_at=NOW)


def test_a_mail_has_no_caller(db):
    with pytest.raises(IntegrityError, match="message_called_by_somebody"):
        MessageFactory(state="sent", sent_at=NOW, called_by=UserFactory())


def test_what_decides_a_night_is_called_first(db):
    city = CityFactory()
    planned = MessageFactory(to_call=True, city=city, priority=Priority.ASK)
    tonight = MessageFactory(
        to_call=True, city=city, priority=Priority.NIGHT, due_at=datetime(2026, 3, 10, tzinfo=UTC)
    )
    assert list(selectors.calls_to_make(city)) == [tonight, planned]


def test_calls_to_make_are_the_towns_the_oldest_first(db):
    city = CityFactory()
    younger = MessageFactory(to_call=True, city=city, due_at=datetime(2026, 3, 10, tzinfo=UTC))
    older = MessageFactory(to_call=True, city=city)
    MessageFactory(city=city)
    MessageFactory(to_call=True)
    done = MessageFactory(to_call=True, city=city)
    called(done, outcome=Outcome.REACHED, by=UserFactory())

    assert list(selectors.calls_to_make(city)) == [older, younger]


# --- Who is calling ------------------------------------------------------------------------------------


def test_one_person_is_called_by_one_colleague_whatever_it_is_about(colleagues):
    anna, boris = colleagues
    first = MessageFactory(to_call=True)
    second = MessageFactory(to_call=True, recipient=first.recipient)
    services.take(message_id=first.pk, by=anna, now=NOW)
    for message in (first, second):
        with pytest.raises(services.Taken) as taken:
            services.take(message_id=message.pk, by=boris, now=NOW + MINUTE)
        assert taken.value.call.by == anna
        with pytest.raises(services.Taken):
            services.note(message_id=message.pk, outcome=Outcome.REACHED, by=boris, now=NOW + MINUTE)
    first.refresh_from_db()
    assert first.state == MessageState.QUEUED
    services.take(message_id=MessageFactory(to_call=True).pk, by=boris, now=NOW + MINUTE)


def test_who_forgets_to_note_holds_nobody_for_ever(colleagues):
    anna, boris = colleagues
    message = MessageFactory(to_call=True)
    services.take(message_id=message.pk, by=anna, now=NOW)
    services.take(message_id=message.pk, by=anna, now=NOW + 10 * MINUTE)
    with pytest.raises(services.Taken):
        services.take(message_id=message.pk, by=boris, now=NOW + 24 * MINUTE)
    later = NOW + 25 * MINUTE
    assert not selectors.under_way([message.recipient_id], later)
    call = services.take(message_id=message.pk, by=boris, now=later)
    left = Call.objects.exclude(pk=call.pk).get()
    assert (left.by, left.outcome, left.ended_at) == (anna, Outcome.LEFT, later)


def test_of_two_colleagues_at_once_one_calls(at_once, transactional_db):
    anna, boris = UserFactory.create_batch(2)
    first = MessageFactory(to_call=True)
    second = MessageFactory(to_call=True, recipient=first.recipient)
    for mine, yours in ((first, first), (first, second)):
        Call.objects.all().delete()
        results = at_once(
            partial(services.take, message_id=mine.pk, by=anna, now=NOW),
            partial(services.take, message_id=yours.pk, by=boris, now=NOW),
        )
        assert sorted(type(one).__name__ for one in results) == ["Call", "Taken"]
        assert Call.objects.count() == 1


def test_a_call_that_has_ended_in_this_moment_is_in_nobodys_way(transactional_db, meanwhile):
    anna, boris = UserFactory.create_batch(2)
    first = MessageFactory(to_call=True)
    second = MessageFactory(to_call=True, recipient=first.recipient)
    with (
        transaction.atomic()
    ):  # nobody sees her call before it is over, and it stands in the way of another's
        call = services.take(message_id=first.pk, by=anna, now=NOW)
        taken = meanwhile(partial(services.take, message_id=second.pk, by=boris, now=NOW))
        call.outcome, call.ended_at = Outcome.LEFT, NOW
        call.save(update_fields=["outcome", "ended_at"])
    assert taken().by == boris


def test_what_is_told_already_is_taken_by_nobody(colleagues):
    message = MessageFactory(to_call=True)
    called(message, outcome=Outcome.REACHED, by=colleagues[0])
    with pytest.raises(ValidationError, match="plus à faire"):
        services.take(message_id=message.pk, by=colleagues[1], now=NOW)


# --- What came of it -----------------------------------------------------------------------------------


@pytest.mark.parametrize("outcome", [Outcome.REACHED, Outcome.NOT_FOR_ME])
def test_who_was_reached_is_told(colleagues, outcome):
    message = MessageFactory(to_call=True)
    services.take(message_id=message.pk, by=colleagues[0], now=NOW)
    services.note(message_id=message.pk, outcome=outcome, by=colleagues[0], now=NOW + MINUTE)
    message.refresh_from_db()
    assert (message.state, message.called_by) == (MessageState.SENT, colleagues[0])
    call = Call.objects.get()
    assert (call.outcome, call.began_at, call.ended_at) == (outcome, NOW, NOW + MINUTE)


@pytest.mark.parametrize(
    ("priority", "wait"),
    [(Priority.NIGHT, 15 * MINUTE), (Priority.ASK, HOUR), (Priority.NORMAL, 4 * HOUR)],
)
def test_who_does_not_answer_comes_up_again_the_sooner_the_more_urgent(colleagues, priority, wait):
    message = MessageFactory(to_call=True, priority=priority)
    called(message, outcome=Outcome.NO_ANSWER, by=colleagues[0])
    to_call = selectors.calls_to_make(message.city)
    assert list(selectors.to_call_later(to_call, NOW + wait - MINUTE)) == [message]
    assert list(selectors.to_call_now(to_call, NOW + wait - MINUTE)) == []
    assert list(selectors.to_call_now(to_call, NOW + wait)) == [message]
    # Whoever wants may try before.
    services.take(message_id=message.pk, by=colleagues[1], now=NOW + MINUTE)


def test_a_call_again_comes_up_at_its_hour(colleagues):
    message = MessageFactory(to_call=True)
    services.take(message_id=message.pk, by=colleagues[0], now=NOW)
    note = partial(services.note, message_id=message.pk, outcome=Outcome.AGAIN, by=colleagues[0], now=NOW)
    for again_at in (None, NOW, NOW + timedelta(days=61)):
        with pytest.raises(ValidationError) as refused:
            note(again_at=again_at)
        assert list(refused.value.message_dict) == ["again_at"]
    assert Call.objects.get().ended_at is None
    note(again_at=NOW + 5 * HOUR)
    to_call = selectors.calls_to_make(message.city)
    assert not selectors.to_call_now(to_call, NOW + 5 * HOUR - MINUTE).exists()
    assert selectors.to_call_now(to_call, NOW + 5 * HOUR).exists()
    assert selectors.last_outcomes([message.pk])[message.pk].again_at == NOW + 5 * HOUR


def test_a_wrong_number_leaves_the_list_and_stands_among_what_did_not_arrive(colleagues):
    message = MessageFactory(to_call=True)
    called(message, outcome=Outcome.WRONG_NUMBER, by=colleagues[0])
    message.refresh_from_db()
    assert (message.state, message.last_error, message.called_by) == (
        MessageState.FAILED, "wrong number", None,
    )  # fmt: skip
    assert not selectors.calls_to_make(message.city).exists()


def test_who_could_not_call_gives_it_back(colleagues):
    message = MessageFactory(to_call=True)
    services.take(message_id=message.pk, by=colleagues[0], now=NOW)
    services.note(message_id=message.pk, outcome=Outcome.LEFT, by=colleagues[0], now=NOW + MINUTE)
    services.take(message_id=message.pk, by=colleagues[1], now=NOW + 2 * MINUTE)
    message.refresh_from_db()
    assert message.attempts == 0
    assert not selectors.last_outcomes([message.pk])


def test_what_was_answered_during_the_call_keeps_its_state_and_the_call_its_outcome(colleagues):
    message = MessageFactory(to_call=True)
    services.take(message_id=message.pk, by=colleagues[0], now=NOW)
    Message.objects.update(state=MessageState.MOOT)
    services.note(message_id=message.pk, outcome=Outcome.REACHED, by=colleagues[0], now=NOW + MINUTE)
    message.refresh_from_db()
    assert message.state == MessageState.MOOT
    assert Call.objects.get().outcome == Outcome.REACHED


def test_what_is_noted_in_one_tab_ends_no_call_about_something_else(colleagues):
    """They had both calls of this person open, and began the one of the other tab last."""
    first = MessageFactory(to_call=True)
    second = MessageFactory(to_call=True, recipient=first.recipient)
    services.take(message_id=first.pk, by=colleagues[0], now=NOW)
    services.take(message_id=second.pk, by=colleagues[0], now=NOW + MINUTE)
    services.note(message_id=first.pk, outcome=Outcome.NO_ANSWER, by=colleagues[0], now=NOW + 2 * MINUTE)
    noted = Call.objects.order_by("pk").values_list("message", "outcome")
    assert list(noted) == [
        (first.pk, Outcome.LEFT),
        (second.pk, Outcome.LEFT),
        (first.pk, Outcome.NO_ANSWER),
    ]
    second.refresh_from_db()
    assert (second.state, second.attempts) == (MessageState.QUEUED, 0)


def test_a_second_note_without_a_call_is_refused_and_one_of_what_is_told_changes_nothing(colleagues):
    message = MessageFactory(to_call=True)
    with pytest.raises(ValidationError, match="plus en cours"):
        services.note(message_id=message.pk, outcome=Outcome.REACHED, by=colleagues[0], now=NOW)
    called(message, outcome=Outcome.NO_ANSWER, by=colleagues[0])
    message.refresh_from_db()
    comes_back = message.due_at
    with pytest.raises(ValidationError, match="plus en cours"):
        services.note(message_id=message.pk, outcome=Outcome.NO_ANSWER, by=colleagues[0], now=NOW + HOUR)
    message.refresh_from_db()
    assert (message.due_at, message.attempts) == (comes_back, 1)

    called(message, outcome=Outcome.REACHED, by=colleagues[0], now=NOW + HOUR)
    other = MessageFactory(to_call=True, recipient=message.recipient)
    under_way = services.take(message_id=other.pk, by=colleagues[0], now=NOW + HOUR)
    services.note(message_id=message.pk, outcome=Outcome.REACHED, by=colleagues[0], now=NOW + HOUR)
    under_way.refresh_from_db()
    assert under_way.ended_at is None, "the other call goes on"


# --- While an answer is waited for ---------------------------------------------------------------------


@pytest.fixture
def asked(db, colleagues):
    """The call about a question, with its match."""
    it = story()
    matching.propose(match_id=it.match.pk, by=it.coordinator, now=MATCHING_NOW)
    return MessageFactory(
        to_call=True,
        city=it.city,
        recipient=it.citizen,
        event="match_question",
        subject_key=f"match:{it.match.pk}",
        priority=Priority.ASK,
    )


def waits_for(message, *, of):
    Match.objects.filter(pk=message.subject_key.split(":")[1]).update(answer_by=NOW + of)


def test_who_does_not_answer_comes_up_again_in_time_for_one_more_call(asked, colleagues):
    waits_for(asked, of=2 * HOUR)
    noted = called(asked, outcome=Outcome.NO_ANSWER, by=colleagues[0])
    assert (noted.message.due_at, noted.answer_by) == (NOW + HOUR, None)
    waits_for(asked, of=HOUR)
    noted = called(asked, outcome=Outcome.NO_ANSWER, by=colleagues[0])
    assert (noted.message.due_at, noted.answer_by) == (NOW + 45 * MINUTE, NOW + HOUR)
    waits_for(asked, of=10 * MINUTE)
    noted = called(asked, outcome=Outcome.NO_ANSWER, by=colleagues[0])
    assert noted.message.due_at == NOW + 5 * MINUTE


def test_a_call_again_is_no_later_than_its_question(asked, colleagues):
    waits_for(asked, of=5 * HOUR)
    noted = called(asked, outcome=Outcome.AGAIN, again_at=NOW + 4 * HOUR, by=colleagues[0])
    assert (noted.message.due_at, noted.answer_by) == (NOW + 4 * HOUR, None)
    noted = called(asked, outcome=Outcome.AGAIN, again_at=NOW + 30 * HOUR, by=colleagues[0])
    assert (noted.message.due_at, noted.answer_by) == (NOW + 5 * HOUR - services.TAKEN_FOR, NOW + 5 * HOUR)
    assert Call.objects.first().again_at == noted.message.due_at


def test_what_waits_for_no_answer_any_more_is_called_when_it_suits(asked, colleagues):
    waits_for(asked, of=-HOUR)
    noted = called(asked, outcome=Outcome.AGAIN, again_at=NOW + 30 * HOUR, by=colleagues[0])
    assert (noted.message.due_at, noted.answer_by) == (NOW + 30 * HOUR, None)


@pytest.mark.parametrize(
    ("columns", "constraint"),
    [
        ({"outcome": Outcome.REACHED}, "call_ends_with_an_outcome"),
        ({"ended_at": NOW}, "call_ends_with_an_outcome"),
        ({"ended_at": NOW, "outcome": Outcome.AGAIN}, "call_again_later"),
        ({"ended_at": NOW, "outcome": Outcome.REACHED, "again_at": NOW + HOUR}, "call_again_later"),
        ({"taken_until": NOW}, "call_taken_for_a_while"),
    ],
)
def test_the_database_refuses_a_call_that_cannot_be(colleagues, columns, constraint):
    message = MessageFactory(to_call=True)
    call = {"message": message, "person": message.recipient, "by": colleagues[0], "began_at": NOW}
    with pytest.raises(IntegrityError, match=constraint):
        Call.objects.create(**{**call, "taken_until": NOW + MINUTE, **columns})


# --- What is said --------------------------------------------------------------------------------------


def test_every_question_has_words_of_its_own_and_no_script_is_for_an_event_that_is_none():
    asked = {event for event in answers.events() if event in EVENTS}
    assert asked <= set(words.SCRIPTS)
    assert set(words.SCRIPTS) <= set(EVENTS)
    assert words.script("match_cancelled") is not None
