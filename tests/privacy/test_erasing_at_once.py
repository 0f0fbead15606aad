"""Whoever is erased in the very moment in which something else happens, on connections of their own."""

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.models import PersonEdit, User
from accounts.services import update_profile
from matching import services as matching
from matching.lifecycle import NotPossible
from matching.models import Hold, Match, MatchState
from offers import services as offers
from offers.models import Offer
from privacy import erasing
from tests.factories.accounts import UserFactory
from tests.factories.matching import story
from tests.factories.offers import OfferFactory
from tests.privacy.marks import MARK, where_it_is


def asked(person):
    return erasing.ask(person=person, how="own", by=person, now=timezone.now()).pk


def carry_out(pk):
    return erasing.carry_out(erasure_id=pk, by=None, now=timezone.now())


def test_whoever_accepts_while_they_are_erased_holds_nothing(at_once):
    now = timezone.now()
    told = story(now=now)
    matching.propose(match_id=told.match.pk, by=told.coordinator, now=now)
    pk = asked(told.citizen)
    accepted, done = at_once(
        lambda: matching.accept(match_id=told.match.pk, by=told.citizen, now=timezone.now()),
        lambda: carry_out(pk),
    )
    assert done is True
    assert isinstance(accepted, Match | NotPossible)
    assert told.state == MatchState.CANCELLED
    assert not Hold.objects.filter(match=told.match).exists()


def test_of_two_workers_one_erases(at_once):
    pk = asked(UserFactory())
    assert sorted(at_once(lambda: carry_out(pk), lambda: carry_out(pk))) == [False, True]
    assert PersonEdit.objects.count() == 1


def test_what_is_typed_at_this_moment_does_not_stay(at_once):
    told = story()
    pk = asked(told.citizen)

    def edit():
        return offers.change(
            offer_id=told.match.offer_id,
            fields={"text": MARK},
            windows=None,
            by=told.citizen,
            now=timezone.now(),
        )

    def rename():
        return update_profile(
            user=told.citizen, name=MARK, language="fr", by=told.citizen, now=timezone.now()
        )

    edited, renamed, done = at_once(edit, rename, lambda: carry_out(pk))
    assert done is True
    assert isinstance(edited, Offer | ValidationError)
    assert isinstance(renamed, User | ValidationError)
    assert where_it_is(MARK) == []


@pytest.mark.django_db
def test_what_is_offered_at_this_moment_is_erased_by_the_next_look():
    person = UserFactory()
    carry_out(asked(person))
    OfferFactory(owner=person, title=MARK)
    assert erasing.carry_out_due(by=None, now=timezone.now()) == 1
    assert where_it_is(MARK) == []
