"""Goods: how far an offered item, and its size, is the one that a need asks for. What the items are, others say."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

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
