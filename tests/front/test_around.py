"""Around a town's pages: what search engines may read, help, what works, and refusals that say what to do."""

import re
import sys

import pytest
from django.core.exceptions import RequestDataTooBig
from django.http import HttpResponse
from django.test import Client
from django.urls import get_resolver, reverse
from django.utils import translation
from django.utils.translation import gettext as _

from cities.models import City
from config import discovery, views
from config.middleware import SaidInWords
from tests.factories.accounts import UserFactory
from tests.factories.cities import CityFactory
from tests.front.conftest import Place

HTML = {"HTTP_ACCEPT": "text/html,application/xhtml+xml"}


def allowed(robots: str, path: str) -> bool:
    """As RFC 9309 reads it: of the rules that fit the longest, and where two are as long, the one that allows."""
    best = (0, True)
    for line in robots.splitlines():
        rule, _colon, value = line.partition(": ")
        if rule not in ("Allow", "Disallow"):
            continue
        pattern = re.escape(value.removesuffix("$")) + ("$" if value.endswith("$") else "")
        if re.match(pattern, path):
            best = max(best, (len(value), rule == "Allow"))
    return best[1]


def test_search_engines_may_read_the_public_pages_and_nothing_else(client, place: Place) -> None:
    closed = CityFactory(slug="fermee", is_open=False)
    place.city.charter_text = "Nous accueillons."
    place.city.save(update_fields=["charter_text"])
    CityFactory(slug="ailleurs")  # with one town alone, the page of towns leads straight to it
    robots = client.get("/robots.txt").text
    town = place.city.slug
    for path in ("/", place.home, f"/{town}/besoins/", f"/{town}/aide/", f"/{town}/charte/", "/vos-donnees/"):
        assert allowed(robots, path), path
        assert client.get(path).status_code == 200, path
    assert allowed(robots, "/static/css/base.css")
    assert allowed(robots, f"/{town}/couleurs.css")
    for path in (
        "/compte/",
        "/connexion/",
        "/admin/",
        "/api/v1/offers/",
        f"/{town}/propositions/",
        f"/{town}/propositions/nouvelle/",
        f"/{town}/besoins/B-7KQ2M4/",
        f"/{town}/bureau/",
        f"/{town}/invitation/abc/",
        f"/{town}/ma-ville/accueil/",
        f"/{town}/besoins/?page=2",
        f"/{closed.slug}/",
    ):
        assert not allowed(robots, path), path


def test_no_address_that_names_somebody_or_something_is_listed() -> None:
    for name in (*discovery.PAGES, *discovery.TOWN_PAGES):
        resolver: object = get_resolver()
        for part in name.split(":")[:-1]:
            resolver = resolver.namespace_dict[part][1]  # type: ignore[attr-defined]
        [(_path, words), *_others] = resolver.reverse_dict.getlist(name.split(":")[-1])[0][0]  # type: ignore[attr-defined]
        assert set(words) <= {"city_slug"}, name


def test_the_sitemap_lists_the_same_pages(client, place: Place, settings) -> None:
    settings.SITE_URL = "https://accorde.ville.example"
    answer = client.get("/sitemap.xml")
    assert answer["Content-Type"] == "application/xml"
    found = re.findall(r"<loc>https://accorde\.ville\.example(/[^<]*)</loc>", answer.text)
    assert found == list(discovery.pages())
    assert place.home in found


def test_an_icon_is_found_without_reading_a_page(client) -> None:
    assert client.get("/favicon.ico")["Location"].endswith("img/icon-192.png")


def test_help_names_the_numbers_that_answer_at_night(client, place: Place) -> None:
    page = client.get(place.address("help")).text
    for number in ("112", "114", "115"):
        assert number in page


