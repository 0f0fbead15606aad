"""Rows of the database as the engine's columns, a set at a time: no Python object per row.

Each field leaves the database as one value, the bytes of all rows one after the other, and numpy reads it where it
lies. (COPY would send a message per row, which costs the client more than everything else together.) Lists of words
travel as a key of eight bytes, and each different list is read once. What differs from call to call is which rows
are wanted: `Where` and `Ranges`.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple, Self

import numpy as np
import psycopg
from django.core.exceptions import ValidationError
from django.db import connection
from numpy.typing import NDArray

from catalogue.slots import WeeklySlot, parse_slot
from catalogue.vocabulary import CATEGORIES, HOUSING_FORMS, LANGUAGE_PAIR_CATEGORIES, Kind
from matching.engine.columns import (
    FOREVER,
    UNKNOWN,
    Bools,
    Floats,
    Ints,
    Masks,
    NeedColumns,
    OfferColumns,
    Vocabulary,
    accept_bits,
    code,
    masks,
    row_codes,
    slot_columns,
    stretches,
    turns,
    unit_sphere,
)
from matching.engine.records import ACCEPTS, EARTH_RADIUS_KM, PRIORITIES, URGENCIES
from matching.models import MatchState
from needs.models import OPEN_STATES
from offers.models import REACH_CLASSES

log = logging.getLogger(__name__)

ASKED_DAYS = 30
# Set aside until the need or the offer changes: people have answered this pair already.
ANSWERED = (
    MatchState.DISMISSED,
    MatchState.DECLINED,
    MatchState.REFUSED,
    MatchState.CANCELLED,
    MatchState.BROKEN_OFF,
)
UNDER_WAY = (MatchState.PROPOSED, MatchState.ACCEPTED, MatchState.CONFIRMED, MatchState.UNDER_WAY)
# Owners up to this number are looked up one by one; for more, everybody who was asked is read.
FEW_OWNERS = 5_000
# Rounding in the database's distance may never lose a candidate; the exact decision is the engine's.
SLACK_KM = 1e-3
SLACK_DEGREES = 1e-6
# Around more places than these, circles are drawn round the cells that they lie in: so many degrees each way.
CELL_DEGREES = {1_000: 0.1, 20_000: 0.5}
HALF_DIAGONAL_KM = 79.0  # of a cell of one degree, at the equator

_CATEGORY_KINDS = [(str(kind), str(one)) for kind, some in CATEGORIES.items() for one in some]
_CATEGORY_NUMBER = {category: number for number, (_, category) in enumerate(_CATEGORY_KINDS, start=1)}
_NUMBERED = "unnest(%(categories)s::text[]) WITH ORDINALITY AS c (category, number)"

# How a value leaves the database, and what it then is. Days and moments count from 1 January 2000.
_SENT = {
    "bigint": ("int8send", ">i8"),
    "integer": ("int4send", ">i4"),
    "float": ("float8send", ">f8"),
    "boolean": ("boolsend", "?"),
    "day": ("date_send", ">i4"),
    "moment": ("timestamptz_send", ">i8"),
}
_FIRST_DAY = date(2000, 1, 1).toordinal()
_FIRST_MOMENT = 946_684_800_000_000  # microseconds from 1970
_INFINITY, _BEFORE_ALL = np.iinfo(np.int32).max, np.iinfo(np.int32).min

Columns = dict[str, NDArray[Any]]


class Where(NamedTuple):
    """A condition on the rows `n` of needs or `o` of offers, with its parameters."""

    sql: str
    params: Mapping[str, object] = {}


@dataclass(frozen=True, slots=True, eq=False)
class Needs:
    """Columns of needs, with what the engine does not read: their revisions, and the categories that suit each."""

    columns: NeedColumns
    revision: Ints
    wanted_need: Ints  # rows, each as often as offers of several categories suit it
    wanted_category: Ints  # numbers of categories


@dataclass(frozen=True, slots=True, eq=False)
class Offers:
    """Columns of offers with their revisions."""

    columns: OfferColumns
    revision: Ints


# --- Needs ---------------------------------------------------------------------------------------------

# Of each column of lists, its key and the list itself.
_NEED_LISTS = {
    "languages": ("hash_array_extended(languages, 0)", "languages"),
    "named_languages": (
        "hash_array_extended(languages_from || languages_to, 0)",
        "languages_from || languages_to",
    ),
    "forms": ("hash_array_extended(forms, 0)", "forms"),
    "slots": ("hash_array_extended(slots, 0)", "slots"),
}
_NEEDS = {
    "id": ("bigint", "n.id"),
    "revision": ("integer", "n.revision"),
    "number": ("bigint", "coalesce(c.number, 0)"),
    "is_housing": ("boolean", "n.kind = 'housing'"),
    "city": ("bigint", "n.city_id"),
    "lat": ("float", "n.latitude"),
    "lon": ("float", "n.longitude"),
    "reach_km": ("float", "n.reach_km"),
    "first_day": ("day", "n.first_day"),
    "last_day": ("day", "n.last_day"),
    "min_days": ("integer", "coalesce(n.min_days, 0)"),
    "asked": ("bigint", "n.quantity"),
    "held": (
        "bigint",
        "(SELECT coalesce(sum(h.quantity), 0) FROM matching_hold h WHERE h.need_id = n.id AND NOT h.released)",
    ),
    "part_useful": ("boolean", "n.part_useful"),
    "people": ("integer", "n.people"),
    "urgency": ("integer", "n.urgency_rank"),
    "is_open": ("boolean", "n.state = ANY (%(open_states)s)"),
    "women": ("integer", "n.adult_women"),
    "men": ("integer", "n.adult_men"),
    "children": ("integer", "n.children_under_3 + n.children_3_to_11 + n.children_12_to_17"),
    "couple": ("boolean", "n.couple"),
    "lone_minor": ("boolean", "n.lone_minor"),
    "step_free_needed": ("boolean", "n.step_free_needed"),
    "pets": ("boolean", "n.pets"),
    "shared_home_ok": ("boolean", "n.shared_home_ok"),
    "remote_ok": ("boolean", "n.remote_ok"),
    **{name: ("bigint", key) for name, (key, _) in _NEED_LISTS.items()},
}


def read_needs(where: Where, *, today: date, words: Vocabulary) -> Needs:
    """Needs as they stand today, in order of their ids: of one that has begun, only the days to come.

    Those of which everything is promised are left out; so is a household that grew since, for nobody is housed
    apart.
    """
    read = _read(
        _NEEDS,
        f"FROM needs_need n LEFT JOIN {_NUMBERED} ON c.category = n.category WHERE {where.sql}",
        {**where.params, "open_states": [str(state) for state in OPEN_STATES]},
    )
    missing = read["asked"] - read["held"]
    read["quantity"] = missing
    unserved = (missing > 0) & (~read["is_housing"] | (read["held"] == 0))
    read = _taken(read, np.flatnonzero(unserved)[np.argsort(read["id"][unserved])])
    lists = _Lists.read("needs_need", _NEED_LISTS, read)
    first_day = np.minimum(np.maximum(read["first_day"], today.toordinal()), read["last_day"])
    days = read["last_day"] - first_day + 1
    housing, number = read["is_housing"], read["number"]
    kinds, categories = zip(*_CATEGORY_KINDS, strict=True)
    code_of = np.array([-1, *map(words.category, kinds, categories)], np.int32)
    home = words.category(Kind.HOUSING, "")
    skill = ~housing & np.array([False, *(kind == Kind.SKILL for kind in kinds)])[number]
    pair = skill & np.array([False, *(one in LANGUAGE_PAIR_CATEGORIES for one in categories)])[number]
    lat, lon = read["lat"], read["lon"]
    x, y, z = unit_sphere(lat, lon)
    slots_from, slot_start, slot_end = lists.slots(skill)
    columns = NeedColumns(
        vocabulary=words,
        ids=read["id"],
        category=np.where(housing, np.int32(home), code_of[number]),
        forms=lists.masks("forms", words.forms, housing),
        city=_codes(words.cities, read["city"]),
        lat=lat,
        lon=lon,
        x=x,
        y=y,
        z=z,
        reach_km=read["reach_km"],
        languages=lists.masks("languages", words.languages),
        first_day=first_day,
        last_day=read["last_day"],
        least_days=np.where(
            read["min_days"] != 0, np.minimum(read["min_days"], days), np.where(housing, days, 1)
        ).astype(np.int32),
        quantity=read["quantity"],
        asked=read["asked"],
        least_quantity=np.where(read["part_useful"] & ~housing, 1, read["quantity"]),
        people=read["people"],
        priority=_PRIORITY[np.clip(read["urgency"], 0, len(URGENCIES))],
        is_housing=housing,
        is_open=read["is_open"],
        household=np.where(housing, _household(read), 0).astype(np.int32),
        step_free_needed=housing & read["step_free_needed"],
        pets=housing & read["pets"],
        refuses_shared_home=housing & ~read["shared_home_ok"],
        named_languages=lists.masks("named_languages", words.languages, pair),
        remote_ok=skill & read["remote_ok"],
        slots_from=slots_from,
        slot_start=slot_start,
        slot_end=slot_end,
    )
    faults = {**columns.faults(), **lists.faults}
    good = _without(faults, columns.ids, lists.gone, "need %s is left out of its scan: %s")
    need, category = _wanted(number[good], housing[good], lists.some("forms", good))
    return Needs(columns.take(good), read["revision"][good], need, category)


_PRIORITY = np.array([*(PRIORITIES[urgency] for urgency in URGENCIES), 0], np.int32)


def _household(read: Columns) -> Ints:
    """The bits of the words that a host must have said to receive each household."""
    women, men, couples, families, lone_minors = (accept_bits([word]) for word in ACCEPTS)
    present = np.where(read["women"] > 0, women, 0) | np.where(read["men"] > 0, men, 0)
    return np.select(
        [read["lone_minor"], read["children"] > 0, read["couple"]], [lone_minors, families, couples], present
    )


def _wanted(number: Ints, housing: Bools, forms: "_Some") -> tuple[Ints, Ints]:
    """(need's row, category's number): the need's own; for housing, the forms that it accepts."""
    rows, numbers = [np.flatnonzero(~housing)], [number[~housing]]
    homes = np.flatnonzero(housing)
    for which, some in enumerate(forms.lists):
        those = homes[forms.which[homes] == which]
        accepted = [_CATEGORY_NUMBER[form] for form in some or HOUSING_FORMS if form in _CATEGORY_NUMBER]
        rows.append(np.repeat(those, len(accepted)))
        numbers.append(np.tile(np.array(accepted, np.int64), len(those)))
    return np.concatenate(rows), np.concatenate(numbers)


