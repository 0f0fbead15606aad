import argparse
import math
import signal
import sys
import time
from datetime import date
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, OutputWrapper
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from catalogue.labels import listed
from catalogue.spreadsheets import (
    Answers,
    BadAnswer,
    FileQuestion,
    Unreadable,
    add_means_option,
    add_reading_options,
    answers_of,
)
from engine import KEEP, NEAR_KM
from engine.planning import Baseline
from tryout.commas import this_machine_writes_commas
from tryout.results import CannotWrite
from tryout.template import write_template
from tryout.trial import Summary, match_files

SOME_BAD, NOTHING_WRITTEN = 1, 2


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a day such as 2026-03-01") from None


def _column_and_cell(text: str) -> tuple[str, str]:
    column, equals, cell = (part.strip() for part in text.partition("="))
    if not (column and equals and cell):
        raise argparse.ArgumentTypeError(f"{text!r} is not COLUMN = VALUE")
    return column, cell


def _writes_commas(numbers: str) -> bool:
    return this_machine_writes_commas() if numbers == "auto" else numbers == "comma"


MOST_ASKED = 20


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not (math.isfinite(seconds) and seconds >= 0):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds from 0 up")
    return seconds


class Command(BaseCommand):
    help = "Try the matching engine on two spreadsheets: rank, near misses and plan, without a database."
    # Nothing of the product is looked at, least of all its database.
    requires_system_checks = []

    def __init__(self, *args: Any, numbers: str = "point", **options: Any) -> None:
        # In a checkout other programs read the files, as they always were; alone a person opens them.
        self.numbers = numbers
        super().__init__(*args, **options)

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--offers", type=Path, metavar="FILE", help="csv, xlsx, ods, xls")
        parser.add_argument("--needs", type=Path, metavar="FILE", help="csv, xlsx, ods, xls")
        for side in ("offers", "needs"):
            parser.add_argument(
                f"--{side}-sheet", default="", metavar="NAME", help=f"the sheet of the {side}"
            )
        add_reading_options(parser, sheets=False)
        add_means_option(parser)
        for side in ("offer", "need"):
            parser.add_argument(
                f"--every-{side}",
                type=_column_and_cell,
                action="append",
                default=[],
                metavar="'COLUMN = VALUE'",
                help=f"what holds for every {side}, where the list has no such column; may be given several times",
            )
        parser.add_argument("--out", type=Path, metavar="DIR", help="where the results go")
        parser.add_argument(
            "--template", type=Path, metavar="FILE.xlsx", help="write two lists to fill in, and nothing else"
        )
        parser.add_argument(
            "--numbers",
            choices=("auto", "comma", "point"),
            default=self.numbers,
            help="of the csv files: 2.5 between commas, or 2,5 between semicolons; auto: as this machine writes "
            "(default: %(default)s)",
        )
        parser.add_argument("--today", type=_day, metavar="2026-03-01", help="default: today")
        parser.add_argument(
            "--seconds", type=_seconds, default=60.0, help="the longest search for the plan (default: 60)"
        )
        parser.add_argument(
            "--language",
            choices=[code for code, _name in settings.LANGUAGES],
            default=settings.LANGUAGE_CODE,
            help="the language of the messages",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        signal.signal(signal.SIGTERM, _interrupt)
        with override(options["language"]):
            if options["template"]:
                self._write_template(options["template"])
                return
            if missing := [f"--{name}" for name in ("offers", "needs", "out") if not options[name]]:
                raise CommandError(
                    _("Dites aussi %(options)s.") % {"options": listed(missing)}, returncode=NOTHING_WRITTEN
                )
            progress = _Progress(self.stdout)
            try:
                summary = match_files(
                    offers=options["offers"],
                    needs=options["needs"],
                    out=options["out"],
                    today=options["today"] or timezone.localdate(),
                    seconds=options["seconds"],
                    progress=progress,
                    said_of_offers=answers_of(options, sheet="offers_sheet"),
                    said_of_needs=answers_of(options, sheet="needs_sheet"),
                    means=Answers.read(options["means"]),
                    every_offer=dict(options["every_offer"]),
                    every_need=dict(options["every_need"]),
                    commas=_writes_commas(options["numbers"]),
                )
            except FileQuestion as question:
                progress.clear()
                raise CommandError(_asked(question), returncode=NOTHING_WRITTEN) from question
            except (Unreadable, CannotWrite, BadAnswer) as error:
                progress.clear()
                raise CommandError(str(error), returncode=NOTHING_WRITTEN) from error
            except KeyboardInterrupt:
                progress.clear()
                raise CommandError(_("Interrompu. Rien n’a été écrit."), returncode=130) from None
            progress.end()
            self._complain(summary)
            self.stdout.write("\n".join(_page(summary, options["out"])))
            for asked in summary.asked[:MOST_ASKED]:
                self.stdout.write(_("À préciser, %(question)s") % {"question": asked})
                self.stdout.write(f'  --means "{asked.answered}"')
        if summary.bad_rows:
            sys.exit(SOME_BAD)

    def _write_template(self, path: Path) -> None:
        try:
            write_template(path)
        except OSError as error:
            raise CommandError(
                _("%(path)s ne peut pas être écrit\u202f: %(reason)s.")
                % {"path": path, "reason": error.strerror or error},
                returncode=NOTHING_WRITTEN,
            ) from error
        self.stdout.write(_("À remplir\u202f: %(path)s") % {"path": path})

    def _complain(self, summary: Summary) -> None:
        for line in summary.bad:
            self.stderr.write(str(line))
        if summary.bad_cells > len(summary.bad):
            more = summary.bad_cells - len(summary.bad)
            self.stderr.write(
                ngettext("… et %(n)s autre, dans errors.csv.", "… et %(n)s autres, dans errors.csv.", more)
                % {"n": more}
            )


def _asked(question: FileQuestion) -> str:
    """A question with the options that answer it here, where there are two files."""
    options = {
        "sheet": "--offers-sheet, --needs-sheet",
        "hidden_rows": "--hidden-rows read|skip",
        "encoding": "--encoding",
    }[question.about]
    values = listed(value for value, _meaning in question.options)
    return f"{question.message} " + _("Répondez par %(options)s (%(values)s).") % {
        "options": options,
        "values": values,
    }


def _interrupt(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


class _Progress:
    """One line that keeps changing on a terminal; elsewhere a line for each step, and each ten seconds."""

    def __init__(self, out: OutputWrapper) -> None:
        self.out = out
        self.live = out.isatty()
        self.step, self.line = "", ""
        self.begun = self.last = 0.0

    def __call__(self, step: str, done: int, total: int | None) -> None:
        now = time.monotonic()
        if step != self.step:
            self.end()
            self.step, self.begun, self.last = step, now, -math.inf if self.live else now
        self.line = _progress_line(step, done, total)
        if now - self.last >= (0.2 if self.live else 10):
            self.last = now
            if self.live:
                self.out.write(f"\r\x1b[K{self.line}", ending="")
            else:
                self.out.write(self.line)
            self.out.flush()

    def end(self) -> None:
        """The step is over: its line stays, with the time that it took."""
        if self.step:
            self.clear()
            self.out.write(f"{self.line} ({_seconds_text(time.monotonic() - self.begun)})")
            self.out.flush()
        self.step = ""

    def clear(self) -> None:
        """Make room for another line."""
        if self.live:
            self.out.write("\r\x1b[K", ending="")
            self.out.flush()


def _progress_line(step: str, done: int, total: int | None) -> str:
    names = {
        "offers": _("Lecture des propositions"),
        "needs": _("Lecture des besoins"),
        "ranking": _("Classement"),
        "planning": _("Plan"),
        "writing": _("Écriture"),
    }
    if step in {"planning", "writing"}:
        return names[step]
    if total is not None and total > done:
        return _labelled(names[step], f"{_number(done)} / {_number(total)}")
    return _labelled(names[step], _number(done))


def _labelled(label: str, value: object) -> str:
    return _("%(label)s\u202f: %(value)s") % {"label": label, "value": value}


def _number(value: float, decimals: int = 0) -> str:
    return number_format(value, decimals, use_l10n=True, force_grouping=True)


def _seconds_text(seconds: float) -> str:
    return f"{_number(seconds, 1)}\u00a0s"


def _page(summary: Summary, out: Path) -> list[str]:
    """The result on one page."""
    read = _("%(n)s (lignes refusées\u202f: %(bad)s)")
    found: list[tuple[str, str]] = [
        (_("Propositions"), read % {"n": _number(summary.offers.good), "bad": _number(summary.offers.bad)}),
        (_("Besoins"), read % {"n": _number(summary.needs.good), "bad": _number(summary.needs.bad)}),
        (_("Personnes concernées"), _number(summary.people)),
        (_("Besoins avec au moins une proposition possible"), _number(summary.matched_needs)),
        (_("Paires possibles"), _number(summary.feasible_pairs)),
        (_("Paires à une condition près"), _number(summary.near_misses)),
        (_("Besoins servis par le plan, en tout ou en partie"), _number(summary.planned_needs)),
    ]
    lines = ["", _("Rapprochement au %(day)s") % {"day": date_format(summary.today)}, ""]
    lines += [_labelled(words, figures) for words, figures in found]
    lines += summary.notices
    if not summary.all_near_misses:
        lines.append(
            _(
                "Les paires à une condition près ont été cherchées pour les besoins de moins de %(keep)s "
                "propositions possibles, jusqu’à %(km)s km au-delà de la distance acceptée."
            )
            % {"keep": KEEP, "km": _number(NEAR_KM)}
        )
    lines += [
        "",
        *_table(
            [
                ("", _("valeur"), _("personnes aidées")),
                (_("plan"), *_figures(summary.plan)),
                (_("premier arrivé, premier servi"), *_figures(summary.first_come)),
                (_("meilleure note d’abord"), *_figures(summary.greedy)),
            ]
        ),
        _how_good(summary),
        "",
        _labelled(_("Temps"), _seconds_text(summary.seconds["total"])),
        _labelled(_("Résultats"), out),
    ]
    return lines


def _figures(reached: Baseline) -> tuple[str, str]:
    return _number(reached.objective, 1), _number(reached.people)


def _how_good(summary: Summary) -> str:
    if summary.proven:
        return _("Aucun autre plan ne fait mieux\u202f: c’est démontré.")
    if summary.bound is None or summary.gap is None:
        return _(
            "Les paires possibles sont trop nombreuses\u202f: le plan a été cherché parmi les %(n)s meilleures de "
            "chaque besoin. Un autre plan peut faire mieux, de combien n’est pas connu."
        ) % {"n": summary.planned_among}
    text = _("Aucun plan ne peut dépasser %(bound)s\u202f: celui-ci en est à %(gap)s\u00a0%% au plus.") % {
        "bound": _number(summary.bound, 1),
        "gap": _number(100 * summary.gap, 2),
    }
    if summary.in_time:
        return text
    hint = _(
        "La recherche a pris tout le temps accordé (--seconds)\u202f; un autre essai peut trouver mieux."
    )
    return f"{text}\n{hint}"


def _table(rows: list[tuple[str, str, str]]) -> list[str]:
    """Words to the left, figures to the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    return [
        f"  {words:<{widths[0]}}  {value:>{widths[1]}}  {people:>{widths[2]}}".rstrip()
        for words, value, people in rows
    ]
