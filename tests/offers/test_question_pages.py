""" "Je propose mon aide", as a browser without JavaScript goes through it."""

import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.forms import OneCodeForm
from accounts.models import Consent, User
from catalogue.vocabulary import Source
from cities.models import City
from notifications.models import Message
from offers import proving, services, words
from offers.models import Offer, OfferState
from offers.steps import STEPS
from tests import http_server
from tests.factories.accounts import UserFactory
from tests.factories.cities import CityFactory, CommuneFactory
from tests.factories.matching import due_need
from tests.factories.offers import OfferFactory
from tests.offers.conftest import CHECK, NEW, YOU

Answers = Callable[..., dict[str, dict[str, Any]]]
Step = Callable[..., Any]
SignIn = Callable[[User], Client]


def text_of(response: Any) -> str:
    return response.content.decode()


def errors_of(response: Any) -> dict[str, list[str]]:
    assert response.status_code == 422
    return dict(response.context["form"].errors)


# --- The whole way -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["housing", "goods", "skill"])
def test_signed_in_citizen_answers_and_sends(
    city: City, citizen: User, as_user: SignIn, answers: Answers, walk: Step, send: Step, kind: str
) -> None:
    client = as_user(citizen)
    assert walk(client, answers(kind))["Location"] == CHECK
    response = send(client, consent="on")
    offer = Offer.objects.get()
    assert response["Location"] == f"/strasbourg/propositions/{offer.reference}/"
    assert (offer.owner, offer.kind, offer.state) == (citizen, kind, OfferState.ACTIVE)
    assert (offer.source, offer.entered_by) == (Source.WEB, None)
    assert offer.confirmed_at is not None
    assert offer.scan_due_at is not None
    assert Consent.objects.get().user == citizen
    receipt = text_of(client.get(response["Location"]))
    assert "Votre proposition est enregistrée" in receipt
    assert offer.reference in receipt
    assert Message.objects.get().event == "offer_receipt"


def test_answers_of_a_home_arrive_whole(
    city: City, citizen: User, as_user: SignIn, answers: Answers, walk: Step, send: Step, today: date
) -> None:
    client = as_user(citizen)
    pages = answers("housing")
    walk(client, pages)
    send(client, consent="on")
    offer = Offer.objects.get()
    assert (offer.category, offer.capacity, offer.shared_home, offer.reach_km) == ("shared_room", 3, True, 0)
    assert offer.accepts == ["women", "families"]
    assert offer.languages == ["fr", "ar", "ti"]
    assert (offer.step_free, offer.pets_accepted, offer.smoking) == (True, False, False)
    assert (offer.longest_stay_days, offer.notice_days) == (30, 1)
    assert offer.address == "12 rue des Invités"
    assert offer.latitude == offer.commune.latitude
    assert [(w.first_day, w.last_day) for w in offer.windows.all()] == [(today, today + timedelta(days=17))]


def test_answers_of_an_interpreter_arrive_whole(
    city: City, citizen: User, as_user: SignIn, answers: Answers, walk: Step, send: Step
) -> None:
    client = as_user(citizen)
    pages = answers("skill")
    walk(client, pages)
    send(client, consent="on")
    offer = Offer.objects.get()
    assert (offer.languages_from, offer.languages_to, offer.languages) == (["ti"], ["fr"], ["ti", "fr"])
    assert offer.slots == ["mon 09:00-12:00", "tue 18:00-20:00"]
    assert (offer.remote, offer.reach_km) == (True, 20)


def test_visitor_gets_a_reference_then_a_code_then_an_active_offer(
    city: City, client: Client, answers: Answers, walk: Step, send: Step, mailoutbox: list[Any]
) -> None:
    assert walk(client, answers("housing"))["Location"] == CHECK
    response = send(client)
    offer = Offer.objects.get()
    assert response["Location"] == f"/strasbourg/propositions/{offer.reference}/envoyee/"
    assert offer.state == OfferState.UNCONFIRMED
    assert offer.scan_due_at is None
    assert not Message.objects.exists()
    receipt = client.get(response["Location"])
    assert offer.reference in text_of(receipt)
    code = re.search(r"\b\d{6}\b", mailoutbox[0].body)
    assert code is not None
    assert 'name="code"' in text_of(receipt), "the code is typed on the receipt itself"
    entered = client.post(receipt.context["code_url"], {"code": code[0]})
    assert entered["Location"] == f"/strasbourg/propositions/{offer.reference}/confirmer/"
    shown = client.get(entered["Location"], follow=True)
    offer.refresh_from_db()
    assert offer.state == OfferState.ACTIVE
    assert "Votre proposition est enregistrée" in text_of(shown)
    assert Message.objects.get().recipient == offer.owner
    assert Consent.objects.get().user == offer.owner


def test_visitor_with_a_phone_alone_is_called(
    city: City, client: Client, answers: Answers, walk: Step, send: Step, mailoutbox: list[Any]
) -> None:
    walk(client, answers("goods"))
    receipt = text_of(client.get(send(client, email="")["Location"]))
    offer = Offer.objects.get()
    assert offer.state == OfferState.UNCONFIRMED
    assert (offer.owner.email, str(offer.owner.phone)) == (None, "+33612345678")
    assert "La ville vous appelle" in receipt
    assert "Saisir mon code" not in receipt
    assert not mailoutbox


def test_mail_server_down_loses_no_offer(
    city: City, client: Client, answers: Answers, walk: Step, send: Step, smtp_server: Any
) -> None:
    smtp_server.stop()
    walk(client, answers("goods"))
    receipt = client.get(send(client)["Location"])
    assert Offer.objects.count() == 1
    assert "Nous ne pouvons pas envoyer de code" in text_of(receipt)
    assert "Demander un code" in text_of(receipt)
    assert receipt.context["code_url"].startswith(reverse("account_login"))