# --- Which offers --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Ranges:
    """Stretches of the index `offer_reading` that hold every offer within reach of some needs, each offer once:
    number of a category, class of reach, band of latitude, and longitudes from west to east.
    """

    number: Ints
    reach_class: Ints
    band: Ints
    west: Floats
    east: Floats
    # Every offer of these categories that can be given remotely comes too, wherever it is.
    remote_numbers: Ints
    # Where all needs are at one place and reach as far: its latitude, longitude, reach and the margin.
    circle: tuple[float, float, float, float] | None

    @classmethod
    def around(cls, needs: Needs, margin_km: float) -> Self:
        """What may be within the larger of both reaches, and `margin_km` more."""
        row, columns, circle = needs.wanted_need, needs.columns, None
        wanted = (needs.wanted_category, columns.lat[row], columns.lon[row], columns.reach_km[row])
        sizes = [size for most, size in CELL_DEGREES.items() if len(row) > most]
        if sizes:
            places, margin_km = _cells(*wanted, size=sizes[-1]), margin_km + sizes[-1] * HALF_DIAGONAL_KM
        else:
            places = np.unique(np.column_stack(wanted), axis=0)
            if len(distinct := np.unique(places[:, 1:], axis=0)) == 1:
                circle = (*distinct[0].tolist(), margin_km)
        classes = np.array(REACH_CLASSES, np.float64)
        reach_class = np.tile(np.arange(len(classes)), len(places))
        number, lat, lon, reach = np.repeat(places, len(classes), axis=0).T
        key = (number * len(classes) + reach_class).astype(np.int64)
        radius = np.maximum(reach, classes[reach_class]) + margin_km
        key, band, west, east = _merged(*_bands(key, lat, lon, radius))
        return cls(
            number=key // len(classes),
            reach_class=np.array(REACH_CLASSES)[key % len(classes)],
            band=band,
            west=west,
            east=east,
            remote_numbers=np.unique(needs.wanted_category[columns.remote_ok[row]]),
            circle=circle,
        )


