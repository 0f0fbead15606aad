"""Reading spreadsheets that somebody else made: the file, its columns, and typed cells.

No model, no query, no clock: the same column parsers serve the import and whoever tries the engine on a file.
`read_table` opens a csv or xlsx and says what it noticed; `parse_rows` turns its lines into typed rows, or into
the list of what is wrong with them; `parse_blocks` does the same for a million lines, column by column. Lines and
columns are counted as the person at the spreadsheet counts them.
"""

import codecs
import csv
import math
import re
import unicodedata
import warnings
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import lru_cache
from itertools import compress, islice, pairwise
from operator import itemgetter
from pathlib import Path
from typing import Any, TextIO
from xml.etree.ElementTree import ParseError

import openpyxl
from django.core.exceptions import ValidationError
from django.db.models import TextChoices
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException

from catalogue.forms import find_language, in_week_order, read_slot
from catalogue.labels import listed
from catalogue.vocabulary import MOST_PERIODS

Period = tuple[date, date | None]

CHUNK = 1 << 20
EARLIEST_YEAR, LATEST_YEAR = 2000, 2100
LIST_MARK = "|"
BLOCK = 2048  # lines that are turned into columns at a time; more no longer fit the processor’s cache
MOST_REMEMBERED = 1 << 16  # distinct cells of a column, each understood once

_ZIP, _OLD_OFFICE, _PDF = b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF"
_BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
# "é" in UTF-8, read byte by byte: nobody writes that in Latin-1.
_UTF8_LETTER = re.compile(rb"\xc3[\x80-\xbf]")
_NOT_A_WORD = re.compile(r"[^\w]+")
_BREAKS = re.compile(r"\s*\n\s*")
_INVISIBLE = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_SPACES_IN_NUMBER = re.compile(r"(?<=\d)[ \u00a0\u202f](?=\d{3}(?!\d))")
_ISO_DAY = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?"
)
_FRENCH_DAY = re.compile(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})")
_PLAIN_NUMBERS = re.compile(r"(?:(?:-?[0-9]{1,9}(?:\.[0-9]{1,20})?)?\n)*(?:-?[0-9]{1,9}(?:\.[0-9]{1,20})?)?")
# float() also reads "1_000", "nan" and figures of other scripts with spaces around.
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


class Unreadable(Exception):
    """The file as a whole cannot be read; says why, to a person."""


class CellError(ValueError):
    """What is wrong with a cell, to a person."""


@dataclass(frozen=True, slots=True)
class Fault:
    """In place of a cell's value: why it has none (a formula, an error of the spreadsheet)."""

    text: str
    message: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Line:
    """A line as it stands: its number in the file and its cells; `fault` when it could not be cut into cells."""

    number: int
    cells: Sequence[Any]
    fault: str = ""


