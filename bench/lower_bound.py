"""The least that any batch has to do here: read the rows by COPY, and compare the distances within the boxes.

No rule but category and distance, no score, no list: what is left is what the engine's own work costs.
"""

from collections.abc import Iterator
from typing import cast

import numpy as np
import psycopg
from django.db import connection

from bench.country import CATEGORIES
from engine.arrays import Floats, Ints, unit_sphere
from engine.vocabulary import EARTH_RADIUS_KM

PAIRS_AT_ONCE = 1 << 18
BAND_KEY = 1000.0  # degrees of longitude by which bands lie apart on one line
_ROW = np.dtype(
    [
        ("fields", ">i2"),
        ("lat_length", ">i4"), ("lat", ">f8"),
        ("lon_length", ">i4"), ("lon", ">f8"),
        ("reach_length", ">i4"), ("reach_km", ">f8"),
    ]
)  # fmt: skip
_HEADER = 19  # bytes before the first row
_OFFERS = (
    "SELECT latitude, longitude, reach_km FROM offers_offer WHERE state = 'active' AND category = {category}"
)
_NEEDS = (
    "SELECT latitude, longitude, reach_km FROM needs_need"
    " WHERE state IN ('open', 'partly_met') AND kind = {kind} AND (category = {category} OR kind = 'housing')"
)


def pairs_within_reach(numbers: list[int]) -> tuple[int, int]:
    """In one of the processes, of these categories: pairs within reach, and pairs whose distance was compared."""
    connection.ensure_connection()
    link = cast(psycopg.Connection, connection.connection)
    within = compared = 0
    for number in numbers:
        kind, category = CATEGORIES[number]
        words = {"kind": str(kind), "category": str(category)}
        for met, looked_at in _compared(_copied(link, _NEEDS, words), _copied(link, _OFFERS, words)):
            within += met
            compared += looked_at
    return within, compared


def _copied(link: psycopg.Connection, sql: str, words: dict[str, str]) -> np.ndarray:
    query = psycopg.sql.SQL(sql).format(**words)
    with (
        link.cursor() as cursor,
        cursor.copy(psycopg.sql.SQL("COPY ({}) TO STDOUT (FORMAT BINARY)").format(query)) as copy,
    ):
        data = b"".join(copy)
    return np.frombuffer(data, _ROW, (len(data) - _HEADER) // _ROW.itemsize, _HEADER)


def _compared(needs: np.ndarray, offers: np.ndarray) -> Iterator[tuple[int, int]]:
    if not len(needs) or not len(offers):
        return
    key = np.floor(offers["lat"] * 10) * BAND_KEY + offers["lon"]
    order = np.argsort(key)
    key, offers = key[order], offers[order]
    x, y, z = (
        values.astype(np.float32) for values in unit_sphere(_plain(offers["lat"]), _plain(offers["lon"]))
    )
    limit = _squared(_plain(offers["reach_km"]))

    lat, lon, reach = (_plain(needs[name]) for name in ("lat", "lon", "reach_km"))
    place = [values.astype(np.float32) for values in unit_sphere(lat, lon)]
    own_limit = _squared(reach)
    angle = np.maximum(reach, offers["reach_km"].max()) / EARTH_RADIUS_KM
    height = np.degrees(angle)
    width = np.degrees(np.arcsin(np.sin(angle) / np.cos(np.radians(lat))))
    south = np.floor((lat - height) * 10).astype(np.int64)
    bands = np.floor((lat + height) * 10).astype(np.int64) - south + 1
    need = np.repeat(np.arange(len(needs)), bands)
    band = south[need] + np.arange(len(need)) - np.repeat(np.cumsum(bands) - bands, bands)
    start = np.searchsorted(key, band * BAND_KEY + lon[need] - width[need], "left")
    stop = np.searchsorted(key, band * BAND_KEY + lon[need] + width[need], "right")
    for some in _batches(stop - start):
        many = (stop - start)[some]
        offer = np.repeat(start[some] - (np.cumsum(many) - many), many) + np.arange(many.sum())
        who = np.repeat(need[some], many)
        squared = (x[offer] - place[0][who]) ** 2
        squared += (y[offer] - place[1][who]) ** 2
        squared += (z[offer] - place[2][who]) ** 2
        met = squared <= np.maximum(limit[offer], own_limit[who])
        yield int(np.count_nonzero(met)), len(offer)


def _batches(many: Ints) -> Iterator[slice]:
    """Ranges that have so many pairs together, or a few more."""
    total = np.cumsum(many)
    first = 0
    while first < len(many):
        before = total[first - 1] if first else 0
        last = max(first + 1, int(np.searchsorted(total, before + PAIRS_AT_ONCE, "right")))
        yield slice(first, last)
        first = last


def _plain(values: np.ndarray) -> Floats:
    return values.astype(np.float64)


def _squared(reach_km: Floats) -> np.ndarray:
    # A little more than the reach: single precision is off by a few metres.
    return ((2 * np.sin((reach_km + 0.02) / (2 * EARTH_RADIUS_KM))) ** 2).astype(np.float32)
