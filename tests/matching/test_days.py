"""What is left of a need that was given some of its days: it is looked for, proposed and planned, and no more."""

from datetime import timedelta

import pytest

from catalogue.vocabulary import Kind
from matching import plans, services, why_not
from matching.lifecycle import Reason
from matching.models import Hold, Match, MatchState
from matching.plans import BUDGETS, accept, work_on_one
from matching.reasons import engine_records
from needs.models import Need
from tests.desk.queue import to_decide
from tests.factories.matching import NOW, drain, due_need, due_offer

FIRST = NOW.date() + timedelta(days=10)


def day(number):
    """Of the need: 1 is its first."""
    return FIRST + timedelta(days=number - 1)


@pytest.fixture
def family(city):
    """A need of 41 nights, five in a row of use; a home for its first ten, one for all."""
    need = due_need(city=city, first_day=day(1), last_day=day(41), min_days=5)
    short = due_offer(city=city, windows=[(day(1), day(10))])
    long = due_offer(city=city)
    drain()
    return need, short, long


def suggested(need, now=NOW):
    drain(now)
    found = Match.objects.filter(need=need, state=MatchState.SUGGESTED).order_by("offer_id")
    return [(match.offer_id, match.first_day, match.last_day) for match in found]


def ask(need, offer, by, now=NOW):
    match = Match.objects.get(need=need, offer=offer, state=MatchState.SUGGESTED)
    return services.propose(match_id=match.pk, by=by, now=now)


def confirm(match, by, now=NOW):
    services.accept(match_id=match.pk, by=match.offer.owner, now=now)
    return services.confirm(match_id=match.pk, by=by, now=now)


def test_the_nights_that_nobody_gives_are_looked_for(family, coordinator):
    need, short, long = family
    assert suggested(need) == [(short.pk, day(1), day(10)), (long.pk, day(1), day(41))]
    confirm(ask(need, short, coordinator), coordinator)
    assert suggested(need) == [(long.pk, day(11), day(41))]
    need.refresh_from_db()
    assert (need.state, need.given_days, need.given_quantity) == ("partly_met", 10, 3)
    assert need in to_decide(coordinator, need.city, day(1))
    confirm(ask(need, long, coordinator), coordinator)
    need.refresh_from_db()
    assert (need.state, need.given_days) == ("met", 41)
    assert suggested(need) == []
    assert need not in to_decide(coordinator, need.city, day(1))


def test_a_stay_in_the_middle_leaves_both_ends(city, coordinator):
    need = due_need(city=city, first_day=day(1), last_day=day(41), min_days=5)
    middle = due_offer(city=city, windows=[(day(10), day(20))])
    ends = [due_offer(city=city, windows=[(day(1), day(9))]), due_offer(city=city, windows=[(day(21), None)])]
    drain()
    ask(need, middle, coordinator)
    assert suggested(need) == [(ends[0].pk, day(1), day(9)), (ends[1].pk, day(21), day(41))]


def test_what_is_freed_is_looked_for_again(family, coordinator):
    need, short, long = family
    match = confirm(ask(need, short, coordinator), coordinator)
    services.cancel(match_id=match.pk, by=coordinator, now=NOW, reason=Reason.OTHER)
    assert (long.pk, day(1), day(41)) in suggested(need)
    need.refresh_from_db()
    assert (need.state, need.given_days) == ("open", 0)


def test_a_host_who_leaves_early_leaves_the_rest(family, coordinator):
    need, short, long = family
    match = confirm(ask(need, short, coordinator), coordinator)
    begun = NOW + timedelta(days=10)
    services.start(match_id=match.pk, by=None, now=begun)
    services.break_off(match_id=match.pk, by=coordinator, now=begun + timedelta(days=3), reason=Reason.OTHER)
    assert suggested(need, begun + timedelta(days=3)) == [(long.pk, day(4), day(41))]
    need.refresh_from_db()
    assert (need.state, need.given_days) == ("partly_met", 3)


def test_days_that_passed_without_a_home_are_not_waited_for(family, coordinator):
    """The first ten nights pass; somebody gives the others: nothing is missing any more, come the morning."""
    need, _short, _long = family
    late = due_offer(city=need.city, windows=[(day(11), None)])
    drain()
    confirm(ask(need, late, coordinator), coordinator)
    need.refresh_from_db()
    assert need.state == "partly_met"
    now = NOW + timedelta(days=21)
    Need.objects.filter(pk=need.pk).update(scan_due_at=now)  # as `mark_begun` does each morning
    drain(now)
    need.refresh_from_db()
    assert (need.state, need.given_days) == ("met", 31)


def test_hours_of_two_helpers_make_a_week(city, coordinator):
    need = due_need(
        city=city, kind=Kind.SKILL, quantity=3, part_useful=True, first_day=day(1), last_day=day(40)
    )
    first = due_offer(city=city, kind=Kind.SKILL, capacity=2, windows=[(day(1), day(20))])
    drain()
    confirm(ask(need, first, coordinator), coordinator)
    second = due_offer(city=city, kind=Kind.SKILL, capacity=1)
    drain()
    match = Match.objects.get(need=need, offer=second)
    assert (match.first_day, match.last_day, match.quantity) == (day(1), day(40), 1)
    need.refresh_from_db()
    assert (need.state, need.given_days, need.given_quantity) == ("partly_met", 20, 2)


def test_why_not_says_promised_only_when_no_day_is_left(family, coordinator):
    need, short, long = family
    ask(need, short, coordinator)
    drain()
    assert why_not.judging.why_not(Need.objects.get(pk=need.pk), long, now=NOW).unmet == ()
    ask(need, long, coordinator)
    drain()
    third = due_offer(city=need.city)
    unmet = why_not.judging.why_not(Need.objects.get(pk=need.pk), third, now=NOW).unmet
    assert [one.params["cause"] for one in unmet] == ["promised"]


def test_a_plan_gives_what_is_left_and_its_lines_are_held_by_day(family, coordinator):
    need, short, long = family
    confirm(ask(need, short, coordinator), coordinator)
    drain()
    plan = plans.ask(
        city_id=need.city_id,
        kind="",
        urgency="",
        need_ids=[],
        budget_seconds=BUDGETS[0],
        by=coordinator,
        now=NOW,
    )
    assert work_on_one(now=NOW)
    (line,) = plan.lines.all()
    assert (line.offer_id, line.first_day, line.last_day) == (long.pk, day(11), day(41))
    outcome = accept(plan_id=plan.pk, line_ids=[line.pk], by=coordinator, now=NOW)
    assert len(outcome.asked) == 1
    assert list(
        Hold.objects.filter(need=need).order_by("first_day").values_list("first_day", "last_day")
    ) == [
        (day(1), day(10)),
        (day(11), day(41)),
    ]


def test_records_know_what_is_given(family, coordinator):
    need, short, _long = family
    ask(need, short, coordinator)
    record = engine_records.need_records([need])[need.pk]
    assert [(one.first_day, one.last_day, one.quantity) for one in record.given] == [(day(1), day(10), 3)]
    assert record.quantity == 3
