"""Calls made and to make."""

from datetime import UTC, datetime

import pytest
from django.db import IntegrityError

from notifications.channels.call import selectors, services
from notifications.events import Priority
from notifications.models import Message, MessageState
from tests.factories.accounts import UserFactory
from tests.factories.cities import CityFactory
from tests.factories.notifications import MessageFactory

NOW = datetime(2026, 3, 9, 9, tzinfo=UTC)


def test_a_call_made_carries_its_author_and_happens_once(db):
    message = MessageFactory(to_call=True)
    first, second = UserFactory.create_batch(2)
    services.mark_called(message_id=message.pk, by=first, now=NOW)
    services.mark_called(message_id=message.pk, by=second, now=NOW)

    message.refresh_from_db()
    assert (message.state, message.called_by, message.sent_at) == (MessageState.SENT, first, NOW)


def test_a_mail_is_not_a_call(db):
    message = MessageFactory()
    with pytest.raises(Message.DoesNotExist):
        services.mark_called(message_id=message.pk, by=UserFactory(), now=NOW)


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
    services.mark_called(message_id=done.pk, by=UserFactory(), now=NOW)

    assert list(selectors.calls_to_make(city)) == [older, younger]
