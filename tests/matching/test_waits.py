"""Every wait has an end: never after it is of use, by the town's clocks; reminded once; what it held is free."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection, transaction

from catalogue.vocabulary import Kind, Urgency
from cities.models import City
from config import embedded
from matching import services, tasks, waits
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
    assert confirm(it, later).remind_at is None


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
    assert services.lapse_unanswered(by=None, now=late - timedelta(seconds=1)) == 0
    assert services.lapse_unanswered(by=None, now=late) == 1
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
    assert services.remind_unanswered(by=None, now=half - timedelta(seconds=1)) == 0
    assert services.remind_unanswered(by=None, now=half) == 1
    assert services.remind_unanswered(by=None, now=half + HOUR) == 0
    message = Message.objects.get(event=event)
    assert message.recipient == getattr(it, who)
    assert message.title.startswith("Rappel : ")
    assert message.action_url
    assert services.lapse_unanswered(by=None, now=NOW + 72 * HOUR) == 1
    assert not Message.objects.with_reason().filter(event=event).exists()


def test_nobody_is_reminded_whom_the_desk_has_still_to_call(db):
    it = story(offer={"owner": UserFactory(phone_only=True)})
    propose(it)
    assert services.remind_unanswered(by=None, now=NOW + 36 * HOUR) == 1
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
    assert services.remind_unanswered(by=None, now=NOW + 50 * HOUR) == 0


def test_the_scheduler_reminds_and_releases(db, wake_ups):
    it, late = story(), story()
    for one in (it, late):
        propose(one)
    Match.objects.filter(pk=it.match.pk).update(remind_at=NOW, answer_by=datetime.now(UTC) + DAY)
    Match.objects.filter(pk=late.match.pk).update(answer_by=NOW + HOUR)
    tasks.advance_time()
    assert Message.objects.filter(event="match_question_again").count() == 1
    assert (it.state, late.state) == ("proposed", "lapsed")


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
        lambda: services.lapse_unanswered(by=None, now=late),
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
        return services.lapse_unanswered(by=None, now=late)

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
