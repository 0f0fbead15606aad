"""The whole story in real browsers, with real mails and a real worker: four people, from an offer to its outcome."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import signing
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import Membership, User
from followups import services as followups
from followups.models import Outcome
from matching import links, sweeps
from matching import services as matching
from matching.models import Match, MatchState
from notifications import delivery
from tests.factories.accounts import CityRoleFactory, MembershipFactory, OrganisationFactory
from tests.factories.matching import story
from tests.journeys import walks
from tests.journeys.town import strasbourg

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
DESK = {"viewport": {"width": 1440, "height": 900}}


@pytest.fixture
def city(live_server: Any, gazetteer: None) -> Any:
    return strasbourg()


def one_match() -> Match:
    return Match.objects.exclude(state=MatchState.SUPERSEDED).get()


def test_from_an_offer_to_its_outcome(
    city: Any,
    new_page: Callable[..., Any],
    sign_in: Callable[[Any, User], None],
    worker: None,
    mail: Callable[..., Any],
    eventually: Callable[..., Any],
) -> None:
    association = OrganisationFactory(
        city=city, verified=True, name="Toits ouverts", phone="+33353010001", email="equipe@toits.example"
    )
    member = MembershipFactory(
        organisation=association, role=Membership.Role.MANAGER, user__email="nadia@toits.example"
    ).user
    coordinator = CityRoleFactory(city=city, user__name="Awa D.").user
    colleague = CityRoleFactory(city=city, user__name="Luc M.").user
    theirs = re.compile(r"03 53 01 00 01|equipe@toits\.example")
    hers = re.compile(f"{walks.PHONE}|{walks.EMAIL}|{walks.ADDRESS}|Leïla")

    # A citizen offers a room from her phone, and proves her address with the code of a mail.
    citizen = new_page(**PHONE)
    citizen.goto(walks.HOME)
    citizen.get_by_role("link", name="Je propose mon aide").click()
    reference = walks.offer_a_room(citizen)
    assert re.fullmatch(r"P-\w{4}-\w{4}", reference)
    walks.type_code(citizen, mail(walks.EMAIL, "code"))
    expect(citizen.get_by_role("heading", level=1)).to_have_text("Votre proposition est enregistrée")
    expect(citizen.locator(".receipt")).to_contain_text(reference)
    mail(walks.EMAIL, reference)

    # A member of an association signs in the same way, and posts what a family needs tonight.
    association_page = new_page()
    association_page.goto(walks.HOME)
    association_page.get_by_role("link", name="J’ai besoin d’aide").click()
    association_page.get_by_role("link", name="Je suis une association").click()
    association_page.get_by_role("link", name="Me connecter").click()
    association_page.get_by_label("Votre adresse e-mail").fill(member.email)
    association_page.get_by_role("button", name="Recevoir un code").click()
    walks.type_code(association_page, mail(member.email, "code"))
    association_page.get_by_role("link", name="Un toit").click()
    association_page.get_by_label("Femmes").fill("1")
    association_page.get_by_label("De 3 à 11 ans").fill("2")
    association_page.get_by_label("Ce soir").check()
    last_day = timezone.localdate() + timedelta(days=9)
    association_page.get_by_label("Jusqu’au").fill(last_day.isoformat())
    association_page.get_by_label("Dans quelle commune").fill("Strasbourg")
    association_page.get_by_role("button", name="Poster ce besoin").click()
    expect(association_page.get_by_role("heading", level=1)).to_have_text("Votre besoin est enregistré")
    need_page = association_page.url

    # The worker pairs the two; a coordinator finds the family first in the queue, with the reasons.
    mail(coordinator.email, "Ce soir")
    desk = new_page(**DESK)
    sign_in(desk, coordinator)
    desk.goto(f"{walks.HOME}bureau/")
    expect(desk.locator("[data-desk-item]").first).to_contain_text("1 piste")
    card = desk.locator("[data-desk-pairing]")
    expect(card).to_have_count(1)
    expect(card.locator(".reasons")).to_contain_text("3 places pour 3 personnes")
    expect(card.get_by_role("img", name=re.compile(r"Score : \d+ sur 100"))).to_be_visible()
    card.get_by_text("Détail").click()
    expect(card.get_by_role("row")).to_have_count(1 + 6)
    assert not hers.search(desk.locator("main").inner_text())

    # Nobody has seen this home: the visit is noted, then the citizen can be asked. A colleague looks on.
    expect(card.get_by_role("button", name="Proposer")).to_have_count(0)
    card.get_by_role("link", name="Visiter d’abord").click()
    desk.get_by_role("button", name="Je suis sur place").click()
    for answer in desk.locator("input[value=yes]").all():
        answer.check()
    desk.get_by_label("Charte signée le").fill(timezone.localdate().isoformat())
    desk.get_by_role("button", name="Le logement convient", exact=True).click()
    expect(desk.locator("main")).to_contain_text("Cette visite vaut jusqu’au")
    desk.goto(f"{walks.HOME}bureau/")
    stale = new_page(**DESK)
    sign_in(stale, colleague)
    stale.goto(f"{walks.HOME}bureau/")
    expect(stale.get_by_role("button", name="Proposer")).to_be_visible()
    card.get_by_role("button", name="Proposer").click()
    expect(desk.locator("main")).to_contain_text("Demandée au citoyen", ignore_case=True)

    # The colleague's page is stale: pressing the same button says so, kindly, and asks nobody twice.
    stale.get_by_role("button", name="Proposer").click()
    expect(stale.locator("#messages")).to_contain_text("C’est déjà fait")
    expect(stale.locator("main")).to_contain_text("Demandée au citoyen", ignore_case=True)

    # Nothing about one side is told to the other.
    association_page.goto(need_page)
    assert not hers.search(association_page.locator("main").inner_text())
    association_page.get_by_role("link", name="Demandes").click()
    assert not hers.search(association_page.locator("main").inner_text())

    # The citizen opens the link of the mail, on a phone that is not signed in, and says yes.
    question = mail(walks.EMAIL, "Pouvez-vous aider")
    assert not theirs.search(walks.words_of(question))
    answering = new_page(**PHONE)
    answering.goto(walks.link_in(question))
    assert not theirs.search(answering.locator("main").inner_text())
    answering.get_by_role("button", name="Oui, je peux").tap()
    expect(answering.locator("main")).to_contain_text("Merci, c’est noté")
    assert not theirs.search(answering.locator("main").inner_text())

    # The association confirms through its own link; contacts appear now, on both sides.
    asked = mail(member.email, "Quelqu’un a dit oui")
    assert not hers.search(walks.words_of(asked))
    association_page.goto(walks.link_in(asked))
    assert not hers.search(association_page.locator("main").inner_text())
    association_page.get_by_role("button", name="Confirmer").click()
    for words in ("Leïla B.", walks.PHONE, walks.EMAIL, walks.ADDRESS):
        expect(association_page.locator("main")).to_contain_text(words)
        assert words in walks.words_of(mail(member.email, "C’est confirmé"))
    answering.reload()
    for words in ("Toits ouverts", "03 53 01 00 01", "equipe@toits.example"):
        expect(answering.locator("main")).to_contain_text(words)
        assert words in walks.words_of(mail(walks.EMAIL, "C’est confirmé"))
    # A link that has served shows where things stand, and asks nothing again.
    expect(answering.get_by_role("button", name="Oui, je peux")).to_have_count(0)

    # Two days later the association is asked, and answers with one tap.
    later = timezone.now() + timedelta(days=2)
    sweeps.start_due(by=None, now=later)
    assert followups.plan_due(by=None, now=later) == 1
    delivery.deliver_batch(channel="email", by=None, clock=lambda: later)
    association_page.goto(walks.link_in(mail(member.email, "Cela a-t-il eu lieu")))
    association_page.get_by_role("button", name="Oui, cela a eu lieu").click()
    expect(association_page.get_by_role("heading", level=1)).to_have_text("C’est noté. Merci")
    outcome = Outcome.objects.get()
    assert (outcome.match, outcome.answer, outcome.by) == (one_match(), "took_place", member)
    desk.reload()
    expect(desk.locator("main")).to_contain_text("En cours", ignore_case=True)


def test_a_phone_without_javascript_offers_a_room(
    city: Any, new_page: Callable[..., Any], mail: Callable[..., Any]
) -> None:
    citizen = new_page(**PHONE, java_script_enabled=False)
    citizen.goto(walks.HOME)
    citizen.get_by_role("link", name="Je propose mon aide").click()
    reference = walks.offer_a_room(citizen)
    walks.type_code(citizen, mail(walks.EMAIL, "code"))
    expect(citizen.locator(".receipt")).to_contain_text(reference)


def test_a_citizen_says_no_in_two_taps_and_somebody_else_is_asked_first(
    city: Any,
    new_page: Callable[..., Any],
    sign_in: Callable[[Any, User], None],
    worker: None,
    eventually: Any,
) -> None:
    told = story(now=timezone.now(), city=city)
    matching.propose(match_id=told.match.pk, by=told.coordinator, now=timezone.now())
    page = new_page(**PHONE)
    page.goto(links.answer_path(told.match, told.citizen))
    page.get_by_role("link", name="Non, pas cette fois").tap()
    page.get_by_role("button", name="Dire non").tap()
    expect(page.locator("main")).to_contain_text("C’est noté, merci d’avoir répondu")
    assert told.state == MatchState.DECLINED
    # The desk reads the reason, and the pair does not come back.
    eventually(lambda: not Match.objects.filter(need__scan_due_at__isnull=False).exists())
    desk = new_page(**DESK)
    sign_in(desk, told.coordinator)
    desk.goto(f"{walks.HOME}bureau/")
    thread = desk.get_by_role("region", name="Carte et fil").locator(".timeline").first
    expect(thread).to_contain_text("pas pour moi cette fois")
    expect(desk.locator("[data-desk-pairing]")).to_have_count(0)


def test_links_that_are_old_altered_or_of_another_town(
    city: Any, new_page: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    told = story(now=timezone.now(), city=city)
    matching.propose(match_id=told.match.pk, by=told.coordinator, now=timezone.now())
    path = links.answer_path(told.match, told.citizen)
    page = new_page(**PHONE)

    assert page.goto(path[:-3] + "xy/").status == 404
    expect(page.get_by_role("heading", level=1)).to_have_text("Ce lien est incomplet")
    assert page.goto(path.replace("/strasbourg/", "/nancy/")).status == 404

    # The same link, signed when it would be too old by now.
    long_ago = timezone.now() - links.VALID_FOR - timedelta(minutes=1)
    with monkeypatch.context() as past:
        past.setattr(signing.time, "time", long_ago.timestamp)
        old = links.answer_path(told.match, told.citizen)
    assert page.goto(old).status == 410
    expect(page.get_by_role("heading", level=1)).to_have_text("Ce lien a expiré")
    expect(page.get_by_role("link", name="Se connecter").last).to_be_visible()
    assert told.state == MatchState.PROPOSED
