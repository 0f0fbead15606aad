"""The database's own eraser: the one role that what is written once gives way to (docs/adr/0032).

`manage.py migrate` sees, each time, that the role is there and may do no more than it needs.
"""

from django.db import DatabaseError, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from accounts.acting import ERASER

# The functions of the triggers that refuse everybody else.
_GUARDS = (
    "written_once", "field_change_is_final", "matching_decision_is_final", "followups_incident_change_is_final",
)  # fmt: skip
_RIGHTS = ("SELECT", "UPDATE", "DELETE")


def final_tables(connection: BaseDatabaseWrapper) -> list[str]:
    """The tables of which a trigger lets nobody but the eraser rewrite a row."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
            " JOIN pg_proc p ON p.oid = t.tgfoid WHERE p.proname = ANY (%s) ORDER BY 1",
            [list(_GUARDS)],
        )
        return [table for (table,) in cursor.fetchall()]


def may_erase(connection: BaseDatabaseWrapper) -> bool:
    """Whether this login may become the eraser: there is one, and it was granted to it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_has_role(session_user, oid, 'SET') FROM pg_roles WHERE rolname = %s", [ERASER]
        )
        found = cursor.fetchone()
    return found is not None and found[0]


def install(connection: BaseDatabaseWrapper) -> bool:
    """Make the role, and let this login become it, where it may; give it its rights. False where it may not: whoever
    administers the database does it then (docs/operations.md).
    """
    if not may_erase(connection):
        try:
            with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
                cursor.execute("SELECT FROM pg_roles WHERE rolname = %s", [ERASER])
                if cursor.fetchone() is None:
                    cursor.execute(f"CREATE ROLE {ERASER} NOLOGIN")
                cursor.execute(f"GRANT {ERASER} TO CURRENT_USER WITH INHERIT FALSE, SET TRUE")
        except DatabaseError:
            # Not allowed, or made for another database of this server at this very moment.
            if not may_erase(connection):
                return False
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        for table in final_tables(connection):
            for right in _RIGHTS:
                cursor.execute("SELECT has_table_privilege(%s, %s, %s)", [ERASER, table, right])
                if cursor.fetchone() != (True,):
                    cursor.execute(f"GRANT {right} ON {connection.ops.quote_name(table)} TO {ERASER}")
    return True
