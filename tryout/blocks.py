"""Consecutive lines of a file, column by column, while they are judged."""

from collections.abc import Callable, Hashable, Sequence
from typing import Any

import numpy as np

from catalogue.spreadsheets import BadCell, Block
from catalogue.vocabulary import LANGUAGE_PAIR_CATEGORIES, Kind
from engine.arrays import Bools, Ints
from tryout.communes import NOWHERE


class Codes(dict[Any, int]):
    """Each distinct value → the place at which it was first met."""

    def __missing__(self, value: Hashable) -> int:
        found = self[value] = len(self)
        return found

    def of(self, values: Sequence[Any]) -> Ints:
        return np.fromiter(map(self.__getitem__, values), np.int32, len(values))


class Kinds(Codes):
    """The (kind, category) pairs met, and what follows from each."""

    def table(self, of: Callable[[str, str], Any], dtype: type) -> np.ndarray:
        """By code, what `of` says of the pair."""
        return np.array([of(kind, category) for kind, category in self], dtype)

    def are(self, wanted: Kind, codes: Ints) -> Bools:
        """Which of these codes are of a kind."""
        return self.table(lambda kind, _category: kind == wanted, np.bool_)[codes]

    def are_of(self, wanted: str, codes: Ints) -> Bools:
        """Which of these codes are of a category."""
        return self.table(lambda _kind, category: category == wanted, np.bool_)[codes]

    def name_languages(self, codes: Ints) -> Bools:
        """Which of these codes are of a category that is from some languages to others."""
        return self.table(
            lambda kind, category: kind == Kind.SKILL and category in LANGUAGE_PAIR_CATEGORIES, np.bool_
        )[codes]


class Judged:
    """A block's lines and which of them are still good; of a bad line, the first thing that is wrong."""

    def __init__(self, block: Block) -> None:
        self.block = block
        self.good = np.ones(len(block), np.bool_)
        self.bad: list[list[BadCell]] = []
        self.commune: Ints = np.full(len(block), NOWHERE, np.int64)  # a row of `Places` each

    def refuse(self, wrong: Bools, column: str, say: Callable[[int], str]) -> None:
        self.complain(wrong, lambda at: self.block.bad_cell(at, column, say(at)))

    def complain(self, wrong: Bools, about: Callable[[int], BadCell]) -> None:
        for at in np.flatnonzero(wrong & self.good).tolist():
            self.bad.append([about(at)])
            self.good[at] = False