def _cells(number: Ints, lat: Floats, lon: Floats, reach_km: Floats, *, size: float) -> Floats:
    """Fewer places that stand for these: centres of cells, and the farthest reach within each."""
    north, east = np.floor((lat + 90) / size).astype(np.int64), np.floor((lon + 180) / size).astype(np.int64)
    distinct, cell = np.unique((number * 4096 + north) * 4096 + east, return_inverse=True)
    reach = np.zeros(len(distinct))
    np.maximum.at(reach, cell, reach_km)
    number, north, east = distinct // 4096 // 4096, distinct // 4096 % 4096, distinct % 4096
    return np.column_stack([number, (north + 0.5) * size - 90, (east + 0.5) * size - 180, reach])


def _bands(key: Ints, lat: Floats, lon: Floats, radius_km: Floats) -> tuple[Ints, Ints, Floats, Floats]:
    """The bands of the box round each circle: (key, band, west, east), twice where it crosses the antimeridian."""
    angle = (radius_km + SLACK_KM) / EARTH_RADIUS_KM
    height = np.degrees(angle) + SLACK_DEGREES
    # The widest point of a circle lies towards the pole; one that holds a pole has all longitudes.
    holds_pole = np.abs(lat) + height >= 90
    ratio = np.sin(angle) / np.cos(np.radians(np.where(holds_pole, 0, lat)))
    width = np.where(holds_pole, 180, np.degrees(np.arcsin(np.clip(ratio, 0, 1))) + SLACK_DEGREES)
    south = np.clip(np.floor((lat - height) * 10), -900, 900).astype(np.int64)
    north = np.clip(np.floor((lat + height) * 10), -900, 900).astype(np.int64)
    west, east = lon - width, lon + width
    everywhere = width >= 180
    west, east = np.where(everywhere, -180, west), np.where(everywhere, 180, east)
    # The part beyond the antimeridian comes in again on the other side.
    over_west, over_east = np.flatnonzero(west < -180), np.flatnonzero(east > 180)
    box = np.concatenate([np.arange(len(key)), over_west, over_east])
    west, east = (
        np.concatenate([np.maximum(west, -180), west[over_west] + 360, np.full(len(over_east), -180.0)]),
        np.concatenate([np.minimum(east, 180), np.full(len(over_west), 180.0), east[over_east] - 360]),
    )
    count = (north - south + 1)[box]
    each = np.repeat(np.arange(len(box)), count)
    band = south[box][each] + np.arange(len(each)) - np.repeat(np.cumsum(count) - count, count)
    return key[box][each], band, west[each], east[each]


