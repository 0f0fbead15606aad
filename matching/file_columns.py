"""A spreadsheet of offers or of needs, straight into the engine's columns: no record, no database.

The columns, their names and what a cell may hold are those of the import (docs/spreadsheets.md); what a file that is
only tried needs less, or more, is said here. A million rows are never held as rows: block by block they become
arrays, and what repeats (words, languages, slots) becomes codes.
"""

import csv
import gzip
from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from itertools import chain, compress
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np
from django.db.models import Model
from django.utils.translation import gettext as _

from catalogue.imports import LONGEST_ID
from catalogue.labels import listed
from catalogue.slots import parse_slot
from catalogue.spreadsheets import (
    BadCell,
    Block,
    Column,
    Unreadable,
    moment,
    parse_blocks,
    periods,
    plain_decimals,
    read_table,
    words_as_they_stand,
)
from catalogue.vocabulary import CATEGORIES, HOUSING_FORMS, LANGUAGE_PAIR_CATEGORIES, Kind
from cities.points import FARTHEST_KM, distance_km, too_far, too_far_from_all
from cities.services import GAZETTEER
from matching.engine import NeedColumns, OfferColumns, Vocabulary
from matching.engine.columns import (
    ACCEPT_BITS,
    FOREVER,
    NEVER,
    UNKNOWN,
    Bools,
    Floats,
    Ints,
    Masks,
    accept_bits,
    code,
    masks,
    slot_columns,
    stretches,
    turns,
    unit_sphere,
)
from matching.engine.records import PRIORITIES
from needs.imports import AGE_BANDS
from needs.imports import COLUMNS as NEED_IMPORT
from needs.models import LARGEST_QUANTITY, Need
from offers.imports import COLUMNS as OFFER_IMPORT
from offers.models import LARGEST_CAPACITY, Offer

NOWHERE, NOT_KNOWN = -1, -2  # in place of a commune's row: no code was given; no commune has it
HALF_SQUARE_KM = 80  # at most, from the centre of a square degree to what lies in it
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Side = TypeVar("Side", OfferColumns, NeedColumns)


@dataclass(slots=True)
class Tally:
    """How many lines of a file were good and bad, and what is worth a second look."""

    good: int = 0
    bad: int = 0
    notices: Sequence[str] = ()


class Places:
    """The communes of France by INSEE code, from the gazetteer's file: nothing is asked of a database."""

    def __init__(self, source: Path = GAZETTEER) -> None:
        with gzip.open(source, "rt", encoding="utf-8", newline="") as lines:
            self._communes = list(csv.DictReader(lines))
        self.row = {commune["insee"]: at for at, commune in enumerate(self._communes)} | {"": NOWHERE}
        self.lat = np.array([float(commune["latitude"]) for commune in self._communes])
        self.lon = np.array([float(commune["longitude"]) for commune in self._communes])
        self._around: dict[tuple[float, float], float] = {}

    def are_far(self, lat: Floats, lon: Floats) -> Bools:
        """Which points lie farther than `FARTHEST_KM` from every commune."""
        # The square degree in which a point lies tells, but for those at the border of what is near.
        squares = list(zip((np.floor(lat) + 0.5).tolist(), (np.floor(lon) + 0.5).tolist(), strict=True))
        for square in set(squares) - self._around.keys():
            self._around[square] = self._km_to_nearest(*square)
        around = np.array([self._around[square] for square in squares], np.float64)
        for at in np.flatnonzero(np.abs(around - FARTHEST_KM) <= HALF_SQUARE_KM).tolist():
            around[at] = self._km_to_nearest(lat[at], lon[at])
        return around > FARTHEST_KM

    def _km_to_nearest(self, lat: float, lon: float) -> float:
        return float(distance_km(lat, lon, self.lat, self.lon).min())

    def name(self, row: int) -> str:
        return self._communes[row]["name"]

    def unknown(self, insee: str) -> str:
        """Why no commune has this code; most often it is a postcode."""
        near = self._by_postcode.get(insee)
        if near is None:
            return _("aucune commune n’a le code INSEE «\u00a0%(code)s\u00a0».") % {"code": insee}
        return _(
            "«\u00a0%(code)s\u00a0» est un code postal. Le code INSEE est attendu\u202f: "
            "celui de %(name)s est %(insee)s."
        ) % {"code": insee, "name": near["name"], "insee": near["insee"]}

    @cached_property
    def _by_postcode(self) -> dict[str, dict[str, str]]:
        largest_last = sorted(self._communes, key=lambda commune: int(commune["population"]))
        return {postcode: one for one in largest_last for postcode in one["postcodes"].split()}


