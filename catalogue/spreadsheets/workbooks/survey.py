"""What calamine does not tell of a sheet: hidden lines, filters, cells without a value, how far it reaches.

A survey goes through a sheet once without keeping it, and by that is also the bound of what calamine may be given.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import IO, Any
from xml.parsers import expat

from django.utils.translation import gettext as _
from openpyxl.utils import get_column_letter

from catalogue.spreadsheets.lines import MOST_COLUMNS, Fault, Unreadable, too_wide

# Calamine holds a sheet as a rectangle up to its last cell that has a value: some 32 bytes for each of these.
MOST_CELLS = 12_000_000
_CHUNK = 1 << 18

# Rows and columns from 0: first row, first column, last row, last column.
Merge = tuple[int, int, int, int]


@dataclass(slots=True)
class Survey:
    """Rows and columns are counted from 0."""

    hidden_rows: set[int] = field(default_factory=set)
    filled_rows: set[int] = field(default_factory=set)  # of those hidden: something stands there
    hidden_columns: set[int] = field(default_factory=set)
    is_filtered: bool = False
    faults: dict[tuple[int, int], Fault] = field(default_factory=dict)
    merges: list[Merge] | None = None  # None: calamine knows
    last_row: int = -1
    last_column: int = -1

    def reach(self, row: int, column: int) -> None:
        """A cell with a value. Raises Unreadable where the rectangle becomes too large."""
        if row > self.last_row or column > self.last_column:
            self.last_row = max(self.last_row, row)
            self.last_column = max(self.last_column, column)
            if self.last_column >= MOST_COLUMNS:
                raise Unreadable(too_wide())
            if (self.last_row + 1) * (self.last_column + 1) > MOST_CELLS:
                raise Unreadable(
                    _(
                        "Cette feuille va jusqu’à la cellule %(cell)s\u202f: c’est trop grand. Supprimez ce qui est "
                        "loin du tableau, ou enregistrez le tableau seul en csv."
                    )
                    % {"cell": f"{get_column_letter(self.last_column + 1)}{self.last_row + 1}"}
                )


def formula(text: str) -> Fault:
    return Fault(f"={text}"[:200], _("cette cellule contient une formule. Collez sa valeur à la place."))


def error(text: str = "") -> Fault:
    return Fault(text or "#ERR!", _("cette cellule contient une erreur du tableur."))


class _LocalNames(dict[str, str]):
    """A name without its prefix: of whom it is does not matter here, strict files have other ones."""

    def __missing__(self, name: str) -> str:
        short = self[name] = name.rpartition(":")[2]
        return short


def go_through(
    file: IO[bytes],
    start: Callable[[str, dict[str, str]], None],
    prepare: Callable[[Any], None] | None = None,
) -> None:
    """Call `start` for each element, by its name without prefix. Nothing that an XML file declares is believed."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    names = _LocalNames()

    def on_start(name: str, attributes: dict[str, str]) -> None:
        start(names[name], attributes)

    def on_doctype(*_declared: Any) -> None:
        raise Unreadable(
            _("Ce fichier contient des déclarations XML qu’aucun tableur n’écrit\u202f: il n’est pas lu.")
        )

    parser.StartElementHandler = on_start
    parser.StartDoctypeDeclHandler = on_doctype
    if prepare is not None:
        prepare(parser)
    while chunk := file.read(_CHUNK):
        parser.Parse(chunk, False)
    parser.Parse(b"", True)


_LETTERS = re.compile(r"([A-Z]+)([0-9]+)")


class _Places(dict[str, int]):
    """Letters of a column → its number from 0."""

    def __missing__(self, letters: str) -> int:
        number = 0
        for letter in letters:
            number = number * 26 + ord(letter) - 64
        self[letters] = number - 1
        return number - 1


PLACES = _Places()
