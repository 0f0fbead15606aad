"""What is promised in a place stays so, its beds are changed from its own page alone, and who has left has left."""

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client
from django.utils import timezone

from accounts.models import Organisation, User
from accounts.services import leave_all
from catalogue.vocabulary import Category, Household, Kind, Source, Urgency
from cities.days import local_day
from homes import selectors as homes
from matching import counted_on, tonight
from matching import services as matching
from matching.models import Match
from needs.models import Need
from offers import selectors as offers_read
from offers import services as offers
from offers.asking import remind_stale
from offers.models import Offer, OfferState
from privacy import contact, erasing, standing
from privacy.models import Erasure
from shelters import presentation, selectors, services
from shelters.models import Nights, Shelter, ShelterEdit, Shift
from shelters.services.nights import _stretched
from stays import selectors as stays
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.cities import CommuneFactory
from tests.factories.matching import drain, due_need, due_offer
from tests.shelters.conftest import BEDS, Make, Place
from town.selectors import likely_offer_doubles

EVENING: dict[str, Any] = {
    "title": "Accueil du soir", "category": Category.RECEPTION, "weekdays": range(7), "start_minute": 19 * 60,
    "end_minute": 22 * 60, "weekly": False,
}  # fmt: skip


def confirmed(place: Place, first: int = 1, last: int = 3, **fields: Any) -> Match:
    match = place.promised(first, last, **fields)
    matching.accept(match_id=match.pk, by=place.member, now=place.now)
    by = MembershipFactory(organisation=match.need.organisation).user
    return matching.confirm(match_id=match.pk, by=by, now=place.now)


def beds(place: Place, first: int = 0, last: int | None = None, **changes: Any) -> Nights:
    return services.change_nights(
        nights_id=place.nights.pk, fields=BEDS | changes, first_day=place.day(first),
        last_day=None if last is None else place.day(last), by=place.member, now=place.now,
    )  # fmt: skip


def more_beds(place: Place, **changes: Any) -> Nights:
    return services.add_nights(
        shelter_id=place.shelter.pk, first_day=place.day(0), last_day=None, by=place.member, now=place.now,
        **({"fields": BEDS} | changes),
    )  # fmt: skip


def corrected(place: Place, **changes: Any) -> Shelter:
    return services.change(
        shelter_id=place.shelter.pk,
        host=place.member,
        fields=place.said | changes,
        by=place.member,
        now=place.now,
    )


def shifts(place: Place, volunteers: int = 1, first: int = 0, last: int = 0, **changes: Any) -> list[Need]:
    return services.add_shifts(
        shelter_id=place.shelter.pk, volunteers=volunteers, first_day=place.day(first), last_day=place.day(last),
        by=place.member, now=place.now, **(EVENING | changes),
    )  # fmt: skip


def offer_of(place: Place) -> Offer:
    return Offer.objects.get(pk=place.nights.offer_id)


def suspend(place: Place) -> None:
    Organisation.objects.filter(pk=place.organisation.pk).update(state=Organisation.State.SUSPENDED)


def sweep(place: Place) -> int:
    return services.look_after(by=None, now=place.now)


