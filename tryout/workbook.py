"""The results as one workbook that a person reads: titles, and sentences as the pages say them.

Only of lists that somebody can read to the end (`saying.MOST_SAID` rows): the csv files beside it hold all of any.
"""

import csv
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import get_language, get_language_bidi
from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

import engine
from catalogue.labels import quantity_words
from catalogue.spreadsheets.writing import in_xlsx
from engine.planning import Plan
from engine.results import Ranked, as_near_misses, as_pairings
from engine.vocabulary import ONCE
from matching.reasons.sentences import kilometres, reason_sentence, unmet_sentence
from tryout.saying import Said

MOST_BAD = 10_000  # lines to mend that a sheet shows
_BETWEEN = " · "
# Of what a list seldom says at all: its silence is no merit and no fault.
_UNSAID = frozenset({"not_asked", "confirmation_unknown"})
_BOLD, _TITLE = Font(bold=True), Font(bold=True, size=14)
_WRAPPED = Alignment(wrap_text=True, vertical="top")


@dataclass(frozen=True, slots=True)
class Sheet:
    """`columns`: what each is called, and how many characters wide."""

    name: str
    title: str
    columns: Sequence[tuple[str, int]]
    rows: Iterable[Sequence[Any]]


def write_workbook(
    path: Path,
    *,
    needs: Sequence[Said],
    offers: Sequence[Said],
    ranked: Ranked,
    plan: Plan,
    errors: Path,
    notices: Sequence[str],
    today: date,
) -> None:
    """The sheets of a trial: the plan, who could help, what one condition keeps apart, lines to mend, and `notices`.

    Its owner alone can read it, for it repeats what was typed about people. `errors` is the csv of the bad lines.
    """
    book = Workbook(write_only=True)
    day = date_format(today)
    sheets = (
        Sheet(
            _("Plan"),
            _("À qui demander, pour aider ensemble le plus de personnes (%(day)s)") % {"day": day},
            [*_pair_columns(), (_("Quantité"), 18), (_("Du"), 12), (_("Au"), 12)],
            _plan_rows(plan, needs, offers),
        ),
        Sheet(
            _("Pistes"),
            _("Qui pourrait aider, le meilleur d’abord (%(day)s)") % {"day": day},
            [
                *_pair_columns(),
                (_("Rang"), 6),
                (_("Note sur 100"), 9),
                (_("Du"), 12),
                (_("Au"), 12),
                (_("Pourquoi"), 70),
                (_("À savoir"), 50),
            ],
            _match_rows(ranked, needs, offers, today),
        ),
        Sheet(
            _("À une condition près"),
            _("Ce qu’une seule condition empêche (%(day)s)") % {"day": day},
            [*_pair_columns(), (_("Ce qui empêche"), 70), (_("Distance"), 14)],
            _near_miss_rows(ranked, needs, offers, today),
        ),
        Sheet(
            _("Lignes non lues"),
            _("Les lignes à corriger\u202f; les autres ont compté"),
            [
                (_("Fichier"), 24),
                (_("Ligne"), 8),
                (_("Colonne"), 22),
                (_("Lettre"), 8),
                (_("Valeur"), 26),
                (_("Ce qui ne va pas"), 80),
            ],
            _bad_rows(errors),
        ),
        Sheet(
            _("À vérifier"),
            _("Ce qui mérite un second regard"),
            [(_("Remarque"), 110)],
            ([notice] for notice in notices),
        ),
    )  # fmt: skip
    for sheet in sheets:
        _write(book, sheet)
    book.save(path)
    os.chmod(path, 0o600)


def _write(book: Workbook, sheet: Sheet) -> None:
    """A title, a header that stays on the screen, the rows."""
    page = book.create_sheet(sheet.name)
    page.sheet_view.rightToLeft = get_language_bidi()
    page.freeze_panes = "A3"
    for at, (_name, width) in enumerate(sheet.columns, 1):
        page.column_dimensions[get_column_letter(at)].width = width
    page.append([_cell(page, sheet.title, _TITLE)])
    page.append([_cell(page, name, _BOLD) for name, _width in sheet.columns])
    rows = 0
    for row in sheet.rows:
        page.append([_cell(page, value) for value in row])
        rows += 1
    page.auto_filter.ref = f"A2:{get_column_letter(len(sheet.columns))}{rows + 2}"


