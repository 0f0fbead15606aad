"""May this condition give? Each rule with its counter-example, who may ask and answer, once, and at the same time."""

from datetime import date, time, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts.models import Organisation, Role
from catalogue.vocabulary import Kind, Urgency
from cities.days import local_day
from cities.models import City
from matching import conditions, selectors, services
from matching.conditions import CannotAnswer, CannotAsk
from matching.models import ConditionQuestion, Match, MatchState, Scan
from needs import services as needs
from needs.models import Need
from notifications.models import Message, MessageState
from offers import services as offers
from offers.models import Offer
from tests.factories.accounts import CityRoleFactory, MembershipFactory, OrganisationFactory, UserFactory
from tests.factories.matching import NOW, drain, due_need, due_offer

LATER = NOW + timedelta(minutes=5)
NORTH_KM = 1 / 111.2  # degrees of latitude
FIRST = date(2026, 3, 19)  # the first day of due_need()
HOME, GOODS, SKILL = Kind.HOUSING, Kind.GOODS, Kind.SKILL


@pytest.fixture
def organisation(city):
    return OrganisationFactory(city=city, name="Toits ouverts", verified=True)


@pytest.fixture
def member(organisation):
    return MembershipFactory(organisation=organisation, user__name="Nadia").user


@pytest.fixture
def pair(city, organisation, member):
    """`pair(kind, need={…}, offer={…})`: a need of the association's and an offer, as the engine found them."""

    def make(kind=HOME, *, need=None, offer=None, km=0.0):
        place = {"latitude": city.seat.latitude + km * NORTH_KM} if km else {}
        the_offer = due_offer(city=city, kind=kind, **{**place, **(offer or {})})
        the_need = due_need(city=city, kind=kind, **{"organisation": organisation, **(need or {})})
        drain()
        return the_need, the_offer

    return make


def look_again(need):
    """An offer that is only nearly possible makes no need due."""
    needs.mark_due(need_ids=[need.pk], now=NOW)
    drain()


def misses(need):
    return [(miss["rule"], miss["offer"]) for miss in Scan.objects.get(need=need).near_misses]


def ask(need, offer, rule, by, now=NOW):
    return conditions.ask(need_id=need.pk, offer_id=offer.pk, rule=rule, by=by, now=now)


def answer(question, by, *, gives=True, now=LATER):
    return conditions.answer(question_id=question.pk, gives=gives, by=by, now=now)


def refusal(need, offer, rule, by, now=NOW):
    with pytest.raises(CannotAsk) as failure:
        ask(need, offer, rule, by, now)
    assert not Message.objects.filter(event="condition_asked", created_at=now).exists() or now == NOW
    return failure.value.why


def windows(first, days):
    return {"windows": [(first, first + timedelta(days=days - 1))]}


# --- Each rule -----------------------------------------------------------------------------------------

