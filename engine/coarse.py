"""Needs and offers in a coarse form, for quick looks at very many pairs at once: a few single-precision numbers.

A quick look passes over a pair only when the rule of its name cannot hold (see `rules.py`, where each stands beside its
rule). Whole days and quantities keep their order in single precision, and of who is clear they are all that counts; of
places, `Block.slack` says how wrong they may be.
"""

from dataclasses import dataclass
from math import inf, pi
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from engine.arrays import Bools, Floats, Ints
from engine.columns import FOREVER, NeedColumns, OfferColumns
from engine.vocabulary import EARTH_RADIUS_KM

Singles = NDArray[np.float32]

SHORTEST_REACH_KM = 1.0  # the least that a gap in distance is compared with
PRODUCT = 50_000  # numbers that a product of matrices has at most
MOST_EXACT = 1 << 24  # whole numbers below it are the same in single precision
# Of the earth's radius, some 6 m: coordinates near 1 are off by 0.2 m in single precision.
POINT_SLACK = 1e-6
# Of the squared spread of the points: what a squared chord loses when it is made by adding up products.
SQUARE_SLACK = 4e-6


@dataclass(frozen=True, slots=True)
class Beyond:
    """How far to look beyond the larger reach: a share of the reach (of a kilometre at least), at most so many km."""

    share: float = 0.0
    km: float = inf

    def of(self, reach_km: Floats) -> Floats:
        return reach_km + np.minimum(np.maximum(reach_km, SHORTEST_REACH_KM) * self.share, self.km)


@dataclass(frozen=True, slots=True, eq=False)
class CoarseNeeds:
    x: Singles
    y: Singles
    z: Singles
    squared_reach: Singles
    squared_sure: Singles  # within this a point is within reach for sure
    squared_look: Singles  # the reach with what lies beyond
    earliest_end: Singles  # a run that is long enough ends on this day or later
    latest_start: Singles  # and begins on this day or earlier
    least_days: Singles
    least_quantity: Singles
    city: Singles
    clear: Singles  # 1: nothing but the coarse numbers decides of its days and quantities

    @staticmethod
    def table(needs: NeedColumns, beyond: Beyond) -> Singles:
        """A row per field, a column per need."""
        clear = (np.diff(needs.given_from) == 0) & (np.diff(needs.slots_from) == 0)
        return np.array(
            [
                needs.x,
                needs.y,
                needs.z,
                _squared_chord(needs.reach_km, POINT_SLACK),
                _squared_chord(needs.reach_km, -POINT_SLACK),
                _squared_chord(beyond.of(needs.reach_km), POINT_SLACK),
                needs.first_day + needs.least_days - 1,
                needs.last_day - needs.least_days + 1,
                needs.least_days,
                needs.least_quantity,
                needs.city,
                clear & (needs.quantity < MOST_EXACT),
            ],
            np.float32,
        )


@dataclass(frozen=True, slots=True, eq=False)
class CoarseOffers:
    x: Singles
    y: Singles
    z: Singles
    squared_reach: Singles
    squared_sure: Singles
    squared_look: Singles
    first: Singles  # of all its days after notice
    last: Singles
    longest: Singles  # days from the first to the last, and no longer than its longest stay
    most_left: Singles  # on its best day
    capacity: Singles
    city: Singles
    clear: Singles  # see `CoarseNeeds`

    @staticmethod
    def table(offers: OfferColumns, beyond: Beyond, today: int) -> Singles:
        """A row per field, a column per offer."""
        begin = offers.stretches_from[:-1]
        first = np.maximum(np.minimum.reduceat(offers.stretch_first, begin), today + offers.notice_days)
        last = np.maximum.reduceat(offers.stretch_last, begin)
        clear = (np.diff(offers.stretches_from) == 1) & (np.diff(offers.slots_from) == 0)
        clear &= offers.best_before == FOREVER
        return np.array(
            [
                offers.x,
                offers.y,
                offers.z,
                _squared_chord(offers.reach_km, POINT_SLACK),
                _squared_chord(offers.reach_km, -POINT_SLACK),
                _squared_chord(beyond.of(offers.reach_km), POINT_SLACK),
                first,
                last,
                np.minimum(np.minimum(last - first + 1, FOREVER), offers.longest_stay),
                np.maximum.reduceat(offers.stretch_left, begin),
                offers.capacity,
                offers.city,
                clear & (offers.capacity < MOST_EXACT),
            ],
            np.float32,
        )


REACH_ROWS = slice(3, 6)  # `squared_reach`, `squared_sure` and `squared_look` in both tables


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Every one of some needs with every one of some offers; `shape` is (needs, offers).

    `tolerate` is how many rules a pair may break (0 or 1), `one_city` says that all are of one city or may meet.
    """

    need_rows: Ints
    offer_rows: Ints
    needs: CoarseNeeds
    offers: CoarseOffers
    squared_chord: Singles
    slack: float
    tolerate: int
    one_city: bool

    @classmethod
    def of(
        cls,
        need_rows: Ints,
        offer_rows: Ints,
        needs: Singles,
        offers: Singles,
        *,
        tolerate: int,
        one_city: bool,
    ) -> Self:
        """Of columns of the two tables."""
        centre = offers[:3, :1]
        one, other = needs[:3] - centre, offers[:3] - centre
        # |a - b|² = |a|² - 2ab + |b|², as one product of matrices.
        left, right = np.ones((5, one.shape[1]), np.float32), np.ones((5, other.shape[1]), np.float32)
        np.multiply(one, -2, out=left[:3])
        np.einsum("ij,ij->j", one, one, out=left[3])
        right[:3] = other
        np.einsum("ij,ij->j", other, other, out=right[4])
        spread = max(left[3].max(initial=0), right[4].max(initial=0))
        return cls(
            need_rows,
            offer_rows,
            CoarseNeeds(*needs),
            CoarseOffers(*offers),
            _product(left.T, right),
            float(SQUARE_SLACK * spread),
            tolerate,
            one_city,
        )

    def places(self, hits: Bools) -> "Places":
        """Where the block is hit."""
        number = np.flatnonzero(hits)
        begin = np.arange(len(hits) + 1) * hits.shape[1]
        each = np.diff(np.searchsorted(number, begin))
        return Places(number, np.repeat(np.arange(len(hits)), each), number - np.repeat(begin[:-1], each))

    def pairs(self, hits: Bools) -> tuple[Ints, Ints]:
        """Rows of need and offer where the block is hit."""
        places = self.places(hits)
        return self.need_rows[places.row], self.offer_rows[places.column]


class Places(NamedTuple):
    """Of a block: the number of each place, counted row by row, its row and its column."""

    number: Ints
    row: Ints
    column: Ints


def _product(one: Singles, other: Singles) -> Singles:
    """Of two matrices, some rows at a time: of more OpenBLAS would make several threads, which cost more than they
    save.
    """
    found = np.empty((len(one), other.shape[1]), np.float32)
    size = max(1, PRODUCT // other.shape[1])
    for begin in range(0, len(one), size):
        np.matmul(one[begin : begin + size], other, out=found[begin : begin + size])
    return found


def _squared_chord(reach_km: Floats, slack: float) -> Floats:
    """Of the unit sphere, with so much slack; without bound where the reach goes round the earth."""
    angle = np.minimum(reach_km / (2 * EARTH_RADIUS_KM), pi / 2)
    chord = 2 * np.sin(angle) + slack
    return np.where(angle < pi / 2, np.sign(chord) * chord**2 * (1 + slack), np.inf)
