"""Lists as associations keep them, read without a form to fill in; and results as they read them."""

import csv
import locale
import stat
from collections.abc import Callable
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from django.core.management import CommandError, call_command
from django.utils.translation import override

from catalogue.spreadsheets import Unreadable
from tryout import commas, saying
from tryout.trial import Summary

from .tables import HOME, HOUSEHOLD, NEED, OFFER, read

Tried = Callable[..., Summary]


def sheet(tmp_path: Path, number: int) -> list[list[object]]:
    """The rows of a sheet of the workbook: its title, its header, the rest."""
    page = openpyxl.load_workbook(tmp_path / "out" / "results.xlsx").worksheets[number]
    return [[cell for cell in row if cell is not None] for row in page.iter_rows(values_only=True)]


def without(row: dict[str, str], *names: str) -> dict[str, str]:
    return {name: value for name, value in row.items() if name not in names}


# --- Reading -------------------------------------------------------------------------------------------


def test_rows_without_a_number_are_called_by_their_line(tried: Tried, tmp_path: Path) -> None:
    summary = tried([OFFER | {"id": ""}, OFFER | {"id": "A7"}], [without(NEED, "id")])
    assert summary.bad_rows == 0
    found = read(tmp_path / "out" / "matches.csv")
    assert {(row["need"], row["offer"]) for row in found} == {("ligne 2", "ligne 2"), ("ligne 2", "A7")}


def test_a_column_is_known_by_what_stands_in_it_and_that_is_said(tried: Tried) -> None:
    bare = without(OFFER, "category", "commune")
    summary = tried([{"Quoi donc": OFFER["category"], "Par chez qui": OFFER["commune"]} | bare], [NEED])
    assert summary.offers.good == 1
    said = " ".join(summary.notices)
    assert "Colonne «\u00a0Quoi donc\u00a0»\u202f: lue comme «\u00a0category\u00a0»" in said
    assert "Colonne «\u00a0Par chez qui\u00a0»\u202f: lue comme «\u00a0commune\u00a0»" in said
    # What may be anything is not guessed.
    assert "Colonnes inconnues" in " ".join(tried([OFFER | {"Trucs": "bleu"}], [NEED]).notices)


@pytest.mark.parametrize("header", ["Langue refusée", "Nationalité du foyer", "Personnel", "Публіка"])
def test_what_a_list_need_not_say_is_not_guessed_from_its_cells(
    tried: Tried, tmp_path: Path, header: str
) -> None:
    rows = [HOME | {"id": str(number), header: "arabe"} for number in range(3)]
    summary = tried(rows, [HOUSEHOLD | {"languages": "arabe", header: "arabe"}])
    notices = " ".join(summary.notices)
    assert "d’après ce qui s’y trouve" not in notices
    assert header in notices  # as not read
    assert "Arabe" not in str(sheet(tmp_path, 1))


@pytest.mark.parametrize(
    ("place", "badge"),
    [
        ({"Ville": "Schiltigheim"}, "1001"),
        ({"Ville": "Schiltigheim"}, "67482"),
        ({"postcode": "67300"}, "67482"),
    ],
)
def test_a_badge_is_no_commune_where_another_column_says_where(
    tried: Tried, place: dict[str, str], badge: str
) -> None:
    summary = tried([without(OFFER, "city", "commune") | place | {"Badge": badge}], [without(NEED, "city")])
    assert (summary.bad_rows, summary.feasible_pairs) == (0, 1)
    assert "non lues\u202f: Badge" in " ".join(summary.notices)


def test_fewer_figures_than_five_are_no_communes(tried: Tried) -> None:
    bare = without(OFFER, "city", "commune")
    with pytest.raises(Unreadable, match="commune"):
        tried([bare | {"id": str(at), "Badge": str(at)} for at in range(1001, 1007)], [NEED])


@pytest.mark.parametrize(
    "place",
    [
        {"Ville": "Schiltigheim"},
        {"Ville": "Schiltigheim", "Code postal": "67300"},
        {"commune": "67447", "Ville": "Schiltigheim"},
        {"city": "Schiltigheim"},
    ],
)
def test_under_ville_people_write_where_a_row_is(tried: Tried, place: dict[str, str]) -> None:
    """Not of which town it is: a need elsewhere in the list would meet no offer."""
    summary = tried([without(OFFER, "city", "commune") | place], [without(NEED, "city")])
    assert (summary.bad_rows, summary.feasible_pairs) == (0, 1)


