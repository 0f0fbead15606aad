"""Two yeses of the person before anybody moves, a no that costs nothing, and what falls away by itself."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction

from between import selectors, services
from between.models import Line, LineState, PublishedHousehold, Wish
from needs import services as needs
from needs.models import Need
from offers.models import Offer
from tests.between.conftest import Towns
from tests.factories.cities import CityFactory
from tests.factories.matching import due_need, due_offer

LONE_MINOR = {
    "lone_minor": True, "adult_women": 0, "children_3_to_11": 0, "children_12_to_17": 1, "people": 1, "quantity": 1,
}  # fmt: skip


def is_published(towns: Towns, household: PublishedHousehold) -> bool:
    return selectors.households(towns.today).filter(pk=household.pk).exists()


class TestTheFirstYes:
    def test_it_is_kept_how_and_when_the_person_was_asked(self, towns: Towns) -> None:
        household = towns.household(towns.far, towns.near)
        assert (household.how, household.yes_on) == ("phone", towns.today)
        assert selectors.shown(household, towns.today).wishes == ("Loin", "Proche")

    def test_without_it_there_is_no_row(self, towns: Towns) -> None:
        household = towns.household()
        with pytest.raises(IntegrityError), transaction.atomic():
            PublishedHousehold.objects.filter(pk=household.pk).update(yes_on=None)

    def test_it_is_not_of_tomorrow(self, towns: Towns) -> None:
        need = due_need(city=towns.full, now=towns.now)
        with pytest.raises(ValidationError) as refusal:
            services.publish_household(
                need_id=need.pk, wishes=[towns.near], how="phone", yes_on=towns.today + timedelta(days=1),
                by=towns.desk(towns.full), now=towns.now,
            )  # fmt: skip
        assert list(refusal.value.error_dict) == ["yes_on"]

    @pytest.mark.parametrize("wished", ["none", "twice", "stranger", "own"])
    def test_towns_that_may_be_wished_for(self, towns: Towns, wished: str) -> None:
        wishes = {
            "none": [], "twice": [towns.near, towns.near], "stranger": [CityFactory()], "own": [towns.full],
        }[wished]  # fmt: skip
        need = due_need(city=towns.full, now=towns.now)
        with pytest.raises(ValidationError) as refusal:
            services.publish_household(
                need_id=need.pk, wishes=wishes, how="phone", yes_on=towns.today,
                by=towns.desk(towns.full), now=towns.now,
            )  # fmt: skip
        assert list(refusal.value.error_dict) == ["first"]

    @pytest.mark.parametrize("fields", [LONE_MINOR, {"kind": "goods"}, {"state": "withdrawn"}])
    def test_what_is_not_published(self, towns: Towns, fields: dict[str, Any]) -> None:
        with pytest.raises(ValidationError) as refusal:
            towns.household(towns.near, **fields)
        assert list(refusal.value.error_dict) == ["need"]

    def test_it_is_published_once_and_again_after_an_end(self, towns: Towns) -> None:
        household = towns.household()
        again: dict[str, Any] = {
            "need_id": household.need_id, "wishes": [towns.far], "how": "paper", "yes_on": towns.today,
            "by": towns.desk(towns.full), "now": towns.now,
        }  # fmt: skip
        with pytest.raises(ValidationError):
            services.publish_household(**again)
        services.close_household(household_id=household.pk, by=again["by"], now=towns.now)
        assert services.publish_household(**again).pk != household.pk

    def test_another_towns_desk_publishes_nothing_of_this_one(self, towns: Towns) -> None:
        need = due_need(city=towns.full, now=towns.now)
        with pytest.raises(PermissionDenied):
            services.publish_household(
                need_id=need.pk, wishes=[towns.near], how="phone", yes_on=towns.today,
                by=towns.desk(towns.near), now=towns.now,
            )  # fmt: skip


class TestPlaces:
    @pytest.mark.parametrize("fields", [{"share_with_linked": False}, {"state": "paused"}])
    def test_homes_that_are_not_published(self, towns: Towns, fields: dict[str, Any]) -> None:
        with pytest.raises(ValidationError) as refusal:
            towns.places(towns.near, **fields)
        assert list(refusal.value.error_dict) == ["offer"]

    def test_no_more_than_there_are(self, towns: Towns) -> None:
        offer = due_offer(city=towns.near, now=towns.now, share_with_linked=True)
        with pytest.raises(ValidationError) as refusal:
            services.publish_places(
                offer_id=offer.pk, people=offer.capacity + 1, first_day=towns.today, last_day=towns.today,
                services="", by=towns.desk(towns.near), now=towns.now,
            )  # fmt: skip
        assert list(refusal.value.error_dict) == ["people"]

    def test_an_owner_who_shows_it_no_more_takes_it_from_all(self, towns: Towns) -> None:
        row, household = towns.places(towns.near), towns.household()
        line = towns.yes(household, row)
        Offer.objects.filter(pk=row.offer_id).update(share_with_linked=False)
        assert not selectors.places(towns.today).exists()
        with pytest.raises(ValidationError):
            towns.agree(line)

    def test_places_on_which_somebody_counts_stay(self, towns: Towns) -> None:
        row = towns.places(towns.near)
        line = towns.agree(towns.yes(towns.household(), row))
        close: dict[str, Any] = {"places_id": row.pk, "by": towns.desk(towns.near), "now": towns.now}
        with pytest.raises(ValidationError):
            services.close_places(**close)
        services.decline(line_id=line.pk, by=towns.desk(towns.near), now=towns.now)
        services.close_places(**close)
        assert not selectors.places(towns.today).exists()

    def test_who_waits_for_places_that_go_is_declined(self, towns: Towns) -> None:
        row, household = towns.places(towns.near), towns.household()
        line = towns.yes(household, row)
        services.close_places(places_id=row.pk, by=towns.desk(towns.near), now=towns.now)
        line.refresh_from_db()
        assert line.state == LineState.DECLINED
        assert is_published(towns, household)


class TestTheSecondYes:
    def test_nobody_is_moved_without_two_yeses(self, towns: Towns) -> None:
        row, household = towns.places(towns.near), towns.household()
        line = towns.yes(household, row)
        assert (line.state, line.how, line.yes_on) == (LineState.WAITING, "interpreter", towns.today)
        assert towns.agree(line).state == LineState.AGREED
        for change in ({"how": ""}, {"yes_on": None}):
            with pytest.raises(IntegrityError), transaction.atomic():
                Line.objects.filter(pk=line.pk).update(**change)

    def test_the_other_town_does_not_agree_before_the_person(self, towns: Towns) -> None:
        line = towns.no(towns.household(), towns.places(towns.near))
        with pytest.raises(ValidationError):
            towns.agree(line)

    def test_a_yes_that_was_taken_back_is_none(self, towns: Towns) -> None:
        row, household = towns.places(towns.near), towns.household()
        line = towns.agree(towns.yes(household, row))
        towns.no(household, row)
        line.refresh_from_db()
        assert (line.state, line.how, line.yes_on, line.answered_at) == (LineState.NO, "", None, None)
        with pytest.raises(ValidationError):
            towns.agree(line)

    def test_neither_desk_answers_for_the_other(self, towns: Towns) -> None:
        row, household = towns.places(towns.near), towns.household()
        asked: dict[str, Any] = {"household_id": household.pk, "places_id": row.pk, "now": towns.now}
        with pytest.raises(PermissionDenied):
            services.record_yes(how="phone", yes_on=towns.today, by=towns.desk(towns.near), **asked)
        line = towns.yes(household, row)
        for decide in (services.agree, services.decline):
            with pytest.raises(PermissionDenied):
                decide(line_id=line.pk, by=towns.desk(towns.full), now=towns.now)

    def test_one_promise_at_a_time(self, towns: Towns) -> None:
        household = towns.household()
        towns.yes(household, towns.places(towns.near))
        other = towns.places(towns.far)
        with pytest.raises(ValidationError):
            towns.yes(household, other)

    def test_no_day_is_promised_twice(self, towns: Towns) -> None:
        row = towns.places(towns.near)
        first, second = towns.household(), towns.household()
        towns.yes(first, row)
        with pytest.raises(ValidationError):
            towns.yes(second, row)
        towns.no(first, row)
        assert towns.yes(second, row).state == LineState.WAITING

    def test_those_who_come_after_each_other_have_the_same_places(self, towns: Towns) -> None:
        row = towns.places(towns.near)
        later = towns.today + timedelta(days=40)
        towns.yes(towns.household(), row)
        household = towns.household(first_day=later, last_day=later + timedelta(days=5))
        assert towns.yes(household, row).state == LineState.WAITING

    @pytest.mark.parametrize("why", ["not wished", "too few", "too short", "steps", "not linked"])
    def test_places_that_do_not_suit(self, towns: Towns, why: str) -> None:
        wishes = [towns.far] if why == "not wished" else [towns.near]
        fields: dict[str, Any] = {"step_free_needed": True} if why == "steps" else {}
        if why == "too short":
            fields = {"last_day": towns.today + timedelta(days=61)}
        household = towns.household(*wishes, **fields)
        row = towns.places(towns.near, people=2 if why == "too few" else 3)
        if why == "not linked":
            towns.full.linked.remove(towns.near)
        with pytest.raises(ValidationError):
            towns.yes(household, row)

    def test_a_town_that_declined_is_not_asked_again(self, towns: Towns) -> None:
        row, household = towns.places(towns.near), towns.household()
        line = towns.yes(household, row)
        services.decline(line_id=line.pk, by=towns.desk(towns.near), now=towns.now)
        assert towns.no(household, row).state == LineState.DECLINED
        with pytest.raises(ValidationError):
            towns.yes(household, row)


class TestANo:
    def test_refusal_costs_nothing(self, towns: Towns) -> None:
        """All that others read is as before, and in the plan this line alone is gone."""
        first, second = towns.places(towns.near), towns.places(towns.far)
        household, other = towns.household(), towns.household()
        before = [selectors.shown(one, towns.today) for one in selectors.households(towns.today)]

        towns.no(household, first)

        assert [selectors.shown(one, towns.today) for one in selectors.households(towns.today)] == before
        assert selectors.asked_of(towns.near, towns.today) == []
        assert selectors.shares(towns.near, towns.today)[0].received == 0
        assert selectors.plan(towns.today).chosen == {household.pk: second.pk, other.pk: first.pk}

    def test_a_person_may_say_yes_later(self, towns: Towns) -> None:
        row, household = towns.places(towns.near), towns.household()
        towns.no(household, row)
        assert towns.yes(household, row).state == LineState.WAITING

    def test_it_goes_with_the_household(self, towns: Towns) -> None:
        row, household = towns.places(towns.near), towns.household()
        towns.no(household, row)
        services.close_household(household_id=household.pk, by=towns.desk(towns.full), now=towns.now)
        assert not Line.objects.exists()
        assert not Wish.objects.exists()


class TestWhatFallsAway:
    def test_a_need_that_ends_is_gone_at_once_and_closed_by_the_sweep(self, towns: Towns) -> None:
        household, stays = towns.household(), towns.household()
        needs.withdraw(need_id=household.need_id, by=towns.desk(towns.full), now=towns.now)
        assert not is_published(towns, household)
        assert services.look_after(by=None, now=towns.now) == 1
        household.refresh_from_db()
        assert household.closed_at == towns.now
        assert not household.wishes.exists()
        assert is_published(towns, stays)

    def test_after_its_last_day(self, towns: Towns) -> None:
        household = towns.household()
        later = towns.now + timedelta(days=60)
        assert services.look_after(by=None, now=later) == 1
        household.refresh_from_db()
        assert household.closed_at == later

    def test_where_they_went_stays_a_number(self, towns: Towns) -> None:
        household = towns.household()
        towns.agree(towns.yes(household, towns.places(towns.near)))
        towns.no(household, towns.places(towns.far))
        needs.withdraw(need_id=household.need_id, by=towns.desk(towns.full), now=towns.now)
        services.look_after(by=None, now=towns.now)
        assert [line.state for line in Line.objects.all()] == [LineState.AGREED]
        assert selectors.shares(towns.near, towns.today)[0].received == 3


def test_few_people_received_elsewhere_are_no_number(towns: Towns) -> None:
    towns.agree(towns.yes(towns.household(), towns.places(towns.near)))
    found = {share.town: share.received for share in selectors.shares(towns.full, towns.today)}
    assert found == {"Pleine": 0, "Loin": 0, "Proche": None}
    towns.agree(towns.yes(towns.household(), towns.places(towns.near)))
    assert selectors.shares(towns.full, towns.today)[2].received is None, "six people of two households"
    assert selectors.shares(towns.near, towns.today)[0].received == 6, "a town reads its own"


def test_a_need_that_changed_is_asked_about_anew_before_the_town_agrees(towns: Towns) -> None:
    household, row = towns.household(), towns.places(towns.near, people=6)
    line = towns.yes(household, row)
    Need.objects.filter(pk=household.need_id).update(
        people=5, quantity=5, adult_women=5, adult_men=0, children_3_to_11=0
    )
    with pytest.raises(ValidationError):
        towns.agree(line)
    again = towns.yes(household, row)
    assert (again.pk, again.people, again.state) == (line.pk, 5, LineState.WAITING)
    assert towns.agree(again).state == LineState.AGREED


def test_a_household_that_becomes_a_lone_minors_is_shown_no_more(towns: Towns) -> None:
    household = towns.household()
    Need.objects.filter(pk=household.need_id).update(**LONE_MINOR)
    assert not is_published(towns, household)
    assert services.look_after(by=None, now=towns.now) == 1
    household.refresh_from_db()
    assert household.closed_at is not None


@pytest.mark.parametrize(
    "change", [{"state": "paused"}, {"share_with_linked": False}, {"vetted_at": None, "vetted_by": None}]
)
def test_places_that_may_be_shown_no_more_end_and_are_published_anew_by_hand_alone(
    towns: Towns, change: dict[str, Any]
) -> None:
    row = towns.places(towns.near)
    line = towns.yes(towns.household(), row)
    before = Offer.objects.filter(pk=row.offer_id).values(*change).get()
    Offer.objects.filter(pk=row.offer_id).update(**change)
    assert list(selectors.own_places(towns.near)) == [row], "its own town can take it back"
    assert services.look_after(by=None, now=towns.now) == 1
    assert not Line.objects.filter(pk=line.pk).exists(), "nobody waits for an answer that cannot come"
    Offer.objects.filter(pk=row.offer_id).update(**before)
    assert not selectors.places(towns.today).exists()
    assert row.offer in selectors.offers_to_publish(towns.near)


def test_places_whose_days_are_over_can_be_published_again(towns: Towns) -> None:
    row = towns.places(towns.near)
    assert services.look_after(by=None, now=towns.now + timedelta(days=60)) == 0
    assert services.look_after(by=None, now=towns.now + timedelta(days=61)) == 1
    assert row.offer in selectors.offers_to_publish(towns.near)


def test_a_yes_that_nobody_answered_holds_no_places_after_a_week(towns: Towns) -> None:
    household, row = towns.household(), towns.places(towns.near)
    line = towns.yes(household, row)
    services.look_after(by=None, now=towns.now + timedelta(days=7) - timedelta(seconds=1))
    assert Line.objects.filter(pk=line.pk).exists()
    services.look_after(by=None, now=towns.now + timedelta(days=7))
    assert not Line.objects.filter(pk=line.pk).exists()
    assert is_published(towns, household), "the household is as before"


def test_who_was_agreed_to_keeps_the_places_when_the_town_does_not_answer_to_others(towns: Towns) -> None:
    line = towns.agree(towns.yes(towns.household(), towns.places(towns.near)))
    services.look_after(by=None, now=towns.now + timedelta(days=8))
    assert Line.objects.get(pk=line.pk).state == LineState.AGREED
