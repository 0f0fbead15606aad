"""The pages of needs, as a browser without JavaScript uses them."""

import uuid
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.models import Consent, Organisation, Role, User
from catalogue.vocabulary import Source
from cities.models import City
from needs.models import Need, NeedState
from notifications.models import Message
from tests.factories.accounts import CityRoleFactory, MembershipFactory, OrganisationFactory, UserFactory
from tests.factories.cities import CityFactory, CommuneFactory
from tests.factories.needs import NeedFactory

NEW = "/strasbourg/besoins/poster/"
MINE = "/strasbourg/besoins/mes-besoins/"
Answers = Callable[..., dict[str, Any]]
SignIn = Callable[[User], Client]


def text_of(response: Any) -> str:
    return response.content.decode()


def errors_of(response: Any) -> dict[str, list[str]]:
    assert response.status_code == 422
    return dict(response.context["form"].errors)


# --- Posting -------------------------------------------------------------------------------------------


def receipts() -> Any:
    """What was sent, without what stands on the site beside it."""
    return Message.objects.exclude(channel="inapp")


def test_kind_comes_first(as_user: SignIn, member: User) -> None:
    page = text_of(as_user(member).get(NEW))
    for kind in ("housing", "goods", "skill"):
        assert f'href="{NEW}?nature={kind}"' in page
    assert "<form" not in page.split("<main")[1]


@pytest.mark.parametrize("kind", ["housing", "goods", "skill"])
def test_association_posts_a_need(
    as_user: SignIn, member: User, organisation: Organisation, answers: Answers, kind: str
) -> None:
    client = as_user(member)
    assert client.get(NEW, {"nature": kind}).status_code == 200
    response = client.post(NEW, answers(kind, text="Merci de prévenir la veille."))
    need = Need.objects.get()
    assert response.status_code == 302
    assert response["Location"] == f"/strasbourg/besoins/{need.reference}/?recu=1"
    assert (need.organisation, need.person, need.entered_by) == (organisation, None, member)
    assert (need.kind, need.state, need.source) == (kind, NeedState.OPEN, Source.WEB)
    assert need.text == "Merci de prévenir la veille."
    assert need.scan_due_at is not None
    receipt = text_of(client.get(response["Location"]))
    assert "Votre besoin est enregistré" in receipt
    assert need.reference in receipt
    assert receipts().get().recipient == member


@pytest.mark.parametrize(
    ("kind", "changes", "title"),
    [
        ("housing", {}, "Une femme et 2 enfants"),
        ("housing", {"adult_women": "1", "adult_men": "1", "couple": "on"}, "Un couple et 2 enfants"),
        ("housing", {"adult_women": "2", "children_3_to_11": "", "adult_men": "1"}, "2 femmes et un homme"),
        (
            "housing",
            {
                "adult_women": "",
                "children_3_to_11": "0",
                "children_12_to_17": "1",
                "lone_minor": "on",
                "social_worker": "Léa, Toits ouverts",
            },
            "Un mineur isolé",
        ),
        ("goods", {}, "Literie, 10 objets"),
        ("skill", {}, "Interprétariat (tigrigna, français), 2\u00a0h par semaine"),
        ("goods", {"items": "couette"}, "Couette, 10 objets"),
        (
            "goods",
            {"items": "couette", "sizes": ["140", "200"]},
            "Couette, 140\u00a0cm ou 200\u00a0cm, 10 objets",
        ),
        ("goods", {"items": "duvet", "items_2": "couverture"}, "Couette ou couverture, 10 objets"),
        ("goods", {"items": "coussinette"}, "Coussinette, 10 objets"),
        ("goods", {"title": "Dix couettes"}, "Dix couettes"),
    ],
)
def test_title_left_empty_is_composed(
    as_user: SignIn, member: User, answers: Answers, kind: str, changes: dict[str, Any], title: str
) -> None:
    as_user(member).post(NEW, answers(kind, **changes))
    assert Need.objects.get().title == title


def test_tonight_needs_no_days(as_user: SignIn, member: User, answers: Answers, today: date) -> None:
    as_user(member).post(NEW, answers("housing", urgency="tonight", first_day="", last_day=""))
    need = Need.objects.get()
    assert (need.first_day, need.last_day, need.urgency_rank) == (today, today, 0)


def test_days_out_of_order_lose_nothing(as_user: SignIn, member: User, answers: Answers, today: date) -> None:
    sent = answers("goods", last_day=(today - timedelta(days=1)).isoformat(), text="Des couettes chaudes")
    response = as_user(member).post(NEW, sent)
    assert errors_of(response).keys() == {"last_day"}
    page = text_of(response)
    assert "Des couettes chaudes" in page
    assert sent["last_day"] in page
    assert not Need.objects.exists()


