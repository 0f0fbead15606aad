"""A guest's association reports a home during the stay: the family is for tonight again, and two readers close it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import User
from cities.days import local_day
from followups import services as followups
from matching import services
from matching.models import Match
from needs.models import Need
from notifications.models import Message
from offers.models import Offer
from tests.factories.accounts import CityRoleFactory, MembershipFactory, OrganisationFactory, UserFactory
from tests.factories.matching import drain, due_need, due_offer
from tests.journeys.test_story import PHONE
from tests.journeys.town import strasbourg
from tests.journeys.walks import HOME


@pytest.mark.parametrize("scripted", [True, False], ids=["script", "no script"])
def test_from_a_report_to_another_roof_and_its_end(
    live_server: Any,
    settings: Any,
    gazetteer: None,
    new_page: Callable[..., Any],
    sign_in: Callable[[Any, User], None],
    scripted: bool,
) -> None:
    apps = ("matching", "offers", "needs", "accounts", "cities", "notifications")
    settings.ZEAL_ALLOWLIST = [*settings.ZEAL_ALLOWLIST, *({"model": f"{app}.*"} for app in apps)]
    now = timezone.now()
    city = strasbourg()
    coordinator = CityRoleFactory(city=city).user
    administrator = CityRoleFactory(city=city, role="administrator").user
    first, second = (
        CityRoleFactory(city=city, role="operator", user__name=name).user for name in ("Awa D.", "Ben K.")
    )
    for reader in (first, second):
        followups.name_reader(city=city, person=reader, by=administrator, now=now)
    association = OrganisationFactory(city=city, verified=True, name="Toits ouverts")
    member = MembershipFactory(organisation=association, user__name="Zoé Témoin").user
    host = UserFactory(name="Camille Martin")
    today = local_day(now, city)
    home = due_offer(city=city, now=now, owner=host, title="Chez Camille")
    need = due_need(
        city=city, now=now, organisation=association, first_day=today, last_day=today + timedelta(days=20)
    )
    drain(now)
    match = Match.objects.get(need=need, offer=home, state="suggested")
    services.propose(match_id=match.pk, by=coordinator, now=now)
    services.accept(match_id=match.pk, by=host, now=now)
    services.confirm(match_id=match.pk, by=member, now=now)
    services.start(match_id=match.pk, by=member, now=now)

    def phone_of(person: User) -> Any:
        page = new_page(**PHONE, java_script_enabled=scripted)
        sign_in(page, person)
        return page

    desk = phone_of(coordinator)
    desk.goto(f"{HOME}bureau/?urgence=tonight")
    expect(desk.locator("main")).not_to_contain_text("à reloger ce soir")

    # From the page of the mail, without an account.
    guest = new_page(**PHONE, java_script_enabled=scripted)
    guest.goto(str(Message.objects.filter(recipient=member, event="match_confirmed").latest("pk").action_url))
    guest.get_by_role("link", name="Signaler un problème").tap()
    expect(guest.locator("main")).to_contain_text("112")
    guest.get_by_text("Violence, menaces ou gestes déplacés").tap()
    guest.locator("textarea[name=text]").fill("Il garde les clés.")
    width = guest.evaluate("document.documentElement.scrollWidth")
    assert width <= PHONE["viewport"]["width"]  # type: ignore[index]
    guest.get_by_role("button", name="Envoyer").tap()
    expect(guest.locator("main")).to_contain_text("Merci de l’avoir dit")
    assert Offer.objects.get(pk=home.pk).state == "frozen"

    # The family is for tonight again; what was said is not the desk's to read.
    desk.goto(f"{HOME}bureau/?urgence=tonight")
    expect(desk.locator("main")).to_contain_text("à reloger ce soir")
    desk.goto(f"{HOME}bureau/{need.reference}/")
    expect(desk.locator("main")).to_contain_text("Personne ne l’a encore lu")
    for hidden in ("Il garde les clés", "Zoé Témoin a signalé"):
        expect(desk.locator("body")).not_to_contain_text(hidden)
    expect(desk.get_by_role("link", name="Signalements")).to_have_count(0)

    # Another home is proposed and taken, and the first stay is ended.
    other = due_offer(city=city, now=timezone.now(), title="Chez Paul")
    drain(timezone.now())
    desk.reload()
    card = desk.locator(".pairing").filter(has_text="Chez Paul")
    card.get_by_role("button", name="Proposer", exact=True).tap()
    expect(desk.locator("main")).to_contain_text("réponse attendue")
    asked = Match.objects.get(need=need, offer=other)
    assert asked.state == "proposed"
    services.accept(match_id=asked.pk, by=other.owner, now=timezone.now())
    services.confirm(match_id=asked.pk, by=member, now=timezone.now())
    assert Need.objects.get(pk=need.pk).state == "met"
    services.break_off(match_id=match.pk, by=coordinator, now=timezone.now(), reason="safety")

    # One reader proposes the end, the other confirms it.
    reading = phone_of(first)
    reading.goto(f"{HOME}signalements/")
    reading.locator(".card a").first.tap()
    expect(reading.locator("main")).to_contain_text("Il garde les clés.")
    reading.get_by_text("Cette proposition n’accueille plus personne").tap()
    reading.locator("textarea[name=conclusion]").fill("Vu sur place.")
    reading.get_by_role("button", name="Proposer cette fin").tap()
    expect(reading.locator("main")).to_contain_text("Une autre personne la confirme")
    expect(reading.get_by_role("button", name="Confirmer la fin")).to_have_count(0)
    confirming = phone_of(second)
    confirming.goto(f"{HOME}signalements/")
    confirming.locator(".card a").first.tap()
    confirming.get_by_role("button", name="Confirmer la fin").tap()
    expect(confirming.locator("#messages")).to_contain_text("C’est noté")
    assert Offer.objects.get(pk=home.pk).state == "withdrawn"
    told = Message.objects.get(recipient=member, event="incident_answered")
    assert "clés" not in told.title + told.body
