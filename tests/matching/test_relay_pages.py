"""Homes in turn on the pages: the case shows and proposes them, the association reads its days."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from cities.days import local_day
from matching import linked_towns, links, relays, services
from matching.models import Decision, Match
from needs.models import Need
from offers import services as offers
from offers.models import Offer
from tests.factories.accounts import MembershipFactory, OrganisationFactory, UserFactory
from tests.factories.cities import CityFactory
from tests.factories.matching import drain, due_need, due_offer
from tests.loading import Loading


class Scene:
    """A family of three for 41 nights from ten days on; a room for the first ten, a house for the others."""

    def __init__(self, city):
        self.city, self.now = city, timezone.now()
        self.first = local_day(self.now, city) + timedelta(days=10)
        association = OrganisationFactory(city=city, verified=True)
        self.member = MembershipFactory(organisation=association).user
        self.need = self.family(organisation=association)
        self.room = self.home(1, 10, title="Chambre sur cour", owner=UserFactory(name="Camille Martin"))
        self.house = self.home(11, title="Maison au bord du canal")
        drain(self.now)

    def day(self, number):
        return self.first + timedelta(days=number - 1)

    def family(self, **fields):
        days = {"first_day": self.day(1), "last_day": self.day(41), "min_days": 5}
        return due_need(city=self.city, now=self.now, **{**days, **fields})

    def home(self, first, last=None, **fields):
        windows = [(self.day(first), last and self.day(last))]
        return due_offer(**{"city": self.city, "now": self.now, "windows": windows, **fields})

    @property
    def path(self):
        return reverse("desk:case", args=[self.city.slug, self.need.reference])

    @property
    def in_turn(self):
        return reverse("desk:in_turn", args=[self.city.slug, self.need.reference])

    @property
    def act(self):
        return reverse("matching:propose_relay", args=[self.city.slug, self.need.reference])

    def sent(self, page):
        """What the first relay's form on a page would send."""
        form = re.search(rf'<form method="post" action="{self.act}">.*?</form>', page, re.S)
        assert form, page
        fields = re.findall(r'name="(revision|part)" value="([^"]+)"', form[0])
        return {
            "revision": next(value for name, value in fields if name == "revision"),
            "part": [value for name, value in fields if name == "part"],
        }


@pytest.fixture
def it(city):
    return Scene(city)


@pytest.fixture
def desk(as_user, coordinator, settings):
    # Each home is decided under its own locks: that is no query to batch.
    apps = ("matching", "offers", "needs", "accounts", "cities", "notifications")
    settings.ZEAL_ALLOWLIST = [*settings.ZEAL_ALLOWLIST, *({"model": f"{app}.*"} for app in apps)]
    return Loading(as_user(coordinator))


def text(response):
    page = re.sub(r"<[^>]+>", " ", response.content.decode().split("<body")[1])
    return re.sub(r"\s+", " ", unescape(page))


def test_a_case_shows_its_relays_above_its_homes(it, desk):
    page = text(desk.get(it.path))
    assert "41 nuits sur 41 en deux logements, un déménagement le " in page
    assert page.index("Proposer ce relais") < page.index("Écarter")
    assert page.count("10 nuits") == 1
    assert page.count("31 nuits") == 1


def test_one_button_asks_all_hosts(it, desk):
    answer = desk.post(it.act, it.sent(desk.get(it.path).content.decode()), follow=True)
    page = text(answer)
    assert "2 questions sont parties" in page
    assert "Relais demandé · 41 nuits en deux logements" in page
    assert page.count("Demande envoyée") == 0
    assert "Proposer ce relais" not in page
    assert Match.objects.filter(state="proposed").count() == 2


def test_where_the_town_presumes_a_yes_no_question_is_said_to_be_sent(it, desk):
    it.city.asks_citizen_for = []
    it.city.save(update_fields=["asks_citizen_for"])
    page = text(desk.post(it.act, it.sent(desk.get(it.path).content.decode()), follow=True))
    assert "Demande envoyée." in page
    assert "C’est demandé" not in page


def test_who_has_no_mail_waits_for_a_call(it, desk):
    Offer.objects.filter(pk=it.room.pk).update(owner=UserFactory(phone_only=True))
    said = text(desk.post(it.act, it.sent(desk.get(it.path).content.decode()), follow=True))
    assert "Qui n’a pas d’e-mail attend dans « À appeler »" in said


def test_the_page_says_which_home_cannot_be_asked_and_shows_what_there_is_now(it, desk, coordinator):
    it.home(11, 40, title="Studio rue Haute")
    drain(it.now)
    sent = it.sent(desk.get(it.path).content.decode())
    other = due_need(city=it.city, now=it.now, first_day=it.day(20), last_day=it.day(45))
    drain(it.now)
    services.propose(match_id=Match.objects.get(need=other, offer=it.house).pk, by=coordinator, now=it.now)
    drain(it.now)
    page = text(desk.post(it.act, sent, follow=True))
    assert (
        "Rien n’est demandé. « Maison au bord du canal » : Cette place vient d’être prise par une autre demande."
        in page
    )
    assert "40 nuits sur 41 en deux logements" in page
    assert "Reste à trouver : le " in page
    assert not Decision.objects.filter(match__need=it.need).exists()