def test_receipt_is_for_the_browser_that_sent(
    city: City, client: Client, answers: Answers, walk: Step, send: Step
) -> None:
    walk(client, answers("goods"))
    here = send(client)["Location"]
    assert client.get(here).status_code == 200
    assert Client().get(here).status_code == 404


def test_somebody_else_signed_in_does_not_confirm_it(city: City, as_user: SignIn, stranger: User) -> None:
    offer = OfferFactory(city=city, unconfirmed=True)
    client = as_user(stranger)
    for response in (
        client.get(f"/strasbourg/propositions/{offer.reference}/confirmer/"),
        client.post(f"/strasbourg/propositions/{offer.reference}/confirmer/"),
    ):
        assert response.status_code == 404
    offer.refresh_from_db()
    assert offer.state == OfferState.UNCONFIRMED


def test_a_link_alone_confirms_nothing_in_another_browser(city: City, as_user: SignIn, citizen: User) -> None:
    """Anybody can post an offer under somebody's address: its owner is asked, on the page of the offer."""
    offer = OfferFactory(city=city, owner=citizen, unconfirmed=True)
    other = OfferFactory(city=city, owner=citizen, unconfirmed=True)
    client = as_user(citizen)
    here = f"/strasbourg/propositions/{offer.reference}/confirmer/"
    shown = client.get(here, follow=True)
    offer.refresh_from_db()
    assert offer.state == OfferState.UNCONFIRMED
    assert "Oui, c’est ma proposition" in text_of(shown)
    client.post(here)
    offer.refresh_from_db()
    other.refresh_from_db()
    assert (offer.state, other.state) == (OfferState.ACTIVE, OfferState.UNCONFIRMED)


# --- Once, though sent twice ---------------------------------------------------------------------------


def test_sent_twice_is_registered_once(
    city: City, client: Client, answers: Answers, walk: Step, send: Step, mailoutbox: list[Any]
) -> None:
    walk(client, answers("goods"))
    last_page = {"key": client.get(CHECK).context["draft_key"], **YOU}
    first = client.post(CHECK, last_page)
    again = client.post(CHECK, last_page)
    assert first["Location"] == again["Location"]
    assert Offer.objects.count() == 1
    assert len(mailoutbox) == 1


def test_the_next_offer_is_another_one(
    city: City, citizen: User, as_user: SignIn, answers: Answers, walk: Step, send: Step
) -> None:
    client = as_user(citizen)
    pages = answers("goods")
    for _ in range(2):
        walk(client, pages)
        # The consent was given with the first.
        send(client, consent="on")
    assert Offer.objects.count() == 2
    assert Consent.objects.count() == 1


# --- Going back, coming back ---------------------------------------------------------------------------


def test_going_back_keeps_what_was_typed_even_wrong(
    city: City, client: Client, answers: Answers, walk: Step
) -> None:
    walk(client, answers("housing"), until="category")
    response = client.post(f"{NEW}where/", {"commune": "Nullepart-sur-Rien", "go": "back"})
    assert response["Location"] == f"{NEW}category/"
    assert "choice--chosen" in text_of(client.get(response["Location"]))
    shown = client.get(f"{NEW}where/")
    assert "Nullepart-sur-Rien" in text_of(shown)
    assert not shown.context["form"].errors


def test_from_the_last_page_a_change_leads_back_to_it(
    city: City, client: Client, answers: Answers, walk: Step
) -> None:
    walk(client, answers("goods"))
    client.get(CHECK)
    response = client.post(f"{NEW}goods/", {"capacity": "4"})
    assert response["Location"] == CHECK
    assert "4 objets" in text_of(client.get(CHECK))


def test_another_category_asks_only_what_is_missing(
    city: City, client: Client, answers: Answers, walk: Step
) -> None:
    pages = answers("skill")
    del pages["pair"]
    walk(client, {**pages, "category": {"category": "french_lessons"}})
    client.get(CHECK)
    response = client.post(f"{NEW}category/", {"category": "interpreting"})
    assert response["Location"] == f"{NEW}pair/"
    response = client.post(f"{NEW}pair/", {"languages_from": ["ti"], "languages_to": ["fr"]})
    assert response["Location"] == CHECK


def test_the_title_is_made_of_the_answers_and_asked_of_nobody(
    city: City, citizen: User, as_user: SignIn, answers: Answers, walk: Step, send: Step
) -> None:
    client = as_user(citizen)
    pages = answers("housing")
    walk(client, pages)
    assert client.get(CHECK).context["offer"].title == "Chambre chez l’habitant, 3 places, Strasbourg"
    for name in pages:
        page = text_of(client.get(NEW if name == "kind" else f"{NEW}{name}/"))
        assert 'name="title"' not in page
    client.post(f"{NEW}guests/", {"capacity": "1"})
    send(client, consent="on")
    assert Offer.objects.get().title == "Chambre chez l’habitant, 1 place, Strasbourg"


def test_the_title_is_french_for_the_desk_and_its_owners_language_for_its_owner(
    city: City, citizen: User, as_user: SignIn, answers: Answers, walk: Step, send: Step
) -> None:
    client = as_user(citizen)
    client.cookies["django_language"] = "ar"
    walk(client, answers("goods"))
    shown = client.get(CHECK).context["offer"].title
    send(client, consent="on")
    offer = Offer.objects.get()
    assert offer.title == "Couette, 140\u00a0cm, 10 objets, Strasbourg"
    assert shown != offer.title
    for page in (
        client.get(f"/strasbourg/propositions/{offer.reference}/"),
        client.get("/strasbourg/propositions/"),
    ):
        assert shown in text_of(page)
        assert offer.title not in text_of(page)


