"""What the database noted is forgotten once it has been kept for as long as the privacy page says."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from accounts import acting
from accounts.models import ContactReading
from town.models import AuditRow

KEPT = timedelta(days=731)
_AT_ONCE = 10_000


def forget_old(*, now: datetime, but_of: QuerySet[Any, int] | None = None) -> int:
    """Delete the notes of writes, and of contacts read, that are two years old, but those about or by these people (by
    key). Returns how many there were.

    By short transactions, the oldest first: whoever writes meanwhile waits for none of them.
    """
    before = now - KEPT
    notes, readings = (
        AuditRow.objects.filter(at__lt=before),
        ContactReading.objects.filter(read_at__lt=before),
    )
    if but_of is not None:
        notes = notes.exclude(Q(about__in=but_of) | Q(actor__in=but_of))
        readings = readings.exclude(Q(subject__in=but_of) | Q(reader__in=but_of))
    return _forget(notes) + _forget(readings)


def _forget(rows: QuerySet[AuditRow] | QuerySet[ContactReading]) -> int:
    forgotten = 0
    while keys := list(rows.order_by("pk").values_list("pk", flat=True)[:_AT_ONCE]):
        with acting.erasing():
            # By their keys alone: the eraser reads no other table.
            forgotten += rows.model._base_manager.filter(pk__in=keys).delete()[0]
    return forgotten
