"""A plan, in real browsers: asked for, made by a worker, its lines ticked and asked; many, once one knows how many."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import User
from catalogue.vocabulary import Kind
from matching import plans
from matching.models import Match, Plan
from notifications.models import Message
from tests.factories.accounts import CityRoleFactory, OrganisationFactory, UserFactory
from tests.factories.matching import drain, due_need, due_offer
from tests.journeys.test_pages import AXE, Inspector
from tests.journeys.test_story import DESK, PHONE
from tests.journeys.town import strasbourg
from tests.journeys.walks import HOME

# What the keyboard comes to is scrolled clear of what sticks.
STAYS_CLEAR = """document.querySelector(".actions--stick").offsetHeight
  <= parseFloat(getComputedStyle(document.documentElement).scrollPaddingBlockEnd)"""
HOMES = ("Chambre sur cour", "Maison au bord du canal", "Deux pièces clair")


@pytest.fixture(autouse=True)
def _one_by_one(settings: Any) -> None:
    """Each line is decided in a transaction of its own, under its own locks: that is no query to batch."""
    settings.ZEAL_ALLOWLIST = [
        *settings.ZEAL_ALLOWLIST,
        *(
            {"model": f"{app}.*"}
            for app in ("matching", "offers", "needs", "accounts", "cities", "notifications")
        ),
    ]


@pytest.mark.parametrize(("scripted", "screen"), [(True, DESK), (False, PHONE)], ids=["script", "no script"])
def test_from_the_question_to_the_citizens(
    live_server: Any,
    gazetteer: None,
    new_page: Callable[..., Any],
    sign_in: Callable[[Any, User], None],
    scripted: bool,
    screen: dict[str, Any],
) -> None:
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
    for box in boxes.all():
        expect(box).not_to_be_checked()
    desk.get_by_role("link", name="Tout cocher").click()
    expect(left).to_be_checked()
    left.uncheck()
    # With a script the button says of how many people; without, the page says it of all of its lines.
    expect(desk.locator(".plan__sending")).to_contain_text(
        f"{2 if scripted else 3} personnes seront sollicitées"
    )
    act = "Demander à 2 personnes" if scripted else "Demander les lignes cochées"
    desk.get_by_role("button", name=act).click()

    expect(desk.locator("#messages")).to_contain_text("2 questions sont parties")
    expect(boxes).to_have_count(1)
    expect(left).not_to_be_checked()
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


@pytest.mark.parametrize("scripted", [True, False], ids=["script", "no script"])
def test_twelve_people_are_asked_on_a_phone_once_one_has_read_how_many(
    live_server: Any,
    gazetteer: None,
    new_page: Callable[..., Any],
    sign_in: Callable[[Any, User], None],
    scripted: bool,
) -> None:
    now = timezone.now()
    city = strasbourg()
    coordinator = CityRoleFactory(city=city).user
    due_need(city=city, now=now, kind=Kind.GOODS, quantity=12, title="Douze couettes")
    for number in range(12):
        owner = UserFactory(phone_only=number == 0)
        due_offer(city=city, now=now, kind=Kind.GOODS, capacity=1, owner=owner)
    plan = plans.ask(
        city_id=city.pk, kind="", urgency="", need_ids=[], budget_seconds=10, by=coordinator, now=now
    )
    assert plans.work_on_one(now=timezone.now())

    phone = new_page(**PHONE, java_script_enabled=scripted)
    sign_in(phone, coordinator)
    inspector = Inspector("ltr")
    phone.add_init_script(AXE)
    phone.goto(f"{HOME}bureau/plan/{plan.pk}/")
    if scripted:
        assert phone.evaluate(STAYS_CLEAR), "the words under the button make what sticks higher"
    phone.get_by_role("link", name="Tout cocher").tap()
    boxes = phone.get_by_role("checkbox", name="Demander")
    boxes.first.uncheck()
    act = "Demander à 11 personnes" if scripted else "Demander les lignes cochées"
    phone.get_by_role("button", name=act).tap()
    expect(phone.get_by_role("heading", level=1)).to_contain_text("Demander à 11 personnes")
    if scripted:
        inspector.look(phone, "plan-sending")
        assert not inspector.wrong, "\n".join(inspector.wrong)
    phone.get_by_role("button", name="Revenir sans rien envoyer").tap()
    expect(boxes.first).not_to_be_checked()
    expect(phone.locator("input[name=line]:checked")).to_have_count(11)
    assert not Match.objects.filter(state="proposed").exists()

    phone.get_by_role("button", name=act).tap()
    phone.get_by_role("button", name="Demander à 11 personnes").tap()
    expect(phone.locator("#messages")).to_contain_text("11 questions sont parties", timeout=20_000)
    expect(boxes).to_have_count(1)
    assert Match.objects.filter(state="proposed").count() == 11
