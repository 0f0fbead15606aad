"""A channel's rate is kept, counted where its messages arrive, whatever waits and however many workers there are."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from django.db.models import Exists
from django.utils import timezone

from cities.models import City
from notifications import channel_registry, delivery, reasons
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

    urgent = UserFactory(phone="+33698765432")
    address = urgent.email if channel == "email" else urgent.phone.as_e164
    end = time.monotonic() + LONGEST

    def work():
        while time.monotonic() < end and (len(arrived()) < 10 or address not in arrived()):
            if not delivery.deliver_batch(channel=channel, by=None, clock=timezone.now):
                time.sleep(0.01)

    def somebody_waits_for_tonight():
        while len(arrived()) < 2 and time.monotonic() < end:
            time.sleep(0.01)
        MessageFactory(channel=channel, priority=Priority.NIGHT, recipient=urgent)
        return len(arrived())

    *_, before = at_once(work, work, work, somebody_waits_for_tonight)

    # Ten a second. When the urgent one was written another was on its way.
    assert 10 <= len(arrived()) <= 10 * (time.monotonic() - start) + 1
    assert arrived().index(address) <= before + 1


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


def test_whoever_rests_after_a_message_that_did_not_leave_is_woken_once(
    db, smtp_server, settings, wake_ups, monkeypatch
):
    """What is claimed and told to nobody counts as one that left: "tonight" must not wait for the sweep after it."""
    settings.EMAIL_PER_MINUTE = 20
    nobodys = {"nobodys": lambda: Exists(City.objects.filter(name=""))}
    monkeypatch.setattr(reasons, "_reasons", reasons._reasons | nobodys)
    MessageFactory(event="nobodys")
    delivery.deliver_batch(channel="email", by=None, clock=lambda: NOW)
    assert wake_ups() == []
    MessageFactory(priority=Priority.NIGHT)
    for _ in range(2):
        delivery.deliver_batch(channel="email", by=None, clock=lambda: NOW + timedelta(seconds=1))
    assert (smtp_server.messages, wake_ups()) == ([], [DELIVER])


def test_after_a_message_that_took_a_whole_batch_the_worker_is_woken(
    db, smtp_server, settings, wake_ups, monkeypatch
):
    settings.EMAIL_PER_MINUTE = 3
    monkeypatch.setattr(delivery, "BATCH_SECONDS", 0)
    MessageFactory.create_batch(2)
    assert delivery.deliver_batch(channel="email", by=None, clock=lambda: NOW) is True
    assert delivery.deliver_batch(channel="email", by=None, clock=lambda: NOW) is False
    assert (len(smtp_server.messages), wake_ups()) == (1, [DELIVER])


def test_a_machine_whose_clock_is_a_little_behind_rests_too(db, smtp_server, settings):
    settings.EMAIL_PER_MINUTE = 3
    for seconds in (10, 0):
        MessageFactory()
        delivery.deliver_batch(
            channel="email", by=None, clock=lambda moment=NOW + timedelta(seconds=seconds): moment
        )
    assert len(smtp_server.messages) == 1


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
