"""What the engine reads: rows of the database as its columns (`reading`), and as records for the few that are told of.

A fixed number of queries whatever the number of rows. A row that the engine refuses is left out and named in the
log: one bad row must not keep a town from working.
"""

from collections.abc import Collection, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Self, cast

import numpy as np
from django.core.exceptions import EmptyResultSet
from django.db.models import QuerySet

import engine
from cities import selectors as cities
from cities.days import local_day
from cities.models import City
from engine.arrays import Ints
from matching.reasons import engine_records
from matching.scanning import reading
from needs.models import Need


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """What one call of the engine reads: needs and offers as columns, in order of their ids, and the rest."""

    needs: engine.NeedColumns
    offers: engine.OfferColumns
    need_revision: Ints  # of each row, as it was read
    left_out: dict[int, int]  # revisions of needs that were read and have no row, by their ids
    offer_revision: Ints
    excluded: Ints  # row codes of the pairs that people have set aside, and of those under way
    links: frozenset[frozenset[int]]
    weights: dict[Hashable, engine.Weights]
    city: City
    now: datetime

    def rank_columns(
        self,
        *,
        today: date,
        keep: int = engine.KEEP,
        near: int = engine.NEAR,
        near_when_full: bool = True,
    ) -> engine.Ranked:
        """What the engine finds in all of it, as columns."""
        return engine.rank_columns(
            self.needs,
            self.offers,
            today=today,
            weights=self.weights,
            links=self.links,
            excluded=self.excluded,
            keep=keep,
            near=near,
            near_when_full=near_when_full,
            near_km=engine.NEAR_KM,
        )

    def rank(
        self, *, today: date, near: int = engine.NEAR, near_when_full: bool = True
    ) -> list[engine.Ranking]:
        """The same as records, for the few."""
        return engine.rank(
            self.needs,
            self.offers,
            today=today,
            weights=self.weights,
            links=self.links,
            excluded=self.excluded,
            near=near,
            near_when_full=near_when_full,
            near_km=engine.NEAR_KM,
        )

    def excluded_pairs(self) -> set[tuple[int, int]]:
        """The pairs set aside and under way, by the ids of need and offer."""
        needs, offers = _ids(self.needs), _ids(self.offers)
        return {(needs[pair >> 32], offers[pair & 0xFFFF_FFFF]) for pair in self.excluded.tolist()}

    def slices(self, size: int) -> Iterator["Snapshot"]:
        """The same, so many needs at a time; those that were left out come with the first."""
        left_out = self.left_out
        for start in range(0, max(1, len(self.needs)), size):
            rows = np.arange(start, min(start + size, len(self.needs)))
            need = self.excluded >> 32
            excluded = self.excluded[(need >= start) & (need < start + size)] - (start << 32)
            yield replace(
                self,
                needs=self.needs.take(rows),
                need_revision=self.need_revision[rows],
                left_out=left_out,
                excluded=excluded,
            )
            left_out = {}

    def need_revisions(self) -> dict[int, int]:
        """Of each need, by its id, the revision that was read."""
        return dict(zip(_ids(self.needs), self.need_revision.tolist(), strict=True))

    def need_records(self, ids: Iterable[int] | None = None) -> dict[int, engine.Need]:
        """Needs as records, by their ids: for explanations. All that the snapshot has, or these."""
        wanted = _ids(self.needs) if ids is None else list(ids)
        rows = Need.objects.filter(pk__in=wanted).order_by("pk")
        return engine_records.need_records(rows)

    def offer_records(self, ids: Iterable[int] | None = None) -> dict[int, engine.Offer]:
        """Offers as records, by their ids: for explanations. All that the snapshot has, or these."""
        wanted = _ids(self.offers) if ids is None else list(ids)
        return engine_records.offer_records(wanted, city=self.city, now=self.now)


def _ids(columns: engine.NeedColumns | engine.OfferColumns) -> list[int]:
    return cast(list[int], columns.ids.tolist())  # type: ignore[union-attr] # an array, as `reading` makes it


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """Needs of one town as they were read. Offers are read for them, as many as the caller has a use for."""

    needs: reading.Needs
    town: reading.Town
    city: City
    now: datetime

    @classmethod
    def read(cls, where: reading.Where, *, city: City, now: datetime) -> Self:
        needs = reading.read_needs(where, today=local_day(now, city), words=engine.Vocabulary())
        return cls(needs, _town(city), city, now)

    def only(self, ids: Collection[int]) -> Self:
        """These needs alone."""
        rows = np.flatnonzero(np.isin(np.asarray(self.needs.columns.ids), list(ids)))
        return replace(self, needs=self.needs.take(rows))

    def able(self) -> Snapshot:
        """With every offer that may be feasible for one of them."""
        return self._with(reading.Ranges.around(self.needs.places), self.needs.term)

    def around(self, margin_km: float = engine.NEAR_KM) -> Snapshot:
        """With every offer that lies within reach of one of them and `margin_km` more, on whatever days it is there."""
        return self._with(reading.Ranges.around(self.needs.places, margin_km))

    def _with(self, ranges: reading.Ranges, term: reading.Term | None = None) -> Snapshot:
        words = self.needs.columns.vocabulary
        offers = reading.read_offers_in(ranges, town=self.town, now=self.now, words=words, term=term)
        return _snapshot(self.needs, offers, city=self.city, town=self.town, now=self.now)


