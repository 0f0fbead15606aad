"""The needs of the moment on other sites, and posters: what everybody reads, in any language, with no cookie."""

import json
import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from catalogue.scanning import qr_code
from front import poster, selectors, services
from tests.factories.accounts import OrganisationFactory
from tests.factories.matching import due_need
from tests.front.conftest import Place


@pytest.fixture
def need(place: Place):
    association = OrganisationFactory(city=place.city, name="Les Amis du Port", verified=True)
    return due_need(
        city=place.city,
        now=timezone.now(),
        organisation=association,
        title="Famille B., rue des Roses",
        text="Appeler Sonia",
    )


def test_the_feed_is_as_the_standard_says_and_names_nobody(client, place: Place, need, settings) -> None:
    settings.SITE_URL = "https://accorde.ville.example"
    answer = client.get(place.address("feed"), {"langue": "ar"})
    assert answer["Content-Type"] == "application/feed+json; charset=utf-8"
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert "public" in answer["Cache-Control"]
    assert not answer.cookies
    feed = json.loads(answer.content)
    assert (feed["version"], feed["language"]) == ("https://jsonfeed.org/version/1.1", "ar")
    assert feed["feed_url"].startswith("https://accorde.ville.example/")
    [item] = feed["items"]
    assert {"id", "url", "content_text", "date_published", "title"} <= set(item)
    with translation.override("ar"):
        [(shown, _path)] = selectors.needs_of_the_moment(place.city, today=timezone.localdate())
        assert item["title"] == shown.title
    for private in ("Famille B.", "Roses", "Sonia", "Amis du Port"):
        assert private not in answer.text
    # No such language: French, as for whoever names none.
    assert client.get(place.address("feed"), {"langue": "xx"}).json()["language"] == "fr"


def test_the_frame_stands_on_any_site_and_keeps_nothing_of_its_reader(client, place: Place, need) -> None:
    answer = client.get(place.address("frame", "ar"))
    assert "frame-ancestors *" in answer["Content-Security-Policy"]
    assert "X-Frame-Options" not in answer
    assert answer["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert not answer.cookies
    assert '<html lang="ar" dir="rtl">' in answer.text
    assert "<form" not in answer.text
    assert "<script" not in answer.text
    links = re.findall(r"<a\b[^>]*>", answer.text)
    assert links
    assert all('target="_blank"' in link and 'rel="noopener"' in link for link in links)
    for private in ("Famille B.", "Roses", "Sonia", "Amis du Port"):
        assert private not in answer.text
    assert client.get(place.address("frame", "xx")).status_code == 404


def test_a_site_that_is_given_the_address_of_the_frame_finds_its_code(client, place: Place, settings) -> None:
    """As oembed.com 1.0 has it: discovered in the page, a "rich" answer no larger than what is asked for."""
    settings.SITE_URL = "https://accorde.ville.example"
    page = client.get(place.address("frame", "ar"))
    [link] = re.findall(
        r'<link\s+rel="alternate"\s+type="application/json\+oembed"\s+href="([^"]*)"', page.text
    )
    asked = link.removeprefix(settings.SITE_URL)
    assert asked.startswith(place.address("oembed"))
    answer = client.get(f"{asked}&maxwidth=400&maxheight=300&format=json")
    assert (answer["Content-Type"], answer["Access-Control-Allow-Origin"]) == ("application/json", "*")
    assert not answer.cookies
    said = answer.json()
    assert (said["version"], said["type"], said["width"], said["height"]) == ("1.0", "rich", 400, 300)
    frame = f"{settings.SITE_URL}{place.address('frame', 'ar')}"
    assert said["html"].startswith(f'<iframe src="{frame}" title="')
    assert 'width="400" height="300"' in said["html"]
    assert place.city.name in said["title"]
    # Larger than it is, it is not made.
    assert client.get(f"{asked}&maxwidth=9999&maxheight=x").json()["width"] == 640


@pytest.mark.parametrize(
    ("url", "form", "status"),
    [("frame", "xml", 501), ("help", "json", 404), ("", "json", 404), ("elsewhere", "json", 404)],
)
def test_of_what_is_no_frame_of_the_town_oembed_says_nothing(
    client, place: Place, settings, url: str, form: str, status: int
) -> None:
    settings.SITE_URL = "https://accorde.ville.example"
    urls = {
        "frame": f"{settings.SITE_URL}{place.address('frame', 'fr')}",
        "help": f"{settings.SITE_URL}{place.address('help')}",
        "elsewhere": f"https://other.example{place.address('frame', 'fr')}",
        "": "",
    }
    answer = client.get(place.address("oembed"), {"url": urls[url], "format": form})
    assert answer.status_code == status
    assert "<iframe" not in answer.text


def test_no_other_page_stands_in_a_frame(client, place: Place) -> None:
    for path in (place.home, place.address("help"), place.address("feed")):
        answer = client.get(path)
        assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]
        assert answer["X-Frame-Options"] == "DENY"


