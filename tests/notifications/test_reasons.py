"""A message leaves while its reason stands, whatever its channel; the apps say of which events it may go."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db.models import Exists

from accounts.models import Role
from cities.models import City
from notifications import delivery, queued, reasons, selectors, sweeps
from notifications.channels.call.selectors import calls_to_make
from notifications.models import Message, MessageState
from tests.factories.accounts import CityRoleFactory
from tests.factories.cities import CityFactory
from tests.factories.notifications import MessageFactory

NOW = datetime(2026, 3, 9, 9, tzinfo=UTC)
EVENT = "town_is_open"


@pytest.fixture
def town(db, monkeypatch):
    """An event whose reason is that a town is open."""
    monkeypatch.setattr(reasons, "_reasons", dict(reasons._reasons))
    reasons.register({EVENT: lambda: Exists(City.objects.open().filter(pk=reasons.subject_id()))})
    return CityFactory()


def about(town, **fields):
    return MessageFactory(
        city=town, event=EVENT, subject_key=f"city:{town.pk}:{Message.objects.count()}", **fields
    )


def close(town):
    City.objects.filter(pk=town.pk).update(is_open=False)


def deliver(now=NOW):
    return delivery.deliver_batch(channel="email", by=None, clock=lambda: now)


def test_it_is_asked_when_the_message_would_leave(town, smtp_server):
    gone = about(town)
    other = MessageFactory()
    close(town)
    assert not deliver()
    assert smtp_server.to(other.recipient.email)
    assert len(smtp_server.messages) == 1
    gone.refresh_from_db()
    assert (gone.state, gone.sent_at) == (MessageState.MOOT, None)
    City.objects.update(is_open=True)
    deliver()
    assert len(smtp_server.messages) == 1, "what was said to be over does not come back"


def test_what_waits_for_a_later_try_is_not_sent_either(town, smtp_server):
    message = about(town)
    smtp_server.stop()
    deliver()
    close(town)
    smtp_server.start()
    deliver(NOW + timedelta(hours=1))
    message.refresh_from_db()
    assert (message.state, smtp_server.messages) == (MessageState.MOOT, [])


def test_it_leaves_the_list_of_calls_and_of_what_did_not_arrive(town):
    call, failed = about(town, to_call=True), about(town, state="failed")
    assert list(calls_to_make(town)) == [call]
    assert list(selectors.undelivered(town)) == [failed]
    close(town)
    assert list(calls_to_make(town)) == []
    assert list(selectors.undelivered(town)) == []


def test_it_is_set_aside_once_it_is_due(town):
    gone = [about(town), about(town, to_call=True), about(town, state="failed")]
    left_alone = [
        about(town, due_at=NOW + timedelta(minutes=1)),
        about(town, state="sent", sent_at=NOW),
        about(town, state="uncertain"),
        MessageFactory(),
    ]
    close(town)
    before = {message.pk: message.state for message in left_alone}
    assert sweeps.set_moot_aside(by=None, now=NOW) == 3
    assert {Message.objects.get(pk=message.pk).state for message in gone} == {MessageState.MOOT}
    assert {message.pk: Message.objects.get(pk=message.pk).state for message in left_alone} == before
    assert sweeps.set_moot_aside(by=None, now=NOW) == 0


def test_of_a_long_queue_a_part_is_asked_each_minute_and_all_in_turn(town, monkeypatch):
    monkeypatch.setattr(sweeps, "ASKED_AT_ONCE", 10)
    for _ in range(35):
        about(town)
    close(town)
    closed = [sweeps.set_moot_aside(by=None, now=NOW + timedelta(minutes=minute)) for minute in range(8)]
    assert max(closed) <= 20
    assert sum(closed) == 35


def test_what_is_moot_is_not_sent_again(town):
    message = about(town, state="moot")
    queued.retry_uncertain(message_id=message.pk, by=CityRoleFactory(city=town).user, now=NOW)
    message.refresh_from_db()
    assert message.state == MessageState.MOOT


def test_who_opens_a_call_that_is_not_to_be_made_any_more_is_told_so(town, client):
    client.force_login(CityRoleFactory(city=town, role=Role.OPERATOR).user)
    message = about(town, to_call=True)
    address = f"/{town.slug}/appels/{message.pk}/"
    assert client.get(address).status_code == 200
    close(town)
    page = client.get(address, follow=True)
    assert page.redirect_chain[0][0] == f"/{town.slug}/appels/"
    assert "Cet appel n’est plus à faire." in page.content.decode()
    assert str(message.recipient.phone) not in page.content.decode()
