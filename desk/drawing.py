"""Where the suggestions of a case lie around it."""

import math
from collections.abc import Iterable
from typing import Any

from desk.presentation import Card
from engine import EARTH_RADIUS_KM
from needs.models import Need

# The width of a point of the drawing.
DISC = 17


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
    taken = [(100.0, 100.0)]
    points = []
    for rank, east_km, north_km in away:
        place = _free_place(100 + east_km * scale, 100 - north_km * scale, taken)
        taken.append(place)
        points.append({"rank": rank, "x": round(place[0], 1), "y": round(place[1], 1)})
    return {"radius": round(need.reach_km * scale, 1), "points": points[::-1]}


def _free_place(x: float, y: float, taken: list[tuple[float, float]]) -> tuple[float, float]:
    """The point, or the nearest one around it at which its disc covers no other."""
    turn = math.pi * (3 - math.sqrt(5))  # the golden angle: a spiral that leaves no gap
    for step in range(400):
        far = 2 * math.sqrt(step)
        place = (x + far * math.cos(step * turn), y + far * math.sin(step * turn))
        if all(math.dist(place, other) >= DISC for other in taken):
            return place
    return x, y
