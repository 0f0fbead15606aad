"""An empty dwelling on its way, from found to an offer."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from homes import selectors, services
from homes.models import Cost, Dwelling, DwellingChange, Stage
from offers.models import Offer
from tests.homes.conftest import NOW


def fields(desk, **more):
    return {
        "title": "T3 au-dessus de l’école", "commune": desk.city.seat, "address": "2 place du Marché", "capacity": 4,
        "owner_name": "Mairie annexe", "owner_phone": "+33199001234", **more,
    }  # fmt: skip


@pytest.fixture
def found(desk):
    return services.find_dwelling(city=desk.city, fields=fields(desk), by=desk.coordinator, now=NOW)


def move_to(desk, found, stage, **more):
    services.move_to(
        dwelling_id=found.pk, stage=stage, due_on=more.get("due_on"), by=desk.coordinator, now=NOW
    )


def test_each_step_is_a_row_with_its_actor(desk, found):
    move_to(desk, found, Stage.OWNER, due_on=date(2026, 4, 1))
    move_to(desk, found, Stage.WORKS, due_on=date(2026, 6, 1))
    steps = [edit.what.get("stage") for edit in found.edits.order_by("pk")]
    assert steps == [None, ["found", "owner"], ["owner", "works"]]
    assert {edit.by for edit in DwellingChange.objects.all()} == {desk.coordinator}


@pytest.mark.parametrize("who", ["operator", "administrator", "host"])
def test_only_coordinators_write(desk, found, who):
    by = getattr(desk, who)
    for write in (
        lambda: services.find_dwelling(city=desk.city, fields=fields(desk), by=by, now=NOW),
        lambda: services.move_to(dwelling_id=found.pk, stage="owner", due_on=None, by=by, now=NOW),
        lambda: services.change_dwelling(dwelling_id=found.pk, fields={"note": "x"}, by=by, now=NOW),
        lambda: services.add_cost(dwelling_id=found.pk, what="x", euros=1, day=NOW.date(), by=by, now=NOW),
    ):
        with pytest.raises(PermissionDenied):
            write()


def test_what_is_ready_has_a_lease_whoever_writes(desk, found):
    with pytest.raises(ValidationError):
        move_to(desk, found, Stage.READY)
    with pytest.raises(IntegrityError), transaction.atomic():
        Dwelling.objects.filter(pk=found.pk).update(stage="ready")
    services.change_dwelling(
        dwelling_id=found.pk, fields={"lease_from": date(2026, 5, 1)}, by=desk.coordinator, now=NOW
    )
    move_to(desk, found, Stage.READY)


def test_costs_add_up_and_a_mistake_is_corrected_by_another_row(desk, found):
    for what, euros in (("Peinture", 800), ("Chaudière", 2400), ("Erreur sur la chaudière", -400)):
        services.add_cost(
            dwelling_id=found.pk, what=what, euros=euros, day=NOW.date(), by=desk.coordinator, now=NOW
        )
    assert selectors.dwellings(desk.coordinator, desk.city).get().spent == 2800
    with pytest.raises(ValidationError):
        services.add_cost(
            dwelling_id=found.pk, what="Rien", euros=0, day=NOW.date(), by=desk.coordinator, now=NOW
        )
    assert Cost.objects.count() == 3


def test_from_its_pages_found_to_an_offer(desk):
    client = Client()
    client.force_login(desk.coordinator)
    slug, today = desk.city.slug, timezone.localdate()
    sent = {
        "title": "T3 au-dessus de l’école", "commune": "Strasbourg", "address": "2 place du Marché", "capacity": "4",
        "owner_name": "Odile K.", "owner_phone": "01 99 00 12 34", "rent": "350",
        "lease_from": f"{today:%Y-%m-%d}", "lease_until": f"{today + timedelta(days=200):%Y-%m-%d}",
    }  # fmt: skip
    answer = client.post(reverse("homes:new_dwelling", args=[slug]), sent)
    made = Dwelling.objects.get()
    here = reverse("homes:dwelling", args=[slug, made.pk])
    assert answer["Location"] == here
    client.post(
        reverse("homes:cost", args=[slug, made.pk]),
        {"what": "Clés", "euros": "30", "day": f"{today:%Y-%m-%d}"},
    )
    client.post(reverse("homes:step", args=[slug, made.pk]), {"stage": "ready"})
    shown = client.get(here)
    assert "En faire une proposition" in shown.content.decode()
    assert "30\u00a0€" in shown.content.decode()

    form = client.post(reverse("callers:enter", args=[slug]), dict(shown.context["filled_in"]))
    assert form.status_code == 200
    filled = form.context["form"]
    assert filled["title"].value() == "T3 au-dessus de l’école"
    assert filled["capacity"].value() == "4"
    assert filled["category"].value() == "empty_dwelling"
    data = {name: value for name, value in shown.context["filled_in"] if name != "switch"}
    data |= {"nature": "housing", "consent": "on", "accepts": ["families"]}
    answer = client.post(reverse("callers:enter", args=[slug]), data)
    assert answer.status_code == 302, answer.context["form"].errors
    offer = Offer.objects.exclude(pk=desk.home.pk).get()
    assert (offer.category, offer.capacity, offer.rent, offer.owner.name) == (
        "empty_dwelling",
        4,
        350,
        "Odile K.",
    )
    assert selectors.offer_of(made) == offer
    body = client.get(here).content.decode()
    assert offer.reference in body
    assert "En faire une proposition" not in body
    assert "Proposé" in client.get(reverse("homes:dwellings", args=[slug])).content.decode()


def test_another_town_s_is_not_found(desk, found):
    other = Client()
    other.force_login(desk.operator)
    assert other.get(reverse("homes:dwelling", args=[desk.city.slug, found.pk])).status_code == 404
