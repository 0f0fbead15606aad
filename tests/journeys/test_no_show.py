"""Nobody came: it is noted, both are told, the bed is free at once, and the family of the day has another roof."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import User
from cities.days import local_day
from matching import services
from matching.models import Match, MatchState
from tests.factories.accounts import CityRoleFactory, MembershipFactory, OrganisationFactory, UserFactory
from tests.factories.matching import drain, due_need, due_offer
from tests.journeys import walks
from tests.journeys.counting import held
from tests.journeys.test_story import DESK, PHONE
from tests.journeys.town import strasbourg


def test_from_an_empty_bed_to_another_one(
    live_server: Any,
    gazetteer: None,
    new_page: Callable[..., Any],
    sign_in: Callable[[Any, User], None],
    worker: None,
    mail: Callable[..., Any],
    eventually: Callable[..., Any],
) -> None:
    now = timezone.now()
    city = strasbourg()
    today = local_day(now, city)
    coordinator = CityRoleFactory(city=city, user__name="Awa D.").user
    association = OrganisationFactory(city=city, verified=True, name="Toits ouverts", phone="+33353010001")
    member = MembershipFactory(organisation=association).user
    first, second = UserFactory(name="Jeanne R."), UserFactory(name="Paul Weber", phone="+33353010003")
    days = {"first_day": today, "last_day": today + timedelta(days=9)}
    due_need(city=city, now=now, organisation=association, title="Une mère et deux enfants", **days)
    due_offer(city=city, now=now, owner=first, title="Chambre sur cour")
    drain(now)
    match = Match.objects.get()
    services.propose(match_id=match.pk, by=coordinator, now=now)
    services.accept(match_id=match.pk, by=first, now=now)
    said_yes = mail(member.email, "Quelqu’un a dit oui")
    services.confirm(match_id=match.pk, by=member, now=now)
    due_offer(city=city, now=now, owner=second, title="Maison au bord du canal")
    drain(now)

    # The first evening is over and nobody came: the desk notes it where the stay is.
    desk = new_page(**DESK)
    sign_in(desk, coordinator)
    desk.goto(f"/strasbourg/bureau/{match.need.reference}/")
    desk.get_by_role("link", name="Suivre").click()
    desk.get_by_text("La personne n’est pas venue").click()
    expect(desk.locator("main")).to_contain_text("Personne n’est en faute")
    desk.get_by_role("button", name="Le noter").click()
    expect(desk.locator("main")).not_to_contain_text("Le noter")
    assert held() == []
    for person in (first, member):
        words = walks.words_of(mail(person.email, "Interrompu"))
        assert "s’arrête ici" in words
        assert "pas venu" not in words, "nobody is blamed"

    # The search has gone on by itself, and does not come back to the host whom nobody came to.
    eventually(lambda: Match.objects.filter(offer__owner=second, state=MatchState.SUGGESTED).exists())
    desk.goto("/strasbourg/bureau/")
    expect(desk.locator("[data-desk-item]").first).to_contain_text("1 piste")
    desk.locator("[data-desk-item]").first.click()
    expect(desk.locator("[data-desk-pairing]")).to_have_count(1)
    expect(desk.locator("[data-desk-pairing]")).to_contain_text("Maison au bord du canal")
    desk.get_by_role("button", name="Proposer").click()
    expect(desk.locator("main")).to_contain_text("Demandée au citoyen", ignore_case=True)
    phone = new_page(**PHONE)
    phone.goto(walks.link_in(mail(second.email, "Pouvez-vous aider")))
    phone.get_by_role("button", name="Oui, je peux").tap()
    expect(phone.locator("main")).to_contain_text("Merci, c’est noté")
    phone.goto(walks.link_in(mail(member.email, "Quelqu’un a dit oui", but=said_yes)))
    phone.get_by_role("button", name="Confirmer").tap()
    expect(phone.locator("main")).to_contain_text("Paul Weber")
    assert held() == [("Maison au bord du canal", "Une mère et deux enfants", 3, *days.values())]

    # And the bed that stayed empty is somebody else's.
    due_need(city=city, now=now, organisation=association, title="Un père et deux filles", **days)
    drain(timezone.now())
    desk.goto("/strasbourg/bureau/")
    desk.locator("[data-desk-item]", has_text="Un père et deux filles").click()
    expect(desk.locator("[data-desk-pairing]")).to_contain_text("Chambre sur cour")
