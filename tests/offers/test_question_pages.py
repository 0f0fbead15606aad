""" "Je propose mon aide", as a browser without JavaScript goes through it."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Consent, User
from catalogue.vocabulary import Source
from cities.models import City
from notifications.models import Message
from offers.models import Offer, OfferState
from offers.wizard import STEPS
from tests.factories.accounts import UserFactory
from tests.factories.cities import CityFactory, CommuneFactory
from tests.factories.offers import OfferFactory
from tests.offers.conftest import CHECK, NEW

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
    pages = answers(kind)
    del pages["you"]
    assert walk(client, pages)["Location"] == CHECK
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
    del pages["you"]
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
    del pages["you"]
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
    you = {"name": "Camille", "phone": "06 12 34 56 78", "consent": "on"}
    walk(client, answers("goods", you=you))
    receipt = text_of(client.get(send(client)["Location"]))
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
    key = client.get(CHECK).context["draft_key"]
    first = client.post(CHECK, {"key": key})
    again = client.post(CHECK, {"key": key})
    assert first["Location"] == again["Location"]
    assert Offer.objects.count() == 1
    assert len(mailoutbox) == 1


def test_the_next_offer_is_another_one(
    city: City, citizen: User, as_user: SignIn, answers: Answers, walk: Step, send: Step
) -> None:
    client = as_user(citizen)
    pages = answers("goods")
    del pages["you"]
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
    assert "checked" in text_of(client.get(response["Location"]))
    shown = client.get(f"{NEW}where/")
    assert "Nullepart-sur-Rien" in text_of(shown)
    assert not shown.context["form"].errors


def test_from_the_last_page_a_change_leads_back_to_it(
    city: City, client: Client, answers: Answers, walk: Step
) -> None:
    walk(client, answers("goods"))
    client.get(CHECK)
    response = client.post(f"{NEW}goods/", {"capacity": "4", "condition": "new", "hand_over": "collected"})
    assert response["Location"] == CHECK
    assert "4 objets" in text_of(client.get(CHECK))


def test_another_category_asks_only_what_is_missing(
    city: City, client: Client, answers: Answers, walk: Step
) -> None:
    walk(client, answers("skill"))
    client.get(CHECK)
    response = client.post(f"{NEW}category/", {"category": "french_lessons"})
    assert response["Location"] == f"{NEW}languages/"
    response = client.post(f"{NEW}languages/", {"languages": ["fr"]})
    assert response["Location"] == CHECK


def test_proposed_title_follows_the_answers(
    city: City, citizen: User, as_user: SignIn, answers: Answers, walk: Step, send: Step
) -> None:
    client = as_user(citizen)
    pages = answers("housing")
    del pages["you"], pages["words"]
    walk(client, pages)
    title = client.get(f"{NEW}words/").context["form"]["title"].value()
    assert title == "Chambre chez l’habitant, 3 places, Strasbourg"
    client.post(f"{NEW}words/", {"title": title, "text": ""})
    client.get(CHECK)
    client.post(f"{NEW}places/", {"capacity": "1"})
    send(client, consent="on")
    assert Offer.objects.get().title == "Chambre chez l’habitant, 1 place, Strasbourg"


def test_title_of_ones_own_stays(city: City, client: Client, answers: Answers, walk: Step) -> None:
    walk(client, answers("housing"))
    client.get(CHECK)
    client.post(f"{NEW}places/", {"capacity": "1"})
    assert client.get(CHECK).context["offer"].title == "Mon aide"


def test_proposed_title_is_kept_in_french_whatever_the_reader_speaks(
    city: City, citizen: User, as_user: SignIn, answers: Answers, walk: Step, send: Step
) -> None:
    client = as_user(citizen)
    client.cookies["django_language"] = "ar"
    pages = answers("goods")
    del pages["you"], pages["words"]
    walk(client, pages)
    client.post(f"{NEW}words/", {"title": client.get(f"{NEW}words/").context["form"]["title"].value()})
    send(client, consent="on")
    assert Offer.objects.get().title == "Couette, 140\u00a0cm, 10 objets, Strasbourg"


def test_nobody_jumps_ahead(city: City, client: Client, answers: Answers, walk: Step) -> None:
    walk(client, answers("housing"), until="where")
    assert client.get(f"{NEW}languages/")["Location"] == f"{NEW}when/"
    assert client.get(CHECK)["Location"] == f"{NEW}when/"
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


def test_somebody_who_comes_back_may_go_on_or_start_again(
    city: City, client: Client, answers: Answers, walk: Step
) -> None:
    walk(client, answers("housing"), until="where")
    assert f'href="{NEW}when/"' in text_of(client.get(NEW))
    client.post(f"{NEW}effacer/")
    assert "Reprendre où vous en étiez" not in text_of(client.get(NEW))


def test_a_page_that_knows_the_kind_skips_the_first_question(city: City, client: Client) -> None:
    assert client.get(NEW, {"nature": "goods"})["Location"] == f"{NEW}item/"
    assert "Quel objet" in text_of(client.get(f"{NEW}item/"))
    assert client.get(NEW, {"nature": "skill"})["Location"] == f"{NEW}category/"


def test_each_question_has_its_number_and_one_main_button(
    city: City, client: Client, answers: Answers, walk: Step
) -> None:
    walk(client, answers("housing"), until="where")
    page = text_of(client.get(f"{NEW}when/"))
    assert "Question 4 sur 10" in page
    assert "Les dates" in page
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
    pages = answers("goods")
    you = pages.pop("you")
    walk(client, pages)
    assert "share_with_linked" not in text_of(client.get(f"{NEW}you/"))
    city.linked.add(CityFactory())
    assert "share_with_linked" in text_of(client.get(f"{NEW}you/"))
    client.post(f"{NEW}you/", {**you, "share_with_linked": "on"})
    send(client)
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
        ("when", {"first_day": "", "open_ended": "on"}, "first_day", "Indiquez un jour."),
        ("when", {"first_day": "31/02/2027", "open_ended": "on"}, "first_day", "Ce jour n’existe pas"),
        ("when", {"first_day": "2020-01-01", "open_ended": "on"}, "first_day", "Ce jour est passé"),
        ("when", {"first_day": "3026-01-01", "open_ended": "on"}, "first_day", "trop loin"),
        ("places", {"capacity": "0"}, "capacity", "Indiquez au moins 1."),
        ("places", {"capacity": "-3"}, "capacity", "Indiquez au moins 1."),
        ("places", {"capacity": "4000"}, "capacity", "plus que nous ne pouvons enregistrer"),
        ("places", {"capacity": "chat"}, "capacity", "Écrivez un nombre en chiffres"),
        ("places", {"capacity": ""}, "capacity", "Indiquez un nombre"),
        ("languages", {"languages_other": "xyzzyq"}, "languages", "Nous ne connaissons pas la langue"),
        ("words", {"title": " "}, "title", "Donnez un titre"),
        ("you", {"name": "", "email": "a@exemple.fr"}, "name", "Dites comment vous appeler."),
        ("you", {"name": "C", "email": "pas une adresse"}, "email", "Cette adresse est incomplète"),
        ("you", {"name": "C", "phone": "06 12"}, "phone", "Ce numéro est incomplet"),
        ("you", {"name": "C"}, "email", "Donnez une adresse e-mail ou un numéro de téléphone."),
        ("you", {"name": "C", "email": "a@exemple.fr"}, "consent", "Sans votre accord"),
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
        if value not in ("on", "bedding") and value.strip():
            assert value in page


def test_end_before_start_is_said_on_the_end(
    city: City, client: Client, answers: Answers, walk: Step, today: date
) -> None:
    walk(client, answers("housing"), until="where")
    here = f"{NEW}when/"
    tomorrow = (today + timedelta(days=1)).isoformat()
    response = client.post(here, {"first_day": tomorrow, "last_day": today.isoformat()})
    assert errors_of(response)["last_day"] == ["La fin doit venir après le début."]
    response = client.post(here, {"first_day": tomorrow, "last_day": ""})
    assert "cochez" in errors_of(response)["last_day"][0]
    assert client.post(here, {"first_day": tomorrow, "last_day": tomorrow}).status_code == 302


def test_two_periods_do_not_overlap(
    city: City, citizen: User, as_user: SignIn, answers: Answers, walk: Step, send: Step, today: date
) -> None:
    client = as_user(citizen)
    day = [(today + timedelta(days=n)).isoformat() for n in range(40)]
    pages = answers("housing")
    del pages["you"]
    walk(client, pages)
    here = f"{NEW}when/"
    first = {"first_day": day[0], "last_day": day[10]}
    wrong = client.post(here, {**first, "second_first_day": day[10], "second_last_day": day[20]})
    assert "commence après la fin" in errors_of(wrong)["second_first_day"][0]
    wrong = client.post(here, {**first, "second_last_day": day[20]})
    assert "second_first_day" in errors_of(wrong)
    wrong = client.post(here, {**first, "second_first_day": day[20], "second_last_day": day[11]})
    assert "second_last_day" in errors_of(wrong)
    wrong = client.post(here, {"first_day": day[0], "open_ended": "on", "second_first_day": day[20]})
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


def test_consent_of_somebody_signed_in_is_asked_on_the_last_page(
    city: City, citizen: User, as_user: SignIn, answers: Answers, walk: Step, send: Step
) -> None:
    client = as_user(citizen)
    pages = answers("goods")
    del pages["you"]
    walk(client, pages)
    assert "Sans votre accord" in errors_of(send(client))["consent"][0]
    assert not Offer.objects.exists()


def test_day_that_passed_overnight_is_asked_again(
    city: City, client: Client, answers: Answers, walk: Step, send: Step
) -> None:
    walk(client, answers("housing"))
    session = client.session
    session["offer-draft-strasbourg"]["answers"]["when"]["data"]["first_day"] = ["2020-01-01"]
    session.save()
    response = client.get(CHECK, follow=True)
    assert response.redirect_chain[-1][0] == f"{NEW}when/"
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
