"""Texts cut into cells: marks, quotes, ends of lines, encodings."""

import pytest

from catalogue.spreadsheets import (
    FileQuestion,
)
from tests.imports.reading import GOOD, PLAIN, REQUIRED, csv_of, ids, read, refusal
from tests.imports.sheets import (
    HEADER,
    rows,
)


# --- Marks between cells ---------------------------------------------------------------------------------
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
        csv_of([HEADER, *rows("a", "b")], ", "),
        csv_of([[f'"{cell}"' for cell in line] for line in [HEADER, *rows("a", "b")]], ", "),
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


def test_a_cell_without_end_costs_its_row_alone() -> None:
    first, second, third = rows("a", "b", "c")
    content = csv_of([[*HEADER, "text"], [*first, "x"], [*second, "y" * 200_000], [*third, "z"]])
    for written in (content, content.replace("yyy", '"yyy', 1)):
        good, bad, _notices = read(written.encode())
        assert [row["id"] for row in good] == ["a", "c"]
        assert bad == ["ligne 3\u202f: une cellule y est trop longue (131072 caractères au plus)"]


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


# --- Encodings -------------------------------------------------------------------------------------------
FRENCH = "Zoé Lefèvre, où l’été à Noël coûte 20 € — « Çà » n° 3"


@pytest.mark.parametrize(
    ("encoding", "said"),
    [
        ("utf-8", ""),
        ("utf-8-sig", ""),
        ("utf-16", "UTF-16"),
        ("utf-16-le", "UTF-16"),
        ("utf-16-be", "UTF-16"),
        ("utf-32", "UTF-32"),
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
        ("cp1254", "Ayşe Yıldırım, Zoé Lefèvre"),
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


def test_letters_that_were_lost_before_are_said() -> None:
    _good, bad, notices = read(PLAIN.replace("Zoé", "Zo\ufffd").encode())
    assert not bad
    assert "«\u00a0\ufffd\u00a0», ligne 2" in notices[0]


def test_two_encodings_in_one_file_are_both_read() -> None:
    first, second = rows("a", "b")
    content = csv_of([HEADER, first]).encode() + csv_of([second]).encode("cp1252")
    good, bad, notices = read(content)
    assert not bad
    assert [row["contact_name"] for row in good] == ["Zoé Émile"] * 2
    assert "à partir de la ligne 3" in notices[0]


def test_letters_that_were_encoded_twice_are_set_right() -> None:
    twice = csv_of([HEADER, *rows("a")]).encode().decode("cp1252").encode()
    words = "Élodie à l’étage, Cœur"
    more = csv_of([[*rows("b")[0][:6], words, "b@exemple.fr"]]).encode().decode("latin-1").encode()
    right = csv_of([[*rows("c")[0][:6], "João, Ångström, Â", "c@exemple.fr"]]).encode()
    good, bad, notices = read(twice + more + right)
    assert not bad
    assert [row["contact_name"] for row in good] == ["Zoé Émile", words, "João, Ångström, Â"]
    assert notices == ["Des accents étaient codés deux fois (ligne 2)\u202f: ils ont été rétablis."]
