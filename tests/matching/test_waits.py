"""Every wait has an end: never after it is of use, by the town's clocks; reminded once; what it held is free."""

from datetime import UTC, date, datetime, timedelta
from importlib import import_module

import pytest
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone

from accounts.models import Organisation, User
from catalogue.vocabulary import Kind, Urgency
from cities.days import local_day
from cities.models import City
from config import embedded
from followups import services as followups
from matching import held_back, links, services, sweeps, tasks, waits
from matching.lifecycle import NotPossible, Reason
from matching.models import Decision, Hold, Match
from needs.models import Need, NeedState
from notifications.models import Message
from tests.factories.accounts import UserFactory
from tests.factories.cities import CityFactory
from tests.factories.matching import NOW, drain, story
from tests.matching.locks import waiting_for_us

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def pair(now, first_day, *, last_day=None, kind=Kind.HOUSING, urgency=Urgency.PLANNED, zone="Europe/Paris"):
    """A match as `waits` reads it, in no database."""
    days = {"first_day": first_day, "last_day": last_day or first_day + timedelta(days=29)}
    return Match(city=City(timezone=zone), need=Need(kind=kind, urgency=urgency, **days), **days)


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


# --- Until when ----------------------------------------------------------------------------------------

MONDAY = date(2026, 3, 9)


@pytest.mark.parametrize(
    ("now", "first_day", "options", "until"),
    [
        # Nine in the evening before, in Paris: 20:00 UTC in winter.
        (utc(2026, 3, 9, 11), date(2026, 3, 11), {}, utc(2026, 3, 10, 20)),
        (utc(2026, 3, 10, 19, 59), date(2026, 3, 11), {}, utc(2026, 3, 10, 20)),
        # Asked later than that: the end of the evening.
        (utc(2026, 3, 10, 20), date(2026, 3, 11), {}, utc(2026, 3, 10, 23)),
        # Tonight: the end of the day.
        (utc(2026, 3, 9, 11), MONDAY, {}, utc(2026, 3, 9, 23)),
        (utc(2026, 3, 9, 22, 59), MONDAY, {}, utc(2026, 3, 9, 23)),
        # A need that began last week is for tonight as well.
        (utc(2026, 3, 9, 11), date(2026, 3, 2), {}, utc(2026, 3, 9, 23)),
        # Things that do not press are handed over until the last day.
        (utc(2026, 3, 9, 11), MONDAY, {"kind": Kind.GOODS, "last_day": date(2026, 3, 20)}, utc(2026, 3, 20, 23)),
        (utc(2026, 3, 9, 11), MONDAY, {"kind": Kind.GOODS, "urgency": Urgency.TONIGHT}, utc(2026, 3, 9, 23)),
        # The town's evening, not ours: Nouméa is eleven hours ahead, Martinique four behind.
        (utc(2026, 3, 9, 5), date(2026, 3, 11), {"zone": "Pacific/Noumea"}, utc(2026, 3, 10, 10)),
        (utc(2026, 3, 9, 5), date(2026, 3, 11), {"zone": "America/Martinique"}, utc(2026, 3, 11, 1)),
        # The clock goes back at three on 25 October: the evening before is summer's, that of the day winter's.
        (utc(2026, 10, 24, 8), date(2026, 10, 25), {}, utc(2026, 10, 24, 19)),
        (utc(2026, 10, 25, 8), date(2026, 10, 26), {}, utc(2026, 10, 25, 20)),
        # Half past two comes twice that night, and it is the same night both times: until midnight, 24.5 h later.
        (utc(2026, 10, 25, 0, 30), date(2026, 10, 25), {}, utc(2026, 10, 25, 23)),
        (utc(2026, 10, 25, 1, 30), date(2026, 10, 25), {}, utc(2026, 10, 25, 23)),
        # It goes forward on 29 March.
        (utc(2026, 3, 28, 8), date(2026, 3, 29), {}, utc(2026, 3, 28, 20)),
        (utc(2026, 3, 29, 8), date(2026, 3, 30), {}, utc(2026, 3, 29, 19)),
    ],
)  # fmt: skip
def test_an_answer_is_of_use_until(now, first_day, options, until):
    assert waits.useful_until(pair(now, first_day, **options), now=now) == until


