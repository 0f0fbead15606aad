"""A town's year before anybody decides anything: who offers, who needs, and what nobody knows yet of each.

The same seed makes the same year, and each offer and need has chance of its own: with one more, all others stay.
"""

from collections.abc import Hashable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import cached_property
from math import log2
from typing import Any

from engine import Need, NeedColumns, Offer, OfferColumns, Vocabulary, Window, need_columns, offer_columns
from engine.vocabulary import GOODS, HOUSING, INTERPRETING, ONCE, Kind
from simulation.behaviour import Behaviour
from simulation.chance import Draws
from simulation.towns import Town, Weighted

START = date(2027, 1, 4)  # a Monday
FIRST = START.toordinal()
DAY = 1440  # minutes
NEVER = 1 << 40

_CENTRE = (48.5734, 7.7521)
_KM_NORTH, _KM_EAST = 111.2, 73.6
_CITIES_APART_KM = 25.0

_ITEMS = (
    ("bedding", "duvet", 0.22), ("bedding", "sheets", 0.12), ("furniture", "bed", 0.16), ("furniture", "table", 0.12),
    ("furniture", "wardrobe", 0.08), ("household", "saucepans", 0.12), ("household", "washing_machine", 0.06),
    ("children", "pushchair", 0.07), ("children", "cot", 0.05),
)  # fmt: skip
_HELP = ((("french_lessons", ""), 0.5), ((INTERPRETING, "ar"), 0.15), ((INTERPRETING, "fa"), 0.1),
         ((INTERPRETING, "uk"), 0.1), ((INTERPRETING, "ti"), 0.05), (("moving", ""), 0.1))  # fmt: skip
_SPOKEN_BY_HOSTS = (("en", 0.5), ("de", 0.2), ("ar", 0.1), ("es", 0.12), ("uk", 0.03), ("fa", 0.02))
_SPOKEN = (("ar", 0.3), ("uk", 0.2), ("fa", 0.15), ("fr", 0.15), ("en", 0.12), ("ti", 0.08))
_ACCEPTS = (
    ((), 0.40), (("women",), 0.15), (("women", "families"), 0.15), (("women", "couples", "families"), 0.15),
    (("women", "men", "couples"), 0.10), (("men",), 0.05),
)  # fmt: skip
_BEDS: Weighted = ((1, 0.42), (2, 0.34), (3, 0.12), (4, 0.09), (5, 0.03))
_NOTICE: Weighted = ((0, 0.5), (1, 0.2), (3, 0.15), (7, 0.15))
_LONGEST: tuple[tuple[int | None, float], ...] = (
    (None, 0.35), (7, 0.05), (14, 0.1), (30, 0.2), (90, 0.2), (180, 0.1)
)  # fmt: skip
_OPEN_FOR: tuple[tuple[int | None, float], ...] = ((None, 0.5), (30, 0.1), (90, 0.2), (180, 0.2))
_REACH: Weighted = ((10, 0.3), (20, 0.4), (40, 0.3))


def _number(record: Offer | Need) -> int:
    assert isinstance(record.id, int)
    return record.id


