"""Homes that need another visit while a match is under way: the desk of the case is told."""

from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import OuterRef, Subquery

from accounts import selectors as accounts
from catalogue.vocabulary import Kind
from matching.lifecycle import ACTIVE
from matching.messages import to_desk
from matching.models import Match
from notifications.services import queue
from offers.models import OfferEdit


@transaction.atomic
def tell_desks(*, by: None, now: datetime) -> int:
    """Tell the coordinators of each active match whose home counts as visited no more, once for each time; how many
    messages. It has changed since its visit, or the visit has run out or was taken back.

    `offers` has taken the visit back already, and told the town of the home; a case may be another town's.
    """
    ended = OfferEdit.objects.filter(offer=OuterRef("offer"), what__has_key="vetted_at").order_by(
        "-at", "-id"
    )
    changed = (
        Match.objects.filter(state__in=ACTIVE, offer__kind=Kind.HOUSING, offer__vetted_at__isnull=True)
        .annotate(edit=Subquery(ended.values("pk")[:1]))
        .filter(edit__isnull=False)
        .select_related("city", "offer", "need__commune")
    )
    if not changed.exists():  # as a rule after a scan: to ask for all the columns takes several times as long
        return 0
    matches = list(changed.order_by("pk"))
    edits = OfferEdit.objects.in_bulk([match.edit for match in matches])  # type: ignore[attr-defined]
    told = 0
    for match in matches:
        # Where nothing else has changed, the visit ran out, or was taken back.
        only_visit = set(edits[match.edit].what) <= {"vetted_at", "vetted_by"}  # type: ignore[attr-defined]
        compose = to_desk.visit_over if only_visit else to_desk.home_changed
        for person in accounts.coordinators_of(match.city):
            message = queue(
                recipient=person,
                event="match_home_changed",
                subject_key=f"match:{match.pk}:{match.edit}",  # type: ignore[attr-defined]
                city=match.city,
                compose=partial(compose, match),
                now=now,
            )
            told += message is not None
    return told
