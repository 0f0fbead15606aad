"""Offers as columns."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from catalogue.vocabulary import LANGUAGE_PAIR_CATEGORIES, Kind
from engine.arrays import Ints, code, unit_sphere, words_of_both
from engine.columns import FOREVER, UNKNOWN, OfferColumns, Vocabulary
from engine.filling import turns
from engine.goods import Offered
from engine.stretches import stretches
from engine.vocabulary import ASKED_DAYS, SHARED_ROOM
from matching.reasons.engine_records import series_of
from matching.scanning.reading import arrays
from matching.scanning.reading.categories import CATEGORY_KINDS, NUMBERED, NUMBERED_PARAMS
from matching.scanning.reading.list_columns import Lists, keyed
from matching.scanning.reading.ranges import Ranges, Term, in_circle
from offers.models import PACKED

# Owners up to this number are looked up one by one; for more, everybody who was asked is read.
FEW_OWNERS = 5_000
QUARTER = 900_000_000  # of an hour, in microseconds


@dataclass(frozen=True, slots=True, eq=False)
class Offers:
    """Columns of offers with their revisions."""

    columns: OfferColumns
    revision: Ints


_LISTS = keyed(
    languages="languages",
    named_languages="languages_from || languages_to",
    accepts="accepts",
    slots="slots",
    goods="ARRAY[item, size]",
)
_VALUES = (
    arrays.Packed("int4send(o.number::int)", {"number": "int4send"}),
    arrays.Packed("o.packed", {name: field.extra["function"] for name, field in PACKED.items()}),
    arrays.Packed("o.days", {"first_day": "date_send", "last_day": "date_send"}),
)
_PICKED = "c.number, o.packed, o.days"
# What the index `offer_reading` holds: nothing else is read, so that the table itself is not touched.
_IN_RANGES = f"""
    SELECT {_PICKED}
    FROM {NUMBERED}
    JOIN unnest(%(number)s::int[], %(reach_class)s::int[], %(band)s::int[], %(west)s::float8[], %(east)s::float8[])
        AS r (number, reach_class, band, west, east) ON r.number = c.number
    JOIN offers_offer o ON o.state = 'active' AND o.category = c.category AND o.reach_class = r.reach_class
        AND o.band = r.band AND o.longitude BETWEEN r.west AND r.east
    WHERE
"""  # noqa: S608 (our own words, as everywhere below)
_REMOTE = f"""
    UNION ALL SELECT {_PICKED}
    FROM {NUMBERED} JOIN offers_offer o ON o.state = 'active' AND o.category = c.category AND o.remote
    WHERE c.number = ANY (%(remote_numbers)s::int[]) AND
"""  # noqa: S608
_CHOSEN = f"""
    SELECT {_PICKED} FROM {NUMBERED} JOIN offers_offer o ON o.category = c.category
    WHERE o.state = 'active' AND o.id = ANY (%(ids)s::bigint[]) AND