def test_who_comes_from_elsewhere_reads_their_language_and_begins_with_the_need(place: Place, need) -> None:
    client = Client()
    url = place.address("welcome", "ar")
    answer = client.get(url, {"besoin": need.reference})
    assert answer["Location"].startswith(reverse("offers:new", args=[place.city.slug]))
    assert need.reference in answer["Location"]
    assert '<html lang="ar" dir="rtl">' in client.get(place.home).text
    # A need that is met, or none, and what is no address of ours.
    assert client.get(url, {"besoin": "B-000000"})["Location"] == place.home
    assert client.get(url, {"besoin": "https://ailleurs.example"})["Location"] == place.home
    assert client.get(place.address("welcome", "xx")).status_code == 404


def test_what_to_copy_names_the_frame_in_the_language_that_was_chosen(
    place: Place, administrator: Client, settings
) -> None:
    settings.SITE_URL = "https://accorde.ville.example"
    page = administrator.get(place.address("embed"), {"langue": "ar"})
    assert page.context["snippet"] == (
        f'<iframe src="https://accorde.ville.example{place.address("frame", "ar")}" '
        f'title="{_heading("ar")} · Strasbourg" loading="lazy" width="100%" height="640"></iframe>'
    )


def _heading(language: str) -> str:
    with translation.override(language):
        return translation.gettext("Besoins du moment")


@pytest.mark.parametrize("language", ["fr", "ar"])
def test_a_poster_says_the_town_s_words_and_its_code_leads_to_them(
    place: Place, administrator: Client, language: str, settings
) -> None:
    settings.SITE_URL = "https://accorde.ville.example"
    services.say(
        city=place.city,
        language=language,
        texts={"title": '#link("x") *Le port*'},
        by=place.administrator,
        now=timezone.now(),
    )
    with translation.override(language):
        words = poster.words(place.city)
    # Of the town it is text, whatever the language of the document makes of such signs.
    assert words["title"] == '#link("x") *Le port*'
    assert words["address"] == f"accorde.ville.example/{place.city.slug}"
    assert words["code"] == qr_code(
        f"https://accorde.ville.example{place.address('welcome', language)}", border=0
    )
    assert words["phone"] == "\u206803 88 00 00 00\u2069"
    answer = administrator.get(place.address("poster", language))
    assert answer["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF")
    assert answer.content.count(b"/Type /Page\n") + answer.content.count(b"/Type/Page/") <= 1


def test_a_poster_holds_on_one_page_in_each_language(place: Place) -> None:
    place.city.phone_hours = "Du lundi au vendredi de 9 h à 18 h, le samedi de 9 h à midi. Appel gratuit."
    for language in selectors.LANGUAGES:
        with translation.override(language):
            assert pages(poster.as_pdf(place.city, now=timezone.now())) == 1, language


def pages(document: bytes) -> int:
    """How many a PDF has: what its tree of pages counts."""
    return max(int(n) for n in re.findall(rb"/Count (\d+)", document))