@pytest.mark.parametrize("zone", ["Europe/Paris", "Pacific/Noumea", "America/Martinique", "America/Miquelon"])
@pytest.mark.parametrize("urgency", list(Urgency))
def test_a_deadline_lies_ahead_and_never_beyond_its_use(zone, urgency):
    """Every half hour of the days around both changes of the clock."""
    for start in (utc(2026, 3, 28), utc(2026, 10, 24), utc(2026, 11, 1)):
        for step in range(96):
            now = start + step * HOUR / 2
            for first_day in (now.date(), now.date() + DAY, now.date() + 5 * DAY):
                match = pair(now, first_day, urgency=urgency, zone=zone)
                until = waits.deadline(match, now=now)
                assert now < until <= waits.useful_until(match, now=now)
                assert until <= now + timedelta(hours=match.city.answer_hours(urgency))
                assert now < waits.halfway(until, now=now) < until


def test_two_hours_are_two_hours_in_the_night_that_has_one_more():
    now = utc(2026, 10, 25, 0, 30)
    match = pair(now, date(2026, 10, 25), urgency=Urgency.TONIGHT)
    assert waits.deadline(match, now=now) == now + 2 * HOUR


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (
            utc(2026, 10, 24, 23, 30),
            "dimanche 25 octobre à 2\xa0h\xa030",
        ),  # half past one; the first half past two is one hour on
        (utc(2026, 10, 25, 0, 30), "dimanche 25 octobre à 3\xa0h\xa030"),  # the first half past two
        (utc(2026, 10, 25, 1, 30), "dimanche 25 octobre à 4\xa0h\xa030"),  # the second
        (
            utc(2026, 3, 29, 0, 30),
            "dimanche 29 mars à 4\xa0h\xa030",
        ),  # half past one; the next hour begins at three
    ],
)
def test_in_a_night_of_a_change_a_question_waits_its_two_hours(db, now, said):
    """Reminded of once after one hour, and over after two, on whatever the clocks show."""
    day = local_day(now, City(timezone="Europe/Paris"))
    it = story(now=now, need={"first_day": day, "last_day": day + 20 * DAY})
    assert propose(it, now).answer_by == now + 2 * HOUR
    assert said in Message.objects.get(event="match_question").body
    second = timedelta(seconds=1)
    assert sweeps.remind_unanswered(by=None, now=now + HOUR - second) == 0
    assert sweeps.remind_unanswered(by=None, now=now + HOUR) == 1
    assert sweeps.remind_unanswered(by=None, now=now + HOUR + second) == 0
    assert sweeps.lapse_unanswered(by=None, now=now + 2 * HOUR - second) == 0
    assert sweeps.lapse_unanswered(by=None, now=now + 2 * HOUR) == 1


# --- Waiting for a confirmation ------------------------------------------------------------------------


def propose(it, now=NOW):
    return services.propose(match_id=it.match.pk, by=it.coordinator, now=now)


def accept(it, now=NOW):
    return services.accept(match_id=it.match.pk, by=it.citizen, now=now)


def confirm(it, now=NOW):
    return services.confirm(match_id=it.match.pk, by=it.member, now=now)


def start(it, now=NOW):
    return services.start(match_id=it.match.pk, by=it.member, now=now)


def test_a_yes_waits_for_its_confirmation_as_a_question_for_its_answer(db):
    it = story(need={"urgency": Urgency.THIS_WEEK})
    propose(it)
    later = NOW + 3 * HOUR
    match = accept(it, later)
    assert (match.answer_by, match.confirm_by) == (NOW + DAY, later + DAY)
    assert match.remind_at == later + 12 * HOUR
    confirmed = confirm(it, later)
    assert (confirmed.confirm_by, confirmed.remind_at) == (None, utc(2026, 3, 16, 9))


