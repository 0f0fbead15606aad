"""Whoever lives in a home that an incident holds back is looked another one for; nobody is put out (docs/adr/0027)."""

from datetime import time, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone

from cities.days import at_hour
from matching import going_on, held_back, rehousing, services, sweeps, tonight
from matching.explanations.comparing import Reader
from matching.explanations.explaining import explain
from matching.lifecycle import Act, NotPossible
from matching.models import Decision, Hold, Match
from needs import services as needs
from needs.models import Need
from notifications import reasons
from notifications.models import Message
from offers import services as offers
from tests.factories.cities import CityFactory
from tests.factories.matching import NOW, drain, due_offer, story
from tests.matching.invariants import violations

ONE_DAY = timedelta(days=1)


def lead(it, *, begun=True, before=timedelta(days=1)):
    """Confirmed, and begun where `begun`; the moment at which it stands there: `before` its first day where not."""
    services.propose(match_id=it.match.pk, by=it.coordinator, now=NOW)
    services.accept(match_id=it.match.pk, by=it.citizen, now=NOW)
    services.confirm(match_id=it.match.pk, by=it.member, now=NOW)
    first = NOW + (it.match.first_day - NOW.date())
    if begun:
        assert sweeps.start_due(by=None, now=first) == 1
        return first + timedelta(days=2)
    return first - before


def freeze(it, now):
    offers.freeze(offer_id=it.match.offer_id, by=None, now=now, reason="incident 1")
    return rehousing.look_after(by=None, now=now)


def unfreeze(it, now):
    offers.unfreeze(offer_id=it.match.offer_id, by=it.coordinator, now=now, reason="incident 1")
    return rehousing.look_after(by=None, now=now)


def need_of(it):
    return Need.objects.get(pk=it.match.need_id)


def match_of(it):
    return Match.objects.get(pk=it.match.pk)


def asked(it, *, now, **offer):
    """A suggestion of another home, put to its host."""
    other = due_offer(city=it.city, now=now, **offer)
    drain(now)
    found = Match.objects.get(need=it.match.need_id, offer=other, state="suggested")
    return services.propose(match_id=found.pk, by=it.coordinator, now=now)


def housed(it, *, now, **offer):
    """They live in another home from now on."""
    other = asked(it, now=now, **offer)
    services.accept(match_id=other.pk, by=other.offer.owner, now=now)
    services.confirm(match_id=other.pk, by=it.member, now=now)
    assert sweeps.start_due(by=None, now=now) == 1
    return other


def said(event):
    return list(Message.objects.filter(event=event).order_by("pk"))


def test_people_in_a_suspended_home_are_for_tonight_again_and_stay_until_somebody_ends_it(db):
    it = story()
    now = lead(it)
    assert need_of(it).state == "met"
    assert freeze(it, now) == 1
    need, match = need_of(it), match_of(it)
    assert (match.state, match.rehouse_from) == ("under_way", now.date())
    assert (need.state, need.uncovered_from, need.given_days) == ("partly_met", now.date(), 2)
    assert need.urgency_on(now.date()) == "tonight"
    assert [one.pk for one in tonight.waiting(now=now)] == [need.pk]
    hold = Hold.objects.get(match=match)
    assert (hold.last_day, hold.released) == (match.last_day, True), "the offer keeps what it holds"
    decision = Decision.objects.filter(match=match).last()
    assert (decision.act, decision.to_state, decision.by) == ("rehouse", "under_way", None)
    assert decision.change == {"rehouse_from": [None, now.date().isoformat()]}
    assert freeze(it, now) == 0, "once"


def test_the_sides_are_not_told_when_somebody_reported_and_the_desk_is(db):
    it = story()
    now = lead(it)

    def decided(*, is_desk):
        return explain(match_of(it), Reader(True, True, is_desk), scan=None).decides

    before = decided(is_desk=False), decided(is_desk=True)
    freeze(it, now)
    unfreeze(it, now + ONE_DAY)
    acts = list(Decision.objects.filter(match=it.match).values_list("act", flat=True))
    assert acts[-2:] == ["rehouse", "count_again"]
    assert decided(is_desk=False) == before[0]
    assert len(decided(is_desk=True)) == len(before[1]) + 2


def test_another_home_is_found_for_what_is_left_and_not_more(db):
    it = story()
    now = lead(it)
    freeze(it, now)
    other = asked(it, now=now)
    assert (other.first_day, other.last_day) == (now.date(), it.match.last_day)
    services.accept(match_id=other.pk, by=other.offer.owner, now=now)
    services.confirm(match_id=other.pk, by=it.member, now=now)
    assert (need_of(it).state, need_of(it).given_days) == ("met", need_of(it).days)
    assert list(tonight.waiting(now=now)) == []


