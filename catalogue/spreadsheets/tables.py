"""Finding the table of a sheet: past titles and help, in one row of names or two, without totals and repeats."""

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any

from django.utils.translation import gettext as _

from catalogue.labels import listed
from catalogue.spreadsheets.cells import as_text, plain
from catalogue.spreadsheets.lines import Fault, Line, Sheet, is_blank

LOOKED_AT = 200  # lines from the top among which the header is looked for
_TELLING = 20  # lines that tell whether all stand in one cell
_SUM = re.compile(r"\W*(sous|tota|grand|sub|nombre|nb|som|sum|moyenne|average|σ)", re.IGNORECASE)
_TOTAL = re.compile(
    r"((sous_|grand_)?tota(l|ux)|subtotal|nombre_total|nb_total|somme|sum|moyenne|average)(_[a-z0-9_]*)?|σ"
)

_EXAMPLE = re.compile(r"(?:exemples?|ex\.?|example|e\.g\.|mod[èe]le|sample) ?(?:[:.)]|$)", re.IGNORECASE)
_MAY_BE_NO_ROW = re.compile(rf"{_SUM.pattern}|\(|\s*(?:ex|mod|sample|e\.g)", re.IGNORECASE)

# A name as written → the column that it names, or None.
Knows = Callable[[str], str | None]


@dataclass(slots=True)
class Header:
    """The names of the columns, the place of their (last) line among those looked at, and which of them are known."""

    cells: list[str]
    at: int
    number: int
    known: frozenset[str] = frozenset()
    rows: int = 1


@dataclass(slots=True)
class Candidate:
    """A sheet whose first lines have been looked at."""

    sheet: Sheet
    first: list[Line]
    rest: Iterator[Line] | None  # None: to be opened again
    header: Header | None = None

    @property
    def known(self) -> frozenset[str]:
        return self.header.known if self.header is not None else frozenset()

    @property
    def looks_like_table(self) -> bool:
        """Two columns at least, and something under their names."""
        if self.header is None or sum(map(bool, self.header.cells)) < 2:
            return False
        return any(line.fault or not is_blank(line.cells) for line in self.first[self.header.at + 1 :])

    def under_the_header(self) -> Iterator[Line]:
        """The lines under the header, to be read once."""
        assert self.header is not None
        start = self.header.at + 1
        if self.rest is None:
            yield from islice(_whole_lines(self.sheet), start, None)
        else:
            yield from chain(self.first[start:], self.rest)


def look_at(sheet: Sheet, header_line: int | None = None, *, keep: bool) -> Candidate:
    """A sheet's first lines; the others stay open when it is to be kept, for only few large ones may be at a time."""
    lines = _whole_lines(sheet)
    first = list(islice(lines, max(LOOKED_AT, header_line or 0)))
    return Candidate(sheet, first, lines if keep else None, find_header(first, None, header_line))


def _whole_lines(sheet: Sheet) -> Iterator[Line]:
    """The lines of a sheet; cut into cells where each is a whole line of a csv in one cell."""
    lines = sheet.lines()
    first = list(islice(lines, _TELLING))
    mark = _mark_within(first)
    lines = chain(first, lines)
    if not mark:
        return lines
    note(
        sheet.notices,
        _("Chaque ligne tient dans une seule cellule\u202f: elle a été coupée à «\u00a0%(mark)s\u00a0».")
        % {"mark": mark},
    )
    return (_cut(line, mark) for line in lines)


def _mark_within(lines: Sequence[Line]) -> str:
    """The mark by which cells that stand alone on their lines would be cut into a table."""
    alone = []
    for line in lines:
        filled = [cell for cell in line.cells if as_text(cell)]
        if len(filled) > 1 or line.fault:
            return ""
        if filled:
            alone.append(as_text(filled[0]))
    if len(alone) < 2:
        return ""
    for mark in ";\t|,":
        widths = [text.count(mark) for text in alone]
        if min(widths) >= 2 and max(widths) == min(widths):
            return mark
    return ""


def _cut(line: Line, mark: str) -> Line:
    text = next((as_text(cell) for cell in line.cells if as_text(cell)), "")
    try:
        return Line(line.number, next(csv.reader([text], delimiter=mark), []), line.fault)
    except csv.Error:
        return Line(line.number, [text], line.fault)


def note(notices: list[str], notice: str) -> None:
    """Say it once, however often a sheet is gone through."""
    if notice not in notices:
        notices.append(notice)


