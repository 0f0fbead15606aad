"""Taking back what one agreed to: what stood on it stops in the same moment, what is confirmed goes on, and giving it
again brings back what can come back.
"""

from datetime import timedelta
from functools import partial

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.urls import reverse

from accounts import consequences, services
from accounts.models import Consent, User
from matching import services as matching
from matching.lifecycle import NotPossible
from matching.models import Match, MatchState
from needs.models import NeedState
from notifications.models import Message, MessageState
from offers import intake
from offers import services as offers
from offers.models import Offer, OfferState
from outreach.models import Subscription
from tests.factories.accounts import CityRoleFactory, ConsentFactory, UserFactory
from tests.factories.cities import CityFactory
from tests.factories.matching import NOW, Story, drain, due_need, due_offer, story
from tests.factories.notifications import MessageFactory
from tests.matching.test_linked_towns import Pair

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
    told = asked(story(city=city, need={"organisation": None, "person": person}))
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
    assert Offer.objects.get().state == OfferState.ACTIVE


def test_an_offer_that_was_changed_meanwhile_by_its_owner_stays_as_they_left_it(city):
    owner = due_offer(city=city).owner
    agreed(owner, RECORD)
    take_back(owner, RECORD)
    offers.withdraw(offer_id=Offer.objects.get().pk, by=owner, now=LATER)
    give_again(owner, RECORD)
    assert Offer.objects.get().state == OfferState.WITHDRAWN


def test_what_waits_for_its_code_is_not_made_active_by_the_code_of_another_day(city):
    offer = due_offer(city=city, state=OfferState.UNCONFIRMED, confirmed_at=None, scan_due_at=None)
    agreed(offer.owner, RECORD)
    take_back(offer.owner, RECORD)
    assert offers.prove_contact(owner=offer.owner, by=offer.owner, now=LATER) == 0
    assert Offer.objects.get().state == OfferState.PAUSED
    give_again(offer.owner, RECORD)
    assert Offer.objects.get().state == OfferState.UNCONFIRMED


def test_every_wording_of_a_purpose_is_taken_back(city):
    owner = due_offer(city=city).owner
    agreed(owner, RECORD)
    ConsentFactory(user=owner, purpose=RECORD, wording_version="2")
    take_back(owner, RECORD)
    assert not Consent.objects.filter(withdrawn_at=None).exists()
    assert Offer.objects.get().state == OfferState.PAUSED


class TestSharing:
    @pytest.fixture
    def pair(self, city, coordinator):
        pair = Pair(city, coordinator)
        agreed(pair.citizen, SHARING)
        return pair

    def test_linked_towns_see_no_offer_any_more(self, pair):
        take_back(pair.citizen, SHARING)
        drain(LATER)
        assert not Offer.objects.get().share_with_linked
        assert pair.state == MatchState.SUPERSEDED
        assert Offer.objects.get().state == OfferState.ACTIVE

    def test_what_they_ask_and_nobody_confirmed_ends(self, pair):
        pair.agreed()
        take_back(pair.citizen, SHARING)
        assert pair.state == MatchState.DECLINED
        assert Message.objects.filter(recipient=pair.asker, event="match_declined").exists()

    def test_what_is_confirmed_across_towns_goes_on(self, pair):
        pair.agreed()
        matching.accept(match_id=pair.match.pk, by=pair.citizen, now=NOW)
        matching.confirm(match_id=pair.match.pk, by=pair.member, now=NOW)
        (goes_on,) = consequences.foresee(pair.citizen, SHARING).goes_on
        assert goes_on.url == reverse("matching:mine_one", args=[pair.city.slug, pair.match.pk])
        take_back(pair.citizen, SHARING)
        assert pair.state == MatchState.CONFIRMED

    def test_what_their_own_town_asks_goes_on(self, pair):
        told = asked(story(city=pair.host, need={}, offer={"owner": pair.citizen, "share_with_linked": True}))
        take_back(pair.citizen, SHARING)
        assert told.state == MatchState.PROPOSED

    def test_whoever_shares_an_offer_again_agrees_again(self, pair):
        take_back(pair.citizen, SHARING)
        offers.change(
            offer_id=pair.offer.pk,
            fields={"share_with_linked": True},
            windows=None,
            by=pair.citizen,
            now=LATER,
        )
        assert Consent.objects.get(withdrawn_at=None).purpose == SHARING

    def test_given_again_what_was_shared_is_and_nothing_else(self, pair):
        own = due_offer(city=pair.host, owner=pair.citizen, share_with_linked=False)
        take_back(pair.citizen, SHARING)
        assert consequences.foresee(pair.citizen, SHARING).comes_back
        give_again(pair.citizen, SHARING)
        shares = dict(Offer.objects.values_list("pk", "share_with_linked"))
        assert shares == {pair.offer.pk: True, own.pk: False}


