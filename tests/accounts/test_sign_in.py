"""Sign-in by a code, from the mail to the session, over a real SMTP server and a real cache."""

import base64
import logging
import re
import socket
import time
from functools import partial
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from allauth.mfa.utils import decrypt
from django.contrib.messages import get_messages
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import NoReverseMatch, path, reverse
from django.utils import timezone

from accounts import services
from accounts.adapter import CODES_AT_ONCE
from accounts.models import User
from cities.models import City
from config import processes
from config import urls as addresses
from tests.factories.accounts import UserFactory
from tests.factories.cities import CityFactory

pytestmark = pytest.mark.django_db

REQUEST = "/connexion/"
CONFIRM = "/connexion/code/"


def post_offer(request: HttpRequest) -> HttpResponse:
    """A visitor's form, as an app above this one has it."""
    person = services.ensure_person(email=request.POST["email"], name="Lou", now=timezone.now())
    return services.start_code_sign_in(
        request=request,
        user=person,
        next_url=request.POST["next"],
        city=City(name="Vif"),
        reference="P-2345-ABCD",
    )


urlpatterns = [path("offrir/", post_offer), *addresses.urlpatterns]


@pytest.fixture(autouse=True)
def with_an_offer_form(settings: Any) -> None:
    settings.ROOT_URLCONF = __name__


def ask(client: Client, email: str, next_url: str = "") -> Any:
    return client.post(REQUEST, {"email": email, "next": next_url} if next_url else {"email": email})


def code_in(message: Any) -> str:
    found = re.search(r"^ +(\d{6})\r?$", message.get_content(), re.MULTILINE)
    assert found, message.get_content()
    return found[1]


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def said(response: Any) -> list[str]:
    return [str(message) for message in get_messages(response.wsgi_request)]


def is_in(client: Client, user: User) -> bool:
    page = client.get("/compte/")
    return page.status_code == 200 and user.email in page.text


class TestHappyPath:
    def test_from_the_address_to_the_page_one_came_for(self, client, smtp_server):
        user = UserFactory(email="lou@exemple.fr")
        assert client.get(f"{REQUEST}?next=/compte/").status_code == 200
        response = ask(client, " Lou@exemple.fr", "/compte/")
        assert response.url == f"{CONFIRM}?next=%2Fcompte%2F"
        page = client.get(response.url)
        assert "lou@exemple.fr" in page.text.lower()
        [message] = smtp_server.messages
        assert message["To"].lower() == "lou@exemple.fr"
        assert message["Subject"] == "Votre code pour Accorde"
        assert not is_in(client, user)
        code = code_in(message)
        response = client.post(response.url, {"code": f" {code[:3]} {code[3:]} ", "next": "/compte/"})
        assert response.url == "/compte/"
        assert is_in(client, user)
        address = EmailAddress.objects.get(user=user)
        assert (address.email, address.verified, address.primary) == ("lou@exemple.fr", True, True)

    def test_a_code_serves_once(self, client, smtp_server):
        user = UserFactory()
        ask(client, user.email)
        code = code_in(smtp_server.messages[0])
        client.post(CONFIRM, {"code": code})
        client.post("/deconnexion/")
        assert not is_in(client, user)
        assert client.post(CONFIRM, {"code": code}).url == REQUEST
        assert not is_in(client, user)

    def test_a_code_opens_no_other_session(self, client, smtp_server):
        user = UserFactory()
        ask(client, user.email)
        thief = Client()
        assert thief.post(CONFIRM, {"code": code_in(smtp_server.messages[0])}).url == REQUEST
        assert not is_in(thief, user)

    def test_leaves_for_no_other_site(self, client, smtp_server):
        user = UserFactory()
        response = ask(client, user.email, "https://ailleurs.example/")
        response = client.post(
            response.url, {"code": code_in(smtp_server.messages[0]), "next": "https://ailleurs.example/"}
        )
        assert response.url == "/"

    def test_signing_out_asks_then_does(self, client):
        user = UserFactory()
        client.force_login(user)
        assert client.get("/deconnexion/").status_code == 200
        assert is_in(client, user)
        client.post("/deconnexion/")
        assert not is_in(client, user)

    def test_an_old_row_of_the_address_does_not_shut_its_owner_out(self, client, smtp_server):
        EmailAddress.objects.create(user=UserFactory(), email="lou@exemple.fr", verified=True, primary=True)
        user = UserFactory(email="lou@exemple.fr")
        ask(client, user.email)
        client.post(CONFIRM, {"code": code_in(smtp_server.messages[0])})
        assert is_in(client, user)


