"""Whether anything can be erased: asked by `manage.py check --database default`."""

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Tags, Warning, register
from django.db import DatabaseError, connections

from privacy import eraser


@register(Tags.database)
def somebody_may_erase(
    app_configs: Any = None, databases: Sequence[str] | None = None, **_kwargs: Any
) -> list[CheckMessage]:
    return [
        Warning(
            f"This login may not become {eraser.ERASER}: nothing can be erased.",
            hint="See “Who may erase” in docs/operations.md.",
            id="privacy.W001",
        )
        for alias in databases or []
        if _answers(alias) and not eraser.may_erase(connections[alias])
    ]


def _answers(alias: str) -> bool:
    """A database that does not is told by `config.checks`, in a sentence."""
    try:
        connections[alias].ensure_connection()
    except DatabaseError:
        return False
    return True
