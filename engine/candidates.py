"""Which pairs are worth judging: those of one category, roughly within reach, that look possible at a glance.

Nothing here decides: a candidate is only a pair that has not been ruled out. Of each category (a `Field`) the
offers are ordered by place once; needs that are neighbours look together at the offers around them, every one with
every one, in blocks that fit a processor's cache.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from engine.arrays import Bools, Floats, Ints, differ, ranges
from engine.coarse import REACH_ROWS, Beyond, Block, CoarseNeeds, CoarseOffers
from engine.pairs import Sides
from engine.rules import quick_look
from engine.vocabulary import EARTH_RADIUS_KM

# Boxes are a little larger than asked (a metre, and a millionth of a degree): rounding may never lose a candidate.
SLACK_KM = 1e-3
SLACK_DEGREES = 1e-6

BLOCK = 400_000  # pairs looked at in one go: of fewer the calls cost more than the numbers
SMALL = 200_000  # so few pairs that looking at all of them is quicker than choosing
REACH_CLASSES = np.array(
    [5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0]
)  # km, the farthest of each class but the last
LARGEST_CELL, SMALLEST_CELL = 4.0, 0.05  # degrees
LEAST_BAND, MOST_BAND = 0.05, 10.0  # degrees of latitude
BAND_KEY = 512.0
KM_PER_DEGREE = 111.2


@dataclass(frozen=True, slots=True, eq=False)
class ReachClass:
    """Offers of similar reach, ordered by (band, longitude): a far-reaching offer widens no box but those of its
    class.

    `key` is that order as one number; `start` says where the class begins among all offers.
    """

    start: int
    key: Floats
    widest_km: float
    band_degrees: float
    is_remote: bool

    @property
    def stop(self) -> int:
        return self.start + len(self.key)


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """What one category asks and offers, all of it open; offers in the order of their classes, where it has any.

    `need_rows` and `offer_rows` say where in the whole tables its rows come from.
    """

    sides: Sides
    need_rows: Ints
    offer_rows: Ints
    classes: tuple[ReachClass, ...]

    def candidates(
        self, rows: Ints, *, beyond: Beyond, tolerate: int, batch: int
    ) -> Iterator[tuple[Ints, Ints]]:
        """(need, offer) rows of all pairs of these needs that break no more than `tolerate` rules and are not too far
        away, and of some others.

        A need's pairs come together and in one batch, which has `batch` pairs or a few more.
        """
        blocks = self.blocks(rows, beyond=beyond, tolerate=tolerate)
        yield from batches((block.pairs(quick_look(block)) for block in blocks), batch)

    def blocks(self, rows: Ints, *, beyond: Beyond, tolerate: int) -> Iterator[Block]:
        """Of these needs, those that are neighbours with the offers around them."""
        needs = CoarseNeeds.table(self.sides.needs, beyond)
        offers = CoarseOffers.table(self.sides.offers, beyond, self.sides.today)
        remote = np.flatnonzero(self.sides.offers.remote)
        one_city = len(self.sides.linked_cities) > 0 or not differ(
            self.sides.needs.city, self.sides.offers.city
        )
        everyone = np.arange(len(self.sides.offers))
        for group in self._groups(rows, beyond):
            seen = np.concatenate([everyone[start:stop] for start, stop in group.spans])
            coarse = np.concatenate([offers[:, start:stop] for start, stop in group.spans], axis=1)
            if group.remote_ok and len(remote):
                without_bound = np.isin(seen, remote, assume_unique=True)
                coarse[REACH_ROWS, without_bound] = np.inf
            for some in _pieces(group.needs, max(1, BLOCK // len(seen))):
                yield Block.of(some, seen, needs[:, some], coarse, tolerate=tolerate, one_city=one_city)

    def _groups(self, rows: Ints, beyond: Beyond) -> Iterator["Group"]:
        """The needs in groups of neighbours with similar reaches, that share the offers they look at.

        Large cells are halved until a group has one block's work, or is a single place.
        """
        needs = self.sides.needs
        if not self.classes or len(rows) * len(self.offer_rows) <= SMALL:
            for remote_ok in (False, True):
                some = rows[needs.remote_ok[rows] == remote_ok]
                if len(some):
                    yield Group(some, [(0, len(self.offer_rows))], remote_ok)
            return
        reach = np.searchsorted(REACH_CLASSES, needs.reach_km)
        size = LARGEST_CELL
        while len(rows):
            cell = (
                needs.lon[rows] // size,
                needs.lat[rows] // size,
                reach[rows],
                needs.remote_ok[rows],
            )
            order = np.lexsort(cell)
            rows = rows[order]
            changes = np.any([column[order][1:] != column[order][:-1] for column in cell], axis=0)
            start = np.flatnonzero(np.concatenate([[True], changes]))
            stop = np.append(start[1:], len(rows))
            around = Circles(
                south=np.minimum.reduceat(needs.lat[rows], start),
                north=np.maximum.reduceat(needs.lat[rows], start),
                west=np.minimum.reduceat(needs.lon[rows], start),
                east=np.maximum.reduceat(needs.lon[rows], start),
                reach_km=np.maximum.reduceat(needs.reach_km[rows], start),
                remote_ok=needs.remote_ok[rows[start]],
            )
            spans = Spans.joined([around.spans(one, beyond) for one in self.classes])
            work = spans.count(len(start)) * (stop - start)
            is_place = (around.south == around.north) & (around.west == around.east)
            done = (work <= BLOCK) | is_place | (size <= SMALLEST_CELL)
            first = np.searchsorted(spans.group, np.arange(len(start) + 1))
            for group in np.flatnonzero(done & (work > 0)).tolist():
                own = slice(first[group], first[group + 1])
                yield Group(
                    rows[start[group] : stop[group]],
                    list(zip(spans.start[own].tolist(), spans.stop[own].tolist(), strict=True)),
                    bool(around.remote_ok[group]),
                )
            rows = rows[np.repeat(~done, stop - start)]
            size /= 2


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Needs that look at the same offers: those from `start` up to `stop` of each span."""

    needs: Ints
    spans: list[tuple[int, int]]
    remote_ok: bool