WRONG = [
    ("housing", {"commune": "Nullepart-les-Bains"}, "commune"),
    ("housing", {"commune": ""}, "commune"),
    ("housing", {"urgency": ""}, "urgency"),
    ("housing", {"urgency": "yesterday"}, "urgency"),
    ("housing", {"first_day": "2020-01-01"}, "first_day"),
    ("housing", {"first_day": "31/02/2026"}, "first_day"),
    ("housing", {"last_day": ""}, "last_day"),
    ("housing", {"last_day": "2626-01-01"}, "last_day"),
    ("housing", {"min_days": "19"}, "min_days"),
    ("housing", {"min_days": "0"}, "min_days"),
    ("housing", {"min_days": "99999999999999999999"}, "min_days"),
    ("housing", {"reach_km": "-1"}, "reach_km"),
    ("housing", {"reach_km": "nan"}, "reach_km"),
    ("housing", {"reach_km": "501"}, "reach_km"),
    ("housing", {"adult_women": "", "children_3_to_11": ""}, "adult_women"),
    ("housing", {"adult_women": "-1"}, "adult_women"),
    ("housing", {"adult_women": "chat"}, "adult_women"),
    ("housing", {"adult_women": "40", "adult_men": "40"}, "adult_women"),
    ("housing", {"adult_women": "", "children_3_to_11": "1"}, "lone_minor"),
    ("housing", {"lone_minor": "on"}, "lone_minor"),
    ("housing", {"adult_women": "", "children_3_to_11": "1", "lone_minor": "on"}, "social_worker"),
    ("housing", {"couple": "on"}, "couple"),
    ("housing", {"forms": ["shared_room"], "shared_home_ok": None}, "shared_home_ok"),
    ("housing", {"forms": ["castle"]}, "forms"),
    ("housing", {"title": "x" * 121}, "title"),
    ("housing", {"text": "x" * 2001}, "text"),
    ("goods", {"quantity": "0"}, "quantity"),
    ("goods", {"quantity": "10001"}, "quantity"),
    ("goods", {"quantity": ""}, "quantity"),
    ("goods", {"category": "interpreting"}, "category"),
    ("goods", {"category": None}, "items"),
    ("goods", {"category": None, "items": "truc"}, "category"),
    ("goods", {"items": "polaire"}, "items"),
    ("goods", {"items": "couette", "sizes_typed": "6 ans"}, "sizes"),
    ("goods", {"people": "0"}, "people"),
    ("skill", {"quantity": "81"}, "quantity"),
    ("skill", {"languages_from": None}, "languages_from"),
    ("skill", {"languages_from_other": "klingonais"}, "languages_from"),
    ("skill", {"slots_other": "lundi 20h-18h"}, "slots"),
    ("goods", {"languages_other": "xx-quelconque"}, "languages"),
]


@pytest.mark.parametrize(("kind", "changes", "field"), WRONG)
def test_wrong_answer_is_told_beside_its_field(
    as_user: SignIn, member: User, answers: Answers, kind: str, changes: dict[str, Any], field: str
) -> None:
    response = as_user(member).post(NEW, answers(kind, **changes))
    assert list(errors_of(response)) == [field]
    page = text_of(response)
    assert "Une réponse est à revoir" in page
    assert not Need.objects.exists()


def test_namesakes_are_offered_to_choose_from(as_user: SignIn, member: User, answers: Answers) -> None:
    for insee, department, postcode in (("97411", "974", "97400"), ("93066", "93", "93200")):
        CommuneFactory(
            insee=insee, name="Saint-Denis", department_code=department, epci_code="", epci_name="",
            department_name=f"Département {department}", postcodes=[postcode],
        )  # fmt: skip
    client = as_user(member)
    response = client.post(NEW, answers("goods", commune="Saint-Denis"))
    assert errors_of(response).keys() == {"commune"}
    assert "Département 93" in text_of(response)
    client.post(NEW, answers("goods", commune="Saint-Denis", commune_choice="93066"))
    assert Need.objects.get().commune_id == "93066"


def test_languages_that_the_category_does_not_use_are_left_out(
    as_user: SignIn, member: User, answers: Answers
) -> None:
    as_user(member).post(NEW, answers("skill", category="french_lessons", languages_from_other="klingonais"))
    need = Need.objects.get()
    assert (need.languages_from, need.languages_to) == ([], [])