@dataclass(slots=True)
class Table:
    """An open spreadsheet: its header, and its lines, to be read once. `expected` is about how many."""

    header: list[str]
    lines: Iterator[Line]
    expected: int | None = None
    notices: list[str] = field(default_factory=list)


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
    these cells, or None when one of them is not plain.
    """

    name: str
    parse: Callable[[Any], Any]
    synonyms: tuple[str, ...] = ()
    required: bool = False
    default: Any = None
    many: Callable[[list[str]], list[Any] | None] | None = None


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


# --- The file ------------------------------------------------------------------------------------------


def read_table(path: Path) -> Table:
    """Open a csv or xlsx, known by its content whatever its name. Raises Unreadable."""
    try:
        if path.is_dir():
            raise Unreadable(_("%(path)s est un dossier, pas un fichier.") % {"path": path})
        if not path.exists():
            raise Unreadable(_("Le fichier %(path)s n’existe pas.") % {"path": path})
        if not path.is_file():
            raise Unreadable(_("%(path)s n’est pas un fichier ordinaire.") % {"path": path})
        with path.open("rb") as file:
            start = file.read(8)
    except OSError as error:
        raise Unreadable(
            _("Le fichier %(path)s ne peut pas être lu\u202f: %(reason)s.")
            % {"path": path, "reason": error.strerror}
        ) from error
    if not start:
        raise Unreadable(_("Ce fichier est vide."))
    if start.startswith(_ZIP):
        return _read_xlsx(path)
    if start.startswith(_OLD_OFFICE):
        raise Unreadable(
            _(
                "Ce fichier est un ancien classeur Excel (xls), ou il est protégé par un mot de passe. "
                "Enregistrez-le en xlsx ou en csv, sans mot de passe."
            )
        )
    if start.startswith(_PDF):
        raise Unreadable(_("Ce fichier est un PDF. Enregistrez le tableau en xlsx ou en csv."))
    return _read_csv(path)


@dataclass(slots=True)
class _Encoding:
    name: str
    lines: int
    notice: str = ""


def _find_encoding(path: Path) -> _Encoding:
    """The encoding in which the whole file makes sense, in one pass and little memory."""
    utf8 = codecs.getincrementaldecoder("utf-8")()
    windows = codecs.getincrementaldecoder("cp1252")()
    is_utf8 = is_windows = True
    has_utf8_letters = False
    first_foreign = 0
    lines = 0
    with path.open("rb") as file:
        bom = next((name for mark, name in _BOMS.items() if file.peek(4).startswith(mark)), "")
        while chunk := file.read(CHUNK):
            if b"\0" in chunk and bom != "utf-16":
                line = lines + chunk[: chunk.index(b"\0")].count(b"\n") + 1
                raise Unreadable(
                    _(
                        "Ce fichier n’est pas un tableau\u202f: la ligne %(line)s contient des octets nuls. "
                        "Enregistrez-le en xlsx ou en csv."
                    )
                    % {"line": line}
                )
            if is_utf8:
                try:
                    utf8.decode(chunk)
                except UnicodeDecodeError as error:
                    is_utf8 = False
                    first_foreign = lines + chunk[: error.start].count(b"\n") + 1
            if is_windows:
                try:
                    windows.decode(chunk)
                except UnicodeDecodeError:
                    is_windows = False
            has_utf8_letters = has_utf8_letters or bool(_UTF8_LETTER.search(chunk))
            lines += chunk.count(b"\n")
    if is_utf8:
        try:
            utf8.decode(b"", final=True)
        except UnicodeDecodeError:
            is_utf8, first_foreign = False, lines + 1
    if bom == "utf-16":
        return _Encoding(bom, lines, _("Le fichier est en UTF-16\u202f: il a été lu ainsi."))
    if is_utf8:
        return _Encoding(bom or "utf-8", lines)
    if bom or has_utf8_letters:
        raise Unreadable(
            _(
                "Ce fichier mélange deux codages de caractères\u202f: la ligne %(line)s n’est pas en UTF-8, "
                "d’autres le sont. Enregistrez-le à nouveau en UTF-8."
            )
            % {"line": first_foreign}
        )
    name, label = ("cp1252", "Windows-1252") if is_windows else ("latin-1", "Latin-1")
    return _Encoding(
        name, lines, _("Le fichier n’est pas en UTF-8\u202f: il a été lu en %(name)s.") % {"name": label}
    )


def _read_csv(path: Path) -> Table:
    encoding = _find_encoding(path)
    lines = _csv_lines(path, encoding.name)
    table = _with_header(lines)
    # The header is not one of them.
    table.expected = max(encoding.lines - 1, 1)
    if encoding.notice:
        table.notices.append(encoding.notice)
    return table


def _csv_lines(path: Path, encoding: str) -> Iterator[Line]:
    """Each record with the number of the line on which it begins."""
    with path.open(encoding=encoding, newline="") as file:
        try:
            delimiter, skipped = _find_delimiter(file)
            file.seek(0)
            for _line in range(skipped):
                file.readline()
            # Strict, for a misplaced quote would otherwise swallow the lines that follow without a word.
            reader = csv.reader(file, delimiter=delimiter, strict=True)
            while True:
                number = skipped + reader.line_num + 1
                try:
                    yield Line(number, next(reader))
                except StopIteration:
                    return
                except csv.Error:
                    yield Line(number, (), _misquoted(number, skipped + reader.line_num))
        except UnicodeDecodeError as error:
            raise Unreadable(
                _("Ce fichier n’est pas un texte lisible (%(encoding)s). Enregistrez-le en UTF-8.")
                % {"encoding": encoding}
            ) from error


def _misquoted(first: int, last: int) -> str:
    if last > first:
        return _(
            "un guillemet s’ouvre et ne se referme pas\u202f: les lignes %(first)s à %(last)s n’ont pas été lues"
        ) % {"first": first, "last": last}
    return _("un guillemet est mal placé, la ligne n’a pas été lue")


def _find_delimiter(file: TextIO) -> tuple[str, int]:
    """Comma, semicolon or tab, whichever cuts the header into most cells; and how many lines stand before it."""
    skipped = 0
    while text := file.readline():
        if text.lower().startswith("sep=") and len(text.strip()) == 5:
            return text.strip()[4], skipped + 1
        if text.strip():
            break
        skipped += 1
    widths = {mark: len(next(csv.reader([text], delimiter=mark), ())) for mark in ",;\t"}
    return max(widths, key=lambda mark: widths[mark]), skipped


def _read_xlsx(path: Path) -> Table:
    lines = _xlsx_lines(path)
    opened = next(lines)
    assert isinstance(opened, _Sheet)
    table = _with_header(lines)  # type: ignore[arg-type]
    table.expected = opened.rows
    if opened.others:
        table.notices.append(
            _("Seule la feuille «\u00a0%(name)s\u00a0» est lue, pas les autres (%(others)s).")
            % {"name": opened.name, "others": listed(opened.others)}
        )
    return table


@dataclass(slots=True)
class _Sheet:
    name: str
    others: list[str]
    rows: int | None


# What openpyxl lets through of a damaged or foreign archive.
_DAMAGED = (
    InvalidFileException, zipfile.BadZipFile, ParseError, KeyError, ValueError, IndexError, TypeError,
    AttributeError, OSError, EOFError, NotImplementedError,
)  # fmt: skip


def _xlsx_lines(path: Path) -> Iterator[Line | _Sheet]:
    """First what the workbook holds, then the lines of its first visible sheet."""
    damaged = _("Ce fichier n’est pas un classeur xlsx lisible. Enregistrez-le à nouveau en xlsx ou en csv.")
    try:
        with warnings.catch_warnings():
            # Charts, validations and the like, which openpyxl does not keep and we do not read.
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(path, read_only=True)
    except _DAMAGED as error:
        raise Unreadable(damaged) from error
    try:
        sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"] or book.worksheets
        if not sheets:
            raise Unreadable(_("Ce classeur n’a aucune feuille."))
        rows = sheets[0].max_row
        yield _Sheet(sheets[0].title, [sheet.title for sheet in sheets[1:]], rows and max(rows - 1, 1))
        # Some programs write a wrong size of the sheet; the rows themselves say it.
        sheets[0].reset_dimensions()
        cells = sheets[0].iter_rows()
        number = 0
        while True:
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    row = next(cells, None)
            except _DAMAGED as error:
                raise Unreadable(
                    damaged
                    if not number
                    else _("Ce classeur est abîmé après la ligne %(line)s.") % {"line": number}
                ) from error
            if row is None:
                return
            number += 1
            yield Line(number, [_xlsx_value(cell) for cell in row])
    finally:
        book.close()


def _xlsx_value(cell: Any) -> Any:
    if cell.data_type == "f":
        text = cell.value if isinstance(cell.value, str) else "="
        return Fault(text, _("cette cellule contient une formule. Collez sa valeur à la place."))
    if cell.data_type == "e":
        return Fault(str(cell.value), _("cette cellule contient une erreur du tableur."))
    return cell.value


def _with_header(lines: Iterator[Line]) -> Table:
    """The first line with something in it names the columns."""
    for line in lines:
        if line.fault:
            raise Unreadable(
                _("L’en-tête n’a pas pu être lu (ligne %(line)s)\u202f: %(message)s.")
                % {"line": line.number, "message": line.fault}
            )
        if not _is_blank(line.cells):
            return Table([as_text(cell) for cell in line.cells], lines)
    raise Unreadable(_("Ce fichier est vide."))


def _is_blank(cells: Iterable[Any]) -> bool:
    # A plain loop: it ends at the first cell of most lines, and a million lines pass here.
    for cell in cells:  # noqa: SIM110
        if as_text(cell):
            return False
    return True


# --- Rows ----------------------------------------------------------------------------------------------


def plain(text: str) -> str:
    """A name as it is compared: lower case, no accents, words joined by "_"."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().replace("œ", "oe"))
    bare = "".join(char for char in decomposed if not unicodedata.combining(char))
    return _NOT_A_WORD.sub("_", bare).strip("_")


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


