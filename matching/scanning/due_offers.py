"""Due offers make needs due: those for which something may have changed.

There is one way to a suggestion: a need's own scan.
"""

from collections.abc import Collection
from datetime import datetime

import numpy as np
from django.db import transaction
from django.db.models import F

from cities.days import local_day
from cities.models import City
from matching.models import Match, MatchState
from matching.scanning import barrier, matches_in_hand, reading, snapshots
from needs import services as needs
from offers import services as offers
from offers.models import Offer

OFFERS_AT_ONCE = 100


@transaction.atomic
def scan_due_offers(*, by: None, now: datetime) -> int:
    """Find the needs for which due offers may have changed something, and make them due; how many offers.

    An offer that went makes the needs due that had it as a suggestion; one that came or changed also those among
    whose best it would now stand.
    """
    claimed = list(
        Offer.objects.due_for_scan().select_for_update(no_key=True, skip_locked=True, of=("self",))[
            :OFFERS_AT_ONCE
        ]
    )
    if not claimed:
        return 0
    ids = [offer.pk for offer in claimed]
    cities = City.objects.filter(pk__in={offer.city_id for offer in claimed}).prefetch_related("linked")
    towns = {town.pk: town for city in cities for town in (city, *city.linked.all())}
    barrier.wait(towns)
    suggested = Match.objects.filter(state=MatchState.SUGGESTED).values_list("need", flat=True)
    touched = set(suggested.filter(offer__in=ids))
    # Whoever was asked since is less readily asked again: the score of all that they offer has changed.
    asked = Match.objects.filter(offer__in=ids, asked_at__gte=F("offer__scan_due_at"))
    if owners := set(asked.values_list("offer__owner", flat=True)):
        touched.update(suggested.filter(offer__owner__in=owners))
    for town in towns.values():
        shown = [offer for offer in claimed if offer.city_id == town.pk or offer.share_with_linked]
        if still_open := [offer.pk for offer in shown if offer.is_open]:
            touched.update(needs_improved_by(still_open, town, now=now))
    needs.mark_due(need_ids=touched, now=now)
    matches_in_hand.wake_for(offer_ids=ids)
    for offer in claimed:
        offers.mark_scanned(offer_id=offer.pk, revision=offer.revision)
    return len(claimed)


def needs_improved_by(offer_ids: Collection[int], town: City, *, now: datetime) -> list[int]:
    """The open needs of a town that would keep one of these offers among their best."""
    snapshot = snapshots.of_offers(offer_ids, city=town, now=now)
    best = snapshot.rank_columns(today=local_day(now, town), keep=1, near=0).feasible
    return reading.would_keep(np.asarray(snapshot.needs.ids)[best.need], best.standing)
