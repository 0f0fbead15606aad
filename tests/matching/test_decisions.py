"""What each decision writes, frees and tells; and that no decision is ever rewritten."""

import re
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts import services as accounts
from accounts.models import Organisation, Role
from catalogue.constraints import violated
from catalogue.vocabulary import Kind, Urgency
from cities.days import local_day
from matching import services, sweeps
from matching.capacity import Taken
from matching.explanations.comparing import Reader
from matching.explanations.explaining import explain
from matching.lifecycle import Act, NotPossible, Reason
from matching.lifecycle import Role as Acting
from matching.models import Decision, Hold, Match, MatchState
from needs import services as needs
from needs.models import Need
from notifications.models import Message
from offers import services as offers
from offers.models import Offer, OfferChange
from tests.factories.accounts import CityRoleFactory, UserFactory
from tests.factories.cities import CityFactory
from tests.factories.matching import NOW, drain, due_need, due_offer, story

REASON = Reason.OTHER


def at(day):
    """Noon of a day in the town."""
    return NOW.replace(year=day.year, month=day.month, day=day.day)


def propose(it, now=NOW):
    return services.propose(match_id=it.match.pk, by=it.coordinator, now=now)


def accept(it, now=NOW):
    return services.accept(match_id=it.match.pk, by=it.citizen, now=now)


def confirm(it, now=NOW):
    return services.confirm(match_id=it.match.pk, by=it.member, now=now)


def begin(it, first_day=None):
    now = at(first_day or it.match.first_day)
    assert sweeps.start_due(by=None, now=now) == 1
    return now


def until(state, it):
    """Lead a story to a state by the people who decide."""
    steps = {"proposed": [propose], "accepted": [propose, accept], "confirmed": [propose, accept, confirm]}
    for step in steps.get(state, steps["confirmed"]):
        step(it)
    if state == "under_way":
        begin(it)
    return it


def need_state(it):
    return Need.objects.values_list("state", flat=True).get(pk=it.match.need_id)


def suggested_again(it, now=NOW):
    drain(now)
    return Match.objects.filter(need=it.match.need_id, state=MatchState.SUGGESTED).exclude(pk=it.match.pk)


def told(event):
    return set(Message.objects.filter(event=f"match_{event}").values_list("recipient", flat=True))


# --- The story -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", list(Kind))
def test_from_a_suggestion_to_the_end(db, kind):
    it = story(kind=kind)
    for step, state in ((propose, "proposed"), (accept, "accepted"), (confirm, "confirmed")):
        step(it)
        assert it.state == state
        assert Hold.objects.get(match=it.match).quantity == it.match.quantity
    assert need_state(it) == "met"
    now = begin(it)
    assert it.state == "under_way"
    services.complete(match_id=it.match.pk, by=None, now=now + timedelta(days=40))
    assert it.state == "completed"
    assert Hold.objects.filter(match=it.match, released=False).exists(), "used is used"
    decisions = Decision.objects.filter(match=it.match).values_list("act", "role", "by", "at")
    assert list(decisions) == [
        ("propose", "coordinator", it.coordinator.pk, NOW),
        ("accept", "citizen", it.citizen.pk, NOW),
        ("confirm", "association", it.member.pk, NOW),
        ("start", "clock", None, now),
        ("complete", "clock", None, now + timedelta(days=40)),
    ]
    assert told("question") == {it.citizen.pk}
    assert told("accepted") == {it.member.pk}
    assert told("confirmed") == {it.citizen.pk, it.member.pk}


@pytest.mark.parametrize(
    ("urgency", "hours"), [(Urgency.TONIGHT, 2), (Urgency.THIS_WEEK, 24), (Urgency.PLANNED, 72)]
)
def test_the_deadline_follows_the_urgency(db, urgency, hours):
    it = story(need={"urgency": urgency})
    assert propose(it).answer_by == NOW + timedelta(hours=hours)
    assert it.state == "proposed"


def test_an_answer_after_the_deadline_counts_until_the_scheduler_has_passed(db):
    it = until("proposed", story())
    late = NOW + timedelta(hours=73)
    accept(it, late)
    assert sweeps.lapse_unanswered(by=None, now=late) == 0
    assert it.state == "accepted"


