"""Somebody is on the line: one screen for an offer and a need, who is known, and what stands already."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Consent, ContactReading, User
from catalogue.vocabulary import Source
from cities.models import City
from needs.models import Need
from notifications.models import Message, MessageState
from offers.models import Offer, OfferState
from outreach.models import Subscription
from tests.factories.accounts import (
    CityRoleFactory,
    MembershipFactory,
    OrganisationFactory,
    UserFactory,
)
from tests.factories.needs import NeedFactory
from tests.factories.offers import OfferFactory

ENTER, KNOWN = "/strasbourg/appel/", "/strasbourg/appel/connu/"
SignIn = Callable[[User], Client]
Says = Callable[..., dict[str, Any]]


def text_of(response: Any) -> str:
    return response.content.decode()


@pytest.fixture
def call(today: date) -> Says:
    def said(nature: str = "housing", **changes: Any) -> dict[str, Any]:
        answers: dict[str, Any] = {
            "entering": f"offre:{nature}",
            "key": "one-call",
            "phone": "06 12 34 56 78",
            "name": "Mme Martin",
            "commune": "Strasbourg",
            "first_day": today.isoformat(),
            "open_ended": "on",
            "consent": "on",
        }
        answers |= {
            "housing": {
                "category": "shared_room",
                "capacity": "2",
                "notice_days": "0",
                "longest_stay_days": "",
            },
            "goods": {
                "item": "vélo",
                "capacity": "1",
                "reach_km": "0",
                "condition": "good",
                "hand_over": "collected",
            },
            "skill": {"category": "french_lessons", "capacity": "2", "reach_km": "5", "languages": ["fr"]},
        }[nature]
        return {name: value for name, value in (answers | changes).items() if value is not None}

    return said


# --- Entering for a caller -----------------------------------------------------------------------------


@pytest.mark.parametrize("nature", ["housing", "goods", "skill"])
def test_operator_enters_what_a_caller_says(
    city: City, operator: User, as_user: SignIn, call: Says, nature: str
) -> None:
    client = as_user(operator)
    assert client.get(ENTER, {"entering": f"offre:{nature}"}).status_code == 200
    response = client.post(ENTER, call(nature))
    assert response.status_code == 302, response.context["form"].errors
    offer = Offer.objects.get()
    assert (offer.kind, offer.state, offer.source) == (nature, OfferState.ACTIVE, Source.PHONE)
    assert (offer.entered_by, offer.owner.name) == (operator, "Mme Martin")
    assert str(offer.owner.phone) == "+33612345678"
    assert offer.title.endswith("Strasbourg")
    consent = Consent.objects.get()
    assert (consent.how, consent.recorded_by, consent.user) == ("phone", operator, offer.owner)
    assert offer.reference in text_of(client.get(response["Location"]))


def test_call_sent_twice_is_one_offer(city: City, operator: User, as_user: SignIn, call: Says) -> None:
    client = as_user(operator)
    client.post(ENTER, call())
    client.post(ENTER, call())
    assert Offer.objects.count() == 1
    client.post(ENTER, call(key="another-call", not_a_duplicate="on"))
    assert Offer.objects.count() == 2


def test_known_caller_is_found_by_number_and_the_reading_kept(
    city: City, operator: User, as_user: SignIn, call: Says
) -> None:
    martin = UserFactory(phone="+33612345678", email=None, name="Mme Martin")
    offer = OfferFactory(city=city, owner=martin)
    elsewhere = OfferFactory(owner=martin)
    client = as_user(operator)
    response = client.post(ENTER, call(look_up="1", name="", text="La chambre est au fond"))
    page = text_of(response)
    assert response.status_code == 200
    assert "Mme Martin" in page
    assert offer.reference in page
    assert elsewhere.reference not in page
    assert "La chambre est au fond" in page
    assert not response.context["form"].errors
    assert ContactReading.objects.get().subject == martin


def test_unknown_caller_is_said_to_be_unknown(
    city: City, operator: User, as_user: SignIn, call: Says
) -> None:
    page = text_of(as_user(operator).post(ENTER, call(look_up="1")))
    assert "Personne n’est connu" in page


def test_the_same_thing_again_asks_first(city: City, operator: User, as_user: SignIn, call: Says) -> None:
    martin = UserFactory(phone="+33612345678", email=None, name="Mme Martin")
    OfferFactory(city=city, owner=martin)
    client = as_user(operator)
    response = client.post(ENTER, call())
    assert response.status_code == 422
    assert "not_a_duplicate" in response.context["form"].errors
    assert client.post(ENTER, call(not_a_duplicate="on")).status_code == 302
    assert client.post(ENTER, call("goods", key="k2")).status_code == 302
    assert Offer.objects.filter(owner=martin).count() == 3


def test_changing_the_kind_keeps_what_was_typed(
    city: City, operator: User, as_user: SignIn, call: Says
) -> None:
    response = as_user(operator).post(ENTER, call(switch="offre:skill", text="Le mardi", name=""))
    page = text_of(response)
    assert response.status_code == 200
    assert "06 12 34 56 78" in page
    assert "Le mardi" in page
    assert "Cours de français" in page
    assert not response.context["form"].errors


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"phone": "12"}, "phone"),
        ({"phone": "", "email": ""}, "email"),
        ({"email": "nulle part"}, "email"),
        ({"name": ""}, "name"),
        ({"category": ""}, "category"),
        ({"capacity": "0"}, "capacity"),
        ({"commune": "Nullepart"}, "commune"),
        ({"first_day": "2020-01-01"}, "first_day"),
        ({"open_ended": None}, "last_day"),
        ({"consent": None}, "consent"),
    ],
)
def test_wrong_entry_is_explained_and_kept(
    city: City,
    operator: User,
    as_user: SignIn,
    call: Says,
    changes: dict[str, Any],
    field: str,
) -> None:
    response = as_user(operator).post(ENTER, call(**changes, text="Ce qu’elle a dit"))
    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    assert "Ce qu’elle a dit" in text_of(response)
    assert not Offer.objects.exists()


def test_interpreter_needs_languages_on_the_long_page_too(
    city: City, operator: User, as_user: SignIn, call: Says
) -> None:
    client = as_user(operator)
    response = client.post(ENTER, call("skill", category="interpreting"))
    assert set(response.context["form"].errors) == {"languages_from", "languages_to"}
    client.post(ENTER, call("skill", category="interpreting", languages_from=["ti"], languages_to=["fr"]))
    assert Offer.objects.get().languages == ["fr", "ti"]


# --- A need --------------------------------------------------------------------------------------------


@pytest.fixture
def need_said(today: date) -> Says:
    def said(nature: str = "goods", **changes: Any) -> dict[str, Any]:
        answers: dict[str, Any] = {
            "entering": f"besoin:{nature}",
            "whom": "caller",
            "caller_name": "Amina",
            "caller_phone": "06 12 34 56 78",
            "caller_agrees": "on",
            "urgency": "this_week",
            "first_day": today.isoformat(),
            "last_day": today.isoformat(),
            "commune": "Strasbourg",
            "reach_km": "10",
            "shared_home_ok": "on",
        }
        answers |= {
            "housing": {"adult_women": "1", "children_3_to_11": "2"},
            "goods": {"items": "couette 140", "quantity": "2", "people": "1"},
            "skill": {"category": "french_lessons", "quantity": "2", "people": "1", "rhythm": "weekly"},
        }[nature]
        return {name: value for name, value in (answers | changes).items() if value is not None}

    return said


@pytest.mark.parametrize("nature", ["housing", "goods", "skill"])
def test_operator_enters_what_a_caller_needs(
    city: City, operator: User, as_user: SignIn, need_said: Says, nature: str
) -> None:
    client = as_user(operator)
    assert client.get(ENTER, {"entering": f"besoin:{nature}"}).status_code == 200
    response = client.post(ENTER, need_said(nature))
    assert response.status_code == 302, response.context["form"].errors
    need = Need.objects.get()
    assert (need.kind, need.source, need.entered_by) == (nature, Source.PHONE, operator)
    assert need.person is not None
    assert need.person.name == "Amina"
    assert Consent.objects.get().how == "phone"
    assert need.reference in text_of(client.get(response["Location"]))


def test_from_an_offer_to_a_need_what_was_typed_stays(
    city: City, operator: User, as_user: SignIn, call: Says
) -> None:
    client = as_user(operator)
    page = client.post(ENTER, call(switch="besoin:goods", name="Amina", text="Pour l’hiver"))
    form = page.context["form"]
    assert (form["caller_phone"].value(), form["caller_name"].value()) == ("06 12 34 56 78", "Amina")
    assert form["text"].value() == "Pour l’hiver"
    assert not form.errors
    back = client.post(ENTER, {"entering": "besoin:goods", "switch": "offre:goods", "caller_name": "Amina"})
    assert back.context["form"]["name"].value() == "Amina"


def test_looking_up_keeps_the_things_that_were_named(
    city: City, operator: User, as_user: SignIn, need_said: Says
) -> None:
    page = text_of(as_user(operator).post(ENTER, need_said(look_up="1")))
    assert "couette 140" in page


# --- Who is known, and what stands already -------------------------------------------------------------


def test_a_known_caller_fills_in_what_was_not_typed(
    city: City, operator: User, as_user: SignIn, call: Says
) -> None:
    known = UserFactory(phone="+33612345678", email="martin@exemple.fr", name="Mme Martin")
    OfferFactory(city=city, owner=known)
    client = as_user(operator)
    form = client.post(ENTER, call(look_up="1", name="", email="")).context["form"]
    assert (form["name"].value(), form["email"].value()) == ("Mme Martin", "martin@exemple.fr")
    form = client.post(ENTER, call(look_up="1", name="Josette M.")).context["form"]
    assert form["name"].value() == "Josette M."


def test_while_typing_the_boxes_are_filled_and_one_reading_is_kept(
    city: City, operator: User, as_user: SignIn, call: Says
) -> None:
    known = UserFactory(phone="+33612345678", email=None, name="Mme Martin")
    NeedFactory(city=city, for_person=known)
    client = as_user(operator)
    assert "Mme Martin" not in text_of(client.post(KNOWN, call(phone="06 12", name="")))
    for _again in range(3):
        page = text_of(client.post(KNOWN, call(name="", commune="", category="")))
    assert 'value="Mme Martin"' in page
    assert 'hx-swap-oob="true"' in page
    assert "une réponse est à revoir" not in page.lower()
    assert ContactReading.objects.count() == 1


def test_another_name_stops_the_operator_before_anything_is_shown(
    city: City, operator: User, as_user: SignIn, call: Says
) -> None:
    jeanne = UserFactory(phone="+33612345678", email="jeanne@exemple.fr", name="Jeanne Roy")
    offer = OfferFactory(city=city, owner=jeanne)
    client = as_user(operator)
    for page in (client.post(KNOWN, call(name="Paul")), client.post(ENTER, call(name="Paul"))):
        text = text_of(page)
        assert "Ce numéro est déjà celui de Jeanne Roy. C’est bien cette personne" in text
        assert offer.reference not in text
        assert "jeanne@exemple.fr" not in text
    assert Offer.objects.count() == 1
    assert not ContactReading.objects.exists()
    # It is her.
    page = text_of(client.post(ENTER, call(name="Paul", who=str(jeanne.pk))))
    assert offer.reference in page
    assert 'value="Jeanne Roy"' in page
    # It is somebody else, who shares the number.
    assert client.post(ENTER, call(name="Paul", is_another="on")).status_code == 302
    paul = Offer.objects.exclude(owner=jeanne).get().owner
    assert (paul.name, paul.proven_phone) == ("Paul", jeanne.phone)


def test_who_shares_a_number_is_asked_for(
    city: City, operator: User, as_user: SignIn, need_said: Says
) -> None:
    for name in ("Amina", "Omar"):
        NeedFactory(city=city, for_person=UserFactory(phone="+33612345678", email=None, name=name))
    client = as_user(operator)
    page = text_of(client.post(KNOWN, need_said(caller_name="")))
    assert "Ce numéro est déjà celui de Amina / Omar" in page
    assert client.post(ENTER, need_said(caller_name="Omar")).status_code == 302
    assert Need.objects.filter(person__name="Omar").count() == 2


def test_a_number_that_nobody_has_proven_finds_nobody(
    city: City, operator: User, as_user: SignIn, call: Says
) -> None:
    thief = UserFactory(phone="+33612345678", phone_proof="", name="Mme Martin")
    OfferFactory(city=city, owner=thief)
    client = as_user(operator)
    assert "Personne n’est connu" in text_of(client.post(ENTER, call(look_up="1")))
    client.post(ENTER, call())
    assert Offer.objects.latest("pk").owner != thief


def of_another_town(person: User, city: City) -> None:
    OfferFactory(owner=person)
    NeedFactory(for_person=person)
    MembershipFactory(user=person)
    CityRoleFactory(user=person)
    Subscription.objects.create(city=city, person=person, language="fr", asked_at=timezone.now())


def test_of_whoever_has_to_do_with_other_towns_alone_nothing_is_said(
    city: City, operator: User, as_user: SignIn, call: Says
) -> None:
    stranger = UserFactory(phone="+33612345678", email="martin@exemple.fr", name="Mme Martin")
    of_another_town(stranger, city)
    client = as_user(operator)
    for said in ({"look_up": "1"}, {"commune": ""}):  # looked up, and sent with a mistake
        page = client.post(ENTER, call(name="", email="", **said))
        assert "Mme Martin" not in text_of(page)
        assert "martin@exemple.fr" not in text_of(page)
    assert "Mme Martin" not in text_of(client.post(KNOWN, call(name="", email="")))
    assert not ContactReading.objects.exists()
    # What is saved is of somebody whom this town knows by the number, and nothing is learnt of the other.
    page = client.post(ENTER, call(name="Mme Martin"), follow=True)
    owner = Offer.objects.get(city=city).owner
    assert owner != stranger
    assert (owner.proven_phone, owner.email) == (stranger.phone, None)
    assert "martin@exemple.fr" not in text_of(page)


WAYS: dict[str, Callable[[User, City], Any]] = {
    "offer": lambda person, city: OfferFactory(city=city, owner=person),
    "need": lambda person, city: NeedFactory(city=city, for_person=person),
    "association": lambda person, city: MembershipFactory(user=person, organisation__city=city),
    "role": lambda person, city: CityRoleFactory(user=person, city=city),
    "letter": lambda person, city: Subscription.objects.create(
        city=city, person=person, language="fr", asked_at=timezone.now(), confirmed_at=timezone.now()
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_who_has_to_do_with_the_town_in_any_way_is_known(
    city: City, operator: User, as_user: SignIn, call: Says, way: str
) -> None:
    WAYS[way](UserFactory(phone="+33612345678", name="Mme Martin"), city)
    assert "Mme Martin" in text_of(as_user(operator).post(KNOWN, call(name="")))


def test_an_operator_looks_up_so_many_a_minute_and_saves_all_the_same(
    city: City, operator: User, as_user: SignIn, call: Says, settings: Any
) -> None:
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"caller_look_up": "2/m/user"}
    OfferFactory(city=city, owner=UserFactory(phone="+33612345678", name="Mme Martin"))
    client = as_user(operator)
    for _unfinished in range(3):
        client.post(KNOWN, call(phone="06 12", name=""))
    for _within in range(2):
        assert "Mme Martin" in text_of(client.post(KNOWN, call(name="")))
    for url, said in ((KNOWN, {}), (ENTER, {"look_up": "1"}), (ENTER, {"commune": ""})):
        page = text_of(client.post(url, call(name="", **said)))
        assert "Mme Martin" not in page
        assert "Trop de recherches à la fois" in page
    colleague = as_user(CityRoleFactory(city=city, role="operator").user)
    assert "Mme Martin" in text_of(colleague.post(KNOWN, call(name="")))
    assert as_user(operator).post(ENTER, call()).status_code == 302


def test_a_double_of_the_caller_appears_while_typing(
    city: City, operator: User, as_user: SignIn, need_said: Says
) -> None:
    amina = UserFactory(phone="+33612345678", email=None, name="Amina")
    today = date.fromisoformat(need_said()["first_day"])
    days = {"first_day": today, "last_day": today}
    same = NeedFactory(city=city, for_person=amina, goods=True, **days)
    past = NeedFactory(city=city, for_person=amina, goods=True, state="withdrawn", **days)
    client = as_user(operator)
    found = client.post(KNOWN, need_said()).context
    assert found["doubles"] == [same]
    assert same.reference in text_of(client.post(KNOWN, need_said()))
    assert past.reference not in text_of(client.post(KNOWN, need_said()))
    assert not client.post(KNOWN, need_said(items="vélo")).context["doubles"]
    assert not client.post(KNOWN, need_said(caller_phone="06 98 76 54 32")).context["doubles"]


def test_without_a_script_a_double_is_asked_about_on_sending(
    city: City, operator: User, as_user: SignIn, need_said: Says
) -> None:
    client = as_user(operator)
    assert client.post(ENTER, need_said()).status_code == 302
    asked = client.post(ENTER, need_said())
    assert asked.status_code == 422
    assert "not_a_duplicate" in asked.context["form"].errors
    assert client.post(ENTER, need_said(not_a_duplicate="on")).status_code == 302
    assert Need.objects.count() == 2


def test_the_same_room_at_the_same_address_is_a_double_of_another_caller(
    city: City, operator: User, as_user: SignIn, call: Says
) -> None:
    OfferFactory(city=city, commune=city.seat, address="3 rue des Tonneliers")
    client = as_user(operator)
    assert client.post(KNOWN, call(address=" 3 Rue des tonneliers")).context["doubles"]
    assert not client.post(KNOWN, call(address="5 rue des Tonneliers")).context["doubles"]


def test_an_association_that_rings_is_told_of_its_own_need(
    city: City, operator: User, as_user: SignIn, need_said: Says
) -> None:
    association = OrganisationFactory(city=city, verified=True)
    client = as_user(operator)
    said = need_said("housing", whom=str(association.pk), caller_phone="", caller_agrees=None)
    assert client.post(ENTER, said).status_code == 302
    assert client.post(ENTER, said).status_code == 422
    assert client.post(ENTER, {**said, "adult_women": "2"}).status_code == 302
    assert client.post(ENTER, {**said, "case_reference": "A-12"}).status_code == 422
    assert client.post(ENTER, {**said, "case_reference": "A-12", "not_a_duplicate": "on"}).status_code == 302
    Need.objects.filter(case_reference="").update(case_reference="A-11")
    assert client.post(ENTER, {**said, "case_reference": "A-13"}).status_code == 302


# --- The receipt ---------------------------------------------------------------------------------------


def test_who_is_on_the_line_is_not_called_with_a_receipt(
    city: City, operator: User, as_user: SignIn, call: Says, need_said: Says
) -> None:
    client = as_user(operator)
    client.post(ENTER, call())
    client.post(ENTER, need_said(caller_name="Mme Martin"))
    receipts = Message.objects.order_by("pk")
    assert [(one.channel, one.state, one.called_by) for one in receipts] == [
        ("call", MessageState.SENT, operator)
    ] * 2


def test_who_gave_an_address_has_the_receipt_in_writing(
    city: City, operator: User, as_user: SignIn, call: Says
) -> None:
    as_user(operator).post(ENTER, call(email="martin@exemple.fr"))
    receipt = Message.objects.get()
    assert receipt.channel == "email"
    assert receipt.called_by is None


def test_the_old_address_leads_here(city: City, operator: User, as_user: SignIn) -> None:
    assert as_user(operator).get("/strasbourg/propositions/saisir/")["Location"] == ENTER
