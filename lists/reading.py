"""The file of a list, opened: as it came, and as somebody said that its columns and words are to be read."""

import base64
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from catalogue.imports import ID
from catalogue.meaning import folded
from catalogue.spreadsheets import (
    UNSAID,
    Answers,
    Column,
    FileAnswers,
    Line,
    Table,
    as_text,
    is_answer,
    knows_names,
    option_of,
    parse_blocks,
    plain,
    read_table,
    unit_of,
    word_before_others,
)
from lists.kinds import COLUMNS
from lists.models import ListImport, Sender

# Of a file so much is one row: few enough to be sealed in one go.
PART = 512 * 1024


@contextmanager
def opened(one: ListImport) -> Iterator[Table]:
    """The list as it came; for as long it lies in the clear in a file that only this process can open. Raises
    Question when somebody has to say how it is to be read, Unreadable, and FileNotFoundError when it is gone.
    """
    with tempfile.TemporaryDirectory(prefix="accorde-list-") as folder:
        path = Path(folder) / "list"
        with path.open("wb") as file:
            empty = True
            for content in (
                one.parts.order_by("number").values_list("content", flat=True).iterator(chunk_size=8)
            ):
                file.write(base64.b64decode(content))
                empty = False
        if empty:
            raise FileNotFoundError(one.pk)
        table = read_table(path, FileAnswers(**one.opened_as))
        table.settle(_knows(one.sender))
        yield table


def _knows(sender: Sender) -> Callable[[str], str | None]:
    """Which column a header names, as our table has it or as this sender's last list was read."""
    ours = knows_names(COLUMNS[sender.what])
    return lambda header: ours(header) or sender.headers.get(plain(header)) or None


def parts_of(content: Iterable[bytes]) -> Iterator[str]:
    """A file, cut into what is sealed as one row."""
    left = b""
    for some in content:
        left += some
        while len(left) >= PART:
            yield base64.b64encode(left[:PART]).decode()
            left = left[PART:]
    if left:
        yield base64.b64encode(left).decode()


def as_chosen(table: Table, columns: Sequence[str], sender: Sender) -> Table:
    """The table under our names: what is not read has none, and what the sender's lists lack is added."""
    width = len(table.header)
    names = [*columns, *[""] * (width - len(columns))][:width]
    ours = {column.name: column for column in COLUMNS[sender.what]}
    names = [_named(name, header, ours) for name, header in zip(names, table.header, strict=True)]
    fixed = {name: text for name, text in sender.fixed.items() if text and name not in names}
    table.header = [*names, *fixed]
    table.lines = _lines(table.lines, width, list(fixed.values()))
    return table


def _named(name: str, header: str, ours: Mapping[str, Column]) -> str:
    """Our name of a column, with the answer for which it is a box: "languages [Arabe]"; and with its unit."""
    if not name:
        return ""
    option = option_of(header) or (header if is_answer(header, ours[name]) else "")
    if option:
        return f"{name} [{option}]"
    unit = unit_of(ours[name], header)
    more = unit if unit.isalpha() or unit == UNSAID else word_before_others(header)
    return f"{name} ({more})" if more else name


def _lines(lines: Iterator[Line], width: int, fixed: Sequence[str]) -> Iterator[Line]:
    for line in lines:
        cells: list[Any] = list(line.cells)
        if not any(as_text(cell) for cell in cells) or line.fault:
            yield line  # a blank line is none, whatever holds for all rows
            continue
        cells += [None] * (width - len(cells))
        yield Line(line.number, [*cells[:width], *fixed, *cells[width:]])


def answers_of(sender: Sender) -> Answers:
    """What somebody said that words of this sender's lists mean."""
    return Answers(
        {(folded(name), text): meant for name, said in sender.answers.items() for text, meant in said.items()}
    )


def ids_of(table: Table) -> set[str]:
    """The numbers of all rows: little to hold, even of a long list."""
    return {number for block in parse_blocks(table, (ID,)) for number in block["id"] if number}
