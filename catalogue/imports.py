"""Taking the rows of a spreadsheet into the database: good rows kept, bad ones named, nothing twice.

What an offer or a need is belongs to their apps; here are the loop over the rows, each in a transaction of its
own, and the command that shows it.
"""

import argparse
import csv
import itertools
import os
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, Protocol

from django.conf import settings
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.core.management.base import BaseCommand, CommandError, OutputWrapper
from django.db import DataError, IntegrityError, OperationalError, models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from catalogue.models import LONGEST_REACH_KM
from catalogue.spreadsheets import (
    BadCell,
    Column,
    Row,
    Table,
    Unreadable,
    decimal,
    harmless,
    insee,
    one_of,
    parse_rows,
    read_table,
    sentence,
    text,
)
from catalogue.vocabulary import Kind
from cities.models import City, Commune
from cities.points import FARTHEST_KM, distance_km, too_far
from cities.selectors import CommuneNotFound, commune_by_insee, communes_of

# So many rows are looked up at once, and the worker is woken after each lot.
LOT = 500
LONGEST_ID = 50


# --- The rows ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one line: kept, known from an earlier import, or bad with the reasons."""

    line: int
    what: Literal["new", "known", "bad"]
    bad: tuple[BadCell, ...] = ()


class RowRefused(Exception):
    """A row that was understood but cannot be kept."""

    def __init__(self, *cells: BadCell) -> None:
        self.cells = cells
        super().__init__("; ".join(str(cell) for cell in cells))


class Keeper(Protocol):
    """What offers and needs each know of their rows."""

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


def take_in(*, table: Table, columns: tuple[Column, ...], keeper: Keeper, dry_run: bool) -> Iterator[Outcome]:
    """Keep each good row in its own transaction; what became of each, line by line. Raises Unreadable at once.

    A dry run does everything and takes each row back.
    """
    return _outcomes(table, parse_rows(table, columns), keeper, dry_run)


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
    return Outcome(row.line, "new" if is_new else "known")


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


# --- What offers and needs have in common --------------------------------------------------------------


KIND_WORDS = {"logements": "housing", "objet": "goods", "competence": "skill", "temps": "skill"}
FIRST_COLUMNS = (
    Column("id", text(most=LONGEST_ID), ("identifiant", "numero", "n"), required=True),
    Column("kind", one_of(Kind, KIND_WORDS), ("nature", "type"), required=True),
)
PLACE_COLUMNS = (
    Column("city", text(most=50), ("ville",)),
    Column("commune", insee, ("code_insee", "insee", "code_commune"), required=True),
    Column("lat", decimal(least=-90, most=90), ("latitude",)),
    Column("lon", decimal(least=-180, most=180), ("longitude", "lng")),
    Column("reach_km", decimal(least=0, most=LONGEST_REACH_KM), ("distance_km", "rayon_km"), default=0.0),
)


class Places:
    """The town of a file and the communes of its rows, each commune read once."""

    def __init__(self, city: City) -> None:
        self.city = city
        self.elsewhere = 0
        self._territory = set(communes_of(city).values_list("pk", flat=True))
        self._read = lru_cache(maxsize=2048)(self._commune)

    @staticmethod
    def _commune(code: str) -> Commune | str:
        try:
            return commune_by_insee(code)
        except CommuneNotFound:
            near = Commune.objects.filter(postcodes__contains=[code]).order_by("-population").first()
            if near is None:
                return _("aucune commune n’a le code INSEE «\u00a0%(code)s\u00a0».") % {"code": code}
            return _(
                "«\u00a0%(code)s\u00a0» est un code postal. Le code INSEE est attendu\u202f: "
                "celui de %(name)s est %(insee)s."
            ) % {"code": code, "name": near.name, "insee": near.pk}

    def fields(self, row: Row) -> dict[str, Any]:
        """Commune and point of a row of this town; the centre of the commune when it gives none."""
        slug = row["city"]
        if slug and slug.casefold() != self.city.slug:
            message = _("cette ligne est pour une autre ville. Importez-la avec --city %(slug)s.") % {
                "slug": slug.casefold()
            }
            raise RowRefused(row.bad("city", message))
        commune = self._read(row["commune"])
        if isinstance(commune, str):
            raise RowRefused(row.bad("commune", commune))
        latitude, longitude = row["lat"], row["lon"]
        if (latitude is None) != (longitude is None):
            missing = "lat" if latitude is None else "lon"
            raise RowRefused(row.bad(missing, _("lat et lon vont ensemble\u202f: l’autre cellule est vide.")))
        if latitude is None:
            latitude, longitude = commune.latitude, commune.longitude
        away = float(distance_km(latitude, longitude, commune.latitude, commune.longitude))
        if away > FARTHEST_KM:
            raise RowRefused(row.bad("lat", too_far(away, commune.name)))
        if commune.pk not in self._territory:
            self.elsewhere += 1
        return {"commune": commune, "latitude": latitude, "longitude": longitude}

    def notices(self) -> list[str]:
        """What is worth a second look, though no row is wrong."""
        if not self.elsewhere:
            return []
        return [
            ngettext(
                "%(n)s ligne est dans une commune hors du territoire de %(city)s.",
                "%(n)s lignes sont dans des communes hors du territoire de %(city)s.",
                self.elsewhere,
            )
            % {"n": self.elsewhere, "city": self.city.name}
        ]


