"""How long somebody stays signed in, where they are, and how they end it from elsewhere."""

import importlib
import re
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.apps import apps
from django.contrib.messages import get_messages
from django.contrib.sessions.models import Session as FormerSession
from django.test import Client
from django.utils import timezone

from accounts import services, sessions
from accounts.models import Session, User
from accounts.sessions import SessionStore
from accounts.tasks import forget_past_sessions
from tests.factories.accounts import CityRoleFactory, MembershipFactory, UserFactory
from tests.factories.cities import CityFactory

pytestmark = pytest.mark.django_db

FIREFOX = "Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0"

END = "/compte/appareils/{}/deconnecter/"


def signed_in(user: Any, description: str = FIREFOX) -> Client:
    client = Client(headers={"User-Agent": description})
    client.force_login(user)
    session = client.session  # a test signs in without a browser
    session["device"] = sessions.device_of(description)
    session.save()
    return client


def later(client: Client, *, begun: timedelta | None = None, used: timedelta | None = None) -> None:
    """As if the session had begun, or been used last, so long ago."""
    if begun is not None:
        session = client.session
        session["signed_in_at"] = (timezone.now() - begun).isoformat()
        session.save()
    if used is not None:
        row_of(client).update(used_at=timezone.now() - used)


def row_of(client: Client) -> Any:
    return Session.objects.filter(pk=client.session.session_key)


def last_use(client: Client) -> Any:
    return row_of(client).get().used_at


