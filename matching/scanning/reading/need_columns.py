"""Needs as columns."""

from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Self

import numpy as np

from catalogue.items import with_kinds
from catalogue.vocabulary import HOUSING_FORMS, LANGUAGE_PAIR_CATEGORIES, Kind
from engine.arrays import Bools, Ints, code, unit_sphere
from engine.columns import NeedColumns, Vocabulary
from engine.filling import given_columns, need_quantities
from engine.goods import Wanted
from engine.hours import longest_in_halves
from engine.household import household_codes
from engine.uncovered import Uncovered, from_today
from engine.vocabulary import PRIORITIES, URGENCIES
from matching.reasons.engine_records import series_of
from matching.scanning.reading import arrays
from matching.scanning.reading.categories import CATEGORY_KINDS, CATEGORY_NUMBER, NUMBERED, NUMBERED_PARAMS
from matching.scanning.reading.list_columns import ListColumn, Lists, keyed
from matching.scanning.reading.ranges import Places, Term
from needs.models import OPEN_STATES


@dataclass(frozen=True, slots=True, eq=False)
class Needs:
    """Columns of needs, with what the engine does not read: their revisions, and the categories that suit each."""

    columns: NeedColumns
    revision: Ints
    wanted_need: Ints  # rows, each as often as offers of several categories suit it
    wanted_category: Ints  # numbers of categories
    left_out: dict[int, int]  # revisions of those that lack nothing, or that the engine refuses, by their ids
    today: int

    def take(self, rows: Ints) -> Self:
        """These rows alone, in ascending order."""
        kept = np.isin(self.wanted_need, rows)
        return replace(
            self,
            columns=self.columns.take(rows),
            revision=self.revision[rows],
            wanted_need=np.searchsorted(rows, self.wanted_need[kept]),
            wanted_category=self.wanted_category[kept],
        )

    @property
    def places(self) -> Places:
        """Where offers are looked for."""
        row, columns = self.wanted_need, self.columns
        found = (columns.lat[row], columns.lon[row], columns.reach_km[row], columns.remote_ok[row])
        return Places(self.wanted_category, *found)

    @property
    def term(self) -> Term:
        """Days that whatever is feasible for one of these needs has at least."""
        uncovered = Uncovered.of(self.columns, self.today)
        columns = from_today(self.columns, uncovered)
        latest_start = columns.last_day - columns.least_days + 1
        earliest_end = uncovered.first_day + columns.least_days - 1
        return Term(
            latest_start=int(latest_start.max(initial=date.min.toordinal())),
            earliest_end=int(earliest_end.min(initial=date.max.toordinal())),
        )


MARK = "/"
_LISTS = keyed(
    languages="languages",
    named_languages="languages_from || languages_to",
    forms="forms",
    slots="slots",
    # In one list, with a mark between the two.
    goods=f"array_append(items, '{MARK}'::varchar) || sizes",
)
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
    "is_given": (
        "boolean",
        "EXISTS (SELECT FROM matching_hold h WHERE h.need_id = n.id AND NOT h.released AND NOT h.beside)",
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
    "smoke_free_needed": ("boolean", "n.smoke_free_needed"),
    "rent_up_to": ("integer", "coalesce(n.rent_up_to, 0)"),
    "shared_home_ok": ("boolean", "n.shared_home_ok"),
    "once": ("boolean", "n.rhythm = 'once'"),
    "remote_ok": ("boolean", "n.remote_ok"),
    **{name: ("bigint", key) for name, (key, _) in _LISTS.items()},
}

_GIVEN = {
    "need": ("bigint", "h.need_id"),
    "first_day": ("day", "h.first_day"),
    "last_day": ("day", "h.last_day"),
    "quantity": ("bigint", "h.quantity"),
}


