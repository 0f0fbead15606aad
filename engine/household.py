"""Whom a host receives. A household is one number, so that a table tells for every list of words who accepts it."""

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from engine.vocabulary import ACCEPTS

# The bits of a household. `FURTHER`: adults beside a couple; without a couple, all of them.
LONE_MINOR, CHILDREN, COUPLE, WOMEN, MEN, FURTHER_WOMEN, FURTHER_MEN = (1 << bit for bit in range(7))
HOUSEHOLDS = 1 << 7
ACCEPT_BITS = {word: 1 << bit for bit, word in enumerate(ACCEPTS)}

Counts = NDArray[np.integer] | int
Marks = NDArray[np.bool_] | bool


def household_codes(
    *, women: Counts, men: Counts, children: Counts, couple: Marks, lone_minor: Marks
) -> NDArray[np.int32]:
    """The number of each household; children without an adult are lone minors, whoever says so or not.

    A couple is a woman and a man where both are there, else two of the same.
    """
    women, men, children, couple = (np.asarray(one) for one in (women, men, children, couple))
    alone = np.asarray(lone_minor) | ((children > 0) & (women + men == 0))
    mixed = (women > 0) & (men > 0)
    in_couple = np.where(couple, np.where(mixed, 1, 2), 0)
    bits = (
        np.where(children > 0, CHILDREN, 0)
        | np.where(couple, COUPLE, 0)
        | np.where(women > 0, WOMEN, 0)
        | np.where(men > 0, MEN, 0)
        | np.where(women > in_couple, FURTHER_WOMEN, 0)
        | np.where(men > in_couple, FURTHER_MEN, 0)
    )
    return np.where(alone, LONE_MINOR, bits).astype(np.int32)


def words_needed(household: int, accepts: Collection[str]) -> frozenset[str]:
    """The words that a host must have said to receive this household: they depend on what else was said."""
    if household & LONE_MINOR:
        return frozenset({"lone_minors"})
    adults = _words(household, WOMEN, MEN)
    beside = _words(household, FURTHER_WOMEN, FURTHER_MEN)
    if household & CHILDREN:
        # Who names women or men beside families means the adults of a family too.
        asks_adults = "women" in accepts or "men" in accepts
        as_couple = household & COUPLE and "couples" in accepts
        return frozenset({"families"}) | ((beside if as_couple else adults) if asks_adults else frozenset())
    if household & COUPLE:
        return frozenset({"couples"}) | beside
    return adults


def is_accepted(household: int, accepts: Collection[str]) -> bool:
    """No word at all accepts everyone but lone minors."""
    if not accepts:
        return not household & LONE_MINOR
    return words_needed(household, accepts) <= set(accepts)


def _words(household: int, women: int, men: int) -> frozenset[str]:
    return frozenset(word for word, bit in (("women", women), ("men", men)) if household & bit)


# [household, sum of `ACCEPT_BITS`]
ACCEPTED = np.array(
    [
        [
            is_accepted(household, [word for word, bit in ACCEPT_BITS.items() if said & bit])
            for said in range(1 << len(ACCEPTS))
        ]
        for household in range(HOUSEHOLDS)
    ],
    np.bool_,
)
