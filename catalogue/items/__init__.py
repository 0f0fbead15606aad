"""The catalogue of items of goods: `ITEM` by code, `find_item` by what people type, `understood` for what is kept."""

from catalogue.items.answers import (
    ITEM,
    ITEM_CODES,
    LONGEST_TYPED,
    LONGEST_WORDS,
    MOST_ITEMS,
    MOST_SIZES,
    SIZE_CODES,
    Said,
    by_title,
    check_sizes,
    chosen,
    sizes_of,
    understood,
    with_kinds,
    without_kinds,
)
from catalogue.items.item import Item
from catalogue.items.sizes import CUTS, SERIES, Series, for_whom, in_one, says_no_size
from catalogue.items.table import ITEMS
from catalogue.items.typed import Found, alternatives, find_item, read_sizes

__all__ = [
    "CUTS", "ITEM", "ITEMS", "ITEM_CODES", "LONGEST_TYPED", "LONGEST_WORDS", "MOST_ITEMS", "MOST_SIZES", "SERIES",
    "SIZE_CODES", "Found", "Item", "Said", "Series", "alternatives", "by_title", "check_sizes", "chosen", "find_item",
    "for_whom", "in_one", "read_sizes", "says_no_size", "sizes_of", "understood",
    "with_kinds", "without_kinds",
]  # fmt: skip