def read_offers(
    path: Path,
    *,
    words: Vocabulary,
    places: Places,
    complain: Callable[[list[BadCell]], None],
    progress: Callable[[int, int | None], None],
) -> tuple[OfferColumns, Tally]:
    """The good rows as columns in the order of the file; `complain` is told of each other line.

    `progress` is told how many lines were read, of about how many. Raises Unreadable.
    """
    return _Offers(words, places).read(path, complain, progress)


def read_needs(
    path: Path,
    *,
    words: Vocabulary,
    places: Places,
    complain: Callable[[list[BadCell]], None],
    progress: Callable[[int, int | None], None],
) -> tuple[NeedColumns, Tally]:
    """As `read_offers`, in the vocabulary of the offers that they meet."""
    return _Needs(words, places).read(path, complain, progress)


# --- Columns of the file -------------------------------------------------------------------------------


def _then(column: Column, convert: Callable[[Any], Any], empty: Any) -> Column:
    """The import's column, its meaning turned into the engine's; `empty` for an empty cell."""
    parse = column.parse
    return replace(column, parse=lambda cell: convert(parse(cell)), default=empty)


def _day_numbers(windows: Iterable[tuple[date, date | None]]) -> tuple[int, ...]:
    """First, last, first, last…"""
    return tuple(
        chain.from_iterable(
            (first.toordinal(), FOREVER if last is None else last.toordinal()) for first, last in windows
        )
    )


def _microseconds(at: datetime) -> int:
    """Without a time zone it is taken for UTC, as by the engine."""
    return ((at if at.tzinfo else at.replace(tzinfo=UTC)) - _EPOCH) // timedelta(microseconds=1)


def _split(
    imported: Sequence[Column], changed: Iterable[Column], unread: str
) -> tuple[list[Column], list[Column]]:
    """The columns that are read, and those that only the import reads."""
    own = {column.name: column for column in changed}
    passed_over = set(unread.split())
    read = [own.get(column.name, column) for column in imported if column.name not in passed_over]
    return read, [column for column in imported if column.name in passed_over]


def _shared_columns(of: dict[str, Column]) -> list[Column]:
    """A file that is tried may name no town (there is one), and no commune where the point is given."""
    return [
        replace(of["id"], many=words_as_they_stand(most=LONGEST_ID)),
        replace(of["city"], default=""),
        replace(of["commune"], required=False, default=""),
        *(
            replace(of[name], default=np.nan, many=plain_decimals(least=-most, most=most, empty=np.nan))
            for name, most in (("lat", 90), ("lon", 180))
        ),
    ]


def _offer_columns() -> tuple[list[Column], list[Column]]:
    of = {column.name: column for column in OFFER_IMPORT}
    changed = [
        *_shared_columns(of),
        replace(of["available"], parse=lambda cell: _day_numbers(periods(cell))),
        _then(of["confirmed_on"], date.toordinal, UNKNOWN),
        replace(of["asked_last_30_days"], default=0),
        replace(of["registered_at"], parse=lambda cell: _microseconds(moment(cell)), default=int(NEVER)),
    ]
    return _split(
        OFFER_IMPORT,
        changed,
        "title text address contact_name contact_email contact_phone share_with_linked smoking longest_stay_days "
        "notice_days nearest_stop rent dwelling_state condition best_before hand_over diploma",
    )


def _need_columns() -> tuple[list[Column], list[Column]]:
    of = {column.name: column for column in NEED_IMPORT}
    changed = [
        *_shared_columns(of),
        _then(of["first_day"], date.toordinal, UNKNOWN),
        _then(of["last_day"], date.toordinal, UNKNOWN),
        *(replace(of[name], default=0) for name in ("min_days", "quantity", "people")),
        replace(of["children"], default=UNKNOWN),
    ]
    return _split(NEED_IMPORT, changed, "title text case_reference social_worker")


# --- Blocks --------------------------------------------------------------------------------------------