def test_a_title_that_somebody_wrote_is_shown_as_it_is(city: City, citizen: User, as_user: SignIn) -> None:
    OfferFactory(city=city, owner=citizen, title="La chambre de Zoé")
    client = as_user(citizen)
    client.cookies["django_language"] = "ar"
    assert "La chambre de Zoé" in text_of(client.get("/strasbourg/propositions/"))


def test_nobody_jumps_ahead(city: City, client: Client, answers: Answers, walk: Step) -> None:
    walk(client, answers("housing"), until="where")
    assert client.get(f"{NEW}details/")["Location"] == f"{NEW}guests/"
    assert client.get(CHECK)["Location"] == f"{NEW}guests/"
    assert client.get(f"{NEW}nimporte/").status_code == 404


def test_lost_session_is_explained_and_the_last_answer_kept(
    city: City, client: Client, answers: Answers, walk: Step
) -> None:
    response = client.post(
        f"{NEW}where/", {"commune": "Strasbourg", "address": "12 rue des Invités"}, follow=True
    )
    assert response.redirect_chain[-1][0] == NEW
    assert "Nous n’avons plus vos réponses" in text_of(response)
    walk(client, answers("housing"), until="category")
    assert "12 rue des Invités" in text_of(client.get(f"{NEW}where/"))


def test_somebody_who_comes_back_may_go_on(city: City, client: Client, answers: Answers, walk: Step) -> None:
    walk(client, answers("housing"), until="where")
    assert f'href="{NEW}guests/"' in text_of(client.get(NEW))


def test_a_page_that_knows_the_kind_skips_the_first_question(city: City, client: Client) -> None:
    assert client.get(NEW, {"nature": "goods"})["Location"] == f"{NEW}item/"
    assert "Quel objet" in text_of(client.get(f"{NEW}item/"))
    assert client.get(NEW, {"nature": "goods"})["Location"] == f"{NEW}item/", "it is bare still"
    assert client.get(NEW, {"nature": "skill"})["Location"] == f"{NEW}category/?brouillon=2"
    assert "Quel objet" in text_of(client.get(f"{NEW}item/")), "of another tab"


def test_each_question_has_its_number_and_one_main_button(
    city: City, client: Client, answers: Answers, walk: Step
) -> None:
    walk(client, answers("housing"), until="where")
    page = text_of(client.get(f"{NEW}guests/"))
    assert "Question 4 sur 5" in page
    assert "Votre logement" in page
    assert "Enregistré" in page
    main = page.split("<main")[1].split("</main>")[0]
    assert len(re.findall(r'class="button[ "]', main)) == 1
    assert main.count("<h1") == 1


def test_closed_or_unknown_town_has_no_questions(city: City, client: Client) -> None:
    CityFactory(slug="fermee", is_open=False)
    assert client.get("/fermee/propositions/nouvelle/").status_code == 404
    assert client.get("/inconnue/propositions/nouvelle/").status_code == 404


def test_neighbours_are_asked_about_only_where_there_are_some(
    city: City, client: Client, answers: Answers, walk: Step, send: Step
) -> None:
    walk(client, answers("goods"))
    assert "share_with_linked" not in text_of(client.get(CHECK))
    city.linked.add(CityFactory())
    assert "share_with_linked" in text_of(client.get(CHECK))
    send(client, share_with_linked="on")
    assert Offer.objects.get().share_with_linked
    assert {consent.purpose for consent in Consent.objects.all()} == {"record", "sharing"}


# --- Bad input -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("step", "answer", "field", "words"),
    [
        ("kind", {}, "kind", "Choisissez ce que vous proposez."),
        ("category", {"category": "bedding"}, "category", "Choisissez une catégorie de la liste."),
        ("where", {"commune": "Nullepart-sur-Rien"}, "commune", "Nous ne connaissons pas cette commune"),
        ("where", {"commune": ""}, "commune", "Indiquez la commune"),
        ("where", {"when": "dates", "open_ended": "on"}, "first_day", "Indiquez un jour."),
        ("where", {"first_day": "31/02/2027", "open_ended": "on"}, "first_day", "Ce jour n’existe pas"),
        ("where", {"first_day": "2020-01-01", "open_ended": "on"}, "first_day", "Ce jour est passé"),
        ("where", {"first_day": "3026-01-01", "open_ended": "on"}, "first_day", "trop loin"),
        ("guests", {"capacity": "0"}, "capacity", "Indiquez au moins 1."),
        ("guests", {"capacity": "-3"}, "capacity", "Indiquez au moins 1."),
        ("guests", {"capacity": "4000"}, "capacity", "plus que nous ne pouvons enregistrer"),
        ("guests", {"capacity": "chat"}, "capacity", "Écrivez un nombre en chiffres"),
        ("guests", {"capacity": ""}, "capacity", "Indiquez un nombre"),
        ("details", {"languages_other": "xyzzyq"}, "languages", "Nous ne connaissons pas la langue"),
    ],
)
def test_wrong_answer_is_explained_beside_it_and_nothing_is_lost(
    city: City,
    client: Client,
    answers: Answers,
    walk: Step,
    step: str,
    answer: dict[str, Any],
    field: str,
    words: str,
) -> None:
    pages = answers("housing")
    names = list(pages)
    if step != "kind":
        walk(client, pages, until=names[names.index(step) - 1])
    response = client.post(NEW if step == "kind" else f"{NEW}{step}/", answer)
    assert words in " ".join(errors_of(response)[field])
    page = text_of(response)
    assert words in page
    for value in answer.values():
        if value not in ("on", "bedding", "dates") and value.strip():
            assert value in page


