"""Files read as the import reads them, with columns whose cells are but text."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from catalogue.spreadsheets import (
    Column,
    FileAnswers,
    Row,
    Unreadable,
    as_text,
    open_spreadsheet,
    parse_rows,
    text,
)
from tests.imports.sheets import (
    HEADER,
    rows,
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
