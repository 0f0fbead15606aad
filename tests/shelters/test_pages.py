"""The pages of a place: what is entered and changed from them, what they tell whom, and the desk's two pages."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import ContactReading, User
from catalogue.vocabulary import Category, Kind
from matching import services as matching
from matching.arrivals import arrival
from matching.lifecycle import Reason
from matching.messages import to_people
from matching.messages.phrases import arrival_lines
from matching.models import Match
from needs.models import Need
from notifications.models import Message
from offers.models import Offer
from shelters import services
from shelters.models import Nights, Shelter
from tests.factories.accounts import MembershipFactory, OrganisationFactory
from tests.factories.cities import CommuneFactory
from tests.factories.matching import drain, due_need, due_offer
from tests.shelters.conftest import Make, Place


@pytest.fixture
def place(make: Make) -> Place:
    return make(timezone.now())


def shown(client: Client, place: Place, path: str, by: User) -> str:
    client.force_login(by)
    answer = client.get(f"/{place.city.slug}/{path}")
    assert answer.status_code == 200, answer.status_code
    return normal(answer.text)


def normal(text: str) -> str:
    return " ".join(text.split())


def posted(client: Client, place: Place, path: str, by: User, **said: Any) -> Any:
    client.force_login(by)
    return client.post(f"/{place.city.slug}/{path}", said)


def confirmed(place: Place, **fields: Any) -> Match:
    match = place.promised(0, 2, **fields)
    matching.accept(match_id=match.pk, by=place.member, now=place.now)
    # Whoever speaks for the need: a member of its association.
    by = MembershipFactory(organisation=match.need.organisation).user
    matching.confirm(match_id=match.pk, by=by, now=place.now)
    match.refresh_from_db()
    return match


class TestArriving:
    """Hours, rules and the telephone on the spot are told with the contact, and as late as it."""

    TOLD = ("de 18 h à 21 h", "03 88 60 90 90", "Ni alcool ni visites.")

    @pytest.fixture
    def known(self, place: Place) -> Place:
        said = {**place.said, "phone": "+33388609090", "rules": "Ni alcool ni visites."}
        services.change(
            shelter_id=place.shelter.pk, host=place.member, fields=said, by=place.member, now=place.now
        )
        return place

    def test_whoever_asked_reads_them_from_the_confirmation_on(self, client: Client, known: Place) -> None:
        match = known.promised(0, 2)
        matching.accept(match_id=match.pk, by=known.member, now=known.now)
        by = MembershipFactory(organisation=match.need.organisation).user
        page = shown(client, known, f"demandes/{match.pk}/", by)
        assert not any(part in page for part in self.TOLD)
        matching.confirm(match_id=match.pk, by=by, now=known.now)
        page = shown(client, known, f"demandes/{match.pk}/", by)
        assert all(part in page for part in self.TOLD)
        client.force_login(MembershipFactory(organisation__city=known.city, organisation__verified=True).user)
        assert client.get(f"/{known.city.slug}/demandes/{match.pk}/").status_code == 404

    def test_the_message_on_confirmation_says_them(self, known: Place) -> None:
        match = confirmed(known)
        told = Message.objects.filter(event="match_confirmed", subject_key=f"match:{match.pk}")
        bodies = {message.recipient == known.member: normal(message.body) for message in told}
        assert all(part in bodies[False] for part in self.TOLD)
        assert not any(part in bodies[True] for part in self.TOLD[1:])

    def test_a_place_that_says_nothing_leaves_no_empty_line(self, known: Place) -> None:
        said = {**known.said, "arrives_from": None, "arrives_until": None, "phone": "", "rules": ""}
        services.change(
            shelter_id=known.shelter.pk, host=known.member, fields=said, by=known.member, now=known.now
        )
        match = confirmed(known)
        assert arrival_lines(match) == ""
        assert "\n\n\n" not in to_people.citizens_contact(match, known.coordinator).body

    def test_of_a_home_nobody_is_asked(self, known: Place, django_assert_num_queries: Any) -> None:
        home = due_offer(city=known.city, now=known.now)
        match = Match(offer=home)
        with django_assert_num_queries(0):
            assert arrival(match) is None


class TestEntering:
    def test_a_place_its_beds_and_its_evenings(self, client: Client, place: Place) -> None:
        seat = CommuneFactory(name="Bischheim")
        answer = posted(
            client, place, "lieux/nouveau/", place.member, name="Salle Jaurès", organisation=place.organisation.pk,
            commune=seat.label, address="1 place Jaurès", phone="03 88 60 90 90", arrives_from="18:00",
            arrives_until="21:00", rules="",
        )  # fmt: skip
        shelter = Shelter.objects.exclude(pk=place.shelter.pk).get()
        assert answer.url == f"/{place.city.slug}/lieux/{shelter.pk}/places/"
        posted(
            client, place, f"lieux/{shelter.pk}/places/", place.member, capacity="8", first_day=place.day(0),
            last_day="", accepts=["women"], longest_stay_days="", step_free="on",
        )  # fmt: skip
        offer = Nights.objects.get(shelter=shelter).offer
        assert (offer.capacity, offer.accepts, offer.step_free, offer.longest_stay_days) == (
            8,
            ["women"],
            True,
            None,
        )
        posted(
            client, place, f"lieux/{shelter.pk}/benevoles/", place.member, title="Accueil", category="reception",
            weekdays=[str(n) for n in range(7)], starts="21:00", ends="00:00", volunteers="2",
            first_day=place.day(1), last_day=place.day(2), rhythm="once",
        )  # fmt: skip
        assert [need.slots[0][4:] for need in Need.objects.all()] == ["21:00-24:00"] * 4

    def test_hours_are_both_or_neither(self, client: Client, place: Place) -> None:
        answer = posted(
            client, place, f"lieux/{place.shelter.pk}/modifier/", place.member, name="Gymnase", host=place.member.pk,
            commune=place.city.seat.label, address="1 rue", arrives_from="18:00",
        )  # fmt: skip
        assert answer.status_code == 422
        assert "à partir de quelle heure" in answer.text

    def test_what_is_refused_stands_beside_its_field(self, client: Client, place: Place) -> None:
        place.promised(0, 2)
        said = {"capacity": "2", "first_day": place.day(0), "last_day": ""}
        answer = posted(client, place, f"lieux/places/{place.nights.pk}/", place.member, **said)
        assert answer.status_code == 422
        assert "comptent sur ces places" in str(answer.context["form"].errors["capacity"])
        answer = posted(
            client, place, f"lieux/places/{place.nights.pk}/fermer/", place.member,
            **{"closed-first_day": place.day(1), "closed-last_day": place.day(1)},
        )  # fmt: skip
        assert answer.status_code == 422
        assert Offer.objects.get(pk=place.nights.offer_id).capacity == 12

    def test_the_town_sees_it_with_one_tap(self, client: Client, place: Place) -> None:
        Offer.objects.update(vetted_at=None, vetted_by=None)
        path = f"lieux/{place.shelter.pk}/"
        assert "Le lieu est vu" not in shown(client, place, path, place.member)
        assert "Le lieu est vu" in shown(client, place, path, place.coordinator)
        posted(client, place, f"{path}vu/", place.coordinator)
        assert Offer.objects.get(pk=place.nights.offer_id).vetted_by == place.coordinator

    def test_a_suspended_association_reads_its_place_and_changes_nothing(
        self, client: Client, place: Place
    ) -> None:
        type(place.organisation).objects.update(state="suspended")
        page = shown(client, place, f"lieux/{place.shelter.pk}/", place.member)
        assert "Ajouter des places" not in page
        assert client.get(f"/{place.city.slug}/lieux/{place.shelter.pk}/places/").status_code == 404
        assert "Ajouter des places" in shown(client, place, f"lieux/{place.shelter.pk}/", place.coordinator)


class TestBoard:
    def test_tonight_is_counted_and_who_sleeps_there_has_no_name(self, client: Client, place: Place) -> None:
        match = confirmed(place)
        place.promised(0, 1)
        page = shown(client, place, f"lieux/{place.shelter.pk}/", place.member)
        assert "12 places · 3 prises · 3 demandées · <strong> 6 libres </strong>" in page
        assert f"/accueils/{match.pk}/" in page, "whoever answers notes there who came"
        colleague = MembershipFactory(organisation=place.organisation).user
        page = shown(client, place, f"lieux/{place.shelter.pk}/", colleague)
        assert "3 personnes" in page
        assert f"/accueils/{match.pk}/" not in page
        assert match.need.reference not in page
        assert str(match.need.organisation) not in page
        assert "6 places libres ce soir" in shown(client, place, "lieux/", colleague)

    def test_the_name_of_who_comes_is_read_once_in_a_while_and_that_is_kept(
        self, client: Client, place: Place
    ) -> None:
        days = {"first_day": place.day(1), "last_day": place.day(1)}
        services.add_shifts(
            shelter_id=place.shelter.pk, title="Accueil du soir", category=Category.RECEPTION, weekdays=range(7),
            start_minute=1140, end_minute=1320, volunteers=1, weekly=False, by=place.member, now=place.now, **days,
        )  # fmt: skip
        due_offer(
            city=place.city, kind=Kind.SKILL, now=place.now, category=Category.RECEPTION, capacity=3,
            languages_from=[], languages_to=[], languages=["fr"], owner__name="Bénédicte A.",
        )  # fmt: skip
        drain(place.now)
        match = Match.objects.get()
        path = f"lieux/{place.shelter.pk}/"
        matching.propose(match_id=match.pk, by=place.coordinator, now=place.now)
        page = shown(client, place, path, place.member)
        assert "Bénédicte" not in page, "who is only asked is not named"
        assert "Il manque 1 personne" in page
        matching.accept(match_id=match.pk, by=match.offer.owner, now=place.now)
        matching.confirm(match_id=match.pk, by=place.member, now=place.now)
        for _again in range(2):
            page = shown(client, place, path, place.member)
        assert "Bénédicte" in page
        assert "Bénévoles trouvés : 1 sur 1" in page
        reading = ContactReading.objects.get(reason="shift")
        assert (reading.reader, reading.subject) == (place.member, match.offer.owner)

    def test_another_association_has_no_such_page(self, client: Client, place: Place) -> None:
        other = MembershipFactory(organisation=OrganisationFactory(city=place.city, verified=True)).user
        client.force_login(other)
        assert client.get(f"/{place.city.slug}/lieux/{place.shelter.pk}/").status_code == 404
        assert "Gymnase" not in shown(client, place, "lieux/", other)


class TestDesk:
    def test_beds_free_in_homes_and_places_together_told_apart(self, client: Client, place: Place) -> None:
        due_offer(city=place.city, now=place.now, windows=[(place.day(0), None)])
        confirmed(place)
        page = shown(client, place, "accueils/libres/", place.coordinator)
        assert "Lieu collectif" in page
        assert "Gymnase des Tilleuls" in page
        rows = client.get(f"/{place.city.slug}/accueils/libres/").context["rows"]
        assert [(row.place, row.beds[0]) for row in rows] == [("", 3), ("Gymnase des Tilleuls", 9)]

    def test_who_sleeps_in_a_place_is_told_apart(self, client: Client, place: Place) -> None:
        confirmed(place)
        page = shown(client, place, "accueils/", place.coordinator)
        assert "Lieu collectif" in page
        assert "Gymnase des Tilleuls" in page

    def test_who_is_to_be_rehoused_is_marked_with_their_case(self, client: Client, place: Place) -> None:
        match = confirmed(place)
        case = f"/bureau/{match.need.reference}/"
        assert "À reloger" not in shown(client, place, "accueils/", place.coordinator)
        Match.objects.filter(pk=match.pk).update(rehouse_from=place.day(0))
        page = shown(client, place, "accueils/", place.coordinator)
        assert "À reloger" in page
        assert case in page

    def test_who_lost_their_home_stands_there_until_they_have_another(
        self, client: Client, place: Place
    ) -> None:
        match = confirmed(place)
        matching.cancel(match_id=match.pk, by=place.member, now=place.now, reason=Reason.OTHER)
        # A need that never had a home waits in the queue, not here.
        never = due_need(
            city=place.city,
            now=place.now,
            first_day=place.day(0),
            last_day=place.day(2),
            shared_home_ok=False,
        )
        # Nor does one for which a home was only asked.
        asked = place.promised(0, 2)
        matching.cancel(match_id=asked.pk, by=place.coordinator, now=place.now, reason=Reason.OTHER)
        page = shown(client, place, "accueils/", place.coordinator)
        assert asked.need.reference not in page
        assert "Sans logement cette nuit-là" in page
        assert match.need.reference in page
        assert never.reference not in page
        yesterday = place.day(0) - timedelta(days=1)
        assert "Sans logement" not in shown(client, place, f"accueils/?nuit={yesterday}", place.coordinator)
        home = due_offer(city=place.city, now=place.now, windows=[(place.day(0), None)])
        drain(place.now)
        other = Match.objects.get(need=match.need, offer=home)
        matching.propose(match_id=other.pk, by=place.coordinator, now=place.now)
        matching.accept(match_id=other.pk, by=home.owner, now=place.now)
        matching.confirm(
            match_id=other.pk, by=MembershipFactory(organisation=match.need.organisation).user, now=place.now
        )
        assert "Sans logement" not in shown(client, place, "accueils/", place.coordinator)
