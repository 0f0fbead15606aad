"""Associations that wait alert the desk, stand in its navigation, and say who they are."""

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError

from accounts import services as accounts
from accounts.models import Organisation
from cities.models import City
from notifications import delivery
from notifications.models import Message, MessageState
from tests.factories.accounts import CityRoleFactory, UserFactory, siret
from town import services
from town.services.associations import TOLD_WITHIN

from .conftest import NOW, Place

pytestmark = pytest.mark.django_db


def registered(place: Place, *, by=None, now=NOW, **more) -> Organisation:
    said = {"name": "Un lit, une lampe", "rna": "W671234567"} | more
    return accounts.register_organisation(
        city=place.city, by=by or UserFactory(name="Lou M."), now=now, **said
    )


def told() -> list[str]:
    mails = Message.objects.filter(event="association_waits").exclude(channel="inapp")
    return sorted(message.recipient.name for message in mails)


def test_each_coordinator_is_told_once_by_whatever_door_it_came(place: Place) -> None:
    CityRoleFactory(city=place.city, user__name="Karim S.")
    registered(place)
    for minutes in (1, 6):
        services.tell_of_waiting(by=None, now=NOW + timedelta(minutes=minutes))
    assert told() == ["Awa D.", "Karim S."]


def test_nobody_is_told_of_what_is_verified_or_has_waited_for_long(place: Place) -> None:
    accounts.verify_organisation(organisation=registered(place), by=place.coordinator, now=NOW)
    registered(place, rna="W671234568", now=NOW - TOLD_WITHIN)
    services.tell_of_waiting(by=None, now=NOW)
    assert told() == []


def decisions() -> list[tuple[str, str]]:
    said = Message.objects.filter(
        event__in=["association_verified", "association_suspended"], channel="email"
    )
    return [(message.event, message.recipient.name) for message in said.order_by("pk")]


def tell_of_decisions(now=NOW) -> int:
    return services.tell_of_decisions(by=None, now=now)


def test_an_association_is_told_of_each_decision_once_and_not_of_the_reason(place: Place) -> None:
    organisation = registered(place, by=UserFactory(name="Lou M.", email="lou@exemple.fr"))
    assert tell_of_decisions() == 0, "nothing is decided"
    accounts.verify_organisation(organisation=organisation, by=place.coordinator, now=NOW)
    for _minute in range(2):
        tell_of_decisions()
    assert decisions() == [("association_verified", "Lou M.")]
    accounts.suspend_organisation(
        organisation=organisation, reason="Numéro de quelqu’un d’autre", by=place.coordinator, now=NOW
    )
    City.objects.filter(pk=place.city.pk).update(phone="03 88 00 00 00")
    tell_of_decisions()
    assert decisions()[1:] == [("association_suspended", "Lou M.")]
    told = Message.objects.get(event="association_suspended", channel="email")
    assert "03 88 00 00 00" in told.body, "whom to ask why"
    assert "quelqu’un d’autre" not in told.title + told.body
    accounts.verify_organisation(organisation=organisation, by=place.coordinator, now=NOW)
    tell_of_decisions()
    assert decisions()[2:] == [("association_verified", "Lou M.")]


def test_nobody_is_told_of_an_old_decision_nor_of_their_own(place: Place) -> None:
    organisation = registered(place, by=place.coordinator)
    accounts.verify_organisation(organisation=organisation, by=place.coordinator, now=NOW)
    tell_of_decisions()
    assert decisions() == []
    accounts.set_member(
        user=(lou := UserFactory(email="lou@exemple.fr")),
        organisation=organisation, role="member", by=UserFactory(is_staff=True), now=NOW,
    )  # fmt: skip
    tell_of_decisions(NOW + TOLD_WITHIN)
    assert decisions() == []
    tell_of_decisions(NOW + TOLD_WITHIN - timedelta(minutes=1))
    assert decisions() == [("association_verified", lou.name)]


def test_a_decision_that_was_changed_before_the_message_left_is_not_told(place: Place, smtp_server) -> None:
    organisation = registered(place, by=UserFactory(email="lou@exemple.fr"))
    accounts.verify_organisation(organisation=organisation, by=place.coordinator, now=NOW)
    tell_of_decisions()
    accounts.suspend_organisation(organisation=organisation, reason="Erreur", by=place.coordinator, now=NOW)
    delivery.deliver_batch(channel="email", by=None, clock=lambda: NOW)
    assert not smtp_server.messages
    assert Message.objects.get(event="association_verified", channel="email").state == MessageState.MOOT


def test_what_was_verified_before_the_message_left_is_not_told(place: Place, smtp_server) -> None:
    organisation = registered(place)
    services.tell_of_waiting(by=None, now=NOW)
    accounts.verify_organisation(organisation=organisation, by=place.coordinator, now=NOW)
    delivery.deliver_batch(channel="email", by=None, clock=lambda: NOW)
    assert not smtp_server.messages
    assert Message.objects.get(event="association_waits", channel="email").state == MessageState.MOOT


def test_the_navigation_counts_those_that_wait(place: Place, client) -> None:
    client.force_login(place.coordinator)
    page = f"/{place.city.slug}/associations/"
    assert "tag--count" not in client.get(page).text.split("Associations</a>")[0].rpartition("<li>")[2]
    registered(place)
    in_navigation = client.get(page).text.split('aria-current="page"')[1].split("</a>")[0]
    assert ">1</span>" in " ".join(in_navigation.split())


def test_the_page_says_who_applied_and_leads_to_the_registers(place: Place, client) -> None:
    applicant = UserFactory(name="Lou M.", email="lou@exemple.fr")
    organisation = registered(place, by=applicant, siret=siret(3))
    other = UserFactory(name="Noé B.", email="noe@exemple.fr")
    organisation.memberships.create(user=other)
    EmailAddress.objects.create(user=other, email=other.email, verified=True)
    client.force_login(place.coordinator)
    page = " ".join(client.get(f"/{place.city.slug}/associations/").text.split())
    assert "https://www.journal-officiel.gouv.fr/pages/associations-recherche/?q=W671234567" in page
    assert f"https://annuaire-entreprises.data.gouv.fr/etablissement/{siret(3)}" in page
    applied, joined = page.split("<bdi>Lou M.</bdi>")[1].split("<bdi>Noé B.</bdi>")
    assert "responsable" in applied
    assert "a inscrit l’association" in applied
    assert "adresse e-mail non prouvée" in applied
    assert "a inscrit" not in joined
    assert "adresse e-mail prouvée" in joined
    assert "lou@exemple.fr" not in page  # an address is read on purpose, and noted


def test_a_suspension_says_why(place: Place) -> None:
    with pytest.raises(ValidationError, match="Dites pourquoi"):
        accounts.suspend_organisation(
            organisation=registered(place), reason=" ", by=place.coordinator, now=NOW
        )