class TestLink:
    """The link that the mail brings beside the code."""

    @pytest.fixture
    def link(self, client, smtp_server, settings):
        settings.SITE_URL = "https://accorde.exemple.fr"
        ask(client, UserFactory(email="lou@exemple.fr").email, "/compte/")
        [message] = smtp_server.messages
        found = re.search(
            r"^https://accorde\.exemple\.fr(/connexion/code/\S+)\r?$", message.get_content(), re.M
        )
        assert found, message.get_content()
        return found[1]

    def test_fills_the_code_in_and_the_button_signs_in(self, client, link, smtp_server):
        page = client.get(link)
        code = code_in(smtp_server.messages[0])
        assert f'value="{code}"' in page.text
        response = client.post(link, {"code": code})
        assert response.url == "/compte/"
        assert is_in(client, User.objects.get())

    def test_spends_nothing_when_machines_open_it(self, client, link, smtp_server):
        scanner = Client()
        for _visit in range(5):
            assert scanner.get(link).status_code == scanner.head(link).status_code == 200
            client.get(link.replace("code=", "code=9"))
        assert scanner.post(link, {"code": code_in(smtp_server.messages[0])}).url.startswith(REQUEST)
        assert client.post(CONFIRM, {"code": code_in(smtp_server.messages[0])}).url == "/"

    def test_counts_wrong_codes_as_the_page_does(self, client, link, smtp_server):
        code = code_in(smtp_server.messages[0])
        for _attempt in range(3):
            response = client.post(link, {"code": wrong(code)})
        assert response.url == f"{REQUEST}?next=%2Fcompte%2F"
        assert client.post(link, {"code": code}).url.startswith(REQUEST)

    def test_shows_the_code_in_another_browser_to_be_copied(self, link, smtp_server):
        page = Client().get(link)
        assert code_in(smtp_server.messages[0]) in page.text
        assert "Recopiez-le dans la page" in page.text
        assert "/connexion/?next=%2Fcompte%2F" in page.text

    def test_leads_on_whoever_is_in(self, client, link, smtp_server):
        client.post(CONFIRM, {"code": code_in(smtp_server.messages[0])})
        assert client.get(link, follow=True).redirect_chain[-1][0] == "/compte/"

    def test_shows_no_other_text_than_a_code(self, client):
        assert client.get(f"{CONFIRM}?code=cliquez-ici").url == REQUEST


class TestWhatItIsFor:
    """The mail says for which town and what."""

    def test_after_a_form(self, client, smtp_server):
        client.post("/offrir/", {"email": "lou@exemple.fr", "next": "/compte/"})
        assert smtp_server.messages[0]["Subject"] == "Votre code pour Accorde · Vif (P-2345-ABCD)"
        assert "Il est demandé pour Vif, référence P-2345-ABCD." in smtp_server.messages[0].get_content()
        # Asked again for the same page.
        ask(client, "lou@exemple.fr", "/compte/")
        assert "P-2345-ABCD" in smtp_server.messages[1]["Subject"]
        ask(client, "lou@exemple.fr", "/")
        assert smtp_server.messages[2]["Subject"] == "Votre code pour Accorde"

    def test_of_a_page_of_a_town(self, client, smtp_server):
        city = CityFactory(name="Strasbourg")
        ask(client, UserFactory().email, f"/{city.slug}/propositions/")
        [message] = smtp_server.messages
        assert message["Subject"] == "Votre code pour Accorde · Strasbourg"
        assert "Il est demandé pour Strasbourg." in message.get_content()

    def test_names_no_reference_that_an_address_makes_up(self, client, smtp_server):
        city = CityFactory(name="Strasbourg")
        ask(client, UserFactory().email, f"/{city.slug}/propositions/appelez-le-0899/confirmer/")
        [message] = smtp_server.messages
        assert message["Subject"] == "Votre code pour Accorde · Strasbourg"


