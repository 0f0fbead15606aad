"""The database that each benchmark begins with."""

import os

from django.core.management import call_command

from accounts import acting


def empty_database() -> None:
    """Migrated, without a row but for the State's communes; also what is otherwise written once goes."""
    call_command("migrate", verbosity=0)
    with acting.erasing():
        call_command("flush", interactive=False, verbosity=0)
    with open(os.devnull, "w") as nowhere:
        call_command("load_gazetteer", verbosity=0, stdout=nowhere)
