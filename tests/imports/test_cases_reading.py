"""From bytes to rows of cells: files as tired people, associations and their programs make them."""

import io
import resource
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from catalogue.spreadsheets import (
    Column,
    FileAnswers,
    FileQuestion,
    Row,
    Unreadable,
    as_text,
    knows_names,
    open_spreadsheet,
    parse_rows,
    read_table,
    text,
)
from tests.imports.conftest import Said
from tests.imports.sheets import (
    HEADER,
    STRICT_MAIN,
    STRICT_OFFICE,
    archive,
    ods,
    ods_row,
    rows,
    sheet_xml,
    xlsx,
)

CASES = Path(__file__).parent / "cases"
REQUIRED = ("id", "kind", "category", "commune", "available", "capacity")
COLUMNS = (
    *(Column(name, text(most=200), required=True) for name in REQUIRED),
    Column("contact_name", text(most=200), ("nom", "nom contact"), default=""),
    Column("contact_email", text(most=200), ("e-mail", "contact e-mail"), default=""),
    Column("text", text(most=200), ("texte",), default=""),
    Column("confirmed_on", as_text, default=""),
    *(
        Column(name, text(most=200), default="")
        for name in ("languages", "step_free", "shared_home", "first_day", "last_day")
    ),
)
GOOD = ["housing", "separate_room", "67482", "2026-12-01..", "2"]


def read(source: Path | bytes, **said: Any) -> tuple[list[Row], list[str], list[str]]:
    """The good rows, what is wrong with the others, and the notices."""
    answers = FileAnswers(**said)
    table = open_spreadsheet(source, encoding=answers.encoding).table(answers=answers)
    found = list(parse_rows(table, COLUMNS))
    good = [row for row in found if isinstance(row, Row)]
    return good, [str(cell) for row in found if not isinstance(row, Row) for cell in row], table.notices


def ids(source: Path | bytes, **said: Any) -> list[str]:
    """The ids of a file in which every row is good."""
    good, bad, _notices = read(source, **said)
    assert not bad
    return [row["id"] for row in good]


def csv_of(lines: Sequence[Sequence[Any]], mark: str = ";", end: str = "\r\n") -> str:
    return "".join(mark.join("" if cell is None else str(cell) for cell in line) + end for line in lines)


def refusal(source: Path | bytes, **said: Any) -> str:
    with pytest.raises(Unreadable) as refused:
        read(source, **said)
    sentence = str(refused.value)
    assert "\n" not in sentence
    assert sentence.endswith((".", ").", "»."))
    return sentence


PLAIN = csv_of([HEADER, *rows("a", "b")])


# --- The cases ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("title_rows.csv", ["title_rows-1", "title_rows-2"]),
        ("title_merged.xlsx", ["x1", "x2"]),
        ("notes_first.xlsx", ["x1", "x2"]),
        ("libreoffice.ods", []),
        ("html_as.xls", []),
        ("web_page.xls", ["x1", "x2", "x3"]),
        ("blanks_between.ods", ["x1", "x2", "x3"]),
        ("pipe_delim.csv", ["pipe_delim-1", "pipe_delim-2"]),
        ("utf16le_nobom.csv", ["utf16le_nobo-1"]),
        ("utf16be_bom.csv", ["utf16be_bom-1"]),
        ("mac_roman.csv", ["mac_roman-1"]),
        ("cp850.csv", ["cp850-1"]),
        ("mac_cr.csv", ["mac_cr-1", "mac_cr-2"]),
        ("header_again.csv", ["header_again-1", "header_again-2", "fin-1"]),
        ("total_row.csv", ["total_row-1", "total_row-2"]),
        ("short_and_long.csv", ["short_and_lo-1", "short_and_lo-2", "court-1", "long-1"]),
        ("ctrl_z.csv", ["ctrl_z-1", "ctrl_z-2"]),
        ("formatted_tail.xlsx", ["x1", "x2"]),
        ("merged.xlsx", ["x1", "x2", "x3"]),
        ("hyperlinks.xlsx", ["x1", "x2"]),
        ("table.xlsx", ["x1", "x2"]),
        ("plain.xlsx", ["x1", "x2"]),
        ("macro.xlsm", ["x1", "x2"]),
    ],
)
def test_a_case_is_read_whole(name: str, found: list[str]) -> None:
    good, bad, _notices = read(CASES / name)
    assert not bad
    assert [row["id"] for row in good] == found
    for row in good:
        assert [row[name] for name in REQUIRED[1:]] == GOOD


