"""A stay in two homes, on phones: proposed with one tap, each host says yes to their days, the association confirms."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import User
from cities.days import local_day
from matching.models import Match
from notifications.models import Message
from tests.factories.accounts import CityRoleFactory, MembershipFactory, OrganisationFactory, UserFactory
from tests.factories.matching import drain, due_need, due_offer
from tests.journeys.counting import held
from tests.journeys.test_story import DESK, PHONE
from tests.journeys.town import strasbourg
from tests.journeys.walks import HOME, link_in, words_of


@pytest.mark.parametrize("scripted", [True, False], ids=["script", "no script"])
def test_from_a_relay_to_a_stay_in_two_homes(
    live_server: Any,
    settings: Any,
    gazetteer: None,
    new_page: Callable[..., Any],
    sign_in: Callable[[Any, User], None],
    scripted: bool,
) -> None:
    # Each home is decided under its own locks: that is no query to batch.
    apps = ("matching", "offers", "needs", "accounts", "cities", "notifications")
    settings.ZEAL_ALLOWLIST = [*settings.ZEAL_ALLOWLIST, *({"model": f"{app}.*"} for app in apps)]
    now = timezone.now()
    city = strasbourg()
    coordinator = CityRoleFactory(city=city).user
    association = OrganisationFactory(city=city, verified=True, name="Toits ouverts")
    member = MembershipFactory(organisation=association).user
    first = local_day(now, city) + timedelta(days=10)
    hosts = [UserFactory(name="Camille Martin"), UserFactory(name="Paul Weber")]
    for host, since, until in ((hosts[0], 0, 9), (hosts[1], 10, 60)):
        due_offer(
            city=city,
            now=now,
            owner=host,
            title=f"Chez {host.name}",
            windows=[(first + timedelta(days=since), first + timedelta(days=until))],
        )
    need = due_need(
        city=city,
        now=now,
        organisation=association,
        first_day=first,
        last_day=first + timedelta(days=40),
        min_days=5,
    )
    drain(now)

    def phone_of(person: User | None = None) -> Any:
        page = new_page(**PHONE, java_script_enabled=scripted)
        if person is not None:
            sign_in(page, person)
        return page

    def asked(person: User, event: str, number: int = 0) -> str:
        messages = Message.objects.filter(recipient=person, event=event).order_by("pk")
        return str(messages[number].action_url)

    desk = phone_of(coordinator)
    desk.goto(f"{HOME}bureau/{need.reference}/")
    if not scripted:  # what is loaded after the page is a page of its own
        desk.get_by_role("link", name="Plusieurs logements, l’un après l’autre").tap()
    relay = desk.locator(".relays")
    expect(relay).to_contain_text("41 nuits sur 41 en deux logements, un déménagement le")
    expect(relay).to_contain_text("10 nuits")
    expect(relay).to_contain_text("31 nuits")
    width = desk.evaluate("document.documentElement.scrollWidth")
    assert width <= PHONE["viewport"]["width"]  # type: ignore[index]
    relay.get_by_role("button", name="Proposer ce relais").tap()
    expect(desk.locator("#messages")).to_contain_text("2 questions sont parties")
    expect(relay).to_have_count(0)
    desk.locator("a[href='#desk-side']").first.tap()
    if not scripted:
        desk.get_by_role("link", name="Ce qui s’est passé").tap()
    expect(desk.locator("main")).to_contain_text("Relais demandé · 41 nuits en deux logements")

    for host in hosts:
        phone = phone_of()
        phone.goto(asked(host, "match_question"))
        expect(phone.locator("main")).not_to_contain_text("Les autres jours")
        phone.get_by_role("button", name="Oui, je peux").tap()
        expect(phone.locator("main")).to_contain_text("Merci, c’est noté")

    phone = phone_of()
    for number, state in enumerate(("acceptée, à confirmer", "confirmée")):
        phone.goto(asked(member, "match_accepted", number))
        expect(phone.locator("main")).to_contain_text("Les autres jours")
        expect(phone.locator("main")).to_contain_text(f"({state})")
        for host in hosts[number:]:
            expect(phone.locator("main")).not_to_contain_text(host.name)
        phone.get_by_role("button", name="Confirmer").tap()
        expect(phone.locator("main")).to_contain_text(hosts[number].name)
    assert set(Match.objects.values_list("state", flat=True)) == {"confirmed"}
    need.refresh_from_db()
    assert (need.state, need.given_days) == ("met", 41)


def test_a_family_moves_through_three_homes(
    live_server: Any,
    settings: Any,
    gazetteer: None,
    new_page: Callable[..., Any],
    sign_in: Callable[[Any, User], None],
    worker: None,
    mail: Callable[..., Any],
    smtp_server: Any,
    eventually: Callable[..., Any],
) -> None:
    apps = ("matching", "offers", "needs", "accounts", "cities", "notifications")
    settings.ZEAL_ALLOWLIST = [*settings.ZEAL_ALLOWLIST, *({"model": f"{app}.*"} for app in apps)]
    now = timezone.now()
    city = strasbourg()
    coordinator = CityRoleFactory(city=city).user
    association = OrganisationFactory(city=city, verified=True, name="Toits ouverts")
    member = MembershipFactory(organisation=association).user
    first = local_day(now, city) + timedelta(days=10)
    spans = {"Camille Martin": (0, 9), "Paul Weber": (10, 19), "Rosa Klein": (20, 29)}
    hosts = {name: UserFactory(name=name) for name in spans}
    for name, (since, until) in spans.items():
        window = (first + timedelta(days=since), first + timedelta(days=until))
        due_offer(city=city, now=now, owner=hosts[name], title=f"Chez {name}", windows=[window])
    last = first + timedelta(days=29)
    days = {"first_day": first, "last_day": last, "min_days": 5}
    need = due_need(city=city, now=now, organisation=association, title="Une famille", **days)
    drain(now)

    desk = new_page(**DESK)
    sign_in(desk, coordinator)
    desk.goto(f"{HOME}bureau/{need.reference}/")
    relay = desk.locator(".relays")
    expect(relay).to_contain_text("30 nuits sur 30 en trois logements")
    relay.get_by_role("button", name="Proposer ce relais").click()
    expect(desk.locator("#messages")).to_contain_text("3 questions sont parties")
    assert len(held()) == 3

    # Each host reads of their own days alone, and says yes; the association confirms each.
    phone = new_page(**PHONE)
    for name, host in hosts.items():
        question = mail(host.email, "Pouvez-vous aider")
        assert not any(other in words_of(question) for other in hosts if other != name)
        phone.goto(link_in(question))
        phone.get_by_role("button", name="Oui, je peux").tap()
        expect(phone.locator("main")).to_contain_text("Merci, c’est noté")

    def said_yes() -> list[Any]:
        return [one for one in smtp_server.to(member.email) if "Quelqu’un a dit oui" in str(one["Subject"])]

    eventually(lambda: len(said_yes()) == len(hosts))
    for message in said_yes():
        phone.goto(link_in(message))
        phone.get_by_role("button", name="Confirmer").tap()
        expect(phone.locator("main")).to_contain_text("confirmée", ignore_case=True)

    # Its page tells the way from home to home; the database has each night once, and none too many.
    sign_in(phone, member)
    phone.goto(f"{HOME}besoins/{need.reference}/accueils/")
    expect(phone.get_by_role("article")).to_have_count(3)
    expect(desk.locator("main")).to_contain_text("Confirmée", ignore_case=True, timeout=15_000)
    assert held() == [
        (f"Chez {name}", "Une famille", 3, first + timedelta(days=since), first + timedelta(days=until))
        for name, (since, until) in spans.items()
    ]
    need.refresh_from_db()
    assert (need.state, need.given_days) == ("met", 30)
