"""What holds for every page, whoever asks and whatever they send."""

import gzip

import pytest
from django.urls import reverse

from tests.factories.accounts import CityRoleFactory
from tests.factories.cities import CityFactory

NUL = "%00"
ADDRESSES = [
    "/strasbourg/bureau/B-1%00/",
    "/strasbourg/bureau/B-1%00/conditions/",
    "/strasbourg/besoins/B-1%00/",
    "/strasbourg/besoins/B-1%00/modifier/",
    "/strasbourg/reponse/1.2%00/",
    "/strasbourg/suivi/1.2%00/",
    "/strasbourg/bureau/plan/?besoin=%00",
    "/strasbourg/propositions/bureau/?vue=%00",
    "/communes/?near=%00",
    "/communes/?name=%00&%00=a",
]


@pytest.fixture
def desk(client, db):
    client.force_login(CityRoleFactory(city=CityFactory(slug="strasbourg", name="Strasbourg")).user)
    return client


@pytest.mark.parametrize("address", ADDRESSES)
def test_nothing_is_found_by_a_text_that_the_database_cannot_keep(desk, address):
    assert desk.get(address).status_code == 404


@pytest.mark.parametrize("part", ["reference", "rule"])
def test_no_condition_is_asked_by_such_a_text(desk, part):
    address = {"reference": "B-1", "rule": "distance", part: "\0"}
    path = reverse("matching:ask_condition", args=["strasbourg", address["reference"], 1, address["rule"]])
    assert desk.post(path).status_code == 404


def test_nothing_is_sent_with_one(desk):
    answer = desk.post("/strasbourg/bureau/plan/", {"besoin": "B-\0"})
    assert answer.status_code == 400
    assert "n’a pas été comprise" in answer.content.decode()


def test_a_page_travels_light(desk):
    """Phones pay for what is sent: a page goes compressed to whoever can read it so, and plain to others."""
    address = reverse("desk:queue", args=["strasbourg"])
    plain = desk.get(address)
    packed = desk.get(address, headers={"accept-encoding": "gzip"})
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert "</html>" in gzip.decompress(packed.content).decode()
    assert len(packed.content) < len(plain.content) / 3


@pytest.mark.parametrize(
    "host", ["10.0.0.7", "10.0.0.7:8000", "[2001:db8::7]:8000", "127.0.0.1", "localhost:8000"]
)
def test_whether_it_works_is_told_under_an_address_of_the_machine_and_nothing_else(
    client, db, settings, host
):
    settings.ALLOWED_HOSTS, settings.SITE_URL = ["accorde.ville.example"], "https://accorde.ville.example"
    assert client.get("/healthz", headers={"host": host}).content == b"ok"
    assert client.get("/readyz", headers={"host": host}).status_code in (200, 503)
    for page in ("/", "/mentions-legales/", "/metrics", "/healthz/", "/api/"):
        assert client.get(page, headers={"host": host}).status_code == 400, page


@pytest.mark.parametrize("host", ["autre.example", "10.0.0.7.autre.example", "10.0.0", "a:b:c", "[::1"])
def test_another_name_is_none_of_the_machine(client, db, settings, host):
    settings.ALLOWED_HOSTS, settings.SITE_URL = ["accorde.ville.example"], "https://accorde.ville.example"
    assert client.get("/healthz", headers={"host": host}).status_code == 400
    assert client.get("/healthz", headers={"host": "accorde.ville.example"}).status_code == 200