def _merged(key: Ints, band: Ints, west: Floats, east: Floats) -> tuple[Ints, Ints, Floats, Floats]:
    """The same ground without overlaps, so that no offer is read twice."""
    group = key * 2048 + band + 900
    # On one line, where groups lie 1000 degrees apart: the farthest east so far is then that of the own group.
    west, east = group * 1000.0 + west, group * 1000.0 + east
    order = np.argsort(west)
    group, west, reached = group[order], west[order], np.maximum.accumulate(east[order])
    begins = np.ones(len(group), np.bool_)
    begins[1:] = west[1:] > reached[:-1]
    first = np.flatnonzero(begins)
    last = np.append(first[1:], len(group))[: len(first)] - 1
    group = group[first]
    return group // 2048, group % 2048 - 900, west[first] - group * 1000.0, reached[last] - group * 1000.0


# --- Offers --------------------------------------------------------------------------------------------

_OFFER_LISTS = {
    "languages": ("languages_key", "languages"),
    "named_languages": ("named_languages_key", "languages_from || languages_to"),
    "accepts": ("accepts_key", "accepts"),
    "slots": ("slots_key", "slots"),
}
_OFFERS = {
    "id": ("bigint", "o.id"),
    "revision": ("integer", "o.revision"),
    "number": ("bigint", "o.number"),
    "city": ("bigint", "o.city_id"),
    "lat": ("float", "o.latitude"),
    "lon": ("float", "o.longitude"),
    "reach_km": ("float", "o.reach_km"),
    "capacity": ("bigint", "o.capacity"),
    "owner": ("bigint", "o.owner_id"),
    "confirmed_day": ("day", "coalesce((o.confirmed_at AT TIME ZONE %(timezone)s)::date, '-infinity')"),
    "registered": ("moment", "o.created_at"),
    "flags": (
        "integer",
        "o.share_with_linked::int | (o.shared_home::int << 1) | (o.step_free::int << 2)"
        " | (o.pets_accepted::int << 3) | (o.remote::int << 4)",
    ),
    **{name: ("bigint", f"o.{key}") for name, (key, _) in _OFFER_LISTS.items()},
}
_PICKED = (
    "c.number, o.id, o.revision, o.city_id, o.latitude, o.longitude, o.reach_km, o.capacity, o.owner_id,"
    " o.confirmed_at, o.created_at, o.share_with_linked, o.shared_home, o.step_free, o.pets_accepted, o.remote,"
    " o.languages_key, o.named_languages_key, o.accepts_key, o.slots_key"
)
# What the index `offer_reading` holds: nothing else is read, so that the table itself is not touched.
_IN_RANGES = f"""
    SELECT {_PICKED}
    FROM {_NUMBERED}
    JOIN unnest(%(number)s::int[], %(reach_class)s::int[], %(band)s::int[], %(west)s::float8[], %(east)s::float8[])
        AS r (number, reach_class, band, west, east) ON r.number = c.number
    JOIN offers_offer o ON o.state = 'active' AND o.category = c.category AND o.reach_class = r.reach_class
        AND o.band = r.band AND o.longitude BETWEEN r.west AND r.east
    WHERE
"""  # noqa: S608 (our own words, as everywhere below)
_REMOTE = f"""
    UNION ALL SELECT {_PICKED}
    FROM {_NUMBERED} JOIN offers_offer o ON o.state = 'active' AND o.category = c.category AND o.remote
    WHERE c.number = ANY (%(remote_numbers)s::int[]) AND
"""  # noqa: S608
_CHOSEN = f"""
    SELECT {_PICKED} FROM {_NUMBERED} JOIN offers_offer o ON o.category = c.category
    WHERE o.state = 'active' AND o.id = ANY (%(ids)s::bigint[]) AND
"""  # noqa: S608
# Of an array that it sees, the planner weighs each element; ANY of a list keeps it from the index of the exclusion
# constraint, which is twenty times slower for this.
_ANY_OF_IDS = "ANY ((SELECT %(ids)s::bigint[])::bigint[])"
# The great circle by the haversine formula; least() because rounding may go beyond 1.
_IN_CIRCLE = f""" AND {2 * EARTH_RADIUS_KM} * asin(least(1, sqrt(
    power(sin(radians(o.latitude - %(lat)s::float8) / 2), 2) + cos(radians(%(lat)s::float8))
    * cos(radians(o.latitude)) * power(sin(radians(o.longitude - %(lon)s::float8) / 2), 2))))
    <= greatest(o.reach_km, %(reach_km)s::float8) + %(margin_km)s::float8 + {SLACK_KM}"""
