"""One's own number: proven by a code that is read there, and nothing else leaves for it before."""

import re
from functools import partial

import pytest
from django.test import Client

from accounts import phones
from accounts.models import PersonEdit
from matching.models import MatchState
from notifications.channels.sms import services
from notifications.channels.sms.models import Became, Reply
from notifications.models import Message
from tests.factories.accounts import UserFactory
from tests.factories.matching import NOW
from tests.notifications.channels.sms.conftest import MOBILE, deliver

PAGE = "/compte/numero/"
pytestmark = pytest.mark.django_db


@pytest.fixture
def user():
    return UserFactory(email="lou@exemple.fr", name="Lou")


@pytest.fixture
def client(user):
    client = Client()
    client.force_login(user)
    return client


def write(client, number=MOBILE):
    return client.post(PAGE, {"act": "number", "phone": number})


def type_code(client, code):
    return client.post(PAGE, {"act": "code", "code": code}, follow=True)


def code_in(gateway):
    return re.search(r"\d{6}", gateway.requests[-1].json["text"])[0]


def test_a_code_read_there_proves_it(client, user, gateway):
    write(client)
    assert gateway.requests[-1].json["to"] == MOBILE
    user.refresh_from_db()
    assert (str(user.phone), user.proven_phone) == (MOBILE, None)
    assert "Ce numéro est le vôtre" in type_code(client, f" {code_in(gateway)} ").text
    user.refresh_from_db()
    assert (str(user.proven_phone), user.phone_proof) == (MOBILE, "sms")
    assert phones.people_at(MOBILE) == [user]


def test_a_browser_left_open_changes_none(client, user, gateway):
    session = client.session
    for record in session["account_authentication_methods"]:
        record["at"] -= 3600
    session.save()
    for sent in (write(client), client.post(PAGE, {"act": "give_up"})):
        assert sent.url == "/compte/confirmer/?next=%2Fcompte%2Fnumero%2F"
    user.refresh_from_db()
    assert user.phone is None
    assert not gateway.requests


def test_a_wrong_code_proves_nothing_and_tries_end(client, user, gateway):
    write(client)
    code = code_in(gateway)
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    for _try in range(3):
        assert "Ce code n’est pas le bon" in type_code(client, wrong).text
    assert "Trop d’essais" in type_code(client, code).text
    user.refresh_from_db()
    assert user.proven_phone is None


@pytest.mark.django_db(transaction=True)
def test_of_forty_wrong_codes_at_once_three_are_looked_at_and_a_right_one_serves_once(
    client, user, gateway, at_once
):
    write(client)
    code = code_in(gateway)
    session = client.cookies["sessionid"].value

    def attempt(said):
        other = Client()
        other.cookies["sessionid"] = session
        return other.post(PAGE, {"act": "code", "code": said}).status_code

    assert at_once(*[partial(attempt, code)] * 3).count(302) >= 1
    assert PersonEdit.objects.filter(person=user, what__has_key="phone_proof").count() == 1
    write(client, "06 87 65 43 21")
    answers = at_once(*[partial(attempt, "000000")] * 12)
    assert answers.count(422) <= 3


def test_of_somebody_elses_number_nothing_is_told(client, user, gateway):
    """The same page and the same code, whoever has proven it already."""
    UserFactory(phone=MOBILE, name="Jeanne")
    pages = []
    for number in (MOBILE, "+33687654321"):
        write(client, number)
        page = client.get(PAGE).text.replace(number, "").replace(f"0{number[3:]}", "")
        national = " ".join(["0" + number[3], *re.findall("..", number[4:])])
        pages.append(re.sub(r"[A-Za-z0-9]{64}", "", page.replace(national, "")))
    assert pages[0] == pages[1]
    assert "Jeanne" not in pages[0]


def test_codes_are_few_and_cost_little(client, user, gateway, settings):
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"codes_by_sms": "2/d/key"}
    for number in ("06 12 34 56 78", "06 12 34 56 79", "06 12 34 56 70"):
        write(client, number)
    assert len(gateway.requests) == 2
    user.refresh_from_db()
    assert str(user.phone) == "+33612345670", "the town can prove it by a call"


