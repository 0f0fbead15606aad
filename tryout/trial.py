"""One trial from two spreadsheets to the files of its results, whole or not at all."""

import csv
import json
import math
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from math import inf
from pathlib import Path
from types import MappingProxyType
from typing import IO, Any

import numpy as np
from django.utils.translation import gettext as _

from catalogue.spreadsheets import NOTHING_SAID, Answers, BadCell, FileAnswers, Heard, Question, harmless
from engine import KEEP, NEAR_KM, VERSION, NeedColumns, OfferColumns, Vocabulary, rank_columns
from engine.planning import Baseline, Plan, plan, plan_pairs
from tryout import notices
from tryout.chains import CHAIN_COLUMNS
from tryout.commas import with_commas
from tryout.communes import Places
from tryout.need_sheet import read_needs
from tryout.offer_sheet import read_offers
from tryout.results import (
    CHAINS,
    ERRORS,
    MATCHES,
    NEAR_MISSES,
    PLAN,
    SUMMARY,
    WORKBOOK,
    folder_within,
    publish,
    refuse_overwriting,
)
from tryout.slices import (
    MATCH_COLUMNS,
    NEAR_MISS_COLUMNS,
    Counts,
    Terms,
    rank_in_slices,
    same_category_pairs,
)
from tryout.stopwatch import Progress, Stopwatch
from tryout.workbook import write_workbook

STEPS = ("offers", "needs", "ranking", "planning", "writing")
PLAN_COLUMNS = "need,offer,quantity,run_first_day,run_last_day,value"
MOST_SHOWN = 50  # bad cells that a summary holds; all of them are in errors.csv

# Near misses are looked for everywhere and for every need as long as these pairs are soon judged; beyond, as in a
# town’s database (docs/algorithm.md): for needs with fewer than KEEP feasible offers, up to NEAR_KM beyond the reach.
MOST_PAIRS = 50_000_000
# The plan holds all feasible pairs in memory, up to so many; beyond, as many of each need's best as make about that.
MOST_PLANNED_PAIRS = 12_000_000


@dataclass(frozen=True, slots=True)
class Rows:
    """Lines of a file that were understood, and those that were not."""

    good: int
    bad: int


@dataclass(frozen=True, slots=True)
class BadLine:
    """A bad cell, and in which of the two files."""

    file: str
    cell: BadCell

    def __str__(self) -> str:
        return f"{self.file}, {self.cell}"


@dataclass(frozen=True, slots=True)
class Summary:
    """What was read and found. `bad` are the first of the bad cells, `notices` what is worth a second look."""

    today: date
    offers: Rows
    needs: Rows
    people: int  # whom the needs concern
    matched_needs: int  # with at least one feasible offer
    feasible_pairs: int
    matches: int  # lines of matches.csv: of each need the best
    near_misses: int
    all_near_misses: bool  # looked for everywhere and for every need
    plan_lines: int
    planned_needs: int  # helped by the plan, wholly or in part
    plan: Baseline
    planned_among: int | None  # so many of each need's best pairs, when all together were too many
    bound: float | None  # no plan whatever reaches more; not known when some pairs were left out
    gap: float | None
    proven: bool
    in_time: bool  # False: the seconds ended the search, and another run may find another plan
    first_come: Baseline
    greedy: Baseline
    seconds: dict[str, float]
    bad_cells: int  # all of them are in errors.csv
    bad: tuple[BadLine, ...]
    notices: tuple[str, ...]
    asked: tuple[Question, ...] = ()  # each value that a person is asked about, once

    @property
    def bad_rows(self) -> int:
        return self.offers.bad + self.needs.bad

    def as_json(self) -> dict[str, Any]:
        """summary.json, see docs/match_files.md."""
        return {
            "algorithm": VERSION,
            "today": self.today.isoformat(),
            "counts": {
                "offers": asdict(self.offers),
                "needs": asdict(self.needs),
                "people": self.people,
                "matched_needs": self.matched_needs,
                "feasible_pairs": self.feasible_pairs,
                "matches": self.matches,
                "near_misses": self.near_misses,
                "plan_lines": self.plan_lines,
                "planned_needs": self.planned_needs,
            },
            "near_misses_of": "every need"
            if self.all_near_misses
            else f"needs with fewer than {KEEP} offers",
            "near_misses_beyond_km": None if self.all_near_misses else NEAR_KM,
            "objective": self.plan.objective,
            "people": self.plan.people,
            "planned_among": self.planned_among,
            "bound": self.bound,
            "gap": self.gap,
            "proven": self.proven,
            "in_time": self.in_time,
            "first_come": asdict(self.first_come),
            "greedy": asdict(self.greedy),
            "seconds": {name: round(spent, 3) for name, spent in self.seconds.items()},
        }


