"""How a message reaches its reader: one folder per channel, found by its name. Nothing else knows a channel.

A folder holds `channel.py` (what the outbox asks of it: registry.Channel) and, each where there is a need for it,
`transport.py` (transport.Transport; without one the message waits for a person), `settings.py` (VARIABLES, FIXED),
`urls.py`, pages, services and templates. Each folder is a Django app. docs/how-to-add.md walks through one.

Only this file is read by the settings, so it needs neither them nor Django.
"""

from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules
from typing import Any

# Settings by name. For those in VARIABLES the environment has the last word, read as text, number, yes or no like them.
Variables = dict[str, str | int | bool]


def names() -> list[str]:
    """The folders, in the order of the alphabet."""
    return sorted(module.name for module in iter_modules(__path__) if module.ispkg)


def has(name: str, module: str) -> bool:
    """Whether the folder holds that module."""
    return find_spec(f"{__name__}.{name}.{module}") is not None


def part(name: str, module: str) -> Any:
    """That module of the folder."""
    return import_module(f"{__name__}.{name}.{module}")


def variables() -> Variables:
    """What the environment may say, of all channels, with the defaults."""
    return _declared("VARIABLES")


def fixed() -> Variables:
    """The settings of all channels that the environment does not change."""
    return _declared("FIXED")


def _declared(kind: str) -> Variables:
    declared: Variables = {}
    for name in names():
        if has(name, "settings"):
            declared |= getattr(part(name, "settings"), kind)
    return declared