def test_what_presses_by_the_calendar_is_answered_as_soon_as_what_was_posted_so(db):
    it = story(need={"first_day": NOW.date() + DAY, "last_day": NOW.date() + 20 * DAY})
    assert propose(it).answer_by == NOW + it.city.answer_hours_tonight * HOUR
    it = story(need={"first_day": NOW.date() + 7 * DAY, "last_day": NOW.date() + 20 * DAY})
    assert propose(it).answer_by == NOW + it.city.answer_hours_this_week * HOUR


def test_a_stay_from_tomorrow_is_answered_this_evening(db):
    it = story(
        city=CityFactory(answer_hours_tonight=12),
        need={"first_day": NOW.date() + DAY, "last_day": NOW.date() + 20 * DAY},
    )
    assert propose(it).answer_by == utc(2026, 3, 9, 20)
    assert accept(it).confirm_by == utc(2026, 3, 9, 20)


def test_a_yes_that_nobody_confirms_lapses_and_all_sides_know(db):
    it = story()
    propose(it)
    accept(it)
    late = Match.objects.get(pk=it.match.pk).confirm_by
    assert sweeps.lapse_unanswered(by=None, now=late - timedelta(seconds=1)) == 0
    assert sweeps.lapse_unanswered(by=None, now=late) == 1
    assert it.state == "lapsed"
    assert not Hold.objects.exists()
    told = {message.recipient: message.title for message in Message.objects.filter(event="match_lapsed")}
    assert set(told) == {it.citizen, it.member, it.coordinator}
    assert told[it.citizen] == "Pas de confirmation à temps, et merci"
    assert told[it.member].startswith("Le délai pour confirmer est passé")
    drain(late)
    assert Match.objects.filter(need=it.match.need_id, state="suggested").exists(), (
        "the need is looked at again"
    )
    with pytest.raises(NotPossible, match="state"):
        confirm(it, late)


@pytest.mark.parametrize("act", ["propose", "accept", "confirm", "start"])
def test_nothing_is_promised_or_begun_after_its_days(db, act):
    it = story()
    steps = {"propose": propose, "accept": accept, "confirm": confirm}
    for step, do in steps.items():
        if step == act:
            break
        do(it)
    over = NOW.replace(hour=23) + timedelta(days=(it.match.last_day - NOW.date()).days)
    before = it.state
    steps["start"] = start
    with pytest.raises(NotPossible, match="closed"):
        steps[act](it, over)
    assert it.state == before
    assert not Message.objects.filter(created_at=over).exists()


# --- Reminded once -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("accepted", "who"), [(False, "citizen"), (True, "member")])
def test_whoever_is_waited_for_is_reminded_once_halfway(db, accepted, who):
    it = story()
    propose(it)
    if accepted:
        accept(it)
    event = "match_accepted_again" if accepted else "match_question_again"
    half = NOW + 36 * HOUR
    assert sweeps.remind_unanswered(by=None, now=half - timedelta(seconds=1)) == 0
    assert sweeps.remind_unanswered(by=None, now=half) == 1
    assert sweeps.remind_unanswered(by=None, now=half + HOUR) == 0
    message = Message.objects.get(event=event)
    assert message.recipient == getattr(it, who)
    assert message.title.startswith("Rappel\u202f: ")
    assert message.action_url
    assert sweeps.lapse_unanswered(by=None, now=NOW + 72 * HOUR) == 1
    assert not Message.objects.with_reason().filter(event=event).exists()


def test_nobody_is_reminded_whom_the_desk_has_still_to_call(db):
    it = story(offer={"owner": UserFactory(phone_only=True)})
    propose(it)
    assert sweeps.remind_unanswered(by=None, now=NOW + 36 * HOUR) == 1
    assert set(Message.objects.values_list("event", flat=True)) == {"match_question"}


@pytest.mark.parametrize("end", ["confirm", "decline", "cancel"])
def test_what_is_answered_is_not_reminded_of(db, end):
    it = story()
    propose(it)
    if end == "confirm":
        accept(it)
        confirm(it)
    elif end == "decline":
        services.decline(match_id=it.match.pk, by=it.citizen, now=NOW)
    else:
        services.cancel(match_id=it.match.pk, by=it.coordinator, now=NOW, reason=Reason.OTHER)
    assert sweeps.remind_unanswered(by=None, now=NOW + 50 * HOUR) == 0


