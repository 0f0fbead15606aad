"""Another address: proven at both ends, told to the old one, which takes it back."""

import re
import time
from datetime import timedelta
from functools import partial

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.core import signing
from django.test import Client
from django.utils import timezone

from accounts import services
from accounts.models import Session, User
from agenda.models import Subscription
from notifications.channels.push.models import Device
from tests.factories.accounts import ApiTokenFactory, UserFactory

pytestmark = pytest.mark.django_db
PAGE, NEW = "/compte/adresse/", "neuve@exemple.fr"


@pytest.fixture
def user():
    return UserFactory(email="lou@exemple.fr")


@pytest.fixture
def client(user):
    client = Client()
    client.force_login(user)
    return client


def codes(smtp_server):
    """By address, the code that came last."""
    found = {}
    for message in smtp_server.messages:
        if code := re.search(r"^ +(\d{6})\r?$", message.get_content(), re.MULTILINE):
            found[str(message["To"])] = code[1]
    return found


def type_codes(client, old, new):
    return client.post(PAGE, {"old_code": old, "new_code": new})


def changed(client, smtp_server):
    client.post(PAGE, {"email": NEW})
    sent = codes(smtp_server)
    return type_codes(client, sent["lou@exemple.fr"], sent[NEW])


def test_both_codes_change_it_and_the_old_address_is_told(client, user, smtp_server):
    elsewhere = Client()
    elsewhere.force_login(user)
    assert changed(client, smtp_server).url == "/compte/"
    user.refresh_from_db()
    assert (user.email, user.contact_changes) == (NEW, 1)
    assert EmailAddress.objects.get(user=user).verified
    assert smtp_server.to("lou@exemple.fr")[-1]["Subject"] == "Les coordonnées de votre compte ont changé"
    # Signed in here, and nowhere else.
    assert Session.objects.filter(user=user).count() == 1
    assert client.get("/compte/").status_code == 200


def test_one_code_is_not_enough_and_neither_serves_twice(client, user, smtp_server):
    client.post(PAGE, {"email": NEW})
    sent = codes(smtp_server)
    wrong = f"{(int(sent[NEW]) + 1) % 1_000_000:06d}"
    assert "Ce code n’est pas le bon" in type_codes(client, sent["lou@exemple.fr"], wrong).text
    assert "Ce code n’est pas le bon" in type_codes(client, sent[NEW], sent[NEW]).text
    user.refresh_from_db()
    assert user.email == "lou@exemple.fr"
    assert type_codes(client, sent["lou@exemple.fr"], sent[NEW]).url == "/compte/"
    assert type_codes(client, sent["lou@exemple.fr"], sent[NEW]).url == PAGE


def test_whether_an_address_has_an_account_is_told_to_whoever_reads_its_mail(client, user, smtp_server):
    UserFactory(email=NEW)
    assert client.post(PAGE, {"email": NEW}).url == PAGE
    sent = codes(smtp_server)
    assert "Cette adresse a déjà un compte" not in type_codes(client, sent["lou@exemple.fr"], "000000").text
    assert "Cette adresse a déjà un compte" in type_codes(client, sent["lou@exemple.fr"], sent[NEW]).text
    user.refresh_from_db()
    assert user.email == "lou@exemple.fr"


def test_tries_end(client, user, smtp_server):
    client.post(PAGE, {"email": NEW})
    sent = codes(smtp_server)
    for _try in range(3):
        type_codes(client, "000000", "000000")
    assert type_codes(client, sent["lou@exemple.fr"], sent[NEW]).url == PAGE
    user.refresh_from_db()
    assert user.email == "lou@exemple.fr"


def test_without_a_mail_server_nothing_changes(client, user, smtp_server):
    client.post(PAGE, {"email": NEW})
    sent = codes(smtp_server)
    smtp_server.answer = "451 later"
    assert type_codes(client, sent["lou@exemple.fr"], sent[NEW]).url == PAGE
    user.refresh_from_db()
    assert user.email == "lou@exemple.fr"


def test_whoever_had_the_address_takes_it_back(client, user, smtp_server, settings):
    settings.SITE_URL = ""
    changed(client, smtp_server)
    link = re.search(r"/compte/changement/\S+", smtp_server.to("lou@exemple.fr")[-1].get_content())
    assert link
    owner = Client()
    assert "remettre comme avant" in owner.get(link[0]).text
    user.refresh_from_db()
    assert user.email == NEW, "a link does nothing by itself"
    assert owner.post(link[0]).url == "/connexion/"
    user.refresh_from_db()
    assert (user.email, user.contact_changes) == ("lou@exemple.fr", 2)
    assert not Session.objects.filter(user=user).exists()
    assert user.edits.latest("pk").by is None


