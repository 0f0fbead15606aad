"""Taking the rows of a spreadsheet into the database: good rows kept, bad ones named, nothing twice.

What an offer or a need is belongs to their apps; here are the loop over the rows (`taking`), the places that rows name
(`places`), and the command that shows it (`command`).
"""

from catalogue.imports.command import ImportCommand, Progress, Tally
from catalogue.imports.places import FIRST_COLUMNS, KIND_WORDS, LONGEST_ID, PLACE_COLUMNS, Places
from catalogue.imports.taking import Keeper, Outcome, RowRefused, explained, take_in

__all__ = [
    "FIRST_COLUMNS",
    "KIND_WORDS",
    "LONGEST_ID",
    "PLACE_COLUMNS",
    "ImportCommand",
    "Keeper",
    "Outcome",
    "Places",
    "Progress",
    "RowRefused",
    "Tally",
    "explained",
    "take_in",
]