def _find_columns(table: Table, columns: Sequence[Column], passed_over: Sequence[Column]) -> dict[str, int]:
    """Where each column stands; those passed over are left out."""
    names = {
        plain(name): column.name
        for column in (*passed_over, *columns)
        for name in (column.name, *column.synonyms)
    }
    found: dict[str, int] = {}
    unknown = []
    for at, header in enumerate(table.header):
        name = names.get(plain(header))
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
                elif _is_blank(line.cells):
                    continue
                elif len(line.cells) > width and not _is_blank(line.cells[width:]):
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


# --- Cells ---------------------------------------------------------------------------------------------


def as_text(cell: Any) -> str:
    """A cell as it is typed: whole numbers without ".0", days as 2026-03-01, yes and no."""
    if isinstance(cell, str):
        return cell.strip()
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ")
    if isinstance(cell, date | time):
        return cell.isoformat()
    return str(cell)


def text(*, most: int) -> Callable[[Any], str]:
    """Text of at most so many characters."""

    def parse(cell: Any) -> str:
        value = as_text(cell).replace("\r\n", "\n").replace("\v", "\n").replace("\f", "\n")
        if len(value) > most:
            raise CellError(
                _("%(length)s caractères, c’est trop long (%(most)s au plus).")
                % {"length": len(value), "most": most}
            )
        return value

    return parse