# --- What is freed -------------------------------------------------------------------------------------

ENDS = {
    "declined": ("proposed", lambda it: services.decline(match_id=it.match.pk, by=it.citizen, now=NOW)),
    "lapsed": ("proposed", lambda it: sweeps.lapse_unanswered(by=None, now=NOW + timedelta(days=4))),
    "refused": (
        "accepted",
        lambda it: services.refuse(match_id=it.match.pk, by=it.member, now=NOW, reason=REASON),
    ),
    "cancelled": (
        "confirmed",
        lambda it: services.cancel(match_id=it.match.pk, by=it.citizen, now=NOW, reason=REASON),
    ),
    "broken_off": (
        "confirmed",
        lambda it: services.break_off(match_id=it.match.pk, by=it.member, now=NOW, reason=Reason.NO_SHOW),
    ),
}


@pytest.mark.parametrize(
    ("end", "kind"),
    [
        *[(end, Kind.HOUSING) for end in ENDS],
        ("lapsed", Kind.GOODS),
        ("broken_off", Kind.GOODS),
        ("cancelled", Kind.SKILL),
    ],
)
def test_what_does_not_come_about_frees_all_of_it(db, kind, end):
    it = story(kind=kind)
    other = due_need(city=it.city, kind=kind)
    drain()
    state, act = ENDS[end]
    until(state, it)
    drain()
    assert not Match.objects.filter(need=other, state=MatchState.SUGGESTED).exists(), "it is taken"
    act(it)
    assert it.state == end
    assert not Hold.objects.exists()
    assert need_state(it) == "open"
    drain(NOW + timedelta(days=4))
    assert Match.objects.filter(need=other, state=MatchState.SUGGESTED).exists(), "it is there again"


@pytest.mark.parametrize("end", list(ENDS))
def test_the_need_s_other_suggestions_come_back(db, end):
    it = story()
    due_offer(city=it.city, capacity=4)
    drain()
    state, act = ENDS[end]
    until(state, it)
    drain()
    assert not suggested_again(it).exists(), "the whole household is promised a home"
    act(it)
    offered = {match.offer_id for match in suggested_again(it, NOW + timedelta(days=4))}
    # The pair itself is asked again only if nobody answered.
    assert (it.match.offer_id in offered) == (end == "lapsed")
    assert len(offered - {it.match.offer_id}) == 1


@pytest.mark.parametrize("kind", [Kind.HOUSING, Kind.SKILL])
def test_a_stay_that_is_broken_off_frees_from_that_day_on(db, kind):
    it = until("under_way", story(kind=kind))
    left = it.match.first_day + timedelta(days=10)
    services.break_off(match_id=it.match.pk, by=it.citizen, now=at(left), reason=REASON)
    hold = Hold.objects.get(match=it.match)
    assert (hold.first_day, hold.last_day, hold.released) == (
        it.match.first_day,
        left - timedelta(days=1),
        True,
    )
    it.match.refresh_from_db()
    assert it.match.ended_on == left
    assert need_state(it) == "partly_met"
    assert Need.objects.get(pk=it.match.need_id).given_days == 10, "those that were had"
    # From that very day the home is there for somebody else, and not a day earlier.
    days = {"last_day": it.match.last_day, "now": at(left), "kind": kind, "city": it.city}
    free, taken = due_need(first_day=left, **days), due_need(first_day=left - timedelta(days=1), **days)
    Need.objects.filter(pk=taken.pk).update(min_days=(it.match.last_day - left).days + 2)
    drain(at(left) - timedelta(days=5))
    assert Match.objects.filter(need=free, state=MatchState.SUGGESTED).exists()
    assert not Match.objects.filter(need=taken, state=MatchState.SUGGESTED).exists()


def test_a_stay_that_is_broken_off_on_its_first_day_used_nothing(db):
    it = until("under_way", story())
    services.break_off(match_id=it.match.pk, by=it.citizen, now=at(it.match.first_day), reason=Reason.NO_SHOW)
    assert not Hold.objects.exists()


