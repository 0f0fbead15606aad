"""`manage.py open_town`: how a town begins, without the installation's own pages."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.models import CityEdit, RoleChange, User
from cities.models import City
from tests.factories.accounts import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("gazetteer")]


def opened(*words: str) -> str:
    out = StringIO()
    call_command("open_town", *words, stdout=out)
    return out.getvalue()


def test_a_town_begins_closed_with_one_administrator_and_both_are_recorded(settings: Any) -> None:
    settings.SITE_URL = "https://accorde.exemple.fr"
    said = opened("Schiltigheim", "Ruth@Ville.exemple", "--name", "Ruth K.")
    city = City.objects.get()
    assert (city.slug, city.name, city.locative, city.is_open) == (
        "schiltigheim", "Schiltigheim", "À Schiltigheim", False,
    )  # fmt: skip
    assert [(role.role, role.user.email, role.user.name) for role in city.roles.select_related("user")] == [
        ("administrator", "ruth@ville.exemple", "Ruth K.")
    ]
    assert "https://accorde.exemple.fr/schiltigheim/ma-ville/" in said
    assert (CityEdit.objects.get().by, RoleChange.objects.get().by) == (None, None)


def test_somebody_known_already_becomes_its_administrator() -> None:
    ruth = UserFactory(email="ruth@ville.exemple")
    opened("Schiltigheim", "ruth@ville.exemple", "--slug", "schilik")
    assert City.objects.get(slug="schilik").roles.get().user == ruth


@pytest.mark.parametrize(
    ("commune", "email", "words"),
    [
        ("Saint-Denis", "ruth@ville.exemple", "Saint-Denis (La Réunion"),
        ("Gernobel", "ruth@ville.exemple", "Grenoble"),
        ("Schiltigheim", "ruth", "e-mail"),
        ("Schiltigheim", "", "e-mail"),
    ],
    ids=["several communes", "a mistake in writing", "no address", "nobody"],
)
def test_what_is_refused_is_said_and_leaves_nothing(commune: str, email: str, words: str) -> None:
    with pytest.raises(CommandError, match=words.replace("(", r"\(")):
        opened(commune, email)
    assert not City.objects.exists()
    assert not User.objects.exists()


def test_all_that_a_town_begins_with_is_said_in_one_command() -> None:
    said = opened(
        "Strasbourg", "ruth@ville.exemple", "--name", "Ruth K.", "--language", "en", "--epci",
        "--hours", "du lundi au jeudi", "--phone", "03 53 01 00 00", "--colour", "#123456", "--accent", "#8a1c1c",
    )  # fmt: skip
    city = City.objects.get()
    assert (city.slug, city.name, city.locative) == ("strasbourg", "Strasbourg", "À Strasbourg")
    assert city.epci_code == city.seat.epci_code != ""
    assert (city.phone, city.phone_hours) == ("03 53 01 00 00", "du lundi au jeudi")
    assert (city.brand_colour, city.accent_colour) == ("#123456", "#8a1c1c")
    assert User.objects.get().language == "en"
    assert f"Territoire\u202f: {city.seat.epci_name}, " in said


def test_whoever_names_the_intercommunality_means_all_of_it() -> None:
    said = opened("Eurométropole de Strasbourg", "ruth@ville.exemple")
    assert (City.objects.get().seat.name, City.objects.get().epci_code) == ("Strasbourg", "246700488")
    assert "Territoire\u202f: Eurométropole de Strasbourg" in said


def test_a_name_of_its_own_makes_the_address() -> None:
    said = opened("Schiltigheim", "ruth@ville.exemple", "--town-name", "Les Rives du Rhin")
    city = City.objects.get()
    assert (city.slug, city.locative, city.epci_code) == ("les-rives-du-rhin", "Aux Rives du Rhin", "")
    assert "Territoire\u202f: la commune seule" in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("Alpes-Métropole", "ruth@ville.exemple"), r"écrivez sa commune siège \(Grenoble"),
        (("Schiltigheim", "ruth@ville.exemple", "--colour", "#ffff00"), "se lit mal sur fond blanc"),
        (("Schiltigheim", "ruth@ville.exemple", "--slug", "api"), "est prise par le site"),
        (("Schiltigheim",), "Dites aussi l’adresse e-mail"),
    ],
    ids=["part of a name", "a colour", "an address of the site", "nobody"],
)
def test_what_is_wrong_is_said_in_a_sentence(words: tuple[str, ...], said: str) -> None:
    with pytest.raises(CommandError, match=said):
        opened(*words)
    assert not City.objects.exists()
    assert not User.objects.exists()


def test_the_same_town_is_not_opened_twice() -> None:
    opened("Schiltigheim", "ruth@ville.exemple")
    with pytest.raises(CommandError, match="a déjà cette adresse courte"):
        opened("Schiltigheim", "autre@ville.exemple")
    assert not User.objects.filter(email="autre@ville.exemple").exists()
