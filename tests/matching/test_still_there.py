"""Whether an offer still holds, by the link of the mail: shown first, acted on once, and said truly afterwards."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.links import sign
from accounts.models import User
from matching import services as matching
from notifications.models import Message, MessageState
from offers import asking, links
from offers.models import Offer, OfferChange, OfferState
from tests.factories.accounts import CityRoleFactory
from tests.factories.cities import CityFactory
from tests.factories.matching import Story, story
from tests.factories.offers import OfferFactory

pytestmark = pytest.mark.django_db

MONTH = timedelta(days=31)


@pytest.fixture
def asked() -> Offer:
    """An offer whose owner was mailed two minutes ago."""
    now = timezone.now()
    offer = OfferFactory(city=CityFactory(phone="03 88 60 90 90", awake=True), confirmed_at=now - MONTH)
    asking.remind_stale(city=offer.city, by=None, now=now)
    sent = now - timedelta(minutes=2)
    Message.objects.update(state=MessageState.SENT, sent_at=sent)
    return offer


def link_of(offer: Offer) -> str:
    return Message.objects.get(
        event="offer_reminder", subject_key__startswith=f"offer:{offer.pk}:"
    ).action_url


def state_of(offer: Offer) -> str:
    return Offer.objects.values_list("state", flat=True).get(pk=offer.pk)


def test_the_mail_leads_to_the_question_which_nothing_but_a_button_answers(
    client: Client, asked: Offer
) -> None:
    for _scanner in range(2):
        page = client.get(link_of(asked))
        assert client.head(link_of(asked)).status_code == 200
    assert "Est-ce toujours possible" in page.text
    assert asked.title in page.text
    assert asked.address not in page.text
    assert not OfferChange.objects.exists()
    assert Message.objects.get().state == MessageState.OPENED


@pytest.mark.parametrize("state", [OfferState.ACTIVE, OfferState.EXPIRED])
def test_yes_confirms_it(client: Client, asked: Offer, state: str) -> None:
    Offer.objects.update(state=state)
    page = client.post(link_of(asked), {"answer": "yes"}, follow=True)
    asked.refresh_from_db()
    assert asked.state == OfferState.ACTIVE
    assert asked.confirmed_at is not None
    assert timezone.now() - asked.confirmed_at < timedelta(minutes=1)
    assert "Nous cherchons un besoin" in page.text
    assert Message.objects.get().state == MessageState.ANSWERED
    assert OfferChange.objects.get().by == asked.owner


def test_no_takes_it_back(client: Client, asked: Offer) -> None:
    page = client.post(link_of(asked), {"answer": "no"}, follow=True)
    assert state_of(asked) == OfferState.WITHDRAWN
    assert "Vous l’avez retirée" in page.text


def test_a_pause_has_its_day(client: Client, asked: Offer) -> None:
    day = timezone.localdate() + timedelta(days=20)
    page = client.post(link_of(asked), {"answer": "pause", "paused_until": day.isoformat()}, follow=True)
    asked.refresh_from_db()
    assert (asked.state, asked.paused_until) == (OfferState.PAUSED, day)
    assert "Elle reprend ensuite d’elle-même" in page.text


@pytest.mark.parametrize("day", ["", "hier", "2020-01-01"])
def test_a_pause_without_a_day_to_come_is_asked_again(client: Client, asked: Offer, day: str) -> None:
    page = client.post(link_of(asked), {"answer": "pause", "paused_until": day})
    assert page.status_code == 422
    assert '<details class="disclosure" open>' in page.text
    assert state_of(asked) == OfferState.ACTIVE


def test_a_second_answer_changes_nothing(client: Client, asked: Offer) -> None:
    link = link_of(asked)
    client.post(link, {"answer": "yes"})
    page = client.post(link, {"answer": "no"}, follow=True)
    assert state_of(asked) == OfferState.ACTIVE
    assert OfferChange.objects.count() == 1
    assert "Est-ce toujours possible" not in page.text


def test_what_is_no_answer_changes_nothing(client: Client, asked: Offer) -> None:
    client.post(link_of(asked), {"answer": "peut-être"})
    assert not OfferChange.objects.exists()


def test_an_old_link_says_so_and_leads_to_the_offer(client: Client, asked: Offer, monkeypatch: Any) -> None:
    link = link_of(asked)
    monkeypatch.setattr(links, "VALID_FOR", timedelta(0))
    page = client.get(link)
    assert page.status_code == 410
    assert f"/propositions/{asked.reference}/" in page.text


def test_a_cut_link_or_one_for_another_thing_opens_nothing(client: Client, asked: Offer) -> None:
    assert client.get(link_of(asked)[:-4] + "/").status_code == 404
    other = sign(salt="matching.answer", subject_id=asked.pk, user=asked.owner)
    assert client.get(f"/{asked.city.slug}/toujours-possible/{other}/").status_code == 404


def test_a_closed_account_or_another_owner_opens_nothing(client: Client, asked: Offer) -> None:
    User.objects.filter(pk=asked.owner_id).update(is_active=False)
    assert client.get(link_of(asked)).status_code == 404


def test_the_desk_notes_the_answer_of_a_caller(client: Client, asked: Offer) -> None:
    operator = CityRoleFactory(city=asked.city, role="operator").user
    client.force_login(operator)
    client.get(link_of(asked))
    assert Message.objects.get().state == MessageState.SENT
    client.post(link_of(asked), {"answer": "yes"})
    assert OfferChange.objects.get().by == operator


class TestPromised:
    @pytest.fixture
    def promised(self) -> Story:
        now = timezone.now()
        it = story(now=now - MONTH, city=CityFactory(awake=True), offer={"confirmed_at": now - MONTH})
        matching.propose(match_id=it.match.pk, by=it.coordinator, now=now)
        matching.accept(match_id=it.match.pk, by=it.citizen, now=now)
        asking.remind_stale(city=it.city, by=None, now=now)
        return it

    def test_whoever_takes_it_back_reads_first_who_counts_on_it(
        self, client: Client, promised: Story
    ) -> None:
        offer = promised.match.offer
        page = client.post(link_of(offer), {"answer": "no"})
        assert "Des personnes comptent dessus" in page.text
        assert state_of(offer) == OfferState.ACTIVE
        client.post(link_of(offer), {"answer": "no", "read": promised.match.pk})
        assert state_of(offer) == OfferState.WITHDRAWN


class TestUnproven:
    @pytest.fixture
    def unproven(self) -> Offer:
        now = timezone.now()
        offer = OfferFactory(city__awake=True, unconfirmed=True, created_at=now - timedelta(days=2))
        asking.remind_unproven(city=offer.city, by=None, now=now)
        return offer

    def test_the_mail_proves_the_address(self, client: Client, unproven: Offer) -> None:
        link = Message.objects.get(event="offer_to_confirm").action_url
        assert "Est-ce bien votre proposition" in client.get(link).text
        assert state_of(unproven) == OfferState.UNCONFIRMED
        client.post(link, {"answer": "yes"})
        assert state_of(unproven) == OfferState.ACTIVE

    def test_somebody_elses_is_taken_away(self, client: Client, unproven: Offer) -> None:
        client.post(Message.objects.get(event="offer_to_confirm").action_url, {"answer": "no"})
        assert state_of(unproven) == OfferState.WITHDRAWN