def test_what_does_not_work_is_said_in_plain_words(client, db, monkeypatch) -> None:
    found = {
        "database": True,
        "cache": True,
        "scheduler": True,
        "queue_messages": False,
        "queue_matching": True,
    }
    monkeypatch.setattr("config.health.parts", lambda now: found)
    page = client.get("/etat/")
    assert page.status_code == 200
    assert [part["works"] for part in page.context["parts"]] == [True, False, True]
    assert "en panne ou en retard" in page.text


# --- Refusals --------------------------------------------------------------------------------------------


def test_a_page_that_is_not_there_says_so_in_the_reader_s_language_with_the_town_s_phone(
    place: Place,
) -> None:
    client = Client()
    client.cookies["django_language"] = "en"
    answer = client.get(f"{place.home}nulle-part/ailleurs/")
    assert answer.status_code == 404
    assert "03 88 00 00 00" in Client().get(f"/{place.city.slug}/charte/").text
    with translation.override("en"):
        assert _("Cette page n’existe pas, ou plus") in answer.text


def test_an_address_of_a_button_says_what_to_do(client, place: Place) -> None:
    client.force_login(UserFactory())
    url = reverse("offers:pause", args=[place.city.slug, "P-0000-0000"])
    answer = client.get(url, **HTML)
    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    assert "Elle sert à un bouton" in answer.text
    assert "03 88 00 00 00" in answer.text
    # A program gets the bare refusal.
    assert client.get(url).content == b""


@pytest.mark.parametrize(
    ("status", "said"),
    [(410, "Ce lien ne sert plus"), (413, "trop lourd pour nous"), (429, "Trop d’essais en peu de temps")],
)
def test_a_refusal_without_a_word_gets_one_and_keeps_when_to_come_back(
    rf, db, status: int, said: str
) -> None:
    bare = HttpResponse(status=status, headers={"Retry-After": "60"})
    request = rf.get("/", **HTML)
    request.resolver_match, request.user = None, None
    answer = SaidInWords(lambda _request: bare)(request)
    assert (answer.status_code, answer["Retry-After"]) == (status, "60")
    assert said in answer.text


def test_what_says_something_already_is_left_as_it_is(rf) -> None:
    said = HttpResponse("Dites-le autrement.", status=429)
    assert SaidInWords(lambda _request: said)(rf.get("/", **HTML)) is said


def test_a_form_that_is_too_long_is_told_so(client, place: Place, settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    answer = client.post(reverse("offers:new", args=[place.city.slug]), {"kind": "x" * 200}, **HTML)
    assert answer.status_code == 413
    assert "Rien n’a été enregistré" in answer.text


def test_other_bad_requests_are_not_called_too_long(rf, db) -> None:
    request = rf.get("/")
    request.resolver_match, request.user = None, None
    assert views.bad_request(request, ValueError()).status_code == 400
    assert views.bad_request(request, RequestDataTooBig()).status_code == 413


def test_a_form_without_its_token_says_to_reload(place: Place) -> None:
    strict = Client(enforce_csrf_checks=True)
    answer = strict.post(reverse("offers:new", args=[place.city.slug]), {"kind": "skill"})
    assert answer.status_code == 403
    assert "Cette page est restée ouverte trop longtemps" in answer.text
    assert "03 88 00 00 00" in answer.text


def test_a_fault_of_ours_says_only_what_is_true_and_whom_to_call(rf) -> None:
    request = rf.get("/")
    try:
        raise ZeroDivisionError
    except ZeroDivisionError:
        assert sys.exc_info()[0] is ZeroDivisionError
        plain = views.fault(request)
        request._town = City(name="Strasbourg", phone="03 88 00 00 00")
        known = views.fault(request)
    assert (plain.status_code, known.status_code) == (500, 500)
    # Nobody is told by it, and what was just sent may be lost.
    assert "prévenue" not in plain.text
    assert "n’a peut-être pas été enregistré" in " ".join(plain.text.split())
    assert "tel:" not in plain.text
    assert '<a href="tel:0388000000"><bdi dir="ltr">03 88 00 00 00</bdi></a>' in known.text
