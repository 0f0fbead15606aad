import argparse
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.selectors import desk_member
from cities.selectors import CityNotFound, cities_by_slug
from directory import data_inclusion
from directory.data_inclusion import NotOfTheSchema, Row
from directory.imports import Tally, bring_in
from directory.services import Fate

SHOWN = 20


class Command(BaseCommand):
    help = (
        "Read services of data.inclusion (schema v1, JSON or CSV) into a town's directory; run again, it takes what is "
        "new or changed there and leaves what the town has written itself."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="the services: JSON or CSV, in UTF-8")
        parser.add_argument("--city", required=True, metavar="TOWN", help="short name of the town")
        parser.add_argument("--structures", type=Path, metavar="FILE", help="the structures that run them")
        parser.add_argument(
            "--public",
            action="append",
            default=[],
            metavar="WORD",
            help='only services for this public ("personnes-exilees") or for everybody; may be repeated',
        )
        parser.add_argument("--by", metavar="EMAIL", help="who takes them: somebody of the town's desk")
        parser.add_argument("--dry-run", action="store_true", help="say what would be done, write nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            [city] = cities_by_slug([options["city"]])
        except CityNotFound as unknown:
            raise CommandError(str(unknown)) from unknown
        by = None
        if options["by"]:
            by = desk_member(email=options["by"], city=city)
            if by is None:
                raise CommandError(
                    _("%(email)s n’est ni à la coordination ni à l’accueil téléphonique de %(city)s.")
                    % {"email": options["by"], "city": city.name}
                )
        rows = _rows(options["file"])
        structures = data_inclusion.structures_by_id(
            _rows(options["structures"]) if options["structures"] else []
        )
        with transaction.atomic():
            tally = bring_in(
                city=city,
                rows=rows,
                structures=structures,
                publics=options["public"],
                by=by,
                now=timezone.now(),
            )
            if options["dry_run"]:
                transaction.set_rollback(True)
        self._report(tally, dry_run=options["dry_run"])

    def _report(self, tally: Tally, *, dry_run: bool) -> None:
        if dry_run:
            self.stdout.write(_("Essai\u202f: rien n’est écrit."))
        counts = [
            (tally.fates[Fate.NEW], _("nouveaux")),
            (tally.fates[Fate.CHANGED], _("mis à jour")),
            (tally.fates[Fate.KNOWN], _("déjà connus")),
            (tally.own, _("de cette ville, déjà ici")),
            (tally.elsewhere, _("hors du territoire")),
            (tally.for_others, _("pour d’autres publics")),
            (len(tally.bad), _("illisibles")),
        ]
        for number, words in counts:
            if number:
                self.stdout.write(f"{number:>7}  {words}")
        self._list(tally.bad, _("Illisibles\u202f:"), lambda one: f"{one[0]}: {one[1]}")
        self._list(
            tally.kept,
            _("Restent comme la ville les a écrits\u202f:"),
            lambda one: f"{one[0]}: {', '.join(one[1])}",
        )
        self._list(tally.gone, _("N’y sont plus, et restent dans l’annuaire\u202f:"), str)

    def _list(self, found: list[Any], title: str, line: Any) -> None:
        if not found:
            return
        self.stdout.write(title)
        for one in found[:SHOWN]:
            self.stdout.write(f"  {line(one)}")
        more = len(found) - SHOWN
        if more > 0:
            self.stdout.write("  " + ngettext("et %(n)s autre", "et %(n)s autres", more) % {"n": more})


def _rows(path: Path) -> list[Row]:
    try:
        with path.open("rb") as file:
            return data_inclusion.rows(file.read(data_inclusion.MOST_BYTES + 1))
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}") from error
    except NotOfTheSchema as refusal:
        raise CommandError(f"{path}: {refusal}") from refusal