_WINDOWS = {
    "offer": ("bigint", "w.offer_id"),
    "first_day": ("day", "w.first_day"),
    "last_day": ("day", "coalesce(w.last_day, 'infinity')"),
}
_HOLDS = {
    "offer": ("bigint", "h.offer_id"),
    "first_day": ("day", "h.first_day"),
    "last_day": ("day", "h.last_day"),
    "quantity": ("bigint", "h.quantity"),
}
_ASKED = {"owner": ("bigint", "a.owner_id"), "times": ("bigint", "a.times")}


@dataclass(frozen=True, slots=True)
class Town:
    """Whose offers may be read: the town's own, and those of linked towns whose citizen agreed to share."""

    city_id: int
    linked: frozenset[int]
    timezone: str

    @property
    def where(self) -> str:
        if not self.linked:
            return "o.city_id = %(city)s"
        return "(o.city_id = %(city)s OR o.city_id = ANY (%(linked)s) AND o.share_with_linked)"

    @property
    def params(self) -> dict[str, object]:
        return {"city": self.city_id, "linked": sorted(self.linked), "timezone": self.timezone}


def read_offers_in(ranges: Ranges, *, town: Town, now: datetime, words: Vocabulary) -> Offers:
    """The open offers that lie in these ranges."""
    sql = f"{_IN_RANGES} {town.where}"
    params: dict[str, object] = {
        name: _array(getattr(ranges, name)) for name in ("number", "reach_class", "band", "west", "east")
    }
    if ranges.circle:
        sql += _IN_CIRCLE
        params |= dict(zip(("lat", "lon", "reach_km", "margin_km"), ranges.circle, strict=True))
    if len(ranges.remote_numbers):
        # Those are read by the second half, wherever they are.
        sql += " AND NOT (o.remote AND c.number = ANY (%(remote_numbers)s::int[]))"
        sql += f"{_REMOTE} {town.where}"
        params["remote_numbers"] = _array(ranges.remote_numbers)
    return _offers(Where(sql, params), town=town, now=now, words=words)


def read_offers(ids: Iterable[int], *, town: Town, now: datetime, words: Vocabulary) -> Offers:
    """Of these offers, those that are open."""
    where = Where(f"{_CHOSEN} {town.where}", {"ids": list(ids)})
    return _offers(where, town=town, now=now, words=words)


