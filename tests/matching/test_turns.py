"""A citizen has one question before them at a time; the next one's time to answer begins when it leaves."""

from datetime import timedelta

import pytest
from django.db import connection
from django.urls import reverse

from accounts import services as accounts
from accounts.models import PhoneProof, User
from catalogue.vocabulary import Kind, Urgency
from matching import services, sweeps, turns, waits
from matching.lifecycle import Reason
from matching.models import Match, MatchState
from needs.models import Need
from notifications import holding, preferences
from notifications.models import Message, MessageState, Preference
from tests.factories.matching import NOW, story, suggested_match

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def first():
    """Somebody who has a question before them."""
    it = story()
    services.propose(match_id=it.match.pk, by=it.coordinator, now=NOW)
    return it


def second(it, **options):
    """Another need that suits another offer of theirs."""
    options = {"kind": Kind.GOODS, **options}
    return suggested_match(city=it.city, offer={"owner": it.citizen}, **options)


def ask(it, match, now=NOW):
    return services.propose(match_id=match.pk, by=it.coordinator, now=now)


def question(match):
    return Message.objects.get(event="match_question", subject_key=f"match:{match.pk}")


def late_ones(match):
    return Message.objects.filter(event="match_waits", subject_key=f"match:{match.pk}")


def told_to(person, match):
    return set(
        Message.objects.filter(recipient=person, subject_key=f"match:{match.pk}").values_list(
            "event", "state"
        )
    )


def test_the_second_question_waits(first):
    match = ask(first, second(first))
    assert (question(match).state, question(match).why) == (MessageState.HELD, holding.QUESTION)
    assert match.waits_since == NOW
    # Nobody is reminded of what they were never asked.
    assert (match.answer_by, match.remind_at) == (waits.useful_until(match, now=NOW), None)
    sweeps.ask_in_turn(by=None, now=NOW + HOUR)
    assert question(match).state == MessageState.HELD


def test_another_citizen_s_question_does_not_wait(first):
    other = suggested_match(city=first.city, kind=Kind.GOODS)
    assert ask(first, other).waits_since is None
    assert question(other).state == MessageState.QUEUED


@pytest.mark.parametrize(
    "end",
    [
        lambda it, now: services.accept(match_id=it.match.pk, by=it.citizen, now=now),
        lambda it, now: services.decline(match_id=it.match.pk, by=it.citizen, now=now),
        lambda it, now: services.cancel(
            match_id=it.match.pk, by=it.coordinator, now=now, reason=Reason.OTHER_SOLUTION
        ),
        lambda it, now: sweeps.lapse_unanswered(by=None, now=now + 100 * HOUR),
    ],
    ids=["yes", "no", "withdrawn", "lapsed"],
)
def test_it_leaves_when_the_first_has_come_to_its_end(first, end):
    match = ask(first, second(first))
    end(first, NOW + HOUR)
    later = NOW + 2 * HOUR
    assert sweeps.ask_in_turn(by=None, now=later) == 1
    match.refresh_from_db()
    # The time to answer begins now, and stands in what they read.
    assert match.waits_since is None
    assert match.answer_by == waits.deadline(match, now=later)
    assert match.remind_at == waits.halfway(match.answer_by, now=later)
    message = question(match)
    assert (message.state, message.why, message.due_at) == (MessageState.QUEUED, "", later)
    assert f"{match.answer_by.astimezone():%-H}\u00a0h" in message.body


def test_its_end_wakes_whoever_asks_the_next_one(first, wake_ups, django_capture_on_commit_callbacks):
    ask(first, second(first))
    with django_capture_on_commit_callbacks(execute=True):
        services.decline(match_id=first.match.pk, by=first.citizen, now=NOW)
    assert services.TURNS_TASK in [name for name, _arguments in wake_ups()]


def test_they_leave_one_by_one_the_most_urgent_first(first):
    planned = ask(first, second(first, need={"urgency": Urgency.PLANNED}))
    pressing = ask(first, second(first, kind=Kind.SKILL, need={"urgency": Urgency.THIS_WEEK}))
    services.decline(match_id=first.match.pk, by=first.citizen, now=NOW)
    assert sweeps.ask_in_turn(by=None, now=NOW) == 1
    assert sweeps.ask_in_turn(by=None, now=NOW) == 0
    assert question(pressing).state == MessageState.QUEUED
    assert question(planned).state == MessageState.HELD


