"""Who runs what, on which machine, in which version, and when each was last heard from."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _
from redis.exceptions import RedisError

from config import alive
from config.heard import LATE_SECONDS
from config.processes import PROCESSES


class Command(BaseCommand):
    help = (
        "List the processes of the site on all machines, with the age of their last sign of life. The exit status is 1 "
        "when a kind is heard of nowhere: what waits for it has no other reader."
    )
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        try:
            found = alive.heard(now)
        except RedisError as away:
            raise CommandError(_("Valkey ne répond pas.")) from away
        rows = [[_("processus"), _("machine"), _("version"), _("depuis"), _("entendu il y a")]]
        for one in found:
            age = (now - one.said).total_seconds()
            late = "" if age < LATE_SECONDS else _("muet")
            since = timezone.localtime(one.since).strftime("%Y-%m-%d %H:%M %Z")
            rows.append([one.process, one.machine, one.release, since, f"{age:.0f} s {late}".strip()])
        widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
        for row in rows:
            self.stdout.write(
                "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            )
        lives = {one.process for one in found if (now - one.said).total_seconds() < LATE_SECONDS}
        if missing := [name for name in PROCESSES if name not in lives]:
            raise CommandError(
                _("Personne ne fait tourner\u202f: %(names)s.") % {"names": ", ".join(missing)}
            )
