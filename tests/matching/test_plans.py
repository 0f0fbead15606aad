"""Plans: asked for, made, stale, accepted line by line; what is refused, and what is never done twice."""

from datetime import timedelta
from functools import partial

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.utils import timezone

import engine
from accounts.models import Organisation, Role
from catalogue.vocabulary import Category, Kind, Urgency
from cities.days import local_day
from desk.presentation import thread
from matching import conditions, plans, services, sweeps
from matching.explanations.comparing import Reader
from matching.explanations.explaining import explain
from matching.lifecycle import Reason
from matching.models import Decision, Hold, Match, MatchState, Plan, PlanGap, PlanLine, TownAgreement
from matching.plans import making, plan_words
from matching.scanning import rescans, work_locks
from matching.selectors import under_way
from needs import services as needs
from notifications.models import Message, Preference
from offers import services as offers
from tests.factories.accounts import CityRoleFactory, MembershipFactory, OrganisationFactory
from tests.factories.cities import CityFactory
from tests.factories.matching import NOW, drain, due_need, due_offer
from tests.matching import invariants

LATER = NOW + timedelta(minutes=5)


@pytest.fixture
def ask(city, coordinator):
    def ask(*, now=NOW, by=coordinator, **chosen):
        question = {"kind": "", "urgency": "", "need_ids": [], "budget_seconds": 10, **chosen}
        return plans.ask(city_id=city.pk, by=by, now=now, **question)

    return ask


@pytest.fixture
def planned(ask):
    """A plan asked for and made."""

    def planned(*, now=NOW, **chosen):
        plan = ask(now=now, **chosen)
        while plans.work_on_one(now=now):
            pass
        plan.refresh_from_db()
        assert plan.state == Plan.State.DONE
        return plan

    return planned


@pytest.fixture
def accept(coordinator):
    def accept(plan, *lines, by=coordinator, now=LATER):
        chosen = lines or plan.lines.all()
        return plans.accept(plan_id=plan.pk, line_ids=[line.pk for line in chosen], by=by, now=now)

    return accept


def duvets(city, **fields):
    return due_need(city=city, kind=Kind.GOODS, **fields)


def given(plan):
    return {(line.need_id, line.offer_id): line.quantity for line in plan.lines.all()}


def words(outcome):
    return [refused.failure.why for refused in outcome.refused]


# --- Made ----------------------------------------------------------------------------------------------


def test_a_plan_helps_more_than_first_come_first_served(city, planned):
    """The couple came first and would take the only room that has a place for three."""
    large = due_offer(city=city, capacity=3, confirmed_at=NOW)
    small = due_offer(city=city, capacity=2, confirmed_at=NOW - timedelta(days=80))
    pair = due_need(city=city, adult_women=1, children_3_to_11=1, created_at=NOW - timedelta(days=2))
    three = due_need(city=city, created_at=NOW - timedelta(days=1))
    # Without the plan's eyes the pair takes the fresher of the two.
    drain()
    assert pair.matches.get(rank=1).offer == large

    plan = planned()

    assert given(plan) == {(pair.pk, small.pk): 2, (three.pk, large.pk): 3}
    assert (plan.people, plan.people_asked, plan.people_first_come) == (5, 5, 2)
    assert plan.objective == plan.bound > plan.first_come
    assert (plan.started_at, plan.algorithm) == (NOW, engine.VERSION)
    assert not plan.gaps.exists()


def test_a_line_carries_the_engine_s_own_figures(city, planned):
    """What the plan says of a pair is what the scan says of it."""
    due_offer(city=city)
    due_need(city=city)
    drain()
    line, match = planned().lines.get(), Match.objects.get()
    for name in (
        "rank", "score", "part_values", "distance_km", "first_day", "last_day", "quantity", "need_revision",
        "offer_revision",
    ):  # fmt: skip
        assert getattr(line, name) == getattr(match, name), name
    assert line.value == pytest.approx(3 * (1 + line.score / 100))


def test_a_plan_keeps_whether_it_was_cut_short(city, ask, planned):
    due_offer(city=city)
    due_need(city=city)
    assert planned().in_time
    plan = ask(budget_seconds=30)
    Plan.objects.filter(pk=plan.pk).update(budget_seconds=0)
    assert plans.work_on_one(now=NOW)
    plan.refresh_from_db()
    assert (plan.state, plan.in_time) == (Plan.State.DONE, False)


def test_needs_come_in_order_of_arrival_not_of_their_numbers(city, planned):
    """Two needs, one place, the same worth: whoever came first has it when it is first come, first served."""
    due_offer(city=city, capacity=3)
    late = due_need(city=city, created_at=NOW)
    early = due_need(city=city, created_at=NOW - timedelta(days=5), urgency=Urgency.PLANNED)
    plan = planned()
    assert plan.lines.count() == 1
    assert {early, late} - {gap.need for gap in plan.gaps.all()} == {plan.lines.get().need}
    assert plan.people_first_come == 3


