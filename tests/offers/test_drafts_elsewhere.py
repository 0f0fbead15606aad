"""A draft goes on in another browser by its link, and on the phone by its number."""

import re
import threading
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from accounts.models import Consent, User
from catalogue.vocabulary import Source
from cities.models import City
from offers import intake, services
from offers.models import Offer, OfferState, SharedDraft
from offers.wizard import Draft
from tests.factories.accounts import CityRoleFactory
from tests.factories.cities import CityFactory
from tests.matching.locks import waiting_for_us
from tests.offers.conftest import CHECK, NEW, YOU
from town.models import AuditRow

Answers = Callable[..., dict[str, dict[str, Any]]]
Step = Callable[..., Any]
SignIn = Callable[[User], Client]
DEVICE, ENTER = f"{NEW}autre-appareil/", "/strasbourg/appel/"


def text_of(response: Any) -> str:
    return response.content.decode()


@pytest.fixture
def begun(city: City, answers: Answers, walk: Step) -> Client:
    """A visitor's browser with all questions about a room answered."""
    client = Client()
    walk(client, answers("housing"))
    return client


def shared_by(client: Client) -> tuple[SharedDraft, str]:
    """The draft after the button was pressed, and the path of its link."""
    assert client.post(DEVICE)["Location"] == DEVICE
    page = client.get(DEVICE)
    assert page.context["shared"].said in text_of(page)
    return page.context["shared"], re.sub(r"^https?://[^/]+", "", page.context["link"])


def test_another_browser_goes_on_with_what_was_typed(begun: Client, send: Step) -> None:
    begun.post(CHECK, {**YOU, "go": "device"})  # what stands on the last page goes along
    shared, link = shared_by(begun)
    other = Client()
    asked = other.get(link)
    assert "Continuer ici" in text_of(asked)
    assert not {word for word in (YOU["name"], YOU["email"], "12 rue des Invités") if word in text_of(asked)}
    assert not other.session.keys(), "nothing is taken over before the button is pressed"
    assert other.post(link)["Location"] == CHECK
    there = other.get(CHECK)
    assert there.context["form"]["name"].value() == YOU["name"]
    assert "12 rue des Invités" in text_of(there)
    assert shared.number not in text_of(there)


def test_a_draft_is_the_same_in_both_browsers_and_is_sent_once(begun: Client, send: Step) -> None:
    _shared, link = shared_by(begun)
    other = Client()
    other.post(link)
    changed = other.post(f"{NEW}guests/", {"capacity": "5", "accepts": ["women"]})
    assert changed.status_code == 302, changed.context["form"].errors
    assert begun.get(f"{NEW}guests/").context["form"]["capacity"].value() == "5"
    send(other)
    offer = Offer.objects.get()
    assert offer.capacity == 5
    assert not SharedDraft.objects.exists(), "sent, it is kept nowhere else"
    receipt = f"/strasbourg/propositions/{offer.reference}/envoyee/"
    assert begun.get(CHECK)["Location"] == receipt
    assert offer.reference in text_of(begun.get(receipt))
    assert Offer.objects.count() == 1


def test_consent_is_asked_anew_in_each_browser(begun: Client) -> None:
    begun.post(CHECK, {**YOU, "go": "device"})
    _shared, link = shared_by(begun)
    other = Client()
    assert "verra ce que vous écrivez" in text_of(other.get(link))
    other.post(link)
    for client in (other, begun):
        form = client.get(CHECK).context["form"]
        assert form["name"].value() == YOU["name"]
        assert not form["consent"].value()
        client.post(CHECK, {**YOU, "go": "device"})  # what is ticked here is ticked nowhere else


def test_a_page_that_looks_again_leads_to_the_receipt_as_a_whole(begun: Client, send: Step) -> None:
    _shared, link = shared_by(begun)
    other = Client()
    other.post(link)
    send(other)
    asked_again = begun.get(DEVICE, headers={"HX-Request": "true"})
    receipt = f"/strasbourg/propositions/{Offer.objects.get().reference}/envoyee/"
    assert (asked_again.status_code, asked_again["HX-Redirect"]) == (200, receipt)
    assert "déjà envoyée" in text_of(begun.get(receipt))


