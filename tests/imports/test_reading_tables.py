"""Where the table is, and which of its lines are rows."""

import pytest

from catalogue.spreadsheets import (
    as_text,
    knows_names,
    open_spreadsheet,
)
from tests.imports.reading import COLUMNS, csv_of, ids, read, refusal
from tests.imports.sheets import (
    HEADER,
    ods,
    ods_row,
    rows,
    sheet_xml,
    xlsx,
)

TITLE = ["Liste des hébergeurs"]
HELP = [["Mode d'emploi"], ["Une ligne par logement, merci !"], ["Code INSEE : 5 chiffres"], []]


@pytest.mark.parametrize(
    ("above", "line"),
    [
        ([], 1),
        ([TITLE], 2),
        ([TITLE, [], ["Association", "d'essai"], []], 5),
        ([["", "", "Édition du", "28/11/2026"]], 2),
        (HELP * 8, 33),
        ([["Tél.", "03 53 01 00 00", "", "Mail", "a@exemple.fr"]], 2),
        ([["1", "2", "3", "4", "5", "6", "7", "8"]], 2),  # numbered columns
        ([["id :", "numéro de la ligne"], ["kind :", "housing, goods ou skill"]], 3),
    ],
)
@pytest.mark.parametrize("make", ["csv", "xlsx", "ods"])
def test_the_header_is_found_under_what_is_above(above: list[list[str]], line: int, make: str) -> None:
    lines = [*above, HEADER, *rows("a", "b")]
    content = {
        "csv": lambda: csv_of(lines).encode(),
        "xlsx": lambda: xlsx({"Feuil1": sheet_xml(lines)}),
        "ods": lambda: ods(f'<table:table table:name="F">{"".join(map(ods_row, lines))}</table:table>'),
    }[make]()
    book = open_spreadsheet(content)
    assert book.kind == make
    table = book.table(knows_names(COLUMNS))
    assert (table.header_line, table.header) == (line, HEADER)
    assert [one.number for one in table.first(2)] == [line + 1, line + 2]
    assert ids(content) == ["a", "b"]


@pytest.mark.parametrize("above", [[], [TITLE], [TITLE, [], ["Association", "d'essai"]], HELP])
def test_without_known_names_the_shape_tells_the_header(above: list[list[str]]) -> None:
    header = ["Prénom", "Ville où l’on habite", "Combien de places ?", "Quand"]
    lines = [*above, header, ["Ana", "Strasbourg", "2", "dès lundi"], ["Léo", "Schiltigheim", "3", "mardi"]]
    table = open_spreadsheet(csv_of(lines).encode()).table()
    assert table.header == header
    assert [[as_text(cell) for cell in line.cells] for line in table.first(1)] == [lines[-2]]
    assert len(list(table.lines)) == 2


def test_a_header_in_another_script_is_shown() -> None:
    lines = [["المعرف", "النوع", "المدينة"], ["1", "housing", "67482"]]
    sentence = refusal(csv_of(lines).encode())
    assert "المعرف" in sentence
    assert open_spreadsheet(csv_of(lines).encode()).table().header == lines[0]


def test_a_header_in_two_rows_is_read_together() -> None:
    upper = ["id", "kind", "category", "commune", "available", "capacity", "Contact", ""]
    lower = ["", "", "", "", "", "", "nom", "e-mail"]
    good, bad, notices = read(csv_of([TITLE, upper, lower, *rows("a")]).encode())
    assert not bad
    assert (good[0]["contact_name"], good[0]["contact_email"]) == ("Zoé Émile", "a@exemple.fr")
    assert "L’en-tête tient sur deux lignes (2 et 3)\u202f: elles ont été lues ensemble." in notices
    # One row of names under a title of groups, each name known by itself.
    groups = ["Logement", "", "", "", "", "", "Contact", ""]
    assert ids(csv_of([groups, HEADER, *rows("a", "b")]).encode()) == ["a", "b"]


def test_the_header_line_that_a_person_said_counts() -> None:
    content = csv_of([["id", "kind", "x"], HEADER, *rows("a")]).encode()
    assert ids(content, header_line=2) == ["a"]
    assert refusal(content, header_line=9) == "La ligne 9 n’est pas dans ce fichier."