def match_files(
    *,
    offers: Path,
    needs: Path,
    out: Path,
    today: date,
    seconds: float = 60.0,
    progress: Progress | None = None,
    processes: int | None = None,
    said_of_offers: FileAnswers = NOTHING_SAID,
    said_of_needs: FileAnswers = NOTHING_SAID,
    means: Answers | None = None,
    every_offer: Mapping[str, str] = MappingProxyType({}),
    every_need: Mapping[str, str] = MappingProxyType({}),
    commas: bool = False,
) -> Summary:
    """Rank, near misses and plan of two spreadsheets, written into the folder `out`.

    Bad rows are named in errors.csv and in the summary, the good ones go on. `seconds` bounds the search for the plan,
    of which the best so far is then taken. `processes` rank large files (None: as many as the machine has cores); the
    result is the same. `said_of_…` is what a person answered about a file,
    `means` what they answered about its cells, `every_…` (column → cell) what holds for all rows of a file. `commas`:
    the csv files are for a spreadsheet program in which a comma stands in numbers.
    `progress` is told (step of `STEPS`, done,
    of how many). The files appear when all are whole. Raises Unreadable when a file as a whole cannot be read,
    CannotWrite when the results cannot be written, ValueError for a budget that is no number from 0 up.
    """
    if not (math.isfinite(seconds) and seconds >= 0):
        raise ValueError(f"seconds: a number from 0 up is expected, not {seconds!r}")
    refuse_overwriting(out, (offers, needs))
    stopwatch = Stopwatch(progress or (lambda _step, _done, _total: None))
    with folder_within(out) as folder, _errors(folder / ERRORS) as errors:
        words, places = Vocabulary(), Places()
        stopwatch.start("offers")
        offer_columns, offer_tally = read_offers(
            offers,
            words=words,
            places=places,
            complain=errors.of(offers),
            progress=stopwatch.tell,
            answers=said_of_offers,
            today=today,
            means=means,
            for_all=every_offer,
        )
        stopwatch.start("needs")
        need_columns, need_tally = read_needs(
            needs,
            words=words,
            places=places,
            complain=errors.of(needs),
            progress=stopwatch.tell,
            answers=said_of_needs,
            today=today,
            means=means,
            for_all=every_need,
        )
        names = (_cells(need_columns.ids), _cells(offer_columns.ids))

        stopwatch.start("ranking")
        everywhere = same_category_pairs(need_columns, offer_columns) <= MOST_PAIRS
        terms = Terms(today, near_when_full=everywhere, near_km=inf if everywhere else NEAR_KM)
        counts = _rank(need_columns, offer_columns, names, terms, processes or _cores(), folder, stopwatch)

        stopwatch.start("planning")
        best, among = _plan(need_columns, offer_columns, counts, today, seconds)
        stopwatch.start("writing")
        _write_plan(folder / PLAN, best, names)
        if commas:
            with_commas(folder)
        summary = Summary(
            today=today,
            offers=Rows(offer_tally.good, offer_tally.bad),
            needs=Rows(need_tally.good, need_tally.bad),
            people=int(need_columns.people.sum()),
            matched_needs=counts.matched_needs,
            feasible_pairs=counts.feasible,
            matches=counts.matches,
            near_misses=counts.near_misses,
            all_near_misses=everywhere,
            plan_lines=len(best.pairs),
            planned_needs=len(np.unique(best.pairs.need)),
            plan=Baseline(best.objective, best.people),
            planned_among=among,
            bound=None if among else best.bound,
            gap=None if among else best.gap,
            proven=best.proven and not among,
            in_time=best.in_time,
            first_come=best.first_come,
            greedy=best.greedy,
            seconds=stopwatch.spent(),
            bad_cells=errors.count,
            bad=tuple(errors.first),
            asked=tuple(errors.heard.questions.values()),
            notices=(
                *notices.of_file(offers, offer_tally),
                *notices.of_file(needs, need_tally),
                *notices.without_item(offer_tally, need_tally),
                *notices.hardly_meant(need_columns, offer_columns, today),
                *notices.without_workbook(offer_tally, need_tally),
            ),
        )
        text = json.dumps(summary.as_json(), ensure_ascii=False, indent=2, allow_nan=False)
        (folder / SUMMARY).write_text(text + "\n", encoding="utf-8")
        errors.close()
        if need_tally.said is not None and offer_tally.said is not None:
            write_workbook(
                folder / WORKBOOK,
                needs=need_tally.said,
                offers=offer_tally.said,
                ranked=rank_columns(
                    need_columns,
                    offer_columns,
                    today=today,
                    near_when_full=terms.near_when_full,
                    near_km=terms.near_km,
                ),
                plan=best,
                errors=folder / ERRORS,
                notices=summary.notices,
                today=today,
            )
        publish(folder, out)
        stopwatch.tell(1, 1)
    return summary


