"""What a provider says of a message afterwards: it only learns more, whatever comes twice or late."""

import logging
from datetime import UTC, datetime, timedelta

import pytest

from notifications import outcomes, queued
from notifications.models import Message, MessageState
from tests.factories.accounts import UserFactory
from tests.factories.notifications import MessageFactory

S = MessageState
NOW = datetime(2026, 3, 9, 9, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)


@pytest.fixture
def message(db):
    return MessageFactory(state=S.SENT, sent_at=NOW, provider_ref="ref-1")


def say(*said, ref="ref-1", channel="email", now=LATER):
    for outcome in said:
        found = outcomes.record_receipt(channel=channel, provider_ref=ref, outcome=outcome, by=None, now=now)
    return found


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ([S.DELIVERED], S.DELIVERED),
        ([S.OPENED], S.OPENED),
        ([S.ANSWERED], S.ANSWERED),
        ([S.FAILED], S.FAILED),
        ([S.DELIVERED, S.OPENED, S.ANSWERED], S.ANSWERED),
        ([S.ANSWERED, S.DELIVERED], S.ANSWERED),
        ([S.OPENED, S.DELIVERED], S.OPENED),
        ([S.DELIVERED, S.FAILED], S.DELIVERED),
        ([S.ANSWERED, S.FAILED], S.ANSWERED),
        ([S.FAILED, S.DELIVERED], S.FAILED),
        ([S.FAILED, S.FAILED], S.FAILED),
        ([S.DELIVERED, S.DELIVERED], S.DELIVERED),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, list) else str(value),
)
def test_states_only_go_forward(message, said, state):
    say(*said)

    message.refresh_from_db()
    assert message.state == state
    assert message.sent_at == NOW


def test_each_receipt_keeps_its_own_moment(message):
    say(S.DELIVERED, now=NOW + timedelta(minutes=1))
    say(S.DELIVERED, now=NOW + timedelta(minutes=2))
    say(S.ANSWERED, now=NOW + timedelta(minutes=3))

    message.refresh_from_db()
    assert message.delivered_at == NOW + timedelta(minutes=1)
    assert message.opened_at is None
    assert message.answered_at == NOW + timedelta(minutes=3)


def test_what_comes_late_is_logged(message, caplog):
    caplog.set_level(logging.INFO)
    say(S.DELIVERED, S.FAILED)

    assert f"message {message.pk} stays delivered: failed comes late" in caplog.text


@pytest.mark.parametrize(("ref", "channel"), [("ref-2", "email"), ("", "email"), ("ref-1", "courier")])
def test_of_a_message_that_is_not_known_nothing_is_noted(message, ref, channel, caplog):
    MessageFactory(state=S.SENT, sent_at=NOW)
    assert say(S.DELIVERED, ref=ref, channel=channel) is None

    assert set(Message.objects.values_list("state", flat=True)) == {S.SENT}
    assert "for a message that is not known" in caplog.text


def test_of_two_with_one_reference_the_latest_is_meant(message):
    latest = MessageFactory(state=S.SENT, sent_at=LATER, provider_ref="ref-1")

    assert say(S.DELIVERED, now=LATER + timedelta(minutes=1)) == latest
    message.refresh_from_db()
    assert message.state == S.SENT


@pytest.mark.parametrize("outcome", [S.SENT, S.QUEUED, S.MOOT])
def test_a_receipt_says_nothing_else(message, outcome):
    with pytest.raises(ValueError, match="no receipt"):
        say(outcome)


def test_what_was_refused_later_can_be_sent_again(message):
    say(S.FAILED)
    queued.retry_uncertain(message_id=message.pk, by=UserFactory(), now=LATER)

    message.refresh_from_db()
    assert (message.state, message.sent_at, message.provider_ref) == (S.QUEUED, None, "")
    assert say(S.DELIVERED) is None, "the receipts of the first sending speak of it no more"


def test_two_at_the_same_moment_are_noted_one_after_the_other(at_once):
    message = MessageFactory(state=S.SENT, sent_at=NOW, provider_ref="ref-1")

    results = at_once(lambda: say(S.ANSWERED), lambda: say(S.DELIVERED), lambda: say(S.FAILED))

    assert not [result for result in results if isinstance(result, Exception)]
    message.refresh_from_db()
    assert message.state in (S.ANSWERED, S.FAILED)