def test_pairs_set_aside_stay_aside_whatever_the_order_of_arrival(city, coordinator, planned):
    first, second = due_offer(city=city), due_offer(city=city)
    young = due_need(city=city, created_at=NOW)
    old = due_need(city=city, created_at=NOW - timedelta(days=3))
    drain()
    dismissed = Match.objects.get(need=young, offer=first)
    services.dismiss(match_id=dismissed.pk, by=coordinator, now=NOW, reason=Reason.NOT_SUITABLE)
    assert set(given(planned())) == {(young.pk, second.pk), (old.pk, first.pk)}


def test_only_what_is_chosen_is_planned(city, planned):
    due_offer(city=city, capacity=6)
    due_offer(city=city, kind=Kind.GOODS)
    home = due_need(city=city, urgency=Urgency.TONIGHT)
    other = due_need(city=city)
    things = duvets(city)
    everything = {home.pk, other.pk, things.pk}

    def asked(**chosen):
        plan = planned(**chosen)
        return {line.need_id for line in plan.lines.all()}

    assert asked() == everything
    assert asked(kind=Kind.GOODS) == {things.pk}
    assert asked(urgency=Urgency.TONIGHT) == {home.pk}
    assert asked(need_ids=[other.pk, things.pk]) == {other.pk, things.pk}
    assert asked(kind=Kind.HOUSING, urgency=Urgency.PLANNED) == {other.pk}


def test_needs_that_are_wholly_promised_are_not_asked_again(city, coordinator, planned):
    due_offer(city=city, capacity=9)
    need = due_need(city=city)
    drain()
    services.propose(match_id=Match.objects.get().pk, by=coordinator, now=NOW)
    plan = planned()
    assert (plan.lines.count(), plan.gaps.count(), plan.people_asked) == (0, 0, 0)
    assert need.matches.get().state == MatchState.PROPOSED


def test_who_is_left_out_and_why(city, planned):
    due_offer(city=city, capacity=3, pets_accepted=False)
    need = due_need(city=city, pets=True)
    plan = planned()
    gap = PlanGap.objects.get()
    assert (gap.plan, gap.need, gap.missing, gap.people) == (plan, need, 3, 3)
    assert (gap.reason["code"], gap.reason["rules"]) == ("one_rule", ["pets"])


def test_the_same_question_twice_is_one_plan(city, ask):
    need = due_need(city=city)
    assert ask() == ask()
    assert ask(need_ids=[need.pk]) == ask(need_ids=[need.pk])
    assert ask() != ask(budget_seconds=30)
    assert Plan.objects.count() == 3


def test_nothing_to_plan(city, ask):
    elsewhere = due_need(city=CityFactory())
    suspended = OrganisationFactory(city=city, state=Organisation.State.SUSPENDED)
    due_need(city=city, organisation=suspended)
    for chosen in ({}, {"kind": Kind.GOODS}, {"need_ids": [elsewhere.pk]}):
        with pytest.raises(plans.NothingToPlan):
            ask(**chosen)
    due_need(city=city)
    with pytest.raises(plans.NothingToPlan):
        ask(need_ids=[elsewhere.pk])  # and not: everything
    assert not Plan.objects.exists()


@pytest.mark.parametrize("wrong", [{"kind": "castle"}, {"urgency": "now"}, {"budget_seconds": 0}])
def test_a_selection_that_no_form_offers_is_refused(city, ask, wrong):
    due_need(city=city)
    with pytest.raises(ValueError):
        ask(**wrong)


def test_asking_wakes_a_worker(transactional_db, city, ask, wake_ups):
    due_need(city=city)
    ask()
    assert (plans.TASK, []) in wake_ups()


def test_the_worker_makes_it(worker, city, ask, eventually):
    # The worker's day is today's.
    today = local_day(timezone.now(), city)
    due_offer(city=city, windows=[(today, None)])
    due_need(city=city, first_day=today, last_day=today + timedelta(days=9))
    plan = ask()
    assert (
        eventually(lambda: Plan.objects.filter(pk=plan.pk, state=Plan.State.DONE).first()).lines.count() == 1
    )


# --- A worker that is lost -----------------------------------------------------------------------------


def lost(plan, *, now=NOW):
    """As a worker leaves it that was killed in the midst."""
    Plan.objects.filter(pk=plan.pk).update(state=Plan.State.RUNNING, started_at=now)


def test_the_plan_of_a_lost_worker_is_taken_up_again(city, ask):
    due_offer(city=city)
    due_need(city=city)
    plan = ask()
    lost(plan)
    assert plans.are_waiting()
    assert plans.work_on_one(now=LATER)
    plan.refresh_from_db()
    assert (plan.state, plan.started_at, plan.lines.count()) == (Plan.State.DONE, LATER, 1)
    assert not plans.are_waiting()
    assert not plans.work_on_one(now=LATER)


def test_a_plan_that_loses_its_workers_again_and_again_is_given_up(city, ask):
    due_need(city=city)
    plan = ask()
    late = NOW + making.GIVE_UP_AFTER + timedelta(seconds=1)
    lost(plan, now=late)
    assert not plans.work_on_one(now=late)
    plan.refresh_from_db()
    assert (plan.state, plan.finished_at) == (Plan.State.FAILED, late)