def test_our_own_column_city_is_the_town_beside_a_commune(tried: Tried) -> None:
    assert tried([OFFER | {"city": "nancy"}], [NEED]).feasible_pairs == 0


def test_a_commune_that_may_be_several_is_asked_about_once(tried: Tried) -> None:
    offers = [OFFER | {"id": str(number), "commune": "Saint-Denis"} for number in range(2)]
    summary = tried(offers, [NEED])
    (question,) = summary.asked
    assert (question.name, question.lines, summary.offers.bad) == ("commune", 2, 2)
    assert any("93066" in choice for choice in question.choices)


def test_what_holds_for_every_row_is_said_once(tried: Tried) -> None:
    bare = without(OFFER, "kind", "capacity")
    with pytest.raises(Unreadable, match="Il manque des colonnes"):
        tried([bare], [NEED])
    summary = tried([bare], [NEED], every_offer={"kind": "goods", "capacity": "4"})
    assert (summary.bad_rows, summary.feasible_pairs) == (0, 1)
    # What the list says itself counts.
    assert tried([OFFER], [NEED], every_offer={"capacity": "0"}).bad_rows == 0
    # As people call it.
    summary = tried([bare], [NEED], every_offer={"Nature": "objets", "Quantité": "4"})
    assert (summary.bad_rows, summary.feasible_pairs) == (0, 1)
    with pytest.raises(Unreadable, match="couleur"):
        tried([OFFER], [NEED], every_need={"couleur": "bleu"})


# --- The workbook --------------------------------------------------------------------------------------


def test_the_workbook_says_each_pair_in_the_words_of_the_pages(tried: Tried, tmp_path: Path) -> None:
    room = HOME | {
        "title": "Chez Anne",
        "notice_days": "3",
        "pets_accepted": "oui",
        "confirmed_on": "2026-02-20",
    }
    short = HOME | {"id": "P2", "commune": "67447", "longest_stay_days": "5", "pets_accepted": "oui"}
    asked = {"pets": "oui", "first_day": "2026-03-10", "last_day": "2026-03-19", "reach_km": "10"}
    tried([room, short], [HOUSEHOLD | asked | {"title": "Une mère, un fils, un chien"}])
    title, header, row = sheet(tmp_path, 1)
    assert title == ["Qui pourrait aider, le meilleur d’abord (1 mars 2026)"]
    assert header[:4] == ["Besoin", "Ce qui est demandé", "Proposition", "Ce qui est proposé"]
    assert row[:4] == ["B1", "Une mère, un fils, un chien", "P1", "Chez Anne"]
    why = str(row[8])
    for words in (
        "prévenir 3 jours avant",
        "accepte les animaux",
        "confirmée il y a 9 jours",
        "couvre les 10 jours",
    ):
        assert words in why
    # Nobody knows how often this person was asked.
    assert "sollicité" not in why
    assert sheet(tmp_path, 0)[2][:5] == ["B1", "Une mère, un fils, un chien", "P1", "Chez Anne", "2 places"]
    (miss,) = sheet(tmp_path, 2)[2:]
    assert miss[3:5] == ["Chambre indépendante, Schiltigheim", "séjour de 5 jours au plus, il en faut 9"]


def test_a_sheet_tells_which_lines_were_not_read(tried: Tried, tmp_path: Path) -> None:
    tried([OFFER, OFFER | {"id": "P2", "capacity": "0"}], [NEED])
    (line,) = sheet(tmp_path, 3)[2:]
    assert line[:3] == ["offers.csv", "3", "capacity"]
    book = openpyxl.load_workbook(tmp_path / "out" / "results.xlsx")
    assert [page.freeze_panes for page in book] == ["A3"] * 5
    assert all(page.column_dimensions["B"].width > 7 for page in book)
    # It repeats what was typed about people.
    assert stat.S_IMODE((tmp_path / "out" / "results.xlsx").stat().st_mode) == 0o600


def test_what_is_worth_a_second_look_stands_in_it_too(tried: Tried, tmp_path: Path) -> None:
    bare = without(OFFER, "category")
    summary = tried([bare | {"Quoi donc": OFFER["category"], "Chat": "Minou"}], [NEED])
    title, _header, *notices = sheet(tmp_path, 4)
    assert title == ["Ce qui mérite un second regard"]
    assert [line for (line,) in notices] == list(summary.notices)
    assert any("Quoi donc" in line for line in summary.notices)


