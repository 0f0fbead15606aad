"""What the cells of a column mean, each text understood once; and what an answer makes of one that is not clear."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from catalogue.meaning import AMERICAN, CellError, Reading, Unclear, folded, says_nothing
from catalogue.spreadsheets.cells import Parser, as_text, unharmed
from catalogue.spreadsheets.lines import Fault

MOST_REMEMBERED = 1 << 14  # distinct cells of a column, each understood once

# "The same as above", in a cell by itself.
_STROKES = "//"
SAME = frozenset(
    {_STROKES, '"', "''", '""', "″", "〃", "”", "“", "’’", "››", "»", "- // -", "-//-", '-"-', '- " -', "↑", "⬆", "⇧"}
    | {
        written
        for word in ("idem", "id.", "idem.", "-idem-", "- idem -", "-- idem --", "idem...", "(idem)", "ditto", "same",
                     "même", "ibid", "ibid.", "dito", "dito.", "-dito-", "- dito -", "(dito)", "dto", "dto.", "ídem",
                     "same as above", "idem ci-dessus", "comme ci-dessus", "voir ci-dessus", "ci-dessus", "//idem")
        for written in (word, word.capitalize(), word.upper(), f"{word} ", f"{word.capitalize()} ")
    }
)  # fmt: skip
_BREAKS = re.compile(r"\s*\n\s*")
_BARE = re.compile(r"\d+(?:[.,]\d+)?")
UNSAID = "?"  # in place of a unit, where one is needed and the header says none
_INVISIBLE = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name, how a filled cell is read, what an empty one means.

    `parse` is never given an empty cell and raises CellError or ValidationError; `convert` turns its value into what
    whoever reads the rows works with. A `required` column must be there, and its cells filled, unless one of `instead`
    is there. `many` is for columns whose cells hardly ever repeat: what `parse` would make of all
    these cells, or None when one of them is not plain. `meaning` is for docs/spreadsheets.md.

    A list that has no such column may say it in that of another: `beside` names it. What stands in several columns is
    one cell with `joined_by` between. `reads_headers` tells which headers are answers of this column, each with a box
    beneath: "Femmes", "Familles". `units` are words of a header by which a bare number is to be read.
    """

    name: str
    parse: Callable[[Any], Any]
    synonyms: tuple[str, ...] = ()
    required: bool = False
    default: Any = None
    many: Callable[[list[str]], list[Any] | None] | None = None
    meaning: str = ""
    convert: Callable[[Any], Any] | None = None
    instead: tuple[str, ...] = ()
    beside: str = ""
    joined_by: str = ""
    reads_headers: Callable[[str], bool] | None = None
    units: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Refusal:
    """In place of what a cell means: why it means nothing, or what is to be asked of it."""

    message: str
    asked: str = ""
    choices: tuple[str, ...] = ()


