"""The engine's findings on needs, ready to be written: from a snapshot, or from as many as the needs take."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import engine
from cities.days import local_day
from cities.models import City
from matching.scanning import found, snapshots
from needs.models import Need


def of_needs(needs: Sequence[Need], *, city: City, now: datetime) -> list[found.Result]:
    """What the engine finds for needs of one town; each need is in one of these results.

    Where many can help, those who nearly can are many more: they are read for the needs alone whose list is not full.
    """
    asked = snapshots.asked(needs, city=city, now=now)
    revisions = {need.pk: need.revision for need in needs}
    results: list[found.Result] = []
    able = asked.able()
    if len(able.offers) >= engine.KEEP:
        ranked = of_snapshot(able, revisions=revisions, near=0)
        if full := ranked.full:
            results.append(ranked.of(full))
            revisions = {need: revisions[need] for need in revisions.keys() - full}
    if revisions:
        results.append(of_snapshot(asked.only(revisions).around(), revisions=revisions))
    return results


def of_snapshot(
    snapshot: snapshots.Snapshot, *, revisions: Mapping[int, int], near: int = engine.NEAR
) -> found.Result:
    """What the engine finds in what was read; `revisions` of all needs that were looked at.

    Near misses are for the needs that lack offers (docs/algorithm.md).
    """
    today = local_day(snapshot.now, snapshot.city)
    return found.from_ranked(
        snapshot.rank_columns(today=today, near=near, near_when_full=False),
        city=snapshot.city,
        weights=snapshot.weights[snapshot.city.pk],
        revisions=revisions,
        offer_revisions=snapshot.offer_revision,
    )