def test_the_capacity_of_the_suspended_home_is_not_given_twice(db):
    it = story()
    now = lead(it)
    freeze(it, now)
    drain(now)
    assert not Match.objects.filter(offer=it.match.offer_id, state="suggested").exists()
    unfreeze(it, now)
    hold = Hold.objects.get(match=it.match)
    assert (hold.quantity, hold.last_day) == (it.match.quantity, it.match.last_day)


@pytest.mark.parametrize(
    ("before", "is_soon"), [(timedelta(days=3), True), (timedelta(days=4), False)], ids=["3 days", "4 days"]
)
def test_who_moves_in_within_three_days_is_rehoused_from_their_first_day(db, before, is_soon):
    it = story()
    now = lead(it, begun=False, before=before)
    assert freeze(it, now) == is_soon
    match, need = match_of(it), need_of(it)
    assert match.rehouse_from == (match.first_day if is_soon else None)
    assert (need.state, need.given_days) == (("open", 0) if is_soon else ("met", need.days))
    assert [one.pk for one in tonight.waiting(now=now)] == ([need.pk] if is_soon else [])
    assert rehousing.look_after(by=None, now=now + ONE_DAY) == (not is_soon), "as the day comes nearer"


def test_when_the_incident_is_closed_the_stay_counts_as_before(db):
    it = story()
    now = lead(it)
    freeze(it, now)
    assert unfreeze(it, now + ONE_DAY) == 1
    need, match = need_of(it), match_of(it)
    assert (match.state, match.rehouse_from, need.state, need.given_days) == (
        "under_way",
        None,
        "met",
        need.days,
    )
    assert not Hold.objects.get(match=match).released
    assert Decision.objects.filter(match=match).last().act == "count_again"


def test_what_another_home_has_by_then_is_not_counted_twice(db):
    it = story()
    now = lead(it)
    freeze(it, now)
    other = asked(it, now=now)
    assert unfreeze(it, now) == 0
    assert match_of(it).rehouse_from == now.date()
    services.decline(match_id=other.pk, by=other.offer.owner, now=now)
    assert rehousing.look_after(by=None, now=now) == 1, "until that host has said no"
    assert need_of(it).state == "met"


@pytest.mark.parametrize("is_over", [False, True], ids=["days over", "completed"])
@pytest.mark.parametrize("ended", ["by itself", "shortened"])
def test_who_had_them_meanwhile_and_has_them_no_more_is_in_nobodys_way(db, ended, is_over):
    it = story()
    now = lead(it)
    freeze(it, now)
    last_day = now.date() + 15 * ONE_DAY
    other = housed(it, now=now, **({"windows": [(now.date(), last_day)]} if ended == "by itself" else {}))
    if ended == "shortened":
        going_on.end_early(
            match_id=other.pk, last_day=last_day, by=it.coordinator, now=now, reason="other_solution"
        )
    after = now + 16 * ONE_DAY
    if is_over:
        services.follow_up(match=services.locked(other.pk), act=Act.COMPLETE, by=it.member, now=after)
    assert need_of(it).state == "partly_met"
    assert unfreeze(it, after) == 1
    need = need_of(it)
    assert (match_of(it).rehouse_from, need.state, need.given_days) == (None, "met", need.days)
    assert list(tonight.waiting(now=after)) == []
    drain(after)
    assert violations(settled=True) == []


def test_who_had_them_until_today_still_has_them(db):
    it = story()
    now = lead(it)
    freeze(it, now)
    housed(it, now=now, windows=[(now.date(), now.date() + 15 * ONE_DAY)])
    assert unfreeze(it, now + 15 * ONE_DAY) == 0
    assert rehousing.look_after(by=None, now=now + 16 * ONE_DAY) == 1


def test_who_took_the_case_before_does_not_silence_it(db):
    it = story()
    now = lead(it)
    tonight.take(need=it.match.need, by=it.coordinator, now=now - ONE_DAY)
    freeze(it, now)
    assert [one.pk for one in tonight.waiting(now=now)] == [it.match.need_id]
    assert tonight.taken(it.match.need) is None
    tonight.take(need=it.match.need, by=it.coordinator, now=now)
    assert list(tonight.waiting(now=now)) == [], "who takes it knowing that"
    assert tonight.taken(it.match.need).by == it.coordinator
    unfreeze(it, now)
    assert tonight.taken(it.match.need).by == it.coordinator


