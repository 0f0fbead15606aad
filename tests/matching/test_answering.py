"""An offer that somebody made for a need: its need is looked at first, its desk is told, the case shows it."""

import re
from datetime import time, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Organisation
from catalogue import help_link
from catalogue.vocabulary import Kind, Urgency
from cities.models import City
from matching import answering, services, tasks
from matching.models import Match
from needs import services as needs
from needs.models import Need
from notifications.models import Message
from offers import services as offers
from offers.models import Offer
from tests.factories.accounts import UserFactory
from tests.factories.cities import CityFactory
from tests.factories.matching import NOW, due_need, due_offer
from tests.factories.notifications import MessageFactory

GOODS = Kind.GOODS


def offer_for(need, **fields):
    return due_offer(**{"city": need.city, "kind": need.kind, "answers_need": need.reference, **fields})


def told():
    return Message.objects.filter(event="need_answered")


# --- Looked at first, and told -------------------------------------------------------------------------


def test_the_need_is_due_at_once_and_its_desk_told_once(city, coordinator):
    need = due_need(city=city, kind=GOODS)
    Need.objects.filter(pk=need.pk).update(scan_due_at=None)
    offer = offer_for(need)
    assert answering.announce(by=None, now=NOW) == 1
    assert Need.objects.get(pk=need.pk).scan_due_at == NOW
    assert answering.announce(by=None, now=NOW) == 0
    message = told().get()
    assert message.recipient == coordinator
    assert offer.reference in message.body
    assert need.reference in message.body
    assert message.action_url.endswith(f"/bureau/{need.reference}/")


def test_of_a_need_for_tonight_its_desk_is_told_at_night(city, coordinator):
    City.objects.update(quiet_from=time(21), quiet_until=time(8))
    for urgency in (Urgency.TONIGHT, Urgency.PLANNED):
        offer_for(due_need(city=city, kind=GOODS, urgency=urgency))
    night = NOW.replace(hour=21)
    assert answering.announce(by=None, now=night) == 2
    assert list(told().order_by("pk").values_list("state", flat=True)) == ["queued", "held"]


def test_one_turn_of_the_worker_makes_the_pair(city, coordinator, wake_ups):
    now = timezone.now()
    need = due_need(city=city, kind=GOODS, now=now)
    tasks.scan_due()
    offer = offer_for(need, now=now)
    tasks.scan_due()
    assert Match.objects.get(need=need, offer=offer).state == "suggested"
    assert told().count() == 1
    tasks.scan_due()
    assert told().count() == 1


def test_an_offer_that_waits_for_its_code_is_told_of_once_it_is_active(city, coordinator):
    need = due_need(city=city, kind=GOODS)
    offer = offer_for(need, unconfirmed=True, scan_due_at=None)
    assert answering.announce(by=None, now=NOW) == 0
    offers.prove_contact(owner=offer.owner, by=offer.owner, now=NOW)
    assert answering.announce(by=None, now=NOW) == 1


def withdraw(need, now=NOW):
    needs.withdraw(need_id=need.pk, by=UserFactory(), now=now)


def suspend(need, now=NOW):
    Organisation.objects.filter(pk=need.organisation_id).update(state=Organisation.State.SUSPENDED)


def expire(need, now=NOW):
    needs.expire_past(city=need.city, by=None, now=now + timedelta(days=60))


NOT_PUBLISHED = {"withdrawn": withdraw, "not published": suspend, "over": expire}


@pytest.mark.parametrize("end", NOT_PUBLISHED.values(), ids=NOT_PUBLISHED)
def test_of_a_need_that_is_not_published_nobody_is_told(city, coordinator, end):
    need = due_need(city=city, kind=GOODS)
    offer_for(need)
    end(need)
    Need.objects.filter(pk=need.pk).update(scan_due_at=None)
    assert answering.announce(by=None, now=NOW) == 0
    assert Need.objects.get(pk=need.pk).scan_due_at is None


def test_another_towns_need_is_none(city, coordinator):
    theirs = due_need(city=CityFactory(), kind=GOODS)
    offer = offer_for(theirs, city=city)
    assert answering.need_of(offer) is None
    assert list(answering.made_for(theirs)) == []
    assert answering.announce(by=None, now=NOW) == 0


def test_a_forged_reference_of_another_kind_or_of_nothing_is_none(city, coordinator):
    need = due_need(city=city, kind=GOODS)
    assert answering.need_of(offer_for(need, kind=Kind.SKILL)) is None
    assert answering.need_of(due_offer(city=city, kind=GOODS, answers_need="B-3333-3333")) is None
    assert answering.need_of(due_offer(city=city, kind=GOODS)) is None
    assert answering.announce(by=None, now=NOW) == 0


@pytest.mark.parametrize("end", ["offer", "need"])
def test_a_message_of_what_is_over_does_not_leave(city, coordinator, end):
    need = due_need(city=city, kind=GOODS)
    offer = offer_for(need)
    message = MessageFactory(
        event="need_answered", subject_key=f"offer:{offer.pk}", recipient=coordinator, city=city
    )
    assert Message.objects.filter(pk=message.pk).with_reason().exists()
    if end == "need":
        withdraw(need)
    else:
        offers.withdraw(offer_id=offer.pk, by=offer.owner, now=NOW)
    assert not Message.objects.filter(pk=message.pk).with_reason().exists()


# --- The case ------------------------------------------------------------------------------------------


