"""A passkey: added by whoever has just shown who they are, a second factor of its own, and a way to sign in."""

import html
import json
import re
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.test import Client

from accounts.models import Session, User
from tests.accounts.passkeys import Passkey
from tests.accounts.test_second_factor import code_of, prove_by_mail, signed_in
from tests.accounts.test_sign_in import CONFIRM, ask, code_in, is_in
from tests.factories.accounts import CityRoleFactory, UserFactory

pytestmark = pytest.mark.django_db
SITE = "https://accueil.exemple.fr"
ADD, INDEX = "/compte/double-verification/cle/", "/compte/double-verification/"
SHOW, BY_KEY = f"{ADD}confirmer/", "/connexion/cle/"
SECRET = "JBSWY3DPEHPK3PXP"


@pytest.fixture(autouse=True)
def site(settings: Any) -> None:
    settings.SITE_URL = SITE


def options_in(page: Any) -> Any:
    found = re.search(r'data-options="([^"]+)"', page.text)
    assert found
    return json.loads(html.unescape(found[1]))


def added(client: Client, **device: Any) -> Passkey:
    passkey = Passkey(SITE, **device)
    user = User.objects.get(pk=client.session["_auth_user_id"])
    EmailAddress.objects.get_or_create(user=user, email=user.email, verified=True, primary=True)
    client.post(ADD, {"credential": passkey.added(options_in(client.get(ADD)))})
    return passkey


def asked_by_itself(client: Client) -> Any:
    return client.get(BY_KEY, headers={"accept": "application/json"}).json()["request_options"]


def of(user: User) -> list[str]:
    return sorted(Authenticator.objects.filter(user=user).values_list("type", flat=True))


class TestAdded:
    def test_with_spare_codes_told_and_others_signed_out(
        self, smtp_server, django_capture_on_commit_callbacks
    ):
        user = UserFactory()
        client, elsewhere = signed_in(user), signed_in(user)
        with django_capture_on_commit_callbacks(execute=True):
            added(client)
        assert of(user) == ["recovery_codes", "webauthn"]
        assert elsewhere.get("/compte/").status_code == 302
        assert client.get("/compte/").status_code == 200
        [mail] = smtp_server.to(user.email)
        assert mail["Subject"].strip() == "Une clé d’accès a été ajoutée à votre compte"
        [key] = Authenticator.objects.filter(user=user, type="webauthn")
        assert key.data["name"] == "Clé d’accès", "nobody is asked for a name"
        with django_capture_on_commit_callbacks(execute=True):
            client.post(f"{ADD}{key.pk}/retirer/")
        assert of(user) == []
        assert (
            smtp_server.to(user.email)[-1]["Subject"].strip()
            == "Une clé d’accès a été retirée de votre compte"
        )

    def test_it_is_for_the_site_s_address_and_asks_for_a_finger_or_a_pin(self):
        asked = options_in(signed_in(UserFactory()).get(ADD))["publicKey"]
        assert asked["rp"] == {"id": "accueil.exemple.fr", "name": "Accorde"}
        assert asked["authenticatorSelection"]["userVerification"] == "required"
        assert asked["authenticatorSelection"]["residentKey"] == "required"

    @pytest.mark.parametrize(
        "origin", ["https://exemple.fr", "https://faux.accueil.exemple.fr", "http://accueil.exemple.fr"]
    )
    def test_nothing_is_that_another_site_signed(self, origin):
        client, passkey = signed_in(UserFactory()), Passkey(origin)
        page = client.post(ADD, {"credential": passkey.added(options_in(client.get(ADD)))})
        assert "n’est pas reconnue" in page.text
        assert not Authenticator.objects.exists()

    def test_nothing_is_that_asked_for_neither_finger_nor_pin(self):
        user = UserFactory()
        added(signed_in(user), asks=False)
        assert of(user) == []

    @pytest.mark.parametrize(
        "junk",
        [
            "",
            "x",
            "[]",
            "{}",
            "null",
            '{"response": []}',
            '{"response": {"clientDataJSON": "AA"}}',
            '{"id": 1, "response": {"clientDataJSON": 3}}',
            "1" * 5_000,
            "[" * 20_000,
        ],
    )
    def test_junk_is_refused_everywhere(self, junk):
        client = signed_in(UserFactory())
        assert client.post(ADD, {"credential": junk}).status_code == 200
        added(client)
        assert client.post(SHOW, {"credential": junk}).status_code == 422
        assert Client().post(BY_KEY, {"credential": junk}).url == "/connexion/"

    @pytest.mark.usefixtures("without_second_factor")
    def test_a_browser_left_open_adds_none(self, smtp_server):
        user = CityRoleFactory().user
        client = signed_in(user)
        assert client.get(ADD).url.startswith("/compte/confirmer/?next=")
        prove_by_mail(client, client.get(ADD).url, smtp_server)
        assert client.get(ADD).status_code == 200
        assert Client().get(ADD).url.startswith("/connexion/")

    def test_another_person_s_is_not_taken_away(self):
        theirs = UserFactory()
        added(signed_in(theirs))
        key = Authenticator.objects.get(type="webauthn")
        other = signed_in(UserFactory())
        assert other.post(f"{ADD}{key.pk}/retirer/").status_code == 404
        assert of(theirs) == ["recovery_codes", "webauthn"]


