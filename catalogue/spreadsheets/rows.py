"""The lines of a spreadsheet as typed rows, or as columns of typed cells, or what is wrong with them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import compress, islice
from operator import itemgetter
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from catalogue.labels import listed
from catalogue.meaning import in_both_orders
from catalogue.spreadsheets.cells import as_text
from catalogue.spreadsheets.files import Table
from catalogue.spreadsheets.gathering import gathered
from catalogue.spreadsheets.headers import found_in, unit_of
from catalogue.spreadsheets.lines import Line, Unreadable, is_blank
from catalogue.spreadsheets.meanings import Column, Meanings
from catalogue.spreadsheets.questions import Answers, BadCell, Understood
from catalogue.spreadsheets.tables import Knows

BLOCK = 2048  # lines that are turned into columns at a time; more no longer fit the processor’s cache

_ALIGNED = re.compile(r"\S {2,}\S.*\S {2,}\S")


@dataclass(frozen=True, slots=True)
class Row:
    """A line whose every cell was understood: values by column name, the default where a cell is empty."""

    line: int
    values: Mapping[str, Any]
    raw: Mapping[str, str]
    # Column name → (header as written, letter); of the columns that the file has.
    places: Mapping[str, tuple[str, str]]
    # Cells that were understood otherwise than they are written.
    understood: tuple[Understood, ...] = ()

    def __getitem__(self, name: str) -> Any:
        return self.values[name]

    def bad(self, column: str, message: str) -> BadCell:
        """A complaint about one of this row's cells, or about the whole row when `column` is empty."""
        header, letter = self.places.get(column, (column, ""))
        return BadCell(self.line, header, letter, self.raw.get(column, ""), message)

    def asked(self, column: str, message: str, choices: Sequence[str]) -> BadCell:
        """A complaint that is a question about all of a cell, once for all cells that say the same."""
        written = self.raw.get(column, "")
        return replace(self.bad(column, message), name=column, asked=written, choices=tuple(choices))


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
    understood: Mapping[int, tuple[Understood, ...]] = field(default_factory=dict)  # by line

    def __len__(self) -> int:
        return len(self.lines)

    def __getitem__(self, name: str) -> list[Any]:
        return self.values[name]

    def bad_cell(self, at: int, column: str, message: str) -> BadCell:
        """A complaint about a cell of the good line at place `at`, or about all of it when `column` is empty."""
        header, letter = self.places.get(column, (column, ""))
        text = as_text(self.cells[column][at]) if column in self.cells else ""
        return BadCell(self.lines[at], header, letter, text, message)


def parse_rows(
    table: Table, columns: Sequence[Column], *, today: date | None = None, answers: Answers | None = None
) -> Iterator[Row | list[BadCell]]:
    """Each line that is not blank, as a typed row or as the list of what is wrong with it.

    `answers` are what a person said of cells that were not clear. `today` is the clock's unless it is told.
    Raises Unreadable at once when a required column is missing or one stands twice. Columns that nobody knows
    are named in the table's notices.
    """
    return _rows(parse_blocks(table, columns, size=500, today=today, answers=answers))


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
            yield Row(line, values, raw, block.places, block.understood.get(line, ()))


def parse_blocks(
    table: Table,
    columns: Sequence[Column],
    *,
    passed_over: Sequence[Column] = (),
    size: int = BLOCK,
    today: date | None = None,
    answers: Answers | None = None,
) -> Iterator[Block]:
    """The lines that are not blank, `size` at a time, as columns of typed cells; errors as in `parse_rows`.

    Columns `passed_over` are known and not read: whatever stands there is right.

    A cell's text is understood once and then remembered, so that what repeats (days, words, yes and no) is as good
    as free: a parser must give the same for the same text.
    """
    required = frozenset(column.name for column in columns if column.required)
    table.settle(knows_names((*passed_over, *columns)), required)
    header = list(table.header)
    found = _find_columns(table, columns, passed_over)
    missing = [
        column for column in columns if column.required and not {column.name, *column.instead} & found.keys()
    ]
    if missing:
        names = [
            column.name
            if column.name in column.synonyms or not column.synonyms
            else f"{column.name} ({column.synonyms[0]})"
            for column in missing
        ]
        _refuse_one_column(header, names)
        raise Unreadable(
            _("Il manque des colonnes\u202f: %(missing)s. L’en-tête dit\u202f: %(header)s.")
            % {
                "missing": listed(names),
                "header": listed(name for name in header if name)[:300],
            }
        )
    day = today or timezone.localdate()
    return _blocks(table, columns, found, size, day, answers or Answers())


