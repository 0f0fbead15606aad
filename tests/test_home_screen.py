"""An iPhone shows the messages of a site alone that was added to the home screen: the page says so, and it works."""

import re
from urllib.parse import urlsplit

import pytest
from django.contrib.staticfiles import finders

pytestmark = pytest.mark.django_db


def size(url):
    """Width and height, of the first bytes of a PNG file."""
    path = finders.find(urlsplit(url).path.removeprefix("/static/"))
    with open(path, "rb") as file:
        head = file.read(24)
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    return int.from_bytes(head[16:20]), int.from_bytes(head[20:24])


@pytest.fixture
def manifest(client):
    def read(language):
        client.cookies["django_language"] = language
        page = client.get("/mentions-legales/").text
        [url] = re.findall(r'<link rel="manifest" href="([^"]+)">', page)
        return client.get(url)

    return read


def test_what_is_added_opens_as_an_app(manifest):
    answer = manifest("fr")
    assert answer.headers["Content-Type"] == "application/manifest+json"
    found = answer.json()
    assert (found["display"], found["start_url"], found["scope"]) == ("standalone", "/", "/")


@pytest.mark.parametrize(("language", "direction"), [("fr", "ltr"), ("ar", "rtl")])
def test_it_speaks_the_reader_s_language(manifest, language, direction):
    found = manifest(language).json()
    assert (found["lang"], found["dir"]) == (language, direction)


def test_its_icons_have_the_size_that_it_says(manifest):
    icons = manifest("fr").json()["icons"]
    assert {icon["purpose"] for icon in icons} == {"any", "maskable"}
    for icon in icons:
        assert icon["sizes"] == "{}x{}".format(*size(icon["src"]))


def test_an_iphone_finds_its_icon(client):
    [url] = re.findall(r'<link rel="apple-touch-icon" href="([^"]+)">', client.get("/mentions-legales/").text)
    width, height = size(url)
    assert width == height >= 180
