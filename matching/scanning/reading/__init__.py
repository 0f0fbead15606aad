"""Rows of the database as the engine's columns, a set at a time: no Python object per row.

Each field leaves the database as one value, the bytes of all rows one after the other (`arrays`), and numpy reads it
where it lies. (COPY would send a message per row, which costs the client more than everything else together.) Lists
travel as a key of eight bytes, and each different list is read once (`list_columns`). What differs from call to call is
which rows are wanted: `Where` of needs (`need_columns`), and `Ranges` of the index of offers (`offer_columns`).
"""

from matching.scanning.reading.arrays import Where
from matching.scanning.reading.concerned import concerned_by, would_keep
from matching.scanning.reading.decided import read_excluded
from matching.scanning.reading.need_columns import Needs, read_needs
from matching.scanning.reading.offer_columns import Offers, Town, read_offers, read_offers_in
from matching.scanning.reading.ranges import Ranges, Term

__all__ = [
    "Needs",
    "Offers",
    "Ranges",
    "Term",
    "Town",
    "Where",
    "concerned_by",
    "read_excluded",
    "read_needs",
    "read_offers",
    "read_offers_in",
    "would_keep",
]
