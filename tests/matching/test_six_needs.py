"""What a coordinator posts in a week, in a small town: each gets what a person would have chosen, and reads why.

Registered as people say it, scanned as the worker does, read on the page of the case.
"""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.urls import reverse
from django.utils import timezone

from catalogue.times import day_range
from catalogue.vocabulary import Source
from cities.days import local_day
from needs import services as needs
from offers import services as offers
from tests.factories.accounts import MembershipFactory, OrganisationFactory, UserFactory
from tests.factories.matching import drain
from tests.loading import Loading

TUESDAY = 1
NORTH_KM = 1 / 111.195  # in degrees of latitude
HOME = {"kind": "housing", "category": "shared_room", "shared_home": True, "languages": ["fr"]}
FAMILIES = {"accepts": ["women", "couples", "families"]}
SPEAKS = {"kind": "skill", "category": "interpreting", "languages_to": ["fr"], "capacity": 3, "reach_km": 15}


class Town:
    """A town of some thirty offers, one for one, and the case pages of its desk."""

    def __init__(self, city, coordinator, client):
        self.city, self.coordinator, self.client = city, coordinator, Loading(client)
        self.now = timezone.now()
        self.today = local_day(self.now, city)
        association = OrganisationFactory(city=city, verified=True)
        self.member = MembershipFactory(organisation=association).user
        client.force_login(coordinator)

    def day(self, number):
        return self.today + timedelta(days=number)

    def next_tuesday(self):
        """The first that is neither today nor tomorrow."""
        return self.day(2 + (TUESDAY - self.today.weekday() - 2) % 7)

    def offers(self, title, km, first=0, last=None, *, works=False, **fields):
        seat, owner = self.city.seat, UserFactory()
        place = {"latitude": seat.latitude + km * NORTH_KM, "longitude": seat.longitude, "commune": seat}
        offer = offers.register(
            city=self.city,
            owner=owner,
            fields={"title": title, "address": "1 rue du Lac", "languages": [], **place, **fields},
            windows=[(self.day(first), None if last is None else self.day(last))],
            source=Source.WEB,
            contact_proven=True,
            by=owner,
            now=self.now,
        )
        if offer.kind == "housing" and not works:
            offers.vet(offer_id=offer.pk, by=self.coordinator, now=self.now)

    def asks(self, first, last, **fields):
        """The page of what the association asks for."""
        need = needs.register(
            city=self.city,
            organisation=self.member.memberships.get().organisation,
            person=None,
            fields={
                "first_day": self.day(first),
                "last_day": self.day(last),
                "commune": self.city.seat,
                "urgency": "planned",
                "reach_km": 10,
                **fields,
            },
            source=Source.WEB,
            by=self.member,
            now=self.now,
            today=self.today,
        )
        drain(self.now)
        path = reverse("desk:case", args=[self.city.slug, need.reference])
        return Case(self.client.get(path).content.decode())


class Case:
    """The page as it is read: what is suggested, in order, with its reasons, and what is nearly possible."""

    def __init__(self, page):
        self.text = as_text(page.split("<main")[1])
        cards = page.split('<article class="card pairing"')[1:]
        self.suggested = [as_text(re.search(r"<h2.*?<bdi>(.*?)</bdi>", card, re.S)[1]) for card in cards]
        self.cards = [as_text(card.split("</article>")[0]) for card in cards]
        self.nearly = [as_text(one) for one in re.findall(r'<p class="near-miss__gap">.*?</p>', page, re.S)]


def as_text(page):
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page))).strip()


@pytest.fixture
def town(city, coordinator, client):
    town = Town(city, coordinator, client)
    things = {"kind": "goods", "reach_km": 10}
    for title, km, category, capacity in (
        ("Lave-linge 7 kg", 0.3, "household_equipment", 1),
        ("Micro-ondes", 0.4, "household_equipment", 1),
        ("Casseroles et poêles", 0.2, "household_equipment", 8),
        ("Réfrigérateur avec congélateur", 3, "household_equipment", 1),
        ("Oreillers neufs", 0.2, "bedding", 10),
        ("Couettes 100 cm", 0.5, "bedding", 4),
        ("Couette 140", 1, "bedding", 2),
        ("Couettes 240", 2, "bedding", 4),
        ("Couettes 140 cm, lavées", 4, "bedding", 6),
        ("Manteaux d’hiver femme, taille M", 0.2, "clothes", 3),
        ("Vêtements d’enfant, 6 ans", 0.3, "clothes", 12),
        ("Manteau d’enfant, 10 ans", 0.5, "clothes", 1),
        ("Manteau d’enfant, 4 ans", 0.6, "clothes", 1),
        ("Manteau d’enfant bleu, 6 ans", 5, "clothes", 1),
    ):
        town.offers(title, km, category=category, capacity=capacity, **things)

    afternoons = ["tue 13:00-18:00"]
    town.offers("Arabe et français", 0.2, **SPEAKS, languages_from=["ar"], slots=afternoons)
    town.offers("Amharique et français", 0.3, **SPEAKS, languages_from=["am"], slots=afternoons)
    town.offers("Tigrinya, le jeudi soir", 0.5, **SPEAKS, languages_from=["ti"], slots=["thu 18:00-21:00"])
    town.offers("Tigrinya, le mardi", 6, **SPEAKS, languages_from=["ti"], slots=afternoons)
    town.offers("Tigrinya, le mardi à 16 h", 1, **SPEAKS, languages_from=["ti"], slots=["tue 16:00-18:00"])

    large = HOME | FAMILIES | {"capacity": 5}
    town.offers("Étage pour cinq, quinze nuits", 3, 10, 24, **large)
    town.offers("Annexe pour cinq, ensuite", 4, 25, **large | {"category": "separate_room"})
    town.offers("Chez nous, une semaine au plus", 0.5, 0, **large, longest_stay_days=7)
    town.offers("Maison à rénover", 0.2, works=True, **HOME | FAMILIES | {
        "category": "empty_dwelling", "shared_home": False, "capacity": 6, "dwelling_state": "to_renovate",
    })  # fmt: skip
    town.offers("Maison à louer", 0.4, **HOME | FAMILIES | {
        "category": "whole_dwelling", "shared_home": False, "capacity": 6, "rent": 900,
    })  # fmt: skip

    town.offers("Chambre pour un homme", 0.2, **HOME, capacity=1, accepts=["men"])
    town.offers("Chambre, en prévenant", 0.3, **HOME, capacity=1, accepts=["women"], notice_days=3)
    town.offers("Chambre libre demain", 0.4, 1, **HOME, capacity=1, accepts=["women"])
    town.offers(
        "Chambre bleue, ce soir", 2, **HOME | {"languages": ["fr", "en"]}, capacity=1, accepts=["women"]
    )
    return town


