"""The relays of one need, and what is possible for it at all, read in this moment."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from math import ceil
from typing import Self

import numpy as np

import engine
from catalogue.vocabulary import Kind
from cities.days import local_day
from engine import relay
from engine.arrays import MICRO, Ints
from engine.uncovered import Uncovered
from matching.models import Match
from matching.scanning import snapshots
from needs.models import Need
from offers.models import Offer

Days = tuple[date, date]  # the first and the last


@dataclass(frozen=True, slots=True)
class Relay:
    """Suggestions that follow one another, not saved, each with the days of its home alone; `left`: days of nobody."""

    parts: tuple[Match, ...]
    left: tuple[Days, ...]

    @property
    def nights(self) -> int:
        return sum((part.last_day - part.first_day).days + 1 for part in self.parts)


@dataclass(frozen=True, slots=True)
class Found:
    """The best relays, best first; `nights`: how many the need still lacks."""

    nights: int
    relays: tuple[Relay, ...]

    @property
    def parts(self) -> list[Match]:
        return [part for one in self.relays for part in one.parts]


NONE = Found(0, ())


def find(need: Need, suggested: Sequence[Match], *, now: datetime) -> Found:
    """The relays of a need with these suggestions; nothing is read where there can be none."""
    return Possible.read(need, now=now).relays() if are_worth_a_look(need, suggested) else NONE


def are_worth_a_look(need: Need, suggested: Sequence[Match]) -> bool:
    """Whether relays may be possible: of several homes, none has all the days."""
    several = need.kind == Kind.HOUSING and len(suggested) > 1
    return several and all(match.share < 1 for match in suggested)


@dataclass(frozen=True, eq=False)
class Possible:
    """All pairs that are feasible for one need, best first."""

    need: Need
    pairs: engine.Feasible
    snapshot: snapshots.Snapshot
    now: datetime

    @classmethod
    def read(cls, need: Need, *, now: datetime) -> Self:
        snapshot = snapshots.asked([need], city=need.city, now=now).able()
        pairs = engine.feasible_pairs(
            snapshot.needs,
            snapshot.offers,
            today=local_day(now, need.city),
            weights=snapshot.weights,
            links=snapshot.links,
            excluded=snapshot.excluded,
        )
        return cls(need, pairs, snapshot, now)

    def relays(self) -> Found:
        chains = list(relay.chains(self.pairs))
        if not chains:
            return NONE
        offers = Offer.objects.select_related("commune", "city").in_bulk(
            {int(self._offer_ids[part.row]) for chain in chains for part in chain.parts}
        )
        uncovered = Uncovered.of(self.snapshot.needs, self.pairs.today.toordinal())
        wanted = {
            day
            for first, last in zip(uncovered.first.tolist(), uncovered.last.tolist(), strict=True)
            for day in range(first, last + 1)
        }
        found = []
        for chain in chains:
            given = {
                day
                for part in chain.parts
                for day in range(part.first_day.toordinal(), part.last_day.toordinal() + 1)
            }
            parts = (self._suggestion(part, offers[int(self._offer_ids[part.row])]) for part in chain.parts)
            found.append(Relay(tuple(parts), tuple(_runs(wanted - given))))
        return Found(len(wanted), tuple(found))

    def part(self, offer: Offer, first_day: date, last_day: date) -> Match | None:
        """The pair with these days as a suggestion, not saved; None where it may not have them."""
        row = next(iter(np.flatnonzero(self._offer_ids == offer.pk).tolist()), None)
        if row is None:
            return None
        part = relay.Part(row, first_day, last_day)
        return self._suggestion(part, offer) if self._limits.allow(part) else None

    @cached_property
    def _offer_ids(self) -> Ints:
        return np.asarray(self.snapshot.offers.ids, np.int64)[self.pairs.offer]

    @cached_property
    def _limits(self) -> relay.Limits:
        return relay.Limits.of(self.pairs)

    def _suggestion(self, part: relay.Part, offer: Offer) -> Match:
        pair = self.pairs.take(slice(part.row, part.row + 1))
        city = self.need.city
        return Match(
            city=city,
            need=self.need,
            offer=offer,
            rank=part.row + 1,
            score=float(pair.score[0]),
            part_values=[float(values[0]) for values in pair.parts],
            weight_values=[float(points) for points in self.snapshot.weights[city.pk].points],
            algorithm=engine.VERSION,
            distance_km=round(float(pair.distance_km[0]) * MICRO) / MICRO,
            first_day=part.first_day,
            last_day=part.last_day,
            quantity=ceil(pair.quantity[0]),
            need_revision=int(self.snapshot.need_revision[0]),
            offer_revision=int(self.snapshot.offer_revision[pair.offer[0]]),
            created_at=self.now,
            changed_at=self.now,
        )


def _runs(days: set[int]) -> list[Days]:
    """Day numbers as unbroken runs, in order of time."""
    firsts = sorted(day for day in days if day - 1 not in days)
    lasts = sorted(day for day in days if day + 1 not in days)
    return [
        (date.fromordinal(first), date.fromordinal(last)) for first, last in zip(firsts, lasts, strict=True)
    ]
