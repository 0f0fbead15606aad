"""Reading spreadsheets, from bytes to rows of cells, beside the least that any program has to do."""

import csv
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import openpyxl

from bench.tables import count, decimal, doing, milliseconds, peak_megabytes, ratio, refuse_unless, say
from catalogue.spreadsheets import knows_names, open_spreadsheet
from catalogue.spreadsheets.writing import write_csv, write_xlsx
from offers.columns import COLUMNS

ROWS = 50_000
ROUNDS = 3
HEADER = (
    "id",
    "kind",
    "category",
    "commune",
    "available",
    "capacity",
    "contact_name",
    "contact_email",
    "languages",
    "text",
)


def show() -> None:
    """A csv and a workbook of the same rows."""
    say(f"\nLecture de {count(ROWS)} lignes de {len(HEADER)} colonnes\n")
    with tempfile.TemporaryDirectory() as folder:
        for name, write, baseline, bare in (
            ("csv", write_csv, "lecture nue (csv.reader)", _bare_csv),
            ("xlsx", write_xlsx, "lecture nue (openpyxl)", _bare_xlsx),
        ):
            doing(f"écriture du {name}")
            path = Path(folder) / f"rows.{name}"
            with path.open("wb") as file:
                write(file, HEADER, _rows())
            _compare(name, path, baseline, bare)


def _rows() -> Iterator[tuple[object, ...]]:
    for at in range(ROWS):
        yield (
            f"A{at}", "housing", "separate_room", "67482", "2026-12-01..", at % 9 + 1, f"Zoé Émile {at}",
            f"personne{at}@exemple.fr", "fr|en", "Chambre au calme, à l’étage",
        )  # fmt: skip


def _compare(name: str, path: Path, baseline: str, bare: Callable[[Path], int]) -> None:
    before = peak_megabytes()
    refuse_unless(_ours(path) == ROWS, f"{name}: not all rows were read")
    added = peak_megabytes() - before
    ours, theirs = [], []
    for _round in range(ROUNDS):
        ours.append(milliseconds(lambda: _ours(path)))
        theirs.append(milliseconds(lambda: bare(path)))
    ratio(f"lire un {name}", ours, theirs, baseline)
    rate = ROWS / (sorted(ours)[len(ours) // 2] / 1000)
    say(f"{'':10} {count(rate)} lignes par seconde, {decimal(added, 0)} Mo de plus")


def _ours(path: Path) -> int:
    table = open_spreadsheet(path).table(knows_names(COLUMNS))
    return sum(1 for _line in table.lines)


def _bare_csv(path: Path) -> int:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return sum(1 for _line in csv.reader(file, delimiter=";")) - 1


def _bare_xlsx(path: Path) -> int:
    book = openpyxl.load_workbook(path, read_only=True)
    try:
        return sum(1 for _line in book.worksheets[0].iter_rows(values_only=True)) - 1
    finally:
        book.close()