def test_end_before_start_is_said_on_the_end(
    city: City, client: Client, answers: Answers, walk: Step, today: date
) -> None:
    walk(client, answers("housing"), until="category")
    here = f"{NEW}where/"
    tomorrow = (today + timedelta(days=1)).isoformat()
    place = {"commune": "Strasbourg", "when": "dates"}
    response = client.post(here, {**place, "first_day": tomorrow, "last_day": today.isoformat()})
    assert errors_of(response)["last_day"] == ["La fin doit venir après le début."]
    response = client.post(here, {**place, "first_day": tomorrow, "last_day": ""})
    assert "cochez" in errors_of(response)["last_day"][0]
    assert client.post(here, {**place, "first_day": tomorrow, "last_day": tomorrow}).status_code == 302


def test_two_periods_do_not_overlap(
    city: City, citizen: User, as_user: SignIn, answers: Answers, walk: Step, send: Step, today: date
) -> None:
    client = as_user(citizen)
    day = [(today + timedelta(days=n)).isoformat() for n in range(40)]
    pages = answers("housing")
    walk(client, pages)
    here = f"{NEW}where/"
    first = {"commune": "Strasbourg", "first_day": day[0], "last_day": day[10]}
    wrong = client.post(here, {**first, "second_first_day": day[10], "second_last_day": day[20]})
    assert "commence après la fin" in errors_of(wrong)["second_first_day"][0]
    wrong = client.post(here, {**first, "second_last_day": day[20]})
    assert "second_first_day" in errors_of(wrong)
    wrong = client.post(here, {**first, "second_first_day": day[20], "second_last_day": day[11]})
    assert "second_last_day" in errors_of(wrong)
    wrong = client.post(here, {**first, "open_ended": "on", "second_first_day": day[20]})
    assert "second_first_day" in errors_of(wrong)
    assert client.post(here, {**first, "second_first_day": day[20], "second_last_day": ""}).status_code == 302
    send(client, consent="on")
    assert [w.last_day is None for w in Offer.objects.get().windows.all()] == [False, True]


def test_namesakes_are_offered_to_choose_from(
    city: City, client: Client, answers: Answers, walk: Step
) -> None:
    for insee, department in (("93066", "Seine-Saint-Denis"), ("97411", "La Réunion")):
        CommuneFactory(
            insee=insee,
            name="Saint-Denis",
            postcodes=[insee],
            department_code=insee[:2],
            department_name=department,
            epci_code="",
            epci_name="",
        )
    walk(client, answers("housing"), until="category")
    here = f"{NEW}where/"
    page = text_of(client.post(here, {"commune": "Saint-Denis"}))
    assert 'value="93066"' in page
    assert client.post(here, {"commune": "Saint-Denis", "commune_choice": "97411"}).status_code == 302


@pytest.mark.parametrize(
    ("you", "field", "words"),
    [
        ({"name": ""}, "name", "Dites comment vous appeler."),
        ({"email": "pas une adresse"}, "email", "Cette adresse est incomplète"),
        ({"phone": "06 12"}, "phone", "Ce numéro est incomplet"),
        ({"email": "", "phone": "", "no_phone": "on"}, "email", "Donnez une adresse e-mail ou un numéro"),
        ({"consent": ""}, "consent", "Sans votre accord"),
        ({"phone": ""}, "phone", "la visite de votre logement se convient par téléphone"),
    ],
)
def test_wrong_contact_is_explained_beside_it_and_nothing_is_lost(
    city: City,
    client: Client,
    answers: Answers,
    walk: Step,
    send: Step,
    you: dict[str, str],
    field: str,
    words: str,
) -> None:
    walk(client, answers("housing"))
    response = send(client, **you)
    assert words in " ".join(errors_of(response)[field])
    assert not Offer.objects.exists()
    for value in [*you.values(), YOU["name"] if field != "name" else ""]:
        assert value in text_of(response)
    again = client.get(CHECK).context["form"]
    assert again["email"].value() == you.get("email", YOU["email"]), "the page opened anew has it still"


def test_a_host_without_a_phone_says_so(
    city: City, client: Client, answers: Answers, walk: Step, send: Step
) -> None:
    walk(client, answers("housing"))
    assert "convenir d’une visite" in text_of(client.get(CHECK))
    assert send(client, phone="", no_phone="on").status_code == 302
    assert Offer.objects.get().owner.phone is None


def test_a_host_without_a_phone_is_written_to(city: City) -> None:
    said = {
        phone: words.receipt_steps(OfferFactory.build(owner=UserFactory.build(phone=phone)))[0]
        for phone in (None, "+33612345678")
    }
    assert said[None] == "La ville vous écrit pour convenir d’une visite."
    assert said["+33612345678"] == "La ville vous appelle pour convenir d’une visite."


def test_whoever_gives_goods_is_asked_for_no_phone(
    city: City, client: Client, answers: Answers, walk: Step, send: Step
) -> None:
    walk(client, answers("goods"))
    assert "no_phone" not in client.get(CHECK).context["form"].fields
    assert send(client, phone="").status_code == 302


def test_a_host_who_is_signed_in_is_asked_for_the_number_that_is_missing(
    city: City, as_user: SignIn, answers: Answers, walk: Step, send: Step
) -> None:
    host = UserFactory(phone=None)
    client = as_user(host)
    walk(client, answers("housing"))
    assert "phone" in errors_of(send(client, consent="on", phone=""))
    send(client, consent="on", phone="06 12 34 56 78")
    host.refresh_from_db()
    assert (str(host.phone), host.proven_phone) == ("+33612345678", None)
    walk(client, answers("housing"))
    assert "phone" not in client.get(CHECK).context["form"].fields