def _refuse_one_column(header: Sequence[str], missing: Sequence[str]) -> None:
    """Say so when it is no table at all."""
    names = [name for name in header if name]
    if len(names) != 1:
        return
    if _ALIGNED.search(names[0]):
        raise Unreadable(
            _("Les colonnes de ce fichier sont alignées par des espaces. Enregistrez-le en csv ou en xlsx.")
        )
    raise Unreadable(
        _("Ce fichier n’a qu’une seule colonne, «\u00a0%(name)s\u00a0». Il en faut aussi\u202f: %(missing)s.")
        % {"name": names[0][:80], "missing": listed(missing)}
    )


def knows_names(columns: Sequence[Column]) -> Knows:
    """Which column a header names, as people write it; None for any other text."""
    return lambda header: next(iter(found_in([header], columns)), None)


def _find_columns(
    table: Table, columns: Sequence[Column], passed_over: Sequence[Column]
) -> dict[str, tuple[int, str]]:
    """Where each column stands, and its letter; those passed over are left out."""
    written = list(table.header)
    bound = found_in(written, [*passed_over, *columns])
    found, read = gathered(table, bound, [*passed_over, *columns])
    for name, places in bound.items():
        if len(places) > 1 and (name not in found or "" in written[places[0] : places[1]]):
            first, second = (written[at] for at in places[:2])
            if "" in written[places[0] : places[1]]:
                raise Unreadable(
                    _(
                        "Il y a deux tableaux côte à côte\u202f: la colonne %(name)s est dans l’un et dans l’autre. "
                        "Mettez chacun dans un fichier à part."
                    )
                    % {"name": name}
                )
            raise Unreadable(
                _(
                    "La colonne %(name)s est donnée deux fois («\u00a0%(first)s\u00a0» et «\u00a0%(second)s\u00a0»)."
                )
                % {"name": name, "first": first, "second": second}
            )
    unknown = [header for at, header in enumerate(written) if header and at not in read]
    if unknown:
        table.notices.append(_("Colonnes inconnues, non lues\u202f: %(names)s.") % {"names": listed(unknown)})
    for column in columns:
        if column.name not in found and column.beside in found:
            found[column.name] = found[column.beside]
    return {column.name: found[column.name] for column in columns if column.name in found}


def _blocks(
    table: Table,
    columns: Sequence[Column],
    found: Mapping[str, tuple[int, str]],
    size: int,
    today: date,
    answers: Answers,
) -> Iterator[Block]:
    width = len(table.header)
    places = {name: (table.header[at], letter) for name, (at, letter) in found.items()}
    meanings = {
        column.name: Meanings(
            column,
            today,
            answers.of(column.name, *places.get(column.name, ())[:1]),
            replaced=not found.keys().isdisjoint(column.instead),
            unit=unit_of(column, table.header[found[column.name][0]]) if column.name in found else "",
        )
        for column in columns
    }
    days_read = False  # of a block before, day first
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
        block = _block(numbers, lines, bad, columns, found, places, meanings)
        _refuse_days_in_two_orders(days_read, numbers, places, meanings)
        yield block
        if trouble is not None:
            raise trouble
        days_read = days_read or bool(numbers)
        if read < size:
            table.notices += [
                _(
                    "Colonne «\u00a0%(column)s\u00a0»\u202f: des dates y ont le mois avant le jour. "
                    "Vérifiez les autres, lues le jour d’abord."
                )
                % {"column": places[name][0]}
                for name, meaning in meanings.items()
                if meaning.american
            ]
            return


