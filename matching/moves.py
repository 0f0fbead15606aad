"""Places that change when both sides have said yes: whoever comes is told, and their calendar with them."""

from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.db.models import F, OuterRef, Q, Subquery

from catalogue.vocabulary import HandOver, Kind
from matching.lifecycle import Act
from matching.messages import to_people
from matching.models import Decision, Match, MatchState
from matching.selectors import told_of
from notifications.services import queue
from offers.models import OfferEdit

PLACE = ["address", "commune"]
# What no sweep has told by then, nobody is told: they have come, or know.
TOLD_WITHIN = timedelta(days=3)


@transaction.atomic
def tell(*, by: None, now: datetime) -> int:
    """Tell the association of each confirmed match whose home, or whose things, are elsewhere now, once a change; how
    many messages. Of a home only when it was visited anew: until then the desk decides (`visits`).
    """
    edits = OfferEdit.objects.filter(offer=OuterRef("offer"), what__has_any_keys=PLACE).order_by("-at", "-id")
    confirmed = Decision.objects.filter(match=OuterRef("pk"), act=Act.CONFIRM).order_by("-at", "-id")
    goes_there = Q(offer__kind=Kind.HOUSING, offer__vetted_at__isnull=False) | (
        Q(offer__kind=Kind.GOODS) & ~Q(offer__hand_over=HandOver.DELIVERED)
    )
    since = now - TOLD_WITHIN
    moved = (
        Match.objects.filter(goes_there, state__in=[MatchState.CONFIRMED, MatchState.UNDER_WAY])
        .annotate(
            edit=Subquery(edits.values("pk")[:1]),
            moved_at=Subquery(edits.values("at")[:1]),
            agreed_at=Subquery(confirmed.values("at")[:1]),
        )
        .filter(Q(moved_at__gte=since) | Q(offer__vetted_at__gte=since), moved_at__gt=F("agreed_at"))
    )
    if not moved.exists():  # as a rule after a scan, as in `visits`
        return 0
    told = 0
    for match in moved.select_related("city", "need__organisation", "need__person", "offer").order_by("pk"):
        for person in told_of(match.need):
            message = queue(
                recipient=person,
                event="match_moved",
                subject_key=f"match:{match.pk}:{match.edit}",  # type: ignore[attr-defined]
                city=match.city,
                compose=partial(to_people.moved, match, person),
                now=now,
            )
            told += message is not None
    return told
