"""Due needs are claimed, compared, written and told of in one transaction.

They are claimed with FOR NO KEY UPDATE SKIP LOCKED: two workers never scan one need at the same time, and a worker that
dies leaves its rows due.
"""

from datetime import datetime

from django.db import transaction

from matching import given
from matching.models import Match, MatchState
from matching.scanning import announcing, barrier, matches_in_hand, results, writing
from needs import services as needs
from needs.models import Need

# Needs of one town and kind share one reading of the offers; locks are held for a fraction of a second.
NEEDS_AT_ONCE = 25
# What is read of a claimed need here, and by whoever tells the desk of it: to ask for more is a query for each.
READ = (
    "city", "kind", "urgency", "rhythm", "first_day", "last_day", "uncovered_from", "state", "revision",
    "given_quantity",
)  # fmt: skip


@transaction.atomic
def scan_due_needs(*, by: None, now: datetime) -> int:
    """Scan the most urgent due needs, those of one town and kind together; how many. Twice changes nothing."""
    claimed = _claim()
    if not claimed:
        return 0
    given.look_again(claimed, now=now)
    # Open ones that may not be matched are not due (`due_for_scan`).
    still_open = [need for need in claimed if need.is_open]
    if still_open:
        city = claimed[0].city
        fresh: dict[int, int] = {}
        for result in results.of_needs(still_open, city=city, now=now):
            fresh |= writing.write(result, now=now).fresh
        announcing.tell_desk(city, still_open, fresh, now=now)
    if closed := [need for need in claimed if need not in still_open]:
        writing.supersede(Match.objects.filter(need__in=closed, state=MatchState.SUGGESTED), now=now)
    ids = [need.pk for need in claimed]
    matches_in_hand.wake_for(need_ids=ids)
    needs.mark_scanned(need_ids=ids)
    return len(claimed)


def _claim() -> list[Need]:
    """The most urgent due need that nobody has claimed, with others like it; we have entered its town's barrier."""
    due = (
        Need.objects.due_for_scan().only(*READ).select_for_update(no_key=True, skip_locked=True, of=("self",))
    )
    first = due.select_related("city").first()
    if first is None:
        return []
    barrier.enter(first.city)
    alike = due.filter(city=first.city, kind=first.kind, urgency=first.urgency).exclude(pk=first.pk)
    return [first, *alike[: NEEDS_AT_ONCE - 1]]