class Meanings(dict[Any, Any]):
    """Cell → what it means in this column, or a Refusal."""

    def __init__(
        self, column: Column, today: date, answers: Mapping[str, str], *, replaced: bool, unit: str = ""
    ) -> None:
        self.column, self.today, self.answers, self.replaced = column, today, answers, replaced
        self.unit = unit  # of a number that stands alone, as the header says
        self._above: Any = None  # the last cell of the lines before
        self.some_refused = False
        self.american = False
        # Cell → what it was understood to say, where it is written otherwise.
        self.said: dict[Any, str] = {}

    def __missing__(self, cell: Any) -> Any:
        if len(self) >= MOST_REMEMBERED:
            self.clear()
            self.said.clear()
        try:
            reading = self._read(cell)
            meaning = reading.value
            if reading.said:
                self.said[cell] = reading.said
        except (CellError, ValidationError) as error:
            text = as_text(cell)
            asks = isinstance(error, Unclear)
            meaning = Refusal(
                sentence(error),
                (getattr(error, "written", "") or text) if asks else "",
                getattr(error, "choices", ()),
            )
            self.some_refused = True
            self.american = self.american or getattr(error, "code", "") == AMERICAN
        self[cell] = meaning
        return meaning

    def of(self, cells: list[Any]) -> tuple[list[Any], list[tuple[int, Refusal]]]:
        """The meanings, and (place, what is wrong) of the cells that have none."""
        if set(map(type, cells)) != {str}:
            # A workbook's own 1, 1.0 and True would be one key.
            cells = [cell if isinstance(cell, str | Fault) else as_text(cell) for cell in cells]
        elif self.column.many is not None and (all_plain := self.column.many(cells)) is not None:
            return all_plain, []
        found = list(map(self.__getitem__, cells))
        if not self.some_refused:
            return found, []
        return found, [(at, one) for at, one in enumerate(found) if type(one) is Refusal]

    @property
    def holds_days(self) -> bool:
        return isinstance(self.column.parse, Parser) and self.column.parse.of_days

    def is_answered(self, text: str) -> bool:
        """Whether somebody has said what this cell means."""
        return bool(self.answers) and folded(text) in self.answers

    def filled_in(self, cells: list[Any]) -> tuple[list[Any], set[int]]:
        """The cells with, in place of "idem", what stands above; and the places of these."""
        same: set[int] = set()
        if not SAME.isdisjoint(cells):
            cells = list(cells)
            for at, cell in enumerate(cells):
                above = cells[at - 1] if at else self._above
                if isinstance(cell, str) and above is not None and self._is_same(cell):
                    cells[at] = above
                    same.add(at)
        self._above = cells[-1] if cells else self._above
        return cells, same

    def _is_same(self, text: str) -> bool:
        answer = self.answers.get(folded(text)) if self.answers else None
        if text == _STROKES and answer is None:
            return self.column.required  # elsewhere it may mean that there is nothing
        return (text if answer is None else answer) in SAME

    def understood(self, cells: list[Any]) -> Iterator[tuple[int, str]]:
        """(place, in words) of the cells that were understood otherwise than they are written."""
        if not self.said:
            return
        for at, cell in enumerate(cells):
            said = self.said.get(cell if isinstance(cell, str | Fault) else as_text(cell))
            if said:
                yield at, said

    def _read(self, cell: str | Fault) -> Reading[Any]:
        cell = unharmed(cell)
        text = as_text(cell)
        if isinstance(cell, Fault):
            if text:
                raise CellError(cell.message)
            return self._empty()
        if not text.isprintable() and _INVISIBLE.search(text):
            raise CellError(_("cette cellule contient un caractère invisible. Tapez-la à nouveau."))
        answered = self.answers.get(folded(text)) if self.answers else None
        if answered is not None and self.holds_days:
            self.american = self.american or self._has_month_first(text)
        return self._meant(text if answered is None else answered, answered is not None)

    def _meant(self, text: str, answered: bool) -> Reading[Any]:
        """What the text means; where it is asked about, what the person's answers make of it."""
        if text == _STROKES and not answered:
            raise Unclear(
                _("«\u00a0%(text)s\u00a0»\u202f: comme la ligne au-dessus (idem), ou rien (-)\u202f?")
                % {"text": text},
                written=text,
                choices=["idem", "-"],
            )
        if text in SAME:
            raise CellError(
                _("«\u00a0%(text)s\u00a0»\u202f: rien ne se trouve au-dessus.") % {"text": text}, code="same"
            )
        if not text:
            reading = self._empty()
            return Reading(reading.value, _("vide")) if answered else reading
        if self._is_blank(text):
            return Reading(self._empty().value, _("vide"))
        parse = self.column.parse
        try:
            if self.unit and _BARE.fullmatch(folded(text)):
                text = self._with_unit(text)
            reading = parse.read(text, self.today) if isinstance(parse, Parser) else Reading(parse(text))
        except CellError as error:
            piece = error.written or text
            answer = self.answers.get(folded(piece)) if self.answers else None
            if answer is None or piece not in text or folded(answer) == folded(piece):
                raise
            # What is answered is not asked again: the text has one question less each time.
            return self._meant(text.replace(piece, answer, 1).strip(), answered=True)
        value = self.column.convert(reading.value) if self.column.convert else reading.value
        return Reading(value, reading.said or (text if answered else ""))

    def _has_month_first(self, text: str) -> bool:
        """Whether this day would be asked about for its order: its answer says nothing of the others."""
        try:
            self.column.parse(text)
        except CellError as error:
            return error.code == AMERICAN
        except ValidationError:
            pass
        return False

    def _with_unit(self, text: str) -> str:
        if self.unit == UNSAID:
            raise Unclear(
                _(
                    "«\u00a0%(text)s\u00a0»\u202f: de quoi\u202f? Dites-le, par exemple «\u00a0%(text)s mois\u00a0»."
                )
                % {"text": text},
                written=text,
                choices=[f"{text} {unit}" for unit in ("jours", "semaines", "mois")],
            )
        return f"{text} {self.unit}"

    def _is_blank(self, text: str) -> bool:
        parse = self.column.parse
        return parse.blank(text) if isinstance(parse, Parser) else says_nothing(text)

    def _empty(self) -> Reading[Any]:
        if self.column.required and not self.replaced:
            raise CellError(_("cette cellule est vide."))
        return Reading(self.column.default)


def sentence(error: Exception) -> str:
    """What an error says, on one line."""
    messages = error.messages if isinstance(error, ValidationError) else [str(error)]
    return " ".join(_BREAKS.sub(" ", str(message)) for message in messages)
