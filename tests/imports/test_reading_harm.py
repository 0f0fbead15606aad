"""What is no table, and what means harm: a sentence, soon, in little memory."""

import io
import resource
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from catalogue.spreadsheets import (
    Unreadable,
    open_spreadsheet,
    read_table,
)
from tests.imports.reading import CASES, PLAIN, csv_of, ids, read, refusal
from tests.imports.sheets import (
    HEADER,
    archive,
    ods,
    ods_row,
    rows,
    sheet_xml,
    xlsx,
)


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
                3
                * (
                    '<table:table table:name="F">'
                    + ods_row([*[None] * 99, "x"], ' table:number-rows-repeated="60000"')
                    + "</table:table>"
                )
            ),
            "va jusqu’à la cellule CV60000",
        ),
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
