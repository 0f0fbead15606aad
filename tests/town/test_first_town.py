"""An installation without towns: one link opens the first, once; and a town made by mistake ends while it is empty."""

import re
from datetime import timedelta
from html import unescape
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from accounts import services as accounts
from accounts.models import CityEdit, CityRole, RoleChange, User
from cities.models import City, Commune
from tests.factories.accounts import OrganisationFactory
from tests.factories.cities import CityFactory, CommuneFactory
from tests.factories.offers import OfferFactory
from town import services
from town.links import first_town_path

pytestmark = pytest.mark.django_db

TOLD = {
    "seat": "Strasbourg", "territory": "epci", "email": "ruth@ville.exemple", "name": "Ruth K.", "language": "fr",
    "phone": "03 53 01 00 00", "phone_hours": "", "brand_colour": "#0f5c5c", "accent_colour": "#c8501e",
}  # fmt: skip


def printed(*words: str, command: str = "open_town") -> str:
    out = StringIO()
    call_command(command, *words, stdout=out)
    return out.getvalue()


def text(response: Any) -> str:
    return re.sub(r"\s+", " ", unescape(response.content.decode()))


class TestFirstTown:
    @pytest.fixture(autouse=True)
    def communes(self, gazetteer: None) -> None:
        """All of France."""

    def test_opens_by_the_link_of_the_command(self, client: Client, settings: Any) -> None:
        settings.SITE_URL = ""
        link = printed().split()[-1]
        assert "Ouvrir la première ville" in text(client.get(link))
        opened = client.post(link, TOLD)
        city = City.objects.get()
        assert opened.headers["Location"] == f"/{city.slug}/ma-ville/"
        assert (city.name, city.is_open, city.epci_code) == ("Strasbourg", False, "246700488")
        assert CityRole.objects.get().user.email == "ruth@ville.exemple"

    def test_opens_once(self, client: Client) -> None:
        link = first_town_path()
        client.post(link, TOLD)
        assert first_town_path() is None
        with pytest.raises(CommandError, match="Dites la commune siège"):
            printed()
        assert client.get(link).status_code == 404
        assert client.post(link, TOLD | {"slug": "autre"}).status_code == 404
        # Not again either, once that town is gone.
        accounts.remove_town(city_id=City.objects.get().pk, by=None, now=timezone.now())
        assert client.get(link).status_code == 404
        assert client.get(first_town_path()).status_code == 200

    def test_opens_to_nobody_without_the_link(self, client: Client) -> None:
        link = first_town_path()
        assert client.get("/premiere-ville/").status_code == 404
        assert client.get(link[:-3] + "/").status_code == 404
        assert client.get("/premiere-ville/0/").status_code == 404
        assert "premiere-ville" not in text(client.get("/"))

    def test_opens_for_a_day(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        link = first_town_path()
        monkeypatch.setattr("town.links.FIRST_TOWN_FOR", timedelta(seconds=-1))
        assert client.get(link).status_code == 404

    def test_says_what_is_wrong_beside_it_and_makes_nothing(self, client: Client) -> None:
        link = first_town_path()
        for wrong, said in (
            ({"seat": "Alpes-Métropole"}, "est une intercommunalité"),
            ({"seat": "Gernobel"}, "Est-elle dans cette liste"),
            ({"slug": "api"}, "est prise par le site"),
            ({"brand_colour": "#ffff00"}, "se lit mal sur fond blanc"),
            ({"email": ""}, "obligatoire"),
        ):
            answer = client.post(link, TOLD | wrong)
            assert answer.status_code == 422
            assert said in text(answer), wrong
        assert not City.objects.exists()
        assert not User.objects.exists()
        assert client.post(link, TOLD).status_code == 302

    def test_is_one_of_two_that_are_sent_at_once(self, at_once: Any) -> None:
        token = first_town_path().split("/")[-2]
        seat = Commune.objects.get(pk="67482")

        def send(slug: str) -> City:
            return services.open_first_town(
                token=token, seat=seat, email="ruth@ville.exemple", slug=slug, by=None, now=timezone.now()
            )

        answers = at_once(lambda: send("un"), lambda: send("deux"))
        assert sorted(type(answer).__name__ for answer in answers) == ["City", "PermissionDenied"]
        assert City.objects.count() == 1


class TestRemoval:
    @pytest.fixture
    def town(self) -> City:
        return accounts.found_town(
            seat=CommuneFactory(), email="ruth@ville.exemple", by=None, now=timezone.now()
        )

    def test_of_an_empty_town_frees_its_address_and_leaves_nobody_a_role(self, town: City) -> None:
        other = CityFactory()
        assert "Rien ne s’y est passé" in printed(town.slug, command="remove_town")
        assert "est supprimée" in printed(town.slug, "--delete", command="remove_town")
        assert list(City.objects.all()) == [other]
        assert not CityRole.objects.exists()
        assert RoleChange.objects.latest("pk").what == {"role": ["administrator", None]}
        assert CityEdit.objects.filter(city_id=town.pk, what__has_key="removed_at").exists()
        with pytest.raises(CommandError, match="Ville inconnue"):
            printed(town.slug, command="remove_town")
        again = accounts.found_town(seat=town.seat, email="ruth@ville.exemple", by=None, now=timezone.now())
        assert again.slug == town.slug

    def test_is_no_town_to_anybody(self, town: City, as_user: Any, client: Client) -> None:
        CityFactory.create_batch(2)
        accounts.remove_town(city_id=town.pk, by=None, now=timezone.now())
        assert as_user(User.objects.get()).get(f"/{town.slug}/ma-ville/").status_code == 404
        assert f"/{town.slug}/" not in text(client.get("/"))
        with pytest.raises(IntegrityError, match="city_removed_once_closed"), transaction.atomic():
            City._base_manager.filter(pk=town.pk).update(is_open=True)

    def test_closes_first(self, town: City) -> None:
        accounts.update_city(city_id=town.pk, changes={"is_open": True}, by=None, now=timezone.now())
        with pytest.raises(CommandError, match="Fermez la ville au public"):
            printed(town.slug, "--delete", command="remove_town")
        printed(town.slug, command="remove_town")
        assert not City.objects.get().is_open

    @pytest.mark.parametrize("made", [OrganisationFactory, OfferFactory], ids=["an association", "an offer"])
    def test_of_a_town_in_which_something_is_refused(self, town: City, made: Any) -> None:
        made(city=town)
        with pytest.raises(CommandError, match="pas vide\u202f: elle peut être fermée, et reste"):
            printed(town.slug, "--delete", command="remove_town")
        assert City.objects.filter(pk=town.pk).exists()

    def test_is_a_page_of_two_steps(self, town: City, as_user: Any) -> None:
        accounts.update_city(city_id=town.pk, changes={"is_open": True}, by=None, now=timezone.now())
        page, ruth = f"/{town.slug}/ma-ville/fermer/", as_user(User.objects.get())
        assert "Fermer au public" in text(ruth.get(page))
        assert 'value="close"' in ruth.get(page).text
        refused = ruth.post(page, {"act": "remove", "slug": town.slug})
        assert (refused.status_code, City.objects.get().is_open) == (422, True)
        assert "fermée au public" in text(ruth.post(page, {"act": "close"}, follow=True))
        # Once more, by whoever had the page open: it is closed, and nothing else.
        assert "fermée au public" in text(ruth.post(page, {"act": "close", "slug": town.slug}, follow=True))
        assert 'value="remove"' in ruth.get(page).text
        refused = ruth.post(page, {"act": "remove", "slug": "autre"})
        assert refused.status_code == 422
        assert "pas l’adresse courte" in text(refused)
        assert "Strasbourg est supprimée" in text(
            ruth.post(page, {"act": "remove", "slug": town.slug}, follow=True)
        )
        assert not City.objects.exists()

    def test_of_the_page_is_refused_where_somebody_came_meanwhile(self, town: City, as_user: Any) -> None:
        page, ruth = f"/{town.slug}/ma-ville/fermer/", as_user(User.objects.get())
        ruth.get(page)
        OrganisationFactory(city=town)
        assert ruth.post(page, {"act": "remove", "slug": town.slug}).status_code == 422
        shown = text(ruth.get(page))
        assert "elle n’est pas vide" in shown
        assert "associations : 1" in shown
        assert City.objects.exists()