def test_whoever_has_paused_meanwhile_is_not_asked(first):
    match = ask(first, second(first))
    Preference.objects.create(person=first.citizen, paused_until=(NOW + DAY).date())
    services.decline(match_id=first.match.pk, by=first.citizen, now=NOW)
    assert sweeps.ask_in_turn(by=None, now=NOW) == 0
    assert (question(match).state, question(match).why) == (MessageState.HELD, holding.PAUSE)
    assert sweeps.ask_in_turn(by=None, now=NOW + 2 * DAY) == 1


def test_a_week_that_is_full_keeps_it_waiting_too(first):
    type(first.city).objects.filter(pk=first.city.pk).update(messages_a_week=1)
    match = ask(first, second(first))
    left = {"state": MessageState.SENT, "sent_at": NOW, "claimed_at": NOW}
    Message.objects.filter(pk=question(first.match).pk).update(**left)
    services.decline(match_id=first.match.pk, by=first.citizen, now=NOW)
    assert sweeps.ask_in_turn(by=None, now=NOW + DAY) == 0
    assert question(match).why == holding.WEEK
    assert sweeps.ask_in_turn(by=None, now=NOW + 7 * DAY) == 1


def test_of_two_that_wait_for_the_week_the_more_urgent_takes_the_place(first):
    type(first.city).objects.filter(pk=first.city.pk).update(messages_a_week=1)
    older = ask(first, second(first, need={"urgency": Urgency.PLANNED}))
    left = {"state": MessageState.SENT, "sent_at": NOW, "claimed_at": NOW}
    Message.objects.filter(pk=question(first.match).pk).update(**left)
    services.decline(match_id=first.match.pk, by=first.citizen, now=NOW)
    sweeps.ask_in_turn(by=None, now=NOW)
    assert question(older).why == holding.WEEK
    pressing = ask(first, second(first, kind=Kind.SKILL, need={"urgency": Urgency.THIS_WEEK}))
    assert sweeps.ask_in_turn(by=None, now=NOW + DAY) == 0
    assert sweeps.ask_in_turn(by=None, now=NOW + 7 * DAY) == 1
    assert question(pressing).state == MessageState.QUEUED
    assert question(older).state == MessageState.HELD


def test_a_question_for_tonight_overtakes(first):
    waiting = ask(first, second(first))
    tonight = ask(first, second(first, kind=Kind.SKILL, need={"urgency": Urgency.TONIGHT}))
    assert tonight.waits_since is None
    assert question(tonight).state == MessageState.QUEUED
    assert question(waiting).state == MessageState.HELD


def test_what_has_become_for_tonight_waits_no_longer(first):
    match = ask(first, second(first))
    Need.objects.filter(pk=match.need_id).update(urgency=Urgency.TONIGHT)
    assert sweeps.ask_in_turn(by=None, now=NOW + HOUR) == 1
    assert question(match).priority == 1


def test_the_desk_is_told_before_it_leaves_too_late_and_once(first):
    match = ask(first, second(first))
    sweeps.ask_in_turn(by=None, now=NOW + HOUR)
    assert not late_ones(match).exists()
    Match.objects.filter(pk=first.match.pk).update(answer_by=NOW + 60 * DAY)
    for hours in (2, 3):
        sweeps.ask_in_turn(by=None, now=NOW + hours * HOUR)
    assert late_ones(match).get().recipient == first.coordinator


def test_of_what_comes_too_late_the_desk_alone_is_told(first):
    match = ask(first, second(first))
    Match.objects.filter(pk=first.match.pk).update(answer_by=NOW + 60 * DAY)
    sweeps.lapse_unanswered(by=None, now=match.answer_by)
    assert told_to(first.citizen, match) == {("match_question", MessageState.MOOT)}
    lapsed = Message.objects.get(event="match_lapsed", subject_key=f"match:{match.pk}")
    assert lapsed.recipient == first.coordinator
    assert "n’a pas pu être posée" in lapsed.title


def test_who_was_asked_is_told_that_it_is_over(first):
    sweeps.lapse_unanswered(by=None, now=first.match.need.created_at + 100 * HOUR)
    assert ("match_lapsed", MessageState.QUEUED) in told_to(first.citizen, first.match)


def test_whoever_sees_it_by_themselves_may_answer(first):
    match = ask(first, second(first))
    services.accept(match_id=match.pk, by=first.citizen, now=NOW + HOUR)
    assert question(match).state == MessageState.MOOT
    assert Match.objects.get(pk=match.pk).waits_since is None


