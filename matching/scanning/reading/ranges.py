"""Where in the index the offers lie that may be within reach of some needs, or the needs of some offers."""

from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np

from catalogue.models import REACH_CLASSES
from engine.arrays import Bools, Floats, Ints, ranges
from engine.candidates import SLACK_KM, half_sizes
from engine.vocabulary import EARTH_RADIUS_KM

# Around more places than these, circles are drawn round the cells that they lie in: so many degrees each way.
CELL_DEGREES = {1_000: 0.1, 5_000: 0.5}
HALF_DIAGONAL_KM = 79.0  # of a cell of one degree, at the equator


class Places(NamedTuple):
    """Where the other side is looked for, one row each: the number of a category, a point, and how far."""

    number: Ints
    lat: Floats
    lon: Floats
    reach_km: Floats
    remote: Bools  # what can be given remotely is welcome from anywhere


class Term(NamedTuple):
    """When an offer must be there: from `latest_start` or before until `earliest_end` or later, as day numbers."""

    latest_start: int
    earliest_end: int


@dataclass(frozen=True, slots=True, eq=False)
class Ranges:
    """Stretches of an index (`offer_reading`, `need_candidates`) that hold every row within reach of some places, each
    row once: number of a category, class of reach, band of latitude, and longitudes from west to east.
    """

    number: Ints
    reach_class: Ints
    band: Ints
    west: Floats
    east: Floats
    # Every row of these categories that can be given remotely comes too, wherever it is.
    remote_numbers: Ints
    # Where all places are one and reach as far: its latitude, longitude, reach and the margin.
    circle: tuple[float, float, float, float] | None

    @classmethod
    def around(cls, wanted: Places, margin_km: float = 0) -> Self:
        """What may be within the larger of both reaches, and `margin_km` more."""
        circle = None
        sizes = [size for most, size in CELL_DEGREES.items() if len(wanted.number) > most]
        if sizes:
            places, margin_km = _cells(wanted, size=sizes[-1]), margin_km + sizes[-1] * HALF_DIAGONAL_KM
        else:
            places = np.unique(np.column_stack(wanted[:4]), axis=0)
            if len(distinct := np.unique(places[:, 1:], axis=0)) == 1:
                circle = (*distinct[0].tolist(), margin_km)
        classes = np.array(REACH_CLASSES, np.float64)
        reach_class = np.tile(np.arange(len(classes)), len(places))
        number, lat, lon, reach = np.repeat(places, len(classes), axis=0).T
        key = (number * len(classes) + reach_class).astype(np.int64)
        radius = np.maximum(reach, classes[reach_class]) + margin_km
        key, band, west, east = _merged(*_bands(key, lat, lon, radius))
        return cls(
            number=key // len(classes),
            reach_class=np.array(REACH_CLASSES)[key % len(classes)],
            band=band,
            west=west,
            east=east,
            remote_numbers=np.unique(wanted.number[wanted.remote]),
            circle=circle,
        )


def in_circle(row: str) -> str:
    """Whether this row lies within the circle's reach or its own: cosines of angles seen from the Earth's centre, by
    the law of haversines, hav x = (1 - cos x) / 2.

    Rounding may lose none, hence the slack; the exact decision is the engine's.
    """
    return f"""cos(radians({row}.latitude - %(lat)s::float8))
        - cos(radians(%(lat)s::float8)) * cos(radians({row}.latitude))
        * (1 - cos(radians({row}.longitude - %(lon)s::float8)))
        >= cos(least(pi(), (greatest({row}.reach_km, %(reach_km)s::float8) + %(margin_km)s::float8 + {SLACK_KM})
                           / {EARTH_RADIUS_KM}))"""


def _cells(wanted: Places, *, size: float) -> Floats:
    """Fewer places that stand for these: centres of cells, and the farthest reach within each."""
    number, lat, lon, reach_km, _ = wanted
    north, east = np.floor((lat + 90) / size).astype(np.int64), np.floor((lon + 180) / size).astype(np.int64)
    distinct, cell = np.unique((number * 4096 + north) * 4096 + east, return_inverse=True)
    reach = np.zeros(len(distinct))
    np.maximum.at(reach, cell, reach_km)
    number, north, east = distinct // 4096 // 4096, distinct // 4096 % 4096, distinct % 4096
    return np.column_stack([number, (north + 0.5) * size - 90, (east + 0.5) * size - 180, reach])


def _bands(key: Ints, lat: Floats, lon: Floats, radius_km: Floats) -> tuple[Ints, Ints, Floats, Floats]:
    """The bands of the box round each circle: (key, band, west, east), twice where it crosses the antimeridian."""
    height, width = half_sizes(lat, radius_km)
    south = np.clip(np.floor((lat - height) * 10), -900, 900).astype(np.int64)
    north = np.clip(np.floor((lat + height) * 10), -900, 900).astype(np.int64)
    west, east = lon - width, lon + width
    everywhere = width >= 180
    west, east = np.where(everywhere, -180, west), np.where(everywhere, 180, east)
    # The part beyond the antimeridian comes in again on the other side.
    over_west, over_east = np.flatnonzero(west < -180), np.flatnonzero(east > 180)
    box = np.concatenate([np.arange(len(key)), over_west, over_east])
    west, east = (
        np.concatenate([np.maximum(west, -180), west[over_west] + 360, np.full(len(over_east), -180.0)]),
        np.concatenate([np.minimum(east, 180), np.full(len(over_west), 180.0), east[over_east] - 360]),
    )
    count = (north - south + 1)[box]
    each = np.repeat(np.arange(len(box)), count)
    band = ranges(south[box], count)
    return key[box][each], band, west[each], east[each]


def _merged(key: Ints, band: Ints, west: Floats, east: Floats) -> tuple[Ints, Ints, Floats, Floats]:
    """The same ground without overlaps, so that no offer is read twice."""
    group = key * 2048 + band + 900
    # On one line, where groups lie 1000 degrees apart: the farthest east so far is then that of the own group.
    west, east = group * 1000.0 + west, group * 1000.0 + east
    order = np.argsort(west)
    group, west, reached = group[order], west[order], np.maximum.accumulate(east[order])
    begins = np.ones(len(group), np.bool_)
    begins[1:] = west[1:] > reached[:-1]
    first = np.flatnonzero(begins)
    last = np.append(first[1:], len(group))[: len(first)] - 1
    group = group[first]
    return group // 2048, group % 2048 - 900, west[first] - group * 1000.0, reached[last] - group * 1000.0