class TestWrongCode:
    def test_three_and_a_new_one_is_needed(self, client, smtp_server):
        user = UserFactory()
        ask(client, user.email, "/compte/")
        code = code_in(smtp_server.messages[0])
        for _attempt in range(2):
            response = client.post(f"{CONFIRM}?next=/compte/", {"code": wrong(code)})
            assert "Ce code n’est pas le bon." in response.text
        response = client.post(f"{CONFIRM}?next=/compte/", {"code": wrong(code)})
        assert response.url == f"{REQUEST}?next=%2Fcompte%2F"
        assert any("Trop d’essais" in sentence for sentence in said(response))
        client.post(CONFIRM, {"code": code})
        assert not is_in(client, user)

    def test_expired(self, client, smtp_server, settings):
        user = UserFactory()
        ask(client, user.email)
        session = client.session
        session["account_login"]["state"]["stages"]["login_by_code"]["data"]["at"] -= (
            settings.ACCOUNT_LOGIN_BY_CODE_TIMEOUT + 1
        )
        session.save()
        response = client.post(f"{CONFIRM}?next=/compte/", {"code": code_in(smtp_server.messages[0])})
        assert response.url == f"{REQUEST}?next=%2Fcompte%2F"
        assert said(response) == ["Ce code n’est plus valable. Demandez-en un autre."]
        assert not is_in(client, user)

    def test_a_mistyped_address_can_be_corrected(self, client, smtp_server):
        user = UserFactory()
        ask(client, "fautedefrappe@exemple.fr")
        assert client.get(REQUEST).status_code == 200
        ask(client, user.email)
        client.post(CONFIRM, {"code": code_in(smtp_server.messages[1])})
        assert is_in(client, user)

    def test_without_having_asked(self, client):
        assert client.get(CONFIRM).url == REQUEST


class TestTries:
    """Wrong codes are counted where no session can forget them."""

    @pytest.mark.django_db(transaction=True)
    def test_of_forty_at_once_three_are_looked_at(self, client, smtp_server, at_once):
        user = UserFactory()
        ask(client, user.email)
        code = code_in(smtp_server.messages[0])
        session = client.cookies["sessionid"].value

        def attempt(number: int) -> bool:
            other = Client(REMOTE_ADDR=f"203.0.113.{number}")
            other.cookies["sessionid"] = session
            return "n’est pas le bon" in other.post(CONFIRM, {"code": wrong(code)}).text

        answers = at_once(*[partial(attempt, number) for number in range(40)])
        assert set(answers) <= {True, False}
        assert sum(answers) <= 3
        client.post(CONFIRM, {"code": code})
        assert not is_in(client, user)

    def spend(self, email: str) -> None:
        """Six wrong codes, from two browsers."""
        for number in range(2):
            client = Client(REMOTE_ADDR=f"203.0.113.{number}")
            ask(client, email)
            for _attempt in range(3):
                client.post(CONFIRM, {"code": "000000"})

    def test_an_address_has_six_wherever_they_come_from(self, client, smtp_server):
        user = UserFactory()
        self.spend(user.email)
        ask(client, user.email.upper(), "/compte/")
        response = client.post(f"{CONFIRM}?next=/compte/", {"code": code_in(smtp_server.to(user.email)[-1])})
        assert response.url == f"{REQUEST}?next=%2Fcompte%2F"
        assert any("Trop d’essais" in sentence for sentence in said(response))
        assert not is_in(client, user)
        other = UserFactory()
        ask(client, other.email)
        client.post(CONFIRM, {"code": code_in(smtp_server.to(other.email)[-1])})
        assert is_in(client, other)

    def test_the_address_is_told_once_whether_it_has_an_account_or_not(self, smtp_server):
        for email in (UserFactory().email, "inconnue@exemple.fr"):
            self.spend(email)
            for _again in range(2):
                client = Client()
                ask(client, email)
                client.post(CONFIRM, {"code": "000000"})
            told = [m for m in smtp_server.to(email) if "codes faux" in m["Subject"]]
            assert len(told) == 1
            assert "Personne n’est entré." in told[0].get_content()

    def test_is_told_at_the_next_try_when_the_mail_server_was_down(self, smtp_server, settings):
        user = UserFactory()
        self.spend(user.email)
        clients = [Client(), Client()]
        for client in clients:
            ask(client, user.email)
        port, settings.EMAIL_PORT = settings.EMAIL_PORT, 9
        assert clients[0].post(CONFIRM, {"code": "000000"}).status_code == 302
        settings.EMAIL_PORT = port
        clients[1].post(CONFIRM, {"code": "000000"})
        assert len([m for m in smtp_server.to(user.email) if "codes faux" in m["Subject"]]) == 1

    def test_right_codes_are_none(self, smtp_server):
        user = UserFactory()
        for _sign_in in range(4):
            client = Client()
            ask(client, user.email)
            client.post(CONFIRM, {"code": code_in(smtp_server.messages[-1])})
            assert is_in(client, user)
        client = Client()
        ask(client, user.email)
        code = code_in(smtp_server.messages[-1])
        for _attempt in range(2):
            client.post(CONFIRM, {"code": wrong(code)})
        client.post(CONFIRM, {"code": code})
        assert is_in(client, user)

    def test_whoever_is_held_back_as_a_visitor_tells_no_address_of_it(self, smtp_server):
        users = [UserFactory() for _number in range(11)]
        for user in users:  # thirty of one visitor, three of an address
            client = Client()
            ask(client, user.email)
            for _attempt in range(3):
                client.post(CONFIRM, {"code": "000000"})
        assert client.get(CONFIRM).url == REQUEST, "the last one's first try was one too many"
        assert not [m for m in smtp_server.messages if "codes faux" in m["Subject"]]
        elsewhere = Client(REMOTE_ADDR="203.0.113.9")
        ask(elsewhere, users[-1].email)
        elsewhere.post(CONFIRM, {"code": code_in(smtp_server.to(users[-1].email)[-1])})
        assert is_in(elsewhere, users[-1])


