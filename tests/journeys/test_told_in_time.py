"""Who is told, by what, and who is left in peace: counted where mails and SMS arrive.

The clock is the real one, in a town on whose clocks it is the hour that the story needs; time passes by making what
was written that much older.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import User
from catalogue.vocabulary import Urgency
from cities.days import local_day
from matching import services as matching
from matching import tasks as matching_tasks
from matching.models import DeskReminder, Match, MatchState
from needs.services import SCAN_TASK
from notifications import tasks
from notifications.channels.sms.models import Spending
from notifications.models import Message, MessageState
from notifications.wake_up import wake_on_commit
from oncall import services as oncall
from oncall.models import Rank
from tests.factories.accounts import CityRoleFactory, MembershipFactory, OrganisationFactory, UserFactory
from tests.factories.matching import drain, due_need, due_offer
from tests.http_server import HttpServer
from tests.journeys.test_story import DESK, PHONE
from tests.journeys.town import strasbourg, where_it_is, where_it_is_late
from tests.journeys.walks import link_in

SignIn = Callable[[Any, User], None]
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
HOST, NEIGHBOUR = "+33612345678", "+33612345679"
ARABIC = re.compile(r"[\u0621-\u064a]")


@dataclass
class Sinks:
    """What has arrived at the mail server and at the gateway."""

    mailbox: Any
    gateway: HttpServer
    eventually: Callable[..., Any]

    def count(self, *people: User) -> list[tuple[int, int]]:
        """Of each: how many mails, how many SMS."""
        mails = [str(mail["To"]) for mail in list(self.mailbox.messages)]
        texts = [one.json["to"] for one in list(self.gateway.requests)]
        return [
            (
                sum(person.email in to for to in mails) if person.email else 0,
                texts.count(person.phone.as_e164) if person.phone else 0,
            )
            for person in people
        ]

    def hold(self, counted: list[tuple[int, int]], *people: User) -> None:
        """Once nothing waits to leave, each has exactly so many."""
        under_way = Message.objects.filter(
            state__in=[MessageState.QUEUED, MessageState.SENDING],
            channel__in=["email", "sms"],
            due_at__lte=timezone.now(),
        )
        self.eventually(lambda: not under_way.exists())
        assert self.count(*people) == counted


@pytest.fixture
def sinks(smtp_server: Any, gateway: HttpServer, worker: None, eventually: Callable[..., Any]) -> Sinks:
    """A mail server, a gateway for SMS, and a worker that brings them what is due."""
    return Sinks(smtp_server, gateway, eventually)


def time_passes(much: timedelta) -> None:
    """All that was sent, asked and planned is that much older, and the scheduler's minute comes."""
    Message.objects.update(
        **{name: F(name) - much for name in ("created_at", "claimed_at", "sent_at", "due_at")}
    )
    Match.objects.update(**{name: F(name) - much for name in ("asked_at", "answer_by")})
    DeskReminder.objects.update(next_at=F("next_at") - much)
    matching_tasks.advance_time()
    tasks.sweep()


