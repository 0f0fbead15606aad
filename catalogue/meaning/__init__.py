"""From what somebody wrote to what it means, the same in forms, the API, imports and files that are tried.

Each parser is pure: it is told the text, and today where that matters. It gives a `Reading`, the value with what was
understood in words where that is not plainly what was written; refuses what means nothing with a CellError; and asks,
with `Unclear`, where several things may be meant. It never guesses.
"""

from catalogue.meaning.ages import read_ages
from catalogue.meaning.days import AMERICAN, in_both_orders, read_day
from catalogue.meaning.kinds import is_kind, read_category, read_kind
from catalogue.meaning.numbers import PERSONS, read_decimal, read_number, read_whole, says_no_limit, units_of
from catalogue.meaning.people import People, names_accepted, read_accepted, read_household
from catalogue.meaning.periods import Period, read_periods
from catalogue.meaning.text import (
    SIGNS_OF_DOUBT,
    CellError,
    Reading,
    Unclear,
    folded,
    items_of,
    says_nothing,
    says_nothing_but_none,
    says_nothing_of_texts,
    sure_items,
    undecorated,
)
from catalogue.meaning.tongues import names_language, read_languages
from catalogue.meaning.weeks import read_slots
from catalogue.meaning.yesno import read_yes_no

__all__ = [
    "AMERICAN", "PERSONS", "SIGNS_OF_DOUBT", "CellError", "People", "Period", "Reading", "Unclear", "folded",
    "in_both_orders", "is_kind", "items_of", "names_accepted", "names_language", "read_accepted", "read_ages",
    "read_category", "read_day", "read_decimal", "read_household", "read_kind", "read_languages", "read_number",
    "read_periods", "read_slots", "read_whole", "read_yes_no", "says_no_limit", "says_nothing",
    "says_nothing_but_none", "says_nothing_of_texts", "sure_items", "undecorated", "units_of",
]  # fmt: skip
