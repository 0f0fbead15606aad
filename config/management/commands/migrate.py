"""Migrates, and sees that each table that is noted has its triggers (`config.audit`)."""

from typing import Any

from django.core.management.commands import migrate
from django.db import connections

from config import audit


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        super().handle(*args, **options)
        looks_only = options["plan"] or options["check_unapplied"] or options["prune"]
        touched = [] if looks_only else audit.install(connections[options["database"]])
        if touched and options["verbosity"] >= 1:
            self.stdout.write(f"  Noted from now on: {', '.join(touched)}")
