"""From any page, with the key `/`: what one looks for is one line and one key away; without a script it is a form."""

from typing import Any

from tests.factories.accounts import CityRoleFactory
from tests.factories.cities import CityFactory
from tests.factories.offers import OfferFactory


def test_the_key_leads_to_the_field_and_what_is_typed_to_the_offer(
    live_server: Any, new_page: Any, sign_in: Any
) -> None:
    city = CityFactory(slug="strasbourg", name="Strasbourg")
    offer = OfferFactory(city=city, title="Chambre au calme", owner__phone="+33612345678")
    page = new_page()
    sign_in(page, CityRoleFactory(city=city).user)
    page.goto(f"{live_server.url}/strasbourg/propositions/ville/")
    page.keyboard.press("/")
    page.wait_for_url("**/chercher/")
    page.keyboard.type("06 12 34")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Chambre au calme").click()
    page.wait_for_url(f"**/propositions/{offer.reference}/")


def test_in_a_field_the_key_is_a_sign_and_on_the_page_of_the_search_it_goes_to_its_field(
    live_server: Any, new_page: Any, sign_in: Any
) -> None:
    city = CityFactory(slug="strasbourg", name="Strasbourg")
    page = new_page()
    sign_in(page, CityRoleFactory(city=city).user)
    page.goto(f"{live_server.url}/strasbourg/chercher/?q=couette")
    page.keyboard.press("/")
    field = page.get_by_role("searchbox")
    assert field.evaluate("field => field === document.activeElement")
    page.keyboard.press("/")
    assert field.input_value() == "/"
