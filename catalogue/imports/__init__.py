"""Taking the rows of a spreadsheet into the database: good rows kept, bad ones named, nothing twice.

What an offer or a need is belongs to their apps; here are the loop over the rows (`taking`), the columns of the
table of fields (`columns`), the places that rows name (`places`), and the command that shows it (`command`).
"""

from catalogue.imports.columns import CITY, ID, LONGEST_ID, POINT, POSTCODE, answers_of, column, columns_of
from catalogue.imports.command import ImportCommand, Progress, Tally
from catalogue.imports.places import Places, figures_of, written_place
from catalogue.imports.taking import Keeper, Outcome, RowRefused, explained, moved_notices, take_in

__all__ = [
    "CITY", "ID", "LONGEST_ID", "POINT", "POSTCODE", "ImportCommand", "Keeper", "Outcome", "Places", "Progress",
    "RowRefused", "Tally", "answers_of", "column", "columns_of", "explained", "figures_of", "moved_notices", "take_in",
    "written_place",
]  # fmt: skip
