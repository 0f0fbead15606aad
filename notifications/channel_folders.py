"""The folders of `notifications/channels`, looked up by name: no list, no import.

The settings read this file, so it needs neither them nor Django.
"""

from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules
from typing import Any

CHANNELS = "notifications.channels"
# Settings by name. For those in VARIABLES the environment has the last word, read as text, number, yes or no like them.
Variables = dict[str, str | int | bool]


def names() -> list[str]:
    """The folders, in the order of the alphabet."""
    return sorted(module.name for module in iter_modules(import_module(CHANNELS).__path__) if module.ispkg)


def has(name: str, module: str) -> bool:
    """Whether the folder holds that module."""
    return find_spec(f"{CHANNELS}.{name}.{module}") is not None


def part(name: str, module: str) -> Any:
    """That module of the folder."""
    return import_module(f"{CHANNELS}.{name}.{module}")


def variables() -> Variables:
    """What the environment may say, of all channels, with the defaults."""
    return _declared("VARIABLES")


def fixed() -> Variables:
    """The settings of all channels that the environment does not change."""
    return _declared("FIXED")


def derived(said: dict[str, Any]) -> dict[str, Any]:
    """The settings that follow from others, where a folder's `settings.py` has a `derived`."""
    found: dict[str, Any] = {}
    for name in names():
        if has(name, "settings") and hasattr(part(name, "settings"), "derived"):
            found |= part(name, "settings").derived(said)
    return found


def _declared(kind: str) -> Variables:
    declared: Variables = {}
    for name in names():
        if has(name, "settings"):
            declared |= getattr(part(name, "settings"), kind)
    return declared
