"""Offers and needs for tests: plain ones by keyword, random ones that often agree, tie, touch, overlap."""

from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from unittest.mock import patch

import engine
from engine import Hold, Need, Offer, Slot, Window, candidates
from engine.goods import ANY, MIXED, OTHER, Larger, Sizes

TODAY = date(2026, 3, 1)
STRASBOURG = (48.5734, 7.7521)
SAINT_DENIS = (-20.8789, 55.4481)  # La Réunion


def day(number: int) -> date:
    """Day 0 is `TODAY`."""
    return TODAY + timedelta(days=number)


def days(first: int, last: int | None = None) -> Window:
    return Window(day(first), None if last is None else day(last))


def held(first: int, last: int, quantity: int) -> Hold:
    return Hold(day(first), day(last), quantity)


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def broken_rules(need: Need, offer: Offer, **circumstances) -> tuple[str, ...]:
    """The codes of the rules that the pair breaks."""
    circumstances = {"today": TODAY} | circumstances
    return tuple(broken.rule for broken in engine.broken_rules(need, offer, **circumstances))


CATEGORY = {"housing": "separate_room", "goods": "bedding", "skill": "french_lessons"}


def offer(id_=1, kind="housing", **fields) -> Offer:
    fields = {
        "category": CATEGORY[kind],
        "city": "strasbourg",
        "lat": STRASBOURG[0],
        "lon": STRASBOURG[1],
        "available": (days(0),),
        "capacity": 4,
    } | fields
    return Offer(id=id_, kind=kind, **fields)


def need(id_=1, kind="housing", **fields) -> Need:
    fields = {
        "category": "" if kind == "housing" else CATEGORY[kind],
        "city": "strasbourg",
        "lat": STRASBOURG[0],
        "lon": STRASBOURG[1],
        "first_day": day(0),
        "last_day": day(9),
        "quantity": 2,
    } | fields
    return Need(id=id_, kind=kind, **fields)


# Few places, so that points coincide; some overseas, round the antimeridian and near a pole.
PLACES = (
    STRASBOURG,
    STRASBOURG,
    (48.5734, 7.80),
    (48.60, 7.7521),
    (48.6999999, 7.70),
    (48.7, 7.70),
    (45.1885, 5.7245),
    SAINT_DENIS,
    (-21.3393, 55.4781),
    (-14.27, -178.13),
    (-16.9, 179.98),
    (-16.9, -179.98),
    (0.0, 180.0),
    (0.0, -180.0),
    (89.9, 20.0),
    (89.9, -150.0),
)
LANGUAGES = ("fr", "en", "ar", "ti", "fa", "prs", "fa-AF", "pes", "apc")
FORMS = ("shared_room", "separate_room", "whole_dwelling")
CATEGORIES = {
    "housing": FORMS,
    "goods": ("bedding", "clothes"),
    "skill": ("interpreting", "french_lessons"),
}


# Sizes that are one's own, where another stands for it, where the next does, where any larger does; items that have
# them, or none.
ADULTS, CUT, CHILDREN, DUVETS = (
    Sizes(("S", "M", "L")),
    Sizes(
        ("M", "fem-M", "masc-M", "fem"),
        instead=frozenset(
            {("fem-M", "M"), ("M", "fem-M"), ("M", "masc-M"), ("fem", "fem-M"), ("fem", ""), ("fem-L", "M")}
        ),
        unsure=frozenset({("fem-M", "fem"), ("M", "fem")}),
    ),
    Sizes(("2y", "3y", "4y"), Larger.NEXT),
    Sizes(("140", "200", "220"), Larger.ANY),
)
SERIES = {"coat": ADULTS, "trousers": CUT, "child_coat": CHILDREN, "duvet": DUVETS, "hat": None}
ITEMS = {"clothes": ("coat", "trousers", "child_coat", "hat"), "bedding": ("duvet", "hat")}


def some(random: Random, pool, most: int) -> frozenset[str]:
    return frozenset(random.choice(pool) for _ in range(random.randint(0, most)))


def chance(random: Random, percent: int) -> bool:
    return random.randint(1, 100) <= percent


def random_windows(random: Random) -> tuple[Window, ...]:
    """One to three windows, some touching the one before, the last one often without an end."""
    windows, start = [], random.randint(-10, 12)
    for _ in range(random.randint(1, 3)):
        end = start + random.choice((0, 1, 4, 9, 15))
        windows.append(days(start, end))
        start = end + random.choice((1, 1, 2, 6))
    if chance(random, 40):
        windows[-1] = Window(windows[-1].first_day, None)
    random.shuffle(windows)
    return tuple(windows)


def random_holds(random: Random) -> tuple[Hold, ...]:
    """Anything from none to more than there is."""
    holds = []
    for _ in range(random.choice((0, 0, 0, 1, 2, 4))):
        first = random.randint(-8, 25)
        holds.append(held(first, first + random.randint(0, 6), random.randint(1, 3)))
    return tuple(holds)


def random_slots(random: Random) -> tuple[Slot, ...]:
    """None to three, some touching, none overlapping."""
    slots: list[Slot] = []
    for _ in range(random.choice((0, 0, 0, 1, 2, 3))):
        start = random.choice((1020, 1050, 1080, 1110, 1140))
        slot = Slot(random.randint(0, 2), start, start + random.choice((30, 45, 60, 90, 240)))
        if not any(
            slot.weekday == other.weekday
            and slot.start_minute < other.end_minute
            and other.start_minute < slot.end_minute
            for other in slots
        ):
            slots.append(slot)
    return tuple(slots)


