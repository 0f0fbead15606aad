"""Somebody is on the line: an operator enters what they need without a mouse."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.models import User
from needs.models import Need
from tests.factories.accounts import CityRoleFactory, UserFactory
from tests.factories.needs import NeedFactory
from tests.journeys.town import strasbourg

SignIn = Callable[[Any, User], None]


def test_by_keyboard_a_known_caller_fills_in_and_a_double_is_asked_about(
    live_server: Any, gazetteer: None, new_page: Callable[..., Any], sign_in: SignIn
) -> None:
    city = strasbourg()
    amina = UserFactory(phone="+33612345678", email=None, name="Amina")
    today = timezone.localdate()
    NeedFactory(city=city, for_person=amina, goods=True, first_day=today, last_day=today + timedelta(days=9))
    page = new_page()
    sign_in(page, CityRoleFactory(city=city, role="operator").user)
    page.goto("/strasbourg/appel/")
    keys = page.keyboard
    keys.type("06 12 34 56 78")  # the number has the focus
    keys.press("Tab")
    page.locator("input[name=name][value=Amina]").wait_for()
    assert page.evaluate("document.activeElement.name") == "name"
    page.locator("button[value='besoin:goods']").focus()
    keys.press("Enter")
    page.locator("input[name=caller_name][value=Amina]").wait_for()
    assert page.locator("input[name=caller_phone]").input_value() == "06 12 34 56 78"
    # A word, as she says it: what stands already appears beside it.
    page.locator("input[name=items]").first.focus()
    keys.type("couette 140")
    page.locator("input[name=not_a_duplicate]").wait_for()
    for name, typed in (("commune", "Strasbourg"), ("caller_agrees", " "), ("urgency", " ")):
        page.locator(f"input[name={name}]").first.focus()
        keys.press("Space") if typed == " " else keys.type(typed)
    page.locator("input[name=not_a_duplicate]").focus()
    keys.press("Space")
    with page.expect_navigation():
        keys.press("Enter")
    need = Need.objects.get(text="", entered_by__isnull=False, source="phone")
    assert (need.person, need.items) == (amina, ["duvet"])