@dataclass(frozen=True, slots=True)
class Given:
    """An offer. `gone`: from which minute on its citizen would say no to whatever is asked, without having told."""

    record: Offer
    registered: int  # minutes from the year's first midnight
    gone: int
    by_sms: bool
    commune: int

    @property
    def number(self) -> int:
        return _number(self.record)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A need. `leaves`: the day (counted from the year's first) after which nobody waits any more, if nothing came."""

    record: Need
    posted: int
    leaves: int
    commune: int

    @property
    def number(self) -> int:
        return _number(self.record)

    @property
    def household(self) -> str:
        if self.record.kind != HOUSING:
            return ""
        if self.record.children:
            return "famille"
        if self.record.members > 1:
            return "plusieurs adultes"
        return "femme seule" if self.record.adult_women else "homme seul"


@dataclass(frozen=True, eq=False)
class Year:
    """Offers and needs in the order in which they come, numbered by it (`record.id`)."""

    town: Town
    behaviour: Behaviour
    seed: int
    given: tuple[Given, ...]
    wanted: tuple[Wanted, ...]

    @property
    def links(self) -> frozenset[frozenset[Hashable]]:
        return frozenset({frozenset(range(self.town.cities))}) if self.town.cities > 1 else frozenset()

    @cached_property
    def words(self) -> Vocabulary:
        """One for all tables of the year."""
        words = Vocabulary()
        offer_columns([one.record for one in self.given], words)
        need_columns([one.record for one in self.wanted], words)
        return words

    @cached_property
    def offer_columns(self) -> OfferColumns:
        return offer_columns([one.record for one in self.given], self.words)

    @cached_property
    def need_columns(self) -> NeedColumns:
        return need_columns([one.record for one in self.wanted], self.words)


def year_of(town: Town, behaviour: Behaviour, seed: int) -> Year:
    """The year of this seed."""
    offers, needs = (town.offers, round(town.needs * behaviour["demand"])) if town.days else (0, 0)
    given = [_given(seed, number, town, behaviour) for number in range(offers)]
    if town.days:
        given += [_room(seed, number, town, behaviour) for number in range(town.more_rooms)]
    wanted = [_wanted(seed, number, town, behaviour) for number in range(needs)]
    return Year(
        town,
        behaviour,
        seed,
        tuple(sorted(given, key=lambda one: (one.registered, one.record.id))),
        tuple(sorted(wanted, key=lambda one: (one.posted, one.record.id))),
    )


def day_of(number: int) -> date:
    """The day so many days after the year's first."""
    return START + timedelta(days=number)


def _point(commune: int, town: Town, city: int, draws: Draws) -> dict[str, Any]:
    """Within 1.5 km of the commune's own."""
    (east, north), _ = town.communes[commune]
    east = east * town.ring_km + city * _CITIES_APART_KM + draws.share() * 3 - 1.5
    north = north * town.ring_km + draws.share() * 3 - 1.5
    return {"lat": round(_CENTRE[0] + north / _KM_NORTH, 5), "lon": round(_CENTRE[1] + east / _KM_EAST, 5)}


def _place(draws: Draws, town: Town) -> tuple[int, int, dict[str, Any]]:
    """City, commune (each city has its own), point."""
    city = draws.between(0, town.cities - 1)
    commune = draws.among([(number, weight) for number, (_, weight) in enumerate(town.communes)])
    return city, city * len(town.communes) + commune, _point(commune, town, city, draws)


# The numbers of rooms that are more begin here: no offer of a town has one of them.
_MORE = 1 << 30


def _room(seed: int, number: int, town: Town, behaviour: Behaviour) -> Given:
    """A room that is more: like those of others in all that hosts decide, vetted and there from the first day."""
    drawn = _given(
        seed,
        _MORE + number,
        replace(town, early=1.0, offer_kinds=(("housing", 1.0),), vetting_days=0),
        behaviour,
    )
    city, commune = divmod(drawn.commune, len(town.communes))
    draws = Draws(seed, "room", number)
    record = replace(
        drawn.record,
        **_point(town.rooms_at, town, city, draws),
        category="separate_room",
        shared_home=True,
        available=(Window(START, None),),
        confirmed_on=START,
        registered_at=datetime.combine(START, time(8)),
    )
    moved = drawn.registered - 8 * 60
    return replace(
        drawn,
        record=record,
        registered=8 * 60,
        gone=drawn.gone if drawn.gone == NEVER else drawn.gone - moved,
        commune=drawn.commune - commune + town.rooms_at,
    )


def _given(seed: int, number: int, town: Town, behaviour: Behaviour) -> Given:
    draws = Draws(seed, "offer", number)
    if draws.happens(town.early):
        # Half of these in the first week, for the square of a share is under a quarter half of the time.
        day = min(int(28 * draws.share() ** 2), town.days - 1)
    else:
        day = draws.between(0, town.days - 1)
    minute = day * DAY + draws.between(8 * 60, 22 * 60 - 1)
    city, commune, point = _place(draws, town)
    kind = draws.among(town.offer_kinds)
    half_life = behaviour["half_life"] * 7 * DAY
    # How many times half of the offers went before this one did: −log2 of what is left.
    gone = NEVER if not half_life else minute + int(half_life * _halvings(1 - draws.share()))
    open_for = draws.among(_OPEN_FOR)
    first = day + draws.among(((0, 0.6), (7, 0.2), (21, 0.2)))
    window = Window(day_of(first), None if open_for is None else day_of(first + open_for - 1))
    languages = frozenset({"fr", *(word for word, share in _SPOKEN_BY_HOSTS if draws.happens(share))})
    shared: dict[str, Any] = {
        "id": number,
        "kind": kind,
        "city": city,
        **point,
        "reach_km": float(draws.among(_REACH)),
        "languages": languages,
        "available": (window,),
        "confirmed_on": day_of(day),
        "registered_at": datetime.combine(day_of(day), time(minute % DAY // 60, minute % 60)),
        "shared_with_linked": draws.happens(0.6),
    }
    return Given(
        Offer(**shared, **_own_of_offer(kind, draws)),
        registered=minute + (town.vetting_days * DAY if kind == HOUSING else 0),
        gone=gone,
        by_sms=draws.happens(behaviour["by_sms"]),
        commune=commune,
    )


def _halvings(left: float) -> float:
    return -log2(left)


def _own_of_offer(kind: Kind, draws: Draws) -> dict[str, Any]:
    if kind == HOUSING:
        shared = draws.happens(0.85)  # of the homes offered in Strasbourg
        return {
            "category": draws.among((("separate_room", 0.8), ("shared_room", 0.2)))
            if shared
            else "whole_dwelling",
            "shared_home": shared,
            "capacity": draws.among(_BEDS),
            "accepts": frozenset(draws.among(_ACCEPTS)),
            "step_free": draws.happens(0.12),
            "pets_accepted": draws.happens(0.25),
            "smoke_free": draws.happens(0.7),
            "notice_days": draws.among(_NOTICE),
            "longest_stay_days": draws.among(_LONGEST),
        }
    if kind == GOODS:
        category, item = draws.among([((group, item), weight) for group, item, weight in _ITEMS])
        return {"category": category, "item": item, "capacity": draws.among(((1, 0.75), (2, 0.2), (4, 0.05)))}
    category, language = draws.among(_HELP)
    own: dict[str, Any] = {
        "category": category,
        "capacity": draws.among(((1, 0.3), (2, 0.5), (4, 0.2))),
        "notice_days": draws.among(((1, 0.5), (3, 0.5))),
    }
    if language:
        own |= {"languages_from": frozenset({language}), "languages_to": frozenset({"fr"})}
    return own


def _posted_on(draws: Draws, town: Town) -> int:
    begins, length, share = town.surge
    if length and draws.happens(share):
        return min(begins + draws.between(0, length - 1), town.days - 1)
    return draws.between(0, town.days - 1)


def _wanted(seed: int, number: int, town: Town, behaviour: Behaviour) -> Wanted:
    draws = Draws(seed, "need", number)
    day = _posted_on(draws, town)
    minute = day * DAY + draws.between(8 * 60, 20 * 60 - 1)
    city, commune, point = _place(draws, town)
    kind = draws.among(town.need_kinds)
    urgency = draws.among(town.urgencies)
    ahead = {"tonight": (0, 1), "this_week": (1, 7), "planned": (8, 30)}[urgency]
    first = day + draws.between(*ahead)
    languages = {draws.among(_SPOKEN), *(("en",) if draws.happens(0.3) else ())}
    own, last = _own_of_need(kind, first, town, draws)
    record = Need(
        id=number,
        kind=kind,
        city=city,
        **point,
        reach_km=float(draws.among(_REACH)),
        languages=frozenset(languages),
        first_day=day_of(first),
        last_day=day_of(last),
        urgency=urgency,
        **own,
    )
    patience = round(behaviour[f"patience_{urgency}"])
    return Wanted(record, posted=minute, leaves=min(first + patience, last), commune=commune)


def _own_of_need(kind: Kind, first: int, town: Town, draws: Draws) -> tuple[dict[str, Any], int]:
    """What the kind asks for, and the last day."""
    if kind == HOUSING:
        last = first + draws.among(town.stays) - 1
        women, men, children, couple = draws.among(town.households)
        return {
            "quantity": women + men + children,
            "adult_women": women,
            "adult_men": men,
            "children": children,
            "couple": couple,
            "step_free_needed": draws.happens(0.05),
            "pets": draws.happens(0.04),
            "smoke_free_needed": draws.happens(0.1),
            "shared_home_ok": draws.happens(0.85),
        }, last
    if kind == GOODS:
        category, item = draws.among([((group, item), weight) for group, item, weight in _ITEMS])
        last = first + draws.among(((7, 0.3), (14, 0.4), (30, 0.3))) - 1
        quantity = draws.among(((1, 0.7), (2, 0.2), (4, 0.1)))
        return {"category": category, "items": (item,), "quantity": quantity, "part_useful": True}, last
    category, language = draws.among(_HELP)
    own: dict[str, Any] = {"category": category, "quantity": draws.among(((1, 0.6), (2, 0.4)))}
    if language:
        own |= {"languages_from": frozenset({language}), "languages_to": frozenset({"fr"})}
    if category == "french_lessons":
        return own, first + draws.among(((30, 0.4), (60, 0.4), (90, 0.2))) - 1
    return own | {"rhythm": ONCE}, first + draws.among(((3, 0.4), (7, 0.4), (14, 0.2))) - 1
