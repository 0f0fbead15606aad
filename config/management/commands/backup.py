"""Writes the whole database into a file that the server itself cannot read (config/backups.py)."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from config import backups


class Command(BaseCommand):
    help = (
        "Back the database up into a folder, encrypted for BACKUP_RECIPIENTS; --new-key makes a pair of keys."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", nargs="?", type=Path, help="where: another machine's disk, as a rule")
        parser.add_argument(
            "--keep", type=int, default=0, help="delete all but so many of the latest in the folder"
        )
        parser.add_argument(
            "--new-key", action="store_true", help="print a new pair of keys, and write nothing"
        )

    def handle(self, *args: Any, folder: Path | None, keep: int, new_key: bool, **options: Any) -> None:
        if new_key:
            self._say_new_key()
            return
        if folder is None:
            raise CommandError(_("Dites dans quel dossier."))
        if keep < 0:
            raise CommandError(_("--keep est un nombre de sauvegardes à garder."))
        try:
            path, contents = backups.write(
                folder,
                url=settings.DATABASE_URL,
                recipients=backups.recipients_of(settings.BACKUP_RECIPIENTS),
                now=timezone.now(),
            )
            old = backups.prune(folder, keep=keep)
        except backups.BackupError as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(
            _("%(path)s\u202f: %(tables)s tables, %(rows)s lignes, %(size)s\u00a0Mo.")
            % {
                "path": path,
                "tables": len(contents.tables),
                "rows": number_format(contents.rows, force_grouping=True),
                "size": number_format(path.stat().st_size / 1_000_000, 1),
            }
        )
        for one in old:
            self.stdout.write(_("%(path)s\u202f: effacée.") % {"path": one})

    def _say_new_key(self) -> None:
        public, private = backups.new_key()
        said = (
            _("Clé publique, pour BACKUP_RECIPIENTS sur le serveur\u202f:"),
            public,
            _(
                "Clé privée\u202f: gardez-la ailleurs que sur le serveur, deux fois. Sans elle, rien ne se relit."
            ),
            private,
        )
        self.stdout.write("\n".join(said))
