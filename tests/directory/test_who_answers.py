"""The cards of those who answer: who reads and keeps them, what finds them, and when they are gone."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test import Client
from django.utils import translation

from accounts.models import Organisation, Role, User
from cities.models import City
from directory import agents, answerers, services
from directory.models import CHECKED_FOR, AgentCard, Service
from directory.themes import THEMATICS, Theme, themes_named
from notifications.models import Message
from notifications.reasons import has_reason
from tests.directory.conftest import KEPT, NOW, PUBLIC, text
from tests.factories.accounts import CityRoleFactory, MembershipFactory, OrganisationFactory, UserFactory
from tests.factories.cities import CityFactory
from tests.factories.needs import NeedFactory
from town.models import AuditRow

WHO = "/strasbourg/annuaire/qui-repond/"
LATER = NOW + timedelta(days=1)
NADIA = "Nadia, accueil de l’école"


@pytest.fixture
def carded(city: City, administrator: User) -> Callable[..., AgentCard]:
    """A card that the town's administrator has entered."""

    def carded(*, by: User = administrator, now: Any = NOW, **said: Any) -> AgentCard:
        fields = {
            "name": NADIA, "themes": ["children"], "languages": ["fr", "prs"], "phone": "+33353018001", **said,
        }  # fmt: skip
        return agents.add(city=city, fields=fields, by=by, now=now)

    return carded


@pytest.fixture
def own(carded: Any, organisation: Organisation, member: User) -> AgentCard:
    said = {"name": "Omar, traducteur", "languages": ["ar"], "themes": ["rights"]}
    card: AgentCard = carded(by=member, organisation=organisation, **said)
    return card


def names(city: City, **search: Any) -> list[str]:
    return [card.name for card in answerers.found(AgentCard.objects.filter(city=city), **search)]


# --- Who reads -----------------------------------------------------------------------------------------


def test_the_team_and_verified_associations_of_the_town_read_it(
    client: Client, city: City, carded: Any, member: User
) -> None:
    carded()
    readers = [CityRoleFactory(city=city, role=role).user for role in Role.values] + [member]
    for reader in readers:
        client.force_login(reader)
        assert NADIA in text(client.get(WHO)), reader


@pytest.mark.parametrize("state", [Organisation.State.PENDING, Organisation.State.SUSPENDED])
def test_others_do_not(client: Client, city: City, carded: Any, member: User, state: str) -> None:
    carded()
    elsewhere = CityFactory(slug="grenoble")
    not_heard = OrganisationFactory(city=city, name="Pas encore", state=state)
    for stranger in (
        UserFactory(),
        CityRoleFactory(city=elsewhere, role="administrator").user,
        MembershipFactory(organisation=OrganisationFactory(city=elsewhere, verified=True)).user,
        MembershipFactory(organisation=not_heard).user,
    ):
        client.force_login(stranger)
        assert client.get(WHO).status_code == 404
        assert not answerers.read_by(stranger, city).exists()
    client.logout()
    assert client.get(WHO).status_code == 302


def test_a_name_is_public_only_where_it_is_ticked(client: Client, carded: Any, entered: Any) -> None:
    entered()
    card = carded()
    feeds = (f"{PUBLIC}services.json", f"{PUBLIC}structures.json", "/api/v1/directory/")
    assert NADIA not in text(client.get(PUBLIC))
    assert "Des personnes qui répondent" not in text(client.get(PUBLIC))
    agents.change(card_id=card.pk, fields={"is_public": True}, by=card.checked_by, now=LATER)
    page = text(client.get(PUBLIC))
    assert page.index("Permanence juridique") < page.index("Des personnes qui répondent") < page.index(NADIA)
    assert "03 53 01 80 01" in page
    # Without a service it is not an empty directory.
    Service.objects.all().update(closed_at=LATER)
    assert "L’annuaire est encore vide" not in text(client.get(PUBLIC))
    for feed in feeds:
        assert "Nadia" not in client.get(feed).text


