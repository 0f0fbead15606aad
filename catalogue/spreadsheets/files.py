"""Opening a spreadsheet that somebody else made, whatever program wrote it and whatever it is called.

    book = open_spreadsheet(path)              # or bytes, or a file open for reading; encoding="cp850" when asked
    book.kind                                  # "csv", "xlsx", "xls", "xlsb", "ods", "html", "xml2003"
    [sheet.name for sheet in book.sheets]      # of a csv one, whose name is empty; sheet.is_hidden
    table = book.table(knows_names(COLUMNS), Answers(sheet="Hébergeurs", hidden_rows="skip"))
    table.sheet, table.header, table.header_line, table.hidden_rows, table.expected, table.notices
    table.first(5)                             # its first lines (number, cells, fault), which stay to be read
    for line in table.lines: ...               # each line under the header, once
    table.others                               # names of other sheets that look like tables too

`read_table(path, answers)` does the same in one step, for those who then call `rows.parse_rows` or `parse_blocks`:
these know the names of the columns and settle the sheet and the header by them.

Each raises Unreadable, a sentence that says what the file is and what to do; Question, which is one too, when a person
has to choose (`about` sheet, hidden_rows or encoding, with `options`): give the choice in `Answers` and open again.
"""

import shutil
import tempfile
import weakref
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import IO

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalogue.labels import listed
from catalogue.spreadsheets.cells import as_text, plain
from catalogue.spreadsheets.delimited import read_text
from catalogue.spreadsheets.kinds import kind_of
from catalogue.spreadsheets.lines import (
    MOST_COLUMNS,
    NOTHING_SAID,
    Answers,
    Line,
    Question,
    Sheet,
    Unreadable,
    is_blank,
    too_wide,
)
from catalogue.spreadsheets.markup import read_html, read_xml2003
from catalogue.spreadsheets.tables import Candidate, Knows, find_header, look_at, note, ranges, table_lines
from catalogue.spreadsheets.workbooks import read_archive, read_old_workbook

_MOST_SHEETS = 60  # that are looked at for a table


@dataclass(slots=True, weakref_slot=True)
class Spreadsheet:
    """An open file: what it is, and its sheets in their order."""

    kind: str
    sheets: list[Sheet]

    def table(self, knows: Knows | None = None, answers: Answers = NOTHING_SAID) -> "Table":
        """The table that is meant: of the sheet that was said, else of the one that holds known names.

        Without `knows` nothing is asked: the first sheet that looks like a table, hidden lines left to the caller.
        """
        table = Table(self, answers)
        if knows is not None:
            table.settle(knows)
        return table


