"""The database that each benchmark begins with."""

import os

from django.core.management import call_command
from django.db import connection, transaction


def empty_database() -> None:
    """Migrated, without a row but for the State's communes; also what is otherwise written once goes."""
    call_command("migrate", verbosity=0)
    with transaction.atomic(), connection.cursor() as cursor:
        # For a database of its own alone: what is written once refuses to be emptied, for everybody.
        cursor.execute("SET LOCAL session_replication_role = replica")
        call_command("flush", interactive=False, verbosity=0)
    with open(os.devnull, "w") as nowhere:
        call_command("load_gazetteer", verbosity=0, stdout=nowhere)