def test_page_posted_twice_is_one_need(as_user: SignIn, member: User, answers: Answers) -> None:
    client = as_user(member)
    key = client.get(NEW, {"nature": "goods"}).context["form"]["key"].value()
    first = client.post(NEW, answers("goods", key=key))
    second = client.post(NEW, answers("goods", key=key, quantity="11"))
    assert first["Location"] == second["Location"]
    assert Need.objects.get().external_key == f"form:{key}"
    assert receipts().count() == 1


def test_page_posted_twice_at_the_same_moment_is_one_need(
    at_once: Callable[..., list[Any]], answers: Answers
) -> None:
    city = CityFactory(slug="strasbourg")
    member = MembershipFactory(organisation__city=city).user
    sent = answers("goods", key=str(uuid.uuid4()))

    def post() -> str:
        client = Client()
        client.force_login(member)
        return client.post(NEW, sent)["Location"]

    first, second = at_once(post, post)
    assert first == second == f"/strasbourg/besoins/{Need.objects.get().reference}/?recu=1"
    assert receipts().count() == 1


# --- For whom ------------------------------------------------------------------------------------------


def test_member_of_two_associations_says_for_which(
    as_user: SignIn, member: User, city: City, answers: Answers
) -> None:
    other = MembershipFactory(user=member, organisation__city=city).organisation
    elsewhere = MembershipFactory(user=member).organisation
    client = as_user(member)
    assert errors_of(client.post(NEW, answers("goods"))).keys() == {"whom"}
    assert errors_of(client.post(NEW, answers("goods", whom=str(elsewhere.pk)))).keys() == {"whom"}
    client.post(NEW, answers("goods", whom=str(other.pk)))
    assert Need.objects.get().organisation == other


def test_need_of_an_association_to_be_verified_waits(as_user: SignIn, city: City, answers: Answers) -> None:
    client = as_user(MembershipFactory(organisation__city=city).user)
    assert "La ville vérifie" in text_of(client.get(NEW, {"nature": "goods"}))
    location = client.post(NEW, answers("goods"))["Location"]
    assert "La ville vérifie votre association" in text_of(client.get(location))
    assert "Ce besoin est gardé" in text_of(client.get(location.partition("?")[0]))
    assert "En attente de vérification" in text_of(client.get(MINE))
    assert not Need.objects.open().exists()


def test_suspended_association_is_told_whom_to_call(as_user: SignIn, city: City, answers: Answers) -> None:
    membership = MembershipFactory(organisation=OrganisationFactory(city=city, suspended=True))
    response = as_user(membership.user).post(NEW, answers("goods"))
    assert response.status_code == 403
    assert "03 88 00 00 00" in text_of(response)
    assert not Need.objects.exists()


def test_operator_posts_for_a_caller_without_an_address(
    as_user: SignIn, operator: User, answers: Answers
) -> None:
    client = as_user(operator)
    caller = {"whom": "caller", "caller_name": "Amina", "caller_phone": "03 53 01 00 01"}
    assert errors_of(client.post(NEW, answers("housing", whom="caller"))).keys() == {
        "caller_phone", "caller_agrees",
    }  # fmt: skip
    refused = client.post(NEW, answers("housing", **caller | {"caller_phone": "03 53"}, caller_agrees="on"))
    assert errors_of(refused).keys() == {"caller_phone"}
    assert not Need.objects.exists()
    client.post(NEW, answers("housing", **caller, caller_agrees="on"))
    need = Need.objects.get()
    assert need.person is not None
    assert (need.person.name, str(need.person.phone)) == ("Amina", "+33353010001")
    assert (need.organisation, need.entered_by, need.source) == (None, operator, Source.PHONE)
    consent = Consent.objects.get()
    assert (consent.user, consent.how, consent.recorded_by) == (need.person, "phone", operator)
    # Nobody can mail her: the receipt is a call to make.
    assert Message.objects.get().channel == "call"


def test_operator_posts_for_an_association(
    as_user: SignIn, operator: User, organisation: Organisation, answers: Answers
) -> None:
    as_user(operator).post(NEW, answers("goods", whom=str(organisation.pk)))
    need = Need.objects.get()
    assert (need.organisation, need.person, need.source) == (organisation, None, Source.PHONE)


def test_visitor_is_shown_three_ways_in(client: Client, city: City) -> None:
    page = text_of(client.get(NEW, {"nature": "housing"}))
    assert "C’est pour moi" in page
    assert "Je suis une association" in page
    assert "03 88 00 00 00" in page
    assert "nature%3Dhousing" in page


def test_visitor_cannot_post(client: Client, city: City, answers: Answers) -> None:
    assert "C’est pour moi" in text_of(client.post(NEW, answers("housing")))
    assert not Need.objects.exists()