class TestPromises:
    @pytest.mark.parametrize("changes", [{"accepts": [Household.WOMEN]}, {"longest_stay_days": 2}])
    def test_beds_are_not_for_others_while_somebody_counts_on_them(
        self, place: Place, changes: dict[str, Any]
    ) -> None:
        match = confirmed(place)
        with pytest.raises(ValidationError, match="comptent sur ces places"):
            beds(place, **changes)
        match.refresh_from_db()
        assert match.state == "confirmed"
        assert offer_of(place).accepts == []
        beds(place, accepts=[Household.FAMILIES, Household.COUPLES, Household.WOMEN], longest_stay_days=3)

    def test_a_place_moves_nowhere_whither_nobody_who_is_expected_can_come(self, place: Place) -> None:
        confirmed(place)
        far = CommuneFactory(insee="13055", name="Marseille", latitude=43.3, longitude=5.4)
        with pytest.raises(ValidationError, match="comptent sur ces places"):
            corrected(place, commune=far)
        assert Shelter.objects.get().commune == place.city.seat
        corrected(place, name="Salle Jaurès")

    def test_what_was_impossible_before_hinders_no_change(self, place: Place) -> None:
        confirmed(place)
        Offer.objects.filter(pk=place.nights.offer_id).update(longest_stay_days=2)
        beds(place, longest_stay_days=2, capacity=11)
        assert offer_of(place).capacity == 11

    @pytest.mark.parametrize(
        ("first", "last", "left"),
        [
            (12, None, [(12, None)]),  # from within the closed nights' end on
            (7, None, [(10, None)]),  # the first night that is left was closed: it stays so
            (0, 7, [(0, 4)]),
            (-2, 30, [(-2, 4), (10, 30)]),
            (5, 9, []),
        ],
    )
    def test_closed_nights_stay_closed(
        self, place: Place, first: int, last: int | None, left: list[tuple[int, int | None]]
    ) -> None:
        def days(periods: Any) -> Any:
            return [(place.day(a), None if b is None else place.day(b)) for a, b in periods]

        end = None if last is None else place.day(last)
        assert _stretched(days([(0, 4), (10, None)]), place.day(first), end) == days(left)

    def test_nothing_is_left_of_nights_that_are_all_closed(self, place: Place) -> None:
        services.close_some(
            nights_id=place.nights.pk,
            first_day=place.day(5),
            last_day=place.day(9),
            by=place.member,
            now=place.now,
        )
        with pytest.raises(ValidationError, match="Retirez plutôt"):
            beds(place, 6, 8)

    def test_a_day_that_is_too_far_is_said_so(self, place: Place) -> None:
        far = place.day(0).replace(year=9999, month=12, day=31)
        with pytest.raises(ValidationError, match="trop loin"):
            services.close_some(
                nights_id=place.nights.pk,
                first_day=place.day(1),
                last_day=far,
                by=place.member,
                now=place.now,
            )
        with pytest.raises(ValidationError, match="trop loin"):
            services.add_shifts(
                shelter_id=place.shelter.pk, volunteers=1, first_day=place.day(0), last_day=far, by=place.member,
                now=place.now, **EVENING,
            )  # fmt: skip


