"""Writing spreadsheets of any length: row by row into a file, of which memory never holds more than a few.

What people typed is never a formula, whatever it begins with (`cells.harmless`).
"""

import csv
import io
import tempfile
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import IO, Any

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from catalogue.spreadsheets.cells import harmless

# A byte order mark and semicolons: what spreadsheet programs take for UTF-8 where a comma stands in numbers.
ENCODING, DELIMITER = "utf-8-sig", ";"


def write_csv(file: IO[bytes], header: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """How many rows were written; the header is none."""
    text = io.TextIOWrapper(file, encoding=ENCODING, newline="", write_through=True)
    writer = csv.writer(text, delimiter=DELIMITER)
    writer.writerow([_in_csv(cell) for cell in header])
    number = 0
    for row in rows:
        writer.writerow([_in_csv(cell) for cell in row])
        number += 1
    text.flush()
    text.detach()
    return number


def write_xlsx(file: IO[bytes], header: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """As `write_csv`, with numbers and days as such; openpyxl keeps the sheet in a file of its own until the end."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append([in_xlsx(cell) for cell in header])
    number = 0
    for row in rows:
        sheet.append([in_xlsx(cell) for cell in row])
        number += 1
    book.save(file)
    return number


FORMATS: dict[str, Callable[[IO[bytes], Sequence[str], Iterable[Sequence[Any]]], int]] = {
    "xlsx": write_xlsx,
    "csv": write_csv,
}


def as_file(form: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> tuple[IO[bytes], int]:
    """A file from its beginning, which is deleted when it is closed, and how many rows it has; `form` of FORMATS."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 (whoever asked closes it)
    try:
        number = FORMATS[form](file, header, rows)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file, number


def _in_csv(cell: Any) -> Any:
    if isinstance(cell, datetime):
        return cell.isoformat(" ", "seconds")
    return harmless(cell) if isinstance(cell, str) else cell


def in_xlsx(cell: Any) -> Any:
    """A cell as a workbook may hold it: no formula, nothing that its format forbids."""
    return harmless(ILLEGAL_CHARACTERS_RE.sub("", cell)) if isinstance(cell, str) else cell
