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


def test_the_same_town_is_not_opened_twice() -> None:
    opened("Schiltigheim", "ruth@ville.exemple")
    with pytest.raises(CommandError, match="a déjà cette adresse courte"):
        opened("Schiltigheim", "autre@ville.exemple")
    assert not User.objects.filter(email="autre@ville.exemple").exists()
