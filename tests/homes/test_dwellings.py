"""An empty dwelling on its way, from found to an offer."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import ContactReading
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
    assert "En faire une proposition" not in client.get(here).content.decode()
    shown = client.post(reverse("homes:dwelling_contact", args=[slug, made.pk]))
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


def test_how_the_owner_is_reached_is_shown_when_asked_for_and_each_reading_is_kept(desk, found):
    services.change_dwelling(
        dwelling_id=found.pk,
        fields={"owner_email": "odile@exemple.fr", "lease_from": NOW.date()},
        by=desk.coordinator,
        now=NOW,
    )
    move_to(desk, found, Stage.READY)
    client = Client()
    client.force_login(desk.coordinator)
    here, contact = (
        reverse(f"homes:{name}", args=[desk.city.slug, found.pk]) for name in ("dwelling", "dwelling_contact")
    )
    body = client.get(here).content.decode()
    assert "Mairie annexe" in body
    for said in ("odile@exemple.fr", "+33199001234", found.owner_phone.as_national):
        assert said not in body
    assert client.get(contact).status_code == 405
    wrong = client.post(reverse("homes:step", args=[desk.city.slug, found.pk]), {"stage": "nowhere"})
    assert "odile@exemple.fr" not in wrong.content.decode()
    assert not ContactReading.objects.exists()

    body = client.post(contact).content.decode()
    assert "odile@exemple.fr" in body
    assert found.owner_phone.as_national in body
    reading = ContactReading.objects.get()
    assert (reading.reader, reading.subject, reading.reason, reading.reference) == (
        desk.coordinator,
        None,
        "dwelling",
        f"dwelling-{found.pk}",
    )
    client.force_login(desk.operator)
    assert client.post(contact).status_code == 404
    assert ContactReading.objects.count() == 1


def test_who_corrects_a_dwelling_without_reading_the_contact_leaves_it(desk, found):
    client = Client()
    client.force_login(desk.coordinator)
    here = reverse("homes:dwelling", args=[desk.city.slug, found.pk])
    sent = {"title": "T3 clair", "commune": "Strasbourg", "capacity": "3", "owner_name": "Mairie"}
    assert client.post(here, sent).status_code == 302
    found.refresh_from_db()
    assert (found.title, found.owner_phone.as_e164) == ("T3 clair", "+33199001234")
    client.post(here, sent | {"owner_phone": "", "owner_email": "odile@exemple.fr"})
    found.refresh_from_db()
    assert (found.owner_phone, found.owner_email) == ("", "odile@exemple.fr")


def test_another_town_s_is_not_found(desk, found):
    other = Client()
    other.force_login(desk.operator)
    assert other.get(reverse("homes:dwelling", args=[desk.city.slug, found.pk])).status_code == 404
