"""A visit that runs out: the desk is told before and on the day, what is promised stays, and it is made anew."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import User
from cities.days import local_day
from homes import services as homes
from homes.models import Visit
from homes.selectors import asked_at
from homes.tasks import look_after_visits
from matching import services
from matching.models import Match
from tests.factories.accounts import CityRoleFactory, MembershipFactory, OrganisationFactory, UserFactory
from tests.factories.matching import drain, due_need, due_offer
from tests.journeys import walks
from tests.journeys.counting import held
from tests.journeys.test_story import DESK
from tests.journeys.town import strasbourg


def test_from_the_first_warning_to_a_home_that_can_be_proposed_again(
    live_server: Any,
    gazetteer: None,
    new_page: Callable[..., Any],
    sign_in: Callable[[Any, User], None],
    worker: None,
    mail: Callable[..., Any],
    smtp_server: Any,
) -> None:
    now = timezone.now()
    city = strasbourg()
    today = local_day(now, city)
    coordinator = CityRoleFactory(city=city, user__name="Awa D.", user__email="awa@ville.exemple").user
    member = MembershipFactory(organisation=OrganisationFactory(city=city, verified=True)).user
    association = member.memberships.get().organisation
    home = due_offer(city=city, now=now, owner=UserFactory(), title="Chambre au calme", vetted=False)
    visit = homes.begin(offer_id=home.pk, by=coordinator, now=now)
    answers = [{**asked, "answer": "yes", "note": ""} for asked in asked_at(visit)]
    seen = {"answers": answers, "extract": "yes", "charter_on": today, "note": ""}
    homes.conclude(visit_id=visit.pk, seen=seen, by=coordinator, now=now)
    soon = {"first_day": today + timedelta(days=5), "last_day": today + timedelta(days=9)}
    promised = due_need(city=city, now=now, organisation=association, title="Une famille attendue", **soon)
    drain(now)
    match = Match.objects.get()
    services.propose(match_id=match.pk, by=coordinator, now=now)
    services.accept(match_id=match.pk, by=home.owner, now=now)
    services.confirm(match_id=match.pk, by=member, now=now)
    due_need(city=city, now=now, organisation=association, title="Une famille pour plus tard")
    drain(now)

    # Twenty days are left: the desk is told once.
    Visit.objects.update(valid_until=today + timedelta(days=20))
    look_after_visits()
    warned = mail(coordinator.email, "Un logement à visiter de nouveau")
    look_after_visits()
    desk = new_page(**DESK)
    sign_in(desk, coordinator)
    desk.goto("/strasbourg/bureau/visites/")
    desk.get_by_role("link", name="À refaire bientôt").click()
    expect(desk.locator("main")).to_contain_text("Chambre au calme")
    desk.goto("/strasbourg/bureau/")
    desk.locator("[data-desk-item]", has_text="Une famille pour plus tard").click()
    expect(desk.get_by_role("button", name="Proposer")).to_have_count(1)

    # It is over: nothing new can be proposed there; who is expected still is.
    Visit.objects.update(valid_until=today - timedelta(days=1))
    look_after_visits()
    told = mail(coordinator.email, "ne vaut plus")
    assert "Ce qui est promis reste promis" in walks.words_of(told)
    assert len([one for one in smtp_server.to(coordinator.email) if one["Subject"] == warned["Subject"]]) == 1
    desk.reload()
    expect(desk.get_by_role("button", name="Proposer")).to_have_count(0)
    expect(desk.get_by_role("link", name="Visiter d’abord")).to_have_count(1)
    desk.goto(f"/strasbourg/bureau/{promised.reference}/")
    expect(desk.locator(".pairing--acted")).to_contain_text("Confirmée", ignore_case=True)

    # Somebody goes there again; from the mail to the same button.
    desk.goto(walks.link_in(told))
    desk.get_by_role("button", name="Je suis sur place").click()
    for answer in desk.locator("input[value=yes]").all():
        answer.check()
    desk.get_by_label("Charte signée le").fill(today.isoformat())
    desk.get_by_role("button", name="Le logement convient", exact=True).click()
    expect(desk.locator("main")).to_contain_text("Cette visite vaut jusqu’au")
    mail(home.owner.email, "peut accueillir")
    desk.goto("/strasbourg/bureau/")
    desk.locator("[data-desk-item]", has_text="Une famille pour plus tard").click()
    expect(desk.get_by_role("button", name="Proposer")).to_have_count(1)
    assert held() == [("Chambre au calme", "Une famille attendue", 3, *soon.values())]