@pytest.mark.parametrize(
    ("name", "notice"),
    [
        (
            "title_rows.csv",
            "Le tableau commence à la ligne 4. Ce qui est au-dessus n’est pas lu\u202f: «\u00a0Liste des",
        ),
        ("title_merged.xlsx", "Le tableau commence à la ligne 3."),
        (
            "notes_first.xlsx",
            "Seule la feuille «\u00a0Hébergeurs\u00a0» est lue, pas les autres (Mode d'emploi).",
        ),
        ("cp850.csv", "il a été lu en CP850."),
        ("mac_roman.csv", "il a été lu en Mac Roman."),
        ("utf16le_nobom.csv", "Le fichier est en UTF-16"),
        ("header_again.csv", "En-tête répété, passé\u202f: ligne 4."),
        ("total_row.csv", "Totaux, non lus\u202f: ligne 4."),
        ("merged.xlsx", "Cellules fusionnées"),
        ("web_page.xls", "Ce fichier est une page web"),
    ],
)
def test_what_was_understood_is_said(name: str, notice: str) -> None:
    assert any(notice in one for one in read(CASES / name)[2])


@pytest.mark.parametrize("name", ["cp850.csv", "mac_roman.csv"])
def test_old_encodings_keep_every_accent(name: str) -> None:
    (row,) = read(CASES / name)[0]
    assert row["contact_name"] == "Zoé Lefèvre"
    assert row["text"].replace("’", "'") == "Chambre à l'étage, très calme"


def test_formulas_without_a_result_are_refused_where_they_stand() -> None:
    good, bad, _notices = read(CASES / "formulas.xlsx")
    assert not good
    assert [line.split("\u202f: ")[0] for line in bad] == [
        "ligne 2, colonne «\u00a0capacity\u00a0»",
        "ligne 3, colonne «\u00a0contact_email\u00a0»",
        "ligne 4, colonne «\u00a0kind\u00a0»",
    ]


def test_xml_of_2003_with_one_cell_lacks_its_columns() -> None:
    assert refusal(CASES / "xml2003.xls") == (
        "Ce fichier n’a qu’une seule colonne, «\u00a0id\u00a0». "
        "Il en faut aussi\u202f: kind, category, commune, available, capacity."
    )


@pytest.mark.parametrize(
    "name", ["hidden_rows.xlsx", "hidden_rows.xls", "hidden_rows.xlsb", "hidden_rows_xml.xls"]
)
def test_hidden_rows_are_asked_about(name: str) -> None:
    with pytest.raises(FileQuestion) as asked:
        read(CASES / name)
    assert asked.value.about == "hidden_rows"
    assert [value for value, _meaning in asked.value.options] == ["read", "skip"]
    assert str(asked.value).startswith(
        "1 ligne est masquée (3). Dites s’il faut les lire (--hidden-rows read)"
    )
    assert ids(CASES / name, hidden_rows="skip") == ["x1", "x3"]
    assert "Lignes masquées, non lues\u202f: 3." in read(CASES / name, hidden_rows="skip")[2]
    assert ids(CASES / name, hidden_rows="read") == ["x1", "x2", "x3"]
    assert "Lignes masquées, lues aussi\u202f: 3." in read(CASES / name, hidden_rows="read")[2]


def test_hidden_columns_are_read_and_said() -> None:
    notices = read(CASES / "hidden_rows.xlsx", hidden_rows="read")[2]
    assert "Colonnes masquées, lues aussi\u202f: contact_phone." in notices


# --- Marks between cells -----------------------------------------------------------------------------------