def test_tonight_rings_by_two_ways_then_with_the_deputy_until_one_takes_it(
    live_server: Any,
    gazetteer: None,
    new_page: Callable[..., Any],
    sign_in: SignIn,
    sinks: Sinks,
    mail: Callable[..., Any],
) -> None:
    now = timezone.now()
    city = strasbourg(awake=False, timezone=where_it_is_late(now), escalate_after_minutes=10)
    awa, luc, ida = (
        CityRoleFactory(city=city, user__name=name, user__phone=f"+3361234567{number}").user
        for number, name in enumerate(("Awa D.", "Luc M.", "Ida R."))
    )
    since, until = now - 3 * HOUR, now + 9 * HOUR
    for person, rank in ((awa, Rank.FIRST), (luc, Rank.DEPUTY)):
        oncall.cover(city=city, rank=rank, starts_at=since, ends_at=until, by=person, now=since)

    # At once, whoever is on call, by two ways; nobody else.
    today = local_day(now, city)
    with transaction.atomic():
        need = due_need(
            city=city, now=now, urgency=Urgency.TONIGHT, first_day=today, last_day=today + timedelta(days=2)
        )
        wake_on_commit(SCAN_TASK)
    mail(awa.email, "Ce soir")
    sinks.hold([(1, 1), (0, 0), (0, 0)], awa, luc, ida)

    # Nobody says a word: the same again, then the deputy too.
    time_passes(0 * MINUTE)
    time_passes(9 * MINUTE)
    sinks.hold([(1, 1), (0, 0), (0, 0)], awa, luc, ida)
    time_passes(MINUTE)
    sinks.hold([(2, 2), (0, 0), (0, 0)], awa, luc, ida)
    time_passes(10 * MINUTE)
    sinks.hold([(3, 3), (1, 1), (0, 0)], awa, luc, ida)

    # The deputy opens what rang, and takes the case.
    phone = new_page(**PHONE)
    sign_in(phone, luc)
    phone.goto(link_in(mail(luc.email)))
    expect(phone.get_by_role("heading", level=1)).to_have_text(need.title)
    phone.get_by_role("button", name="Je m’en occupe").tap()
    expect(phone.locator("main")).to_contain_text("s’en occupe")
    expect(phone.get_by_role("button", name="Rendre le dossier")).to_be_visible()

    # From then on it rings with nobody, however late it gets.
    for _ in range(3):
        time_passes(2 * HOUR)
    sinks.hold([(3, 3), (1, 1), (0, 0)], awa, luc, ida)


def test_a_host_answers_by_sms_in_arabic(
    live_server: Any,
    gazetteer: None,
    settings: Any,
    new_page: Callable[..., Any],
    sign_in: SignIn,
    sinks: Sinks,
    mail: Callable[..., Any],
    sms: Callable[..., str],
) -> None:
    now = timezone.now()
    city = strasbourg(timezone=where_it_is(12, now))
    coordinator = CityRoleFactory(city=city).user
    association = OrganisationFactory(city=city, verified=True, name="Toits 67", phone="+33353010001")
    member = MembershipFactory(organisation=association).user
    host = UserFactory(name="Samir K.", email=None, phone=HOST, language="ar")
    due_offer(city=city, now=now, owner=host)
    need = due_need(city=city, now=now, organisation=association)
    drain(now)

    desk = new_page(**DESK)
    sign_in(desk, coordinator)
    desk.goto(f"/strasbourg/bureau/{need.reference}/")
    desk.get_by_role("button", name="Proposer").click()
    question = sms(HOST)
    assert ARABIC.search(question)
    # Its link asks in the same language, and answers nothing by being followed.
    page = new_page(**PHONE, locale="ar")
    page.goto(re.search(r"https?://\S+", question)[0])  # type: ignore[index]
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    assert Match.objects.get().state == MatchState.PROPOSED

    answer = {"from": HOST, "text": "نَعَم، شكراً 🙏", "id": "reponse-1"}
    for _ in range(2):  # gateways say things twice
        brought = page.request.post(f"/sms/reponses/{settings.SMS_WEBHOOK_SECRET}/", data=answer)
        assert brought.status == 200
    assert sms(HOST, "شكرا، سجلنا جوابكم: نعم.")
    desk.reload()
    expect(desk.locator("main")).to_contain_text("compris comme « oui »")

    # The association confirms, and both know how to reach each other.
    sign_in(page, member)
    page.goto(link_in(mail(member.email)))
    page.get_by_role("button", name="تأكيد").first.tap()
    assert ARABIC.search(sms(HOST, "\n0353010001\n"))
    sinks.hold([(0, 3)], host)


