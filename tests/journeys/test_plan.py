"""A plan, in real browsers: asked for, made by a worker, one line unticked, the others asked of the citizens."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import User
from matching import plans
from matching.models import Match, Plan
from notifications.models import Message
from tests.factories.accounts import CityRoleFactory, OrganisationFactory, UserFactory
from tests.factories.matching import drain, due_need, due_offer
from tests.journeys.test_story import DESK, PHONE
from tests.journeys.town import strasbourg
from tests.journeys.walks import HOME

HOMES = ("Chambre sur cour", "Maison au bord du canal", "Deux pièces clair")


@pytest.mark.parametrize(("scripted", "screen"), [(True, DESK), (False, PHONE)], ids=["script", "no script"])
def test_from_the_question_to_the_citizens(
    live_server: Any,
    settings: Any,
    gazetteer: None,
    new_page: Callable[..., Any],
    sign_in: Callable[[Any, User], None],
    scripted: bool,
    screen: dict[str, Any],
) -> None:
    # Each line is decided in a transaction of its own, under its own locks: that is no query to batch.
    settings.ZEAL_ALLOWLIST = [
        *settings.ZEAL_ALLOWLIST,
        *(
            {"model": f"{app}.*"}
            for app in ("matching", "offers", "needs", "accounts", "cities", "notifications")
        ),
    ]
    now = timezone.now()
    city = strasbourg()
    coordinator = CityRoleFactory(city=city).user
    association = OrganisationFactory(city=city, verified=True, name="Toits ouverts")
    citizens = [UserFactory(email=f"hote{number}@exemple.fr") for number in range(len(HOMES))]
    for title, citizen in zip(HOMES, citizens, strict=True):
        due_offer(city=city, now=now, owner=citizen, title=title)
        due_need(city=city, now=now, organisation=association, title=f"Une famille pour « {title} »")
    due_need(city=city, now=now, organisation=association, title="Avec un chien", pets=True)
    drain(now)

    desk = new_page(**screen, java_script_enabled=scripted)
    sign_in(desk, coordinator)
    desk.goto(f"{HOME}bureau/#desk-queue")
    desk.get_by_role("link", name="Plan", exact=True).click()
    desk.get_by_role("button", name="Calculer le plan").click()
    expect(desk.get_by_role("heading", level=1)).to_contain_text("Le plan va se calculer")

    assert plans.work_on_one(now=timezone.now())
    if not scripted:
        desk.get_by_role("link", name="Voir où cela en est").click()
    # With a script the page finds out by itself.
    expect(desk.get_by_role("heading", level=1)).to_contain_text(
        "Ce plan aide 9 personnes sur 12", timeout=10_000
    )
    expect(desk.locator("main")).to_contain_text("3 logements conviendraient, sauf pour les animaux")
    boxes = desk.get_by_role("checkbox", name="Demander")
    expect(boxes).to_have_count(3)
    left = desk.get_by_role("checkbox", name=HOMES[1])
    left.uncheck()
    desk.get_by_role("button", name="Demander les lignes cochées").click()

    expect(desk.locator("#messages")).to_contain_text("2 questions sont parties")
    expect(boxes).to_have_count(1)
    expect(left).to_be_checked()
    asked = {match.offer.title for match in Match.objects.filter(state="proposed").select_related("offer")}
    assert asked == {HOMES[0], HOMES[2]}
    told = Message.objects.filter(event="match_question").values_list("recipient__email", flat=True)
    assert sorted(told) == ["hote0@exemple.fr", "hote2@exemple.fr"]

    # A citizen says yes, from the mail; the plan knows.
    phone = new_page(**PHONE, java_script_enabled=scripted)
    phone.goto(Message.objects.get(recipient=citizens[0], event="match_question").action_url)
    phone.get_by_role("button", name="Oui").first.tap()
    expect(phone.get_by_role("button", name="Oui")).to_have_count(0)
    desk.reload()
    expect(desk.locator("main")).to_contain_text("Acceptée, à confirmer", ignore_case=True)

    # The town changes: the plan says so, and is made again.
    due_offer(city=city, now=now, title="Studio avec jardin", pets_accepted=True)
    Plan.objects.update(finished_at=now - timedelta(minutes=5), started_at=now - timedelta(minutes=6))
    desk.reload()
    if not scripted:  # with a script the page asks by itself
        desk.get_by_role("button", name="Recalculer").click()
    expect(desk.locator("#plan-status")).to_contain_text("Nous le recalculons")
    assert plans.work_on_one(now=timezone.now())
    if not scripted:
        desk.reload()
    ready = desk.get_by_role("link", name="Voir le nouveau plan")
    expect(ready).to_be_visible(timeout=10_000)
    ready.click()
    expect(desk.get_by_role("heading", level=1)).to_contain_text("Ce plan aide 6 personnes sur 6")