def test_what_is_shared_twice_is_one_row_and_anew_once_it_is_over(city: City) -> None:
    key, now = str(uuid.uuid4()), timezone.now()
    first = services.share(city=city, key=key, answers={"key": key}, now=now)
    assert services.share(city=city, key=key, answers={"key": key}, now=now) == first
    assert services.share(city=CityFactory(), key=key, answers={"key": key}, now=now) != first
    anew = services.share(city=city, key=key, answers={"key": key}, now=first.ends_at)
    assert (anew != first, SharedDraft.objects.filter(city=city).count()) == (True, 1)


@pytest.mark.django_db(transaction=True)
def test_a_button_pressed_twice_at_once_makes_one_link(at_once: Callable[..., list[Any]]) -> None:
    city, key, now = CityFactory(), str(uuid.uuid4()), timezone.now()

    def press() -> SharedDraft:
        return services.share(city=city, key=key, answers={"key": key}, now=now)

    assert at_once(press, press, press) == [SharedDraft.objects.get()] * 3


def test_a_link_taken_twice_is_one_draft_and_leaves_the_others(
    begun: Client, answers: Answers, walk: Step
) -> None:
    _shared, link = shared_by(begun)
    other = Client()
    walk(other, answers("goods"))
    assert other.post(link)["Location"] == other.post(link)["Location"] == f"{CHECK}?brouillon=2"
    assert "Couette" in other.get(CHECK).context["offer"].title


@pytest.mark.parametrize("change", ["over", "cut", "another town", "sent"])
def test_a_link_that_is_over_or_cut_opens_nothing(begun: Client, send: Step, change: str) -> None:
    _shared, link = shared_by(begun)
    if change == "over":
        SharedDraft.objects.update(ends_at=timezone.now())
    elif change == "cut":
        link = link[:-2] + "/"
    elif change == "another town":
        CityFactory(slug="grenoble")
        link = link.replace("strasbourg", "grenoble")
    else:
        send(begun)
    other = Client()
    status = 404 if change == "cut" else 410
    assert other.get(link).status_code == status
    assert other.post(link).status_code == status
    assert not any(key.startswith("offer-drafts") for key in other.session.keys())  # noqa: SIM118 - a session


def test_what_is_typed_of_a_question_is_kept_when_one_goes_elsewhere(
    city: City, answers: Answers, walk: Step
) -> None:
    client = Client()
    walk(client, answers("housing"), until="where")
    response = client.post(f"{NEW}guests/", {"capacity": "many", "go": "device"})
    assert response["Location"] == DEVICE
    page = client.get(DEVICE)
    assert "Obtenir le lien et le numéro" in text_of(page)
    assert not SharedDraft.objects.exists(), "a page that is opened makes nothing"
    assert page.context["back_url"] == f"{NEW}guests/"
    assert client.get(f"{NEW}guests/").context["form"]["capacity"].value() == "many"


@pytest.mark.parametrize("question", ["kind", "category"])
def test_a_question_of_buttons_keeps_its_answer_when_one_goes_elsewhere(begun: Client, question: str) -> None:
    here = f"{NEW}?brouillon=1" if question == "kind" else f"{NEW}{question}/"
    assert begun.post(here, {"go": "device", "draft": "1"})["Location"] == DEVICE
    assert begun.get(CHECK).context["offer"].category == "shared_room"


def test_where_it_was_begun_one_asks_for_the_code_of_what_was_sent_elsewhere(
    begun: Client, send: Step, mailoutbox: list[Any]
) -> None:
    _shared, link = shared_by(begun)
    other = Client()
    other.post(link)
    send(other)
    receipt = begun.get(CHECK)["Location"]
    assert "Demander un code" in text_of(begun.get(receipt))
    mailoutbox.clear()
    begun.post(receipt, {"again": "1"})
    assert len(mailoutbox) == 1
    assert 'name="code"' in text_of(begun.get(receipt))