def test_closed_town_takes_no_needs(as_user: SignIn, member: User, city: City) -> None:
    City.objects.filter(pk=city.pk).update(is_open=False)
    assert as_user(member).get(NEW).status_code == 404
    assert as_user(member).get(MINE).status_code == 200


# --- Following -----------------------------------------------------------------------------------------


def test_mine_shows_ours_and_not_others(as_user: SignIn, member: User, organisation: Organisation) -> None:
    ours = NeedFactory(organisation=organisation, city=organisation.city, title="Deux lits")
    done = NeedFactory(organisation=organisation, city=organisation.city, state=NeedState.MET)
    other = NeedFactory(city=organisation.city)
    client = as_user(member)
    now = text_of(client.get(MINE))
    assert ours.reference in now
    assert "Nous cherchons" in now
    assert done.reference not in now
    assert other.reference not in now
    closed = text_of(client.get(MINE, {"etat": "termines"}))
    assert done.reference in closed
    assert "Trouvé" in closed
    assert ours.reference not in closed


def test_mine_is_kind_when_empty(as_user: SignIn, stranger: User, city: City) -> None:
    assert "Aucun besoin en cours" in text_of(as_user(stranger).get(MINE))


@pytest.mark.parametrize("trait", [{}, {"goods": True}, {"skill": True}])
def test_detail_tells_all_that_was_said(
    as_user: SignIn, member: User, organisation: Organisation, trait: dict[str, bool]
) -> None:
    need = NeedFactory(
        **trait, organisation=organisation, city=organisation.city, text="Sonner deux fois", min_days=7,
        case_reference="D-17", languages=["ar"],
    )  # fmt: skip
    page = text_of(as_user(member).get(f"/strasbourg/besoins/{need.reference}/"))
    for said in ("Sonner deux fois", "D-17", "7 jours", "arabe", "Strasbourg", "10\u00a0km"):
        assert said in page


def test_who_may_see_a_need(
    client: Client, member: User, organisation: Organisation, city: City, stranger: User, operator: User
) -> None:
    need = NeedFactory(organisation=organisation, city=city)
    neighbours = MembershipFactory(organisation__city=city).user
    coordinator = CityRoleFactory(city=city, role=Role.COORDINATOR).user
    administrator = CityRoleFactory(city=city, role=Role.ADMINISTRATOR).user
    elsewhere = CityRoleFactory(role=Role.COORDINATOR).user
    pages = [f"/strasbourg/besoins/{need.reference}/{page}" for page in ("", "modifier/", "retirer/")]
    for page in pages:
        assert client.get(page).status_code == 302
    for person, status in (
        (member, 200), (operator, 200), (coordinator, 200),
        (stranger, 404), (neighbours, 404), (administrator, 404), (elsewhere, 404),
    ):  # fmt: skip
        client.force_login(person)
        assert [client.get(page).status_code for page in pages] == [status] * 3, person


def test_person_sees_their_own_need(as_user: SignIn, stranger: User, city: City) -> None:
    own = NeedFactory(city=city, for_person=stranger)
    other = NeedFactory(city=city, for_person=UserFactory())
    client = as_user(stranger)
    assert client.get(f"/strasbourg/besoins/{own.reference}/").status_code == 200
    assert client.get(f"/strasbourg/besoins/{other.reference}/").status_code == 404


def test_need_of_another_town_is_not_found_under_this_one(
    as_user: SignIn, member: User, organisation: Organisation
) -> None:
    need = NeedFactory(organisation=organisation, city=organisation.city)
    CityFactory(slug="grenoble")
    assert as_user(member).get(f"/grenoble/besoins/{need.reference}/").status_code == 404


# --- Changing and withdrawing --------------------------------------------------------------------------


def posted(client: Client, answers: dict[str, Any]) -> Need:
    client.post(NEW, answers)
    return Need.objects.latest("pk")


@pytest.mark.parametrize("kind", ["housing", "goods", "skill"])
def test_edit_shows_what_was_said_and_changes_it(
    as_user: SignIn, member: User, answers: Answers, kind: str
) -> None:
    client = as_user(member)
    need = posted(client, answers(kind, text="Avant", reach_km="2.5"))
    page = f"/strasbourg/besoins/{need.reference}/modifier/"
    shown = text_of(client.get(page))
    assert "Avant" in shown
    assert 'value="2.5"' in shown
    response = client.post(page, answers(kind, text="Après", reach_km="20"))
    assert response["Location"] == f"/strasbourg/besoins/{need.reference}/"
    need.refresh_from_db()
    assert (need.text, need.reach_km, need.kind) == ("Après", 20, kind)


