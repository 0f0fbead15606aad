"""A country, or one metropolis, as arrays: offers and needs spread over the communes by population.

Twelve categories; an offer is there, and a need lasts, for 1 day to 12 months, all of which are needed; both are of 1
to 6 units and reach 5 to 50 km. The same numbers and the same seed make the same country.
"""

import csv
import gzip
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catalogue.vocabulary import Category, Kind, Urgency
from cities.services import GAZETTEER
from engine.arrays import Bools, Floats, Ints, code, masks, unit_sphere
from engine.columns import FOREVER, NeedColumns, OfferColumns, Vocabulary
from engine.filling import given_columns, turns
from engine.stretches import stretches
from engine.vocabulary import EARTH_RADIUS_KM, PRIORITIES

SEED = 1
# One form of housing, so that a plain query may look for a category as it does for all others.
CATEGORIES: tuple[tuple[Kind, Category], ...] = (
    (Kind.HOUSING, Category.SEPARATE_ROOM),
    (Kind.GOODS, Category.CLOTHES),
    (Kind.GOODS, Category.FURNITURE),
    (Kind.GOODS, Category.HOUSEHOLD_EQUIPMENT),
    (Kind.GOODS, Category.BEDDING),
    (Kind.GOODS, Category.HYGIENE),
    (Kind.GOODS, Category.BABY),
    (Kind.SKILL, Category.FRENCH_LESSONS),
    (Kind.SKILL, Category.PAPERWORK),
    (Kind.SKILL, Category.TRANSPORT),
    (Kind.SKILL, Category.MEALS),
    (Kind.SKILL, Category.JOB_MENTORING),
)
HOUSING = CATEGORIES[:1]
# As many categories, all of them goods: given once, whatever the days.
GOODS = tuple((Kind.GOODS, word) for _, word in CATEGORIES)
LANGUAGES = ("fr", "en", "ar", "uk", "prs")
LANGUAGE_SETS: tuple[tuple[str, ...], ...] = (
    (),
    ("fr",),
    ("fr", "en"),
    ("fr", "ar"),
    ("ar",),
    ("en", "uk"),
    ("prs",),
)
URGENCIES = (Urgency.TONIGHT, Urgency.THIS_WEEK, Urgency.PLANNED)  # in the order of the engine's own
URGENCY_SHARES = (0.1, 0.3, 0.6)
LEAST_REACH_KM, MOST_REACH_KM = 5, 50
MOST_UNITS = 6
LONGEST_DAYS = 365
PARIS = (48.8566, 2.3522)
METROPOLIS_KM = 50.0


@dataclass(frozen=True, slots=True, eq=False)
class Communes:
    insee: NDArray[np.str_]
    lat: Floats
    lon: Floats
    population: Ints


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """What offers and needs have in common; a row's id is its place, from 1 up, and so is its order of arrival."""

    commune: Ints  # row in `communes()`
    category: Ints  # place in the country's categories
    reach_km: Floats
    first_day: Ints  # day number
    last_day: Ints
    units: Ints  # capacity, or quantity
    languages: Ints  # place in LANGUAGE_SETS
    is_housing: Bools
    is_stock: Bools

    def __len__(self) -> int:
        return len(self.commune)

    @property
    def lat(self) -> Floats:
        return communes().lat[self.commune]

    @property
    def lon(self) -> Floats:
        return communes().lon[self.commune]

    @property
    def ids(self) -> NDArray[np.int64]:
        return np.arange(1, len(self) + 1)


@dataclass(frozen=True, slots=True, eq=False)
class Offers(Side):
    confirmed_day: Ints


@dataclass(frozen=True, slots=True, eq=False)
class Needs(Side):
    least_days: Ints
    part_useful: Bools
    people: Ints
    urgency: Ints  # place in URGENCIES

    @property
    def least_units(self) -> Ints:
        return np.where(self.part_useful, 1, self.units)


@dataclass(frozen=True, slots=True, eq=False)
class Country:
    today: date
    categories: tuple[tuple[Kind, Category], ...]
    offers: Offers
    needs: Needs


@cache
def communes() -> Communes:
    """Those where somebody lives."""
    with gzip.open(GAZETTEER, "rt", encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if int(row["population"]) > 0]
    return Communes(
        np.array([row["insee"] for row in rows]),
        np.array([float(row["latitude"]) for row in rows]),
        np.array([float(row["longitude"]) for row in rows]),
        np.array([int(row["population"]) for row in rows]),
    )


def make(
    *,
    offers: int,
    needs: int,
    today: date,
    categories: tuple[tuple[Kind, Category], ...] = CATEGORIES,
    metropolis: bool = False,
    part_useful: float = 0.5,
    most_units: int = MOST_UNITS,
    seed: int = SEED,
) -> Country:
    """`part_useful`: of how many goods' and skills' needs a part helps already. `metropolis`: all round Paris."""
    chance = np.random.default_rng(seed)
    places = communes()
    shares = places.population * _near_paris() if metropolis else places.population
    shares = shares / shares.sum()
    is_housing, is_stock = (
        np.array([kind == one for kind, _ in categories]) for one in (Kind.HOUSING, Kind.GOODS)
    )
    day = today.toordinal()

    def side(rows: int, earliest: int, latest: int) -> dict[str, Any]:
        category = chance.integers(0, len(categories), rows)
        first = day + chance.integers(earliest, latest, rows)
        return {
            "commune": chance.choice(len(shares), rows, p=shares),
            "category": category,
            "is_housing": is_housing[category],
            "is_stock": is_stock[category],
            "reach_km": chance.integers(LEAST_REACH_KM, MOST_REACH_KM, rows, endpoint=True).astype(
                np.float64
            ),
            "first_day": first,
            "last_day": first + chance.integers(0, LONGEST_DAYS, rows),
            "units": chance.integers(1, most_units, rows, endpoint=True),
            "languages": chance.integers(0, len(LANGUAGE_SETS), rows),
        }

    given = Offers(**side(offers, -30, 60), confirmed_day=day - chance.integers(0, 90, offers))
    asked = side(needs, 0, 30)
    housing = asked["is_housing"]
    wanted = Needs(
        **asked,
        least_days=asked["last_day"] - asked["first_day"] + 1,
        part_useful=~housing & (chance.random(needs) < part_useful),
        people=np.where(housing, asked["units"], chance.integers(1, 6, needs)),
        urgency=chance.choice(len(URGENCIES), needs, p=URGENCY_SHARES),
    )
    return Country(today, categories, given, wanted)


