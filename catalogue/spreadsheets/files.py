"""Opening a csv or xlsx that somebody else made: its encoding, its header, its lines."""

import codecs
import csv
import re
import warnings
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO
from xml.etree.ElementTree import ParseError

import openpyxl
from django.utils.translation import gettext as _
from openpyxl.utils.exceptions import InvalidFileException

from catalogue.labels import listed
from catalogue.spreadsheets.cells import as_text

CHUNK = 1 << 20

_ZIP, _OLD_OFFICE, _PDF = b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF"
_BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
# "é" in UTF-8, read byte by byte: nobody writes that in Latin-1.
_UTF8_LETTER = re.compile(rb"\xc3[\x80-\xbf]")


class Unreadable(Exception):
    """The file as a whole cannot be read; says why, to a person."""


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
        if not is_blank(line.cells):
            return Table([as_text(cell) for cell in line.cells], lines)
    raise Unreadable(_("Ce fichier est vide."))


def is_blank(cells: Iterable[Any]) -> bool:
    # A plain loop: it ends at the first cell of most lines, and a million lines pass here.
    for cell in cells:  # noqa: SIM110
        if as_text(cell):
            return False
    return True