def test_taken_back_ends_what_was_made_to_come_back(user):
    now = timezone.now()
    long_ago, since = now - timedelta(days=30), now + timedelta(minutes=1)
    ApiTokenFactory(user=user, second_factor=False)
    subscription = Subscription.objects.create(person=user, key="k", created_at=long_ago)
    for number, made in enumerate((long_ago, since)):
        Device.objects.create(
            person=user, endpoint=f"https://p/{number}", p256dh="p", auth="a", name="", created_at=made
        )
    for kind, made in (("recovery_codes", long_ago), ("totp", since)):
        Authenticator.objects.create(user=user, type=kind, data={}, created_at=made)
    others = (
        ApiTokenFactory(),
        Device.objects.create(
            person=UserFactory(), endpoint="https://p/2", p256dh="p", auth="a", name="", created_at=since
        ),
    )
    edit = services.change_email(user=user, email=NEW, session_key=None, by=user, now=now)
    services.stop_change(edit=edit, by=None, now=since + timedelta(hours=1))
    assert user.api_tokens.get().revoked_at is not None
    subscription.refresh_from_db()
    assert subscription.revoked_at is not None
    assert [device.created_at for device in user.devices.all()] == [long_ago]
    assert [one.type for one in Authenticator.objects.filter(user=user)] == ["recovery_codes"]
    for one in others:
        one.refresh_from_db()
    assert others[0].revoked_at is None


def test_what_others_are_sent_keeps_nobody_from_their_own_address(client, user, smtp_server, settings):
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"own_codes_to_a_contact": "1/d/key"}
    stranger = Client()
    stranger.force_login(UserFactory())
    for _again in range(2):
        stranger.post(PAGE, {"email": user.email})
    assert len(smtp_server.to(user.email)) == 1
    client.post("/compte/confirmer/")
    assert len(smtp_server.to(user.email)) == 2


def test_a_code_that_did_not_leave_does_not_count_and_is_not_waited_for(client, user, smtp_server, settings):
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"own_codes": "1/d/key"}
    smtp_server.answer = "451 later"
    client.post("/compte/confirmer/")
    assert "Nous venons d’écrire" not in client.get("/compte/confirmer/").text
    smtp_server.answer = ""
    for _again in range(2):
        client.post("/compte/confirmer/")
    assert len(smtp_server.to(user.email)) == 1


def test_a_person_has_ten_codes_a_day(client, user, smtp_server, monkeypatch):
    now = time.time()
    for hour in range(12):
        monkeypatch.setattr(time, "time", lambda hour=hour: now + hour * 3600)
        client.post("/compte/confirmer/")
    assert len(smtp_server.to(user.email)) == 10


@pytest.mark.parametrize("page", [PAGE, "/compte/confirmer/", "/compte/numero/"])
def test_without_a_counter_the_page_opens_and_sending_says_why(client, page, settings):
    settings.SMS_GATEWAY = "smsc"
    whole = settings.CACHES
    settings.CACHES = {"default": {**whole["default"], "LOCATION": "redis://127.0.0.1:1/0"}}
    try:
        assert client.get(page).status_code == 200
        sent = client.post(page, {"email": NEW, "act": "number", "phone": "06 12 34 56 78"}, follow=True)
        assert "pour l’instant" in sent.text
    finally:
        settings.CACHES = whole


def test_a_link_that_is_cut_or_old_takes_nothing_back(client, user, smtp_server, monkeypatch):
    changed(client, smtp_server)
    page = re.search(r"/compte/changement/\S+", smtp_server.to("lou@exemple.fr")[-1].get_content())
    assert page
    assert Client().post(page[0][:-3] + "x/").status_code == 404
    later = timezone.now() + timedelta(days=8)
    monkeypatch.setattr(signing.time, "time", later.timestamp)
    assert Client().post(page[0]).status_code == 404
    user.refresh_from_db()
    assert user.email == NEW


@pytest.mark.django_db(transaction=True)
def test_of_two_accounts_that_take_one_address_at_once_one_has_it(at_once):
    both = [UserFactory(), UserFactory()]
    change = partial(services.change_email, email=NEW, session_key=None, now=timezone.now())
    answers = at_once(*[partial(change, user=user, by=user) for user in both])
    assert sum(isinstance(one, Exception) for one in answers) == 1, answers
    assert User.objects.filter(email=NEW).count() == 1