def test_a_code_that_the_gateway_did_not_take_does_not_count(client, user, gateway, settings):
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"codes_by_sms": "1/d/key"}
    taken, gateway.answer = gateway.answer, (503, {}, "")
    write(client)
    gateway.answer = taken
    write(client)
    assert "Ce numéro est le vôtre" in type_code(client, code_in(gateway)).text


def test_a_change_stands_although_the_old_number_cannot_be_told(client, user, gateway, smtp_server):
    write(client)
    type_code(client, code_in(gateway))
    write(client, "06 87 65 43 21")
    code, gateway.answer = code_in(gateway), (503, {}, "")
    assert "Ce numéro est le vôtre" in type_code(client, code).text
    user.refresh_from_db()
    assert str(user.proven_phone) == "+33687654321"
    assert "/compte/changement/" in smtp_server.to("lou@exemple.fr")[-1].get_content()


def test_another_number_takes_its_place_and_the_old_one_is_told(client, user, gateway, smtp_server):
    write(client)
    type_code(client, code_in(gateway))
    write(client, "06 87 65 43 21")
    assert phones.people_at(MOBILE) == [user], "until the code is read"
    type_code(client, code_in(gateway))
    user.refresh_from_db()
    assert str(user.proven_phone) == "+33687654321"
    assert gateway.requests[-1].json["to"] == MOBILE
    stop = re.search(r"/compte/changement/\S+", gateway.requests[-1].json["text"])
    assert stop
    # Signed a moment apart, of the same person and change.
    of_the_change = stop[0].split(":")[0]
    assert of_the_change in smtp_server.to("lou@exemple.fr")[-1].get_content()
    Client().post(stop[0])
    user.refresh_from_db()
    assert str(user.proven_phone) == MOBILE


def test_where_no_code_can_be_sent_the_town_calls(client, user, settings, gateway):
    for number in ("03 53 01 00 01", MOBILE):
        assert "La ville vous appellera" in client.post(
            PAGE, {"act": "number", "phone": number}, follow=True
        ).text  # fmt: skip
        settings.SMS_GATEWAY = ""
    assert gateway.requests == []
    user.refresh_from_db()
    assert (str(user.phone), user.proven_phone) == (MOBILE, None)


def test_a_gateway_that_is_down_is_said(client, user, gateway):
    gateway.answer = (503, {}, "")
    assert (
        "Nous ne pouvons rien envoyer"
        in client.post(PAGE, {"act": "number", "phone": MOBILE}, follow=True).text
    )


def test_it_is_given_up_in_a_tap(client, user, smtp_server):
    owner = UserFactory(phone=MOBILE)
    client.force_login(owner)
    client.post(PAGE, {"act": "give_up"})
    owner.refresh_from_db()
    assert owner.phone is None
    assert len(smtp_server.to(owner.email)) == 1


# --- A number of two -----------------------------------------------------------------------------------


def reply(text):
    return services.receive_reply(number=MOBILE, text=text, provider_ref="", by=None, now=NOW)


def test_what_comes_from_a_number_that_nobody_has_proven_answers_nothing(ask):
    question = ask()
    deliver(NOW)
    owner = question.story.citizen
    owner.phone_proof, owner.phone_proven_at = "", None
    owner.save(update_fields=["phone_proof", "phone_proven_at"])
    assert reply("oui") is None
    assert question.state == MatchState.PROPOSED
    assert not Reply.objects.exists()


def test_of_a_couple_whoever_alone_is_asked_answers(ask):
    UserFactory(phone=MOBILE, name="Paul")
    question = ask(name="Jeanne")
    deliver(NOW)
    assert reply("oui").person == question.story.citizen
    assert question.state == MatchState.ACCEPTED


def test_of_a_couple_who_are_both_asked_the_desk_finds_out_who_wrote(ask):
    questions = [ask(name="Jeanne"), ask(name="Paul")]
    deliver(NOW)
    assert reply("oui").became == Became.READ_BY_DESK
    assert [question.state for question in questions] == [MatchState.PROPOSED] * 2
    told = Message.objects.get(event="sms_to_read", channel="call")
    assert "Jeanne / Paul. Demandez d’abord qui a écrit." in told.body