def test_without_a_draft_there_is_nothing_to_hand_on(city: City) -> None:
    assert Client().get(DEVICE)["Location"] == NEW
    assert Client().post(DEVICE)["Location"] == NEW


def test_links_are_made_so_often_and_no_more(begun: Client, settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"share_draft": "1/h/ip"}
    shared_by(begun)
    SharedDraft.objects.all().delete()
    begun.post(DEVICE)
    assert not SharedDraft.objects.exists()
    assert "Trop de liens" in text_of(begun.get(DEVICE))


def test_it_is_sealed_and_forgotten_in_time(begun: Client) -> None:
    begun.post(CHECK, {**YOU, "go": "device"})
    shared, _link = shared_by(begun)
    with connection.cursor() as cursor:
        cursor.execute("SELECT answers FROM offers_shareddraft")
        assert YOU["name"] not in cursor.fetchone()[0]
    assert services.forget_ended(by=None, now=shared.ends_at - timedelta(minutes=1)) == 0
    assert services.forget_ended(by=None, now=shared.ends_at) == 1
    assert begun.get(CHECK).status_code == 200, "its own browser has it still"


# --- On the phone --------------------------------------------------------------------------------------


def test_an_operator_goes_on_with_the_number_that_is_read_out(
    begun: Client, operator: User, as_user: SignIn
) -> None:
    begun.post(CHECK, {**YOU, "go": "device"})
    shared, _link = shared_by(begun)
    desk = as_user(operator)
    taken = desk.post(ENTER, {"take_up": "1", "draft_number": f" {shared.said} "})
    form = taken.context["form"]
    values = {name: form[name].value() for name in ("category", "capacity", "notice_days", "name", "phone")}
    assert values == {
        "category": "shared_room",
        "capacity": "3",
        "notice_days": "1",
        "name": YOU["name"],
        "phone": YOU["phone"],
    }
    assert not form["consent"].value(), "they hear it themselves"
    assert "a repris vos réponses" in text_of(begun.get(CHECK))
    assert "a repris vos réponses" in text_of(begun.get(DEVICE))
    noted = AuditRow.objects.filter(table="offers_shareddraft")
    assert [(row.actor, row.reference) for row in noted] == [(operator.pk, shared.number)]

    entered = desk.post(ENTER, typed(taken) | {"consent": "on"})
    assert entered.status_code == 302, entered.context["form"].errors
    offer = Offer.objects.get()
    assert (offer.state, offer.source, offer.entered_by) == (OfferState.ACTIVE, Source.PHONE, operator)
    assert (offer.capacity, offer.accepts, offer.languages) == (3, ["women", "families"], ["fr", "ar", "ti"])
    # The browser in which it was begun leads to what it became, and sends no second one.
    assert begun.post(CHECK, {**YOU, "key": "x"})["Location"].endswith(f"/{offer.reference}/envoyee/")
    assert Offer.objects.count() == 1


def test_who_waits_for_an_operator_in_vain_may_send_it(
    begun: Client, operator: User, as_user: SignIn
) -> None:
    shared, _link = shared_by(begun)
    as_user(operator).post(ENTER, {"take_up": "1", "draft_number": shared.number})
    SharedDraft.objects.update(taken_at=timezone.now() - timedelta(minutes=29))
    assert "Ne les envoyez pas vous-même" in text_of(begun.get(CHECK))
    SharedDraft.objects.update(taken_at=timezone.now() - timedelta(minutes=30))
    for page in (CHECK, DEVICE, f"{NEW}guests/"):
        said = text_of(begun.get(page))
        assert "pouvez les envoyer vous-même" in said
        assert "Ne les envoyez pas" not in said


HEARD = {"name": "Camille", "phone": "0612345678", "consent": "on"}


