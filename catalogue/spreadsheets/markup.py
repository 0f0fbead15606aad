"""Tables in mark-up that go by the name xls: web pages, which many sites export, and Excel's XML of 2003.

Neither is calculated, fetched or executed: text between marks, and nothing else. What cannot be read exactly (tables
in tables, declarations) is refused.
"""

import re
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.parsers import expat

from django.utils.translation import gettext as _

from catalogue.spreadsheets.encodings import find_encoding
from catalogue.spreadsheets.lines import MOST_COLUMNS, Line, Sheet, Unreadable, merged_value, too_wide
from catalogue.spreadsheets.workbooks.survey import error

MOST_BYTES = 60 << 20
MOST_ROWS = 1 << 20
_CHUNK = 1 << 18
_SPACES = re.compile(r"[ \t\r\n\f]+")
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([\w-]+)", re.IGNORECASE)


def read_html(path: Path, encoding: str = "") -> list[Sheet]:
    """Each table of a web page as a sheet; without a name where there is one table."""
    _refuse_large(path, _("Cette page web"))
    parser = _Page()
    with path.open("rb") as file:
        declared = _CHARSET.search(file.read(4096))
    found = find_encoding(path, encoding or _python_name(declared))
    with path.open(encoding=found.name, errors=found.errors, newline="") as file:
        while text := file.read(_CHUNK):
            parser.feed(text)
    parser.close()
    parser.end_table()
    tables = [table for table in parser.tables if table]
    if not tables:
        raise Unreadable(
            _("Ce fichier est une page web sans tableau. Enregistrez le tableau au format xlsx ou csv.")
        )
    names = [""] if len(tables) == 1 else [_("tableau %(n)s") % {"n": n + 1} for n in range(len(tables))]
    sheets = []
    for name, table in zip(names, tables, strict=True):
        hidden = [row.number for row in table if row.is_hidden and any(row.cells)]
        sheet = Sheet(
            name,
            lambda table=table: (Line(row.number, row.cells) for row in table),  # type: ignore[misc]
            expected=len(table),
            hidden_rows=hidden,
        )
        sheets.append(sheet)
    sheets[0].notices.append(_("Ce fichier est une page web\u202f: son tableau a été lu."))
    return sheets


def _python_name(declared: re.Match[bytes] | None) -> str:
    name = declared[1].decode("ascii", "replace").lower() if declared else ""
    return {
        "windows-1252": "cp1252", "iso-8859-1": "cp1252", "latin1": "cp1252", "iso-8859-15": "iso8859-15",
        "windows-1256": "cp1256", "windows-1251": "cp1251", "macintosh": "mac-roman",
    }.get(name, "")  # fmt: skip


def _refuse_large(path: Path, what: str) -> None:
    if path.stat().st_size > MOST_BYTES:
        raise Unreadable(
            _(
                "%(what)s est trop grande (%(most)s\u00a0Mo au plus). Enregistrez le tableau au format xlsx ou csv."
            )
            % {"what": what, "most": MOST_BYTES >> 20}
        )


class _HtmlRow:
    def __init__(self, number: int, *, is_hidden: bool) -> None:
        self.number, self.is_hidden = number, is_hidden
        self.cells: list[Any] = []


class _Page(HTMLParser):
    """The cells of a page's tables; rows are counted from 1 in each."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[list[_HtmlRow]] = []
        self.depth = 0
        self.row: _HtmlRow | None = None
        self.cell: list[str] | None = None
        self.span = (1, 1)
        self.below: dict[int, tuple[int, str]] = {}  # column → rows still to fill, text
        self.unseen = 0  # within script or style

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in ("script", "style"):
            self.unseen += 1
        elif tag == "table":
            if self.cell is not None:
                raise Unreadable(
                    _("Cette page web a des tableaux dans des tableaux. Enregistrez-la au format xlsx.")
                )
            self.end_table()
            self.tables.append([])
            self.depth = 1
        elif tag == "tr" and self.tables:
            self._end_row()
            number = len(self.tables[-1]) + 1
            if number > MOST_ROWS:
                raise Unreadable(_("Cette page web est trop longue. Enregistrez le tableau au format csv."))
            style = given.get("style", "").replace(" ", "").lower()
            self.row = _HtmlRow(number, is_hidden="hidden" in given or "display:none" in style)
        elif tag in ("td", "th") and self.row is not None:
            self._end_cell()
            self.cell = []
            self.span = (_span(given.get("rowspan")), _span(given.get("colspan")))
        elif tag in ("br", "p", "div", "li") and self.cell:
            self.cell.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self.unseen = max(self.unseen - 1, 0)
        elif tag in ("td", "th"):
            self._end_cell()
        elif tag == "tr":
            self._end_row()
        elif tag == "table":
            self.end_table()

    def handle_data(self, data: str) -> None:
        if self.cell is not None and not self.unseen:
            self.cell.append(_SPACES.sub(" ", data))

    def end_table(self) -> None:
        self._end_row()
        self.below.clear()

    def _fill_from_above(self, row: _HtmlRow) -> None:
        while (above := self.below.get(len(row.cells))) is not None:
            left, text = above
            if left > 1:
                self.below[len(row.cells)] = (left - 1, text)
            else:
                del self.below[len(row.cells)]
            row.cells.append(merged_value(text, row.number - 1))

    def _end_cell(self) -> None:
        if self.cell is None or self.row is None:
            return
        text = "\n".join(line.strip() for line in "".join(self.cell).split("\n")).strip()
        self.cell = None
        down, right = self.span
        self._fill_from_above(self.row)
        if len(self.row.cells) + right > MOST_COLUMNS:
            raise Unreadable(too_wide())
        for at in range(right):
            if down > 1:
                self.below[len(self.row.cells)] = (down - 1, text if at == 0 else "")
            self.row.cells.append(text if at == 0 else None)

    def _end_row(self) -> None:
        self._end_cell()
        if self.row is not None:
            self._fill_from_above(self.row)
            self.tables[-1].append(self.row)
            self.row = None


def _span(text: str | None) -> int:
    return min(max(int(text), 1), MOST_COLUMNS) if text and text.isascii() and text.isdigit() else 1


# --- Excel's XML of 2003 -----------------------------------------------------------------------------------


def read_xml2003(path: Path) -> list[Sheet]:
    """The sheets of a workbook in Excel's XML of 2003."""
    _refuse_large(path, _("Cette feuille XML"))
    book = _Book()
    try:
        with path.open("rb") as file:
            book.parser.ParseFile(file)
    except (expat.ExpatError, ValueError, LookupError) as fault:
        raise Unreadable(
            _("Ce fichier est un classeur XML d’Excel 2003, et il est abîmé. Enregistrez-le au format xlsx.")
        ) from fault
    if not book.sheets:
        raise Unreadable(_("Ce classeur n’a aucune feuille."))
    return [
        Sheet(
            one.name,
            lambda one=one: (Line(number, cells) for number, cells in one.rows),  # type: ignore[misc]
            one.is_hidden,
            expected=len(one.rows),
            hidden_rows=one.hidden,
        )
        for one in book.sheets
    ]


