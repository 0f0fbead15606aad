"""A place is offers and needs: who may enter it, what its nights and shifts are, and what is refused."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accounts.models import Organisation, Role
from catalogue.vocabulary import Category, Kind, Rhythm
from matching import services as matching
from matching.lifecycle import NotPossible
from matching.models import Hold, Match
from matching.reasons.facts import explained
from needs.models import Need
from offers.models import Offer, OfferState
from shelters import presentation, selectors, services
from shelters.models import Nights, Shelter, ShelterEdit, Shift
from tests.factories.accounts import CityRoleFactory, MembershipFactory, OrganisationFactory, UserFactory
from tests.factories.matching import drain, due_need, due_offer
from tests.shelters.conftest import BEDS, Place

DAY = timedelta(days=1)
EVENINGS: dict[str, Any] = {
    "title": "Accueil du soir", "category": Category.RECEPTION, "weekdays": [1, 3], "start_minute": 19 * 60,
    "end_minute": 22 * 60, "volunteers": 2, "weekly": False,
}  # fmt: skip


def beds(place: Place, **changes: Any) -> Nights:
    days = {"first_day": place.day(0), "last_day": None}
    said = {name: changes.pop(name, day) for name, day in days.items()}
    return services.change_nights(
        nights_id=place.nights.pk, fields=BEDS | changes, by=place.member, now=place.now, **said
    )


def windows(place: Place) -> list[Any]:
    return [(w.first_day, w.last_day) for w in place.nights.offer.windows.all()]


class TestWho:
    def test_a_member_enters_a_place_for_their_own_association_and_answers_for_it(self, place: Place) -> None:
        assert place.shelter.host == place.member
        edit = ShelterEdit.objects.get()
        assert (edit.by, edit.what["name"]) == (place.member, [None, "Gymnase des Tilleuls"])

    def test_nobody_enters_one_for_another_association_nor_one_that_waits_or_is_suspended(
        self, place: Place
    ) -> None:
        def found(organisation: Organisation, by: Any) -> Shelter:
            return services.found(
                city=place.city, organisation=organisation, fields=place.said, by=by, now=place.now
            )

        other = OrganisationFactory(city=place.city, verified=True)
        with pytest.raises(PermissionDenied):
            found(other, place.member)
        with pytest.raises(PermissionDenied):
            found(other, CityRoleFactory(city=place.city, role=Role.ADMINISTRATOR).user)
        waiting = MembershipFactory(organisation=OrganisationFactory(city=place.city))
        with pytest.raises(ValidationError, match="vérifiée"):
            found(waiting.organisation, waiting.user)
        suspended = MembershipFactory(organisation=OrganisationFactory(city=place.city, state="suspended"))
        with pytest.raises(PermissionDenied):
            found(suspended.organisation, suspended.user)
        abroad = OrganisationFactory(verified=True)
        with pytest.raises(ValidationError, match="de la ville"):
            found(abroad, MembershipFactory(organisation=abroad).user)
        # The town's coordination may, and a member answers.
        member = MembershipFactory(organisation=other).user
        assert found(other, place.coordinator).host == member

    def test_who_answers_owns_the_nights_and_is_of_the_association_or_of_the_team(self, place: Place) -> None:
        def host(person: Any, by: Any) -> None:
            services.change(shelter_id=place.shelter.pk, host=person, fields=place.said, by=by, now=place.now)

        colleague = MembershipFactory(organisation=place.organisation).user
        host(colleague, place.member)
        assert Offer.objects.get(pk=place.nights.offer_id).owner == colleague
        for person, by in ((UserFactory(), place.coordinator), (place.coordinator, place.member)):
            with pytest.raises(ValidationError, match="de cette association"):
                host(person, by)
        host(place.coordinator, place.coordinator)
        assert Shelter.objects.get().host == place.coordinator

    def test_others_change_nothing(self, place: Place) -> None:
        stranger = MembershipFactory(organisation=OrganisationFactory(city=place.city, verified=True)).user
        ids = {"by": stranger, "now": place.now}
        day = place.day(1)
        for act in (
            lambda: services.close(shelter_id=place.shelter.pk, **ids),
            lambda: services.take_back(nights_id=place.nights.pk, **ids),
            lambda: services.close_some(nights_id=place.nights.pk, first_day=day, last_day=day, **ids),
            lambda: services.add_nights(
                shelter_id=place.shelter.pk, fields=BEDS, first_day=day, last_day=day, **ids
            ),
            lambda: services.add_shifts(
                shelter_id=place.shelter.pk, first_day=day, last_day=day + 9 * DAY, **EVENINGS, **ids
            ),
            lambda: services.see(shelter_id=place.shelter.pk, by=place.member, now=place.now),
        ):
            with pytest.raises(PermissionDenied):
                act()
        assert not Need.objects.exists()

    def test_whoever_answers_for_it_does_not_say_that_it_was_seen(self, place: Place) -> None:
        services.change(
            shelter_id=place.shelter.pk, host=place.coordinator, fields=place.said, by=place.coordinator,
            now=place.now,
        )  # fmt: skip
        with pytest.raises(PermissionDenied):
            services.see(shelter_id=place.shelter.pk, by=place.coordinator, now=place.now)


class TestNights:
    def test_they_are_an_offer_that_the_engine_finds(self, place: Place) -> None:
        offer = place.nights.offer
        assert (offer.kind, offer.category, offer.title) == (
            Kind.HOUSING,
            Category.COLLECTIVE_PLACE,
            "Gymnase des Tilleuls",
        )
        assert (offer.state, offer.notice_days, offer.shared_home) == (OfferState.ACTIVE, 0, True)
        match = place.suggested(0, 3)
        told = {fact["code"]: fact["params"] for fact in explained([match], now=place.now)[0].facts or ()}
        assert told["form"] == {"form": "collective_place"}
        assert "shared_home" not in told, "no host lives there"

    def test_who_shares_no_home_is_not_sent_there(self, place: Place) -> None:
        need = due_need(city=place.city, now=place.now, shared_home_ok=False)
        drain(place.now)
        assert not Match.objects.filter(need=need).exists()

    def test_more_beds_in_a_cold_week_are_a_row_more_and_are_seen_anew(self, place: Place) -> None:
        more = services.add_nights(
            shelter_id=place.shelter.pk,
            fields=BEDS | {"capacity": 8},
            first_day=place.day(2),
            last_day=place.day(4),
            by=place.member,
            now=place.now,
        )
        rows = selectors.nights_of(place.shelter)
        days = [place.day(n) for n in range(6)]
        assert [night.places for night in presentation.nights(rows, [], days)] == [12] * 6
        assert presentation.to_see(rows)
        assert services.see(shelter_id=place.shelter.pk, by=place.coordinator, now=place.now) == 1
        more.offer.refresh_from_db()
        assert more.offer.vetted_by == place.coordinator
        counted = presentation.nights(selectors.nights_of(place.shelter), [], days)
        assert [night.places for night in counted] == [12, 12, 20, 20, 20, 12]

    def test_never_fewer_beds_than_are_promised_and_it_says_who_depends_on_them(self, place: Place) -> None:
        match = place.promised(1, 3)
        beds(place, capacity=3)
        with pytest.raises(ValidationError, match="comptent sur ces places") as refusal:
            beds(place, capacity=2)
        (said,) = refusal.value.message_dict["capacity"]
        assert "3 personnes" in said
        assert match.need.reference not in said, "the need is another association's"
        with pytest.raises(ValidationError) as refusal:
            services.change_nights(
                nights_id=place.nights.pk, fields=BEDS | {"capacity": 2}, first_day=place.day(0), last_day=None,
                by=place.coordinator, now=place.now,
            )  # fmt: skip
        assert match.need.reference in refusal.value.message_dict["capacity"][0]
        assert Offer.objects.get(pk=place.nights.offer_id).capacity == 3

    def test_what_two_hold_on_the_same_night_counts_together(self, place: Place) -> None:
        place.promised(1, 5)
        place.promised(4, 8)
        with pytest.raises(ValidationError):
            beds(place, capacity=5)
        beds(place, capacity=6)

    def test_a_night_on_which_somebody_is_expected_does_not_close(self, place: Place) -> None:
        place.promised(1, 3)

        def close(first: int, last: int) -> None:
            services.close_some(
                nights_id=place.nights.pk,
                first_day=place.day(first),
                last_day=place.day(last),
                by=place.member,
                now=place.now,
            )

        for first, last in ((0, 1), (2, 2), (3, 9)):
            with pytest.raises(ValidationError, match="comptent sur ces places"):
                close(first, last)
        close(4, 5)
        assert windows(place) == [(place.day(0), place.day(3)), (place.day(6), None)]
        with pytest.raises(ValidationError) as refusal:
            beds(place, last_day=place.day(2))
        assert set(refusal.value.message_dict) == {"last_day"}
        beds(place, last_day=place.day(9))
        assert windows(place) == [(place.day(0), place.day(3)), (place.day(6), place.day(9))]

    def test_who_comes_later_is_proposed_no_closed_night(self, place: Place) -> None:
        match = place.suggested(4, 6)
        services.close_some(
            nights_id=place.nights.pk,
            first_day=place.day(5),
            last_day=place.day(5),
            by=place.member,
            now=place.now,
        )
        with pytest.raises(NotPossible):
            matching.propose(match_id=match.pk, by=place.coordinator, now=place.now)
        assert not Hold.objects.exists()

    def test_not_all_nights_are_closed_one_by_one(self, place: Place) -> None:
        beds(place, last_day=place.day(3))
        with pytest.raises(ValidationError, match="Retirez plutôt"):
            services.close_some(
                nights_id=place.nights.pk, first_day=place.day(0), last_day=place.day(3), by=place.member,
                now=place.now,
            )  # fmt: skip

    def test_whoever_changes_them_says_that_they_hold(self, place: Place) -> None:
        later = place.now + timedelta(days=20)
        services.change_nights(
            nights_id=place.nights.pk, fields=BEDS | {"capacity": 10}, first_day=place.day(0), last_day=None,
            by=place.member, now=later,
        )  # fmt: skip
        assert Offer.objects.get(pk=place.nights.offer_id).confirmed_at == later

    def test_they_are_taken_back_when_nobody_is_expected(self, place: Place) -> None:
        match = place.promised(1, 3)
        with pytest.raises(ValidationError, match="comptent sur ces places"):
            services.take_back(nights_id=place.nights.pk, by=place.member, now=place.now)
        with pytest.raises(ValidationError, match="comptent sur ces places"):
            services.close(shelter_id=place.shelter.pk, by=place.member, now=place.now)
        matching.cancel(match_id=match.pk, by=place.coordinator, now=place.now, reason="other")
        services.close(shelter_id=place.shelter.pk, by=place.member, now=place.now)
        assert Offer.objects.get(pk=place.nights.offer_id).state == OfferState.WITHDRAWN
        assert Shelter.objects.get().closed_at == place.now
        with pytest.raises(ValidationError, match="fermé"):
            services.add_nights(
                shelter_id=place.shelter.pk, fields=BEDS, first_day=place.day(0), last_day=None, by=place.member,
                now=place.now,
            )  # fmt: skip

    def test_a_place_that_moves_is_seen_again_and_its_nights_say_where_it_is(self, place: Place) -> None:
        services.change(
            shelter_id=place.shelter.pk, host=place.member, now=place.now, by=place.member,
            fields=place.said | {"name": "Salle Jaurès", "address": "1 place Jaurès"},
        )  # fmt: skip
        offer = Offer.objects.get(pk=place.nights.offer_id)
        assert (offer.title, offer.address, offer.vetted_at) == ("Salle Jaurès", "1 place Jaurès", None)

    def test_another_telephone_asks_for_no_visit(self, place: Place) -> None:
        services.change(
            shelter_id=place.shelter.pk, host=place.member, now=place.now, by=place.member,
            fields=place.said | {"phone": "+33388609090"},
        )  # fmt: skip
        assert Offer.objects.get(pk=place.nights.offer_id).vetted_at is not None


class TestShifts:
    def add(self, place: Place, **changes: Any) -> list[Need]:
        days = {"first_day": place.day(0), "last_day": place.day(13)}
        said = days | EVENINGS | changes
        return services.add_shifts(shelter_id=place.shelter.pk, by=place.member, now=place.now, **said)

    def test_each_volunteer_of_each_evening_is_a_need(self, place: Place) -> None:
        # From Monday on for a fortnight: two Tuesdays and two Thursdays, two people each.
        posted = self.add(place)
        assert len(posted) == 8 == Shift.objects.filter(shelter=place.shelter).count()
        need = posted[0]
        assert (need.first_day, need.last_day, need.slots) == (
            place.day(1),
            place.day(1),
            ["tue 19:00-22:00"],
        )
        assert (need.rhythm, need.quantity, need.organisation) == (Rhythm.ONCE, 3, place.organisation)
        assert need.title == "Accueil du soir · Gymnase des Tilleuls"

    def test_each_week_the_same_person(self, place: Place) -> None:
        posted = self.add(place, weekly=True)
        assert [(need.first_day, need.slots[0][:3]) for need in posted] == [
            *[(place.day(1), "tue")] * 2,
            *[(place.day(3), "thu")] * 2,
        ]
        assert {(need.last_day, need.rhythm) for need in posted} == {(place.day(13), Rhythm.WEEKLY)}

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"end_minute": 18 * 60}, "ends"),
            ({"weekdays": [2], "last_day": 0}, "weekdays"),
            ({"first_day": 3, "last_day": 1}, "last_day"),
            ({"volunteers": 10, "last_day": 60}, "__all__"),
            ({"first_day": -9, "last_day": -2}, "last_day"),
        ],
    )
    def test_what_makes_no_sense(self, place: Place, changes: dict[str, Any], field: str) -> None:
        said = {name: place.day(value) if name.endswith("_day") else value for name, value in changes.items()}
        with pytest.raises(ValidationError) as refusal:
            self.add(place, **said)
        words = refusal.value
        assert (set(words.message_dict) if hasattr(words, "error_dict") else {"__all__"}) == {field}
        assert not Need.objects.exists()

    def test_the_board_counts_who_comes(self, place: Place) -> None:
        self.add(place, weekdays=[1], last_day=place.day(6))
        due_offer(
            city=place.city, kind=Kind.SKILL, now=place.now, category=Category.RECEPTION, capacity=3,
            languages_from=[], languages_to=[], languages=["fr"], slots=["tue 18:00-23:00"],
        )  # fmt: skip
        drain(place.now)

        def board() -> list[presentation.Slot]:
            shifts = selectors.shifts_of(place.shelter, now=place.now)
            return presentation.slots(
                shifts, selectors.volunteers_of(shifts, today=place.day(0)), today=place.day(0)
            )

        (slot,) = board()
        assert (slot.wanted, slot.missing, slot.named) == (2, 2, [])
        assert slot.when == "mardi 10 mars, 19\u00a0h à 22\u00a0h"
        match, twin = Match.objects.order_by("pk")
        matching.propose(match_id=match.pk, by=place.coordinator, now=place.now)
        (slot,) = board()
        assert slot.missing == 2, "who is asked has not said yes"
        matching.accept(match_id=match.pk, by=match.offer.owner, now=place.now)
        matching.confirm(match_id=match.pk, by=place.member, now=place.now)
        (slot,) = board()
        assert (slot.wanted, slot.missing, [one.pk for one in slot.named]) == (2, 1, [match.pk])
        # Whoever has three hours a week is not there twice at once.
        with pytest.raises(NotPossible):
            matching.propose(match_id=twin.pk, by=place.coordinator, now=place.now)