def test_of_two_operators_who_took_one_draft_the_second_is_led_to_what_the_first_entered(
    begun: Client, operator: User, coordinator: User
) -> None:
    shared, _link = shared_by(begun)
    first, second = Client(), Client()
    first.force_login(operator)
    second.force_login(coordinator)
    pages = [desk.post(ENTER, {"take_up": "1", "draft_number": shared.number}) for desk in (first, second)]
    entered = first.post(ENTER, typed(pages[0]) | HEARD)
    offer = Offer.objects.get()
    assert "Enregistrée" in text_of(first.get(entered["Location"]))
    assert not SharedDraft.objects.exists(), "though somebody else has taken it over since"
    said = second.post(ENTER, typed(pages[1]) | HEARD | {"capacity": "9"})
    assert said["Location"] == f"/strasbourg/propositions/{offer.reference}/"
    shown = text_of(second.get(said["Location"]))
    assert "a déjà enregistré ce brouillon" in shown
    assert "Enregistrée" not in shown
    assert (Offer.objects.get().capacity, Offer.objects.get().entered_by) == (3, operator)
    # The same button, pressed twice by whoever entered it.
    assert first.post(ENTER, typed(pages[0]) | HEARD)["Location"] == entered["Location"]
    assert "Enregistrée" in text_of(first.get(entered["Location"]))


def test_no_number_ends_the_draft_of_another_key(begun: Client, city: City) -> None:
    shared, _link = shared_by(begun)
    for key in (str(uuid.uuid4()), "x", ""):
        services.end_taken(city=city, number=shared.number, key=key)
    services.end_taken(city=CityFactory(), number=shared.number, key=str(shared.key))
    assert SharedDraft.objects.get() == shared


@pytest.mark.django_db(transaction=True)
def test_who_sends_it_while_the_operator_saves_is_believed(
    begun: Client,
    operator: User,
    as_user: SignIn,
    at_once: Callable[..., list[Any]],
    eventually: Callable[..., Any],
) -> None:
    begun.post(CHECK, {**YOU, "go": "device"})
    shared, _link = shared_by(begun)
    desk = as_user(operator)
    taken = desk.post(ENTER, {"take_up": "1", "draft_number": shared.number})
    entered, is_sent = typed(taken) | HEARD | {"capacity": "9", "phone": "0798765432"}, threading.Event()
    entered.pop("email", None)
    draft = Draft.of_shared(shared, city=shared.city, today=timezone.localdate())

    def person() -> Offer:
        with transaction.atomic():
            offer = intake.receive(
                city=shared.city,
                contact={"name": YOU["name"], "email": YOU["email"], "phone": None},
                language="fr",
                fields=draft.offer_fields(),
                windows=draft.periods(),
                external_key=draft.external_key,
                by=None,
                now=timezone.now(),
            )
            is_sent.set()
            eventually(waiting_for_us)
        return offer

    def saves() -> Any:
        is_sent.wait(30)
        return desk.post(ENTER, entered)

    offer, said = at_once(person, saves)
    assert said["Location"] == f"/strasbourg/propositions/{offer.reference}/"
    shown = text_of(desk.get(said["Location"]))
    assert "vient d’envoyer" in shown
    assert "Enregistrée" not in shown
    kept = Offer.objects.get()
    assert (kept.capacity, kept.state) == (3, OfferState.UNCONFIRMED)
    assert set(Consent.objects.values_list("user", "how")) == {(kept.owner_id, Consent.How.WEB)}
    assert not User.objects.filter(phone="+33798765432").exists(), "nothing of the call is written"


