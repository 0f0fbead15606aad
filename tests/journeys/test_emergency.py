"""Eleven at night: a family without a roof, two coordinators who press the same button, a host who reads an SMS."""

import re
from collections.abc import Callable
from datetime import time, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import User
from cities.days import local_day
from matching.models import Decision
from notifications.models import Message, Preference
from offers.models import Offer
from oncall import services as oncall
from oncall.models import Rank
from tests.factories.accounts import CityRoleFactory, MembershipFactory, OrganisationFactory, UserFactory
from tests.factories.matching import due_offer
from tests.journeys import walks
from tests.journeys.counting import held
from tests.journeys.test_story import DESK, PHONE
from tests.journeys.town import strasbourg, where_it_is_late
from tests.matching.locks import waiting_for_us

MOBILE = "+33612345678"
PRESS = "button => { setTimeout(() => button.click()); }"


def test_from_the_post_to_a_confirmed_home_while_two_decide_at_once(
    live_server: Any,
    gazetteer: None,
    new_page: Callable[..., Any],
    sign_in: Callable[[Any, User], None],
    worker: None,
    smtp_server: Any,
    mail: Callable[..., Any],
    sms: Callable[..., str],
    eventually: Callable[..., Any],
) -> None:
    now = timezone.now()
    quiet = {"quiet_from": time(21), "quiet_until": time(8)}
    city = strasbourg(awake=False, timezone=where_it_is_late(now), **quiet)
    today = local_day(now, city)
    awa = CityRoleFactory(city=city, user__name="Awa D.", user__email="awa@ville.exemple").user
    luc = CityRoleFactory(city=city, user__name="Luc M.", user__email="luc@ville.exemple").user
    since, until = now - timedelta(hours=3), now + timedelta(hours=9)
    for person, rank in ((awa, Rank.FIRST), (luc, Rank.DEPUTY)):
        oncall.cover(city=city, rank=rank, starts_at=since, ends_at=until, by=person, now=since)
    association = OrganisationFactory(
        city=city, verified=True, name="Toits ouverts", phone="+33353010001", email="equipe@toits.example"
    )
    member = MembershipFactory(organisation=association, user__email="nadia@toits.example").user
    odile = UserFactory(name="Odile K.", email=None, phone=MOBILE)
    Preference.objects.create(person=odile, rings_at_night=True)
    due_offer(city=city, now=now, owner=odile, title="Chambre sur cour")

    # An association posts; the one on call is rung, although it is late, and the deputy is not.
    posting = new_page(**PHONE)
    sign_in(posting, member)
    posting.goto("/strasbourg/besoins/poster/")
    posting.get_by_role("link", name="Un toit").tap()
    posting.get_by_label("Femmes").fill("1")
    posting.get_by_label("De 3 à 11 ans").fill("2")
    posting.get_by_label("Ce soir").check()
    posting.get_by_label("Jusqu’au").fill((today + timedelta(days=2)).isoformat())
    posting.get_by_label("Dans quelle commune").fill("Strasbourg")
    posting.get_by_role("button", name="Poster ce besoin").click()
    expect(posting.get_by_role("heading", level=1)).to_have_text("Votre besoin est enregistré")
    rung = mail(awa.email, "Ce soir")
    assert not smtp_server.to(luc.email)

    # Both look at the case, and both ask the same host before either has an answer: one does, the other reads it.
    desks = {}
    for person in (awa, luc):
        desks[person] = new_page(**DESK)
        sign_in(desks[person], person)
        desks[person].goto(walks.link_in(rung))
        expect(desks[person].locator("[data-desk-pairing]")).to_contain_text("Chambre sur cour")
    with transaction.atomic():
        Offer.objects.select_for_update().get()
        for desk in desks.values():
            desk.get_by_role("button", name="Proposer").evaluate(PRESS)
        eventually(lambda: len(waiting_for_us()) == 2)
    said = []
    for desk in desks.values():
        expect(desk.locator("main")).to_contain_text("Demandée au citoyen", ignore_case=True, timeout=20_000)
        said.append(desk.locator("#messages").inner_text())
    assert sum("C’est déjà fait" in words for words in said) == 1
    assert Decision.objects.filter(act="propose").count() == 1

    # The host has no address, and may be rung at night: one SMS, whose link is a question with two buttons.
    question = sms(MOBILE)
    assert Message.objects.filter(recipient=odile).count() == 1
    assert not re.search("Nadia|Toits ouverts|03 53 01 00 01", question)
    phone = new_page(**PHONE)
    phone.goto(re.search(r"https?://\S+", question)[0])
    phone.get_by_role("button", name="Oui, je peux").tap()
    expect(phone.locator("main")).to_contain_text("Merci, c’est noté")

    # The association confirms, at once; only then does each know how to reach the other.
    posting.goto(walks.link_in(mail(member.email, "Quelqu’un a dit oui")))
    expect(posting.locator("main")).not_to_contain_text("06 12 34 56 78")
    posting.get_by_role("button", name="Confirmer").tap()
    expect(posting.locator("main")).to_contain_text("06 12 34 56 78")
    assert "confirm" in sms(MOBILE, "03 53 01 00 01")
    phone.reload()
    expect(phone.locator("main")).to_contain_text("03 53 01 00 01")

    # Whoever comes in the morning reads who sleeps where; and so it is.
    for desk in desks.values():
        desk.goto("/strasbourg/accueils/")
        expect(desk.get_by_role("row")).to_have_count(2)
        expect(desk.get_by_role("row").last).to_contain_text("3 personnes")
    assert [row[2:] for row in held()] == [(3, today, today + timedelta(days=2))]