def test_the_scheduler_reminds_and_releases(db, wake_ups):
    it, late = story(), story()
    for one in (it, late):
        propose(one)
    Match.objects.filter(pk=it.match.pk).update(remind_at=NOW, answer_by=datetime.now(UTC) + DAY)
    Match.objects.filter(pk=late.match.pk).update(answer_by=NOW + HOUR)
    tasks.advance_time()
    assert Message.objects.filter(event="match_question_again").count() == 1
    assert (it.state, late.state) == ("proposed", "lapsed")


# --- Whether what was confirmed long before still holds ----------------------------------------------------


def confirmed_stay(first_day=10, **options):
    """A stay that is confirmed so many days before it begins."""
    days = {"first_day": NOW.date() + first_day * DAY, "last_day": NOW.date() + (first_day + 9) * DAY}
    it = story(need=days, **options)
    propose(it)
    accept(it)
    confirm(it)
    Message.objects.all().delete()
    return it


ASK, EVENING = utc(2026, 3, 16, 9), utc(2026, 3, 18, 20)


def asked_again(**options):
    it = confirmed_stay(**options)
    assert sweeps.remind_unanswered(by=None, now=ASK) == 1
    return it


def told():
    return list(Message.objects.with_reason().order_by("pk").values_list("event", "recipient"))


def test_a_stay_that_was_confirmed_long_before_is_asked_about_once(db):
    it = confirmed_stay()
    assert sweeps.remind_unanswered(by=None, now=ASK - timedelta(seconds=1)) == 0
    assert sweeps.remind_unanswered(by=None, now=ASK) == 1
    assert sweeps.remind_unanswered(by=None, now=ASK + HOUR) == 0
    assert told() == [("match_still_holds", it.member.pk)]
    message = Message.objects.get()
    assert message.title.startswith("Le foyer vient-il toujours\u202f?")
    assert message.action_url
    match = Match.objects.get(pk=it.match.pk)
    assert (match.state, match.confirm_by, match.is_asked_again) == ("confirmed", EVENING, True)


@pytest.mark.parametrize(("first_day", "is_asked"), [(6, False), (7, True)])
def test_one_that_was_confirmed_lately_is_not(db, first_day, is_asked):
    confirmed_stay(first_day)
    assert sweeps.remind_unanswered(by=None, now=NOW + 30 * DAY) == is_asked


@pytest.mark.parametrize("kind", [Kind.GOODS, Kind.SKILL])
def test_only_homes_are(db, kind):
    confirmed_stay(kind=kind)
    assert sweeps.remind_unanswered(by=None, now=NOW + 30 * DAY) == 0


def test_the_town_s_morning_and_evening_also_where_the_clock_changes_between(db):
    """Asked in winter, waited for in summer: the clock goes forward on 29 March."""
    match = pair(NOW, date(2026, 3, 30))
    assert waits.ask_again_at(match, now=NOW) == utc(2026, 3, 27, 9)
    assert waits.asked_again_until(match) == utc(2026, 3, 29, 19)
    far = pair(NOW, date(2026, 3, 30), zone="Pacific/Noumea")
    assert waits.ask_again_at(far, now=NOW) == utc(2026, 3, 26, 23)


@pytest.mark.parametrize("who", ["member", "coordinator"])
def test_a_yes_ends_it(db, who):
    it = asked_again()
    services.reconfirm(match_id=it.match.pk, by=getattr(it, who), now=ASK + HOUR)
    assert told() == []
    assert held_back.tell_of_silence(by=None, now=EVENING) == 0
    decision = Decision.objects.filter(match=it.match).latest("pk")
    assert (decision.act, decision.from_state, decision.to_state) == ("reconfirm", "confirmed", "confirmed")
    assert Hold.objects.filter(match=it.match).exists()
    with pytest.raises(NotPossible, match="state"):
        services.reconfirm(match_id=it.match.pk, by=it.member, now=ASK + HOUR)
    assert sweeps.start_due(by=None, now=NOW + 10 * DAY) == 1


