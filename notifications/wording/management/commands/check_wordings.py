"""Whether every town's own words still hold: after an update, a text may name what is there no more."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from notifications.wording import selectors


class Command(BaseCommand):
    help = "Names the towns' own texts that no longer hold, in whose place the built-in ones are said."

    def handle(self, *args: Any, **options: Any) -> None:
        found = selectors.broken()
        for wording in found:
            self.stdout.write(f"{wording.city.slug}: {wording}")
        if found:
            raise CommandError(f"{len(found)} texts no longer hold: their towns are to write them anew.")