@pytest.mark.parametrize(
    ("between", "notice"),
    [
        ([HEADER], "En-tête répété, passé\u202f: ligne 3."),
        ([HEADER[:3]], "En-tête répété, passé\u202f: ligne 3."),
        ([["ID", "Kind", "CATEGORY ", "commune"]], "En-tête répété, passé\u202f: ligne 3."),
        ([["Total", "", "", "", "", "4"]], "Totaux, non lus\u202f: ligne 3."),
        ([["", "", "", "", "TOTAL :", "1 250"]], "Totaux, non lus\u202f: ligne 3."),
        ([["Sous-total Strasbourg", "", "", "", "", "4", "", ""]], "Totaux, non lus\u202f: ligne 3."),
        ([["Total général", "12", "", "", "", "4"]], "Totaux, non lus\u202f: ligne 3."),
        ([["Moyenne", "", "", "", "", "2,5"]], "Totaux, non lus\u202f: ligne 3."),
        (
            [["Quartier Neudorf"]],
            "Lignes d’une seule cellule, non lues (1)\u202f: 3 («\u00a0Quartier Neudorf\u00a0»).",
        ),
        ([["", "", "", "* sous réserve"]], "Lignes d’une seule cellule, non lues (1)\u202f: 3"),
        ([["12"], ["13"]], "Lignes d’une seule cellule, non lues (2)\u202f: 3"),
    ],
)
@pytest.mark.parametrize("make", ["csv", "xlsx"])
def test_lines_that_are_no_rows_are_passed_over_and_said(
    between: list[list[str]], notice: str, make: str
) -> None:
    first, second = rows("a", "b")
    lines = [HEADER, first, *between, second]
    content = csv_of(lines).encode() if make == "csv" else xlsx({"F": sheet_xml(lines)})
    good, bad, notices = read(content)
    assert not bad
    assert [row["id"] for row in good] == ["a", "b"]
    assert any(one.startswith(notice) for one in notices)


def test_names_in_other_words_under_the_header_are_no_row() -> None:
    header = [*HEADER[:6], "nom", "contact_email", "texte"]
    labels = ["id", "kind", "category", "commune", "available", "capacity", "nom contact", "e-mail", "text"]
    lines = [header, labels, *([*row, "x"] for row in rows("a"))]
    good, bad, notices = read(csv_of(lines).encode())
    assert not bad
    assert [row["id"] for row in good] == ["a"]
    assert notices == ["En-tête répété, passé\u202f: ligne 2."]


def test_what_our_own_files_wrote_against_formulas_comes_in_again() -> None:
    row = [
        *rows("a")[0][:6],
        "'+33 6",
        "'@a",
    ]
    assert read(csv_of([HEADER, row]).encode())[0][0]["contact_name"] == "+33 6"
    row[6] = "'t Hart"
    assert read(csv_of([HEADER, row]).encode())[0][0]["contact_name"] == "'t Hart"


def test_a_row_that_only_begins_like_a_total_is_a_row() -> None:
    (row,) = rows("Total")
    assert ids(csv_of([HEADER, row]).encode()) == ["Total"]
    # A row with two things said and no number is incomplete, and no total.
    _good, bad, notices = read(csv_of([HEADER, ["total", "housing"]]).encode())
    assert bad
    assert not notices


def test_a_second_table_underneath_is_not_read_in_silence() -> None:
    other = ["commune", "capacity", "text", "id"]
    lines = [HEADER, *rows("a"), [], other, ["67482", "3", "x", "z"], ["67482", "3", "x", "y"]]
    good, bad, _notices = read(csv_of(lines).encode())
    assert [row["id"] for row in good] == ["a"]
    assert bad == [
        "ligne 4\u202f: un autre tableau commence ici, avec d’autres colonnes\u202f: les lignes 4 à 6 n’ont pas été "
        "lues. Mettez-le dans un fichier à part"
    ]


def test_two_tables_side_by_side_are_refused() -> None:
    lines = [[*HEADER, "", *HEADER], [*rows("a")[0], "", *rows("b")[0]]]
    assert "côte à côte" in refusal(csv_of(lines).encode())
    # Notes beside the table are only not read.
    good, bad, notices = read(csv_of([[*HEADER, "", "Légende"], [*rows("a")[0], "", "R : réservé"]]).encode())
    assert not bad
    assert len(good) == 1
    assert notices == ["Colonnes inconnues, non lues\u202f: Légende."]


def test_a_csv_within_one_column_of_a_workbook_is_cut() -> None:
    lines = [[";".join(map(str, line))] for line in [HEADER, *rows("a", "b")]]
    assert ids(xlsx({"F": sheet_xml(lines)})) == ["a", "b"]
