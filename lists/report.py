"""The lines to mend, as a spreadsheet of the same columns, with what to mend beside them: mended, it comes in again."""

from collections.abc import Iterator, Sequence
from typing import IO, Any

from django.utils.translation import gettext as _

from catalogue.spreadsheets import BadCell, Fault
from catalogue.spreadsheets.writing import as_file
from lists import reading, services
from lists.kinds import label
from lists.models import Fate, ListImport
from lists.presentation import differences, model_of

# Of the column that says what to mend; it is known when it comes in again (`guessing.REMARKS`).
REMARKS_HEADER = "À corriger"


def report(one: ListImport, *, form: str, today: Any) -> IO[bytes]:
    """The file, from its beginning; it is deleted when it is closed. FileNotFoundError when the list's is gone."""
    remarks = {
        line.number: _remarks(one, line, today)
        for line in one.all_lines.filter(fate__in=(Fate.BAD, Fate.DISPUTED)).iterator()
    }
    with reading.opened(one) as table:
        width = len(table.header)
        return as_file(form, [*table.header, REMARKS_HEADER], _rows(table.lines, width, remarks))[0]


def _rows(lines: Any, width: int, remarks: dict[int, str]) -> Iterator[Sequence[Any]]:
    for line in lines:
        if line.number in remarks:
            cells = [str(cell) if isinstance(cell, Fault) else cell for cell in line.cells]
            yield [*cells, *[None] * (width - len(cells)), remarks[line.number]]


def _remarks(one: ListImport, line: Any, today: Any) -> str:
    said = [_cell(one, cell) for cell in services.bad_cells(line)]
    said += line.said.get("words", ())
    if line.said.get("differs"):
        said += differences(model_of(one), line.said["differs"], today=today)
    return " ; ".join(said)


def _cell(one: ListImport, cell: BadCell) -> str:
    if not cell.column:
        return cell.message
    return _("%(column)s\u202f: %(message)s") % {
        "column": label(one.sender.what, cell.column),
        "message": cell.message,
    }
