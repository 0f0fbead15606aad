"""Values in what gateways send and are sent, found by a path: "messages.0.id"."""

import re
from typing import Any

PLACEHOLDER = re.compile(r"\{(number|text|reference|sender)\}")


def at(payload: Any, path: str) -> str:
    """The text or number at that path; "" where there is none."""
    for step in path.split("."):
        if isinstance(payload, dict):
            payload = payload.get(step)
        elif isinstance(payload, list) and step.isdecimal() and int(step) < len(payload):
            payload = payload[int(step)]
        else:
            return ""
    is_said = isinstance(payload, str | int | float) and not isinstance(payload, bool)
    # The database keeps no NUL.
    return str(payload).replace("\x00", "").strip() if is_said else ""
