""" "Je peux aider", on a phone: from the public list to the town that is told, with a script and without."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import User
from cities.models import City
from matching import services
from offers.models import Offer
from tests.factories.accounts import CityRoleFactory
from tests.factories.matching import due_need, story
from tests.journeys import walks
from tests.journeys.town import strasbourg

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("gazetteer")]
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
SCRIPTS = pytest.mark.parametrize("scripted", [True, False], ids=["script", "no script"])
SignIn = Callable[[Any, User], None]


@pytest.fixture
def city(live_server: Any, settings: Any) -> City:
    settings.SITE_URL = live_server.url
    return strasbourg()


@SCRIPTS
def test_a_visitor_answers_a_need_and_the_town_is_told(
    city: City,
    new_page: Callable[..., Any],
    sign_in: SignIn,
    worker: None,
    smtp_server: Any,
    eventually: Callable[..., Any],
    scripted: bool,
) -> None:
    coordinator = CityRoleFactory(city=city, user__email="awa@ville.example").user
    need = due_need(city=city, kind="goods", now=timezone.now(), sizes=["140"], text="TEXTE-SECRET")
    page = new_page(**PHONE, java_script_enabled=scripted)
    page.goto("/strasbourg/besoins/")
    expect(page.locator("main")).not_to_contain_text("SECRET")
    page.get_by_role("link", name="Je peux aider").click()

    # What the need says is there already: go on, or say otherwise.
    page.wait_for_url("**/nouvelle/goods/")
    assert page.locator("input[name=size][value='140']").is_checked()
    assert page.locator("input[name=capacity]").input_value() == "10"
    page.locator("input[name=capacity]").fill("4")
    walks.leave(page, "goods")
    assert page.locator("input[name=commune]").input_value().startswith("Strasbourg")
    page.locator("input[name=hand_over][value=delivered]").check()
    page.locator("input[name=reach_km][value='10']").check()
    assert page.locator("input[name=first_day]").input_value() == need.first_day.isoformat()
    assert page.locator("input[name=last_day]").input_value() == need.last_day.isoformat()
    walks.leave(page, "where")
    walks.tell_who_one_is(page)
    expect(page.locator("dl").first).to_contain_text(need.reference)
    page.locator(walks.GO_ON).click()
    page.wait_for_url("**/envoyee/")
    expect(page.get_by_text("La ville est prévenue dès que vous la confirmez")).to_be_visible()

    # The code makes it active: the need is looked at, the desk told.
    walks.type_code(page, eventually(lambda: smtp_server.to(walks.EMAIL))[-1])
    said = page.get_by_text(f"votre proposition répond au besoin {need.reference}.")
    expect(said).to_contain_text("La ville est prévenue")
    offer = Offer.objects.get()

    def told() -> list[Any]:
        return [one for one in smtp_server.to(coordinator.email) if "peut aider" in str(one["Subject"])]

    (message,) = eventually(told)
    assert offer.reference in walks.words_of(message)
    desk = new_page()
    sign_in(desk, coordinator)
    desk.goto(walks.link_in(message))
    expect(desk.get_by_text("elle est parmi les pistes")).to_be_visible()
    expect(desk.locator("[data-desk-pairing]")).to_contain_text(offer.reference)


@SCRIPTS
def test_a_host_reads_whose_stay_depends_on_a_change(
    city: City, new_page: Callable[..., Any], sign_in: SignIn, scripted: bool
) -> None:
    now = timezone.now()
    it = story(city=city, now=now)
    services.propose(match_id=it.match.pk, by=it.coordinator, now=now)
    services.accept(match_id=it.match.pk, by=it.citizen, now=now)
    page = new_page(**PHONE, java_script_enabled=scripted)
    sign_in(page, it.citizen)
    page.goto(f"/strasbourg/propositions/{it.match.offer.reference}/modifier/")
    page.locator("select[name=longest_stay_days]").select_option("7")
    page.locator("textarea[name=text]").fill("Calme, au fond de la cour")
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_text("Un toit pour 3 personnes")).to_be_visible()
    expect(page.get_by_text("ce qui est prévu est annulé")).to_be_visible()
    assert page.locator("textarea[name=text]").input_value() == "Calme, au fond de la cour"
    page.get_by_role("button", name="Enregistrer quand même").click()
    expect(page.get_by_text("Vos changements sont enregistrés")).to_be_visible()
    assert Offer.objects.get(pk=it.match.offer_id).longest_stay_days == 7
