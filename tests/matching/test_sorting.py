"""Goods that nobody has named: given the item of their title where that is certain, named by the desk where not."""

from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from cities.models import City
from needs.models import Need, NeedEdit
from offers import services
from offers.models import Offer, OfferEdit
from tests.factories.accounts import CityRoleFactory
from tests.factories.needs import NeedFactory
from tests.factories.offers import OfferFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 9, 9, tzinfo=UTC)


@pytest.fixture
def city() -> City:
    return OfferFactory().city


@pytest.fixture
def desk(city: City) -> Client:
    client = Client()
    client.force_login(CityRoleFactory(city=city, role="coordinator").user)
    return client


def old_offer(city: City, title: str, category: str = "bedding", **more: Any) -> Offer:
    """An offer that is older than the catalogue."""
    return OfferFactory(
        **{"city": city, "goods": True, "title": title, "category": category, "item": "", **more}
    )


def old_need(city: City, title: str, category: str = "bedding", **more: Any) -> Need:
    return NeedFactory(
        **{"city": city, "goods": True, "title": title, "category": category, "items": [], **more}
    )


def name_items() -> str:
    out = StringIO()
    call_command("name_items", stdout=out)
    return out.getvalue()


# --- By their titles -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "category", "item", "size", "moved_to"),
    [
        ("4 couettes 140", "bedding", "duvet", "140", "bedding"),
        ("Lit bébé à barreaux", "furniture", "cot", "", "baby"),
        ("Manteau d’enfant, 6 ans", "clothes", "child_coat", "6y", "clothes"),
        ("Literie", "bedding", "any", "", "bedding"),
        ("Literie, 10 objets, Strasbourg", "bedding", "any", "", "bedding"),
        ("Couette et oreiller", "bedding", "other", "", "bedding"),
        ("Théière en argent", "household_equipment", "other", "", "household_equipment"),
    ],
)
def test_a_title_names_its_item_where_it_is_certain(
    city: City, title: str, category: str, item: str, size: str, moved_to: str
) -> None:
    offer, need = old_offer(city, title, category), old_need(city, title, category)
    name_items()
    offer.refresh_from_db()
    need.refresh_from_db()
    assert (offer.item, offer.size, offer.category) == (item, size, moved_to)
    assert (need.items, need.sizes, need.category) == ([item], [size] if size else [], moved_to)
    assert offer.item_words == need.item_words == (title if item == "other" else "")


def test_it_says_how_many(city: City) -> None:
    old_offer(city, "Couette")
    old_offer(city, "Oreiller")
    old_offer(city, "Truc à bidule")
    old_need(city, "Literie")
    OfferFactory(city=city, goods=True)
    said = name_items().splitlines()
    assert said[0].startswith(
        "offers: 2 named by their titles, 0 that say no more than their category, 1 for"
    )
    assert said[1].startswith("needs: 0 named by their titles, 1 that say no more than their category, 0 for")


def test_doing_it_twice_changes_nothing(city: City) -> None:
    offer = old_offer(city, "Couette")
    name_items()
    edit = OfferEdit.objects.get(offer=offer)
    assert (edit.by, edit.what) == (None, {"item": ["", "duvet"]})
    assert name_items().startswith("offers: 0 named")
    assert OfferEdit.objects.filter(offer=offer).count() == 1


def test_what_is_named_is_looked_at_again_and_keeps_its_answers(city: City) -> None:
    offer, need = old_offer(city, "Couette"), old_need(city, "Couette")
    name_items()
    for row in (offer, need):
        before = row.revision
        row.refresh_from_db()
        assert row.scan_due_at is not None
        assert row.revision == before  # a pair that somebody set aside stays aside


def test_pieces_of_which_parts_may_be_promised_are_left_as_they_are(city: City) -> None:
    offer = old_offer(city, "Lot de 6 verres", "household_equipment", capacity=2)
    name_items()
    offer.refresh_from_db()
    assert (offer.item, offer.capacity) == ("glass", 2)


def test_words_that_the_catalogue_has_learned_become_an_item(city: City) -> None:
    offer = OfferFactory(city=city, goods=True, item="other", item_words="édredon")
    looked_at = OfferFactory(city=city, goods=True, item="other", item_words="édredon", item_checked_at=NOW)
    name_items()
    offer.refresh_from_db()
    looked_at.refresh_from_db()
    assert (offer.item, looked_at.item) == ("duvet", "other")


