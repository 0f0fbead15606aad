"""When one language is spoken for another: it is the same, or one contains the other.

A whole (Persian, Arabic, Kurdish, Chinese) stands for its parts only on a side that names none of them.
"""

from collections.abc import Collection, Iterator

import numpy as np
from numpy.typing import NDArray

from engine.vocabulary import PARTS_OF_LANGUAGES, SAME_LANGUAGES

Masks = NDArray[np.uint64]
WORDS_PER_MASK = 64


class LanguageCodes(dict[str, int]):
    """Codes of languages; two names of the same one have one code."""

    def setdefault(self, word: str, new: int = 0) -> int:
        return super().setdefault(same(word), new)


def same(word: str) -> str:
    """The one name of a language that has several: "fa-AF" is "prs"."""
    return SAME_LANGUAGES.get(word, word)


def spoken_as(word: str, asked: Collection[str], offered: Collection[str]) -> str | None:
    """The language among those offered that is spoken for one of those asked; the same first; None: none is."""
    asked, names = {same(one) for one in asked}, {same(one): one for one in sorted(offered)}
    word = same(word)
    if word in names:
        return names[word]
    parts = PARTS_OF_LANGUAGES.get(word, ())
    if parts and not asked.intersection(parts):
        return next((names[part] for part in parts if part in names), None)
    for whole, parts in PARTS_OF_LANGUAGES.items():
        if word in parts and whole in names and not names.keys() & set(parts):
            return names[whole]
    return None


def not_spoken(asked: Collection[str], offered: Collection[str]) -> frozenset[str]:
    """Those of the languages asked for which none of those offered is spoken."""
    return frozenset(word for word in asked if spoken_as(word, asked, offered) is None)


def widened(offered: Masks, codes: dict[str, int]) -> Masks:
    """With all languages that somebody who speaks these understands."""
    found = None
    for whole, parts in _wholes(codes, offered.shape[1]):
        has_part = _has(offered, parts)
        stands = _has(offered, whole) & ~has_part
        if stands.any() or has_part.any():
            found = offered.copy() if found is None else found
            found[stands] |= parts
            found[has_part] |= whole
    return offered if found is None else found


def loosened(asked: Masks, codes: dict[str, int]) -> Masks:
    """Without the wholes whose parts are asked for too: these are asked for by name alone."""
    found = None
    for whole, parts in _wholes(codes, asked.shape[1]):
        strict = _has(asked, whole) & _has(asked, parts)
        if strict.any():
            found = asked.copy() if found is None else found
            found[strict] &= ~whole
    return asked if found is None else found


def _wholes(codes: dict[str, int], width: int) -> Iterator[tuple[Masks, Masks]]:
    """Of each whole of which something is spoken: its bit, and the bits of its parts, in so many columns."""
    for whole, parts in PARTS_OF_LANGUAGES.items():
        known = [codes[part] for part in parts if part in codes]
        if whole in codes and known:
            yield _bits([codes[whole]], width), _bits(known, width)


def _bits(codes: Collection[int], width: int) -> Masks:
    found = np.zeros(width, np.uint64)
    for code in codes:
        if code < width * WORDS_PER_MASK:
            found[code // WORDS_PER_MASK] |= np.uint64(1) << np.uint64(code % WORDS_PER_MASK)
    return found


def _has(masks: Masks, bits: Masks) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = ((masks & bits) != np.uint64(0)).any(axis=1)
    return found
