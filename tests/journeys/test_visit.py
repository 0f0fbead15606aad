"""The visit of a home, on two phones and without a script: planned, answered by its host, moved, made, run out."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import User
from cities.days import local_day
from homes import links, services
from homes.models import Visit
from offers.models import Offer
from tests.factories.accounts import CityRoleFactory, UserFactory
from tests.factories.offers import OfferFactory
from tests.journeys.town import strasbourg

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("gazetteer")]
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "java_script_enabled": False}


def test_from_the_first_hour_to_the_last_day(
    live_server: Any, new_page: Callable[..., Any], sign_in: Callable[[Any, User], None]
) -> None:
    city, now = strasbourg(), timezone.now()
    host, coordinator = UserFactory(), CityRoleFactory(city=city, user__name="Awa D.").user
    home = OfferFactory(city=city, owner=host, title="Chambre au calme")
    desk, phone = new_page(**PHONE), new_page(**PHONE)
    sign_in(desk, coordinator)

    desk.goto("/strasbourg/bureau/visites/")
    desk.get_by_role("link", name="Chambre au calme").click()
    desk.get_by_label("Quel jour").fill((local_day(now, city) + timedelta(days=3)).isoformat())
    desk.get_by_role("button", name="Prévoir la visite").click()
    expect(desk.locator("main")).to_contain_text("Awa D.")

    phone.goto(links.host_path(Visit.objects.select_related("offer__owner", "offer__city").get()))
    expect(phone.locator("main")).to_contain_text("Awa D. vient chez vous")
    phone.locator("main summary").first.click()
    phone.get_by_role("button", name="Demander un autre moment").click()
    expect(phone.locator("main")).to_contain_text("Plutôt un après-midi")

    desk.reload()
    expect(desk.locator("main")).to_contain_text("L’hôte préfère un autre moment")
    desk.get_by_label("Quel jour").fill((local_day(now, city) + timedelta(days=4)).isoformat())
    desk.get_by_role("button", name="Déplacer", exact=True).click()
    expect(desk.locator(".notice--warn")).to_have_count(0)

    for answer in desk.locator("input[value=yes]").all():
        answer.check()
    desk.get_by_label("Charte signée le").fill(local_day(now, city).isoformat())
    desk.get_by_role("button", name="Le logement convient", exact=True).click()
    expect(desk.locator("main")).to_contain_text("Cette visite vaut jusqu’au")
    phone.reload()
    expect(phone.locator("main")).to_contain_text("Concluante")
    assert Offer.objects.get(pk=home.pk).vetted_by == coordinator

    services.run_out(city=city, by=None, now=now + timedelta(days=367))
    desk.goto("/strasbourg/bureau/visites/")
    expect(desk.locator("main")).to_contain_text("Chambre au calme")
