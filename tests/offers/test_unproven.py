"""An offer whose contact was never proven: its owner is written to after a day, called three days later."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from cities.models import City
from notifications.channels.call.selectors import calls_to_make
from notifications.models import Message, MessageState
from offers import asking, selectors, services, tasks
from offers.models import Offer, OfferState
from tests.factories.accounts import UserFactory
from tests.factories.matching import NOW
from tests.factories.offers import OfferFactory

EVENT = "offer_to_confirm"
DAY = timedelta(days=1)


def posted(city: City, **person: Any) -> Offer:
    return OfferFactory(city=city, unconfirmed=True, created_at=NOW, owner=UserFactory(**person))


def run(city: City, days: float) -> tuple[int, int]:
    """How many are reminded and how many put on the list of calls, so many days later."""
    now = NOW + days * DAY
    reminded = asking.remind_unproven(city=city, by=None, now=now)
    return reminded, asking.call_unproven(city=city, by=None, now=now)


def test_is_reminded_by_mail_then_called(city: City) -> None:
    offer = posted(city, phone="+33388609090")
    assert run(city, 0.9) == (0, 0)
    assert run(city, 1) == (1, 0)
    mail = Message.objects.get(event=EVENT)
    assert (mail.recipient, mail.channel) == (offer.owner, "email")
    assert run(city, 3.9) == (0, 0)
    assert run(city, 4) == (0, 1)
    assert run(city, 5) == (0, 0)
    assert [call.recipient for call in calls_to_make(city)] == [offer.owner]
    assert list(selectors.to_call(Offer.objects.all())) == [offer]


def test_who_has_no_address_is_called_after_a_day(city: City) -> None:
    offer = posted(city, phone_only=True)
    assert run(city, 1) == (1, 0)
    assert calls_to_make(city).get().recipient == offer.owner
    assert run(city, 4) == (0, 0)


def test_who_has_no_phone_is_written_to_and_stays_on_the_list_of_the_town(city: City, operator: User) -> None:
    offer = posted(city, phone=None)
    assert run(city, 1) == (1, 0)
    assert run(city, 4) == (0, 0)
    assert list(selectors.town_offers(operator, city, state=OfferState.UNCONFIRMED)) == [offer]


def test_a_landline_gets_no_sms(city: City, settings: Any) -> None:
    settings.SMS_GATEWAY = "http"
    offer = posted(city, email=None, phone="+33388609090")
    run(city, 1)
    assert Message.objects.get(recipient=offer.owner).channel == "call"


@pytest.mark.parametrize("act", ["prove", "withdraw"])
def test_nobody_is_called_about_what_is_decided(city: City, act: str) -> None:
    offer = posted(city, phone="+33388609090")
    run(city, 1)
    run(city, 4)
    Message.objects.filter(channel="email").update(state=MessageState.SENT, sent_at=NOW)
    if act == "prove":
        services.prove_contact(owner=offer.owner, by=offer.owner, now=NOW + 4 * DAY)
    else:
        services.withdraw(offer_id=offer.pk, by=offer.owner, now=NOW + 4 * DAY)
    assert not calls_to_make(city).exists()
    assert Message.objects.get(event=EVENT, channel="email").state == MessageState.ANSWERED


def test_what_came_long_ago_is_left_alone(city: City) -> None:
    posted(city, phone="+33388609090")
    assert run(city, city.expire_after_days + 1) == (0, 0)


def test_what_is_proven_is_asked_only_after_its_month(city: City) -> None:
    offer = posted(city)
    run(city, 1)
    services.prove_contact(owner=offer.owner, by=offer.owner, now=NOW + 2 * DAY)
    assert asking.remind_stale(city=city, by=None, now=NOW + 31 * DAY) == 0
    assert asking.remind_stale(city=city, by=None, now=NOW + 32 * DAY) == 1


def test_the_daily_round_does_it(city: City) -> None:
    OfferFactory(city=city, unconfirmed=True, created_at=timezone.now() - 2 * DAY)
    tasks.keep_fresh()
    assert Message.objects.get().event == EVENT