def test_a_digest_says_nothing_when_nothing_is_left_to_decide(
    live_server: Any,
    gazetteer: None,
    new_page: Callable[..., Any],
    sign_in: SignIn,
    sinks: Sinks,
    mail: Callable[..., Any],
) -> None:
    now = timezone.now()
    city = strasbourg(timezone=where_it_is(12, now))
    coordinator, colleague = (CityRoleFactory(city=city).user for _ in range(2))
    due_offer(city=city, now=now)
    need = due_need(city=city, now=now)
    drain(now)
    digests = Message.objects.filter(event="suggestions_of_the_day")
    assert set(digests.values_list("recipient", "state")) == {
        (person.pk, MessageState.QUEUED) for person in (coordinator, colleague)
    }

    # One of them decides before the hour comes: then neither is told of anything.
    desk = new_page(**DESK)
    sign_in(desk, coordinator)
    desk.goto(f"/strasbourg/bureau/{need.reference}/")
    desk.get_by_text("Écarter…").click()
    desk.get_by_label("Une autre solution a été trouvée").check()
    desk.get_by_role("button", name="Écarter", exact=True).click()
    expect(desk.locator("[data-desk-pairing]")).to_have_count(0)
    time_passes(3 * HOUR)
    sinks.hold([(0, 0), (0, 0)], coordinator, colleague)
    assert set(digests.values_list("state", flat=True)) == {MessageState.MOOT}

    # Something new is found: one mail each at the next hour, whose link shows it.
    tomorrow = timezone.now() + 24 * HOUR
    due_need(city=city, now=tomorrow)
    drain(tomorrow)
    time_passes(27 * HOUR)
    sinks.hold([(1, 0), (1, 0)], coordinator, colleague)
    desk.goto(link_in(mail(coordinator.email)))
    expect(desk.locator("[data-desk-item]").first).to_be_visible()


def test_who_ignores_a_mail_gets_an_sms_then_a_call_within_the_budget(
    live_server: Any,
    gazetteer: None,
    new_page: Callable[..., Any],
    sign_in: SignIn,
    sinks: Sinks,
) -> None:
    now = timezone.now()
    # A question takes four parts of an SMS: there is room for one.
    city = strasbourg(timezone=where_it_is(12, now), sms_monthly_limit=5, answer_hours_planned=72)
    coordinator = CityRoleFactory(city=city).user
    hosts = [
        UserFactory(name=name, phone=number) for name, number in (("Odile K.", HOST), ("Paul W.", NEIGHBOUR))
    ]
    for host in hosts:
        offer, need = due_offer(city=city, now=now, owner=host), due_need(city=city, now=now)
        drain(now)
        match = Match.objects.get(offer=offer, need=need)
        matching.propose(match_id=match.pk, by=coordinator, now=now)
    sinks.hold([(1, 0), (1, 0)], *hosts)

    time_passes(6 * HOUR - MINUTE)
    sinks.hold([(1, 0), (1, 0)], *hosts)
    time_passes(MINUTE)
    sinks.hold([(1, 1), (1, 0)], *hosts)
    assert Spending.objects.get().segments <= 5
    # For the second there was no room: the desk calls at once, the first one when the SMS was not opened either.
    time_passes(MINUTE)
    desk = new_page(**DESK)
    sign_in(desk, coordinator)
    desk.goto("/strasbourg/appels/")
    expect(desk.locator("main")).to_contain_text("Paul W.")
    expect(desk.locator("main")).not_to_contain_text("Odile K.")
    time_passes(6 * HOUR)
    desk.reload()
    desk.get_by_role("link", name="Odile K.").click()
    desk.get_by_role("button", name="Je l’appelle maintenant").click()
    expect(desk.locator("main")).to_contain_text("06 12 34 56 78")
    desk.get_by_role("link", name="Répondre").click()
    desk.get_by_role("button", name="Oui, je peux").click()
    expect(desk.locator("main")).to_contain_text("Merci")

    # Whoever has answered is left alone; nobody had more than one of each.
    time_passes(24 * HOUR)
    sinks.hold([(1, 1), (1, 0)], *hosts)