def test_of_an_association_that_is_suspended_the_team_alone_reads_and_removes(
    client: Client, city: City, own: AgentCard, organisation: Organisation, member: User, administrator: User
) -> None:
    agents.change(card_id=own.pk, fields={"is_public": True}, by=member, now=LATER)
    assert "Omar" in text(client.get(PUBLIC))
    other = MembershipFactory(organisation=OrganisationFactory(city=city, verified=True)).user
    assert answerers.read_by(other, city).exists()
    Organisation.objects.filter(pk=organisation.pk).update(state=Organisation.State.SUSPENDED)
    assert "Omar" not in text(client.get(PUBLIC))
    assert not answerers.read_by(other, city).exists()
    assert not answerers.read_by(member, city).exists()
    client.force_login(administrator)
    assert "la ville seule lit cette fiche" in text(client.get(WHO))
    # Nor does it become the town's by being opened and saved.
    assert f'<option value="{organisation.pk}" selected>' in client.get(f"{WHO}{own.pk}/").text
    assert client.post(f"{WHO}{own.pk}/", {"act": "remove"}).status_code == 302
    assert not AgentCard.objects.exists()


# --- Who keeps -----------------------------------------------------------------------------------------


def test_an_association_enters_changes_and_removes_its_own(
    client: Client, organisation: Organisation, member: User
) -> None:
    client.force_login(member)
    typed = {
        "name": "Omar", "organisation": organisation.pk, "themes": ["rights"], "languages": ["ar"],
        "phone": "03 53 01 80 02", "hours": "le matin",
    }  # fmt: skip
    assert client.post(f"{WHO}nouveau/", typed).status_code == 302
    card = AgentCard.objects.get()
    assert (card.organisation, card.phone.as_e164, card.is_public) == (organisation, "+33353018002", False)
    client.post(f"{WHO}{card.pk}/", {**typed, "name": "Omar B.", "is_public": "on"})
    card.refresh_from_db()
    assert (card.name, card.is_public, card.checked_by) == ("Omar B.", True, member)
    # A colleague of the same association removes it when Omar has left.
    client.force_login(MembershipFactory(organisation=organisation).user)
    assert client.post(f"{WHO}{card.pk}/", {"act": "remove"}).status_code == 302
    assert not AgentCard.objects.exists()
    assert client.post(f"{WHO}{card.pk}/", {"act": "remove"}).status_code == 404


def test_what_an_association_may_not(
    client: Client, city: City, own: AgentCard, carded: Any, member: User
) -> None:
    of_the_town = carded()
    other = OrganisationFactory(city=city, name="Autre", verified=True)
    for refused in (
        lambda: agents.change(card_id=of_the_town.pk, fields={"name": "À nous"}, by=member, now=LATER),
        lambda: agents.confirm(card_id=of_the_town.pk, by=member, now=LATER),
        lambda: agents.remove(card_id=of_the_town.pk, by=member),
        lambda: carded(by=member),
        lambda: carded(by=member, organisation=other),
        # Nor does it give its own away, to another or to the town.
        lambda: agents.change(card_id=own.pk, fields={"organisation": other}, by=member, now=LATER),
        lambda: agents.change(card_id=own.pk, fields={"organisation": None}, by=member, now=LATER),
    ):
        with pytest.raises(PermissionDenied):
            refused()
    client.force_login(member)
    assert f"{WHO}{of_the_town.pk}/" not in client.get(WHO).text
    assert f"{WHO}{own.pk}/" in client.get(WHO).text
    assert client.get(f"{WHO}{of_the_town.pk}/").status_code == 404
    assert client.post(f"{WHO}{of_the_town.pk}/", {"act": "remove"}).status_code == 404
    assert AgentCard.objects.count() == 2


def test_another_towns_team_finds_nothing(client: Client, own: AgentCard) -> None:
    client.force_login(CityRoleFactory(city=CityFactory(slug="grenoble"), role="administrator").user)
    for path in (f"{WHO}{own.pk}/", f"/grenoble/annuaire/qui-repond/{own.pk}/"):
        assert client.post(path, {"act": "remove"}).status_code == 404
    assert AgentCard.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""), ("name", "x" * 151), ("themes", []), ("themes", ["sante"]), ("words", "x" * 201),
        ("languages", ["xx-rien"]), ("languages", ["fr"] * 13), ("phone", ""), ("phone", "12"), ("email", "nadia"),
    ],
)  # fmt: skip
def test_what_no_door_lets_in(carded: Any, field: str, value: Any) -> None:
    with pytest.raises(ValidationError) as refusal:
        carded(**{field: value})
    assert field in refusal.value.error_dict