def find_header(first: Sequence[Line], knows: Knows | None, line: int | None = None) -> Header | None:
    """The line that names the columns: that of most known names, else the first that looks like names."""
    if line is not None:
        header = next((_header(first, at) for at, one in enumerate(first) if one.number == line), None)
        if header is not None and knows is not None:
            header.known = frozenset(name for cell in header.cells if (name := knows(cell)) is not None)
        return header
    if knows is not None and (found := _by_names(first, knows)):
        return found
    return _by_shape(first)


def _by_names(first: Sequence[Line], knows: Knows) -> Header | None:
    best: Header | None = None
    names: dict[str, str | None] = {}

    def known(cells: Sequence[str]) -> frozenset[str]:
        for cell in cells:
            if cell and cell not in names:
                names[cell] = knows(cell)
        return frozenset(name for cell in cells if cell and (name := names[cell]) is not None)

    for at in range(len(first)):
        header = _header(first, at)
        header.known = known(header.cells)
        if best is None or len(header.known) > len(best.known):
            best = header
        if at and not is_blank(first[at - 1].cells) and header.known:
            both = _two_rows(first[at - 1], first[at], lambda cell: bool(known([cell])))
            if len(found := known(both)) > len(best.known):
                best = Header(both, at, first[at].number, found, rows=2)
    return best if best is not None and len(best.known) >= 2 else None


def _two_rows(upper: Line, lower: Line, is_name: Callable[[str], bool]) -> list[str]:
    """Names over two rows: the lower one's, the upper one's where it is empty, or both together."""
    above = [as_text(cell) for cell in upper.cells]
    below = [as_text(cell) for cell in lower.cells]
    width = max(len(above), len(below))
    above += [""] * (width - len(above))
    below += [""] * (width - len(below))
    names, group = [], ""
    for one, two in zip(above, below, strict=True):
        group = one or group
        if not two:
            names.append(one)
        elif group and is_name(f"{group} {two}"):
            names.append(f"{group} {two}")
        else:
            names.append(two)
    return names


def _by_shape(first: Sequence[Line]) -> Header | None:
    filled = [sum(1 for cell in line.cells if as_text(cell)) for line in first]
    some = [number for number in filled if number]
    if not some:
        return next((_header(first, at) for at, line in enumerate(first) if line.fault), None)
    # The width of the table: that which most of its lines have, a wider one winning where it is not alone.
    usual = max(Counter(some).items(), key=lambda one: (one[1] * one[0], one[0]))[0]
    for at, line in enumerate(first):
        if filled[at] > max(1, usual / 2) and _are_names(line.cells):
            return _header(first, at)
    return next(_header(first, at) for at, number in enumerate(filled) if number or first[at].fault)


def _are_names(cells: Sequence[Any]) -> bool:
    """Words, short, each once: no number, no day."""
    texts = [as_text(cell) for cell in cells if as_text(cell)]
    return (
        all(isinstance(cell, str) for cell in cells if cell is not None)
        and all(len(text) <= 200 and not text.replace(" ", "").isdigit() for text in texts)
        and len({plain(text) for text in texts}) >= 0.7 * len(texts)
    )


def _header(first: Sequence[Line], at: int) -> Header:
    cells = [as_text(cell) for cell in first[at].cells]
    while cells and not cells[-1]:
        cells.pop()
    return Header(cells, at, first[at].number)


# --- Lines that are no rows --------------------------------------------------------------------------------


@dataclass(slots=True)
class _Passed:
    """Numbers and texts of lines that are not read."""

    repeats: list[int] = field(default_factory=list)
    totals: list[int] = field(default_factory=list)
    examples: list[int] = field(default_factory=list)
    notes: list[tuple[int, str]] = field(default_factory=list)

    def notices(self) -> Iterator[str]:
        if self.repeats:
            yield _("En-tête répété, passé\u202f: ligne %(lines)s.") % {"lines": ranges(self.repeats)}
        if self.totals:
            yield _("Totaux, non lus\u202f: ligne %(lines)s.") % {"lines": ranges(self.totals)}
        if self.examples:
            yield _("Exemples pour remplir le tableau, non lus\u202f: ligne %(lines)s.") % {
                "lines": ranges(self.examples)
            }
        if self.notes:
            some = [f"{line} («\u00a0{text[:40]}\u00a0»)" for line, text in self.notes[:10]]
            if len(self.notes) > len(some):
                some.append("…")
            yield _("Lignes d’une seule cellule, non lues (%(n)s)\u202f: %(lines)s.") % {
                "n": len(self.notes),
                "lines": listed(some),
            }


