"""The frame of the commands that import: options, progress, the list of bad rows, the sum."""

import argparse
import csv
import os
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, OutputWrapper
from django.db import OperationalError
from django.utils import timezone
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from accounts.models import User
from catalogue.imports import Outcome
from catalogue.models import Entry
from catalogue.spreadsheets import (
    Answers,
    BadAnswer,
    FileAnswers,
    Heard,
    Table,
    Unreadable,
    add_means_option,
    add_reading_options,
    answers_of,
    harmless,
    read_table,
)
from cities.models import City
from lists import presentation, reading, services, working
from lists.models import Fate, ListImport, Sender, Step


@dataclass(slots=True)
class Tally:
    new: int = 0
    changed: int = 0
    known: int = 0
    disputed: int = 0
    bad: int = 0

    @classmethod
    def of(cls, one: ListImport) -> "Tally":
        """What was kept, as it is written down."""
        kept = ListImport.objects.filter(pk=one.pk).values(*Fate.values).get()
        return cls(**kept)

    @property
    def rows(self) -> int:
        return self.new + self.changed + self.known + self.disputed + self.bad


class ImportCommand(BaseCommand, ABC):
    """The frame of `import_offers` and `import_needs`: options, progress, the list of bad rows, the sum."""

    model: type[Entry]

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            "file", type=Path, help="a csv, xlsx, ods or xls; its columns are in docs/spreadsheets.md"
        )
        parser.add_argument("--city", required=True, metavar="CODE", help="the town, by its short address")
        parser.add_argument("--by", metavar="EMAIL", help="who enters the rows: somebody of the town's desk")
        add_reading_options(parser)
        parser.add_argument("--dry-run", action="store_true", help="check every row, keep none")
        parser.add_argument("--report", type=Path, metavar="FILE", help="also write the bad rows to a csv")
        add_means_option(parser)
        parser.add_argument(
            "--language",
            choices=[code for code, _name in settings.LANGUAGES],
            default=settings.LANGUAGE_CODE,
            help="the language of the messages",
        )

    @abstractmethod
    def sender(self, *, city: City, options: Mapping[str, Any]) -> Sender:
        """Who sends the list, not saved. Raises CommandError."""

    @abstractmethod
    def saved(self, sender: Sender, *, now: datetime) -> Sender:
        """The same as it is known, or known from now on."""

    @abstractmethod
    def enterer(self, *, sender: Sender, email: str | None) -> User | None:
        """Who enters the rows. Raises CommandError."""

    def handle(self, *args: Any, **options: Any) -> None:
        now, dry_run = timezone.now(), options["dry_run"]
        with override(options["language"]), ExitStack() as stack:
            city = _town(options["city"])
            try:
                said = Answers.read(options["means"])
            except BadAnswer as error:
                raise CommandError(str(error)) from error
            try:
                answers = answers_of(options)
                table = read_table(options["file"], answers)
                sender = self.sender(city=city, options=options)
                by = self.enterer(sender=sender, email=options["by"])
                trial = ListImport(sender=sender, city=city, by=by, step=Step.CHECKING)
                ids = partial(_ids_of, options["file"], answers)
                outcomes = working.outcomes(trial, table, now=now, ids=ids, answers=said)
                if not dry_run:
                    trial = one = working.begin_command(
                        sender=self.saved(sender, now=now),
                        name=options["file"].name,
                        lines=table.expected,
                        by=by,
                        now=now,
                    )
                    outcomes = working.outcomes(one, table, now=now, ids=ids, answers=said)
                    outcomes = stack.enter_context(_ended(one, outcomes))
            except Unreadable as error:
                raise CommandError(str(error)) from error
            except services.Busy as error:
                raise CommandError(" ".join(error.messages)) from error
            report = stack.enter_context(_report(options["report"])) if options["report"] else None
            tally = self._follow(table, outcomes, report, one=trial)
            if not tally.rows:
                raise CommandError(_("Ce fichier n’a que son en-tête\u202f: aucune ligne à importer."))
        if tally.bad:
            sys.exit(1)

    def _follow(self, table: Table, outcomes: Iterator[Outcome], report: Any, *, one: ListImport) -> Tally:
        tally, progress, heard = Tally(), Progress(self.stdout, table.expected), Heard()
        shown = self._show_notices(table, 0)
        trouble, status = "", 1
        try:
            for outcome in outcomes:
                setattr(tally, outcome.what, getattr(tally, outcome.what) + 1)
                heard.take(outcome.understood, outcome.bad)
                if outcome.bad or outcome.differs:
                    progress.clear()
                if outcome.what == "disputed" and outcome.differs:
                    self.stdout.write(presentation.dispute(outcome, self.model, today=localdate()))
                for bad in outcome.bad:
                    self.stderr.write(str(bad))
                    if report is not None:
                        row = (str(bad.line), bad.column, bad.letter, bad.value, bad.message)
                        report.writerow([harmless(text) for text in row])
                for cell in outcome.understood if report is not None else ():
                    words = _("compris\u202f: %s") % cell.words
                    row = (str(cell.line), cell.column, cell.letter, cell.written, words)
                    report.writerow([harmless(text) for text in row])
                progress.show(tally)
        except Unreadable as error:
            trouble = str(error)
        except OperationalError:
            trouble = _(
                "La base de données ne répond plus. Rien n’est perdu\u202f: relancez la même commande."
            )
        except KeyboardInterrupt:
            trouble = _("Interrompu. Relancez la même commande\u202f: rien ne sera importé deux fois.")
            status = 130
        progress.clear()
        if trouble and one.pk:
            tally = Tally.of(one)  # of a lot that was kept as the interruption came, nothing was said
        self._show_notices(table, shown)
        if tally.rows:
            self.stdout.write(_sum(tally, dry_run=one.pk is None))
            self.stdout.write(progress.pace(tally))
        self._say(heard)
        if trouble:
            raise CommandError(trouble, returncode=status)
        return tally

    def _say(self, heard: Heard) -> None:
        """What was understood otherwise than it is written, and what is asked: each value of a column once."""
        for one in heard.understood.values():
            self.stdout.write(str(one))
        for question in heard.questions.values():
            self.stdout.write(_("À préciser, %(question)s") % {"question": question})
            self.stdout.write(f'  --means "{question.answered}"')
        if heard.more:
            self.stdout.write(
                ngettext("Et %(n)s autre valeur.", "Et %(n)s autres valeurs.", heard.more) % {"n": heard.more}
            )

    def _show_notices(self, table: Table, shown: int) -> int:
        for notice in table.notices[shown:]:
            self.stdout.write(notice)
        return len(table.notices)