def test_a_plan_that_has_waited_long_for_a_worker_is_made(city, ask):
    due_need(city=city)
    plan = ask()
    assert plans.work_on_one(now=NOW + timedelta(hours=3))
    plan.refresh_from_db()
    assert plan.state == Plan.State.DONE


def test_what_the_engine_refuses_fails_and_says_so(city, ask, caplog):
    """Points that a hand has written, and that do not make 100."""
    due_offer(city=city)
    due_need(city=city)
    plan = ask()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE cities_city SET weights = jsonb_set(weights, '{dates}', '99')")
    assert plans.work_on_one(now=NOW)
    plan.refresh_from_db()
    assert (plan.state, plan.lines.count()) == (Plan.State.FAILED, 0)
    assert f"plan {plan.pk} failed" in caplog.text


def test_two_workers_make_a_plan_once(transactional_db, city, ask, at_once):
    due_offer(city=city)
    due_need(city=city)
    plan = ask()
    work = partial(plans.work_on_one, now=NOW)
    answers = at_once(work, work, work)
    assert sum(answer is True for answer in answers) == 1, answers
    assert plan.lines.count() == 1


# --- Stale ---------------------------------------------------------------------------------------------


@pytest.fixture
def scene(city):
    """A home and a need that suit each other, and what a plan does not look at."""
    offer, need = due_offer(city=city), due_need(city=city)
    due_offer(city=city, kind=Kind.GOODS)
    drain()
    return offer, need


def test_a_plan_stays_fresh_while_nothing_changes(scene, planned):
    plan = planned()
    drain(LATER)
    assert not plans.is_stale(plan, now=LATER)


