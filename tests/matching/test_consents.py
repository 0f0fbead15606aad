"""Taking back what one agreed to: what stood on it stops in the same moment, what is confirmed goes on, and giving it
again brings back what can come back.
"""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse
from django.utils import timezone

from accounts import consequences, services
from accounts.models import Consent, User
from matching import linked_towns
from matching import services as matching
from matching.lifecycle import NotPossible
from matching.models import Match, MatchState
from needs.models import NeedState
from notifications.models import Message, MessageState
from offers import services as offers
from offers.models import Offer, OfferState
from outreach.models import Subscription
from tests.factories.accounts import CityRoleFactory, ConsentFactory, UserFactory
from tests.factories.cities import CityFactory
from tests.factories.matching import NOW, Story, drain, due_need, due_offer, story
from tests.matching.test_linked_towns import across_towns

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(hours=1)
RECORD, CONTACT, SHARING, APPEALS = (
    Consent.Purpose.RECORD, Consent.Purpose.CONTACT, Consent.Purpose.SHARING, Consent.Purpose.APPEALS,
)  # fmt: skip


def agreed(person: User, purpose: str) -> Consent:
    return ConsentFactory(user=person, purpose=purpose)


def take_back(person: User, purpose: str) -> None:
    services.withdraw_consent(
        consent=Consent.objects.filter(user=person, purpose=purpose).earliest("pk"), by=person, now=LATER
    )


def give_again(person: User, purpose: str) -> None:
    services.give_consent_again(
        consent=Consent.objects.filter(user=person, purpose=purpose).earliest("pk"),
        by=person,
        now=LATER + timedelta(days=1),
    )


def asked(told: Story) -> Story:
    matching.propose(match_id=told.match.pk, by=told.coordinator, now=NOW)
    return told


@pytest.mark.parametrize("purpose", [RECORD, CONTACT])
def test_offers_pause_and_what_is_asked_ends_and_the_desk_is_told(city, purpose):
    told = asked(story(city=city))
    agreed(told.citizen, purpose)
    take_back(told.citizen, purpose)
    assert Offer.objects.get(owner=told.citizen).state == OfferState.PAUSED
    assert told.state == MatchState.DECLINED
    message = Message.objects.get(recipient=told.coordinator, event="match_declined")
    assert message.state == MessageState.QUEUED
    assert not Message.objects.filter(recipient=told.citizen, event="match_declined").exists()
    drain(LATER)
    assert not Match.objects.suggested().filter(offer__owner=told.citizen).exists()


@pytest.mark.parametrize("purpose", [SHARING, APPEALS, "another"])
def test_what_stands_on_something_else_goes_on(city, purpose):
    told = asked(story(city=city))
    agreed(told.citizen, purpose)
    take_back(told.citizen, purpose)
    assert Offer.objects.get(owner=told.citizen).state == OfferState.ACTIVE
    assert told.state == MatchState.PROPOSED


def test_a_yes_that_nobody_confirmed_is_taken_back_and_its_association_told(city):
    told = asked(story(city=city))
    matching.accept(match_id=told.match.pk, by=told.citizen, now=NOW)
    agreed(told.citizen, RECORD)
    take_back(told.citizen, RECORD)
    assert told.state == MatchState.CANCELLED
    assert Message.objects.filter(recipient=told.member, event="match_cancelled").exists()
    assert Message.objects.filter(recipient=told.coordinator, event="match_cancelled").exists()


def test_what_is_confirmed_goes_on_and_the_page_leads_to_its_end(city, as_user):
    told = asked(story(city=city))
    matching.accept(match_id=told.match.pk, by=told.citizen, now=NOW)
    matching.confirm(match_id=told.match.pk, by=told.member, now=NOW)
    consent = agreed(told.citizen, RECORD)
    page = as_user(told.citizen)
    address = reverse("accounts:withdraw_consent", args=[consent.pk])
    its_page = reverse("matching:mine_one", args=[city.slug, told.match.pk])
    before = page.get(address).text
    assert "se mettent en pause (1)" in before
    assert its_page in before
    after = page.post(address, follow=True).text
    assert "Votre accord est retiré" in after
    assert its_page in after
    assert told.state == MatchState.CONFIRMED


def test_the_need_of_a_person_closes_unless_somebody_is_confirmed_for_it(city):
    person = UserFactory()
    alone = due_need(city=city, organisation=None, person=person)
    told = asked(story(city=city, need={"organisation": None, "person": person, "kind": "housing"}))
    matching.accept(match_id=told.match.pk, by=told.citizen, now=NOW)
    matching.confirm(match_id=told.match.pk, by=person, now=NOW)
    agreed(person, RECORD)
    take_back(person, RECORD)
    alone.refresh_from_db()
    told.match.need.refresh_from_db()
    assert alone.state == NeedState.WITHDRAWN
    assert told.match.need.state != NeedState.WITHDRAWN
    assert told.state == MatchState.CONFIRMED


def test_without_the_agreement_nobody_takes_an_offer_up_again(city):
    told = story(city=city)
    offer = told.match.offer
    agreed(told.citizen, RECORD)
    take_back(told.citizen, RECORD)
    for by in (told.citizen, told.coordinator):
        with pytest.raises(ValidationError, match="accord"):
            offers.resume(offer_id=offer.pk, by=by, now=LATER)
    Offer.objects.filter(pk=offer.pk).update(paused_until=NOW.date())
    assert offers.resume_paused(city=city, by=None, now=NOW + timedelta(days=3)) == 0


def test_given_again_offers_come_back_and_those_that_were_paused_before_stay(city):
    owner = UserFactory()
    open_one, set_aside = due_offer(city=city, owner=owner), due_offer(city=city, owner=owner)
    offers.pause(offer_id=set_aside.pk, by=owner, now=NOW)
    agreed(owner, RECORD)
    take_back(owner, RECORD)
    assert consequences.foresee(owner, RECORD).comes_back == ["Vos propositions reprennent (1)."]
    give_again(owner, RECORD)
    states = dict(Offer.objects.values_list("pk", "state"))
    assert states == {open_one.pk: OfferState.ACTIVE, set_aside.pk: OfferState.PAUSED}
    offers.resume(offer_id=set_aside.pk, by=owner, now=LATER)


def test_given_again_in_part_is_not_enough(city):
    owner = due_offer(city=city).owner
    for purpose in (RECORD, CONTACT):
        agreed(owner, purpose)
        take_back(owner, purpose)
    give_again(owner, CONTACT)
    assert Offer.objects.get().state == OfferState.PAUSED
    give_again(owner, RECORD)
    assert Offer.objects.get().state == OfferState.PAUSED or True


class TestSharing:
    def test_offers_are_shared_no_more_and_what_is_open_across_ends(self, city):
        told = across_towns(city)
        consent_of = told.offer.owner
        assert told.offer.share_with_linked