@pytest.mark.parametrize("kind", [Kind.HOUSING, Kind.SKILL])
def test_a_stay_to_which_nobody_came_gave_nothing(db, kind):
    it = until("under_way", story(kind=kind))
    later = at(it.match.first_day + timedelta(days=3))
    services.break_off(match_id=it.match.pk, by=it.citizen, now=later, reason=Reason.NO_SHOW)
    assert not Hold.objects.exists()
    need = Need.objects.get(pk=it.match.need_id)
    assert (need.state, need.given_days, need.given_quantity) == ("open", 0, 0)


def test_a_stay_that_is_broken_off_after_its_end_used_all_its_days(db):
    it = until("under_way", story())
    late = it.match.last_day + timedelta(days=3)
    services.break_off(match_id=it.match.pk, by=it.member, now=at(late), reason=REASON)
    assert Hold.objects.get().last_day == it.match.last_day


def test_a_stay_ends_from_a_day_after_its_first_and_none_to_come(db):
    it = until("under_way", story())
    first, third = it.match.first_day, it.match.first_day + timedelta(days=2)

    def break_off(from_day):
        services.break_off(
            match_id=it.match.pk, by=it.member, now=at(third), reason=REASON, from_day=from_day
        )

    for wrong in (first, third + timedelta(days=1)):
        with pytest.raises(NotPossible) as refused:
            break_off(wrong)
        assert refused.value.why == "days"
    break_off(third)
    assert Hold.objects.get().last_day == third - timedelta(days=1)


def test_what_is_not_confirmed_any_more_does_not_begin(db):
    """Where the sweep that looked found it confirmed, and then waited for the lock."""
    it = until("accepted", story())
    assert not sweeps._start(it.match.pk, now=at(it.match.first_day))
    assert Match.objects.get().state == MatchState.ACCEPTED


def test_a_yes_to_an_offer_that_has_lapsed_is_its_owners_word_that_it_holds(db):
    it = until("proposed", story())
    Offer.objects.filter(pk=it.match.offer_id).update(state="expired")
    accept(it)
    offer = Offer.objects.get(pk=it.match.offer_id)
    assert offer.state == "active"
    said = OfferChange.objects.filter(offer=offer).latest("pk")
    assert (said.act, said.by) == ("reconfirm", it.citizen)


def test_goods_that_are_not_fetched_come_back(db):
    it = until("under_way", story(kind=Kind.GOODS))
    late = at(it.match.first_day + timedelta(days=3))
    services.break_off(match_id=it.match.pk, by=it.member, now=late, reason=Reason.NO_SHOW)
    assert not Hold.objects.exists()
    other = due_need(city=it.city, kind=Kind.GOODS, now=late)
    drain(late)
    assert Match.objects.get(need=other, state=MatchState.SUGGESTED).quantity == 10


def test_a_need_is_open_then_partly_met_then_met_and_back(db):
    it = story(kind=Kind.GOODS, offer={"capacity": 4})
    second = story(kind=Kind.GOODS, city=it.city, need=it.match.need, offer={"capacity": 6})
    until("accepted", it)
    assert need_state(it) == "open"
    confirm(it)
    assert need_state(it) == "partly_met"
    drain()
    second.match.refresh_from_db()
    assert second.match.quantity == 6
    until("confirmed", second)
    assert need_state(it) == "met"
    services.cancel(match_id=it.match.pk, by=it.citizen, now=NOW, reason=REASON)
    assert need_state(it) == "partly_met"
    services.break_off(match_id=second.match.pk, by=second.member, now=NOW, reason=REASON)
    assert need_state(it) == "open"
    acts = it.match.need.changes.values_list("from_state", "to_state")
    assert list(acts) == [
        ("open", "partly_met"),
        ("partly_met", "met"),
        ("met", "partly_met"),
        ("partly_met", "open"),
    ]


