"""Text cut into cells by a mark: which mark, and lines that survive a quote in the wrong place."""

import csv
import re
from collections import Counter
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path

from django.utils.translation import gettext as _

from catalogue.spreadsheets.encodings import Encoding, find_encoding
from catalogue.spreadsheets.lines import Line, Sheet, Unreadable, is_blank

MARKS = ";,\t|"
_LOOKED_AT = 100  # lines by which the mark is found
_SEPARATOR = re.compile(r'"?sep=(.)"?', re.IGNORECASE)
_END_OF_FILE = "\x1a"  # which DOS wrote


def read_text(path: Path, encoding: str = "") -> Sheet:
    """The one sheet of a csv. Raises Unreadable, or Question about the encoding."""
    found = find_encoding(path, encoding)
    sheet = Sheet("", lambda: _lines(path, found), expected=max(found.lines, 1))
    sheet.notices += found.notices
    return sheet


class _Tape:
    """The lines of a text as csv.reader asks for them; those of the record at hand are kept."""

    def __init__(self, lines: Iterator[str]) -> None:
        self.lines = lines
        self.record: list[str] = []

    def __iter__(self) -> Iterator[str]:
        keep = self.record.append
        for line in self.lines:
            if "\0" in line:
                line = line.replace("\0", "")
            keep(line)
            yield line


def _lines(path: Path, encoding: Encoding) -> Iterator[Line]:
    """Each record with the number of the line on which it begins."""
    with path.open(encoding=encoding.name, errors=encoding.errors, newline="") as file:
        try:
            first = list(islice(file, _LOOKED_AT))
            mark, skipped = _find_mark(first)
            yield from _records(_Tape(chain(first[skipped:], file)), mark, skipped)
        except UnicodeDecodeError as error:
            raise Unreadable(
                _("Ce fichier n’est pas un texte lisible (%(encoding)s). Enregistrez-le en UTF-8.")
                % {"encoding": encoding.name}
            ) from error


def _records(tape: _Tape, mark: str, skipped: int) -> Iterator[Line]:
    # Strict, for a misplaced quote would otherwise swallow the lines that follow without a word.
    reader = csv.reader(tape, delimiter=mark, strict=True)
    record = tape.record
    width = 0
    while True:
        number = skipped + reader.line_num + 1
        record.clear()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield from _repaired(list(record), mark, number, width)
            continue
        if len(cells) == 1 and cells[0].strip() == _END_OF_FILE:
            continue
        width = len(cells) if not is_blank(cells) else width
        yield Line(number, cells)


def _repaired(record: list[str], mark: str, number: int, width: int) -> Iterator[Line]:
    """A record whose quotes do not close: its lines one by one, if each has as many cells as the line before.

    Otherwise nothing of it is believed, for a quote may hold lines together.
    """
    one_by_one = [next(csv.reader([line.rstrip("\r\n")], delimiter=mark), []) for line in record]
    if one_by_one and all(len(cells) == width or not cells for cells in one_by_one):
        for at, cells in enumerate(one_by_one):
            yield Line(number + at, [cell.strip('"') if cell.count('"') % 2 else cell for cell in cells])
        return
    yield Line(number, (), _misquoted(number, number + max(len(record), 1) - 1))


def _misquoted(first: int, last: int) -> str:
    if last > first:
        return _(
            "un guillemet s’ouvre et ne se referme pas\u202f: les lignes %(first)s à %(last)s n’ont pas été lues"
        ) % {"first": first, "last": last}
    return _("un guillemet est mal placé, la ligne n’a pas été lue")


def _find_mark(lines: list[str]) -> tuple[str, int]:
    """The mark that cuts most lines into as many cells; and how many lines stand before the table's first."""
    skipped = 0
    for text in lines:
        if said := _SEPARATOR.fullmatch(text.strip()) or (
            _SEPARATOR.fullmatch(text.strip("\r\n")) if text.strip() else None
        ):
            return said[1], skipped + 1
        if text.strip():
            break
        skipped += 1
    some = lines[skipped:]
    # A colon stands in hours and titles: only where nothing else cuts at all.
    best = max(MARKS, key=lambda mark: _agreement(some, mark))
    if not _agreement(some, best) and _agreement(some, ":") > len(some):
        best = ":"
    return best, skipped


def _agreement(lines: list[str], mark: str) -> float:
    """How many cells the lines have that agree with one another; 0 when the mark cuts none."""
    try:
        widths = Counter(len(cells) for cells in csv.reader(lines, delimiter=mark) if cells)
    except csv.Error:
        widths = Counter(line.count(mark) + 1 for line in lines)
    widths.pop(1, None)
    if not widths:
        return 0
    width, times = max(widths.items(), key=lambda one: one[1] * (one[0] - 1))
    return times * (width - 1) + sum(widths.values()) / 1000
