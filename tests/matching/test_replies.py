"""A yes or a no that somebody writes back does what the page of the link does, or leaves it to a person."""

from datetime import timedelta

import pytest

from accounts.models import Organisation
from catalogue.vocabulary import Kind
from matching import conditions, services
from matching.models import ConditionQuestion, Match, MatchState
from notifications import answers
from notifications.answers import Outcome
from notifications.models import Message
from offers import services as offers
from tests.factories.accounts import MembershipFactory, OrganisationFactory, UserFactory
from tests.factories.matching import NOW, drain, due_need, due_offer, story

LATER = NOW + timedelta(minutes=5)
TAKEN, CLOSED, NEEDS_A_PERSON = Outcome.TAKEN, Outcome.CLOSED, Outcome.NEEDS_A_PERSON
CONTRADICTS = Outcome.CONTRADICTS


def say(event, subject, *, yes, by, now=LATER):
    return answers.take(event=event, subject_key=subject, yes=yes, by=by, now=now)


@pytest.fixture
def it(db):
    return story(kind=Kind.GOODS)


def proposed(it):
    services.propose(match_id=it.match.pk, by=it.coordinator, now=NOW)


def accepted(it):
    proposed(it)
    services.accept(match_id=it.match.pk, by=it.citizen, now=NOW)


def asked_again(it):
    accepted(it)
    services.confirm(match_id=it.match.pk, by=it.member, now=NOW)
    Match.objects.filter(pk=it.match.pk).update(confirm_by=NOW + timedelta(days=2))


CASES = [
    (proposed, "match_question", "citizen", True, TAKEN, MatchState.ACCEPTED),
    (proposed, "match_question_again", "citizen", True, TAKEN, MatchState.ACCEPTED),
    (proposed, "match_question", "citizen", False, TAKEN, MatchState.DECLINED),
    (proposed, "match_question", "stranger", True, NEEDS_A_PERSON, MatchState.PROPOSED),
    (accepted, "match_question", "citizen", False, CONTRADICTS, MatchState.ACCEPTED),
    (accepted, "match_question", "citizen", True, CLOSED, MatchState.ACCEPTED),
    (asked_again, "match_accepted", "member", False, CONTRADICTS, MatchState.CONFIRMED),
    (accepted, "match_accepted", "member", True, TAKEN, MatchState.CONFIRMED),
    (accepted, "match_accepted_again", "member", False, NEEDS_A_PERSON, MatchState.ACCEPTED),
    (accepted, "match_accepted", "citizen", True, NEEDS_A_PERSON, MatchState.ACCEPTED),
    (asked_again, "match_still_holds", "member", True, TAKEN, MatchState.CONFIRMED),
    (asked_again, "match_still_holds", "member", False, NEEDS_A_PERSON, MatchState.CONFIRMED),
    (asked_again, "match_accepted", "member", True, CLOSED, MatchState.CONFIRMED),
]


@pytest.mark.parametrize(("before", "event", "who", "yes", "outcome", "state"), CASES)
def test_what_an_answer_does(it, before, event, who, yes, outcome, state):
    before(it)
    by = UserFactory() if who == "stranger" else getattr(it, who)

    assert say(event, f"match:{it.match.pk}", yes=yes, by=by) == outcome
    assert it.state == state


def test_whether_it_still_holds_is_answered_once(it):
    asked_again(it)
    say("match_still_holds", f"match:{it.match.pk}", yes=True, by=it.member)

    assert Match.objects.get(pk=it.match.pk).confirm_by is None
    assert say("match_still_holds", f"match:{it.match.pk}", yes=True, by=it.member) == CLOSED


def test_a_yes_to_what_is_not_possible_any_more_changes_nothing(it):
    proposed(it)
    offers.withdraw(offer_id=it.match.offer_id, by=it.citizen, now=NOW)

    assert say("match_question", f"match:{it.match.pk}", yes=True, by=it.citizen) == CLOSED


def test_a_suspended_association_is_not_heard_by_itself(it):
    accepted(it)
    Organisation.objects.filter(pk=it.match.need.organisation_id).update(state=Organisation.State.SUSPENDED)

    assert say("match_accepted", f"match:{it.match.pk}", yes=True, by=it.member) == NEEDS_A_PERSON


@pytest.fixture
def question(city, coordinator):
    """Whether a household may have 15 km to go."""
    association = OrganisationFactory(city=city, verified=True)
    MembershipFactory(organisation=association)
    offer = due_offer(city=city, latitude=city.seat.latitude + 23.6 / 111.2)
    need = due_need(city=city, organisation=association)
    drain()
    return conditions.ask(need_id=need.pk, offer_id=offer.pk, rule="distance", by=coordinator, now=NOW)


@pytest.mark.parametrize(("yes", "answer"), [(True, "gives"), (False, "stays")])
def test_whether_a_condition_gives(question, yes, answer):
    member = Message.objects.get(event="condition_asked").recipient

    assert say("condition_asked", f"condition:{question.pk}", yes=yes, by=member) == TAKEN
    assert ConditionQuestion.objects.get(pk=question.pk).answer == answer
    assert say("condition_asked", f"condition:{question.pk}", yes=not yes, by=member) == CONTRADICTS
    assert ConditionQuestion.objects.get(pk=question.pk).answer == answer


def test_a_condition_that_is_moot_or_not_theirs(question):
    assert say("condition_asked", f"condition:{question.pk}", yes=True, by=UserFactory()) == NEEDS_A_PERSON
    offers.withdraw(offer_id=question.offer_id, by=question.offer.owner, now=NOW)
    member = Message.objects.get(event="condition_asked").recipient
    assert say("condition_asked", f"condition:{question.pk}", yes=True, by=member) == CLOSED


def test_every_event_that_asks_for_one_word_is_known():
    assert answers.events() == {
        "match_question", "match_question_again", "match_accepted", "match_accepted_again", "match_still_holds",
        "match_longer_asked", "condition_asked", "followup_question", "offer_reminder", "offer_to_confirm",
    }  # fmt: skip