def test_a_presumed_consent_asks_nobody(first):
    type(first.city).objects.filter(pk=first.city.pk).update(asks_citizen_for=[Kind.HOUSING])
    match = ask(first, second(first))
    assert (match.state, match.waits_since) == (MatchState.ACCEPTED, None)


def test_the_case_says_so(client, first):
    match = ask(first, second(first))
    client.force_login(first.coordinator)
    page = client.get(reverse("desk:case", args=[first.city.slug, match.need.reference])).content.decode()
    assert "attend\u202f: cette personne a déjà une question" in page


def test_the_time_to_answer_begins_in_the_morning():
    night = NOW.replace(hour=22)  # eleven in Strasbourg
    it = story()
    match = services.propose(match_id=it.match.pk, by=it.coordinator, now=night)
    morning = night.replace(day=night.day + 1, hour=7)
    assert (question(match).state, question(match).due_at) == (MessageState.HELD, morning)
    assert match.answer_by == waits.deadline(match, now=morning)


@pytest.mark.parametrize("urgency", [Urgency.PLANNED, Urgency.TONIGHT])
def test_the_association_s_time_to_confirm_begins_when_it_is_asked(urgency):
    night = NOW.replace(hour=22)
    it = story(need={"urgency": urgency})
    services.propose(match_id=it.match.pk, by=it.coordinator, now=NOW)
    match = services.accept(match_id=it.match.pk, by=it.citizen, now=night)
    leaves = night if urgency == Urgency.TONIGHT else night.replace(day=night.day + 1, hour=7)
    asked = Message.objects.get(event="match_accepted", recipient=it.member, channel="email")
    assert asked.due_at == leaves
    assert match.confirm_by == waits.deadline(match, now=leaves)
    assert match.remind_at == waits.halfway(match.confirm_by, now=leaves)


def test_a_question_that_changed_its_channel_while_it_waited_leaves_by_that_one(first, settings):
    settings.SMS_GATEWAY = "http"
    citizen = first.citizen
    accounts.prove_phone(user=citizen, phone="+33612345678", how=PhoneProof.SMS, by=citizen, now=NOW)
    citizen.refresh_from_db()
    match = ask(first, second(first))
    for refused in (["email"], []):
        preferences.choose(
            person=citizen, refused_channels=refused, refused_sorts=[], paused_until=None,
            rings_at_night=False, by=citizen, now=NOW,
        )  # fmt: skip
    services.decline(match_id=first.match.pk, by=citizen, now=NOW + HOUR)
    assert sweeps.ask_in_turn(by=None, now=NOW + HOUR) == 1
    rows = Message.objects.filter(event="match_question", subject_key=f"match:{match.pk}")
    assert dict(rows.values_list("channel", "state")) == {"email": "suppressed", "sms": "queued"}


def test_one_question_that_does_not_leave_stops_no_other(first, caplog):
    other = story(city=first.city, kind=Kind.GOODS)
    services.propose(match_id=other.match.pk, by=other.coordinator, now=NOW)
    broken, sound = ask(first, second(first)), ask(other, second(other, kind=Kind.SKILL))
    for it in (first, other):
        services.decline(match_id=it.match.pk, by=it.citizen, now=NOW)
    assert turns.next_in_turn(now=NOW) == [broken.pk, sound.pk]
    with connection.cursor() as cursor:
        cursor.execute(f"""
            CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN RAISE disk_full USING MESSAGE = 'a disk is full'; END $$;
            CREATE TRIGGER fails BEFORE UPDATE ON matching_match
                FOR EACH ROW WHEN (NEW.id = {broken.pk}) EXECUTE FUNCTION fail();
        """)
    assert sweeps.ask_in_turn(by=None, now=NOW) == 1
    assert (question(broken).state, question(sound).state) == (MessageState.HELD, MessageState.QUEUED)
    assert f"match {broken.pk}" in caplog.text


def test_two_coordinators_at_once_ask_one_question(transactional_db, at_once):
    it = story()
    other = second(it)
    at_once(
        lambda: services.propose(match_id=it.match.pk, by=User.objects.get(pk=it.coordinator.pk), now=NOW),
        lambda: services.propose(match_id=other.pk, by=User.objects.get(pk=it.coordinator.pk), now=NOW),
    )
    assert Match.objects.filter(state=MatchState.PROPOSED).count() == 2
    assert turns.waiting().count() == 1
    at_once(*[lambda: sweeps.ask_in_turn(by=None, now=NOW)] * 2)
    assert turns.waiting().count() == 1
