"""The columns of a list of needs. What each means is in docs/spreadsheets.md."""

from catalogue.fields.needs import NEED
from catalogue.fields.shared import LARGEST
from catalogue.imports import AS_OF, CITY, CONSENT, ID, POINT, POSTCODE, STANDING, columns_of
from catalogue.meaning import PERSONS
from catalogue.spreadsheets import Column, ages, category_or_kind, household, whole
from catalogue.vocabulary import Kind

COLUMNS = (
    ID,
    *columns_of(
        NEED,
        required=("kind", "commune", "first_day", "last_day"),
        # A household says its own number, and what a cell says must then agree.
        people={"default": None},
        # Of a home any form will do.
        category={"parse": category_or_kind},
    ),
    CITY,
    POSTCODE,
    AS_OF,
    *POINT,
    STANDING,
    CONSENT,
    Column(
        "children",
        whole(least=0, most=LARGEST[Kind.HOUSING], units=PERSONS),
        ("enfants",),
        meaning="housing: their number, when ages are unknown; they are then recorded between 3 and 11 (a lone minor "
        "between 12 and 17), and the command says so",
    ),
    Column(
        "children_ages",
        ages,
        ("âges des enfants",),
        default=(),
        units={"ans": 1},
        meaning="housing: the age of each child (`3 et 7 ans`, `18 mois`, `2015, 2024`), in place of columns by age",
    ),
    Column(
        "household",
        household,
        ("composition familiale", "composition du foyer"),
        meaning="housing: the household in words (`un couple avec 2 enfants (3 et 7 ans)`), in place of the columns "
        "above",
    ),
)
FIELD_COLUMNS = {"latitude": "lat", "longitude": "lon"}
CONSTRAINT_COLUMNS = {
    "need_category_of_kind": "category",
    "need_days_in_order": "last_day",
    "need_min_days_within": "min_days",
    "need_quantity_plausible": "quantity",
    "need_people_plausible": "people",
    "need_household_adds_up": "people",
    "need_lone_minor_is_alone": "lone_minor",
    "need_couple_is_two": "couple",
    "need_reach_plausible": "reach_km",
    "need_point_on_earth": "lat",
    "need_language_pair_given": "languages_from",
    "need_rhythm_of_skill": "rhythm",
    "need_items_of_goods": "items",
    "need_registered_once": "id",
}