def test_words_stand_for_a_theme_and_a_mail_for_a_phone(carded: Any) -> None:
    assert carded(themes=[], words="cantine", phone="", email="accueil@exemple.fr").pk


def test_an_association_of_another_town_has_no_card_here(carded: Any) -> None:
    with pytest.raises(ValidationError, match="pas de cette ville"):
        carded(organisation=OrganisationFactory(city=CityFactory(), verified=True))


def test_the_form_says_what_is_missing(client: Client, administrator: User) -> None:
    client.force_login(administrator)
    page = client.post(f"{WHO}nouveau/", {"name": "Nadia"})
    assert page.status_code == 422
    assert set(page.context["form"].errors) == {"themes", "phone"}
    assert not AgentCard.objects.exists()


# --- What finds it -------------------------------------------------------------------------------------


def test_school_in_dari_is_typed_in_one_field(city: City, carded: Any, own: AgentCard) -> None:
    carded()
    carded(name="Bernard, écoles", languages=["fr"])
    assert names(city, words="école dari") == [NADIA]
    assert names(city, words="ECOLE") == ["Bernard, écoles", NADIA]
    assert names(city, words="dari santé") == []
    assert names(city, words="passerelles") == ["Omar, traducteur"]
    # A code of two or three letters is no language here: "de" is not German.
    assert names(city, words="de") == [NADIA]
    with translation.override("en"):
        assert names(city, words="dari children") == [NADIA]


def test_each_filter_finds_its_own(city: City, carded: Any, own: AgentCard) -> None:
    carded(themes=["health"], words="vaccins")
    assert names(city, theme="health") == [NADIA]
    assert names(city, theme="food") == []
    # Persian is spoken where Dari is, one of several languages is enough.
    assert names(city, languages=["fa"]) == [NADIA]
    assert names(city, languages=["prs", "ar"]) == [NADIA, "Omar, traducteur"]
    assert names(city, languages=["ti"]) == []
    assert names(city, words="vaccin", languages=["prs"], theme="health") == [NADIA]
    assert names(city, words="' OR 1=1 --\x00") == []


def test_the_public_page_finds_services_and_cards_alike(client: Client, carded: Any, entered: Any) -> None:
    entered(name="Inscriptions", thematics=[THEMATICS[Theme.CHILDREN][0]], languages=["prs"])
    entered(name="Repas", thematics=[THEMATICS[Theme.FOOD][0]], languages=["prs"])
    carded(is_public=True)
    page = text(client.get(PUBLIC, {"mots": "école dari"}))
    assert "Inscriptions" in page
    assert NADIA in page
    assert ">Repas<" not in client.get(PUBLIC, {"mots": "école dari"}).text
    # Neither has a card hours that can be asked for.
    assert NADIA not in text(client.get(PUBLIC, {"quand": "soir"}))
    assert NADIA not in text(client.get(PUBLIC, {"besoin": "food"}))


def test_a_language_that_only_a_hidden_card_speaks_is_not_offered(client: Client, carded: Any) -> None:
    card = carded(languages=["ti"])
    assert 'value="ti"' not in client.get(PUBLIC).text
    agents.change(card_id=card.pk, fields={"is_public": True}, by=card.checked_by, now=LATER)
    assert 'value="ti"' in client.get(PUBLIC).text


def test_a_need_leads_to_who_speaks_its_languages(
    client: Client, city: City, organisation: Organisation, member: User, carded: Any, own: AgentCard
) -> None:
    carded()
    need = NeedFactory(city=city, organisation=organisation, languages=["ar", "ti"])
    client.force_login(member)
    page = client.get(f"/strasbourg/besoins/{need.reference}/").text
    link = f"{WHO}?parle=ar&amp;parle=ti&amp;"
    assert link in page
    found = text(client.get(link.replace("&amp;", "&")))
    assert "Omar" in found
    assert NADIA not in found
    # What nobody speaks finds nobody, what is no language asks nothing.
    assert "Aucune fiche ne répond à tout cela" in text(client.get(WHO, {"parle": ["ti"]}))
    assert "2 fiches" in text(client.get(WHO, {"parle": ["<script>", "x" * 300], "besoin": "rien"}))


