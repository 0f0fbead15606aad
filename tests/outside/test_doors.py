"""Whatever door an offer comes by, its address is a point where the geocoder is on, and the commune's centre else."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from cities.models import City
from offers.locating import located
from offers.models import Offer
from tests.callers.test_enter import ENTER
from tests.factories.accounts import ApiTokenFactory
from tests.factories.cities import CommuneFactory
from tests.factories.offers import OfferFactory
from tests.http_server import HttpServer
from tests.outside.conftest import POINT, Answering, feature, question

pytestmark = pytest.mark.django_db

CENTRE = (48.5734, 7.7521)
OTHER = (7.76, 48.59)
SignIn = Callable[[User], Client]


def point(offer: Offer | None = None) -> tuple[float, float]:
    offer = Offer.objects.get() if offer is None else Offer.objects.get(pk=offer.pk)
    return offer.latitude, offer.longitude


def send_a_home(
    city: City, as_user: SignIn, citizen: User, walk: Callable[..., Any], answers: Any, send: Any
) -> None:
    client = as_user(citizen)
    walk(client, answers("housing"))
    assert send(client).status_code == 302


def test_by_the_form(
    city: City, as_user: SignIn, citizen: User, walk: Any, answers: Any, send: Any,
    state: HttpServer, knows: Answering,
) -> None:  # fmt: skip
    knows(feature())
    send_a_home(city, as_user, citizen, walk, answers, send)
    assert point() == POINT
    [request] = state.requests
    said = question(request)[1]
    assert said["q"] == "12 rue des Invités Strasbourg", "an address, and nothing of whose"
    assert citizen.name not in request.path


@pytest.mark.parametrize("turned_off", [True, False])
def test_where_it_is_off_or_down_it_is_the_communes_centre(
    city: City, as_user: SignIn, citizen: User, walk: Any, answers: Any, send: Any,
    state: HttpServer, settings: Any, turned_off: bool,
) -> None:  # fmt: skip
    state.answer = (500, {}, "")
    if turned_off:
        settings.GEOCODER_URL = ""
    send_a_home(city, as_user, citizen, walk, answers, send)
    assert point() == CENTRE
    assert len(state.requests) == (0 if turned_off else 1)


def test_on_the_phone(city: City, as_user: SignIn, operator: User, today: date, knows: Answering) -> None:
    knows(feature())
    said = {
        "entering": "offre:housing", "key": "one-call", "phone": "06 12 34 56 78", "name": "Mme Martin",
        "commune": "Strasbourg", "address": "12 rue du Dôme", "first_day": today.isoformat(), "open_ended": "on",
        "consent": "on", "category": "shared_room", "capacity": "2", "notice_days": "0", "longest_stay_days": "",
    }  # fmt: skip
    assert as_user(operator).post(ENTER, said).status_code == 302
    assert point() == POINT


def test_over_the_api_and_changed_there(
    city: City, citizen: User, client: Client, today: date, state: HttpServer, knows: Answering
) -> None:
    ApiTokenFactory(user=citizen, secret="acc_geocoded")
    key = {"authorization": "Bearer acc_geocoded"}
    body = {
        "city": city.slug, "kind": "housing", "category": "shared_room", "title": "Une chambre", "commune": "67482",
        "address": "12 rue du Dôme", "capacity": 2, "windows": [{"first_day": today.isoformat()}],
    }  # fmt: skip
    knows(feature())
    made = client.post("/api/v1/offers/", body, content_type="application/json", headers=key)
    assert made.status_code == 201, made.content
    assert point() == POINT
    knows(feature(OTHER))
    path = f"/api/v1/offers/{made.json()['reference']}/"
    for change, expected in (
        ({"capacity": 3}, POINT),
        ({"address": "3 rue du Lac"}, (48.59, 7.76)),
    ):
        answer = client.patch(path, change, content_type="application/json", headers=key)
        assert answer.status_code == 200, answer.content
        assert point() == expected
    assert len(state.requests) == 2, "asked where the address changes, and there alone"


def test_changed_on_its_page(
    city: City, citizen: User, as_user: SignIn, today: date, state: HttpServer, knows: Answering
) -> None:
    offer = OfferFactory(
        owner=citizen, city=city, address="12 rue du Dôme", latitude=POINT[0], longitude=POINT[1]
    )
    client = as_user(citizen)
    path = f"/{city.slug}/propositions/{offer.reference}/modifier/"
    shown = client.get(path)
    assert shown.status_code == 200
    knows()
    form, periods = shown.context["form"], shown.context["periods"]
    said = {name: form[name].value() for name in form.fields} | {"address": "3 rue du Lac"}
    for one in [periods.management_form, *periods.forms]:
        said |= {one.add_prefix(name): one[name].value() for name in one.fields}
    said = {name: value for name, value in said.items() if value not in (None, False)}
    assert client.post(path, said | {"commune": "Strasbourg"}).status_code == 302
    assert Offer.objects.get().address == "3 rue du Lac"
    assert point() == CENTRE, "nobody knows it, and the point before was another address's"


class TestWhatIsAsked:
    """The rule itself, without a page."""

    @pytest.fixture(autouse=True)
    def knows_one(self, knows: Answering, city: City) -> None:
        knows(feature())

    def fields(self, **changes: Any) -> dict[str, Any]:
        return {"commune": CommuneFactory(), "address": "12 rue du Dôme"} | changes

    def test_a_point_that_is_given_is_kept(self, state: HttpServer) -> None:
        said = self.fields(latitude=48.5, longitude=7.7)
        assert located(said) == said
        assert state.requests == []

    def test_without_an_address_nobody_is_asked(self, state: HttpServer) -> None:
        said = self.fields(address="")
        assert located(said) == said
        assert state.requests == []

    def test_a_point_in_another_part_of_the_world_is_none(self, knows: Answering) -> None:
        knows(feature((48.58, 7.74)))  # exchanged
        assert located(self.fields()) == self.fields()

    def test_an_address_taken_away_is_the_communes_centre(self, city: City, state: HttpServer) -> None:
        offer = OfferFactory(city=city, address="12 rue du Dôme", latitude=POINT[0], longitude=POINT[1])
        said = located({"address": ""}, before=offer)
        assert (said["latitude"], said["longitude"]) == (offer.commune.latitude, offer.commune.longitude)
        assert state.requests == []

    def test_a_change_of_something_else_asks_nothing(self, city: City, state: HttpServer) -> None:
        offer = OfferFactory(city=city, address="12 rue du Dôme")
        for said in ({"capacity": 3}, self.fields()):
            assert located(said, before=offer) == said
        assert state.requests == []

    def test_the_same_address_in_another_commune_is_another_place(self, city: City) -> None:
        offer = OfferFactory(city=city, address="12 rue du Dôme")
        other = CommuneFactory(insee="67218", name="Illkirch", latitude=48.529, longitude=7.715)
        said = located({"commune": other}, before=offer)
        assert (said["latitude"], said["longitude"]) == (48.529, 7.715), "what is known is of the one before"


@pytest.mark.parametrize("is_on", [True, False])
def test_the_page_on_data_says_where_addresses_go(
    client: Client, state: HttpServer, settings: Any, is_on: bool
) -> None:
    if not is_on:
        settings.GEOCODER_URL = ""
    assert ("Géoplateforme" in client.get("/vos-donnees/").text) is is_on
