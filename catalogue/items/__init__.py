"""The catalogue of items of goods: `ITEM` by code, `find_item` by what people type."""

from catalogue.items.item import Item
from catalogue.items.sizes import SERIES, Series
from catalogue.items.table import ITEMS
from catalogue.items.typed import Found, find_item, read_sizes

ITEM = {item.code: item for item in ITEMS}

__all__ = ["ITEM", "ITEMS", "SERIES", "Found", "Item", "Series", "find_item", "read_sizes"]