class Table:
    """An open table: the names of its columns, and its lines, to be read once. `expected` is about how many."""

    sheet: str
    header: list[str]
    header_line: int
    hidden_rows: list[int]  # numbers of the hidden lines in which something stands
    lines: Iterator[Line]
    expected: int | None
    notices: list[str]
    others: list[str]  # names of the other sheets that look like a table

    def __init__(self, book: Spreadsheet, answers: Answers = NOTHING_SAID) -> None:
        self.book, self.answers = book, answers
        self._settled = False
        self._candidates = self._look()
        self._take(self._candidates[0], None)

    def settle(self, knows: Knows, required: frozenset[str] = frozenset()) -> None:
        """Choose the sheet and the header by the names that are wanted; afterwards it stays as it is.

        A sheet with all `required` columns is preferred to any other.

        Raises Question when several sheets might be meant, or when lines are hidden and nobody has said what about
        them.
        """
        if self._settled:
            return
        self._settled = True
        candidates = self._candidates
        for one in candidates:
            one.header = find_header(one.first, knows, self.answers.header_line) or one.header
        tables = [one for one in candidates if one.known and one.looks_like_table] or candidates
        whole = [one for one in tables if required and one.known >= required]
        most = max(len(one.known) for one in whole or tables)
        rivals = whole or [one for one in tables if len(one.known) > most / 2]
        if len(rivals) > 1:
            names = [one.sheet.name for one in rivals]
            raise Question(
                _("Plusieurs feuilles peuvent être le tableau\u202f: %(names)s.") % {"names": listed(names)},
                about="sheet",
                options=[(name, name) for name in names],
                hint=_('Dites laquelle\u202f: --sheet "%(name)s".') % {"name": names[0]},
            )
        self._take(next(one for one in rivals or tables if len(one.known) == most), knows)
        self._candidates.clear()
        self._ask_about_hidden_rows()

    def first(self, number: int) -> list[Line]:
        """The first lines under the header; they stay to be read."""
        some = list(islice(self.lines, number))
        self.lines = chain(some, self.lines)
        return some

    # --- Details -------------------------------------------------------------------------------------------

    def _look(self) -> list[Candidate]:
        """The sheets that may be meant, tables first: the visible ones, or the one that was said."""
        sheets, line = self.book.sheets, self.answers.header_line
        if said := self.answers.sheet:
            chosen = [sheet for sheet in sheets if plain(sheet.name) == plain(said)]
            if not chosen:
                raise Unreadable(
                    _("Aucune feuille ne s’appelle «\u00a0%(name)s\u00a0». Ce fichier a\u202f: %(names)s.")
                    % {
                        "name": said,
                        "names": listed(sheet.name or _("une seule feuille, sans nom") for sheet in sheets),
                    }
                )
        else:
            chosen = [sheet for sheet in sheets if not sheet.is_hidden] or sheets
        found = [look_at(sheet, line, keep=len(chosen) == 1) for sheet in chosen[:_MOST_SHEETS]]
        found = [one for one in found if one.header is not None]
        if not found:
            raise Unreadable(
                _("Ce fichier est vide.")
                if line is None
                else _("La ligne %(line)s n’est pas dans ce fichier.") % {"line": line}
            )
        return sorted(found, key=lambda one: not one.looks_like_table)

    def _take(self, chosen: Candidate, knows: Knows | None) -> None:
        sheet, header = chosen.sheet, chosen.header
        assert header is not None
        if fault := chosen.first[header.at].fault:
            raise Unreadable(
                _("L’en-tête n’a pas pu être lu (ligne %(line)s)\u202f: %(message)s.")
                % {"line": header.number, "message": fault}
            )
        if len(header.cells) > MOST_COLUMNS:
            raise Unreadable(too_wide())
        self.sheet, self.header, self.header_line = sheet.name, header.cells, header.number
        self.expected = sheet.expected and max(sheet.expected - header.at - 1, 1)
        self.others = [
            one.sheet.name for one in self._candidates if one is not chosen and one.looks_like_table
        ]
        self.hidden_rows = [line for line in sheet.hidden_rows if line > header.number]
        self.notices = sheet.notices
        self._is_filtered = sheet.is_filtered
        self.lines = table_lines(
            chosen.under_the_header(),
            header,
            knows,
            self.notices,
            frozenset(self.hidden_rows) if self.answers.hidden_rows == "skip" else frozenset(),
        )
        if knows is not None:
            for notice in self._notices(chosen):
                note(self.notices, notice)

    def _notices(self, chosen: Candidate) -> Iterator[str]:
        sheet, header = chosen.sheet, chosen.header
        assert header is not None
        visible = [one.name for one in self.book.sheets if one is not sheet and not one.is_hidden]
        if visible:
            yield _("Seule la feuille «\u00a0%(name)s\u00a0» est lue, pas les autres (%(others)s).") % {
                "name": sheet.name,
                "others": listed(visible),
            }
        if hidden := [one.name for one in self.book.sheets if one is not sheet and one.is_hidden]:
            yield _("Feuilles masquées, non lues\u202f: %(names)s.") % {"names": listed(hidden)}
        above = [line for line in chosen.first[: header.at] if not is_blank(line.cells)]
        if header.rows > 1:
            above = above[:-1]
            yield _(
                "L’en-tête tient sur deux lignes (%(first)s et %(second)s)\u202f: elles ont été lues ensemble."
            ) % {
                "first": chosen.first[header.at - 1].number,
                "second": header.number,
            }
        if above:
            text = " · ".join(text for cell in above[0].cells if (text := as_text(cell)))
            yield _(
                "Le tableau commence à la ligne %(line)s. Ce qui est au-dessus n’est pas lu\u202f: "
                "«\u00a0%(text)s\u00a0»."
            ) % {
                "line": header.number,
                "text": text if len(text) <= 80 else f"{text[:79]}…",
            }
        if names := [
            header.cells[at] for at in sheet.hidden_columns if at < len(header.cells) and header.cells[at]
        ]:
            yield _("Colonnes masquées, lues aussi\u202f: %(names)s.") % {"names": listed(names)}
        if self.hidden_rows and self.answers.hidden_rows:
            said = (
                _("Lignes masquées, lues aussi\u202f: %(lines)s.")
                if self.answers.hidden_rows == "read"
                else _("Lignes masquées, non lues\u202f: %(lines)s.")
            )
            yield said % {"lines": ranges(self.hidden_rows)}

    def _ask_about_hidden_rows(self) -> None:
        if not self.hidden_rows or self.answers.hidden_rows:
            return
        number = len(self.hidden_rows)
        message = (
            ngettext(
                "%(n)s ligne est masquée, par un filtre peut-être (%(lines)s).",
                "%(n)s lignes sont masquées, par un filtre peut-être (%(lines)s).",
                number,
            )
            if self._is_filtered
            else ngettext(
                "%(n)s ligne est masquée (%(lines)s).", "%(n)s lignes sont masquées (%(lines)s).", number
            )
        )
        raise Question(
            message % {"n": number, "lines": ranges(self.hidden_rows)},
            about="hidden_rows",
            options=[("read", _("les lire aussi")), ("skip", _("ne pas les lire"))],
            hint=_(
                "Dites s’il faut les lire (--hidden-rows read) ou non (--hidden-rows skip)\u202f; rien n’est lu avant."
            ),
        )


def open_spreadsheet(source: Path | bytes | IO[bytes], *, encoding: str = "") -> Spreadsheet:
    """Open what somebody sent, known by its content whatever its name. Raises Unreadable.

    What is no file yet is kept in one as long as the Spreadsheet lives.
    """
    if isinstance(source, Path):
        return _opened(source, encoding)
    descriptor, name = tempfile.mkstemp(prefix="accorde-")
    with open(descriptor, "wb") as file:
        if isinstance(source, bytes):
            file.write(source)
        else:
            shutil.copyfileobj(source, file)
    try:
        book = _opened(Path(name), encoding)
    except BaseException:
        Path(name).unlink()
        raise
    weakref.finalize(book, Path(name).unlink, missing_ok=True)
    return book


def _opened(path: Path, encoding: str) -> Spreadsheet:
    kind = kind_of(path)
    if kind == "zip":
        return Spreadsheet(*read_archive(path))
    if kind == "ole":
        return Spreadsheet(*read_old_workbook(path))
    if kind == "html":
        return Spreadsheet(kind, read_html(path, encoding))
    if kind == "xml2003":
        return Spreadsheet(kind, read_xml2003(path))
    return Spreadsheet("csv", [read_text(path, encoding)])


def read_table(path: Path, answers: Answers = NOTHING_SAID) -> Table:
    """Open a spreadsheet and its table. Raises Unreadable."""
    return open_spreadsheet(path, encoding=answers.encoding).table(answers=answers)