def table_lines(
    lines: Iterator[Line],
    header: Header,
    knows: Knows | None,
    notices: list[str],
    unread: frozenset[int],
) -> Iterator[Line]:
    """The rows of a table: without its header again, totals, titles between rows, and the lines `unread`.

    What was passed over is in the notices at the end. A second table ends the first, with a fault for its lines.
    """
    names = [plain(name) for name in header.cells]
    columns = [knows(name) if knows is not None else None for name in header.cells]
    first_name = header.cells[0].casefold() if header.cells else ""
    # A second header stands under the first, or another table after a blank line.
    careful = True
    passed = _Passed()
    for line in lines:
        cells = line.cells
        if unread and line.number in unread:
            continue
        # Most lines are rows and a million of them pass here.
        if not careful and len(cells) > 1 and cells[0] and cells[1]:
            start = cells[0]
            if type(start) is not str or not (
                _MAY_BE_NO_ROW.match(start) or start.strip().casefold() == first_name
            ):
                yield line
                continue
        filled = [(at, cell) for at, cell in enumerate(cells) if as_text(cell)]
        careful = not filled
        if not filled or line.fault:
            yield line
        elif _repeats(filled, names, columns, knows):
            passed.repeats.append(line.number)
        elif len(filled) == 1 and len(names) > 3 and not isinstance(filled[0][1], Fault):
            passed.notes.append((line.number, as_text(filled[0][1])))
        elif _is_example(filled):
            passed.examples.append(line.number)
        elif _is_total(filled, len(names)):
            passed.totals.append(line.number)
        elif knows is not None and _is_header(filled, knows):
            yield from _second_table(line, lines)
        else:
            yield line
    for notice in passed.notices():
        note(notices, notice)


def _repeats(
    filled: list[tuple[int, Any]], names: Sequence[str], columns: Sequence[str | None], knows: Knows | None
) -> bool:
    """The header again, or its names in other words."""
    if len(filled) > 2 and knows is not None:
        again = [
            at
            for at, cell in filled
            if at < len(columns) and columns[at] is not None and knows(as_text(cell)) == columns[at]
        ]
        if len(again) > len(filled) / 2:
            return True
    return len(filled) > 1 and all(
        at < len(names) and plain(as_text(cell)) == names[at] for at, cell in filled
    )


def _is_example(filled: list[tuple[int, Any]]) -> bool:
    """ "Exemple" before a row that shows how to fill it in, "ex : 2" in most of its cells, or brackets in each."""
    words = [cell.strip() for _at, cell in filled if isinstance(cell, str)]
    if not words:
        return False
    if _EXAMPLE.fullmatch(words[0]) and len(filled) > 2:
        return True
    telling = [
        word for word in words if _EXAMPLE.match(word) or (word.startswith("(") and word.endswith(")"))
    ]
    return len(telling) > 2 and len(telling) > 0.7 * len(filled)


def _is_total(filled: list[tuple[int, Any]], width: int) -> bool:
    """One word for a sum, and beside it numbers alone."""
    words = [cell for _at, cell in filled if not _is_number(cell)]
    return (
        len(words) == 1
        and len(filled) < width
        and isinstance(words[0], str)
        and _TOTAL.fullmatch(plain(words[0])) is not None
    )


def _is_number(cell: Any) -> bool:
    if isinstance(cell, str):
        return cell.strip().replace(" ", "").replace(",", "").replace(".", "").isdigit()
    return isinstance(cell, int | float | Fault)


def _is_header(filled: list[tuple[int, Any]], knows: Knows) -> bool:
    known = {knows(cell) for _at, cell in filled if isinstance(cell, str)} - {None}
    return len(known) >= max(3, len(filled) / 2)


def _second_table(header: Line, lines: Iterator[Line]) -> Iterator[Line]:
    last = header.number
    for line in lines:
        if line.fault or not is_blank(line.cells):
            last = line.number
    yield Line(
        header.number,
        (),
        _(
            "un autre tableau commence ici, avec d’autres colonnes\u202f: les lignes %(first)s à %(last)s n’ont pas "
            "été lues. Mettez-le dans un fichier à part"
        )
        % {"first": header.number, "last": last},
    )


def ranges(numbers: Sequence[int]) -> str:
    """Line numbers for people: "3, 7–9"."""
    parts: list[str] = []
    start = previous = None
    for number in [*numbers, None]:
        if start is None or previous is None:
            start = number
        elif number != previous + 1:
            parts.append(str(start) if start == previous else f"{start}–{previous}")
            start = number
        previous = number
    return ", ".join(parts if len(parts) <= 20 else [*parts[:20], "…"])
