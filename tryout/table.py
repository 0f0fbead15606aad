"""What reading offers and reading needs have in common: cells become columns of a block, are judged, and are joined.

The columns, their names and what a cell may hold are those of the import (docs/spreadsheets.md); what a file that is
only tried needs less, or more, is said here and beside each side. A million rows are never held as rows: block by block
they become arrays, and what repeats (words, languages, slots) becomes codes.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from itertools import chain, compress
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalogue.fields.shared import LONGEST_TITLE
from catalogue.imports import LONGEST_ID
from catalogue.labels import listed
from catalogue.slots import parse_slot, refuse_clashes
from catalogue.spreadsheets import (
    Answers,
    BadCell,
    Block,
    Column,
    FileAnswers,
    Table,
    Unreadable,
    as_text,
    parse_blocks,
    plain_decimals,
    text,
    words_as_they_stand,
)
from catalogue.vocabulary import Kind
from engine import NeedColumns, OfferColumns, Vocabulary
from engine.arrays import Bools, Floats, Ints, Masks, code, masks, unit_sphere
from engine.filling import slot_columns
from tryout.blocks import Codes, Judged, Kinds
from tryout.communes import NOWHERE, Places
from tryout.goods import Goods, Unclear
from tryout.opened import PLACE_NAME, open_list
from tryout.saying import MOST_SAID, Said, title_of

Side = TypeVar("Side", OfferColumns, NeedColumns)


@dataclass(slots=True)
class Tally:
    """How many lines of a file were good and bad, and what is worth a second look."""

    good: int = 0
    bad: int = 0
    without_item: int = 0  # rows of goods: any item of their category
    notices: Sequence[str] = ()
    said: Sequence[Said] | None = None  # of the good lines in their order, unless they are too many


# --- Columns of the file -------------------------------------------------------------------------------


def converted(column: Column, convert: Callable[[Any], Any], empty: Any) -> Column:
    """The import's column, its meaning turned into the engine's; `empty` for an empty cell."""
    return replace(column, convert=convert, default=empty)


def parted(
    imported: Sequence[Column], changed: Sequence[Column], unread: Collection[str]
) -> tuple[list[Column], list[Column]]:
    """The columns that are read, those that are here alone among them, and those that only the import reads."""
    own = {column.name: column for column in changed}
    read = [own.pop(column.name, column) for column in imported if column.name not in unread]
    read += [column for column in changed if column.name in own]
    return read, [column for column in imported if column.name in unread]


def shared_columns(of: dict[str, Column]) -> list[Column]:
    """A file that is tried may name no town (there is one), and no commune where the point is given. Its ids are what
    the results name their rows by: they come out as they went in.
    """
    return [
        PLACE_NAME,
        replace(
            of["id"],
            parse=text(most=LONGEST_ID),
            many=words_as_they_stand(most=LONGEST_ID),
        ),
        replace(of["city"], default=""),
        replace(of["title"], parse=lambda cell: as_text(cell)[:LONGEST_TITLE], default=""),
        replace(of["commune"], required=False, default=""),
        *(
            replace(of[name], default=np.nan, many=plain_decimals(least=-most, most=most, empty=np.nan))
            for name, most in (("lat", 90), ("lon", 180))
        ),
    ]


class Reader(ABC, Generic[Side]):
    """One file, block by block, into arrays that are joined at the end."""

    columns: ClassVar[Sequence[Column]]
    passed_over: ClassVar[Sequence[Column]]
    sheet: ClassVar[Any]  # what our template calls it, a lazy word

    def __init__(self, words: Vocabulary, places: Places) -> None:
        self.words, self.places = words, places
        self.ids: list[str] = []
        self._line_of: dict[str, int] = {}
        self._parts: dict[str, list[np.ndarray]] = {}
        self._kinds, self._spoken, self._named, self._slots = Kinds(), Codes(), Codes(), Codes()
        self._any, self._moved = 0, 0
        # What is said of each good row in words; None of so many that nobody reads them all.
        self.said: list[Said] | None = []

    def read(
        self,
        path: Path,
        answers: FileAnswers,
        complain: Callable[[list[BadCell]], None],
        progress: Callable[[int, int | None], None],
        today: date | None = None,
        means: Answers | None = None,
        for_all: Mapping[str, str] = MappingProxyType({}),
    ) -> tuple[Side, Tally]:
        table: Table = open_list(path, (*self.passed_over, *self.columns), answers, for_all, sheet=self.sheet)
        self.today = today or timezone.localdate()
        tally, lines = Tally(), 0
        blocks: Iterator[Block] = parse_blocks(
            table, self.columns, passed_over=self.passed_over, today=self.today, answers=means
        )
        for block in blocks:
            if not block.places.keys() & {"commune", "postcode", "lat", PLACE_NAME.name}:
                raise Unreadable(_("Il manque une colonne\u202f: commune, ou lat et lon."))
            judged = Judged(block)
            self._name_rows(block)
            self._refuse_repeated(judged)
            self._take(judged)
            self.ids.extend(compress(block["id"], judged.good.tolist()))
            self._say(judged)
            bad: list[list[BadCell]] = block.bad + judged.bad
            for cells in sorted(bad, key=lambda cells: cells[0].line):
                complain(cells)
            lines += len(block) + len(block.bad)
            tally.bad += len(bad)
            progress(lines, table.expected)
        tally.good = len(self.ids)
        tally.without_item = self._any
        tally.notices = [*table.notices, *self._odd_goods()]
        tally.said = self.said
        self._line_of.clear()
        return self._joined(), tally

    @abstractmethod
    def _take(self, judged: Judged) -> None:
        """Judge the rows of a block and keep what is good of it."""

    @abstractmethod
    def _record(self, judged: Judged, at: int) -> Any:
        """The good row at this place as the engine's record."""

    def _say(self, judged: Judged) -> None:
        if self.said is None or len(self.said) + int(judged.good.sum()) > MOST_SAID:
            self.said = None
            return
        for at in np.flatnonzero(judged.good).tolist():
            record = self._record(judged, at)
            place = "" if judged.commune[at] == NOWHERE else self.places.name(int(judged.commune[at]))
            title = judged.block["title"][at] or listed(filter(None, (title_of(record), place)))
            self.said.append(Said(record, title))

    def _name_rows(self, block: Block) -> None:
        """A row without a number of its own is called by its line."""
        ids = block["id"]
        for at, line in enumerate(block.lines):
            if not ids[at]:
                ids[at] = _("ligne %(line)s") % {"line": line}

    @abstractmethod
    def _joined(self) -> Side:
        """The columns of all blocks."""

    def _refuse_repeated(self, judged: Judged) -> None:
        lines = judged.block.lines
        first = [
            self._line_of.setdefault(one, line) for one, line in zip(judged.block["id"], lines, strict=True)
        ]
        judged.refuse(
            np.array(first, np.int64) != np.array(lines, np.int64),
            "id",
            lambda at: _("cet identifiant est déjà celui de la ligne %(line)s.") % {"line": first[at]},
        )

    def _goods(
        self, judged: Judged, read: Callable[[int], Goods], number: str
    ) -> tuple[list[Goods | None], Ints]:
        """What the rows of goods say of them (None: another kind, or bad), and the quantity of every row in pieces.

        An item brings its category: rows are moved before anybody asks for it.
        """
        block = judged.block
        found: list[Goods | None] = [None] * len(block)
        quantity = np.array(block[number], np.int64)
        unclear: dict[int, Unclear] = {}
        for at, kind in enumerate(block["kind"]):
            if kind != Kind.GOODS:
                continue
            try:
                said = found[at] = read(at)
            except Unclear as error:
                unclear[at] = error
                continue
            self._any += said.is_any
            if said.category and said.category != block["category"][at]:
                self._moved += 1
                block["category"][at] = said.category
            quantity[at] = said.pieces(int(quantity[at]))
        for column in {error.column for error in unclear.values()}:
            wrong = np.zeros(len(block), np.bool_)
            wrong[[at for at, error in unclear.items() if error.column == column]] = True
            judged.refuse(wrong, column, lambda at: str(unclear[at]))
        return found, quantity

    def _odd_goods(self) -> Iterator[str]:
        if self._moved:
            yield ngettext(
                "%(n)s objet est d’une autre catégorie que celle de sa ligne\u202f: c’est la sienne qui compte.",
                "%(n)s objets sont d’une autre catégorie que celle de leur ligne\u202f: c’est la leur qui compte.",
                self._moved,
            ) % {"n": self._moved}

    def _keep(self, judged: Judged, **columns: np.ndarray) -> None:
        for name, values in columns.items():
            self._parts.setdefault(name, []).append(values[judged.good])

    def _refuse_clashes(self, judged: Judged, skill: Bools) -> None:
        """Slots of one side that overlap or are too short."""
        which = self._slots.of(judged.block["slots"])
        faults = [_clash(some) for some in self._slots]
        wrong = np.array([bool(fault) for fault in faults], np.bool_)[which]
        judged.refuse(skill & wrong, "slots", lambda at: faults[which[at]])

    def _keep_shared(self, judged: Judged, kinds: Ints, lat: Floats, lon: Floats) -> None:
        """What offers and needs have in common. Columns of another kind than the row's mean nothing."""
        block, words = judged.block, self.words
        skill = self._kinds.are(Kind.SKILL, kinds)
        names_languages = self._kinds.name_languages(kinds)
        self._refuse_clashes(judged, skill)
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
            "languages": masks_of(list(self._spoken), self.words.languages)[part("spoken")],
            "named_languages": masks_of(named, self.words.languages)[part("named")],
            "is_open": np.ones(len(self.ids), np.bool_),
            "slots_from": slots_from,
            "slot_start": slot_start,
            "slot_end": slot_end,
        }

    def _part(self, name: str) -> np.ndarray:
        """A column joined of its blocks', which are then let go."""
        return np.concatenate(self._parts.pop(name))


# --- Details -------------------------------------------------------------------------------------------


def are_empty(values: Sequence[tuple[str, ...]]) -> Bools:
    return np.fromiter((not some for some in values), np.bool_, len(values))


def not_from_one(most: int, text: str) -> str:
    return _("un nombre entier de 1 à %(most)s est attendu, pas «\u00a0%(text)s\u00a0».") % {
        "most": most,
        "text": text,
    }


def refusal_by(model: type[Model], name: str) -> str:
    """What the import would say of a row that the database refuses."""
    return next(
        str(constraint.violation_error_message)
        for constraint in model._meta.constraints
        if constraint.name == name
    )


@lru_cache(10_000)
def _clash(slots: tuple[str, ...]) -> str:
    """What is wrong with these slots together; empty when nothing is."""
    try:
        refuse_clashes([parse_slot(text) for text in slots])
    except ValidationError as error:
        return error.messages[0]
    return ""


def masks_of(sets: Sequence[Iterable[str]], table: dict[str, int]) -> Masks:
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