# --- By the desk ---------------------------------------------------------------------------------------


def page_of(city: City) -> str:
    return reverse("matching:sorting", args=[city.slug])


def sort(client: Client, entry: Any, kind: str = "propositions", **data: str) -> Any:
    return client.post(
        reverse("matching:sort", args=[entry.city.slug, kind, entry.reference]), data, follow=True
    )


def test_the_desk_sees_what_nobody_could_name_with_the_guess_first(city: City, desk: Client) -> None:
    OfferFactory(
        city=city, goods=True, item="other", item_words="polaire", title="Polaire", category="clothes"
    )
    OfferFactory(city=city, goods=True)
    OfferFactory(city=city, goods=True, item="other", item_words="x", state="withdrawn")
    OfferFactory(goods=True, item="other", item_words="d’ailleurs")
    (card,) = desk.get(page_of(city)).context["cards"]
    assert [item.code for item in card["guesses"]][:2] == ["sweater", "child_sweater"]


def test_it_is_found_from_the_queue_and_the_list_with_its_count(city: City, desk: Client) -> None:
    queue = reverse("desk:queue", args=[city.slug])
    assert "à classer" not in desk.get(queue).content.decode()
    OfferFactory(city=city, goods=True, item="other", item_words="truc")
    NeedFactory(city=city, goods=True, items=["other"], item_words="truc")
    assert "2 objets à classer" in desk.get(queue).content.decode()
    tabs = desk.get(reverse("offers:town", args=[city.slug])).context["tabs"]
    assert tabs[-1]["url"].startswith(page_of(city))
    assert tabs[-1]["count"] == 1


def test_one_tap_names_an_offer(city: City, desk: Client) -> None:
    offer = OfferFactory(city=city, goods=True, item="other", item_words="polaire", category="bedding")
    answer = sort(desk, offer, item="sweater")
    offer.refresh_from_db()
    assert (offer.item, offer.item_words, offer.category) == ("sweater", "", "clothes")
    assert offer.scan_due_at is not None
    assert "pull" in answer.content.decode()
    assert answer.context["cards"] == []
    assert OfferEdit.objects.get(offer=offer).by is not None


def test_one_tap_names_a_need(city: City, desk: Client) -> None:
    need = NeedFactory(city=city, goods=True, items=["other"], item_words="polaire", last_day="2099-01-01")
    sort(desk, need, kind="besoins", item="blanket")
    need.refresh_from_db()
    assert (need.items, need.item_words) == (["blanket"], "")
    assert NeedEdit.objects.filter(need=need).count() == 1


def test_what_is_none_of_them_leaves_the_list_as_it_is(city: City, desk: Client) -> None:
    offer = OfferFactory(city=city, goods=True, item="other", item_words="théière en argent")
    assert sort(desk, offer, item="other").context["cards"] == []
    offer.refresh_from_db()
    assert (offer.item, offer.item_words) == ("other", "théière en argent")
    assert not OfferEdit.objects.exists()


def test_the_desk_may_write_the_name_and_is_asked_back_when_it_is_not_clear(city: City, desk: Client) -> None:
    offer = OfferFactory(city=city, goods=True, item="other", item_words="truc")
    assert "lequel de ces objets" in sort(desk, offer, words="polaire").content.decode()
    sort(desk, offer, words="couette 200")
    offer.refresh_from_db()
    assert (offer.item, offer.size) == ("duvet", "200")


def test_a_second_press_changes_nothing(city: City, desk: Client) -> None:
    offer = OfferFactory(city=city, goods=True, item="other", item_words="truc")
    sort(desk, offer, item="duvet")
    assert "déjà classé" in sort(desk, offer, item="blanket").content.decode()
    offer.refresh_from_db()
    assert offer.item == "duvet"


def test_new_words_of_its_owner_come_back_to_the_desk(city: City, desk: Client) -> None:
    offer = OfferFactory(city=city, goods=True, item="other", item_words="truc", item_checked_at=NOW)
    services.change(
        offer_id=offer.pk, fields={"item": "other", "item_words": "bidule"}, windows=None, by=offer.owner,
        now=timezone.now(),
    )  # fmt: skip
    (card,) = desk.get(page_of(city)).context["cards"]
    assert card["words"] == "bidule"
