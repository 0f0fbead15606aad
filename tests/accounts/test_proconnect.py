"""ProConnect lets in whoever works for a town already, with two factors, and nobody else."""

import html
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from allauth.socialaccount.models import SocialAccount
from django.test import Client

from accounts import services
from accounts.models import CityRole, User
from config.checks import production_is_complete
from tests.accounts import proconnect
from tests.accounts.proconnect import CLIENT, SECRET, ProConnect
from tests.accounts.test_sign_in import is_in
from tests.factories.accounts import CityRoleFactory, MembershipFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("without_second_factor")]
BEGIN, BACK = "/connexion/proconnect/", "/connexion/proconnect/retour/"
KEY = proconnect.new_key()
NOT_KNOWN = "Aucun compte d’équipe ne correspond"
FAILED = "La connexion par ProConnect n’a pas abouti"


@pytest.fixture
def provider(settings: Any) -> Iterator[ProConnect]:
    with proconnect.listening() as provider:
        settings.PROCONNECT_URL = provider.url
        settings.PROCONNECT_CLIENT_ID, settings.PROCONNECT_CLIENT_SECRET = CLIENT, SECRET
        provider.key = provider.known_key = KEY
        yield provider


def agent(**fields: Any) -> User:
    return CityRoleFactory(**fields).user


def onward_from(client: Client, **sent: str) -> str:
    found = re.search(r'http-equiv="refresh" content="0;url=([^"]+)"', client.post(BEGIN, sent).text)
    assert found
    return html.unescape(found[1])


def came(provider: ProConnect, user: User, **said: Any) -> tuple[Client, Any]:
    """Somebody goes there and comes back as this person, whom it knows by a number."""
    client = Client()
    provider.person = {"sub": f"number-of-{user.pk}", "email": user.email, **said}
    return client, client.get(BACK, provider.sent_back(onward_from(client)))


def words(client: Client, answer: Any) -> str:
    assert answer.url == "/connexion/"
    return client.get("/connexion/").text


class TestLetIn:
    def test_whoever_works_for_a_town_with_two_factors_and_nothing_is_kept_but_a_number(
        self, provider, smtp_server
    ):
        part = CityRoleFactory()
        target = f"/{part.city.slug}/bureau/"
        client = Client()
        assert "S’identifier avec ProConnect" in client.get("/connexion/").text
        provider.person = {"sub": "n1", "email": part.user.email.upper(), "given_name": "Lou", "siret": "1"}
        answer = client.get(BACK, provider.sent_back(onward_from(client, next=target)))
        assert answer.url == target
        assert client.get(target).status_code == 200, "it is asked for no other factor"
        [link] = SocialAccount.objects.values("user", "provider", "uid", "extra_data")
        assert link == {"user": part.user.pk, "provider": "proconnect", "uid": "n1", "extra_data": {}}
        [mail] = smtp_server.to(part.user.email)
        assert mail["Subject"].strip() == "ProConnect ouvre maintenant votre compte"
        again, answer = came(provider, part.user, sub="n1")
        assert is_in(again, part.user)
        assert len(smtp_server.messages) == 1

    def test_who_has_a_factor_of_ours_is_not_asked_for_it_as_well(self, provider):
        user = agent()
        TOTP.activate(user, "JBSWY3DPEHPK3PXP")
        client, _answer = came(provider, user)
        assert is_in(client, user)

    def test_it_is_asked_for_two_factors_by_long_words_that_serve_once(self, provider, settings):
        client = Client()
        first, second = (parse_qs(urlsplit(onward_from(client)).query) for _time in range(2))
        for name in ("state", "nonce"):
            assert len(first[name][0]) >= 32
            assert first[name] != second[name]
        acr = json.loads(first["claims"][0])["id_token"]["acr"]
        assert acr == {"essential": True, "values": settings.PROCONNECT_ACR}
        assert first["redirect_uri"][0].endswith(BACK)
        user = agent()
        provider.person = {"sub": "n1", "email": user.email}
        back = provider.sent_back(onward_from(client))
        client.get(BACK, back)
        assert is_in(client, user)
        client.post("/deconnexion/")
        provider.codes[back["code"]] = "anything"
        client.get(BACK, back)
        assert not is_in(client, user)

    def test_it_leads_to_no_other_site(self, provider):
        user, client = agent(), Client()
        provider.person = {"sub": "n1", "email": user.email}
        onward = onward_from(client, next="https://exemple.com/")
        assert client.get(BACK, provider.sent_back(onward)).url == "/"


