"""What people count on while an incident suspends its offer: the desk of the case is told, and nothing starts."""

from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import OuterRef, Subquery

from accounts import selectors as accounts
from matching import messages
from matching.lifecycle import ACTIVE
from matching.models import Match, MatchState
from notifications.services import queue
from offers.models import OfferChange, OfferState


@transaction.atomic
def tell_desks(*, by: None, now: datetime) -> int:
    """Tell the coordinators of each match in hand whose offer is suspended, once for each time; how many messages."""
    suspended = OfferChange.objects.filter(offer=OuterRef("offer"), to_state=OfferState.FROZEN)
    held = (
        Match.objects.filter(state__in=ACTIVE - {MatchState.PROPOSED}, offer__state=OfferState.FROZEN)
        .annotate(since=Subquery(suspended.order_by("-at", "-id").values("pk")[:1]))
        .filter(since__isnull=False)
        .select_related("city", "offer", "need__commune")
    )
    told = 0
    for match in held.order_by("pk"):
        for person in accounts.coordinators_of(match.city):
            message = queue(
                recipient=person,
                event="match_held_back",
                subject_key=f"match:{match.pk}:{match.since}",  # type: ignore[attr-defined]
                city=match.city,
                compose=partial(messages.held_back, match),
                now=now,
            )
            told += message is not None
    return told