# --- Consent that the town presumes --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("citizen", "association", "state", "roles"),
    [
        (True, True, "proposed", ["coordinator"]),
        (False, True, "accepted", ["coordinator", "town"]),
        (False, False, "confirmed", ["coordinator", "town", "town"]),
    ],
)
def test_a_presumed_consent_leads_straight_on(db, citizen, association, state, roles):
    all_kinds = {Kind.HOUSING, Kind.GOODS, Kind.SKILL}
    city = CityFactory(
        asks_citizen_for=sorted(all_kinds if citizen else all_kinds - {Kind.GOODS}),
        asks_association_for=sorted(all_kinds if association else all_kinds - {Kind.GOODS}),
    )
    it = story(city=city, kind=Kind.GOODS)
    propose(it)
    assert it.state == state
    assert list(Decision.objects.filter(match=it.match).values_list("role", flat=True)) == roles
    assert told("question") == ({it.citizen.pk} if citizen else set())
    assert told("accepted") == ({it.member.pk} if state == "accepted" else set())
    assert told("confirmed") == ({it.citizen.pk, it.member.pk} if state == "confirmed" else set())
    # The other kinds are asked as before.
    home = story(city=city)
    propose(home)
    assert home.state == "proposed"


def test_an_association_s_presumed_consent_confirms_with_the_citizen_s_yes(db):
    city = CityFactory(asks_association_for=[Kind.HOUSING])
    it = story(city=city, kind=Kind.GOODS)
    until("accepted", it)
    assert it.state == "confirmed"


# --- Who may ------------------------------------------------------------------------------------------


def test_only_the_people_of_a_match_decide_on_it(db):
    it = story()
    stranger = UserFactory()
    other_desk = CityRoleFactory().user
    operator = CityRoleFactory(city=it.city, role=Role.OPERATOR).user
    for nobody in (stranger, other_desk, operator, it.citizen, it.member):
        with pytest.raises(NotPossible, match="role"):
            services.propose(match_id=it.match.pk, by=nobody, now=NOW)
    propose(it)
    for nobody in (stranger, other_desk, it.member):
        with pytest.raises(NotPossible, match="role"):
            services.accept(match_id=it.match.pk, by=nobody, now=NOW)
    services.accept(match_id=it.match.pk, by=operator, now=NOW)
    for nobody in (stranger, other_desk, it.citizen, operator):
        with pytest.raises(NotPossible, match="role"):
            services.confirm(match_id=it.match.pk, by=nobody, now=NOW)
    assert Decision.objects.filter(match=it.match).count() == 2


def test_a_person_concerned_speaks_for_their_own_need(db):
    person = UserFactory()
    it = story(need={"organisation": None, "for_person": person})
    until("confirmed", it)
    assert Decision.objects.get(match=it.match, act=Act.CONFIRM).by == person


def test_a_home_is_visited_before_it_is_proposed(db):
    it = story(offer={"vetted": False})
    with pytest.raises(NotPossible, match="vetting"):
        propose(it)
    offers.vet(offer_id=it.match.offer_id, by=it.coordinator, now=NOW)
    assert propose(it).state == "proposed"


# --- What came too late --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        lambda it: offers.withdraw(offer_id=it.match.offer_id, by=it.citizen, now=NOW),
        lambda it: offers.pause(offer_id=it.match.offer_id, by=it.citizen, now=NOW),
        lambda it: needs.withdraw(need_id=it.match.need_id, by=it.member, now=NOW),
        lambda it: accounts.suspend_organisation(
            organisation=Organisation.objects.get(pk=it.match.need.organisation_id),
            reason="Fermée",
            by=it.coordinator,
            now=NOW,
        ),
    ],
)
def test_a_suggestion_that_the_scan_has_not_caught_up_with_is_closed(db, change):
    it = story()
    change(it)
    with pytest.raises(NotPossible, match="closed"):
        propose(it)
    assert not Decision.objects.exists()


def test_what_has_changed_since_the_comparison_is_compared_first(db):
    it = story()
    days = [(it.match.last_day + timedelta(days=1), None)]
    offers.change(offer_id=it.match.offer_id, fields={}, windows=days, by=it.citizen, now=NOW)
    with pytest.raises(NotPossible, match="changed"):
        propose(it)
    offers.change(offer_id=it.match.offer_id, fields={}, windows=[(NOW.date(), None)], by=it.citizen, now=NOW)
    with pytest.raises(NotPossible, match="changed"):
        propose(it)
    drain()
    assert propose(it).state == "proposed"


def test_days_that_are_over_are_not_proposed(db):
    it = story()
    with pytest.raises(NotPossible, match="closed"):
        propose(it, at(it.match.last_day + timedelta(days=1)))


