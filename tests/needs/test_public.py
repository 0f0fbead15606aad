"""What everybody may read: figures, days and commune, and nothing that anybody wrote."""

import re
from datetime import UTC, date, datetime, timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Organisation
from catalogue.vocabulary import Kind, Urgency
from cities.models import City
from needs.models import Need, NeedState
from needs.selectors import PublicNeed, public_needs
from tests.factories.accounts import OrganisationFactory, UserFactory
from tests.factories.needs import NeedFactory

TODAY = date(2026, 3, 9)
LIST = "/strasbourg/besoins/"
SECRETS = {
    "title": "TITRE-SECRET",
    "text": "TEXTE-SECRET",
    "case_reference": "DOSSIER-SECRET",
    "social_worker": "ACCOMPAGNANTE-SECRETE",
}


def test_list_leaks_nothing(client: Client, city: City, organisation: Organisation) -> None:
    OrganisationFactory._meta.model.objects.filter(pk=organisation.pk).update(about="PRESENTATION-SECRETE")
    needs = [
        NeedFactory(city=city, organisation=organisation, languages=["ti"], lone_minor=True, adult_women=0,
                    **SECRETS),
        NeedFactory(city=city, organisation=organisation, goods=True, **SECRETS),
        NeedFactory(city=city, organisation=organisation, skill=True, **SECRETS),
        NeedFactory(city=city, for_person=UserFactory(name="NOM-SECRET"), **SECRETS),
    ]  # fmt: skip
    page = client.get(LIST).content.decode().partition("<main")[2]
    assert page.count("Je peux aider") >= 4
    for word in ("SECRET", "Passerelles", "mineur", "mère", "femme", "enfant", "tigrigna", "exemple.fr"):
        assert word not in page
    for need in needs:
        assert page.count(need.reference) == page.count(f"besoin={need.reference}") == 1
        assert str(need.latitude) not in page


def test_list_says_what_helps_to_decide(client: Client, city: City) -> None:
    NeedFactory(city=city)
    NeedFactory(city=city, goods=True, urgency=Urgency.TONIGHT)
    NeedFactory(city=city, skill=True)
    page = client.get(LIST).content.decode().partition("<main")[2]
    for words in (
        "Un logement pour 3 personnes", "Couette, 10 objets", "Interprétariat, 2\u00a0h par semaine",
        "Ce soir", "du 1er au 30 avril", "Strasbourg", "nature=goods",
    ):  # fmt: skip
        assert words in page
    assert page.index("Couette") < page.index("Un logement")


def test_list_holds_only_what_is_open_and_verified(city: City) -> None:
    shown = NeedFactory(city=city)
    partly = NeedFactory(city=city, state=NeedState.PARTLY_MET)
    for state in (NeedState.MET, NeedState.WITHDRAWN, NeedState.EXPIRED, NeedState.DRAFT):
        NeedFactory(city=city, state=state)
    NeedFactory(city=city, organisation=OrganisationFactory(city=city))
    NeedFactory(city=city, organisation=OrganisationFactory(city=city, suspended=True))
    NeedFactory()
    assert shown.pk
    assert partly.pk
    assert public_needs(city, today=TODAY).count() == 2
    assert len(list(public_needs(city, today=TODAY))) == 2


def test_list_by_kind(client: Client, city: City) -> None:
    NeedFactory(city=city)
    NeedFactory(city=city, goods=True)
    page = client.get(LIST, {"nature": "goods"}).content.decode()
    assert "Couette" in page
    assert "Un logement" not in page
    everything = client.get(LIST, {"nature": "gold"}).content.decode()
    assert "Un logement" in everything
    assert public_needs(city, today=TODAY, kind=Kind.GOODS).count() == 1


def test_list_has_pages(client: Client, city: City) -> None:
    for _number in range(21):
        NeedFactory(city=city, goods=True)
    first = client.get(LIST, {"nature": "goods"}).content.decode()
    assert "?nature=goods&amp;page=2" in first
    second = client.get(LIST, {"nature": "goods", "page": "2"}).content.decode()
    assert second.count("<article") == 1
    assert client.get(LIST, {"page": "²"}).status_code == 200


def test_empty_list_is_kind(client: Client, city: City) -> None:
    assert "Rien à chercher en ce moment" in client.get(LIST).content.decode()


def test_rows_carry_no_more_than_their_columns(city: City, django_assert_num_queries: Any) -> None:
    early = NeedFactory(city=city, created_at=datetime(2026, 3, 1, tzinfo=UTC))
    NeedFactory(city=city, created_at=datetime(2026, 3, 2, tzinfo=UTC))
    NeedFactory(city=city, urgency=Urgency.TONIGHT, created_at=datetime(2026, 2, 1, tzinfo=UTC))
    with django_assert_num_queries(1):
        rows = public_needs(city, today=TODAY)[:3]
        titles = [row.title for row in rows]
    assert titles == ["Un logement pour 3 personnes"] * 3
    assert [row.urgency for row in rows] == ["tonight", "planned", "planned"]
    assert rows[2] == PublicNeed(
        reference=early.reference, insee=early.commune_id,
        kind="housing", category="", items=[], sizes=[], urgency_rank=2, quantity=3, people=3, rhythm="",
        first_day=early.first_day, last_day=early.last_day, commune="Strasbourg", created_at=early.created_at,
    )  # fmt: skip
    with pytest.raises(AttributeError):
        rows[0].text  # type: ignore[attr-defined]  # noqa: B018


def test_one_person_is_said_in_words(city: City) -> None:
    NeedFactory(city=city, adult_women=1, children_3_to_11=0)
    assert public_needs(city, today=TODAY)[:1][0].title == "Un logement pour une personne"


def link_of(client: Client, need: Need) -> dict[str, list[str]]:
    """The words of "Je peux aider" under a need."""
    page = client.get(LIST).content.decode()
    (address,) = (one for one in re.findall(r'href="([^"]+nouvelle/[^"]*)"', page) if need.reference in one)
    return parse_qs(urlsplit(unescape(address)).query)


def test_a_link_to_help_says_what_the_list_says_and_no_more(client: Client, city: City) -> None:
    today = timezone.localdate()
    days = {"first_day": today - timedelta(days=3), "last_day": today + timedelta(days=20)}
    need = NeedFactory(city=city, goods=True, sizes=["140"], **days, **SECRETS)
    assert link_of(client, need) == {
        "nature": ["goods"],
        "besoin": [need.reference],
        "categorie": ["bedding"],
        "objet": ["duvet"],
        "taille": ["140"],
        "commune": [need.commune_id],
        "du": [today.isoformat()],
        "au": [days["last_day"].isoformat()],
        "quantite": ["10"],
    }


def test_of_several_things_that_would_do_the_link_chooses_none(client: Client, city: City) -> None:
    need = NeedFactory(city=city, goods=True, items=["duvet", "blanket"], sizes=[])
    assert not {"objet", "taille"} & set(link_of(client, need))