def test_what_no_form_of_ours_sends_changes_nothing(it, desk):
    sent = it.sent(desk.get(it.path).content.decode())
    stranger = it.home(11, city=CityFactory(), title="Maison ailleurs")
    elsewhere = f"{stranger.pk}.{stranger.revision}.{it.day(11)}.{it.day(41)}"
    for wrong in (
        {},
        {**sent, "revision": "x"},
        {**sent, "revision": "²"},
        {**sent, "part": []},
        {**sent, "part": sent["part"][:1]},
        {**sent, "part": sent["part"][::-1]},
        {**sent, "part": [sent["part"][0], "1.1.2026-02-30.2026-03-01"]},
        {**sent, "part": [sent["part"][0], "9" * 30 + ".1.2026-02-20.2026-03-01"]},
        {**sent, "part": [sent["part"][0], elsewhere]},
    ):
        page = text(desk.post(it.act, wrong, follow=True))
        assert "vient de changer" in page, wrong
        assert "Maison ailleurs" not in page
    assert not Decision.objects.exists()


def test_a_home_is_visited_before_its_relay_is_proposed(it, desk):
    Offer.objects.filter(pk=it.house.pk).update(vetted_at=None, vetted_by=None)
    response = desk.get(it.path)
    page = text(response)
    assert "Proposer ce relais" not in page
    assert "À visiter avant de proposer." in page
    visit = reverse("homes:offer", args=[it.city.slug, it.house.reference])
    assert response.content.decode().count(visit) == 2  # beside the relay, and on its own card
    assert "Prévoir une visite" in text(desk.get(visit))
    offers.vet(offer_id=it.house.pk, by=it.house.owner, now=it.now)
    assert "Proposer ce relais" in text(desk.get(it.path))


def test_of_a_home_of_a_linked_town_the_page_says_that_its_town_is_asked_first(it, desk, coordinator):
    host = CityFactory(slug="schiltigheim", name="Schiltigheim", seat=it.city.seat)
    it.city.linked.add(host)
    offers.pause(offer_id=it.house.pk, by=it.house.owner, now=it.now)
    it.home(11, city=host, share_with_linked=True, vetted=False)
    drain(it.now)
    response = desk.get(it.path)
    assert (
        text(response).count("Une proposition de Schiltigheim : cette ville donne d’abord son accord.") == 2
    )
    match = Match.objects.get(need=it.need, offer__city=host)
    linked_towns.ask(match_id=match.pk, by=coordinator, now=it.now)
    assert text(desk.get(it.path)).count("L’accord de Schiltigheim est demandé.") == 2
    page = text(desk.post(it.act, it.sent(response.content.decode()), follow=True))
    assert "1 personne reçoit la question" in page
    assert "L’accord de Schiltigheim est demandé." in page


def test_what_remains_of_a_stay_is_said_as_such(it, desk, coordinator):
    services.propose(match_id=Match.objects.get(need=it.need, offer=it.room).pk, by=coordinator, now=it.now)
    offers.change(
        offer_id=it.house.pk,
        fields={},
        windows=[(it.day(11), it.day(25))],
        by=it.house.owner,
        now=it.now,
    )
    it.home(26)
    drain(it.now)
    assert "31 nuits sur les 31 qui restent en deux logements" in text(desk.get(it.path))


def test_three_homes_have_two_moves(it, desk):
    offers.change(
        offer_id=it.house.pk,
        fields={},
        windows=[(it.day(11), it.day(25))],
        by=it.house.owner,
        now=it.now,
    )
    it.home(26)
    drain(it.now)
    assert re.search(
        r"41 nuits sur 41 en trois logements, un déménagement le .+ et un autre le ", text(desk.get(it.path))
    )


def test_a_case_with_relays_takes_as_many_queries_for_twenty_homes_as_for_two(it, desk):
    def queries():
        counts = []
        for path, words in ((it.path, "l’un après l’autre"), (it.in_turn, "Proposer ce relais")):
            with CaptureQueriesContext(connection) as captured:
                assert words in text(desk.client.get(path))
            counts.append(len(captured))
        return counts

    queries()
    few = queries()
    for number in range(9):
        it.home(1, 10 + number)
        it.home(11 + number)
    drain(it.now)
    assert queries() == few
    assert max(few) <= 15


def test_the_association_reads_the_other_days_and_not_whose_they_are(it, client, coordinator):
    need = Need.objects.select_related("city").get(pk=it.need.pk)
    suggested = list(Match.objects.suggested().filter(need=need).select_related("need"))
    (relay,) = relays.find(need, suggested, now=it.now).relays
    room, _house = relays.propose(
        need_id=need.pk,
        need_revision=need.revision,
        parts=[relays.Wanted.of(part) for part in relay.parts],
        by=coordinator,
        now=it.now,
    )
    services.accept(match_id=room.pk, by=it.room.owner, now=it.now)
    page = text(client.get(links.answer_path(room, it.member)))
    assert "Les autres jours" in page
    assert "(demandée au citoyen)" in page
    for hidden in ("Camille Martin", "Chambre sur cour", "Maison au bord du canal", it.house.owner.name):
        assert hidden not in page
    assert "Les autres jours" not in text(client.get(links.answer_path(room, it.room.owner)))
