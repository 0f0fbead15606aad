"""What the database noted is forgotten once it has been kept for as long as the privacy page says."""

from datetime import datetime, timedelta

from django.db.models import QuerySet

from accounts import acting
from accounts.models import ContactReading
from town.models import AuditRow

KEPT = timedelta(days=731)
_AT_ONCE = 10_000


def forget_old(*, now: datetime) -> int:
    """Delete the notes of writes, and of contacts read, that are two years old. Returns how many there were.

    By short transactions, the oldest first: whoever writes meanwhile waits for none of them.
    """
    before = now - KEPT
    return sum(
        _forget(rows)
        for rows in (
            AuditRow.objects.filter(at__lt=before),
            ContactReading.objects.filter(read_at__lt=before),
        )
    )


def _forget(rows: QuerySet[AuditRow] | QuerySet[ContactReading]) -> int:
    forgotten = 0
    while keys := list(rows.order_by("pk").values_list("pk", flat=True)[:_AT_ONCE]):
        with acting.erasing():
            forgotten += rows.filter(pk__in=keys).delete()[0]
    return forgotten