class TestAKnownBrowser:
    """Where an address was proven before, strangers keep its owner out by nothing that they type."""

    def sign_in(self, client: Client, email: str, smtp_server: Any) -> Any:
        ask(client, email)
        return client.post(CONFIRM, {"code": code_in(smtp_server.to(email.lower())[-1])})

    @pytest.fixture
    def known(self, client, smtp_server):
        user = UserFactory(email="lou@exemple.fr")
        self.sign_in(client, user.email, smtp_server)
        client.post("/deconnexion/")
        return client

    def strangers(self, email: str) -> None:
        """Six wrong codes, and as many codes asked for as may be sent."""
        for number in range(5):
            stranger = Client(REMOTE_ADDR=f"203.0.113.{number}")
            ask(stranger, email)
            for _attempt in range(3):
                stranger.post(CONFIRM, {"code": "000000"})

    def test_signs_in_while_strangers_try(self, known, smtp_server):
        user = User.objects.get()
        self.strangers(user.email)
        new = Client(REMOTE_ADDR="203.0.113.99")
        assert "plusieurs codes" in ask(new, user.email).text
        self.sign_in(known, user.email.upper(), smtp_server)
        assert is_in(known, user)

    def test_has_six_wrong_codes_like_everybody(self, known, smtp_server):
        user = User.objects.get()
        for _code in range(2):
            ask(known, user.email)
            for _attempt in range(3):
                known.post(CONFIRM, {"code": "000000"})
        assert any(
            "Trop d’essais" in sentence for sentence in said(self.sign_in(known, user.email, smtp_server))
        )
        assert not is_in(known, user)
        # And its wrong codes are none of another browser's.
        other = Client(REMOTE_ADDR="203.0.113.1")
        self.sign_in(other, user.email, smtp_server)
        assert is_in(other, user)

    def test_is_known_for_no_other_address_and_by_no_cookie_of_one_s_own(self, known, smtp_server):
        other = UserFactory()
        self.strangers(other.email)
        assert "plusieurs codes" in ask(known, other.email).text
        self.strangers(User.objects.exclude(pk=other.pk).get().email)
        forger = Client(REMOTE_ADDR="203.0.113.9")
        forger.cookies["knownbrowser"] = known.cookies["knownbrowser"].value[:-1] + "~"
        assert "plusieurs codes" in ask(forger, "lou@exemple.fr").text

    def test_of_a_shared_computer_each_address_is_known(self, known, smtp_server):
        first, other = User.objects.get(), UserFactory()
        self.sign_in(known, other.email, smtp_server)
        known.post("/deconnexion/")
        for user in (first, other):
            self.strangers(user.email)
            self.sign_in(known, user.email, smtp_server)
            assert is_in(known, user)
            known.post("/deconnexion/")

    def test_keeps_a_cookie_that_no_script_and_no_person_reads(self, known, settings):
        cookie = known.cookies[settings.KNOWN_BROWSER_COOKIE_NAME]
        assert (cookie["httponly"], cookie["samesite"], cookie["path"], cookie["domain"]) == (
            True,
            "Lax",
            "/",
            "",
        )
        assert cookie["max-age"] >= 90 * 24 * 3600
        assert "lou" not in str(signing.loads(cookie.value, salt="accounts.known_browsers"))

    def test_is_not_made_by_a_wrong_code(self, client, smtp_server, settings):
        ask(client, UserFactory().email)
        client.post(CONFIRM, {"code": "000000"})
        assert settings.KNOWN_BROWSER_COOKIE_NAME not in client.cookies