class Progress:
    """One line that keeps changing on a terminal; elsewhere a line for each thousand rows."""

    def __init__(self, out: OutputWrapper, expected: int | None) -> None:
        self.out = out
        self.expected = expected
        self.live = out.isatty()
        self.start = self.last = time.monotonic()
        self.drawn = False

    def show(self, tally: Tally) -> None:
        """Say how far it is, if it is time to."""
        if self.live:
            now = time.monotonic()
            if now - self.last < 0.2:
                return
            self.last = now
            self.out.write(f"\r\x1b[K{self.pace(tally)}", ending="")
            self.out.flush()
            self.drawn = True
        elif tally.rows % 1000 == 0:
            self.out.write(self.pace(tally))
            self.out.flush()

    def clear(self) -> None:
        """Make room for another line."""
        if self.drawn:
            self.out.write("\r\x1b[K", ending="")
            self.out.flush()
            self.drawn = False

    def pace(self, tally: Tally) -> str:
        """ "1000 lignes lues sur 5000 environ, 210 par seconde"."""
        rate = tally.rows / max(time.monotonic() - self.start, 0.001)
        numbers = {"n": tally.rows, "expected": self.expected, "rate": round(rate)}
        if self.expected and self.expected > tally.rows:
            return (
                ngettext(
                    "%(n)s ligne lue sur %(expected)s environ, %(rate)s par seconde",
                    "%(n)s lignes lues sur %(expected)s environ, %(rate)s par seconde",
                    tally.rows,
                )
                % numbers
            )
        return (
            ngettext(
                "%(n)s ligne lue, %(rate)s par seconde",
                "%(n)s lignes lues, %(rate)s par seconde",
                tally.rows,
            )
            % numbers
        )


def _sum(tally: Tally, *, dry_run: bool) -> str:
    parts = [
        ngettext("%(n)s ligne importée", "%(n)s lignes importées", tally.new) % {"n": tally.new}
        if tally.new
        else _("aucune ligne importée")
    ]
    if tally.changed:
        parts.append(
            ngettext("%(n)s mise à jour", "%(n)s mises à jour", tally.changed) % {"n": tally.changed}
        )
    if tally.known:
        parts.append(
            ngettext("%(n)s déjà importée", "%(n)s déjà importées", tally.known) % {"n": tally.known}
        )
    if tally.disputed:
        parts.append(
            ngettext("%(n)s en désaccord", "%(n)s en désaccord", tally.disputed) % {"n": tally.disputed}
        )
    if tally.bad:
        parts.append(ngettext("%(n)s refusée", "%(n)s refusées", tally.bad) % {"n": tally.bad})
    line = f"{', '.join(parts)}."
    return f"{_('Essai à blanc, rien n’a été gardé')}\u202f: {line}" if dry_run else line


def _ids_of(path: Path, answers: FileAnswers) -> set[str]:
    return reading.ids_of(read_table(path, answers))


def _town(slug: str) -> City:
    city = City.objects.select_related("seat").filter(slug=slug.strip().casefold()).first()
    if city is None:
        known = ", ".join(City.objects.order_by("slug").values_list("slug", flat=True)[:20])
        raise CommandError(
            _("Aucune ville n’a le code «\u00a0%(slug)s\u00a0». Villes connues\u202f: %(known)s.")
            % {"slug": slug, "known": known or _("aucune")}
        )
    return city


@contextmanager
def _ended(one: ListImport, outcomes: Iterator[Outcome]) -> Iterator[Iterator[Outcome]]:
    """Written down that the import is over, however it ends; a kill is found out by the next one."""
    try:
        yield outcomes
    except BaseException as error:
        is_over = isinstance(error, SystemExit)
        trouble = "" if is_over else str(error) or _("La commande s’est arrêtée.")
        services.end(one=one, to=Step.DONE if is_over else Step.FAILED, now=timezone.now(), trouble=trouble)
        raise
    services.end(one=one, to=Step.DONE, now=timezone.now())


@contextmanager
def _report(path: Path) -> Iterator[Any]:
    """A csv that a French Excel opens, readable by its owner alone: it repeats what was typed about people."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    except OSError as error:
        raise CommandError(
            _("Le rapport %(path)s ne peut pas être écrit\u202f: %(reason)s.")
            % {"path": path, "reason": error.strerror}
        ) from error
    with open(descriptor, "w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow([_("ligne"), _("colonne"), _("lettre"), _("valeur"), _("message")])
        yield writer