class _Codes(dict[Any, int]):
    """Each distinct value → the place at which it was first met."""

    def __missing__(self, value: Hashable) -> int:
        found = self[value] = len(self)
        return found

    def of(self, values: Sequence[Any]) -> Ints:
        return np.fromiter(map(self.__getitem__, values), np.int32, len(values))


class _Kinds(_Codes):
    """The (kind, category) pairs met, and what follows from each."""

    def table(self, of: Callable[[str, str], Any], dtype: type) -> np.ndarray:
        """By code, what `of` says of the pair."""
        return np.array([of(kind, category) for kind, category in self], dtype)


class _Judged:
    """A block's lines and which of them are still good; of a bad line, the first thing that is wrong."""

    def __init__(self, block: Block) -> None:
        self.block = block
        self.good = np.ones(len(block), np.bool_)
        self.bad: list[list[BadCell]] = []

    def refuse(self, wrong: Bools, column: str, say: Callable[[int], str]) -> None:
        for at in np.flatnonzero(wrong & self.good).tolist():
            self.bad.append([self.block.bad_cell(at, column, say(at))])
            self.good[at] = False


class _Reader(ABC, Generic[Side]):
    """One file, block by block, into arrays that are joined at the end."""

    columns: ClassVar[Sequence[Column]]
    passed_over: ClassVar[Sequence[Column]]

    def __init__(self, words: Vocabulary, places: Places) -> None:
        self.words, self.places = words, places
        self.ids: list[str] = []
        self._line_of: dict[str, int] = {}
        self._parts: dict[str, list[np.ndarray]] = {}
        self._kinds, self._spoken, self._named, self._slots = _Kinds(), _Codes(), _Codes(), _Codes()

    def read(
        self,
        path: Path,
        complain: Callable[[list[BadCell]], None],
        progress: Callable[[int, int | None], None],
    ) -> tuple[Side, Tally]:
        table = read_table(path)
        tally, lines = Tally(), 0
        blocks: Iterator[Block] = parse_blocks(table, self.columns, passed_over=self.passed_over)
        for block in blocks:
            if not block.places.keys() & {"commune", "lat"}:
                raise Unreadable(_("Il manque une colonne\u202f: commune, ou lat et lon."))
            judged = _Judged(block)
            self._refuse_repeated(judged)
            self._take(judged)
            self.ids.extend(compress(block["id"], judged.good.tolist()))
            bad: list[list[BadCell]] = block.bad + judged.bad
            for cells in sorted(bad, key=lambda cells: cells[0].line):
                complain(cells)
            lines += len(block) + len(block.bad)
            tally.bad += len(bad)
            progress(lines, table.expected)
        tally.good = len(self.ids)
        tally.notices = table.notices
        self._line_of.clear()
        return self._joined(), tally

    @abstractmethod
    def _take(self, judged: _Judged) -> None:
        """Judge the rows of a block and keep what is good of it."""

    @abstractmethod
    def _joined(self) -> Side:
        """The columns of all blocks."""

    def _refuse_repeated(self, judged: _Judged) -> None:
        lines = judged.block.lines
        first = [
            self._line_of.setdefault(one, line) for one, line in zip(judged.block["id"], lines, strict=True)
        ]
        judged.refuse(
            np.array(first, np.int64) != np.array(lines, np.int64),
            "id",
            lambda at: _("cet identifiant est déjà celui de la ligne %(line)s.") % {"line": first[at]},
        )

    def _points(self, judged: _Judged) -> tuple[Floats, Floats]:
        """The point of each row: its own, else the centre of its commune."""
        block, places = judged.block, self.places
        codes = block["commune"]
        row = np.fromiter((places.row.get(one, NOT_KNOWN) for one in codes), np.int64, len(codes))
        lat, lon = np.array(block["lat"], np.float64), np.array(block["lon"], np.float64)
        has_lat, has_lon = ~np.isnan(lat), ~np.isnan(lon)
        judged.refuse(row == NOT_KNOWN, "commune", lambda at: places.unknown(codes[at]))
        for column, missing in (("lat", has_lon & ~has_lat), ("lon", has_lat & ~has_lon)):
            judged.refuse(
                missing, column, lambda _at: _("lat et lon vont ensemble\u202f: l’autre cellule est vide.")
            )
        judged.refuse(
            (row == NOWHERE) & ~has_lat,
            "commune",
            lambda _at: _("donnez le code INSEE de la commune, ou lat et lon."),
        )
        known = np.maximum(row, 0)
        away = distance_km(lat, lon, places.lat[known], places.lon[known])
        judged.refuse(
            (row >= 0) & (away > FARTHEST_KM),
            "lat",
            lambda at: too_far(float(away[at]), places.name(int(row[at]))),
        )
        alone = np.flatnonzero((row == NOWHERE) & has_lat & has_lon)
        lost = np.zeros(len(block), np.bool_)
        lost[alone] = places.are_far(lat[alone], lon[alone])
        judged.refuse(lost, "lat", lambda _at: too_far_from_all())
        return np.where(has_lat, lat, places.lat[known]), np.where(has_lon, lon, places.lon[known])

    def _keep(self, judged: _Judged, **columns: np.ndarray) -> None:
        for name, values in columns.items():
            self._parts.setdefault(name, []).append(values[judged.good])

    def _keep_shared(self, judged: _Judged, kinds: Ints, lat: Floats, lon: Floats) -> None:
        """What offers and needs have in common. Columns of another kind than the row's mean nothing."""
        block, words = judged.block, self.words
        skill = self._kinds.table(lambda kind, _category: kind == Kind.SKILL, np.bool_)[kinds]
        names_languages = self._kinds.table(_names_languages, np.bool_)[kinds]
        named = self._named.of(list(zip(block["languages_from"], block["languages_to"], strict=True)))
        self._keep(
            judged,
            category=self._kinds.table(words.category, np.int32)[kinds],
            city=np.fromiter((code(words.cities, one) for one in block["city"]), np.int32, len(block)),
            lat=lat,
            lon=lon,
            reach_km=np.array(block["reach_km"], np.float64),
            spoken=self._spoken.of(block["languages"]),
            named=np.where(names_languages, named, self._named[(), ()]),
            slots=np.where(skill, self._slots.of(block["slots"]), self._slots[()]),
        )

    def _joined_shared(self) -> dict[str, Any]:
        part = self._part
        lat, lon = part("lat"), part("lon")
        x, y, z = unit_sphere(lat, lon)
        named = [set(chain.from_iterable(pair)) for pair in self._named]
        slots_from, slot_start, slot_end = _slot_columns(list(self._slots), part("slots"))
        return {
            "vocabulary": self.words,
            "ids": self.ids,
            "category": part("category"),
            "city": part("city"),
            "lat": lat,
            "lon": lon,
            "x": x,
            "y": y,
            "z": z,
            "reach_km": part("reach_km"),
            "languages": _masks(list(self._spoken), self.words.languages)[part("spoken")],
            "named_languages": _masks(named, self.words.languages)[part("named")],
            "is_open": np.ones(len(self.ids), np.bool_),
            "slots_from": slots_from,
            "slot_start": slot_start,
            "slot_end": slot_end,
        }

    def _part(self, name: str) -> np.ndarray:
        """A column joined of its blocks', which are then let go."""
        return np.concatenate(self._parts.pop(name))


