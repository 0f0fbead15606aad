"""The question after a match: when it is asked, whom, and what each answer does."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from catalogue.vocabulary import Kind
from followups import services, tasks
from followups.models import Answer, FollowUp, Outcome
from matching import services as matching
from matching.lifecycle import Reason, Role
from matching.models import Decision, Hold, MatchState
from notifications.models import Message
from tests.factories.accounts import CityRoleFactory, MembershipFactory, UserFactory
from tests.factories.cities import CityFactory
from tests.followups.conftest import FIRST_DAY, LAST_DAY, noon

DUE = FIRST_DAY + timedelta(days=2)


def questions() -> list[Message]:
    return list(Message.objects.filter(event="followup_question").order_by("pk"))


@pytest.fixture
def asked(db, tell):
    """A confirmed match whose question was asked, and the question."""
    story = tell()
    services.plan_due(now=noon(DUE))
    return story, FollowUp.objects.get(match=story.match)


def say(followup, answer, *, by, on=DUE, note=""):
    return services.answer(followup_id=followup.pk, answer=answer, by=by, now=noon(on), note=note)


# --- When, and whom ------------------------------------------------------------------------------------


def test_the_question_comes_two_days_after_the_start(db, tell):
    story = tell()

    assert services.plan_due(now=noon(DUE - timedelta(days=1))) == 0
    assert services.plan_due(now=noon(DUE)) == 1

    followup = FollowUp.objects.get()
    assert (followup.match, followup.due_on, followup.asked_at) == (story.match, DUE, noon(DUE))
    (message,) = questions()
    assert message.recipient == story.member
    assert story.match.need.reference in message.body
    assert "du 1er au 30 avril" in message.body
    assert message.action_url.startswith(f"/{story.city.slug}/suivi/")


def test_each_town_sets_its_own_wait(db, tell):
    tell(city=CityFactory(follow_up_after_days=5))

    assert services.plan_due(now=noon(DUE)) == 0
    assert services.plan_due(now=noon(FIRST_DAY + timedelta(days=5))) == 1


def test_the_day_is_the_towns(db, tell):
    """At noon in Paris the third of April has begun in Nouméa; an evening in Paris is the next day there."""
    tell(city=CityFactory(timezone="Pacific/Noumea"))
    evening_before = noon(DUE - timedelta(days=1)) + timedelta(hours=6)

    assert services.plan_due(now=evening_before) == 1


def test_the_sweep_asks_once_however_often_it_runs(db, tell):
    tell()
    for days in range(5):
        services.plan_due(now=noon(DUE + timedelta(days=days)))

    assert FollowUp.objects.count() == 1
    assert len(questions()) == 1


def test_the_task_asks_and_completes(db, tell):
    today = timezone.localdate()
    over = tell(first_day=today - timedelta(days=9), last_day=today - timedelta(days=1))
    matching.start(match_id=over.match.pk, by=None, now=noon(today - timedelta(days=9)))
    Outcome.objects.create(match=over.match, answer=Answer.TOOK_PLACE, by=over.member, at=noon(today))
    to_ask = tell(first_day=today - timedelta(days=2), last_day=today)
    tomorrow = tell(first_day=today - timedelta(days=1), last_day=today)

    tasks.sweep()
    tasks.sweep()

    assert over.state() == MatchState.COMPLETED
    assert to_ask.match.followups.count() == 1
    assert not tomorrow.match.followups.exists()


def test_sweeps_at_the_same_moment_ask_once(transactional_db, tell, at_once):
    for _ in range(3):
        tell()

    results = at_once(*[lambda: services.plan_due(now=noon(DUE))] * 4)

    assert not [result for result in results if isinstance(result, Exception)]
    assert FollowUp.objects.filter(asked_at__isnull=False).count() == 3
    assert len(questions()) == 3


def test_every_member_of_the_association_whom_it_has_told_is_asked(db, tell):
    story = tell()
    other = MembershipFactory(organisation=story.match.need.organisation).user
    MembershipFactory(organisation=story.match.need.organisation, user__is_active=False)
    MembershipFactory(organisation=story.match.need.organisation, is_told=False)
    MembershipFactory(organisation__city=story.city)

    services.plan_due(now=noon(DUE))

    assert {message.recipient for message in questions()} == {story.member, other}


def test_the_person_concerned_is_asked_by_phone_when_there_is_no_address(db, tell):
    person = UserFactory(phone_only=True)
    tell(need={"for_person": person})

    services.plan_due(now=noon(DUE))

    (message,) = questions()
    assert (message.recipient, message.channel) == (person, "call")


def test_an_association_without_members_leaves_the_question_to_the_desk(db, tell):
    story = tell()
    story.match.need.organisation.memberships.all().delete()

    services.plan_due(now=noon(DUE))

    (message,) = questions()
    assert message.recipient == story.coordinator


def test_a_match_that_did_not_get_so_far_is_not_asked_about(db, tell):
    story = tell()
    matching.cancel(
        match_id=story.match.pk, by=story.coordinator, now=noon(FIRST_DAY), reason=Reason.OTHER_SOLUTION
    )

    assert services.plan_due(now=noon(DUE)) == 0
    assert not FollowUp.objects.exists()


def test_a_match_under_way_is_asked_about(db, tell):
    story = tell()
    matching.start(match_id=story.match.pk, by=None, now=noon(FIRST_DAY))

    assert services.plan_due(now=noon(DUE)) == 1


def test_a_question_planned_for_a_match_that_ended_is_not_asked(asked):
    story, followup = asked
    say(followup, Answer.NOT_YET, by=story.member)
    matching.break_off(
        match_id=story.match.pk, by=story.coordinator, now=noon(DUE), reason=Reason.OTHER_SOLUTION
    )

    assert services.plan_due(now=noon(DUE + timedelta(days=10))) == 0


# --- What each answer does -----------------------------------------------------------------------------


def test_it_took_place_and_goes_on(asked):
    story, followup = asked

    say(followup, Answer.TOOK_PLACE, by=story.member)

    assert story.state() == MatchState.UNDER_WAY
    outcome = Outcome.objects.get(match=story.match)
    assert (outcome.answer, outcome.by, outcome.at) == (Answer.TOOK_PLACE, story.member, noon(DUE))
    decision = Decision.objects.filter(match=story.match).last()
    assert (decision.act, decision.role, decision.by) == ("start", Role.FOLLOW_UP, story.member)


def test_what_took_place_is_completed_after_its_last_day(asked):
    story, followup = asked
    say(followup, Answer.TOOK_PLACE, by=story.member)

    assert services.complete_over(now=noon(LAST_DAY)) == 0
    assert services.complete_over(now=noon(LAST_DAY + timedelta(days=1))) == 1
    assert services.complete_over(now=noon(LAST_DAY + timedelta(days=1))) == 0

    assert story.state() == MatchState.COMPLETED
    assert Decision.objects.filter(match=story.match).last().role == Role.SCHEDULER


def test_what_nobody_answered_is_not_completed(db, tell):
    story = tell()
    matching.start(match_id=story.match.pk, by=None, now=noon(FIRST_DAY))

    assert services.complete_over(now=noon(LAST_DAY + timedelta(days=30))) == 0
    assert story.state() == MatchState.UNDER_WAY


def test_what_took_place_and_is_over_is_completed_at_once(db, tell):
    story = tell(last_day=FIRST_DAY)
    services.plan_due(now=noon(DUE))

    say(FollowUp.objects.get(), Answer.TOOK_PLACE, by=story.member)

    assert story.state() == MatchState.COMPLETED
    assert Hold.objects.filter(match=story.match).exists()


def test_things_handed_over_are_completed_whatever_their_period(db, tell):
    story = tell(kind=Kind.GOODS)
    services.plan_due(now=noon(DUE))

    say(FollowUp.objects.get(), Answer.TOOK_PLACE, by=story.member)

    assert story.state() == MatchState.COMPLETED


def test_not_yet_is_asked_again_two_days_later(asked):
    story, followup = asked

    say(followup, Answer.NOT_YET, by=story.member, on=DUE + timedelta(days=1))

    again = FollowUp.objects.exclude(pk=followup.pk).get()
    assert (again.due_on, again.asked_at) == (DUE + timedelta(days=3), None)
    assert not Outcome.objects.exists()
    assert story.state() == MatchState.CONFIRMED
    assert services.plan_due(now=noon(DUE + timedelta(days=2))) == 0
    assert services.plan_due(now=noon(DUE + timedelta(days=3))) == 1
    assert len(questions()) == 2


@pytest.mark.parametrize("answer", [Answer.NO_SHOW, Answer.CHANGED_MIND, Answer.LOST_CONTACT])
def test_what_did_not_take_place_is_broken_off_and_the_need_is_open_again(asked, answer):
    story, followup = asked
    need = story.match.need
    need.refresh_from_db()
    assert need.state == "met"

    say(followup, answer, by=story.member, note="Personne à la porte")

    assert story.state() == MatchState.BROKEN_OFF
    decision = Decision.objects.filter(match=story.match).last()
    assert (decision.reason, decision.role, decision.note) == (answer, Role.FOLLOW_UP, "Personne à la porte")
    assert Outcome.objects.get(match=story.match).answer == answer
    need.refresh_from_db()
    assert need.state == "open"
    assert not FollowUp.objects.filter(asked_at__isnull=True).exists()


def test_a_second_answer_changes_nothing_and_says_what_the_first_one_was(asked):
    story, followup = asked
    say(followup, Answer.TOOK_PLACE, by=story.member)
    decisions = Decision.objects.count()

    second = say(followup, Answer.NO_SHOW, by=UserFactory(), on=DUE + timedelta(days=1))

    assert (second.answer, second.answered_by, second.answered_at) == (
        Answer.TOOK_PLACE, story.member, noon(DUE),
    )  # fmt: skip
    assert story.state() == MatchState.UNDER_WAY
    assert Decision.objects.count() == decisions
    assert Outcome.objects.get().answer == Answer.TOOK_PLACE


def test_two_answers_at_the_same_moment_count_once(transactional_db, tell, at_once):
    story = tell()
    services.plan_due(now=noon(DUE))
    followup = FollowUp.objects.get()

    results = at_once(
        lambda: say(followup, Answer.NO_SHOW, by=story.member),
        lambda: say(followup, Answer.TOOK_PLACE, by=story.member),
    )

    assert results[0].answer == results[1].answer
    assert Outcome.objects.get().answer == results[0].answer
    assert Decision.objects.filter(role=Role.FOLLOW_UP).count() == 1


@pytest.mark.parametrize("answer", [Answer.NO_SHOW, Answer.TOOK_PLACE])
def test_an_answer_waits_for_whoever_is_ending_the_match(transactional_db, tell, meanwhile, answer):
    """It reads the match as it is then, not as it was: the answer is kept, and ends nothing twice."""
    story = tell()
    services.plan_due(now=noon(DUE))
    followup = FollowUp.objects.get()
    with transaction.atomic(durable=True):
        matching.break_off(match_id=story.match.pk, by=story.coordinator, now=noon(DUE), reason=Reason.SAFETY)
        answered = meanwhile(lambda: say(followup, answer, by=story.member))

    assert answered().answer == answer
    assert story.state() == MatchState.BROKEN_OFF
    assert Decision.objects.filter(match=story.match, act="break_off").get().by == story.coordinator
    assert not Decision.objects.filter(role=Role.FOLLOW_UP).exists()
    assert Outcome.objects.get().answer == answer


def test_an_answer_about_a_match_that_ended_meanwhile_is_kept_and_moves_nothing(asked):
    story, followup = asked
    matching.break_off(match_id=story.match.pk, by=story.coordinator, now=noon(DUE), reason=Reason.SAFETY)

    say(followup, Answer.TOOK_PLACE, by=story.member)

    assert story.state() == MatchState.BROKEN_OFF
    assert Outcome.objects.get().answer == Answer.TOOK_PLACE


def test_not_yet_about_a_match_that_ended_is_not_asked_again(asked):
    story, followup = asked
    matching.break_off(match_id=story.match.pk, by=story.coordinator, now=noon(DUE), reason=Reason.SAFETY)

    say(followup, Answer.NOT_YET, by=story.member)

    assert FollowUp.objects.count() == 1


def test_an_unknown_answer_and_an_unasked_question_are_refused(asked):
    story, followup = asked
    with pytest.raises(ValidationError, match="Choisissez"):
        say(followup, "maybe", by=story.member)
    unasked = FollowUp.objects.create(match=story.match, due_on=date(2026, 5, 1), created_at=noon(DUE))
    with pytest.raises(ValidationError, match="pas encore été posée"):
        say(unasked, Answer.TOOK_PLACE, by=story.member)
    assert not Outcome.objects.exists()


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"answer": Answer.NOT_YET}, "followup_answered_at_by"),
        ({"answered_at": noon(DUE)}, "followup_answered_at_by"),
    ],
)
def test_the_database_refuses_half_an_answer(asked, fields, constraint):
    _story, followup = asked
    with pytest.raises(IntegrityError, match=constraint):
        FollowUp.objects.filter(pk=followup.pk).update(**fields)


def test_questions_are_seen_by_those_who_see_the_match(asked):
    story, followup = asked
    for person in (story.member, story.coordinator, story.citizen):
        assert followup in FollowUp.objects.visible_to(person)
    for stranger in (UserFactory(), CityRoleFactory().user):
        assert followup not in FollowUp.objects.visible_to(stranger)
