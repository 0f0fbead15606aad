"""What each desk reads and does: nothing that leads to a person before both sides have agreed, and no refusal."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from between.models import Line, LineState, PublishedHousehold, PublishedPlaces
from cities.models import City
from offers.models import Offer
from tests.between.conftest import Make, Towns
from tests.factories.matching import due_need, due_offer


@pytest.fixture
def towns(make: Make) -> Towns:
    return make(timezone.now())


def shown(client: Client, towns: Towns, city: City, path: str = "") -> str:
    client.force_login(towns.desk(city))
    answer = client.get(f"/{city.slug}/entre-villes/{path}")
    assert answer.status_code == 200, answer.status_code
    main = answer.text.partition("<main")[2].partition("</main>")[0]
    return " ".join(main.replace("\u202f", " ").replace("\u00a0", " ").split())


def without_key(page: str) -> str:
    """Each page has another key in its forms."""
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", page)


def posted(client: Client, towns: Towns, city: City, path: str, **said: Any) -> Any:
    client.force_login(towns.desk(city))
    return client.post(f"/{city.slug}/entre-villes/{path}", said)


def test_the_whole_way(client: Client, towns: Towns) -> None:
    need = due_need(city=towns.full, now=towns.now)
    offer = due_offer(city=towns.near, now=towns.now, share_with_linked=True)
    assert need.reference in shown(client, towns, towns.full, "foyers/nouveau/")
    assert offer.reference in shown(client, towns, towns.near, "places/nouvelles/")
    posted(
        client, towns, towns.full, "foyers/nouveau/", need=need.pk, first=towns.near.pk, second="", third="",
        how="interpreter", yes_on=str(towns.today),
    )  # fmt: skip
    posted(
        client, towns, towns.near, "places/nouvelles/", offer=offer.pk, people=3, first_day=str(towns.today),
        last_day=str(towns.today + timedelta(days=60)), services="École et dispensaire",
    )  # fmt: skip
    household, places = PublishedHousehold.objects.get(), PublishedPlaces.objects.get()
    page = shown(client, towns, towns.full)
    assert "Proposé par le plan" in page
    assert "École et dispensaire" in page

    asked = f"foyers/{household.pk}/places/{places.pk}/"
    assert "second oui" in shown(client, towns, towns.full, asked)
    answer = posted(client, towns, towns.full, asked, answer="yes", how="", yes_on="")
    assert answer.status_code == 422
    assert not Line.objects.exists()
    posted(client, towns, towns.full, asked, answer="yes", how="phone", yes_on=str(towns.today))
    line = Line.objects.get()
    posted(client, towns, towns.near, f"reponses/{line.pk}/", answer="yes")
    line.refresh_from_db()
    assert line.state == LineState.AGREED
    for city in (towns.full, towns.near):
        assert "D’accord des deux côtés" in shown(client, towns, city)
    answer = posted(client, towns, towns.near, f"places/{places.pk}/retirer/")
    assert PublishedPlaces.objects.filter(closed_at=None).exists()
    posted(client, towns, towns.full, f"foyers/{household.pk}/retirer/")
    assert not Line.objects.exists()
    posted(client, towns, towns.near, f"places/{places.pk}/retirer/")
    assert not PublishedPlaces.objects.filter(closed_at=None).exists()


def test_other_towns_read_nothing_that_leads_to_the_household_or_the_home(
    client: Client, towns: Towns
) -> None:
    need = towns.household(title="Pour Aïcha", text="Appelez le 06").need
    row = towns.places(towns.near, title="Chambre chez Paul", address="9 rue Cachée")
    secret = (need.reference, "Aïcha", "Appelez", row.offer.reference, "Paul", "Cachée")
    page = shown(client, towns, towns.far) + shown(client, towns, towns.near)
    assert "Un foyer de Pleine" in page
    assert not [word for word in secret[:3] if word in page]
    page = shown(client, towns, towns.full)
    assert "École, dispensaire" in page
    assert not [word for word in secret[3:] if word in page]


def test_a_refusal_is_read_by_the_persons_own_desk_alone(client: Client, towns: Towns) -> None:
    row, household = towns.places(towns.near), towns.household()
    before = without_key(shown(client, towns, towns.near))
    posted(client, towns, towns.full, f"foyers/{household.pk}/places/{row.pk}/", answer="no")
    assert without_key(shown(client, towns, towns.near)) == before
    assert "La personne a dit non" in shown(client, towns, towns.full)


def test_towns_that_are_not_linked_read_nothing_of_each_other(client: Client, towns: Towns) -> None:
    towns.household(towns.near)
    towns.places(towns.near)
    page = shown(client, towns, towns.far)
    assert "Un foyer de Pleine" not in page, "the person named another town"
    assert "Places : Proche" not in page
    towns.household(towns.far)
    assert "Un foyer de Pleine" in shown(client, towns, towns.far)
    towns.far.linked.clear()
    page = shown(client, towns, towns.far)
    assert "Aucune ville liée" in page
    assert "Pleine" not in page
    assert "La part de chacune" not in page


def test_one_town_answers_nothing_in_the_name_of_another(client: Client, towns: Towns) -> None:
    household, row = towns.household(), towns.places(towns.near)
    line = towns.yes(household, row)
    for path in (
        f"reponses/{line.pk}/", f"places/{row.pk}/retirer/", f"foyers/{household.pk}/retirer/",
        f"foyers/{household.pk}/places/{row.pk}/",
    ):  # fmt: skip
        assert posted(client, towns, towns.far, path, answer="yes").status_code == 404
    line.refresh_from_db()
    assert line.state == LineState.WAITING


def test_many_rows_cost_the_page_no_more_than_few(
    client: Client, towns: Towns, django_assert_max_num_queries: Any
) -> None:
    for _n in range(3):
        towns.household(towns.near)
        towns.places(towns.near)
    client.force_login(towns.desk(towns.full))
    client.get(f"/{towns.full.slug}/entre-villes/")
    with django_assert_max_num_queries(45):
        client.get(f"/{towns.full.slug}/entre-villes/")


def test_a_no_is_said_also_of_a_home_that_is_paused(client: Client, towns: Towns) -> None:
    row, household = towns.places(towns.near), towns.household()
    line = towns.agree(towns.yes(household, row))
    Offer.objects.filter(pk=row.offer_id).update(state="paused")
    posted(client, towns, towns.full, f"foyers/{household.pk}/places/{row.pk}/", answer="no")
    line.refresh_from_db()
    assert line.state == "no"


def test_places_of_a_town_that_is_linked_no_more_are_not_read(client: Client, towns: Towns) -> None:
    row, household = towns.places(towns.near), towns.household()
    as_of = f"/{towns.full.slug}/entre-villes/foyers/{household.pk}/places/{row.pk}/"
    client.force_login(towns.desk(towns.full))
    assert client.get(as_of).status_code == 200
    towns.full.linked.remove(towns.near)
    assert client.get(as_of).status_code == 404