def test_the_last_day_is_still_proposed(db):
    it = story(need={"first_day": NOW.date(), "last_day": NOW.date()})
    assert it.match.last_day == NOW.date()
    assert propose(it, NOW + timedelta(hours=10)).state == "proposed"


@pytest.mark.parametrize("state", ["proposed", "accepted"])
@pytest.mark.parametrize(
    "gone",
    [
        lambda it: offers.withdraw(offer_id=it.match.offer_id, by=it.citizen, now=NOW),
        lambda it: needs.withdraw(need_id=it.match.need_id, by=it.member, now=NOW),
    ],
    ids=["withdrawn", "need withdrawn"],
)
def test_a_yes_to_what_is_gone_exchanges_no_contacts(db, state, gone):
    it = until(state, story())
    gone(it)
    with pytest.raises(NotPossible, match="closed"):
        (accept if state == "proposed" else confirm)(it)
    assert sweeps.cancel_orphans(by=None, now=NOW) == 1
    assert it.state == "cancelled"
    assert sweeps.cancel_orphans(by=None, now=NOW) == 0
    assert not Hold.objects.exists()
    assert told("confirmed") == set()
    assert told("cancelled") == {it.citizen.pk, it.member.pk, it.coordinator.pk}


# --- The scheduler -----------------------------------------------------------------------------------------


def test_matches_start_on_their_first_day_in_their_own_town(db):
    """At 14:00 UTC it is tomorrow in Nouméa, and the day before ends late in Martinique."""
    first = {}
    for zone in ("Pacific/Noumea", "Europe/Paris", "America/Martinique"):
        it = until("confirmed", story(city=CityFactory(timezone=zone)))
        first[zone] = it
        assert it.match.first_day == local_day(NOW, it.city) + timedelta(days=10)
    day = first["Europe/Paris"].match.first_day
    assert sweeps.start_due(by=None, now=at(day - timedelta(days=1)).replace(hour=12)) == 0
    assert sweeps.start_due(by=None, now=at(day - timedelta(days=1)).replace(hour=13, minute=1)) == 1
    assert first["Pacific/Noumea"].state == "under_way"
    assert sweeps.start_due(by=None, now=at(day).replace(hour=0)) == 1
    assert sweeps.start_due(by=None, now=at(day).replace(hour=3, minute=59)) == 0
    assert sweeps.start_due(by=None, now=at(day).replace(hour=4)) == 1
    assert sweeps.start_due(by=None, now=at(day)) == 0


def test_the_scheduler_takes_what_it_can_in_one_go(db):
    for _ in range(5):
        until("proposed", story())
    late = NOW + timedelta(days=4)
    assert sweeps.lapse_unanswered(by=None, now=late, limit=2) == 2
    assert sweeps.lapse_unanswered(by=None, now=late) == 3
    assert sweeps.lapse_unanswered(by=None, now=late) == 0


# --- Never rewritten -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "rewriting",
    [
        "UPDATE matching_decision SET note = 'autre'",
        "UPDATE matching_decision SET by_id = NULL",
        "DELETE FROM matching_decision",
    ],
)
def test_a_decision_is_never_changed_or_deleted(db, rewriting):
    until("proposed", story())
    with pytest.raises(IntegrityError) as failure, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(rewriting)
    assert violated(failure.value) == "decision_is_final"
    assert Decision.objects.count() == 1


def test_a_decision_keeps_the_parts_the_points_and_the_version_that_it_was_taken_with(db):
    """Whatever the town counts since, and whatever the engine finds by now."""
    it = story()
    first = {
        "score": 71.5, "part_values": [0.9, 0.8, 0.3, 0.5, 0.7, 1.0],
        "weight_values": [30.0, 25.0, 15.0, 10.0, 10.0, 10.0], "algorithm": "1.1",
    }  # fmt: skip
    Match.objects.filter(pk=it.match.pk).update(**first)
    services.propose(match_id=it.match.pk, by=it.coordinator, now=NOW)
    Need.objects.update(scan_due_at=NOW)
    Offer.objects.update(scan_due_at=NOW)
    drain()
    assert Match.objects.values(*first).get(pk=it.match.pk) == first
    found = explain(Match.objects.get(pk=it.match.pk), Reader(True, True, True), scan=None)
    assert (found.version, found.score) == ("1.1", "71,50")
    assert [part.weight for part in found.parts] == ["30", "25", "15", "10", "10", "10"]
    assert not any(part.formula for part in found.parts), "today's formulas are not those of that day"


