"""Workbooks of every program, web pages and XML that are called xls."""

from collections.abc import Sequence
from typing import Any

import pytest

from catalogue.spreadsheets import (
    FileQuestion,
    Row,
    open_spreadsheet,
    parse_rows,
)
from tests.imports.reading import COLUMNS, ids, read, refusal
from tests.imports.sheets import (
    HEADER,
    STRICT_MAIN,
    STRICT_OFFICE,
    ods,
    ods_row,
    rows,
    sheet_xml,
    xlsx,
)


def test_strict_workbooks_are_read() -> None:
    strict = {"main": STRICT_MAIN}
    sheet = sheet_xml([HEADER, *rows("a", "b")], hidden=[3], **strict)
    content = xlsx({"F": sheet}, **strict, office=STRICT_OFFICE)
    assert ids(content, hidden_rows="skip") == ["a"]


def test_several_sheets_that_look_alike_are_asked_about() -> None:
    sheets = {month: sheet_xml([HEADER, *rows(month)]) for month in ("Janvier", "Février")}
    with pytest.raises(FileQuestion) as asked:
        read(xlsx(sheets))
    assert asked.value.about == "sheet"
    assert [name for name, _label in asked.value.options] == ["Janvier", "Février"]
    assert str(asked.value) == (
        "Plusieurs feuilles peuvent être le tableau\u202f: Janvier, Février. "
        'Dites laquelle\u202f: --sheet "Janvier".'
    )
    assert ids(xlsx(sheets), sheet="fevrier") == ["Février"]
    alike = {
        name: sheet_xml([["id", "kind"], HEADER, *rows(name[-1])])
        for name in ("Liste-1", "Liste 1", "Liste 2")
    }
    assert ids(xlsx(alike), sheet="Liste 1", header_line=2) == ["1"]
    with pytest.raises(FileQuestion):
        read(xlsx(alike), header_line=2)
    assert refusal(xlsx(sheets), sheet="Mars") == (
        "Aucune feuille ne s’appelle «\u00a0Mars\u00a0». Ce fichier a\u202f: Janvier, Février."
    )


@pytest.mark.parametrize(
    "other",
    [
        [["Comment remplir ce tableau"], ["Une ligne par logement"]],
        [["oui", "non"], ["femmes", "familles"]],  # lists of choices
        [["id", "kind"], ["numéro de la ligne", "housing, goods ou skill"]],  # what the columns mean
        [HEADER],  # a template that nobody filled
        [[]],
    ],
)
@pytest.mark.parametrize("first", [True, False])
def test_the_sheet_with_the_table_is_found(other: list[list[str]], first: bool) -> None:
    table, rest = sheet_xml([HEADER, *rows("a")]), sheet_xml(other)
    content = xlsx({"Notes": rest, "Liste": table} if first else {"Liste": table, "Notes": rest})
    good, bad, notices = read(content)
    assert not bad
    assert [row["id"] for row in good] == ["a"]
    assert notices == ["Seule la feuille «\u00a0Liste\u00a0» est lue, pas les autres (Notes)."]


def test_a_sheet_with_all_columns_is_preferred() -> None:
    few = [line[:4] for line in [HEADER, *rows("old")]]
    content = xlsx({"Vieux": sheet_xml(few), "Liste": sheet_xml([HEADER, *rows("a")])})
    assert ids(content) == ["a"]
    assert open_spreadsheet(content).table().others == ["Liste"]
    # None has them all: which one is meant is asked.
    with pytest.raises(FileQuestion):
        read(xlsx({"Un": sheet_xml(few), "Deux": sheet_xml(few)}))


def test_hidden_sheets_are_said_and_not_read() -> None:
    sheets = {"Vieux": sheet_xml([HEADER, *rows("old")]), "Liste": sheet_xml([HEADER, *rows("a")])}
    content = xlsx(sheets, states={"Vieux": "veryHidden"})
    good, _bad, notices = read(content)
    assert [row["id"] for row in good] == ["a"]
    assert notices == ["Feuilles masquées, non lues\u202f: Vieux."]
    assert ids(content, sheet="Vieux") == ["old"]