class _Offers(_Reader[OfferColumns]):
    columns, passed_over = _offer_columns()

    def _take(self, judged: _Judged) -> None:
        block = judged.block
        kinds = self._kinds.of(list(zip(block["kind"], block["category"], strict=True)))
        right = self._kinds.table(lambda kind, category: category in CATEGORIES[kind], np.bool_)[kinds]
        judged.refuse(
            ~right,
            "category",
            lambda at: (
                _("cette catégorie n’est pas de la nature «\u00a0%(kind)s\u00a0»\u202f: %(known)s.")
                % {"kind": block["kind"][at], "known": listed(CATEGORIES[block["kind"][at]])}
            ),
        )
        most = self._kinds.table(lambda kind, _category: LARGEST_CAPACITY[Kind(kind)], np.int64)[kinds]
        capacity = np.array(block["capacity"], np.int64)
        judged.refuse(capacity > most, "capacity", lambda at: _not_from_one(int(most[at]), str(capacity[at])))
        lat, lon = self._points(judged)
        names_languages = self._kinds.table(_names_languages, np.bool_)[kinds]
        judged.refuse(
            names_languages & (_empty(block["languages_from"]) | _empty(block["languages_to"])),
            "languages_from",
            lambda _at: _constraint(Offer, "offer_language_pair_given"),
        )

        self._keep_shared(judged, kinds, lat, lon)
        housing = self._kinds.table(lambda kind, _category: kind == Kind.HOUSING, np.bool_)[kinds]
        skill = self._kinds.table(lambda kind, _category: kind == Kind.SKILL, np.bool_)[kinds]
        self._keep(
            judged,
            form=self._kinds.table(self.words.form, np.int32)[kinds],
            is_stock=self._kinds.table(lambda kind, _category: kind == Kind.GOODS, np.bool_)[kinds],
            capacity=capacity,
            confirmed_day=np.array(block["confirmed_on"], np.int32),
            asked=np.array(block["asked_last_30_days"], np.int32),
            registered=np.array(block["registered_at"], np.int64),
            shared_home=housing & np.array(block["shared_home"], np.bool_),
            accepts=housing
            * np.fromiter(map(accept_bits, block["accepts"]), np.int32, len(block)).astype(np.int32),
            step_free=housing & np.array(block["step_free"], np.bool_),
            pets_accepted=housing & np.array(block["pets_accepted"], np.bool_),
            remote=skill & np.array(block["remote"], np.bool_),
        )
        windows = list(compress(block["available"], judged.good.tolist()))
        self._parts.setdefault("window_count", []).append(
            np.fromiter(map(len, windows), np.int64, len(windows)) // 2
        )
        self._parts.setdefault("window_days", []).append(
            np.fromiter(chain.from_iterable(windows), np.int32).reshape(-1, 2)
        )

    def _joined(self) -> OfferColumns:
        part = self._part
        capacity, days = part("capacity"), part("window_days").astype(np.int64)
        none = np.zeros(0, np.int64)
        shared = self._joined_shared() | stretches(
            window_offer=np.repeat(np.arange(len(self.ids)), part("window_count")),
            window_first=days[:, 0],
            window_last=days[:, 1],
            hold_offer=none,
            hold_first=none,
            hold_last=none,
            hold_quantity=none,
            capacity=capacity,
            is_stock=part("is_stock"),
        )
        return OfferColumns(
            **shared,
            form=part("form"),
            capacity=capacity,
            confirmed_day=part("confirmed_day"),
            asked=part("asked"),
            # Text sorts alike in NumPy and in Python: by code point.
            turn=turns(part("registered"), np.array(self.ids, np.str_)),
            shared_with_linked=np.zeros(len(self.ids), np.bool_),
            shared_home=part("shared_home"),
            accepts=part("accepts"),
            step_free=part("step_free"),
            pets_accepted=part("pets_accepted"),
            remote=part("remote"),
        )