class TestNobodyElse:
    @pytest.mark.parametrize("who", ["a citizen", "a member", "nobody", "closed"])
    def test_without_a_part_in_a_town(self, provider, who):
        user = {"a citizen": UserFactory, "a member": lambda: MembershipFactory().user, "closed": agent}.get(
            who, lambda: UserFactory.build(email="personne@exemple.fr")
        )()
        if who == "closed":
            User.objects.filter(pk=user.pk).update(is_active=False)
        people, parts = User.objects.count(), CityRole.objects.count()
        client, answer = came(provider, user)
        assert NOT_KNOWN in words(client, answer)
        assert (User.objects.count(), CityRole.objects.count()) == (people, parts)
        assert not SocialAccount.objects.exists()

    def test_with_an_address_that_is_not_proven_there(self, provider):
        client, answer = came(provider, agent(), email_verified=False)
        assert NOT_KNOWN in words(client, answer)

    def test_with_an_address_that_somebody_else_has_got_from_the_employer(self, provider, smtp_server):
        user = agent()
        came(provider, user)
        client, answer = came(provider, user, sub="whoever has the post now")
        assert NOT_KNOWN in words(client, answer)
        services.reset_second_factor(user=user, city=None, note="Autre compte", by=None, now=user.created_at)
        client, _answer = came(provider, user, sub="whoever has the post now")
        assert is_in(client, user)

    def test_with_a_number_whose_address_is_no_longer_the_account_s(self, provider):
        user = agent()
        came(provider, user)
        client, answer = came(provider, user, email="ailleurs@exemple.fr")
        assert NOT_KNOWN in words(client, answer)

    def test_with_the_number_of_another_account(self, provider):
        first, second = agent(), agent()
        came(provider, first, sub="n1")
        client, _answer = came(provider, second, sub="n1")
        assert not is_in(client, first)
        assert not is_in(client, second)

    def test_when_the_person_cannot_be_told(self, provider, smtp_server):
        smtp_server.answer = "451 later"
        client, answer = came(provider, agent())
        assert "Nous ne pouvons pas envoyer" in words(client, answer)
        assert not SocialAccount.objects.exists()