def test_what_people_typed_is_no_formula_in_it(tried: Tried, tmp_path: Path) -> None:
    tried([OFFER | {"title": "=1+1"}], [NEED])
    cell = openpyxl.load_workbook(tmp_path / "out" / "results.xlsx").worksheets[1]["D3"]
    assert (cell.value, cell.data_type) == ("'=1+1", "s")


def test_in_arabic_it_reads_from_the_right(tried: Tried, tmp_path: Path) -> None:
    with override("ar"):
        tried([OFFER], [NEED])
    book = openpyxl.load_workbook(tmp_path / "out" / "results.xlsx")
    assert all(page.sheet_view.rightToLeft for page in book)


def test_lists_that_nobody_reads_to_the_end_have_no_workbook(
    tried: Tried, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried([OFFER], [NEED])
    monkeypatch.setattr("tryout.table.MOST_SAID", 1)
    summary = tried([OFFER, OFFER | {"id": "P2"}], [NEED])
    # None of another trial stays either.
    assert not (tmp_path / "out" / "results.xlsx").exists()
    assert any("Pas de classeur results.xlsx" in notice for notice in summary.notices)
    assert (summary.feasible_pairs, saying.MOST_SAID) == (2, 2_000)


# --- Csv for the reader's own spreadsheet --------------------------------------------------------------


def test_with_commas_in_numbers_the_csv_has_french_columns(tried: Tried, tmp_path: Path) -> None:
    tried([OFFER], [NEED])
    (plain,) = read(tmp_path / "out" / "matches.csv")
    tried([OFFER], [NEED], commas=True)
    with (tmp_path / "out" / "matches.csv").open(encoding="utf-8-sig", newline="") as file:
        (row,) = csv.DictReader(file, delimiter=";")
    assert list(row)[:4] == ["besoin", "proposition", "rang", "note"]
    assert row["note"] == plain["score"].replace(".", ",")
    assert row["premier jour"] == plain["run_first_day"]
    # A row's own number is none of these numbers.
    tried([OFFER | {"id": "1.5"}], [NEED], commas=True)
    assert ";1.5;" in (tmp_path / "out" / "plan.csv").read_text("utf-8-sig")


def test_it_is_as_this_machine_writes_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    before = locale.setlocale(locale.LC_NUMERIC)
    for name in ("C", "xx_XX.nowhere"):
        monkeypatch.setenv("LC_ALL", name)
        assert not commas.this_machine_writes_commas()
    assert locale.setlocale(locale.LC_NUMERIC) == before


# --- The template --------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["fr", "en", "ar"])
def test_the_template_is_read_as_it_is_written_and_its_example_is_passed_over(
    tmp_path: Path, language: str
) -> None:
    path = tmp_path / "listes.xlsx"
    call_command("match_files", template=path, language=language)
    options = {
        "offers": path,
        "needs": path,
        "out": tmp_path / "out",
        "seconds": 0.0,
        "today": date(2026, 3, 1),
        "language": language,
        "numbers": "point",
    }
    call_command("match_files", **options)
    assert read(tmp_path / "out" / "matches.csv") == []
    book = openpyxl.load_workbook(path)
    offered, asked, help_page = book.worksheets
    # Each column says what it may hold, on its head and on the page of help.
    heads = [*offered[1], *asked[1]]
    assert all(cell.comment and cell.comment.text for cell in heads)
    assert {cell.value for cell in heads} <= {row[1] for row in help_page.iter_rows(values_only=True)}
    # Without its first word the example is a row as any: it says what the columns want.
    for page in (offered, asked):
        assert page["A2"].value == "Exemple"
        page["A2"].value = "1"
    book.save(path)
    call_command("match_files", **options)
    assert len(read(tmp_path / "out" / "matches.csv")) == 1


def test_a_template_takes_the_place_of_nothing(tmp_path: Path) -> None:
    path = tmp_path / "listes.xlsx"
    path.write_text("mine")
    with pytest.raises(CommandError, match="ne peut pas être écrit"):
        call_command("match_files", template=path)
    assert path.read_text() == "mine"


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="--needs, --out") as refused:
        call_command("match_files", offers=tmp_path / "offers.csv")
    assert refused.value.returncode == 2