def words_as_they_stand(*, most: int) -> Callable[[list[str]], list[Any] | None]:
    """For `Column.many`: identifiers of at most so many characters, when all are filled and without a space."""

    def many(cells: list[str]) -> list[Any] | None:
        together = "|".join(cells)
        plain = together.isprintable() and " " not in together and all(cells)
        return cells if plain and max(map(len, cells)) <= most else None

    return many


def plain_decimals(*, least: float, most: float, empty: float) -> Callable[[list[str]], list[Any] | None]:
    """For `Column.many`: numbers with a point, `empty` (perhaps NaN) for an empty cell."""

    def many(cells: list[str]) -> list[Any] | None:
        if not _PLAIN_NUMBERS.fullmatch("\n".join(cells)):
            return None
        values = [float(cell) if cell else None for cell in cells]
        if not all(value is None or least <= value <= most for value in values):
            return None
        return [empty if value is None else value for value in values]

    return many


def decimal(*, least: float, most: float) -> Callable[[Any], float]:
    """A number with a point or a comma."""

    def parse(cell: Any) -> float:
        value = _number(cell)
        if not least <= value <= most:
            raise CellError(
                _("un nombre de %(least)g à %(most)g est attendu, pas «\u00a0%(text)s\u00a0».")
                % {"least": least, "most": most, "text": as_text(cell)}
            )
        return value

    return parse


def whole(*, least: int, most: int) -> Callable[[Any], int]:
    """A whole number."""

    def parse(cell: Any) -> int:
        value = _number(cell)
        if not value.is_integer() or not least <= value <= most:
            raise CellError(
                _("un nombre entier de %(least)s à %(most)s est attendu, pas «\u00a0%(text)s\u00a0».")
                % {"least": least, "most": most, "text": as_text(cell)}
            )
        return int(value)

    return parse


def _number(cell: Any) -> float:
    written = as_text(cell)
    if not _NUMBER.fullmatch(written):
        written = _SPACES_IN_NUMBER.sub("", written).replace("−", "-").replace(",", ".")
    if isinstance(cell, bool) or not _NUMBER.fullmatch(written):
        raise CellError(_("«\u00a0%(text)s\u00a0» n’est pas un nombre.") % {"text": as_text(cell)})
    value = float(written)
    if not math.isfinite(value):
        raise CellError(_("«\u00a0%(text)s\u00a0» n’est pas un nombre.") % {"text": as_text(cell)})
    return value


def yes_no(cell: Any) -> bool:
    """Yes or no, in English or French."""
    word = plain(as_text(cell))
    if word in {"yes", "y", "oui", "o", "true", "vrai", "1", "x"}:
        return True
    if word in {"no", "n", "non", "false", "faux", "0"}:
        return False
    raise CellError(_("oui ou non est attendu, pas «\u00a0%(text)s\u00a0».") % {"text": as_text(cell)})


def day(cell: Any) -> date:
    """2026-03-01 or 01/03/2026; a spreadsheet's own date."""
    if isinstance(cell, datetime):
        found = cell.date()
    elif isinstance(cell, date):
        found = cell
    else:
        found = _written_day(as_text(cell))
    if not EARLIEST_YEAR <= found.year <= LATEST_YEAR:
        raise CellError(
            _("le %(day)s est hors du temps\u202f: une année de %(first)s à %(last)s est attendue.")
            % {"day": found.isoformat(), "first": EARLIEST_YEAR, "last": LATEST_YEAR}
        )
    return found