def typed(page: Any) -> dict[str, Any]:
    """What a browser sends of the operator's page as it stands."""
    form = page.context["form"]
    data: dict[str, Any] = {name: page.context[name] for name in ("entering", "key", "taken")}
    for field in re.finditer(r"<(input|select|textarea)\b[^>]*>", text_of(page)):
        tag = field.group()
        name = re.search(r'name="([^"]+)"', tag)
        if not name or name[1] not in form.fields or ("checkbox" in tag and "checked" not in tag):
            continue
        value = re.search(r'value="([^"]*)"', tag)
        if field[1] == "input" and value:
            data.setdefault(name[1], []).append(value[1])
        elif field[1] == "select":
            data[name[1]] = form[name[1]].value()
    data["slots_other"] = data["languages_other"] = ""
    data["languages"] = [*data.get("languages", []), "ti"]
    return {name: value for name, value in data.items() if value is not None}


@pytest.mark.parametrize("kind", ["goods", "skill"])
def test_answers_of_each_kind_reach_the_operator(
    city: City, operator: User, as_user: SignIn, answers: Answers, walk: Step, kind: str
) -> None:
    client = Client()
    walk(client, answers(kind))
    shared, _link = shared_by(client)
    page = as_user(operator).post(ENTER, {"take_up": "1", "draft_number": shared.number})
    form = page.context["form"]
    assert page.context["entering"] == f"offre:{kind}"
    assert form["capacity"].value() == ("10" if kind == "goods" else "2")
    if kind == "goods":
        assert (form["reach_km"].value(), form["open_ended"].value()) == ("10", True)
    else:
        assert form["languages_from"].value() == ["ti"]


def test_who_sends_it_meanwhile_is_believed(
    begun: Client, operator: User, as_user: SignIn, send: Step
) -> None:
    shared, _link = shared_by(begun)
    desk = as_user(operator)
    taken = desk.post(ENTER, {"take_up": "1", "draft_number": shared.number})
    send(begun)
    offer = Offer.objects.get()
    said = desk.post(
        ENTER, typed(taken) | {"capacity": "9", "name": "Camille", "phone": "0612345678", "consent": "on"}
    )
    assert said["Location"] == f"/strasbourg/propositions/{offer.reference}/"
    assert "vient d’envoyer" in text_of(desk.get(said["Location"]))
    offer.refresh_from_db()
    assert (offer.capacity, Offer.objects.count()) == (3, 1)


@pytest.mark.parametrize("change", ["none", "over", "another town", "empty"])
def test_a_number_of_nothing_here_tells_nothing(
    begun: Client, operator: User, as_user: SignIn, change: str
) -> None:
    shared, _link = shared_by(begun)
    number, who = shared.number, operator
    if change == "none":
        number = f"{(int(number) + 1) % 10**6:06}"
    elif change == "over":
        SharedDraft.objects.update(ends_at=timezone.now())
    elif change == "empty":
        number = ""
    else:
        who = CityRoleFactory(city=CityFactory(slug="grenoble"), role="operator").user
    address = ENTER.replace("strasbourg", "grenoble") if change == "another town" else ENTER
    page = as_user(who).post(address, {"take_up": "1", "draft_number": number, "name": "Mme Martin"})
    assert page.status_code == 422
    assert "Aucun brouillon de votre ville" in text_of(page)
    assert page.context["form"]["name"].value() == "Mme Martin", "nothing that was typed is lost"
    assert SharedDraft.objects.get().taken_at is None


def test_numbers_are_tried_so_often_and_no_more(
    begun: Client, operator: User, as_user: SignIn, settings: Any
) -> None:
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"take_up_draft": "1/m/key"}
    shared, _link = shared_by(begun)
    desk = as_user(operator)
    desk.post(ENTER, {"take_up": "1", "draft_number": "000000" if shared.number != "000000" else "000001"})
    page = desk.post(ENTER, {"take_up": "1", "draft_number": shared.number})
    assert "Trop de numéros" in text_of(page)
    assert SharedDraft.objects.get().taken_at is None


def test_nobody_but_the_desk_asks_for_a_number(begun: Client, citizen: User, as_user: SignIn) -> None:
    shared, _link = shared_by(begun)
    assert as_user(citizen).post(ENTER, {"take_up": "1", "draft_number": shared.number}).status_code == 404