def test_a_fridge_and_no_washing_machine(town):
    case = town.asks(1, 14, kind="goods", title="Pour un studio", items=["frigo"], quantity=1)
    assert case.suggested == ["Réfrigérateur avec congélateur"]
    assert "toute la quantité : 1 objet" in case.cards[0]
    assert "à 3,0 km" in case.cards[0]
    assert "couvre tout" in case.cards[0]
    assert "demandé : réfrigérateur ; proposé : lave-linge" in case.nearly[0].lower() + case.nearly[1].lower()


def test_four_duvets_of_one_size_from_one_giver(town):
    case = town.asks(
        1, 14, kind="goods", title="Quatre lits", items=["couette 140"], quantity=4, part_useful=True
    )
    assert case.suggested == ["Couettes 140 cm, lavées", "Couettes 240", "Couette 140"]
    assert "toute la quantité : 4 objets" in case.cards[0]
    assert "une partie : 2 sur 4 objets" in case.cards[2]
    assert any(said.startswith("Demandé : couette, 140 cm ; proposé : oreiller") for said in case.nearly)
    assert any("proposé : couette, 100 cm" in said for said in case.nearly)


def test_the_winter_coat_of_a_six_year_old(town):
    case = town.asks(
        1, 14, kind="goods", title="Pour l’école", items=["manteau d’hiver enfant 6 ans"], quantity=1
    )
    assert case.suggested == ["Manteau d’enfant bleu, 6 ans"]
    assert "toute la quantité : 1 objet" in case.cards[0]
    assert any("proposé : manteau d’enfant, 4 ans" in said for said in case.nearly)
    assert not any("femme" in card for card in case.cards)


def test_an_interpreter_on_tuesday_at_two(town):
    tuesday = (town.next_tuesday() - town.today).days
    case = town.asks(
        tuesday, tuesday, kind="skill", category="interpreting", title="Rendez-vous à la préfecture",
        rhythm="once", quantity=2, slots=["tue 14:00-15:30"], languages_from=["ti"], languages_to=["fr"],
    )  # fmt: skip
    assert case.suggested == ["Tigrinya, le mardi"]
    assert "14 h à 15 h 30" in case.text
    (card,) = case.cards
    assert "toute la quantité : 1 h 30" in card
    assert as_text(f"possible {day_range(town.next_tuesday(), town.next_tuesday())}") in card
    assert "toutes les langues demandées : français, tigrigna" in card
    assert "des créneaux en commun" in card
    assert any("Langue manquante : tigrigna" in said and "Amharique" in said for said in case.nearly)
    assert any("Pas de créneau en commun" in said and "jeudi" in said for said in case.nearly)


def test_a_family_of_five_for_41_nights_lives_in_two_homes(town):
    case = town.asks(
        10, 50, kind="housing", title="Un couple et trois enfants",
        adult_women=1, adult_men=1, couple=True, children_3_to_11=3,
    )  # fmt: skip
    assert "41 nuits sur 41 en deux logements, un déménagement le" in case.text
    relay = case.text.split("41 nuits sur 41")[1].split("Proposer ce relais")[0]
    first, then = relay.index("Étage pour cinq, quinze nuits"), relay.index("Annexe pour cinq, ensuite")
    assert first < then
    assert "15 nuits" in relay[:first]
    assert "26 nuits" in relay[first:then]
    assert "5 places pour 5 personnes" in relay
    assert set(case.suggested) == {"Étage pour cinq, quinze nuits", "Annexe pour cinq, ensuite"}
    assert any("Séjour de 7 jours au plus, il en faut 14" in said for said in case.nearly)
    assert any("Loyer 900 € par mois, 900 € de trop" in said for said in case.nearly)
    assert "Maison à rénover" not in case.text


def test_a_woman_tonight(town):
    case = town.asks(
        0, 9, kind="housing", title="Une femme, ce soir", adult_women=1, urgency="tonight", languages=["en"]
    )
    assert case.suggested[0] == "Chambre bleue, ce soir"
    for reason in (
        "couvre les 10 jours",
        "parle anglais",
        "1 place pour 1 personne",
        "à 2,0 km",
        "une femme seule",
    ):
        assert reason in case.cards[0]
    assert "pas dès le premier jour" in case.cards[case.suggested.index("Chambre libre demain")]
    assert "Chambre pour un homme" not in case.suggested
    assert "Chambre, en prévenant" not in case.suggested
    assert "Maison à rénover" not in case.text
    assert any("Prévenir 3 jours avant" in said for said in case.nearly)