class TestATeam:
    @pytest.fixture
    def city(self):
        return CityFactory()

    @pytest.fixture
    def desk(self, city):
        return f"/{city.slug}/bureau/"

    @pytest.fixture
    def coordinator(self, city):
        return CityRoleFactory(city=city).user

    @pytest.mark.parametrize(
        "ago",
        [
            {"begun": timedelta(hours=11, minutes=59)},
            {"used": timedelta(hours=1, minutes=59)},
        ],
    )
    def test_works_on_within_the_day(self, coordinator, desk, ago):
        client = signed_in(coordinator)
        later(client, **ago)
        assert client.get(desk).status_code == 200

    @pytest.mark.parametrize(
        "ago",
        [
            {"begun": timedelta(hours=12, minutes=1)},
            {"used": timedelta(hours=2, minutes=1)},
        ],
    )
    def test_signs_in_again_after_it_and_comes_back(self, coordinator, desk, ago):
        client = signed_in(coordinator)
        later(client, **ago)
        response = client.get(desk)
        assert response.url == f"/connexion/?next={desk}"
        assert "douze heures" in " ".join(str(said) for said in get_messages(response.wsgi_request))
        assert not Session.objects.filter(user=coordinator).exists()

    def test_what_a_page_asks_by_itself_is_no_use_and_changes_nothing(self, coordinator, desk):
        client = signed_in(coordinator)
        later(client, used=timedelta(hours=1))
        before = last_use(client)
        client.get(desk, headers={"HX-Request": "true"})
        assert last_use(client) == before
        later(client, used=timedelta(hours=3))
        response = client.get(desk, headers={"HX-Request": "true"})
        assert (response.status_code, response.content) == (204, b"")
        assert Session.objects.filter(user=coordinator).exists()
        assert client.post("/compte/appareils/deconnecter/", headers={"HX-Request": "true"}).url.startswith(
            "/connexion/"
        )

    def test_a_click_is_use_and_is_written_at_most_every_five_minutes(self, coordinator, desk):
        client = signed_in(coordinator)
        for ago, is_written in ((timedelta(minutes=4), False), (timedelta(minutes=6), True)):
            later(client, used=ago)
            before = last_use(client)
            client.get(desk)
            assert (last_use(client) != before) is is_written
        assert timezone.now() - last_use(client) < timedelta(minutes=1)

    def test_noting_use_overwrites_no_draft_of_another_request(self, coordinator):
        client = signed_in(coordinator)
        later(client, used=timedelta(hours=1))
        slow = SessionStore(client.session.session_key)
        assert slow.get("draft") is None  # read before the other request keeps its own
        quick = client.session
        quick["draft"] = "Une chambre"
        quick.save()
        sessions.note_use(slow, now=timezone.now())
        assert client.session["draft"] == "Une chambre"

    def test_whoever_was_signed_in_before_they_had_a_part(self, city, desk):
        user = UserFactory()
        client = signed_in(user)
        CityRoleFactory(city=city, user=user)
        assert client.get(desk).status_code == 200
        later(client, begun=timedelta(hours=13))
        assert client.get(desk).url.startswith("/connexion/")

    @pytest.mark.parametrize("page", ["/compte/", "/{town}/associations/nouvelle/", "/admin/"])
    @pytest.mark.parametrize("part", ["staff", "role"])
    def test_whoever_was_given_a_part_and_opens_no_page_of_the_desk(self, city, page, part):
        user = UserFactory()
        client = signed_in(user)
        if part == "staff":
            User.objects.filter(pk=user.pk).update(is_staff=True, is_superuser=True)
        else:
            CityRoleFactory(city=city, user=user)
        client.get(page.format(town=city.slug))
        later(client, begun=timedelta(hours=13))
        assert client.get("/compte/").url.startswith("/connexion/")

    def test_a_member_of_an_association_stays_for_thirty_days_too(self, city):
        member = MembershipFactory(organisation__city=city).user
        client = signed_in(member)
        client.get(f"/{city.slug}/")
        client.get("/compte/")
        later(client, begun=timedelta(days=20), used=timedelta(days=20))
        assert client.get("/compte/").status_code == 200

    def test_whoever_leaves_with_this_request_leaves_no_session_behind(self, coordinator):
        client = signed_in(coordinator)
        client.post("/deconnexion/")
        assert not Session.objects.filter(user=coordinator).exists()

    def test_citizens_stay_for_thirty_days(self):
        client = signed_in(UserFactory())
        later(client, begun=timedelta(days=20), used=timedelta(days=20))
        assert client.get("/compte/").status_code == 200
        left = row_of(client).get().expire_date - timezone.now()
        assert timedelta(days=29) < left <= timedelta(days=30)

    def test_citizens_sign_in_again_after_three_months_whatever_they_did(self):
        client = signed_in(UserFactory())
        later(client, begun=timedelta(days=89), used=timedelta(days=1))
        assert "au plus tard après 90 jours" in client.get("/compte/").text
        later(client, begun=timedelta(days=91))
        response = client.get("/compte/")
        assert response.url == "/connexion/?next=/compte/"
        assert "trois mois" in " ".join(str(said) for said in get_messages(response.wsgi_request))
        assert not Session.objects.exists()


class TestANewKey:
    """Who saw the key of a session before its person proved anew who they are has nothing of that proof."""

    def test_after_a_code_by_mail(self, smtp_server):
        client = signed_in(UserFactory())
        before = client.session.session_key
        page = "/compte/confirmer/?next=/compte/"
        client.post(page)
        code = re.search(r"^ +(\d{6})", smtp_server.messages[0].get_content(), re.MULTILINE)
        assert client.session.session_key == before
        client.post(page, {"code": code[1]})
        assert client.get("/compte/").status_code == 200
        assert not Session.objects.filter(pk=before).exists()

    def test_after_a_second_factor(self):
        user = UserFactory()
        TOTP.activate(user, "JBSWY3DPEHPK3PXP")
        [code, *_others] = RecoveryCodes.activate(user).get_unused_codes()
        client = signed_in(user)
        before = row_of(client).get()
        client.post("/compte/double-verification/confirmer/", {"code": "00000000"})
        assert client.session.session_key == before.pk
        client.post("/compte/double-verification/confirmer/", {"code": code})
        assert client.get("/compte/").status_code == 200
        assert not Session.objects.filter(pk=before.pk).exists()
        assert row_of(client).get().signed_in_at == before.signed_in_at