"""  # noqa: S608
# As `arrays.ANY_OF_IDS`.
_ANY_OF_OWNERS = "ANY ((SELECT %(owners)s::bigint[])::bigint[])"
_IN_CIRCLE = f" AND {in_circle('o')}"
_IN_TERM = " AND o.first_day <= %(latest_start)s AND coalesce(o.last_day, 'infinity') >= %(earliest_end)s"
_HOLDS = {
    "offer": ("bigint", "h.offer_id"),
    # As `engine_records.taken` says it.
    "first_day": (
        "day",
        "CASE n.rhythm WHEN 'once' THEN date_trunc('week', h.first_day)::date ELSE h.first_day END",
    ),
    "last_day": (
        "day",
        "CASE n.rhythm WHEN 'once' THEN date_trunc('week', h.last_day)::date + 6 ELSE h.last_day END",
    ),
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
        return {"city": self.city_id, "linked": sorted(self.linked)}


def read_offers_in(
    ranges: Ranges, *, town: Town, now: datetime, words: Vocabulary, term: Term | None = None
) -> Offers:
    """The open offers that lie in these ranges; those that are there in this term, or whenever."""
    params: dict[str, object] = {
        name: arrays.text(getattr(ranges, name)) for name in ("number", "reach_class", "band", "west", "east")
    }
    where = town.where
    if term:
        where += _IN_TERM
        params |= {name: date.fromordinal(day) for name, day in term._asdict().items()}
    sql = f"{_IN_RANGES} {where}"
    if ranges.circle:
        sql += _IN_CIRCLE
        params |= dict(zip(("lat", "lon", "reach_km", "margin_km"), ranges.circle, strict=True))
    if len(ranges.remote_numbers):
        # Those are read by the second half, wherever they are.
        sql += " AND NOT (o.remote AND c.number = ANY (%(remote_numbers)s::int[]))"
        sql += f"{_REMOTE} {where}"
        params["remote_numbers"] = arrays.text(ranges.remote_numbers)
    return _offers(arrays.Where(sql, params), town=town, now=now, words=words)


def read_offers(ids: Iterable[int], *, town: Town, now: datetime, words: Vocabulary) -> Offers:
    """Of these offers, those that are open."""
    where = arrays.Where(f"{_CHOSEN} {town.where}", {"ids": list(ids)})
    return _offers(where, town=town, now=now, words=words)


def _offers(picked: arrays.Where, *, town: Town, now: datetime, words: Vocabulary) -> Offers:
    params = {**picked.params, **NUMBERED_PARAMS, **town.params}
    number, read, days = arrays.read_packed(_VALUES, f"FROM ({picked.sql}) o", params)
    order = np.argsort(read["id"])
    row = np.empty_like(order)
    row[order] = np.arange(len(order))
    windows = _Days(np.repeat(row, read["periods"]), days["first_day"], days["last_day"])
    read = arrays.taken(number | read, order)
    ids = read["id"]
    # After the offers: whoever holds a part of one meanwhile has it looked at again.
    held = arrays.read(
        _HOLDS,
        f"FROM matching_hold h JOIN needs_need n ON n.id = h.need_id WHERE h.offer_id = {arrays.ANY_OF_IDS}",
        {"ids": arrays.text(ids)},
    )
    holds = _Days(np.searchsorted(ids, held["offer"]), held["first_day"], held["last_day"])

    lists = Lists.of("offers_offer", _LISTS, read)
    kinds, categories = zip(*CATEGORY_KINDS, strict=True)
    index = read["number"] - 1
    housing, skill, stock = (
        np.array([kind == one for kind in kinds])[index] for one in (Kind.HOUSING, Kind.SKILL, Kind.GOODS)
    )
    pair = np.array([one in LANGUAGE_PAIR_CATEGORIES for one in categories])[index]
    is_shared = np.array([one == SHARED_ROOM for one in categories])
    lat, lon = read["lat"], read["lon"]
    x, y, z = unit_sphere(lat, lon)
    slots_from, slot_start, slot_end = lists.slots(skill)
    columns = OfferColumns(
        vocabulary=words,
        ids=ids,
        category=np.array([*map(words.category, kinds, categories)], np.int32)[index],
        form=np.array([*map(words.form, kinds, categories)], np.int32)[index],
        city=arrays.codes(words.cities, read["city"]),
        lat=lat,
        lon=lon,
        x=x,
        y=y,
        z=z,
        reach_km=np.where(housing, 0, read["reach_km"]),
        languages=words_of_both(
            lists.masks("languages", words.languages), lists.masks("named_languages", words.languages, pair)
        ),
        capacity=read["capacity"],
        confirmed_day=_local_days(read["confirmed"], town.timezone),
        asked=_times_asked(read["owner"], now),
        turn=turns(read["registered"], ids),
        shared_with_linked=read["share_with_linked"],
        is_open=~housing | read["is_ready"],
        notice_days=read["notice_days"].astype(np.int32),
        shared_home=housing & (read["shared_home"] | is_shared[index]),
        accepts=lists.accepts(housing),
        step_free=housing & read["step_free"],
        pets_accepted=housing & read["pets_accepted"],
        smoke_free=housing & ~read["smoking"],
        longest_stay=np.where(housing & (read["longest_stay"] > 0), read["longest_stay"], FOREVER).astype(
            np.int32
        ),
        rent=np.where(housing, read["rent"], 0).astype(np.int32),
        goods=lists.codes("goods", stock, partial(_offered, words)),
        best_before=np.where(stock, read["best_before"], FOREVER).astype(np.int32),
        named_languages=lists.masks("named_languages", words.languages, pair),
        remote=skill & read["remote"],
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
        "reach_km": np.flatnonzero(~((read["reach_km"] >= 0) & (read["reach_km"] < np.inf))),
    }
    good = arrays.without(faults, ids, lists.gone, "offer %s is left out of a scan: %s")
    return Offers(columns.take(good), read["revision"][good])


def _offered(words: Vocabulary, said: tuple[str, ...]) -> int:
    item, size = said or ("", "")
    return code(words.goods.offered, Offered(item, size, series_of(item)))


def _local_days(moments: Ints, timezone: str) -> Ints:
    """The calendar day of each moment in this zone; `UNKNOWN` of never. Clocks differ by quarters of an hour."""
    quarters, _, which = arrays.distinct(moments // QUARTER)
    zone = ZoneInfo(timezone)
    never = arrays.NEVER // QUARTER
    days = [
        UNKNOWN if quarter == never else datetime.fromtimestamp(quarter * 900, zone).toordinal()
        for quarter in quarters.tolist()
    ]
    return np.array(days, np.int32)[which]


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
    few = f" AND o.owner_id = {_ANY_OF_OWNERS}" if len(owners) <= FEW_OWNERS else ""
    asked = arrays.read(
        _ASKED,
        f"""FROM (SELECT o.owner_id, count(*) AS times FROM matching_match m JOIN offers_offer o ON o.id = m.offer_id
            WHERE m.asked_at >= %(since)s{few} GROUP BY o.owner_id) a""",  # noqa: S608
        {"since": now - timedelta(days=ASKED_DAYS), "owners": arrays.text(owners) if few else None},
    )
    times = np.zeros(len(owners), np.int32)
    place = np.searchsorted(owners, asked["owner"])
    known = place < len(owners)
    known[known] = owners[place[known]] == asked["owner"][known]
    times[place[known]] = asked["times"][known]
    return times[np.searchsorted(owners, owner)]