CHANGES = {
    "a need": lambda s: needs.change(
        need_id=s.need.pk, fields={"reach_km": 9.0}, today=NOW.date(), by=s.by, now=LATER
    ),
    "an offer": lambda s: offers.change(
        offer_id=s.offer.pk, fields={"capacity": 4}, windows=None, by=s.by, now=LATER
    ),
    "a pause": lambda s: offers.pause(offer_id=s.offer.pk, by=s.offer.owner, now=LATER),
    "a need more": lambda s: due_need(city=s.city),
    "an offer more": lambda s: due_offer(city=s.city),
    "a hold": lambda s: services.propose(match_id=s.match.pk, by=s.by, now=LATER),
    "a pair set aside": lambda s: services.dismiss(
        match_id=s.match.pk, by=s.by, now=LATER, reason=Reason.NOT_SUITABLE
    ),
    "the town's points": lambda s: (
        type(s.city)
        .objects.filter(pk=s.city.pk)
        .update(weights={**s.city.weights, "dates": 30, "proximity": 25})
    ),
    "a suspended association": lambda s: Organisation.objects.update(state=Organisation.State.SUSPENDED),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_makes_a_plan_stale(city, coordinator, scene, planned, change):
    class Scene:
        offer, need, by = *scene, coordinator
        match = Match.objects.get()

    Scene.city = city
    plan = planned()
    change(Scene)
    plan = Plan.objects.select_related("city").get(pk=plan.pk)
    assert plans.is_stale(plan, now=LATER)


def test_tomorrow_a_plan_is_stale(scene, planned):
    assert plans.is_stale(planned(), now=NOW + timedelta(days=1))


def test_what_does_not_concern_a_plan_leaves_it_fresh(city, scene, planned):
    plan = planned(kind=Kind.HOUSING)
    due_need(city=CityFactory())
    due_offer(city=CityFactory())
    due_offer(city=city, kind=Kind.GOODS)
    duvets(city)
    assert not plans.is_stale(plan, now=LATER)


def test_what_changes_while_the_engine_thinks_makes_the_plan_stale(city, scene, ask, coordinator):
    """The fingerprint is of the moment before the reading."""
    plan = ask()
    taken = making._taken(now=NOW)
    made = making._made(taken, now=NOW)
    due_offer(city=city)
    making._write(taken, made, now=NOW)
    work_locks.unlock(work_locks.Work.PLAN, taken.pk)
    plan.refresh_from_db()
    assert plans.is_stale(plan, now=NOW)


def test_who_looks_at_a_stale_plan_changes_nothing(city, scene, planned):
    plan = planned()
    due_offer(city=city)
    assert plans.look_at(plan_id=plan.pk, now=LATER) == plans.Standing(True, None, is_due=True)
    assert Plan.objects.get() == plan


def test_a_stale_plan_is_made_again_once(city, coordinator, scene, planned):
    plan = planned()
    look = partial(plans.look_at, plan_id=plan.pk)
    refresh = partial(plans.refresh, plan_id=plan.pk, by=coordinator)
    assert look(now=LATER) == plans.Standing(False, None)
    assert refresh(now=LATER) is None, "it is fresh"
    due_offer(city=city)
    newer = refresh(now=LATER)
    assert newer.state == Plan.State.WAITING
    assert look(now=LATER) == plans.Standing(True, newer)
    assert refresh(now=LATER) == newer
    assert plans.work_on_one(now=LATER)
    assert look(now=LATER).newer.state == Plan.State.DONE
    # Who looks at the old one later still is told of the latest; nothing more is made.
    due_offer(city=city)
    assert refresh(now=LATER + timedelta(hours=1)) == newer
    assert Plan.objects.count() == 2


def test_two_who_look_at_once_have_it_made_once(transactional_db, city, coordinator, scene, planned, at_once):
    plan = planned()
    due_offer(city=city)
    refresh = partial(plans.refresh, plan_id=plan.pk, by=coordinator, now=LATER)
    first, second = at_once(refresh, refresh)
    assert first == second
    assert Plan.objects.count() == 2


def test_a_plan_made_this_very_moment_is_not_made_again_by_itself(city, coordinator, scene, planned):
    """In a busy town something changes at every moment, and no plan would ever be ready."""
    plan = planned()
    due_offer(city=city)
    assert plans.look_at(plan_id=plan.pk, now=NOW) == plans.Standing(True, None)
    assert plans.refresh(plan_id=plan.pk, by=coordinator, now=NOW) is None
    assert Plan.objects.count() == 1


def test_a_stale_plan_of_which_no_need_is_open_stays_alone(coordinator, scene, planned):
    plan = planned()
    needs.withdraw(need_id=scene[1].pk, by=coordinator, now=LATER)
    assert plans.look_at(plan_id=plan.pk, now=LATER) == plans.Standing(True, None)
    assert plans.refresh(plan_id=plan.pk, by=coordinator, now=LATER) is None


# --- Accepted ------------------------------------------------------------------------------------------


def test_each_line_becomes_a_proposal_and_the_citizen_is_asked(city, scene, planned, accept):
    offer, need = scene
    plan = planned()
    outcome = accept(plan)
    match = Match.objects.get()
    assert outcome.asked == (match,)
    assert (outcome.already, outcome.refused, outcome.was_stale) == (0, (), False)
    assert (match.state, match.need, match.offer, match.asked_at) == ("proposed", need, offer, LATER)
    assert match.facts
    assert plan.lines.get().match == match
    message = Message.objects.get(event="match_question")
    assert message.recipient == offer.owner
    invariants.check()
    drain(LATER)
    invariants.check(settled=True)


def test_none_of_it_is_accepted(scene, planned, coordinator):
    outcome = plans.accept(plan_id=planned().pk, line_ids=[], by=coordinator, now=LATER)
    assert outcome == plans.Outcome((), (), 0, (), False, 0)
    assert Match.objects.get().state == MatchState.SUGGESTED


def test_what_the_time_does_not_suffice_for_is_left_and_told(scene, planned, coordinator):
    plan = planned()
    lines = [line.pk for line in plan.lines.all()]
    outcome = plans.accept(plan_id=plan.pk, line_ids=lines, by=coordinator, now=LATER, seconds=0)
    assert (outcome.asked, outcome.left) == ((), len(lines))
    assert Match.objects.get().state == MatchState.SUGGESTED


def test_what_can_be_asked_at_a_glance(city, coordinator, planned, accept):
    """Not what was asked, not a home that nobody has seen, not what has changed or begun."""
    for number in range(4):
        due_offer(city=city, vetted=number != 1)
        due_need(city=city)
    duvets(city, first_day=NOW.date())
    due_offer(city=city, kind=Kind.GOODS, capacity=50)
    plan = planned()
    of = {line.offer.pk: line for line in plan.lines.select_related("offer")}
    first, _unseen, changed, last, goods = (of[pk] for pk in sorted(of))
    assert set(plans.askable(plan, now=LATER)) == {first, changed, last, goods}
    accept(plan, first)
    offers.change(offer_id=changed.offer_id, fields={"capacity": 4}, windows=None, by=coordinator, now=LATER)
    assert set(plans.askable(plan, now=LATER)) == {last, goods}
    assert goods not in plans.askable(plan, now=LATER + timedelta(days=1))


def test_accepting_a_part_leaves_the_rest_fresh(city, scene, planned, accept):
    """What the plan itself has taken is no change of the world."""
    due_offer(city=city)
    due_need(city=city)
    plan = planned()
    first, second = plan.lines.all()
    accept(plan, first)
    drain(LATER)
    assert not plans.is_stale(plan, now=LATER)
    services.accept(match_id=Match.objects.get(state="proposed").pk, by=first.offer.owner, now=LATER)
    assert not plans.is_stale(plan, now=LATER)
    assert len(accept(plan, second).asked) == 1


def test_a_no_to_one_line_makes_the_plan_stale(scene, planned, accept):
    plan = planned()
    (match,) = accept(plan).asked
    services.decline(match_id=match.pk, by=match.offer.owner, now=LATER)
    assert plans.is_stale(plan, now=LATER)


def test_a_question_that_was_never_answered_makes_the_plan_stale(city, scene, planned, accept):
    """The need is unserved again, and whoever was asked would rather be left in peace."""
    plan = planned()
    (match,) = accept(plan).asked
    sweeps.lapse_unanswered(by=None, now=match.answer_by)
    match.refresh_from_db()
    assert match.state == MatchState.LAPSED
    # Looked at on the plan's own day, so that it is not the day that tells.
    assert plans.is_stale(plan, now=LATER)


def test_who_was_asked_about_something_else_makes_the_plan_stale(city, coordinator, scene, planned):
    """Asked for duvets, and free of them again: the room is theirs too, and counts them among those often asked."""
    offer, _need = scene
    due_offer(city=city, kind=Kind.GOODS, owner=offer.owner)
    duvets(city)
    drain()
    plan = planned(kind=Kind.HOUSING)
    asked = Match.objects.get(need__kind=Kind.GOODS, offer__owner=offer.owner)
    services.propose(match_id=asked.pk, by=coordinator, now=LATER)
    assert plans.is_stale(plan, now=LATER)
    assert not plans.is_stale(planned(kind=Kind.HOUSING, now=LATER), now=LATER)


def test_a_presumed_consent_goes_on_at_once(city, coordinator, planned, accept):
    city.asks_citizen_for, city.asks_association_for = [], []
    city.save(update_fields=["asks_citizen_for", "asks_association_for"])
    due_offer(city=city, kind=Kind.GOODS)
    need = duvets(city)
    plan = planned()
    accept(plan)
    need.refresh_from_db()
    assert (Match.objects.get().state, need.state) == ("confirmed", "met")
    assert not plans.is_stale(plan, now=LATER)


def test_a_part_is_given_as_planned_not_as_suggested(city, planned, accept):
    """Of 10 duvets, 6 come from one and 4 from another, who has 10."""
    few = due_offer(city=city, kind=Kind.GOODS, capacity=6, confirmed_at=NOW)
    many = due_offer(city=city, kind=Kind.GOODS, capacity=10, confirmed_at=NOW)
    wants_ten = duvets(city)
    wants_six = duvets(city, quantity=6, part_useful=False, people=6)
    drain()
    plan = planned()
    lines = {(line.need, line.offer): line.quantity for line in plan.lines.all()}
    assert sum(lines.values()) == 16
    accept(plan)
    held = {(hold.need, hold.offer): hold.quantity for hold in Hold.objects.all()}
    assert held == lines
    assert {quantity for (need, _), quantity in held.items() if need == wants_six} == {6}
    assert sum(quantity for (need, _), quantity in held.items() if need == wants_ten) == 10
    assert {few, many} == {offer for _, offer in held}
    drain(LATER)
    invariants.check(settled=True)


@pytest.mark.parametrize("side", ["need", "offer"])
def test_a_suggestion_older_than_the_plan_does_not_stand_in_its_way(
    city, coordinator, scene, planned, accept, side
):
    """The need or the offer has changed, and the plan is made before anybody has scanned it again."""
    offer, need = scene
    if side == "need":
        fields = {"reach_km": 9.0}
        needs.change(need_id=need.pk, fields=fields, today=NOW.date(), by=coordinator, now=NOW)
    else:
        offers.change(offer_id=offer.pk, fields={"capacity": 4}, windows=None, by=coordinator, now=NOW)
    line = planned().lines.get()
    stale = Match.objects.get()
    assert (stale.need_revision, stale.offer_revision) != (line.need_revision, line.offer_revision)
    outcome = accept(line.plan)
    assert words(outcome) == []
    (match,) = outcome.asked
    assert (match.need_revision, match.offer_revision) == (line.need_revision, line.offer_revision)
    assert match == stale


def test_successive_stays_share_a_room(city, planned, accept):
    due_offer(city=city, capacity=3)
    march, may = (NOW.date() + timedelta(days=days) for days in (5, 60))
    for first_day in (march, may):
        due_need(city=city, first_day=first_day, last_day=first_day + timedelta(days=20))
    outcome = accept(planned())
    assert len(outcome.asked) == 2
    assert Hold.objects.values("offer").distinct().count() == 1


def test_a_pair_beyond_the_best_twenty_is_proposed_with_its_own_rank(city, planned, accept):
    """Twenty-two homes suit who can go far; who cannot takes the near ones, and only the last one is left."""
    mobile = due_need(city=city, reach_km=20)
    for _ in range(21):
        due_offer(city=city, capacity=3)
        due_need(city=city, reach_km=1, urgency=Urgency.TONIGHT)
    last = due_offer(city=city, capacity=3, latitude=city.seat.latitude + 15 / 111.2)
    drain()
    assert Match.objects.filter(need=mobile, state=MatchState.SUGGESTED).count() == 20
    assert not Match.objects.filter(offer=last).exists()
    line = planned().lines.get(need=mobile)
    assert (line.offer, line.rank) == (last, 22)
    outcome = accept(line.plan, line)
    match = Match.objects.get(offer=last)
    assert outcome.asked == (match,)
    assert (match.state, match.rank, match.quantity) == ("proposed", 22, 3)
    assert match.part_values == line.part_values
    assert match.score == pytest.approx(line.score, abs=1e-6)
    assert [(d.act, d.from_state, d.to_state) for d in match.decisions.all()] == [
        ("propose", "suggested", "proposed")
    ]
    drain(LATER)
    invariants.check(settled=True)


def test_a_decision_keeps_the_number_of_the_plan_that_it_followed(city, coordinator, scene, planned, accept):
    """When the plan itself is long forgotten, the explanation still says so."""
    due_offer(city=city, kind=Kind.GOODS)
    duvets(city)
    drain()
    by_hand = Match.objects.get(need__kind=Kind.GOODS, rank=1)
    services.propose(match_id=by_hand.pk, by=coordinator, now=NOW)
    plan = planned(kind=Kind.HOUSING)
    (match,) = accept(plan).asked
    services.accept(match_id=match.pk, by=match.offer.owner, now=LATER)
    plans.forget_old(by=None, now=NOW + timedelta(days=31))
    assert not Plan.objects.exists()
    assert [(d.act, d.plan_number) for d in match.decisions.all()] == [("propose", plan.pk), ("accept", None)]
    assert by_hand.decisions.get().plan_number is None


REFUSALS = {
    "a home not visited": ("vetting", lambda s: type(s.offer).objects.update(vetted_at=None, vetted_by=None)),
    "an offer that changed": (
        "changed",
        lambda s: offers.change(
            offer_id=s.offer.pk, fields={"capacity": 4}, windows=None, by=s.by, now=LATER
        ),
    ),
    "a need that changed": (
        "changed",
        lambda s: needs.change(
            need_id=s.need.pk, fields={"reach_km": 9.0}, today=NOW.date(), by=s.by, now=LATER
        ),
    ),
    "a need withdrawn": ("closed", lambda s: needs.withdraw(need_id=s.need.pk, by=s.by, now=LATER)),
    "an association suspended": (
        "closed",
        lambda s: Organisation.objects.update(state=Organisation.State.SUSPENDED),
    ),
    "an owner who has paused": (
        "paused",
        lambda s: Preference.objects.create(person=s.offer.owner, paused_until=LATER.date()),
    ),
    "a pair set aside": (
        "state",
        lambda s: services.dismiss(match_id=s.match.pk, by=s.by, now=LATER, reason=Reason.NOT_SUITABLE),
    ),
    "a pair asked without the plan": (
        "state",
        lambda s: services.propose(match_id=s.match.pk, by=s.by, now=LATER),
    ),
}


@pytest.mark.parametrize(("why", "change"), REFUSALS.values(), ids=REFUSALS)
def test_what_no_longer_holds_is_told_and_the_others_go_on(
    city, coordinator, scene, planned, accept, why, change
):
    class Scene:
        offer, need, by = *scene, coordinator
        match = Match.objects.get()

    plan = planned()
    change(Scene)
    if why == "vetting":
        assert words(accept(plan)) == ["vetting"]
        assert Match.objects.get().state == MatchState.SUGGESTED
        return
    before = Match.objects.filter(state="proposed").count()
    # A line that still holds, of the same plan.
    other = due_need(city=city, kind=Kind.GOODS)
    offer = due_offer(city=city, kind=Kind.GOODS)
    sample = plan.lines.get()
    good = PlanLine.objects.create(
        plan=plan, need=other, offer=offer, quantity=5, rank=1, first_day=other.first_day, last_day=other.last_day,
        score=sample.score, part_values=sample.part_values, distance_km=0, value=1, need_revision=other.revision,
        offer_revision=offer.revision,
    )  # fmt: skip
    outcome = accept(plan)
    expected = {"closed", "changed"} if why == "closed" else {why}
    assert len(outcome.refused) == 1
    assert set(words(outcome)) <= expected
    assert outcome.was_stale
    assert [match.offer for match in outcome.asked] == [offer]
    good.refresh_from_db()
    sample.refresh_from_db()
    assert good.match == outcome.asked[0]
    assert sample.match is None
    assert Match.objects.filter(state="proposed").count() == before + 1


def test_a_place_that_was_taken_is_told(city, coordinator, planned, accept):
    """Somebody has given the duvets to another need since."""
    due_offer(city=city, kind=Kind.GOODS)
    need = duvets(city)
    plan = planned()
    duvets(city, created_at=LATER)
    drain()
    other = Match.objects.exclude(need=need).get()
    services.propose(match_id=other.pk, by=coordinator, now=LATER)
    outcome = accept(plan)
    assert words(outcome) == ["taken"]
    assert Hold.objects.get().match == other
    assert Match.objects.get(need=need).state == MatchState.SUGGESTED


def test_yesterday_s_run_is_not_proposed(city, planned, accept):
    today = NOW.date()
    due_offer(city=city)
    due_need(city=city, first_day=today, last_day=today + timedelta(days=9), min_days=3)
    plan = planned()
    assert words(accept(plan, now=NOW + timedelta(days=1))) == ["changed"]


@pytest.fixture
def two_homes(city):
    """A household for twenty nights, a room for the first eight of them, another one for the rest."""
    first = NOW.date() + timedelta(days=10)
    need = due_need(city=city, first_day=first, last_day=first + timedelta(days=19), min_days=5)
    room = due_offer(city=city, windows=[(first, first + timedelta(days=7))])
    other = due_offer(city=city, windows=[(first + timedelta(days=8), None)])
    return need, room, other


def test_homes_in_turn_are_planned_each_for_its_own_nights(city, two_homes, planned, accept):
    need, room, other = two_homes
    plan = planned()
    nights = {line.offer_id: (line.last_day - line.first_day).days + 1 for line in plan.lines.all()}
    assert nights == {room.pk: 8, other.pk: 12}
    # Three people, one move, which the objective pays and no line.
    assert plan.objective == pytest.approx(sum(line.value for line in plan.lines.all()) - 0.25 * need.people)
    assert len(accept(plan).asked) == 2
    assert {(hold.first_day, hold.last_day) for hold in Hold.objects.all()} == {
        (line.first_day, line.last_day) for line in plan.lines.all()
    }
    invariants.check()


def relay(need):
    """What each decision of a need, and each question to a town, keeps of its relay; once where it is the same."""
    kept = [
        *Decision.objects.filter(match__need=need, act="propose").values_list("relay", flat=True),
        *TownAgreement.objects.filter(match__need=need).values_list("relay", flat=True),
    ]
    assert kept
    return [one for n, one in enumerate(kept) if one not in kept[:n]]


def parts(plan):
    return [
        {
            "offer": line.offer.reference,
            "first_day": line.first_day.isoformat(),
            "last_day": line.last_day.isoformat(),
        }
        for line in plan.lines.order_by("first_day")
    ]


def test_homes_in_turn_of_a_plan_are_one_relay(city, two_homes, planned, accept, coordinator):
    need, room, other = two_homes
    plan = planned()
    for match in accept(plan).asked:
        match = under_way(coordinator, need).get(pk=match.pk)
        told = "".join(explain(match, Reader(True, True, True), scan=None).decides)
        assert "une part d’un relais" in told
        assert f"une ligne du plan n° {plan.pk}" in told
    assert relay(need) == [parts(plan)]
    assert [part["offer"] for part in parts(plan)] == [room.reference, other.reference]
    asked, _posted = thread(need, [], under_way(coordinator, need), LATER)
    assert asked["text"] == "Relais demandé · 20 nuits en deux logements, un déménagement le 27 mars"
    assert len(asked["lines"]) == 2


def test_the_town_of_a_home_in_turn_is_told_of_the_relay(city, two_homes, planned, accept):
    need, _room, other = two_homes
    neighbour = CityFactory(seat=city.seat)
    city.linked.add(neighbour)
    type(other).objects.filter(pk=other.pk).update(city=neighbour, share_with_linked=True)
    plan = planned()
    outcome = accept(plan)
    assert (len(outcome.asked), len(outcome.towns)) == (1, 1)
    assert relay(need) == [parts(plan)]


def test_a_home_that_is_asked_later_is_a_part_of_the_relay(city, two_homes, planned, accept):
    need, room, other = two_homes
    plan = planned()
    accept(plan, plan.lines.get(offer=room))
    assert relay(need) == [None], "nobody else is asked yet"
    accept(plan, plan.lines.get(offer=other))
    assert relay(need) == [None, parts(plan)]


def test_one_home_of_a_plan_is_no_relay_and_nor_are_duvets(city, planned, accept):
    due_need(city=city, now=NOW)
    due_offer(city=city, now=NOW)
    duvets(city, quantity=6, part_useful=True)
    for _giver in range(2):
        due_offer(city=city, kind=Kind.GOODS, category=Category.BEDDING, capacity=3)
    assert len(accept(planned()).asked) == 3
    assert set(Decision.objects.values_list("relay", flat=True)) == {None}


def test_where_one_home_in_turn_does_not_hold_none_is_asked(city, two_homes, planned, accept):
    _need, _room, other = two_homes
    plan = planned()
    offers.change(offer_id=other.pk, fields={"capacity": 4}, windows=None, by=other.owner, now=LATER)
    outcome = accept(plan)
    assert [(refused.line.offer_id, refused.failure.why) for refused in outcome.refused] == [
        (other.pk, "changed")
    ]
    assert not outcome.asked
    assert not Hold.objects.exists()
    assert not plan.lines.filter(match__isnull=False).exists()


def test_of_a_stay_that_is_planned_in_part_the_missing_nights_are_told(city, planned):
    first = NOW.date() + timedelta(days=10)
    need = due_need(city=city, first_day=first, last_day=first + timedelta(days=19), min_days=5)
    due_offer(city=city, windows=[(first, first + timedelta(days=7))])
    gap = PlanGap.objects.get(plan=planned())
    assert (gap.need, gap.reason["code"], gap.days) == (need, "part", 12)
    told = plan_words.left_out(need, gap.reason, missing=gap.missing, days=gap.days)
    assert told == "Servi en partie\u202f: il manque encore 12 nuits sur 20."


def test_only_a_coordinator_proposes(scene, planned, accept):
    plan = planned()
    stranger = CityRoleFactory(city=CityFactory()).user
    assert words(accept(plan, by=stranger)) == ["role"]
    assert Match.objects.get().state == MatchState.SUGGESTED


def test_lines_of_another_plan_are_not_accepted(scene, planned, coordinator):
    plan, other = planned(), planned(kind=Kind.HOUSING)
    outcome = plans.accept(
        plan_id=plan.pk, line_ids=[line.pk for line in other.lines.all()], by=coordinator, now=LATER
    )
    assert (outcome.asked, outcome.refused) == ((), ())


def test_twice_proposes_nothing_twice(scene, planned, accept):
    plan = planned()
    accept(plan)
    again = accept(plan)
    assert (again.asked, again.already, again.refused) == ((), 1, ())
    assert Message.objects.filter(event="match_question").count() == 1


def test_two_coordinators_accept_the_same_plan_at_once(transactional_db, city, coordinator, planned, at_once):
    for number in range(4):
        due_offer(city=city, kind=Kind.GOODS, capacity=10)
        duvets(city, created_at=NOW - timedelta(hours=number))
    drain()
    plan = planned()
    lines = list(plan.lines.values_list("pk", flat=True))
    colleague = CityRoleFactory(city=city).user
    calls = [
        partial(plans.accept, plan_id=plan.pk, line_ids=lines, by=by, now=LATER)
        for by in (coordinator, colleague, coordinator)
    ]
    answers = at_once(*calls)
    assert all(isinstance(answer, plans.Outcome) for answer in answers), answers
    assert sum(len(answer.asked) for answer in answers) == len(lines)
    assert sum(answer.already for answer in answers) == 2 * len(lines)
    assert Match.objects.filter(state="proposed").count() == len(lines)
    assert Message.objects.filter(event="match_question").count() == len(lines)
    drain(LATER)
    invariants.check(settled=True)


def test_a_plan_and_the_desk_at_once_ask_once(transactional_db, city, coordinator, scene, planned, at_once):
    plan = planned()
    line, match = plan.lines.get(), Match.objects.get()
    by = {"by": coordinator, "now": LATER}
    outcome, proposed = at_once(
        partial(plans.accept, plan_id=plan.pk, line_ids=[line.pk], **by),
        partial(services.propose, match_id=match.pk, **by),
    )
    assert Match.objects.get().state == "proposed"
    assert len(outcome.asked) + isinstance(proposed, Match) == 1, (outcome, proposed)
    assert Message.objects.filter(event="match_question").count() == 1


def test_two_plans_over_the_same_offers_never_give_too_much(
    transactional_db, city, coordinator, planned, at_once
):
    due_offer(city=city, kind=Kind.GOODS, capacity=10)
    one, other = duvets(city), duvets(city)
    made = [planned(need_ids=[need.pk]) for need in (one, other)]
    outcomes = at_once(
        *(
            partial(
                plans.accept,
                plan_id=plan.pk,
                line_ids=list(plan.lines.values_list("pk", flat=True)),
                by=coordinator,
                now=LATER,
            )
            for plan in made
        )
    )
    assert sorted(len(outcome.asked) for outcome in outcomes) == [0, 1]
    assert [word for outcome in outcomes for word in words(outcome)] == ["taken"]


# --- Forgotten -----------------------------------------------------------------------------------------


def test_plans_are_forgotten_after_a_month(scene, planned, accept):
    plan = planned()
    accept(plan)
    PlanGap.objects.create(plan=plan, need=scene[1], missing=1, people=1, reason={"code": "part"})
    assert plans.forget_old(by=None, now=NOW + timedelta(days=30)) == 0
    assert plans.forget_old(by=None, now=NOW + timedelta(days=31)) == 1
    assert not Plan.objects.exists()
    assert not PlanLine.objects.exists()
    assert Match.objects.get().state == "proposed"


def test_the_last_plans_of_a_town(city, coordinator, scene, planned, accept):
    plan = planned()
    accept(plan)
    planned(kind=Kind.HOUSING)
    assert [(p.line_count, p.accepted_count) for p in plans.of_city(city, coordinator)] == [(0, 0), (1, 1)]
    assert not plans.of_city(CityFactory(), coordinator).exists()
    assert not plans.of_city(city, CityRoleFactory(city=CityFactory()).user).exists()


def test_plans_and_rescans_are_for_the_coordinators_of_their_town(city, coordinator, scene, planned):
    plan = planned()
    rescans.ask(cities=[city], by=coordinator, now=NOW)
    others = [
        CityRoleFactory(city=CityFactory()).user,
        CityRoleFactory(city=city, role=Role.OPERATOR).user,
        MembershipFactory(organisation=scene[1].organisation).user,
        scene[0].owner,
        AnonymousUser(),
    ]
    assert list(Plan.objects.visible_to(coordinator)) == [plan]
    assert len(rescans.of_city(city, coordinator)) == 1
    for other in others:
        assert not Plan.objects.visible_to(other).exists()
        assert rescans.of_city(city, other) == []


def test_a_question_on_a_condition_does_not_make_a_plan_stale(city, coordinator, planned):
    due_offer(city=city, latitude=city.seat.latitude + 15 / 111.2)
    need = due_need(city=city, forms=[Category.SHARED_ROOM])
    MembershipFactory(organisation=need.organisation)
    drain()
    plan = planned()
    offer_id = need.scan.near_misses[0]["offer"]
    conditions.ask(need_id=need.pk, offer_id=offer_id, rule="distance", by=coordinator, now=LATER)
    assert not plans.is_stale(plan, now=LATER)