@dataclass(frozen=True, slots=True, eq=False)
class Spans:
    """Of each group, where the offers stand that it has to look at."""

    group: Ints
    start: Ints
    stop: Ints

    @classmethod
    def joined(cls, some: Sequence[Self]) -> Self:
        """By group; empty ones are left out."""
        group, start, stop = (
            np.concatenate([getattr(one, name) for one in some]) for name in ("group", "start", "stop")
        )
        order = np.argsort(group, kind="stable")
        order = order[start[order] < stop[order]]
        return cls(group[order], start[order], stop[order])

    def count(self, groups: int) -> Ints:
        return np.bincount(self.group, self.stop - self.start, groups).astype(np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Circles:
    """Groups of needs by the box of their points and the farthest reach among them."""

    south: Floats
    north: Floats
    west: Floats
    east: Floats
    reach_km: Floats
    remote_ok: Bools

    def spans(self, offers: ReachClass, beyond: Beyond) -> Spans:
        """Where the offers of a class stand that any need of each group may reach.

        Both reaches count: the box is as large as the larger of the group's and the class's.
        """
        radius = beyond.of(np.maximum(self.reach_km, offers.widest_km))
        half_around = np.pi * EARTH_RADIUS_KM
        radius = np.where(self.remote_ok & offers.is_remote, half_around, np.minimum(radius, half_around))
        height, width = half_sizes(np.maximum(np.abs(self.south), np.abs(self.north)), radius)
        west, east = self.west - width, self.east + width
        all_round = (width >= 180) | (east - west >= 360) | ((west < -180) & (east > 180))
        least, most = int(offers.key[0] // BAND_KEY), int(offers.key[-1] // BAND_KEY)
        lowest = _band(np.maximum(self.south - height, -90), offers.band_degrees)
        highest = _band(np.minimum(self.north + height, 90), offers.band_degrees)
        all_of_it = all_round & (lowest <= least) & (highest >= most)
        lowest, highest = np.maximum(lowest, least), np.minimum(highest, most)
        count = np.where(all_of_it, 0, np.maximum(highest - lowest + 1, 0))
        group = np.repeat(np.arange(len(count)), count)
        bands = ranges(lowest, count)

        # Where a box crosses the antimeridian, its other part is a second range of each band.
        over_west, over_east = ~all_round & (west < -180), ~all_round & (east > 180)
        second = (over_west | over_east)[group]
        west_again = np.where(over_west, west + 360, -180.0)[group][second]
        east_again = np.where(over_west, 180.0, east - 360)[group][second]
        groups = np.concatenate([group, group[second]])
        bands = np.concatenate([bands, bands[second]])
        west = np.concatenate([np.where(all_round, -180, np.maximum(west, -180))[group], west_again])
        east = np.concatenate([np.where(all_round, 180, np.minimum(east, 180))[group], east_again])
        start = offers.start + np.searchsorted(offers.key, _key(bands, west) - SLACK_DEGREES, "left")
        stop = offers.start + np.searchsorted(offers.key, _key(bands, east) + SLACK_DEGREES, "right")
        whole = np.flatnonzero(all_of_it)
        return Spans(
            np.concatenate([groups, whole]),
            np.concatenate([start, np.full(len(whole), offers.start)]),
            np.concatenate([stop, np.full(len(whole), offers.stop)]),
        )


def fields_of(sides: Sides) -> Iterator[Field]:
    """The categories that are both asked for and offered, one after the other; what is not open is left out."""
    needs, offers = sides.needs, sides.offers
    need_order = np.argsort(needs.category, kind="stable")
    offer_order = np.argsort(offers.category, kind="stable")
    need_order, offer_order = need_order[needs.is_open[need_order]], offer_order[offers.is_open[offer_order]]
    need_category, offer_category = needs.category[need_order], offers.category[offer_order]
    for category in np.intersect1d(need_category, offer_category).tolist():
        both = (category, category + 1)
        asked = slice(*np.searchsorted(need_category, both).tolist())
        given = slice(*np.searchsorted(offer_category, both).tolist())
        yield _field(sides, need_order[asked], offer_order[given])


def _field(sides: Sides, need_rows: Ints, offer_rows: Ints) -> Field:
    if len(need_rows) * len(offer_rows) <= SMALL:  # nobody will look for a place
        return Field(sides.take(need_rows, offer_rows), need_rows, offer_rows, ())
    offers = sides.offers
    reach = np.searchsorted(REACH_CLASSES, offers.reach_km[offer_rows])
    # Remote skills stand apart, for some needs look at all of them.
    number = np.where(offers.remote[offer_rows], len(REACH_CLASSES) + 1, reach)
    order = []
    classes = []
    start = 0
    for one in np.unique(number).tolist():
        members = offer_rows[number == one]
        widest_km = float(offers.reach_km[members].max())
        band_degrees = float(np.clip(widest_km / KM_PER_DEGREE / 2, LEAST_BAND, MOST_BAND))
        key = _key(_band(offers.lat[members], band_degrees), offers.lon[members])
        by_place = np.argsort(key, kind="stable")
        order.append(members[by_place])
        classes.append(ReachClass(start, key[by_place], widest_km, band_degrees, one > len(REACH_CLASSES)))
        start += len(members)
    offer_rows = np.concatenate(order)
    return Field(sides.take(need_rows, offer_rows), need_rows, offer_rows, tuple(classes))


def half_sizes(lat: Floats, radius_km: Floats) -> tuple[Floats, Floats]:
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


def _band(lat: Floats, degrees: float) -> Ints:
    return np.floor((lat + 90) / degrees).astype(np.int64)


def _key(bands: Ints, lon: Floats) -> Floats:
    """One number that sorts by band, then longitude; BAND_KEY leaves a wide gap between two bands."""
    return bands * BAND_KEY + (lon + 180)


def _pieces(rows: Ints, size: int) -> Iterator[Ints]:
    for begin in range(0, len(rows), size):
        yield rows[begin : begin + size]


def batches(found: Iterable[tuple[Ints, Ints]], batch: int) -> Iterator[tuple[Ints, Ints]]:
    """Pairs, so many or a few more at a time."""
    waiting: list[tuple[Ints, Ints]] = []
    count = 0
    for need, offer in found:
        if len(need):
            waiting.append((need, offer))
            count += len(need)
        if count >= batch:
            yield joined(waiting)
            waiting, count = [], 0
    if waiting:
        yield joined(waiting)


def joined(some: Sequence[tuple[Ints, Ints]]) -> tuple[Ints, Ints]:
    return np.concatenate([need for need, _ in some]), np.concatenate([offer for _, offer in some])