class TestElsewhere:
    def test_signing_in_notes_with_what_and_when(self, smtp_server):
        user = UserFactory()
        client = Client(headers={"User-Agent": FIREFOX})
        client.post("/connexion/", {"email": user.email})
        code = re.search(r"^ +(\d{6})", smtp_server.messages[0].get_content(), re.MULTILINE)
        client.post("/connexion/code/", {"code": code[1]})
        row = Session.objects.get(user=user)
        assert row.device == "Firefox · Android"
        assert row.signed_in_at == row.used_at
        assert timezone.now() - row.used_at < timedelta(minutes=1)

    def test_one_sees_where_and_ends_all_but_this(self):
        user, other = UserFactory(), UserFactory()
        phone, computer, stranger = signed_in(user), signed_in(user, "Safari/1 Macintosh"), signed_in(other)
        page = phone.get("/compte/").text
        assert page.index("Firefox · Android") < page.index("cet appareil") < page.index("Safari · Mac")
        response = phone.post("/compte/appareils/deconnecter/", follow=True)
        assert "Un autre appareil est déconnecté." in response.text
        assert "Safari · Mac" not in response.text
        assert "Déconnecter tous les autres" not in response.text
        assert computer.get("/compte/").url.startswith("/connexion/")
        assert stranger.get("/compte/").status_code == 200
        assert "nulle part ailleurs" in phone.post("/compte/appareils/deconnecter/", follow=True).text

    def test_one_alone_is_ended_by_its_mark_which_is_not_its_key(self):
        user, other = UserFactory(), UserFactory()
        phone, computer, tablet = (signed_in(user, f"{name}/1") for name in ("Firefox", "Safari", "Edg"))
        stranger = signed_in(other)
        page = phone.get("/compte/").text
        for client in (phone, computer, tablet):
            assert client.session.session_key not in page
        assert END.format(row_of(phone).get().mark) not in page, "one signs out here by the menu"
        assert END.format(row_of(computer).get().mark) in page
        here = row_of(phone).get().mark
        for taken in (here, row_of(stranger).get().mark, computer.session.session_key, "nothing"):
            said = phone.post(END.format(taken), follow=True).text
            assert "déjà déconnecté" in said
        assert Session.objects.count() == 4
        said = phone.post(END.format(row_of(computer).get().mark), follow=True).text
        assert "L’appareil est déconnecté." in said
        assert computer.get("/compte/").url.startswith("/connexion/")
        for client in (phone, tablet, stranger):
            assert client.get("/compte/").status_code == 200

    @pytest.mark.parametrize("address", ["/compte/appareils/deconnecter/", "one"])
    def test_others_are_ended_after_a_proof_alone(self, address):
        """Whoever holds a stolen phone that is still signed in does not shut its owner out."""
        user = UserFactory()
        thief, owner = signed_in(user), signed_in(user)
        session = thief.session
        for shown in session["account_authentication_methods"]:
            shown["at"] -= timedelta(hours=1).total_seconds()
        session.save()
        if address == "one":
            address = END.format(row_of(owner).get().mark)
        assert thief.post(address).url == "/compte/confirmer/?next=%2Fcompte%2F"
        assert owner.get("/compte/").status_code == 200

    def test_a_new_second_factor_ends_the_others(self, django_capture_on_commit_callbacks):
        user = UserFactory()
        here, elsewhere = signed_in(user), signed_in(user)
        TOTP.activate(user, "JBSWY3DPEHPK3PXP")
        RecoveryCodes.activate(user)
        assert elsewhere.get("/compte/").status_code == 200
        page = "/compte/double-verification/codes/nouveaux/"
        [code, *_others] = RecoveryCodes.activate(user).get_unused_codes()
        here.post("/compte/double-verification/confirmer/", {"code": code})
        with django_capture_on_commit_callbacks(execute=True):
            here.post(page)
        assert here.get("/compte/").status_code == 200
        assert elsewhere.get("/compte/").url.startswith("/connexion/")

    @pytest.mark.parametrize(
        ("fields", "is_out"),
        [
            ({"email": "autre@exemple.fr"}, True),
            ({"is_active": False}, True),
            ({"name": "Lou M."}, False),
            ({"phone": "+33388000022"}, False),
        ],
    )
    def test_a_corrected_address_or_a_closed_account_ends_them_all(self, fields, is_out):
        user, other = UserFactory(), UserFactory()
        here, elsewhere, stranger = signed_in(user), signed_in(user), signed_in(other)
        services.correct_person(user=user, fields=fields, by=UserFactory(is_staff=True), now=timezone.now())
        assert Session.objects.filter(user=user).count() == (0 if is_out else 2)
        User.objects.filter(pk=user.pk).update(
            is_active=True
        )  # opened again, it is not entered with an old session
        for client in (here, elsewhere):
            assert (client.get("/compte/").status_code == 302) is is_out
        assert stranger.get("/compte/").status_code == 200

    def test_signing_out_lets_the_browser_forget(self):
        client = signed_in(UserFactory())
        assert client.post("/deconnexion/")["Clear-Site-Data"] == '"cache"'


