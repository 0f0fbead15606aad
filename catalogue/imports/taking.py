"""The loop over the rows of a file, each in a transaction of its own: good rows kept, bad ones named, nothing twice."""

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal, Protocol

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import DataError, IntegrityError, models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalogue.spreadsheets import (
    Answers,
    BadCell,
    Column,
    Row,
    Table,
    Understood,
    parse_rows,
    sentence,
)

# So many rows are looked up at once, and the worker is woken after each lot.
LOT = 500


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one line: kept, known from an earlier import, or bad with the reasons."""

    line: int
    what: Literal["new", "known", "bad"]
    bad: tuple[BadCell, ...] = ()
    understood: tuple[Understood, ...] = ()


class RowRefused(Exception):
    """A row that was understood but cannot be kept."""

    def __init__(self, *cells: BadCell) -> None:
        self.cells = cells
        super().__init__("; ".join(str(cell) for cell in cells))


class Keeper(Protocol):
    """What offers and needs each know of their rows."""

    today: date

    def known(self, rows: list[Row]) -> set[str]:
        """The ids of these rows that were imported before."""

    def keep(self, row: Row) -> bool:
        """Write one row; whether it was new. Raises RowRefused or ValidationError."""

    def explain(self, row: Row, error: ValidationError) -> tuple[BadCell, ...]:
        """A ValidationError of `keep` as cells of the row."""

    def wake(self) -> None:
        """Have what was kept so far matched."""

    def notices(self) -> list[str]:
        """What is worth a second look, though no row is wrong."""


def take_in(
    *,
    table: Table,
    columns: tuple[Column, ...],
    keeper: Keeper,
    dry_run: bool,
    answers: Answers | None = None,
) -> Iterator[Outcome]:
    """Keep each good row in its own transaction; what became of each, line by line. Raises Unreadable at once.

    A dry run does everything and takes each row back.
    """
    rows = parse_rows(table, columns, today=keeper.today, answers=answers)
    return _outcomes(table, rows, keeper, dry_run)


def _outcomes(
    table: Table, rows: Iterator[Row | list[BadCell]], keeper: Keeper, dry_run: bool
) -> Iterator[Outcome]:
    seen: dict[str, int] = {}
    try:
        while lot := list(itertools.islice(rows, LOT)):
            imported = keeper.known([row for row in lot if isinstance(row, Row)])
            some_new = False
            try:
                for row in lot:
                    outcome = _outcome(row, seen, imported, keeper, dry_run)
                    some_new = some_new or outcome.what == "new"
                    yield outcome
            finally:
                # Also when the import is interrupted: what was kept is matched at once.
                if some_new and not dry_run:
                    keeper.wake()
    finally:
        table.notices += keeper.notices()


def _outcome(
    row: Row | list[BadCell],
    seen: dict[str, int],
    imported: set[str],
    keeper: Keeper,
    dry_run: bool,
) -> Outcome:
    if isinstance(row, list):
        return Outcome(row[0].line, "bad", tuple(row))
    identifier = row["id"]
    if identifier in seen:
        message = _("cet identifiant est déjà celui de la ligne %(line)s.") % {"line": seen[identifier]}
        return Outcome(row.line, "bad", (row.bad("id", message),))
    seen[identifier] = row.line
    if identifier in imported:
        return Outcome(row.line, "known")
    try:
        with transaction.atomic():
            is_new = keeper.keep(row)
            if dry_run:
                transaction.set_rollback(True)
    except RowRefused as refused:
        return Outcome(row.line, "bad", refused.cells)
    except ValidationError as error:
        return Outcome(row.line, "bad", keeper.explain(row, error))
    except (IntegrityError, DataError):
        # No rule of ours foresaw it; the transaction is undone and the next row has its own.
        message = _("la base de données a refusé cette ligne.")
        return Outcome(row.line, "bad", (row.bad("", message),))
    return Outcome(row.line, "new" if is_new else "known", understood=row.understood)


def moved_notices(moved: int) -> list[str]:
    """That some things stand in another category than their line said: each item has its own."""
    if not moved:
        return []
    said = ngettext(
        "%(n)s ligne est rangée dans la catégorie de son objet.",
        "%(n)s lignes sont rangées dans la catégorie de leur objet.",
        moved,
    )
    return [said % {"n": moved}]


def explained(
    row: Row,
    error: ValidationError,
    *,
    model: type[models.Model],
    columns: Mapping[str, str],
    constraints: Mapping[str, str],
) -> tuple[BadCell, ...]:
    """A service's refusal as cells: `columns` by field where they differ, `constraints` by constraint."""
    if not hasattr(error, "error_dict"):
        return (row.bad("", sentence(error)),)
    by_message = {
        str(constraint.violation_error_message): constraints.get(constraint.name, "")
        for constraint in model._meta.constraints
    }
    cells: dict[BadCell, None] = {}
    for field, errors in error.error_dict.items():
        for one in errors:
            message = sentence(one)
            column = by_message.get(message, "") if field == NON_FIELD_ERRORS else columns.get(field, field)
            cells[row.bad(column, message)] = None
    return tuple(cells)