def test_nobody_says_so_who_was_not_asked(db):
    it = confirmed_stay()
    with pytest.raises(NotPossible, match="state"):
        services.reconfirm(match_id=it.match.pk, by=it.member, now=ASK)


def test_nobody_says_so_for_the_association(db):
    it = asked_again()
    with pytest.raises(NotPossible, match="role"):
        services.reconfirm(match_id=it.match.pk, by=it.citizen, now=ASK)


def test_a_no_frees_the_place(db):
    it = asked_again()
    services.cancel(match_id=it.match.pk, by=it.member, now=ASK, reason=Reason.OTHER_SOLUTION)
    assert not Hold.objects.exists()
    assert "match_still_holds" not in dict(told())
    assert held_back.tell_of_silence(by=None, now=EVENING) == 0


def test_one_tap_behind_the_link_says_so(db, client):
    now = timezone.now()
    it = story(now=now)
    for step in (propose, accept, confirm):
        step(it, now)
    Match.objects.filter(pk=it.match.pk).update(confirm_by=now + DAY)
    path = links.answer_path(it.match, it.member)
    page = client.get(path).content.decode()
    assert "Le foyer vient-il toujours" in page
    assert "Un empêchement" in page
    assert (
        "Le foyer vient-il toujours"
        not in client.get(links.answer_path(it.match, it.citizen)).content.decode()
    )
    page = client.post(path, {"answer": "reconfirm"}, follow=True).content.decode()
    assert "Le foyer vient-il toujours" not in page
    assert Match.objects.get(pk=it.match.pk).confirm_by is None
    assert "déjà fait" in client.post(path, {"answer": "reconfirm"}, follow=True).content.decode()


def test_the_desk_notes_it_on_the_case(db, client):
    it = asked_again()
    client.force_login(it.coordinator)
    case = reverse("desk:case", args=[it.city.slug, it.match.need.reference])
    said = reverse("desk:act", args=[it.city.slug, it.match.pk, "reconfirm"])
    assert said in client.get(case).content.decode()
    client.post(said)
    page = client.get(case).content.decode()
    assert said not in page
    assert "Le foyer vient toujours" in page, "in what happened"


def test_what_was_confirmed_before_this_rule_is_asked_about_too(db):
    """The migration clears the deadlines of long ago, and asks about stays that are still to come."""
    now = timezone.now()
    today = local_day(now, City(timezone="Europe/Paris"))
    far, near = (
        story(now=now, need={"first_day": today + days * DAY, "last_day": today + (days + 9) * DAY})
        for days in (20, 5)
    )
    goods, under_way = story(now=now, kind=Kind.GOODS), story(now=now)
    for it in (far, near, goods, under_way):
        for step in (propose, accept, confirm):
            step(it, now)
    start(under_way, now + 10 * DAY)
    Match.objects.update(confirm_by=now, remind_at=None)
    with connection.cursor() as cursor:
        cursor.execute(import_module("matching.migrations.0018_still_holds").ASK)
    found = dict(Match.objects.exclude(state="suggested").values_list("pk", "remind_at"))
    assert found == {
        far.match.pk: waits.ask_again_at(Match.objects.get(pk=far.match.pk), now=now),
        near.match.pk: None,
        goods.match.pk: None,
        under_way.match.pk: None,
    }
    assert found[far.match.pk] is not None
    assert set(Match.objects.filter(state="confirmed").values_list("confirm_by", flat=True)) == {None}


def test_silence_is_told_to_the_desk_the_evening_before_and_the_stay_goes_on(db):
    it = asked_again()
    assert held_back.tell_of_silence(by=None, now=EVENING - timedelta(seconds=1)) == 0
    assert held_back.tell_of_silence(by=None, now=EVENING) == 1
    assert held_back.tell_of_silence(by=None, now=EVENING + HOUR) == 0
    assert told() == [("match_still_holds", it.member.pk), ("match_silent", it.coordinator.pk)]
    # Late, it is still an answer.
    services.reconfirm(match_id=it.match.pk, by=it.member, now=EVENING + HOUR)
    assert told() == []


