"""What happens in a town is written down with it, for those who want to know, and says no more than it must."""

import json
import re

import pytest
from django.db import transaction

from accounts.models import Role
from catalogue.vocabulary import Kind
from matching import services as matching
from matching.lifecycle import Reason
from needs import services as needs
from offers import services as offers
from tests.factories.accounts import CityRoleFactory
from tests.factories.cities import CityFactory
from tests.factories.matching import story
from tests.factories.needs import NeedFactory
from tests.factories.offers import OfferFactory
from tests.test_architecture import ROOT
from tests.webhooks.conftest import NOW
from webhooks import services, tasks
from webhooks.events import TEST, Happening
from webhooks.models import Delivery

URL = "https://93.184.216.34/accueil"
pytestmark = pytest.mark.django_db


def listen(city, happenings=tuple(Happening.values)):
    by = CityRoleFactory(city=city, role=Role.ADMINISTRATOR).user
    return services.add(city=city, url=URL, happenings=happenings, by=by, now=NOW)


def told():
    return list(Delivery.objects.order_by("id").values_list("happening", flat=True))


def test_a_match_from_the_proposal_to_its_end():
    it = story(kind=Kind.GOODS)
    listen(it.city)
    matching.propose(match_id=it.match.pk, by=it.coordinator, now=NOW)
    matching.accept(match_id=it.match.pk, by=it.citizen, now=NOW)
    matching.confirm(match_id=it.match.pk, by=it.member, now=NOW)
    matching.cancel(match_id=it.match.pk, by=it.member, now=NOW, reason=Reason.CHANGED_MIND)
    assert [name for name in told() if name.startswith("match")] == [
        "match.proposed", "match.accepted", "match.confirmed", "match.ended"
    ]  # fmt: skip
    assert json.loads(Delivery.objects.get(happening="match.confirmed").body) == {
        "type": "match.confirmed",
        "timestamp": "2026-03-09T11:00:00+00:00",
        "data": {
            "city": it.city.slug,
            "need": it.match.need.reference,
            "offer": it.match.offer.reference,
            "match": it.match.pk,
        },
    }


def test_nothing_that_people_said_or_are_called_leaves():
    it = story(offer={"address": "12 rue des Lilas"})
    listen(it.city)
    matching.propose(match_id=it.match.pk, by=it.coordinator, now=NOW, note="Une remarque")
    matching.decline(match_id=it.match.pk, by=it.citizen, now=NOW, reason=Reason.NOT_AVAILABLE, note="Malade")
    for body in Delivery.objects.values_list("body", flat=True):
        assert set(json.loads(body)) == {"type", "timestamp", "data"}
        assert set(json.loads(body)["data"]) <= {"city", "need", "offer", "match"}


def test_needs_and_offers_open_and_close():
    city = CityFactory()
    listen(city)
    need = NeedFactory(city=city)
    needs.withdraw(need_id=need.pk, by=need.entered_by or CityRoleFactory(city=city).user, now=NOW)
    needs.reopen(need_id=need.pk, by=CityRoleFactory(city=city).user, now=NOW)
    offer = OfferFactory(city=city)
    offers.pause(offer_id=offer.pk, by=offer.owner, now=NOW)
    offers.resume(offer_id=offer.pk, by=offer.owner, now=NOW)
    offers.reconfirm(offer_id=offer.pk, by=offer.owner, now=NOW)
    offers.freeze(offer_id=offer.pk, by=offer.owner, now=NOW, reason="incident 1")
    assert told() == ["need.closed", "need.opened", "offer.opened"], "no suspension, and nothing twice"


def test_only_what_was_asked_for_and_of_the_own_town():
    city = CityFactory()
    listen(city, [Happening.OFFER_CLOSED])
    listen(CityFactory())
    offer = OfferFactory(city=city)
    need = NeedFactory(city=city)
    by = CityRoleFactory(city=city).user
    needs.withdraw(need_id=need.pk, by=by, now=NOW)
    offers.withdraw(offer_id=offer.pk, by=by, now=NOW)
    assert told() == ["offer.closed"]
    assert offer.reference in Delivery.objects.get().body


def test_the_page_for_those_who_receive_names_each():
    page = (ROOT / "docs" / "webhooks.md").read_text("utf-8")
    assert set(re.findall(r"^\| `([a-z]+\.[a-z]+)` \|", page, re.MULTILINE)) == {*Happening.values, TEST}


def test_what_did_not_happen_is_not_told():
    city = CityFactory()
    listen(city)
    with transaction.atomic():
        services.record(city_id=city.pk, happening=Happening.NEED_OPENED, subject_id=1, at=NOW, need="B-1")
        transaction.set_rollback(True)
    assert told() == []


def test_a_worker_is_woken_when_it_is_committed(wake_ups, django_capture_on_commit_callbacks):
    city = CityFactory()
    listen(city)
    with django_capture_on_commit_callbacks(execute=True):
        services.record(city_id=city.pk, happening=Happening.NEED_OPENED, subject_id=1, at=NOW, need="B-1")
    assert (tasks.deliver.name, []) in wake_ups()


def test_in_a_town_that_tells_nobody_it_costs_two_queries(django_assert_num_queries):
    city = CityFactory()
    with django_assert_num_queries(2):
        services.record(city_id=city.pk, happening=Happening.NEED_OPENED, subject_id=1, at=NOW, need="B-1")
