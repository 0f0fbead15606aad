"""The one table of fields: `OFFER` and `NEED`. To add a field, see docs/how-to-add.md."""

from catalogue.fields.needs import NEED
from catalogue.fields.offers import OFFER
from catalogue.fields.shapes import (
    FARTHEST,
    Day,
    Flag,
    Languages,
    Number,
    Other,
    Shape,
    Slots,
    Text,
    Thing,
    Word,
    Words,
)
from catalogue.fields.table import Field, Table, Use

__all__ = [
    "FARTHEST", "NEED", "OFFER", "Day", "Field", "Flag", "Languages", "Number", "Other", "Shape", "Slots", "Table",
    "Text", "Thing", "Use", "Word", "Words",
]  # fmt: skip
