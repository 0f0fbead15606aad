"""What visitors send costs nothing for a few, some work for more, and what they typed is never lost."""

import re
from datetime import timedelta
from hashlib import sha256
from html import unescape
from itertools import count

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core import mail
from django.test import Client
from django.urls import reverse

from accounts import visitors
from accounts.models import Organisation, User
from accounts.visitors import Act
from tests.factories.accounts import UserFactory
from tests.factories.cities import CityFactory

pytestmark = pytest.mark.django_db
MORE = "Beaucoup d’envois viennent de votre connexion"
TODAY = "Trop d’envois depuis votre connexion aujourd’hui"


@pytest.fixture(autouse=True)
def one_is_free(settings):
    settings.VISITOR_ACTS_FREE, settings.VISITOR_ACTS_A_DAY = 1, 4


@pytest.fixture
def city():
    return CityFactory(is_open=True)


@pytest.fixture
def page(city):
    return reverse("outreach:ask", args=[city.slug])


def ask(client, page, email, stamp="", **headers):
    return client.post(page, {"email": email, "stamp": stamp}, **headers)


def answer(html, bits=None):
    """What a browser works out of a page: the riddle with its number."""
    text, of_page = re.search(r'data-riddle="([^"]+)" data-bits="(\d+)"', html).groups()
    text, wanted = unescape(text), int(of_page) if bits is None else bits
    return next(
        stamp
        for stamp in (f"{text}.{number}" for number in count())
        if int.from_bytes(sha256(stamp.encode()).digest()) >> (256 - wanted) == 0
    )


def test_sixty_letters_from_one_place_make_no_sixty_accounts(client, page):
    before = User.objects.count()
    for number in range(60):
        ask(Client(), page, f"somebody-{number}@exemple.fr")
    assert User.objects.count() == before + 1


def test_one_more_costs_an_answer_and_nothing_typed_is_lost(client, page):
    assert "data-riddle" not in client.get(page).text
    ask(client, page, "first@exemple.fr")
    refused = ask(Client(), page, "second@exemple.fr")
    assert refused.status_code == 422
    assert MORE in refused.text
    assert 'value="second@exemple.fr"' in refused.text
    assert not User.objects.filter(email="second@exemple.fr").exists()
    # The page that comes back brings the riddle along.
    assert ask(Client(), page, "second@exemple.fr", answer(refused.text)).status_code == 200
    assert User.objects.filter(email="second@exemple.fr").exists()


def test_an_answer_is_worth_one_act_of_its_kind(client, page, city):
    ask(client, page, "first@exemple.fr")
    stamp = answer(client.get(page).text)
    riddle, _dot, number = stamp.rpartition(".")
    for worthless in (
        "", "1", f"{stamp}x", f"{riddle}.{int(number) + 1}", f"x{riddle}.{number}", f"{riddle}.²", stamp + "0" * 400
    ):  # fmt: skip
        assert MORE in ask(Client(), page, "second@exemple.fr", worthless).text
    login = reverse("account_login")
    Client().post(login, {"email": "first@exemple.fr"})
    assert MORE in Client().post(login, {"email": "second@exemple.fr", "stamp": stamp}).text
    assert ask(Client(), page, "second@exemple.fr", stamp).status_code == 200
    assert MORE in ask(Client(), page, "third@exemple.fr", stamp).text


def test_an_answer_is_worth_nothing_after_its_time(client, page, monkeypatch):
    ask(client, page, "first@exemple.fr")
    stamp = answer(client.get(page).text)
    monkeypatch.setattr(visitors, "VALID_FOR", timedelta(0))
    assert MORE in ask(Client(), page, "second@exemple.fr", stamp).text


def test_what_is_refused_does_not_count_and_a_day_has_an_end(client, page):
    ask(client, page, "0@exemple.fr")
    for _again in range(10):
        ask(Client(), page, "again@exemple.fr")
    for number in range(1, 4):
        assert ask(Client(), page, f"{number}@exemple.fr", answer(Client().get(page).text)).status_code == 200
    assert TODAY in ask(Client(), page, "4@exemple.fr", answer(Client().get(page).text)).text


def test_it_gets_harder_but_not_without_end():
    assert [visitors._bits(sent) for sent in (0, 1, 10, 11, 31, 10_000)] == [0, 13, 13, 14, 16, 20]


