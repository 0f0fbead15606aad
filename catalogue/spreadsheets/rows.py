"""The lines of a spreadsheet as typed rows, or as columns of typed cells, or what is wrong with them."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress, islice
from operator import itemgetter
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from openpyxl.utils import get_column_letter

from catalogue.labels import listed
from catalogue.spreadsheets.cells import CellError, as_text, plain, unharmed
from catalogue.spreadsheets.files import Table
from catalogue.spreadsheets.lines import Fault, Line, Unreadable, is_blank
from catalogue.spreadsheets.tables import Knows

BLOCK = 2048  # lines that are turned into columns at a time; more no longer fit the processor’s cache
MOST_REMEMBERED = 1 << 16  # distinct cells of a column, each understood once

_BREAKS = re.compile(r"\s*\n\s*")
_INVISIBLE = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class BadCell:
    """What is wrong, and where; column and letter are empty when it is the line as a whole."""

    line: int
    column: str
    letter: str
    value: str
    message: str

    def __str__(self) -> str:
        place = {"line": self.line, "column": self.column, "message": self.message}
        if self.column:
            return _("ligne %(line)s, colonne «\u00a0%(column)s\u00a0»\u202f: %(message)s") % place
        return _("ligne %(line)s\u202f: %(message)s") % place


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name, how a filled cell is read, what an empty one means.

    `parse` is never given an empty cell and raises CellError or ValidationError. A `required` column must be
    there, and its cells filled. `many` is for columns whose cells hardly ever repeat: what `parse` would make of all
    these cells, or None when one of them is not plain. `meaning` is for docs/spreadsheets.md.
    """

    name: str
    parse: Callable[[Any], Any]
    synonyms: tuple[str, ...] = ()
    required: bool = False
    default: Any = None
    many: Callable[[list[str]], list[Any] | None] | None = None
    meaning: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A line whose every cell was understood: values by column name, the default where a cell is empty."""

    line: int
    values: Mapping[str, Any]
    raw: Mapping[str, str]
    # Column name → (header as written, letter); of the columns that the file has.
    places: Mapping[str, tuple[str, str]]

    def __getitem__(self, name: str) -> Any:
        return self.values[name]

    def bad(self, column: str, message: str) -> BadCell:
        """A complaint about one of this row's cells, or about the whole row when `column` is empty."""
        header, letter = self.places.get(column, (column, ""))
        return BadCell(self.line, header, letter, self.raw.get(column, ""), message)


@dataclass(frozen=True, slots=True)
class Block:
    """Consecutive lines, column by column: of each column the typed cells of the good lines.

    `bad` says what is wrong with the other lines, a list for each. Columns that the file lacks hold their default.
    """

    lines: list[int]
    values: Mapping[str, list[Any]]
    bad: list[list[BadCell]]
    # As they stand in the file; of the columns that it has.
    cells: Mapping[str, list[Any]]
    places: Mapping[str, tuple[str, str]]

    def __len__(self) -> int:
        return len(self.lines)

    def __getitem__(self, name: str) -> list[Any]:
        return self.values[name]

    def bad_cell(self, at: int, column: str, message: str) -> BadCell:
        """A complaint about a cell of the good line at place `at`, or about all of it when `column` is empty."""
        header, letter = self.places.get(column, (column, ""))
        text = as_text(self.cells[column][at]) if column in self.cells else ""
        return BadCell(self.lines[at], header, letter, text, message)


def parse_rows(table: Table, columns: Sequence[Column]) -> Iterator[Row | list[BadCell]]:
    """Each line that is not blank, as a typed row or as the list of what is wrong with it.

    Raises Unreadable at once when a required column is missing or one stands twice. Columns that nobody knows
    are named in the table's notices.
    """
    return _rows(parse_blocks(table, columns, size=500))


def _rows(blocks: Iterator[Block]) -> Iterator[Row | list[BadCell]]:
    for block in blocks:
        bad = {cells[0].line: cells for cells in block.bad}
        place = {line: at for at, line in enumerate(block.lines)}
        for line in sorted([*bad, *place]):
            at = place.get(line)
            if at is None:
                yield bad[line]
                continue
            values = {name: column[at] for name, column in block.values.items()}
            raw = {name: text for name, cells in block.cells.items() if (text := as_text(cells[at]))}
            yield Row(line, values, raw, block.places)


def parse_blocks(
    table: Table, columns: Sequence[Column], *, passed_over: Sequence[Column] = (), size: int = BLOCK
) -> Iterator[Block]:
    """The lines that are not blank, `size` at a time, as columns of typed cells; errors as in `parse_rows`.

    Columns `passed_over` are known and not read: whatever stands there is right.

    A cell's text is understood once and then remembered, so that what repeats (days, words, yes and no) is as good
    as free: a parser must give the same for the same text.
    """
    table.settle(knows_names((*passed_over, *columns)))
    found = _find_columns(table, columns, passed_over)
    missing = [column.name for column in columns if column.required and column.name not in found]
    if missing:
        raise Unreadable(
            _("Il manque des colonnes\u202f: %(missing)s. L’en-tête dit\u202f: %(header)s.")
            % {
                "missing": listed(missing),
                "header": listed(name for name in table.header if name)[:300],
            }
        )
    return _blocks(table, columns, found, size)


def knows_names(columns: Sequence[Column]) -> Knows:
    """Which column a header names, as people write it; None for any other text."""
    names = {plain(name): column.name for column in columns for name in (column.name, *column.synonyms)}
    return lambda header: names.get(plain(header))


