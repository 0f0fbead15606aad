"""The communes of France, from the gazetteer's file."""

import csv
import gzip
from functools import cached_property
from pathlib import Path

import numpy as np
from django.utils.translation import gettext as _

from cities.points import FARTHEST_KM, distance_km
from cities.services import GAZETTEER
from engine.arrays import Bools, Floats

NOWHERE, NOT_KNOWN = -1, -2  # in place of a commune's row: no code was given; no commune has it
HALF_SQUARE_KM = 80  # at most, from the centre of a square degree to what lies in it


class Places:
    """The communes of France by INSEE code, from the gazetteer's file: nothing is asked of a database."""

    def __init__(self, source: Path = GAZETTEER) -> None:
        with gzip.open(source, "rt", encoding="utf-8", newline="") as lines:
            self._communes = list(csv.DictReader(lines))
        self.row = {commune["insee"]: at for at, commune in enumerate(self._communes)} | {"": NOWHERE}
        self.lat = np.array([float(commune["latitude"]) for commune in self._communes])
        self.lon = np.array([float(commune["longitude"]) for commune in self._communes])
        self._around: dict[tuple[float, float], float] = {}

    def are_far(self, lat: Floats, lon: Floats) -> Bools:
        """Which points lie farther than `FARTHEST_KM` from every commune."""
        # The square degree in which a point lies tells, but for those at the border of what is near.
        squares = list(zip((np.floor(lat) + 0.5).tolist(), (np.floor(lon) + 0.5).tolist(), strict=True))
        for square in set(squares) - self._around.keys():
            self._around[square] = self._km_to_nearest(*square)
        around = np.array([self._around[square] for square in squares], np.float64)
        for at in np.flatnonzero(np.abs(around - FARTHEST_KM) <= HALF_SQUARE_KM).tolist():
            around[at] = self._km_to_nearest(lat[at], lon[at])
        return around > FARTHEST_KM

    def _km_to_nearest(self, lat: float, lon: float) -> float:
        return float(distance_km(lat, lon, self.lat, self.lon).min())

    def name(self, row: int) -> str:
        return self._communes[row]["name"]

    def unknown(self, insee: str) -> str:
        """Why no commune has this code; most often it is a postcode."""
        near = self._by_postcode.get(insee)
        if near is None:
            return _("aucune commune n’a le code INSEE «\u00a0%(code)s\u00a0».") % {"code": insee}
        return _(
            "«\u00a0%(code)s\u00a0» est un code postal. Le code INSEE est attendu\u202f: "
            "celui de %(name)s est %(insee)s."
        ) % {"code": insee, "name": near["name"], "insee": near["insee"]}

    @cached_property
    def _by_postcode(self) -> dict[str, dict[str, str]]:
        largest_last = sorted(self._communes, key=lambda commune: int(commune["population"]))
        return {postcode: one for one in largest_last for postcode in one["postcodes"].split()}
