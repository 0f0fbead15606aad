"""Where the suggestions of a case lie around it."""

import math
from collections.abc import Iterable
from typing import Any

from desk.presentation import Card
from engine import EARTH_RADIUS_KM
from needs.models import Need

# The width of a point of the drawing.
DISC = 17
_TURN = math.pi * (3 - math.sqrt(5))  # the golden angle: a spiral that leaves no gap
_SPIRAL = [
    (2 * math.sqrt(step) * math.cos(step * _TURN), 2 * math.sqrt(step) * math.sin(step * _TURN))
    for step in range(400)
]


def chart(need: Need, cards: Iterable[Card]) -> dict[str, Any]:
    """Where the suggestions lie around the need: points of a drawing 200 wide and high, the reach as a circle.

    Equirectangular around the need, which is exact enough within the few dozen kilometres shown; the farthest
    point sets the scale. Where only the commune is known points would hide one another: each is moved to the nearest
    free place. A list stands beside it, so the drawing carries nothing alone.
    """
    away = []
    for card in cards:
        offer = card.match.offer
        east = (offer.longitude - need.longitude + 180) % 360 - 180
        x = math.radians(east) * math.cos(math.radians(need.latitude)) * EARTH_RADIUS_KM
        y = math.radians(offer.latitude - need.latitude) * EARTH_RADIUS_KM
        away.append((card.match.rank, x, y))
    shown_km = max([need.reach_km, 1.0, *(math.hypot(x, y) for _rank, x, y in away)]) * 1.15
    scale = 100 / shown_km
    free = _FreePlaces()
    points = []
    for rank, east_km, north_km in away:
        place = free.nearest(100 + east_km * scale, 100 - north_km * scale)
        points.append({"rank": rank, "x": round(place[0], 1), "y": round(place[1], 1)})
    return {"radius": round(need.reach_km * scale, 1), "points": points[::-1]}


class _FreePlaces:
    """Points whose discs cover no other, the need's in the middle included."""

    def __init__(self) -> None:
        self._taken = [(100.0, 100.0)]
        # How far around a point all is taken: nothing is ever freed, so the next one there begins after it.
        self._full: dict[tuple[float, float], int] = {}

    def nearest(self, x: float, y: float) -> tuple[float, float]:
        """The point, or the nearest one around it that is free; it is taken from now on."""
        found = (x, y)
        for step in range(self._full.get((x, y), 0), len(_SPIRAL)):
            place = (x + _SPIRAL[step][0], y + _SPIRAL[step][1])
            if self._is_free(*place):
                self._full[x, y], found = step + 1, place
                break
        self._taken.append(found)
        return found

    def _is_free(self, x: float, y: float) -> bool:
        return all(math.dist((x, y), other) >= DISC for other in self._taken)
