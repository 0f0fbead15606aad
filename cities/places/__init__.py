"""What place a person means: a code, a postcode, a name as it is said. One reading for forms, API, lists and trials.

Nothing is asked of the database. What was understood differently from how it is written is told (`Place.said`); what
may be several places is asked about (`SeveralPlaces`), never guessed.
"""

from cities.places.answers import (
    Contradiction,
    Figures,
    Near,
    Place,
    PlaceAbroad,
    PlaceError,
    SeveralPlaces,
    UnknownPlace,
    named_by_code,
)
from cities.places.reading import LONGEST_WRITTEN, near_of, read_place
from cities.places.suggesting import Suggestion, suggested

__all__ = [
    "LONGEST_WRITTEN", "Contradiction", "Figures", "Near", "Place", "PlaceAbroad", "PlaceError", "SeveralPlaces",
    "Suggestion", "UnknownPlace", "named_by_code", "near_of", "read_place", "suggested",
]  # fmt: skip