def test_leaving_the_last_page_keeps_what_was_typed_there(
    city: City, client: Client, answers: Answers, walk: Step
) -> None:
    walk(client, answers("housing"))
    client.get(CHECK)
    assert client.post(CHECK, {"go": "back", "name": "Zoé"})["Location"] == f"{NEW}details/"
    assert client.post(CHECK, {"go": "where", "name": "Zoé"})["Location"] == f"{NEW}where/"
    assert client.post(CHECK, {"go": "kind/../x", "name": "Zoé"})["Location"] == f"{NEW}details/"
    assert client.get(CHECK).context["form"]["name"].value() == "Zoé"


def test_consent_of_somebody_signed_in_is_asked_on_the_last_page(
    city: City, citizen: User, as_user: SignIn, answers: Answers, walk: Step, send: Step
) -> None:
    client = as_user(citizen)
    pages = answers("goods")
    walk(client, pages)
    assert "Sans votre accord" in errors_of(send(client, consent=""))["consent"][0]
    assert not Offer.objects.exists()


def test_day_that_passed_overnight_is_asked_again(
    city: City, client: Client, answers: Answers, walk: Step, send: Step
) -> None:
    walk(client, answers("housing"))
    session = client.session
    session["offer-drafts-strasbourg"]["1"]["answers"]["where"]["data"]["first_day"] = ["2020-01-01"]
    session.save()
    response = client.get(CHECK, follow=True)
    assert response.redirect_chain[-1][0] == f"{NEW}where/"
    assert "Ce jour est passé" in text_of(response)


def test_somebodys_number_does_not_open_their_account(
    city: City, client: Client, answers: Answers, walk: Step, send: Step
) -> None:
    neighbour = UserFactory(phone="+33612345678", name="Alix")
    walk(client, answers("goods"))
    send(client)
    offer = Offer.objects.get()
    assert offer.owner != neighbour
    assert (offer.owner.email, offer.owner.proven_phone) == ("camille@exemple.fr", None)


# --- Little to answer ----------------------------------------------------------------------------------


def test_from_now_on_without_an_end_is_the_default(
    city: City, client: Client, answers: Answers, walk: Step, send: Step, today: date
) -> None:
    walk(client, answers("housing"), until="category")
    assert client.get(f"{NEW}where/").context["form"]["when"].value() == "now"
    pages = answers("housing", where={"commune": "Strasbourg", "when": "now", "first_day": "2020-01-01"})
    walk(client, pages)
    send(client)
    assert [(w.first_day, w.last_day) for w in Offer.objects.get().windows.all()] == [(today, None)]


def test_what_is_passed_over_promises_nothing(
    city: City, client: Client, answers: Answers, walk: Step, send: Step
) -> None:
    """Pets, step-free, smoking, a lone minor: what the host did not say is not offered."""
    walk(client, answers("housing", guests={"capacity": "2"}, details={"notice_days": "0"}))
    send(client)
    offer = Offer.objects.get()
    assert (offer.step_free, offer.pets_accepted, offer.smoking) == (False, False, False)
    assert (offer.accepts, offer.languages, offer.text) == ([], [], "")


def test_a_thing_named_with_its_number_and_size_is_asked_no_more(
    city: City, client: Client, answers: Answers, walk: Step, send: Step
) -> None:
    client.post(NEW, {"kind": "goods"})
    assert client.post(f"{NEW}item/", {"item": "30 couettes 140"})["Location"] == f"{NEW}where/"
    where = client.get(f"{NEW}where/").context["form"]
    assert where["hand_over"].value() == "collected", "what promises least"
    client.post(f"{NEW}where/", {"commune": "Strasbourg", "hand_over": "collected", "reach_km": "0"})
    send(client)
    offer = Offer.objects.get()
    assert (offer.item, offer.size, offer.capacity) == ("duvet", "140", 30)
    assert (offer.hand_over, offer.reach_km, offer.condition) == ("collected", 0, "")


def test_the_size_of_a_womans_coat_stays_one_of_women(
    city: City, client: Client, answers: Answers, walk: Step, send: Step
) -> None:
    client.post(NEW, {"kind": "goods"})
    assert client.post(f"{NEW}item/", {"item": "3 manteaux femme"})["Location"] == f"{NEW}goods/"
    assert client.post(f"{NEW}goods/", {"capacity": "3", "size": "M"})["Location"] == f"{NEW}where/"
    client.post(f"{NEW}where/", {"commune": "Strasbourg", "hand_over": "collected", "reach_km": "0"})
    send(client)
    offer = Offer.objects.get()
    assert (offer.item, offer.size, offer.capacity) == ("coat", "fem-M", 3)


@pytest.mark.parametrize("typed", ["couette 140", "30 couettes", "99999 couettes 140", "0 couette 140"])
def test_a_thing_without_its_number_or_size_is_asked_about(city: City, client: Client, typed: str) -> None:
    client.post(NEW, {"kind": "goods"})
    assert client.post(f"{NEW}item/", {"item": typed})["Location"] == f"{NEW}goods/"


def test_whoever_delivers_says_how_far(city: City, client: Client) -> None:
    client.post(NEW, {"kind": "goods"})
    client.post(f"{NEW}item/", {"item": "30 couettes 140"})
    place = {"commune": "Strasbourg", "hand_over": "delivered", "reach_km": "0"}
    assert "Dites jusqu’où" in errors_of(client.post(f"{NEW}where/", place))["reach_km"][0]
    assert client.post(f"{NEW}where/", {**place, "reach_km": "5"})["Location"] == CHECK


