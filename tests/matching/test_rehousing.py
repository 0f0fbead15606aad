"""Whoever lives in a home that an incident holds back is looked another one for; nobody is put out (docs/adr/0027)."""

from datetime import timedelta

import pytest

from matching import held_back, rehousing, services, sweeps, tonight
from matching.explanations.comparing import Reader
from matching.explanations.explaining import explain
from matching.models import Decision, Hold, Match
from needs.models import Need
from notifications.models import Message
from offers import services as offers
from tests.factories.cities import CityFactory
from tests.factories.matching import NOW, drain, due_offer, story

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


def asked(it, *, now):
    """A suggestion of another home, put to its host."""
    other = due_offer(city=it.city, now=now)
    drain(now)
    found = Match.objects.get(need=it.match.need_id, offer=other, state="suggested")
    return services.propose(match_id=found.pk, by=it.coordinator, now=now)


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
    assert (message.recipient, message.title[:18]) == (it.coordinator, "À reloger ce soir ")
    assert it.match.need.reference in message.body
    assert not Message.objects.filter(event="match_held_back").exists(), "the same person, twice"


def test_who_moves_in_soon_is_said_with_their_day(db):
    it = story()
    now = lead(it, begun=False)
    freeze(it, now)
    held_back.tell_desks(by=None, now=now)
    message = Message.objects.get(event="match_to_rehouse")
    assert "ce soir" not in message.title
    assert "Cela ne commence pas" in message.body


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