def _offers(picked: Where, *, town: Town, now: datetime, words: Vocabulary) -> Offers:
    read = _read(_OFFERS, f"FROM ({picked.sql}) o", {**picked.params, **town.params})
    read = _taken(read, np.argsort(read["id"]))
    # After the offers: whoever changes the days of one meanwhile changes its revision too.
    ids = read["id"]
    listed = {"ids": _array(ids)}
    days = _read(_WINDOWS, f"FROM offers_window w WHERE w.offer_id = {_ANY_OF_IDS}", listed)
    windows = _Days(np.searchsorted(ids, days["offer"]), days["first_day"], days["last_day"])
    held = _read(_HOLDS, f"FROM matching_hold h WHERE h.offer_id = {_ANY_OF_IDS}", listed)
    holds = _Days(np.searchsorted(ids, held["offer"]), held["first_day"], held["last_day"])

    lists = _Lists.read("offers_offer", _OFFER_LISTS, read)
    kinds, categories = zip(*_CATEGORY_KINDS, strict=True)
    index, flags = read["number"] - 1, read["flags"]
    housing, skill, stock = (
        np.array([kind == one for kind in kinds])[index] for one in (Kind.HOUSING, Kind.SKILL, Kind.GOODS)
    )
    pair = np.array([one in LANGUAGE_PAIR_CATEGORIES for one in categories])[index]
    lat, lon = read["lat"], read["lon"]
    x, y, z = unit_sphere(lat, lon)
    slots_from, slot_start, slot_end = lists.slots(skill)
    columns = OfferColumns(
        vocabulary=words,
        ids=ids,
        category=np.array([*map(words.category, kinds, categories)], np.int32)[index],
        form=np.array([*map(words.form, kinds, categories)], np.int32)[index],
        city=_codes(words.cities, read["city"]),
        lat=lat,
        lon=lon,
        x=x,
        y=y,
        z=z,
        reach_km=read["reach_km"],
        languages=lists.masks("languages", words.languages),
        capacity=read["capacity"],
        confirmed_day=read["confirmed_day"],
        asked=_times_asked(read["owner"], now),
        turn=turns(read["registered"], ids),
        shared_with_linked=flags & 1 != 0,
        is_open=np.ones(len(ids), np.bool_),
        shared_home=housing & (flags & 2 != 0),
        accepts=lists.accepts(housing),
        step_free=housing & (flags & 4 != 0),
        pets_accepted=housing & (flags & 8 != 0),
        named_languages=lists.masks("named_languages", words.languages, pair),
        remote=skill & (flags & 16 != 0),
        slots_from=slots_from,
        slot_start=slot_start,
        slot_end=slot_end,
        **stretches(
            window_offer=windows.row,
            window_first=windows.first_day.astype(np.int64),
            window_last=windows.last_day.astype(np.int64),
            hold_offer=holds.row,
            hold_first=holds.first_day.astype(np.int64),
            hold_last=holds.last_day.astype(np.int64),
            hold_quantity=held["quantity"],
            capacity=read["capacity"],
            is_stock=stock,
        ),
    )
    faults = {
        **columns.faults(),
        **lists.faults,
        "holds": np.union1d(holds.out_of_order(), holds.row[held["quantity"] < 1]),
        "windows": np.union1d(windows.out_of_order(), windows.overlapping()),
    }
    good = _without(faults, ids, lists.gone, "offer %s is left out of a scan: %s")
    return Offers(columns.take(good), read["revision"][good])


class _Days(NamedTuple):
    """Stretches of days of the offers in these rows."""

    row: Ints
    first_day: Ints
    last_day: Ints

    def out_of_order(self) -> Ints:
        return self.row[self.last_day < self.first_day]

    def overlapping(self) -> Ints:
        order = np.lexsort((self.first_day, self.row))
        row, first, last = (days[order] for days in self)
        return row[1:][(row[1:] == row[:-1]) & (first[1:] <= last[:-1])]


def _times_asked(owner: Ints, now: datetime) -> Ints:
    """How often the citizen of each offer was asked lately, about whatever they offer."""
    owners = np.unique(owner)
    few = " AND o.owner_id = ANY (%(owners)s::bigint[])" if len(owners) <= FEW_OWNERS else ""
    asked = _read(
        _ASKED,
        f"""FROM (SELECT o.owner_id, count(*) AS times FROM matching_match m JOIN offers_offer o ON o.id = m.offer_id
            WHERE m.asked_at >= %(since)s{few} GROUP BY o.owner_id) a""",  # noqa: S608
        {"since": now - timedelta(days=ASKED_DAYS), "owners": _array(owners) if few else None},
    )
    times = np.zeros(len(owners), np.int32)
    place = np.searchsorted(owners, asked["owner"])
    known = place < len(owners)
    known[known] = owners[place[known]] == asked["owner"][known]
    times[place[known]] = asked["times"][known]
    return times[np.searchsorted(owners, owner)]


# --- Pairs set aside -----------------------------------------------------------------------------------

