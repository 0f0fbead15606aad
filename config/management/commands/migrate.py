"""Migrates, and sees that each table that is noted has its triggers (`config.audit`), and that there is an eraser
(`privacy.eraser`).
"""

from typing import Any

from django.core.management.commands import migrate
from django.db import connections

from config import audit, migration_states
from privacy import eraser


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        with migration_states.rendered_when_asked():
            super().handle(*args, **options)
        if options["plan"] or options["check_unapplied"] or options["prune"]:
            return
        connection = connections[options["database"]]
        touched = audit.install(connection)
        if touched and options["verbosity"] >= 1:
            self.stdout.write(f"  Noted from now on: {', '.join(touched)}")
        if not eraser.install(connection):
            self.stderr.write(
                self.style.WARNING(
                    f"  This login may not make the role {eraser.ERASER}: until it is made and granted "
                    '(docs/operations.md, "Who may erase"), nothing can be erased.'
                )
            )
