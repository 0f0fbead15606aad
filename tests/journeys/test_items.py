"""A thing is typed as people say it, on a phone, with a script and without; the town sorts what nobody knows."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import User
from cities.models import City
from needs.models import Need
from offers.models import Offer
from tests.factories.accounts import CityRoleFactory, MembershipFactory, OrganisationFactory
from tests.factories.offers import OfferFactory
from tests.journeys import walks
from tests.journeys.town import strasbourg

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("gazetteer")]
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
SCRIPTS = pytest.mark.parametrize("scripted", [True, False], ids=["script", "no script"])
SignIn = Callable[[Any, User], None]


@pytest.fixture
def city(live_server: Any) -> City:
    return strasbourg()


def begin(page: Any) -> None:
    page.goto("/strasbourg/propositions/nouvelle/?nature=goods")


def where_and_who(page: Any) -> None:
    """All the questions after the thing itself."""
    page.locator("input[name=commune]").fill("Strasbourg")
    walks.leave(page, "where")
    walks.tell_who_one_is(page)
    walks.leave(page, "verifier")


@SCRIPTS
def test_somebody_types_what_they_have(city: City, new_page: Callable[..., Any], scripted: bool) -> None:
    page = new_page(**PHONE, java_script_enabled=scripted)
    begin(page)
    page.locator("input[name=item]").press_sequentially("3 édredons 140")
    if scripted:
        page.locator("input[name=item_choice][value=duvet]:checked").wait_for()
    walks.leave(page, "item")
    # What the words said already is asked no more.
    where_and_who(page)
    page.get_by_text("P-").first.wait_for()
    offer = Offer.objects.get()
    assert (offer.item, offer.size, offer.capacity, offer.category) == ("duvet", "140", 3, "bedding")
    assert offer.title.startswith("Couette, 140\u00a0cm, 3 objets")


@SCRIPTS
def test_words_that_may_be_several_things_are_asked_about(
    city: City, new_page: Callable[..., Any], scripted: bool
) -> None:
    page = new_page(**PHONE, java_script_enabled=scripted)
    begin(page)
    page.locator("input[name=item]").fill("polaire")
    page.locator(walks.GO_ON).click()
    page.locator("[data-error-summary]").wait_for()
    page.locator("input[name=item_choice][value=blanket]").check()
    walks.leave(page, "item")
    assert page.locator("input[name=size]").count() > 3
    # Other words: the tick belongs to those before.
    page.goto("/strasbourg/propositions/nouvelle/item/")
    page.locator("input[name=item]").fill("bouilloire en argent")
    if scripted:
        page.locator("input[name=item_choice][value=kettle]").wait_for()
    page.locator(walks.GO_ON).click()
    page.locator("[data-error-summary]").wait_for()
    page.locator("input[name=item_choice][value=other]").check()
    walks.leave(page, "item")
    # Something that has no name here needs a category, and has no size.
    walks.choose(page, "category", "household_equipment")
    assert page.locator("input[name=size]").count() == 0


@SCRIPTS
def test_the_list_does_without_a_word(city: City, new_page: Callable[..., Any], scripted: bool) -> None:
    page = new_page(**PHONE, java_script_enabled=scripted)
    begin(page)
    page.locator("details", has=page.locator("select[name=item_list]")).locator("summary").first.click()
    page.locator("select[name=item_list]").select_option("cot")
    walks.leave(page, "item")
    assert page.locator("input[name=capacity]").is_visible()


def member(city: City) -> User:
    return MembershipFactory(organisation=OrganisationFactory(city=city, verified=True)).user


@SCRIPTS
def test_a_need_names_what_would_do_and_its_sizes(
    city: City, new_page: Callable[..., Any], sign_in: SignIn, scripted: bool
) -> None:
    page = new_page(**PHONE, java_script_enabled=scripted)
    sign_in(page, member(city))
    page.goto("/strasbourg/besoins/poster/?nature=goods")
    page.locator("input[name=items]").fill("couette")
    if scripted:
        page.locator("input[name=items_choice][value=duvet]:checked").wait_for()
        page.locator("input[name=quantity]").focus()  # leaving the box asks for its sizes
        page.locator("input[name=sizes][value='140']").check()
        page.locator("input[name=sizes][value='200']").check()
    else:
        page.locator("input[name=sizes_typed]").fill("140, deux places")
    page.locator("details", has=page.locator("input[name=items_2]")).locator("summary").first.click()
    page.locator("input[name=items_2]").fill("couverture")
    page.locator("input[name=quantity]").fill("4")
    page.locator("input[name=urgency][value=planned]").check()
    page.locator("input[name=commune]").fill("Strasbourg")
    page.locator(walks.GO_ON).click()
    page.get_by_text("B-").first.wait_for()
    need = Need.objects.get()
    assert (need.items, need.category) == (["duvet", "blanket"], "bedding")
    assert need.sizes == (["140", "200"] if scripted else ["140", "220"])


@SCRIPTS
def test_a_caller_s_lot_is_counted_in_pieces(
    city: City, new_page: Callable[..., Any], sign_in: SignIn, scripted: bool
) -> None:
    page = new_page(java_script_enabled=scripted)
    sign_in(page, CityRoleFactory(city=city, role="operator").user)
    page.goto("/strasbourg/appel/?entering=offre:goods")
    page.locator("input[name=phone]").fill("06 12 34 56 78")
    page.locator("input[name=name]").fill("Camille")
    page.locator("input[name=item]").fill("lot de 6 verres")
    page.locator("input[name=capacity]").fill("2")
    page.locator("select[name=category]").select_option("bedding")
    page.locator("input[name=commune]").fill("Strasbourg")
    page.locator("input[name=open_ended]").check()
    page.locator("select[name=hand_over]").select_option("collected")
    page.locator("input[name=consent]").check()
    page.locator(walks.GO_ON).click()
    page.get_by_text("Nous comptons 12 pièces.").wait_for()
    page.get_by_text("Cet objet est rangé dans").wait_for()
    offer = Offer.objects.get()
    assert (offer.item, offer.capacity, offer.category) == ("glass", 12, "household_equipment")


@SCRIPTS
def test_the_desk_sorts_in_one_tap(
    city: City, new_page: Callable[..., Any], sign_in: SignIn, scripted: bool
) -> None:
    offer = OfferFactory(
        city=city, goods=True, item="other", item_words="polaire", title="Polaire bleue", category="clothes"
    )
    page = new_page(**PHONE, java_script_enabled=scripted)
    sign_in(page, CityRoleFactory(city=city, role="coordinator").user)
    page.goto("/strasbourg/bureau/")
    page.get_by_role("link", name="1 objet à classer").click()
    page.get_by_role("button", name="Pull", exact=True).click()
    page.get_by_text("Tout est classé").wait_for()
    offer.refresh_from_db()
    assert offer.item == "sweater"
