"""The thing itself, whatever the door: words are understood, pieces counted, and what makes no sense is refused."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils.timezone import localdate, now

from catalogue.items import ITEM, ITEMS, read_sizes
from catalogue.labels import goods_label
from catalogue.saying import titled, what
from catalogue.spreadsheets import read_table
from catalogue.vocabulary import Source
from cities.models import City
from needs import services as need_services
from needs.imports import import_needs
from needs.models import Need
from offers import services as offer_services
from offers.imports import import_offers
from offers.models import Offer
from tests.api.conftest import Program
from tests.factories.accounts import (
    ApiTokenFactory,
    CityRoleFactory,
    MembershipFactory,
    OrganisationFactory,
    UserFactory,
)
from tests.factories.cities import CityFactory
from tests.factories.needs import NeedFactory
from tests.factories.offers import OfferFactory

pytestmark = pytest.mark.django_db
TODAY = localdate()


@pytest.fixture
def city() -> City:
    return CityFactory()


def offered(city: City, **said: Any) -> Offer:
    """By the service, through which every door passes."""
    owner = UserFactory()
    fields = {
        "kind": "goods", "category": "bedding", "title": "Mon aide", "capacity": 2, "commune": city.seat,
        "condition": "good", "hand_over": "collected", **said,
    }  # fmt: skip
    return offer_services.register(
        city=city, owner=owner, fields=fields, windows=[(TODAY, None)], source=Source.WEB, contact_proven=True,
        by=owner, now=now(),
    )  # fmt: skip


def needed(city: City, **said: Any) -> Need:
    person = UserFactory()
    fields = {
        "kind": "goods", "category": "bedding", "title": "Pour une famille", "quantity": 2, "people": 1,
        "commune": city.seat, "first_day": TODAY, "last_day": TODAY + timedelta(days=9), **said,
    }  # fmt: skip
    return need_services.register(
        city=city, organisation=None, person=person, fields=fields, source=Source.WEB, by=person, now=now(),
        today=TODAY,
    )  # fmt: skip


# --- Words ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "item", "size", "capacity", "category", "words"),
    [
        ({"item": "duvet"}, "duvet", "", 2, "bedding", ""),
        ({"item": "couette 140"}, "duvet", "140", 2, "bedding", ""),
        ({"item": "édredon", "size": "1 place"}, "duvet", "140", 2, "bedding", ""),
        ({"item": "lit bébé"}, "cot", "", 2, "baby", ""),
        ({"item": "manteau femme", "size": "M"}, "coat", "fem-M", 2, "clothes", ""),
        ({"item": "manteau femme"}, "coat", "fem", 2, "clothes", ""),
        ({"item": "coat", "size": "42 homme"}, "coat", "masc-L", 2, "clothes", ""),
        ({"item": "manteau", "size": "M"}, "coat", "M", 2, "clothes", ""),
        ({"item": "manteau", "size": "m"}, "coat", "M", 2, "clothes", ""),
        ({"item": "robe", "size": "m"}, "dress", "M", 2, "clothes", ""),
        ({"item": "manteau femme M", "size": "s/o"}, "coat", "fem-M", 2, "clothes", ""),
        ({"item": "manteau", "size": "n/c"}, "coat", "", 2, "clothes", ""),
        ({"item": "لحاف"}, "duvet", "", 2, "bedding", ""),
        ({"item": "lot de 6 verres"}, "glass", "", 12, "household_equipment", ""),
        ({"item": "lot de 6 verres", "capacity": 6}, "glass", "", 6, "household_equipment", ""),
        ({"item": "coussinette"}, "other", "", 2, "bedding", "coussinette"),
        ({"item": "autre", "title": "Théière"}, "other", "", 2, "bedding", "Théière"),
        ({"title": "3 couettes"}, "duvet", "", 2, "bedding", ""),
        ({"title": "Couette et oreiller"}, "other", "", 2, "bedding", "Couette et oreiller"),
    ],
)
def test_what_is_offered_is_understood(
    city: City, said: dict[str, Any], item: str, size: str, capacity: int, category: str, words: str
) -> None:
    offer = offered(city, **said)
    assert (offer.item, offer.size, offer.capacity) == (item, size, capacity)
    assert (offer.category, offer.item_words) == (category, words)


@pytest.mark.parametrize(
    ("said", "items", "sizes", "category"),
    [
        ({"items": ["couette 140", "couverture"]}, ["duvet", "blanket"], ["140"], "bedding"),
        ({"items": ["couette"], "sizes": ["deux places", "140"]}, ["duvet"], ["220", "140"], "bedding"),
        ({"items": ["couette"], "sizes": ["toutes tailles"]}, ["duvet"], [], "bedding"),
        ({"items": ["any"]}, ["any"], [], "bedding"),
        ({"items": ["couette 140 ou couverture"]}, ["duvet", "blanket"], ["140"], "bedding"),
        ({"items": ["manteau homme"], "sizes": ["L", "XL"]}, ["coat"], ["masc-L", "masc-XL"], "clothes"),
        ({"items": ["manteau"], "sizes": ["M", "fem"]}, ["coat"], ["fem-M"], "clothes"),
        ({"items": ["manteau"], "sizes": ["fem", "masc"]}, ["coat"], ["fem", "masc"], "clothes"),
        ({"items": ["lit bébé", "cot"]}, ["cot"], [], "baby"),
        ({"title": "Literie"}, ["any"], [], "bedding"),
    ],
)
def test_what_is_needed_is_understood(
    city: City, said: dict[str, Any], items: list[str], sizes: list[str], category: str
) -> None:
    need = needed(city, **said)
    assert (need.items, need.sizes, need.category) == (items, sizes, category)


@pytest.mark.parametrize(
    ("said", "field", "message"),
    [
        ({"item": "polaire"}, "item", "pull"),
        ({"item": "couette", "size": "6 ans"}, "size", "140"),
        ({"item": "table", "size": "140"}, "size", "sans taille"),
        ({"item": "table", "size": "mixed"}, "size", "sans taille"),
    ],
)
def test_what_makes_no_sense_is_refused_beside_its_field(
    city: City, said: dict[str, Any], field: str, message: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        offered(city, **said)
    assert list(refused.value.message_dict) == [field]
    assert message in refused.value.message_dict[field][0]


def test_what_would_do_is_of_one_category(city: City) -> None:
    with pytest.raises(ValidationError, match="catégories différentes"):
        needed(city, items=["couette", "table"])


def test_another_item_forgets_the_size_of_the_one_before(city: City) -> None:
    offer = offered(city, item="couette 140")
    change = {"windows": None, "by": offer.owner, "now": now()}
    offer_services.change(offer_id=offer.pk, fields={"item": "table"}, **change)
    offer.refresh_from_db()
    assert (offer.item, offer.size, offer.category) == ("table", "", "furniture")


def test_words_stay_with_what_has_no_name(city: City) -> None:
    offer = offered(city, item="coussinette")
    offer_services.change(offer_id=offer.pk, fields={"capacity": 5}, windows=None, by=offer.owner, now=now())
    offer.refresh_from_db()
    assert (offer.item, offer.item_words) == ("other", "coussinette")


def test_every_size_is_read_from_its_code_and_its_label() -> None:
    for item in ITEMS:
        for code in item.sizes.sizes.codes if item.sizes else ():
            assert item.sizes is not None
            assert read_sizes(item, code) == read_sizes(item, item.sizes.label(code)) == (code,), item.code


# --- Programs and files --------------------------------------------------------------------------------


@pytest.fixture
def program(city: City) -> Program:
    user = CityRoleFactory(city=city, role="coordinator").user
    ApiTokenFactory(user=user, secret="acc_key")
    return Program(user, "acc_key")


def test_the_api_takes_words_and_gives_codes(city: City, program: Program) -> None:
    sent = {
        "city": city.slug, "kind": "goods", "category": "furniture", "item": "2 couettes 140", "title": "Couettes",
        "capacity": 2, "commune": city.seat.pk, "hand_over": "collected", "condition": "good",
        "windows": [{"first_day": TODAY.isoformat()}],
    }  # fmt: skip
    made = program.post("offers/", sent)
    assert made.status_code == 201, made.json()
    told = made.json()
    assert (told["item"], told["size"], told["category"]) == ("duvet", "140", "bedding")
    unclear = program.patch(f"offers/{told['reference']}/", {"item": "polaire"})
    assert (unclear.status_code, set(unclear.json()["errors"])) == (400, {"item"})
    foreign = program.patch(f"offers/{told['reference']}/", {"size": "6 ans"})
    assert (foreign.status_code, set(foreign.json()["errors"])) == (400, {"size"})
    moved = program.patch(f"offers/{told['reference']}/", {"item": "lit bébé"})
    assert (moved.json()["item"], moved.json()["size"], moved.json()["category"]) == ("cot", "", "baby")


def test_the_api_takes_the_items_of_a_need(city: City, program: Program) -> None:
    sent = {
        "city": city.slug, "kind": "goods", "category": "bedding", "items": ["couette", "couverture"],
        "sizes": ["140", "deux places"], "title": "Pour la nuit", "quantity": 3, "commune": city.seat.pk,
        "first_day": TODAY.isoformat(), "last_day": (TODAY + timedelta(days=5)).isoformat(),
    }  # fmt: skip
    made = program.post("needs/", sent)
    assert made.status_code == 201, made.json()
    assert (made.json()["items"], made.json()["sizes"]) == (["duvet", "blanket"], ["140", "220"])
    wrong = program.post("needs/", {**sent, "sizes": ["6 ans"]})
    assert (wrong.status_code, set(wrong.json()["errors"])) == (400, {"sizes"})


def a_file(folder: Path, *lines: str) -> Any:
    path = folder / "list.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    return read_table(path)


def test_a_list_of_offers_says_the_item_in_words(city: City, tmp_path: Path) -> None:
    insee = city.seat.pk
    table = a_file(
        tmp_path,
        "id;nature;catégorie;objet;taille;titre;quantité;code INSEE;disponible;remise;email",
        f"1;objets;literie;couette;140;;3;{insee};{TODAY}..;à venir chercher;a@exemple.fr",
        f"2;objets;meubles;lit bébé;;Lit;1;{insee};{TODAY}..;à venir chercher;b@exemple.fr",
        f"3;objets;literie;lot de 2 oreillers;;;4;{insee};{TODAY}..;à venir chercher;c@exemple.fr",
        f"4;objets;vêtements;polaire;;;4;{insee};{TODAY}..;à venir chercher;d@exemple.fr",
        f"5;objets;literie;couette;6 ans;;4;{insee};{TODAY}..;à venir chercher;e@exemple.fr",
    )
    found = list(import_offers(table=table, city=city, by=None, now=now()))
    assert [one.what for one in found] == ["new", "new", "new", "bad", "bad"]
    bad = [(cell.line, cell.column, cell.value) for one in found for cell in one.bad]
    assert bad == [(5, "objet", "polaire"), (6, "taille", "6 ans")]
    kept = Offer.objects.order_by("pk").values_list("item", "size", "capacity", "category", "title")
    assert list(kept) == [
        ("duvet", "140", 3, "bedding", "Couette, 140\u00a0cm"),
        ("cot", "", 1, "baby", "Lit"),
        ("pillow", "", 8, "bedding", "Oreiller"),
    ]
    assert "1 ligne est rangée dans la catégorie de son objet." in table.notices


def test_a_list_of_needs_says_what_would_do(city: City, tmp_path: Path) -> None:
    insee, end = city.seat.pk, TODAY + timedelta(days=9)
    table = a_file(
        tmp_path,
        "id;nature;catégorie;objets;tailles;quantité;code INSEE;du;au",
        f"1;objets;literie;couette|couverture;140|200;3;{insee};{TODAY};{end}",
        f"2;objets;literie;;;3;{insee};{TODAY};{end}",
        f"3;objets;literie;couette|table;;3;{insee};{TODAY};{end}",
    )
    association = OrganisationFactory(city=city, verified=True)
    member = MembershipFactory(organisation=association).user
    found = list(import_needs(table=table, city=city, organisation=association, by=member, now=now()))
    assert [one.what for one in found] == ["new", "new", "bad"]
    assert [(cell.line, cell.column) for cell in found[2].bad] == [(4, "objets")]
    kept = Need.objects.order_by("pk").values_list("items", "sizes", "title")
    assert list(kept) == [
        (["duvet", "blanket"], ["140", "200"], "Couette ou couverture, 140\u00a0cm ou 200\u00a0cm"),
        (["any"], [], "Literie"),
    ]


# --- Said everywhere by one function -------------------------------------------------------------------


def test_goods_are_said_by_item_and_size(city: City) -> None:
    assert what(OfferFactory(city=city, goods=True, size="140")) == "couette, 140\u00a0cm"
    assert what(OfferFactory(city=city, goods=True, item="")) == "Literie"
    other = OfferFactory(city=city, goods=True, item="other", item_words="théière")
    assert (what(other), what(other, with_words=False)) == ("théière", "Literie, autre objet")
    assert goods_label("bedding", ["any"]) == "Literie"
    assert what(OfferFactory(city=city)) == "Chambre chez l’habitant"


def test_a_title_is_completed_by_what_it_does_not_say(city: City) -> None:
    need = NeedFactory(city=city, goods=True, title="Pour une famille", sizes=["140"])
    assert titled(need) == "Pour une famille (couette, 140\u00a0cm)"
    assert (
        titled(NeedFactory(city=city, goods=True, title="10 couettes 140", sizes=["140"]))
        == "10 couettes 140"
    )
    assert titled(NeedFactory(city=city, title="Un couple")) == "Un couple"


# --- While somebody types ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "typed", "name"),
    [
        ("fr", "edredon", "couette"),
        ("en", "duvet", "duvet"),
        ("ar", "لحاف", "لحاف"),
        ("en", "couette", "duvet"),
    ],
)
def test_suggestions_are_in_the_reader_s_language(language: str, typed: str, name: str) -> None:
    client = Client(headers={"accept-language": language})
    page = client.get("/objets/", {"name": "item", "item": typed}).content.decode()
    assert 'value="duvet"' in page
    assert name in page


def test_sizes_follow_the_thing_and_what_it_says() -> None:
    client = Client()
    page = client.get(
        "/objets/tailles/", {"name": "size", "beside": "item", "item": "couette 140"}
    ).content.decode()
    assert page.count('type="radio"') == 8
    assert "checked" in page.split('value="140"')[1].split(">")[0]
    cut = client.get(
        "/objets/tailles/", {"name": "size", "beside": "item", "item": "manteau femme"}
    ).content.decode()
    assert "checked" in cut.split('value="fem"')[1].split(">")[0]
    assert 'value="masc-M"' not in cut
    assert 'value="fem-M"' not in cut
    none = client.get(
        "/objets/tailles/", {"name": "size", "beside": "item", "item": "table"}
    ).content.decode()
    assert "pas de taille" in none
    unknown = client.get("/objets/tailles/", {"name": "size", "beside": "item", "item": ""}).content.decode()
    assert 'name="size_typed"' in unknown


@pytest.mark.parametrize("address", ["/objets/", "/objets/tailles/"])
def test_a_page_is_not_made_of_what_an_address_says(address: str) -> None:
    asked = {"name": '"><script>', "beside": "item"}
    assert Client().get(address, asked).status_code == 400


def test_codes_are_what_the_database_keeps() -> None:
    assert max(map(len, ITEM)) <= Offer._meta.get_field("item").max_length
