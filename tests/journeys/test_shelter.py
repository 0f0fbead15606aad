"""A place for many, on a phone without a script: entered by an association, seen by the town, free on its page."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import User
from cities.days import local_day
from tests.factories.accounts import CityRoleFactory, MembershipFactory, OrganisationFactory
from tests.journeys.town import strasbourg

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("gazetteer")]
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "java_script_enabled": False}


def test_from_the_first_word_to_the_first_bed(
    live_server: Any, new_page: Callable[..., Any], sign_in: Callable[[Any, User], None]
) -> None:
    city = strasbourg()
    today = local_day(timezone.now(), city).isoformat()
    association = OrganisationFactory(city=city, name="Les Tilleuls", verified=True)
    page, desk = new_page(**PHONE), new_page(**PHONE)
    sign_in(page, MembershipFactory(organisation=association).user)
    sign_in(desk, CityRoleFactory(city=city).user)

    page.goto("/strasbourg/lieux/")
    page.get_by_role("link", name="Ajouter un lieu").first.click()
    page.get_by_label("Nom du lieu").fill("Gymnase des Tilleuls")
    page.get_by_label("commune").fill("Strasbourg")
    page.get_by_label("Adresse du lieu").fill("3 rue du Stade")
    page.get_by_role("button", name="Enregistrer").click()
    page.get_by_label("Combien de places par nuit").fill("douze")
    page.get_by_label("Première nuit").fill(today)
    page.get_by_role("button", name="Enregistrer").click()
    # Nobody sleeps in what the town has not seen.
    expect(page.locator("main")).to_contain_text("0 place")
    expect(page.locator("main")).to_contain_text("La ville doit voir le lieu")

    page.get_by_role("link", name="Demander des bénévoles").click()
    page.get_by_label("Pour faire quoi").fill("Accueil du soir")
    for day in page.locator("input[name=weekdays]").all():
        day.check()
    page.get_by_label("Heure de début").fill("22:00")
    page.get_by_label("Heure de fin").fill("00:00")
    page.get_by_label("Combien de bénévoles").fill("2")
    page.get_by_label("Du", exact=True).fill(today)
    page.get_by_label("Au", exact=True).fill(today)
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.locator("main")).to_contain_text("Il manque 2 personnes")

    desk.goto("/strasbourg/accueils/libres/")
    expect(desk.locator("main")).not_to_contain_text("Gymnase")
    desk.goto("/strasbourg/lieux/")
    desk.get_by_role("link", name="Gymnase des Tilleuls").click()
    desk.get_by_role("button", name="Le lieu est vu").click()
    desk.goto("/strasbourg/accueils/libres/")
    expect(desk.locator("main")).to_contain_text("Gymnase des Tilleuls")
    page.reload()
    expect(page.locator("main")).to_contain_text("12 libres")
