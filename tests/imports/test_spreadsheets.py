"""The file and its cells, without a database."""

import csv
import io
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.exceptions import ValidationError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalogue.meaning import says_nothing_of_texts
from catalogue.slots import WEEKDAYS
from catalogue.spreadsheets import (
    BadCell,
    CellError,
    Column,
    Row,
    Unreadable,
    as_text,
    day,
    decimal,
    harmless,
    languages,
    many_of,
    moment,
    one_of,
    parse_blocks,
    parse_rows,
    periods,
    plain,
    read_table,
    slots,
    text,
    whole,
    yes_no,
)
from catalogue.spreadsheets.meanings import SAME
from catalogue.vocabulary import Category, Household, Kind
from cities.places import read_place

# A spreadsheet's dates have no time zone, and days need none.
MIDNIGHT = datetime(2026, 3, 1)  # noqa: DTZ001
ANY = (
    Column("id", text(most=200), ("identifiant",), required=True),
    Column("note", text(most=2000), ("précisions",)),
)


def rows_of(path: Path, columns: tuple[Column, ...] = ANY) -> list[Row | list[BadCell]]:
    return list(parse_rows(read_table(path), columns))


def values_of(path: Path, columns: tuple[Column, ...] = ANY) -> list[dict[str, Any]]:
    found = []
    for row in rows_of(path, columns):
        assert isinstance(row, Row), row
        found.append(dict(row.values))
    return found


