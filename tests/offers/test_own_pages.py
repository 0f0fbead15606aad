"""A citizen's own offers: the list, one offer, changing it, taking it back."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from catalogue.forms.things import written
from cities.models import City
from matching.models import Hold, Match, MatchState
from offers import services
from offers.forms import OfferForm
from offers.models import Offer, OfferState
from tests.factories.accounts import CityRoleFactory
from tests.factories.cities import CityFactory, CommuneFactory
from tests.factories.needs import NeedFactory
from tests.factories.offers import OfferFactory

MINE = "/strasbourg/propositions/"
SignIn = Callable[[User], Client]


def text_of(response: Any) -> str:
    return response.content.decode()


def page_of(offer: Offer, act: str = "") -> str:
    return f"/{offer.city.slug}/propositions/{offer.reference}/{act}"


def form_data(response: Any) -> dict[str, Any]:
    """What a browser would send back from the page of changes, untouched."""
    data: dict[str, Any] = {}
    periods = response.context["periods"]
    for form in (response.context["form"], periods.management_form, *periods.forms):
        for bound in form:
            value = bound.value()
            if isinstance(value, bool):
                value = "on" if value else None
            if bound.name == "item":
                value = ", ".join(map(written, value))
            if hasattr(value, "label"):
                value = value.label
            if value is not None:
                data[bound.html_name] = value
    return data


# --- The list ------------------------------------------------------------------------------------------


def test_list_shows_state_and_what_comes_next(city: City, citizen: User, as_user: SignIn) -> None:
    now = timezone.now()
    OfferFactory(city=city, owner=citizen, title="Chambre calme", confirmed_at=now)
    OfferFactory(city=city, owner=citizen, goods=True, title="Vieux vélo", state=OfferState.EXPIRED)
    OfferFactory(city=city, title="Pas à moi")
    page = text_of(as_user(citizen).get(MINE))
    assert "Chambre calme" in page
    assert "Vous n’avez rien à faire." in page
    assert page.count("Oui, elle tient toujours") == 1
    assert "Pas à moi" not in page


def test_empty_list_says_what_to_do(city: City, citizen: User, as_user: SignIn) -> None:
    page = text_of(as_user(citizen).get(MINE))
    assert "Vous n’avez encore rien proposé" in page
    assert f'href="{MINE}nouvelle/"' in page


def test_desk_does_not_find_the_town_in_its_own_list(city: City, coordinator: User, as_user: SignIn) -> None:
    OfferFactory(city=city, title="À quelqu’un")
    assert "À quelqu’un" not in text_of(as_user(coordinator).get(MINE))


def test_a_visitor_is_asked_to_come_in(city: City, client: Client) -> None:
    assert f"next={MINE}" in client.get(MINE)["Location"].replace("%2F", "/")
    assert client.get(page_of(OfferFactory(city=city))).status_code == 302


def test_list_costs_the_same_for_two_and_for_twenty(city: City, citizen: User, as_user: SignIn) -> None:
    client = as_user(citizen)
    OfferFactory.create_batch(2, city=city, owner=citizen)
    client.get(MINE)
    with CaptureQueriesContext(connection) as few:
        client.get(MINE)
    OfferFactory.create_batch(18, city=city, owner=citizen)
    with CaptureQueriesContext(connection) as many:
        assert text_of(client.get(MINE)).count("<article") == 20
    assert len(few) == len(many)


# --- One offer -----------------------------------------------------------------------------------------


def test_detail_has_receipt_facts_and_history(city: City, citizen: User, as_user: SignIn) -> None:
    offer = OfferFactory(city=city, owner=citizen, accepts=["women", "couples"], longest_stay_days=30)
    services.pause(offer_id=offer.pk, by=citizen, now=timezone.now())
    page = text_of(as_user(citizen).get(page_of(offer)))
    for words in (
        offer.reference,
        "2 places",
        "une femme seule, un couple",
        "12 rue des Invités",
        "Mise en pause",
        "03 88 00 00 00",
        "en pause",
    ):
        assert words in page


def test_reference_typed_in_small_letters_is_found(city: City, citizen: User, as_user: SignIn) -> None:
    offer = OfferFactory(city=city, owner=citizen)
    assert as_user(citizen).get(page_of(offer).lower()).status_code == 200


def test_reason_of_a_suspension_is_the_towns_alone(
    city: City, citizen: User, coordinator: User, client: Client
) -> None:
    offer = OfferFactory(city=city, owner=citizen)
    services.freeze(offer_id=offer.pk, by=coordinator, now=timezone.now(), reason="plainte d’une famille")
    client.force_login(citizen)
    page = text_of(client.get(page_of(offer)))
    assert "Suspendue par la ville" in page
    assert "plainte" not in page
    client.force_login(coordinator)
    assert "plainte d’une famille" in text_of(client.get(page_of(offer)))


@pytest.mark.parametrize("act", ["", "modifier/", "retirer/"])
def test_another_persons_offer_is_a_404(city: City, stranger: User, as_user: SignIn, act: str) -> None:
    assert as_user(stranger).get(page_of(OfferFactory(city=city), act)).status_code == 404


@pytest.mark.parametrize("act", ["pause/", "reprendre/", "toujours-possible/", "retirer/"])
def test_another_persons_offer_takes_no_order(city: City, stranger: User, as_user: SignIn, act: str) -> None:
    offer = OfferFactory(city=city)
    assert as_user(stranger).post(page_of(offer, act)).status_code == 404
    offer.refresh_from_db()
    assert offer.state == OfferState.ACTIVE


def test_another_towns_offer_is_a_404(city: City, citizen: User, as_user: SignIn) -> None:
    elsewhere = CityFactory(slug="grenoble")
    offer = OfferFactory(city=elsewhere, owner=citizen)
    client = as_user(citizen)
    assert client.get(f"/strasbourg/propositions/{offer.reference}/").status_code == 404
    assert client.get(page_of(offer)).status_code == 200
    desk = CityRoleFactory(city=city, role="coordinator").user
    client.force_login(desk)
    assert client.get(page_of(offer)).status_code == 404


@pytest.mark.parametrize(
    ("before", "act", "after"),
    [
        ("active", "pause/", "paused"),
        ("paused", "reprendre/", "active"),
        ("active", "toujours-possible/", "active"),
        ("expired", "toujours-possible/", "active"),
        ("active", "retirer/", "withdrawn"),
    ],
)
def test_acts_in_one_press(
    city: City, citizen: User, as_user: SignIn, before: str, act: str, after: str
) -> None:
    offer = OfferFactory(city=city, owner=citizen, state=before)
    response = as_user(citizen).post(page_of(offer, act), {"reason": "je déménage"}, follow=True)
    assert response.status_code == 200
    offer.refresh_from_db()
    assert offer.state == after


def test_a_get_changes_nothing(city: City, citizen: User, as_user: SignIn) -> None:
    offer = OfferFactory(city=city, owner=citizen)
    client = as_user(citizen)
    assert client.get(page_of(offer, "pause/")).status_code == 405
    assert "Garder" in text_of(client.get(page_of(offer, "retirer/")))
    offer.refresh_from_db()
    assert offer.state == OfferState.ACTIVE


def test_stale_page_is_answered_in_words(city: City, citizen: User, as_user: SignIn) -> None:
    offer = OfferFactory(city=city, owner=citizen, state=OfferState.WITHDRAWN)
    client = as_user(citizen)
    assert "ce n’est plus possible" in text_of(client.post(page_of(offer, "pause/"), follow=True))
    response = client.get(page_of(offer, "modifier/"), follow=True)
    assert "ne peut plus être modifiée" in text_of(response)


# --- Changing it ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["housing", "goods", "skill", "interpreting"])
def test_untouched_page_changes_nothing(city: City, citizen: User, as_user: SignIn, kind: str) -> None:
    traits = {} if kind == "housing" else {kind: True}
    offer = OfferFactory(city=city, owner=citizen, **traits)
    client = as_user(citizen)
    data = form_data(client.get(page_of(offer, "modifier/")))
    response = client.post(page_of(offer, "modifier/"), data)
    assert response.status_code == 302, response.context["form"].errors
    before = Offer.objects.values().get()
    offer.refresh_from_db()
    assert (before["revision"], before["changed_at"]) == (1, offer.created_at)


@pytest.mark.parametrize(
    ("said", "size"),
    [
        ({"size": "L"}, "fem-L"),
        ({"size": "fem-XL"}, "fem-XL"),
        ({"size": ""}, "fem"),
        ({"size": "S", "item": "manteau homme"}, "masc-S"),
        ({"size": "L", "item": "veste"}, "L"),
    ],
)
def test_whoever_changes_the_letter_keeps_for_whom_it_is(
    city: City, citizen: User, as_user: SignIn, said: dict[str, str], size: str
) -> None:
    offer = OfferFactory(city=city, owner=citizen, goods=True, category="clothes", item="coat", size="fem-M")
    client = as_user(citizen)
    shown = client.get(page_of(offer, "modifier/"))
    letters = shown.content.decode()
    assert 'value="fem-L"' in letters
    assert 'value="L"' not in letters
    assert client.post(page_of(offer, "modifier/"), form_data(shown) | said).status_code == 302
    offer.refresh_from_db()
    assert offer.size == size


def test_everything_can_be_changed_on_one_page(
    city: City, citizen: User, as_user: SignIn, today: date
) -> None:
    CommuneFactory(insee="67218", name="Illkirch-Graffenstaden", postcodes=["67400"], latitude=48.5)
    offer = OfferFactory(city=city, owner=citizen)
    client = as_user(citizen)
    data = form_data(client.get(page_of(offer, "modifier/")))
    data |= {
        "title": "Petit appartement",
        "category": "whole_dwelling",
        "capacity": "4",
        "commune": "Illkirch-Graffenstaden",
        "accepts": ["families", "lone_minors"],
        "rent": "350",
        "periods-0-first_day": today.isoformat(),
        "periods-0-last_day": (today + timedelta(days=9)).isoformat(),
        "periods-1-first_day": (today + timedelta(days=20)).isoformat(),
    }
    assert client.post(page_of(offer, "modifier/"), data).status_code == 302
    offer.refresh_from_db()
    assert (offer.title, offer.category, offer.capacity) == ("Petit appartement", "whole_dwelling", 4)
    assert (offer.commune_id, offer.latitude, offer.rent) == ("67218", 48.5, 350)
    assert (offer.accepts, offer.shared_home) == (["families", "lone_minors"], False)
    assert [(w.first_day, w.last_day) for w in offer.windows.all()] == [
        (today, today + timedelta(days=9)),
        (today + timedelta(days=20), None),
    ]


def every_ten_days(today: date, periods: int) -> list[tuple[date, date]]:
    starts = [today + timedelta(days=10 * n) for n in range(periods)]
    return [(first, first + timedelta(days=5)) for first in starts]


def test_many_periods_are_all_shown_and_none_is_lost(
    city: City, citizen: User, as_user: SignIn, today: date
) -> None:
    windows = every_ten_days(today, 20)
    offer = OfferFactory(city=city, owner=citizen, windows=windows)
    client = as_user(citizen)
    data = form_data(client.get(page_of(offer, "modifier/")))
    data["periods-20-first_day"] = (today + timedelta(days=300)).isoformat()
    assert client.post(page_of(offer, "modifier/"), data).status_code == 302
    after = [(w.first_day, w.last_day) for w in offer.windows.all()]
    assert after == [*windows, (today + timedelta(days=300), None)]


def test_one_period_too_many_is_refused_and_all_lines_stay(
    city: City, citizen: User, as_user: SignIn, today: date
) -> None:
    offer = OfferFactory(city=city, owner=citizen, windows=every_ten_days(today, 50))
    client = as_user(citizen)
    data = form_data(client.get(page_of(offer, "modifier/")))
    last = (today + timedelta(days=700)).isoformat()
    data |= {"periods-TOTAL_FORMS": "51", "periods-50-first_day": last}
    response = client.post(page_of(offer, "modifier/"), data)
    assert response.status_code == 422
    assert "Une proposition a au plus 50 périodes." in text_of(response)
    assert last in response.content.decode()
    assert offer.windows.count() == 50


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"capacity": "0"}, "Indiquez au moins 1."),
        ({"capacity": "5000"}, "plus que nous ne pouvons enregistrer"),
        ({"commune": "Nullepart-sur-Rien"}, "Nous ne connaissons pas cette commune"),
        ({"periods-0-first_day": "", "periods-0-last_day": ""}, "Dites à partir de quel jour"),
        ({"periods-0-last_day": "2020-02-02"}, "Ce jour est passé"),
        ({"periods-0-first_day": "pas un jour"}, "Ce jour n’existe pas"),
        ({"periods-1-first_day": "2026-06-01"}, "Deux périodes se chevauchent."),
        ({"title": ""}, "Donnez un titre"),
    ],
)
def test_wrong_change_is_explained_and_nothing_is_lost(
    city: City, citizen: User, as_user: SignIn, changes: dict[str, str], words: str
) -> None:
    offer = OfferFactory(city=city, owner=citizen, windows=[(date(2019, 1, 1), None)])
    client = as_user(citizen)
    data = form_data(client.get(page_of(offer, "modifier/"))) | {"text": "Ce que je venais d’écrire"}
    response = client.post(page_of(offer, "modifier/"), data | changes)
    assert response.status_code == 422
    page = text_of(response)
    assert words in page
    assert "Ce que je venais d’écrire" in page
    for value in changes.values():
        assert value in page


def test_an_interpreter_keeps_at_least_one_language_on_each_side(
    city: City, citizen: User, as_user: SignIn
) -> None:
    offer = OfferFactory(city=city, owner=citizen, interpreting=True)
    client = as_user(citizen)
    data = form_data(client.get(page_of(offer, "modifier/")))
    response = client.post(page_of(offer, "modifier/"), {**data, "languages_from": []})
    assert response.context["form"].errors["languages_from"] == ["Choisissez au moins une langue."]


def test_capacity_below_what_is_promised_is_refused_beside_the_field(
    city: City, citizen: User, as_user: SignIn, today: date
) -> None:
    offer = OfferFactory(city=city, owner=citizen, capacity=3)
    need = NeedFactory(city=city)
    last = today + timedelta(days=3)
    match = Match.objects.create(
        city=city,
        need=need,
        offer=offer,
        state=MatchState.CONFIRMED,
        rank=1,
        score=80,
        part_values=[0.9, 1.0, 0.5, 0.5, 0.5, 1.0],
        weight_values=[30.0, 25.0, 15.0, 10.0, 10.0, 10.0],
        algorithm="1",
        distance_km=1,
        first_day=today,
        last_day=last,
        quantity=2,
        need_revision=1,
        offer_revision=1,
        created_at=timezone.now(),
        changed_at=timezone.now(),
    )
    Hold.objects.create(match=match, offer=offer, need=need, quantity=2, first_day=today, last_day=last)
    client = as_user(citizen)
    data = form_data(client.get(page_of(offer, "modifier/")))
    response = client.post(page_of(offer, "modifier/"), {**data, "capacity": "1", "text": "gardé"})
    assert response.status_code == 422
    assert "déjà promise" in response.context["form"].errors["capacity"][0]
    assert "gardé" in text_of(response)
    changed = {**data, "capacity": "2", "read": str(match.pk)}
    assert client.post(page_of(offer, "modifier/"), changed).status_code == 302


def test_what_a_service_refuses_stands_beside_its_field(city: City, citizen: User) -> None:
    form = OfferForm({"capacity": "1"}, city=city, today=date(2026, 3, 2), kind="housing", names=["capacity"])
    assert form.is_valid()
    form.add_service_errors(
        ValidationError({"capacity": "Une partie est déjà promise.", "point": "Ailleurs"})
    )
    assert form.errors["capacity"] == ["Une partie est déjà promise."]
    assert form.non_field_errors() == ["Ailleurs"]


@pytest.mark.parametrize("by_the_desk", [False, True])
def test_a_visit_ends_when_the_page_changes_the_address(
    city: City, citizen: User, coordinator: User, as_user: SignIn, by_the_desk: bool
) -> None:
    offer = OfferFactory(city=city, owner=citizen, vetted=True)
    client = as_user(coordinator if by_the_desk else citizen)
    data = form_data(client.get(page_of(offer, "modifier/")))
    assert client.post(page_of(offer, "modifier/"), data).status_code == 302
    offer.refresh_from_db()
    assert offer.vetted_at is not None, "nothing changed"
    client.post(page_of(offer, "modifier/"), data | {"address": "3 rue du Lac"})
    offer.refresh_from_db()
    assert (offer.address, offer.vetted_at) == ("3 rue du Lac", None)


def test_an_owner_pauses_until_a_day_and_is_told_what_is_wrong_with_it(
    city: City, citizen: User, as_user: SignIn
) -> None:
    offer = OfferFactory(city=city, owner=citizen)
    client, here = as_user(citizen), page_of(offer)
    wrong = client.post(f"{here}pause/jusqu-au/", {"paused_until": "2020-01-01"})
    assert wrong.status_code == 422
    assert "Ce jour est passé" in text_of(wrong)
    day = timezone.localdate() + timedelta(days=20)
    assert client.post(f"{here}pause/jusqu-au/", {"paused_until": day.isoformat()})["Location"] == here
    offer.refresh_from_db()
    assert (offer.state, offer.paused_until) == (OfferState.PAUSED, day)
    assert "Elle reprend ensuite d’elle-même" in text_of(client.get(here))


def test_an_owner_proposes_again_what_they_took_back(city: City, citizen: User, as_user: SignIn) -> None:
    offer = OfferFactory(city=city, owner=citizen)
    services.withdraw(offer_id=offer.pk, by=citizen, now=timezone.now())
    client, here = as_user(citizen), page_of(offer)
    assert "La proposer de nouveau" in text_of(client.get(here))
    client.post(f"{here}proposer-de-nouveau/")
    assert Offer.objects.get().state == OfferState.ACTIVE
    assert "Proposée de nouveau" in text_of(client.get(here))
