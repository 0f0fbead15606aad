"""Arrays of numbers, and what every table and every pair asks of them: masks of words, points, rows within rows."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.spoken import WORDS_PER_MASK
from engine.vocabulary import EARTH_RADIUS_KM

Ints = NDArray[np.signedinteger[Any]]
Floats = NDArray[np.float64]
Amounts = Ints | Floats  # whole numbers, but hours may have halves
Bools = NDArray[np.bool_]
Masks = NDArray[np.uint64]
Ids = Sequence[Hashable] | NDArray[np.int64]

MICRO = 1e6  # decisions and order are taken on numbers rounded to 6 decimals, the same on every machine
NO_CODES: Ints = np.empty(0, np.int64)


def code(table: dict[Any, int], word: Hashable) -> int:
    """The word's code in one of the vocabulary's tables, a new one if need be."""
    return table.setdefault(word, len(table))


def unit_sphere(lat: Floats, lon: Floats) -> tuple[Floats, Floats, Floats]:
    """Degrees to x, y, z on the sphere of radius 1."""
    north, east = np.radians(lat), np.radians(lon)
    flat = np.cos(north)
    return flat * np.cos(east), flat * np.sin(east), np.sin(north)


def great_circle_km(squared_chord: Floats) -> Floats:
    """The way round the earth, of points whose straight way through the sphere of radius 1 has this square."""
    return 2 * EARTH_RADIUS_KM * np.arcsin(np.minimum(np.sqrt(squared_chord) / 2, 1))


def masks(sets: Sequence[Iterable[str]], table: dict[str, int]) -> Masks:
    """One bit for each word of the table, in as many columns of 64 as it takes.

    Who meets few different sets makes masks of those and takes rows of them: `masks(sets, table)[which]`.
    """
    words = [[code(table, word) for word in some] for some in sets]
    rows = np.repeat(np.arange(len(words)), np.fromiter(map(len, words), np.int64, len(words)))
    return masks_of_codes(
        rows, np.fromiter(chain.from_iterable(words), np.int64), rows=len(words), words=len(table)
    )


def masks_of_codes(row: Ints, word: Ints, *, rows: int, words: int) -> Masks:
    """The same from (row, code of a word) in any order, of a table of so many words."""
    found = np.zeros((rows, max(1, -(-words // WORDS_PER_MASK))), np.uint64)
    bit = np.left_shift(np.uint64(1), (word % WORDS_PER_MASK).astype(np.uint64))
    np.bitwise_or.at(found, (row, word // WORDS_PER_MASK), bit)
    return found


def words_of_both(one: Masks, other: Masks) -> Masks:
    """The words of either; of masks from one table, the later made may have more columns."""
    found = np.zeros((len(one), max(one.shape[1], other.shape[1])), np.uint64)
    found[:, : one.shape[1]] = one
    found[:, : other.shape[1]] |= other
    return found


def offsets(count: Ints) -> Ints:
    """Where each row's entries begin in a ragged column, and where the last ones end."""
    return np.concatenate([[0], np.cumsum(count)]).astype(np.int64)


def ranges(starts: Ints, lengths: Ints) -> Ints:
    """All of starts[0], starts[0] + 1, … (so many as lengths[0]), then of starts[1], and so on."""
    some = lengths > 0
    starts, lengths = starts[some], lengths[some]
    first = np.cumsum(lengths) - lengths
    # From one to the next, and where a range begins, from the end of the one before.
    found = np.ones(lengths.sum(), starts.dtype)
    found[first] = starts
    found[first[1:]] -= starts[:-1] + lengths[:-1] - 1
    return np.cumsum(found, out=found)


def row_codes(one: Ints, other: Ints) -> Ints:
    """One number for a pair of rows or of codes: `(one << 32) + other`."""
    return (one.astype(np.int64) << 32) + other


def rows_of(ids: Ids, wanted: Iterable[Hashable]) -> Mapping[Hashable, int]:
    """In which row each wanted id stands, of those that are there."""
    sought = set(wanted)
    if not sought:
        return {}
    listed = ids.tolist() if isinstance(ids, np.ndarray) else ids
    return {id_: row for row, id_ in enumerate(listed) if id_ in sought}


def differ(one: Ints, other: Ints) -> bool:
    """Is there more than one value among all of them? Neither is empty."""
    return bool((one != one[0]).any() or (other != one[0]).any())


def any_word(masks: Masks) -> Bools:
    if masks.shape[-1] == 1:
        return masks[..., 0] != np.uint64(0)
    return np.bitwise_or.reduce(masks, axis=-1) != np.uint64(0)


def share_a_word(one: Masks, other: Masks) -> Bools:
    """A common bit; the tables may have been made at different widths of the same vocabulary."""
    width = min(one.shape[-1], other.shape[-1])
    return any_word(one[..., :width] & other[..., :width])