def read_needs(where: arrays.Where, *, today: date, words: Vocabulary) -> Needs:
    """Needs in order of their ids; those that are provided for on every day from today on are left out."""
    read = arrays.read(
        _NEEDS,
        f"FROM needs_need n LEFT JOIN {NUMBERED} ON c.category = n.category WHERE {where.sql}",
        {**where.params, **NUMBERED_PARAMS, "open_states": [str(state) for state in OPEN_STATES]},
    )
    revisions = dict(zip(read["id"].tolist(), read["revision"].tolist(), strict=True))
    read = arrays.taken(read, np.argsort(read["id"]))
    given, held = _given(read)
    lists = Lists.of("needs_need", _LISTS, read)
    housing, number = read["is_housing"], read["number"]
    kinds, categories = zip(*CATEGORY_KINDS, strict=True)
    code_of = np.array([-1, *map(words.category, kinds, categories)], np.int32)
    home = words.category(Kind.HOUSING, "")
    skill, stock = (
        ~housing & np.array([False, *(kind == one for kind in kinds)])[number]
        for one in (Kind.SKILL, Kind.GOODS)
    )
    pair = skill & np.array([False, *(one in LANGUAGE_PAIR_CATEGORIES for one in categories)])[number]
    lat, lon = read["lat"], read["lon"]
    x, y, z = unit_sphere(lat, lon)
    slots_from, slot_start, slot_end = lists.slots(skill)
    one_day = ~housing & (~skill | read["once"])
    members = read["women"] + read["men"] + read["children"]
    asked, quantity, least_quantity = need_quantities(
        asked=np.where(housing & (members > 0), members, read["asked"]).astype(np.int64),
        given=np.bincount(given, held["quantity"], len(read["id"])).astype(np.int64),
        one_day=one_day,
        part_useful=read["part_useful"] & ~housing,
        longest=longest_in_halves(slots_from, slot_start, slot_end),
    )
    columns = NeedColumns(
        vocabulary=words,
        ids=read["id"],
        category=np.where(housing, np.int32(home), code_of[number]),
        forms=lists.masks("forms", words.forms, housing),
        city=arrays.codes(words.cities, read["city"]),
        lat=lat,
        lon=lon,
        x=x,
        y=y,
        z=z,
        reach_km=read["reach_km"],
        languages=lists.masks("languages", words.languages),
        first_day=read["first_day"],
        last_day=read["last_day"],
        least_days=read["min_days"],
        one_day=one_day,
        asked=asked,
        quantity=quantity,
        least_quantity=least_quantity,
        people=np.where(housing & (members > 0), members, read["people"]).astype(np.int32),
        priority=_PRIORITY[np.clip(read["urgency"], 0, len(URGENCIES))],
        is_housing=housing,
        is_open=read["is_open"],
        household=household_codes(
            women=np.where(housing, read["women"], 0),
            men=np.where(housing, read["men"], 0),
            children=np.where(housing, read["children"], 0),
            couple=housing & read["couple"],
            lone_minor=housing & read["lone_minor"],
        ),
        step_free_needed=housing & read["step_free_needed"],
        pets=housing & read["pets"],
        smoke_free_needed=housing & read["smoke_free_needed"],
        refuses_shared_home=housing & ~read["shared_home_ok"],
        rent_up_to=np.where(housing, read["rent_up_to"], 0).astype(np.int32),
        goods=lists.codes("goods", stock, partial(_wanted_goods, words)),
        named_languages=lists.masks("named_languages", words.languages, pair),
        remote_ok=skill & read["remote_ok"],
        slots_from=slots_from,
        slot_start=slot_start,
        slot_end=slot_end,
        **given_columns(
            need=given,
            first_day=held["first_day"],
            last_day=held["last_day"],
            quantity=held["quantity"],
            rows=len(number),
        ),
    )
    adults = read["women"] + read["men"]
    faults = {
        **columns.faults(),
        **lists.faults,
        "couple": np.flatnonzero(housing & read["couple"] & (adults < 2)),
        "lone_minor": np.flatnonzero(housing & read["lone_minor"] & (adults > 0)),
    }
    good = arrays.without(faults, columns.ids, lists.gone, "need %s is left out of its scan: %s")
    uncovered = Uncovered.of(columns, today.toordinal()).days > 0
    good = good[uncovered[good]]
    need, category = _wanted(number[good], housing[good], lists.some("forms", good))
    for id_ in read["id"][good].tolist():
        del revisions[id_]
    return Needs(columns.take(good), read["revision"][good], need, category, revisions, today.toordinal())


_PRIORITY = np.array([*(PRIORITIES[urgency] for urgency in URGENCIES), 0], np.int32)


def _given(read: arrays.Columns) -> tuple[Ints, arrays.Columns]:
    """What live matches hold for these needs, which are in order of their ids: whose row, and what."""
    ids = read["id"][read["is_given"]]
    if not len(ids):
        return ids, dict.fromkeys(_GIVEN, ids)
    held = arrays.read(
        _GIVEN,
        f"FROM matching_hold h WHERE h.need_id = {arrays.ANY_OF_IDS} AND NOT h.released AND NOT h.beside",
        {"ids": arrays.text(ids)},
    )
    return np.searchsorted(read["id"], held["need"]), held


def _wanted_goods(words: Vocabulary, said: tuple[str, ...]) -> int:
    place = said.index(MARK) if said else 0
    items, sizes = with_kinds(said[:place]), said[place + 1 :]
    return code(words.goods.wanted, Wanted(items, sizes, tuple(map(series_of, items))))


def _wanted(number: Ints, housing: Bools, forms: ListColumn) -> tuple[Ints, Ints]:
    """(need's row, category's number): the need's own; for housing, the forms that it accepts."""
    rows, numbers = [np.flatnonzero(~housing)], [number[~housing]]
    homes = np.flatnonzero(housing)
    for which, some in enumerate(forms.lists):
        those = homes[forms.which[homes] == which]
        accepted = [CATEGORY_NUMBER[form] for form in some or HOUSING_FORMS if form in CATEGORY_NUMBER]
        rows.append(np.repeat(those, len(accepted)))
        numbers.append(np.tile(np.array(accepted, np.int64), len(those)))
    return np.concatenate(rows), np.concatenate(numbers)
