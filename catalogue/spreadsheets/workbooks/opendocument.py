"""Surveys of ods."""

import io
import re
import zipfile

from catalogue.spreadsheets.workbooks.survey import Survey, error, formula, go_through

_BLANKS = re.compile(rb"(</?table:[^>]*>)\s+(?=<)")


def surveys(archive: zipfile.ZipFile) -> list[Survey]:
    """Of all sheets in their order: they stand in one part, and are gone through together."""
    walk = _Walk()
    with archive.open("content.xml") as file:
        go_through(file, walk.start)
    return walk.found


def without_blanks(archive: zipfile.ZipFile) -> bytes:
    """The document without blanks between its rows and cells."""
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as copy:
        for name in ("mimetype", "META-INF/manifest.xml", "styles.xml", "settings.xml"):
            if name in archive.namelist():
                copy.writestr(name, archive.read(name))
        copy.writestr("content.xml", _BLANKS.sub(rb"\1", archive.read("content.xml")))
    return into.getvalue()


class _Walk:
    def __init__(self) -> None:
        self.found: list[Survey] = []
        self.row = self.next_row = 0
        self.next_column = 0
        self.columns = 0
        self.is_hidden = False
        self.rows = 1

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "table":
            self.found.append(Survey(merges=[]))
            self.next_row = self.columns = 0
        elif not self.found:
            return
        elif name == "table-row":
            self.row, self.rows = self.next_row, _times(attributes, "table:number-rows-repeated")
            self.next_row += self.rows
            self.next_column = 0
            state = attributes.get("table:visibility", "visible")
            self.is_hidden = state != "visible"
            if self.is_hidden and self.rows < 100_000:
                self.found[-1].hidden_rows.update(range(self.row, self.next_row))
            self.found[-1].is_filtered = self.found[-1].is_filtered or state == "filter"
        elif name == "table-column":
            times = _times(attributes, "table:number-columns-repeated")
            if attributes.get("table:visibility", "visible") != "visible" and times < 1000:
                self.found[-1].hidden_columns.update(range(self.columns, self.columns + times))
            self.columns += times
        elif name in ("table-cell", "covered-table-cell"):
            self._cell(name, attributes)

    def _cell(self, name: str, attributes: dict[str, str]) -> None:
        column, times = self.next_column, _times(attributes, "table:number-columns-repeated")
        self.next_column += times
        sheet = self.found[-1]
        down = _times(attributes, "table:number-rows-spanned")
        right = _times(attributes, "table:number-columns-spanned")
        if sheet.merges is not None and (down > 1 or right > 1):
            sheet.merges.append((self.row, column, self.row + down - 1, column + right - 1))
        kind = attributes.get("office:value-type", "")
        written = attributes.get("table:formula", "")
        if attributes.get("calcext:value-type") == "error":
            sheet.faults[self.row, column] = error()
        elif written and not kind:
            sheet.faults[self.row, column] = formula(written.partition("=")[2])
        elif not kind:
            return
        sheet.reach(self.row + self.rows - 1, column + times - 1)
        if self.is_hidden and name == "table-cell":
            sheet.filled_rows.update(range(self.row, self.row + self.rows))


def _times(attributes: dict[str, str], name: str) -> int:
    return max(int(attributes.get(name, "1")), 1)