@pytest.mark.parametrize("why", ["gone", "suspended"])
def test_where_nobody_is_left_to_ask_the_desk_is_told_at_once(db, why):
    it = confirmed_stay()
    if why == "gone":
        User.objects.filter(pk=it.member.pk).update(is_active=False)
    else:
        Organisation.objects.filter(pk=it.match.need.organisation_id).update(
            state=Organisation.State.SUSPENDED
        )
    assert sweeps.remind_unanswered(by=None, now=ASK) == 1
    assert held_back.tell_of_silence(by=None, now=ASK) == 1
    assert told() == [("match_silent", it.coordinator.pk)]


def test_the_scheduler_asks_and_tells(db, wake_ups):
    asked, silent = confirmed_stay(), confirmed_stay()
    Match.objects.filter(pk=asked.match.pk).update(remind_at=NOW)
    Match.objects.filter(pk=silent.match.pk).update(remind_at=None, confirm_by=NOW)
    tasks.advance_time()
    events = set(Message.objects.values_list("event", "subject_key"))
    assert ("match_still_holds", f"match:{asked.match.pk}") in events
    assert ("match_silent", f"match:{silent.match.pk}:silent") in events


def test_a_stay_that_is_over_does_not_begin_and_the_follow_up_asks(db):
    """Nobody looked while it was on."""
    it, over = confirmed_stay(), NOW + 20 * DAY
    assert sweeps.start_due(by=None, now=over) == 0
    assert it.state == "confirmed"
    assert followups.plan_due(by=None, now=over) == 1
    assert sweeps.start_due(by=None, now=over - DAY) == 1, "on its last day it would have"


# --- Lapse against answer ------------------------------------------------------------------------------


@pytest.mark.parametrize("step", ["answer", "confirmation"])
def test_a_lapse_and_an_answer_at_once_are_one_of_the_two(transactional_db, at_once, step):
    it = story()
    propose(it)
    if step == "confirmation":
        accept(it)
    late = NOW + 73 * HOUR
    said, lapsed = at_once(
        lambda: (accept if step == "answer" else confirm)(it, late),
        lambda: sweeps.lapse_unanswered(by=None, now=late),
    )
    if it.state == "lapsed":
        assert isinstance(said, NotPossible)
        assert lapsed == 1
        assert not Hold.objects.exists()
    else:
        assert lapsed == 0
        assert it.state == ("accepted" if step == "answer" else "confirmed")
        assert Hold.objects.filter(match=it.match).exists()
    assert Decision.objects.filter(match=it.match).exclude(act="propose").count() == 1 + (
        step == "confirmation"
    )


@pytest.mark.parametrize("first", ["answer", "lapse"])
def test_whoever_has_the_lock_first_decides(transactional_db, at_once, first):
    """The second one waits for the match's lock, made sure of by the database, and then finds it decided."""
    it = story()
    propose(it)
    late = NOW + 73 * HOUR

    def answer():
        return accept(it, late)

    def lapse():
        return sweeps.lapse_unanswered(by=None, now=late)

    leader, follower = (answer, lapse) if first == "answer" else (lapse, answer)

    def hold_until_the_other_waits():
        with transaction.atomic():
            found = leader()
            embedded.wait_until(waiting_for_us, 10)
            return found

    def after_it():
        embedded.wait_until(lambda: _is_locked(it.match.offer_id), 10)
        return follower()

    led, followed = at_once(hold_until_the_other_waits, after_it)
    assert not isinstance(led, Exception)
    if first == "answer":
        assert (it.state, followed) == ("accepted", 0)
    else:
        assert it.state == "lapsed"
        assert isinstance(followed, NotPossible)
    assert Need.objects.get(pk=it.match.need_id).state == NeedState.OPEN


def _is_locked(offer_id):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM (SELECT 1 FROM offers_offer WHERE id = %s FOR NO KEY UPDATE SKIP LOCKED) free",
            [offer_id],
        )
        return cursor.fetchone() == (0,)
