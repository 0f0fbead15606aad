"""The coordinators' desk in real browsers: what fits on a laptop, and two of them on one case."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.utils import timezone

from followups.models import Reader
from matching import services
from matching.models import Match, MatchState
from tests.factories.accounts import CityRoleFactory
from tests.factories.matching import drain, due_need, due_offer
from tests.journeys.town import HERE, Town

LAPTOP = {"width": 1366, "height": 768}
# How many of these can be read whole, above the foot of the page.
WHOLE = """(elements) => elements.filter((element) => {
  const box = element.getBoundingClientRect();
  return box.top >= 0 && box.bottom <= document.querySelector(".bottom").getBoundingClientRect().top;
}).length"""


def test_a_laptop_shows_one_row_of_header_five_cases_and_two_suggestions(
    town: Town, new_page: Callable[..., Any], sign_in: Callable[..., None], live_server: Any
) -> None:
    now = timezone.now()
    need = due_need(city=town.city, now=now, urgency="this_week", created_at=now - timedelta(days=9))
    for _ in range(2):
        due_offer(city=town.city, now=now)
    drain(now)
    # Whoever reads reports has one link more than the others.
    Reader.objects.create(city=town.city, person=town.coordinator, named_by=town.administrator, named_at=now)
    page = new_page(viewport=LAPTOP)
    sign_in(page, town.coordinator)
    page.goto(f"{live_server.url}/{HERE}/bureau/{need.reference}/")
    tops = page.locator(".nav a").evaluate_all(
        "(links) => links.map((link) => link.getBoundingClientRect().top)"
    )
    assert len(set(tops)) == 1
    assert page.locator(".top").bounding_box()["height"] < 60
    page.locator(".queue__item").first.wait_for()  # the list comes after the case
    assert page.locator(".queue__item").evaluate_all(WHOLE) >= 5
    assert page.locator("[data-desk-pairing]").evaluate_all(WHOLE) >= 2
    for locale in ("en", "ar"):
        page = new_page(viewport=LAPTOP, locale=locale)
        sign_in(page, town.coordinator)
        page.goto(f"{live_server.url}/{HERE}/bureau/astreintes/")
        assert page.locator(".top").bounding_box()["height"] < 60, locale


def test_two_coordinators_on_one_case(
    town: Town, new_page: Callable[..., Any], sign_in: Callable[..., None], live_server: Any
) -> None:
    nadia = CityRoleFactory(city=town.city, user__name="Nadia Ferrand").user
    case = f"{live_server.url}/{HERE}/bureau/{town.needs['tonight'].reference}/"
    page, hers = new_page(viewport=LAPTOP), new_page(viewport=LAPTOP)
    sign_in(page, town.coordinator)
    sign_in(hers, nadia)
    hers.goto(case)
    page.goto(case)
    page.get_by_text("Nadia Ferrand est aussi sur ce dossier").wait_for()

    # Somebody is writing: nothing is taken away, a link leads on.
    page.get_by_text("Écrire une note").click()
    page.get_by_label("Note pour l’équipe").fill("Préfère le matin")
    match = Match.objects.filter(need=town.needs["tonight"], offer__vetted_at__isnull=False).suggested()[0]
    services.propose(match_id=match.pk, by=nadia, now=timezone.now())
    page.get_by_text("Nadia Ferrand\u202f: Demande envoyée").wait_for(timeout=20_000)
    assert page.get_by_label("Note pour l’équipe").input_value() == "Préfère le matin"
    page.get_by_role("link", name="Voir", exact=True).click()
    page.locator(".pairing--acted").wait_for()

    # Nobody is: it shows by itself, and the page stays where it was.
    services.cancel(match_id=match.pk, by=nadia, now=timezone.now(), reason="other")
    page.evaluate("window.stays = true")
    page.locator(".pairing--acted .button", has_text="Appeler").wait_for(state="detached", timeout=20_000)
    assert page.evaluate("window.stays") is True, "not loaded anew"
    assert Match.objects.get(pk=match.pk).state == MatchState.CANCELLED


def test_the_list_keeps_its_place_from_case_to_case(
    town: Town, new_page: Callable[..., Any], sign_in: Callable[..., None], live_server: Any
) -> None:
    for _ in range(12):
        due_need(city=town.city, now=timezone.now())
    page = new_page(viewport=LAPTOP)
    sign_in(page, town.coordinator)
    page.goto(f"{live_server.url}/{HERE}/bureau/")
    items = page.locator("[data-desk-item]")
    items.nth(9).click()
    page.locator("[data-desk-item][aria-current=true]").wait_for()
    place = page.locator("#desk-queue").evaluate("(list) => list.scrollTop")
    assert place > 0
    here = page.url
    page.keyboard.press("j")
    page.wait_for_url(lambda url: url != here)
    page.locator("[data-desk-item][aria-current=true]").wait_for()
    assert page.locator("#desk-queue").evaluate("(list) => list.scrollTop") >= place
    assert page.locator("[data-desk-item][aria-current=true]").evaluate_all(WHOLE) == 1