_DECIDED = {
    "need": ("bigint", "m.need_id"),
    "offer": ("bigint", "m.offer_id"),
    "under_way": ("boolean", "m.state = ANY (%(under_way)s)"),
    "need_revision": ("integer", "m.need_revision"),
    "offer_revision": ("integer", "m.offer_revision"),
}


def read_excluded(needs: Needs, offers: Offers) -> Ints:
    """`row_codes` of the pairs answered since either side last changed, and of those that are under way."""
    need_ids, offer_ids = np.asarray(needs.columns.ids), np.asarray(offers.columns.ids)
    under_way = [str(state) for state in UNDER_WAY]
    pairs = _read(
        _DECIDED,
        "FROM matching_match m WHERE m.need_id = ANY (%(needs)s::bigint[]) AND m.state = ANY (%(decided)s)",
        {"needs": _array(need_ids), "under_way": under_way, "decided": [*under_way, *map(str, ANSWERED)]},
    )
    pairs = _taken(pairs, np.flatnonzero(np.isin(pairs["offer"], offer_ids)))
    need, offer = np.searchsorted(need_ids, pairs["need"]), np.searchsorted(offer_ids, pairs["offer"])
    unchanged = (needs.revision[need] == pairs["need_revision"]) & (
        offers.revision[offer] == pairs["offer_revision"]
    )
    aside = pairs["under_way"] | unchanged
    return np.unique(row_codes(need[aside], offer[aside]))


# --- Lists of words ------------------------------------------------------------------------------------

# What each key stands for: the same for every row, table and day, so that a worker reads each list once.
_known_lists: dict[int, tuple[str | None, ...]] = {}
MOST_KNOWN_LISTS = 200_000


class _Some(NamedTuple):
    """The different lists of a column, and which of them each row has."""

    lists: list[tuple[str, ...]]
    which: Ints


@dataclass(frozen=True, slots=True, eq=False)
class _Lists:
    """The columns of lists of some rows. `gone` are the rows that changed while they were read: they are due."""

    columns: Mapping[str, _Some]
    faults: dict[str, Ints]
    gone: Ints

    @classmethod
    def read(cls, table: str, lists: Mapping[str, tuple[str, str]], read: Columns) -> Self:
        distinct = {name: _distinct(read[name]) for name in lists}
        _learn(table, lists, {name: (keys, read["id"][rows]) for name, (keys, rows, _) in distinct.items()})
        columns, faults, gone = {}, {}, [np.empty(0, np.int64)]
        for name, (keys, _, which) in distinct.items():
            found = [_known_lists.get(key) for key in keys.tolist()]
            missing = np.array([some is None for some in found], np.bool_)
            wrong = np.array([some is not None and not _right(name, some) for some in found], np.bool_)
            gone.append(np.flatnonzero(missing[which]))
            faults[name] = np.flatnonzero(wrong[which])
            usable = [() if some is None or bad else some for some, bad in zip(found, wrong, strict=True)]
            columns[name] = _Some(usable, which)  # type: ignore[arg-type] # None is never right
        return cls(columns, {name: rows for name, rows in faults.items() if len(rows)}, np.concatenate(gone))

    def some(self, name: str, rows: Ints) -> _Some:
        column = self.columns[name]
        return _Some(column.lists, column.which[rows])

    def masks(self, name: str, table: dict[str, int], concerned: Bools | None = None) -> Masks:
        """Masks of the words; of rows that are not concerned, none."""
        column = self.columns[name]
        if concerned is None:
            return masks(column.lists, table)[column.which]
        used = set(np.unique(column.which[concerned]).tolist())
        found = masks([some if n in used else () for n, some in enumerate(column.lists)], table)
        return np.where(concerned[:, None], found[column.which], np.uint64(0))

    def accepts(self, concerned: Bools) -> Ints:
        column = self.columns["accepts"]
        bits = np.array([accept_bits(set(some)) for some in column.lists], np.int32)
        return np.where(concerned, bits[column.which], np.int32(0))

    def slots(self, concerned: Bools) -> tuple[Ints, Ints, Ints]:
        column = self.columns["slots"]
        parsed = [_slots(some) for some in column.lists]
        flat = [slot for some in parsed for slot in some]
        count = np.array([len(some) for some in parsed], np.int64)
        start = np.cumsum(count) - count
        own = np.where(concerned, count[column.which], 0)
        owner = np.repeat(np.arange(len(own)), own)
        slot = (start[column.which] - (np.cumsum(own) - own))[owner] + np.arange(len(owner))
        return slot_columns(
            owner=owner,
            weekday=np.array([one.weekday for one in flat], np.int64)[slot],
            start_minute=np.array([one.start_minute for one in flat], np.int64)[slot],
            end_minute=np.array([one.end_minute for one in flat], np.int64)[slot],
            rows=len(own),
        )