@pytest.mark.parametrize(
    ("description", "device"),
    [
        (FIREFOX, "Firefox · Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
         "CriOS/137.0 Mobile/15E148 Safari/604.1", "Chrome · iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0 "
         "Safari/537.36 Edg/137.0.0.0", "Edge · Windows"),
        ("Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/27.0 "
         "Chrome/125.0.0.0 Mobile Safari/537.36", "Samsung Internet · Android"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.5 Safari/605.1.15",
         "Safari · Mac"),
        ("curl/8.0", ""),
        ("", ""),
    ],
)  # fmt: skip
def test_a_device_is_named_as_people_know_it(description, device):
    assert sessions.device_of(description) == device


def test_past_sessions_are_forgotten():
    over, going_on = UserFactory(), UserFactory()
    signed_in(over), signed_in(going_on)
    Session.objects.filter(user=over).update(expire_date=timezone.now() - timedelta(seconds=1))
    forget_past_sessions()
    assert [session.user for session in Session.objects.all()] == [going_on]


def test_sessions_of_the_version_before_go_on():
    user = UserFactory()
    client = signed_in(user)
    row = Session.objects.get(user=user)
    FormerSession.objects.create(
        session_key=row.session_key, session_data=row.session_data, expire_date=row.expire_date
    )
    FormerSession.objects.create(session_key="half", session_data="x", expire_date=row.expire_date)
    FormerSession.objects.create(
        session_key="past", session_data="x", expire_date=timezone.now() - timedelta(days=1)
    )
    Session.objects.all().delete()
    importlib.import_module("accounts.migrations.0009_sessions").move(apps, None)
    assert client.get("/compte/").status_code == 200
    assert {(each.session_key, each.user_id) for each in Session.objects.all()} == {
        (row.session_key, user.pk),
        ("half", None),
    }
    assert not FormerSession.objects.exists()


class TestPages:
    @pytest.mark.parametrize("address", ["/", "/compte/", "/connexion/", "/healthz", "/nulle-part/"])
    def test_are_kept_by_nobody_and_ask_a_browser_for_nothing(self, address):
        response = signed_in(UserFactory()).get(address)
        assert "no-store" in response["Cache-Control"]
        assert "geolocation=()" in response["Permissions-Policy"]
        assert response["Cross-Origin-Resource-Policy"] == "same-origin"

    def test_what_says_how_long_it_may_be_kept_is_kept(self):
        response = Client().get(f"/{CityFactory().slug}/couleurs.css")
        assert response["Cache-Control"] == "public, max-age=3600"