class TestReadingACode:
    """As people copy it: with what stands around it, in their own digits."""

    @pytest.mark.parametrize(
        "dress",
        [
            "{}",
            " {} ",
            "«\u00a0{}\u00a0»",
            '"{}"',
            "\u200f{}\u200e",
            "\u2066{}\u2069",
            "Votre code\u202f: {}.",
            "\ufeff{}\r\n",
        ],
    )
    @pytest.mark.parametrize("zero", ["0", "٠", "۰", "०", "\uff10"])
    def test_is_read(self, client, smtp_server, dress, zero):
        user = UserFactory()
        ask(client, user.email)
        code = code_in(smtp_server.messages[0])
        own = "".join(chr(ord(zero) + int(digit)) for digit in code)
        client.post(CONFIRM, {"code": dress.format(f"{own[:3]} {own[3:]}")})
        assert is_in(client, user)

    @pytest.mark.parametrize("typed", ["12345", "1234567", "abcdef", "²²²²²²", "①②③④⑤⑥"])
    def test_is_no_other_code(self, client, smtp_server, typed):
        ask(client, UserFactory().email)
        assert "n’est pas le bon" in client.post(CONFIRM, {"code": typed}).text


class TestNobodyLearnsWhoHasAnAccount:
    def test_same_pages_and_one_mail_each(self, smtp_server, django_assert_max_num_queries):
        known = UserFactory(email="connue@exemple.fr").email
        UserFactory(email="fermee@exemple.fr", is_active=False)
        pages = {}
        for email in (known, "inconn@exemple.fr", "fermee@exemple.fr"):
            client = Client()
            response = ask(client, email)
            shown = [client.get(response.url).text]
            for _attempt in range(2):
                shown.append(client.post(response.url, {"code": "000000"}).text)
            last = client.post(response.url, {"code": "000000"})
            shown += [last.url, *said(last)]
            pages[email] = [
                re.sub(r'value="\w{64}"|X-CSRFToken": "\w+"', "", text.replace(email, "@")) for text in shown
            ]
            assert len(smtp_server.to(email)) == 1
        assert pages[known] == pages["inconn@exemple.fr"] == pages["fermee@exemple.fr"]

    def test_the_unknown_are_told_by_mail_alone_and_nothing_is_created(self, client, smtp_server):
        ask(client, "inconnue@exemple.fr")
        [message] = smtp_server.messages
        text = message.get_content()
        assert "Aucun compte n’y est rattaché" in text
        assert "/connexion/premiere-fois/" in text
        assert not re.search(r"^ +\d{6}\r?$", text, re.MULTILINE)
        assert not User.objects.exists()
        assert not EmailAddress.objects.exists()

    def test_no_code_is_right_for_the_unknown(self, client, smtp_server):
        ask(client, "inconnue@exemple.fr")
        for code in ("", "000000", "None"):
            client.post(CONFIRM, {"code": code})
            assert client.get("/compte/").status_code == 302

    def test_phone_only_people_do_not_sign_in(self, client, smtp_server):
        UserFactory(phone_only=True)
        for nothing in ("", "None", "null@"):
            response = ask(client, nothing)
            assert response.status_code == 200
        assert not smtp_server.messages


class TestLimits:
    @pytest.fixture(autouse=True)
    def nothing_costs(self, settings):
        settings.VISITOR_ACTS_FREE = 100

    def test_five_codes_for_an_address(self, smtp_server):
        user = UserFactory()
        for _request in range(5):
            assert ask(Client(), user.email).status_code == 302
        response = ask(Client(), user.email.upper())
        assert "plusieurs codes" in response.text
        assert len(smtp_server.messages) == 5

    def test_twenty_requests_from_a_visitor(self, client, smtp_server):
        for number in range(20):
            assert ask(client, f"personne{number}@exemple.fr").status_code == 302
        assert "plusieurs codes" in ask(client, "personne21@exemple.fr").text
        assert len(smtp_server.messages) == 20

    @pytest.mark.parametrize(
        ("limit", "wait"),
        [
            ("1/10m/key", "10 minutes"),
            ("1/90s/key", "2 minutes"),
            ("1/d/key", "24 heures"),
            ("5/m/key,1/h/key", "1 heure"),
        ],
    )
    def test_one_is_told_how_long_it_really_takes(self, settings, limit, wait):
        settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"request_login_code": limit}
        ask(Client(), "lou@exemple.fr")
        assert f"Attendez {wait} avant" in ask(Client(), "lou@exemple.fr").text

    def test_of_one_code_no_wait_is_asked(self, client, smtp_server):
        ask(client, UserFactory().email)
        for _attempt in range(4):
            response = client.post(CONFIRM, {"code": "000000"})
        assert any("Demandez un nouveau code" in sentence for sentence in said(response))

    def test_the_form_of_an_offer_is_no_way_round(self, smtp_server):
        for _request in range(5):
            client = Client()
            assert client.post("/offrir/", {"email": "lou@exemple.fr", "next": "/compte/"}).url.startswith(
                CONFIRM
            )
        response = Client().post("/offrir/", {"email": "lou@exemple.fr", "next": "/compte/"})
        assert response.url == f"{REQUEST}?next=%2Fcompte%2F"
        assert any("plusieurs codes" in sentence for sentence in said(response))
        assert len(smtp_server.messages) == 5


