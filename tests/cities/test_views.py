"""The type-ahead over HTTP, and the administration."""

import json

import pytest
from django.contrib import admin
from django.test import RequestFactory

from cities import views
from cities.models import City, Commune

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("gazetteer")]


def ask(query: str, **headers: str) -> str:
    response = views.communes(RequestFactory().get(f"/communes/?{query}", headers=headers))
    assert response.status_code == 200
    return response.content.decode()


def test_options_for_a_box() -> None:
    html = " ".join(ask("q=grenob").split())
    assert html.count("<option") == 1
    assert '<option value="Grenoble (Isère, 38000)" data-insee="38185"' in html


def test_the_box_sends_its_own_name() -> None:
    assert "Grenoble" in ask("name=place-commune&place-commune=grenob")


def test_the_postcode_that_was_typed_is_the_one_shown() -> None:
    assert 'value="Paris (75011)"' in ask("q=75011")
    assert 'value="Grenoble (Isère, 38100)"' in ask("q=38100")


def test_an_option_holds_what_was_typed_lest_the_browser_hide_it() -> None:
    assert 'label="Saint-Étienne (Loire, 42000) ← st etienne"' in ask("q=st etienne")


def test_text_is_escaped() -> None:
    assert "<script>" not in ask("q=paris<script>")


def test_neighbours_of_the_town_first() -> None:
    assert ask("q=saint m&near=38185").index("Hères") < ask("q=saint m&near=38185").index("Marcellin")


@pytest.mark.parametrize(
    "query", ["", "q=", "q=g", "q=xqzw", "q=%00%00", "near=%00", "name=x", f"q={'a' * 5000}"]
)
def test_questions_without_sense_have_no_answers(query: str) -> None:
    assert "<option" not in ask(query)


def test_at_most_ten() -> None:
    assert ask("q=saint").count("<option") == 10


def test_json_when_asked() -> None:
    request = RequestFactory().get("/communes/?q=eybens", headers={"accept": "application/json"})
    response = views.communes(request)
    assert response.headers["Content-Type"] == "application/json"
    (eybens,) = json.loads(response.content)["communes"]
    assert eybens["insee"] == "38158"
    assert eybens["label"] == "Eybens (Isère, 38320)"
    assert eybens["department_name"] == "Isère"


def test_cacheable_and_read_only() -> None:
    response = views.communes(RequestFactory().get("/communes/?q=eybens"))
    assert response.headers["Cache-Control"] == "public, max-age=3600"
    assert "Accept" in response.headers["Vary"]
    assert views.communes(RequestFactory().post("/communes/")).status_code == 405


def test_the_gazetteer_is_read_only_in_the_administration() -> None:
    communes = admin.site._registry[Commune]
    request = RequestFactory().get("/")
    assert not communes.has_add_permission(request)
    assert not communes.has_change_permission(request)
    assert not communes.has_delete_permission(request)
    for term in ("st martin d'heres", "38421"):
        found, _ = communes.get_search_results(request, Commune.objects.all(), term)
        assert "38421" in set(found.values_list("pk", flat=True))
    assert not admin.site._registry[City].has_delete_permission(request)
