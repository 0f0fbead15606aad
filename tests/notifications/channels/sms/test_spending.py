"""A town's SMS of a month keep to the limit that it has set; what decides a night leaves all the same."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from cities.models import City
from notifications import pursuit
from notifications.channels.sms import spending
from notifications.channels.sms.alphabet import segments
from notifications.channels.sms.models import Spending
from notifications.events import Priority
from notifications.models import Message, MessageState
from tests.factories.accounts import CityRoleFactory
from tests.factories.cities import CityFactory
from tests.factories.matching import NOW
from tests.http_server import HANG_UP
from tests.notifications.channels.sms.conftest import deliver

pytestmark = pytest.mark.django_db


def spend(city, segments, *, priority=Priority.ASK, now=NOW):
    return spending.spend(city=city, segments=segments, priority=priority, by=None, now=now)


def spent(city, now=NOW):
    return spending.spent(city, now)[0]


def test_up_to_the_limit_and_not_beyond():
    city = CityFactory(sms_monthly_limit=10)
    assert [spend(city, 6), spend(city, 4), spend(city, 1)] == [True, True, False]
    assert spending.spent(city, NOW) == (10, 10)


def test_what_decides_a_night_leaves_beyond_it_and_is_counted():
    city = CityFactory(sms_monthly_limit=10)
    spend(city, 10)
    assert spend(city, 3, priority=Priority.NIGHT)
    assert spent(city) == 13


def test_without_any_only_nights_leave():
    city = CityFactory(sms_monthly_limit=0)
    assert not spend(city, 1)
    assert spend(city, 1, priority=Priority.NIGHT)


def test_a_month_begins_at_the_town_s_midnight():
    paris, noumea = CityFactory(sms_monthly_limit=10), CityFactory(timezone="Pacific/Noumea")
    eve = datetime(2026, 3, 31, 14, tzinfo=UTC)  # one in the morning of April in Nouméa
    for city in (paris, noumea):
        spend(city, 2, now=eve)
    assert Spending.objects.get(city=paris).month == date(2026, 3, 1)
    assert Spending.objects.get(city=noumea).month == date(2026, 4, 1)
    assert spent(paris, eve + timedelta(days=1)) == 0


def test_two_workers_do_not_spend_the_last_one_twice(transactional_db, at_once):
    city = CityFactory(sms_monthly_limit=5)
    assert sorted(at_once(*[lambda: spend(city, 3)] * 2)) == [False, True]
    assert spent(city) == 3


def test_the_desk_is_told_once_a_month_at_eighty_per_cent():
    city = CityFactory(sms_monthly_limit=10)
    person = CityRoleFactory(city=city).user
    told = Message.objects.filter(event="sms_nearly_spent", recipient=person)
    spend(city, 7)
    assert not told.exists()
    spend(city, 1)
    spend(city, 1)
    assert "8 SMS sont partis ce mois-ci, sur 10" in told.get().body
    spend(city, 9, now=NOW + timedelta(days=31))
    assert told.count() == 2


def test_what_surely_did_not_leave_is_given_back(gateway, text_to, town):
    gateway.answer = (500, {}, "")
    message = text_to()
    deliver(NOW)
    message.refresh_from_db()
    assert message.state == MessageState.QUEUED
    assert Spending.objects.get(city=town).segments == 0


def test_what_may_have_left_is_counted(gateway, text_to, town):
    gateway.answer = HANG_UP
    message = text_to()
    deliver(NOW)
    message.refresh_from_db()
    assert message.state == MessageState.UNCERTAIN
    assert Spending.objects.get(city=town).segments >= 1


def test_what_left_is_counted_in_segments(gateway, text_to, town):
    text_to(body="Bonjour. " * 40)
    deliver(NOW)
    (request,) = gateway.requests
    assert Spending.objects.get(city=town).segments == segments(request.json["text"]) > 1


def test_a_question_beyond_the_limit_goes_on_as_a_call(ask):
    asked = ask()
    City.objects.update(sms_monthly_limit=0)
    deliver(NOW)
    asked.message.refresh_from_db()
    assert (asked.message.state, asked.message.last_error) == (MessageState.FAILED, "monthly limit")
    assert pursuit.pursue(by=None, now=NOW) == 1
    assert Message.objects.get(event="match_question", channel="call").recipient == asked.message.recipient


def test_the_page_of_what_did_not_arrive_says_how_much(client):
    city = CityFactory(sms_monthly_limit=100)
    client.force_login(CityRoleFactory(city=city).user)
    page = reverse("notifications:call:undelivered", args=[city.slug])
    assert "Ce mois-ci" not in client.get(page).text
    spend(city, 42, now=datetime.now(UTC))
    assert "par SMS\u202f: 42 sur 100" in client.get(page).text


def test_a_month_is_counted_once_from_its_first_day():
    city = CityFactory()
    Spending.objects.create(city=city, month=date(2026, 3, 1))
    with pytest.raises(IntegrityError, match="once_a_month"), transaction.atomic():
        Spending.objects.create(city=city, month=date(2026, 3, 1))
    with pytest.raises(IntegrityError, match="from_the_first"), transaction.atomic():
        Spending.objects.create(city=city, month=date(2026, 4, 2))