def test_filtered_rows_are_named_as_such() -> None:
    lines = [HEADER, *rows("a", "b", "c", "d", "e")]
    after = '<autoFilter ref="A1:H6"><filterColumn colId="0"><filters/></filterColumn></autoFilter>'
    with pytest.raises(FileQuestion, match="4 lignes sont masquées, par un filtre peut-être \\(3–6\\)"):
        read(xlsx({"F": sheet_xml(lines, hidden=[3, 4, 5, 6], after=after)}))
    written = "".join(map(ods_row, lines[:2])) + "".join(
        ods_row(line, ' table:visibility="filter"') for line in lines[2:]
    )
    content = ods(f'<table:table table:name="F">{written}</table:table>')
    with pytest.raises(FileQuestion, match="4 lignes sont masquées, par un filtre peut-être \\(3–6\\)"):
        read(content)
    assert ids(content, hidden_rows="skip") == ["a"]


def test_hidden_rows_with_nothing_in_them_or_above_the_header_ask_nothing() -> None:
    lines = [["Liste des hébergeurs"], HEADER, *rows("a"), [None] * 8, [None] * 8]
    assert ids(xlsx({"F": sheet_xml(lines, hidden=[1, 4, 5])})) == ["a"]
    tail = ods_row([None], ' table:number-rows-repeated="1048000" table:visibility="collapse"')
    written = "".join(map(ods_row, lines[1:3])) + tail
    assert ids(ods(f'<table:table table:name="F">{written}</table:table>')) == ["a"]


def test_a_formula_with_a_result_is_its_result() -> None:
    row = rows("a")[0]
    row[5] = "<f>1+1</f><v>2</v>"
    row[6] = '<c t="str"><f>A2</f><v>Zoé</v></c>'
    good, bad, _notices = read(xlsx({"F": sheet_xml([HEADER, row])}))
    assert not bad
    assert (good[0]["capacity"], good[0]["contact_name"]) == ("2", "Zoé")


@pytest.mark.parametrize(
    "cell",
    ["<f>1+1</f><v></v>", "<f>1+1</f>", '<c t="e"><v>#REF!</v></c>', '<c t="e"><f>1/0</f><v>#DIV/0!</v></c>'],
)
def test_a_cell_without_a_value_is_never_an_empty_one(cell: str) -> None:
    row = rows("a")[0]
    row[6] = cell
    good, bad, _notices = read(xlsx({"F": sheet_xml([HEADER, row, *rows("b")])}))
    assert [one["id"] for one in good] == ["b"]
    assert len(bad) == 1
    assert "ligne 2, colonne «\u00a0contact_name\u00a0»" in bad[0]


def test_errors_of_ods_are_seen() -> None:
    row = ods_row(rows("a")[0]).replace(
        '<table:table-cell office:value-type="string"><text:p>Zoé Émile</text:p>',
        '<table:table-cell office:value-type="string" calcext:value-type="error"><text:p>#N/D</text:p>',
    )
    good, bad, _notices = read(ods(f'<table:table table:name="F">{ods_row(HEADER)}{row}</table:table>'))
    assert not good
    assert "erreur du tableur" in bad[0]


def test_a_table_in_the_middle_of_a_sheet_keeps_its_places() -> None:
    lines = [[], [], *([None, None, *line] for line in [HEADER, *rows("a")])]
    (row,) = parse_rows(open_spreadsheet(xlsx({"F": sheet_xml(lines)})).table(), COLUMNS)
    assert isinstance(row, Row)
    assert (row.line, row.places["id"]) == (4, ("id", "C"))