@lru_cache(maxsize=8192)
def _written_day(written: str) -> date:
    try:
        if iso := _ISO_DAY.fullmatch(written):
            return date(int(iso[1]), int(iso[2]), int(iso[3]))
        if french := _FRENCH_DAY.fullmatch(written):
            return date(int(french[3]), int(french[2]), int(french[1]))
    except ValueError:
        raise CellError(_("le jour «\u00a0%(text)s\u00a0» n’existe pas.") % {"text": written}) from None
    raise CellError(
        _("«\u00a0%(text)s\u00a0» n’est pas un jour. Écrivez 2026-03-01 ou 01/03/2026.") % {"text": written}
    )


def moment(cell: Any) -> datetime:
    """A day, or a day and an hour, `2026-03-01T09:30:00+01:00`; without a time zone where none is given."""
    if isinstance(cell, datetime):
        return cell
    written = as_text(cell)
    first = day(cell)
    if len(written) <= len("2026-03-01") or isinstance(cell, date):
        return datetime(first.year, first.month, first.day)  # noqa: DTZ001
    try:
        return datetime.fromisoformat(written)
    except ValueError:
        raise CellError(_("l’heure de «\u00a0%(text)s\u00a0» n’existe pas.") % {"text": written}) from None


def periods(cell: Any) -> tuple[Period, ...]:
    """Windows of days, `2026-03-01..2026-05-31|2026-07-01..`: in order, apart from one another."""
    found: list[Period] = []
    for written in _items(cell):
        first, mark, last = written.replace("…", "..").partition("..")
        if not mark or not first.strip():
            raise CellError(
                _(
                    "«\u00a0%(text)s\u00a0» n’est pas une période. Écrivez 2026-03-01..2026-05-31, "
                    "ou 2026-03-01.. sans date de fin."
                )
                % {"text": written}
            )
        period = (day(first.strip()), day(last.strip()) if last.strip() else None)
        if period[1] is not None and period[1] < period[0]:
            raise CellError(
                _("«\u00a0%(text)s\u00a0»\u202f: la fin doit venir après le début.") % {"text": written}
            )
        found.append(period)
    if len(found) > MOST_PERIODS:
        raise CellError(_("une proposition a au plus 50 périodes."))
    found.sort(key=lambda period: period[0])
    for (_first, end), (following, _last) in pairwise(found):
        if end is None or following <= end:
            raise CellError(_("deux périodes se chevauchent."))
    return tuple(found)


def one_of(choices: type[TextChoices], others: Mapping[str, str] | None = None) -> Callable[[Any], str]:
    """A word of a vocabulary, as its value, its label, or one of `others` (word → value)."""

    def parse(cell: Any) -> str:
        word = as_text(cell)
        known = _words(choices, get_language() or "fr")
        value = known.get(plain(word)) or (others or {}).get(plain(word))
        if value is None:
            raise CellError(
                _("«\u00a0%(text)s\u00a0» n’est pas dans la liste\u202f: %(known)s.")
                % {"text": word, "known": listed(choices.values)}
            )
        return value

    return parse


def many_of(
    choices: type[TextChoices], others: Mapping[str, str] | None = None
) -> Callable[[Any], tuple[str, ...]]:
    """Words of a vocabulary, separated by "|", each once."""
    one = one_of(choices, others)
    return lambda cell: tuple(dict.fromkeys(one(item) for item in _items(cell)))


@lru_cache(maxsize=64)
def _words(choices: type[TextChoices], language: str) -> dict[str, str]:
    words = {plain(value): value for value in choices.values}
    for spoken in ("fr", language):
        with override(spoken):
            for value, label in choices.choices:
                words.setdefault(plain(str(label)), value)
    return words


def languages(cell: Any) -> tuple[str, ...]:
    """Languages by code or name, separated by "|"."""
    return tuple(dict.fromkeys(_language(item, get_language() or "fr") for item in _items(cell)))


@lru_cache(maxsize=1024)
def _language(written: str, reader: str) -> str:
    return find_language(written)


def slots(cell: Any) -> tuple[str, ...]:
    """Weekly slots, `mon 18:00-20:00|sat 09:00-12:00`, also in words ("lundi 18h-20h")."""
    return tuple(in_week_order({_slot(item, get_language() or "fr") for item in _items(cell)}))


@lru_cache(maxsize=1024)
def _slot(written: str, reader: str) -> str:
    return read_slot(written)


def insee(cell: Any) -> str:
    """An INSEE code, with the zero that spreadsheets take from 01004."""
    code = as_text(cell).upper()
    return code.zfill(5) if re.fullmatch(r"\d{4}", code) else code


def _items(cell: Any) -> list[str]:
    return [item.strip() for item in as_text(cell).split(LIST_MARK) if item.strip()]


# --- Writing -------------------------------------------------------------------------------------------


def harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) else cell