class _XmlSheet:
    def __init__(self, name: str) -> None:
        self.name, self.is_hidden = name, False
        self.rows: list[tuple[int, list[Any]]] = []
        self.hidden: list[int] = []
        self.next_row = 1


class _Book:
    def __init__(self) -> None:
        self.sheets: list[_XmlSheet] = []
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = self._declared
        self.cells: list[Any] | None = None
        self.kind = ""
        self.data: list[str] | None = None
        self.visible: list[str] | None = None
        self.is_hidden = False
        self.across = self.down = 0
        self.below: dict[int, tuple[int, int, Any]] = {}  # column → row, how many below it, what it says

    def _declared(self, *_declared: Any) -> None:
        raise Unreadable(
            _("Ce fichier contient des déclarations XML qu’aucun tableur n’écrit\u202f: il n’est pas lu.")
        )

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        tag = name.rpartition(" ")[2]
        given = {key.rpartition(" ")[2]: value for key, value in attributes.items()}
        if tag == "Worksheet":
            self.sheets.append(_XmlSheet(given.get("Name", "")))
            self.below.clear()
        elif not self.sheets:
            return
        elif tag == "Row":
            sheet = self.sheets[-1]
            sheet.next_row = max(int(given.get("Index", sheet.next_row)), sheet.next_row)
            self.is_hidden = given.get("Hidden") == "1"
            self.cells = []
        elif tag == "Cell" and self.cells is not None:
            place = int(given.get("Index", len(self.cells) + 1)) - 1
            self.across = int(given.get("MergeAcross", 0))
            if max(place, len(self.cells)) + self.across >= MOST_COLUMNS:
                raise Unreadable(too_wide())
            self._fill_from_above(place)
            down = int(given.get("MergeDown", 0))
            self.down = down if not self.across else 0
            self.cells.append(None)
        elif tag == "Data" and self.cells:
            self.kind, self.data = given.get("Type", "String"), []
        elif tag == "Visible":
            self.visible = []

    def _fill_from_above(self, until: int) -> None:
        """Cells up to a place: empty, or merged with one above."""
        assert self.cells is not None
        row = self.sheets[-1].next_row
        while len(self.cells) < until:
            top, down, value = self.below.get(len(self.cells), (row, 0, None))
            self.cells.append(merged_value(value, top) if top < row <= top + down else None)

    def _text(self, text: str) -> None:
        if self.data is not None:
            self.data.append(text)
        elif self.visible is not None:
            self.visible.append(text)

    def _end(self, name: str) -> None:
        tag = name.rpartition(" ")[2]
        if tag == "Data" and self.data is not None and self.cells:
            self.cells[-1] = _value(self.kind, "".join(self.data))
            self.data = None
        elif tag == "Cell" and self.cells is not None:
            if self.down and self.cells and self.cells[-1] is not None:
                self.below[len(self.cells) - 1] = (self.sheets[-1].next_row, self.down, self.cells[-1])
            self.cells += [None] * self.across
        elif tag == "Row" and self.cells is not None:
            sheet = self.sheets[-1]
            self._fill_from_above(max(self.below, default=-1) + 1)
            if any(cell is not None for cell in self.cells):
                sheet.rows.append((sheet.next_row, self.cells))
                if self.is_hidden:
                    sheet.hidden.append(sheet.next_row)
            sheet.next_row += 1
            self.cells = None
        elif tag == "Visible" and self.visible is not None:
            self.sheets[-1].is_hidden = "".join(self.visible).strip() in ("SheetHidden", "SheetVeryHidden")
            self.visible = None


def _value(kind: str, text: str) -> Any:
    if kind == "Number":
        return float(text)
    if kind == "DateTime":
        return datetime.fromisoformat(text.strip())
    if kind == "Boolean":
        return text.strip() == "1"
    return error(text) if kind == "Error" else text
