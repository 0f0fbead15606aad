"""The file of a list, opened: as it came, and as somebody said that its columns and words are to be read."""

import base64
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from catalogue.imports import ID
from catalogue.imports.guessing import under_names
from catalogue.meaning import folded
from catalogue.spreadsheets import (
    Answers,
    FileAnswers,
    Table,
    knows_names,
    parse_blocks,
    plain,
    read_table,
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


def as_chosen(table: Table, one: ListImport) -> Table:
    """The table under our names, as somebody has chosen them."""
    return under_names(table, one.columns, COLUMNS[one.sender.what], one.sender.fixed)


def answers_of(sender: Sender) -> Answers:
    """What somebody said that words of this sender's lists mean."""
    return Answers(
        {(folded(name), text): meant for name, said in sender.answers.items() for text, meant in said.items()}
    )


def ids_of(table: Table) -> set[str]:
    """The numbers of all rows: little to hold, even of a long list."""
    return {number for block in parse_blocks(table, (ID,)) for number in block["id"] if number}
