"""The engine's marks on an offer: what is to be looked at, and what has been."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Value
from django.db.models.functions import Coalesce

from notifications.wake_up import wake_on_commit
from offers.models import Offer
from offers.services.writing import SCAN_TASK


def mark_scanned(*, offer_id: int, revision: int) -> None:
    """Clear the mark of a scanned offer, unless it changed again meanwhile."""
    Offer.objects.filter(pk=offer_id, revision=revision).update(scan_due_at=None)


@transaction.atomic
def mark_due(*, offer_ids: Iterable[int], now: datetime) -> None:
    """Have the engine look at these offers again: what is held on them changed. Marked rows too (see needs)."""
    locked = list(
        Offer.objects.select_for_update(no_key=True)
        .filter(pk__in=list(offer_ids))
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    Offer.objects.filter(pk__in=locked).update(scan_due_at=Coalesce("scan_due_at", Value(now)))
    wake_on_commit(SCAN_TASK)
