"""Taking the rows of a spreadsheet into the database: good rows kept, bad ones named, nothing twice.

What an offer or a need is belongs to their apps; here are the loop over the rows (`taking`), the columns of the
table of fields (`columns`), the numbers of rows (`ids`), what a row that comes again says anew (`again`), and the
places that rows name (`places`). Who imports what, `lists` knows.
"""

from catalogue.imports.again import News, compared, listed, since_export
from catalogue.imports.columns import AS_OF, CITY, ID, POINT, POSTCODE, answers_of, column, columns_of
from catalogue.imports.ids import LONGEST_ID, digest, made_id
from catalogue.imports.places import Places, figures_of, may_have_postcode, written_place
from catalogue.imports.standing import CONSENT, STANDING
from catalogue.imports.taking import (
    Keeper,
    Note,
    Numbered,
    Outcome,
    RowRefused,
    explained,
    moved_notices,
    take_in,
)

__all__ = [
    "AS_OF", "CITY", "CONSENT", "ID", "LONGEST_ID", "POINT", "POSTCODE", "STANDING", "Keeper", "News", "Note",
    "Numbered", "Outcome", "Places",
    "RowRefused", "answers_of", "column", "columns_of", "compared", "digest", "explained", "figures_of", "listed",
    "made_id", "may_have_postcode", "moved_notices", "since_export", "take_in", "written_place",
]  # fmt: skip