def test_a_decision_keeps_its_reason_and_note(db):
    it = until("proposed", story())
    services.decline(
        match_id=it.match.pk, by=it.citizen, now=NOW, reason=Reason.NOT_AVAILABLE, note="À partir de mai."
    )
    decision = Decision.objects.get(match=it.match, act=Act.DECLINE)
    assert (decision.role, decision.reason, decision.note) == (
        Acting.CITIZEN, Reason.NOT_AVAILABLE, "À partir de mai.",
    )  # fmt: skip


def test_what_was_refused_writes_nothing(db):
    it = until("proposed", story())
    before = Message.objects.count(), Decision.objects.count(), Hold.objects.count()
    for act in (propose, confirm):
        with pytest.raises(NotPossible, match="state"):
            act(it)
    with pytest.raises(NotPossible, match="reason"):
        services.decline(match_id=it.match.pk, by=it.citizen, now=NOW, reason="")
    assert (Message.objects.count(), Decision.objects.count(), Hold.objects.count()) == before


# --- What an end says, and to whom ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("end", "people"),
    [
        ("declined", {"coordinator"}),
        ("lapsed", {"citizen", "coordinator"}),
        ("refused", {"citizen", "coordinator"}),
        ("cancelled", {"member", "coordinator"}),
        ("broken_off", {"citizen", "coordinator"}),
    ],
)
def test_whom_an_end_concerns_is_told_once(db, end, people):
    it = story()
    colleague = CityRoleFactory(city=it.city).user
    CityRoleFactory()  # of another town
    state, act = ENDS[end]
    until(state, it)
    act(it)
    expected = {getattr(it, person).pk for person in people} | {colleague.pk}
    messages = Message.objects.filter(event=f"match_{end}")
    assert sorted(messages.values_list("recipient", flat=True)) == sorted(expected)
    assert set(messages.values_list("subject_key", "city")) == {(f"match:{it.match.pk}", it.city.pk)}


@pytest.mark.parametrize(
    ("end", "act", "role", "person", "reason"),
    [
        ("declined", "decline", "citizen", "citizen", "not_for_me"),
        ("lapsed", "lapse", "clock", None, ""),
        ("refused", "refuse", "association", "member", "other"),
        ("cancelled", "cancel", "citizen", "citizen", "other"),
        ("broken_off", "break_off", "association", "member", "no_show"),
    ],
)
def test_an_end_is_a_decision_with_who_when_and_why(db, end, act, role, person, reason):
    it = story()
    state, finish = ENDS[end]
    until(state, it)
    finish(it)
    decision = Decision.objects.latest("id")
    assert (decision.match_id, decision.act, decision.role, decision.reason) == (
        it.match.pk,
        act,
        role,
        reason,
    )
    assert (decision.from_state, decision.to_state, decision.note) == (state, end, "")
    assert decision.by == (getattr(it, person) if person else None)
    now = NOW + timedelta(days=4) if end == "lapsed" else NOW
    assert decision.at == now
    assert Match.objects.get(pk=it.match.pk).changed_at == now


def test_a_proposal_keeps_its_note_and_the_plan_it_is_of(db):
    plain, noted = story(), story()
    propose(plain)
    services.propose(
        match_id=noted.match.pk, by=noted.coordinator, now=NOW, note="Appeler le soir.", plan_number=4
    )
    kept = Decision.objects.order_by("id").values_list("note", "plan_number")
    assert list(kept) == [("", None), ("Appeler le soir.", 4)]


def test_a_note_keeps_its_first_five_hundred_signs(db):
    it = story()
    services.dismiss(match_id=it.match.pk, by=it.coordinator, now=NOW, reason=REASON, note="a" * 500 + "b")
    assert Decision.objects.get().note == "a" * 500


def test_a_suggestion_set_aside_has_the_need_looked_at_again_and_not_the_offer(db):
    it = story()
    services.dismiss(match_id=it.match.pk, by=it.coordinator, now=NOW, reason=REASON)
    it.match.refresh_from_db()
    assert (it.match.need.scan_due_at, it.match.offer.scan_due_at) == (NOW, None)


