"""The communes of France, from the gazetteer's file."""

import numpy as np

from catalogue.imports import may_have_postcode
from cities.gazetteer import gazetteer
from cities.places import Figures, PlaceError, read_place
from cities.points import FARTHEST_KM, distance_km
from engine.arrays import Bools, Floats

NOWHERE = -1  # in place of a commune's row: no commune was named
MOST_REMEMBERED = 1 << 16  # different places of a file
HALF_SQUARE_KM = 80  # at most, from the centre of a square degree to what lies in it


class Places:
    """Where the communes of France are: nothing is asked of a database."""

    def __init__(self) -> None:
        self._communes = list(gazetteer().communes.values())
        self.row = {commune.insee: at for at, commune in enumerate(self._communes)}
        self.lat = np.array([commune.latitude for commune in self._communes])
        self.lon = np.array([commune.longitude for commune in self._communes])
        self._around: dict[tuple[float, float], float] = {}
        self._found: dict[tuple[str, Figures], int | PlaceError] = {}

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

    def found(self, written: str, figures: Figures) -> int | PlaceError:
        """The row of the commune that is meant, as the import understands it, NOWHERE of none; or why there is none."""
        key = (written, figures)
        if key not in self._found:
            if len(self._found) >= MOST_REMEMBERED:
                self._found.clear()
            try:
                self._found[key] = (
                    self.row[read_place(written, figures=figures).insee] if written else NOWHERE
                )
            except PlaceError as error:
                self._found[key] = error
        return self._found[key]

    def may_have(self, row: int, postcode: str) -> bool:
        """Whether the commune of a row may have a postcode."""
        return row == NOWHERE or may_have_postcode(self._communes[row].insee, postcode)

    def name(self, row: int) -> str:
        return self._communes[row].name
