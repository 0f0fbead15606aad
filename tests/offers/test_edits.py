"""A change of an offer is a row: who, when, which fields, old and new; and what a visited home has to do with it."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts import acting
from accounts.models import Role, User
from catalogue.constraints import violated
from catalogue.vocabulary import Category
from cities.models import City, Commune
from notifications.models import Message
from offers import services
from offers.models import Offer, OfferEdit
from tests.factories.accounts import CityRoleFactory, UserFactory
from tests.factories.matching import NOW
from tests.factories.offers import OfferFactory


def change(offer: Offer, by: User, windows: Any = None, **fields: Any) -> Offer:
    return services.change(offer_id=offer.pk, fields=fields, windows=windows, by=by, now=NOW)


def test_who_when_which_fields_old_and_new(city: City, citizen: User) -> None:
    offer = OfferFactory(city=city, owner=citizen, title="Une chambre", windows=[(date(2026, 3, 3), None)])
    change(
        offer, citizen, windows=[(date(2026, 3, 3), date(2026, 3, 15))],
        title="Deux chambres", capacity=4, accepts=["women"], pets_accepted=False,
    )  # fmt: skip
    edit = OfferEdit.objects.get()
    assert (edit.offer, edit.by, edit.at) == (offer, citizen, NOW)
    assert edit.what == {
        "title": ["Une chambre", "Deux chambres"],
        "capacity": [2, 4],
        "accepts": [[], ["women"]],
        "windows": [[["2026-03-03", None]], [["2026-03-03", "2026-03-15"]]],
    }


def test_a_change_that_is_refused_or_changes_nothing_leaves_no_row(city: City, citizen: User) -> None:
    offer = OfferFactory(city=city, owner=citizen)
    change(offer, citizen, title=offer.title)
    with pytest.raises(ValidationError):
        change(offer, citizen, capacity=0)
    assert not OfferEdit.objects.exists()


def test_a_move_keeps_the_commune_and_the_point(city: City, citizen: User, gazetteer: None) -> None:
    offer = OfferFactory(city=city, owner=citizen)
    there = Commune.objects.get(name="Schiltigheim")
    old = offer.commune
    change(offer, citizen, commune=there)
    assert OfferEdit.objects.get().what == {
        "commune": [old.pk, there.pk],
        "latitude": [old.latitude, there.latitude],
        "longitude": [old.longitude, there.longitude],
    }


# --- Never rewritten, but erased ------------------------------------------------------------------------


@pytest.fixture
def edit(city: City, citizen: User) -> OfferEdit:
    offer = OfferFactory(city=city, owner=citizen)
    change(offer, citizen, address="3 rue du Lac", capacity=3)
    return OfferEdit.objects.get()


@pytest.mark.parametrize(
    "what",
    [
        {"address": ["12 rue des Invités", "ailleurs"], "capacity": [2, 3]},
        {"address": ["12 rue des Invités", "3 rue du Lac"]},
        {"address": ["12 rue des Invités", "3 rue du Lac"], "capacity": [2, 3], "title": [None, None]},
        {"address": [None, "3 rue du Lac"], "capacity": [2, 3]},
    ],
)
def test_no_row_is_rewritten(edit: OfferEdit, what: Any) -> None:
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        OfferEdit.objects.filter(pk=edit.pk).update(what=what)
    assert violated(refused.value) == "change_is_final"


def test_nor_deleted_nor_given_another_author(edit: OfferEdit, operator: User) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        edit.delete()
    with pytest.raises(IntegrityError), transaction.atomic():
        OfferEdit.objects.filter(pk=edit.pk).update(by=operator)


def test_what_tells_of_a_person_can_be_erased_by_the_eraser(edit: OfferEdit) -> None:
    """Where it stands: the other pairs stay sealed as they are."""
    emptied = "UPDATE offers_offeredit SET what = jsonb_set(what, '{address}', '[null, null]')"
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(emptied)
    with acting.erasing(), connection.cursor() as cursor:
        cursor.execute(emptied)
    edit.refresh_from_db()
    assert edit.what == {"address": [None, None], "capacity": [2, 3]}


# --- Visited homes --------------------------------------------------------------------------------------


@pytest.fixture
def home(city: City, citizen: User, coordinator: User) -> Offer:
    return OfferFactory(city=city, owner=citizen, vetted=True)


@pytest.mark.parametrize(
    "fields",
    [
        {"address": "3 rue du Lac"},
        {"latitude": 48.6},
        {"longitude": 7.8},
        {"category": Category.SEPARATE_ROOM},
    ],
)
def test_a_visit_ends_with_what_was_seen(
    home: Offer, citizen: User, coordinator: User, fields: dict[str, Any]
) -> None:
    visited = home.vetted_at.isoformat()
    change(home, citizen, **fields)
    home.refresh_from_db()
    assert (home.vetted_at, home.vetted_by) == (None, None)
    what = OfferEdit.objects.get().what
    assert what["vetted_at"] == [visited, None]
    assert set(what) == {*fields, "vetted_at", "vetted_by"}
    message = Message.objects.get()
    assert (message.event, message.recipient) == ("offer_visit_again", coordinator)
    assert home.reference in message.body


def test_a_visit_ends_when_a_room_apart_is_shared_no_more(city: City, citizen: User) -> None:
    room = OfferFactory(
        city=city, owner=citizen, vetted=True, category=Category.SEPARATE_ROOM, shared_home=True
    )
    change(room, citizen, shared_home=False)
    room.refresh_from_db()
    assert (room.shared_home, room.vetted_at, room.vetted_by) == (False, None, None)


def test_a_visit_ends_with_a_move_to_another_commune(home: Offer, citizen: User, gazetteer: None) -> None:
    change(home, citizen, commune=Commune.objects.get(name="Schiltigheim"))
    home.refresh_from_db()
    assert home.vetted_at is None


def test_a_visit_outlives_what_nobody_saw(home: Offer, citizen: User) -> None:
    change(home, citizen, title="Chambre calme", capacity=3, share_with_linked=True, address=home.address)
    home.refresh_from_db()
    assert home.vetted_at is not None
    assert not Message.objects.exists()


def test_the_desk_is_told_once_for_each_change(home: Offer, citizen: User, coordinator: User) -> None:
    change(home, citizen, address="3 rue du Lac")
    change(home, citizen, address="4 rue du Lac")
    assert Message.objects.count() == 1, "a home that nobody has visited yet has no visit to lose"
    services.vet(offer_id=home.pk, by=coordinator, now=NOW + timedelta(days=1))
    change(home, citizen, address="5 rue du Lac")
    assert Message.objects.filter(event="offer_visit_again").count() == 2


def test_the_operators_are_not_called_for_a_visit(home: Offer, citizen: User, city: City) -> None:
    operator = CityRoleFactory(city=city, role=Role.OPERATOR).user
    change(home, citizen, address="3 rue du Lac")
    assert not Message.objects.filter(recipient=operator).exists()


# --- Marks ----------------------------------------------------------------------------------------------


def test_since_when_a_change_waits_is_kept(city: City, citizen: User) -> None:
    """An offer changed twice before its scan has waited since the first change."""
    since = NOW - timedelta(minutes=5)
    offer = OfferFactory(city=city, owner=citizen, scan_due_at=since)
    change(offer, citizen, capacity=3)
    offer.refresh_from_db()
    assert offer.scan_due_at == since
    services.mark_due(offer_ids=[offer.pk], now=NOW)
    offer.refresh_from_db()
    assert offer.scan_due_at == since


# --- The page -------------------------------------------------------------------------------------------


def history(client: Client, offer: Offer) -> list[dict[str, Any]]:
    return client.get(f"/{offer.city.slug}/propositions/{offer.reference}/").context["events"]


def test_the_history_says_who_when_and_what(
    city: City, citizen: User, coordinator: User, as_user: Callable[[User], Client]
) -> None:
    offer = OfferFactory(city=city, owner=citizen, windows=[(date(2026, 3, 3), date(2026, 3, 20))])
    change(offer, citizen, windows=[(date(2026, 3, 3), date(2026, 3, 15))], address="3 rue du Lac")
    services.change(
        offer_id=offer.pk, fields={"capacity": 4}, windows=None, by=coordinator, now=NOW + timedelta(hours=1)
    )
    last, first = history(as_user(citizen), offer)
    assert (last["text"], last["note"], last["lines"]) == (
        "Modification",
        "la ville",
        ["Combien\u202f: 2 → 4"],
    )
    assert (first["note"], first["at"]) == ("vous", NOW)
    without_year = [re.sub(r" 20\d\d", "", line) for line in first["lines"]]
    assert without_year == [
        "Jours\u202f: du 3 au 20 mars → du 3 au 15 mars",
        "Adresse (cachée)\u202f: 12 rue des Invités → 3 rue du Lac",
    ]
    assert [event["note"] for event in history(as_user(coordinator), offer)] == ["vous", "Camille"]
    colleague = CityRoleFactory(city=city, role=Role.OPERATOR).user
    assert [event["note"] for event in history(as_user(colleague), offer)] == [coordinator.name, "Camille"]


def test_the_history_names_who_moved_it(
    city: City, citizen: User, coordinator: User, operator: User, as_user: Callable[[User], Client]
) -> None:
    offer = OfferFactory(city=city, owner=citizen)
    services.vet(offer_id=offer.pk, by=coordinator, now=NOW)
    services.pause(offer_id=offer.pk, by=citizen, now=NOW)
    assert [event["note"] for event in history(as_user(operator), offer)] == [citizen.name, coordinator.name]
    assert [event["note"] for event in history(as_user(citizen), offer)] == ["vous", "la ville"]


def test_the_history_does_not_say_who_has_reported_something(
    city: City, citizen: User, coordinator: User, operator: User, as_user: Callable[[User], Client]
) -> None:
    """A suspension written formerly has an actor: whoever reported."""
    offer = OfferFactory(city=city, owner=citizen)
    services.pause(offer_id=offer.pk, by=citizen, now=NOW)
    services.freeze(offer_id=offer.pk, by=coordinator, now=NOW, reason="incident 1")
    for reader, paused_by in ((operator, citizen.name), (citizen, "vous")):
        notes = [event["note"] for event in history(as_user(reader), offer)]
        assert notes == ["incident 1" if reader == operator else "", paused_by]


def test_the_history_asks_the_same_however_long_it_is(
    city: City,
    citizen: User,
    gazetteer: None,
    as_user: Callable[[User], Client],
    django_assert_num_queries: Any,
) -> None:
    offer = OfferFactory(city=city, owner=citizen)
    communes = list(Commune.objects.exclude(pk=offer.commune_id).order_by("pk")[:6])
    client = as_user(citizen)

    def move(some: list[Commune]) -> None:
        for number, there in enumerate(some):
            services.change(
                offer_id=offer.pk, fields={"commune": there}, windows=None,
                by=UserFactory(), now=NOW + timedelta(hours=number),
            )  # fmt: skip

    move(communes[:2])
    history(client, offer)
    with CaptureQueriesContext(connection) as few:
        history(client, offer)
    move(communes[2:])
    with django_assert_num_queries(len(few)):
        assert len(history(client, offer)) == 6


def test_the_owner_of_a_visited_home_is_warned_before_saving(
    home: Offer, citizen: User, as_user: Callable[[User], Client]
) -> None:
    url = f"/{home.city.slug}/propositions/{home.reference}/modifier/"
    client = as_user(citizen)
    assert "le visitera de nouveau" in client.get(url).content.decode()
    change(home, citizen, address="3 rue du Lac")
    assert "le visitera de nouveau" not in client.get(url).content.decode()
