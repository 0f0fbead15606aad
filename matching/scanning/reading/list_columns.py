"""Columns of lists of words: rows bring a key of each list, and each different list is read once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
from django.core.exceptions import ValidationError

from catalogue.slots import WeeklySlot, parse_slot
from engine.arrays import Bools, Ints, Masks, masks
from engine.filling import accept_bits, slot_columns
from engine.vocabulary import ACCEPTS
from matching.scanning.reading import arrays

# What each key stands for: the same for every row, table and day, so that a worker reads each list once.
_known_lists: dict[int, tuple[str | None, ...]] = {}
MOST_KNOWN_LISTS = 200_000


def keyed(**lists: str) -> dict[str, tuple[str, str]]:
    """Of each column of lists, given as SQL, the key and the list itself."""
    return {name: (f"hash_array_extended({words}, 0)", words) for name, words in lists.items()}


class ListColumn(NamedTuple):
    """The different lists of a column, and which of them each row has."""

    lists: list[tuple[str, ...]]
    which: Ints


@dataclass(frozen=True, slots=True, eq=False)
class Lists:
    """The columns of lists of some rows. `gone` are the rows that changed while they were read: they are due."""

    columns: Mapping[str, ListColumn]
    faults: dict[str, Ints]
    gone: Ints

    @classmethod
    def of(cls, table: str, lists: Mapping[str, tuple[str, str]], read: arrays.Columns) -> Self:
        distinct = {name: arrays.distinct(read[name]) for name in lists}
        _learn(table, lists, {name: (keys, read["id"][rows]) for name, (keys, rows, _) in distinct.items()})
        columns, faults, gone = {}, {}, [np.empty(0, np.int64)]
        for name, (keys, _, which) in distinct.items():
            found = [_known_lists.get(key) for key in keys.tolist()]
            missing = np.array([some is None for some in found], np.bool_)
            wrong = np.array([some is not None and not _right(name, some) for some in found], np.bool_)
            gone.append(np.flatnonzero(missing[which]))
            faults[name] = np.flatnonzero(wrong[which])
            usable = [() if some is None or bad else some for some, bad in zip(found, wrong, strict=True)]
            columns[name] = ListColumn(usable, which)  # type: ignore[arg-type] # None is never right
        return cls(columns, {name: rows for name, rows in faults.items() if len(rows)}, np.concatenate(gone))

    def some(self, name: str, rows: Ints) -> ListColumn:
        column = self.columns[name]
        return ListColumn(column.lists, column.which[rows])

    def masks(self, name: str, table: dict[str, int], concerned: Bools | None = None) -> Masks:
        """Masks of the words; of rows that are not concerned, none."""
        column = self.columns[name]
        if concerned is None:
            return masks(column.lists, table)[column.which]
        used = set(np.unique(column.which[concerned]).tolist())
        found = masks([some if n in used else () for n, some in enumerate(column.lists)], table)
        return np.where(concerned[:, None], found[column.which], np.uint64(0))

    def codes(self, name: str, concerned: Bools, code_of: Callable[[tuple[str, ...]], int]) -> Ints:
        """A code for each row's list; 0 of rows that are not concerned."""
        column = self.columns[name]
        used = set(np.unique(column.which[concerned]).tolist())
        found = np.array([code_of(some) if n in used else 0 for n, some in enumerate(column.lists)], np.int32)
        return np.where(concerned, found[column.which], np.int32(0))

    def accepts(self, concerned: Bools) -> Ints:
        column = self.columns["accepts"]
        bits = np.array([accept_bits(set(some)) for some in column.lists], np.int32)
        return np.where(concerned, bits[column.which], np.int32(0))

    def slots(self, concerned: Bools) -> tuple[Ints, Ints, Ints]:
        column = self.columns["slots"]
        parsed = [_slots(some) for some in column.lists]
        flat = [slot for some in parsed for slot in some]
        count = np.array([len(some) for some in parsed], np.int64)
        start = np.cumsum(count) - count
        own = np.where(concerned, count[column.which], 0)
        owner = np.repeat(np.arange(len(own)), own)
        slot = (start[column.which] - (np.cumsum(own) - own))[owner] + np.arange(len(owner))
        return slot_columns(
            owner=owner,
            weekday=np.array([one.weekday for one in flat], np.int64)[slot],
            start_minute=np.array([one.start_minute for one in flat], np.int64)[slot],
            end_minute=np.array([one.end_minute for one in flat], np.int64)[slot],
            rows=len(own),
        )


def _learn(table: str, lists: Mapping[str, tuple[str, str]], keys: Mapping[str, tuple[Ints, Ints]]) -> None:
    """Read the lists that are not known yet, each from one row that has it."""
    if len(_known_lists) > MOST_KNOWN_LISTS:
        _known_lists.clear()
    examples = {
        id_
        for some, ids in keys.values()
        for key, id_ in zip(some.tolist(), ids.tolist(), strict=True)
        if key not in _known_lists
    }
    if not examples:
        return
    both = ", ".join(f"{key}, {words}" for key, words in lists.values())
    sql = f"SELECT {both} FROM {table} WHERE id = ANY (%(ids)s)"  # noqa: S608
    for row in arrays.rows(sql, {"ids": sorted(examples)}):
        _known_lists.update((key, tuple(some)) for key, some in zip(row[::2], row[1::2], strict=True))


def _right(name: str, some: Sequence[str | None]) -> bool:
    if name == "goods":
        return None not in some  # an offer's size may be empty
    if not all(some):
        return False
    if name == "accepts":
        return set(some) <= set(ACCEPTS)
    if name == "slots":
        try:
            _slots(some)
        except ValidationError:
            return False
    return True


def _slots(some: Sequence[str | None]) -> list[WeeklySlot]:
    return [parse_slot(text) for text in some if text]