@pytest.mark.parametrize("mark", [";", ",", "\t", "|", ":"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_mark_and_any_end_of_line(mark: str, end: str) -> None:
    assert ids(csv_of([HEADER, *rows("a", "b")], mark, end).encode()) == ["a", "b"]


@pytest.mark.parametrize(
    "content",
    [
        "sep=;\n" + PLAIN,
        "SEP=;\r\n" + PLAIN,
        '"sep=;"\n' + PLAIN,
        "\ufeffsep=;\n" + PLAIN,
        "\n\n" + PLAIN,
        PLAIN.replace("\r\n", "\n", 1),  # ends of two kinds
        PLAIN.replace("\r\n", "\r", 1),
        PLAIN + "\x1a",
        PLAIN + "\r\n\r\n;;;;;;;\r\n",
        PLAIN.rstrip("\r\n"),
        PLAIN.replace(";", ";;;", 0),
        csv_of([[*HEADER, ""], *([*row, ""] for row in rows("a", "b"))]),  # a mark at the end of each line
        csv_of([["", *HEADER], *(["", *row] for row in rows("a", "b"))]),  # an empty first column
        csv_of([[f'"{cell}"' for cell in line] for line in [HEADER, *rows("a", "b")]]),
        csv_of([[f" {cell} " for cell in line] for line in [HEADER, *rows("a", "b")]]),
        csv_of(
            [[f'"{";".join(map(str, line))}"'] for line in [HEADER, *rows("a", "b")]]
        ),  # quoted line by line
        csv_of([["Liste, du 3, novembre, 2026", "", ""], [], HEADER, *rows("a", "b")]),
        csv_of([["Tél : 03 88, ouvert : 9h, 10h"], HEADER, *rows("a", "b")]),
    ],
)
def test_what_programs_do_to_a_csv_changes_no_row(content: str) -> None:
    good, bad, _notices = read(content.encode())
    assert not bad
    assert [row["id"] for row in good] == ["a", "b"]
    assert [[row[name] for name in REQUIRED[1:]] for row in good] == [GOOD, GOOD]


def test_lists_and_decimals_within_cells_do_not_decide_the_mark() -> None:
    lines = [[*HEADER, "languages", "text"]] + [
        [*row, "fr|en|ar", "1,5 km, calme, clair"] for row in rows("a", "b", "c")
    ]
    good, bad, _notices = read(csv_of(lines).encode())
    assert not bad
    assert [(row["languages"], row["text"]) for row in good] == [("fr|en|ar", "1,5 km, calme, clair")] * 3


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ('chambre "cosy" au calme', 'chambre "cosy" au calme'),
        ('"chambre ""cosy"""', 'chambre "cosy"'),
        ('"chambre" cosy', "chambre cosy"),
        ('"sans fin', "sans fin"),
        ('5" de large', '5" de large'),
        ("l'étage", "l'étage"),
        ('"deux\nlignes"', "deux\nlignes"),
        ('"a;b"', "a;b"),
    ],
)
def test_quotes_in_the_wrong_place_cost_no_row(cell: str, value: str) -> None:
    first, second, third = rows("a", "b", "c")
    content = csv_of([[*HEADER, "text"], [*first, "x"], [*second, cell], [*third, "y"]])
    good, bad, _notices = read(content.encode())
    assert not bad
    assert [row["id"] for row in good] == ["a", "b", "c"]
    assert [row["text"] for row in good] == ["x", value, "y"]


def test_nuls_are_taken_out_and_said() -> None:
    good, bad, notices = read(PLAIN.replace("Zoé", "Z\0oé", 1).encode() + b"\0\0\0\0")
    assert not bad
    assert [row["contact_name"] for row in good] == ["Zoé Émile"] * 2
    assert notices == ["Des octets nuls ont été retirés (ligne 2 et suivantes)."]
    # What a crash left behind the end is nobody's.
    assert read(PLAIN.encode() + b"\0" * 600)[2] == []


def test_one_column_is_named_as_what_it_is() -> None:
    assert "une seule colonne" in refusal(b"E-mail\na@exemple.fr\nb@exemple.fr\n")
    aligned = "id     kind      category         commune\na      housing   separate_room    67482\n"
    assert "alignées par des espaces" in refusal(aligned.encode())