def _learn(table: str, lists: Mapping[str, tuple[str, str]], keys: Mapping[str, tuple[Ints, Ints]]) -> None:
    """Read the lists that are not known yet, each from one row that has it."""
    if len(_known_lists) > MOST_KNOWN_LISTS:
        _known_lists.clear()
    examples = {
        id_
        for some, ids in keys.values()
        for key, id_ in zip(some.tolist(), ids.tolist(), strict=True)
        if key not in _known_lists
    }
    if not examples:
        return
    both = ", ".join(f"{key}, {words}" for key, words in lists.values())
    sql = f"SELECT {both} FROM {table} WHERE id = ANY (%(ids)s)"  # noqa: S608
    for row in _rows(sql, {"ids": sorted(examples)}):
        _known_lists.update((key, tuple(some)) for key, some in zip(row[::2], row[1::2], strict=True))


def _right(name: str, some: Sequence[str | None]) -> bool:
    if not all(some):
        return False
    if name == "accepts":
        return set(some) <= set(ACCEPTS)
    if name == "slots":
        try:
            _slots(some)
        except ValidationError:
            return False
    return True


def _slots(some: Sequence[str | None]) -> list[WeeklySlot]:
    return [parse_slot(text) for text in some if text]


# --- Arrays --------------------------------------------------------------------------------------------


def _read(fields: Mapping[str, tuple[str, str]], source: str, params: Mapping[str, object]) -> Columns:
    """Each field of all rows as an array. No field may be null: an array has no place for it."""
    sent = ", ".join(f"string_agg({_SENT[type_][0]}({sql}), '')" for type_, sql in fields.values())
    categories = [category for _, category in _CATEGORY_KINDS]
    (values,) = _rows(f"SELECT {sent} {source}", {"categories": categories, **params})
    read = {
        name: _array_of(value or b"", type_)
        for (name, (type_, _)), value in zip(fields.items(), values, strict=True)
    }
    if len({len(column) for column in read.values()}) > 1:
        raise RuntimeError(f"null where a value is expected, among {', '.join(read)}")
    return read


def _array_of(value: bytes, type_: str) -> NDArray[Any]:
    column = np.frombuffer(value, _SENT[type_][1])
    native = column.astype(column.dtype.newbyteorder("="))
    if type_ == "moment":
        return native + _FIRST_MOMENT
    if type_ == "day":
        days = np.where(native == _BEFORE_ALL, UNKNOWN - _FIRST_DAY, native)
        return np.where(days == _INFINITY, FOREVER - _FIRST_DAY, days).astype(np.int32) + np.int32(_FIRST_DAY)
    return native


def _rows(sql: str, params: Mapping[str, object]) -> list[tuple[Any, ...]]:
    """Rows in PostgreSQL's binary format, which Django's own cursor does not ask for."""
    connection.ensure_connection()
    with (
        connection.wrap_database_errors,
        psycopg.Cursor(connection.connection) as cursor,
    ):
        cursor.execute(sql, params, binary=True)
        return cursor.fetchall()


def _array(values: NDArray[Any]) -> str:
    """As PostgreSQL writes an array: the fastest way for many numbers, and exact."""
    return "{" + ",".join(map(repr, values.tolist())) + "}"


def _taken(read: Columns, rows: Ints) -> Columns:
    return {name: column[rows] for name, column in read.items()}


def _codes(table: dict[Any, int], values: Ints) -> Ints:
    distinct, _, which = _distinct(values)
    return np.array([code(table, one) for one in distinct.tolist()], np.int32)[which]


def _distinct(values: Ints) -> tuple[Ints, Ints, Ints]:
    """The different values, a row of each, and which of them each row has."""
    if len(values) and (values == values[0]).all():
        return values[:1], np.zeros(1, np.int64), np.zeros(len(values), np.int64)
    return np.unique(values, return_index=True, return_inverse=True)


def _without(faults: Mapping[str, Ints], ids: Any, gone: Ints, message: str) -> Ints:
    """The rows without a fault. Those with one are named in the log, without the value, which may be personal."""
    good = np.ones(len(ids), np.bool_)
    good[gone] = False
    for field, rows in faults.items():
        for row in np.unique(rows[good[rows]]).tolist():
            log.error(message, ids[row], field)
        good[rows] = False
    return np.flatnonzero(good)


__all__ = ["Needs", "Offers", "Ranges", "Town", "Where", "read_excluded", "read_needs", "read_offers"]
