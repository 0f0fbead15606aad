"""Goods: how far an offered item, and its size, is the one that a need asks for. What the items are, others say."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

# Of an item: whatever its category holds; something that has no name in the catalogue, kept with its words.
ANY = "any"
OTHER = "other"
# Of a size: several, or none that is known.
MIXED = "mixed"

FIRST, INSTEAD, UNSURE = 1.0, 0.75, 0.5


class Larger(Enum):
    """Which sizes above the one asked would do."""

    NONE = "none"
    NEXT = "next"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class Sizes:
    """A series of sizes, the smallest first, and which larger ones would do."""

    codes: tuple[str, ...]
    larger: Larger = Larger.NONE

    def does(self, wanted: str, offered: str) -> bool:
        """Whether the offered size, of this series, is one that is larger in a way that does."""
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
    """1 for the size named first, or none asked; ¾ for another, or a larger one that does; ½ for `MIXED`; else None.

    `series` is that of the offered item; None: it has no sizes, and none is judged. A need may name items of several
    series: of its sizes those of this one count. Of an offer of `ANY` item, pass the series of what is asked.
    """
    if series is None:
        return FIRST
    asked = [size for size in wanted if size in series.codes]
    if not wanted:
        return FIRST
    if offered == MIXED:
        return UNSURE
    if offered in asked:
        return FIRST if asked.index(offered) == 0 else INSTEAD
    if offered in series.codes and any(series.does(size, offered) for size in asked):
        return INSTEAD
    return None


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


@dataclass(frozen=True, slots=True, eq=False)
class GoodsTable:
    """The factors of all that some needs want with all that some offers have, a row and a column each; 0: no fit."""

    row: NDArray[np.int32]  # per need
    column: NDArray[np.int32]  # per offer
    item: NDArray[np.float64]
    size: NDArray[np.float64]

    @classmethod
    def of(
        cls,
        need: NDArray[np.signedinteger],
        offer: NDArray[np.signedinteger],
        wanted: Sequence[Wanted],
        offered: Sequence[Offered],
    ) -> Self:
        """`need` and `offer` say which of `wanted` and `offered` each row is."""
        asked, row = _numbered(need, len(wanted))
        given, column = _numbered(offer, len(offered))
        fits = [[goods_fit(wanted[one], offered[other]) for other in given] for one in asked]
        factors = np.array(fits, np.float64).reshape(len(asked), len(given), 2)
        factors = np.nan_to_num(factors, nan=0.0)
        return cls(row, column, factors[:, :, 0], factors[:, :, 1])


def _numbered(which: NDArray[np.signedinteger], of: int) -> tuple[list[int], NDArray[np.int32]]:
    """Those that occur, and the place of each row's among them."""
    occurs = np.bincount(which, minlength=of) > 0
    place = np.cumsum(occurs, dtype=np.int32) - np.int32(1)
    return np.flatnonzero(occurs).tolist(), place[which]
