"""Offers that somebody made for a need, under which they pressed "Je peux aider".

The offer keeps the need's reference (`Offer.answers_need`), which came by an address that anybody can write. It counts
for a need of its town and kind that is published, in the moment in which that is asked.
"""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_lazy

from accounts import selectors as accounts
from matching import turns
from matching.messages import to_desk
from matching.models import Match, MatchState
from needs import selectors as needs_read
from needs import services as needs
from needs.models import Need
from notifications.reasons import Words, subject_id
from notifications.services import queue
from offers.models import Offer


def need_of(offer: Offer) -> Need | None:
    """The published need that an offer was made for; None when there is none, or none any more."""
    if not offer.answers_need:
        return None
    found = needs_read.published(offer.city).filter(reference=offer.answers_need, kind=offer.kind)
    return found.select_related("city", "commune").first()


def made_for(need: Need) -> QuerySet[Offer]:
    """The open offers that were made for a need and about which nobody has decided yet, the first first."""
    decided = Match.objects.filter(offer=OuterRef("pk"), need=need).exclude(
        state__in=[MatchState.SUGGESTED, MatchState.SUPERSEDED]
    )
    return (
        Offer.objects.open()
        .filter(answers_need=need.reference, city=need.city_id, kind=need.kind)
        .exclude(Exists(decided))
        .select_related("commune")
        .order_by("created_at", "pk")
    )


def announce(*, by: None, now: datetime) -> int:
    """Make the needs due for which offers were made or changed, and tell their desks, once of each offer; how many
    messages. Before the offers are scanned: whoever was answered is looked at first.
    """
    made = Offer.objects.open().filter(scan_due_at__isnull=False).exclude(answers_need="")
    if ids := list(made.values_list("pk", flat=True)):  # as a rule before a scan there are none
        return _announce(ids, now=now)
    return 0


@transaction.atomic
def _announce(offer_ids: list[int], *, now: datetime) -> int:
    answered, told = set(), 0
    for offer in Offer.objects.filter(pk__in=offer_ids).select_related("city").order_by("pk"):
        need = need_of(offer)
        if need is None:
            continue
        answered.add(need.pk)
        for person in accounts.coordinators_of(offer.city):
            message = queue(
                recipient=person,
                event="need_answered",
                subject_key=f"offer:{offer.pk}",
                city=offer.city,
                compose=partial(to_desk.need_answered, need, offer),
                priority=turns.priority_of(need, offer.city, now=now),
                now=now,
            )
            told += message is not None
    if answered:
        needs.mark_due(need_ids=answered, now=now)
    return told


def reasons() -> dict[str, Callable[[], Exists]]:
    """The desk is told of an offer while it and its need are open."""
    open_needs = Need.objects.open().values("reference")
    return {
        "need_answered": lambda: Exists(
            Offer.objects.open().filter(pk=subject_id(), answers_need__in=open_needs)
        )
    }


GONE: Words = {"need_answered": gettext_lazy("la proposition ou le besoin n’est plus ouvert")}
