"""A town's home: what is needed with its help link, what one had begun, figures, associations, how others show it."""

import gzip
import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Organisation
from front import services
from tests.factories.accounts import OrganisationFactory
from tests.factories.cities import CityFactory
from tests.factories.matching import due_need
from tests.front.conftest import Place


def test_a_need_leads_to_an_offer_that_begins_with_it(client, place: Place) -> None:
    need = due_need(
        city=place.city,
        kind="goods",
        now=timezone.now(),
        organisation=OrganisationFactory(city=place.city, verified=True),
    )
    page = client.get(place.home).text
    [url] = [url.replace("&amp;", "&") for url in re.findall(r'href="([^"]*besoin=[^"]*)"', page)]
    said = parse_qs(urlsplit(url).query)
    assert (said["besoin"], said["nature"]) == ([need.reference], ["goods"])
    # Two presses later the first question is one that the need does not answer.
    question = client.get(url, follow=True)
    assert question.redirect_chain[-1][0].endswith("/nouvelle/item/") or question.status_code == 200
    assert question.context["question"].name != "kind"


def test_what_was_begun_here_can_be_gone_on_with_and_nowhere_else(client, place: Place) -> None:
    resume = "Reprendre là où vous en étiez"
    assert resume not in client.get(place.home).text
    client.post(reverse("offers:new", args=[place.city.slug]), {"kind": "skill"})
    assert resume in client.get(place.home).text
    other = CityFactory(awake=True, slug="ailleurs")
    assert resume not in client.get(reverse("home", args=[other.slug])).text
    assert resume not in Client().get(place.home).text
    # Where it leads: to the first question that is open.
    onward = client.get(reverse("offers:check", args=[place.city.slug]))
    assert onward.status_code == 302
    assert onward["Location"].startswith(reverse("offers:new", args=[place.city.slug]))


def test_associations_are_named_once_they_are_verified(client, place: Place) -> None:
    OrganisationFactory(city=place.city, name="Les Amis <du> Port", verified=True)
    for state in (Organisation.State.PENDING, Organisation.State.SUSPENDED):
        OrganisationFactory(city=place.city, name=f"Pas encore {state}", state=state)
    OrganisationFactory(city=CityFactory(slug="ailleurs"), name="D’une autre ville", verified=True)
    page = client.get(place.home).text
    assert "Les Amis &lt;du&gt; Port" in page
    assert "Pas encore" not in page
    assert "D’une autre ville" not in page


def test_no_figure_is_shown_where_there_is_none_to_tell(client, place: Place) -> None:
    assert "Douze mois d’entraide" not in client.get(place.home).text


def test_a_link_to_it_is_shown_with_the_town_s_words(client, place: Place, settings) -> None:
    settings.SITE_URL = "https://accorde.ville.example"
    services.say(
        city=place.city,
        language="fr",
        texts={"title": 'Le "Port" accueille', "lead": "Une ligne.\nEt une autre."},
        by=place.administrator,
        now=timezone.now(),
    )
    page = client.get(place.home).text
    assert '<meta property="og:title" content="Le &quot;Port&quot; accueille">' in page
    assert '<meta name="description" content="Une ligne. Et une autre.">' in page
    assert f'<meta property="og:url" content="https://accorde.ville.example{place.home}">' in page
    assert "og:image" not in page


def test_its_first_view_weighs_60_kilobytes_at_most(client, place: Place) -> None:
    association = OrganisationFactory(city=place.city, verified=True)
    for _n in range(4):
        due_need(city=place.city, now=timezone.now(), organisation=association)
    page = client.get(place.home).text
    # All that a browser fetches before it draws, in a script that its system has; the picture is lazy, and has its
    # own limit (catalogue/pictures.py).
    files = re.findall(r'<(?:link rel="stylesheet" href|script src)="/static/([^"]+)"', page)
    assert len(files) > 6
    weight = len(gzip.compress(page.encode()))
    weight += sum(len(gzip.compress(Path(str(finders.find(file))).read_bytes())) for file in files)
    assert weight <= 60 * 1024
    # Nothing from elsewhere.
    assert not re.findall(
        r'(?:src|href)="(?:https?:)?//(?!127\.0\.0\.1:8000)', re.sub(r"<a\b[^>]*>", "", page)
    )


@pytest.mark.parametrize("name", ["home", "needs:public", "front:help", "insight:public", "algorithm"])
def test_the_phone_of_the_town_is_on_each_of_its_public_pages(client, place: Place, name: str) -> None:
    page = client.get(reverse(name, args=[place.city.slug])).text
    assert 'href="tel:0388000000"' in page
    # From left to right in every language.
    assert '<bdi dir="ltr">03 88 00 00 00</bdi>' in page


def test_it_asks_the_database_the_same_for_two_needs_and_for_twenty(
    client, place: Place, django_assert_num_queries
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            client.get(place.home)
        return len(asked)

    association = OrganisationFactory(city=place.city, verified=True)
    due_need(city=place.city, now=timezone.now(), organisation=association)
    few = queries()
    for _n in range(6):
        due_need(city=place.city, now=timezone.now(), organisation=association)
        OrganisationFactory(city=place.city, verified=True)
    assert queries() == few
