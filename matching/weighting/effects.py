"""What other points would change in today's queue."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import engine
from cities.days import local_day
from cities.models import City
from matching.scanning import snapshots
from matching.weighting.changing import Points, points_of
from needs.models import Need
from offers.models import Offer

# A preview is worked out while somebody waits: the most urgent are looked at, and the page says how many.
PREVIEWED_NEEDS = 200
SHOWN_CASES = 20


@dataclass(frozen=True, slots=True)
class Case:
    """A need whose first suggestion would be another. `was_rank`: where that offer stands with today's points."""

    need: Need
    before: Offer
    before_score: float
    after: Offer
    after_score: float
    was_rank: int


@dataclass(frozen=True, slots=True)
class Preview:
    """What other points would change for the `looked_at` most urgent of `open_needs`, on today's offers.

    `with_suggestions` of them have any; `other_first` counts another first suggestion, `other_order` another list of
    suggestions or another order of it (the former are among them).
    """

    open_needs: int
    looked_at: int
    with_suggestions: int
    other_first: int
    other_order: int
    cases: tuple[Case, ...]


def preview(city: City, weights: Points, *, now: datetime) -> Preview:
    """Rank today's queue twice, with the town's points and with these, and compare. Writes nothing."""
    today = local_day(now, city)
    queue = Need.objects.open().filter(city=city).by_urgency(today)
    asked = list(queue.select_related("commune", "city")[:PREVIEWED_NEEDS])
    snapshot = snapshots.asked(asked, city=city, now=now).able()
    now_ranked = snapshot.rank(today=today, near=0)
    then_ranked = replace(snapshot, weights={city.pk: engine.Weights(**points_of(weights))}).rank(
        today=today, near=0
    )
    found = [
        (before.pairings, after.pairings)
        for before, after in zip(now_ranked, then_ranked, strict=True)
        if before.pairings
    ]
    other_first = {
        int(str(before[0].need_id)): (before, after)
        for before, after in found
        if before[0].offer_id != after[0].offer_id
    }
    return Preview(
        open_needs=queue.count() if len(asked) == PREVIEWED_NEEDS else len(asked),
        looked_at=len(asked),
        with_suggestions=len(found),
        other_first=len(other_first),
        other_order=sum(_offers(before) != _offers(after) for before, after in found),
        cases=_cases([need for need in asked if need.pk in other_first][:SHOWN_CASES], other_first),
    )


def _cases(
    asked: list[Need],
    ranked: Mapping[int, tuple[tuple[engine.Pairing, ...], tuple[engine.Pairing, ...]]],
) -> tuple[Case, ...]:
    wanted = {int(str(pairings[0].offer_id)) for need in asked for pairings in ranked[need.pk]}
    offers = {offer.pk: offer for offer in Offer.objects.filter(pk__in=wanted).select_related("commune")}
    cases = []
    for need in asked:
        before, after = ranked[need.pk]
        first, other = before[0], after[0]
        places = _offers(before)
        cases.append(
            Case(
                need=need,
                before=offers[int(str(first.offer_id))],
                before_score=first.score,
                after=offers[int(str(other.offer_id))],
                after_score=other.score,
                # Beyond the best that are kept there is no rank to tell.
                was_rank=places.index(other.offer_id) + 1 if other.offer_id in places else 0,
            )
        )
    return tuple(cases)


def _offers(pairings: tuple[engine.Pairing, ...]) -> list[object]:
    return [pairing.offer_id for pairing in pairings]
