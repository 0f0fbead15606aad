"""What commands and workers write of a list while they work on it."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.models import User
from catalogue.imports import Outcome
from catalogue.inserting import insert_many
from catalogue.spreadsheets import BadCell
from lists.models import (
    Fate,
    Line,
    ListImport,
    Sender,
    Step,
    What,
)
from lists.services.steps import start

_MORE = re.compile(r"^([a-z_]+) [(\[].*$")


@transaction.atomic
def begin_command(
    *, sender: Sender, name: str, lines: int | None, by: User | None, now: datetime
) -> ListImport:
    """A command imports a file that lies beside it. Raises Busy."""
    one = ListImport.objects.create(
        sender=sender,
        city=sender.city,
        name=name[:200],
        by=by,
        at=now,
        moved_at=now,
        lines=lines,
        step=Step.READY,
    )
    return start(one, Step.IMPORTING, now=now, wake=False)


def note(one: ListImport, outcomes: Sequence[Outcome], *, now: datetime) -> None:
    """Write down what became of a lot, in its transaction."""
    field = "offer_id" if one.sender.what == What.OFFERS else "need_id"
    is_trial = one.step == Step.CHECKING
    insert_many(
        Line(
            list=one,
            number=outcome.line,
            fate=Fate(outcome.what),
            said=_said(outcome),
            **{field: None if is_trial and outcome.what == "new" else outcome.row},
        )
        for outcome in outcomes
    )
    for outcome in outcomes:
        setattr(one, outcome.what, getattr(one, outcome.what) + 1)
    one.line_done, one.moved_at, one.failures = outcomes[-1].line, now, 0
    one.save(update_fields=["line_done", "moved_at", "failures", *Fate.values])


def _said(outcome: Outcome) -> dict[str, Any]:
    said: dict[str, Any] = {}
    if outcome.said:
        said["words"] = list(outcome.said)
    if outcome.bad:
        said["bad"] = [
            [_own_name(cell.column), cell.letter, cell.value, cell.message, cell.asked, list(cell.choices)]
            for cell in outcome.bad
        ]
    if outcome.understood:
        said["understood"] = [[_own_name(one.column), one.written, one.words] for one in outcome.understood]
    if outcome.differs:
        said["differs"] = outcome.differs
    return said


def _own_name(header: str) -> str:
    """Our name of a column, without the unit or the answer that `reading` puts behind it."""
    return _MORE.sub(r"\1", header)


def bad_cells(line: Line) -> list[BadCell]:
    """What is wrong with a line."""
    return [
        BadCell(line.number, column, letter, value, message)
        for column, letter, value, message, *_asked in line.said.get("bad", ())
    ]


@transaction.atomic
def end(*, one: ListImport, to: Step, now: datetime, notices: Sequence[str] = (), trouble: str = "") -> None:
    """A worker or a command is done with a step, or can't go on."""
    one.notices = [*dict.fromkeys([*one.notices, *notices])]
    if one.step == Step.IMPORTING and one.imported_at is None:
        one.imported_at = now
    one.step, one.trouble, one.moved_at = to, trouble, now
    one.save(update_fields=["step", "trouble", "moved_at", "notices", "imported_at"])


def note_failure(one: ListImport, *, now: datetime) -> int:
    """Something that nobody foresaw went wrong; how often by now."""
    ListImport.objects.filter(pk=one.pk).update(failures=one.failures + 1, moved_at=now)
    return one.failures + 1