def test_the_case_names_it_until_somebody_decides(city, coordinator, as_user):
    now = timezone.now()
    need = due_need(city=city, kind=GOODS, now=now)
    offer = offer_for(need, now=now)
    tasks.scan_due()
    case = reverse("desk:case", args=[city.slug, need.reference])
    client = as_user(coordinator)
    page = client.get(case).content.decode()
    assert "Quelqu’un peut aider" in page
    assert "elle est parmi les pistes" in page
    match = Match.objects.get(need=need, offer=offer)
    services.dismiss(match_id=match.pk, by=coordinator, now=now, reason="not_suitable")
    assert "Quelqu’un peut aider" not in client.get(case).content.decode()


def test_of_one_that_is_no_suggestion_the_case_leads_to_why(city, coordinator, as_user):
    now = timezone.now()
    need = due_need(city=city, kind=GOODS, now=now)
    offer = offer_for(need, now=now, category="furniture", item="")
    tasks.scan_due()
    client = as_user(coordinator)
    page = client.get(reverse("desk:case", args=[city.slug, need.reference])).content.decode()
    assert "n’est pas parmi les pistes" in page
    (why,) = re.findall(r'href="([^"]+reference=P-[^"]+)"', page)
    assert offer.reference in client.get(why).content.decode()


# --- What its owner reads ------------------------------------------------------------------------------


def after(client, offer):
    path = reverse("matching:offer_for_need", args=[offer.city.slug, offer.reference])
    return client.get(path, follow=True)


def test_whoever_made_it_reads_that_the_town_is_told(city, as_user):
    now = timezone.now()
    need = due_need(city=city, kind=GOODS, now=now)
    offer = offer_for(need, now=now)
    page = after(as_user(offer.owner), offer)
    assert (
        f"La ville est prévenue\u202f: votre proposition répond au besoin {need.reference}."
        in page.content.decode()
    )
    assert page.redirect_chain[-1][0] == f"/strasbourg/propositions/{offer.reference}/"


@pytest.mark.parametrize("end", NOT_PUBLISHED.values(), ids=NOT_PUBLISHED)
def test_whoever_comes_too_late_reads_so(city, as_user, end):
    now = timezone.now()
    need = due_need(city=city, kind=GOODS, now=now)
    offer = offer_for(need, now=now)
    end(need, now)
    page = after(as_user(offer.owner), offer).content.decode()
    assert "n’est plus ouvert" in page
    assert "La ville est prévenue" not in page


def test_of_somebody_elses_offer_or_one_for_no_need_there_is_no_page(city, as_user, client):
    now = timezone.now()
    need = due_need(city=city, kind=GOODS, now=now)
    offer, plain = offer_for(need, now=now), due_offer(city=city, kind=GOODS, now=now)
    assert after(client, offer).status_code == 404
    assert after(as_user(UserFactory()), offer).status_code == 404
    assert after(as_user(plain.owner), plain).status_code == 404


def test_a_visitor_begins_under_the_need_sends_and_proves(city, coordinator, client, mailoutbox, wake_ups):
    """As a browser without JavaScript goes: from the public list to the town that is told."""
    now = timezone.now()
    need = due_need(city=city, kind=GOODS, now=now, sizes=["140"])
    new = reverse("offers:new", args=[city.slug])
    listed = client.get(reverse("needs:public", args=[city.slug])).content.decode()
    (link,) = re.findall(rf'href="({new}\?[^"]+)"', listed)
    assert client.get(link.replace("&amp;", "&"))["Location"] == f"{new}goods/"
    days = {"first_day": need.first_day.isoformat(), "last_day": need.last_day.isoformat()}
    for step, answer in {
        "goods": {"size": "140", "capacity": "10"},
        "where": {"commune": "Strasbourg", "hand_over": "delivered", "reach_km": "10", **days},
    }.items():
        assert client.post(f"{new}{step}/", answer).status_code == 302, step
    check = client.get(f"{new}verifier/")
    you = {"name": "Camille", "email": "camille@exemple.fr", "consent": "on"}
    receipt = client.post(f"{new}verifier/", {"key": check.context["draft_key"], **you}, follow=True)
    page = receipt.content.decode()
    assert f"répond au besoin {need.reference}. La ville est prévenue dès que vous la confirmez" in page
    tasks.scan_due()
    assert not told().exists()
    # Pressed again: the same page.
    again = client.post(f"{new}verifier/", {"key": check.context["draft_key"]}, follow=True)
    assert need.reference in again.content.decode()

    (code,) = re.findall(r"^ +(\d{6})$", mailoutbox[0].body, re.MULTILINE)
    proven = client.post(receipt.context["code_url"], {"code": code}, follow=True).content.decode()
    assert f"La ville est prévenue\u202f: votre proposition répond au besoin {need.reference}." in proven
    tasks.scan_due()
    assert told().get().recipient == coordinator
    assert Match.objects.filter(need=need, offer=Offer.objects.get()).exists()


def test_a_need_that_closes_while_somebody_answers_is_said_at_the_end(city, client, as_user):
    now = timezone.now()
    need = due_need(city=city, kind=Kind.SKILL, now=now)
    new = reverse("offers:new", args=[city.slug])
    as_user(UserFactory())
    said = {"kind": "skill", "category": "interpreting", "need": need.reference, "commune": city.seat_id}
    client.get(f"{new}?{help_link.query(**said)}")
    withdraw(need, now)
    for step, answer in {
        "pair": {"languages_from": ["ti"], "languages_to": ["fr"]},
        "where": {"commune": "Strasbourg", "reach_km": "20"},
        "hours": {"capacity": "2", "slots": ["mon 09:00-12:00"]},
        "details": {"text": ""},
    }.items():
        assert client.post(f"{new}{step}/", answer).status_code == 302, step
    check = client.get(f"{new}verifier/")
    page = client.post(f"{new}verifier/", {"key": check.context["draft_key"], "consent": "on"}, follow=True)
    assert "n’est plus ouvert" in page.content.decode()
    assert Offer.objects.get().state == "active"