def asked(needs: Sequence[Need], *, city: City, now: datetime) -> Asked:
    """Needs of one town, as they stand."""
    return Asked.read(_named(needs), city=city, now=now)


def of_needs(needs: Sequence[Need], *, city: City, now: datetime) -> Snapshot:
    """Needs of one town with every offer that may be feasible or nearly so for one of them."""
    return asked(needs, city=city, now=now).around()


def of_part(
    city: City,
    *,
    kind: str,
    categories: Collection[str] = (),
    departments: Collection[str] = (),
    now: datetime,
) -> Snapshot:
    """A town's open needs of one kind, all or in these categories and départements, with every offer that may be
    feasible for one, or nearly so.
    """
    needs = Need.objects.open().filter(city=city, kind=kind)
    if categories:
        needs = needs.filter(category__in=categories)
    if departments:
        needs = needs.filter(commune__department_code__in=departments)
    return Asked.read(_selected(needs), city=city, now=now).around()


def of_selection(
    city: City,
    *,
    kind: str | None = None,
    urgency: str | None = None,
    need_ids: Collection[int] | None = None,
    now: datetime,
    margin_km: float = 0,
) -> Snapshot:
    """A town's open needs, all or of this kind, urgency or list, with every offer that may be feasible for one, or
    that is `margin_km` too far.
    """
    needs = Need.objects.open().filter(city=city)
    if kind:
        needs = needs.filter(kind=kind)
    if urgency:
        needs = needs.of_urgency(urgency, local_day(now, city))
    where = _selected(needs)
    if need_ids is not None:
        named = reading.Where(f"{where.sql} AND n.id = ANY (%(ids)s)", {"ids": list(need_ids)})
        where = reading.Where(named.sql, {**where.params, **named.params})
    return Asked.read(where, city=city, now=now).around(margin_km)


def of_pairs(needs: Sequence[Need], offer_ids: Iterable[int], *, city: City, now: datetime) -> Snapshot:
    """Needs of one town with the named offers alone."""
    words, town = engine.Vocabulary(), _town(city)
    read = reading.read_needs(_named(needs), today=local_day(now, city), words=words)
    offers = reading.read_offers(offer_ids, town=town, now=now, words=words)
    return _snapshot(read, offers, city=city, town=town, now=now)


def of_offers(offer_ids: Iterable[int], *, city: City, now: datetime) -> Snapshot:
    """The named offers with every open need of one town that may be within reach of one of them.

    The needs of associations that are not verified too: they wait, marked, and miss nothing on the day they are.
    """
    words, town = engine.Vocabulary(), _town(city)
    offers = reading.read_offers(offer_ids, town=town, now=now, words=words)
    concerned = reading.concerned_by(offers.columns, city_id=city.pk)
    needs = reading.read_needs(concerned, today=local_day(now, city), words=words)
    return _snapshot(needs, offers, city=city, town=town, now=now)


def _snapshot(
    needs: reading.Needs, offers: reading.Offers, *, city: City, town: reading.Town, now: datetime
) -> Snapshot:
    return Snapshot(
        needs=needs.columns,
        offers=offers.columns,
        need_revision=needs.revision,
        left_out=needs.left_out,
        offer_revision=offers.revision,
        excluded=reading.read_excluded(needs, offers),
        links=frozenset(frozenset((city.pk, other)) for other in town.linked),
        weights={city.pk: weights_of(city)},
        city=city,
        now=now,
    )


def _town(city: City) -> reading.Town:
    return reading.Town(city.pk, frozenset(cities.linked_city_ids(city)), city.timezone)


def _named(needs: Sequence[Need]) -> reading.Where:
    return reading.Where("n.id = ANY (%(ids)s)", {"ids": [need.pk for need in needs]})


def _selected(needs: QuerySet[Need]) -> reading.Where:
    """The same rows as the queryset: who may be matched is told in one place, `Need.objects.open`."""
    try:
        sql, values = needs.order_by().values("pk").query.sql_with_params()
    except EmptyResultSet:
        return reading.Where("false", {})  # say, of a département without any commune
    names = [f"selected_{number}" for number in range(len(values))]
    return reading.Where(
        f"n.id IN ({sql % tuple(f'%({name})s' for name in names)})", dict(zip(names, values, strict=True))
    )


def weights_of(city: City) -> engine.Weights:
    """The town's own points of the six parts."""
    return engine.Weights(**city.weights)