@pytest.mark.parametrize(
    ("column", "value", "is_taken"),
    [(3, "67482", True), (3, 67000, True), (6, "Zoé", True), (5, 3, False), (5, "3", False)],
)
def test_merged_cells_say_the_same_for_each_line_but_small_numbers(
    column: int, value: Any, is_taken: bool
) -> None:
    lines = [HEADER, *rows("a", "b", "c")]
    lines[1][column] = value
    lines[2][column] = lines[3][column] = None
    place = "ABCDEFGH"[column]
    after = f'<mergeCells count="1"><mergeCell ref="{place}2:{place}4"/></mergeCells>'
    good, bad, notices = read(xlsx({"F": sheet_xml(lines, after=after)}))
    name = HEADER[column]
    if is_taken:
        assert [row[name] for row in good] == [str(value)] * 3
        assert any(one.startswith("Cellules fusionnées") for one in notices)
    else:
        assert [row["id"] for row in good] == ["a"]
        assert bad[0] == (
            f"ligne 3, colonne «\u00a0{name}\u00a0»\u202f: cette cellule est fusionnée avec celle de la ligne 2\u202f: "
            "écrivez dans chaque ligne ce qui lui revient."
        )


def test_web_pages_called_xls() -> None:
    def page(body: str, head: str = "") -> bytes:
        return f"<html><head>{head}</head><body>{body}</body></html>".encode()

    def row(line: Sequence[Any], attributes: str = "") -> str:
        return f"<tr {attributes}>" + "".join(f"<td>{cell}" for cell in line)

    lines = [HEADER, *rows("a", "b")]
    table = f"<TABLE border=1>{''.join(map(row, lines))}</TABLE>"
    assert ids(page(table)) == ["a", "b"]
    assert ids(
        page(f"<h1>Liste</h1>{table}", "<style>td {color: red}</style><script>var a = '<td>';</script>")
    ) == ["a", "b"]
    assert ids(b"\r\n <!-- x --> " + table.encode()) == ["a", "b"]
    assert ids(page(table).decode().encode("cp1252")) == ["a", "b"]
    assert ids(page(table).decode().encode("utf-16")) == ["a", "b"]
    hidden = f"<table>{row(HEADER)}{row(lines[1])}{row(lines[2], 'style=display:none')}</table>"
    assert ids(page(hidden), hidden_rows="skip") == ["a"]
    with pytest.raises(FileQuestion):
        read(page(hidden))
    entities = table.replace("Zoé", "Zo&eacute;&nbsp;").replace("Émile", "&#201;mile<br>x")
    assert [one["contact_name"].split() for one in read(page(entities))[0]] == [["Zoé", "Émile", "x"]] * 2
    merged = table.replace("<td>67482", "<td rowspan=2>67482", 1)
    assert [one["commune"] for one in read(page(merged.replace("<td>67482", "")))[0]] == ["67482", "67482"]
    assert "tableaux dans des tableaux" in refusal(page(f"<table><tr><td>{table}</td></tr></table>"))
    assert "sans tableau" in refusal(page("<p>Bonjour</p>"))


def test_xml_of_2003() -> None:
    def book(body: str) -> bytes:
        return (
            '<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?>'
            '<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" '
            'xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet">'
            f'<Worksheet ss:Name="Liste"><Table>{body}</Table></Worksheet></Workbook>'
        ).encode()

    def row(line: Sequence[Any], attributes: str = "") -> str:
        cells = "".join(f'<Cell><Data ss:Type="String">{cell}</Data></Cell>' for cell in line)
        return f"<Row {attributes}>{cells}</Row>"

    header, (first, second) = row(HEADER), rows("a", "b")
    assert ids(book(header + row(first) + row(second, 'ss:Index="9"'))) == ["a", "b"]
    typed = row(first).replace('"String">2<', '"Number">2<')
    assert read(book(header + typed))[0][0]["capacity"] == "2"
    merged = row(first).replace(
        '<Cell><Data ss:Type="String">67482', '<Cell ss:MergeDown="1"><Data ss:Type="String">67482'
    )
    below = row(second).replace(
        '<Cell><Data ss:Type="String">67482</Data></Cell><Cell>', '<Cell ss:Index="5">'
    )
    assert [one["commune"] for one in read(book(header + merged + below))[0]] == ["67482", "67482"]
    assert "il est abîmé" in refusal(book(header + row(first))[:-30])
