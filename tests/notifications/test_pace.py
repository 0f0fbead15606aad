"""A channel's rate is kept, counted where its messages arrive, whatever waits and however many workers there are."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from notifications import channel_registry, delivery
from notifications.events import Priority
from tests import http_server
from tests.factories.accounts import UserFactory
from tests.factories.notifications import MessageFactory
from tests.notifications.test_claims import fill

NOW = datetime(2026, 3, 9, 9, tzinfo=UTC)
LONGEST = 20
DELIVER = ("notifications.tasks.deliver", [])


@pytest.fixture
def by_mail(smtp_server, settings):
    settings.EMAIL_PER_MINUTE = 600
    return lambda: [str(mail["To"]) for mail in smtp_server.messages]


@pytest.fixture
def by_sms(settings):
    with http_server.listening() as gateway:
        settings.SMS_GATEWAY, settings.SMS_HTTP_URL = "http", gateway.url
        settings.SMS_PER_MINUTE = 600
        yield lambda: [request.json["to"] for request in gateway.requests]


@pytest.mark.parametrize("channel", ["email", "sms"])
def test_of_many_that_wait_so_many_leave_a_minute_and_tonight_s_first(
    transactional_db, at_once, monkeypatch, request, channel
):
    arrived = request.getfixturevalue({"email": "by_mail", "sms": "by_sms"}[channel])
    monkeypatch.setattr(delivery, "BATCH", 3)  # each worker has its turns
    waiting = MessageFactory(channel=channel, recipient=UserFactory(phone="+33612345678"))
    fill(waiting, count=2_000)
    start = time.monotonic()

    def work():
        while len(arrived()) < 10 and time.monotonic() < start + LONGEST:
            delivery.deliver_batch(channel=channel, by=None, clock=timezone.now)

    def somebody_waits_for_tonight():
        while len(arrived()) < 2:
            time.sleep(0.01)
        person = UserFactory(phone="+33698765432")
        MessageFactory(channel=channel, priority=Priority.NIGHT, recipient=person)
        return person.email if channel == "email" else person.phone.as_e164, len(arrived())

    *_, (urgent, before) = at_once(work, work, work, somebody_waits_for_tonight)

    # Ten a second. When the urgent one was written another was on its way.
    assert 10 <= len(arrived()) <= 10 * (time.monotonic() - start) + 1
    assert arrived().index(urgent) <= before + 1


def test_at_a_low_rate_the_worker_rests_elsewhere_and_is_woken_once(db, smtp_server, settings, wake_ups):
    settings.EMAIL_PER_MINUTE = 3
    MessageFactory.create_batch(3)

    def deliver(seconds):
        moment = NOW + timedelta(seconds=seconds)
        return delivery.deliver_batch(channel="email", by=None, clock=lambda: moment)

    assert deliver(0) is False
    assert (len(smtp_server.messages), wake_ups()) == (1, [DELIVER])
    assert deliver(10) is False
    assert (len(smtp_server.messages), wake_ups()) == (1, [DELIVER])
    assert deliver(20) is False
    assert (len(smtp_server.messages), wake_ups()) == (2, [DELIVER] * 2)


def test_a_clock_that_was_put_back_keeps_nothing(db, smtp_server, settings):
    settings.EMAIL_PER_MINUTE = 3
    for hours in (1, 0):
        MessageFactory()
        delivery.deliver_batch(
            channel="email", by=None, clock=lambda moment=NOW + timedelta(hours=hours): moment
        )
    assert len(smtp_server.messages) == 2


def test_a_channel_with_a_rate_has_one_connection(settings):
    settings.EMAIL_CONNECTIONS = 4
    assert channel_registry.connections_of("email") == 4
    settings.EMAIL_PER_MINUTE = 100
    assert channel_registry.connections_of("email") == 1
