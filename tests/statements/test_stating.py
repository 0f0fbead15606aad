"""A person concerned says what they need: one question a page, and nobody sees it before they have confirmed."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts.models import Consent, User
from needs.models import Need
from needs.selectors import public_needs
from notifications.models import Message
from privacy import erasing, retention
from statements import links, services
from statements.models import Proof, Stage, Statement, Way
from tests.factories.accounts import UserFactory
from tests.statements.conftest import HOME, HOUSEHOLD, NUMBER, code_of
from webhooks.models import Delivery

FORBIDDEN = ("nationalit", "origine", "religion", "papiers", "passeport", "asile", "diagnos", "maladie")


def sent(client: Client, check: str) -> Any:
    """Send, and open the page that follows."""
    page = client.post(check)
    assert page.status_code == 302, page.text
    return client.get(page["Location"])


def test_tonight_is_answered_before_any_question(client: Client, city: Any) -> None:
    start = client.get(HOME).text
    assert start.index(f"{HOME}ce-soir/") < start.index('name="kind"')
    page = client.get(f"{HOME}ce-soir/").text
    for number in ("tel:115", "tel:112", "sms:114", city.phone_uri):
        assert f'href="{number}"' in page
    assert "<input" not in page.split("<main")[1].split("</main>")[0]


@pytest.mark.parametrize(("kind", "names"), [
    ("housing", list(HOUSEHOLD)),
    ("goods", ["objets", "lesquels", "quand", "ou", "parler", "autre", "reponse", "vous"]),
    ("skill", ["aide", "langues", "rythme", "quand", "ou", "parler", "autre", "reponse", "vous"]),
])  # fmt: skip
def test_one_question_a_page_and_none_of_papers(
    client: Client, city: Any, answer: Any, kind: str, names: list[str]
) -> None:
    said = {
        "objets": {"category": "bedding"}, "lesquels": {"item_words": "couvertures", "quantity": "3"},
        "aide": {"category": "interpreting"}, "langues": {"languages_from": ["prs"]}, "rythme": {"rhythm": "once"},
        **HOUSEHOLD,
    }  # fmt: skip
    check = answer(client, kind, {name: said[name] for name in names})
    assert check == f"{HOME}abcdefghijk/verifier/"
    for name in names:
        page = client.get(f"{HOME}abcdefghijk/{name}/").text.split("<main")[1].split("</form>")[0]
        assert page.count("<h1") == 1
        assert not [word for word in FORBIDDEN if f'name="{word}' in page]
    if kind == "goods":
        assert "Couvertures, 3 objets" in client.get(check).text
    assert client.post(check).status_code == 302
    assert Statement.objects.get().kind == kind


def test_nothing_is_seen_or_told_before_the_code(
    client: Client, city: Any, coordinator: User, operator: User, answer: Any, gateway: Any
) -> None:
    page = sent(client, answer(client))
    statement = Statement.objects.get()
    assert (statement.stage, statement.person, statement.way) == (Stage.UNPROVEN, None, Way.PHONE)
    assert "Il reste un geste" in page.text
    assert not Need.objects.exists()
    assert not Message.objects.exists()
    assert not Delivery.objects.exists()
    assert not gateway.requests
    assert not User.objects.filter(phone=NUMBER).exists()
    assert list(public_needs(city, today=timezone.localdate())) == []
    for user in (coordinator, operator):
        assert not Statement.objects.visible_to(user).exists()


def test_the_code_proves_the_number_and_tells_the_coordinators(
    client: Client, coordinator: User, answer: Any, gateway: Any
) -> None:
    own = sent(client, answer(client)).request["PATH_INFO"]
    assert "Écrivez-le ici" in client.post(own, {"act": "send"}, follow=True).text
    wrong = client.post(own, {"act": "code", "code": "000000" if code_of(gateway) != "000000" else "111111"})
    assert wrong.status_code == 422
    assert Statement.objects.get().stage == Stage.UNPROVEN
    page = client.post(own, {"act": "code", "code": code_of(gateway)}, follow=True)
    statement = Statement.objects.select_related("person").get()
    assert (statement.stage, statement.proof) == (Stage.WAITING, Proof.SMS)
    assert statement.person is not None
    assert (str(statement.person.phone), statement.person.phone_proof) == (NUMBER, "sms")
    assert statement.person.name == "Laila"
    assert "phone" not in statement.answers
    assert Consent.objects.get().user == statement.person
    assert "L’équipe de la ville lit votre besoin" in page.text
    told = dict(Message.objects.exclude(channel="inapp").values_list("event", "recipient"))
    assert told == {"statement_received": statement.person.pk, "statement_waits": coordinator.pk}
    assert not Need.objects.exists()
    # Once more is no second round.
    client.post(page.request["PATH_INFO"], {"act": "code", "code": code_of(gateway)})
    assert Message.objects.filter(event="statement_waits").exclude(channel="inapp").count() == 1


def test_a_code_by_mail_proves_an_address(client: Client, answer: Any) -> None:
    said = HOUSEHOLD | {
        "reponse": {"way": "mail"}, "vous": {"name": "", "email": "laila@exemple.fr", "agrees": "on"},
    }  # fmt: skip
    own = sent(client, answer(client, said=said)).request["PATH_INFO"]
    client.post(own, {"act": "send"})
    assert mail.outbox[-1].to == ["laila@exemple.fr"]
    code = next(word for word in mail.outbox[-1].body.split() if word.isdigit() and len(word) == 6)
    client.post(own, {"act": "code", "code": code})
    statement = Statement.objects.select_related("person").get()
    assert statement.proof == Proof.MAIL
    assert statement.person is not None
    assert statement.person.email == "laila@exemple.fr"


def test_five_wrong_codes_are_the_end_of_one(client: Client, answer: Any, gateway: Any) -> None:
    own = sent(client, answer(client)).request["PATH_INFO"]
    client.post(own, {"act": "send"})
    right = code_of(gateway)
    wrong = "000000" if right != "000000" else "111111"
    for _again in range(8):
        client.post(own, {"act": "code", "code": wrong})
    client.post(own, {"act": "code", "code": right})
    assert Statement.objects.get().stage == Stage.UNPROVEN


def test_a_landline_and_a_town_without_gateway_are_confirmed_by_the_desk(client: Client, answer: Any) -> None:
    page = sent(client, answer(client))
    assert "Recevoir mon code" not in page.text
    assert Statement.objects.get().reference in page.text


def test_whoever_is_signed_in_has_proven_who_they_are(client: Client, city: Any, answer: Any) -> None:
    person = UserFactory(email="laila@exemple.fr")
    client.force_login(person)
    names = [name for name in HOUSEHOLD if name != "reponse"]
    said = {name: HOUSEHOLD[name] for name in names} | {"vous": {"agrees": "on"}}
    page = sent(client, answer(client, said=said))
    statement = Statement.objects.get()
    assert (statement.person, statement.proof, statement.stage) == (person, Proof.ACCOUNT, Stage.WAITING)
    assert "L’équipe de la ville lit" in page.text
    assert statement.reference in client.get(HOME).text


def test_posting_a_need_leads_a_person_to_the_questions(client: Client, city: Any) -> None:
    client.force_login(UserFactory())
    assert client.get("/strasbourg/besoins/poster/?nature=housing")["Location"] == HOME


def test_sent_twice_it_is_one(client: Client, answer: Any) -> None:
    check = answer(client)
    first = client.post(check)["Location"].partition("?")[0]
    assert client.post(check)["Location"].partition("?")[0] == first
    assert Statement.objects.count() == 1


def test_the_same_key_in_two_browsers_is_two_and_leads_neither_to_the_other(
    client: Client, answer: Any
) -> None:
    """The key stands in the address, and a visitor chooses it."""
    other = Client()
    first, second = client.post(answer(client))["Location"], other.post(answer(other))["Location"]
    assert first != second
    assert Statement.objects.count() == 2


def test_two_requests_of_one_session_that_cross_are_one(client: Client, answer: Any) -> None:
    check = answer(client)
    before = dict(client.session["statements"])
    first = client.post(check)["Location"]
    session = client.session
    session["statements"] = before
    del session["statements-sent"]
    session.save()
    assert client.post(check)["Location"].partition(":")[0] == first.partition(":")[0]
    assert Statement.objects.count() == 1


def test_nothing_is_kept_of_a_visitor_but_what_a_question_asks(client: Client, city: Any) -> None:
    client.post(HOME, {"kind": "housing", "key": "abcdefghijk"})
    flood = {f"more{n}": "x" * 1_000 for n in range(50)} | {f"adult_women_{n}": "1" for n in range(50)}
    client.post(f"{HOME}abcdefghijk/qui/", {"adult_women": "1" * 5_000, **flood})
    (draft,) = client.session["statements"].values()
    kept = draft["typed"]["qui"]
    assert kept["adult_women"] == ["1" * 1_000]
    assert not [name for name in kept if name.startswith("more")]
    assert len(kept) <= 20
    client.post(f"{HOME}abcdefghijk/parler/", {"languages": ["y" * 1_000] * 1_000})
    (draft,) = client.session["statements"].values()
    assert sum(map(len, draft["typed"]["parler"]["languages"])) == 4_000


def test_a_flood_costs_work_and_has_an_end(client: Client, answer: Any, settings: Any) -> None:
    settings.VISITOR_ACTS_FREE, settings.VISITOR_ACTS_A_DAY = 1, 2
    answers = answer(client)
    assert client.post(answers).status_code == 302
    other = Client()
    refused = other.post(answer(other))
    assert refused.status_code == 422
    assert "Beaucoup d’envois" in refused.text
    assert "data-riddle" in refused.text
    assert Statement.objects.count() == 1


@pytest.mark.parametrize(("name", "wrong"), [
    ("qui", {"adult_women": "0"}), ("qui", {"adult_women": "chat"}), ("qui", {"adult_women": "40", "adult_men": "40"}),
    ("duree", {}), ("duree", {"days": "9999"}), ("quand", {"urgency": "yesterday"}), ("ou", {"commune": "Nullepart"}),
    ("ou", {}), ("parler", {"languages": ["klingonais"]}), ("autre", {"text": "x" * 601}), ("reponse", {}),
    ("vous", {"phone": "06 12", "agrees": "on"}), ("vous", {"phone": "06 12 34 56 78"}), ("vous", {"agrees": "on"}),
])  # fmt: skip
def test_a_wrong_answer_stays_on_its_page(
    client: Client, city: Any, name: str, wrong: dict[str, Any]
) -> None:
    client.post(HOME, {"kind": "housing", "key": "abcdefghijk"})
    for before, said in HOUSEHOLD.items():
        if before == name:
            break
        client.post(f"{HOME}abcdefghijk/{before}/", said)
    page = client.post(f"{HOME}abcdefghijk/{name}/", wrong)
    assert page.status_code == 422
    assert 'role="alert"' in page.text


def test_a_lost_session_keeps_what_was_typed(client: Client, city: Any) -> None:
    page = client.post(f"{HOME}abcdefghijk/qui/", {"adult_women": "2"}, follow=True)
    assert "Ce que vous venez d’écrire est gardé" in page.text
    onward = client.post(HOME, {"kind": "housing", "key": "abcdefghijk"})
    assert onward["Location"].endswith("/logement/")


@pytest.mark.parametrize(("name", "said"), [
    ("objets", {"category": "bedding"}), ("ou", {"commune": "Strasbourg"}), ("vous", {"phone": "06 12 34 56 78"}),
])  # fmt: skip
def test_of_a_lost_session_each_question_keeps_its_fields(
    client: Client, city: Any, name: str, said: dict[str, str]
) -> None:
    client.post(f"{HOME}abcdefghijk/{name}/", said)
    (draft,) = client.session["statements"].values()
    assert draft["typed"][name] == {field: [value] for field, value in said.items()}


def test_two_tabs_are_two_drafts(client: Client, city: Any) -> None:
    for key, women in (("abcdefghijk", "1"), ("ABCDEFGHIJK", "4")):
        client.post(HOME, {"kind": "housing", "key": key})
        client.post(f"{HOME}{key}/qui/", {"adult_women": women})
    assert 'value="1"' in client.get(f"{HOME}abcdefghijk/qui/").text
    assert 'value="4"' in client.get(f"{HOME}ABCDEFGHIJK/qui/").text


def test_children_alone_are_lone_minors(client: Client, answer: Any) -> None:
    said = HOUSEHOLD | {"qui": {"children_12_to_17": "1"}}
    sent(client, answer(client, said=said))
    assert Statement.objects.get().answers["lone_minor"] is True


def test_what_nobody_confirmed_is_forgotten(stated: Any) -> None:
    statement = stated()
    assert services.forget_unproven(by=None, now=timezone.now() + timedelta(days=13)) == 0
    assert services.forget_unproven(by=None, now=timezone.now() + timedelta(days=15)) == 1
    assert not Statement.objects.filter(pk=statement.pk).exists()


def test_taken_back_before_it_was_confirmed_it_is_forgotten_as_well(stated: Any) -> None:
    statement = stated()
    services.withdraw(statement_id=statement.pk, by=None, now=timezone.now())
    assert services.forget_unproven(by=None, now=timezone.now() + timedelta(days=13)) == 0
    assert services.forget_unproven(by=None, now=timezone.now() + timedelta(days=15)) == 1
    assert not Statement.objects.exists()


def test_what_waits_keeps_its_person_who_proved_an_address_by_a_code_alone(stated: Any) -> None:
    """For a year, and not for the thirty days of an account that nobody ever opened."""
    now = timezone.now()
    statement = services.prove(
        statement_id=stated(way="mail", phone=None, email="laila@exemple.fr").pk, now=now
    )
    for days in (31, 32):
        retention.run(by=None, now=now + timedelta(days=days))
        erasing.carry_out_due(by=None, now=now + timedelta(days=days))
    statement.refresh_from_db()
    assert statement.stage == Stage.WAITING
    assert statement.person is not None
    assert statement.person.anonymised_at is None


def test_what_nobody_looks_after_is_closed_after_a_year(stated: Any) -> None:
    statement = services.prove(statement_id=stated().pk, now=timezone.now())
    assert services.close_forgotten(by=None, now=timezone.now() + timedelta(days=364)) == 0
    assert services.close_forgotten(by=None, now=timezone.now() + timedelta(days=366)) == 1
    statement.refresh_from_db()
    assert (statement.stage, statement.answers, statement.name) == (Stage.CLOSED, {}, "")


def test_a_link_that_is_too_old_opens_nothing_and_is_none_that_was_altered(
    client: Client, stated: Any, caplog: Any, monkeypatch: Any
) -> None:
    path = links.own_path(stated())
    monkeypatch.setattr(links, "VALID_FOR", timedelta(seconds=-1))
    assert client.get(path).status_code == 404
    assert "cut or altered" not in caplog.text


def test_a_link_that_was_altered_opens_nothing(client: Client, stated: Any) -> None:
    path = links.own_path(stated())
    assert client.get(path).status_code == 200
    assert client.get(path.replace("suivi/", "suivi/1")).status_code == 404
    assert client.get(path.replace("/strasbourg/", "/grenoble/")).status_code == 404