class TestAfterAForm:
    def test_a_newcomer_proves_the_address_and_lands_where_the_form_wanted(self, client, smtp_server):
        response = client.post("/offrir/", {"email": "lou@exemple.fr", "next": "/compte/"})
        assert response.url == f"{CONFIRM}?next=%2Fcompte%2F"
        user = User.objects.get(email="lou@exemple.fr")
        assert not is_in(client, user)
        response = client.post(response.url, {"code": code_in(smtp_server.messages[0]), "next": "/compte/"})
        assert response.url == "/compte/"
        assert is_in(client, user)
        assert EmailAddress.objects.get(user=user).verified

    def test_somebody_signed_in_or_without_an_address_goes_straight_on(self, client, smtp_server, rf):
        client.force_login(UserFactory(email="lou@exemple.fr"))
        assert client.post("/offrir/", {"email": "lou@exemple.fr", "next": "/compte/"}).url == "/compte/"
        assert not smtp_server.messages

    def test_no_other_site(self, client, smtp_server):
        response = client.post("/offrir/", {"email": "lou@exemple.fr", "next": "https://ailleurs.example/"})
        assert response.url == f"{CONFIRM}?next=%2F"

    def test_nothing_is_lost_without_mail_server(self, client, smtp_server):
        smtp_server.stop()
        response = client.post("/offrir/", {"email": "lou@exemple.fr", "next": "/compte/"})
        assert response.url == f"{REQUEST}?next=%2Fcompte%2F"
        assert any("Nous ne pouvons pas envoyer de code" in sentence for sentence in said(response))
        assert User.objects.get().email == "lou@exemple.fr"

    def test_nothing_is_lost_without_redis(self, client, smtp_server, without_redis):
        response = client.post("/offrir/", {"email": "lou@exemple.fr", "next": "/compte/"})
        assert response.url == f"{REQUEST}?next=%2Fcompte%2F"
        assert User.objects.get().email == "lou@exemple.fr"


@pytest.fixture
def without_redis(settings: Any, clear_cache: None):
    """A port on which nobody listens."""
    whole = settings.CACHES
    settings.CACHES = {"default": {**whole["default"], "LOCATION": "redis://127.0.0.1:1/0"}}
    yield
    settings.CACHES = whole


