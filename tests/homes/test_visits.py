"""The life of a visit: planned, moved, called off, noted, concluded, refused, undone; and who may do it."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from homes import selectors, services
from homes.models import Visit, VisitChange, VisitState
from homes.services.visits import months_later
from notifications.models import Message
from offers import services as offers
from offers.models import OfferEdit, OfferState
from tests.factories.accounts import CityRoleFactory, UserFactory
from tests.factories.offers import OfferFactory
from tests.homes.conftest import NOW, THURSDAY


def told(event, person=None):
    found = Message.objects.filter(event=event)
    return list(found.filter(recipient=person) if person else found)


def test_the_host_and_whoever_comes_are_told_when(desk):
    visit = desk.plan(visitor=desk.colleague)
    (message,) = told("visit_planned", desk.host)
    assert "jeudi 12 mars à 14\u00a0h" in message.title
    assert "Paul S." in message.body
    assert f"/{desk.city.slug}/visite/" in message.action_url
    (message,) = told("visit_planned", desk.colleague)
    assert desk.home.reference in message.body
    assert told("visit_planned", desk.coordinator) == [], "who plans it knows"
    change = VisitChange.objects.get(visit=visit)
    assert (change.by, change.at) == (desk.coordinator, NOW)
    assert change.what["visitor"] == [None, desk.colleague.pk]


@pytest.mark.parametrize("who", ["operator", "administrator", "host"])
def test_only_coordinators_plan(desk, who):
    with pytest.raises(PermissionDenied):
        desk.plan(by=getattr(desk, who), visitor=desk.coordinator)


def test_nobody_from_outside_comes(desk):
    for stranger in (UserFactory(), CityRoleFactory().user, desk.administrator):
        with pytest.raises(ValidationError, match="équipe"):
            desk.plan(visitor=stranger)


def test_nobody_visits_or_vets_their_own_home(desk):
    for role in ("coordinator", "operator"):
        CityRoleFactory(city=desk.city, role=role, user=desk.host)
    for write in (
        lambda: desk.plan(by=desk.host, visitor=desk.coordinator),
        lambda: services.begin(offer_id=desk.home.pk, by=desk.host, now=NOW),
    ):
        with pytest.raises(PermissionDenied):
            write()
    with pytest.raises(ValidationError, match="son propre logement"):
        desk.plan(visitor=desk.host)
    visit = desk.plan()
    with pytest.raises(ValidationError, match="son propre logement"):
        services.move(
            visit_id=visit.pk, starts_at=THURSDAY, visitor=desk.host, by=desk.coordinator, now=NOW
        )  # fmt: skip
    Visit.objects.filter(pk=visit.pk).update(visitor=desk.host)
    for write in (
        lambda: desk.note_all(visit, by=desk.host),
        lambda: services.conclude(visit_id=visit.pk, by=desk.host, now=THURSDAY),
        lambda: services.refuse(visit_id=visit.pk, reason="other", by=desk.host, now=THURSDAY),
        lambda: services.cancel(visit_id=visit.pk, by=desk.host, now=NOW),
    ):
        with pytest.raises(PermissionDenied):
            write()
    Visit.objects.filter(pk=visit.pk).update(visitor=desk.coordinator)
    desk.pass_(visit)
    with pytest.raises(PermissionDenied):
        services.reopen(visit_id=visit.pk, by=desk.host, now=THURSDAY)
    assert desk.vetted() == THURSDAY


def test_a_coordinator_who_hosts_is_told_as_a_host_alone(desk):
    CityRoleFactory(city=desk.city, user=desk.host)
    visit = desk.plan()
    services.decline(visit_id=visit.pk, by=desk.host, now=NOW)
    assert told("visit_answered", desk.host) == []
    assert len(told("visit_answered", desk.coordinator)) == 1


@pytest.mark.parametrize("at", [NOW, NOW + timedelta(days=400)], ids=["past", "too far"])
def test_a_visit_lies_ahead_within_a_year(desk, at):
    with pytest.raises(ValidationError) as refusal:
        desk.plan(at=at)
    assert "day" in refusal.value.error_dict


def test_goods_and_what_is_closed_are_not_visited(desk):
    with pytest.raises(ValidationError, match="Seul un logement"):
        desk.plan(home=OfferFactory(city=desk.city, goods=True))
    for state in (OfferState.WITHDRAWN, OfferState.FROZEN):
        with pytest.raises(ValidationError) as refusal:
            desk.plan(home=OfferFactory(city=desk.city, state=state))
        assert refusal.value.code == "state"


def test_one_is_planned_at_a_time(desk):
    desk.plan()
    with pytest.raises(ValidationError) as refusal:
        desk.plan(by=desk.colleague)
    assert refusal.value.code == "planned"


@pytest.mark.django_db(transaction=True)
def test_two_coordinators_at_once_plan_one(desk, at_once):
    answers = at_once(lambda: desk.plan(), lambda: desk.plan(by=desk.colleague))
    assert sorted(type(answer).__name__ for answer in answers) == ["ValidationError", "Visit"]
    assert Visit.objects.count() == 1
    assert len(told("visit_planned", desk.host)) == 1


def test_moving_tells_everybody_whom_it_concerns(desk):
    visit = desk.plan(visitor=desk.colleague)
    later = THURSDAY + timedelta(days=1)
    services.move(visit_id=visit.pk, starts_at=later, visitor=desk.operator, by=desk.coordinator, now=NOW)
    assert "vendredi 13 mars" in told("visit_moved", desk.host)[0].title
    assert len(told("visit_moved", desk.operator)) == 1
    assert len(told("visit_cancelled", desk.colleague)) == 1, "who comes no more"
    services.move(visit_id=visit.pk, starts_at=later, visitor=desk.operator, by=desk.coordinator, now=NOW)
    assert len(told("visit_moved", desk.host)) == 1, "nothing has changed"


def test_called_off_the_host_is_told_and_another_may_be_planned(desk):
    visit = desk.plan(visitor=desk.colleague)
    services.cancel(visit_id=visit.pk, by=desk.coordinator, now=NOW)
    assert "12 mars" in told("visit_cancelled", desk.host)[0].body
    assert len(told("visit_cancelled", desk.colleague)) == 1
    assert desk.plan().pk != visit.pk


def test_the_host_asks_for_another_time_and_the_visit_stands_until_it_is_moved(desk):
    visit = desk.plan()
    services.ask_other_time(visit_id=visit.pk, wish="saturday", by=desk.host, now=NOW)
    assert "Plutôt un samedi" in told("visit_answered", desk.colleague)[0].body
    visit.refresh_from_db()
    assert (visit.state, visit.starts_at) == (VisitState.PLANNED, THURSDAY)
    services.move(
        visit_id=visit.pk, starts_at=THURSDAY + timedelta(days=2), visitor=desk.coordinator,
        by=desk.coordinator, now=NOW,
    )  # fmt: skip
    visit.refresh_from_db()
    assert visit.wish == ""


def test_the_host_calls_it_off_and_the_desk_is_told(desk):
    visit = desk.plan(visitor=desk.colleague)
    services.decline(visit_id=visit.pk, by=desk.host, now=NOW)
    visit.refresh_from_db()
    assert visit.state == VisitState.CANCELLED
    assert {message.recipient for message in told("visit_answered")} == {desk.coordinator, desk.colleague}
    assert told("visit_cancelled", desk.host) == []
    with pytest.raises(ValidationError):
        services.decline(visit_id=visit.pk, by=desk.host, now=NOW)


def test_what_has_taken_place_is_not_the_host_s_to_call_off(desk):
    visit = desk.plan()
    services.refuse(visit_id=visit.pk, reason="not_safe", by=desk.coordinator, now=THURSDAY)
    services.reopen(visit_id=visit.pk, by=desk.coordinator, now=THURSDAY)
    for answer in (
        lambda: services.decline(visit_id=visit.pk, by=desk.host, now=THURSDAY),
        lambda: services.ask_other_time(visit_id=visit.pk, wish="morning", by=desk.host, now=THURSDAY),
    ):
        with pytest.raises(ValidationError) as refusal:
            answer()
        assert refusal.value.code == "state"
    visit.refresh_from_db()
    assert (visit.state, visit.wish) == (VisitState.PLANNED, "")
    assert told("visit_answered") == []


def test_nobody_answers_in_the_host_s_place(desk):
    visit = desk.plan()
    for other in (desk.coordinator, UserFactory()):
        with pytest.raises(PermissionDenied):
            services.decline(visit_id=visit.pk, by=other, now=NOW)
        with pytest.raises(PermissionDenied):
            services.ask_other_time(visit_id=visit.pk, wish="morning", by=other, now=NOW)


class TestConcluding:
    def test_the_home_counts_as_visited_for_as_long_as_the_town_says(self, desk):
        assert desk.vetted() is None
        visit = desk.pass_()
        assert desk.vetted() == THURSDAY
        assert (visit.concluded_by, visit.valid_until) == (desk.coordinator, date(2027, 3, 12))
        assert "12 mars 2027" in told("visit_passed", desk.host)[0].body

    def test_a_town_may_say_six_months(self, desk):
        type(desk.city).objects.filter(pk=desk.city.pk).update(visit_valid_months=6)
        assert desk.pass_().valid_until == date(2026, 9, 12)

    @pytest.mark.parametrize(
        "without", [{"answers": []}, {"extract": "no"}, {"extract": ""}, {"charter_on": None}]
    )
    def test_not_before_everything_is_noted(self, desk, without):
        visit = desk.plan()
        desk.note_all(visit, **without)
        with pytest.raises(ValidationError) as refusal:
            services.conclude(visit_id=visit.pk, by=desk.coordinator, now=THURSDAY)
        assert refusal.value.code == "missing"
        assert desk.vetted() is None

    def test_where_nobody_lives_with_the_host_no_extract_is_needed_but_for_a_minor(self, desk):
        flat = OfferFactory(city=desk.city, shared_home=False, category="whole_dwelling")
        minors = OfferFactory(
            city=desk.city, shared_home=False, category="whole_dwelling", accepts=["lone_minors"]
        )
        for home, needed in ((desk.home, True), (flat, False), (minors, True)):
            assert selectors.needs_extract(home) is needed

    def test_that_the_extract_was_looked_at_is_kept_with_the_day_and_by_whom_and_nothing_else(self, desk):
        visit = desk.plan()
        seen = desk.note_all(visit, by=desk.colleague)
        assert (seen.extract, seen.extract_on, seen.extract_by) == ("yes", date(2026, 3, 12), desk.colleague)
        again = services.note(visit_id=visit.pk, seen={"note": "x"}, by=desk.coordinator, now=THURSDAY)
        assert again.extract_by == desk.colleague, "who looked stays who looked"
        taken_back = services.note(
            visit_id=visit.pk, seen={"extract": "no"}, by=desk.coordinator, now=THURSDAY
        )
        assert (taken_back.extract_on, taken_back.extract_by) == (None, None)

    def test_a_charter_is_not_signed_tomorrow(self, desk):
        visit = desk.plan()
        with pytest.raises(ValidationError) as refusal:
            desk.note_all(visit, charter_on=date(2026, 3, 13))
        assert "charter_on" in refusal.value.error_dict

    def test_whoever_comes_notes_and_concludes_and_another_operator_does_not(self, desk):
        visit = desk.plan(visitor=desk.operator)
        other = CityRoleFactory(city=desk.city, role="operator").user
        with pytest.raises(PermissionDenied):
            desk.note_all(visit, by=other)
        desk.pass_(visit, by=desk.operator)
        assert desk.vetted() == THURSDAY

    @pytest.mark.django_db(transaction=True)
    def test_two_at_once_conclude_once(self, desk, at_once):
        visit = desk.plan()
        desk.note_all(visit)
        answers = at_once(
            lambda: services.conclude(visit_id=visit.pk, by=desk.coordinator, now=THURSDAY),
            lambda: services.refuse(visit_id=visit.pk, reason="too_small", by=desk.colleague, now=THURSDAY),
        )
        assert sorted(type(answer).__name__ for answer in answers) == ["ValidationError", "Visit"]
        visit.refresh_from_db()
        assert (desk.vetted() is not None) == (visit.state == VisitState.PASSED)


class TestRefusing:
    def test_the_host_reads_a_kind_word_and_the_home_counts_as_visited_no_more(self, desk):
        desk.pass_()
        again = desk.plan(at=THURSDAY + timedelta(days=30), now=THURSDAY + timedelta(days=1))
        services.refuse(visit_id=again.pk, reason="not_safe", by=desk.coordinator, now=again.starts_at)
        assert desk.vetted() is None
        (message,) = told("visit_refused", desk.host)
        assert "Quelques points du logement sont à reprendre" in message.body
        assert "Merci" in message.title

    def test_a_refusal_has_a_reason(self, desk):
        visit = desk.plan()
        with pytest.raises(ValidationError) as refusal:
            services.refuse(visit_id=visit.pk, reason="", by=desk.coordinator, now=NOW)
        assert "refusal" in refusal.value.error_dict


class TestUndoing:
    def test_what_was_noted_stays_and_the_home_waits_to_be_concluded_again(self, desk):
        visit = desk.pass_()
        reopened = services.reopen(visit_id=visit.pk, by=desk.colleague, now=THURSDAY + timedelta(hours=1))
        assert reopened.state == VisitState.PLANNED
        assert reopened.answers == visit.answers
        assert desk.vetted() is None
        assert OfferEdit.objects.filter(offer=desk.home, by=desk.colleague).count() == 1
        services.conclude(visit_id=visit.pk, by=desk.colleague, now=THURSDAY + timedelta(hours=2))
        assert desk.vetted() == THURSDAY + timedelta(hours=2)

    def test_a_refusal_too(self, desk):
        visit = desk.plan()
        services.refuse(visit_id=visit.pk, reason="other", by=desk.coordinator, now=THURSDAY)
        reopened = services.reopen(visit_id=visit.pk, by=desk.coordinator, now=THURSDAY)
        assert (reopened.state, reopened.refusal) == (VisitState.PLANNED, "")

    def test_not_when_the_home_has_a_later_visit(self, desk):
        visit = desk.pass_()
        desk.plan(at=THURSDAY + timedelta(days=9), now=THURSDAY)
        with pytest.raises(ValidationError) as refusal:
            services.reopen(visit_id=visit.pk, by=desk.coordinator, now=THURSDAY)
        assert refusal.value.code == "later"

    def test_what_is_only_planned_has_no_end_to_undo(self, desk):
        with pytest.raises(ValidationError):
            services.reopen(visit_id=desk.plan().pk, by=desk.coordinator, now=NOW)


class TestBeginning:
    def test_a_visit_that_nobody_planned_is_noted_without_telling_anybody(self, desk):
        visit = services.begin(offer_id=desk.home.pk, by=desk.coordinator, now=NOW)
        assert (visit.starts_at, visit.visitor) == (NOW, desk.coordinator)
        assert not Message.objects.exists()

    def test_the_planned_one_is_the_one_that_begins(self, desk):
        visit = desk.plan()
        assert services.begin(offer_id=desk.home.pk, by=desk.colleague, now=NOW) == visit


def test_a_home_that_changes_after_its_visit_is_to_be_planned_again(desk):
    desk.pass_()
    assert desk.home not in selectors.to_plan(desk.coordinator, desk.city)
    offers.change(
        offer_id=desk.home.pk, fields={"address": "3 rue du Lac"}, windows=None, by=desk.host, now=THURSDAY
    )
    assert list(selectors.to_plan(desk.coordinator, desk.city)) == [desk.home]
    assert list(selectors.done(desk.coordinator, desk.city)) == []


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        (date(2026, 3, 12), 12, date(2027, 3, 12)),
        (date(2026, 12, 31), 2, date(2027, 2, 28)),
        (date(2028, 2, 29), 12, date(2029, 2, 28)),
        (date(2026, 12, 1), 1, date(2027, 1, 1)),
        (date(2026, 1, 31), 11, date(2026, 12, 31)),
    ],
)
def test_months_later_is_the_same_day_or_the_last_of_its_month(day, months, later):
    assert months_later(day, months) == later