def test_what_may_be_added_to_goods_is_added_from_the_last_page(
    city: City, client: Client, answers: Answers, walk: Step, send: Step
) -> None:
    walk(client, answers("goods"))
    assert "Précisions (facultatif)" in text_of(client.get(CHECK))
    assert client.post(CHECK, {"go": "details"})["Location"] == f"{NEW}details/"
    assert client.get(f"{NEW}details/").status_code == 200
    assert client.post(f"{NEW}details/", {"condition": "good", "text": "Propres"})["Location"] == CHECK
    send(client)
    assert (Offer.objects.get().condition, Offer.objects.get().text) == ("good", "Propres")


# --- Two tabs, and back --------------------------------------------------------------------------------


def test_two_tabs_keep_two_drafts(
    city: City, client: Client, answers: Answers, walk: Step, send: Step
) -> None:
    """Each page names its draft; another begins where one is under way."""
    walk(client, answers("housing"), until="where")
    other = client.get(NEW).context["draft_number"]
    assert other == 2
    there = client.post(NEW, {"kind": "goods", "draft": other})["Location"]
    assert there == f"{NEW}item/?brouillon=2"
    client.post(there, {"item": "30 couettes 140", "draft": other})
    client.post(
        f"{NEW}where/?brouillon=2",
        {"commune": "67000", "hand_over": "collected", "reach_km": "0", "draft": other},
    )
    assert client.get(f"{NEW}guests/").status_code == 200, "the first tab goes on where it was"
    client.post(f"{NEW}guests/", {"capacity": "3"})
    client.post(f"{NEW}details/", {"notice_days": "0"})
    assert "30 objets" in text_of(client.get(f"{CHECK}?brouillon=2"))
    assert "3 places" in text_of(client.get(CHECK))
    send(client)
    assert Offer.objects.get().kind == "housing"
    assert "30 objets" in text_of(client.get(f"{CHECK}?brouillon=2")), "the second is there still"


def test_what_was_begun_in_other_tabs_is_offered_to_go_on_with(
    city: City, client: Client, answers: Answers, walk: Step
) -> None:
    walk(client, answers("housing"), until="where")
    client.post(NEW, {"kind": "goods", "draft": "2"})
    client.post(f"{NEW}item/", {"item": "30 couettes 140", "draft": "2"})
    begun = client.get(NEW).context["begun"]
    assert [one["url"] for one in begun] == [f"{NEW}where/?brouillon=2", f"{NEW}guests/"]
    assert "Couette" in begun[0]["title"]


def test_two_tabs_that_begin_at_once_keep_two_drafts(city: City, client: Client) -> None:
    keys = [client.get(NEW).context["draft_key"] for _tab in range(2)]
    assert (
        client.post(NEW, {"kind": "housing", "draft": "1", "key": keys[0]})["Location"] == f"{NEW}category/"
    )
    there = client.post(NEW, {"kind": "goods", "draft": "1", "key": keys[1]})["Location"]
    assert there == f"{NEW}item/?brouillon=2"
    assert client.get(f"{NEW}category/").status_code == 200


def test_a_page_of_a_draft_that_is_another_one_by_now_changes_nothing(
    city: City, client: Client, answers: Answers, walk: Step
) -> None:
    walk(client, answers("goods"))
    shown = text_of(client.get(f"{NEW}goods/"))
    assert f'name="key" value="{client.get(CHECK).context["draft_key"]}"' in shown
    for page in (f"{NEW}goods/", CHECK):
        told = client.post(page, {"key": "of-another", "capacity": "77", **YOU}, follow=True)
        assert told.redirect_chain[-1][0] == CHECK
        assert "Ces réponses ont changé dans un autre onglet" in text_of(told)
        assert "10 objets" in text_of(told)
    assert not Offer.objects.exists()


def test_a_page_of_a_draft_that_was_sent_leads_to_its_receipt(
    city: City, client: Client, answers: Answers, walk: Step, send: Step
) -> None:
    walk(client, answers("goods"))
    key = client.get(f"{NEW}goods/").context["draft_key"]
    send(client)
    walk(client, answers("goods"), until="item")
    told = client.post(f"{NEW}where/", {"key": key, **answers("goods")["where"]}, follow=True)
    assert Offer.objects.get().reference in text_of(told)


def test_a_number_beyond_all_breaks_no_other_offer(city: City, client: Client) -> None:
    client.post(NEW, {"kind": "goods", "draft": "999"})
    client.post(f"{NEW}item/", {"item": "30 couettes 140", "draft": "999"})
    number = client.get(NEW).context["draft_number"]
    assert number == 1
    assert client.post(NEW, {"kind": "skill", "draft": number})["Location"] == f"{NEW}category/"


@pytest.mark.parametrize("number", ["x", "-1", "99999999999", "²", ""])
def test_a_number_of_no_draft_breaks_nothing(city: City, client: Client, number: str) -> None:
    assert client.get(NEW, {"brouillon": number}).status_code == 200
    assert client.post(NEW, {"kind": "goods", "draft": number}).status_code == 302


def test_a_browser_keeps_a_few_drafts(city: City, client: Client) -> None:
    for _number in range(8):
        draft = client.get(NEW).context["draft_number"]
        client.post(NEW, {"kind": "housing", "draft": draft})
        client.post(f"{NEW}category/", {"category": "shared_room", "draft": draft})
    assert len(client.session["offer-drafts-strasbourg"]) == 5


