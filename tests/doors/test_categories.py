"""What a category does not have leaves with it, whatever the door; what makes no sense is refused at each."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils.timezone import localdate, now

from accounts.models import Organisation
from cities.models import City
from needs import services as need_services
from needs.models import Need
from offers import services as offer_services
from offers.models import Offer
from tests.api.conftest import Program
from tests.factories.accounts import (
    ApiTokenFactory,
    CityRoleFactory,
    MembershipFactory,
    OrganisationFactory,
    UserFactory,
)
from tests.factories.cities import CityFactory, CommuneFactory
from tests.factories.needs import NeedFactory
from tests.factories.offers import OfferFactory
from tests.offers.test_own_pages import form_data

pytestmark = pytest.mark.django_db
SOON = localdate() + timedelta(days=30)

# What an offer was, which category it takes, and what must be empty then.
OFFER_CASES = [
    pytest.param(
        {
            "kind": "goods",
            "category": "food",
            "item": "other",
            "item_words": "Truc",
            "best_before": SOON,
            "condition": "",
        },
        "furniture",
        {"best_before": None},
        id="food becomes furniture",
    ),
    pytest.param(
        {
            "kind": "goods",
            "category": "furniture",
            "item": "other",
            "item_words": "Truc",
            "condition": "good",
        },
        "food",
        {"condition": ""},
        id="furniture becomes food",
    ),
    pytest.param(
        {"kind": "skill", "category": "interpreting", "languages_from": ["ti"], "languages_to": ["fr"]},
        "paperwork",
        {"languages_from": [], "languages_to": []},
        id="an interpreter helps with papers",
    ),
    pytest.param(
        {"kind": "skill", "category": "legal_help", "diploma": "Barreau de Colmar"},
        "meals",
        {"diploma": ""},
        id="a lawyer cooks",
    ),
    pytest.param(
        {"kind": "housing", "category": "empty_dwelling", "rent": 300, "dwelling_state": "ready"},
        "shared_room",
        {"rent": None, "dwelling_state": ""},
        id="an empty dwelling becomes a room",
    ),
    pytest.param(
        {"kind": "housing", "category": "shared_room", "shared_home": True},
        "whole_dwelling",
        {"shared_home": False},
        id="a room becomes a whole dwelling",
    ),
]


def by_the_service(offer: Offer, category: str) -> None:
    offer_services.change(
        offer_id=offer.pk, fields={"category": category}, windows=None, by=offer.owner, now=now()
    )


def by_the_page(offer: Offer, category: str) -> None:
    client = Client()
    client.force_login(offer.owner)
    page = f"/{offer.city.slug}/propositions/{offer.reference}/modifier/"
    sent = form_data(client.get(page)) | {"category": category}
    answer = client.post(page, sent)
    assert answer.status_code == 302, answer.context["form"].errors


def by_the_api(offer: Offer, category: str) -> None:
    program = Program(offer.owner, "acc_key")
    ApiTokenFactory(user=offer.owner, secret="acc_key")
    assert program.patch(f"offers/{offer.reference}/", {"category": category}).status_code == 200


@pytest.mark.parametrize("change", [by_the_service, by_the_page, by_the_api])
@pytest.mark.parametrize(("was", "category", "empty"), OFFER_CASES)
def test_an_offer_leaves_what_its_category_does_not_have(
    change: Callable[..., None], was: dict[str, Any], category: str, empty: dict[str, Any]
) -> None:
    offer = OfferFactory(**{"shared_home": False, **was})
    change(offer, category)
    offer.refresh_from_db()
    assert offer.category == category
    assert {name: getattr(offer, name) for name in empty} == empty


@pytest.mark.parametrize(("was", "category", "empty"), OFFER_CASES)
def test_a_new_offer_has_only_what_its_category_has(
    was: dict[str, Any], category: str, empty: dict[str, Any]
) -> None:
    """As a form left open, a file or a program may send it."""
    city = CityFactory()
    sent = {**was, "title": "Mon aide", "commune": city.seat, "capacity": 2, "category": category}
    offer = offer_services.register(
        city=city,
        owner=CityRoleFactory().user,
        fields=sent,
        windows=[(localdate(), None)],
        source="api",
        contact_proven=True,
        by=CityRoleFactory().user,
        now=now(),
    )
    offer.refresh_from_db()
    assert {name: getattr(offer, name) for name in empty} == empty


def test_what_an_interpreter_speaks_stays() -> None:
    offer = OfferFactory(interpreting=True)
    by_the_service(offer, "paperwork")
    offer.refresh_from_db()
    assert offer.languages == ["ti", "fr"]


def need_by_the_service(need: Need, category: str) -> None:
    need_services.change(
        need_id=need.pk,
        fields={"category": category},
        by=need.person,
        now=now(),
        today=localdate(),
    )


def need_by_the_api(need: Need, category: str) -> None:
    program = Program(need.person, "acc_key")
    ApiTokenFactory(user=need.person, secret="acc_key")
    assert program.patch(f"needs/{need.reference}/", {"category": category}).status_code == 200


def need_by_the_page(need: Need, category: str) -> None:
    client = Client()
    client.force_login(need.person)
    page = f"/{need.city.slug}/besoins/{need.reference}/modifier/"
    form = client.get(page).context["form"]
    sent = {field.html_name: field.value() for field in form}
    sent = {name: value for name, value in sent.items() if value not in (None, "", [], False)}
    sent |= {"category": category, "commune": need.commune.name}
    answer = client.post(page, sent)
    assert answer.status_code == 302, answer.context["form"].errors


@pytest.mark.parametrize("change", [need_by_the_service, need_by_the_page, need_by_the_api])
def test_a_need_leaves_what_its_category_does_not_have(change: Callable[..., None]) -> None:
    person = CityRoleFactory(role="operator").user
    need = NeedFactory(skill=True, for_person=person, first_day=localdate(), last_day=SOON)
    change(need, "outings")
    need.refresh_from_db()
    assert (need.category, need.languages_from, need.languages_to) == ("outings", [], [])


# --- Two doors, one rule -------------------------------------------------------------------------------

NONSENSE = [
    pytest.param({"adult_women": 0}, "lone_minor", id="children without an adult"),
    pytest.param({"lone_minor": True}, "lone_minor", id="a lone minor with an adult"),
    pytest.param(
        {"adult_women": 0, "lone_minor": True}, "social_worker", id="a lone minor whom nobody accompanies"
    ),
    pytest.param({"couple": True}, "couple", id="a couple of one"),
    pytest.param({"adult_women": 40, "adult_men": 40}, "adult_women", id="a household of eighty-two"),
    pytest.param(
        {"forms": ["shared_room"], "shared_home_ok": False}, "shared_home_ok", id="a room that is not shared"
    ),
    pytest.param({"min_days": 90}, "min_days", id="a stretch beyond the days"),
]


@pytest.fixture
def city() -> City:
    return CityFactory()


@pytest.fixture
def organisation(city: City) -> Organisation:
    return OrganisationFactory(city=city, rna="W671234567", verified=True)


@pytest.mark.parametrize(("changes", "field"), NONSENSE)
def test_a_household_that_makes_no_sense(
    organisation: Organisation, changes: dict[str, Any], field: str
) -> None:
    city, user = organisation.city, MembershipFactory(organisation=organisation).user
    said: dict[str, Any] = {
        "title": "Une mère",
        "reach_km": 10,
        "first_day": localdate().isoformat(),
        "last_day": SOON.isoformat(),
        "adult_women": 1,
        "children_3_to_11": 2,
        **changes,
    }
    sent = {
        **said,
        "city": city.slug,
        "kind": "housing",
        "commune": city.seat.pk,
        "organisation": "W671234567",
    }
    ApiTokenFactory(user=user, secret="acc_key")
    answer = Program(user, "acc_key").post("needs/", sent)
    assert (answer.status_code, set(answer.json()["errors"])) == (400, {field})

    page = {name: value for name, value in said.items() if value is not False}
    page |= {"urgency": "planned", "commune": city.seat.name}
    client = Client()
    client.force_login(user)
    shown = client.post(reverse("needs:new", args=[city.slug]), {**page, "nature": "housing"})
    form = shown.context["form"]
    assert field in form.errors

    fields = {**said, "kind": "housing", "commune": city.seat}
    days = {"first_day": localdate(), "last_day": SOON}
    with pytest.raises(ValidationError) as refusal:
        need_services.register(
            city=city,
            organisation=organisation,
            person=None,
            fields=fields | days,
            source="import",
            by=user,
            now=now(),
            today=localdate(),
        )
    assert set(refusal.value.message_dict) == {field}
    assert not Need.objects.exists()


def test_food_that_is_past_is_refused_at_every_door() -> None:
    offer = OfferFactory(goods=True, item="rice", category="food", condition="")
    ApiTokenFactory(user=offer.owner, secret="acc_key")
    answer = Program(offer.owner, "acc_key").patch(
        f"offers/{offer.reference}/", {"best_before": "2020-01-01"}
    )
    assert (answer.status_code, set(answer.json()["errors"])) == (400, {"best_before"})
    with pytest.raises(ValidationError, match="passé"):
        offer_services.change(
            offer_id=offer.pk,
            fields={"best_before": date(2020, 1, 1)},
            windows=None,
            by=offer.owner,
            now=now(),
        )


# --- What is older than a rule -------------------------------------------------------------------------


def test_an_old_rent_is_read_and_does_not_stand_in_the_way() -> None:
    offer = OfferFactory(category="whole_dwelling", shared_home=False, rent=100_000)
    ApiTokenFactory(user=offer.owner, secret="acc_key")
    program = Program(offer.owner, "acc_key")
    assert program.get(f"offers/{offer.reference}/").json()["rent"] == 100_000
    assert program.patch(f"offers/{offer.reference}/", {"title": "Maison"}).status_code == 200
    client = Client()
    client.force_login(offer.owner)
    page = f"/{offer.city.slug}/propositions/{offer.reference}/modifier/"
    sent = form_data(client.get(page))
    assert sent["rent"] == 100_000
    assert client.post(page, sent | {"title": "Grande maison"}).status_code == 302
    assert client.post(page, sent | {"rent": "100001"}).status_code == 422
    offer.refresh_from_db()
    assert (offer.title, offer.rent) == ("Grande maison", 100_000)


@pytest.mark.parametrize(("late", "fits"), [(0, True), (1, False)])
def test_food_is_not_offered_after_its_day(late: int, fits: bool) -> None:
    """On that day it still is: new, or changed by its owner on the page or by a program."""
    first_day = SOON + timedelta(days=late)
    days = [(first_day, None)]
    owner = UserFactory()
    fields = {
        "kind": "goods", "category": "food", "title": "Riz", "capacity": 10, "best_before": SOON,
        "commune": CommuneFactory(),
    }  # fmt: skip
    city = CityFactory()

    def register() -> Offer:
        return offer_services.register(
            city=city,
            owner=owner,
            source="web",
            fields=fields,
            windows=days,
            contact_proven=True,
            by=owner,
            now=now(),
        )

    if fits:
        assert register().best_before == SOON
    else:
        with pytest.raises(ValidationError) as refusal:
            register()
        assert set(refusal.value.message_dict) == {"best_before"}
        assert not Offer.objects.exists()

    offer = OfferFactory(
        kind="goods",
        category="food",
        item="rice",
        owner=owner,
        best_before=SOON - timedelta(days=9),
        windows=[(SOON - timedelta(days=10), None)],
    )
    ApiTokenFactory(user=owner, secret="acc_key")
    sent = {"windows": [{"first_day": first_day.isoformat()}], "best_before": SOON.isoformat()}
    answer = Program(owner, "acc_key").patch(f"offers/{offer.reference}/", sent)
    if fits:
        assert answer.status_code == 200
    else:
        assert (answer.status_code, set(answer.json()["errors"])) == (400, {"best_before"})

    client = Client()
    client.force_login(owner)
    page = f"/{offer.city.slug}/propositions/{offer.reference}/modifier/"
    sent = form_data(client.get(page))
    (first,) = [name for name in sent if name.endswith("0-first_day")]
    shown = client.post(page, sent | {"best_before": SOON.isoformat(), first: first_day.isoformat()})
    assert shown.status_code == (302 if fits else 422)
    if not fits:
        assert set(shown.context["form"].errors) == {"best_before"}