# --- Encodings ---------------------------------------------------------------------------------------------

FRENCH = "Zoé Lefèvre, où l’été à Noël coûte 20 € — « Çà » n° 3"


@pytest.mark.parametrize(
    ("encoding", "said"),
    [
        ("utf-8", ""),
        ("utf-8-sig", ""),
        ("utf-16", "UTF-16"),
        ("utf-16-le", "UTF-16"),
        ("utf-16-be", "UTF-16"),
        ("utf-32", "UTF-16"),
        ("cp1252", "Windows-1252"),
        ("mac-roman", "Mac Roman"),
    ],
)
def test_french_is_read_in_any_encoding(encoding: str, said: str) -> None:
    lines = [[*HEADER, "text"], *([*row, FRENCH] for row in rows("a", "b"))]
    good, bad, notices = read(csv_of(lines).encode(encoding))
    assert not bad
    assert [row["text"] for row in good] == [FRENCH] * 2
    assert (said in notices[0]) if said else not notices


@pytest.mark.parametrize(
    ("encoding", "words"),
    [
        ("iso8859-15", "Cœur d'Émeraude, 20 €, Zoé Lefèvre"),
        ("latin-1", "Hélène Müller, garçon à l'étage"),
        ("cp850", "Hélène Müller, garçon à l'étage, n° 3"),
        ("cp437", "Hélène, garçon à l'étage"),
        ("mac-roman", "FRANÇOISE, à l’étage n° 3"),
        ("mac-roman", "Hélène Müller, garçon à l'étage"),
        ("cp1252", "FRANÇOISE DÉSIRÉE LEFÈVRE n° 3"),
        ("cp1252", "Ana Muñoz, Łódź"[:9]),
        ("cp1256", "السلام عليكم, Zoé, à l'étage"),
        ("cp1251", "Катерина Шевченко з дітьми"),
    ],
)
def test_words_tell_the_encoding(encoding: str, words: str) -> None:
    lines = [[*HEADER, "text"], *([*row[:6], "Essai", row[7], words] for row in rows("a", "b"))]
    good, bad, _notices = read(csv_of(lines).encode(encoding))
    assert not bad
    assert [row["text"] for row in good] == [words] * 2


def test_a_doubtful_encoding_is_asked_about() -> None:
    lines = [[*HEADER, "text"], *([*row[:6], "Essai", row[7], "l\x88"] for row in rows("a"))]
    content = csv_of(lines).encode("latin-1")
    with pytest.raises(FileQuestion) as asked:
        read(content)
    assert asked.value.about == "encoding"
    assert "cp850" in [value for value, _label in asked.value.options]
    (row,) = read(content, encoding="cp850")[0]
    assert row["text"] == "lê"


def test_two_encodings_in_one_file_are_both_read() -> None:
    first, second = rows("a", "b")
    content = csv_of([HEADER, first]).encode() + csv_of([second]).encode("cp1252")
    good, bad, notices = read(content)
    assert not bad
    assert [row["contact_name"] for row in good] == ["Zoé Émile"] * 2
    assert "à partir de la ligne 3" in notices[0]


# --- Where the table is ------------------------------------------------------------------------------------

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


# --- Workbooks ---------------------------------------------------------------------------------------------


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
    lines = [TITLE, HEADER, *rows("a"), [None] * 8, [None] * 8]
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