class _Needs(_Reader[NeedColumns]):
    columns, passed_over = _need_columns()

    def __init__(self, words: Vocabulary, places: Places) -> None:
        super().__init__(words, places)
        self._forms = _Codes()

    def _take(self, judged: _Judged) -> None:
        block = judged.block
        kinds = self._kinds.of(list(zip(block["kind"], block["category"], strict=True)))
        housing = self._kinds.table(lambda kind, _category: kind == Kind.HOUSING, np.bool_)[kinds]
        skill = self._kinds.table(lambda kind, _category: kind == Kind.SKILL, np.bool_)[kinds]
        forms = self._categories(judged, kinds, housing)
        household, bits = self._household(judged, housing)
        quantity = self._quantity(judged, kinds, housing, household)
        first, last, least_days = self._days(judged, housing)
        lat, lon = self._points(judged)
        names_languages = self._kinds.table(_names_languages, np.bool_)[kinds]
        judged.refuse(
            names_languages & _empty(block["languages_from"]) & _empty(block["languages_to"]),
            "languages_from",
            lambda _at: _constraint(Need, "need_language_pair_given"),
        )

        self._keep_shared(judged, kinds, lat, lon)
        part_useful = ~housing & np.array(block["part_useful"], np.bool_)
        people = np.maximum(np.array(block["people"], np.int32), 1)
        self._keep(
            judged,
            forms=np.where(housing, forms, self._forms[()]),
            first_day=first,
            last_day=last,
            least_days=least_days,
            quantity=quantity,
            least_quantity=np.where(part_useful, 1, quantity),
            people=np.where(housing, household, people).astype(np.int32),
            priority=np.fromiter(map(PRIORITIES.__getitem__, block["urgency"]), np.int32, len(block)),
            is_housing=housing,
            household=bits,
            step_free_needed=housing & np.array(block["step_free_needed"], np.bool_),
            pets=housing & np.array(block["pets"], np.bool_),
            refuses_shared_home=housing & ~np.array(block["shared_home_ok"], np.bool_),
            remote_ok=skill & np.array(block["remote_ok"], np.bool_),
        )

    def _categories(self, judged: _Judged, kinds: Ints, housing: Bools) -> Ints:
        """Codes of the forms that each home may have: those listed, else the one in `category`, else any."""
        block = judged.block
        right = self._kinds.table(lambda kind, category: category in CATEGORIES[kind], np.bool_)[kinds]
        judged.refuse(
            ~housing & ~right,
            "category",
            lambda at: (
                _("une catégorie de la nature «\u00a0%(kind)s\u00a0» est attendue\u202f: %(known)s.")
                % {"kind": block["kind"][at], "known": listed(CATEGORIES[block["kind"][at]])}
            ),
        )
        categories, named = block["category"], block["forms"]
        forms = [some or ((one,) if one else ()) for some, one in zip(named, categories, strict=True)]
        found = self._forms.of(forms)
        foreign = [next((form for form in some if form not in HOUSING_FORMS), "") for some in self._forms]
        is_foreign = housing & np.array([bool(form) for form in foreign], np.bool_)[found]
        for column, here in (("forms", ~_empty(named)), ("category", _empty(named))):
            judged.refuse(
                is_foreign & here,
                column,
                lambda at: (
                    _("«\u00a0%(text)s\u00a0» n’est pas une forme de logement\u202f: %(known)s.")
                    % {"text": foreign[found[at]], "known": listed(HOUSING_FORMS)}
                ),
            )
        judged.refuse(
            housing
            & np.array(
                [one != "" and one not in some for some, one in zip(forms, categories, strict=True)], np.bool_
            ),
            "category",
            lambda _at: _("cette forme n’est pas parmi celles de la colonne «\u00a0forms\u00a0»."),
        )
        return found

    def _household(self, judged: _Judged, housing: Bools) -> tuple[Ints, Ints]:
        """How many persons look for a home (0 for other kinds), and the bits that the host must have said."""
        block = judged.block
        women, men, total = (
            np.array(block[name], np.int64) for name in ("adult_women", "adult_men", "children")
        )
        by_age = np.array([block[band] for band in AGE_BANDS], np.int64).sum(axis=0)
        judged.refuse(
            housing & (total != UNKNOWN) & (by_age > 0) & (total != by_age),
            "children",
            lambda at: (
                _("%(total)s enfants ici, et %(sum)s par tranches d’âge.")
                % {"total": total[at], "sum": by_age[at]}
            ),
        )
        children = np.where(total == UNKNOWN, by_age, total)
        household = np.where(housing, women + men + children, 0)
        judged.refuse(
            housing & (household == 0),
            "adult_women",
            lambda _at: _("dites combien de personnes cherchent un logement."),
        )
        judged.refuse(
            household > LARGEST_QUANTITY[Kind.HOUSING],
            "adult_women",
            lambda _at: _constraint(Need, "need_quantity_plausible"),
        )
        lone, couple = np.array(block["lone_minor"], np.bool_), np.array(block["couple"], np.bool_)
        judged.refuse(
            housing & lone & ((women + men > 0) | couple),
            "lone_minor",
            lambda _at: _constraint(Need, "need_lone_minor_is_alone"),
        )
        judged.refuse(
            housing & couple & (women + men < 2),
            "couple",
            lambda _at: _constraint(Need, "need_couple_is_two"),
        )
        singles = (women > 0) * ACCEPT_BITS["women"] + (men > 0) * ACCEPT_BITS["men"]
        bits = np.select(
            [~housing, lone, children > 0, couple],
            [0, ACCEPT_BITS["lone_minors"], ACCEPT_BITS["families"], ACCEPT_BITS["couples"]],
            singles,
        )
        return household, bits.astype(np.int32)

    def _quantity(self, judged: _Judged, kinds: Ints, housing: Bools, household: Ints) -> Ints:
        block = judged.block
        for column in ("quantity", "people"):
            _refuse_unlike(judged, column, housing, household)
        quantity = np.array(block["quantity"], np.int64)
        most = self._kinds.table(lambda kind, _category: LARGEST_QUANTITY[Kind(kind)], np.int64)[kinds]
        judged.refuse(
            ~housing & ((quantity == 0) | (quantity > most)),
            "quantity",
            lambda at: _not_from_one(int(most[at]), str(quantity[at]) if quantity[at] else ""),
        )
        return np.where(housing, household, quantity)

    def _days(self, judged: _Judged, housing: Bools) -> tuple[Ints, Ints, Ints]:
        """First and last day, and the shortest run that helps."""
        block = judged.block
        first, last, least = (
            np.array(block[name], np.int32) for name in ("first_day", "last_day", "min_days")
        )
        asked = last - first + 1
        judged.refuse(asked < 1, "last_day", lambda _at: _constraint(Need, "need_days_in_order"))
        judged.refuse(least > asked, "min_days", lambda _at: _constraint(Need, "need_min_days_within"))
        return first, last, np.where(least > 0, least, np.where(housing, asked, 1)).astype(np.int32)

    def _joined(self) -> NeedColumns:
        part = self._part
        forms = _masks(list(self._forms), self.words.forms)[part("forms")]
        quantity = part("quantity")
        names = (
            "first_day", "last_day", "least_days", "least_quantity", "people", "priority", "is_housing",
            "household", "step_free_needed", "pets", "refuses_shared_home", "remote_ok",
        )  # fmt: skip
        own: dict[str, Any] = {name: part(name) for name in names}
        return NeedColumns(
            **self._joined_shared(),
            **own,
            forms=forms,
            quantity=quantity,
            asked=quantity,
        )


