"""A row that was imported before: what its list says anew, what somebody changed since, and where the two disagree.

Of each field that a list gave, the entry keeps a digest of what the list last said (`Entry.listed`). A field whose
digest is the same is no news, whatever stands there by now. What the list says anew is taken where nobody has changed
the field since, else both are shown. An empty cell says nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from catalogue import changes
from catalogue.imports.ids import digest
from catalogue.models import Entry, FieldChange
from catalogue.spreadsheets import Row
from cities.models import City

# Under which name of `Entry.listed` the whole row stands.
ROW = ""


@dataclass(slots=True)
class News:
    """`changed`: names of fields to take from the list. `disputed`: {field: [what stands, what the list says]}.
    `listed`: what is to be kept of what the list said, once `changed` is written.
    """

    changed: list[str] = field(default_factory=list)
    disputed: changes.What = field(default_factory=dict)
    listed: dict[str, str] = field(default_factory=dict)


def listed(row: Entry, names: Iterable[str], *, whole: str, **others: Any) -> dict[str, str]:
    """What `Entry.listed` keeps of a row that is registered now: of these fields, and of `others` by value."""
    now = changes.values(row)
    said = {name: changes.stored(row, name, now[name]) for name in names}
    return {ROW: whole} | {name: digest(value) for name, value in (said | others).items()}


def compared(
    current: Entry,
    row: Entry,
    names: Iterable[str],
    *,
    whole: str,
    edits: Sequence[FieldChange],
    since: datetime | None = None,
    others: Mapping[str, tuple[Any, Any]] | None = None,
) -> News:
    """What the list's `row` says anew of `current`, in these fields, and in `others` (as it stands, as listed).

    `edits` are those of `current`, the first first: they tell what a list said that was imported before digests were,
    and of one that was given out here, `since` when, what stood in it then.
    """
    kept = {} if since else current.listed
    edits = [edit for edit in edits if since is None or edit.at > since]
    stands, said = changes.values(current), changes.values(row)
    pairs = {
        name: (changes.stored(current, name, stands[name]), changes.stored(row, name, said[name]))
        for name in names
    }
    news = News(listed={**current.listed, ROW: whole})
    for name, (old, new) in {**pairs, **(others or {})}.items():
        told = digest(new)
        before = kept.get(name) or digest(_first(name, edits, old))
        if old == new or told == before:
            news.listed[name] = told
        elif digest(old) == before:
            news.listed[name] = told
            news.changed.append(name)
        else:
            news.listed[name] = before
            news.disputed[name] = [old, new]
    return news


def since_export(row: Row, city: City) -> datetime | None:
    """When this service gave out the list that the row stands in, by the town's clocks; None of other lists."""
    as_of: datetime | None = row["as_of"]
    if as_of is None or as_of.tzinfo is not None:
        return as_of
    return as_of.replace(tzinfo=ZoneInfo(city.timezone))


def _first(name: str, edits: Sequence[FieldChange], stands: Any) -> Any:
    """What stood in the field before anybody changed it."""
    return next((edit.what[name][0] for edit in edits if name in edit.what), stands)