# --- What is no table, and what means harm -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "est une image"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "est une image"),
        (b"\0\0\0\x18ftypheic\0\0", "est une image"),
        (b"%PDF-1.7\n%\xe2\xe3", "est un PDF"),
        (b"{\\rtf1\\ansi", "document de texte"),
        (b"\x1f\x8b\x08\0", "est une archive"),
        (b"Rar!\x1a\x07", "est une archive"),
        (b"SQLite format 3\0", "base de données"),
        (b"BEGIN:VCARD\nVERSION:3.0\n", "fiches de contact"),
        (b"MIME-Version: 1.0\nContent-Type: multipart/related", "page web enregistrée"),
        (b'{"offers": []}', "JSON"),
        (b'<?xml version="1.0"?><offers><offer/></offers>', "document XML"),
        (b"\x09\x02\x06\x00\x00\x00", "Excel d’avant 1997"),
        (archive({"word/document.xml": "<x/>", "[Content_Types].xml": "<x/>"}), "document Word"),
        (archive({"Index/Document.iwa": "x"}), "vient de Numbers"),
        (archive({"liste.csv": "id;kind"}), "archive zip"),
        (
            archive({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": "<x/>"}),
            "document de texte",
        ),
        (ods("", extra={"META-INF/manifest.xml": "<m><encryption-data/></m>"}), "mot de passe"),
        (b"PK\x05\x06" + b"\0" * 18, "archive vide"),
        ((CASES / "password.xlsx").read_bytes(), "protégé par un mot de passe"),
        ((CASES / "word.xls").read_bytes(), "document Word"),
        ((CASES / "short_records.xlsb").read_bytes(), "Enregistrez-le au format xlsx"),
        (bytes(range(256)) * 4, "n’est pas un tableau"),
        (xlsx({}), "aucune feuille"),
        (xlsx({"F": sheet_xml([])}), "Ce fichier est vide."),
    ],
)
def test_what_is_no_table_is_named_with_what_to_do(content: bytes, sentence: str) -> None:
    assert sentence in refusal(content)


