"""When a process of this machine was last heard from: a file that is looked at without Django, in no time."""

import contextlib
import time
from pathlib import Path

from config.embedded import data_dir

# From then on it is not: three knocks in a row came to nothing (config/heartbeats.py).
LATE_SECONDS = 15.0


def note(name: str) -> None:
    """That process was heard from just now. Where it cannot be written, it counts as never heard from."""
    file = _file(name)
    with contextlib.suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()


def seconds_ago(name: str) -> float | None:
    """None when it was never heard from."""
    try:
        return max(0.0, time.time() - _file(name).stat().st_mtime)
    except FileNotFoundError:
        return None


def _file(name: str) -> Path:
    return data_dir() / f"heard-{name}"