class TestBrokenServers:
    @pytest.mark.parametrize("email", ["lou@exemple.fr", "inconnue@exemple.fr"])
    @pytest.mark.parametrize("fault", ["down", "451 try later", "550 no such mailbox"])
    def test_mail(self, client, smtp_server, caplog, email, fault):
        UserFactory(email="lou@exemple.fr")
        smtp_server.stop() if fault == "down" else setattr(smtp_server, "answer", fault)
        with caplog.at_level(logging.DEBUG):
            response = ask(client, email)
        assert response.status_code == 503
        assert "Nous ne pouvons pas envoyer de code" in response.text
        assert f'value="{email}"' in response.text
        # The test's own SMTP server tells all.
        ours = [record.getMessage() for record in caplog.records if record.name != "mail.log"]
        assert any("not sent" in line for line in ours)
        assert email not in " ".join(ours)
        assert client.get(CONFIRM).url == REQUEST
        smtp_server.start() if fault == "down" else setattr(smtp_server, "answer", "")
        assert ask(client, email).status_code == 302

    def test_trying_again_leads_to_a_code_and_not_to_the_limit(self, client, smtp_server, settings):
        user, settings.VISITOR_ACTS_FREE = UserFactory(), 6
        smtp_server.answer = "451 try later"
        for _request in range(25):
            assert ask(client, user.email).status_code == 503
        smtp_server.answer = ""
        for _request in range(5):
            assert ask(client, user.email).status_code == 302
        assert "plusieurs codes" in ask(client, user.email).text

    @pytest.mark.parametrize("language", ["fr", "en", "ar"])
    def test_all_is_kept_and_told_in_the_reader_s_language(self, client, smtp_server, language):
        smtp_server.stop()
        client.cookies["django_language"] = language
        response = ask(client, "lou@exemple.fr", "/compte/")
        told = {"fr": "appelez votre ville", "en": "call your town", "ar": "اتصلوا بمدينتكم"}
        assert told[language] in response.text
        assert 'value="lou@exemple.fr"' in response.text
        assert re.search(r'name="next"[^>]*value="/compte/"', response.text)

    def test_redis(self, client, smtp_server, without_redis):
        response = ask(client, UserFactory().email)
        assert response.status_code == 503
        assert "Nous ne pouvons pas envoyer de code" in response.text
        assert not smtp_server.messages

    def test_what_came_of_it_is_in_the_log_by_the_person_s_number(
        self, client, smtp_server, caplog, settings
    ):
        user = UserFactory()
        TOTP.activate(user, "JBSWY3DPEHPK3PXP")
        settings.VISITOR_ACTS_FREE = 100
        settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"request_login_code": "2/m/key"}
        with caplog.at_level(logging.INFO, "accounts"):
            ask(client, user.email)
            code = code_in(smtp_server.messages[0])
            client.post(CONFIRM, {"code": f"{(int(code) + 1) % 1_000_000:06d}"})
            page = client.post(CONFIRM, {"code": code}).url
            client.post(page, {"code": "000000"})
            client.post(page, {"code": TestSecondFactor().code(user)})
            assert is_in(client, user)
            for _request in range(3):
                ask(Client(), user.email)
            ask(Client(), "personne@exemple.fr")
            client = Client()
            client.post("/connexion/cle/", {"credential": '{"id": 1}'})
            for _attempt in range(4):
                ask(client, "personne@exemple.fr")
        lines = [record.getMessage() for record in caplog.records if record.name == "accounts.sign_in"]
        assert lines == [
            f"wrong code: user {user.pk}", f"wrong second factor: user {user.pk}", f"signed in: user {user.pk}",
            *[f"limit reached: user {user.pk}"] * 2, "wrong passkey: user unknown",
            *["limit reached: user unknown"] * 3,
        ]  # fmt: skip
        assert not re.search(r"@|\d{6}", " ".join(lines))

    def test_nothing_personal_in_the_logs(self, client, smtp_server, caplog):
        user = UserFactory()
        with caplog.at_level(logging.INFO):
            ask(client, user.email)
            code = code_in(smtp_server.messages[0])
            client.post(CONFIRM, {"code": code})
        assert is_in(client, user)
        ours = " ".join(record.getMessage() for record in caplog.records if record.name != "mail.log")
        assert code not in ours
        assert user.email not in ours


class TestASilentMailServer:
    """It takes the call and never says a word."""

    @pytest.fixture
    def silent(self, settings):
        with socket.create_server(("127.0.0.1", 0)) as door:
            settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
            settings.EMAIL_HOST, settings.EMAIL_PORT = door.getsockname()
            yield door

    def test_is_waited_for_two_seconds(self, client, silent):
        begin = time.monotonic()
        response = ask(client, "lou@exemple.fr")
        assert response.status_code == 503
        assert 1.9 < time.monotonic() - begin < 4
        assert "Nous ne pouvons pas envoyer de code" in response.text

    def reader(self, number: int) -> Any:
        """Somebody with an address and a line of their own, whom nobody else's limit holds back."""
        return ask(Client(REMOTE_ADDR=f"203.0.113.{number}"), f"lou.{number}@exemple.fr")

    @pytest.mark.django_db(transaction=True)
    def test_holds_so_many_readers_and_the_others_are_told_at_once(self, silent, at_once):
        def answered(number):
            begin = time.monotonic()
            assert self.reader(number).status_code == 503
            return time.monotonic() - begin

        waits = sorted(at_once(*[partial(answered, number) for number in range(10)]))
        assert [wait > 1.9 for wait in waits] == [False] * (10 - CODES_AT_ONCE) + [True] * CODES_AT_ONCE

    @pytest.mark.django_db(transaction=True)
    def test_gives_its_places_back(self, silent, smtp_server, settings, at_once, client):
        settings.EMAIL_PORT = silent.getsockname()[1]
        at_once(*[partial(self.reader, number) for number in range(4)])
        settings.EMAIL_PORT = smtp_server.port
        answers = at_once(*[partial(self.reader, number) for number in range(CODES_AT_ONCE)])
        assert [answer.status_code for answer in answers] == [302] * CODES_AT_ONCE

    def test_leaves_threads_of_the_site_to_everybody_else(self):
        assert CODES_AT_ONCE * 2 <= processes.WEB_THREADS