class TestWhoHoldsIt:
    def test_a_suspended_association_takes_in_nobody_and_its_beds_count_no_more(self, place: Place) -> None:
        match = confirmed(place)
        assert sweep(place) == 0
        suspend(place)
        assert sweep(place) == 1
        assert offer_of(place).state == OfferState.PAUSED
        assert stays.free_beds(place.city, [place.day(0)]) == []
        match.refresh_from_db()
        assert match.state == "confirmed", "who is promised a bed keeps it"
        with pytest.raises(ValidationError, match="pas vérifiée"):
            services.resume(nights_id=place.nights.pk, by=place.coordinator, now=place.now)
        place.organisation.refresh_from_db()
        Organisation.objects.filter(pk=place.organisation.pk).update(state=Organisation.State.VERIFIED)
        assert sweep(place) == 0
        assert offer_of(place).state == OfferState.PAUSED, "somebody says so"
        services.resume(nights_id=place.nights.pk, by=place.member, now=place.now)
        assert offer_of(place).state == OfferState.ACTIVE

    def test_an_incident_holds_the_whole_place_back(self, place: Place) -> None:
        more = more_beds(place)
        offers.freeze(offer_id=more.offer_id, by=place.coordinator, now=place.now, reason="")
        assert sweep(place) == 1
        assert offer_of(place).state == OfferState.PAUSED
        for act in (
            lambda: more_beds(place),
            lambda: services.see(shelter_id=place.shelter.pk, by=place.coordinator, now=place.now),
            lambda: services.resume(nights_id=place.nights.pk, by=place.member, now=place.now),
        ):
            with pytest.raises(ValidationError, match="suspendues"):
                act()
        # What is held back hinders no correction of the rest.
        corrected(place, name="Salle Jaurès")
        assert offer_of(place).title == "Salle Jaurès"

    def test_whoever_has_left_hands_the_place_to_the_association(self, place: Place) -> None:
        colleague = MembershipFactory(organisation=place.organisation).user
        leave_all(person=place.member, now=place.now)
        assert not selectors.may_host(place.shelter, place.coordinator).contains(place.member)
        assert sweep(place) == 1
        assert (Shelter.objects.get().host, offer_of(place).owner) == (colleague, colleague)
        edit = ShelterEdit.objects.latest("pk")
        assert (edit.by, edit.what["host"]) == (None, [place.member.pk, colleague.pk])
        assert sweep(place) == 0

    def test_where_nobody_is_left_the_page_asks_who_answers(self, client: Client, place: Place) -> None:
        leave_all(person=place.member, now=place.now)
        assert sweep(place) == 0
        client.force_login(place.coordinator)
        page = client.get(f"/{place.city.slug}/lieux/{place.shelter.pk}/").text
        assert "Personne ne répond plus pour ce lieu" in page

    def test_nobody_of_the_association_sees_the_place_for_the_town(self, place: Place) -> None:
        MembershipFactory(organisation=place.organisation, user=place.coordinator)
        with pytest.raises(PermissionDenied):
            services.see(shelter_id=place.shelter.pk, by=place.coordinator, now=place.now)

    def test_no_lone_minor_sleeps_there(self, place: Place) -> None:
        fields = BEDS | {"accepts": [Household.LONE_MINORS]}
        with pytest.raises(ValidationError, match="mineur isolé"):
            beds(place, accepts=[Household.LONE_MINORS])
        with pytest.raises(ValidationError, match="mineur isolé"):
            more_beds(place, fields=fields)

    def test_whoever_answers_for_a_place_names_another_before_their_data_go(self, place: Place) -> None:
        MembershipFactory(organisation=place.organisation, role="manager")
        place.member.memberships.all().delete()
        (part,) = standing.parts([place.member])
        assert (part.what, part.first) == ("Gymnase des Tilleuls", "Nommez d’abord qui répond pour le lieu.")
        with pytest.raises(erasing.HasParts):
            erasing.ask(person=place.member, how=Erasure.How.OWN, by=place.member, now=place.now)
        offers.pause(offer_id=place.nights.offer_id, by=place.member, now=place.now, of_place=True)
        counted = User.objects.filter(contact.counted_on(place.now))
        assert counted.contains(place.member), "silence is no reason either"
        services.close(shelter_id=place.shelter.pk, by=place.coordinator, now=place.now)
        assert standing.parts([place.member]) == []


