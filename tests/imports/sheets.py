"""Spreadsheets as other programs write them, in a few lines each."""

import io
import zipfile
from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import escape, quoteattr

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STRICT_MAIN = "http://purl.oclc.org/ooxml/spreadsheetml/main"
STRICT_OFFICE = "http://purl.oclc.org/ooxml/officeDocument/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"

HEADER = ["id", "kind", "category", "commune", "available", "capacity", "contact_name", "contact_email"]


def rows(*names: str) -> list[list[Any]]:
    """Good rows of offers with these ids."""
    return [
        [name, "housing", "separate_room", "67482", "2026-12-01..", 2, "Zoé Émile", f"{name}@exemple.fr"]
        for name in names
    ]


def letters(column: int) -> str:
    text = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(65 + rest) + text
    return text


def cell(row: int, column: int, value: Any) -> str:
    """A cell; a text that begins with "<" is put in as it stands."""
    place = f'r="{letters(column)}{row}"'
    if value is None:
        return f'<c {place} s="0"/>'
    if isinstance(value, str) and value.startswith("<"):
        return f"<c {place}{value[2:]}" if value.startswith("<c") else f"<c {place}>{value}</c>"
    if isinstance(value, int | float):
        return f"<c {place}><v>{value}</v></c>"
    return f'<c {place} t="inlineStr"><is><t>{escape(value)}</t></is></c>'


def sheet_xml(
    lines: Sequence[Sequence[Any]],
    *,
    hidden: Sequence[int] = (),
    before: str = "",
    after: str = "",
    main: str = MAIN,
) -> str:
    """The XML of a sheet; `hidden` are numbers of lines, `after` follows the cells (merges, filters)."""
    written = "".join(
        f'<row r="{row}"{" hidden=" + chr(34) + "1" + chr(34) if row in hidden else ""}>'
        + "".join(cell(row, column, value) for column, value in enumerate(line))
        + "</row>"
        for row, line in enumerate(lines, 1)
    )
    return f'<?xml version="1.0"?><worksheet xmlns="{main}">{before}<sheetData>{written}</sheetData>{after}</worksheet>'


def xlsx(
    sheets: dict[str, str], *, states: dict[str, str] | None = None, main: str = MAIN, office: str = OFFICE
) -> bytes:
    """A workbook of these sheets (name → XML)."""
    listed = "".join(
        f'<sheet name={quoteattr(name)} sheetId="{at}" state="{(states or {}).get(name, "visible")}" r:id="rId{at}"/>'
        for at, name in enumerate(sheets, 1)
    )
    relations = "".join(
        f'<Relationship Id="rId{at}" Type="{office}/worksheet" Target="worksheets/sheet{at}.xml"/>'
        for at in range(1, len(sheets) + 1)
    )
    types = "".join(
        f'<Override PartName="/xl/worksheets/sheet{at}.xml" ContentType="{_SHEET_TYPE}.worksheet+xml"/>'
        for at in range(1, len(sheets) + 1)
    )
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
        f'<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_SHEET_TYPE}.sheet.main+xml"/>{types}</Types>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="r1" Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">{relations}</Relationships>',
    }
    parts |= {f"xl/worksheets/sheet{at}.xml": text for at, text in enumerate(sheets.values(), 1)}
    return archive(parts)


def ods(body: str, *, extra: dict[str, str] | None = None) -> bytes:
    """An OpenDocument workbook with this inside of its spreadsheet element."""
    office = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"
    table = "urn:oasis:names:tc:opendocument:xmlns:table:1.0"
    text = "urn:oasis:names:tc:opendocument:xmlns:text:1.0"
    return archive(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "content.xml": f'<?xml version="1.0"?><office:document-content xmlns:office="{office}" '
            f'xmlns:table="{table}" xmlns:text="{text}" '
            'xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0">'
            f"<office:body><office:spreadsheet>{body}</office:spreadsheet></office:body></office:document-content>",
            "META-INF/manifest.xml": '<manifest xmlns="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
            **(extra or {}),
        }
    )


def ods_row(line: Sequence[Any], attributes: str = "") -> str:
    cells = "".join(
        f'<table:table-cell office:value-type="string"><text:p>{escape(str(value))}</text:p></table:table-cell>'
        if value is not None
        else "<table:table-cell/>"
        for value in line
    )
    return f"<table:table-row{attributes}>{cells}</table:table-row>"


def archive(parts: dict[str, str | bytes]) -> bytes:
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            made.writestr(name, content)
    return into.getvalue()
