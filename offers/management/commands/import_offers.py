import argparse
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from django.core.management.base import CommandError
from django.utils.translation import gettext as _

from accounts.selectors import desk_member
from catalogue.imports import ImportCommand, Outcome
from catalogue.spreadsheets import Table
from cities.models import City
from offers.imports import import_offers


class Command(ImportCommand):
    help = "Import offers from a spreadsheet; run again, it imports only what is new."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--list",
            default="",
            metavar="NAME",
            help="the list's name, when several number their rows from 1",
        )

    def outcomes(
        self, *, table: Table, city: City, options: Mapping[str, Any], now: datetime
    ) -> Iterator[Outcome]:
        by = desk_member(email=options["by"], city=city) if options["by"] else None
        if options["by"] and by is None:
            raise CommandError(
                _("%(email)s n’est ni à la coordination ni à l’accueil téléphonique de %(city)s.")
                % {"email": options["by"], "city": city.name}
            )
        if not re.fullmatch(r"[\w-]{0,20}", options["list"]):
            raise CommandError(_("Le nom d’une liste compte au plus 20 lettres, chiffres ou tirets."))
        return import_offers(
            table=table,
            city=city,
            list_name=options["list"],
            dry_run=options["dry_run"],
            answers=options["answers"],
            by=by,
            now=now,
        )