def random_sizes(random: Random, items: tuple[str, ...], most: int) -> tuple[str, ...]:
    """Of those items mostly, in any order."""
    known = [series for item in items if (series := SERIES.get(item))]
    pool = [size for one in known for size in (*one.codes, *dict(sorted(one.instead)))] or ["M"]
    return tuple(dict.fromkeys(random.choice(pool) for _ in range(random.randint(0, most))))


def random_offer(random: Random, id_, kind: str, places=PLACES) -> Offer:
    lat, lon = random.choice(places)
    category = random.choice(CATEGORIES[kind])
    item = random.choice((*ITEMS.get(category, ("hat",)) * 3, "", "", ANY, OTHER))
    return Offer(
        id=id_,
        kind=kind if chance(random, 95) else random.choice(list(CATEGORIES)),
        category=category,
        city=random.choice(("a", "a", "a", "b", "c")),
        lat=lat,
        lon=lon,
        reach_km=random.choice((0, 0, 1, 5, 30)),
        languages=some(random, LANGUAGES, 2),
        available=random_windows(random),
        capacity=random.choice((1, 2, 3, 4, 5, 12)),
        confirmed_on=random.choice((None, day(0), day(-30), day(-90), day(-400), day(3))),
        asked_last_30_days=random.choice((None, 0, 1, 2)),
        registered_at=random.choice(
            (None, datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC))
        ),
        holds=random_holds(random),
        shared_with_linked=chance(random, 50),
        is_open=chance(random, 95),
        notice_days=random.choice((0, 0, 0, 1, 3, 8)),
        shared_home=chance(random, 40),
        accepts=some(random, ("women", "men", "couples", "families", "lone_minors"), 3),
        step_free=chance(random, 70),
        pets_accepted=chance(random, 70),
        smoke_free=random.choice((None, True, True, False)),
        longest_stay_days=random.choice((None, None, None, 1, 3, 7, 14)),
        rent=random.choice((0, 0, 0, 300, 450)),
        dwelling_state=random.choice(("",) * 8 + ("ready", "light_works", "to_renovate")),
        item=item,
        size=random.choice((*random_sizes(random, (item,), 1), "", MIXED, "M", "200")),
        series=SERIES.get(item),
        best_before=random.choice((None,) * 6 + (day(3), day(9), day(12), day(40))),
        languages_from=some(random, LANGUAGES, 3),
        languages_to=some(random, LANGUAGES, 3),
        slots=random_slots(random),
        remote=chance(random, 50),
    )


def random_need(random: Random, id_, kind: str, places=PLACES) -> Need:
    lat, lon = random.choice(places)
    first = random.randint(-3, 12)
    length = random.choice((1, 2, 7, 14, 25))
    category = "" if kind == "housing" else random.choice(CATEGORIES[kind])
    pool = (*ITEMS.get(category, ("hat",)) * 3, ANY, OTHER)
    items = tuple(dict.fromkeys(random.choice(pool) for _ in range(random.choice((0, 0, 1, 2, 3)))))
    women, men = random.choice((0, 0, 1, 2, 3)), random.choice((0, 0, 1, 2, 3))
    quantity = random.choice((1, 1, 2, 3, 6))
    return Need(
        id=id_,
        kind=kind,
        category=category,
        city=random.choice(("a", "a", "a", "b", "c")),
        lat=lat,
        lon=lon,
        reach_km=random.choice((0, 0, 3, 10, 500)),
        languages=some(random, LANGUAGES, 2),
        first_day=day(first),
        last_day=day(first + length - 1),
        min_days=random.choice((None, 1, max(1, length // 2))),
        quantity=quantity,
        given=random_given(random, first, length, quantity),
        part_useful=chance(random, 50),
        urgency=random.choice(("planned", "planned", "this_week", "tonight")),
        is_open=chance(random, 95),
        adult_women=women,
        adult_men=men,
        children=random.choice((0, 0, 2)),
        couple=women + men > 1 and chance(random, 40),
        lone_minor=women + men == 0 and chance(random, 20),
        step_free_needed=chance(random, 30),
        pets=chance(random, 30),
        smoke_free_needed=chance(random, 30),
        rent_up_to=random.choice((0, 300, 300, 500)),
        shared_home_ok=chance(random, 70),
        forms=some(random, FORMS, 2),
        items=items,
        sizes=random_sizes(random, items, 2) if chance(random, 40) else (),
        series=tuple(SERIES.get(item) for item in items) if chance(random, 90) else (),
        rhythm=random.choice(("weekly", "once")),
        languages_from=some(random, LANGUAGES, 1),
        languages_to=some(random, LANGUAGES, 1),
        slots=random_slots(random),
        remote_ok=chance(random, 50),
    )


def plain_need(random: Random, id_, kind: str, places=PLACES) -> Need:
    """A random need that has been given nothing, wanted on all its days, at whatever hours."""
    return replace(random_need(random, id_, kind, places), given=(), rhythm="weekly", slots=())


def random_given(random: Random, first: int, length: int, quantity: int) -> tuple[Hold, ...]:
    """Mostly nothing; sometimes all of it on some of the days, or a part."""
    if chance(random, 80):
        return ()
    given = []
    for _ in range(random.choice((1, 1, 2))):
        begin = first + random.randrange(length)
        given.append(held(begin, begin + random.randint(0, 6), random.choice((1, quantity))))
    return tuple(given)


@contextmanager
def blocks(size: int | None):
    """The engine's choice of candidates in blocks of this size, as in a country; None: as it would choose itself."""
    if size is None:
        yield
        return
    with patch.multiple(candidates, BLOCK=size, SMALL=0):
        yield