# --- Details -------------------------------------------------------------------------------------------


def _refuse_unlike(judged: _Judged, column: str, housing: Bools, household: Ints) -> None:
    """A household says its own size; a cell that says it too must agree."""
    given = np.array(judged.block[column], np.int64)
    judged.refuse(
        housing & (given > 0) & (given != household),
        column,
        lambda at: (
            _("le foyer compte %(household)s personnes, cette cellule dit %(number)s.")
            % {"household": household[at], "number": given[at]}
        ),
    )


def _names_languages(kind: str, category: str) -> bool:
    return kind == Kind.SKILL and category in LANGUAGE_PAIR_CATEGORIES


def _empty(values: Sequence[tuple[str, ...]]) -> Bools:
    return np.fromiter((not some for some in values), np.bool_, len(values))


def _not_from_one(most: int, text: str) -> str:
    return _("un nombre entier de 1 à %(most)s est attendu, pas «\u00a0%(text)s\u00a0».") % {
        "most": most,
        "text": text,
    }


def _constraint(model: type[Model], name: str) -> str:
    """What the import would say of a row that the database refuses."""
    return next(
        str(constraint.violation_error_message)
        for constraint in model._meta.constraints
        if constraint.name == name
    )


def _masks(sets: Sequence[Iterable[str]], table: dict[str, int]) -> Masks:
    """Also of none, of which no row will be taken."""
    return masks(sets or [()], table)


def _slot_columns(distinct: Sequence[tuple[str, ...]], which: Ints) -> tuple[Ints, Ints, Ints]:
    """The slots of each row, whose list is the `which`-th of the distinct ones."""
    slots = [[parse_slot(text) for text in some] for some in distinct]
    count = np.array([len(some) for some in slots], np.int64)
    start = np.cumsum(count) - count
    flat = np.array(
        [(slot.weekday, slot.start_minute, slot.end_minute) for some in slots for slot in some], np.int32
    ).reshape(-1, 3)
    having = np.flatnonzero(count[which] > 0) if len(count) else np.zeros(0, np.int64)
    many = count[which[having]]
    owner = np.repeat(having, many)
    nth = np.arange(len(owner)) - np.repeat(np.cumsum(many) - many, many)
    rows = flat[np.repeat(start[which[having]], many) + nth]
    return slot_columns(
        owner=owner,
        weekday=rows[:, 0],
        start_minute=rows[:, 1],
        end_minute=rows[:, 2],
        rows=len(which),
    )