class TestItsOwnPage:
    def test_the_offer_s_own_pages_write_nothing_of_it(self, client: Client, place: Place) -> None:
        offer, by = place.nights.offer, place.member
        Offer.objects.filter(pk=offer.pk).update(reminded_at=place.now)
        ids: dict[str, Any] = {"offer_id": offer.pk, "by": by, "now": place.now}
        for act in (
            lambda: counted_on.change_offer(fields={"capacity": 1}, windows=None, read=counted_on.ALL, **ids),
            lambda: counted_on.withdraw_offer(read=counted_on.ALL, **ids),
            lambda: offers.pause(**ids),
            lambda: offers.pause_until(last_day=place.day(3), **ids),
            lambda: offers.resume(**ids),
            lambda: offers.reconfirm(**ids),
            lambda: offers.revive(**ids),
        ):
            with pytest.raises(ValidationError) as refusal:
                act()
            assert refusal.value.code == "place"
        assert not any(vars_of(offers_read.possible(offer)))
        offer.refresh_from_db()
        assert not offers_read.is_asked(offer)
        client.force_login(by)
        page = client.get(f"/{place.city.slug}/propositions/{offer.reference}/").text
        path = f"/{place.city.slug}/lieux/de/{offer.reference}/"
        assert path in page
        assert "Visite de votre logement" not in page
        assert client.get(path).url == f"/{place.city.slug}/lieux/{place.shelter.pk}/"
        client.force_login(UserFactory())
        assert client.get(path).status_code == 404

    def test_nobody_enters_a_place_as_an_offer(self, place: Place) -> None:
        fields = {
            "kind": Kind.HOUSING, "category": Category.COLLECTIVE_PLACE, "title": "Gymnase", "capacity": 4,
            "commune": place.city.seat, "address": "1 rue",
        }  # fmt: skip
        with pytest.raises(ValidationError, match="Lieux collectifs") as refusal:
            offers.register(
                city=place.city, owner=place.member, fields=fields, windows=[(place.day(0), None)],
                source=Source.API, contact_proven=True, by=place.member, now=place.now,
            )  # fmt: skip
        assert set(refusal.value.message_dict) == {"category"}
        room = due_offer(city=place.city, now=place.now)
        with pytest.raises(ValidationError, match="Lieux collectifs"):
            offers.change(
                offer_id=room.pk, fields={"category": Category.COLLECTIVE_PLACE}, windows=None, by=room.owner,
                now=place.now,
            )  # fmt: skip

    def test_a_host_s_extract_is_asked_for_whatever_the_form(self, place: Place) -> None:
        assert homes.needs_extract(place.nights.offer)

    def test_its_rows_are_no_doubles_no_homes_to_visit_and_never_stale(self, place: Place) -> None:
        more_beds(place)
        assert likely_offer_doubles(place.city) == []
        offer = place.nights.offer
        fields = {"category": offer.category, "address": offer.address, "commune": offer.commune}
        assert offers_read.doubles(place.coordinator, place.city, owner=place.member, fields=fields) == []
        unseen = Offer.objects.filter(city=place.city, vetted_at=None)
        assert unseen.exists()
        assert not offers_read.to_visit(unseen).exists()
        assert not homes.to_plan(place.coordinator, place.city).exists()
        Offer.objects.update(confirmed_at=place.now.replace(year=place.now.year - 1))
        assert remind_stale(city=place.city, by=None, now=place.now) == 0
        assert offers.expire_stale(city=place.city, by=None, now=place.now) == 0

    def test_beds_that_nobody_has_seen_are_not_free(self, place: Place) -> None:
        more_beds(place)
        night = presentation.nights(selectors.nights_of(place.shelter), [], [place.day(0)])[0]
        assert night.free == 12

    def test_what_is_set_aside_is_taken_up_from_the_page(self, client: Client, place: Place) -> None:
        offers.pause(offer_id=place.nights.offer_id, by=None, now=place.now, of_place=True)
        client.force_login(place.member)
        path = f"/{place.city.slug}/lieux/places/{place.nights.pk}/reprendre/"
        assert path in client.get(f"/{place.city.slug}/lieux/{place.shelter.pk}/").text
        client.post(path)
        assert offer_of(place).state == OfferState.ACTIVE
        Offer.objects.update(state=OfferState.EXPIRED)
        client.post(path)
        assert offer_of(place).state == OfferState.ACTIVE

    def test_the_open_places_come_first_in_few_queries(
        self, client: Client, make: Make, django_assert_max_num_queries: Any
    ) -> None:
        place = make(timezone.now())
        others = [
            services.found(
                city=place.city, organisation=place.organisation, fields=place.said | {"name": name}, by=place.member,
                now=place.now,
            )
            for name in ("Accueil A", "Salle Z")
        ]  # fmt: skip
        services.close(shelter_id=others[0].pk, by=place.member, now=place.now)
        found = list(selectors.shelters_of(place.member, place.city))
        assert [one.name for one in found] == ["Gymnase des Tilleuls", "Salle Z", "Accueil A"]
        with django_assert_max_num_queries(3):
            lines = presentation.lines(found, today=local_day(place.now, place.city))
        assert [line["tonight"].free for line in lines] == [12, 0, 0]  # type: ignore[attr-defined]