class TestWhatItSays:
    @pytest.mark.parametrize("acr", ["eidas1", None, "https://proconnect.gouv.fr/assurance/self-asserted"])
    def test_one_factor_is_not_enough(self, provider, acr):
        user = agent()
        provider.told = {"acr": acr}
        client, answer = came(provider, user)
        assert "n’a pas demandé de double vérification" in words(client, answer)
        assert not is_in(client, user)

    @pytest.mark.parametrize(
        "wrong",
        [
            {"told": {"nonce": "x" * 64}}, {"told": {"nonce": None}}, {"told": {"aud": "another site"}},
            {"told": {"iss": "https://exemple.com"}}, {"told": {"exp": 1}}, {"told": {"sub": "somebody else"}},
            {"shown": {"aud": "another site"}}, {"shown": {"iss": None}}, {"shown": {"sub": "somebody else"}},
            {"key": proconnect.new_key}, {"algorithm": "none"}, {"algorithm": "HS256"},
            {"userinfo": "plain"}, {"userinfo": "elsewhere"},
        ],
        ids=lambda wrong: " ".join(wrong),
    )  # fmt: skip
    def test_what_is_not_signed_for_this_sign_in_opens_nothing(self, provider, wrong):
        user = agent()
        for name, value in wrong.items():
            setattr(provider, name, value() if callable(value) else value)
        client, answer = came(provider, user)
        assert FAILED in words(client, answer)
        assert not is_in(client, user)

    @pytest.mark.parametrize(
        "sent",
        [{}, {"code": "code-0"}, {"code": "code-0", "state": "x" * 32}, {"error": "access_denied"}],
    )
    def test_whoever_comes_back_without_having_gone_comes_in_by_nothing(self, provider, sent):
        user, client = agent(), Client()
        provider.person = {"sub": "n1", "email": user.email}
        provider.sent_back(onward_from(Client()))
        assert FAILED in words(client, client.get(BACK, sent))
        assert not is_in(client, user)

    def test_another_browser_s_answer_opens_nothing(self, provider):
        user = agent()
        provider.person = {"sub": "n1", "email": user.email}
        back = provider.sent_back(onward_from(Client()))
        victim = Client()
        onward_from(victim)
        victim.get(BACK, back)
        assert not is_in(victim, user)

    def test_another_issuer_at_that_address_is_none(self, provider):
        provider.issuer = "https://exemple.com"
        client = Client()
        answer = client.post(BEGIN)
        assert "ProConnect ne répond pas" in words(client, answer)

    def test_silent_it_is_said(self, provider, settings):
        settings.PROCONNECT_URL = "http://127.0.0.1:1/api/v2"
        client = Client()
        assert "ProConnect ne répond pas" in words(client, client.post(BEGIN))


class TestSigningOut:
    def test_leads_there_as_well(self, provider, settings):
        settings.SITE_URL = "https://accueil.exemple.fr"
        user = agent()
        client, _answer = came(provider, user)
        page = client.post("/deconnexion/")
        assert page["Clear-Site-Data"] == '"cache"'
        found = re.search(r'http-equiv="refresh" content="0;url=([^"]+)"', page.text)
        assert found
        onward = urlsplit(html.unescape(found[1]))
        said = parse_qs(onward.query)
        assert onward.path == "/api/v2/session/end"
        assert said["post_logout_redirect_uri"] == ["https://accueil.exemple.fr/connexion/"]
        assert said["id_token_hint"][0].count(".") == 2
        assert not is_in(client, user)

    def test_whoever_came_in_otherwise_stays_here(self, provider):
        client = Client()
        client.force_login(agent())
        assert client.post("/deconnexion/").status_code == 302

    def test_while_it_is_silent_one_is_signed_out_here(self, provider, settings):
        client, _answer = came(provider, agent())
        settings.PROCONNECT_URL = "http://127.0.0.1:1/api/v2"
        assert client.post("/deconnexion/").status_code == 302
        assert "_auth_user_id" not in client.session


class TestSettings:
    def test_without_it_there_is_no_such_page(self):
        client = Client()
        assert client.post(BEGIN).status_code == 404
        assert client.get(BACK).status_code == 404
        assert "ProConnect" not in client.get("/connexion/").text

    def test_a_link_goes_nowhere_by_itself(self, provider):
        assert Client().get(BEGIN).status_code == 405

    @pytest.mark.parametrize(
        "lacks", ["PROCONNECT_URL", "PROCONNECT_CLIENT_ID", "PROCONNECT_CLIENT_SECRET", "https"]
    )
    def test_half_of_it_does_not_start(self, settings, lacks):
        settings.PRODUCTION = True
        settings.PROCONNECT_URL = "https://auth.exemple.fr/api/v2"
        settings.PROCONNECT_CLIENT_ID, settings.PROCONNECT_CLIENT_SECRET = CLIENT, SECRET
        assert "accorde.E011" not in [error.id for error in production_is_complete()]
        if lacks == "https":
            settings.PROCONNECT_URL = "http://auth.exemple.fr/api/v2"
        else:
            setattr(settings, lacks, "")
        assert "accorde.E011" in [error.id for error in production_is_complete()]
