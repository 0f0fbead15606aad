"""Chance that belongs to whom it concerns: the same person asked the same thing answers the same, under every policy.

A draw is a function of the seed, of what it is about and of who is concerned (common random numbers). Nothing is drawn
in turn, so that one decision more, or one offer more, changes no other draw. Whole numbers alone are mixed: the same
on every machine.
"""

from collections.abc import Sequence
from statistics import NormalDist
from typing import TypeVar
from zlib import crc32

Some = TypeVar("Some")
_MASK = (1 << 64) - 1
_NORMAL = NormalDist()


def _mixed(state: int) -> int:
    """SplitMix64's last steps (Steele, Lea and Flood, 2014)."""
    state = (state + 0x9E3779B97F4A7C15) & _MASK
    state = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    state = ((state ^ (state >> 27)) * 0x94D049BB133111EB) & _MASK
    return state ^ (state >> 31)


def chance(seed: int, about: str, *who: int) -> float:
    """A number from 0 up to 1, 1 left out."""
    state = _mixed(seed ^ (crc32(about.encode()) << 32))
    for number in who:
        state = _mixed(state ^ number)
    return float((state >> 11) * 2.0**-53)


def log_normal(share: float, *, median: float, spread: float) -> float:
    """The value below which this share of a log-normal lies; `spread` is the deviation of its logarithm."""
    # 2^(log2 e × …) rather than exp: powers of two are the last step on every machine.
    exponent = _NORMAL.inv_cdf(min(max(share, 1e-9), 1 - 1e-9)) * spread
    return median * 2.0 ** (1.4426950408889634 * exponent)


class Draws:
    """All that is drawn for one offer or one need, one after the other."""

    def __init__(self, seed: int, about: str, number: int) -> None:
        self._seed, self._about, self._number, self._turn = seed, about, number, 0

    def share(self) -> float:
        self._turn += 1
        return chance(self._seed, self._about, self._number, self._turn)

    def happens(self, share: float) -> bool:
        return self.share() < share

    def between(self, least: int, most: int) -> int:
        """A whole number, both ends included."""
        return least + int(self.share() * (most - least + 1))

    def among(self, choices: Sequence[tuple[Some, float]]) -> Some:
        """One of the choices, by their weights."""
        left = self.share() * sum(weight for _, weight in choices)
        for choice, weight in choices:
            left -= weight
            if left < 0:
                return choice
        return choices[-1][0]