def columns(country: Country) -> tuple[NeedColumns, OfferColumns]:
    """The engine's columns of it, as they would be read from the database."""
    words = Vocabulary()
    for word in LANGUAGES:
        code(words.languages, word)
    city = code(words.cities, 1)
    category = np.array([words.category(kind, one) for kind, one in country.categories], np.int32)
    form = np.array([words.form(kind, one) for kind, one in country.categories], np.int32)
    spoken = masks(LANGUAGE_SETS, words.languages)
    return _need_columns(country.needs, words, city, category, spoken), _offer_columns(
        country.offers, words, city, category, form, spoken
    )


def _need_columns(
    needs: Needs, words: Vocabulary, city: int, category: Ints, spoken: NDArray[np.uint64]
) -> NeedColumns:
    rows = len(needs)
    x, y, z = unit_sphere(needs.lat, needs.lon)
    never = np.zeros(rows, np.bool_)
    none = np.zeros(0, np.int64)
    return NeedColumns(
        vocabulary=words,
        ids=needs.ids,
        category=category[needs.category],
        forms=np.zeros((rows, 1), np.uint64),
        city=np.full(rows, city, np.int32),
        lat=needs.lat,
        lon=needs.lon,
        x=x,
        y=y,
        z=z,
        reach_km=needs.reach_km,
        languages=spoken[needs.languages],
        first_day=needs.first_day.astype(np.int32),
        last_day=needs.last_day.astype(np.int32),
        least_days=needs.least_days.astype(np.int32),
        one_day=needs.is_stock,
        quantity=needs.units,
        asked=needs.units,
        least_quantity=needs.least_units,
        people=needs.people.astype(np.int32),
        priority=np.array(list(PRIORITIES.values()), np.int32)[needs.urgency],
        is_housing=needs.is_housing,
        is_open=~never,
        household=np.zeros(rows, np.int32),
        step_free_needed=never,
        pets=never,
        smoke_free_needed=never,
        refuses_shared_home=never,
        rent_up_to=np.zeros(rows, np.int32),
        goods=np.zeros(rows, np.int32),
        named_languages=np.zeros((rows, 1), np.uint64),
        remote_ok=never,
        slots_from=np.zeros(rows + 1, np.int64),
        slot_start=np.zeros(0, np.int32),
        slot_end=np.zeros(0, np.int32),
        **given_columns(need=none, first_day=none, last_day=none, quantity=none, rows=rows),
    )


def _offer_columns(
    offers: Offers, words: Vocabulary, city: int, category: Ints, form: Ints, spoken: NDArray[np.uint64]
) -> OfferColumns:
    rows = len(offers)
    x, y, z = unit_sphere(offers.lat, offers.lon)
    never = np.zeros(rows, np.bool_)
    none = np.zeros(0, np.int64)
    return OfferColumns(
        vocabulary=words,
        ids=offers.ids,
        category=category[offers.category],
        form=form[offers.category],
        city=np.full(rows, city, np.int32),
        lat=offers.lat,
        lon=offers.lon,
        x=x,
        y=y,
        z=z,
        reach_km=np.where(offers.is_housing, 0, offers.reach_km),
        languages=spoken[offers.languages],
        capacity=offers.units,
        confirmed_day=offers.confirmed_day.astype(np.int32),
        asked=np.zeros(rows, np.int32),
        turn=turns(offers.ids, offers.ids),
        shared_with_linked=never,
        is_open=~never,
        shared_home=never,
        accepts=np.zeros(rows, np.int32),
        step_free=never,
        pets_accepted=never,
        smoke_free=~never,
        notice_days=np.zeros(rows, np.int32),
        longest_stay=np.full(rows, FOREVER, np.int32),
        rent=np.zeros(rows, np.int32),
        goods=np.zeros(rows, np.int32),
        best_before=np.full(rows, FOREVER, np.int32),
        named_languages=np.zeros((rows, 1), np.uint64),
        remote=never,
        slots_from=np.zeros(rows + 1, np.int64),
        slot_start=np.zeros(0, np.int32),
        slot_end=np.zeros(0, np.int32),
        **stretches(
            window_offer=np.arange(rows),
            window_first=offers.first_day,
            window_last=offers.last_day,
            hold_offer=none,
            hold_first=none,
            hold_last=none,
            hold_quantity=none,
            capacity=offers.units,
            is_stock=offers.is_stock,
        ),
    )


def _near_paris() -> Bools:
    here = np.array(unit_sphere(np.array([PARIS[0]]), np.array([PARIS[1]])))
    there = np.array(unit_sphere(communes().lat, communes().lon))
    chord = np.sqrt(((there - here) ** 2).sum(axis=0))
    return 2 * EARTH_RADIUS_KM * np.arcsin(np.minimum(chord / 2, 1)) <= METROPOLIS_KM