class TestWhatIsNotThere:
    @pytest.mark.parametrize(
        "name",
        [
            "account_email",
            "account_change_password",
            "account_set_password",
            "account_reset_password",
            "account_reauthenticate",
            "account_email_verification_sent",
            "account_confirm_email",
            "socialaccount_connections",
            "mfa_trust",
        ],
    )
    def test_no_page_for_what_nobody_has(self, name):
        with pytest.raises(NoReverseMatch):
            reverse(name)

    @pytest.mark.parametrize("page", ["/connexion/premiere-fois/", "/connexion/compte-ferme/", "/connexion/"])
    def test_pages_for_all(self, client, page):
        assert client.get(page).status_code == 200

    def test_a_closed_account_is_told_so(self, client, smtp_server):
        user = UserFactory()
        ask(client, user.email)
        User.objects.filter(pk=user.pk).update(is_active=False)
        response = client.post(CONFIRM, {"code": code_in(smtp_server.messages[0])})
        assert response.url == "/connexion/compte-ferme/"
        assert not is_in(client, user)


class TestSecondFactor:
    def code(self, user: User) -> str:
        secret = decrypt(Authenticator.objects.get(user=user, type="totp").data["secret"])
        return format_hotp_value(hotp_value(secret, int(time.time()) // 30))

    def test_is_asked_after_the_code(self, client, smtp_server):
        user = UserFactory()
        TOTP.activate(user, "JBSWY3DPEHPK3PXP")
        RecoveryCodes.activate(user)
        ask(client, user.email, "/compte/")
        response = client.post(CONFIRM, {"code": code_in(smtp_server.messages[0]), "next": "/compte/"})
        assert response.url == "/connexion/double-verification/"
        assert not is_in(client, user)
        assert client.get(response.url).status_code == 200
        assert client.post(response.url, {"code": "000000"}).status_code == 200
        assert not is_in(client, user)
        response = client.post(response.url, {"code": self.code(user)})
        assert response.url == "/compte/"
        assert is_in(client, user)

    def test_too_many_wrong_ones_are_told_to_whose_they_are(self, client, smtp_server):
        user = UserFactory()
        TOTP.activate(user, "JBSWY3DPEHPK3PXP")
        ask(client, user.email, "/compte/")
        page = client.post(CONFIRM, {"code": code_in(smtp_server.messages[0])}).url
        for _attempt in range(5):
            assert "Code incorrect" in client.post(page, {"code": "000000"}).text
        assert len(smtp_server.messages) == 1
        for _attempt in range(2):
            assert "Trop d’essais" in client.post(page, {"code": self.code(user)}).text
        assert not is_in(client, user)
        assert [m["Subject"] for m in smtp_server.to(user.email)[1:]] == [
            "Essais de connexion à votre compte"
        ]

    def test_is_read_in_any_digits(self, client, smtp_server):
        user = UserFactory()
        TOTP.activate(user, "JBSWY3DPEHPK3PXP")
        ask(client, user.email, "/compte/")
        page = client.post(CONFIRM, {"code": code_in(smtp_server.messages[0])}).url
        arabic = "".join(chr(ord("٠") + int(digit)) for digit in self.code(user))
        client.post(page, {"code": f"\u200f{arabic[:3]} {arabic[3:]}"})
        assert is_in(client, user)

    def test_activated_used_and_deactivated(self, client):
        user = UserFactory()
        client.force_login(user)
        assert client.get("/compte/double-verification/").status_code == 200
        page = "/compte/double-verification/activer/"
        drawing = re.search(r"data:image/svg\+xml;base64,([\w+/=]+)", client.get(page).text)
        assert drawing
        assert b'fill="#fff"' in base64.b64decode(drawing[1])
        assert client.post(page, {"code": "000000"}).status_code == 200
        secret = client.session["mfa.totp.secret"]
        code = format_hotp_value(hotp_value(secret, int(time.time()) // 30))
        response = client.post(page, {"code": code})
        assert response.url == "/compte/double-verification/codes/"
        assert Authenticator.objects.filter(user=user).count() == 2
        assert client.get(response.url).status_code == 200
        assert client.get("/compte/double-verification/").status_code == 200
        session = client.session
        session["account_authentication_methods"] = []
        session.save()
        response = client.get("/compte/double-verification/desactiver/")
        assert response.url.startswith("/compte/double-verification/confirmer/")
        assert client.get(response.url).status_code == 200
        recovery = Authenticator.objects.get(user=user, type="recovery_codes").wrap().get_unused_codes()[0]
        response = client.post(response.url, {"code": recovery})
        assert response.url == "/compte/double-verification/desactiver/"
        assert client.get(response.url).status_code == 200
        assert client.get("/compte/double-verification/codes/nouveaux/").status_code == 200
        client.post("/compte/double-verification/desactiver/")
        assert not Authenticator.objects.filter(user=user).exists()