def test_each_place_has_its_own_count(page):
    ask(Client(REMOTE_ADDR="192.0.2.1"), page, "first@exemple.fr")
    assert MORE in ask(Client(REMOTE_ADDR="192.0.2.1"), page, "second@exemple.fr").text
    assert ask(Client(REMOTE_ADDR="192.0.2.2"), page, "second@exemple.fr").status_code == 200


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("", "unknown"),
    ],
)
def test_of_ipv6_a_household_is_one_place(rf, address, network):
    assert visitors.network_of(rf.get("/", REMOTE_ADDR=address)) == network


def test_whoever_is_signed_in_is_known(client, page, city, rf):
    request = rf.post("/")
    request.user = UserFactory()
    for _again in range(10):
        visitors.let_pass(request, Act.ASSOCIATION)
    assert visitors.riddle(request, Act.ASSOCIATION) is None


@pytest.mark.parametrize("name", ["outreach:ask", "accounts:register_organisation"])
def test_every_page_of_a_visitor_brings_it_along(client, page, city, name):
    ask(client, page, "first@exemple.fr")
    assert "data-riddle" in client.get(reverse(name, args=[city.slug])).text


def test_the_page_that_sends_a_code_does_too(client):
    login = reverse("account_login")
    Client().post(login, {"email": "first@exemple.fr"})
    sent = len(mail.outbox)
    assert MORE in Client().post(login, {"email": "nobody@exemple.fr"}).text
    assert len(mail.outbox) == sent
    assert (
        Client()
        .post(login, {"email": "nobody@exemple.fr", "stamp": answer(client.get(login).text)})
        .status_code
        == 302
    )


def test_what_visitors_send_keeps_nobody_from_signing_in(client, page, settings):
    settings.VISITOR_ACTS_A_DAY = 1
    ask(client, page, "first@exemple.fr")
    assert TODAY in ask(Client(), page, "second@exemple.fr").text
    login = reverse("account_login")
    assert Client().post(login, {"email": "nobody@exemple.fr"}).status_code == 302
    # Codes have a count of their own, that gets harder and has no end.
    refused = Client().post(login, {"email": "nobody@exemple.fr"})
    assert MORE in refused.text
    solved = {"email": "nobody@exemple.fr", "stamp": answer(refused.text)}
    assert Client().post(login, solved).status_code == 302


def test_a_browser_that_has_proven_an_address_is_asked_for_nothing_for_it(client):
    login, mine = reverse("account_login"), UserFactory(email="lou@exemple.fr")
    client.post(login, {"email": mine.email})
    code = re.search(r"\b\d{6}\b", mail.outbox[-1].body)[0]
    client.post(reverse("account_confirm_login_code"), {"code": code})
    client.post(reverse("account_logout"))
    assert MORE in Client().post(login, {"email": mine.email}).text
    assert client.post(login, {"email": mine.email}).status_code == 302
    assert MORE in client.post(login, {"email": "another@exemple.fr"}).text


@pytest.mark.django_db(transaction=True)
def test_a_browser_that_cannot_solve_one_sends_the_form_all_the_same(page, new_page, settings):
    settings.VISITOR_ACTS_FREE = 0
    browser = new_page()
    browser.add_init_script("Object.defineProperty(crypto, 'subtle', {value: undefined})")
    browser.goto(reverse("account_login"))
    browser.locator("input[name=email]").fill("lou@exemple.fr")
    browser.locator("main button[type=submit]").click()
    browser.get_by_text(MORE).first.wait_for()


def test_an_association_that_is_refused_is_not_registered(client, page, city):
    ask(client, page, "first@exemple.fr")
    path = reverse("accounts:register_organisation", args=[city.slug])
    form = {
        "name": "Abri", "rna": "W671234567", "person_name": "Ana", "person_email": "ana@exemple.fr", "consent": "on",
    }  # fmt: skip
    page = client.post(path, form)
    assert MORE in page.text
    assert not Organisation.objects.exists()
    assert not User.objects.filter(email="ana@exemple.fr").exists()
    assert client.post(path, form | {"stamp": answer(page.text)}).url.startswith("/connexion/code/")
    assert User.objects.filter(email="ana@exemple.fr").exists()


def test_ten_at_once_are_ten(rf, at_once):
    def one():
        request = rf.post("/")
        request.user = AnonymousUser()
        visitors.let_pass(request, Act.NEED)

    assert [type(failure) for failure in at_once(*[one] * 10)].count(visitors.Refused) == 9
