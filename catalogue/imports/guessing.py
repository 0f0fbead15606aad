"""Which of our columns each column of a list is: as its sender's last list was read, by what it is called, by what
stands in it. A guess is shown as one.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from types import MappingProxyType
from typing import Any

from django.core.exceptions import ValidationError

from catalogue.spreadsheets import (
    UNSAID,
    CellError,
    Column,
    Fault,
    Line,
    Table,
    as_text,
    found_in,
    is_answer,
    option_of,
    plain,
    unharmed,
    unit_of,
    word_before_others,
)
from cities.gazetteer import gazetteer

# So many lines are looked at, and so many are shown.
SAMPLE, SHOWN = 200, 5
# So many different cells tell what a column is.
TOLD_BY = 30
# A column is what so many of its filled cells are.
ENOUGH = 0.8
_CODE = 5  # characters of a commune's code
# What can be told by its cells alone, the surest first.
BY_CONTENT = (
    "contact_email", "contact_phone", "commune", "category", "kind", "available", "urgency", "slots", "languages",
    "accepts",
)  # fmt: skip
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_DIGITS = re.compile(r"\d")
# What nothing is read from by its cells: where somebody comes from is never recorded ("Nationalité" is full of words
# that are languages too), and what is refused is the contrary of what is said.
_NEVER_GUESSED = re.compile(
    r"national|citoyen|citizen|origin|refus|reject|гражданств|громадянств|национальн|національн|походження|происхожден"
    r"|відмов|отказ|جنسي|رفض|مرفوض|تابعيت|مليت"
)
# Of our own reports: what is to be mended, which is not read.
REMARKS = "a_corriger"


@dataclass(frozen=True, slots=True)
class Guess:
    """`name`: ours, "" for a column that is not read. `how`: saved, header, content, or "" where nothing is known."""

    name: str
    how: str = ""


def sample(lines: Iterable[Line]) -> list[list[str]]:
    """The first lines that are not blank, as text."""
    rows = ([_shown(cell) for cell in line.cells] for line in lines if not line.fault)
    return list(islice((row for row in rows if any(row)), SAMPLE))


def _shown(cell: Any) -> str:
    return str(cell) if isinstance(cell, Fault) else as_text(unharmed(cell))


def guess(
    known: Sequence[Column],
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    saved: Mapping[str, str] = MappingProxyType({}),
) -> list[Guess]:
    """Of each column in its order; no two are the same, but for those that say one thing together."""
    columns = {column.name: column for column in known}
    called = {at: name for name, places in found_in(header, known).items() for at in places}
    cells = [_filled(rows, at) for at in range(len(header))]
    found = [_first(text, saved, called.get(at, "")) for at, text in enumerate(header)]
    found = [_unless_other(one, cells[at], columns) for at, one in enumerate(found)]
    found = _once(found, columns)
    for column in known:
        if column.reads_headers is None or any(one is not None and one.name == column.name for one in found):
            continue
        boxes = [at for at, one in enumerate(found) if one is None and is_answer(header[at], column)]
        for at in boxes if len(boxes) > 1 else ():
            found[at] = Guess(column.name, "header")
    for name in BY_CONTENT:
        if name not in columns or any(one is not None and one.name == name for one in found):
            continue
        for at, one in enumerate(found):
            if one is None and cells[at] and _tells(columns[name], header[at], cells[at]):
                found[at] = Guess(name, "content")
                break
    return [one or Guess("") for one in found]


def _first(text: str, saved: Mapping[str, str], name: str) -> Guess | None:
    if plain(text) in saved:
        return Guess(saved[plain(text)], "saved")
    if plain(text) == REMARKS:
        return Guess("", "header")
    return Guess(name, "header") if name else None


def _unless_other(one: Guess | None, cells: Sequence[str], columns: Mapping[str, Column]) -> Guess | None:
    """A column called "contact" that is full of addresses is no telephone; one called "ville" names communes."""
    if one is None or one.how != "header" or not one.name or not cells:
        return one
    if one.name == "city" and _share(columns["commune"], cells) >= ENOUGH:
        return Guess("commune", "content")
    if _share(columns[one.name], cells) >= 1 - ENOUGH:
        return one
    likely = (name for name in BY_CONTENT if name in columns and _share(columns[name], cells) >= ENOUGH)
    name = next(likely, "")
    return Guess(name, "content") if name else one


def _once(found: Sequence[Guess | None], columns: Mapping[str, Column]) -> list[Guess | None]:
    """The first of each name, one that was saved before the others; the second is not known."""
    kept: dict[str, int] = {}
    for at, one in sorted(
        enumerate(found), key=lambda pair: (pair[1] is None or pair[1].how != "saved", pair[0])
    ):
        if one is not None and one.name:
            kept.setdefault(one.name, at)
    return [
        one if one is None or not one.name or kept[one.name] == at or columns[one.name].joined_by else None
        for at, one in enumerate(found)
    ]


def _filled(rows: Sequence[Sequence[str]], at: int) -> list[str]:
    filled = dict.fromkeys(row[at] for row in rows if at < len(row) and row[at])
    return list(filled)[:TOLD_BY]


def _share(column: Column, cells: Sequence[str]) -> float:
    """How many of these cells mean something in this column."""
    if column.name == "commune":
        return sum(cell.zfill(5) in gazetteer().communes for cell in cells) / len(cells)
    return sum(_means(column, cell) for cell in cells) / len(cells)


def _tells(column: Column, header: str, cells: Sequence[str]) -> bool:
    """Whether a column that nobody knows by its name is this one. Fewer figures than five are anybody's numbers."""
    if _NEVER_GUESSED.search(plain(header)) or (column.name == "commune" and any(map(_is_short, cells))):
        return False
    return _share(column, cells) >= ENOUGH


def _is_short(cell: str) -> bool:
    return cell.isdigit() and len(cell) < _CODE


def _means(column: Column, cell: str) -> bool:
    if column.name == "contact_email":
        return bool(_ADDRESS.search(cell))
    # A year, a postcode or a quantity is no number, whatever the parser can make of it.
    if column.name == "contact_phone" and len(_DIGITS.findall(cell)) < 8:
        return False
    try:
        column.parse(cell)
    except (CellError, ValidationError):
        return False
    return True


def under_names(
    table: Table, names: Sequence[str], known: Sequence[Column], for_all: Mapping[str, str]
) -> Table:
    """The table under our names: what is not read has none, and what holds for all rows is added."""
    width = len(table.header)
    names = [*names, *[""] * (width - len(names))][:width]
    ours = {column.name: column for column in known}
    table.header = [_named(name, header, ours) for name, header in zip(names, table.header, strict=True)]
    return saying_for_all(table, {name: text for name, text in for_all.items() if name not in table.header})


def saying_for_all(table: Table, for_all: Mapping[str, str]) -> Table:
    """The table with columns (name → cell) that say the same of every row."""
    said = {name: text for name, text in for_all.items() if text}
    if not said:
        return table
    width = len(table.header)
    table.header = [*table.header, *said]
    table.lines = _lines(table.lines, width, list(said.values()))
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
