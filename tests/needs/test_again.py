"""What is asked a second time: the same need again, for tonight, for several households, and what stands already."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.models import Organisation, User
from catalogue.vocabulary import Urgency
from cities.models import City
from needs.models import Need
from tests.factories.accounts import CityRoleFactory, OrganisationFactory
from tests.factories.needs import NeedFactory

NEW, SEVERAL, MINE = (
    f"/strasbourg/besoins/{page}" for page in ("poster/", "poster/plusieurs/", "mes-besoins/")
)
SignIn = Callable[[User], Client]
Answers = Callable[..., dict[str, Any]]


# --- The same again ------------------------------------------------------------------------------------


@pytest.mark.parametrize("nature", ["housing", "goods", "skill"])
def test_a_need_is_posted_again_with_days_of_its_own(
    as_user: SignIn, member: User, organisation: Organisation, nature: str, today: Any
) -> None:
    traits = {} if nature == "housing" else {nature: True}
    need = NeedFactory(city=organisation.city, organisation=organisation, text="Merci", **traits)
    page = as_user(member).get(NEW, {"nature": nature, "comme": need.reference})
    form = page.context["form"]
    assert form["text"].value() == "Merci"
    assert form["commune"].value() == need.commune
    assert (form["first_day"].value(), form["last_day"].value()) == (today, None)
    assert not form["title"].value(), "it follows the answers"
    assert need.title in page.content.decode()
    if nature == "housing":
        assert form["children_3_to_11"].value() == need.children_3_to_11
    if nature == "goods":
        assert [said.item for said in form["items"].value()] == ["duvet"]
    if nature == "skill":
        assert form["languages_from"].value() == ["ti"]


def test_what_somebody_may_not_see_is_no_pattern(as_user: SignIn, member: User, city: City) -> None:
    other = NeedFactory(city=city, organisation=OrganisationFactory(city=city, verified=True))
    client = as_user(member)
    assert client.get(NEW, {"nature": "housing", "comme": other.reference}).status_code == 404
    assert client.get(SEVERAL, {"comme": other.reference}).status_code == 404


def test_tonight_is_one_tap(as_user: SignIn, member: User, today: Any) -> None:
    form = as_user(member).get(f"{NEW}?nature=housing&ce-soir").context["form"]
    assert (form["urgency"].value(), form["first_day"].value(), form["last_day"].value()) == (
        Urgency.TONIGHT, today, today,
    )  # fmt: skip


# --- What stands already -------------------------------------------------------------------------------


def test_the_same_need_of_the_same_association_is_asked_about(
    as_user: SignIn, member: User, answers: Answers
) -> None:
    client = as_user(member)
    assert client.post(NEW, answers("housing")).status_code == 302
    asked = client.post(NEW, answers("housing"))
    assert asked.status_code == 422
    assert Need.objects.get().reference in asked.content.decode()
    assert Need.objects.count() == 1
    assert client.post(NEW, answers("housing", not_a_duplicate="on")).status_code == 302
    assert client.post(NEW, answers("housing", adult_women="2")).status_code == 302


def test_what_is_over_or_of_other_days_or_of_others_is_no_double(
    as_user: SignIn, member: User, organisation: Organisation, answers: Answers, today: Any
) -> None:
    household = {"adult_women": 1, "children_3_to_11": 2, "first_day": today, "last_day": today}
    NeedFactory(city=organisation.city, organisation=organisation, state="met", **household)
    later = today + timedelta(days=40)
    NeedFactory(
        city=organisation.city,
        organisation=organisation,
        **{**household, "first_day": later, "last_day": later},
    )
    NeedFactory(city=organisation.city, **household)
    assert as_user(member).post(NEW, answers("housing")).status_code == 302


# --- Several at once -----------------------------------------------------------------------------------


@pytest.fixture
def rows(answers: Answers) -> Answers:
    def page(nature: str, *filled: dict[str, str], **changes: Any) -> dict[str, Any]:
        alone = {"adult_women": None, "children_3_to_11": None} if nature == "housing" else {"quantity": None}
        sent = answers(nature, key="c0ffee", **alone, **changes)
        for number, row in enumerate(filled):
            sent |= {f"row-{number}-{name}": value for name, value in row.items()}
        return sent

    return page


def test_several_households_are_a_need_each(
    as_user: SignIn, member: User, organisation: Organisation, rows: Answers
) -> None:
    client = as_user(member)
    assert client.get(SEVERAL).status_code == 200
    sent = rows(
        "housing",
        {"adult_women": "1", "children_under_3": "1", "case_reference": "A-1"},
        {},
        {"adult_men": "2", "case_reference": "A-2"},
    )
    assert client.post(SEVERAL, sent)["Location"] == MINE
    needs = Need.objects.order_by("case_reference")
    assert [(need.people, need.case_reference, need.organisation) for need in needs] == [
        (2, "A-1", organisation),
        (2, "A-2", organisation),
    ]
    assert len({need.title for need in needs}) == 2
    client.post(SEVERAL, sent)
    assert Need.objects.count() == 2, "the same page twice is the same needs"


def test_one_row_that_is_wrong_keeps_all_from_being_posted(
    as_user: SignIn, member: User, rows: Answers
) -> None:
    client = as_user(member)
    page = client.post(SEVERAL, rows("goods", {"quantity": "2", "people": "1"}, {"quantity": "many"}))
    assert page.status_code == 422
    several = page.context["several"]
    assert [bool(row["errors"]) for row in several.rows()[:3]] == [False, True, False]
    assert several.rows()[1]["cells"][0]["value"] == "many"
    empty = client.post(SEVERAL, rows("goods"))
    assert empty.status_code == 422
    assert "Remplissez au moins une ligne." in empty.content.decode()
    shared = client.post(SEVERAL, rows("goods", {"quantity": "2", "people": "1"}, commune="Nullepart"))
    assert list(shared.context["form"].errors) == ["commune"]
    assert not Need.objects.exists()


def test_of_several_too_what_stands_already_is_asked_about(
    as_user: SignIn, member: User, rows: Answers
) -> None:
    client = as_user(member)
    sent = rows("goods", {"quantity": "2", "people": "1"})
    assert client.post(SEVERAL, sent).status_code == 302
    sent["key"] = "another"
    assert client.post(SEVERAL, sent).status_code == 422
    assert client.post(SEVERAL, {**sent, "not_a_duplicate": "on"}).status_code == 302


def test_several_are_for_who_posts_for_others(as_user: SignIn, stranger: User, city: City) -> None:
    assert as_user(stranger).get(SEVERAL).status_code == 404
    assert as_user(CityRoleFactory(city=city, role="operator").user).get(SEVERAL).status_code == 200
