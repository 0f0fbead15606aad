"""Surveys of xlsx and xlsm, strict ones too."""

import posixpath
import re
import zipfile
from typing import Any

from catalogue.spreadsheets.lines import MOST_COLUMNS
from catalogue.spreadsheets.workbooks.survey import MOST_CELLS, PLACES, Survey, error, formula, go_through

_DIGITS = "0123456789"
_CHUNK = 1 << 20
# What is hidden, a formula, an error, a declaration, or another encoding: looked for one by one, which is far faster
# than one expression for all.
_TELLING = (
    b"hidden", b"filterColumn", b"<f>", b"<f ", b"<f/", b":f>", b":f ", b":f/", b't="e"', b"t='e'", b"<!DOCTYPE", b"\0",
)  # fmt: skip
_CELL = re.compile(rb'<c r="([A-Z]{1,3})[0-9]')
_ROW = re.compile(rb'<row r="([0-9]+)"')
_TRUE = {"1", "true", "on"}


def parts(archive: zipfile.ZipFile) -> dict[str, str]:
    """Name of each sheet → the file in the archive that holds it."""
    book = _main_part(archive)
    targets = relations(archive, book)
    sheets: dict[str, str] = {}

    def start(name: str, attributes: dict[str, str]) -> None:
        if name == "sheet" and "name" in attributes:
            relation = next((value for key, value in attributes.items() if key.endswith(":id")), "")
            if relation in targets:
                sheets[attributes["name"]] = targets[relation]

    with archive.open(book) as file:
        go_through(file, start)
    return sheets


def _main_part(archive: zipfile.ZipFile) -> str:
    found = relations(archive, "", of_type="/officeDocument")
    return next(iter(found.values()), "xl/workbook.xml")


def relations(archive: zipfile.ZipFile, part: str, of_type: str = "") -> dict[str, str]:
    """Id → target of a part's relations."""
    folder, name = posixpath.split(part)
    targets: dict[str, str] = {}

    def start(name: str, attributes: dict[str, str]) -> None:
        if name == "Relationship" and attributes.get("Type", "").endswith(of_type):
            target = attributes.get("Target", "")
            path = (
                target[1:] if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
            )
            targets[attributes.get("Id", "")] = path

    path = posixpath.join(folder, "_rels", f"{name}.rels")
    if path in archive.namelist():
        with archive.open(path) as file:
            go_through(file, start)
    return targets


def survey(archive: zipfile.ZipFile, part: str) -> Survey:
    """Of the sheet in this part of the archive."""
    if _is_plain(archive, part):
        return Survey()
    walk = _Walk()
    with archive.open(part) as file:
        go_through(file, walk.start, walk.prepare)
    walk.close_cell()
    return walk.found


def _is_plain(archive: zipfile.ZipFile, part: str) -> bool:
    """Whether nothing in a sheet needs a survey: most have but values, and a look at their bytes tells it fast."""
    columns: set[bytes] = set()
    last_row = cells = named = 0
    rest = b""
    with archive.open(part) as file:
        while chunk := file.read(_CHUNK):
            text = rest + chunk
            text, rest = text[: (end := text.rfind(b">") + 1)], text[end:]
            if any(mark in text for mark in _TELLING):
                return False
            found = _CELL.findall(text)
            columns.update(found)
            named += len(found)
            cells += text.count(b"<c ") + text.count(b":c ")
            last_row = max(last_row, *map(int, _ROW.findall(text)), 0)
    width = max((PLACES[letters.decode()] for letters in columns), default=0) + 1
    return cells == named and width < MOST_COLUMNS and last_row * width <= MOST_CELLS


class _Walk:
    """One way through a sheet: what is known of a cell is settled where the next one begins."""

    def __init__(self) -> None:
        self.found = Survey()
        self.row = self.column = -1
        self.row_is_hidden = False
        self.kind = ""
        self.is_formula = self.has_value = self.value_asked = False
        self.formula: list[str] = []
        self.value: list[str] = []
        self.parser: Any = None

    def prepare(self, parser: Any) -> None:
        self.parser = parser

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if self.value_asked:
            self.parser.CharacterDataHandler = None
            self.value_asked = False
        if name == "c":
            if self.kind == "e" or self.is_formula:
                self.close_cell()
            self.kind = attributes.get("t", "")
            place = attributes.get("r")
            self.column = PLACES[place.rstrip(_DIGITS)] if place else self.column + 1
            self.is_formula = self.has_value = False
        elif name in ("v", "is"):
            self.has_value = True
            if self.is_formula or self.kind == "e":
                self._listen(self.value)
            self.found.reach(self.row, self.column)
            if self.row_is_hidden:
                self.found.filled_rows.add(self.row)
        elif name == "row":
            self.close_cell()
            place = attributes.get("r")
            self.row = int(place) - 1 if place else self.row + 1
            self.column = -1
            self.row_is_hidden = attributes.get("hidden") in _TRUE
            if self.row_is_hidden:
                self.found.hidden_rows.add(self.row)
        elif name == "f":
            self.is_formula = True
            self._listen(self.formula)
        elif name == "col" and attributes.get("hidden") in _TRUE:
            first, last = int(attributes["min"]) - 1, int(attributes["max"])
            self.found.hidden_columns.update(range(max(first, 0), min(last, 20_000)))
        elif name == "filterColumn":
            self.found.is_filtered = True

    def _listen(self, where: list[str]) -> None:
        where.clear()
        self.value_asked = True
        self.parser.CharacterDataHandler = where.append

    def close_cell(self) -> None:
        """The cell before has ended: whether it had a value."""
        if self.kind == "e" and self.has_value:
            self.found.faults[self.row, self.column] = error("".join(self.value))
        elif self.is_formula and self.kind != "str" and not (self.has_value and "".join(self.value).strip()):
            self.found.faults[self.row, self.column] = formula("".join(self.formula).strip())
            self.found.reach(self.row, self.column)
        self.kind, self.is_formula, self.has_value = "", False, False
        self.value.clear()
        self.formula.clear()