def file(tmp_path: Path, content: bytes, name: str = "file.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(content)
    return path


# --- Files that are read -------------------------------------------------------------------------------


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize(
    ("encoding", "notice"),
    [
        ("utf-8", ""),
        ("utf-8-sig", ""),
        ("cp1252", "Le fichier n’est pas en UTF-8\u202f: il a été lu en Windows-1252."),
        ("utf-16", "Le fichier est en UTF-16\u202f: il a été lu ainsi."),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_csv_is_read_whatever_wrote_it(
    tmp_path: Path, delimiter: str, encoding: str, notice: str, end: str
) -> None:
    content = end.join(
        [delimiter.join(["Identifiant", "PRÉCISIONS"]), delimiter.join(["a", "« Été », 20 €"[:5]]), ""]
    )
    table = read_table(file(tmp_path, content.encode(encoding)))
    assert table.notices == ([notice] if notice else [])
    (row,) = parse_rows(table, ANY)
    assert isinstance(row, Row)
    assert (row.line, row.values) == (2, {"id": "a", "note": "« Été"})


def test_bytes_that_windows_does_not_know_are_latin_1(tmp_path: Path) -> None:
    path = file(tmp_path, b"id;note\na;caf\xe9 \x81\n")
    assert read_table(path).notices == ["Le fichier n’est pas en UTF-8\u202f: il a été lu en Latin-1."]


def test_a_letter_cut_between_two_readings_is_still_utf_8(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("catalogue.spreadsheets.encodings.CHUNK", 3)
    assert values_of(file(tmp_path, "id,note\na,éééé\n".encode())) == [{"id": "a", "note": "éééé"}]


def test_lines_are_counted_as_they_stand(tmp_path: Path) -> None:
    path = file(tmp_path, b'\nsep=,\nid,note\n\n1,"two\nlines"\n,\n2,x\n')
    # "sep=" counts only as the first line with something in it, as spreadsheets write it.
    table = read_table(path)
    assert [row.line for row in parse_rows(table, ANY) if isinstance(row, Row)] == [5, 8]


def test_the_spreadsheets_own_word_for_the_separator_is_obeyed(tmp_path: Path) -> None:
    assert values_of(file(tmp_path, b"sep=;\nid;note\n1;a,b,c\n")) == [{"id": "1", "note": "a,b,c"}]


def test_cells_of_a_workbook_keep_their_meaning(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Offres"
    book.create_sheet("Notes")
    sheet.append(["id", "jour", "nombre", "décimal", "oui", "texte"])
    sheet.append([12.0, MIDNIGHT, 3, 2.5, True, "01004"])
    sheet.append([None] * 6)
    sheet.append(["b", date(2026, 3, 2), "3", "2,5", "non", 1004])
    path = tmp_path / "a.xlsx"
    book.save(path)
    columns = (
        Column("id", text(most=10), required=True),
        Column("jour", day),
        Column("nombre", whole(least=0, most=9)),
        Column("decimal", decimal(least=0, most=9)),
        Column("oui", yes_no),
        Column("texte", text(most=10)),
    )
    table = read_table(path)
    first, second = parse_rows(table, columns)
    assert table.notices == ["Seule la feuille «\u00a0Offres\u00a0» est lue, pas les autres (Notes)."]
    assert isinstance(first, Row)
    assert isinstance(second, Row)
    assert list(first.values.values()) == ["12", date(2026, 3, 1), 3, 2.5, True, "01004"]
    assert list(second.values.values()) == ["b", date(2026, 3, 2), 3, 2.5, False, "1004"]
    # Of a code a spreadsheet drops the first nought: whoever reads places knows it all the same.
    assert {read_place(str(row["texte"])).insee for row in (first, second)} == {"01004"}
    assert second.line == 4


def test_formulas_and_errors_are_named_where_they_matter(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["id", "note", "inconnue"])
    sheet.append(["=1+1", "a", "=2+2"])
    sheet.append(["2", "#N/A", ""])
    sheet.append(["3", "b", "=3+3"])
    sheet["B3"].data_type = "e"
    book.save(tmp_path / "a.xlsx")
    formula, error, good = rows_of(tmp_path / "a.xlsx")
    assert isinstance(formula, list)
    assert isinstance(error, list)
    assert [str(cell) for cell in formula] == [
        "ligne 2, colonne «\u00a0id\u00a0»\u202f: cette cellule contient une formule. Collez sa valeur à la place."
    ]
    assert [cell.message for cell in error] == ["cette cellule contient une erreur du tableur."]
    assert isinstance(good, Row)


def test_unknown_columns_are_named_once(tmp_path: Path) -> None:
    table = read_table(file(tmp_path, b"id,Nom du chat,,note,age\n1,Minou,,x,3\n2,Tigre,,y,4\n"))
    assert len(list(parse_rows(table, ANY))) == 2
    assert table.notices == ["Colonnes inconnues, non lues\u202f: Nom du chat, age."]


# --- Files that are not --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "Ce fichier est vide."),
        (b"\n \n,,\n", "Ce fichier est vide."),
        (b"\xef\xbb\xbf", "Ce fichier est vide."),
        (b"PK\x03\x04 not a workbook", "n’est pas un classeur lisible"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old", "n’est pas un classeur xls lisible"),
        (b"%PDF-1.7\n", "est un PDF"),
        (b"id,note\n1,a\n2,\x00\x00\x00\x00\x00\x00\x00\x00\x00b\n", "il contient autre chose que du texte"),
        (b"\xff\xfei\x00d\x00\x00\xd8", "n’est pas un texte lisible (utf-16)"),
        (
            "id,note\n1,é\n".encode() + b"2,Zo\x8e\n3,\x8eva\n",
            "mélange deux codages de caractères\u202f: la ligne 3",
        ),
        (b'id,"no\n1,a\n', "L’en-tête n’a pas pu être lu (ligne 1)"),
        (
            b"Dear all,\nplease find enclosed\n",
            "Ce fichier n’a qu’une seule colonne, «\u00a0Dear all\u00a0». Il en faut aussi\u202f: id (identifiant).",
        ),
        (b"id,note,Identifiant\n1,a,2\n", "La colonne id est donnée deux fois («\u00a0id\u00a0» et"),
    ],
)
def test_what_is_no_table_is_refused_in_words(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(Unreadable) as refused:
        rows_of(file(tmp_path, content))
    assert message in str(refused.value)


def test_what_is_no_file_is_refused_in_words(tmp_path: Path) -> None:
    for path, message in (
        (tmp_path, "est un dossier"),
        (tmp_path / "none.csv", "n’existe pas"),
        (Path("/dev/null"), "ordinaire"),
    ):
        with pytest.raises(Unreadable, match=message):
            read_table(path)


def test_a_workbook_cut_short_is_refused_in_words(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for number in range(2000):
        book.active.append([number, f"note {number}"])
    book.save(tmp_path / "whole.xlsx")
    content = (tmp_path / "whole.xlsx").read_bytes()
    for length in range(20, len(content) - 1, len(content) // 23):
        with pytest.raises(Unreadable):
            rows_of(file(tmp_path, content[:length], "cut.xlsx"))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=400))
def test_no_file_ends_in_a_traceback(tmp_path: Path, content: bytes) -> None:
    for start in (b"", b"id,note\n", b"PK\x03\x04", b'id;note\n"'):
        try:
            rows_of(file(tmp_path, start + content))
        except Unreadable as refused:
            assert str(refused)  # noqa: PT017 - either way is right, a traceback is not


# --- Lines ---------------------------------------------------------------------------------------------


def test_a_line_with_too_many_cells_is_not_guessed_at(tmp_path: Path) -> None:
    first, second = rows_of(file(tmp_path, b"id,note\n1,2,5\n2,x,,\n"))
    assert isinstance(first, list)
    assert str(first[0]).startswith("ligne 2\u202f: la ligne a 3 cellules et l’en-tête 2.")
    assert isinstance(second, Row)


def test_a_quote_that_never_closes_costs_no_other_line_in_silence(tmp_path: Path) -> None:
    lines = [b"id,note", b"1,a", b'2,"b', b"3,c", b'4,d"e', b"5,f"]
    found = rows_of(file(tmp_path, b"\n".join(lines)))
    assert [row["note"] for row in found if isinstance(row, Row)] == ["a", "b", "c", 'd"e', "f"]
    # A quote may hold lines together: where one by one they are no rows, none is believed.
    first, torn = rows_of(file(tmp_path, b'id,note\n1,a\n2,"b\nc "d" e"\n'))
    assert isinstance(first, Row)
    assert isinstance(torn, list)
    assert str(torn[0]) == (
        "ligne 3\u202f: un guillemet s’ouvre et ne se referme pas\u202f: les lignes 3 à 4 n’ont pas été lues"
    )


def test_an_invisible_character_is_named(tmp_path: Path) -> None:
    (bad,) = rows_of(file(tmp_path, b"id,note\n1,a\x07b\n"))
    assert isinstance(bad, list)
    assert (bad[0].line, bad[0].column, bad[0].letter) == (2, "note", "B")
    assert "invisible" in bad[0].message


def test_every_bad_cell_of_a_line_is_named(tmp_path: Path) -> None:
    columns = (
        Column("id", text(most=3), required=True),
        Column("n", whole(least=1, most=5)),
        Column("d", day),
    )
    (bad,) = rows_of(file(tmp_path, b"id,n,d\n,peu,2026-02-30\n"), columns)
    assert isinstance(bad, list)
    assert [(cell.letter, cell.value, cell.message) for cell in bad] == [
        ("A", "", "cette cellule est vide."),
        ("B", "peu", "«\u00a0peu\u00a0» n’est pas un nombre."),
        ("C", "2026-02-30", "le jour «\u00a02026-02-30\u00a0» n’existe pas."),
    ]


# --- Lines as columns ----------------------------------------------------------------------------------

TYPED = (
    Column("id", text(most=4), required=True),
    Column("n", whole(least=1, most=5), default=1),
    Column("d", day),
    Column("oui", yes_no, default=False),
    Column("absent", whole(least=1, most=5), default=3),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    lines=st.lists(
        st.tuples(
            st.sampled_from(["a", "bb", "", "trop long", "\x07", " c "]),
            st.sampled_from(["1", "5", "", "6", "six"]),
            st.sampled_from(["2026-03-01", "01/03/2026", "", "2026-02-30"]),
            st.sampled_from(["oui", "no", "", "peut-être", "1"]),
            st.sampled_from([None, "", "x"]),
        ),
        max_size=12,
    ),
    size=st.sampled_from([1, 2, 5, 100]),
)
def test_blocks_say_of_each_line_what_rows_say(
    tmp_path: Path, lines: list[tuple[Any, ...]], size: int
) -> None:
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(["id", "n", "d", "oui"])
    writer.writerows([cell for cell in line if cell is not None] for line in lines)
    path = file(tmp_path, written.getvalue().encode())
    expected: list[Any] = rows_of(path, TYPED)
    found: dict[int, Any] = {}
    for block in parse_blocks(read_table(path), TYPED, size=size):
        assert len(block) + len(block.bad) <= size
        found |= {cells[0].line: cells for cells in block.bad}
        for at, line in enumerate(block.lines):
            found[line] = {name: column[at] for name, column in block.values.items()}
            complaint = block.bad_cell(at, "n", "non")
            assert (complaint.line, complaint.letter) == (line, "B")
            assert complaint.value in {"1", "5", ""}
    assert [found[line] for line in sorted(found)] == [
        dict(row.values) if isinstance(row, Row) else row for row in expected
    ]


def test_the_true_and_the_one_of_a_workbook_stay_apart(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for line in (["id", "n", "oui"], ["a", 1, True], ["b", True, 1], ["c", 1.0, "x"]):
        book.active.append(line)
    book.save(tmp_path / "a.xlsx")
    (block,) = parse_blocks(read_table(tmp_path / "a.xlsx"), TYPED)
    assert (block.lines, block["n"], block["oui"]) == ([2, 4], [1, 1], [True, True])
    assert [str(cells[0]) for cells in block.bad] == [
        "ligne 3, colonne «\u00a0n\u00a0»\u202f: «\u00a0yes\u00a0» n’est pas un nombre."
    ]


def test_more_distinct_cells_than_are_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("catalogue.spreadsheets.meanings.MOST_REMEMBERED", 3)
    path = file(tmp_path, b"id,n\n" + b"".join(b"%d,%d\n" % (at, at % 9) for at in range(40)))
    (block,) = parse_blocks(read_table(path), TYPED)
    assert block["id"] == [str(at) for at in range(40) if at % 9 in range(1, 6)]
    assert len(block.bad) == 40 - len(block)


# --- Cells ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parse", "cell", "value"),
    [
        (decimal(least=0, most=5000), "2,5", 2.5),
        (decimal(least=0, most=5000), " 1\u202f234,5 ", 1234.5),
        (decimal(least=-90, most=90), "−21.1", -21.1),
        (whole(least=1, most=5000), "1 000", 1000),
        (whole(least=1, most=5000), 3.0, 3),
        (day, "01/03/2026", date(2026, 3, 1)),
        (day, "1.3.2026", date(2026, 3, 1)),
        (day, "2026-03-01T00:00:00", date(2026, 3, 1)),
        (day, "2026-03-01 09:30:00+01:00", date(2026, 3, 1)),
        (day, MIDNIGHT.replace(hour=12), date(2026, 3, 1)),
        (moment, "01/03/2026", MIDNIGHT),
        (moment, MIDNIGHT.date(), MIDNIGHT),
        (moment, MIDNIGHT, MIDNIGHT),
        (moment, "2026-03-01 09:30", MIDNIGHT.replace(hour=9, minute=30)),
        (moment, "2026-03-01T09:30:00Z", MIDNIGHT.replace(hour=9, minute=30, tzinfo=UTC)),
        (yes_no, "Oui", True),
        (yes_no, "NON", False),
        (yes_no, 1, True),
        (one_of(Kind), "Logement", "housing"),
        (one_of(Category), "Chambre chez l'habitant", "shared_room"),
        (one_of(Category), "Chambre chez l’habitant", "shared_room"),
        (many_of(Household, {"femmes": "women"}), "women| femmes |Un couple|", ("women", "couples")),
        (languages, "fr|Anglais|ti|fr", ("fr", "en", "ti")),
        (slots, "sat 09:00-12:00|lundi 18h-20h", ("mon 18:00-20:00", "sat 09:00-12:00")),
        (periods, "2026-07-01..|01/03/2026..2026-05-31", (
            (date(2026, 3, 1), date(2026, 5, 31)), (date(2026, 7, 1), None),
        )),
    ],
)  # fmt: skip
def test_cells_are_read_as_people_type_them(parse: Any, cell: Any, value: Any) -> None:
    assert parse(cell) == value


@pytest.mark.parametrize(
    ("parse", "cell", "message"),
    [
        (whole(least=1, most=50), "0", "un nombre entier de 1 à 50 est attendu, pas «\u00a00\u00a0»."),
        (whole(least=1, most=50), "2,5", "un nombre entier de 1 à 50"),
        (whole(least=1, most=50), "1e400", "n’est pas un nombre"),
        (whole(least=1, most=50), True, "n’est pas un nombre"),
        (decimal(least=0, most=500), "nan", "n’est pas un nombre"),
        (decimal(least=0, most=500), "12 km", "n’est pas un nombre sûr"),
        (decimal(least=0, most=500), "501", "un nombre de 0 à 500"),
        (day, "03/25/2026", "n’existe pas"),
        (day, "le chat", "n’est pas un jour. Écrivez 2026-03-01 ou 01/03/2026."),
        (day, "0026-03-01", "hors du temps"),
        (day, 67482, "n’est pas un jour"),
        (moment, "hier", "dépend du jour où c’était écrit"),
        (moment, "2026-03-01T25:00:00", "l’heure de"),
        (yes_no, "peut-être", "oui ou non est attendu"),
        (one_of(Kind), "château", "n’est pas dans la liste\u202f: housing, goods, skill."),
        (periods, "2026-03-01", "ce jour seulement, ou à partir de ce jour"),
        (periods, "..2020-03-01", "la fin doit venir après le début"),
        (periods, "2026-03-02..2026-03-01", "la fin doit venir après le début"),
        (periods, "2026-03-01..|2026-05-01..", "deux périodes se chevauchent"),
        (
            periods,
            "|".join(f"{year}-01-01..{year}-01-02" for year in range(2026, 2077)),
            "au plus 50 périodes",
        ),
        (periods, "2026-03-01..2026-05-01|2026-05-01..", "deux périodes se chevauchent"),
        (text(most=5), "abcdef", "6 caractères, c’est trop long (5 au plus)."),
    ],
)
def test_what_is_wrong_with_a_cell_is_said(parse: Any, cell: Any, message: str) -> None:
    with pytest.raises(CellError) as refused:
        parse(cell)
    assert message in str(refused.value)


@pytest.mark.parametrize(("parse", "cell"), [(languages, "fr|klingon du nord"), (slots, "mon 20:00-18:00")])
def test_words_of_the_house_refuse_as_everywhere(parse: Any, cell: str) -> None:
    with pytest.raises(ValidationError):
        parse(cell)


days = st.dates(date(2000, 1, 1), date(2100, 12, 31))


@given(days)
def test_a_day_survives_both_ways_of_writing_it(one: date) -> None:
    assert (
        day(one.isoformat()) == day(f"{one:%d/%m/%Y}") == day(datetime.combine(one, MIDNIGHT.time())) == one
    )


@given(st.lists(days, min_size=1, max_size=9, unique=True), st.booleans())
def test_periods_survive_being_written(marks: list[date], is_open: bool) -> None:
    marks.sort()
    stretches: list[tuple[date, date | None]] = list(zip(marks[::2], marks[1::2], strict=False))
    if len(marks) % 2:
        stretches.append((marks[-1], None if is_open else marks[-1]))
    written = "|".join(f"{first}..{last or ''}" for first, last in reversed(stretches))
    assert periods(written) == tuple(stretches)


@given(st.decimals(-90, 90, places=6), st.sampled_from(".,"))
def test_numbers_survive_being_written(number: Any, mark: str) -> None:
    assert decimal(least=-90, most=90)(str(f"{number:f}").replace(".", mark)) == float(number)


@given(st.sets(st.tuples(st.sampled_from(WEEKDAYS), st.integers(0, 23), st.integers(0, 59)), min_size=1))
def test_slots_survive_being_written(parts: set[tuple[str, int, int]]) -> None:
    written = {f"{weekday} {hour:02}:{minute:02}-24:00" for weekday, hour, minute in parts}
    assert set(slots("|".join(written))) == written


# What a person can type into a cell: no control characters, which are refused on purpose, nor signs for "as above".
typed = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=60).filter(
    lambda text: text.strip() not in SAME
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(typed, min_size=1, max_size=5), st.sampled_from(",;\t"))
def test_any_text_survives_a_csv(tmp_path: Path, notes: list[str], delimiter: str) -> None:
    written = io.StringIO()
    writer = csv.writer(written, delimiter=delimiter)
    writer.writerow(["id", "note"])
    writer.writerows([f"{number}", note] for number, note in enumerate(notes))
    path = file(tmp_path, written.getvalue().encode())
    assert [row["note"] or "" for row in values_of(path)] == [_kept(note) for note in notes]


def _kept(note: str) -> str:
    """A sign alone, "-", says that there is nothing."""
    return "" if says_nothing_of_texts(note.strip()) else note.strip()


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(typed.filter(lambda note: not note.startswith("=") and "_x" not in note), min_size=1, max_size=5)
)
def test_any_text_survives_a_workbook(tmp_path: Path, notes: list[str]) -> None:
    book = openpyxl.Workbook()
    book.active.append(["id", "note"])
    for number, note in enumerate(notes):
        book.active.append([number, note])
        book.active.cell(number + 2, 2).data_type = "s"
    book.save(tmp_path / "a.xlsx")
    assert [row["note"] or "" for row in values_of(tmp_path / "a.xlsx")] == [_kept(note) for note in notes]


@given(typed)
def test_a_written_cell_is_never_a_formula(cell: str) -> None:
    safe = harmless(cell)
    assert not safe.startswith(("=", "+", "-", "@"))
    assert safe.removeprefix("'") == cell.removeprefix("'")


def test_names_are_compared_as_people_type_them() -> None:
    assert plain(" Précisions (œuvre) ") == plain("precisions-oeuvre") == "precisions_oeuvre"


def test_a_cell_as_text() -> None:
    assert [as_text(cell) for cell in (None, " a ", 3.0, 2.5, True, False, date(2026, 3, 1), MIDNIGHT)] == [
        "", "a", "3", "2.5", "yes", "no", "2026-03-01", "2026-03-01",
    ]  # fmt: skip
