"""Files of others with the right values: from bytes to rows of cells."""

from collections.abc import Callable
from pathlib import Path

import pytest

from catalogue.spreadsheets import (
    FileQuestion,
)
from tests.imports.conftest import Said
from tests.imports.reading import CASES, GOOD, REQUIRED, ids, read, refusal
from tests.imports.sheets import (
    HEADER,
    rows,
    sheet_xml,
    xlsx,
)


# --- The cases -------------------------------------------------------------------------------------------
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


# --- By the commands -------------------------------------------------------------------------------------
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