# --- The command ---------------------------------------------------------------------------------------


@dataclass(slots=True)
class Tally:
    new: int = 0
    known: int = 0
    bad: int = 0

    @property
    def rows(self) -> int:
        return self.new + self.known + self.bad


class ImportCommand(BaseCommand, ABC):
    """The frame of `import_offers` and `import_needs`: options, progress, the list of bad rows, the sum."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="a csv or xlsx; its columns are in docs/spreadsheets.md")
        parser.add_argument("--city", required=True, metavar="CODE", help="the town, by its short address")
        parser.add_argument("--by", metavar="EMAIL", help="who enters the rows: somebody of the town's desk")
        parser.add_argument("--dry-run", action="store_true", help="check every row, keep none")
        parser.add_argument("--report", type=Path, metavar="FILE", help="also write the bad rows to a csv")
        parser.add_argument(
            "--language",
            choices=[code for code, _name in settings.LANGUAGES],
            default=settings.LANGUAGE_CODE,
            help="the language of the messages",
        )

    @abstractmethod
    def outcomes(
        self, *, table: Table, city: City, options: Mapping[str, Any], now: datetime
    ) -> Iterator[Outcome]:
        """Start the import: the one service call. Raises CommandError or Unreadable."""

    def handle(self, *args: Any, **options: Any) -> None:
        with override(options["language"]), ExitStack() as stack:
            city = _town(options["city"])
            try:
                table = read_table(options["file"])
                outcomes = self.outcomes(table=table, city=city, options=options, now=timezone.now())
            except Unreadable as error:
                raise CommandError(str(error)) from error
            report = stack.enter_context(_report(options["report"])) if options["report"] else None
            tally = self._follow(table, outcomes, report, dry_run=options["dry_run"])
            if not tally.rows:
                raise CommandError(_("Ce fichier n’a que son en-tête\u202f: aucune ligne à importer."))
        if tally.bad:
            sys.exit(1)

    def _follow(self, table: Table, outcomes: Iterator[Outcome], report: Any, *, dry_run: bool) -> Tally:
        tally, progress = Tally(), Progress(self.stdout, table.expected)
        shown = self._show_notices(table, 0)
        trouble, status = "", 1
        try:
            for outcome in outcomes:
                setattr(tally, outcome.what, getattr(tally, outcome.what) + 1)
                if outcome.bad:
                    progress.clear()
                for cell in outcome.bad:
                    self.stderr.write(str(cell))
                    if report is not None:
                        row = (str(cell.line), cell.column, cell.letter, cell.value, cell.message)
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
        self._show_notices(table, shown)
        if tally.rows:
            self.stdout.write(_sum(tally, dry_run=dry_run))
            self.stdout.write(progress.pace(tally))
        if trouble:
            raise CommandError(trouble, returncode=status)
        return tally

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
    if tally.known:
        parts.append(
            ngettext("%(n)s déjà importée", "%(n)s déjà importées", tally.known) % {"n": tally.known}
        )
    if tally.bad:
        parts.append(ngettext("%(n)s refusée", "%(n)s refusées", tally.bad) % {"n": tally.bad})
    line = f"{', '.join(parts)}."
    return f"{_('Essai à blanc, rien n’a été gardé')}\u202f: {line}" if dry_run else line


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