class TestVolunteers:
    def test_a_place_that_is_renamed_renames_its_shifts_and_moves_the_open_ones(self, place: Place) -> None:
        open_one, met = shifts(place, 2, 1, 1)
        Need.objects.filter(pk=met.pk).update(state="met")
        commune = CommuneFactory(insee="67043", name="Bischheim")
        corrected(place, name="Salle Jaurès", commune=commune)
        open_one.refresh_from_db()
        met.refresh_from_db()
        assert (open_one.title, open_one.commune) == ("Accueil du soir · Salle Jaurès", commune)
        assert met.title == "Accueil du soir · Salle Jaurès"
        assert (met.state, met.commune) == ("met", place.city.seat)
        (edit,) = met.edits.all()
        assert (list(edit.what), edit.by) == (["title"], place.member)
        gone, over = shifts(place, 2, 1, 1)
        Need.objects.filter(pk=gone.pk).update(state="withdrawn")
        Need.objects.filter(pk=over.pk).update(state="expired")
        corrected(place, name="Salle Jaurès bis", commune=commune)
        gone.refresh_from_db()
        assert gone.title == "Accueil du soir · Salle Jaurès"

    def test_a_shift_is_full_when_its_needs_are_met(self, place: Place) -> None:
        shifts(place, 2, 1, 1)
        rows = selectors.shifts_of(place.shelter, now=place.now)
        rows[0].need.state = "met"
        (slot,) = presentation.slots(rows, [], today=place.day(0))
        assert (slot.found, slot.missing, slot.named) == (1, 1, [])

    def test_a_shift_of_today_rings_with_nobody(self, place: Place) -> None:
        (need,) = shifts(place)
        assert need not in tonight.waiting(now=place.now)
        Need.objects.filter(pk=need.pk).update(urgency=Urgency.TONIGHT)
        assert need in tonight.waiting(now=place.now)
        home = due_need(city=place.city, now=place.now, first_day=place.day(0), last_day=place.day(1))
        assert home in tonight.waiting(now=place.now)

    def test_a_page_sent_twice_asks_once(self, place: Place) -> None:
        first = shifts(place, 2, key="a")
        assert shifts(place, 2, key="a") == first
        assert (Shift.objects.count(), len(shifts(place, 2, key="b"))) == (2, 2)
        row = more_beds(place, key="a")
        assert more_beds(place, key="a") == row
        assert Nights.objects.filter(shelter=place.shelter).count() == 2

    def test_the_pages_carry_such_a_key(self, client: Client, place: Place) -> None:
        client.force_login(place.member)
        for page in ("places", "benevoles"):
            answer = client.get(f"/{place.city.slug}/lieux/{place.shelter.pk}/{page}/")
            assert answer.context["form"]["form_key"].value()
            assert 'type="hidden" name="form_key"' in answer.text

    def test_of_a_suspended_association_nobody_reads_who_comes(self, client: Client, make: Make) -> None:
        place = make(timezone.now())
        shifts(place, 1, 1, 1)
        due_offer(
            city=place.city, kind=Kind.SKILL, now=place.now, category=Category.RECEPTION, capacity=3,
            languages_from=[], languages_to=[], languages=["fr"], owner__name="Bénédicte A.",
        )  # fmt: skip
        drain(place.now)
        match = Match.objects.get()
        matching.propose(match_id=match.pk, by=place.coordinator, now=place.now)
        matching.accept(match_id=match.pk, by=match.offer.owner, now=place.now)
        matching.confirm(match_id=match.pk, by=place.member, now=place.now)
        suspend(place)
        for reader, reads in ((place.member, False), (place.coordinator, True)):
            client.force_login(reader)
            page = client.get(f"/{place.city.slug}/lieux/{place.shelter.pk}/").text
            assert ("Bénédicte" in page) == reads

    def test_who_lost_their_home_is_to_be_rehoused_also_of_a_suspended_association(
        self, place: Place
    ) -> None:
        match = confirmed(place)
        matching.cancel(match_id=match.pk, by=place.coordinator, now=place.now, reason="other")
        Organisation.objects.filter(pk=match.need.organisation_id).update(state="suspended")
        assert list(stays.to_rehouse(place.coordinator, place.city, place.day(2))) == [match.need]


def vars_of(possible: offers_read.Possible) -> list[bool]:
    return [getattr(possible, name) for name in possible.__slots__]