class TestLetter:
    @pytest.fixture
    def letter(self, city):
        return Subscription.objects.create(
            city=city, person=UserFactory(), language="fr", asked_at=NOW, confirmed_at=NOW
        )

    def test_it_ends_with_the_contact_that_it_needs(self, letter):
        agreed(letter.person, RECORD)
        waits = MessageFactory(
            recipient=letter.person, event="newsletter", subject_key=f"letter:{letter.pk}:1", city=letter.city
        )
        take_back(letter.person, RECORD)
        assert not Subscription.objects.exists()
        waits.refresh_from_db()
        assert waits.state == MessageState.MOOT

    def test_it_goes_on_otherwise_and_the_page_leads_to_its_end(self, letter):
        agreed(letter.person, CONTACT)
        (goes_on,) = consequences.foresee(letter.person, CONTACT).goes_on
        assert "/lettre/" in goes_on.url
        take_back(letter.person, CONTACT)
        assert Subscription.objects.exists()


class TestOnThePhone:
    def test_the_desk_notes_it_of_somebody_of_its_town(self, city, coordinator):
        offer = due_offer(city=city)
        consent = agreed(offer.owner, RECORD)
        services.withdraw_consent(consent=consent, by=coordinator, city=city, now=LATER)
        assert Offer.objects.get().state == OfferState.PAUSED
        again = services.give_consent_again(consent=consent, by=coordinator, city=city, now=LATER)
        assert (again.how, again.recorded_by) == ("phone", coordinator)
        assert Offer.objects.get().state == OfferState.ACTIVE

    def test_of_nobody_else_and_nobody_but_a_desk(self, city, coordinator):
        elsewhere = due_offer(city=CityFactory()).owner
        here = due_offer(city=city).owner
        for person, by in ((elsewhere, coordinator), (here, CityRoleFactory(city=CityFactory()).user)):
            with pytest.raises(PermissionDenied):
                services.withdraw_consent(consent=agreed(person, RECORD), by=by, city=city, now=LATER)


@pytest.mark.django_db(transaction=True)
class TestAtTheSameMoment:
    def test_a_proposal_and_the_withdrawal_leave_nobody_asked(self, city, at_once):
        for _ in range(4):
            told = story(city=city)
            agreed(told.citizen, RECORD)
            proposed, taken = at_once(
                partial(matching.propose, match_id=told.match.pk, by=told.coordinator, now=NOW),
                partial(take_back, told.citizen, RECORD),
            )
            assert taken is None
            assert isinstance(proposed, Match | NotPossible)
            assert told.state in (MatchState.DECLINED, MatchState.SUGGESTED)
            assert Offer.objects.get(owner=told.citizen).state == OfferState.PAUSED

    @pytest.mark.parametrize("act", ["take back", "agree again"])
    def test_whoever_is_erased_meanwhile_waits_for_nothing_that_waits_for_it(self, city, meanwhile, act):
        """An erasure locks what somebody offers, then the person; so does a consent, or each would wait for both."""
        owner = due_offer(city=city).owner
        consent = agreed(owner, RECORD)
        if act == "agree again":
            take_back(owner, RECORD)
        service = services.withdraw_consent if act == "take back" else services.give_consent_again
        with transaction.atomic():
            list(Offer.objects.select_for_update(no_key=True).filter(owner=owner))
            answer = meanwhile(partial(service, consent=consent, by=owner, now=LATER))
            # All that an erasure takes next, while the other waits for the offer.
            User.objects.select_for_update(nowait=True).get(pk=owner.pk)
            list(Consent.objects.select_for_update(nowait=True).filter(user=owner))
        assert isinstance(answer(), Consent)

    def test_an_offer_that_comes_in_is_agreed_to_anew_or_stops_with_the_others(self, city, at_once):
        for _ in range(4):
            owner = UserFactory()
            agreed(owner, RECORD)
            Consent.objects.filter(user=owner).update(wording_version=offers.WORDING_VERSION)
            answers = at_once(partial(comes_in, city, owner), partial(take_back, owner, RECORD))
            assert not [answer for answer in answers if isinstance(answer, Exception)]
            is_given = Consent.objects.filter(user=owner, withdrawn_at=None).exists()
            assert Offer.objects.get(owner=owner).state == (
                OfferState.ACTIVE if is_given else OfferState.PAUSED
            )


def comes_in(city, owner):
    made = due_offer(city=city, owner=UserFactory())
    fields = {
        name: getattr(made, name) for name in ("kind", "category", "capacity", "commune", "title", "accepts")
    }
    Offer.objects.filter(pk=made.pk).delete()
    return intake.receive(
        city=city,
        contact={},
        language="fr",
        fields=fields,
        windows=[(NOW.date(), None)],
        external_key="",
        by=owner,
        now=NOW,
    )
