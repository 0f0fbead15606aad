"""Log lines without personal data."""

import logging
from typing import Any


class WithoutRows(logging.Formatter):
    """Drops what PostgreSQL adds to a refusal: its DETAIL and CONTEXT lines quote the row, names included."""

    def formatException(self, ei: Any) -> str:  # noqa: N802 (the base class's name)
        lines = super().formatException(ei).splitlines()
        return "\n".join(line for line in lines if not line.startswith(("DETAIL:", "CONTEXT:")))
