"""The desk: entering for somebody on the line, the town's list, visits and calls."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Consent, ContactReading, User
from catalogue.vocabulary import Source
from cities.models import City
from offers.models import Offer, OfferState
from tests.factories.accounts import CityRoleFactory, UserFactory
from tests.factories.offers import OfferFactory

ENTER = "/strasbourg/propositions/saisir/"
TOWN = "/strasbourg/propositions/ville/"
SignIn = Callable[[User], Client]


def text_of(response: Any) -> str:
    return response.content.decode()


@pytest.fixture
def call(today: date) -> Callable[..., dict[str, Any]]:
    def said(nature: str = "housing", **changes: Any) -> dict[str, Any]:
        answers: dict[str, Any] = {
            "nature": nature,
            "key": "one-call",
            "phone": "06 12 34 56 78",
            "name": "Mme Martin",
            "commune": "Strasbourg",
            "first_day": today.isoformat(),
            "open_ended": "on",
            "consent": "on",
        }
        answers |= {
            "housing": {
                "category": "shared_room",
                "capacity": "2",
                "notice_days": "0",
                "longest_stay_days": "",
            },
            "goods": {
                "item": "vélo",
                "capacity": "1",
                "reach_km": "0",
                "condition": "good",
                "hand_over": "collected",
            },
            "skill": {"category": "french_lessons", "capacity": "2", "reach_km": "5", "languages": ["fr"]},
        }[nature]
        return {name: value for name, value in (answers | changes).items() if value is not None}

    return said


# --- Entering for a caller -----------------------------------------------------------------------------


@pytest.mark.parametrize("nature", ["housing", "goods", "skill"])
def test_operator_enters_what_a_caller_says(
    city: City, operator: User, as_user: SignIn, call: Callable[..., dict[str, Any]], nature: str
) -> None:
    client = as_user(operator)
    assert client.get(ENTER, {"nature": nature}).status_code == 200
    response = client.post(ENTER, call(nature))
    assert response.status_code == 302, response.context["form"].errors
    offer = Offer.objects.get()
    assert (offer.kind, offer.state, offer.source) == (nature, OfferState.ACTIVE, Source.PHONE)
    assert (offer.entered_by, offer.owner.name) == (operator, "Mme Martin")
    assert str(offer.owner.phone) == "+33612345678"
    assert offer.title.endswith("Strasbourg")
    consent = Consent.objects.get()
    assert (consent.how, consent.recorded_by, consent.user) == ("phone", operator, offer.owner)
    assert offer.reference in text_of(client.get(response["Location"]))


def test_call_sent_twice_is_one_offer(
    city: City, operator: User, as_user: SignIn, call: Callable[..., dict[str, Any]]
) -> None:
    client = as_user(operator)
    client.post(ENTER, call())
    client.post(ENTER, call(not_a_duplicate="on"))
    assert Offer.objects.count() == 1
    client.post(ENTER, call(key="another-call", not_a_duplicate="on"))
    assert Offer.objects.count() == 2


def test_known_caller_is_found_by_number_and_the_reading_kept(
    city: City, operator: User, as_user: SignIn, call: Callable[..., dict[str, Any]]
) -> None:
    martin = UserFactory(phone="+33612345678", email=None, name="Mme Martin")
    offer = OfferFactory(city=city, owner=martin)
    elsewhere = OfferFactory(owner=martin)
    client = as_user(operator)
    response = client.post(ENTER, call(look_up="1", name="", text="La chambre est au fond"))
    page = text_of(response)
    assert response.status_code == 200
    assert "Mme Martin" in page
    assert offer.reference in page
    assert elsewhere.reference not in page
    assert "La chambre est au fond" in page
    assert not response.context["form"].errors
    assert ContactReading.objects.get().subject == martin


def test_unknown_caller_is_said_to_be_unknown(
    city: City, operator: User, as_user: SignIn, call: Callable[..., dict[str, Any]]
) -> None:
    page = text_of(as_user(operator).post(ENTER, call(look_up="1")))
    assert "Personne n’est connu" in page


def test_the_same_thing_again_asks_first(
    city: City, operator: User, as_user: SignIn, call: Callable[..., dict[str, Any]]
) -> None:
    martin = UserFactory(phone="+33612345678", email=None, name="Mme Martin")
    OfferFactory(city=city, owner=martin)
    client = as_user(operator)
    response = client.post(ENTER, call())
    assert response.status_code == 422
    assert "not_a_duplicate" in response.context["form"].errors
    assert client.post(ENTER, call(not_a_duplicate="on")).status_code == 302
    assert client.post(ENTER, call("goods", key="k2")).status_code == 302
    assert Offer.objects.filter(owner=martin).count() == 3


def test_changing_the_kind_keeps_what_was_typed(
    city: City, operator: User, as_user: SignIn, call: Callable[..., dict[str, Any]]
) -> None:
    response = as_user(operator).post(ENTER, call(switch="skill", text="Le mardi", name=""))
    page = text_of(response)
    assert response.status_code == 200
    assert "06 12 34 56 78" in page
    assert "Le mardi" in page
    assert "Cours de français" in page
    assert not response.context["form"].errors


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"phone": "12"}, "phone"),
        ({"phone": "", "email": ""}, "email"),
        ({"email": "nulle part"}, "email"),
        ({"name": ""}, "name"),
        ({"category": ""}, "category"),
        ({"capacity": "0"}, "capacity"),
        ({"commune": "Nullepart"}, "commune"),
        ({"first_day": "2020-01-01"}, "first_day"),
        ({"open_ended": None}, "last_day"),
        ({"consent": None}, "consent"),
    ],
)
def test_wrong_entry_is_explained_and_kept(
    city: City,
    operator: User,
    as_user: SignIn,
    call: Callable[..., dict[str, Any]],
    changes: dict[str, Any],
    field: str,
) -> None:
    response = as_user(operator).post(ENTER, call(**changes, text="Ce qu’elle a dit"))
    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    assert "Ce qu’elle a dit" in text_of(response)
    assert not Offer.objects.exists()


def test_interpreter_needs_languages_on_the_long_page_too(
    city: City, operator: User, as_user: SignIn, call: Callable[..., dict[str, Any]]
) -> None:
    client = as_user(operator)
    response = client.post(ENTER, call("skill", category="interpreting"))
    assert set(response.context["form"].errors) == {"languages_from", "languages_to"}
    client.post(ENTER, call("skill", category="interpreting", languages_from=["ti"], languages_to=["fr"]))
    assert Offer.objects.get().languages == ["fr", "ti"]


@pytest.mark.parametrize("page", [ENTER, TOWN])
def test_the_desk_is_for_the_desk(city: City, citizen: User, client: Client, page: str) -> None:
    assert client.get(page).status_code == 302
    for user in (
        citizen,
        CityRoleFactory(role="operator").user,
        CityRoleFactory(city=city, role="administrator").user,
    ):
        client.force_login(user)
        assert client.get(page).status_code == 404
    for role in ("operator", "coordinator"):
        client.force_login(CityRoleFactory(city=city, role=role).user)
        assert client.get(page).status_code == 200


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


def test_a_coordinator_goes_on_to_the_visits_of_a_home_and_an_operator_cannot(
    city: City, operator: User, coordinator: User, client: Client
) -> None:
    offer = OfferFactory(city=city)
    here = f"/strasbourg/propositions/{offer.reference}/visite/"
    visits = f"/strasbourg/propositions/{offer.reference}/visites/"
    client.force_login(operator)
    assert client.post(here).status_code == 404
    client.force_login(offer.owner)
    assert client.post(here).status_code == 404
    client.force_login(coordinator)
    page = client.get(TOWN).content.decode()
    assert visits in page
    assert "/strasbourg/bureau/visites/" in page
    assert client.post(here)["Location"] == visits
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
    reading = ContactReading.objects.get()
    assert (reading.reader, reading.subject, reading.reference) == (operator, offer.owner, offer.reference)


def test_contact_is_not_shown_to_another_town(city: City, as_user: SignIn) -> None:
    offer = OfferFactory(city=city)
    client = as_user(CityRoleFactory(role="coordinator").user)
    assert client.post(f"/strasbourg/propositions/{offer.reference}/contact/").status_code == 404
    assert not ContactReading.objects.exists()
