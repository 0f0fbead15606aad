"""Never overbooked: real connections at the same moment, and writers that know nothing of our services."""

from collections import Counter
from datetime import timedelta
from functools import partial

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import Sum

from catalogue.constraints import violated
from catalogue.vocabulary import Kind
from matching import services, sweeps
from matching.capacity import Taken
from matching.lifecycle import NotPossible, Reason
from matching.models import Decision, Hold, Match, MatchState
from needs import services as needs
from needs.models import Need
from offers import services as offers
from tests.factories.matching import NOW, drain, due_need, due_offer, suggested_match
from tests.matching import invariants

ONE = {
    Kind.HOUSING: {"adult_women": 1, "children_3_to_11": 0},
    Kind.GOODS: {"quantity": 1, "title": "1 couette"},
    Kind.SKILL: {"quantity": 1},
}
INSERT = """
    INSERT INTO matching_hold (match_id, offer_id, need_id, quantity, first_day, last_day, released)
    VALUES (%s, %s, %s, %s, %s, %s, false)
"""


def insert_hold(match, **changes):
    """A hold written by somebody who asks nobody."""
    row = {
        "match": match.pk,
        "offer": match.offer_id,
        "need": match.need_id,
        "quantity": match.quantity,
        "first_day": match.first_day,
        "last_day": match.last_day,
    } | changes
    with connection.cursor() as cursor:
        cursor.execute(INSERT, list(row.values()))


def propose(match, by):
    return services.propose(match_id=match.pk, by=by, now=NOW)


def held(offer):
    return Hold.objects.filter(offer=offer).aggregate(n=Sum("quantity"))["n"] or 0


# --- Fifty at once -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", list(Kind))
def test_fifty_proposals_at_once_never_overbook(transactional_db, city, coordinator, at_once, kind):
    offer = due_offer(city=city, kind=kind, capacity=7)
    for _ in range(50):
        due_need(city=city, kind=kind, **ONE[kind])
    drain()
    matches = list(Match.objects.filter(state=MatchState.SUGGESTED))
    assert len(matches) == 50

    answers = at_once(*[partial(propose, match, coordinator) for match in matches])

    outcomes = Counter("yes" if isinstance(answer, Match) else answer.why for answer in answers)
    assert outcomes == {"yes": 7, "taken": 43}
    assert held(offer) == 7
    assert Decision.objects.count() == 7
    drain()
    # Nothing is left of the offer: the others are no longer suggested.
    assert not Match.objects.filter(state=MatchState.SUGGESTED).exists()
    invariants.check(settled=True)