# --- Reading: what is wrong, and what is odd -----------------------------------------------------------


class _Errors:
    """errors.csv as it is written, and the first of its lines."""

    def __init__(self, file: IO[str]) -> None:
        self.first: list[BadLine] = []
        self.count = 0
        self.heard = Heard()
        self._file = file
        self._writer = csv.writer(file, delimiter=";")
        self._writer.writerow(
            [_("fichier"), _("ligne"), _("colonne"), _("lettre"), _("valeur"), _("message")]
        )

    def of(self, path: Path) -> Callable[[list[BadCell]], None]:
        def complain(cells: list[BadCell]) -> None:
            self.count += len(cells)
            self.heard.take((), cells)
            for cell in cells:
                if len(self.first) < MOST_SHOWN:
                    self.first.append(BadLine(path.name, cell))
                row = (path.name, str(cell.line), cell.column, cell.letter, cell.value, cell.message)
                self._writer.writerow([harmless(text) for text in row])

        return complain

    def close(self) -> None:
        self._file.close()


@contextmanager
def _errors(path: Path) -> Iterator[_Errors]:
    """A csv that a French Excel opens, readable by its owner alone: it repeats what was typed about people."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w", encoding="utf-8-sig", newline="") as file:
        yield _Errors(file)


# --- Ranking and plan ----------------------------------------------------------------------------------


def _rank(
    needs: NeedColumns,
    offers: OfferColumns,
    names: tuple[Sequence[str], Sequence[str]],
    terms: Terms,
    processes: int,
    folder: Path,
    stopwatch: "Stopwatch",
) -> Counts:
    shared = folder / "shared"
    shared.mkdir()
    counts = Counts()
    with (
        (folder / MATCHES).open("w", encoding="utf-8", newline="") as matches,
        (folder / NEAR_MISSES).open("w", encoding="utf-8", newline="") as near_misses,
        (folder / CHAINS).open("w", encoding="utf-8", newline="") as chains,
    ):
        matches.write(f"{MATCH_COLUMNS}\n")
        near_misses.write(f"{NEAR_MISS_COLUMNS}\n")
        chains.write(f"{CHAIN_COLUMNS}\n")
        for counts in rank_in_slices(
            needs,
            offers,
            names=names,
            terms=terms,
            processes=processes,
            folder=shared,
            matches=matches,
            near_misses=near_misses,
            chains=chains,
        ):
            stopwatch.tell(counts.needs, len(needs))
    shutil.rmtree(shared)
    return counts


def _plan(
    needs: NeedColumns, offers: OfferColumns, counts: Counts, today: date, seconds: float
) -> tuple[Plan, int | None]:
    """The plan, and among how many of each need's best pairs it was made (None: among all)."""
    if counts.feasible <= MOST_PLANNED_PAIRS:
        return plan(needs, offers, today=today, seconds=seconds), None
    among = max(KEEP, MOST_PLANNED_PAIRS // len(needs))
    best = rank_columns(needs, offers, today=today, keep=among, near=0)
    return plan_pairs(best.feasible, seconds=seconds), among


def _write_plan(path: Path, best: Plan, names: tuple[Sequence[str], Sequence[str]]) -> None:
    """The plan's lines, needs in the order of their file, then best first."""
    pairs = best.pairs
    columns = (pairs.need, pairs.offer, best.units, best.first, best.last, best.values)
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(f"{PLAN_COLUMNS}\n")
        for need, offer, units, first, last, value in zip(*(one.tolist() for one in columns), strict=True):
            days = f"{date.fromordinal(first).isoformat()},{date.fromordinal(last).isoformat()}"
            file.write(f"{names[0][need]},{names[1][offer]},{units:g},{days},{value:.6f}\n")


def _cores() -> int:
    """Those that this process may use, where the system tells."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


# --- Writing -------------------------------------------------------------------------------------------


def _cells(ids: Iterable[Any]) -> list[str]:
    """Ids as they stand in a csv: no spreadsheet takes them for a formula, no comma breaks the line."""
    return [_quoted(harmless(id_)) for id_ in ids]


def _quoted(text: str) -> str:
    if "," in text or '"' in text or "\n" in text or "\r" in text:
        return '"' + text.replace('"', '""') + '"'
    return text