def _refuse_days_in_two_orders(
    days_read: bool,
    numbers: Sequence[int],
    places: Mapping[str, tuple[str, str]],
    meanings: Mapping[str, Meanings],
) -> None:
    """A list is read in blocks: once days of one were read with the day first, a month first is too late to ask."""
    if days_read and (american := next((name for name, one in meanings.items() if one.american), "")):
        raise Unreadable(
            _(
                "Colonne «\u00a0%(column)s\u00a0»\u202f: le mois y vient avant le jour, et les dates d’avant la ligne "
                "%(line)s ont été lues le jour d’abord. Rien n’est pris à partir de cette ligne. Écrivez toutes les "
                "dates comme «\u00a02026-12-31\u00a0»."
            )
            % {"column": places[american][0], "line": numbers[0]}
        )


def _in_doubt(
    numbers: Sequence[int],
    cells: Mapping[str, list[Any]],
    places: Mapping[str, tuple[str, str]],
    meanings: Mapping[str, Meanings],
) -> Iterator[tuple[str, int, BadCell]]:
    """Of a list that has the month first somewhere: (column, place, question) of days that may be in either order."""
    for name, meaning in meanings.items():
        for at, cell in enumerate(cells.get(name, ()) if meaning.holds_days else ()):
            text = as_text(cell)
            choices = in_both_orders(text)
            if not choices or meaning.is_answered(text):
                continue
            message = _(
                "«\u00a0%(text)s\u00a0»\u202f: ailleurs dans cette liste le mois vient avant le jour. Est-ce %(first)s "
                "ou %(second)s\u202f?"
            ) % {"text": text, "first": choices[0], "second": choices[1]}
            yield name, at, BadCell(numbers[at], *places[name], text, message, name, text, choices)


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
    found: Mapping[str, tuple[int, str]],
    places: Mapping[str, tuple[str, str]],
    meanings: Mapping[str, Meanings],
) -> Block:
    if lines and found:
        narrowest = 1 + max(at for at, _letter in found.values())
        lines = [
            cells if len(cells) >= narrowest else [*cells, *[None] * (narrowest - len(cells))]
            for cells in lines
        ]
    cells = {name: list(map(itemgetter(at), lines)) for name, (at, _letter) in found.items()}
    values: dict[str, list[Any]] = {}
    refused: dict[int, list[BadCell]] = {}
    understood: dict[int, tuple[Understood, ...]] = {}
    for column in columns:
        name = column.name
        if name not in found:
            values[name] = [column.default] * len(lines)
            continue
        cells[name], same = meanings[name].filled_in(cells[name])
        values[name], faults = meanings[name].of(cells[name])
        for at, fault in faults:
            cell = as_text(cells[name][at])
            complaint = BadCell(
                numbers[at], *places[name], cell, fault.message, name, fault.asked, fault.choices
            )
            refused.setdefault(at, []).append(complaint)
        for at in same:
            said = _("comme au-dessus\u202f: %(text)s") % {"text": as_text(cells[name][at])}
            one = Understood(numbers[at], *places[name], _("idem"), said)
            understood[numbers[at]] = (*understood.get(numbers[at], ()), one)
        for at, said in meanings[name].understood(cells[name]):
            one = Understood(numbers[at], *places[name], as_text(cells[name][at]), said)
            understood[numbers[at]] = (*understood.get(numbers[at], ()), one)
    if any(meaning.american for meaning in meanings.values()):
        for name, at, complaint in _in_doubt(numbers, cells, places, meanings):
            if name not in {one.name for one in refused.get(at, ())}:
                refused.setdefault(at, []).append(complaint)
    if refused:
        bad = sorted([*bad, *refused.values()], key=lambda complaints: complaints[0].line)
        good = [at not in refused for at in range(len(lines))]
        numbers = list(compress(numbers, good))
        values = {name: list(compress(column, good)) for name, column in values.items()}
        cells = {name: list(compress(column, good)) for name, column in cells.items()}
    return Block(numbers, values, bad, cells, places, understood)
