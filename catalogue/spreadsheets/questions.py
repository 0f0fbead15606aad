"""What a file was understood to say, and what a person is asked about it: once for each value of a column.

`parse_rows` gives with each row what was understood of it (`Row.understood`), and refuses a row with a cell that can
mean several things (`BadCell.asked`). `Heard` gathers both over a whole file; the `Answers` of a person go back into
`parse_rows`, which then reads every such cell as they said.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalogue.meaning import folded

MOST_GATHERED = 500  # different values that are shown of a file, whatever its length


One = TypeVar("One")


class BadAnswer(ValueError):
    """An answer that is not of the form "colonne: écrit = valeur"."""


@dataclass(frozen=True, slots=True)
class Understood:
    """A cell that was understood otherwise than it is written, in words."""

    line: int
    column: str
    letter: str
    written: str
    words: str

    def __str__(self) -> str:
        return _(
            "ligne %(line)s, colonne «\u00a0%(column)s\u00a0»\u202f: «\u00a0%(written)s\u00a0» compris\u202f: %(words)s"
        ) % {"line": self.line, "column": self.column, "written": self.written, "words": self.words}


@dataclass(frozen=True, slots=True)
class BadCell:
    """What is wrong, and where; column and letter are empty when it is the line as a whole."""

    line: int
    column: str
    letter: str
    value: str
    message: str
    # Of a cell that a person is asked about: the column's own name, the part of the cell in question, what it may mean.
    name: str = ""
    asked: str = ""
    choices: tuple[str, ...] = ()

    def __str__(self) -> str:
        place = {"line": self.line, "column": self.column, "message": self.message}
        if self.column:
            return _("ligne %(line)s, colonne «\u00a0%(column)s\u00a0»\u202f: %(message)s") % place
        return _("ligne %(line)s\u202f: %(message)s") % place


@dataclass(slots=True)
class Question:
    """A value of a column that a person is to explain: where it stands first, on how many lines, what it may mean."""

    name: str  # of the column, as we call it
    column: str  # as the file does
    letter: str
    written: str
    message: str
    choices: tuple[str, ...]
    line: int
    lines: int = 1

    @property
    def answered(self) -> str:
        """The line by which it is answered, with what it may mean: `Answers.read` reads it."""
        column = self.name if ":" in self.column.rstrip(" :*?!") else self.column.rstrip(" :*?!")
        return f"{column}: {self.written} = {self.choices[0] if self.choices else '…'}"

    def __str__(self) -> str:
        return ngettext(
            "colonne «\u00a0%(column)s\u00a0» (%(n)s ligne, %(line)s)\u202f: %(message)s",
            "colonne «\u00a0%(column)s\u00a0» (%(n)s lignes, dont %(line)s)\u202f: %(message)s",
            self.lines,
        ) % {"column": self.column, "n": self.lines, "line": self.line, "message": self.message}


@dataclass(slots=True)
class Heard:
    """What was understood and what is asked over a whole file, each value of a column once."""

    understood: dict[tuple[str, str], Understood] = field(default_factory=dict)
    questions: dict[tuple[str, str], Question] = field(default_factory=dict)
    more: int = 0  # further different values, beyond those that are shown

    def take(self, understood: Iterable[Understood], bad: Iterable[BadCell]) -> None:
        """What one line says."""
        for one in understood:
            key = (one.column, one.written)
            if key not in self.understood:
                self._keep(self.understood, key, one)
        for cell in bad:
            if not cell.asked:
                continue
            key = (cell.name, folded(cell.asked))
            if known := self.questions.get(key):
                known.lines += 1
                continue
            question = Question(
                cell.name, cell.column, cell.letter, cell.asked, cell.message, cell.choices, cell.line
            )
            self._keep(self.questions, key, question)

    def _keep(self, among: dict[tuple[str, str], One], key: tuple[str, str], one: One) -> None:
        if len(among) < MOST_GATHERED:
            among[key] = one
        else:
            self.more += 1


def _named(column: str) -> str:
    """A column as answers name it: without the marks at the end of a header."""
    return folded(column).rstrip(" :*?!")


@dataclass(frozen=True, slots=True)
class Answers:
    """What a person said that cells mean: (column, written) → what they would have typed; nothing: nothing is known."""

    said: Mapping[tuple[str, str], str] = field(default_factory=dict)

    @classmethod
    def read(cls, lines: Iterable[str]) -> "Answers":
        """From lines "colonne: écrit = valeur"; the column by our name or the file's. Raises BadAnswer."""
        said = {}
        for line in lines:
            match = re.fullmatch(r"\s*([^:]+?)\s*:\s*(.+?)\s*=\s*([^=]*?)\s*", line, re.DOTALL)
            if match is None:
                column, written, value = _("colonne"), _("écrit"), _("valeur")
                form = f"{column}: {written} = {value}"  # with these marks in every language
                raise BadAnswer(
                    _("«\u00a0%(text)s\u00a0»\u202f: écrivez «\u00a0%(form)s\u00a0».")
                    % {"text": line, "form": form}
                )
            said[_named(match[1]), folded(match[2])] = match[3]
        return cls(said)

    def of(self, *names: str) -> Mapping[str, str]:
        """What was said of one column, which has these names."""
        known = {_named(name) for name in names}
        return {written: value for (column, written), value in self.said.items() if _named(column) in known}

    def __bool__(self) -> bool:
        return bool(self.said)