def _cell(page: Any, value: Any, font: Font | None = None) -> WriteOnlyCell:
    cell = WriteOnlyCell(page, in_xlsx(value))
    if font is not None:
        cell.font = font
    elif isinstance(value, date):
        cell.number_format = "yyyy-mm-dd" if get_language() == "en" else "dd/mm/yyyy"
    elif isinstance(value, float):
        cell.number_format = "0.0"
    else:
        cell.alignment = _WRAPPED
    return cell


def _pair_columns() -> list[tuple[str, int]]:
    return [
        (_("Besoin"), 12), (_("Ce qui est demandé"), 36), (_("Proposition"), 12), (_("Ce qui est proposé"), 36)
    ]  # fmt: skip


def _pair(need: Said, offer: Said) -> list[Any]:
    return [need.record.id, need.title, offer.record.id, offer.title]


def _plan_rows(plan: Plan, needs: Sequence[Said], offers: Sequence[Said]) -> Iterator[list[Any]]:
    columns = (plan.pairs.need, plan.pairs.offer, plan.units, plan.first, plan.last)
    for need, offer, units, first, last in zip(*(one.tolist() for one in columns), strict=True):
        record = needs[need].record
        given = quantity_words(record.kind, int(units) if units == int(units) else units, record.rhythm)
        days = (date.fromordinal(first), date.fromordinal(last))
        yield [*_pair(needs[need], offers[offer]), given, *days]


def _match_rows(
    ranked: Ranked, needs: Sequence[Said], offers: Sequence[Said], today: date
) -> Iterator[list[Any]]:
    before, rank = -1, 0
    rows = zip(as_pairings(ranked.feasible), ranked.feasible.offer.tolist(), strict=True)
    for (need, pairing), offer in rows:
        rank = rank + 1 if need == before else 1
        before = need
        explained = engine.explain(pairing, needs[need].record, offers[offer].record, today)
        reasons = [one for one in explained if one.code not in _UNSAID]
        good, other = (
            _BETWEEN.join(
                _sentence(one, needs[need])
                for one in reasons
                if one.good is is_good and one.code not in _UNSAID
            )
            for is_good in (True, False)
        )
        days = (pairing.run_first_day, pairing.run_last_day)
        yield [*_pair(needs[need], offers[offer]), rank, float(pairing.score), *days, good, other]


def _sentence(reason: engine.Reason, need: Said) -> str:
    return reason_sentence(reason.code, _params(reason, need))


def _params(reason: engine.Reason, need: Said) -> dict[str, Any]:
    """As on the pages: hours of an appointment are said otherwise."""
    rhythm = {"rhythm": need.record.rhythm} if need.record.rhythm == ONCE else {}
    return {**reason.params, **rhythm}


def _near_miss_rows(
    ranked: Ranked, needs: Sequence[Said], offers: Sequence[Said], today: date
) -> Iterator[list[Any]]:
    found = as_near_misses(ranked.needs, ranked.offers, ranked.missed)
    for (need, miss), offer in zip(found, ranked.missed.offer.tolist(), strict=True):
        reason = engine.explain_near_miss(miss, needs[need].record, offers[offer].record, today)
        said = unmet_sentence(miss.rule, _params(reason, needs[need]))
        yield [*_pair(needs[need], offers[offer]), said, kilometres(miss.distance_km)]


def _bad_rows(errors: Path) -> Iterator[list[str]]:
    with errors.open(encoding="utf-8-sig", newline="") as file:
        lines = csv.reader(file, delimiter=";")
        next(lines)
        for number, line in enumerate(lines):
            if number == MOST_BAD:
                return
            yield line
