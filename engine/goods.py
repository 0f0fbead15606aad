"""Goods: how far an offered item, and its size, is the one that a need asks for. What the items are, others say."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

# Of an item: whatever its category holds; something that has no name in the catalogue, kept with its words.
ANY = "any"
OTHER = "other"
# Of a size: several, or none that is known.
MIXED = "mixed"

Codes = NDArray[np.signedinteger[Any]]
FIRST, INSTEAD, UNSURE = 1.0, 0.75, 0.5


class Larger(Enum):
    """Which sizes above the one asked would do."""

    NONE = "none"
    NEXT = "next"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class Sizes:
    """A series of sizes, the smallest first, which larger ones would do, and which others."""

    codes: tuple[str, ...]
    larger: Larger = Larger.NONE
    # (wanted, offered), where neither is the other and it would do: "M" of whoever, for a woman's "M". What is wanted
    # may be a code of another series.
    instead: frozenset[tuple[str, str]] = frozenset()
    # The same, where it may do: several of women's, for a woman's "M".
    unsure: frozenset[tuple[str, str]] = frozenset()

    def asks(self, wanted: str) -> bool:
        """Whether a size that is asked says something of this series."""
        return wanted in self.codes or any(wanted == asked for asked, _offered in self.instead)

    def does(self, wanted: str, offered: str) -> bool:
        """Whether the offered size would do in place of this one of the series: it is larger in a way that does, or
        it stands for it.
        """
        if (wanted, offered) in self.instead:
            return True
        if wanted not in self.codes or offered not in self.codes:
            return False
        step = self.codes.index(offered) - self.codes.index(wanted)
        return step > 0 if self.larger is Larger.ANY else step == 1 and self.larger is Larger.NEXT


class Wanted(NamedTuple):
    """What a need says of the goods: items and sizes in the order named, and the series of each item."""

    items: tuple[str, ...] = ()
    sizes: tuple[str, ...] = ()
    series: tuple[Sizes | None, ...] = ()


class Offered(NamedTuple):
    """What an offer says of the goods."""

    item: str = ""
    size: str = ""
    series: Sizes | None = None


def item_fits(wanted: Sequence[str], offered: str) -> float | None:
    """1 for the item named first, ¾ for another that would do, ½ where a side takes any; None: not the same item.

    No item at all is `ANY`. `OTHER` is the same as nothing; a need that names more than `OTHER` asks for the rest.
    """
    named = [item for item in wanted if item != OTHER]
    if (wanted and not named) or offered == OTHER:
        return None
    if offered in named and offered != ANY:
        return FIRST if named.index(offered) == 0 else INSTEAD
    return UNSURE if not named or ANY in named or offered in ("", ANY) else None


def size_fits(series: Sizes | None, wanted: Sequence[str], offered: str) -> float | None:
    """1 for the size named first, or none asked; ¾ for another, or one that does instead; ½ for `MIXED`, or one that
    may do; else None.

    `series` is that of the offered item; None: it has no sizes, and none is judged. A need may name items of several
    series: of its sizes those of this one count. Of an offer of `ANY` item, pass the series of what is asked.
    """
    if series is None:
        return FIRST
    asked = [size for size in wanted if series.asks(size)]
    if not wanted:
        return FIRST
    if offered == MIXED:
        return UNSURE
    if offered in asked:
        return FIRST if asked.index(offered) == 0 else INSTEAD
    if any(series.does(size, offered) for size in asked):
        return INSTEAD
    return UNSURE if any((size, offered) in series.unsure for size in asked) else None


def goods_fit(wanted: Wanted, offered: Offered) -> tuple[float | None, float | None]:
    """How far item and size fit: see `item_fits`, `size_fits`.

    Of an offer of any item the size is judged by the series of what is asked: by the one that it fits best.
    """
    item = item_fits(wanted.items, offered.item)
    if offered.item not in ("", ANY):
        return item, size_fits(offered.series, wanted.sizes, offered.size)
    # Where no item is asked for either, the sizes asked are all that is known of them.
    several = dict.fromkeys(one for one in wanted.series if one is not None) or [Sizes(wanted.sizes)]
    fits = [size_fits(series, wanted.sizes, offered.size) for series in several]
    return item, max((fit for fit in fits if fit is not None), default=None)


@dataclass(slots=True, eq=False)
class GoodsFits:
    """How far all that is wanted fits all that is offered, worked out once for what has met; 0: not at all.

    `wanted` and `offered` are the codes of what is said, which grow as columns are made; nothing at all has the code 0.
    """

    wanted: dict[Wanted, int] = field(default_factory=lambda: {Wanted(): 0})
    offered: dict[Offered, int] = field(default_factory=lambda: {Offered(): 0})
    # [wanted, offered] side by side: of the item and of the size; NaN where they have not met.
    _factors: NDArray[np.float64] = field(default_factory=lambda: np.full((2, 0, 0), np.nan), repr=False)

    def factors(self, wanted: Codes, offered: Codes) -> NDArray[np.float64]:
        """Of pairs of codes: those of the item, and those of the size."""
        # Several threads may ask at once: each works on what it has got hold of.
        known = self._grown()
        found = known[:, wanted, offered]
        unmet = np.isnan(found[0])
        if unmet.any():
            width = known.shape[2]
            said, had = [*self.wanted], [*self.offered]
            for code in np.unique((wanted.astype(np.int64) * width + offered)[unmet]).tolist():
                one, other = divmod(code, width)
                known[:, one, other] = [fit or 0.0 for fit in goods_fit(said[one], had[other])]
            found = known[:, wanted, offered]
        return found

    def _grown(self) -> NDArray[np.float64]:
        known, shape = self._factors, (2, len(self.wanted), len(self.offered))
        if known.shape != shape:
            larger = np.full(shape, np.nan)
            larger[:, : known.shape[1], : known.shape[2]] = known
            self._factors = known = larger
        return known
