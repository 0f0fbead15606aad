"""The loop over the rows of a file, a lot in one transaction: good rows kept, bad ones named, nothing twice."""

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Literal, Protocol

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import DataError, IntegrityError, connection, models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalogue.changes import What
from catalogue.imports.ids import row_digest
from catalogue.models import Entry
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

Note = Callable[[Sequence["Outcome"]], None]

# So many rows are looked up and written at once, and the worker is woken after each lot.
LOT = 500
# One lot of a town at a time: two files that hold the same people, in other orders, would wait for each other.
_LOTS = 0x5CA7


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one line.

    new: kept. changed: known, and what its list says anew was taken. known: nothing to do. disputed: the list says
    anew what somebody has changed here since (`differs`: as it stands, as listed); nothing was overwritten. bad:
    refused, with the reasons. `said`: more of it, in words. `row` is the key of the offer or need, `edit` of its edit.
    """

    line: int
    what: Literal["new", "changed", "known", "disputed", "bad"]
    bad: tuple[BadCell, ...] = ()
    said: tuple[str, ...] = ()
    row: int | None = None
    edit: int | None = None
    differs: What = field(default_factory=dict)
    understood: tuple[Understood, ...] = ()


class RowRefused(Exception):
    """A row that was understood but cannot be kept."""

    def __init__(self, *cells: BadCell) -> None:
        self.cells = cells
        super().__init__("; ".join(str(cell) for cell in cells))


@dataclass(frozen=True, slots=True)
class Numbered:
    """A row with the number by which it is known in its list, and the digest of all else that it says."""

    row: Row
    id: str
    digest: str


class Keeper(Protocol):
    """What offers and needs each know of their rows."""

    city_id: int
    today: date

    def id_of(self, row: Row) -> str:
        """By what the row is known in its list: its own number, or one made of who and what it is."""

    def find(self, rows: Sequence[Numbered]) -> Mapping[int, Entry]:
        """By line, what these rows became when they were imported before."""

    def unchanged(self, known: Any, row: Numbered) -> Outcome | None:
        """What becomes of a row that says what it said the last time; None of any other. Asks the database nothing."""

    def again(self, known: Any, row: Numbered) -> Outcome:
        """Take what a row says anew. Raises RowRefused or ValidationError."""

    def draft(self, row: Numbered) -> Any:
        """A new row checked by all rules that need no database. Raises RowRefused or ValidationError."""

    def keep(self, drafts: Sequence[Any]) -> Sequence[Entry]:
        """Write new rows, in their order. Raises ValidationError or the database's own errors: none is written then."""

    def words(self, kept: Any) -> tuple[str, ...]:
        """What was understood of a new row."""

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
    after: int = 0,
    note: Note | None = None,
) -> Iterator[Outcome]:
    """Keep each good row; what became of each, line by line. Raises Unreadable at once.

    A lot of rows is one transaction: killed, it leaves whole lots. `note` is told of each lot within it. A dry run does
    everything and takes each lot back, but for what `note` writes. `after`: lines up to this one were taken before.
    """
    rows = parse_rows(table, columns, today=keeper.today, answers=answers)
    return _outcomes(table, rows, keeper, dry_run, after, note)


def _outcomes(
    table: Table,
    rows: Iterator[Row | list[BadCell]],
    keeper: Keeper,
    dry_run: bool,
    after: int,
    note: Note | None,
) -> Iterator[Outcome]:
    seen: dict[str, tuple[int, str]] = {}
    try:
        while lot := list(itertools.islice(rows, LOT)):
            numbered = [_numbered(row, seen, keeper) for row in lot]
            left = [one for one in numbered if _line_of(one) > after]
            if not left:
                continue
            with transaction.atomic():
                _wait_for_other_lots(keeper.city_id)
                # Of a dry run all is taken back but what is noted.
                part = transaction.savepoint() if dry_run else ""
                outcomes = _taken(left, keeper, in_words=dry_run)
                if dry_run:
                    transaction.savepoint_rollback(part)
                elif any(outcome.what == "new" for outcome in outcomes):
                    keeper.wake()
                if note is not None:
                    note(outcomes)
            yield from outcomes
    finally:
        table.notices += keeper.notices()


