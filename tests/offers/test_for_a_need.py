""" "Je peux aider" under a need: what its link says is filled in, and nothing of it is taken on trust."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from catalogue import help_link
from catalogue.vocabulary import Kind
from cities.models import City
from offers.models import Offer
from tests.factories.cities import CommuneFactory
from tests.offers.conftest import CHECK, NEW

NEED = "B-4KQ7-3MXN"
OTHER = "B-7CDF-GHJK"
Answers = Callable[..., dict[str, dict[str, Any]]]


def open_link(client: Client, **said: Any) -> Any:
    """Open the link under a need; where it leads."""
    return client.get(f"{NEW}?{help_link.query(**{'need': NEED, **said})}")["Location"]


def shown(client: Client, step: str) -> dict[str, Any]:
    """What the question's fields hold as it opens."""
    form = client.get(f"{NEW}{step}/").context["form"]
    return {name: form[name].value() for name in form.fields}


@pytest.fixture
def things(city: City, today: date) -> dict[str, Any]:
    return {
        "kind": "goods",
        "category": "bedding",
        "item": "duvet",
        "size": "140",
        "commune": city.seat_id,
        "first_day": today + timedelta(days=2),
        "last_day": today + timedelta(days=9),
        "capacity": 10,
    }


def test_kind_and_thing_are_answered_and_the_rest_filled_in(
    client: Client, things: dict[str, Any], city: City, today: date
) -> None:
    assert open_link(client, **things) == f"{NEW}goods/"
    goods = shown(client, "goods")
    assert (goods["size"], goods["capacity"]) == (["140"], "10")
    client.post(f"{NEW}goods/", {"size": "140", "capacity": "4"})
    place = shown(client, "where")
    assert (place["commune"].text, place["hand_over"], place["when"]) == (
        city.seat.label,
        "collected",
        "dates",
    )
    assert (place["first_day"], place["last_day"]) == (
        (today + timedelta(days=2)).isoformat(),
        (today + timedelta(days=9)).isoformat(),
    )
    assert shown(client, "goods")["capacity"] == "4", "what was answered since stays"


@pytest.mark.parametrize(
    ("kind", "said", "first", "step"),
    [("housing", {}, "category", "guests"), ("skill", {"category": "french_lessons"}, "where", "hours")],
)
def test_a_home_and_hours_have_their_number(
    client: Client, city: City, answers: Answers, kind: str, said: dict[str, str], first: str, step: str
) -> None:
    assert open_link(client, kind=kind, capacity=3, **said) == f"{NEW}{first}/"
    for name, answer in answers(kind).items():
        if name == step:
            break
        if name not in ("kind", "category", "pair") or name == first:
            client.post(f"{NEW}{name}/", answer)
    assert shown(client, step)["capacity"] == "3"


@pytest.mark.parametrize(
    ("said", "leads_to"),
    [
        ({"item": "dragon"}, "item"),
        ({"kind": "skill", "category": "bedding", "item": ""}, "category"),
        ({"kind": "housing", "category": "<script>"}, "category"),
    ],
    ids=["no such thing", "a category of another kind", "no word"],
)
def test_what_is_no_answer_is_asked(
    client: Client, things: dict[str, Any], said: dict[str, str], leads_to: str
) -> None:
    assert open_link(client, **{**things, **said}) == f"{NEW}{leads_to}/"


def test_forged_figures_days_and_places_are_left_out(
    client: Client, things: dict[str, Any], today: date
) -> None:
    forged = {"size": "9000", "capacity": "99999999", "commune": "'; --", "last_day": "hier"}
    open_link(client, **{**things, **forged, "first_day": today - timedelta(days=400)})
    goods = shown(client, "goods")
    assert not goods["size"]
    assert goods["capacity"] is None
    client.post(f"{NEW}goods/", {"capacity": "4"})
    place = shown(client, "where")
    assert not place["commune"]
    assert (place["first_day"], place["last_day"]) == (today, None)


@pytest.mark.parametrize("need", ["", "P-4KQ7-3MXN", "B-1", "B-4KQ7-3MXN' OR 1=1", "x" * 5000])
def test_without_a_needs_reference_only_the_kind_counts(
    client: Client, things: dict[str, Any], need: str
) -> None:
    assert open_link(client, **{**things, "need": need}) == f"{NEW}item/"


def test_an_insee_code_is_no_postcode(client: Client, city: City, things: dict[str, Any]) -> None:
    """Somebody who types five figures means a postcode; a link means the commune."""
    here = CommuneFactory(insee="67118", name="Eckbolsheim", postcodes=["67201"])
    CommuneFactory(insee="67152", name="Geispolsheim", postcodes=["67118"])
    open_link(client, **{**things, "commune": here.pk})
    client.post(f"{NEW}goods/", {"capacity": "4"})
    assert shown(client, "where")["commune"].text == here.label


def test_the_offer_keeps_the_reference_and_the_last_page_shows_it(
    client: Client,
    citizen: User,
    as_user: Callable[[User], Client],
    things: dict[str, Any],
    answers: Answers,
    send: Callable[..., Any],
) -> None:
    client = as_user(citizen)
    open_link(client, **things)
    for name in ("goods", "where"):
        client.post(f"{NEW}{name}/", answers("goods")[name])
    assert NEED in client.get(CHECK).content.decode()
    response = send(client, consent="on")
    offer = Offer.objects.get()
    assert (offer.answers_need, offer.kind, offer.item) == (NEED, Kind.GOODS, "duvet")
    assert response["Location"].endswith(f"{offer.reference}/pour-un-besoin/")


def test_coming_back_to_the_same_need_loses_nothing(
    client: Client, things: dict[str, Any], answers: Answers
) -> None:
    open_link(client, **things)
    client.post(f"{NEW}goods/", answers("goods")["goods"])
    assert open_link(client, **things) == f"{NEW}where/"


def test_another_need_keeps_what_was_said_of_the_person(
    client: Client, city: City, things: dict[str, Any], answers: Answers
) -> None:
    """In a draft of its own: what was begun for the first need is there still."""
    open_link(client, **things)
    for name in ("goods", "where"):
        client.post(f"{NEW}{name}/", answers("goods")[name])
    client.get(CHECK)
    client.post(CHECK, {"go": "back", "name": "Zoé", "consent": "on"})
    there = open_link(client, kind="skill", category="french_lessons", need=OTHER)
    assert there == f"{NEW}where/?brouillon=2"
    form = client.get(there).context["form"]
    assert (form["reach_km"].value(), form["commune"].value().text) == ("10", "67000")
    client.post(there, {"commune": "67000", "reach_km": "10"})
    client.post(f"{NEW}hours/?brouillon=2", {"capacity": "2"})
    client.post(f"{NEW}details/?brouillon=2", {})
    form = client.get(f"{CHECK}?brouillon=2").context["form"]
    assert form["name"].value() == "Zoé"
    assert not form["consent"].value(), "agreed to for one offer"
    assert NEED in client.get(CHECK).content.decode()


def test_another_kind_of_help_answers_the_need_no_more(
    client: Client,
    citizen: User,
    as_user: Callable[[User], Client],
    things: dict[str, Any],
    answers: Answers,
    send: Callable[..., Any],
) -> None:
    client = as_user(citizen)
    open_link(client, **things)
    pages = answers("skill")
    for name, answer in pages.items():
        client.post(NEW if name == "kind" else f"{NEW}{name}/", answer)
    response = send(client, consent="on")
    offer = Offer.objects.get()
    assert offer.answers_need == ""
    assert response["Location"] == f"/strasbourg/propositions/{offer.reference}/"