def _find_columns(table: Table, columns: Sequence[Column], passed_over: Sequence[Column]) -> dict[str, int]:
    """Where each column stands; those passed over are left out."""
    knows = knows_names((*passed_over, *columns))
    found: dict[str, int] = {}
    unknown = []
    for at, header in enumerate(table.header):
        name = knows(header)
        if name is None:
            if header:
                unknown.append(header)
        elif name in found:
            raise Unreadable(
                _(
                    "La colonne %(name)s est donnée deux fois («\u00a0%(first)s\u00a0» et «\u00a0%(second)s\u00a0»)."
                )
                % {"name": name, "first": table.header[found[name]], "second": header}
            )
        else:
            found[name] = at
    if unknown:
        table.notices.append(_("Colonnes inconnues, non lues\u202f: %(names)s.") % {"names": listed(unknown)})
    return {column.name: found[column.name] for column in columns if column.name in found}


def _blocks(table: Table, columns: Sequence[Column], found: Mapping[str, int], size: int) -> Iterator[Block]:
    width = len(table.header)
    places = {name: (table.header[at], get_column_letter(at + 1)) for name, at in found.items()}
    meanings = {column.name: _Meanings(column) for column in columns}
    while True:
        numbers: list[int] = []
        lines: list[Sequence[Any]] = []
        bad: list[list[BadCell]] = []
        read = 0
        trouble: Unreadable | None = None
        try:
            for line in islice(table.lines, size):
                read += 1
                if line.fault:
                    bad.append([BadCell(line.number, "", "", "", line.fault)])
                elif is_blank(line.cells):
                    continue
                elif len(line.cells) > width and not is_blank(line.cells[width:]):
                    bad.append([BadCell(line.number, "", "", "", _too_wide(line, width))])
                else:
                    numbers.append(line.number)
                    lines.append(line.cells)
        except Unreadable as error:
            trouble = error  # said after the lines before it
        yield _block(numbers, lines, bad, columns, found, places, meanings)
        if trouble is not None:
            raise trouble
        if read < size:
            return


def _too_wide(line: Line, width: int) -> str:
    return _(
        "la ligne a %(cells)s cellules et l’en-tête %(width)s. Une virgule sans guillemets "
        "a peut-être coupé une cellule en deux."
    ) % {"cells": len(line.cells), "width": width}


def _block(
    numbers: list[int],
    lines: list[Sequence[Any]],
    bad: list[list[BadCell]],
    columns: Sequence[Column],
    found: Mapping[str, int],
    places: Mapping[str, tuple[str, str]],
    meanings: Mapping[str, "_Meanings"],
) -> Block:
    if lines and found:
        narrowest = 1 + max(found.values())
        lines = [
            cells if len(cells) >= narrowest else [*cells, *[None] * (narrowest - len(cells))]
            for cells in lines
        ]
    cells = {name: list(map(itemgetter(at), lines)) for name, at in found.items()}
    values: dict[str, list[Any]] = {}
    refused: dict[int, list[BadCell]] = {}
    for column in columns:
        name = column.name
        if name not in found:
            values[name] = [column.default] * len(lines)
            continue
        values[name], faults = meanings[name].of(cells[name])
        for at, message in faults:
            complaint = BadCell(numbers[at], *places[name], as_text(cells[name][at]), message)
            refused.setdefault(at, []).append(complaint)
    if refused:
        bad = sorted([*bad, *refused.values()], key=lambda complaints: complaints[0].line)
        good = [at not in refused for at in range(len(lines))]
        numbers = list(compress(numbers, good))
        values = {name: list(compress(column, good)) for name, column in values.items()}
        cells = {name: list(compress(column, good)) for name, column in cells.items()}
    return Block(numbers, values, bad, cells, places)


@dataclass(frozen=True, slots=True)
class _Refusal:
    """In place of what a cell means: why it means nothing."""

    message: str


class _Meanings(dict[Any, Any]):
    """Cell → what it means in this column, or a _Refusal."""

    def __init__(self, column: Column) -> None:
        self.column = column
        self.some_refused = False

    def __missing__(self, cell: Any) -> Any:
        if len(self) >= MOST_REMEMBERED:
            self.clear()
        try:
            meaning = _parsed(self.column, cell)
        except (CellError, ValidationError) as error:
            meaning = _Refusal(sentence(error))
            self.some_refused = True
        self[cell] = meaning
        return meaning

    def of(self, cells: list[Any]) -> tuple[list[Any], list[tuple[int, str]]]:
        """The meanings, and (place, what is wrong) of the cells that have none."""
        if set(map(type, cells)) != {str}:
            # A workbook's own 1, 1.0 and True would be one key.
            cells = [cell if isinstance(cell, str | Fault) else as_text(cell) for cell in cells]
        elif self.column.many is not None and (all_plain := self.column.many(cells)) is not None:
            return all_plain, []
        found = list(map(self.__getitem__, cells))
        if not self.some_refused:
            return found, []
        return found, [(at, one.message) for at, one in enumerate(found) if type(one) is _Refusal]


def _parsed(column: Column, cell: str | Fault) -> Any:
    cell = unharmed(cell)
    text = as_text(cell)
    if not text:
        if column.required:
            raise CellError(_("cette cellule est vide."))
        return column.default
    if isinstance(cell, Fault):
        raise CellError(cell.message)
    if not text.isprintable() and _INVISIBLE.search(text):
        raise CellError(_("cette cellule contient un caractère invisible. Tapez-la à nouveau."))
    return column.parse(cell)


def sentence(error: Exception) -> str:
    """What an error says, on one line."""
    messages = error.messages if isinstance(error, ValidationError) else [str(error)]
    return " ".join(_BREAKS.sub(" ", str(message)) for message in messages)
