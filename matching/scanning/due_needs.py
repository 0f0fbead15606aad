"""Due needs are claimed, compared, written and told of in one transaction.

They are claimed with FOR NO KEY UPDATE SKIP LOCKED: two workers never scan one need at the same time, and a worker that
dies leaves its rows due.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Sum

from matching.lifecycle import SERVED
from matching.models import Match, MatchState
from matching.scanning import announcing, barrier, results, writing
from needs import services as needs
from needs.models import Need

# Needs of one town and kind share one reading of the offers; locks are held for a fraction of a second.
NEEDS_AT_ONCE = 25


@transaction.atomic
def scan_due_needs(*, by: None, now: datetime) -> int:
    """Scan the most urgent due needs, those of one town and kind together; how many. Twice changes nothing."""
    claimed = _claim()
    if not claimed:
        return 0
    met = _record_met(claimed, now=now)
    # Open ones that may not be matched are not due (`due_for_scan`).
    still_open = [need for need in claimed if need.is_open and need.pk not in met]
    if still_open:
        city = claimed[0].city
        fresh: dict[int, int] = {}
        for result in results.of_needs(still_open, city=city, now=now):
            fresh |= writing.write(result, now=now).fresh
        announcing.tell_desk(city, still_open, fresh, now=now)
    if closed := [need for need in claimed if need not in still_open]:
        writing.supersede(Match.objects.filter(need__in=closed, state=MatchState.SUGGESTED), now=now)
    needs.mark_scanned(need_ids=[need.pk for need in claimed])
    return len(claimed)


def _claim() -> list[Need]:
    """The most urgent due need that nobody has claimed, with others like it; we have entered its town's barrier."""
    due = (
        Need.objects.due_for_scan()
        .only("city", "kind", "urgency", "state", "quantity", "revision")
        .select_for_update(no_key=True, skip_locked=True, of=("self",))
    )
    first = due.select_related("city").first()
    if first is None:
        return []
    barrier.enter(first.city)
    alike = due.filter(city=first.city, kind=first.kind, urgency=first.urgency).exclude(pk=first.pk)
    return [first, *alike[: NEEDS_AT_ONCE - 1]]


def _record_met(claimed: Sequence[Need], *, now: datetime) -> set[int]:
    """Which needs are met already: lowered to what is confirmed. Needs themselves know nothing of matches."""
    confirmed = Match.objects.filter(need__in=claimed, state__in=SERVED).values("need")
    served = dict(confirmed.annotate(total=Sum("quantity")).values_list("need", "total"))
    met = {need.pk for need in claimed if served.get(need.pk, 0) >= need.quantity}
    for need_id in sorted(met):
        needs.record_progress(need_id=need_id, served=served[need_id], by=None, now=now)
    return met
