"""Which pairs are worth looking at: the space index, its boxes, and pairs dealt out in bounded batches.

Nothing here decides: a candidate is only a pair that has not been ruled out by its category or its rough
place.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import floor

import numpy as np

from matching.engine.columns import Floats, Ints, NeedColumns, OfferColumns
from matching.engine.records import EARTH_RADIUS_KM

BANDS = 1801  # floor(lat * 10) from -900 to 900
# Boxes are a little larger than asked (a metre, and a millionth of a degree): rounding may never lose a
# candidate.
SLACK_KM = 1e-3
SLACK_DEGREES = 1e-6


def band(lat: float) -> int:
    """A tenth of a degree of latitude, about 11 km: the coarse half of a stored place."""
    return floor(lat * 10)


def boxes(lat: float, lon: float, radius_km: float) -> list[tuple[float, float, float, float]]:
    """(min_lat, max_lat, min_lon, max_lon), one or two, that hold every point within the radius and the
    corners beyond it.

    Two where the circle crosses the antimeridian; all longitudes where it holds a pole.
    """
    heights, widths = _half_sizes(np.array([lat]), np.array([radius_km]))
    height, width = float(heights[0]), float(widths[0])
    south, north = max(lat - height, -90.0), min(lat + height, 90.0)
    west, east = lon - width, lon + width
    if width >= 180:
        return [(south, north, -180.0, 180.0)]
    if west <= -180:
        return [(south, north, -180.0, east), (south, north, west + 360, 180.0)]
    if east >= 180:
        return [(south, north, west, 180.0), (south, north, -180.0, east - 360)]
    return [(south, north, west, east)]


def _half_sizes(lat: Floats, radius_km: Floats) -> tuple[Floats, Floats]:
    """Half height and half width in degrees of the box round each circle; 180 wide where it holds a pole.

    The widest point of a circle lies towards the pole, hence asin(sin(r/R) / cos(lat)) and not r/R /
    cos(lat).
    """
    angle = (radius_km + SLACK_KM) / EARTH_RADIUS_KM
    height = np.degrees(angle) + SLACK_DEGREES
    holds_pole = np.abs(lat) + height >= 90
    ratio = np.sin(angle) / np.cos(np.radians(np.where(holds_pole, 0, lat)))
    width = np.degrees(np.arcsin(np.clip(ratio, 0, 1))) + SLACK_DEGREES
    return height, np.where(holds_pole, 180.0, width)


@dataclass(frozen=True, slots=True, eq=False)
class Ranges:
    """For `need[i]`, the offers `order[start[i]:stop[i]]`. A need may come several times, each pair once."""

    order: Ints
    need: Ints
    start: Ints
    stop: Ints

    def __len__(self) -> int:
        """How many pairs."""
        return int((self.stop - self.start).sum())

    def batches(self, size: int) -> Iterator[tuple[Ints, Ints]]:
        """The pairs, as (need, offer) rows, at most `size` at a time: long ranges are cut to bound memory."""
        ends = np.cumsum(self.stop - self.start)
        for begin in range(0, len(self), size):
            end = min(begin + size, len(self))
            some = slice(np.searchsorted(ends, begin, "right"), np.searchsorted(ends, end, "left") + 1)
            before = ends[some] - (self.stop - self.start)[some]
            first, last = np.maximum(before, begin), np.minimum(ends[some], end)
            shift = np.repeat(self.start[some] - before, last - first)
            yield np.repeat(self.need[some], last - first), self.order[np.arange(begin, end) + shift]


def of_category(needs: NeedColumns, offers: OfferColumns) -> Ranges:
    """Every offer of the need's category, however far."""
    order = np.argsort(offers.category, kind="stable")
    sorted_category = offers.category[order]
    return Ranges(
        order=order,
        need=np.arange(len(needs)),
        start=np.searchsorted(sorted_category, needs.category, "left"),
        stop=np.searchsorted(sorted_category, needs.category, "right"),
    )


def within_reach(needs: NeedColumns, offers: OfferColumns) -> Ranges:
    """The offers of the need's category that may be within either reach: a superset of the pairs that the
    distance allows.

    Offers are sorted by (category, band, longitude), so that each band that a need's box touches is one
    range. Both reaches count: the box is as large as the larger of the need's reach and the
    farthest-reaching offer of the category. Where the distance may not count (skills that can be given
    remotely) it is every offer of the category.
    """
    remote = needs.remote_ok
    near, far = np.flatnonzero(~remote), np.flatnonzero(remote)
    key = _key(offers.category, np.floor(offers.lat * 10), offers.lon)
    order = np.argsort(key, kind="stable")
    key = key[order]

    widest = np.zeros(1 + max(offers.category.max(initial=0), needs.category.max(initial=0)))
    np.maximum.at(widest, offers.category, offers.reach_km)
    category, lat, lon = needs.category[near], needs.lat[near], needs.lon[near]
    height, width = _half_sizes(lat, np.maximum(needs.reach_km[near], widest[category]))

    lowest = np.clip(np.floor((lat - height) * 10), -900, 900).astype(np.int64)
    highest = np.clip(np.floor((lat + height) * 10), -900, 900).astype(np.int64)
    count = highest - lowest + 1
    row = np.repeat(np.arange(len(near)), count)
    bands = lowest[row] + np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)

    west, east = lon - width, lon + width
    everywhere = width >= 180
    west, east = np.where(everywhere, -180.0, west), np.where(everywhere, 180.0, east)
    over_west, over_east = ~everywhere & (west <= -180), ~everywhere & (east >= 180)
    second = (over_west | over_east)[row]
    second_west = np.where(over_west, west + 360, -180.0)[row][second]
    second_east = np.where(over_west, 180.0, east - 360)[row][second]

    rows = np.concatenate([row, row[second]])
    bands = np.concatenate([bands, bands[second]])
    west = np.concatenate([np.maximum(west, -180)[row], second_west])
    east = np.concatenate([np.minimum(east, 180)[row], second_east])
    return Ranges(
        order=order,
        need=np.concatenate([near[rows], far]),
        start=np.concatenate(
            [
                np.searchsorted(key, _key(category[rows], bands, west) - SLACK_DEGREES, "left"),
                np.searchsorted(key, _key(needs.category[far], -900, -180), "left"),
            ]
        ),
        stop=np.concatenate(
            [
                np.searchsorted(key, _key(category[rows], bands, east) + SLACK_DEGREES, "right"),
                np.searchsorted(key, _key(needs.category[far], 900, 180), "right"),
            ]
        ),
    )


def _key(category: Ints, bands: Ints | Floats | int, lon: Floats | int) -> Floats:
    """One number that sorts by category, band, longitude; 512 leaves a wide gap between two bands."""
    return np.asarray((category * BANDS + (bands + 900)) * 512.0 + (lon + 180), np.float64)
