"""A town of any size, the same for the same numbers: rows that are valid, spread over Strasbourg's communes."""

import random
from datetime import date, datetime, timedelta

from accounts.models import CityRole, Organisation, User
from catalogue.vocabulary import GOODS_CATEGORIES, SKILL_CATEGORIES, Kind, Rhythm, Urgency
from cities.models import City, Commune
from needs.models import Need
from offers.models import Offer, Window

LANGUAGES = ["fr", "en", "ar", "uk", "prs", "ti", "so", "sq", "ka", "es"]
OWNERS = 2_000
# Strasbourg's published mix: half goods, a quarter housing (85 % shared homes), a quarter time and skills.
KINDS = [Kind.GOODS, Kind.GOODS, Kind.HOUSING, Kind.SKILL]


def fill(*, offers: int, needs: int, now: datetime) -> City:
    """The town with its rows; an empty database is expected."""
    chance = random.Random(1)  # noqa: S311 (not a secret: the same town each time)
    today = now.date()
    seat = Commune.objects.get(name="Strasbourg")
    city = City.objects.create(
        slug="strasbourg", name="Strasbourg", locative="À Strasbourg", seat=seat, epci_code=seat.epci_code
    )
    communes = list(Commune.objects.filter(epci_code=seat.epci_code))
    weights = [commune.population for commune in communes]
    coordinator = User.objects.create(email="bench@example.org", name="Bench", created_at=now)
    for role in ("coordinator", "administrator"):
        CityRole.objects.create(user=coordinator, city=city, role=role)
    organisation = Organisation.objects.create(
        city=city, name="Bench", rna="W671234567", state="verified", verified_at=now, verified_by=coordinator,
        created_at=now,
    )  # fmt: skip
    owners = User.objects.bulk_create(
        User(email=f"owner{n}@example.org", name=f"Owner {n}", created_at=now) for n in range(OWNERS)
    )
    made = Offer.objects.bulk_create(
        (
            _offer(n, city, chance.choice(owners), chance.choices(communes, weights)[0], chance, now)
            for n in range(offers)
        ),
        batch_size=1000,
    )
    Window.objects.bulk_create((_window(offer, chance, today) for offer in made), batch_size=2000)
    Need.objects.bulk_create(
        (
            need(n, city, organisation, coordinator, chance.choices(communes, weights)[0], chance, now)
            for n in range(needs)
        ),
        batch_size=1000,
    )
    return city


def _offer(n: int, city: City, owner: User, commune: Commune, chance: random.Random, now: datetime) -> Offer:
    kind = KINDS[n % 4]
    offer = Offer(
        reference=f"P-{n:09}", city=city, owner=owner, kind=kind, title=f"Offre {n}", commune=commune,
        latitude=commune.latitude + chance.uniform(-0.02, 0.02),
        longitude=commune.longitude + chance.uniform(-0.02, 0.02),
        languages=chance.sample(LANGUAGES, 2), state="active", confirmed_at=now - timedelta(days=chance.randrange(40)),
        created_at=now - timedelta(minutes=n), changed_at=now,
    )  # fmt: skip
    if kind == Kind.HOUSING:
        offer.category = "shared_room" if chance.random() < 0.85 else "whole_dwelling"
        offer.capacity, offer.shared_home = chance.randint(1, 6), offer.category == "shared_room"
        offer.accepts = chance.sample(["women", "men", "couples", "families"], chance.randint(0, 3))
        offer.step_free, offer.pets_accepted = chance.random() < 0.3, chance.random() < 0.3
    elif kind == Kind.GOODS:
        offer.category, offer.capacity = chance.choice(GOODS_CATEGORIES), chance.randint(1, 10)
        offer.reach_km = chance.randint(0, 20)
    else:
        offer.category, offer.capacity = chance.choice(SKILL_CATEGORIES), chance.randint(1, 6)
        offer.reach_km, offer.remote = chance.randint(2, 20), chance.random() < 0.3
        offer.languages_from = offer.languages_to = offer.languages
    return offer


def _window(offer: Offer, chance: random.Random, today: date) -> Window:
    first = today + timedelta(days=chance.randint(-30, 30))
    last = None if chance.random() < 0.3 else first + timedelta(days=chance.randint(0, 365))
    return Window(offer=offer, first_day=first, last_day=last)


def need(
    n: int,
    city: City,
    organisation: Organisation,
    by: User,
    commune: Commune,
    chance: random.Random,
    now: datetime,
) -> Need:
    """One need, of any kind, not saved."""
    kind = KINDS[n % 4]
    first = now.date() + timedelta(days=chance.randint(0, 20))
    row = Need(
        reference=f"B-{n:09}", city=city, organisation=organisation, entered_by=by, kind=kind, title=f"Besoin {n}",
        commune=commune, latitude=commune.latitude, longitude=commune.longitude, reach_km=chance.randint(3, 20),
        first_day=first, last_day=first + timedelta(days=chance.randint(0, 60)),
        urgency=chance.choices(list(Urgency), [1, 3, 6])[0], languages=chance.sample(LANGUAGES, 2),
        state="open", created_at=now - timedelta(minutes=n), changed_at=now,
    )  # fmt: skip
    if kind == Kind.HOUSING:
        row.adult_women, row.children_3_to_11 = 1, chance.randint(0, 3)
        row.quantity = row.people = row.adult_women + row.children_3_to_11
        row.shared_home_ok, row.pets = chance.random() < 0.8, chance.random() < 0.1
    elif kind == Kind.GOODS:
        row.category, row.quantity, row.part_useful = (
            chance.choice(GOODS_CATEGORIES),
            chance.randint(1, 10),
            True,
        )
    else:
        row.category, row.quantity, row.part_useful = (
            chance.choice(SKILL_CATEGORIES),
            chance.randint(1, 3),
            True,
        )
        row.rhythm = Rhythm.WEEKLY
        row.languages_from, row.languages_to, row.remote_ok = row.languages[:1], ["fr"], chance.random() < 0.5
    return row
