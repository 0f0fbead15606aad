"""Points on the map: how far apart they are, and whether one can be where it is said to be."""

import numpy as np
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from engine.vocabulary import EARTH_RADIUS_KM

# Farther than this from the centre of its commune no point lies (the widest, in Guiana, measure some 200 km):
# latitude and longitude were exchanged, or a sign was lost.
FARTHEST_KM = 300

Degrees = float | NDArray[np.float64]


def distance_km(lat: Degrees, lon: Degrees, other_lat: Degrees, other_lon: Degrees) -> NDArray[np.float64]:
    """Great-circle distances by the haversine formula; NaN where a point is."""
    north, other_north = np.radians(lat), np.radians(other_lat)
    east = np.radians(np.subtract(other_lon, lon))
    square = (
        np.sin((other_north - north) / 2) ** 2 + np.cos(north) * np.cos(other_north) * np.sin(east / 2) ** 2
    )
    return np.asarray(2 * EARTH_RADIUS_KM * np.arcsin(np.minimum(np.sqrt(square), 1)))


def too_far(km: float, commune: str) -> str:
    """What is said of a point farther than `FARTHEST_KM` from its commune."""
    return _(
        "ce point est à %(km)s km de %(commune)s. La latitude et la longitude sont-elles inversées\u202f?"
    ) % {"km": round(km), "commune": commune}


def too_far_from_all() -> str:
    """What is said of a point without a commune that lies farther than `FARTHEST_KM` from each."""
    return _(
        "aucune commune n’est à moins de %(km)s km de ce point. La latitude et la longitude sont-elles "
        "inversées\u202f?"
    ) % {"km": FARTHEST_KM}