def test_what_was_to_begin_does_not_begin_beside_another_home(db):
    it = story()
    now = lead(it, begun=False)
    freeze(it, now)
    other = asked(it, now=now)
    assert unfreeze(it, now) == 0
    first = now + ONE_DAY
    assert match_of(it).first_day == first.date()
    assert sweeps.start_due(by=None, now=first) == 0
    with pytest.raises(NotPossible, match="rehoused"):
        services.start(match_id=it.match.pk, by=it.member, now=first)
    services.decline(match_id=other.pk, by=other.offer.owner, now=first)
    assert rehousing.look_after(by=None, now=first) == 1
    assert sweeps.start_due(by=None, now=first) == 1


def test_the_desk_hears_once_that_two_homes_are_there(db):
    it = story()
    now = lead(it)
    freeze(it, now)
    assert held_back.tell_of_two_homes(by=None, now=now) == 0, "while it is suspended it is said otherwise"
    other = housed(it, now=now)
    unfreeze(it, now)
    assert held_back.tell_of_two_homes(by=None, now=now) == 1
    assert held_back.tell_of_two_homes(by=None, now=now) == 0
    (message,) = said("match_two_homes")
    assert (message.recipient, message.title[:14]) == (it.coordinator, "Deux logements")
    services.break_off(match_id=other.pk, by=it.coordinator, now=now, reason="other_solution")
    assert rehousing.look_after(by=None, now=now) == 1
    assert held_back.tell_of_two_homes(by=None, now=now) == 0


def test_the_case_says_that_two_homes_are_there(db, client):
    now = timezone.now()
    it = story(now=now, need={"first_day": timezone.localdate() + ONE_DAY})
    for act, who in (
        (services.propose, it.coordinator),
        (services.accept, it.citizen),
        (services.confirm, it.member),
    ):
        act(match_id=it.match.pk, by=who, now=now)
    client.force_login(it.coordinator)
    case = f"/{it.city.slug}/bureau/{it.match.need.reference}/"
    freeze(it, now)
    asked(it, now=now)
    assert "Deux logements" not in client.get(case).text
    unfreeze(it, now)
    assert "Deux logements" in client.get(case).text


def test_a_stay_that_somebody_ends_is_to_rehouse_no_more(db):
    it = story()
    now = lead(it)
    freeze(it, now)
    services.break_off(match_id=it.match.pk, by=it.coordinator, now=now, reason="safety")
    match, need = match_of(it), need_of(it)
    assert (match.state, match.rehouse_from) == ("broken_off", None)
    assert (need.state, need.given_days, need.uncovered_from) == ("partly_met", 2, now.date())
    assert not Hold.objects.filter(offer=it.match.offer_id, last_day__gte=now.date()).exists()
    assert unfreeze(it, now) == 0


def test_a_stay_whose_days_are_over_is_left_alone(db):
    it = story()
    lead(it)
    after = NOW + (it.match.last_day + ONE_DAY - NOW.date())
    assert freeze(it, after) == 0


def test_things_that_were_promised_house_nobody(db):
    it = story(kind="goods")
    services.propose(match_id=it.match.pk, by=it.coordinator, now=NOW)
    services.accept(match_id=it.match.pk, by=it.citizen, now=NOW)
    services.confirm(match_id=it.match.pk, by=it.member, now=NOW)
    assert freeze(it, NOW) == 0


def test_whoever_is_on_call_is_rung_and_the_others_told_once(db):
    it = story()
    now = lead(it)
    freeze(it, now)
    assert held_back.tell_desks(by=None, now=now) == 1
    assert held_back.tell_desks(by=None, now=now) == 0
    message = Message.objects.get(event="match_to_rehouse")
    assert (message.recipient, message.title[:18]) == (it.coordinator, "À reloger ce soir\u202f")
    assert it.match.need.reference in message.body
    assert not Message.objects.filter(event="match_held_back").exists(), "the same person, twice"


def test_who_moves_in_soon_is_said_with_their_day(db):
    it = story()
    now = lead(it, begun=False)
    freeze(it, now)
    held_back.tell_desks(by=None, now=now)
    assert said("match_to_rehouse") == [], "nobody is rung for a night that is still to come"
    (message,) = said("match_held_back")
    assert "ce soir" not in message.title
    assert "Cela ne commence pas" in message.body


def test_on_their_first_day_it_rings_once_the_town_is_awake(db):
    it = story(city=CityFactory(awake=False))
    now = lead(it, begun=False)
    freeze(it, now)
    midnight = at_hour(it.match.first_day, time(0, 5), it.city)
    held_back.tell_desks(by=None, now=midnight)
    assert said("match_to_rehouse") == []
    held_back.tell_desks(by=None, now=at_hour(it.match.first_day, time(10), it.city))
    assert [one.recipient for one in said("match_to_rehouse")] == [it.coordinator]