@pytest.mark.parametrize(
    "name", ["plain.xlsx", "libreoffice.ods", "hidden_rows.xls", "hidden_rows.xlsb", "hidden_rows_xml.xls"]
)
def test_a_file_cut_short_or_damaged_ends_in_a_sentence(name: str) -> None:
    content = (CASES / name).read_bytes()
    for length in range(8, len(content), max(len(content) // 6, 1)):
        damaged = (
            content[:length]
            + bytes(byte ^ 0x5A for byte in content[length : length + 8])
            + content[length + 8 :]
        )
        for wrong in (content[:length], damaged):
            try:
                read(wrong, hidden_rows="read")
            except Unreadable as refused:
                assert str(refused)  # noqa: PT017 - either way is right, a traceback is not


ENTITIES = (
    '<?xml version="1.0"?><!DOCTYPE w [<!ENTITY a "aaaaaaaaaa"><!ENTITY b SYSTEM "file:///etc/passwd">]>'
)


@pytest.mark.parametrize(
    "content",
    [
        xlsx({"F": sheet_xml([HEADER, *rows("a")]).replace('<?xml version="1.0"?>', ENTITIES)}),
        ods(
            f'<table:table table:name="F">{ods_row(HEADER)}</table:table>',
            extra={"content.xml": ENTITIES + "<w>&b;</w>"},
        ),
        (
            ENTITIES.replace(" w ", " Workbook ")
            + '<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">&b;</Workbook>'
        ).encode(),
    ],
)
def test_declarations_in_xml_are_not_believed(content: bytes) -> None:
    assert "déclarations XML" in refusal(content)


def _far() -> bytes:
    sheet = sheet_xml([HEADER, *rows("a")]).replace(
        "</sheetData>", '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    )
    return xlsx({"F": sheet})


def _bomb() -> bytes:
    return archive({"[Content_Types].xml": "<x/>", "xl/worksheets/sheet1.xml": b" " * (21 << 20)})


def _lying_bomb() -> bytes:
    content = bytearray(xlsx({"F": sheet_xml([HEADER, *rows("a")]) + " " * (19 << 20)}))
    # The directory says that the sheet is small.
    at = content.rindex(b"xl/worksheets/sheet1.xml") - 46
    assert content[at : at + 4] == b"PK\x01\x02"
    content[at + 24 : at + 28] = (5000).to_bytes(4, "little")
    return bytes(content)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (_far, "va jusqu’à la cellule XFD1048576"),
        (_bomb, "Une fois décompressé"),
        (_lying_bomb, "abîmé"),
        (lambda: b"id;kind\n" + b"x" * (5 << 20), "une seule ligne y fait plus de quatre millions"),
        (lambda: ("id" + ";a" * 20_000 + "\n1;2\n").encode(), "plus de 16"),
        (
            lambda: ods(
                '<table:table table:name="F"><table:table-row><table:table-cell office:value-type="string" '
                'table:number-columns-repeated="1000000000"><text:p>x</text:p></table:table-cell></table:table-row></table:table>'
            ),
            "plus de 16",
        ),
        (
            lambda: ods(
                '<table:table table:name="F">'
                + ods_row(["x"], ' table:number-rows-repeated="1000000000"')
                + "</table:table>"
            ),
            "va jusqu’à la cellule A1000000000",
        ),
    ],
)
def test_what_means_harm_ends_soon_and_in_little_memory(
    make: Callable[[], bytes], sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("catalogue.spreadsheets.workbooks.reading.MOST_UNPACKED", 20 << 20)
    content = make()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begun = time.process_time()
    assert sentence in refusal(content)
    assert time.process_time() - begun < 5
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024 < 300


def test_a_million_empty_columns_are_nothing() -> None:
    content = csv_of([HEADER, *rows("a")]).replace("\r\n", ";" * 1_000_000 + "\r\n")
    assert ids(content.encode()) == ["a"]


def test_a_million_formatted_cells_are_nothing() -> None:
    tail = "".join(
        f'<row r="{row}">' + "".join(f'<c r="{letter}{row}" s="1"/>' for letter in "ABCDEFGHIJ") + "</row>"
        for row in range(3, 20_003)
    )
    sheet = sheet_xml([HEADER, *rows("a")]).replace("</sheetData>", f"{tail}</sheetData>")
    assert ids(xlsx({"F": sheet})) == ["a"]
    cells = '<table:table-cell table:number-columns-repeated="16000"/>'
    wide = ods_row(rows("a")[0]).replace("</table:table-row>", f"{cells}</table:table-row>")
    long = f'<table:table-row table:number-rows-repeated="1048000">{cells}</table:table-row>'
    assert ids(ods(f'<table:table table:name="F">{ods_row(HEADER)}{wide}{long}</table:table>')) == ["a"]


def test_what_was_sent_is_kept_no_longer_than_it_is_read(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    for source in (PLAIN.encode(), io.BytesIO(PLAIN.encode())):
        table = open_spreadsheet(source).table()
        assert len(list(tmp_path.iterdir())) == 1
        assert len(list(table.lines)) == 2
        del table
        assert not list(tmp_path.iterdir())
    assert "est un PDF" in refusal(b"%PDF-1.7")
    assert not list(tmp_path.iterdir())


def test_a_long_csv_is_never_held_whole(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    line = csv_of(rows("a")).encode()
    with path.open("wb") as file:
        file.write(csv_of([HEADER]).encode())
        for _part in range(12):
            file.write(line * 5000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    table = read_table(path)
    assert table.expected == 60_000
    assert sum(1 for _line in table.lines) == 60_000
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024 < 30


# --- By the commands ---------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_import_asks_and_is_told(import_offers: Callable[..., Said], tmp_path: Path) -> None:
    asked = import_offers(CASES / "hidden_rows.xlsx", dry_run=True)
    assert (asked.status, asked.out) == (1, "")
    assert asked.err.startswith("1 ligne est masquée (3). Dites s’il faut les lire (--hidden-rows read)")
    assert (
        "2 lignes importées"
        in import_offers(CASES / "hidden_rows.xlsx", hidden_rows="skip", dry_run=True).out
    )
    assert (
        "3 lignes importées"
        in import_offers(CASES / "hidden_rows.xlsx", hidden_rows="read", dry_run=True).out
    )
    path = tmp_path / "months.xlsx"
    path.write_bytes(xlsx({name: sheet_xml([HEADER, *rows("a")]) for name in ("Janvier", "Février")}))
    assert "--sheet" in import_offers(path, dry_run=True).err
    told = import_offers(path, sheet="Février", dry_run=True)
    assert "Seule la feuille «\u00a0Février\u00a0» est lue, pas les autres (Janvier)." in told.out
    assert "1 ligne importée" in told.out