@pytest.mark.parametrize(("act", "told_of"), [(Act.BREAK_OFF, "broken_off"), (Act.COMPLETE, None)])
def test_what_the_follow_up_hears_is_its_own_decision(db, act, told_of):
    it = until("under_way", story())
    before = Message.objects.count()
    now = at(it.match.first_day + timedelta(days=5))
    with transaction.atomic():
        match = services.locked(it.match.pk)
        reason = REASON if told_of else ""
        services.follow_up(match=match, act=act, by=it.citizen, now=now, reason=reason)
    decision = Decision.objects.latest("id")
    assert (decision.act, decision.role, decision.by, decision.at) == (act, "follow_up", it.citizen, now)
    assert (decision.reason, decision.note) == (reason, "")
    assert Message.objects.count() == before + 2 * bool(told_of)
    if told_of:
        assert told(told_of) == {it.member.pk, it.coordinator.pk}


# --- The scheduler's turn ------------------------------------------------------------------------------


def test_what_has_waited_longest_lapses_first(db):
    later, first = story(), story()
    propose(later, NOW + timedelta(hours=1))
    propose(first)
    late = NOW + timedelta(days=4)
    assert sweeps.lapse_unanswered(by=None, now=late, limit=1) == 1
    assert (first.state, later.state) == ("lapsed", "proposed")
    assert sweeps.lapse_unanswered(by=None, now=NOW + timedelta(hours=73), limit=1) == 1, "to the second"


def test_what_should_have_begun_first_starts_first(db):
    first_day = NOW.date() + timedelta(days=12)
    days = {"last_day": first_day + timedelta(days=20)}
    later = story(need={"first_day": first_day, **days})
    first = story(city=later.city, need={"first_day": first_day - timedelta(days=1), **days})
    for it in (later, first):
        until("confirmed", it)
    assert sweeps.start_due(by=None, now=at(first_day), limit=1) == 1
    assert (first.state, later.state) == ("under_way", "confirmed")
    decision = Decision.objects.latest("id")
    assert (decision.act, decision.role, decision.by, decision.at) == ("start", "clock", None, at(first_day))


def test_what_lost_its_need_or_its_offer_is_called_off_for_that_reason(db):
    for_the_need, for_the_offer, for_both = (until("proposed", story()) for _ in range(3))
    for it in (for_the_need, for_both):
        needs.withdraw(need_id=it.match.need_id, by=it.member, now=NOW)
    for it in (for_the_offer, for_both):
        offers.withdraw(offer_id=it.match.offer_id, by=it.citizen, now=NOW)
    assert sweeps.cancel_orphans(by=None, now=NOW, limit=1) == 1
    assert (for_the_need.state, for_the_offer.state) == ("cancelled", "proposed")
    assert sweeps.cancel_orphans(by=None, now=NOW) == 2
    decisions = Decision.objects.filter(act="cancel").values_list("match", "role", "by", "reason", "at")
    assert sorted(decisions) == [
        (for_the_need.match.pk, "clock", None, "need_gone", NOW),
        (for_the_offer.match.pk, "clock", None, "offer_gone", NOW),
        (for_both.match.pk, "clock", None, "need_gone", NOW),
    ]


def test_what_is_taken_says_what_was_tried_and_where_the_match_stands():
    taken = Taken(MatchState.SUGGESTED)
    assert (taken.act, taken.state, taken.why) == (Act.PROPOSE, MatchState.SUGGESTED, "taken")


# --- Locks ---------------------------------------------------------------------------------------------


def test_offer_need_and_match_are_locked_in_this_order_and_not_their_keys(db):
    """Of the match, only its own row: who reads the association or the commune never waits."""
    it = story()
    with CaptureQueriesContext(connection) as queries:
        propose(it)
    locks = [query["sql"] for query in queries if " UPDATE" in query["sql"] and " FOR " in query["sql"]]
    tables = [re.search(r' FROM "(\w+)"', sql)[1] for sql in locks]
    assert tables[:3] == ["offers_offer", "needs_need", "matching_match"]
    assert all(" FOR NO KEY UPDATE" in sql for sql in locks)
    assert locks[2].endswith(' FOR NO KEY UPDATE OF "matching_match"')
