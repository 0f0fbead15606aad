"""What every reader gives: sheets of lines, and the two ways in which a file says no."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from django.utils.translation import gettext as _

from catalogue.spreadsheets.cells import as_text

_SMALL = re.compile(r"\d{1,3}([.,]\d+)?")
MOST_COLUMNS = 16_384  # what a sheet of a spreadsheet program has


class Unreadable(Exception):
    """The file as a whole cannot be read; says why and what to do, to a person."""


class Question(Unreadable):
    """The file can be read in several ways, and none of them may be guessed.

    `about` is the field of `Answers` that settles it, `options` are its possible values with what each means.
    `message` is the question alone; as text, the options of the command follow it.
    """

    def __init__(
        self,
        message: str,
        *,
        about: Literal["sheet", "hidden_rows", "encoding"],
        options: Sequence[tuple[str, str]],
        hint: str,
    ) -> None:
        self.message, self.about, self.options = message, about, options
        super().__init__(f"{message} {hint}")


@dataclass(frozen=True, slots=True)
class Answers:
    """What a person has said about a file, so that nothing of it is guessed; empty: not said."""

    sheet: str = ""
    hidden_rows: Literal["", "read", "skip"] = ""
    encoding: str = ""
    header_line: int | None = None


NOTHING_SAID = Answers()


@dataclass(frozen=True, slots=True)
class Fault:
    """In place of a cell's value: why it has none (a formula, an error of the spreadsheet)."""

    text: str
    message: str

    def __str__(self) -> str:
        return self.text


@dataclass(slots=True)
class Line:
    """A line as it stands: its number in the file and its cells; `fault` when it could not be cut into cells."""

    number: int
    cells: Sequence[Any]
    fault: str = ""


@dataclass(slots=True)
class Sheet:
    """A sheet of a workbook, or the one of a csv (without a name): its lines from the top, each time anew."""

    name: str
    lines: Callable[[], Iterator[Line]]
    is_hidden: bool = False
    expected: int | None = None  # about how many lines
    hidden_rows: Sequence[int] = ()  # numbers of the hidden lines in which something stands
    is_filtered: bool = False
    hidden_columns: Sequence[int] = ()  # counted from 0
    notices: list[str] = field(default_factory=list)


def too_wide() -> str:
    return _("Ce fichier a plus de %(most)s colonnes. Gardez celles du tableau.") % {"most": MOST_COLUMNS}


def merged_value(value: Any, line: int) -> Any:
    """What a cell says that is merged with that of an earlier line.

    A small number may be each line's or that of all together: it is asked for.
    """
    text = as_text(value)
    if isinstance(value, bool) or not _SMALL.fullmatch(text):
        return value
    return Fault(
        text,
        _(
            "cette cellule est fusionnée avec celle de la ligne %(line)s\u202f: écrivez dans chaque ligne ce qui lui "
            "revient."
        )
        % {"line": line},
    )


def is_blank(cells: Iterable[Any]) -> bool:
    # A plain loop: it ends at the first cell of most lines, and a million lines pass here.
    for cell in cells:  # noqa: SIM110
        if as_text(cell):
            return False
    return True