# kind, need, offer, km away, rule, what changes
GIVING = {
    "distance": (HOME, {}, {}, 23.6, "distance", {"reach_km": 24}),
    "distance to the kilometre": (GOODS, {"reach_km": 10.5}, {}, 11.2, "distance", {"reach_km": 12}),
    "two weeks": (HOME, {}, windows(FIRST, 11), 0, "dates", {"min_days": 11}),
    "the days that are useful": (HOME, {"min_days": 20}, windows(FIRST, 18), 0, "dates", {"min_days": 18}),
    "hours on few days": (SKILL, {"min_days": 9}, windows(FIRST, 1), 0, "dates", {"min_days": 1}),
    "part of the goods": (GOODS, {"part_useful": False}, {"capacity": 6}, 0, "capacity", {"part_useful": True}),
    "part of the hours": (SKILL, {"quantity": 4}, {}, 0, "capacity", {"part_useful": True}),
    "to be told in time": (HOME, {"min_days": 30}, {"notice_days": 12}, 0, "notice", {"min_days": 28}),
    "a short stay": (HOME, {}, {"longest_stay_days": 7}, 0, "stay", {"min_days": 7}),
    "a rent": (
        HOME, {}, {"category": "whole_dwelling", "rent": 350}, 0, "rent",
        {"rent_up_to": 350, "rent_payer": "association"},
    ),
    "smoke": (HOME, {"smoke_free_needed": True}, {"smoking": True}, 0, "smoke_free", {"smoke_free_needed": False}),
    "steps": (HOME, {"step_free_needed": True}, {}, 0, "step_free", {"step_free_needed": False}),
    "the dog": (HOME, {"pets": True}, {}, 0, "pets", {"pets": False}),
    "somebody else's home": (HOME, {"shared_home_ok": False}, {}, 0, "shared_home", {"shared_home_ok": True}),
    "one of two languages": (
        SKILL, {"languages_from": ["ti", "am"]}, {}, 0, "languages",
        {"languages_from": ["ti"], "languages_to": ["fr"]},
    ),
    "the hours of the week": (
        SKILL, {"slots": ["mon 09:00-12:00"]}, {"slots": ["tue 18:00-20:00"]}, 0, "slots", {"slots": []},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", GIVING, ids=str)
def test_a_condition_that_gives_makes_the_pair_possible(case, pair, coordinator, member):
    kind, need_fields, offer_fields, km, rule, change = GIVING[case]
    need, offer = pair(kind, need=need_fields, offer=offer_fields, km=km)
    assert misses(need) == [(rule, offer.pk)]

    question = ask(need, offer, rule, coordinator)
    assert question.change == change
    need.refresh_from_db()
    assert need.revision == question.need_revision, "asking changes nothing"

    assert answer(question, member).answer == "gives"
    need.refresh_from_db()
    assert {name: getattr(need, name) for name in change} == change
    assert need.revision == question.need_revision + 1
    drain(LATER)
    assert Match.objects.get(need=need, offer=offer).state == MatchState.SUGGESTED


# What the need cannot give, or what would not suffice.
NOT_GIVING = {
    "whom a host receives": (HOME, {}, {"accepts": ["men"]}, 0, "household"),
    "beds": (HOME, {}, {"capacity": 2}, 0, "capacity"),
    "no day in common": (HOME, {}, windows(FIRST - timedelta(days=40), 20), 0, "dates"),
    "the only language": (SKILL, {"languages_from": ["am"]}, {}, 0, "languages"),
}  # fmt: skip


@pytest.mark.parametrize("case", NOT_GIVING, ids=str)
def test_what_the_need_cannot_give_is_not_asked(case, pair, coordinator):
    kind, need_fields, offer_fields, km, rule = NOT_GIVING[case]
    need, offer = pair(kind, need=need_fields, offer=offer_fields, km=km)
    assert misses(need) == [(rule, offer.pk)]
    assert refusal(need, offer, rule, coordinator) == "cannot"
    (line,) = lines(need)
    assert (line.asks, line.change) == (False, "")


def test_a_part_that_is_all_held_would_not_do(pair, coordinator, city, organisation):
    """The rule judges dates as if the capacity were enough; asking for a part of it makes days count."""
    need, offer = pair(GOODS, need={"part_useful": False}, offer={"capacity": 6})
    other = due_need(city=city, kind=GOODS, organisation=organisation, quantity=6)
    drain()
    services.propose(match_id=Match.objects.get(need=other).pk, by=coordinator, now=NOW)
    drain()
    assert misses(need) == [("capacity", offer.pk)]
    assert refusal(need, offer, "capacity", coordinator) == "cannot"


def test_the_question_says_what_the_pair_would_be(pair, coordinator):
    need, offer = pair(offer=windows(FIRST, 11), km=2)
    params = ask(need, offer, "dates", coordinator).params
    assert (params["first_day"], params["last_day"]) == ("2026-03-19", "2026-03-29")
    assert (params["run_days"], params["least_days"], params["quantity"]) == (11, 14, 3)
    assert params["distance_km"] == pytest.approx(2, abs=0.01)


# --- Only while it is so -------------------------------------------------------------------------------


def test_only_the_rule_that_is_broken_is_asked_about(pair, coordinator):
    need, offer = pair(km=15)
    for rule in ("pets", "dates", "household", "category", "nothing"):
        assert refusal(need, offer, rule, coordinator) == "changed"
    assert not ConditionQuestion.objects.exists()


@pytest.mark.parametrize(
    "change",
    [
        lambda need, offer: {"pets": True},  # a second rule
        lambda need, offer: {"reach_km": 30},  # none
    ],
)
def test_a_pair_that_is_no_near_miss_any_more_is_not_asked_about(pair, coordinator, change):
    need, offer = pair(km=15)
    needs.change(
        need_id=need.pk,
        fields=change(need, offer),
        by=coordinator,
        now=LATER,
        today=local_day(NOW, need.city),
    )
    assert refusal(need, offer, "distance", coordinator, LATER) == "changed"


def test_closed_sides_are_not_asked_about(pair, coordinator, organisation):
    need, offer = pair(km=15)
    offers.pause(offer_id=offer.pk, by=offer.owner, now=NOW)
    assert refusal(need, offer, "distance", coordinator) == "closed"
    offers.resume(offer_id=offer.pk, by=offer.owner, now=NOW)
    Organisation.objects.filter(pk=organisation.pk).update(state=Organisation.State.SUSPENDED)
    assert refusal(need, offer, "distance", coordinator) == "closed"
    Organisation.objects.filter(pk=organisation.pk).update(state=Organisation.State.VERIFIED)
    needs.withdraw(need_id=need.pk, by=coordinator, now=NOW)
    assert refusal(need, offer, "distance", coordinator) == "closed"


def test_an_association_without_members_cannot_be_asked(pair, coordinator, member):
    need, offer = pair(km=15)
    member.is_active = False
    member.save(update_fields=["is_active"])
    assert refusal(need, offer, "distance", coordinator) == "nobody"


def test_a_need_that_is_all_promised_is_not_asked_about(pair, coordinator, city):
    need, far = pair(km=15)
    near = due_offer(city=city)
    drain()
    services.propose(match_id=Match.objects.get(need=need, offer=near).pk, by=coordinator, now=NOW)
    assert refusal(need, far, "distance", coordinator) == "changed"


# --- Once ----------------------------------------------------------------------------------------------


def test_one_message_each_in_their_language_and_no_second_question(pair, coordinator, organisation, member):
    colleague = MembershipFactory(organisation=organisation, user__language="en").user
    MembershipFactory(organisation=organisation, is_told=False)
    need, offer = pair(km=23.6)
    question = ask(need, offer, "distance", coordinator)
    told = Message.objects.filter(event="condition_asked")
    assert {message.recipient for message in told} == {member, colleague}
    assert {message.subject_key for message in told} == {f"condition:{question.pk}"}
    in_french = told.get(recipient=member)
    assert "est à 23,6 km" in in_french.body
    assert "vous aviez dit 10 km" in in_french.body
    assert "Est-ce que 24 km peuvent aller" in in_french.body
    for secret in (offer.title, offer.address, offer.owner.name, offer.owner.email, offer.reference):
        assert secret not in in_french.title + in_french.body
    assert refusal(need, offer, "distance", coordinator) == "asked"
    assert told.count() == 2


def test_the_database_holds_one_open_question_for_a_pair_and_a_rule(pair, coordinator):
    need, offer = pair(km=15)
    question = ask(need, offer, "distance", coordinator)
    question.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        question.save(force_insert=True)


def test_one_condition_is_asked_about_at_a_time(pair, coordinator, city):
    need, near = pair(km=12)
    far = due_offer(city=city, latitude=city.seat.latitude + 20 * NORTH_KM)
    look_again(need)
    ask(need, near, "distance", coordinator)
    assert refusal(need, far, "distance", coordinator) == "asked"
    first, second = lines(need)
    assert (first.asks, second.asks) == (False, False)
    assert first.question == second.question


def test_a_no_stays_until_the_need_changes(pair, coordinator, member, city):
    need, offer = pair(km=15)
    question = ask(need, offer, "distance", coordinator)
    assert answer(question, member, gives=False).answer == "stays"
    need.refresh_from_db()
    assert (need.reach_km, need.revision) == (10, question.need_revision)
    other = due_offer(city=city, latitude=city.seat.latitude + 20 * NORTH_KM)
    drain(LATER)
    assert refusal(need, offer, "distance", coordinator, LATER) == "stays"
    assert refusal(need, other, "distance", coordinator, LATER) == "stays"
    today = local_day(NOW, city)
    needs.change(need_id=need.pk, fields={"reach_km": 11}, by=member, now=LATER, today=today)
    ask(need, offer, "distance", coordinator, LATER + timedelta(minutes=1))


# Of two offers what each would ask for, the larger first: a no to it says nothing of the smaller.
LARGE_AND_SMALL = {
    "distance": (HOME, {}, ({}, 17), ({}, 12)),
    "dates": (HOME, {}, (windows(FIRST, 5), 0), (windows(FIRST, 10), 0)),
    "capacity": (GOODS, {"part_useful": False}, ({"capacity": 2}, 0), ({"capacity": 9}, 0)),
    "languages": (
        SKILL, {"languages_from": ["ti", "am", "om"]},
        ({"languages_from": ["ti"]}, 0), ({"languages_from": ["ti", "am"]}, 0),
    ),
    "slots": (
        SKILL, {"slots": ["mon 09:00-12:00"]},
        ({"slots": ["tue 18:00-20:00", "sat 08:00-10:00"]}, 0), ({"slots": ["wed 18:00-20:00"]}, 0),
    ),
}  # fmt: skip


@pytest.mark.parametrize("rule", LARGE_AND_SMALL)
def test_a_no_to_more_is_no_answer_to_less(pair, coordinator, member, city, rule):
    kind, need_fields, (large_fields, large_km), (small_fields, small_km) = LARGE_AND_SMALL[rule]
    need, large = pair(kind, need=need_fields, offer=large_fields, km=large_km)
    place = {"latitude": city.seat.latitude + small_km * NORTH_KM}
    small = due_offer(city=city, kind=kind, **small_fields, **place)
    look_again(need)
    assert sorted(misses(need)) == [(rule, large.pk), (rule, small.pk)]

    answer(ask(need, large, rule, coordinator), member, gives=False)
    assert {line.miss.offer: line.asks for line in lines(need)} == {large: False, small: True}
    assert refusal(need, large, rule, coordinator, LATER) == "stays"
    answer(ask(need, small, rule, coordinator, LATER), member, gives=False)
    assert {line.miss.offer: line.asks for line in lines(need)} == {large: False, small: False}
    assert refusal(need, small, rule, coordinator, LATER + timedelta(minutes=1)) == "stays"


def test_a_no_to_less_is_a_no_to_more(pair, coordinator, member, city):
    need, near = pair(km=12)
    far = due_offer(city=city, latitude=city.seat.latitude + 17 * NORTH_KM)
    look_again(need)
    question = ask(need, near, "distance", coordinator)
    answer(question, member, gives=False)
    assert [(line.asks, line.question.pk) for line in lines(need)] == [(False, question.pk)] * 2
    assert refusal(need, far, "distance", coordinator, LATER) == "stays"


def test_an_offer_that_came_nearer_may_be_asked_about_anew(pair, coordinator, member):
    need, offer = pair(km=17)
    answer(ask(need, offer, "distance", coordinator), member, gives=False)
    Offer.objects.filter(pk=offer.pk).update(latitude=need.latitude + 12 * NORTH_KM)
    look_again(need)
    assert [line.asks for line in lines(need)] == [True]
    assert ask(need, offer, "distance", coordinator, LATER).change == {"reach_km": 12}


def test_a_need_that_changed_may_be_asked_about_anew(pair, coordinator, member):
    """The question on the need as it was is moot, and stands in nobody's way."""
    need, offer = pair(km=15)
    question = ask(need, offer, "distance", coordinator)
    today = local_day(NOW, need.city)
    needs.change(need_id=need.pk, fields={"reach_km": 12}, by=member, now=LATER, today=today)
    ask(need, offer, "distance", coordinator, LATER)
    question.refresh_from_db()
    assert (question.answer, question.answered_by) == ("moot", None)


@pytest.mark.parametrize("gone", ["withdraw", "pause"])
def test_a_question_on_an_offer_that_is_gone_stands_in_no_other_s_way(pair, coordinator, city, gone):
    need, near = pair(km=12)
    far = due_offer(city=city, latitude=city.seat.latitude + 20 * NORTH_KM)
    look_again(need)
    question = ask(need, near, "distance", coordinator)
    getattr(offers, gone)(offer_id=near.pk, by=near.owner, now=NOW)
    assert [line.asks for line in lines(need) if line.miss.offer == far] == [True]
    ask(need, far, "distance", coordinator, LATER)
    question.refresh_from_db()
    assert (question.answer, question.answered_by, question.answered_at) == ("moot", None, LATER)
    assert [line.question is not None for line in lines(need) if line.miss.offer == far] == [True]


# --- Answers -------------------------------------------------------------------------------------------


def test_the_desk_hears_of_the_answer_once(pair, coordinator, member, city):
    colleague = CityRoleFactory(city=city).user
    CityRoleFactory(city=city, role=Role.OPERATOR)
    CityRoleFactory()
    need, offer = pair(km=15)
    question = ask(need, offer, "distance", coordinator)
    for _ in range(2):
        answer(question, member)
    told = Message.objects.filter(event="condition_answered")
    assert {message.recipient for message in told} == {coordinator, colleague}
    assert len(told) == 2
    assert "oui, avec 15 km" in told[0].title
    assert told[0].action_url == f"/strasbourg/bureau/{need.reference}/"


def test_whoever_notes_the_answer_is_not_told_of_it(pair, coordinator):
    need, offer = pair(km=15)
    noted = answer(ask(need, offer, "distance", coordinator), coordinator, gives=False)
    assert (noted.answer, noted.answered_by) == ("stays", coordinator)
    assert not Message.objects.filter(event="condition_answered").exists()


def test_the_second_answer_changes_nothing(pair, coordinator, member, organisation):
    colleague = MembershipFactory(organisation=organisation).user
    need, offer = pair(km=15)
    question = ask(need, offer, "distance", coordinator)
    answer(question, member, gives=False)
    second = answer(question, colleague, now=LATER + timedelta(minutes=1))
    assert (second.answer, second.answered_by, second.answered_at) == ("stays", member, LATER)
    need.refresh_from_db()
    assert need.reach_km == 10


def withdraw(need, offer):
    needs.withdraw(need_id=need.pk, by=offer.owner, now=NOW)


def widen(need, offer):
    today = local_day(NOW, need.city)
    needs.change(need_id=need.pk, fields={"reach_km": 12}, by=offer.owner, now=NOW, today=today)


def suspend(need, offer):
    Organisation.objects.filter(pk=need.organisation_id).update(state=Organisation.State.SUSPENDED)


def pause(need, offer):
    offers.pause(offer_id=offer.pk, by=offer.owner, now=NOW)


def come_near(need, offer):
    point = {"latitude": need.latitude, "longitude": need.longitude}
    offers.change(offer_id=offer.pk, fields=point, windows=None, by=offer.owner, now=NOW)


def shrink(need, offer):
    offers.change(offer_id=offer.pk, fields={"capacity": 1}, windows=None, by=offer.owner, now=NOW)


@pytest.mark.parametrize(
    ("meanwhile", "no"),
    [
        (withdraw, "moot"), (widen, "moot"), (suspend, "moot"),
        # The need's own word counts, whatever becomes of the offer.
        (pause, "stays"), (come_near, "stays"), (shrink, "stays"),
    ],
)  # fmt: skip
def test_a_question_that_was_outlived_is_moot(pair, coordinator, member, meanwhile, no):
    need, offer = pair(km=15)
    question = ask(need, offer, "distance", coordinator)
    meanwhile(need, offer)
    before = Need.objects.values().get(pk=need.pk)
    with transaction.atomic():
        assert answer(question, member, gives=False).answer == no
        transaction.set_rollback(True)
    assert answer(question, member).answer == "moot"
    assert Need.objects.values().get(pk=need.pk) == before
    assert not Message.objects.filter(event="condition_answered").exists()


def test_a_yes_makes_the_other_questions_on_the_need_moot(pair, coordinator, member, city):
    need, far = pair(need={"pets": True}, offer={"pets_accepted": True}, km=15)
    near = due_offer(city=city)
    look_again(need)
    about_distance = ask(need, far, "distance", coordinator)
    about_the_dog = ask(need, near, "pets", coordinator)
    answer(about_distance, member)
    about_the_dog.refresh_from_db()
    assert about_the_dog.answer == "moot"


def test_a_need_that_cannot_be_changed_so_leaves_the_question_open(pair, coordinator, member):
    """A commune that has become invalid, say: the answer is not lost in silence."""
    need, offer = pair(km=15)
    question = ask(need, offer, "distance", coordinator)
    Need.objects.filter(pk=need.pk).update(title="")
    with pytest.raises(ValidationError):
        answer(question, member)
    question.refresh_from_db()
    assert question.answer == ""


# --- Who -----------------------------------------------------------------------------------------------


def test_only_the_town_s_coordinators_ask(pair, city, member):
    need, offer = pair(km=15)
    others = [
        member, offer.owner, UserFactory(), CityRoleFactory().user,
        CityRoleFactory(city=city, role=Role.OPERATOR).user, CityRoleFactory(city=city, role=Role.ADMINISTRATOR).user,
    ]  # fmt: skip
    for person in others:
        assert refusal(need, offer, "distance", person) == "role"


def test_only_those_concerned_and_the_desk_answer(pair, coordinator, city):
    need, offer = pair(km=15)
    question = ask(need, offer, "distance", coordinator)
    strangers = [
        offer.owner, UserFactory(), CityRoleFactory().user, MembershipFactory(organisation__city=city).user,
        CityRoleFactory(city=city, role=Role.ADMINISTRATOR).user,
    ]  # fmt: skip
    for person in strangers:
        with pytest.raises(CannotAnswer):
            answer(question, person)
        assert not conditions.visible_to(person).exists()
        assert not conditions.waiting_for(person, city).exists()
    operator = CityRoleFactory(city=city, role=Role.OPERATOR).user
    assert answer(question, operator).answered_by == operator


def test_a_caller_without_e_mail_is_on_the_list_of_calls(pair, coordinator):
    caller = UserFactory(phone_only=True)
    need, offer = pair(need={"organisation": None, "person": caller}, km=15)
    question = ask(need, offer, "distance", coordinator)
    call = Message.objects.get(event="condition_asked")
    assert (call.recipient, call.channel) == (caller, "call")
    assert list(conditions.waiting_for(caller, need.city)) == [question]
    assert answer(question, caller).answer == "gives"


def test_what_waits_for_me_is_open_and_mine(pair, coordinator, member, city):
    need, offer = pair(km=15)
    question = ask(need, offer, "distance", coordinator)
    assert list(conditions.waiting_for(member, city)) == [question]
    assert not conditions.waiting_for(coordinator, city).exists()
    pause(need, offer)
    assert not conditions.waiting_for(member, city).exists()


# --- The desk's lines and figures ----------------------------------------------------------------------


def lines(need, now=NOW):
    need = Need.objects.select_related("city").get(pk=need.pk)
    scan = conditions.scan_of(need)
    found = selectors.near_misses(UserFactory(), need, scan)
    return conditions.lines(scan, found, today=local_day(now, need.city))


def test_the_desk_s_line_follows_the_question(pair, coordinator, member):
    need, offer = pair(km=15)
    (line,) = lines(need)
    assert (line.asks, line.change, line.question) == (True, "avec 15 km", None)
    question = ask(need, offer, "distance", coordinator)
    (line,) = lines(need)
    assert (line.asks, line.question.answer, line.question.asked_at) == (False, "", NOW)
    answer(question, member)
    (line,) = lines(need)
    assert (line.question.answer, line.question.answered_at) == ("gives", LATER)
    drain(LATER)
    assert lines(need) == []


def test_a_condition_that_stays_shows_on_every_such_line(pair, coordinator, member, city):
    need, offer = pair(km=15)
    due_offer(city=city, latitude=city.seat.latitude + 20 * NORTH_KM)
    look_again(need)
    answer(ask(need, offer, "distance", coordinator), member, gives=False)
    assert [line.question and line.question.answer for line in lines(need)] == ["stays", "stays"]


def test_a_change_is_counted_by_the_engine(pair, city):
    """Two more within 15 km, three within 20; the one that is possible already is in neither."""
    need, _offer = pair(km=14.5)
    for km in (14.9, 20, 3):
        due_offer(city=city, latitude=city.seat.latitude + km * NORTH_KM)
    look_again(need)
    found = lines(need)
    gains = conditions.gains(Need.objects.select_related("city").get(pk=need.pk), found, now=NOW)
    assert [(line.change, gains[line.key]) for line in found] == [
        ("avec 15 km", 2), ("avec 15 km", 2), ("avec 20 km", 3),
    ]  # fmt: skip


def test_what_was_set_aside_is_in_no_figure(pair, city, coordinator):
    need, _offer = pair(km=14.5)
    close = due_offer(city=city)
    drain()
    services.dismiss(
        match_id=Match.objects.get(need=need, offer=close).pk, by=coordinator, now=NOW, reason="other"
    )
    found = lines(need)
    gains = conditions.gains(Need.objects.select_related("city").get(pk=need.pk), found, now=NOW)
    assert list(gains.values()) == [1]


# --- At the same time ----------------------------------------------------------------------------------


def test_two_coordinators_ask_at_once_and_one_question_is_put(at_once, pair, coordinator, city):
    colleague = CityRoleFactory(city=city).user
    need, offer = pair(km=15)
    results = at_once(*(lambda by=by: ask(need, offer, "distance", by) for by in (coordinator, colleague)))
    assert sorted(type(result).__name__ for result in results) == ["CannotAsk", "ConditionQuestion"]
    assert ConditionQuestion.objects.count() == 1
    assert Message.objects.filter(event="condition_asked").count() == 1


def test_two_answer_at_once_and_the_first_wins(at_once, pair, coordinator, member, organisation):
    colleague = MembershipFactory(organisation=organisation).user
    need, offer = pair(km=15)
    question = ask(need, offer, "distance", coordinator)
    one, other = at_once(
        lambda: answer(question, member, gives=True),
        lambda: answer(question, colleague, gives=False, now=LATER + timedelta(seconds=1)),
    )
    assert one.answer == other.answer, "both read what happened"
    assert one.answered_by == other.answered_by
    need.refresh_from_db()
    assert need.reach_km == (15 if one.answer == "gives" else 10)
    assert Message.objects.filter(event="condition_answered").count() == 1


def test_a_yes_waits_for_a_change_under_way_and_is_then_moot(meanwhile, pair, coordinator, member):
    need, offer = pair(km=15)
    question = ask(need, offer, "distance", coordinator)
    with transaction.atomic():
        widen(need, offer)
        late = meanwhile(lambda: answer(question, member))
    assert late().answer == "moot"
    need.refresh_from_db()
    assert need.reach_km == 12


def test_about_a_need_for_tonight_it_is_asked_and_answered_at_night(pair, coordinator, member):
    City.objects.update(quiet_from=time(21), quiet_until=time(8))
    need, offer = pair(need={"step_free_needed": True, "urgency": Urgency.TONIGHT})
    night = NOW.replace(hour=21)
    answer(ask(need, offer, "step_free", coordinator, night), member, now=night)
    for event in ("condition_asked", "condition_answered"):
        message = Message.objects.get(event=event)
        assert (message.state, message.due_at) == (MessageState.QUEUED, night)
