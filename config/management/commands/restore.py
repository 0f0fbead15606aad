"""Puts a backup into an empty database, and sees that nothing in it acts before a person has looked."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from accounts.services import end_all
from config import backups
from notifications.doubts import set_restored_aside
from webhooks.services import place_anew


class Command(BaseCommand):
    help = (
        "Put a backup into the empty database of DATABASE_URL, compare every table, and bring it up to date."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="what manage.py backup wrote")
        parser.add_argument("--key", type=Path, required=True, help="the file with the private key")

    def handle(self, *args: Any, file: Path, key: Path, **options: Any) -> None:
        try:
            identities = backups.identities_of(key.read_text(encoding="ascii"))
            contents = backups.restore(
                file, url=settings.DATABASE_URL, identities=identities, knows=_is_known
            )
        except backups.BackupError as refusal:
            raise CommandError(str(refusal)) from refusal
        except (OSError, UnicodeDecodeError) as problem:
            raise CommandError(f"{key}\u202f: {problem}") from problem
        connection.close()
        call_command("migrate", interactive=False, verbosity=0)
        now = timezone.now()
        ended, aside = end_all(by=None), set_restored_aside(by=None, now=now)
        place_anew(by=None, now=now)
        self.stdout.write(
            _("Remise du %(day)s\u202f: %(tables)s tables, %(rows)s lignes, toutes comparées.")
            % {
                "day": contents.made_at,
                "tables": len(contents.tables),
                "rows": number_format(contents.rows, force_grouping=True),
            }
        )
        told = _(
            "%(ended)s sessions finies\u202f: chacun se reconnecte. %(n)s messages à renvoyer par les équipes."
        )
        self.stdout.write(told % {"ended": ended, "n": aside})


def _is_known(contents: backups.Contents) -> bool:
    """Whether this release has every migration that had run."""
    known = MigrationLoader(None, ignore_no_migrations=True).disk_migrations
    return all((app, name) in known for app, name in contents.migrations)
