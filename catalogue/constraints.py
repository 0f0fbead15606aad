"""Which named constraint the database says was violated."""

from django.db import IntegrityError


def violated(error: IntegrityError) -> str:
    """The constraint's name as PostgreSQL reports it; empty when it names none."""
    diagnostics = getattr(error.__cause__, "diag", None)
    return getattr(diagnostics, "constraint_name", None) or ""
