"""The page that everybody reads: filters in the address, what is open now, and how fresh it is."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from cities.models import City
from directory import opening_hours, presentation, selectors
from directory.selectors import Opening, Search
from directory.themes import THEMATICS, Theme
from tests.directory.conftest import NOW, PUBLIC, text
from tests.factories.cities import CityFactory, CommuneFactory


def named(city: City, now: datetime = NOW, **search: str) -> list[str]:
    return [str(one) for one in selectors.found(city, Search(**search), now=now)]


@pytest.fixture
def several(entered: Any) -> None:
    near = CommuneFactory(insee="67447", name="Schiltigheim", postcodes=["67300"])
    entered(name="Avocat", languages=["prs", "fr"], slots=["mon 09:00-12:00"])
    entered(name="Repas", thematics=[THEMATICS[Theme.FOOD][0]], slots=["sat 18:00-20:30"], languages=["apc"])
    entered(
        name="Épicerie", thematics=[THEMATICS[Theme.FOOD][0]], commune=near, run_by="Croix 100%", slots=[]
    )


@pytest.mark.usefixtures("several")
def test_each_filter_finds_its_own(city: City) -> None:
    assert named(city) == ["Avocat", "Repas", "Épicerie"]
    assert named(city, theme="food") == ["Repas", "Épicerie"]
    assert named(city, language="prs") == ["Avocat"]
    # Arabic is spoken where Levantine Arabic is.
    assert named(city, language="ar") == ["Repas"]
    assert named(city, commune="67447") == ["Épicerie"]
    assert named(city, when=selectors.NOW) == ["Avocat"]
    assert named(city, when=selectors.EVENING) == named(city, when=selectors.WEEKEND) == ["Repas"]
    assert named(city, words="epicerie croix") == ["Épicerie"]
    assert named(city, words="100%") == ["Épicerie"]
    assert named(city, theme="food", language="prs") == []
    assert named(city, words="' OR 1=1 --\x00") == []


@pytest.mark.usefixtures("several")
def test_the_address_keeps_the_filters_and_nothing_else(client: Client) -> None:
    page = client.get(PUBLIC, {"besoin": "food", "lieu": "67447", "mots": "epicerie"})
    assert "Épicerie" in page.text
    assert "Avocat" not in page.text
    assert '<option value="food" selected>' in page.text
    assert 'value="epicerie"' in page.text
    # What is not in the lists asks nothing.
    page = client.get(PUBLIC, {"besoin": "<script>", "parle": "zz", "quand": "demain", "page": "99"})
    assert page.status_code == 200
    assert "<script>&" not in page.text
    assert "Avocat" in page.text


def test_what_people_write_is_text(client: Client, entered: Any) -> None:
    service = entered(name="<b>Repas</b>", about="<script>alert(1)</script>", address='"><img src=x>')
    for path in (PUBLIC, f"{PUBLIC}{service.pk}/"):
        page = client.get(path).text
        assert "<b>Repas" not in page
        assert "<script>alert" not in page
        assert "<img src=x" not in page


def test_another_towns_are_not_here(client: Client, entered: Any) -> None:
    service = entered()
    CityFactory(slug="grenoble")
    assert "Permanence" not in client.get("/grenoble/annuaire/").text
    assert client.get(f"/grenoble/annuaire/{service.pk}/").status_code == 404


def test_a_page_says_all_that_is_known(client: Client, entered: Any) -> None:
    service = entered(
        phone="+33353018000",
        languages=["ar"],
        slots=["mon 09:00-12:00"],
        hours_note="sauf août",
        site="https://a.fr/",
    )
    page = client.get(f"{PUBLIC}{service.pk}/").text
    for said in (
        'href="tel:+33-3-53-01-80-00"',
        'lang="ar">العربية',
        "sauf août",
        'href="https://a.fr/"',
        "de 9",
    ):
        assert said in page


def test_who_finds_nothing_is_told_whom_to_call(client: Client, entered: Any) -> None:
    entered()
    page = text(client.get(PUBLIC, {"mots": "introuvable"}))
    assert "Aucun service ne répond à tout cela" in page
    assert "03 53 01 00 67" in page


@pytest.mark.parametrize(
    ("moment", "slots", "state"),
    [
        (NOW, ["mon 09:00-12:00"], Opening(True, until=720)),
        (NOW, ["mon 10:00-11:00"], Opening(True, until=660)),  # ten o'clock there
        (NOW, ["mon 09:00-10:00"], Opening(False, in_days=7, at=540)),
        (NOW, ["mon 14:00-15:00", "tue 09:00-10:00"], Opening(False, in_days=0, at=840)),
        (NOW, ["sun 09:00-10:00", "tue 09:00-10:00"], Opening(False, in_days=1, at=540)),
        (datetime(2026, 3, 8, 23, 30, tzinfo=UTC), ["mon 00:00-02:00"], Opening(True, until=120)),
        # Through midnight, and through a slot that begins where another ends.
        (NOW, ["mon 09:00-24:00", "tue 00:00-02:00", "tue 03:00-04:00"], Opening(True, until=120)),
        (NOW, ["mon 09:00-12:00", "mon 12:00-14:00"], Opening(True, until=840)),
        (NOW, ["mon 09:00-24:00", "wed 00:00-02:00"], Opening(True, until=1440)),
        (NOW, ["mon 09:00-24:00", "tue 00:00-24:00", "wed 00:00-02:00"], Opening(True, until=None)),
        (NOW, ["sun 09:00-24:00", "mon 00:00-09:00"], Opening(False, in_days=6, at=540)),
        (NOW, opening_hours.read("24/7")[0], Opening(True, until=None)),
        (NOW, [], None),
    ],
)
def test_what_is_open_by_the_towns_clocks(
    entered: Any, moment: datetime, slots: list[str], state: Any
) -> None:
    assert selectors.opening(entered(slots=slots), moment) == state


def test_hours_are_said_as_people_say_them(entered: Any) -> None:
    service = entered(slots=["mon 09:00-12:00", "mon 14:00-17:30", "thu 09:00-12:00"])
    with translation.override("fr"):
        assert presentation.card(service, now=NOW)["opening"] == "Ouvert maintenant, jusqu’à 12\u00a0h"
        later = presentation.card(service, now=NOW + timedelta(hours=8))
        service.slots = opening_hours.read("24/7")[0]
        assert presentation.card(service, now=NOW)["opening"] == "Ouvert maintenant"
        service.slots = ["mon 09:00-12:00", "mon 14:00-17:30", "thu 09:00-12:00"]
        assert later["opening"] == "Fermé maintenant, ouvre jeudi à 9\u00a0h"
        assert presentation.card(service, now=NOW + timedelta(days=2))["opening"] == "Ouvre demain à 9\u00a0h"
        assert [row["label"] for row in presentation.week(service)] == ["lundi", "jeudi"]


def test_what_nobody_has_looked_at_says_so(client: Client, entered: Any) -> None:
    fresh = entered(now=datetime.now(UTC) - timedelta(days=20))
    assert "appelez avant de venir" not in text(client.get(f"{PUBLIC}{fresh.pk}/"))
    old = entered(name="Vieux", now=datetime.now(UTC) - timedelta(days=181))
    assert "Vérifié pour la dernière fois" in text(client.get(f"{PUBLIC}{old.pk}/"))


def test_a_long_list_costs_what_a_short_one_does(
    client: Client, django_assert_num_queries: Any, entered: Any
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    entered(name="Un")
    client.get(PUBLIC)
    with CaptureQueriesContext(connection) as short:
        client.get(PUBLIC)
    for number in range(15):
        entered(name=f"Service {number}", languages=["fr"])
    with django_assert_num_queries(len(short)):
        client.get(PUBLIC)
