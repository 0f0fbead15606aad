"""Who reads Ukrainian, Dari, Spanish or Russian meets no French on what the public sees; a team reads a language that
has all of its pages.
"""

import html
import re

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone, translation

from accounts.access import language_with
from catalogue.languages import spoken_by_us
from config import translations
from notifications.services import language_of
from tests.factories.accounts import CityRoleFactory, UserFactory
from tests.journeys.pages import PAGES
from tests.journeys.town import build

OF_A_TEAM = {"coordinator", "administrator", "operator"}
PUBLIC_LANGUAGES = sorted(settings.LANGUAGES_FOR_THE_PUBLIC)


def only_in_french() -> list[str]:
    """What a language for the public lacks, but for what is filled in and what is too short to be told apart."""
    held = {translations.msgid(message) for message in translations.texts_for("uk") if message.id}
    every = {translations.msgid(message) for message in translations.extract() if message.id}
    return [text for text in every - held if len(text) > 14 and not translations.placeholders(text)]


def test_no_french_on_a_page_of_the_public(db, gazetteer):
    """The words of the team's own sources stand on none of these pages: config.readers.TEAM_ONLY says true."""
    town, french, met = build(now=timezone.now()), only_in_french(), []
    for page in PAGES:
        if page.who in OF_A_TEAM:
            continue
        client = Client()
        if page.who:
            client.force_login(getattr(town, page.who))
        for language in PUBLIC_LANGUAGES:
            client.cookies.load({settings.LANGUAGE_COOKIE_NAME: language})
            response = client.get(page.path(town))
            if response.streaming or not response.content or "html" not in response["Content-Type"]:
                continue
            shown = html.unescape(re.sub(r"\s+", " ", response.content.decode()))
            assert f'lang="{language}"' in shown, page.name
            met += [f"{page.name}, {language}: {text}" for text in french if text in shown]
    assert met == []


def test_a_team_reads_a_language_that_has_its_pages(db, client):
    coordinator = CityRoleFactory().user
    client.cookies.load({settings.LANGUAGE_COOKIE_NAME: "uk"})
    assert 'lang="uk"' in client.get("/mentions-legales/").content.decode()
    client.force_login(coordinator)
    assert 'lang="fr"' in client.get("/mentions-legales/").content.decode()
    client.cookies.load({settings.LANGUAGE_COOKIE_NAME: "ar"})
    assert 'lang="ar"' in client.get("/mentions-legales/").content.decode()


def test_everybody_is_written_to_in_a_language_that_has_their_messages(db):
    host, coordinator = UserFactory(language="uk"), CityRoleFactory(user__language="uk").user
    assert language_of(host) == "uk"
    assert language_of(coordinator) == "fr"
    assert language_of(CityRoleFactory(user__language="ar").user) == "ar"
    assert language_of(UserFactory(language="prs")) == "fa-af"
    assert language_of(UserFactory(language="ka")) == "fr"
    assert language_with(host, None) == "fr"


@pytest.mark.parametrize(
    ("spoken", "ours"), [("prs", "fa-af"), ("fa-AF", "fa-af"), ("uk", "uk"), ("ti", ""), ("es", "es")]
)
def test_what_somebody_speaks_is_found_among_ours(spoken, ours):
    assert spoken_by_us(spoken) == ours


def test_each_language_has_its_own_name_in_the_menu(db, client):
    client.cookies.load({settings.LANGUAGE_COOKIE_NAME: "en"})
    shown = client.get("/mentions-legales/").content.decode()
    with translation.override("en"):
        for name in ("Français", "English", "العربيّة", "Українська", "دری", "Español", "Русский"):
            assert f"<bdi>{name}</bdi>" in shown