@pytest.mark.parametrize("page", ["guests/", "where/", "verifier/"])
def test_back_after_sending_leads_to_the_receipt_and_says_that_it_is_sent(
    city: City, client: Client, answers: Answers, walk: Step, send: Step, page: str
) -> None:
    walk(client, answers("housing"))
    send(client)
    for back in (client.get(f"{NEW}{page}", follow=True), client.post(f"{NEW}{page}", {}, follow=True)):
        assert Offer.objects.get().reference in text_of(back)
        assert "Cette proposition est déjà envoyée" in text_of(back)
        assert "Nous n’avons plus vos réponses" not in text_of(back)
    assert Offer.objects.count() == 1


# --- What it is worth, and where -----------------------------------------------------------------------


def test_the_last_page_counts_the_needs_that_it_would_meet(
    city: City, client: Client, answers: Answers, walk: Step
) -> None:
    now = timezone.now()
    due_need(city=city, kind="goods", now=now)
    due_need(city=city, kind="goods", now=now, items=["cot"], category="baby")
    due_need(city=city, kind="housing", now=now)
    walk(client, answers("goods"))
    assert client.get(CHECK).context["met"] == 1
    assert "Aujourd’hui, elle correspond à 1 besoin ouvert." in text_of(client.get(CHECK))
    due_need(city=city, kind="goods", now=now)
    assert "Aujourd’hui, elle correspond à 2 besoins ouverts." in text_of(client.get(CHECK))


def test_needs_that_nobody_may_read_or_that_it_does_not_suit_are_not_counted(
    city: City, client: Client, answers: Answers, walk: Step
) -> None:
    now = timezone.now()
    due_need(city=city, kind="goods", now=now, state="draft")
    due_need(city=city, kind="goods", now=now, state="withdrawn")
    due_need(city=CityFactory(), kind="goods", now=now)
    due_need(city=city, kind="goods", now=now, latitude=43.3, longitude=5.4, reach_km=0)
    walk(client, answers("goods"))
    page = text_of(client.get(CHECK))
    assert "Aucun besoin ouvert n’y correspond aujourd’hui" in page
    assert client.get(CHECK).context["met"] == 0


def test_the_count_asks_the_database_as_often_for_many_needs(
    city: City, client: Client, answers: Answers, walk: Step
) -> None:
    now = timezone.now()
    due_need(city=city, kind="goods", now=now)
    walk(client, answers("goods"))
    with CaptureQueriesContext(connection) as few:
        client.get(CHECK)
    for _number in range(8):
        due_need(city=city, kind="goods", now=now)
    with CaptureQueriesContext(connection) as many:
        client.get(CHECK)
    assert len(many) == len(few)


def test_a_room_in_another_town_goes_on_there_with_its_answers(
    city: City, client: Client, answers: Answers, walk: Step, send: Step
) -> None:
    seat = CommuneFactory(insee="68224", name="Mulhouse", postcodes=["68100"], epci_code="", epci_name="")
    there = CityFactory(slug="mulhouse", name="Mulhouse", seat=seat, epci_code="")
    walk(client, answers("housing", where={"commune": "Mulhouse"}))
    assert "Cette commune est à Mulhouse, qui a son propre accueil" in text_of(client.get(CHECK))
    moved = client.post(CHECK, {"go": "elsewhere", "name": "Zoé"})["Location"]
    assert moved == "/mulhouse/propositions/nouvelle/verifier/"
    shown = client.get(moved)
    assert shown.context["form"]["name"].value() == "Zoé"
    assert "propre accueil" not in text_of(shown)
    client.post(moved, {"key": shown.context["draft_key"], **YOU})
    assert Offer.objects.get().city == there
    assert client.get(CHECK).status_code == 302, "it is not there twice"


def test_consent_is_given_to_one_town_for_one_offer(
    city: City, client: Client, answers: Answers, walk: Step
) -> None:
    seat = CommuneFactory(insee="68224", name="Mulhouse", postcodes=["68100"], epci_code="", epci_name="")
    CityFactory(slug="mulhouse", name="Mulhouse", seat=seat, epci_code="")
    walk(client, answers("housing", where={"commune": "Mulhouse"}))
    agreed = {**YOU, "share_with_linked": "on"}
    moved = client.post(CHECK, {"go": "elsewhere", **agreed})["Location"]
    form = client.get(moved).context["form"]
    assert form["name"].value() == "Camille"
    assert not form["consent"].value()
    kept = client.session["offer-drafts-mulhouse"]["1"]["answers"]["you"]["data"]
    assert not {"consent", "share_with_linked"} & set(kept)


def test_back_after_going_on_in_another_town_leads_there(
    city: City, client: Client, answers: Answers, walk: Step
) -> None:
    seat = CommuneFactory(insee="68224", name="Mulhouse", postcodes=["68100"], epci_code="", epci_name="")
    CityFactory(slug="mulhouse", name="Mulhouse", seat=seat, epci_code="")
    walk(client, answers("housing", where={"commune": "Mulhouse"}))
    moved = client.post(CHECK, {"go": "elsewhere"})["Location"]
    assert client.get(CHECK)["Location"] == moved
    assert client.post(f"{NEW}guests/", {"capacity": "3"})["Location"] == moved
    walk(client, answers("goods"), until="item")
    assert client.get(CHECK)["Location"] == f"{NEW}goods/", "another one has begun since"


def test_a_room_outside_is_kept_with_the_reason(
    city: City, client: Client, answers: Answers, walk: Step, send: Step
) -> None:
    CommuneFactory(insee="68224", name="Mulhouse", postcodes=["68100"], epci_code="", epci_name="")
    walk(client, answers("housing", where={"commune": "Mulhouse"}))
    assert "n’est pas sur le territoire de Strasbourg" in text_of(client.get(CHECK))
    assert client.post(CHECK, {"go": "elsewhere"})["Location"] == f"{NEW}details/"
    assert send(client).status_code == 302


