"""The desk: the town's list, visits and calls."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import ContactReading, User
from cities.models import City
from offers.models import OfferState
from tests.factories.accounts import CityRoleFactory
from tests.factories.offers import OfferFactory

TOWN = "/strasbourg/propositions/ville/"
SignIn = Callable[[User], Client]


def text_of(response: Any) -> str:
    return response.content.decode()


def test_the_desk_is_for_the_desk(city: City, citizen: User, client: Client) -> None:
    assert client.get(TOWN).status_code == 302
    for user in (
        citizen,
        CityRoleFactory(role="operator").user,
        CityRoleFactory(city=city, role="administrator").user,
    ):
        client.force_login(user)
        assert client.get(TOWN).status_code == 404
    for role in ("operator", "coordinator"):
        client.force_login(CityRoleFactory(city=city, role=role).user)
        assert client.get(TOWN).status_code == 200


# --- The list ------------------------------------------------------------------------------------------


def test_list_is_the_towns_own(city: City, operator: User, as_user: SignIn) -> None:
    here, elsewhere = OfferFactory(city=city), OfferFactory()
    page = text_of(as_user(operator).get(TOWN))
    assert here.reference in page
    assert elsewhere.reference not in page


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ({}, {"room", "bike", "lessons"}),
        ({"q": "vélo"}, {"bike"}),
        ({"q": "CAMILLE"}, {"room"}),
        ({"q": "strasb"}, {"room", "bike", "lessons"}),
        ({"category": "french_lessons"}, {"lessons"}),
        ({"state": "paused"}, {"bike"}),
        ({"q": "rien de tel"}, set()),
        ({"state": "nimporte"}, {"room", "bike", "lessons"}),
    ],
)
def test_search(city: City, operator: User, as_user: SignIn, search: dict[str, str], found: set[str]) -> None:
    offers = {
        "room": OfferFactory(city=city, owner__name="Camille"),
        "bike": OfferFactory(city=city, goods=True, category="bicycle", title="Vélo", state="paused"),
        "lessons": OfferFactory(city=city, skill=True),
    }
    page = text_of(as_user(operator).get(TOWN, search))
    assert {name for name, offer in offers.items() if offer.reference in page} == found


def test_search_by_reference(city: City, operator: User, as_user: SignIn) -> None:
    wanted, other = OfferFactory.create_batch(2, city=city)
    page = text_of(as_user(operator).get(TOWN, {"q": wanted.reference.lower()}))
    assert wanted.reference in page
    assert other.reference not in page


def test_fifty_a_page_and_the_search_goes_along(city: City, operator: User, as_user: SignIn) -> None:
    OfferFactory.create_batch(51, city=city)
    client = as_user(operator)
    page = text_of(client.get(TOWN, {"category": "shared_room"}))
    assert page.count('<th scope="row"') == 50
    assert "category=shared_room&amp;page=2" in page
    assert text_of(client.get(TOWN, {"page": "2"})).count('<th scope="row"') == 1


def test_list_costs_the_same_for_two_and_for_twenty(city: City, coordinator: User, as_user: SignIn) -> None:
    client = as_user(coordinator)
    OfferFactory.create_batch(2, city=city)
    client.get(TOWN)
    with CaptureQueriesContext(connection) as few:
        client.get(TOWN)
    OfferFactory.create_batch(18, city=city)
    with CaptureQueriesContext(connection) as many:
        assert text_of(client.get(TOWN)).count('<th scope="row"') == 20
    assert len(few) == len(many)


# --- Calls, visits, contacts ---------------------------------------------------------------------------


def test_phone_only_offers_wait_for_a_call_and_are_confirmed(
    city: City, operator: User, as_user: SignIn
) -> None:
    waiting = OfferFactory(city=city, owner__phone_only=True, unconfirmed=True)
    by_mail = OfferFactory(city=city, unconfirmed=True)
    client = as_user(operator)
    page = text_of(client.get(TOWN, {"vue": "appels"}))
    assert waiting.reference in page
    assert by_mail.reference not in page
    assert waiting.owner.phone.as_national not in page
    client.post(f"/strasbourg/propositions/{waiting.reference}/appel/", {"from": "list"})
    waiting.refresh_from_db()
    assert waiting.state == OfferState.ACTIVE
    assert waiting.changes.get().by == operator
    assert "Personne n’attend d’appel" in text_of(client.get(TOWN, {"vue": "appels"}))


def test_owner_does_not_confirm_by_the_desks_button(city: City, as_user: SignIn) -> None:
    offer = OfferFactory(city=city, unconfirmed=True)
    client = as_user(offer.owner)
    assert client.post(f"/strasbourg/propositions/{offer.reference}/appel/").status_code == 404
    offer.refresh_from_db()
    assert offer.state == OfferState.UNCONFIRMED


def test_a_coordinator_goes_on_to_the_visits_of_a_home(city: City, coordinator: User, client: Client) -> None:
    offer = OfferFactory(city=city)
    visits = f"/strasbourg/propositions/{offer.reference}/visites/"
    client.force_login(coordinator)
    page = client.get(TOWN).content.decode()
    assert visits in page
    assert "/strasbourg/bureau/visites/" in page
    offer.refresh_from_db()
    assert offer.vetted_at is None


def test_contact_is_shown_on_demand_and_the_reading_kept(city: City, operator: User, as_user: SignIn) -> None:
    offer = OfferFactory(city=city, owner__email="camille@exemple.fr", owner__phone="+33612345678")
    client = as_user(operator)
    here = f"/strasbourg/propositions/{offer.reference}/"
    assert "camille@exemple.fr" not in text_of(client.get(here))
    page = text_of(client.post(f"{here}contact/"))
    assert "camille@exemple.fr" in page
    assert "06 12 34 56 78" in page
    reading = ContactReading.objects.get(reason="offer")
    assert (reading.reader, reading.subject, reading.reference) == (operator, offer.owner, offer.reference)


def test_where_a_home_is_has_been_read_by_whoever_opens_its_page_and_by_its_owner_never(
    city: City, operator: User, as_user: SignIn
) -> None:
    offer, elsewhere = (
        OfferFactory(city=city, address="3 quai des Bateliers"),
        OfferFactory(city=city, address=""),
    )
    here = f"/strasbourg/propositions/{offer.reference}/"
    assert "3 quai des Bateliers" in text_of(as_user(offer.owner).get(here))
    as_user(operator).get(f"/strasbourg/propositions/{elsewhere.reference}/")
    assert not ContactReading.objects.exists()
    client = as_user(operator)
    # At work on it for a while: one look.
    for page in (here, f"{here}modifier/", here):
        assert "3 quai des Bateliers" in client.get(page).content.decode()
    reading = ContactReading.objects.get()
    assert (reading.reader, reading.subject, reading.reason) == (operator, offer.owner, "address")
    # To ask how to reach them is more, and noted as such.
    client.post(f"{here}contact/")
    assert [one.reason for one in ContactReading.objects.order_by("pk")] == ["address", "offer"]


def test_contact_is_not_shown_to_another_town(city: City, as_user: SignIn) -> None:
    offer = OfferFactory(city=city)
    client = as_user(CityRoleFactory(role="coordinator").user)
    assert client.post(f"/strasbourg/propositions/{offer.reference}/contact/").status_code == 404
    assert not ContactReading.objects.exists()