def test_a_need_keeps_what_is_ticked_for_women_and_for_men(
    as_user: SignIn, member: User, answers: Answers
) -> None:
    client = as_user(member)
    need = posted(client, answers("goods", items="manteau femme", sizes=["M"], category="clothes"))
    assert need.sizes == ["fem-M"]
    page = f"/strasbourg/besoins/{need.reference}/modifier/"
    assert 'value="fem-M"' in client.get(page).content.decode()
    client.post(page, answers("goods", items="manteau", sizes=["fem-M", "masc"], category="clothes"))
    need.refresh_from_db()
    assert need.sizes == ["fem-M", "masc"]


def test_composed_title_follows_the_answers(as_user: SignIn, member: User, answers: Answers) -> None:
    client = as_user(member)
    need = posted(client, answers("housing"))
    page = f"/strasbourg/besoins/{need.reference}/modifier/"
    client.post(page, answers("housing", children_3_to_11="3", title=need.title))
    need.refresh_from_db()
    assert (need.title, need.people, need.quantity) == ("Une femme et 3 enfants", 4, 4)
    client.post(page, answers("housing", title="Famille du 3e étage"))
    client.post(page, answers("housing", children_3_to_11="1", title="Famille du 3e étage"))
    need.refresh_from_db()
    assert need.title == "Famille du 3e étage"


def test_edit_keeps_a_first_day_that_has_passed(
    as_user: SignIn, member: User, organisation: Organisation, answers: Answers, today: date
) -> None:
    week_ago = today - timedelta(days=7)
    need = NeedFactory(organisation=organisation, city=organisation.city, first_day=week_ago, last_day=today)
    page = f"/strasbourg/besoins/{need.reference}/modifier/"
    client = as_user(member)
    assert client.post(page, answers("housing", first_day=week_ago.isoformat())).status_code == 302
    earlier = (week_ago - timedelta(days=1)).isoformat()
    assert errors_of(client.post(page, answers("housing", first_day=earlier))).keys() == {"first_day"}


def test_wrong_change_is_told_and_nothing_changes(
    as_user: SignIn, member: User, organisation: Organisation, answers: Answers
) -> None:
    need = NeedFactory(goods=True, organisation=organisation, city=organisation.city)
    response = as_user(member).post(
        f"/strasbourg/besoins/{need.reference}/modifier/", answers("goods", quantity="0", text="Doux")
    )
    assert errors_of(response).keys() == {"quantity"}
    assert "Doux" in text_of(response)
    need.refresh_from_db()
    assert (need.quantity, need.text) == (10, "")


def test_withdraw_asks_why_and_is_kept_in_the_history(
    as_user: SignIn, member: User, organisation: Organisation
) -> None:
    need = NeedFactory(organisation=organisation, city=organisation.city)
    page = f"/strasbourg/besoins/{need.reference}/retirer/"
    client = as_user(member)
    assert errors_of(client.post(page, {})).keys() == {"why"}
    for _again in range(2):
        client.post(page, {"why": "found", "words": "Chez une cousine"})
    need.refresh_from_db()
    assert need.state == NeedState.WITHDRAWN
    assert need.changes.get().reason == "Une solution est trouvée ailleurs. Chez une cousine"
    assert "Chez une cousine" in text_of(client.get(f"/strasbourg/besoins/{need.reference}/"))


def test_need_that_is_over_changes_no_more(
    as_user: SignIn, member: User, organisation: Organisation, answers: Answers
) -> None:
    need = NeedFactory(organisation=organisation, city=organisation.city, state=NeedState.EXPIRED)
    address = f"/strasbourg/besoins/{need.reference}/"
    client = as_user(member)
    assert client.post(f"{address}modifier/", answers("housing"))["Location"] == address
    assert client.post(f"{address}retirer/", {"why": "over"})["Location"] == address
    need.refresh_from_db()
    assert need.state == NeedState.EXPIRED
    assert f"{address}modifier/" not in text_of(client.get(address))


# --- At any size ---------------------------------------------------------------------------------------


def test_number_of_queries_does_not_grow(
    as_user: SignIn, member: User, organisation: Organisation, django_assert_max_num_queries: Any
) -> None:
    client = as_user(member)
    counts = []
    for more in (2, 18):
        for _number in range(more):
            NeedFactory(organisation=organisation, city=organisation.city)
        with django_assert_max_num_queries(15) as queries:
            client.get(MINE)
            mine = len(queries)
            client.get("/strasbourg/besoins/")
        counts.append((mine, len(queries) - mine))
    assert counts[0] == counts[1]
    assert sum(counts[0]) <= 15