def test_a_theme_is_named_by_the_beginning_of_a_word() -> None:
    assert themes_named("écol") == {Theme.CHILDREN}
    assert themes_named("et") == themes_named("col") == set()


# --- Whether it still holds ----------------------------------------------------------------------------


def test_old_ones_are_asked_about_with_the_services(
    city: City, own: AgentCard, member: User, carded: Any, entered: Any, administrator: User
) -> None:
    coordinator = CityRoleFactory(city=city).user
    entered()
    card = carded()
    then = NOW + CHECKED_FOR
    assert services.ask_to_check(by=None, now=then - timedelta(minutes=1)) == 0
    assert services.ask_to_check(by=None, now=then) == 3
    to_town, to_member = Message.objects.exclude(channel="inapp").order_by("event")
    assert (to_town.recipient, to_member.recipient) == (coordinator, member)
    assert "Un service de l’annuaire" in to_town.body
    assert "Une fiche de" in to_town.body
    assert "Un service" not in to_member.body
    assert "si la personne est partie, retirez-la" in to_member.body
    assert to_member.action_url.endswith(WHO)
    assert to_town.action_url.endswith(KEPT)
    # Once a month, and not about what somebody has looked at.
    assert services.ask_to_check(by=None, now=then + timedelta(days=1)) == 0
    agents.confirm(card_id=card.pk, by=administrator, now=then)
    assert services.ask_to_check(by=None, now=then + services.ASKED_EVERY) == 2


def test_what_is_checked_meanwhile_is_told_nobody(own: AgentCard, member: User) -> None:
    services.ask_to_check(by=None, now=NOW + CHECKED_FOR)
    message = Message.objects.exclude(channel="inapp").get()
    assert Message.objects.annotate(still=has_reason()).get(pk=message.pk).still
    agents.confirm(card_id=own.pk, by=member, now=NOW + timedelta(days=40_000))
    assert not Message.objects.annotate(still=has_reason()).get(pk=message.pk).still


def test_of_a_suspended_association_nobody_is_asked(own: AgentCard, organisation: Organisation) -> None:
    Organisation.objects.filter(pk=organisation.pk).update(state=Organisation.State.SUSPENDED)
    assert services.ask_to_check(by=None, now=NOW + CHECKED_FOR) == 0


def test_a_year_after_its_last_check_a_card_is_deleted(own: AgentCard, carded: Any, member: User) -> None:
    carded()
    agents.confirm(card_id=own.pk, by=member, now=LATER)
    assert agents.forget(by=None, now=NOW + agents.KEPT_FOR - timedelta(minutes=1)) == 0
    assert agents.forget(by=None, now=NOW + agents.KEPT_FOR) == 1
    assert AgentCard.objects.get() == own


# --- What is kept of it --------------------------------------------------------------------------------


def test_nothing_of_it_stands_in_clear_and_no_trace_keeps_a_name(carded: Any, administrator: User) -> None:
    card = carded(words="cantine", hours="le matin", email="nadia@exemple.fr")
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(c)::text FROM directory_agentcard c")
        kept = cursor.fetchone()[0]
    agents.change(card_id=card.pk, fields={"name": "Nadia B."}, by=administrator, now=LATER)
    agents.remove(card_id=card.pk, by=administrator)
    notes = AuditRow.objects.filter(table="directory_agentcard").order_by("pk")
    assert notes.count() == 3
    kept += str(list(notes.values()))
    for said in ("Nadia", "cantine", "matin", "exemple.fr", "53018001"):
        assert said not in kept


def test_a_list_costs_the_same_with_many(
    client: Client, django_assert_max_num_queries: Any, administrator: User, carded: Any
) -> None:
    client.force_login(administrator)
    for number in range(12):
        carded(name=f"Agent {number}", is_public=True)
    with django_assert_max_num_queries(16):
        assert client.get(WHO).text.count("Agent ") >= 12
    with django_assert_max_num_queries(18):
        assert client.get(PUBLIC).text.count("Agent ") >= 12