def test_stays_follow_one_another_and_share_a_day(transactional_db, city, coordinator, at_once):
    """Ten stays of a week each for two persons in a home for four: two at a time, week after week."""
    offer = due_offer(city=city, capacity=4)
    first = (NOW + timedelta(days=10)).date()
    for number in range(10):
        week = first + timedelta(days=7 * (number // 2))
        due_need(
            city=city, first_day=week, last_day=week + timedelta(days=6), adult_women=2, children_3_to_11=0
        )
    # These want the middle of it and find it full.
    for _ in range(10):
        due_need(
            city=city,
            first_day=first + timedelta(days=6),
            last_day=first + timedelta(days=7),
            adult_women=2,
            children_3_to_11=0,
        )
    drain()
    stays = list(Match.objects.filter(need__last_day=first + timedelta(days=6)))
    stays += Match.objects.filter(need__first_day__gt=first + timedelta(days=6))
    between = list(Match.objects.exclude(pk__in=[match.pk for match in stays]))
    assert (len(stays), len(between)) == (10, 10)

    assert all(
        isinstance(answer, Match) for answer in at_once(*[partial(propose, m, coordinator) for m in stays])
    )
    answers = at_once(*[partial(propose, match, coordinator) for match in between])
    assert {getattr(answer, "why", "yes") for answer in answers} == {"taken"}
    assert held(offer) == 20


def test_goods_are_a_stock_whatever_the_days(db, city, coordinator):
    """Two needs months apart: a room serves both, ten duvets serve one."""
    apart = [{}, {"first_day": NOW.date() + timedelta(days=90), "last_day": NOW.date() + timedelta(days=99)}]
    for kind, outcome in ((Kind.HOUSING, "yes"), (Kind.SKILL, "yes"), (Kind.GOODS, "taken")):
        due_offer(city=city, kind=kind)
        for days in apart:
            due_need(city=city, kind=kind, **days)
        drain()
        first, second = Match.objects.filter(offer__kind=kind)
        propose(first, coordinator)
        if outcome == "yes":
            assert propose(second, coordinator).state == MatchState.PROPOSED
        else:
            with pytest.raises(Taken) as refused:
                propose(second, coordinator)
            assert refused.value.state == MatchState.SUGGESTED


def test_a_need_is_never_served_beyond_its_quantity(transactional_db, city, coordinator, at_once):
    """Ten citizens with four duvets each, one need of ten: two and a half of them are enough."""
    need = due_need(city=city, kind=Kind.GOODS)
    for _ in range(10):
        due_offer(city=city, kind=Kind.GOODS, capacity=4)
    drain()
    matches = list(Match.objects.filter(need=need))
    assert [match.quantity for match in matches] == [4] * 10

    answers = at_once(*[partial(propose, match, coordinator) for match in matches])
    assert Counter(getattr(answer, "why", "yes") for answer in answers) == {"yes": 2, "taken": 8}
    drain()
    left = Match.objects.filter(state=MatchState.SUGGESTED)
    assert {match.quantity for match in left} == {2}, "what is missing now"
    invariants.check(settled=True)


def homes_in_turn(city, *stays):
    """A need of thirty nights of which five are useful, and a suggested home for each of these parts of it."""
    first = NOW.date() + timedelta(days=10)
    need = due_need(city=city, min_days=5)
    for since, until in stays:
        days = [(first + timedelta(days=since), first + timedelta(days=until))]
        due_offer(city=city, windows=days)
    drain()
    return need, list(Match.objects.filter(need=need).order_by("offer_id"))


@pytest.mark.parametrize(
    ("stays", "outcome"),
    [
        ([(0, 9), (10, 29)], {"yes": 2}),
        ([(0, 9), (9, 29)], {"yes": 1, "taken": 1}),
        ([(0, 29), (0, 29)], {"yes": 1, "taken": 1}),
        ([(0, 29), (10, 19)], {"yes": 1, "taken": 1}),
    ],
    ids=["one after the other", "one night in common", "the same nights", "one within the other"],
)
def test_two_homes_at_once_serve_a_household_on_different_nights_only(
    transactional_db, city, coordinator, at_once, stays, outcome
):
    _need, matches = homes_in_turn(city, *stays)
    assert len(matches) == 2
    answers = at_once(*[partial(propose, match, coordinator) for match in matches])
    assert Counter(getattr(answer, "why", "yes") for answer in answers) == outcome
    invariants.check()


def test_two_homes_confirmed_at_once_one_after_the_other_are_the_whole_stay(
    transactional_db, city, coordinator, at_once
):
    need, matches = homes_in_turn(city, (0, 9), (10, 29))
    for match in matches:
        propose(match, coordinator)
        services.accept(match_id=match.pk, by=match.offer.owner, now=NOW)
    answers = at_once(
        *[partial(services.confirm, match_id=match.pk, by=coordinator, now=NOW) for match in matches]
    )
    assert all(isinstance(answer, Match) for answer in answers)
    need.refresh_from_db()
    assert (need.state, need.given_days, need.given_quantity) == ("met", 30, 3)
    invariants.check()


def test_one_suggestion_approved_twice_at_once_is_one_decision(transactional_db, city, coordinator, at_once):
    match = suggested_match(city=city)
    answers = at_once(*[partial(propose, match, coordinator)] * 8)
    done = [answer for answer in answers if isinstance(answer, Match)]
    refused = [answer for answer in answers if isinstance(answer, NotPossible)]
    assert (len(done), len(refused)) == (1, 7)
    assert {(failure.why, failure.state) for failure in refused} == {("state", MatchState.PROPOSED)}
    assert Decision.objects.filter(match=match).count() == 1


def test_yes_and_no_at_once_is_one_answer(transactional_db, city, coordinator, at_once):
    match = suggested_match(city=city)
    propose(match, coordinator)
    owner = match.offer.owner
    answers = at_once(
        partial(services.accept, match_id=match.pk, by=owner, now=NOW),
        partial(services.decline, match_id=match.pk, by=owner, now=NOW),
        partial(services.cancel, match_id=match.pk, by=coordinator, now=NOW, reason=Reason.OTHER),
        partial(sweeps.lapse_unanswered, by=None, now=NOW + timedelta(days=30)),
    )
    match.refresh_from_db()
    assert not [
        answer for answer in answers if isinstance(answer, Exception) and not isinstance(answer, NotPossible)
    ]
    # "Cancel" is possible after "accept" as well; every other order has one winner.
    assert Decision.objects.filter(match=match).count() in (2, 3)


# --- Whoever writes ------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", list(Kind))
def test_the_database_refuses_a_hold_beyond_the_capacity(db, city, coordinator, kind):
    offer = due_offer(city=city, kind=kind, capacity=3)
    for _ in range(2):
        due_need(city=city, kind=kind, **ONE[kind])
    drain()
    first, second = Match.objects.order_by("pk")
    propose(first, coordinator)
    size = {"adult_women": 3} if kind == Kind.HOUSING else {}
    Need.objects.filter(pk=second.need_id).update(quantity=3, people=3, **size)
    with pytest.raises(IntegrityError) as failure, transaction.atomic():
        insert_hold(second, quantity=3)
    assert violated(failure.value) == "hold_within_capacity"
    with transaction.atomic():
        insert_hold(second, quantity=2)
        assert held(offer) == 3
        transaction.set_rollback(True)
    assert held(offer) == 1


def test_the_database_refuses_a_hold_beyond_the_need(db, city):
    match = suggested_match(city=city, kind=Kind.GOODS, offer={"capacity": 50})
    with pytest.raises(IntegrityError) as failure, transaction.atomic():
        insert_hold(match, quantity=11)
    assert violated(failure.value) == "hold_within_quantity"


@pytest.mark.parametrize(
    ("days", "refused"),
    [((0, 9), True), ((9, 9), True), ((5, 20), True), ((10, 29), False)],
    ids=["the same nights", "its last night", "some of them", "the nights after"],
)
def test_the_database_refuses_a_second_home_on_the_same_night(db, city, coordinator, days, refused):
    need, (first, second) = homes_in_turn(city, (0, 9), (0, 29))
    propose(first, coordinator)
    since, until = (need.first_day + timedelta(days=day) for day in days)
    try:
        with transaction.atomic():
            insert_hold(second, first_day=since, last_day=until)
            transaction.set_rollback(True)
        outcome = ""
    except IntegrityError as failure:
        outcome = violated(failure)
    assert outcome == ("hold_within_quantity" if refused else "")


def test_hours_of_two_helpers_share_a_day_up_to_what_is_asked(db, city):
    need = due_need(city=city, kind=Kind.SKILL, quantity=3, part_useful=True)
    for _ in range(3):
        due_offer(city=city, kind=Kind.SKILL, capacity=2)
    drain()
    first, second, third = Match.objects.filter(need=need)
    insert_hold(first, quantity=2)
    insert_hold(second, quantity=1)
    with pytest.raises(IntegrityError) as failure, transaction.atomic():
        insert_hold(third, quantity=1, first_day=need.last_day)
    assert violated(failure.value) == "hold_within_quantity"
    Hold.objects.all().delete()


MONDAY = NOW.date() + timedelta(days=14)


@pytest.mark.parametrize(
    ("day", "refused"), [(-1, False), (0, True), (4, True), (6, True), (7, False)], ids=str
)
@pytest.mark.parametrize("rhythm", ["once", "weekly"])
def test_what_is_needed_once_takes_its_hours_of_the_whole_week(db, city, rhythm, day, refused):
    """Of two hours a week, an appointment on Wednesday leaves none for another one, nor for lessons, in that week."""
    offer = due_offer(city=city, kind=Kind.SKILL, capacity=2)
    wednesday, other = MONDAY + timedelta(days=2), MONDAY + timedelta(days=day)
    for the_day, how_often in ((wednesday, "once"), (other, rhythm)):
        due_need(city=city, kind=Kind.SKILL, rhythm=how_often, first_day=the_day, last_day=the_day)
    drain()
    first, second = Match.objects.filter(offer=offer).order_by("need")
    insert_hold(first)
    try:
        with transaction.atomic():
            insert_hold(second)
        outcome = ""
    except IntegrityError as failure:
        outcome = violated(failure)
    assert outcome == ("hold_within_capacity" if refused else "")
    Hold.objects.all().delete()


def test_what_is_needed_once_is_given_in_all(db, city):
    """Two helpers on different days: three hours of two would be an hour too much."""
    first_day = MONDAY
    need = due_need(
        city=city,
        kind=Kind.SKILL,
        rhythm="once",
        part_useful=True,
        first_day=first_day,
        last_day=first_day + timedelta(days=30),
    )
    for _ in range(2):
        due_offer(city=city, kind=Kind.SKILL, capacity=2)
    drain()
    first, second = Match.objects.filter(need=need)
    insert_hold(first, quantity=1, last_day=first.first_day)
    late = {"first_day": need.last_day, "last_day": need.last_day}
    with pytest.raises(IntegrityError) as failure, transaction.atomic():
        insert_hold(second, quantity=2, **late)
    assert violated(failure.value) == "hold_within_quantity"
    insert_hold(second, quantity=1, **late)
    Hold.objects.all().delete()


def test_a_rhythm_does_not_change_under_what_is_promised(db, city, coordinator):
    match = suggested_match(city=city, kind=Kind.SKILL)
    change = partial(needs.change, need_id=match.need_id, by=coordinator, now=NOW, today=NOW.date())
    assert change(fields={"rhythm": "once"}).rhythm == "once"
    assert change(fields={"rhythm": "weekly"}).rhythm == "weekly"
    drain()
    propose(Match.objects.get(need=match.need_id, state=MatchState.SUGGESTED), coordinator)
    with pytest.raises(ValidationError) as refusal:
        change(fields={"rhythm": "once"})
    assert "promise" in refusal.value.message_dict["rhythm"][0]


def test_the_database_refuses_a_hold_that_grows(db, city, coordinator):
    match = suggested_match(city=city, kind=Kind.SKILL, need={"quantity": 2}, offer={"capacity": 2})
    propose(match, coordinator)
    with pytest.raises(IntegrityError) as failure, transaction.atomic():
        Hold.objects.filter(match=match).update(quantity=3)
    assert violated(failure.value) == "hold_within_capacity"


def test_fifty_writers_that_ask_nobody_do_not_overbook(transactional_db, city, at_once):
    offer = due_offer(city=city, capacity=7)
    for _ in range(50):
        due_need(city=city, **ONE[Kind.HOUSING])
    drain()
    answers = at_once(*[partial(insert_hold, match) for match in Match.objects.all()])
    refused = [answer for answer in answers if answer is not None]
    assert {violated(error) for error in refused} == {"hold_within_capacity"}
    assert held(offer) == 7
    Hold.objects.all().delete()


# --- Capacity that changes -----------------------------------------------------------------------------


def test_capacity_does_not_sink_below_what_is_promised(db, city, coordinator):
    match = suggested_match(city=city, offer={"capacity": 5})
    propose(match, coordinator)
    change = partial(offers.change, offer_id=match.offer_id, windows=None, by=match.offer.owner, now=NOW)
    with pytest.raises(ValidationError) as refusal:
        change(fields={"capacity": 2})
    assert "promise" in refusal.value.message_dict["capacity"][0]
    assert change(fields={"capacity": 3}).capacity == 3


def test_quantity_does_not_sink_below_what_is_promised(db, city, coordinator):
    match = suggested_match(city=city, kind=Kind.GOODS, offer={"capacity": 4})
    propose(match, coordinator)
    change = partial(needs.change, need_id=match.need_id, by=coordinator, now=NOW, today=NOW.date())
    with pytest.raises(ValidationError) as refusal:
        change(fields={"quantity": 3})
    assert "promise" in refusal.value.message_dict["quantity"][0]
    assert change(fields={"quantity": 4}).quantity == 4


def test_a_household_may_be_smaller_after_a_stay_that_is_over(db, city, coordinator):
    """What it was given then was for as many as they were; the next home is for as many as they are."""
    need, (first, second) = homes_in_turn(city, (0, 9), (10, 29))
    for match in (first, second):
        propose(match, coordinator)
    services.accept(match_id=first.pk, by=first.offer.owner, now=NOW)
    services.confirm(match_id=first.pk, by=coordinator, now=NOW)
    begun = NOW + timedelta(days=10)
    services.start(match_id=first.pk, by=None, now=begun)
    smaller = partial(
        needs.change,
        need_id=need.pk,
        fields={"children_3_to_11": 1},
        by=coordinator,
        now=begun,
        today=begun.date(),
    )
    services.cancel(match_id=second.pk, by=coordinator, now=begun, reason=Reason.OTHER)
    with pytest.raises(ValidationError):
        smaller()
    services.complete(match_id=first.pk, by=None, now=begun + timedelta(days=10))
    assert smaller().quantity == 2
    with transaction.atomic():
        insert_hold(second, quantity=2)
        transaction.set_rollback(True)


def test_lowering_and_proposing_at_once_leave_no_overbooking(transactional_db, city, coordinator, at_once):
    """Whoever comes second is told; both never succeed."""
    seen = set()
    for _ in range(6):
        match = suggested_match(city=city, offer={"capacity": 3})
        lower = partial(
            offers.change,
            offer_id=match.offer_id,
            fields={"capacity": 1},
            windows=None,
            by=match.offer.owner,
            now=NOW,
        )
        proposal, lowering = at_once(partial(propose, match, coordinator), lower)
        assert isinstance(proposal, NotPossible) != isinstance(lowering, ValidationError), (
            proposal,
            lowering,
        )
        seen.add(isinstance(lowering, ValidationError))
    invariants.check()


@pytest.mark.parametrize("first", ["proposal", "lowering"])
def test_whoever_comes_first_wins(transactional_db, city, coordinator, meanwhile, first):
    """The same race with its order made certain: the second waits for the first to commit."""
    match = suggested_match(city=city, offer={"capacity": 3})
    lower = partial(
        offers.change,
        offer_id=match.offer_id,
        fields={"capacity": 1},
        windows=None,
        by=match.offer.owner,
        now=NOW,
    )
    proposal = partial(propose, match, coordinator)
    calls = {"proposal": proposal, "lowering": lower}
    with transaction.atomic():
        calls.pop(first)()
        (second,) = calls.values()
        answer = meanwhile(second)
    assert isinstance(answer(), NotPossible if first == "lowering" else ValidationError)
