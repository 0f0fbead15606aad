"""The demonstration's door and mailbox, and that no real town has them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Mailbox
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, reverse

from accounts.models import User
from config import embedded
from demo.checks import door_is_shut
from demo.people import personas
from tests.demo import urls
from tests.factories.accounts import CityRoleFactory, UserFactory
from tests.factories.cities import CityFactory
from tests.factories.notifications import MessageFactory

pytestmark = pytest.mark.django_db
# Imported here, so that the product's own addresses are read before any test switches the demonstration on.
in_the_demo = pytest.mark.urls(urls.__name__)


@pytest.fixture
def demo(settings: Any, tmp_path: Path) -> None:
    settings.DEMO = True
    settings.DATA_DIR = tmp_path


@pytest.fixture
def awa() -> User:
    """Grenoble's coordinator of the demonstration."""
    someone = personas("grenoble")["coordination"]
    user = UserFactory(email=someone.email, name=someone.name)
    CityRoleFactory(user=user, city=CityFactory(slug="grenoble", name="Grenoble"))
    return user


def signed_in(client: Client) -> str | None:
    return client.session.get("_auth_user_id")


class TestOutsideTheDemonstration:
    def test_there_is_no_such_page(self, client: Client) -> None:
        for address in ("/demo/", "/demo/boite/", "/demo/entrer/"):
            assert client.get(address).status_code == 404
            assert client.post(address).status_code in (404, 405)
        with pytest.raises(NoReverseMatch):
            reverse("demo:enter")
        assert door_is_shut() == []

    @in_the_demo
    def test_the_pages_refuse_even_where_an_address_leads_to_them(self, client: Client, awa: User) -> None:
        assert client.get("/demo/").status_code == 404
        assert client.get("/demo/boite/").status_code == 404
        assert client.post("/demo/entrer/", {"person": awa.pk}).status_code == 404
        assert signed_in(client) is None

    @in_the_demo
    def test_production_does_not_start_with_the_door_open(self, settings: Any) -> None:
        assert [error.id for error in door_is_shut()] == ["demo.E001"]
        settings.PRODUCTION = settings.DEMO = True
        assert [error.id for error in door_is_shut()] == ["demo.E001"]


@in_the_demo
@pytest.mark.usefixtures("demo")
class TestTheDoor:
    def test_it_is_no_fault_in_the_demonstration(self) -> None:
        assert door_is_shut() == []

    def test_it_names_who_one_can_be_and_what_to_try(self, client: Client, awa: User) -> None:
        page = client.get("/demo/").content.decode()
        assert "Entrer comme Awa D." in page
        assert "Placez la famille de ce soir." in page

    def test_it_says_so_while_nothing_is_seeded(self, client: Client) -> None:
        assert "encore vide" in client.get("/demo/").content.decode()

    def test_one_tap_lets_in(self, client: Client, awa: User) -> None:
        answer = client.post("/demo/entrer/", {"person": awa.pk})
        assert answer.status_code == 302
        assert answer["Location"] == "/grenoble/bureau/"
        assert signed_in(client) == str(awa.pk)
        assert client.get(answer["Location"]).status_code == 200

    def test_it_leads_on_within_this_site_alone(self, client: Client, awa: User) -> None:
        there = client.post("/demo/entrer/", {"person": awa.pk, "next": "/grenoble/appels/"})
        assert there["Location"] == "/grenoble/appels/"
        for target in ("https://ailleurs.example/", "//ailleurs.example/"):
            answer = client.post("/demo/entrer/", {"person": awa.pk, "next": target})
            assert answer["Location"] == "/grenoble/bureau/"

    def test_nobody_who_is_not_invented_can_be_entered(self, client: Client) -> None:
        real = UserFactory(email="quelqu.un@exemple.fr")
        chief = UserFactory(email="chef@demo.example", is_superuser=True, is_staff=True)
        for number in (real.pk, chief.pk, 0, "", "x", "9" * 40):
            assert client.post("/demo/entrer/", {"person": number}).status_code == 404
        assert signed_in(client) is None

    def test_a_link_is_not_enough(self, client: Client, awa: User) -> None:
        assert client.get("/demo/entrer/", {"person": awa.pk}).status_code == 405

    def test_each_page_leads_to_the_door_and_the_mailbox(self, client: Client, awa: User) -> None:
        page = client.get("/mentions-legales/").content.decode()
        assert 'href="/demo/"' in page
        assert 'href="/demo/boite/"' in page


@in_the_demo
@pytest.mark.usefixtures("demo")
class TestTheMailbox:
    def test_it_shows_what_one_person_received_with_its_link(self, client: Client, awa: User) -> None:
        MessageFactory(recipient=awa, title="Pour Awa", action_label="Ouvrir", action_url="/grenoble/bureau/")
        MessageFactory(title="Pour une autre")
        everybody = client.get("/demo/boite/").content.decode()
        assert "Pour Awa" in everybody
        assert "Pour une autre" in everybody
        hers = " ".join(client.get("/demo/boite/", {"personne": awa.pk}).content.decode().split())
        assert "Pour Awa" in hers
        assert "Pour une autre" not in hers
        # Her link asks to be her.
        assert f'name="person" value="{awa.pk}"' in hers
        assert 'name="next" value="/grenoble/bureau/"' in hers

    def test_a_signed_link_is_a_plain_link(self, client: Client, awa: User) -> None:
        MessageFactory(recipient=awa, action_label="Répondre", action_url="/grenoble/reponse/12:ab:cd/")
        assert 'href="/grenoble/reponse/12:ab:cd/"' in client.get("/demo/boite/").content.decode()

    def test_a_call_is_told_apart(self, client: Client) -> None:
        MessageFactory(to_call=True)
        assert "par téléphone" in client.get("/demo/boite/").content.decode()

    def test_nobody_and_nothing_are_answered_kindly(self, client: Client) -> None:
        for number in ("", "0", "x", "9" * 40):
            page = client.get("/demo/boite/", {"personne": number})
            assert page.status_code == 200
            assert "Aucun message" in page.content.decode()

    def test_it_asks_as_much_of_the_database_for_twenty_as_for_two(self, client: Client) -> None:
        counts = []
        for more in (2, 18):
            MessageFactory.create_batch(more)
            with CaptureQueriesContext(
                connection,
            ) as asked:
                client.get("/demo/boite/")
            counts.append(len(asked))
        assert counts[0] == counts[1]

    @pytest.fixture
    def server(self, settings: Any, tmp_path: Path) -> Iterator[None]:
        """The mail server that `make demo` runs."""
        port = embedded._free_port(None)
        controller = Controller(Mailbox(tmp_path / "mail"), hostname="127.0.0.1", port=port)
        controller.start()
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
        yield
        controller.stop()

    @pytest.mark.usefixtures("server")
    def test_sign_in_codes_arrive_too(self, client: Client, awa: User) -> None:
        client.post(reverse("account_login"), {"email": awa.email})
        page = client.get("/demo/boite/").content.decode()
        assert "Votre code pour Accorde" in page
        assert awa.email in page
        other = UserFactory()
        assert "Votre code" not in client.get("/demo/boite/", {"personne": other.pk}).content.decode()
        assert "Votre code" in client.get("/demo/boite/", {"personne": awa.pk}).content.decode()