# --- A code by SMS -------------------------------------------------------------------------------------


@pytest.fixture
def gateway(settings: Any) -> Iterator[Any]:
    """What a gateway is sent."""
    with http_server.listening() as listening:
        settings.SMS_GATEWAY, settings.SMS_HTTP_URL = "http", listening.url
        settings.SMS_HTTP_REFERENCE = "messages.0.id"
        yield listening


def sms_code(gateway: Any) -> str:
    return re.search(r"\b\d{6}\b", gateway.requests[-1].json["text"])[0]


def test_a_number_alone_is_proven_by_a_code_on_the_receipt(
    city: City, client: Client, answers: Answers, walk: Step, send: Step, gateway: Any, mailoutbox: list[Any]
) -> None:
    walk(client, answers("goods"))
    receipt = send(client, email="")["Location"]
    assert gateway.requests[-1].json["to"] == "+33612345678"
    assert "Il reste un geste" in text_of(client.get(receipt))
    assert "Ce code n’est pas le bon" in text_of(client.post(receipt, {"code": "000000"}))
    assert Offer.objects.get().state == OfferState.UNCONFIRMED
    assert client.post(receipt, {"code": sms_code(gateway)})["Location"] == receipt
    offer = Offer.objects.get()
    assert (offer.state, offer.owner.phone_proof) == (OfferState.ACTIVE, "sms")
    assert "Elle est active" in text_of(client.get(receipt))
    assert "_auth_user_id" not in client.session, "a number opens no account"


def test_a_code_by_sms_serves_three_tries_and_in_its_browser_alone(
    city: City, client: Client, answers: Answers, walk: Step, send: Step, gateway: Any
) -> None:
    walk(client, answers("goods"))
    receipt = send(client, email="")["Location"]
    code = sms_code(gateway)
    assert Client().post(receipt, {"code": code}).status_code == 404, "a code of another device"
    for _number in range(5):
        answer = client.post(receipt, {"code": "000000"})
    assert "Trop d’essais" in text_of(answer)
    assert client.post(receipt, {"code": code}).status_code == 422
    client.post(receipt, {"again": "1"})
    assert client.post(receipt, {"code": sms_code(gateway)}).status_code == 302
    assert Offer.objects.get().state == OfferState.ACTIVE


def test_an_empty_code_is_no_try_and_has_one_error(
    city: City, client: Client, answers: Answers, walk: Step, send: Step, gateway: Any
) -> None:
    walk(client, answers("goods"))
    receipt = send(client, email="")["Location"]
    for _number in range(6):
        assert len(errors_of(client.post(receipt, {"code": ""}))["code"]) == 1
    assert client.post(receipt, {"code": sms_code(gateway)}).status_code == 302


def test_a_right_code_that_makes_nothing_active_confirms_nothing(
    city: City, gateway: Any, rf: Any, db: None
) -> None:
    offer = OfferFactory(city=city, unconfirmed=True, owner=UserFactory(email=None, phone="+33612345678"))
    request = rf.post("/")
    request.session, request._messages = {}, []
    proving.send_to_number(request, offer)
    services.withdraw(offer_id=offer.pk, by=offer.owner, now=timezone.now())
    form = OneCodeForm({"code": sms_code(gateway)})
    assert not proving.proves_number(request, offer, form)
    assert "Ce n’est plus possible. Appelez la ville." in form.errors["code"][0].replace("\u202f", " ")


def test_where_no_sms_leaves_the_town_calls(
    city: City, client: Client, answers: Answers, walk: Step, send: Step, gateway: Any
) -> None:
    gateway.answer = (500, {}, "")
    walk(client, answers("goods"))
    page = text_of(client.get(send(client, email="")["Location"]))
    assert "Nous ne pouvons pas envoyer de code pour l’instant. La ville vous appelle." in page
    assert "Nous vous envoyons un code" not in page
    assert "La ville vous appelle au numéro que vous avez donné" in page
    walk(client, answers("goods"))
    send(client, email="", phone="03 88 00 00 01")
    assert len(gateway.requests) == 1, "a landline reads no SMS"


# --- A browser that we do not know ---------------------------------------------------------------------

LATER = [name for name in STEPS if name != "kind"]


@pytest.mark.parametrize("name", LATER)
def test_a_fresh_visitor_begins_at_the_beginning(city: City, client: Client, name: str) -> None:
    assert client.get(f"{NEW}{name}/")["Location"] == NEW


@pytest.mark.parametrize("signed_in", [False, True])
@pytest.mark.parametrize("name", LATER)
@pytest.mark.parametrize("sent", [{}, {"go": "back"}, {"title": "Mon aide", "capacity": "2", "kind": "x"}])
def test_a_page_sent_without_what_came_before_leads_to_the_first_question(
    city: City, citizen: User, name: str, sent: dict[str, str], signed_in: bool
) -> None:
    """A page that was open for days, or filled in by a program: what was typed is kept, nothing breaks."""
    client = Client()
    if signed_in:
        client.force_login(citizen)
    answer = client.post(f"{NEW}{name}/", sent)
    assert (answer.status_code, answer["Location"]) == (302, NEW)
    assert client.get(NEW).status_code == 200


def test_a_fresh_visitor_answers_the_first_question(city: City, client: Client) -> None:
    assert client.post(NEW, {}).status_code == 422
    assert client.post(NEW, {"kind": "goods"})["Location"] == f"{NEW}item/"