def test_who_comes_on_call_later_is_not_rung_for_people_who_have_a_bed(db):
    it = story()
    now = lead(it)
    freeze(it, now)
    held_back.tell_desks(by=None, now=now)
    (message,) = said("match_to_rehouse")
    stands = Message.objects.filter(reasons.reason_of("match_to_rehouse"), pk=message.pk)
    assert stands.exists()
    housed(it, now=now)
    assert not stands.exists()
    Message.objects.all().delete()
    held_back.tell_desks(by=None, now=now)
    assert said("match_to_rehouse") == []


def test_a_household_is_not_made_smaller_than_a_stay_that_is_held_back(db):
    it = story()
    now = lead(it)
    freeze(it, now)
    need = need_of(it)
    smaller = {"children_3_to_11": 1, "people": 2, "quantity": 2}
    with pytest.raises(ValidationError, match="mis en attente"):
        needs.change(need_id=need.pk, fields=smaller, by=it.member, now=now, today=now.date())
    services.break_off(match_id=it.match.pk, by=it.coordinator, now=now, reason="safety")
    assert (
        needs.change(need_id=need.pk, fields=smaller, by=it.member, now=now, today=now.date()).quantity == 2
    )


def test_what_fails_of_one_stay_is_done_later_and_undoes_nothing(db):
    it = story()
    now = lead(it)
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION refuse_it() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$;"
            "CREATE TRIGGER refuse_it BEFORE INSERT ON matching_decision"
            " FOR EACH ROW WHEN (NEW.act = 'rehouse') EXECUTE FUNCTION refuse_it()"
        )
    assert freeze(it, now) == 0
    assert rehousing.rehouse_from_offer(offer_id=it.match.offer_id, by=None, now=now) == 0
    assert not Hold.objects.get(match=it.match).released
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER refuse_it ON matching_decision")
    assert rehousing.look_after(by=None, now=now) == 1


def test_whether_they_still_come_is_asked_once_the_report_is_closed(db):
    it = story(need={"first_day": NOW.date() + 60 * ONE_DAY, "last_day": NOW.date() + 70 * ONE_DAY})
    lead(it, begun=False)
    asks_at = match_of(it).remind_at
    assert asks_at is not None
    offers.freeze(offer_id=it.match.offer_id, by=None, now=asks_at, reason="incident 1")
    assert sweeps.remind_unanswered(by=None, now=asks_at) == 0
    assert match_of(it).remind_at == asks_at
    offers.unfreeze(offer_id=it.match.offer_id, by=it.coordinator, now=asks_at, reason="incident 1")
    assert sweeps.remind_unanswered(by=None, now=asks_at) == 1


@pytest.mark.parametrize(("days", "is_soon"), [(3, True), (4, False)], ids=["3 days", "4 days"])
def test_a_yes_to_a_suspended_home_does_not_stop_the_search_for_what_begins_soon(db, days, is_soon):
    first = NOW.date() + days * ONE_DAY
    it = story(need={"first_day": first, "last_day": first + 20 * ONE_DAY})
    services.propose(match_id=it.match.pk, by=it.coordinator, now=NOW)
    services.accept(match_id=it.match.pk, by=it.citizen, now=NOW)
    offers.freeze(offer_id=it.match.offer_id, by=None, now=NOW, reason="incident 1")
    assert sweeps.cancel_orphans(by=None, now=NOW) == is_soon
    assert it.state == ("cancelled" if is_soon else "accepted")
    if is_soon:
        assert asked(it, now=NOW).state == "proposed"


def test_when_the_suspension_is_over_nobody_must_move(db):
    it = story()
    now = lead(it)
    freeze(it, now)
    offers.unfreeze(offer_id=it.match.offer_id, by=it.coordinator, now=now, reason="incident 1")
    (need,) = tonight.waiting(now=now)
    assert not need.must_move


def test_who_sleeps_in_a_suspended_home_rings_at_night_too(db):
    it = story(city=CityFactory(awake=False))
    now = lead(it)
    freeze(it, now)
    (need,) = tonight.waiting(now=now)
    assert need.must_move
    assert need.urgency != "tonight", "it was not posted so"


def test_two_workers_rehouse_once(transactional_db, at_once):
    it = story()
    now = lead(it)
    offers.freeze(offer_id=it.match.offer_id, by=None, now=now, reason="incident 1")
    results = at_once(*[lambda: rehousing.look_after(by=None, now=now)] * 2)
    assert sorted(results) == [0, 1]
    assert Decision.objects.filter(act="rehouse").count() == 1
