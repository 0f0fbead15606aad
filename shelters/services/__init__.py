"""Every write to a place. Its nights and shifts are written by the services of offers and needs, by no other way."""

from shelters.services.nights import NIGHTS_FIELDS, add_nights, change_nights, close_some, resume, take_back
from shelters.services.places import FIELDS, change, close, found, see
from shelters.services.shifts import add_shifts
from shelters.services.sweeping import look_after

__all__ = [
    "FIELDS",
    "NIGHTS_FIELDS",
    "add_nights",
    "add_shifts",
    "change",
    "change_nights",
    "close",
    "close_some",
    "found",
    "look_after",
    "resume",
    "see",
    "take_back",
]