def _numbered(
    row: Row | list[BadCell], seen: dict[str, tuple[int, str]], keeper: Keeper
) -> Numbered | Outcome:
    if isinstance(row, list):
        return Outcome(row[0].line, "bad", tuple(row))
    one = Numbered(row, keeper.id_of(row), row_digest(row))
    first = seen.setdefault(one.id, (row.line, one.digest))
    if first[0] == row.line:
        return one
    place = {"line": first[0]}
    if first[1] == one.digest:
        return Outcome(row.line, "known", said=(_("la même ligne que la ligne %(line)s.") % place,))
    if row["id"]:
        message = _("cet identifiant est déjà celui de la ligne %(line)s.") % place
    else:
        message = (
            _(
                "la même personne et la même chose qu’à la ligne %(line)s, avec d’autres détails\u202f: donnez un "
                "identifiant à chacune."
            )
            % place
        )
    return Outcome(row.line, "bad", (row.bad("id", message),))


def _line_of(one: Numbered | Outcome) -> int:
    return one.line if isinstance(one, Outcome) else one.row.line


def _wait_for_other_lots(city_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOTS, city_id % 2**31])


def _taken(lot: Sequence[Numbered | Outcome], keeper: Keeper, *, in_words: bool) -> list[Outcome]:
    """What becomes of each line of a lot, in its order."""
    done: dict[int, Outcome] = {one.line: one for one in lot if isinstance(one, Outcome)}
    rows = [one for one in lot if isinstance(one, Numbered)]
    known = keeper.find(rows)
    new = []
    for one in rows:
        if one.row.line in known:
            done[one.row.line] = _again(known[one.row.line], one, keeper)
        else:
            new.append(one)
    for outcome in _kept(new, keeper, in_words=in_words):
        done[outcome.line] = outcome
    return [done[_line_of(one)] for one in lot]


def _again(known: Entry, one: Numbered, keeper: Keeper) -> Outcome:
    if (same := keeper.unchanged(known, one)) is not None:
        return replace(same, understood=one.row.understood)
    try:
        with transaction.atomic():
            return replace(keeper.again(known, one), understood=one.row.understood)
    except RowRefused as refused:
        return Outcome(one.row.line, "bad", refused.cells, row=known.pk)
    except ValidationError as error:
        return Outcome(one.row.line, "bad", keeper.explain(one.row, error), row=known.pk)
    except (IntegrityError, DataError):
        return _by_the_database(one.row)


def _kept(rows: Sequence[Numbered], keeper: Keeper, *, in_words: bool) -> Iterator[Outcome]:
    drafts: list[tuple[Row, Any]] = []
    for one in rows:
        try:
            drafts.append((one.row, keeper.draft(one)))
        except RowRefused as refused:
            yield Outcome(one.row.line, "bad", refused.cells)
        except ValidationError as error:
            yield Outcome(one.row.line, "bad", keeper.explain(one.row, error))
    if drafts:
        yield from _written(drafts, keeper, in_words=in_words)


def _written(drafts: Sequence[tuple[Row, Any]], keeper: Keeper, *, in_words: bool) -> Iterator[Outcome]:
    """All in one go; where one of them is refused, each half by itself, down to the one."""
    row, rows = drafts[0][0], [row for row, _draft in drafts]
    try:
        with transaction.atomic():
            kept = keeper.keep([draft for _row, draft in drafts])
    except ValidationError as error:
        bad = keeper.explain(row, error)
    except (IntegrityError, DataError):
        # No rule of ours foresaw it; what was written is undone and the other rows have their own.
        bad = _by_the_database(row).bad
    else:
        for one, entry in zip(rows, kept, strict=True):
            said = keeper.words(entry) if in_words else ()
            yield Outcome(one.line, "new", said=said, row=entry.pk, understood=one.understood)
        return
    if len(drafts) == 1:
        yield Outcome(row.line, "bad", bad)
        return
    half = len(drafts) // 2
    yield from _written(drafts[:half], keeper, in_words=in_words)
    yield from _written(drafts[half:], keeper, in_words=in_words)


def _by_the_database(row: Row) -> Outcome:
    return Outcome(row.line, "bad", (row.bad("", _("la base de données a refusé cette ligne.")),))


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
    for field_name, errors in error.error_dict.items():
        for one in errors:
            message = sentence(one)
            column = (
                by_message.get(message, "")
                if field_name == NON_FIELD_ERRORS
                else columns.get(field_name, field_name)
            )
            cells[row.bad(column, message)] = None
    return tuple(cells)