class TestSecondFactor:
    def begun(self, user: User, smtp_server: Any) -> tuple[Client, str]:
        client = Client()
        ask(client, user.email, "/compte/")
        page = client.post(CONFIRM, {"code": code_in(smtp_server.messages[-1]), "next": "/compte/"}).url
        assert page == "/connexion/double-verification/"
        assert not is_in(client, user)
        return client, page

    def test_it_is_asked_after_the_code_in_place_of_an_application(self, smtp_server):
        part = CityRoleFactory()
        passkey = added(signed_in(part.user))
        client, page = self.begun(part.user, smtp_server)
        shown = client.get(page)
        assert "Recopiez l’un de vos codes de secours" in shown.text
        assert client.post(page, {"credential": passkey.used(options_in(shown))}).url == "/compte/"
        assert client.get(f"/{part.city.slug}/bureau/").status_code == 200

    def test_another_key_an_old_answer_and_another_site_s_open_nothing(self, smtp_server):
        user = UserFactory()
        passkey, stranger = added(signed_in(user)), Passkey(SITE)
        client, page = self.begun(user, smtp_server)
        old = passkey.used(options_in(client.get(page)))
        stranger.id = passkey.id
        for answer in (stranger.used(options_in(client.get(page))), old):
            assert "n’est pas reconnue" in client.post(page, {"credential": answer}).text
        passkey.origin = "https://accueil.exemple.com"
        client.post(page, {"credential": passkey.used(options_in(client.get(page)))})
        assert not is_in(client, user)

    def test_a_spare_code_stands_in_for_it(self, smtp_server):
        user = UserFactory()
        added(signed_in(user))
        spare = Authenticator.objects.get(user=user, type="recovery_codes").wrap().get_unused_codes()[0]
        client, page = self.begun(user, smtp_server)
        client.post(page, {"code": spare})
        assert is_in(client, user)

    @pytest.mark.usefixtures("without_second_factor")
    def test_a_session_that_has_not_seen_it_shows_it(self):
        part = CityRoleFactory()
        first = signed_in(part.user)
        TOTP.activate(part.user, SECRET)
        page = first.get(f"/{part.city.slug}/bureau/").url
        first.post(page, {"code": code_of(SECRET)})
        passkey = added(first)
        client = signed_in(part.user)
        page = client.get(f"/{part.city.slug}/bureau/").url
        assert page.startswith(f"{SHOW}?next="), "it is asked for before the application"
        shown = client.get(page)
        assert "Un code de votre application, ou un code de secours" in shown.text
        answer = {"credential": passkey.used(options_in(shown)), "next": f"/{part.city.slug}/bureau/"}
        assert client.post(SHOW, answer).url == f"/{part.city.slug}/bureau/"
        assert client.get(f"/{part.city.slug}/bureau/").status_code == 200

    def test_without_one_there_is_no_such_page(self):
        user = UserFactory()
        TOTP.activate(user, SECRET)
        assert signed_in(user).get(SHOW).url.startswith("/compte/double-verification/confirmer/")

    def test_its_page_says_so_without_a_script(self):
        client = signed_in(UserFactory())
        added(client)
        assert "demande un navigateur récent et JavaScript" in client.get(SHOW).text


class TestSignIn:
    def test_by_it_alone(self):
        part = CityRoleFactory()
        passkey = added(signed_in(part.user))
        client = Client()
        target = f"/{part.city.slug}/bureau/"
        answer = {"credential": passkey.used(asked_by_itself(client)), "next": target}
        assert client.post(BY_KEY, answer).url == target
        assert client.get(target).status_code == 200
        assert Session.objects.filter(user=part.user).count() == 2

    def test_while_one_waits_for_a_code(self, smtp_server):
        user = UserFactory()
        passkey, client = added(signed_in(user)), Client()
        ask(client, user.email)
        client.post(BY_KEY, {"credential": passkey.used(asked_by_itself(client))})
        assert is_in(client, user)

    @pytest.mark.parametrize("how", ["another person", "no finger", "another site", "closed"])
    def test_nobody_comes_in(self, how):
        user, other = UserFactory(), UserFactory()
        passkey, client = added(signed_in(user)), Client()
        handle = passkey.user
        if how == "another person":
            handle = added(signed_in(other)).user
        elif how == "no finger":
            passkey.flags = 1
        elif how == "another site":
            passkey.origin = "https://accueil.exemple.com"
        else:
            User.objects.filter(pk=user.pk).update(is_active=False)
        client.post(BY_KEY, {"credential": passkey.used(asked_by_itself(client), user=handle)})
        assert not is_in(client, user)
        assert not is_in(client, other)

    def test_it_leads_to_no_other_site(self):
        user = UserFactory()
        passkey, client = added(signed_in(user)), Client()
        answer = {"credential": passkey.used(asked_by_itself(client)), "next": "https://exemple.com/"}
        assert client.post(BY_KEY, answer).url == "/"
