"""Whoever works for a town shows a second factor before anything opens; lost, it is taken away and made anew."""

import re
import time
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from accounts import services
from accounts.models import FactorReset, Scope, Session
from accounts.services import use_token
from tests.factories.accounts import ApiTokenFactory, CityRoleFactory, MembershipFactory, UserFactory
from tests.factories.cities import CityFactory

pytestmark = pytest.mark.django_db
ADD = "/compte/double-verification/activer/"
SECRET = "JBSWY3DPEHPK3PXP"


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def code_of(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def prove_by_mail(client: Client, page: str, smtp_server: Any) -> Any:
    client.post(page)
    code = re.search(r"^ +(\d{6})\r?$", smtp_server.messages[-1].get_content(), re.MULTILINE)
    assert code
    return client.post(page, {"code": code[1]})


@pytest.mark.usefixtures("without_second_factor")
class TestEnforced:
    @pytest.mark.parametrize("role", ["operator", "coordinator", "administrator"])
    def test_each_role_is_led_to_add_one_before_anything_opens(self, role):
        part = CityRoleFactory(role=role)
        client = signed_in(part.user)
        for page in (f"/{part.city.slug}/bureau/", f"/{part.city.slug}/", "/compte/", "/admin/", "/"):
            assert client.get(page).url.startswith(f"{ADD}?next="), page
        assert client.post("/compte/cles/", {"name": "Tableur"}).url.startswith(ADD)
        page = client.get(ADD, follow=True).text
        assert "Ajoutez d’abord une double vérification" in page
        assert f"/{part.city.slug}/bureau/" not in page

    def test_the_installation_s_staff_too(self):
        assert signed_in(UserFactory(is_staff=True)).get("/admin/").url.startswith(ADD)

    def test_the_api_says_so(self):
        part = CityRoleFactory()
        answer = signed_in(part.user).get("/api/v1/offers/")
        assert (answer.status_code, answer.json()["type"]) == (403, "second_factor_required")

    def test_others_are_asked_for_none(self):
        for user in (UserFactory(), MembershipFactory().user):
            assert signed_in(user).get("/compte/").status_code == 200

    def test_signing_out_and_what_is_everybody_s_stay(self):
        client = signed_in(CityRoleFactory().user)
        assert client.get("/vos-donnees/").status_code == 200
        assert client.post("/deconnexion/").status_code == 302

    def test_what_was_sent_leads_back_to_a_page_that_opens(self):
        part = CityRoleFactory()
        client, slug = signed_in(part.user), part.city.slug
        assert client.post("/compte/cles/", {}).url == f"{ADD}?next=%2Fcompte%2F"
        assert client.post(f"/{slug}/associations/inscription/", {}).url == f"{ADD}?next=%2F{slug}%2F"

    def test_added_it_opens_at_once(self, smtp_server):
        part = CityRoleFactory()
        client = signed_in(part.user)
        prove_by_mail(client, client.get(ADD).url, smtp_server)
        client.get(ADD)
        client.post(ADD, {"code": code_of(client.session["mfa.totp.secret"])})
        assert client.get(f"/{part.city.slug}/bureau/").status_code == 200
        # Taken away again, nothing opens.
        client.post("/compte/double-verification/desactiver/")
        assert client.get(f"/{part.city.slug}/bureau/").url.startswith(ADD)

    def test_a_session_that_has_not_seen_it_shows_it(self):
        part = CityRoleFactory()
        TOTP.activate(part.user, SECRET)
        client = signed_in(part.user)
        page = client.get(f"/{part.city.slug}/bureau/").url
        assert page.startswith("/compte/double-verification/confirmer/")
        assert client.post(page, {"code": code_of(SECRET)}).url == f"/{part.city.slug}/bureau/"
        assert client.get(f"/{part.city.slug}/bureau/").status_code == 200

    def test_whoever_is_given_a_role_is_asked_at_the_next_page(self):
        user, city = UserFactory(), CityFactory()
        client = signed_in(user)
        assert client.get("/compte/").status_code == 200
        CityRoleFactory(user=user, city=city)
        assert client.get("/compte/").url.startswith(ADD)


class TestWhoChangesIt:
    @pytest.mark.usefixtures("without_second_factor")
    @pytest.mark.parametrize("of_a_team", [False, True])
    def test_a_browser_left_open_adds_none(self, smtp_server, of_a_team):
        user = CityRoleFactory().user if of_a_team else UserFactory()
        client = signed_in(user)
        for sent in (client.get(ADD), client.post(ADD, {"code": "123456"})):
            assert sent.url == "/compte/confirmer/?next=%2Fcompte%2Fdouble-verification%2Factiver%2F"
        assert prove_by_mail(client, sent.url, smtp_server).url == ADD
        assert client.get(ADD).status_code == 200
        assert Client().get(ADD).url.startswith("/connexion/")

    @pytest.mark.usefixtures("without_second_factor")
    def test_a_code_by_mail_takes_none_away(self, smtp_server):
        user = UserFactory()
        client = signed_in(user)
        page = "/compte/confirmer/?next=%2Fcompte%2Fdouble-verification%2Fdesactiver%2F"
        prove_by_mail(client, page, smtp_server)
        TOTP.activate(user, SECRET)
        take_away = "/compte/double-verification/desactiver/"
        asked = "/compte/double-verification/confirmer/"
        assert client.get(take_away).url.startswith(asked)
        assert client.post(page).url == f"{asked}?next=%2Fcompte%2Fdouble-verification%2Fdesactiver%2F"
        assert Authenticator.objects.filter(user=user).exists()
        assert client.post(client.post(page).url, {"code": code_of(SECRET)}).url == take_away
        assert client.get(page).url == take_away, "it has just been shown"
        client.post(take_away)
        assert not Authenticator.objects.filter(user=user).exists()

    @pytest.mark.parametrize("answer", ["", "451 later"])
    def test_whose_it_is_is_told_where_mail_leaves(
        self, smtp_server, answer, django_capture_on_commit_callbacks
    ):
        user = UserFactory()
        client = signed_in(user)
        client.get(ADD)
        smtp_server.answer = answer
        with django_capture_on_commit_callbacks(execute=True):
            client.post(ADD, {"code": code_of(client.session["mfa.totp.secret"])})
        assert Authenticator.objects.filter(user=user).count() == 2
        with django_capture_on_commit_callbacks(execute=True):
            client.post("/compte/double-verification/desactiver/")
        assert not Authenticator.objects.filter(user=user).exists()
        told = [str(mail["Subject"]).strip() for mail in smtp_server.to(user.email)]
        assert told == (
            []
            if answer
            else [
                "Une double vérification a été ajoutée à votre compte",
                "Votre double vérification a été retirée",
            ]
        )


class TestLost:
    def test_an_administrator_takes_it_away_with_a_reason_and_they_are_told(self, smtp_server):
        administrator = CityRoleFactory(role="administrator")
        city = administrator.city
        operator = CityRoleFactory(city=city, role="operator").user
        TOTP.activate(operator, SECRET)
        RecoveryCodes.activate(operator)
        theirs, client = signed_in(operator), signed_in(administrator.user)
        page = f"/{city.slug}/ma-ville/equipe/{operator.pk}/"
        assert "Retirer sa double vérification" in client.get(page).text
        assert client.post(f"{page}double-verification/", {"note": " "}).url == page
        assert Authenticator.objects.filter(user=operator).count() == 2
        client.post(f"{page}double-verification/", {"note": "Elle est venue au bureau."})
        assert not Authenticator.objects.filter(user=operator).exists()
        reset = FactorReset.objects.get()
        assert (reset.person, reset.by, reset.note) == (
            operator,
            administrator.user,
            "Elle est venue au bureau.",
        )
        [mail] = smtp_server.to(operator.email)
        assert "Elle est venue au bureau." in mail.get_content()
        assert theirs.get("/compte/").status_code == 302

    def test_without_the_mail_nothing_changes(self, smtp_server):
        administrator = CityRoleFactory(role="administrator")
        operator = CityRoleFactory(city=administrator.city, role="operator").user
        TOTP.activate(operator, SECRET)
        smtp_server.answer = "451 later"
        page = f"/{administrator.city.slug}/ma-ville/equipe/{operator.pk}/double-verification/"
        signed_in(administrator.user).post(page, {"note": "Perdu"})
        assert Authenticator.objects.filter(user=operator).exists()
        assert not FactorReset.objects.exists()

    def test_by_nobody_else_and_of_nobody_else(self):
        administrator = CityRoleFactory(role="administrator")
        city = administrator.city
        operator = CityRoleFactory(city=city, role="operator").user
        of_no_team, elsewhere = UserFactory(), CityRoleFactory(role="administrator").user
        for user, by in (
            (operator, operator), (administrator.user, administrator.user), (operator, elsewhere),
            (of_no_team, administrator.user), (operator, CityRoleFactory(city=city).user),
        ):  # fmt: skip
            with pytest.raises(PermissionDenied):
                services.reset_second_factor(user=user, city=city, note="Perdu", by=by, now=timezone.now())

    def test_the_last_administrator_by_a_command(self, smtp_server):
        user = CityRoleFactory(role="administrator").user
        TOTP.activate(user, SECRET)
        call_command("reset_second_factor", user.email, "Vue en mairie")
        assert not Authenticator.objects.filter(user=user).exists()
        assert not Session.objects.filter(user=user).exists()
        assert len(smtp_server.to(user.email)) == 1
        with pytest.raises(CommandError, match="Nobody signs in"):
            call_command("reset_second_factor", "personne@exemple.fr", "x")
        with pytest.raises(CommandError, match="Dites pourquoi"):
            call_command("reset_second_factor", user.email, " ")


class TestKeys:
    def issue(self, user, **fields):
        fields = {"name": "Tableur", "scopes": [Scope.READ], "by": user, "now": timezone.now(), **fields}
        return services.issue_token(user=user, **fields)

    def test_ask_for_a_second_factor_where_the_role_does(self):
        user = CityRoleFactory().user
        with pytest.raises(PermissionDenied):
            self.issue(user)
        TOTP.activate(user, SECRET)
        _token, secret = self.issue(user)
        assert use_token(secret=secret, now=timezone.now())
        Authenticator.objects.filter(user=user).delete()
        assert use_token(secret=secret, now=timezone.now()) is None
        assert self.issue(UserFactory())

    def test_end_after_a_year_at_most(self):
        user, now = UserFactory(), timezone.now()
        token, secret = self.issue(user, now=now)
        assert use_token(secret=secret, now=token.expires_at - timezone.timedelta(seconds=1))
        assert use_token(secret=secret, now=token.expires_at) is None
        for days in (0, 366):
            with pytest.raises(ValidationError):
                self.issue(user, valid_for=timezone.timedelta(days=days))
        with pytest.raises(ValidationError):
            self.issue(user, scopes=["everything"])

    def test_are_for_whoever_has_just_shown_who_they_are(self, smtp_server):
        user = UserFactory(email="lou@exemple.fr")
        client = signed_in(user)
        asked = {"name": "Tableur", "scopes": ["read", "needs"], "days": "30"}
        session = client.session
        session["account_authentication_methods"] = []
        session.save()
        proof = client.post("/compte/cles/", asked).url
        assert proof == "/compte/confirmer/?next=%2Fcompte%2F"
        client.post(proof)
        code = re.search(r"^ +(\d{6})\r?$", smtp_server.messages[-1].get_content(), re.MULTILINE)
        assert code
        wrong = f"{(int(code[1]) + 1) % 1_000_000:06d}"
        assert client.post(proof, {"code": wrong}).status_code == 422
        assert client.post("/compte/cles/", asked).status_code == 302
        assert client.post(proof, {"code": code[1]}).url == "/compte/"
        assert "acc_" in client.post("/compte/cles/", asked).text
        token = user.api_tokens.get()
        assert token.scopes == ["read", "needs"]
        assert token.expires_at - token.created_at == timezone.timedelta(days=30)

    def test_with_a_second_factor_that_is_asked_for(self):
        user = CityRoleFactory().user
        TOTP.activate(user, SECRET)
        client = signed_in(user)
        session = client.session
        for record in session["account_authentication_methods"]:
            record["at"] -= 3600
        session.save()
        asked = {"name": "Tableur", "scopes": ["read"], "days": "30"}
        page = client.post("/compte/cles/", asked).url
        assert page.startswith("/compte/double-verification/confirmer/")
        client.post(page, {"code": code_of(SECRET)})
        assert client.post("/compte/cles/", asked).status_code == 200

    def test_do_what_they_were_made_for(self, client):
        ApiTokenFactory(secret="acc_reads", scopes=["read"])
        ApiTokenFactory(secret="acc_writes", scopes=["needs"])

        def ask(method: str, path: str, key: str) -> Any:
            return getattr(client, method)(f"/api/v1/{path}/", headers={"authorization": f"Bearer {key}"})

        assert ask("get", "offers", "acc_reads").status_code == 200
        refused = ask("post", "offers", "acc_reads")
        assert (refused.status_code, refused.json()["type"]) == (403, "missing_scope")
        assert "« offers »".replace(" ", "\u00a0") in refused.json()["title"]
        assert ask("post", "needs", "acc_writes").status_code == 415, "what it was sent is looked at"
        assert ask("post", "offers", "acc_writes").json()["type"] == "missing_scope"
        assert "read" in ask("get", "needs", "acc_writes").json()["title"]


SECRETS = {
    "password",
    "digest",
    "secret",
    "data",
    "session_data",
    "key",
    "token",
    "body",
    "public_key",
}


def test_the_administration_shows_no_secret():
    shown = {}
    for model, pages in admin.site._registry.items():
        request: Any = None
        fields = {field.name for field in model._meta.fields if field.editable}
        if pages.fields or pages.fieldsets:
            fields = set(pages.fields or ())
        fields |= {*pages.get_list_display(request), *pages.get_readonly_fields(request)}
        fields -= set(pages.get_exclude(request) or ())
        shown[model._meta.label] = fields & SECRETS
    assert {label: names for label, names in shown.items() if names} == {}


def test_the_administration_stands_nowhere_by_default(settings):
    from django.urls import clear_url_caches, reverse

    assert reverse("admin:index") == "/admin/"  # as the tests begin
    from importlib import reload

    from config import urls

    settings.ADMIN_PATH = ""
    reload(urls)
    clear_url_caches()
    try:
        assert signed_in(UserFactory(is_staff=True, is_superuser=True)).get("/admin/").status_code == 404
    finally:
        settings.ADMIN_PATH = "admin"
        reload(urls)
        clear_url_caches()
