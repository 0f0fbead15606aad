"""A yes that somebody writes back to "did it take place?" is the answer; a no is for a person to ask about."""

from datetime import timedelta

import pytest

from followups import services
from followups.models import Answer, FollowUp
from notifications import answers
from notifications.answers import Outcome
from tests.factories.accounts import UserFactory
from tests.followups.conftest import FIRST_DAY, noon

DUE = FIRST_DAY + timedelta(days=2)


@pytest.fixture
def asked(db, tell):
    story = tell()
    services.plan_due(now=noon(DUE))
    return story, FollowUp.objects.get(match=story.match)


def say(followup, *, yes, by):
    key = f"followup:{followup.pk}"
    return answers.take(event="followup_question", subject_key=key, yes=yes, by=by, now=noon(DUE))


def test_a_yes_is_the_answer_once(asked):
    story, followup = asked

    assert say(followup, yes=True, by=story.member) == Outcome.TAKEN
    followup.refresh_from_db()
    assert (followup.answer, followup.answered_by) == (Answer.TOOK_PLACE, story.member)
    assert say(followup, yes=False, by=story.member) == Outcome.CLOSED


@pytest.mark.parametrize(("yes", "who"), [(False, "member"), (True, "stranger")])
def test_a_no_and_a_strangers_yes_are_for_a_person(asked, yes, who):
    story, followup = asked
    by = story.member if who == "member" else UserFactory()

    assert say(followup, yes=yes, by=by) == Outcome.NEEDS_A_PERSON
    followup.refresh_from_db()
    assert followup.answer == ""
