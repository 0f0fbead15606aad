"""From a near miss to a suggestion, in real browsers: the desk asks in one tap, the association answers in one tap."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import User
from notifications.models import Message
from tests.factories.accounts import CityRoleFactory, MembershipFactory, OrganisationFactory
from tests.factories.matching import drain, due_need, due_offer
from tests.journeys.test_story import DESK, PHONE
from tests.journeys.town import strasbourg
from tests.journeys.walks import HOME


@pytest.mark.parametrize("scripted", [True, False], ids=["script", "no script"])
def test_from_a_near_miss_to_a_suggestion(
    live_server: Any,
    gazetteer: None,
    new_page: Callable[..., Any],
    sign_in: Callable[[Any, User], None],
    scripted: bool,
) -> None:
    now = timezone.now()
    city = strasbourg()
    coordinator = CityRoleFactory(city=city).user
    association = OrganisationFactory(city=city, verified=True, name="Toits ouverts")
    member = MembershipFactory(organisation=association).user
    north = city.seat.latitude + 15 / 111.2
    due_offer(city=city, now=now, latitude=north, title="Maison au bord du canal", vetted=True)
    due_offer(city=city, now=now, latitude=north - 0.01, title="Chambre au calme", accepts=["men"])
    need = due_need(city=city, now=now, organisation=association, title="Une mère et deux enfants")
    drain(now)

    desk = new_page(**DESK, java_script_enabled=scripted)
    sign_in(desk, coordinator)
    desk.goto(f"{HOME}bureau/{need.reference}/")
    nearly = desk.locator("#presque")
    expect(nearly).to_contain_text("5,0 km trop loin")
    if scripted:
        expect(nearly).to_contain_text("Avec 15 km : 1 piste de plus")
    else:
        nearly.get_by_role("link", name="Ce que chaque changement").click()
        expect(desk.locator("main")).to_contain_text("Avec 15 km : 1 piste de plus")
        desk.get_by_role("link", name="Retour").click()
    nearly.get_by_role("button", name="Demander à l’association").click()
    expect(desk.locator("#messages")).to_contain_text("C’est demandé")
    expect(nearly).to_contain_text("Demandé à l’instant")

    phone = new_page(**PHONE, java_script_enabled=scripted)
    phone.goto(Message.objects.get(recipient=member, event="condition_asked").action_url)
    expect(phone.get_by_role("heading", level=1)).to_contain_text("Est-ce que 15 km peuvent aller")
    assert "canal" not in phone.locator("main").inner_text()
    phone.get_by_role("button", name="Oui, cela peut aller").tap()
    expect(phone.locator("main")).to_contain_text("votre besoin va jusqu’à 15 km")

    desk.goto(f"{HOME}bureau/{need.reference}/")
    expect(desk.locator("#presque")).to_contain_text("oui, avec 15 km")
    drain(now + timedelta(minutes=1))
    desk.goto(f"{HOME}bureau/{need.reference}/")
    expect(desk.locator("[data-desk-pairing]")).to_contain_text("Maison au bord du canal")
    expect(desk.get_by_role("button", name="Proposer")).to_have_count(1)
